/** How CSV is written: what a text is split by, what it is split into, and how lines of our own are put together (RFC 4180). Pure. */

export const DELIMITERS = [',', ';', '\t', '|'] as const;

export type CsvDelimiter = (typeof DELIMITERS)[number];

/** How a text is to be split into records. */
export interface Format {
	delimiter: CsvDelimiter;
	/** Files with LF and CRLF, also mixed, are split at LF. */
	newline: '\n' | '\r';
	quote: '"' | "'";
	/** How a quote inside quotes is written: twice, or behind a backslash. `none`: the file does not know quotes. */
	escape: 'doubled' | 'backslash' | 'none';
	/** Cells of a row, once the header is known. */
	width?: number;
}

/** How a text ends: with its file, somewhere in it, or so far behind an open quote that no more is read for it. */
export type TextEnd = 'end' | 'cut' | 'tooLong';

export type Flaw =
	| { kind: 'strayQuote' | 'openQuote' | 'lineBreak' }
	/** A line inside a quote that was opened so many records before. */
	| { kind: 'insideQuote'; back: number };

/** One record of a file, blank lines and header included. One with a flaw has one cell: its text as it stands. */
export interface RawRecord {
	cells: string[];
	flaw?: Flaw;
	/** Positions of cells with a quote in them that are not in quotes themselves. */
	looseQuotes?: number[];
}

/** How often a character stands in a stretch of text. */
export function countIn(text: string, character: string, from: number, until: number): number {
	let count = 0;
	let at = text.indexOf(character, from);
	while (at !== -1 && at < until) {
		count++;
		at = text.indexOf(character, at + 1);
	}
	return count;
}

// --- writing ----------------------------------------------------------------------------------------------------

export const CRLF = '\r\n';

/** At the start of a file that people open: Excel then keeps it UTF-8. */
export const BYTE_ORDER_MARK = '\ufeff';

/** Blanks at the ends are quoted too: some readers drop them otherwise. */
const NEEDS_QUOTES = /["\r\n]|^\s|\s$/;

/** One cell, in quotes where it needs them. */
function csvCell(cell: string, delimiter: CsvDelimiter): string {
	return NEEDS_QUOTES.test(cell) || cell.includes(delimiter)
		? `"${cell.replaceAll('"', '""')}"`
		: cell;
}

/** One line, without its line break. */
export function csvLine(cells: readonly string[], delimiter: CsvDelimiter = ','): string {
	return cells.map((cell) => csvCell(cell, delimiter)).join(delimiter);
}
