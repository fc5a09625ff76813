import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CsvFileError } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';
import { detectEncoding } from '../../../nodes/ImpactAdvocate/import/file/detectEncoding';
import type { FileEncoding } from '../../../nodes/ImpactAdvocate/import/file/detectEncoding';
import { openBuffer } from '../../../nodes/ImpactAdvocate/import/file/encoding';
import { everyBytes, failureOf, openPieces } from './helpers';

const TEXT = 'id,name\r\n1,Zoë\r\n2,日本 😀\r\n';

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');

const bytesOf = (...parts: Array<string | number[] | Buffer>): Buffer =>
	Buffer.concat(
		parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part))),
	);

const MARK = [0xef, 0xbb, 0xbf];

const basisOf = (name: string, basis: FileEncoding['basis']): FileEncoding => ({ name, basis });

test.each<[string, Buffer, FileEncoding, boolean]>([
	['plain ASCII', bytesOf('id\n1\n'), basisOf('utf-8', 'content'), false],
	['UTF-8', bytesOf(TEXT), basisOf('utf-8', 'content'), false],
	['UTF-8 with a mark', bytesOf(MARK, TEXT), basisOf('utf-8', 'mark'), true],
	['UTF-16LE with a mark', bytesOf([0xff, 0xfe], utf16le(TEXT)), basisOf('utf-16le', 'mark'), true],
	['UTF-16BE with a mark', bytesOf([0xfe, 0xff], utf16be(TEXT)), basisOf('utf-16be', 'mark'), true],
	['UTF-16LE without a mark', utf16le(TEXT), basisOf('utf-16le', 'content'), false],
	['UTF-16BE without a mark', utf16be(TEXT), basisOf('utf-16be', 'content'), false],
	[
		'UTF-16LE in Chinese, with characters that look like ASCII in the other order',
		utf16le('id,名字\r\n一一一一丁丁七七万万,一丈三上下不与丐丑专\r\n'),
		basisOf('utf-16le', 'content'),
		false,
	],
	['UTF-16BE in Japanese', utf16be('番号\n山田一一\n'), basisOf('utf-16be', 'content'), false],
	['UTF-16LE with filler', utf16le(`${TEXT}\0\0\0`), basisOf('utf-16le', 'content'), false],
	[
		'ASCII with filler',
		bytesOf('id\na\n', new Array(3000).fill(0)),
		basisOf('utf-8', 'content'),
		false,
	],
	[
		'zero bytes here and there',
		bytesOf('id,x\na\0,b\0\n\0c,d\n'),
		basisOf('utf-8', 'content'),
		false,
	],
	['Windows-1252', bytesOf('id,name\n1,Zo', [0xeb], '\n'), basisOf('windows-1252', 'guess'), false],
	[
		'a cut-off character at the end',
		bytesOf('id\nZo', [0xc3]),
		basisOf('windows-1252', 'guess'),
		false,
	],
	['an empty file', bytesOf(), basisOf('utf-8', 'content'), false],
	['a lone first byte of a mark', bytesOf([0xef]), basisOf('windows-1252', 'guess'), false],
	[
		'Windows-1252 with a sign after a capital letter, which looks like UTF-8',
		Buffer.from('id,name\n1,CAF\xc9\x92S d\xe9j\xe0 f\xeat\xe9\n2,Zo\xeb\n', 'latin1'),
		basisOf('windows-1252', 'guess'),
		false,
	],
])('%s', async (_, bytes, encoding, hasBom) => {
	for (const cuts of [[], everyBytes(bytes, 1), [1], [2]]) {
		const report = await detectEncoding(openPieces(bytes, cuts));
		expect(report.encoding).toEqual(encoding);
		expect(report).toMatchObject({ hasBom, bytes: bytes.length });
		expect(report.fingerprint).toBe(createHash('sha256').update(bytes).digest('hex'));
	}
});

test('one bad byte at the very end of a large file decides', async () => {
	const lines = 'id,name e\n'.repeat(200_000);
	const report = await detectEncoding(openBuffer(bytesOf(lines, [0xe9], '\n')));
	expect(report.encoding).toEqual(basisOf('windows-1252', 'guess'));
});

