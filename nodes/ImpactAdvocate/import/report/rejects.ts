/**
 * The rejects file: the rows that did not make it, each with its reason, in a form that imports again as it is.
 *
 * Form: RFC 4180 with the delimiter of the imported file (what opens that one as a table opens this one, too), CRLF,
 * UTF-8 with a byte order mark: without one, Excel takes a CSV file for Windows-1252 and saves it so. Columns: `recordNumber,message,apiErrorCode,statusCode` (the vendor's own error
 * report), then the columns of the imported file with their cells unchanged, then `idCheck`: see `idCheckOf`. It is blank
 * where the IDs themselves are what is wrong, so that they can be corrected. Every row has as many cells as the header.
 *
 * A row that had more or fewer cells than its header can't be shown faithfully in such a table. The first one adds a
 * last column, `unplacedCells`: it holds the extra cells (as one line of CSV, with commas), or how many cells are missing. The reader
 * refuses a row whose `unplacedCells` is not empty, so a row whose cells may stand in the wrong columns is never
 * imported by accident; who has put the cells right empties that cell. Of items, it also says what a blank cell was that
 * no cell can show, such as a list, or a number that has lost digits.
 *
 * It may also have rows that were applied, behind rows of the same participant that failed: see `RowOrder`.
 *
 * Apostrophes stand before formulas, and before apostrophes in such places in any case: see `formulas.ts`. The reader
 * takes them away from a file that has the four report columns, so that every cell comes back as it was.
 */
import { inSentences } from '../../../shared/advocate/client/errorTexts';
import type { Breather } from '../../../shared/advocate/client/breather';
import type { ParticipantId } from '../../../shared/advocate/participants';
import type { CsvDelimiter } from '../file/csvFormat';
import { BYTE_ORDER_MARK, CRLF, csvLine } from '../file/csvFormat';
import { markApostrophes, protectFormulas } from './formulas';
import { ID_CHECK_COLUMN, idCheckOf } from '../../../shared/advocate/participantId';
import { LineStore } from './lineStore';
import { ParticipantIndex } from '../plan/participantIndex';

/** The columns in front of the original ones, as in the vendor's error report. */
export const REPORT_COLUMNS = ['recordNumber', 'message', 'apiErrorCode', 'statusCode'] as const;

/** The last column of a rejects file that holds rows with too many or too few cells. */
export const UNPLACED_COLUMN = 'unplacedCells';

/**
 * What remains to be done with a row whose cells have been put right. Without quotes: at the end of a cell, one would
 * look like those that some programs write around cells.
 */
const EMPTY_IT = `Then empty the cell in the column ${UNPLACED_COLUMN}`;

/** Why a row is in the rejects file. */
export interface RejectReason {
	/** Row in the imported file, as a spreadsheet counts: the header is row 1. */
	rowNumber: number;
	message: string;
	apiErrorCode?: string;
	statusCode?: number | string;
}

/** Whether a header is that of a rejects file (ours or the vendor's error report): it has all four report columns. */
export function hasReportColumns(header: readonly string[]): boolean {
	return REPORT_COLUMNS.every((name) => header.includes(name));
}

/** Builds a rejects file, whose rows may come in any order; memory holds little more than the file's bytes. */
export class RejectsCsv {
	/** Where in an imported row the original columns stand. */
	private readonly kept: readonly number[];

	/** Where the check of IDs stands in an imported row that has one, or -1. */
	private readonly idCheck: number;

	private readonly guarded: (cell: string) => string;

	private readonly lines = new LineStore();

	/** Bytes of each line before the end of its message, where more can be said. */
	private readonly messageEnds: number[] = [];

	private readonly additions = new Map<number, Buffer>();

	private readonly dropped = new Set<number>();

	/** Lines that have the last column; when there is any, all others get a blank one. */
	private readonly withUnplaced = new Set<number>();

