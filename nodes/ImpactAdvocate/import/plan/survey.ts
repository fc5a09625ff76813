/** A look through the whole file ahead of the import, for decisions that depend on rows further down. */
import { participantKey } from '../../../shared/advocate/participants';
import { finder } from '../../../shared/segments/change';
import type { CsvFile } from '../file/csvFile';
import type { CsvRow } from '../file/rowShape';
import { ParticipantIndex } from './participantIndex';
import type { PlannedRow, RowPlanner } from './planRow';

/** Noted for participants that have several rows, when such rows are refused. */
export const REPEATED = 0xfffffffe;

export type RepeatRule = 'firstRow' | 'lastRow' | 'refuse' | 'none';

export interface Survey {
	/** All rows from the start on. */
	rows: number;
	/** Rows that can be sent. */
	plannedRows: number;
	/** The segments all rows are added to; nothing when rows differ, or something else than an addition is asked. */
	commonSegments?: readonly string[];
	/** By participant: the last row (`lastRow`), or `REPEATED` (`refuse`). */
	repeats?: ParticipantIndex;
}

/** Looks at the rows as the survey passes them, and may refuse the file by throwing. */
export interface Inspector {
	/** Every row of the file, also those before the start. */
	row(row: CsvRow): void;
	/** What a row asks for that is to be sent. */
	planned(planned: PlannedRow, row: CsvRow): void;
}

/**
 * Read and plan every row once; nothing is reported.
 * @param startAtRow rows before it are left out, but a participant's rows are repeats all the same
 * @param repeatRule what to note about participants with several rows; `firstRow` notes nothing, but plans the rows before
 * the start as well, which decide who comes first
 * @throws what the inspector throws
 */
export async function surveyFile(
	file: CsvFile,
	planner: RowPlanner,
	startAtRow: number,
	repeatRule: RepeatRule,
	inspector?: Inspector,
): Promise<Survey> {
	const repeats =
		repeatRule === 'lastRow' || repeatRule === 'refuse' ? new ParticipantIndex(true) : undefined;
	let rowsFromStart = 0;
	let plannedRows = 0;
	let common: readonly string[] | undefined;
	let isCommon = finder([]);
	let isUniform = true;
	for await (const rows of file.rows()) {
		for (const row of rows) {
			inspector?.row(row);
			const isBefore = row.rowNumber < startAtRow;
			if (!isBefore) rowsFromStart++;
			if (isBefore && repeatRule === 'none') continue;
			const planned = planner.plan(row);
			if ('problem' in planned) continue;
			if (!isBefore) {
				plannedRows++;
				inspector?.planned(planned, row);
			}
			if (isUniform && !isBefore) {
				const { clear, add, remove } = planned.change;
				if (common === undefined) {
					common = add;
					isCommon = finder(add);
				}
				// Rows usually share one list, so comparing it with itself must cost nothing.
				const isSame = add === common || (add.length === common.length && add.every(isCommon));
				isUniform = !clear && remove.length === 0 && isSame;
			}
			if (repeats === undefined) continue;
			const key = participantKey(planned);
			const earlier = repeats.set(key, row.rowNumber);
			if (repeatRule === 'refuse' && earlier !== undefined) repeats.set(key, REPEATED);
		}
	}
	const commonSegments =
		isUniform && common !== undefined && common.length > 0 ? common : undefined;
	return { rows: rowsFromStart, plannedRows, commonSegments, repeats };
}
