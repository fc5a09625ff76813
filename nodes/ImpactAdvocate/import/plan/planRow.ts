/**
 * From a row of the file to the change it asks for, or to the reason why it can't be sent. Of a cell, what a program has
 * put there is no part of its text: the apostrophe in front of what could run as a formula, the word for no value. Pure.
 */
import {
	ACCEPT_UNUSUAL_IDS,
	checkId,
	cleanId,
	idCheckProblem,
} from '../../../shared/advocate/participantId';
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
import { joinSegmentCells, segmentCells } from './columns';
import { leftoverOf, NO_VALUE, SHEET_ERROR } from '../../../shared/leftovers';
import type { ColumnMap } from './columns';
import { detailsOf } from './details';
import { ownCopy } from '../file/csvFile';
import type { CsvRow } from '../table';
import { isExactFile } from '../report/undo';
import type { ActionChoice } from './voices';

/**
 * How programs write that there is no value: MySQL and SQL Server, PostgreSQL and MySQL's files, R, pandas, Python and
 * JSON, JavaScript, Spark, DBeaver, SPSS and others. Exactly as they write it: in other letters it may be somebody's name.
 */
const WORDS_FOR_NO_VALUE: ReadonlySet<string> = new Set([
	'NULL',
	'null',
	'\\N',
	'NA',
	'<NA>',
	'N/A',
	'n/a',
	'undefined',
	'NaT',
	'-nan',
	'1.#IND',
	'-1.#IND',
	'1.#QNAN',
	'#N/A N/A',
	'nan',
	'NaN',
	'None',
	'(null)',
	'(NULL)',
	'[NULL]',
	'[null]',
	'<null>',
	'<NULL>',
]);

/** With some blanks around it. */
const LONGEST = 12;

/** Whether a cell is a word for no value. */
export const isNoValue = (cell: string): boolean =>
	cell.length <= LONGEST && WORDS_FOR_NO_VALUE.has(cell.trim());

/** Whether a cell is what a spreadsheet shows for a formula that gives no value. */
const isSheetError = (cell: string): boolean => cell.length <= 16 && SHEET_ERROR.test(cell.trim());

/**
 * An apostrophe that programs put before a cell that a spreadsheet could run as a formula, or whose zeros it would drop:
 * in a spreadsheet it marks a text, and is no part of it.
 */
const GUARD = /^\s*'(?='*[=+\-@＝＋－＠\t\r]|\d+\s*$)/;

/** What of a row was not read as it stands; counted for the notes. */
interface CellReadings {
	/** Columns whose cell was a word for no value, and taken as blank. */
	noValue: Array<{ column: number; word: string }>;
	/** Columns whose cell lost a guard. */
	guarded: number[];
}

const newReadings = (): CellReadings => ({ noValue: [], guarded: [] });

/** The cell without a guard. */
function withoutGuard(cell: string, column: number, readings: CellReadings): string {
	if (!cell.includes("'") || !GUARD.test(cell)) return cell;
	readings.guarded.push(column);
	return cell.replace(GUARD, '');
}

/** What holds for all rows of a file. */
export interface PlanSettings {
	columns: ColumnMap;
	/** For all rows, or that each row says it. */
	action: ActionChoice;
	/** For rows without segments of their own. */
	segments: readonly string[];
	/** What a blank cell of a user field means, when user fields are sent. */
	blankCells: 'ignore' | 'clear';
	/** Whether IDs that look damaged are taken as they stand. */
	acceptUnusualIds: boolean;
	/** How names and keys in cells are understood; all are keys unless told. */
	reading?: CellReading;
	/** What the ID is called in messages, when it is not the participant ID. */
	idName?: string;
}

/** What one row asks for. */
export interface PlannedRow extends ParticipantId {
	action: SegmentAction;
	change: SegmentChange;
	details?: Record<string, unknown>;
	/** What of the row was not read as it stands; nothing when all was. */
	readings?: CellReadings;
}

/**
 * A row that can't be sent. Why, is read by people who have the file and nothing else: it says what is wrong and what to
 * change in the row, and names no setting of the node.
 */
export interface RefusedRow {
	/** As sentences, the last one without a period. */
	problem: string;
	/** The way out by a setting of the node, as a sentence of its own. */
	bySetting?: string;
	/** Whom it is about, where its IDs are not what is wrong. */
	participant?: ParticipantId;
}

/** Plans the rows of one file. */
export class RowPlanner {
	/** Of rows without segments of their own. All of them share one change. */
	private readonly commonChanges = new Map<SegmentAction, SegmentChange>();

	/** The segments cell that was read last, and what it means: neighbours often have the same. */
	private lastCell?: { cell: string; action: SegmentAction; change: SegmentChange };

	private readonly reading: CellReading;

	constructor(private readonly settings: PlanSettings) {
		this.isExact = isExactFile(settings.columns.header);
		this.reading = settings.reading ?? AS_KEYS;
	}

	private readings = newReadings();

	/** Its cells are as the API has them: the reader has taken our guards away, and what is left belongs to the text. */
	private readonly isExact: boolean;

