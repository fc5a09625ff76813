/**
 * Bytes of a file -> text. One pass over the whole file settles the encoding before any row is used, so a file that
 * can't be read is refused while nothing has been sent; a second pass then yields the text in chunks.
 */
import { createHash } from 'node:crypto';
import { CsvFileError, tooLong } from './csvFileError';

/** Opens the file from its start, as often as asked. Leaving the iteration early must release the source. */
export type OpenBytes = () => Promise<AsyncIterable<Uint8Array>>;

/** The encodings a user can choose. `windows-1252` is what spreadsheets in Western languages call "CSV" or "ANSI". */
export const TEXT_ENCODINGS = [
	'utf-8',
	'utf-16le',
	'utf-16be',
	'windows-1252',
	'iso-8859-1',
	'iso-8859-15',
] as const;

export type TextEncoding = (typeof TEXT_ENCODINGS)[number];

export type EncodingChoice = 'auto' | TextEncoding;

/** What one pass over a file tells. */
export interface BytesReport {
	encoding: TextEncoding;
	/** Whether the file starts with a byte order mark. */
	hasBom: boolean;
	/** Size of the file. */
	bytes: number;
	/** SHA-256 of the bytes, hexadecimal: the same file has the same fingerprint, whatever its name. */
	fingerprint: string;
	/** The start of the file, at most `HEAD_BYTES`. */
	head: Uint8Array;
}

/** How much of a file's start is kept to find its delimiter and header. */
const HEAD_BYTES = 256 * 1024;

/** Default for the longest row, in characters (UTF-16 code units, as JavaScript counts). */
export const DEFAULT_MAX_FIELD_LENGTH = 1024 * 1024;

/**
 * Larger chunks are cut to this, so that a source that delivers one huge chunk costs no more than a streamed one. With
 * 64 KiB, V8 learns to put the cells of a file straight into the old generation, which triples the memory in use.
 */
const SLICE_BYTES = 16 * 1024;

/** Bytes needed to tell UTF-16 from other encodings when there is no byte order mark. */
const PROBE_BYTES = 4096;

const EMPTY = new Uint8Array(0);

const BYTE_ORDER_MARKS: ReadonlyArray<{ encoding: TextEncoding; mark: readonly number[] }> = [
	{ encoding: 'utf-8', mark: [0xef, 0xbb, 0xbf] },
	{ encoding: 'utf-16le', mark: [0xff, 0xfe] },
	{ encoding: 'utf-16be', mark: [0xfe, 0xff] },
];

/**
 * Windows-1252 where it differs from ISO-8859-1: bytes 0x80 to 0x9F, as the Encoding Standard maps them (the five
 * unassigned bytes stay control characters). Written out because some Node.js versions decode them as ISO-8859-1.
 */
const WINDOWS_1252_HIGH =
	'\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
	'\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** ISO-8859-15 where it differs from ISO-8859-1. */
const ISO_8859_15: Readonly<Record<string, string>> = {
	'\u00a4': '\u20ac',
	'\u00a6': '\u0160',
	'\u00a8': '\u0161',
	'\u00b4': '\u017d',
	'\u00b8': '\u017e',
	'\u00bc': '\u0152',
	'\u00bd': '\u0153',
	'\u00be': '\u0178',
};

/** The bytes as an `OpenBytes`, for data that is in memory anyway. */
export function openBuffer(bytes: Uint8Array): OpenBytes {
	return async () =>
		(async function* () {
			yield bytes;
		})();
}

/** Bytes that are no text in the encoding. */
class BadBytes extends Error {
	/**
	 * @param offset from the start of what the decoder was given
	 * @param linesBefore line feeds before it in the piece that failed
	 */
	constructor(
		readonly offset: number,
		readonly linesBefore: number,
	) {
		super(`Bytes at offset ${offset} are no text`);
		this.name = 'BadBytes';
	}
}

const lineFeedsIn = (bytes: Uint8Array | string): number => bytes.toString().split('\n').length - 1;

const startsWith = (bytes: Uint8Array, mark: readonly number[]): boolean =>
	mark.every((byte, index) => bytes[index] === byte);

const asBuffer = (bytes: Uint8Array): Buffer =>
	Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** How many bytes at the end of `bytes` begin a UTF-8 character that goes on in the next chunk (0 to 3). */
