import { expectInProportion } from '../../support/cost';
import { openCsv, ownCopy } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import { CsvFileError } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';
import type { CsvOptions } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import type { OpenBytes } from '../../../nodes/ImpactAdvocate/import/file/encoding';
import { AUTO, everyBytes, failureOf, openPieces, readAll } from './helpers';

const open = async (text: string | Buffer, options: Partial<CsvOptions> = {}) =>
	await openCsv(openPieces(Buffer.from(text as string)), { ...AUTO, ...options });

describe('dialect', () => {
	test.each<[string, string, string, string]>([
		['comma', 'id,name\n1,a\n', ',', 'LF'],
		['semicolon', 'id;name\r\n1;a\r\n', ';', 'CRLF'],
		['tab', 'id\tname\r1\ta\r', '\t', 'CR'],
		['pipe', 'id|name\n1|a', '|', 'LF'],
		['one column', 'id\n1\n2\n', ',', 'LF'],
		['one column with segments in it', 'id\na|b\n', ',', 'LF'],
		['pipes in a cell', 'id,segments\n1,a|b\n2,a|b|c\n', ',', 'LF'],
		['commas in cells', 'id;name\n1;Smith, J\n2;Doe, J\n', ';', 'LF'],
		['commas in names and cells', 'id;name, first\n1;Smith, J\n2;Doe, J\n', ';', 'LF'],
		['delimiters within quotes', 'id,name\n1,"a;b;c"\n2,"x;y;z"\n', ',', 'LF'],
		['quoted names', '"id";"name"\n"1";"a,b"\n', ';', 'LF'],
		['line breaks within quotes', '"id\n","name"\r\n1,2\r\n', ',', 'CRLF'],
		['header only, no line break', 'id;name', ';', 'LF'],
		['a hint for Excel', 'sep=;\r\nid;name\r\n', ';', 'CRLF'],
		['mixed line breaks, mostly LF', 'id,name\r\n1,a\n2,b\n', ',', 'LF'],
	])('%s', async (_, text, delimiter, newline) => {
		expect((await open(text)).dialect).toEqual({
			encoding: 'utf-8',
			delimiter,
			newline,
			hasBom: false,
		});
	});

	test('a chosen delimiter is kept', async () => {
		expect((await open('id,name;x\n', { delimiter: ';' })).header).toEqual(['id,name', 'x']);
	});

	test('tells size and fingerprint of the file', async () => {
		const file = await open('id\n1\n');
		expect(file.bytes).toBe(5);
		expect(file.fingerprint).toMatch(/^[0-9a-f]{64}$/);
	});
});

