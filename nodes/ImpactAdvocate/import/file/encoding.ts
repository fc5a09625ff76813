/** Bytes of a file -> text, piece by piece, in any encoding that Node.js knows. `detectEncoding.ts` finds out which. */
import { CsvFileError } from './csvFileError';

/** Opens the file from its start, as often as asked. Leaving the iteration early must release the source. */
export type OpenBytes = () => Promise<AsyncIterable<Uint8Array>>;

/** The encodings to choose from, by the names that `TextDecoder` gives them, as people know them. */
export const TEXT_ENCODINGS: Readonly<Record<string, string>> = {
	big5: 'Big5 (Traditional Chinese)',
	'euc-jp': 'EUC-JP (Japanese)',
	'euc-kr': 'EUC-KR (Korean)',
	gb18030: 'GB18030 (Chinese)',
	gbk: 'GBK (Simplified Chinese, GB2312)',
	ibm866: 'IBM866 (Cyrillic, DOS)',
	'iso-2022-jp': 'ISO-2022-JP (Japanese)',
	'iso-8859-10': 'ISO-8859-10 (Nordic, Latin 6)',
	'iso-8859-13': 'ISO-8859-13 (Baltic, Latin 7)',
	'iso-8859-14': 'ISO-8859-14 (Celtic, Latin 8)',
	'iso-8859-15': 'ISO-8859-15 (Western European, Latin 9)',
	'iso-8859-2': 'ISO-8859-2 (Central European, Latin 2)',
	'iso-8859-3': 'ISO-8859-3 (South European, Latin 3)',
	'iso-8859-4': 'ISO-8859-4 (Baltic, Latin 4)',
	'iso-8859-5': 'ISO-8859-5 (Cyrillic)',
	'iso-8859-6': 'ISO-8859-6 (Arabic)',
	'iso-8859-7': 'ISO-8859-7 (Greek)',
	'iso-8859-8': 'ISO-8859-8 (Hebrew, Visual Order)',
	'iso-8859-8-i': 'ISO-8859-8-I (Hebrew)',
	'koi8-r': 'KOI8-R (Russian)',
	'koi8-u': 'KOI8-U (Ukrainian)',
	macintosh: 'Macintosh (Western European, Mac Roman)',
	'x-mac-cyrillic': 'Macintosh Cyrillic',
	shift_jis: 'Shift_JIS (Japanese)',
	'utf-16be': 'UTF-16BE',
	'utf-16le': 'UTF-16LE',
	'utf-8': 'UTF-8',
	'windows-1250': 'Windows-1250 (Central European)',
	'windows-1251': 'Windows-1251 (Cyrillic)',
	'windows-1252': 'Windows-1252 (Western European, ISO-8859-1)',
	'windows-1253': 'Windows-1253 (Greek)',
	'windows-1254': 'Windows-1254 (Turkish, ISO-8859-9)',
	'windows-1255': 'Windows-1255 (Hebrew)',
	'windows-1256': 'Windows-1256 (Arabic)',
	'windows-1257': 'Windows-1257 (Baltic)',
	'windows-1258': 'Windows-1258 (Vietnamese)',
	'windows-874': 'Windows-874 (Thai, ISO-8859-11)',
};

/** One of `TEXT_ENCODINGS`. */
export type TextEncoding = string;

export type EncodingChoice = 'auto' | TextEncoding;

/** The encoding with a name, also one of its other names: `latin1`, `cp1250`, `sjis`. */
export function encodingNamed(label: string): TextEncoding | undefined {
	try {
		const name = new TextDecoder(label).encoding;
		return name in TEXT_ENCODINGS ? name : undefined;
	} catch {
		return undefined;
	}
}

