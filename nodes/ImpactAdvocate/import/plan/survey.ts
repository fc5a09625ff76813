/** A look through the whole file ahead of the import, for decisions that depend on rows further down. */
import { participantKey } from '../../../shared/advocate/participants';
import { finder } from '../../../shared/segments/change';
import type { Table, CsvRow } from '../table';
import { ParticipantIndex } from './participantIndex';
import type { PlannedRow, RowPlanner } from './planRow';

/** Noted for participants that have several rows, when such rows are refused. */
export const REPEATED = 0xfffffffe;

export type RepeatRule = 'firstRow' | 'lastRow' | 'refuse' | 'none';

export interface Survey {
	/** Rows of the run: from the start on, as many as it takes. */
	rows: number;
	/** Rows behind those of the run. */
	rowsLeft: number;
	/** The number of the run's last row; nothing when it has none. */
	lastRow?: number;
	/** Rows of the run that can be sent. */
	plannedRows: number;
	/** Whether a row from the start on can be sent, in this run or later. */
	hasPlannedRows: boolean;
	/** The segments all rows of the run are added to; nothing when rows differ, or something else than an addition is asked. */
	commonSegments?: readonly string[];
	/** By participant: the last row (`lastRow`), or `REPEATED` (`refuse`). */
	repeats?: ParticipantIndex;
}

/** Looks at the rows as the survey passes them, and may refuse the file by throwing. */
export interface Inspector {
	/** Every row of the list, also those before the start. */
	row(row: CsvRow): void;
	/**
	 * What a row asks for that is to be sent.
	 * @param isLeft whether to be sent by a later run
	 */
	planned(planned: PlannedRow, row: CsvRow, isLeft: boolean): void;
}

/** The rows that a run takes. */
export interface RowRange {
	startAtRow: number;
	/** Rows from there on; Infinity for all of them. */
	maxRows: number;
}

/**
 * Read and plan every row once; nothing is reported.
 * @param range other rows are left out, but a participant's rows are repeats all the same
 * @param repeatRule what to note about participants with several rows; `firstRow` notes nothing, but plans the rows before
 * the start as well, which decide who comes first
 * @throws what the inspector throws
 */
export async function surveyFile(
	table: Pick<Table, 'rows'>,
	planner: RowPlanner,
	{ startAtRow, maxRows }: RowRange,
	repeatRule: RepeatRule,
	inspector?: Inspector,
): Promise<Survey> {
	const repeats =
		repeatRule === 'lastRow' || repeatRule === 'refuse' ? new ParticipantIndex(true) : undefined;
	let rowsOfRun = 0;
	let rowsLeft = 0;
	let lastRow: number | undefined;
	let plannedRows = 0;
	let hasPlannedRows = false;
	const common = new CommonSegments();
	for await (const rows of table.rows()) {
		for (const row of rows) {
			inspector?.row(row);
			const isBefore = row.rowNumber < startAtRow;
			const isLeft = !isBefore && rowsOfRun >= maxRows;
			if (isLeft) rowsLeft++;
			else if (!isBefore) {
				rowsOfRun++;
				lastRow = row.rowNumber;
			}
			if (isBefore && repeatRule === 'none') continue;
			const planned = planner.plan(row);
			if ('problem' in planned) continue;
			if (!isBefore) {
				hasPlannedRows = true;
				inspector?.planned(planned, row, isLeft);
			}
			if (!isBefore && !isLeft) {
				plannedRows++;
				common.hear(planned);
			}
			if (repeats !== undefined) noteRepeat(repeats, planned, row, repeatRule);
		}
	}
	return {
		rows: rowsOfRun,
		rowsLeft,
		lastRow,
		plannedRows,
		hasPlannedRows,
		commonSegments: common.segments,
		repeats,
	};
}

function noteRepeat(
	repeats: ParticipantIndex,
	planned: PlannedRow,
	{ rowNumber }: CsvRow,
	rule: RepeatRule,
): void {
	const key = participantKey(planned);
	const earlier = repeats.set(key, rowNumber);
	if (rule === 'refuse' && earlier !== undefined) repeats.set(key, REPEATED);
}

/** Whether all rows are added to the same segments, and to which. */
class CommonSegments {
	private common?: readonly string[];

	private isCommon = finder([]);

	private isUniform = true;

	hear({ change: { clear, add, remove } }: PlannedRow): void {
		if (!this.isUniform) return;
		if (this.common === undefined) {
			this.common = add;
			this.isCommon = finder(add);
		}
		const { common } = this;
		// Rows usually share one list, so comparing it with itself must cost nothing.
		const isSame =
			add === common || (add.length === common.length && add.every((key) => this.isCommon(key)));
		this.isUniform = !clear && remove.length === 0 && isSame;
	}

	/** Nothing when rows differ, or ask for something else than an addition. */
	get segments(): readonly string[] | undefined {
		const { common, isUniform } = this;
		return isUniform && common !== undefined && common.length > 0 ? common : undefined;
	}
}
