/**
 * Settles the encoding of a file before any row of it is used, so that a file that can't be read is refused while
 * nothing has been sent. Every byte is looked at: one bad byte at the very end decides.
 */
import { createHash } from 'node:crypto';
import { ByteSurvey, hex, RowCounter } from './byteSurvey';
import type { BytesInRow } from './byteSurvey';
import { CsvFileError, tooLong } from './csvFileError';
import {
	DEFAULT_MAX_FIELD_LENGTH,
	encodingLabel,
	isUnicode,
	markOf,
	NotText,
	slices,
	TextReader,
	withoutForeignMark,
} from './encoding';
import type { EncodingChoice, OpenBytes, TextEncoding } from './encoding';

/** The encoding of a file, and how sure that is. */
export interface FileEncoding {
	name: TextEncoding;
	/**
	 * - `chosen`: by the user
	 * - `mark`: the byte order mark says it
	 * - `content`: the bytes fit, and hardly by chance
	 * - `guess`: not UTF-8, so it may be any of the encodings with one byte for each character
	 */
	basis: 'chosen' | 'mark' | 'content' | 'guess';
	/** The first row that is UTF-8 by all appearances, where another encoding was chosen. */
	utf8Row?: number;
}

/** What one pass over a file tells. */
export interface BytesReport {
	encoding: FileEncoding;
	/** Whether the file starts with a byte order mark. */
	hasBom: boolean;
	/** Size of the file. */
	bytes: number;
	/** SHA-256 of the bytes, hexadecimal: the same file has the same fingerprint, whatever its name. */
	fingerprint: string;
	/** The start of the file's text. */
	head: string;
	/** Whether there is more than the head. */
	isCut: boolean;
}

/** How much of a file's text is kept to find its delimiter and header. */
const HEAD_LENGTH = 256 * 1024;

const CHOOSE = "choose its 'Encoding' in the option 'File Format'";
const SAVE_AS_UTF8 = 'save the file as CSV UTF-8';

/**
 * Read the file from start to end, and prove that all of it is text in its encoding.
 *
 * Detection: byte order mark, else UTF-16 by its line breaks and other signs of ASCII, else UTF-8 when all of the file
 * is, else Windows-1252 when it can be. What is partly UTF-8 is refused: read as Windows-1252, `ü` would become `Ã¼`.
 * @param chosen an encoding set by the user is checked, never replaced
 * @param maxLineLength characters; a longer line ends the reading at once
 * @param checkStart sees the first bytes (up to a few kB) before they are taken for text, and may throw
 * @throws CsvFileError when the bytes don't fit, or one line is too long
 */
export async function detectEncoding(
	open: OpenBytes,
	chosen: EncodingChoice = 'auto',
	maxLineLength = DEFAULT_MAX_FIELD_LENGTH,
	checkStart?: (start: Uint8Array) => void,
): Promise<BytesReport> {
	const first = await readThrough(open, maxLineLength, (start) => {
		checkStart?.(start);
		return chosen === 'auto' ? encodingOf(start) : obey(start, chosen);
	});
	if (first.failedAt === undefined) {
		if (first.survey !== undefined) compareWithUtf8(first, first.survey);
		return first;
	}
	const { name, basis } = first.encoding;
	if (name !== 'utf-8' || basis !== 'content') {
		throw await notTextIn(first.encoding, open, first.failedAt);
	}
	const second = await readThrough(open, maxLineLength, () => ({
		name: 'windows-1252',
		basis: 'guess',
	}));
	if (second.survey !== undefined) checkGuess(second.survey);
	return second;
}

/** One pass, to the end or to the slice that is not text. */
interface Pass extends BytesReport {
	/** Where that slice begins. */
	failedAt?: number;
	/** Only when the encoding is not UTF-8 or UTF-16. */
	survey?: ByteSurvey;
}

