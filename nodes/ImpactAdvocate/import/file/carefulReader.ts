/**
 * Reads records out of text that is not plain: quotes after blanks, backslash escapes, cells with line breaks, stray and
 * unclosed quotes, line breaks of another kind than the file's. Pure.
 *
 * A quote that goes wrong costs its own line only where that gives this line and the ones after it as many cells as a
 * row has. Otherwise nobody can tell rows from text, and every line from there to the end of the quote is a flawed
 * record, so that each can be counted and named.
 */
import { countIn } from './csvFormat';
import type { Flaw, Format, RawRecord, TextEnd } from './csvFormat';

/** Lines after a stray quote that must read as rows before it is taken to cost its own line only. */
const LINES_TO_TRUST = 20;

type Reading =
	| {
			state: 'read';
			cells: string[];
			/** Where the record's text ends, and where the next one begins. */
			stop: number;
			next: number;
			/** Where the first quote opens that holds line breaks. */
			opened?: number;
			/** Whether such a quote closes right behind a delimiter, as one does that should have opened a cell. */
			isSuspect: boolean;
			isOtherBreak: boolean;
			looseQuotes?: number[];
	  }
	| { state: 'cut' }
	| { state: 'stray'; opened: number; stray: number; cellsBefore: number }
	| { state: 'open'; opened: number; cellsBefore: number };

type ReadRecord = Extract<Reading, { state: 'read' }>;

/** Looks ahead in a text without looking at the same stretch of it again and again. */
class Finder {
	private from = 0;

	private found = -1;

	constructor(private readonly find: (from: number) => number) {}

	/** The first place at or after `from`, or infinity. */
	next(from: number): number {
		if (from < this.from || from > this.found) {
			const found = this.find(from);
			this.from = from;
			this.found = found === -1 ? Infinity : found;
		}
		return this.found;
	}
}

export class CarefulReader {
	private readonly delimiters: Finder;

	private readonly lineBreaks: Finder;

	private readonly isCut: boolean;

	constructor(
		private readonly text: string,
		private readonly format: Format,
		private readonly end: TextEnd,
	) {
		this.isCut = end !== 'end';
		this.delimiters = new Finder((from) => text.indexOf(format.delimiter, from));
		this.lineBreaks = new Finder((from) => {
			LINE_BREAK.lastIndex = from;
			return LINE_BREAK.exec(text)?.index ?? -1;
		});
	}

	/** Add the text's records to a list, or the first `limit` ones. @returns the characters that they take */
	readInto(records: RawRecord[], limit = Infinity): number {
		let at = 0;
		while (at < this.text.length && records.length < limit) {
			const next = this.readNext(at, records);
			if (next === undefined) break;
			at = next;
		}
		return at;
	}

	/** @returns where the next record begins, or nothing when more text is needed */
	private readNext(at: number, records: RawRecord[]): number | undefined {
		const reading = this.read(at);
		if (reading.state === 'cut') return undefined;
		if (reading.state !== 'read') return this.recover(at, reading, records);
		// Before the width of rows is known, every line break counts.
		if (reading.isOtherBreak && this.format.width !== undefined)
			return this.readMixed(at, reading, records);
		if (reading.opened !== undefined) {
			const end = this.swallowed(at, reading, reading.opened);
			if (end === undefined) return undefined;
			if (end === 'line') return this.costLine(at, reading.opened, 'openQuote', records);
			if (end === 'all') return this.costLines(at, reading.next, 'openQuote', records);
		}
		records.push(recordOf(reading));
		return reading.next;
	}

	// --- one record ------------------------------------------------------------------------------------------------

	private read(from: number): Reading {
		const { text, format, isCut } = this;
		const cells: string[] = [];
		let at = from;
		let opened: number | undefined;
		let isSuspect = false;
		let looseQuotes: number[] | undefined;
		const pushUnquoted = (end: number): void => {
			const cell = text.slice(at, end);
			if (format.escape !== 'none' && cell.includes(format.quote)) {
				(looseQuotes ??= []).push(cells.length);
			}
			cells.push(format.escape === 'backslash' ? unescaped(cell) : cell);
		};
		const done = (breakAt: number): Reading => {
			const after = this.afterBreak(breakAt);
			if (after === undefined) return { state: 'cut' };
			const isOtherBreak = after.isOther && after.next < text.length;
			return {
				state: 'read',
				cells,
				stop: breakAt,
				next: after.next,
				opened,
				isSuspect,
				isOtherBreak,
				looseQuotes,
			};
		};
		for (;;) {
			const open = format.escape === 'none' ? at : this.skipBlanks(at);
			if (format.escape === 'none' || text[open] !== format.quote) {
				const lineEnd = this.lineEnd(at);
				if (lineEnd === text.length && isCut) return { state: 'cut' };
				const delimiter = this.delimiters.next(at);
				if (delimiter < lineEnd) {
					pushUnquoted(delimiter);
					at = delimiter + 1;
					continue;
				}
				pushUnquoted(lineEnd);
				return done(lineEnd);
			}
			const close = this.closingQuote(open + 1);
			if (close === -1) {
				// Even its first line may go on.
				if (this.end === 'cut') return { state: 'cut' };
				return { state: 'open', opened: open, cellsBefore: cells.length };
			}
			const after = this.skipBlanks(close + 1);
			if (after === text.length && isCut) return { state: 'cut' };
			const content = text.slice(open + 1, close);
			if (content.includes('\n') || content.includes('\r')) {
				opened ??= open;
				isSuspect ||= text[close - 1] === format.delimiter;
			}
			cells.push(this.unescape(content));
			if (text[after] === format.delimiter) {
				at = after + 1;
				continue;
			}
			if (after === text.length || text[after] === '\n' || text[after] === '\r') return done(after);
			return { state: 'stray', opened: open, stray: after, cellsBefore: cells.length - 1 };
		}
	}

