/** Chooses between sending row by row and the vendor's import job. Pure. */
import { countText, withoutPeriod } from '../../../shared/inputValue';
import type { AdvocateError } from '../../../shared/advocate/client/error';
import type { ColumnMap } from '../plan/columns';
import { UNSETTLED_FIELDS } from './files';
import type { Survey } from '../plan/survey';

export type EngineChoice = 'auto' | 'rows' | 'job';

/**
 * Above this many rows, Automatic uses an import job. The vendor says that a job may take up to 30 minutes, whatever
 * its size; row by row, 2 requests of 100 participants at a time need about two minutes for this many rows.
 */
export const JOB_THRESHOLD_ROWS = 100_000;

const THRESHOLD = countText(JOB_THRESHOLD_ROWS);

const CHOSEN = "Set as 'Engine' in the option 'Import Job'";

/** What the choice depends on, besides the file. */
export interface EngineConditions {
	engine: EngineChoice;
	ifMissing: 'byAction' | 'create' | 'skip' | 'error';
	blankCells: 'ignore' | 'clear';
	duplicates: 'merge' | 'last' | 'first' | 'error';
	undo: boolean;
	stopsOnFailures: boolean;
	/** Whether it is not known what the segments are. */
	takesTextsAsKeys: boolean;
}

/** Why a file can't go through an import job, as a sentence without a period; nothing when it can. */
function objectionToJob(
	conditions: EngineConditions,
	columns: ColumnMap,
	survey: Survey,
): string | undefined {
	if (survey.plannedRows > 0 && survey.commonSegments === undefined) {
		return 'a job can only add all rows to the same segments';
	}
	if (conditions.takesTextsAsKeys) {
		return "it is not known how a job takes a segment that does not exist, and the segments can't be looked up";
	}
	if (conditions.ifMissing === 'skip' || conditions.ifMissing === 'error') {
		return 'a job always creates participants that do not exist';
	}
	if (conditions.undo)
		return 'an undo file needs the segments of each participant before the change';
	if (conditions.stopsOnFailures) return "a job can't be stopped after some failed rows";
	if (columns.detailsFor === 'new') {
		return "a job would overwrite the details of participants that exist (set 'Participant Details' to 'Always' or 'Never')";
	}
	if (columns.details.length > 0) {
		if (conditions.blankCells === 'clear') return "a job can't clear details";
		if (conditions.duplicates === 'merge') {
			return "with details, the order of several rows of one participant must be kept, which jobs are not known to do (set 'Duplicate Participants' in the option 'Rows' to use the first or last row)";
		}
		if (columns.details.some(({ field }) => UNSETTLED_FIELDS.includes(field))) {
			return 'it is not known what a job calls the column of share links';
		}
	}
	return undefined;
}

/**
 * The engine to use, and why.
 * @returns `refusal` instead, when a job was asked for that can't do it
 */
export function chooseEngine(
	conditions: EngineConditions,
	columns: ColumnMap,
	survey: Survey,
): { engine: 'rows' | 'job'; reason: string } | { refusal: string } {
	if (conditions.engine === 'rows') return { engine: 'rows', reason: CHOSEN };
	const objection = objectionToJob(conditions, columns, survey);
	if (conditions.engine === 'job') {
		return objection === undefined ? { engine: 'job', reason: CHOSEN } : { refusal: objection };
	}
	if (objection !== undefined) {
		return { engine: 'rows', reason: `An import job can't do this: ${objection}` };
	}
	const { table, row } = columns.words;
	const whole = survey.rowsLeft > 0 ? 'run' : table;
	return survey.plannedRows > JOB_THRESHOLD_ROWS
		? {
				engine: 'job',
				reason: `The ${whole} has more than ${THRESHOLD} ${row}s for the same segments`,
			}
		: { engine: 'rows', reason: `The ${whole} has at most ${THRESHOLD} ${row}s` };
}

/** Why rows are sent although a job was chosen, when the API does not offer jobs. */
export function reasonWithoutJobs({ message, statusCode }: AdvocateError): string {
	const status = statusCode === undefined ? '' : `status ${statusCode}: `;
	return `Import jobs can't be used with this key or tenant (${status}${withoutPeriod(message)})`;
}