async function readThrough(
	open: OpenBytes,
	maxLineLength: number,
	judge: (start: Uint8Array) => FileEncoding,
): Promise<Pass> {
	const hash = createHash('sha256');
	const meter = new LineMeter(maxLineLength);
	let bytes = 0;
	let length = 0;
	let head = '';
	let reading: ReturnType<typeof begin> | undefined;
	const begin = (start: Uint8Array) => {
		const encoding = judge(start);
		return {
			encoding,
			hasBom: markOf(start) !== undefined,
			reader: new TextReader(encoding.name),
			survey: isUnicode(encoding.name) ? undefined : new ByteSurvey(),
		};
	};
	const take = (text: string): void => {
		meter.feed(text);
		length += text.length;
		if (head.length < HEAD_LENGTH) head += text;
	};
	const result = (failedAt?: number): Pass => {
		const { encoding, hasBom, survey } = (reading ??= begin(new Uint8Array(0)));
		const fingerprint = hash.digest('hex');
		const isCut = length > head.length;
		return { encoding, hasBom, bytes, fingerprint, head, isCut, survey, failedAt };
	};
	try {
		for await (const slice of slices(open)) {
			hash.update(slice);
			if (reading === undefined) {
				reading = begin(slice);
				reading.survey?.pass(withoutForeignMark(slice, reading.encoding.name));
			} else {
				reading.survey?.pass(slice);
			}
			take(reading.reader.decode(slice));
			bytes += slice.length;
		}
		if (reading !== undefined) take(reading.reader.end());
		reading?.survey?.end();
		return result();
	} catch (error) {
		expectNotText(error);
		return result(bytes);
	}
}

/** @throws what is not the fault of the bytes, unchanged */
function expectNotText(error: unknown): void {
	if (!(error instanceof NotText)) throw error;
}

/** What the first bytes say: a mark, UTF-16 without one, or nothing (UTF-8 until disproved). */
function encodingOf(start: Uint8Array): FileEncoding {
	const mark = markOf(start);
	if (mark !== undefined) return { name: mark.encoding, basis: 'mark' };
	return { name: utf16Of(start) ?? 'utf-8', basis: 'content' };
}

/** How much of the start UTF-16 is looked for in. */
const PROBE_BYTES = 4096;

/**
 * The byte order that a start without a mark has in UTF-16, when it is clear. Whatever the script, there are ASCII signs
 * in a CSV file, at least its line breaks; in the wrong order they are rare characters of all kinds of scripts.
 */
function utf16Of(start: Uint8Array): TextEncoding | undefined {
	let length = Math.min(start.length, PROBE_BYTES);
	// Filler would count as half of a sign.
	while (length > 0 && start[length - 1] === 0) length--;
	if (!start.subarray(0, length).includes(0)) return undefined;
	const probe = start.subarray(0, length + (length % 2));
	const little = asciiScore(probe, 'utf-16le');
	const big = asciiScore(probe, 'utf-16be');
	if (Math.max(little, big) < 3 * Math.min(little, big)) return undefined;
	if (little === big) return undefined;
	return little > big ? 'utf-16le' : 'utf-16be';
}

/** How much of ASCII a start has in an encoding: 0 when it hardly has line breaks, or can't be text in it. */
function asciiScore(start: Uint8Array, encoding: TextEncoding): number {
	let text: string;
	try {
		text = new TextDecoder(encoding, { fatal: true }).decode(start, { stream: true });
	} catch {
		return 0;
	}
	if (text.includes('\0')) return 0;
	const breaks = text.match(/[\r\n]/g)?.length ?? 0;
	const others = text.match(/[\t -~]/g)?.length ?? 0;
	// Zero bytes that are strewn about in ASCII make line breaks as well, but not of all that look like one.
	const lookalikes = start.filter((byte) => byte === 10 || byte === 13).length;
	return breaks === 0 || 2 * breaks < lookalikes ? 0 : 4 * breaks + others;
}

/** What the user has chosen, unless a mark says that it can't be. */
function obey(start: Uint8Array, chosen: TextEncoding): FileEncoding {
	const mark = markOf(start)?.encoding;
	// A wrong mark of UTF-8 can be the mistake of the program that wrote the file, see `compareWithUtf8`.
	const isPossible =
		mark === undefined || mark === chosen || (mark === 'utf-8' && !isUnicode(chosen));
	if (!isPossible) throw marked(mark, chosen);
	return { name: chosen, basis: 'chosen' };
}

function marked(mark: TextEncoding, chosen: TextEncoding): CsvFileError {
	return new CsvFileError(
		`The file is marked as ${encodingLabel(mark)}, but 'Encoding' is ${encodingLabel(chosen)}`,
		`Set 'Encoding' to 'Detect Automatically' or ${encodingLabel(mark)}`,
	);
}