function unfinishedUtf8(bytes: Uint8Array): number {
	for (let back = 1; back <= Math.min(3, bytes.length); back++) {
		const byte = bytes[bytes.length - back];
		if (byte < 0x80) return 0;
		if (byte >= 0xc0) {
			const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
			return length > back ? back : 0;
		}
	}
	return 0;
}

/** Where the first byte stands that makes `bytes` invalid UTF-8. Slow: for the message of an error only. */
function firstBadUtf8(bytes: Uint8Array): number {
	const isValid = (length: number): boolean => {
		try {
			new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
			return true;
		} catch {
			return false;
		}
	};
	let good = 0;
	let bad = bytes.length;
	while (bad - good > 1) {
		const middle = (good + bad) >> 1;
		if (isValid(middle)) good = middle;
		else bad = middle;
	}
	// A character cut off by `good` is where it starts.
	return good - unfinishedUtf8(bytes.subarray(0, good));
}

/**
 * Decodes one file piece by piece: characters split between two pieces are joined, a byte order mark at the start is
 * dropped, bytes that are no text throw `BadBytes`.
 */
class PieceDecoder {
	private carried: Uint8Array = EMPTY;

	/** Bytes taken in by earlier calls and not carried over. */
	private consumed = 0;

	private readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

	constructor(private readonly encoding: TextEncoding) {}

	/** @throws BadBytes */
	decode(piece: Uint8Array): string {
		const bytes = this.carried.length === 0 ? piece : Buffer.concat([this.carried, piece]);
		const isStart = this.consumed === 0;
		// The mark itself may be split.
		if (isStart && bytes.length < 3 && this.mayStartWithMark(bytes)) {
			this.carried = bytes.slice();
			return '';
		}
		const unfinished = this.unfinished(bytes);
		this.carried = unfinished === 0 ? EMPTY : bytes.slice(bytes.length - unfinished);
		return this.take(unfinished === 0 ? bytes : bytes.subarray(0, bytes.length - unfinished));
	}

	/** The text of what was carried over to the end. @throws BadBytes when a character is cut off */
	end(): string {
		const rest = this.carried;
		this.carried = EMPTY;
		if (rest.length === 0) return '';
		if (this.unfinished(rest) > 0) {
			throw new BadBytes(this.consumed + rest.length - this.unfinished(rest), 0);
		}
		return this.take(rest);
	}

	private mayStartWithMark(bytes: Uint8Array): boolean {
		return BYTE_ORDER_MARKS.some(({ mark }) =>
			Array.from(bytes).every((byte, index) => index >= mark.length || byte === mark[index]),
		);
	}

	private unfinished(bytes: Uint8Array): number {
		if (this.encoding === 'utf-8') return unfinishedUtf8(bytes);
		if (!this.isUtf16()) return 0;
		const odd = bytes.length % 2;
		if (bytes.length < 2) return odd;
		const high = bytes[bytes.length - odd - (this.encoding === 'utf-16le' ? 1 : 2)];
		return odd + (high >= 0xd8 && high <= 0xdb ? 2 : 0);
	}

	private isUtf16(): boolean {
		return this.encoding === 'utf-16le' || this.encoding === 'utf-16be';
	}

	private take(bytes: Uint8Array): string {
		let start = 0;
		if (this.consumed === 0) {
			const found = BYTE_ORDER_MARKS.find(({ mark }) => startsWith(bytes, mark));
			// A single-byte encoding chosen for a file with a mark: the mark is no text in either reading.
			if (found && (found.encoding === this.encoding || !this.isMultiByte())) {
				start = found.mark.length;
			} else if (found && this.isMultiByte()) {
				throw new BadBytes(0, 0);
			}
		}
		const body = start === 0 ? bytes : bytes.subarray(start);
		const text = this.convert(body, this.consumed + start);
		this.consumed += bytes.length;
		return text;
	}

	private isMultiByte(): boolean {
		return this.encoding === 'utf-8' || this.isUtf16();
	}