	private skipBlanks(from: number): number {
		const { text, format } = this;
		let at = from;
		while (at < text.length && isBlankCode(text.charCodeAt(at)) && text[at] !== format.delimiter) {
			at++;
		}
		return at;
	}

	/** The first line break of any kind at or after a place, or the text's end. */
	private lineEnd(from: number): number {
		return Math.min(this.lineBreaks.next(from), this.text.length);
	}

	/** What follows a line break; nothing when that takes more text, as after a carriage return at the very end. */
	private afterBreak(at: number): { next: number; isOther: boolean } | undefined {
		const { text, format } = this;
		if (at >= text.length) return { next: text.length, isOther: false };
		const isLast = at + 1 === text.length && this.isCut;
		if (text[at] === '\n') {
			const isOther = format.newline === '\r';
			return isOther && isLast ? undefined : { next: at + 1, isOther };
		}
		if (text[at + 1] === '\n') return { next: at + 2, isOther: false };
		if (isLast) return undefined;
		return { next: at + 1, isOther: format.newline === '\n' };
	}

	/** Whether a line may be longer, or its break half of one, once there is more text. */
	private mayGoOn(lineEnd: number): boolean {
		if (this.end !== 'cut') return false;
		return lineEnd === this.text.length || this.afterBreak(lineEnd) === undefined;
	}

	private closingQuote(from: number): number {
		const { text, format } = this;
		const { quote } = format;
		let at = text.indexOf(quote, from);
		while (at !== -1) {
			if (format.escape === 'backslash' && backslashesBefore(text, at, from) % 2 === 1) {
				at = text.indexOf(quote, at + 1);
			} else if (text[at + 1] === quote) {
				at = text.indexOf(quote, at + 2);
			} else {
				return at;
			}
		}
		return -1;
	}

	private unescape(content: string): string {
		const { quote, escape } = this.format;
		const text = content.includes(quote) ? content.replaceAll(quote + quote, quote) : content;
		return escape === 'backslash' ? unescaped(text) : text;
	}

	// --- line breaks of another kind ---------------------------------------------------------------------------------

	/**
	 * A record that ends with a line break which the file does not use elsewhere: a row, when all up to the next usual
	 * line break are rows.
	 */
	private readMixed(at: number, first: ReadRecord, records: RawRecord[]): number | undefined {
		const { width } = this.format;
		const found: RawRecord[] = [recordOf(first)];
		let start = at;
		let reading: Reading = first;
		while (reading.state === 'read' && reading.isOtherBreak) {
			start = reading.next;
			reading = this.read(start);
			if (reading.state === 'cut') return undefined;
			if (reading.state === 'read') found.push(recordOf(reading));
		}
		const isRow = ({ cells }: RawRecord) => cells.length === width || isBlankLine(cells);
		if (reading.state === 'read' && found.every(isRow)) {
			records.push(...found);
			return reading.next;
		}
		const flaw: Flaw = { kind: 'lineBreak' };
		if (reading.state === 'read') {
			records.push({ cells: [this.text.slice(at, reading.stop)], flaw });
			return reading.next;
		}
		const rest: RawRecord[] = [];
		const next = this.recover(start, reading, rest);
		if (next !== undefined) {
			records.push({ cells: [this.text.slice(at, start - 1)], flaw }, ...rest);
		}
		return next;
	}

	// --- quotes that go wrong ------------------------------------------------------------------------------------------