	/**
	 * @param header the imported file's header; if it is a rejects file itself, its report columns are replaced
	 * @param protects whether an apostrophe goes before what a spreadsheet would run as a formula
	 * @param delimiter that of the imported file
	 */
	constructor(
		private readonly header: readonly string[],
		protects: boolean,
		private readonly delimiter: CsvDelimiter = ',',
	) {
		const replaced = new Set<number>();
		if (hasReportColumns(header)) {
			for (const name of REPORT_COLUMNS) replaced.add(header.indexOf(name));
			const last = header.lastIndexOf(UNPLACED_COLUMN);
			if (last !== -1) replaced.add(last);
		}
		this.idCheck = header.indexOf(ID_CHECK_COLUMN);
		if (this.idCheck !== -1) replaced.add(this.idCheck);
		this.kept = header.map((_, index) => index).filter((index) => !replaced.has(index));
		this.guarded = protects ? protectFormulas : markApostrophes;
	}

	/** Rows in the file. */
	get count(): number {
		return this.lines.count - this.dropped.size;
	}

	/**
	 * Add one row.
	 * @param cells the row as it was read, in the imported file's columns
	 * @param participant whom the row is about, where its IDs could be used
	 * @param found what no cell can show, when the row says so itself
	 * @returns its line
	 */
	add(
		reason: RejectReason,
		cells: readonly string[],
		participant?: ParticipantId,
		found?: string,
	): number {
		const unplaced = found ?? this.unplaced(cells);
		const isToBeEmptied = unplaced !== '' && !reason.message.includes(UNPLACED_COLUMN);
		const message = isToBeEmptied ? inSentences(reason.message, EMPTY_IT) : reason.message;
		const head = this.format([String(reason.rowNumber), message]);
		const out = [reason.apiErrorCode ?? '', String(reason.statusCode ?? '')];
		for (const index of this.kept) out.push(cells[index] ?? '');
		out.push(this.check(cells, participant));
		if (unplaced !== '') {
			this.withUnplaced.add(this.lines.count);
			out.push(unplaced);
		}
		const line = `${head}${this.delimiter}${this.format(out)}`;
		const quote = head.endsWith('"') ? 1 : 0;
		this.messageEnds.push(Buffer.byteLength(head) - quote);
		return this.lines.add(reason.rowNumber, line);
	}

	/**
	 * Say more in the message of a line.
	 * @param text without quotes, delimiters and line breaks
	 */
	addToMessage(line: number, text: string): void {
		this.additions.set(line, Buffer.from(text));
	}

	/** Take a line out again. */
	drop(line: number): void {
		this.dropped.add(line);
	}

	/** The whole file, in the order of the rows. */
	async toBuffer(breather: Breather): Promise<Buffer> {
		const { lines, messageEnds, withUnplaced, additions, dropped } = this;
		const isWider = [...withUnplaced].some((line) => !dropped.has(line));
		const names = [...REPORT_COLUMNS, ...this.kept.map((index) => this.header[index])];
		names.push(ID_CHECK_COLUMN);
		if (isWider) names.push(UNPLACED_COLUMN);
		const head = Buffer.from(BYTE_ORDER_MARK + this.format(names) + CRLF);
		let bytes = head.length + lines.bytes + (CRLF.length + (isWider ? 1 : 0)) * lines.count;
		for (const { length } of additions.values()) bytes += length;
		const whole = Buffer.allocUnsafe(bytes);
		let length = head.copy(whole);
		for (const index of lines.inOrder()) {
			if (dropped.has(index)) continue;
			if (breather.isDue) await breather.rest();
			const line = lines.line(index);
			length += line.copy(whole, length, 0, messageEnds[index]);
			length += additions.get(index)?.copy(whole, length) ?? 0;
			length += line.copy(whole, length, messageEnds[index]);
			if (isWider && !withUnplaced.has(index)) length += whole.write(this.delimiter, length);
			length += whole.write(CRLF, length);
		}
		return whole.subarray(0, length);
	}

	/** A row that came with a check keeps it: one made of IDs that a spreadsheet changed would declare them right. */
	private check(cells: readonly string[], participant: ParticipantId | undefined): string {
		const earlier = cells[this.idCheck]?.trim() ?? '';
		if (earlier !== '' || participant === undefined) return earlier;
		return idCheckOf(participant);
	}