	/** @throws BadBytes */
	private convert(bytes: Uint8Array, offset: number): string {
		switch (this.encoding) {
			case 'utf-8':
				return this.decodeUtf8(bytes, offset);
			case 'utf-16le':
				return this.checkSurrogates(asBuffer(bytes).toString('utf16le'), offset);
			case 'utf-16be':
				// `swap16` works in place and the piece belongs to the source, hence the copy.
				return this.checkSurrogates(Buffer.from(bytes).swap16().toString('utf16le'), offset);
			case 'windows-1252':
				return asBuffer(bytes)
					.toString('latin1')
					.replace(/[\u0080-\u009f]/g, (c) => WINDOWS_1252_HIGH.charAt(c.charCodeAt(0) - 0x80));
			case 'iso-8859-15':
				return asBuffer(bytes)
					.toString('latin1')
					.replace(/[\u00a4\u00a6\u00a8\u00b4\u00b8\u00bc-\u00be]/g, (c) => ISO_8859_15[c]);
			default:
				return asBuffer(bytes).toString('latin1');
		}
	}

	private decodeUtf8(bytes: Uint8Array, offset: number): string {
		let text: string | undefined;
		try {
			text = this.utf8.decode(bytes);
		} catch {
			text = undefined;
		}
		if (text === undefined) {
			const bad = firstBadUtf8(bytes);
			throw new BadBytes(offset + bad, lineFeedsIn(asBuffer(bytes).subarray(0, bad)));
		}
		return text;
	}

	private checkSurrogates(text: string, offset: number): string {
		const lone = text.search(/\p{Surrogate}/u);
		if (lone !== -1) throw new BadBytes(offset + 2 * lone, lineFeedsIn(text.slice(0, lone)));
		return text;
	}
}

/** The bytes of the file in slices of at most `SLICE_BYTES`. */
export async function* slices(open: OpenBytes): AsyncGenerator<Uint8Array> {
	for await (const chunk of await open()) {
		if (chunk.length <= SLICE_BYTES) {
			if (chunk.length > 0) yield chunk;
			continue;
		}
		for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
			yield chunk.subarray(start, start + SLICE_BYTES);
		}
	}
}

/** What the first bytes say: a mark, the zero bytes that Latin text has in UTF-16, or nothing (UTF-8 until disproved). */
function guessFromStart(bytes: Uint8Array): { encoding: TextEncoding; hasBom: boolean } {
	const found = BYTE_ORDER_MARKS.find(({ mark }) => startsWith(bytes, mark));
	if (found) return { encoding: found.encoding, hasBom: true };
	const units = Math.min(bytes.length, PROBE_BYTES) >> 1;
	let evenZeros = 0;
	let oddZeros = 0;
	for (let unit = 0; unit < units; unit++) {
		if (bytes[2 * unit] === 0) evenZeros++;
		if (bytes[2 * unit + 1] === 0) oddZeros++;
	}
	// A header starts with a letter, a quote or the like: one byte of its first unit is zero.
	if (units === 0 || (bytes[0] !== 0) === (bytes[1] !== 0))
		return { encoding: 'utf-8', hasBom: false };
	const [many, few] = [units * 0.4, units * 0.05];
	if (oddZeros >= many && evenZeros <= few) return { encoding: 'utf-16le', hasBom: false };
	if (evenZeros >= many && oddZeros <= few) return { encoding: 'utf-16be', hasBom: false };
	return { encoding: 'utf-8', hasBom: false };
}

/** Follows the line breaks of a text: counts lines and measures the line that is not finished yet. */
class LineMeter {
	/** Lines finished so far. */
	lines = 0;

	private open = 0;

	constructor(private readonly limit: number) {}

	/** @throws CsvFileError as soon as one line is longer than the limit */
	feed(text: string): void {
		let start = 0;
		for (;;) {
			const end = text.indexOf('\n', start);
			if (end === -1) break;
			this.lines++;
			this.open = 0;
			start = end + 1;
		}
		// Files of old Macintosh programs end their lines with a carriage return alone.
		const carriageReturn = text.lastIndexOf('\r');
		if (carriageReturn >= start) {
			this.open = 0;
			start = carriageReturn + 1;
		}
		this.open += text.length - start;
		if (this.open > this.limit) throw tooLong(this.lines + 1, this.limit);
	}
}

