/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { DELIMITERS } from '../../../nodes/ImpactAdvocate/import/file/csvFormat';
import type { CsvDelimiter } from '../../../nodes/ImpactAdvocate/import/file/csvFormat';
import { mapColumns } from '../../../nodes/ImpactAdvocate/import/plan/columns';
import { unprotectFormulas } from '../../../nodes/ImpactAdvocate/import/report/formulas';
import { hasReportColumns, RejectsCsv } from '../../../nodes/ImpactAdvocate/import/report/rejects';
import { atEase, readAll } from './helpers';

const reason = (rowNumber: number, message = 'Refused') => ({ rowNumber, message });

async function rejects(
	header: string[],
	rows: string[][],
	protects = false,
	delimiter: CsvDelimiter = ',',
): Promise<Buffer> {
	const file = new RejectsCsv(header, protects, delimiter);
	rows.forEach((cells, index) => file.add(reason(index + 2), cells));
	return await file.toBuffer(atEase());
}

/** Excel takes a file without a byte order mark for Windows-1252, and saves it so. */
const REPORT = '\ufeffrecordNumber,message,apiErrorCode,statusCode';

test('reasons first, then the columns of the file, quoted where needed', async () => {
	const file = new RejectsCsv(['id', 'name, full'], false);
	file.add({ rowNumber: 2, message: 'Bad "id",\nsorry', apiErrorCode: 'RS012', statusCode: 400 }, [
		'1',
		'Zoë',
	]);
	file.add(reason(7), [' 2', '']);
	expect((await file.toBuffer(atEase())).toString('utf8')).toBe(
		`${REPORT},id,"name, full",idCheck\r\n` +
			'2,"Bad ""id"",\nsorry",RS012,400,1,Zoë,\r\n' +
			'7,Refused,,," 2",,\r\n',
	);
	expect(file.count).toBe(2);
});

test('without rows it is the header', async () => {
	expect((await rejects(['id'], [])).toString('utf8')).toBe(`${REPORT},id,idCheck\r\n`);
});

test('report columns of a rejects file are replaced, wherever they stand; own columns of that name stay', async () => {
	const header = ['id', 'recordNumber', 'message', 'apiErrorCode', 'statusCode', 'message'];
	expect(hasReportColumns(header)).toBe(true);
	expect((await rejects(header, [['1', '9', 'old', 'x', '500', 'mine']])).toString('utf8')).toBe(
		`${REPORT},id,message,idCheck\r\n2,Refused,,,1,mine,\r\n`,
	);
	expect((await rejects(['message', 'id'], [['mine', '1']])).toString('utf8')).toBe(
		`${REPORT},message,id,idCheck\r\n2,Refused,,,mine,1,\r\n`,
	);
});

test('rows of the wrong length lose nothing and are refused until they are put right', async () => {
	const rows = [
		['1', 'a', 'x'],
		['2', 'b'],
		['3', 'c', 'y', 'more', 'and, more'],
		['4', 'd', 'z'],
	];
	const bytes = await rejects(['id', 'name', 'segments'], rows);
	const table: string[][] = parse(bytes);
	expect(table[0]).toEqual([
		...REPORT.split(','),
		'id',
		'name',
		'segments',
		'idCheck',
		'unplacedCells',
	]);
	expect(table.slice(1).map((cells) => cells.slice(4))).toEqual([
		['1', 'a', 'x', '', ''],
		['2', 'b', '', '', '1 cell is missing'],
		['3', 'c', 'y', '', 'more,"and, more"'],
		['4', 'd', 'z', '', ''],
	]);

	const again = await readAll(bytes);
	expect(again.rows.map(({ problem }) => problem !== undefined)).toEqual([
		false,
		true,
		true,
		false,
	]);
	// Rejected once more, the marks stay.
	expect(await rejects(again.header, again.cells)).toEqual(bytes);

	const put = table.map((cells, index) => (index === 0 ? cells : [...cells.slice(0, 8), '']));
	const text = put.map((cells) => cells.join(',')).join('\n');
	expect((await readAll(text)).rows.every(({ problem }) => problem === undefined)).toBe(true);
});

test('a row with broken quotes is refused again', async () => {
	const { header, cells } = await readAll('id,name\n1,"x"y\n2,b\n');
	const again = await readAll(await rejects(header, cells));
	expect(again.rows.map(({ problem }) => problem !== undefined)).toEqual([true, false]);
	expect(again.cells[0][4]).toBe('1,"x"y');
});