test.each<[string, Buffer, string, string, number]>([
	[
		'a bad byte',
		bytesOf('id,name\n1,Zoe\n2,Zo', [0xeb], '\n'),
		'utf-8',
		'The file is not valid UTF-8: row 3 has the byte EB (at offset 18)',
		3,
	],
	[
		'a bad byte after rows of several lines',
		bytesOf('id,name\n1,"Zoe\n\nand ""Jo"""\n2,5" pipe\n3,Zo', [0xeb], '\n'),
		'utf-8',
		'The file is not valid UTF-8: row 4 has the byte EB (at offset 42)',
		4,
	],
	[
		'a bad byte in a file of an old Macintosh',
		bytesOf('id\ra\rb', [0xff], '\r'),
		'utf-8',
		'The file is not valid UTF-8: row 3 has the byte FF (at offset 6)',
		3,
	],
	[
		'a marked file with bad bytes',
		bytesOf(MARK, 'id\n', [0xff]),
		'auto',
		'The file is not valid UTF-8: row 2 has the byte FF (at offset 6)',
		2,
	],
	[
		'half a UTF-16 character',
		bytesOf(utf16le('id\n'), [0x31]),
		'utf-16le',
		'The file is not valid UTF-16LE: row 2 has the byte 31 (at offset 6)',
		2,
	],
	[
		'a lone surrogate',
		utf16le('id\n\ud83dx'),
		'utf-16le',
		'The file is not valid UTF-16LE: row 2 has the bytes 3D D8 78 00 (at offset 6)',
		2,
	],
	[
		'a byte that the encoding has no character for',
		bytesOf('id\na', [0xff], '\n'),
		'windows-1253',
		'The file is not valid Windows-1253: row 2 has the byte FF (at offset 4)',
		2,
	],
	[
		'half a character of two bytes',
		bytesOf('id\n', [0x8e, 0x52, 0x8e, 0x0a]),
		'shift_jis',
		'The file is not valid Shift_JIS: row 2 has the byte 8E (at offset 5)',
		2,
	],
	[
		'UTF-8 with one byte of Windows-1252',
		bytesOf('id,name\nmüller@x.test,Jürgen\nb@x.test,Ren', [0xe9], '\n'),
		'auto',
		'The file mixes encodings: row 2 has UTF-8 characters (C3 BC), but row 3 has the byte E9 (at offset 43), which is not UTF-8',
		3,
	],
	[
		'two files in one, mostly Windows-1252',
		bytesOf('id\nJürgen\n', ...new Array<number[]>(50).fill([0x52, 0xe9, 0x0a])),
		'auto',
		'The file mixes encodings: row 2 has UTF-8 characters (C3 BC), but row 3 has the byte E9 (at offset 12), which is not UTF-8',
		3,
	],
	[
		'Polish in UTF-8 and Windows-1250',
		bytesOf('id\nŁukasz\nMa', [0xb3], 'gorzata\n'),
		'auto',
		'The file mixes encodings: row 2 has UTF-8 characters (C5 81), but row 3 has the byte B3 (at offset 13), which is not UTF-8',
		3,
	],
	[
		'UTF-8 with a byte that Windows-1252 does not have',
		bytesOf('id\nŁukasz\nB', [0x81], '\n'),
		'auto',
		'The file mixes encodings: row 2 has UTF-8 characters (C5 81), but row 3 has the byte 81 (at offset 12), which is not UTF-8',
		3,
	],
	...[0x81, 0x8d, 0x8f, 0x90, 0x9d].map((byte): [string, Buffer, string, string, number] => [
		`the byte ${byte.toString(16)}, which Windows-1252 does not have`,
		bytesOf('id\r\nZo', [0xeb], '\r\nA', [byte], '\r\n'),
		'auto',
		`The file is neither UTF-8 nor Windows-1252: row 3 has the byte ${byte.toString(16).toUpperCase()} (at offset 10)`,
		3,
	]),
])('refuses %s', async (_, bytes, chosen, message, rowNumber) => {
	for (const cuts of [[], everyBytes(bytes, 3)]) {
		const error = await failureOf(detectEncoding(openPieces(bytes, cuts), chosen));
		expect(error).toBeInstanceOf(CsvFileError);
		expect(error.message).toBe(message);
		expect(error).toMatchObject({ rowNumber, hint: expect.stringMatching(/ncoding/) });
	}
});

test('the row of a bad byte far into a large file is exact', async () => {
	const lines = '日本,"a\nb"\n'.repeat(50_000);
	for (const [encoding, file] of [
		['utf-8', bytesOf(lines, 'x', [0xff], '\n', lines)],
		['utf-16le', bytesOf(utf16le(`${lines}x`), [0x00, 0xdc], utf16le(`\n${lines}`))],
		['gbk', bytesOf('id,"a\nb"\n'.repeat(50_000), 'x', [0x81, 0x20], '\n')],
	] as const) {
		const error = await failureOf(detectEncoding(openBuffer(file), encoding));
		expect(error).toMatchObject({
			rowNumber: 50_001,
			message: expect.stringContaining('row 50001'),
		});
	}
});

