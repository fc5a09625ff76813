/** From a row of the file to the change it asks for, or to the reason why it can't be sent. Pure. */
import type { ParticipantId } from '../../../shared/advocate/participants';
import {
	changeOf,
	expectSegmentInputError,
	isNoChange,
	NO_CHANGE,
	SEGMENT_ACTIONS,
	SegmentInputError,
} from '../../../shared/segments/change';
import type { SegmentAction, SegmentChange } from '../../../shared/segments/change';
import { AS_KEYS, hasOperations, readSegmentsCell } from '../../../shared/segments/cell';
import type { CellReading } from '../../../shared/segments/cell';
import { resolvedChange } from '../../../shared/segments/names';
import { detailsOf } from './columns';
import type { ColumnMap } from './columns';
import { ownCopy } from '../file/csv';
import type { CsvRow } from '../file/csv';
import type { ActionChoice } from './voices';

/** What holds for all rows of a file. */
export interface PlanSettings {
	columns: ColumnMap;
	/** For all rows, or that each row says it. */
	action: ActionChoice;
	/** For rows without segments of their own. */
	segments: readonly string[];
	/** What a blank cell of a user field means, when user fields are sent. */
	blankCells: 'ignore' | 'clear';
	/** How names and keys in cells are understood; all are keys unless told. */
	reading?: CellReading;
}

/** What one row asks for. */
export interface PlannedRow extends ParticipantId {
	action: SegmentAction;
	change: SegmentChange;
	details?: Record<string, unknown>;
}

/** Longest ID that is taken for one. The API's limit is not documented; this keeps a broken row from being sent. */
const MAX_ID_LENGTH = 512;

/** Plans the rows of one file. */
export class RowPlanner {
	/** Of rows without segments of their own. All of them share one change. */
	private readonly commonChanges = new Map<SegmentAction, SegmentChange>();

	/** The segments cell that was read last, and what it means: neighbours often have the same. */
	private lastCell?: { cell: string; action: SegmentAction; change: SegmentChange };

	private readonly reading: CellReading;

	constructor(private readonly settings: PlanSettings) {
		this.reading = settings.reading ?? AS_KEYS;
	}

	/**
	 * Plan one row.
	 * @returns the plan, or why the row is invalid, as a sentence without a period
	 */
	plan(row: CsvRow): PlannedRow | { problem: string } {
		const { columns, blankCells } = this.settings;
		if (row.problem !== undefined) return { problem: `The row ${row.problem}` };

		const id = row.cells[columns.id].trim();
		if (id === '') return { problem: 'The participant ID is blank' };
		const accountCell = cellOf(row, columns.accountId);
		const accountId = accountCell === '' ? id : accountCell;
		const idProblem = checkId(id, 'participant ID') ?? checkId(accountId, 'account ID');
		if (idProblem !== undefined) return { problem: idProblem };

		const action = this.actionOf(row);
		if (typeof action !== 'string') return action;

		const change = this.changeOf(row, action);
		if (change instanceof SegmentInputError) return { problem: change.message };

		const planned: PlannedRow = { accountId, id, action, change };
		if (columns.details.length > 0) {
			const result = detailsOf(columns, row.cells, blankCells);
			if ('problem' in result) return result;
			if (Object.keys(result.details).length > 0) planned.details = result.details;
		}
		if (isNoChange(change) && planned.details === undefined) {
			return { problem: 'The row names no segment, and none was chosen for all rows' };
		}
		return planned;
	}

	/**
	 * When the file says it: what the action cell says. Where there is no action column, and in rows whose segments cell
	 * has `~` operations, the segments cell says it all, as with *add*. A blank action cell says nothing, and nothing is
	 * made up for it: cells merged over several rows, or forgotten, may have meant a removal. That holds however many of
	 * the cells are blank, so that a part of a file means what it meant in the whole.
	 */
	private actionOf(row: CsvRow): SegmentAction | { problem: string } {
		const { action, columns, segments } = this.settings;
		const cell = cellOf(row, columns.action);
		if (cell !== '') {
			const word = cell.toLowerCase();
			const known = SEGMENT_ACTIONS.find((name) => name === word);
			const names = SEGMENT_ACTIONS.join(', ');
			return known ?? { problem: `The action '${cell}' is not one of ${names}` };
		}
		if (action !== 'file') return action;
		const segmentsCell = cellOf(row, columns.segments);
		const isSettled =
			columns.action === undefined ||
			hasOperations(segmentsCell) ||
			// Nothing to act on.
			(segmentsCell === '' && segments.length === 0 && columns.details.length > 0);
		return isSettled
			? 'add'
			: { problem: `The action is blank; it must be one of ${SEGMENT_ACTIONS.join(', ')}` };
	}

	private changeOf(row: CsvRow, action: SegmentAction): SegmentChange | SegmentInputError {
		const cell = cellOf(row, this.settings.columns.segments);
		try {
			return cell === '' ? this.commonChange(action) : this.changeOfCell(cell, action);
		} catch (error) {
			return expectSegmentInputError(error);
		}
	}

	private changeOfCell(cell: string, action: SegmentAction): SegmentChange {
		const { lastCell } = this;
		if (lastCell?.cell === cell && lastCell.action === action) return lastCell.change;
		// As a text of its own: a cell is a view of the whole piece of the file that it was read from.
		const own = ownCopy(cell);
		const change = readSegmentsCell(own, action, this.reading);
		this.lastCell = { cell: own, action, change };
		return change;
	}

	private commonChange(action: SegmentAction): SegmentChange {
		let change = this.commonChanges.get(action);
		if (change === undefined) {
			change = this.changeOfChosen(action);
			this.commonChanges.set(action, change);
		}
		return change;
	}

	private changeOfChosen(action: SegmentAction): SegmentChange {
		const { segments } = this.settings;
		if (action === 'clear') return changeOf('clear', []);
		if (segments.length === 0) return NO_CHANGE;
		return resolvedChange(changeOf(action, segments), this.reading.keyOf);
	}
}

function cellOf(row: CsvRow, column: number | undefined): string {
	return column === undefined ? '' : row.cells[column].trim();
}

const CONTROL_CHARACTER = /\p{Cc}/u;

function checkId(id: string, name: string): string | undefined {
	if (id.length > MAX_ID_LENGTH) {
		return `The ${name} has ${id.length} characters (at most ${MAX_ID_LENGTH})`;
	}
	if (CONTROL_CHARACTER.test(id)) return `The ${name} contains a control character or a line break`;
	return undefined;
}