	private recover(
		at: number,
		broken: Extract<Reading, { state: 'stray' | 'open' }>,
		records: RawRecord[],
	): number | undefined {
		const ownEnd = this.lineEnd(broken.opened);
		const place = broken.state === 'stray' ? broken.stray : this.text.length;
		const lastEnd = this.lineEnd(place);
		if (this.mayGoOn(lastEnd)) return undefined;
		const kind = broken.state === 'stray' && ownEnd >= lastEnd ? 'strayQuote' : 'openQuote';
		if (ownEnd >= lastEnd) return this.costLine(at, broken.opened, kind, records);
		if (this.restores(ownEnd, broken)) {
			const fit = this.fits(ownEnd, lastEnd);
			if (fit === undefined) return undefined;
			if (fit) return this.costLine(at, broken.opened, kind, records);
		}
		// The caller refuses the file.
		if (broken.state === 'open' && this.end === 'tooLong') return undefined;
		return this.costLines(at, this.afterBreak(lastEnd)?.next ?? this.text.length, kind, records);
	}

	/** Whether the line of a quote has the cells of a row when the quote is taken for text. */
	private restores(
		lineEnd: number,
		{ opened, cellsBefore }: { opened: number; cellsBefore: number },
	) {
		const { delimiter, width } = this.format;
		return cellsBefore + countIn(this.text, delimiter, opened, lineEnd) + 1 === width;
	}

	/** Whether the lines after one are rows; nothing when that takes more text. */
	private fits(lineEnd: number, until: number): boolean | undefined {
		let at = this.afterBreak(lineEnd)?.next ?? this.text.length;
		for (let line = 0; line < LINES_TO_TRUST && at < until; line++) {
			const reading = this.read(at);
			if (reading.state === 'cut') return this.end === 'cut' ? undefined : true;
			if (reading.state !== 'read') return false;
			if (reading.cells.length !== this.format.width && !isBlankLine(reading.cells)) return false;
			at = reading.next;
		}
		return true;
	}

	/**
	 * Whether a record with line breaks inside quotes is in truth several rows: `line` when its own line is to blame and
	 * the others are rows, `all` when some of them may be, `none` when it is one row; nothing when it takes more text.
	 */
	private swallowed(
		at: number,
		{ cells, stop, isSuspect }: ReadRecord,
		opened: number,
	): 'line' | 'all' | 'none' | undefined {
		const { width, delimiter } = this.format;
		if (width === undefined || width < 2 || (cells.length === width && !isSuspect)) return 'none';
		const lines = this.linesOf(at, stop).map(
			(line) => countIn(line, delimiter, 0, line.length) + 1,
		);
		if (lines.every((count) => count === width)) return 'line';
		if (isSuspect && cells.length === width) return 'none';
		const ownEnd = this.lineEnd(opened);
		const cellsBefore = countIn(this.text, delimiter, at, opened);
		if (this.restores(ownEnd, { opened, cellsBefore })) {
			const fit = this.fits(ownEnd, stop);
			if (fit !== false) return fit === undefined ? undefined : 'line';
		}
		return lines.slice(1).includes(width) ? 'all' : 'none';
	}

	/** The line in which a quote opens is lost. */
	private costLine(
		at: number,
		opened: number,
		kind: 'strayQuote' | 'openQuote',
		records: RawRecord[],
	): number {
		const end = this.lineEnd(opened);
		records.push({ cells: [this.text.slice(at, end)], flaw: { kind } });
		return this.afterBreak(end)?.next ?? this.text.length;
	}

	/** All lines up to a place are lost. */
	private costLines(
		at: number,
		until: number,
		kind: 'strayQuote' | 'openQuote',
		records: RawRecord[],
	): number {
		this.linesOf(at, until).forEach((line, back) => {
			records.push({
				cells: [line],
				flaw: back === 0 ? { kind } : { kind: 'insideQuote', back },
			});
		});
		return until;
	}

	private linesOf(at: number, until: number): string[] {
		const lines = this.text.slice(at, until).split(/\r\n|\n|\r/);
		if (lines.length > 1 && lines[lines.length - 1] === '') lines.pop();
		return lines;
	}
}

const LINE_BREAK = /[\r\n]/g;

function recordOf({ cells, looseQuotes }: ReadRecord): RawRecord {
	return looseQuotes === undefined ? { cells } : { cells, looseQuotes };
}

const isBlankLine = (cells: readonly string[]): boolean =>
	cells.length === 1 && cells[0].trim() === '';

/** The text of a cell, in quotes or not, in a file that marks what is in the way with backslashes. */
function unescaped(text: string): string {
	return text.includes('\\') ? text.replace(/\\([\\"',;|\t\r\n])/g, '$1') : text;
}

/** Blanks that programs put between a delimiter and a quote: no line breaks, but also those without a width. */
function isBlankCode(code: number): boolean {
	return (
		code === 32 ||
		code === 9 ||
		code === 160 ||
		(code >= 0x2000 && code <= 0x200b) ||
		code === 0x202f ||
		code === 0x3000 ||
		code === 0xfeff
	);
}

function backslashesBefore(text: string, at: number, from: number): number {
	let count = 0;
	while (at - count > from && text[at - count - 1] === '\\') count++;
	return count;
}
