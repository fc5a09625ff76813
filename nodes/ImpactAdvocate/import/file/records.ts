/**
 * Text -> records: cells of one row each. Pieces of text that are plain go through Papa Parse's low-level parser, which
 * the build puts into this file; everything else goes through `CarefulReader`. Both read plain text alike.
 *
 * A quote that stands inside an unquoted cell (`5" pipe`) is part of its text, as spreadsheets read it.
 */
import Papa from 'papaparse';
import { CarefulReader } from './carefulReader';
import { countIn } from './csvFormat';
import type { Format, RawRecord, TextEnd } from './csvFormat';

/** What Papa Parse's low-level parser returns; its own types leave this open. */
interface ParsedText {
	data: string[][];
	errors: unknown[];
	meta: { cursor: number };
}

/**
 * Characters parsed at once. Small for a reason beyond speed: what is alive whenever the garbage collector passes by
 * moves to where garbage is collected late, so the fewer rows wait between file and network, the less memory a run
 * takes. And V8 would see the many cells of a large sample live long, and from then on place those of all rows there.
 */
export const WINDOW = 8192;

/**
 * All records of a text, or its first `limit` ones; blank lines are records too.
 * @param end how the text ends; unless it is the file's end, its last record may be unfinished and is left out
 * @returns `used`: how many characters the records take
 */
export function parseText(
	text: string,
	format: Format,
	end: TextEnd,
	limit = Infinity,
): { records: RawRecord[]; used: number } {
	const records: RawRecord[] = [];
	let used = 0;
	let size = limit === Infinity ? text.length : WINDOW;
	while (used < text.length && records.length < limit) {
		const stop = Math.min(text.length, used + size);
		const part = used === 0 && stop === text.length ? text : text.slice(used, stop);
		const partEnd = stop < text.length ? 'cut' : end;
		const taken =
			readPlain(part, format, partEnd, records) ??
			new CarefulReader(part, format, partEnd).readInto(records);
		used += taken;
		if (stop === text.length) break;
		size *= taken === 0 ? 4 : 2;
	}
	return { records: records.length > limit ? records.slice(0, limit) : records, used };
}

/** One run of the parser. @returns the characters taken, or nothing when the text is not plain */
function readPlain(
	text: string,
	format: Format,
	end: TextEnd,
	records: RawRecord[],
): number | undefined {
	const { delimiter, newline, quote, escape } = format;
	if (escape === 'backslash') return undefined;
	const isCut = end !== 'end';
	// The last carriage return may be half of a CRLF.
	if (isCut && newline === '\r' && text.endsWith('\r')) return undefined;
	const hasQuotes = escape !== 'none' && text.includes(quote);
	if (!hasPlainBreaks(text, newline) || (hasQuotes && hasQuoteAfterBlank(text, format))) {
		return undefined;
	}
	const parser = new Papa.Parser({ delimiter, newline, quoteChar: quote, fastMode: !hasQuotes });
	const { data, errors, meta } = parser.parse(text, 0, isCut) as ParsedText;
	if (errors.length > 0) return undefined;
	const taken = isCut ? meta.cursor : text.length;
	// Cells with line breaks may be rows that a stray quote swallows.
	const lines = countIn(text, newline, 0, taken) + (isCut ? 0 : 1);
	if (hasQuotes && lines > data.length) return undefined;
	// Only the careful reader tells a quote of the text from one that has lost its counterpart.
	if (hasQuotes && data.some((cells) => cells.some((cell) => cell.includes(quote)))) {
		return undefined;
	}
	for (const cells of data) {
		records.push({ cells });
		if (newline === '\r') continue;
		const last = cells.length - 1;
		const cell = cells[last];
		// Lines may end with CRLF or LF, mixed: the parser splits at LF, the rest of a CRLF is dropped here.
		if (cell.charCodeAt(cell.length - 1) === 13) cells[last] = cell.slice(0, -1);
	}
	return taken;
}

/** Whether a text has no line breaks but those that the parser splits at. */
function hasPlainBreaks(text: string, newline: Format['newline']): boolean {
	return newline === '\r' ? !text.includes('\n') : !/\r(?!\n)/.test(text);
}

function hasQuoteAfterBlank(text: string, { delimiter, quote }: Format): boolean {
	const blanks = delimiter === '\t' ? AFTER_BLANK.tabs : AFTER_BLANK.others;
	return blanks[quote].test(text);
}

const AFTER_BLANK = {
	tabs: { '"': /[^\S\t\r\n]"|\u200b"/, "'": /[^\S\t\r\n]'|\u200b'/ },
	others: { '"': /[^\S\r\n]"|\u200b"/, "'": /[^\S\r\n]'|\u200b'/ },
};
