/**
 * A file whose import takes an import back: the inverse of each change, latest change first. Who only leaves segments
 * has the action `remove`, so that a participant who does not exist (any more, or after all) is not created for it.
 *
 * Its column `undoesRows` has the rows of the imported file that a row takes back. It also marks the file as ours: the
 * reader takes the apostrophes before formulas away again (see `formulas.ts`). The last column is the check of the IDs:
 * see `idCheckOf`.
 */
import type { ParticipantId } from '../../../shared/advocate/participants';
import { inverseChange, isNoChange, toOperations } from '../../../shared/segments/change';
import { CELL_SEPARATOR, mayHoldSeveral } from '../../../shared/segments/cell';
import { checkSegmentKey } from '../../../shared/segments/key';
import type { CsvDelimiter } from '../file/csvFormat';
import { BYTE_ORDER_MARK, CRLF, csvLine } from '../file/csvFormat';
import { markApostrophes, protectFormulas } from './formulas';
import { ID_CHECK_COLUMN, idCheckOf } from '../../../shared/advocate/participantId';
import { LineStore } from './lineStore';
import { hasReportColumns } from './rejects';

/** The rows that a row takes back, as a spreadsheet counts in the imported file. */
export const UNDONE_COLUMN = 'undoesRows';

const COLUMNS = ['accountId', 'id', 'segments', 'action', UNDONE_COLUMN];

/** Whether a header is that of an undo file, or of the rejects file of its import. */
export function hasUndoColumns(header: readonly string[]): boolean {
	return COLUMNS.every((name) => header.includes(name));
}

/**
 * Whether a header is that of a file of ours whose cells say what the API has, and nothing that people or other programs
 * wrote: an undo file, or an export.
 */
export function isExactFile(header: readonly string[]): boolean {
	return hasUndoColumns(header) || (header.includes(ID_CHECK_COLUMN) && !hasReportColumns(header));
}

/** Segments in the API may have keys that no cell of ours can name. */
export const isWritable = (key: string): boolean =>
	!mayHoldSeveral(key) && checkSegmentKey(key) === undefined;

export class UndoFile {
	/** Changes in the file. */
	count = 0;

	/** Changes with a segment whose key can't be written into a cell, and so is left out. */
	unwritable = 0;

	private readonly lines = new LineStore();

	private readonly guarded: (cell: string) => string;

	/**
	 * @param protects whether an apostrophe goes before what a spreadsheet would run as a formula
	 * @param delimiter that of the imported file
	 */
	constructor(
		protects: boolean,
		private readonly delimiter: CsvDelimiter = ',',
	) {
		this.guarded = protects ? protectFormulas : markApostrophes;
	}

	/**
	 * Note a change that was applied.
	 * @param rows the rows of the imported file that asked for it
	 */
	add(
		participant: ParticipantId,
		before: readonly string[],
		after: readonly string[],
		rows: readonly number[],
	): void {
		const { add, remove } = inverseChange(before, after);
		const inverse = {
			clear: false,
			add: add.filter(isWritable),
			remove: remove.filter(isWritable),
		};
		if (inverse.add.length + inverse.remove.length < add.length + remove.length) this.unwritable++;
		if (isNoChange(inverse)) return;
		const onlyRemoves = inverse.add.length === 0;
		const keys = onlyRemoves ? inverse.remove : toOperations(inverse);
		const { accountId, id } = participant;
		const action = onlyRemoves ? 'remove' : 'add';
		const cells = [
			accountId,
			id,
			keys.join(CELL_SEPARATOR),
			action,
			rows.join(' '),
			idCheckOf(participant),
		];
		this.lines.add(rows[0], csvLine(cells.map(this.guarded), this.delimiter) + CRLF);
		this.count++;
	}

	/**
	 * The whole file. A participant's changes must be taken back from the last to the first; that is not the order in
	 * which they were noted when one of them was in doubt until the end.
	 */
	toBuffer(): Buffer {
		const latestFirst = this.lines.inOrder().reverse();
		const header = csvLine([...COLUMNS, ID_CHECK_COLUMN], this.delimiter);
		return Buffer.concat([
			Buffer.from(BYTE_ORDER_MARK + header + CRLF, 'utf8'),
			...latestFirst.map((index) => this.lines.line(index)),
		]);
	}
}