describe('rows', () => {
	test.each<[string, string, string[][]]>([
		[
			'LF',
			'id,n\n1,a\n2,b\n',
			[
				['1', 'a'],
				['2', 'b'],
			],
		],
		[
			'CRLF',
			'id,n\r\n1,a\r\n2,b\r\n',
			[
				['1', 'a'],
				['2', 'b'],
			],
		],
		[
			'CR',
			'id,n\r1,a\r2,b\r',
			[
				['1', 'a'],
				['2', 'b'],
			],
		],
		[
			'mixed',
			'id,n\r\n1,a\n2,b\r\n3,c',
			[
				['1', 'a'],
				['2', 'b'],
				['3', 'c'],
			],
		],
		['no line break at the end', 'id,n\n1,a', [['1', 'a']]],
		['header only', 'id,n\n', []],
		['header without a line break', 'id,n', []],
		['quotes', 'id,n\n1,"a ""b"", c\nd"\n', [['1', 'a "b", c\nd']]],
		['quoted last cell with CRLF', 'id,n\r\n1,"a"\r\n', [['1', 'a']]],
		[
			'a carriage return in a quoted last cell',
			'id,n\r\n1,"a\r"\r\n2,b\r\n',
			[
				['1', 'a\r'],
				['2', 'b'],
			],
		],
		[
			'a quote at the end of an unquoted cell',
			'id,n\r\n1,"x\r"\r\n2,5"\r\n',
			[
				['1', 'x\r'],
				['2', '5"'],
			],
		],
		[
			'a quote within an unquoted cell',
			'id,n\n1,5" pipe\n2,b\n',
			[
				['1', '5" pipe'],
				['2', 'b'],
			],
		],
		['blanks around a closing quote', 'id,n\n"1" ,"a"  \n', [['1', 'a']]],
		['only empty cells', 'id,n\n,\n1,a\n, \n', [['1', 'a']]],
		[
			'empty cells more than the header, in every row',
			'id,n\n1,a,,\n3,b,,\n',
			[
				['1', 'a'],
				['3', 'b'],
			],
		],
		[
			'unnamed columns at the end of the header',
			'id,n,,\n1,a\n2,b,,\n',
			[
				['1', 'a'],
				['2', 'b'],
			],
		],
		['formulas stay as they are', "id,n\n=1+1,'@x\n", [['=1+1', "'@x"]]],
		['prototype names', '__proto__,constructor\n__proto__,toString\n', [['__proto__', 'toString']]],
		['blanks in cells are kept', 'id,n\n 1 , a \n', [[' 1 ', ' a ']]],
		['doubled names', 'id,id\n1,2\n', [['1', '2']]],
	])('%s, wherever the bytes are split', async (_, text, expected) => {
		const bytes = Buffer.from(text, 'utf8');
		const whole = await readAll(bytes);
		expect(whole.cells).toEqual(expected);
		expect(whole.rows.every(({ problem }) => problem === undefined)).toBe(true);
		for (let cut = 1; cut < bytes.length; cut++) {
			expect((await readAll(bytes, {}, [cut])).rows).toEqual(whole.rows);
		}
		expect((await readAll(bytes, {}, everyBytes(bytes, 1))).rows).toEqual(whole.rows);
	});

	test('blank lines are skipped and counted, before the header too', async () => {
		const { header, rows } = await readAll('\n \nid,n\n\n1,a\n\r\n2,b\n\n');
		expect(header).toEqual(['id', 'n']);
		expect(rows).toEqual([
			{ rowNumber: 5, cells: ['1', 'a'] },
			{ rowNumber: 7, cells: ['2', 'b'], isAfterGap: true },
		]);
	});

	test('the header is row 1; a cell of several lines is one row', async () => {
		const { rows } = await readAll('id,n\n1,"a\nb\nc"\n2,d\n');
		expect(rows.map(({ rowNumber }) => rowNumber)).toEqual([2, 3]);
	});

	test('names are trimmed and blank ones kept', async () => {
		expect((await readAll('\ufeff id ,, "name" \n1,2,3\n')).header).toEqual(['id', '', 'name']);
	});

	test.each<[string, string, Array<string | undefined>]>([
		[
			'too many cells',
			'a,b\n1,2,3\n',
			[
				'has 3 cells but the header has 2; put a cell that has the delimiter in it in quotes, or remove the surplus ones',
			],
		],
		[
			'text after a closing quote',
			'a,b\n1,"x"y\n2,"b"\n',
			[expect.stringContaining('after the closing quote') as string, undefined],
		],
		[
			'text after a closing quote in each row',
			'a,b\n1,"x"y\r\n2,"b""c"d'.replace('\r', ''),
			[
				expect.stringContaining('after the closing') as string,
				expect.stringContaining('after the closing') as string,
			],
		],
		[
			'a zero byte',
			'a,b\n1,x\0y\n1,2\n',
			[expect.stringContaining('zero byte') as string, undefined],
		],
	])('problem: %s', async (_, text, problems) => {
		const bytes = Buffer.from(text, 'utf8');
		const { rows } = await readAll(bytes);
		expect(rows.map(({ problem }) => problem)).toEqual(problems);
		expect((await readAll(bytes, {}, everyBytes(bytes, 1))).rows).toEqual(rows);
	});

	test('a row with fewer cells says how many are missing; a program of its own can refuse it', async () => {
		const text = 'a,b,c,d,e\n1,2,3\n1\n1,2,3,4,5\n';
		expect((await readAll(text)).rows).toEqual([
			{ rowNumber: 2, cells: ['1', '2', '3', '', ''], missingCells: 2 },
			{ rowNumber: 3, cells: ['1', '', '', '', ''], missingCells: 4 },
			{ rowNumber: 4, cells: ['1', '2', '3', '4', '5'] },
		]);
		const strict = await readAll(text, { isStrict: true });
		expect(strict.rows.map(({ problem }) => problem)).toEqual([
			'has 3 cells but the header has 5; add the missing cells, even if they are blank',
			'has 1 cell but the header has 5; add the missing cells, even if they are blank',
			undefined,
		]);
	});

	test('an unclosed quote costs its own row, where the lines after it are rows', async () => {
		const { rows } = await readAll('a,b\n1,2\n3,"4\n5,6\n7,8\n');
		expect(rows).toEqual([
			{ rowNumber: 2, cells: ['1', '2'] },
			{
				rowNumber: 3,
				cells: ['3,"4'],
				problem: expect.stringContaining('never closed') as string,
			},
			{ rowNumber: 4, cells: ['5', '6'] },
			{ rowNumber: 5, cells: ['7', '8'] },
		]);
	});

	test('an unclosed quote before lines that are no rows costs every line, each with its number', async () => {
		const { rows } = await readAll('a,b\n1,2\n3,"4\ntext\n7,8\n');
		expect(rows).toEqual([
			{ rowNumber: 2, cells: ['1', '2'] },
			{
				rowNumber: 3,
				cells: ['3,"4'],
				problem: expect.stringContaining('never closed') as string,
			},
			{
				rowNumber: 4,
				cells: ['text'],
				problem: expect.stringContaining('part of a cell of row 3') as string,
			},
			{
				rowNumber: 5,
				cells: ['7,8'],
				problem: expect.stringContaining('part of a cell of row 3') as string,
			},
		]);
	});

	test('rows can be read again', async () => {
		const file = await open('id\n1\n2\n');
		for (let time = 0; time < 2; time++) {
			const cells: string[][] = [];
			for await (const rows of file.rows()) cells.push(...rows.map((row) => row.cells));
			expect(cells).toEqual([['1'], ['2']]);
		}
	});

	test('reads no further than asked, and releases the source', async () => {
		let pulled = 0;
		let released = 0;
		const source: OpenBytes = async () =>
			(async function* () {
				try {
					yield Buffer.from('id,n\n');
					for (let piece = 0; piece < 100; piece++) {
						pulled++;
						yield Buffer.from(`${piece},x\n`.repeat(1000));
					}
				} finally {
					released++;
				}
			})();
		const file = await openCsv(source, AUTO);
		pulled = 0;
		for await (const rows of file.rows()) {
			expect(rows.length).toBeGreaterThan(0);
			break;
		}
		expect(pulled).toBeLessThan(3);
		expect(released).toBe(2);
	});

	test.each(['utf16le', 'latin1'] as const)('%s files', async (encoding) => {
		const text = 'id;name\r\n1;Zoë\r\n';
		expect((await readAll(Buffer.from(text, encoding))).cells).toEqual([['1', 'Zoë']]);
	});
});