test.each<[string, string, string]>([
	['=1+1', "'=1+1", '=1+1'],
	['+1', "'+1", '+1'],
	['-1', "'-1", '-1'],
	['@x', "'@x", '@x'],
	['\tx', "'\tx", '\tx'],
	['\rx', "'\rx", '\rx'],
	["'=1", "''=1", "''=1"],
	["'x", "'x", "'x"],
	['x=1', 'x=1', 'x=1'],
])('formula protection of %j', async (cell, whenOn, whenOff) => {
	const written = async (protects: boolean) =>
		(parse(await rejects(['id', 'v'], [['1', cell]], protects)) as string[][])[1][5];
	expect(await written(true)).toBe(whenOn);
	expect(await written(false)).toBe(whenOff);
	expect(unprotectFormulas(whenOn)).toBe(cell);
	expect(unprotectFormulas(whenOff)).toBe(cell);
});

test('any rows come back as they were, protected or not, whatever the delimiter, across blocks', async () => {
	const cell = fc.string({
		unit: fc.constantFrom(...'a,;|"\n\r\'=+-@\t \\né😀'),
		maxLength: 6,
	});
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(cell, cell), { maxLength: 20 }),
			fc.boolean(),
			fc.constantFrom(...DELIMITERS),
			async (rows, protects, delimiter) => {
				const bytes = await rejects(['id', '=name'], rows, protects, delimiter);
				expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
				const read = await readAll(bytes);
				expect(read.header.slice(4)).toEqual(['id', '=name', 'idCheck']);
				expect(read.cells.map((cells) => cells.slice(4, -1))).toEqual(rows);
				expect(read.rows.every(({ problem }) => problem === undefined)).toBe(true);
				expect(mapColumns(read.header, { detailsFor: 'none' }).id).toBe(4);
				// Rejecting the same rows once more gives the same file.
				expect(await rejects(read.header, read.cells, protects, delimiter)).toEqual(bytes);
			},
		),
		{ numRuns: 1000 },
	);
});

test('many rows, the first odd one late', async () => {
	const file = new RejectsCsv(['id', 'name'], false);
	const rows = 20_000;
	for (let row = 0; row < rows; row++) file.add(reason(row + 2), [`user-${row}`, 'Zoë']);
	const before = await file.toBuffer(atEase());
	file.add(reason(rows + 2), ['odd']);
	file.add(reason(rows + 3), ['even', 'x']);
	const table: string[][] = parse(await file.toBuffer(atEase()));
	expect(parse(before)).toHaveLength(rows + 1);
	expect(table).toHaveLength(rows + 3);
	expect(new Set(table.map((cells) => cells.length))).toEqual(new Set([8]));
	expect(table[rows]).toEqual([
		String(rows + 1),
		'Refused',
		'',
		'',
		`user-${rows - 1}`,
		'Zoë',
		'',
		'',
	]);
	expect(table[rows + 1]).toEqual([
		String(rows + 2),
		'Refused. Then empty the cell in the column unplacedCells',
		'',
		'',
		'odd',
		'',
		'',
		'1 cell is missing',
	]);
});

test('rows that come in any order stand in the order of the file, whichever has the odd cell', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.uniqueArray(fc.integer({ min: 2, max: 4_000_000_000 }), { minLength: 1, maxLength: 60 }),
			fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
			fc.array(fc.nat(4), { minLength: 60, maxLength: 60 }),
			async (numbers, odd, sizes) => {
				const cellsOf = (index: number) =>
					odd[index] ? [`${index}`] : [`${index}`, 'é'.repeat(sizes[index] * 10_000)];
				const inOrder = new RejectsCsv(['id', 'name'], false);
				const mixed = new RejectsCsv(['id', 'name'], false);
				const indexes = numbers.map((_, index) => index);
				for (const index of indexes) mixed.add(reason(numbers[index]), cellsOf(index));
				indexes.sort((a, b) => numbers[a] - numbers[b]);
				for (const index of indexes) inOrder.add(reason(numbers[index]), cellsOf(index));
				const expected = await inOrder.toBuffer(atEase());
				expect((await mixed.toBuffer(atEase())).equals(expected)).toBe(true);
			},
		),
		{ numRuns: 100 },
	);
});

test('half a million rows in another order are put in order, and take little more than their bytes twice', async () => {
	const file = new RejectsCsv(['id'], false);
	const rows = 500_000;
	const before = process.memoryUsage().arrayBuffers;
	// As batches end: in runs of 100, each run a little early or late.
	for (let run = 0; run < rows / 100; run++) {
		const place = run ^ 3;
		for (let row = 0; row < 100; row++) {
			const number = place * 100 + row + 2;
			file.add(reason(number, 'The API refused this participant'), [
				`someone-${number}@example.com`,
			]);
		}
	}
	const bytes = await file.toBuffer(atEase());
	const held = process.memoryUsage().arrayBuffers - before;
	expect(held).toBeLessThan(3 * bytes.length);
	const numbers = bytes
		.toString('latin1')
		.split('\r\n')
		.slice(1, -1)
		.map((line) => parseInt(line, 10));
	expect(numbers).toEqual(Array.from({ length: rows }, (_, index) => index + 2));
});
