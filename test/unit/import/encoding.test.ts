import { createHash } from 'node:crypto';
import { CsvFileError } from '../../../nodes/ImpactAdvocate/import/file/csvFileError';
import {
	decodeText,
	detectEncoding,
	openBuffer,
} from '../../../nodes/ImpactAdvocate/import/file/encoding';
import type { TextEncoding } from '../../../nodes/ImpactAdvocate/import/file/encoding';
import { everyBytes, failureOf, openPieces } from './helpers';

const TEXT = 'id,name\r\n1,Zoë\r\n2,日本 😀\r\n';

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

const bytesOf = (...parts: Array<string | number[] | Buffer>): Buffer =>
	Buffer.concat(
		parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part))),
	);

async function textOf(bytes: Uint8Array, encoding: TextEncoding, cuts: number[] = []) {
	let text = '';
	for await (const piece of decodeText(openPieces(bytes, cuts), encoding)) text += piece;
	return text;
}

describe('detectEncoding', () => {
	test.each<[string, Buffer, TextEncoding, boolean]>([
		['plain ASCII', bytesOf('id\n1\n'), 'utf-8', false],
		['UTF-8', bytesOf(TEXT), 'utf-8', false],
		['UTF-8 with a mark', bytesOf([0xef, 0xbb, 0xbf], TEXT), 'utf-8', true],
		['UTF-16LE with a mark', bytesOf([0xff, 0xfe], Buffer.from(TEXT, 'utf16le')), 'utf-16le', true],
		['UTF-16BE with a mark', bytesOf([0xfe, 0xff], utf16be(TEXT)), 'utf-16be', true],
		['UTF-16LE without a mark', Buffer.from(TEXT, 'utf16le'), 'utf-16le', false],
		['UTF-16BE without a mark', utf16be(TEXT), 'utf-16be', false],
		['Windows-1252', bytesOf('id,name\n1,Zo', [0xeb], '\n'), 'windows-1252', false],
		['a cut-off UTF-8 character at the end', bytesOf('id\nZo', [0xc3]), 'windows-1252', false],
		['an empty file', bytesOf(), 'utf-8', false],
		['a lone first byte of a mark', bytesOf([0xef]), 'windows-1252', false],
	])('%s', async (_, bytes, encoding, hasBom) => {
		for (const cuts of [[], everyBytes(bytes, 1), [1], [2]]) {
			const report = await detectEncoding(openPieces(bytes, cuts));
			expect(report).toMatchObject({ encoding, hasBom, bytes: bytes.length });
			expect(report.fingerprint).toBe(createHash('sha256').update(bytes).digest('hex'));
		}
	});

	test('one bad byte at the very end of a large file decides', async () => {
		const lines = 'id,name é\n'.repeat(200_000);
		const report = await detectEncoding(openBuffer(bytesOf(lines, [0xe9], '\n')));
		expect(report.encoding).toBe('windows-1252');
	});

	test('a chosen encoding that does not fit is refused with the place and a way out', async () => {
		const bytes = bytesOf('id,name\n1,Zoe\n2,Zo', [0xeb], '\n');
		const error = await failureOf(detectEncoding(openPieces(bytes, everyBytes(bytes, 3)), 'utf-8'));
		expect(error).toBeInstanceOf(CsvFileError);
		expect(error.message).toBe(
			'The file is not valid UTF-8: the bytes at offset 18, about row 3, are no text in it',
		);
		expect(error).toMatchObject({ rowNumber: 3, hint: expect.stringContaining('Detect') });
	});

	test.each<[string, Buffer, TextEncoding | 'auto', RegExp]>([
		[
			'a marked file with bad bytes',
			bytesOf([0xef, 0xbb, 0xbf], 'id\n', [0xff]),
			'auto',
			/offset 6/,
		],
		[
			'UTF-16 read as UTF-8',
			bytesOf([0xff, 0xfe], Buffer.from('id', 'utf16le')),
			'utf-8',
			/offset 0/,
		],
		[
			'a mark of the other byte order',
			bytesOf([0xfe, 0xff], utf16be('id')),
			'utf-16le',
			/offset 0/,
		],
		[
			'half a UTF-16 character',
			bytesOf(Buffer.from('id\n', 'utf16le'), [0x31]),
			'utf-16le',
			/offset 6/,
		],
		['a lone surrogate', bytesOf(Buffer.from('id\n\ud83dx', 'utf16le')), 'utf-16le', /offset 6/],
	])('refuses %s', async (_, bytes, chosen, message) => {
		const error = await failureOf(detectEncoding(openBuffer(bytes), chosen));
		expect(error).toBeInstanceOf(CsvFileError);
		expect(error.message).toMatch(message);
	});

	test('the marked file with bad bytes can be read as the hint says', async () => {
		const bytes = bytesOf([0xef, 0xbb, 0xbf], 'id\n', [0xff]);
		expect((await detectEncoding(openBuffer(bytes), 'windows-1252')).encoding).toBe('windows-1252');
		expect(await textOf(bytes, 'windows-1252')).toBe('id\nÿ');
	});

	test('an error of the source is passed on', async () => {
		const gone = async () => {
			throw new Error('The file is gone');
		};
		expect((await failureOf(detectEncoding(gone))).message).toBe('The file is gone');
	});
});

describe('decodeText', () => {
	test.each<[TextEncoding, Buffer]>([
		['utf-8', bytesOf(TEXT)],
		['utf-8', bytesOf([0xef, 0xbb, 0xbf], TEXT)],
		['utf-16le', Buffer.from(TEXT, 'utf16le')],
		['utf-16le', bytesOf([0xff, 0xfe], Buffer.from(TEXT, 'utf16le'))],
		['utf-16be', utf16be(TEXT)],
		['utf-16be', bytesOf([0xfe, 0xff], utf16be(TEXT))],
	])('%s: the text is the same wherever the bytes are split', async (encoding, bytes) => {
		expect(await textOf(bytes, encoding, everyBytes(bytes, 1))).toBe(TEXT);
		for (let cut = 0; cut <= bytes.length; cut++) {
			expect(await textOf(bytes, encoding, [cut])).toBe(TEXT);
		}
	});

	test('Windows-1252 is exact for all 256 bytes', async () => {
		const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
		const text = await textOf(all, 'windows-1252');
		expect(text.slice(0x80, 0xa0)).toBe(
			'€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ',
		);
		expect(text.slice(0, 0x80) + text.slice(0xa0)).toBe(
			all.toString('latin1').slice(0, 0x80) + all.toString('latin1').slice(0xa0),
		);
	});

	test('ISO-8859-1 and ISO-8859-15', async () => {
		const bytes = Buffer.from([0xa4, 0xa6, 0xa8, 0xb4, 0xb8, 0xbc, 0xbd, 0xbe, 0xe9, 0x80]);
		expect(await textOf(bytes, 'iso-8859-1')).toBe('¤¦¨´¸¼½¾é\u0080');
		expect(await textOf(bytes, 'iso-8859-15')).toBe('€ŠšŽžŒœŸé\u0080');
	});

	test('the source is not changed and is released when the reader leaves early', async () => {
		let released = false;
		const bytes = utf16be('id\n1\n');
		const before = Buffer.from(bytes);
		const open = async () =>
			(async function* () {
				try {
					yield bytes;
					yield bytes;
				} finally {
					released = true;
				}
			})();
		for await (const text of decodeText(open, 'utf-16be')) {
			expect(text).toBe('id\n1\n');
			break;
		}
		expect(released).toBe(true);
		expect(bytes.equals(before)).toBe(true);
	});
});