/** @throws CsvFileError when a file that is marked as UTF-8 and was to be read as something else is UTF-8 indeed */
function compareWithUtf8({ encoding, hasBom }: BytesReport, survey: ByteSurvey): void {
	// Two bytes for a character are often UTF-8 by chance, and all of a short file may be.
	const isOneByte = !/^(?:big5|euc|gb|iso-2022|shift)/.test(encoding.name);
	if (!survey.isUtf8 && !(isOneByte && survey.isMixture)) return;
	if (hasBom) throw marked('utf-8', encoding.name);
	encoding.utf8Row = survey.firstCharacter?.rowNumber;
}

/** @throws CsvFileError when a file that is not UTF-8 is not Windows-1252 either, or both */
function checkGuess(survey: ByteSurvey): void {
	const { firstCharacter, firstBad, firstUndefined } = survey;
	const isNeither = firstUndefined !== undefined && !survey.isMostlyUtf8;
	if (isNeither) {
		throw new CsvFileError(
			`The file is neither UTF-8 nor Windows-1252: ${placeOf(firstUndefined)}`,
			`In n8n, ${CHOOSE}. Or ${SAVE_AS_UTF8} and import that`,
			firstUndefined.rowNumber,
		);
	}
	if (!survey.isMixture || firstCharacter === undefined || firstBad === undefined) return;
	const { rowNumber } = firstBad;
	throw new CsvFileError(
		`The file mixes encodings: row ${firstCharacter.rowNumber} has UTF-8 characters (${hex(firstCharacter.bytes)}), but ${placeOf(firstBad)}, which is not UTF-8`,
		`Correct row ${rowNumber} and ${SAVE_AS_UTF8}. If the whole file is in another encoding, choose that 'Encoding' in the option 'File Format'`,
		rowNumber,
	);
}

const placeOf = ({ rowNumber, bytes, offset }: BytesInRow): string =>
	`row ${rowNumber} has the ${bytes.length === 1 ? 'byte' : 'bytes'} ${hex(bytes)} (at offset ${offset})`;

/** A character has at most so many bytes. */
const LONGEST_CHARACTER = 8;

/** The refusal of a file that is not text in its encoding: reads it again, up to the bytes that are to blame. */
async function notTextIn(
	{ name, basis }: FileEncoding,
	open: OpenBytes,
	failedAt: number,
): Promise<CsvFileError> {
	const bad = await findBadBytes(open, name, failedAt);
	const label = encodingLabel(name);
	const ways: Record<FileEncoding['basis'], string> = {
		chosen: "Choose another encoding, or 'Detect Automatically'",
		mark: `The file is marked as ${label} but damaged, or mixes encodings: ${SAVE_AS_UTF8}. If the whole file is in another encoding, choose that 'Encoding' in the option 'File Format'`,
		content: `The file looks like ${label}. If it is not, ${CHOOSE}; otherwise ${SAVE_AS_UTF8}`,
		guess: `In n8n, ${CHOOSE}`,
	};
	return new CsvFileError(
		`The file is not valid ${label}: ${placeOf(bad)}`,
		ways[basis],
		bad.rowNumber,
	);
}

async function findBadBytes(
	open: OpenBytes,
	encoding: TextEncoding,
	failedAt: number,
): Promise<BytesInRow> {
	const decoder = new TextDecoder(encoding, { fatal: true });
	const rows = new RowCounter();
	// Byte by byte from a little before the slice that failed: what began there may be to blame.
	const careful = Math.max(0, failedAt - LONGEST_CHARACTER);
	let offset = 0;
	let begun: number[] = [];
	const found = (): BytesInRow => {
		// An ASCII character only shows that the one before it is not complete.
		const isWhole = begun.length < 2 || begun[begun.length - 1] >= 0x80 || /^utf-16/.test(encoding);
		const bytes = isWhole ? begun : begun.slice(0, -1);
		return { rowNumber: rows.row, bytes, offset: offset - begun.length };
	};
	for await (const slice of slices(open)) {
		const bytes = offset === 0 ? withoutForeignMark(slice, encoding) : slice;
		offset += slice.length - bytes.length;
		const sure = Math.min(bytes.length, Math.max(0, careful - offset));
		rows.passText(decoder.decode(bytes.subarray(0, sure), { stream: true }));
		offset += sure;
		for (const byte of bytes.subarray(sure)) {
			begun.push(byte);
			offset++;
			let text: string;
			try {
				text = decoder.decode(Uint8Array.of(byte), { stream: true });
			} catch {
				return found();
			}
			if (text === '') continue;
			rows.passText(text);
			begun = [];
		}
	}
	return found();
}

/** Follows the line breaks of a text, to refuse a line that is longer than a row may be. */
class LineMeter {
	private lines = 0;

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