/** The short name of an encoding, for messages. */
export const encodingLabel = (encoding: TextEncoding): string =>
	TEXT_ENCODINGS[encoding].replace(/ \(.*/, '');

export const isUnicode = (encoding: TextEncoding): boolean => encoding.startsWith('utf-');

/** The mark that some programs put at the start of a file, by the encoding that it stands for. */
const BYTE_ORDER_MARKS: ReadonlyArray<{ encoding: TextEncoding; mark: readonly number[] }> = [
	{ encoding: 'utf-8', mark: [0xef, 0xbb, 0xbf] },
	{ encoding: 'utf-16le', mark: [0xff, 0xfe] },
	{ encoding: 'utf-16be', mark: [0xfe, 0xff] },
];

/** The byte order mark at the start of a file. */
export const markOf = (start: Uint8Array) =>
	BYTE_ORDER_MARKS.find(({ mark }) => mark.every((byte, index) => start[index] === byte));

/**
 * The first slice without the mark of another encoding, which is text in neither of the two. (Its own mark is dropped
 * by the decoder.)
 */
export const withoutForeignMark = (start: Uint8Array, encoding: TextEncoding): Uint8Array =>
	isUnicode(encoding) ? start : start.subarray(markOf(start)?.mark.length ?? 0);

/** The bytes as an `OpenBytes`, for data that is in memory anyway. */
export function openBuffer(bytes: Uint8Array): OpenBytes {
	return async () =>
		(async function* () {
			yield bytes;
		})();
}

/** Default for the longest row, in characters (UTF-16 code units, as JavaScript counts). */
export const DEFAULT_MAX_FIELD_LENGTH = 1024 * 1024;

/**
 * Larger chunks are cut to this, so that a source that delivers one huge chunk costs no more than a streamed one. With
 * 64 KiB, V8 learns to put the cells of a file straight into the old generation, which triples the memory in use.
 */
const SLICE_BYTES = 16 * 1024;

/** The first slice has as many bytes, unless the file is shorter: enough to judge its encoding by. */
const FIRST_BYTES = 4096;

/** The bytes of the file in slices of at most `SLICE_BYTES`. */
export async function* slices(open: OpenBytes): AsyncGenerator<Uint8Array> {
	let start: Uint8Array[] | undefined = [];
	let startLength = 0;
	for await (const chunk of await open()) {
		if (start === undefined) {
			yield* cut(chunk);
			continue;
		}
		startLength += chunk.length;
		if (startLength >= FIRST_BYTES) {
			yield* cut(start.length === 0 ? chunk : Buffer.concat([...start, chunk]));
			start = undefined;
		} else {
			// A copy: a source may use its buffer again.
			start.push(chunk.slice());
		}
	}
	if (start !== undefined && startLength > 0) yield* cut(Buffer.concat(start));
}

function* cut(chunk: Uint8Array): Generator<Uint8Array> {
	for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
		yield chunk.subarray(start, start + SLICE_BYTES);
	}
}

/** Bytes that are not text in the encoding. After `detectEncoding`, only a file that has changed has them. */
export class NotText extends CsvFileError {
	constructor(encoding: TextEncoding) {
		super(
			`The file is no longer valid ${encodingLabel(encoding)}: it has changed since its first rows were read`,
			'Import it again when nothing else writes to it',
		);
	}
}

/**
 * What old programs fill the end of a file with: zero bytes and Ctrl-Z, which is U+001C in the DOS encodings, maybe with
 * a line break behind it.
 */
const FILLER = '\0\u001a\u001c';
const MAY_END = `${FILLER}\r\n`;

/**
 * Decodes one file, slice by slice: a character split between two slices is joined, a byte order mark at the start and
 * filler at the end are left out.
 *
 * Always as a stream, also what is there as a whole: some versions of Node.js decode Windows-1252 wrongly otherwise.
 */
export class TextReader {
	private readonly decoder: InstanceType<typeof TextDecoder>;

	private isStart = true;

	/** Decoded text that is filler when the file ends after it. */
	private held = '';

	constructor(private readonly encoding: TextEncoding) {
		this.decoder = new TextDecoder(encoding, { fatal: true });
	}

	/** @throws NotText */
	decode(slice: Uint8Array): string {
		const bytes = this.isStart ? withoutForeignMark(slice, this.encoding) : slice;
		this.isStart = false;
		return this.withoutFiller(this.read(() => this.decoder.decode(bytes, { stream: true })));
	}

	/** What is left at the end of the file. @throws NotText when a character is cut off */
	end(): string {
		const rest = this.read(() => this.decoder.decode());
		// Filler with nothing behind it is not text.
		return rest === '' ? '' : this.held + rest;
	}

	private read(decode: () => string): string {
		let text: string | undefined;
		try {
			text = decode();
		} catch {
			text = undefined;
		}
		if (text === undefined) throw new NotText(this.encoding);
		return text;
	}

	private withoutFiller(decoded: string): string {
		const text = this.held === '' ? decoded : this.held + decoded;
		let end = text.length;
		while (end > 0 && MAY_END.includes(text[end - 1])) end--;
		while (end < text.length && !FILLER.includes(text[end])) end++;
		// So much of it is not filler but a broken file, which is refused for its length.
		if (text.length - end > DEFAULT_MAX_FIELD_LENGTH) end = text.length;
		this.held = text.slice(end);
		return end === text.length ? text : text.slice(0, end);
	}
}

/**
 * The file's text in pieces (some may be empty), without byte order mark and filler, never ending within a character.
 * @throws NotText
 */
export async function* decodeText(open: OpenBytes, encoding: TextEncoding): AsyncGenerator<string> {
	const reader = new TextReader(encoding);
	for await (const slice of slices(open)) yield reader.decode(slice);
	yield reader.end();
}