test.each<[string, Buffer, string, string]>([
	['UTF-16', bytesOf([0xff, 0xfe], utf16le('id')), 'utf-8', 'UTF-16LE'],
	['UTF-16 in the other order', bytesOf([0xfe, 0xff], utf16be('id')), 'utf-16le', 'UTF-16BE'],
	['UTF-16', bytesOf([0xff, 0xfe], utf16le('id')), 'windows-1252', 'UTF-16LE'],
	['UTF-8', bytesOf(MARK, 'id\nZoë\n'), 'windows-1252', 'UTF-8'],
])('refuses a file that is marked as %s when another encoding is chosen', async (...args) => {
	const [, bytes, chosen, label] = args;
	const error = await failureOf(detectEncoding(openBuffer(bytes), chosen));
	expect(error.message).toMatch(`The file is marked as ${label}, but 'Encoding' is `);
	expect(error).toMatchObject({ hint: `Set 'Encoding' to 'Detect Automatically' or ${label}` });
});

test('a wrong mark of UTF-8 does not keep a file from being read in the chosen encoding', async () => {
	const bytes = bytesOf(MARK, 'id\n', [0xff]);
	const { encoding, head, hasBom } = await detectEncoding(openPieces(bytes, [1]), 'windows-1252');
	expect({ encoding, head, hasBom }).toEqual({
		encoding: basisOf('windows-1252', 'chosen'),
		head: 'id\nÿ',
		hasBom: true,
	});
});

test.each<[string, Buffer, string, number | undefined]>([
	['all of it', bytesOf('id\na\nZoë\n'), 'windows-1252', 3],
	['a part of it', bytesOf('id\nZoë\nRen', [0xe9]), 'windows-1252', 2],
	['none of it', bytesOf('id\nRen', [0xe9]), 'windows-1252', undefined],
	['all of it', bytesOf('id\nИван\n'), 'gbk', 2],
	['a part of it by chance', bytesOf('id\n', [0xc3, 0xbb, 0xd6, 0xd0], '\n'), 'gbk', undefined],
])('tells when %s looks like UTF-8 but another encoding was chosen', async (...args) => {
	const [, bytes, chosen, utf8Row] = args;
	const { encoding } = await detectEncoding(openBuffer(bytes), chosen);
	expect(encoding).toEqual({ name: chosen, basis: 'chosen', ...(utf8Row && { utf8Row }) });
});

test('the head is the start of the text, and tells whether there is more', async () => {
	const small = await detectEncoding(openBuffer(bytesOf(TEXT, '\u001a')));
	expect(small).toMatchObject({ head: TEXT, isCut: false });
	const lines = 'é,b\n'.repeat(200_000);
	const large = await detectEncoding(openBuffer(bytesOf(lines)));
	expect(large.isCut).toBe(true);
	expect(lines.startsWith(large.head)).toBe(true);
	expect(large.head.length).toBeGreaterThanOrEqual(256 * 1024);
	expect(large.head.length).toBeLessThan(512 * 1024);
});

test('an error of the source is passed on', async () => {
	const gone = async () => {
		throw new Error('The file is gone');
	};
	expect((await failureOf(detectEncoding(gone))).message).toBe('The file is gone');
});

test('whatever the text, UTF-8 and UTF-16 files are found out, or refused', async () => {
	const cell = fc.string({
		unit: fc.constantFrom('a', '7', '@', ' ', 'é', 'ß', 'Ł', 'И', '一', '山', '😀', '’'),
		maxLength: 10,
	});
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 10 }),
			fc.constantFrom('\n', '\r\n'),
			async (rows, lineBreak) => {
				const text = ['id,name', ...rows.map((cells) => cells.join(',')), ''].join(lineBreak);
				const inUtf8 = await detectEncoding(openBuffer(bytesOf(text)));
				expect(inUtf8).toMatchObject({ encoding: { name: 'utf-8' }, head: text });
				for (const [name, bytes] of [
					['utf-16le', utf16le(text)],
					['utf-16be', utf16be(text)],
				] as const) {
					expect(await detectEncoding(openBuffer(bytes))).toMatchObject({
						encoding: { name },
						head: text,
					});
				}
			},
		),
		{ numRuns: 500 },
	);
});