	/** Plan one row. */
	plan(row: CsvRow): PlannedRow | RefusedRow {
		const { columns, idName = 'participant ID' } = this.settings;
		if (row.problem !== undefined) {
			const problem = `The ${columns.words.row} ${row.problem}`;
			return { problem, bySetting: row.bySetting };
		}
		if (this.readings.noValue.length + this.readings.guarded.length > 0) {
			this.readings = newReadings();
		}
		const check = cellOf(row, columns.idCheck);
		const id = this.idIn(row, columns.id, check);
		if (id === '') return { problem: `The ${idName} is blank` };
		const accountCell = this.accountIn(row, columns.accountId, check);
		const accountId = accountCell === '' ? id : accountCell;
		const participant = { accountId, id };
		// IDs that fit their check were looked at when the file was written.
		const isKnown = check !== '' || this.settings.acceptUnusualIds;
		const changed = idCheckProblem(participant, check);
		if (changed !== undefined) return { problem: changed };
		const damaged =
			this.damage(id, idName, isKnown) ?? this.damage(accountId, 'account ID', isKnown);
		if (damaged !== undefined) return damaged;
		const planned = this.planFor(participant, row);
		return 'problem' in planned ? { ...planned, participant } : planned;
	}

	private planFor({ accountId, id }: ParticipantId, row: CsvRow): PlannedRow | RefusedRow {
		const { columns, blankCells } = this.settings;
		const { readings } = this;
		const action = this.actionOf(row);
		if (typeof action !== 'string') return action;

		const change = this.changeOf(row, action);
		if (change instanceof SegmentInputError) return { problem: change.message };
		if ('problem' in change) return change;

		const planned: PlannedRow = { accountId, id, action, change };
		if (columns.details.length > 0) {
			const result = detailsOf(
				columns.details,
				blankCells,
				(column) => (column === columns.id ? id : this.textIn(row, column)),
				this.isExact,
			);
			if ('problem' in result) return result;
			if (Object.keys(result.details).length > 0) planned.details = result.details;
		}
		if (isNoChange(change) && planned.details === undefined) {
			const { row, table } = columns.words;
			const problem = `The ${row} names no segment, and none was chosen for all ${row}s`;
			return columns.segments === undefined
				? {
						problem,
						bySetting: `Choose one in 'Segment Names or IDs'; or, if the ${table} has a column of segments, enter its name in the option 'Columns'`,
					}
				: { problem };
		}
		if (readings.noValue.length + readings.guarded.length > 0) planned.readings = readings;
		return planned;
	}

	/** Why an ID can't be used; nothing when it can. */
	private damage(id: string, name: string, acceptUnusual: boolean): RefusedRow | undefined {
		const { row } = this.settings.columns.words;
		const damage = checkId(id, acceptUnusual);
		return (
			damage && {
				problem: `The ${name} ${damage.problem}. Correct it in the ${row}`,
				bySetting: damage.bySetting,
			}
		);
	}

	private idIn(row: CsvRow, column: number, check: string): string {
		const { acceptUnusualIds } = this.settings;
		const cell = row.cells[column];
		// Blanks around it belong to it.
		if (this.isExact && check !== '') return cell;
		return cleanId(acceptUnusualIds ? cell : this.withoutGuard(cell, column), acceptUnusualIds);
	}

	/** A word for no value means that there is none: the account is then that of the participant. */
	private accountIn(row: CsvRow, column: number | undefined, check: string): string {
		if (column === undefined) return '';
		const isExact = this.isExact && check !== '';
		if (isExact || column === this.settings.columns.id || this.settings.acceptUnusualIds) {
			return this.idIn(row, column, check);
		}
		// A look-up that a spreadsheet made in vain is no reason to take another account.
		const isError = isSheetError(row.cells[column]);
		return isError ? this.idIn(row, column, check) : cleanId(this.textIn(row, column), false);
	}

	/** The text of a cell that may be blank. */
	private textIn(row: CsvRow, column: number): string {
		const cell = row.cells[column] ?? '';
		if (this.isExact || (!isNoValue(cell) && !isSheetError(cell)))
			return this.withoutGuard(cell, column);
		this.readings.noValue.push({ column, word: cell.trim() });
		return '';
	}

	private withoutGuard(cell: string, column: number): string {
		return this.isExact ? cell : withoutGuard(cell, column, this.readings);
	}

	/** What the row's cells say about segments, as one cell; or why it can't be taken. */
	private segmentsIn(row: CsvRow): string | RefusedRow {
		const { columns, acceptUnusualIds } = this.settings;
		const column = columns.segments;
		if (column === undefined) return '';
		const cells = segmentCells(columns, row.cells);
		const noValue =
			acceptUnusualIds || this.isExact
				? undefined
				: cells.find((cell) => isNoValue(cell) || leftoverOf(cell.trim()) !== undefined);
		if (noValue !== undefined) {
			return {
				problem: `The segments cell is '${noValue.trim()}', ${leftoverOf(noValue.trim()) ?? NO_VALUE}. Empty it`,
				bySetting: `If a segment is really called that, turn on '${ACCEPT_UNUSUAL_IDS}'`,
			};
		}
		return joinSegmentCells(
			acceptUnusualIds ? cells : cells.map((cell) => this.withoutGuard(cell, column)),
		);
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
		const segmentsCell = joinSegmentCells(segmentCells(columns, row.cells));
		const isSettled =
			columns.action === undefined ||
			hasOperations(segmentsCell) ||
			// Nothing to act on.
			(segmentsCell === '' && segments.length === 0 && columns.details.length > 0);
		return isSettled
			? 'add'
			: { problem: `The action is blank; it must be one of ${SEGMENT_ACTIONS.join(', ')}` };
	}

	private changeOf(
		row: CsvRow,
		action: SegmentAction,
	): SegmentChange | SegmentInputError | RefusedRow {
		const cell = this.segmentsIn(row);
		if (typeof cell !== 'string') return cell;
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