	/** What of a row has no place under its header, as text; empty for a row of the right length. */
	private unplaced(cells: readonly string[]): string {
		const missing = this.header.length - cells.length;
		if (missing > 0) return `${missing} ${missing === 1 ? 'cell is' : 'cells are'} missing`;
		if (missing < 0) return csvLine(cells.slice(this.header.length));
		// A row of a rejects file that was not put right yet keeps its mark.
		const last = hasReportColumns(this.header) ? this.header.lastIndexOf(UNPLACED_COLUMN) : -1;
		return last === -1 ? '' : cells[last];
	}

	private format(cells: readonly string[]): string {
		return csvLine(cells.map(this.guarded), this.delimiter);
	}
}

// --- the order of a participant's rows over two imports ----------------------------------------------------------

/** A row that was not applied, and the rejects that should say which row came after them. */
export interface Overtaken {
	firstRow: number;
	lines: number[];
}

/**
 * Keeps the order of a participant's rows over two imports. A row that failed is imported again after later rows of the
 * same participant were applied, and would then have the last word. So these come again too, in the same file: applied
 * a second time behind it, they leave the participant as one import without the failure would have.
 */
export class RowOrder {
	/** By participant: the latest line of the rejects file that one of its failed rows has, plus one. */
	private readonly latest = new ParticipantIndex(true);

	/** By line with a failed row: the earlier one of its participant, its own row, and the first row of both. */
	private readonly lines = new Map<number, { earlier: number; row: number; firstRow: number }>();

	/** Lines that say already which row came after them. */
	private readonly told = new Set<number>();

	/** By participant with a row in doubt: that row, and what came after it. */
	private readonly inDoubt = new Map<
		string,
		{ firstRow: number; after: Array<{ line: number; row: number }> }
	>();

	/** Whether a row of a participant has failed. */
	get hasFailed(): boolean {
		return this.latest.size > 0;
	}

	/** A row is in doubt: until that ends, it may be one that failed. */
	doubt(key: string, row: number): void {
		if (!this.inDoubt.has(key)) this.inDoubt.set(key, { firstRow: row, after: [] });
	}

	/**
	 * A row failed, and is in a line of the rejects file.
	 * @returns the row that has changed its participant since, if one has
	 */
	failed(key: string, line: number, row: number): number | undefined {
		const earlier = (this.latest.set(key, line + 1) ?? 0) - 1;
		const firstRow = Math.min(row, this.lines.get(earlier)?.firstRow ?? row);
		this.lines.set(line, { earlier, row, firstRow });
		const next = this.inDoubt.get(key)?.after.find((later) => later.row > row)?.row;
		if (next !== undefined) this.told.add(line);
		return next;
	}

	/**
	 * A row was applied.
	 * @returns what it has overtaken; nothing when it need not come again
	 */
	applied(key: string, row: number): Overtaken | undefined {
		if (this.latest.size === 0 && this.inDoubt.size === 0) return undefined;
		const latest = (this.latest.get(key) ?? 0) - 1;
		const { firstRow = Infinity } = this.lines.get(latest) ?? {};
		const first = Math.min(firstRow, this.inDoubt.get(key)?.firstRow ?? Infinity);
		if (first >= row) return undefined;
		const overtaken: number[] = [];
		for (let line = latest; !this.told.has(line); ) {
			const entry = this.lines.get(line);
			if (entry === undefined) break;
			if (entry.row < row) {
				overtaken.push(line);
				this.told.add(line);
			}
			line = entry.earlier;
		}
		return { firstRow: first, lines: overtaken };
	}

	/** A row that was applied comes again, in this line. */
	comesAgain(key: string, line: number, row: number): void {
		this.inDoubt.get(key)?.after.push({ line, row });
	}

	/** Lines that need not come again after all: nothing of their participants has failed. */
	superfluous(): number[] {
		return [...this.inDoubt]
			.filter(([key]) => !this.latest.has(key))
			.flatMap(([, { after }]) => after.map(({ line }) => line));
	}
}