/** Bytes that are no text, as the error the user sees; any other error as it is. */
function asFileError(
	error: unknown,
	encoding: TextEncoding,
	isMarked: boolean,
	linesRead: number,
): unknown {
	if (!(error instanceof BadBytes)) return error;
	const line = linesRead + error.linesBefore + 1;
	const name = encoding.toUpperCase();
	return new CsvFileError(
		`The file is not valid ${name}: the bytes at offset ${error.offset}, about row ${line}, are no text in it`,
		isMarked
			? `The file is marked as ${name} but is damaged or mixes encodings. Export it again, or choose the encoding Windows-1252 to read it anyway`
			: "Choose another encoding, or 'Detect Automatically'",
		line,
	);
}

/**
 * Read the file once, from start to end, to settle its encoding and prove that all of it is text in that encoding.
 * Detection: byte order mark, else UTF-16 by its zero bytes, else UTF-8 when every byte of the file is valid UTF-8,
 * else Windows-1252.
 * @param chosen an encoding set by the user is checked, never replaced
 * @param maxLineLength characters; a longer line ends the reading at once
 * @param checkStart sees the first bytes (up to a few kB) before they are taken for text, and may throw
 * @throws CsvFileError when the bytes don't fit the chosen or marked encoding, or one line is too long
 */
export async function detectEncoding(
	open: OpenBytes,
	chosen: EncodingChoice = 'auto',
	maxLineLength = DEFAULT_MAX_FIELD_LENGTH,
	checkStart?: (start: Uint8Array) => void,
): Promise<BytesReport> {
	const hash = createHash('sha256');
	const meter = new LineMeter(maxLineLength);
	let bytes = 0;
	const head: Uint8Array[] = [];
	let headLength = 0;
	let waiting: Uint8Array[] = [];
	let waitingLength = 0;
	let guess: { encoding: TextEncoding; hasBom: boolean } | undefined;
	let decoder: PieceDecoder | undefined;
	let encoding: TextEncoding = 'utf-8';

	const check = (piece: Uint8Array | undefined): void => {
		if (!decoder) return;
		try {
			meter.feed(piece ? decoder.decode(piece) : decoder.end());
		} catch (error) {
			const hasBom = guess?.hasBom ?? false;
			const isFinal = chosen !== 'auto' || hasBom || encoding !== 'utf-8';
			if (isFinal || !(error instanceof BadBytes)) {
				throw asFileError(error, encoding, hasBom && chosen === 'auto', meter.lines);
			}
			// Every sequence of bytes is text in Windows-1252; the line meter needs no exact characters.
			encoding = 'windows-1252';
			decoder = new PieceDecoder('iso-8859-1');
			if (piece) meter.feed(decoder.decode(piece));
		}
	};
	const settle = (): void => {
		const start = Buffer.concat(waiting, waitingLength);
		checkStart?.(start);
		guess = guessFromStart(start);
		encoding = chosen === 'auto' ? guess.encoding : chosen;
		decoder = new PieceDecoder(encoding);
		waiting = [];
		check(start);
	};

	for await (const piece of slices(open)) {
		hash.update(piece);
		bytes += piece.length;
		if (headLength < HEAD_BYTES) {
			// A copy: a source may use its buffer again.
			const part = piece.slice(0, HEAD_BYTES - headLength);
			head.push(part);
			headLength += part.length;
		}
		if (decoder) {
			check(piece);
			continue;
		}
		waiting.push(piece.slice());
		waitingLength += piece.length;
		if (waitingLength >= PROBE_BYTES) settle();
	}
	if (!decoder) settle();
	check(undefined);
	return {
		encoding,
		hasBom: guess?.hasBom ?? false,
		bytes,
		fingerprint: hash.digest('hex'),
		head: Buffer.concat(head, headLength),
	};
}

/**
 * The file's text in chunks (some may be empty), without a byte order mark, never ending within a character.
 * @throws CsvFileError when bytes are no text in `encoding`
 */
export async function* decodeText(open: OpenBytes, encoding: TextEncoding): AsyncGenerator<string> {
	const decoder = new PieceDecoder(encoding);
	const meter = new LineMeter(Infinity);
	try {
		for await (const piece of slices(open)) {
			const text = decoder.decode(piece);
			meter.feed(text);
			yield text;
		}
		yield decoder.end();
	} catch (error) {
		throw asFileError(error, encoding, false, meter.lines);
	}
}

/** The text of a file's first bytes; a character that is cut off at the end is left out. */
export function decodeHead(head: Uint8Array, encoding: TextEncoding): string {
	return new PieceDecoder(encoding).decode(head);
}