describe('refused files', () => {
	test.each<[string, string | Buffer, RegExp]>([
		['empty', '', /^The file is empty$/],
		['only a mark', '\ufeff', /^The file is empty$/],
		['only blank lines', '\n\r\n  \n', /^The file is empty$/],
		['only the hint for Excel', 'sep=;\n', /no header/],
		['unnamed columns', ',,\n', /names no column/],
		['broken quotes in the header', 'id,"na"me\n1,2\n', /quotes in the header/],
		['an unterminated header', 'id,"name\n1,2\n', /quotes in the header/],
		['zero bytes in the header', 'i\0d,name\n1,2\n', /zero bytes/],
	])('%s', async (_, content, message) => {
		const error = await failureOf(open(content));
		expect(error).toBeInstanceOf(CsvFileError);
		expect(error.message).toMatch(message);
		expect((error as CsvFileError).hint).not.toBe('');
	});

	test('a header of 10,000 columns', async () => {
		const header = Array.from({ length: 10_000 }, (_, index) => `column${index}`).join(',');
		const error = await failureOf(open(`${header}\n`));
		expect(error.message).toBe('The header has 10,000 columns; at most 1,000 are read');
		expect((await open('a,b,c\n', { maxColumns: 3 })).header).toHaveLength(3);
		await expect(open('a,b,c\n', { maxColumns: 2 })).rejects.toThrow('at most 2');
	});

	test('a row of 10,000 cells is one bad row', async () => {
		const { rows } = await readAll(`id,n\n1${','.repeat(9_999)}x\n2,b\n`);
		expect(rows.map(({ problem }) => problem)).toEqual([
			'has 10000 cells but the header has 2; put a cell that has the delimiter in it in quotes, or remove the surplus ones',
			undefined,
		]);
	});

	/** A file of 1 GB: `start`, then the same piece again and again. */
	const gigabyte = (start: string, piece: string) => {
		const state = { pulled: 0 };
		const source: OpenBytes = async () =>
			(async function* () {
				const bytes = Buffer.from(piece.repeat(Math.ceil(65536 / piece.length)));
				yield Buffer.from(start);
				for (let size = 0; size < 1024 ** 3; size += bytes.length) {
					state.pulled += bytes.length;
					yield bytes;
				}
			})();
		return { source, state };
	};

	test.each(['auto', 'utf-8', 'windows-1252', 'utf-16le'] as const)(
		'a field of 1 GB on one line is refused early (%s)',
		async (encoding) => {
			const { source, state } = gigabyte('', 'x');
			const error = await failureOf(openCsv(source, { ...AUTO, encoding }));
			expect(error.message).toBe('Row 1 is longer than 1,048,576 characters');
			expect(state.pulled).toBeLessThan(3_000_000);
		},
	);

	test('the same in the third row, quoted', async () => {
		const { source, state } = gigabyte('id,n\n1,a\n2,"', 'x');
		const error = await failureOf(openCsv(source, AUTO));
		expect(error).toMatchObject({
			message: 'Row 3 is longer than 1,048,576 characters',
			rowNumber: 3,
		});
		expect(state.pulled).toBeLessThan(3_000_000);
	});

	test('a quoted field without end that holds line breaks stops the rows, not the memory', async () => {
		const bytes = Buffer.from(`id,n\n1,a\n2,"${'text and more\n'.repeat(300_000)}`);
		const file = await openCsv(openPieces(bytes, everyBytes(bytes, 10_000)), AUTO);
		const seen: number[] = [];
		const error = await failureOf(
			(async () => {
				for await (const rows of file.rows()) seen.push(...rows.map((row) => row.rowNumber));
			})(),
		);
		expect(seen).toEqual([2]);
		expect(error).toMatchObject({
			message: 'Row 3 is longer than 1,048,576 characters',
			rowNumber: 3,
		});
	});

	test('a long row within the limit is read, and the limit can be set', async () => {
		const long = 'x\n'.repeat(400_000);
		const text = `id,n\n1,"${long}"\n2,b\n`;
		expect((await readAll(text)).cells).toEqual([
			['1', long],
			['2', 'b'],
		]);
		const error = await failureOf(readAll(text, { maxFieldLength: 100_000 }));
		expect(error.message).toBe('Row 2 is longer than 100,000 characters');
	});

	test('many long rows take time in proportion to the file', async () => {
		const row = `1,"${'x\n'.repeat(250_000)}"\n`;
		await expectInProportion(4, async (count) => {
			const bytes = Buffer.from(`id,n\n${row.repeat(count)}`);
			const { rows } = await readAll(bytes, {}, everyBytes(bytes, 4096));
			expect(rows).toHaveLength(count);
		});
	});
});

test('ownCopy keeps the text', () => {
	expect(ownCopy('Zoë 😀')).toBe('Zoë 😀');
});
