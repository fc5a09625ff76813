/**
 * The rejects file: the rows that did not make it, each with its reason, in a form that imports again as it is.
 *
 * Form: RFC 4180, comma, CRLF, UTF-8. Columns: `recordNumber,message,apiErrorCode,statusCode` (the vendor's own error
 * report), then the columns of the imported file with their cells unchanged. Every row has as many cells as the header.
 *
 * A row that had more or fewer cells than its header can't be shown faithfully in such a table. The first one adds a
 * last column, `unplacedCells`: it holds the extra cells (as one line of CSV), or how many cells are missing. The reader
 * refuses a row whose `unplacedCells` is not empty, so a row whose cells may stand in the wrong columns is never
 * imported by accident; who has put the cells right empties that cell.
 *
 * Apostrophes stand before formulas, and before apostrophes in such places in any case: see `formulas.ts`. The reader
 * takes them away from a file that has the four report columns, so that every cell comes back as it was.
 */
import type { Breather } from '../../../shared/advocate/client/breather';
import { CRLF, csvCell, csvLine } from '../file/csvWriter';
import { markApostrophes, protectFormulas } from './formulas';
import { SortedRows } from './sortedRows';

/** The columns in front of the original ones, as in the vendor's error report. */
export const REPORT_COLUMNS = ['recordNumber', 'message', 'apiErrorCode', 'statusCode'] as const;

/** The last column of a rejects file that holds rows with too many or too few cells. */
export const UNPLACED_COLUMN = 'unplacedCells';

/** Why a row is in the rejects file. */
export interface RejectReason {
	/** Row in the imported file, as a spreadsheet counts: the header is row 1. */
	rowNumber: number;
	message: string;
	apiErrorCode?: string;
	statusCode?: number | string;
}

export interface RejectsOptions {
	/** Put an apostrophe before what a spreadsheet would run as a formula. Off by default: cells stay as they are. */
	protectFormulas?: boolean;
	/** Start with a byte order mark, which makes Excel read the file as UTF-8. Off by default. */
	bom?: boolean;
}

/** Whether a header is that of a rejects file (ours or the vendor's error report): it has all four report columns. */
export function hasReportColumns(header: readonly string[]): boolean {
	return REPORT_COLUMNS.every((name) => header.includes(name));
}

/** Builds a rejects file, whose rows may come in any order; memory holds little more than the file's bytes. */
export class RejectsCsv {
	/** Where in an imported row the original columns stand. */
	private readonly kept: readonly number[];

	private readonly rows = new SortedRows();

	private hasUnplaced = false;

	/** Number of rows added before the first one that needs `unplacedCells`. */
	private rowsBeforeUnplaced = 0;

	/** @param header the imported file's header; if it is a rejects file itself, its report columns are replaced */
	constructor(
		private readonly header: readonly string[],
		private readonly options: RejectsOptions = {},
	) {
		const replaced = new Set<number>();
		if (hasReportColumns(header)) {
			for (const name of REPORT_COLUMNS) replaced.add(header.indexOf(name));
			const last = header.lastIndexOf(UNPLACED_COLUMN);
			if (last !== -1) replaced.add(last);
		}
		this.kept = header.map((_, index) => index).filter((index) => !replaced.has(index));
	}

	/** Rows added so far. */
	get count(): number {
		return this.rows.count;
	}

	/**
	 * Add one row.
	 * @param cells the row as it was read, in the imported file's columns
	 */
	add(reason: RejectReason, cells: readonly string[]): void {
		const out = [
			String(reason.rowNumber),
			reason.message,
			reason.apiErrorCode ?? '',
			String(reason.statusCode ?? ''),
		];
		for (const index of this.kept) out.push(cells[index] ?? '');
		const unplaced = this.unplaced(cells);
		if (unplaced !== '' && !this.hasUnplaced) {
			this.hasUnplaced = true;
			this.rowsBeforeUnplaced = this.count;
		}
		if (this.hasUnplaced) out.push(unplaced);
		this.rows.add(reason.rowNumber, this.format(out));
	}

	/** The whole file, in the order of the rows. Rows can be added afterwards; the next call then gives the longer file. */
	async toBuffer(breather: Breather): Promise<Buffer> {
		const names = [...REPORT_COLUMNS, ...this.kept.map((index) => this.header[index])];
		if (this.hasUnplaced) names.push(UNPLACED_COLUMN);
		const head = (this.options.bom ? '\ufeff' : '') + this.format(names) + CRLF;
		// The rows from before the last column was needed have it empty.
		const tailed = this.hasUnplaced ? this.rowsBeforeUnplaced : 0;
		return await this.rows.toBuffer(head, ',', tailed, breather);
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
		const guarded = this.options.protectFormulas ? protectFormulas : markApostrophes;
		let row = '';
		for (let index = 0; index < cells.length; index++) {
			if (index > 0) row += ',';
			row += csvCell(guarded(cells[index]));
		}
		return row;
	}
}
