import fc from 'fast-check';
import {
	decodeText,
	encodingNamed,
	isUnicode,
	TEXT_ENCODINGS,
} from '../../../nodes/ImpactAdvocate/import/file/encoding';
import type { TextEncoding } from '../../../nodes/ImpactAdvocate/import/file/encoding';
import { openCsv } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import { AUTO, everyBytes, failureOf, openPieces } from './helpers';

const ENCODINGS = Object.keys(TEXT_ENCODINGS);

/** Longer than what is taken together at the start of a file, so that cuts behind it split characters. */
const START = `id,name\r\n${'0123456789abcdef'.repeat(300)}\r\n`;
const TEXT = '1,Zoë\r\n2,日本\ufeff 😀\r\n';

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

const bytesOf = (...parts: Array<string | number[] | Buffer>): Buffer =>
	Buffer.concat(
		parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part))),
	);

async function textOf(bytes: Uint8Array, encoding: TextEncoding, cuts: readonly number[] = []) {
	let text = '';
	for await (const piece of decodeText(openPieces(bytes, cuts), encoding)) text += piece;
	return text;
}

/** What a reader of the Encoding Standard makes of bytes, all at once; not used for Windows-1252. */
const reference = (bytes: Uint8Array, encoding: TextEncoding): string | undefined => {
	try {
		return new TextDecoder(encoding, { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
};

test.each<[TextEncoding, Buffer]>([
	['utf-8', bytesOf(START, TEXT)],
	['utf-8', bytesOf([0xef, 0xbb, 0xbf], START, TEXT)],
	['utf-16le', Buffer.from(START + TEXT, 'utf16le')],
	['utf-16le', bytesOf([0xff, 0xfe], Buffer.from(START + TEXT, 'utf16le'))],
	['utf-16be', utf16be(START + TEXT)],
	['utf-16be', bytesOf([0xfe, 0xff], utf16be(START + TEXT))],
])('%s: the text is the same wherever the bytes are split', async (encoding, bytes) => {
	expect(await textOf(bytes, encoding, everyBytes(bytes, 1))).toBe(START + TEXT);
	for (let cut = bytes.length - 40; cut <= bytes.length; cut++) {
		expect(await textOf(bytes, encoding, [cut])).toBe(START + TEXT);
	}
	for (let cut = 0; cut <= 8; cut++) {
		expect(await textOf(bytes, encoding, [cut])).toBe(START + TEXT);
	}
});

test('Windows-1252 is exact for all 256 bytes', async () => {
	const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
	const text = await textOf(all, 'windows-1252');
	expect(text.slice(0x80, 0xa0)).toBe('€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ');
	expect(text.slice(0, 0x80) + text.slice(0xa0)).toBe(
		all.toString('latin1').slice(0, 0x80) + all.toString('latin1').slice(0xa0),
	);
});

test.each<[TextEncoding, number[], string]>([
	['iso-8859-15', [0xa4, 0xa6, 0xa8, 0xb4, 0xb8, 0xbc, 0xbd, 0xbe, 0xe9], '€ŠšŽžŒœŸé'],
	['windows-1250', [0xa3, 0x75, 0x6b, 0x61, 0x73, 0x7a], 'Łukasz'],
	['windows-1251', [0xc8, 0xe2, 0xe0, 0xed], 'Иван'],
	['windows-1254', [0x41, 0x79, 0xfe, 0x65], 'Ayşe'],
	['macintosh', [0x52, 0x65, 0x6e, 0x8e], 'René'],
	['koi8-r', [0xe9, 0xd7, 0xc1, 0xce], 'Иван'],
	['shift_jis', [0x8e, 0x52, 0x93, 0x63], '山田'],
	['gbk', [0xd5, 0xc5, 0xce, 0xb0], '张伟'],
	['big5', [0xb1, 0x69], '張'],
	['euc-kr', [0xb1, 0xe8], '김'],
	['iso-2022-jp', [0x1b, 0x24, 0x42, 0x3b, 0x33, 0x1b, 0x28, 0x42], '山'],
])('%s, as its programs write it', async (encoding, bytes, text) => {
	expect(await textOf(bytesOf(START, bytes), encoding, [START.length + 1])).toBe(START + text);
});

test('every encoding that Node.js knows can be chosen, by any of its names', () => {
	for (const encoding of ENCODINGS) {
		expect(new TextDecoder(encoding).encoding).toBe(encoding);
		expect(encodingNamed(encoding.toUpperCase())).toBe(encoding);
	}
	expect(['latin1', 'cp1250', 'sjis', 'utf8'].map(encodingNamed)).toEqual([
		'windows-1252',
		'windows-1250',
		'shift_jis',
		'utf-8',
	]);
	expect(encodingNamed('utf-7')).toBeUndefined();
	expect(encodingNamed('')).toBeUndefined();
});

test('in every encoding, texts come back exactly or the file is refused', async () => {
	const others = ENCODINGS.filter((name) => name !== 'windows-1252');
	const bytes = fc.array(
		fc.oneof(
			fc.integer({ min: 0x61, max: 0x7a }),
			fc.constantFrom(0x2c, 0x0a),
			fc.integer({ min: 0x80, max: 0xff }),
		),
		{ maxLength: 24 },
	);
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom(...others),
			bytes,
			fc.array(fc.nat(30), { maxLength: 5 }),
			async (encoding, written, at) => {
				const start = encoding.startsWith('utf-16')
					? Buffer.from(START, 'utf16le')
					: bytesOf(START);
				if (encoding === 'utf-16be') start.swap16();
				const file = bytesOf(start, written);
				const cuts = at.map((cut) => start.length + cut);
				const expected = reference(file, encoding);
				if (expected === undefined) {
					const error = await failureOf(openCsv(openPieces(file, cuts), { ...AUTO, encoding }));
					expect(error.message).toMatch(/^The file is not valid .*: row \d+ has the byte/);
				} else {
					expect(await textOf(file, encoding, cuts)).toBe(expected);
				}
			},
		),
		{ numRuns: 1000 },
	);
});

test.each<[string, string, string]>([
	['Ctrl-Z', 'id\r\na\r\n\u001a', 'id\r\na\r\n'],
	['Ctrl-Z without a line break before it', 'id\na\u001a', 'id\na'],
	[
		'Ctrl-Z up to a whole sector, and a line break',
		`id\na\n${'\u001a'.repeat(125)}\r\n`,
		'id\na\n',
	],
	['zero bytes', `id\na\n${'\0'.repeat(50_000)}`, 'id\na\n'],
	['no filler: what stands before more text', 'id\n\u001aa\0\nb\n\n', 'id\n\u001aa\0\nb\n\n'],
])('the end of a file: %s', async (_, written, text) => {
	for (const encoding of ENCODINGS) {
		// Some programs write Ctrl-Z in these as another control character.
		if (['shift_jis', 'ibm866'].includes(encoding)) continue;
		const bytes = encoding.startsWith('utf-16')
			? Buffer.from(written, 'utf16le')
			: bytesOf(written);
		if (encoding === 'utf-16be') bytes.swap16();
		expect(await textOf(bytes, encoding, [7, 20_000])).toBe(text);
	}
	expect(await textOf(bytesOf('id\n\x1a'), 'shift_jis')).toBe('id\n');
});

test('the mark of UTF-8 is not text in another encoding either', async () => {
	for (const encoding of ENCODINGS.filter((name) => !isUnicode(name))) {
		expect(await textOf(bytesOf([0xef, 0xbb, 0xbf], 'id\n'), encoding, [1, 2])).toBe('id\n');
	}
});

test('a file that has changed since it was looked at is refused', async () => {
	const error = await failureOf(textOf(bytesOf('id\n', [0xff]), 'utf-8'));
	expect(error.message).toMatch(/no longer valid UTF-8: it has changed/);
});

test('the source is not changed and is released when the reader leaves early', async () => {
	let released = false;
	const bytes = utf16be(START);
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
		expect(START.startsWith(text)).toBe(true);
		expect(text).not.toBe('');
		break;
	}
	expect(released).toBe(true);
	expect(bytes.equals(before)).toBe(true);
});
