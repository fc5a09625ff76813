/** Keeps account of every row: counts, the rejects file, and the rows that failed. */
import { hintWithOptions } from '../../../shared/advocate/client/errorTexts';
import type { AdvocateError } from '../../../shared/advocate/client/error';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { ownCopy } from '../file/csvFile';
import type { CsvRow } from '../file/rowShape';
import { RejectsCsv } from './rejects';

/**
 * How a row ended.
 * - `unchanged`: the participant was as asked already; only known where it was read before
 * - `invalid`: refused by us, never sent
 * - `rejected`: refused by the API, or not applied by it
 * - `skipped`: left out on purpose (participant does not exist, or another row of it counts)
 * - `notSent`: the run ended before it
 * - `unconfirmed`: handed over to an import job whose result is not known (yet)
 */
export type RowStatus =
	| 'succeeded'
	| 'unchanged'
	| 'planned'
	| 'invalid'
	| 'rejected'
	| 'skipped'
	| 'notSent'
	| 'unconfirmed';

/** One row and how it ended. */
export interface RowOutcome {
	rowNumber: number;
	/** As it stands in the file, where it could not be used. */
	id?: string;
	/** Only together with an ID, and where both could be used. */
	accountId?: string;
	status: RowStatus;
	/** The segments after the change. */
	segments?: string[];
	/** Why it ended like this; nothing for success. */
	message?: string;
	/** How to get unstuck. */
	hint?: string;
	apiErrorCode?: string;
	statusCode?: number;
	/** As they stand in the file, by column. */
	cells?: Record<string, string>;
}

/** Which rows are kept to become output items. */
export type RowsToKeep = 'none' | 'failed' | 'all';

/** When to end a run because of failed rows. */
export type StopRule =
	| { when: 'never' }
	| { when: 'firstFailure' }
	| { when: 'failures'; more: number }
	| { when: 'percent'; more: number };

/** What of an import's settings the report needs. */
export interface ReportSettings {
	rowsToKeep: RowsToKeep;
	/** Whether rows that are kept keep their cells, when they have to be imported again. */
	keepCells: boolean;
	stopRule: StopRule;
	protectFormulas: boolean;
}

/** Rows that must have been read before a share of failed ones says anything. */
const MIN_ROWS_FOR_PERCENT = 100;

/** Failures listed in the summary itself. */
const FIRST_FAILURES = 10;

/** A failed row, as the summary lists it. */
export type RowFailure = Pick<RowOutcome, 'rowNumber' | 'id' | 'accountId' | 'status' | 'message'>;

export class ImportReport {
	readonly counts: Record<RowStatus, number> = {
		succeeded: 0,
		unchanged: 0,
		planned: 0,
		invalid: 0,
		rejected: 0,
		skipped: 0,
		notSent: 0,
		unconfirmed: 0,
	};

	/** Rows that failed: the first `FIRST_FAILURES` of the file, in its order. */
	readonly firstFailures: RowFailure[] = [];

	/** Rows looked at so far, also those whose result is still open. */
	rowsTaken = 0;

	readonly rejects: RejectsCsv;

	private readonly keptRows: RowOutcome[] = [];

	constructor(
		private readonly header: readonly string[],
		private readonly settings: ReportSettings,
	) {
		this.rejects = new RejectsCsv(header, settings.protectFormulas);
	}

	/** Note how a row ended. */
	add(row: CsvRow, outcome: Omit<RowOutcome, 'rowNumber'>): void {
		const { status, message = '' } = outcome;
		this.counts[status]++;
		const failed = isFailedStatus(status);
		const isUnfinished = isToImportAgain(outcome);
		if (isUnfinished) {
			this.rejects.add(
				{
					rowNumber: row.rowNumber,
					message: withHint(message, outcome.hint),
					apiErrorCode: outcome.apiErrorCode,
					statusCode: outcome.statusCode,
				},
				row.cells,
				participantOf(outcome),
			);
		}
		const { rowsToKeep, keepCells } = this.settings;
		const isKept = rowsToKeep === 'all' || (rowsToKeep === 'failed' && isUnfinished);
		if (!isKept && !(failed && this.isAmongFirst(row.rowNumber))) return;
		// As texts of their own: an ID may be a view of the whole piece of the file that it was read from.
		const ended: RowOutcome = { rowNumber: row.rowNumber, ...outcome };
		if (outcome.id !== undefined) ended.id = ownCopy(outcome.id);
		if (outcome.accountId !== undefined) ended.accountId = ownCopy(outcome.accountId);
		if (isKept && keepCells && isUnfinished) ended.cells = this.cellsOf(row);
		if (isKept) this.keptRows.push(ended);
		if (failed) this.noteFailure(ended);
	}

	private isAmongFirst(rowNumber: number): boolean {
		const last = this.firstFailures.at(FIRST_FAILURES - 1);
		return last === undefined || rowNumber < last.rowNumber;
	}

	/** By the header; a cell without one by its place. Of columns with the same name, each has its place too. */
	private cellsOf({ cells }: CsvRow): Record<string, string> {
		const { header } = this;
		const named = cells.map((cell, index): [string, string] => {
			const name = header.at(index) ?? '';
			const isPlain = name !== '' && header.indexOf(name) === index;
			return [ownCopy(isPlain ? name : `${name} (column ${index + 1})`.trim()), ownCopy(cell)];
		});
		return Object.fromEntries(named);
	}

	/** Rows end in any order: keep the first ones of the file. */
	private noteFailure({ rowNumber, id, accountId, status, message }: RowOutcome): void {
		if (!this.isAmongFirst(rowNumber)) return;
		const { firstFailures } = this;
		firstFailures.push({ rowNumber, id, accountId, status, message });
		firstFailures.sort((a, b) => a.rowNumber - b.rowNumber);
		firstFailures.length = Math.min(firstFailures.length, FIRST_FAILURES);
	}

	/** Rows kept for the output, in the order of the file. */
	rowsInOrder(): RowOutcome[] {
		return [...this.keptRows].sort((a, b) => a.rowNumber - b.rowNumber);
	}

	/** Rows that have ended. */
	get rows(): number {
		return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
	}

	/** Rows that failed for good. */
	get failed(): number {
		return this.counts.invalid + this.counts.rejected;
	}

	/** Why the run should end now, by the user's rule. */
	stopReason(): string | undefined {
		const { failed } = this;
		const { stopRule } = this.settings;
		if (failed === 0) return undefined;
		switch (stopRule.when) {
			case 'never':
				return undefined;
			case 'firstFailure':
				return "A row failed, and 'Stop On' is set to 'First Failed Row'";
			case 'failures':
				return failed > stopRule.more
					? `More than ${stopRule.more} rows failed, as set in 'Stop On'`
					: undefined;
			case 'percent': {
				// Not of the rows that have ended: those that can't be sent end long before the others around them.
				const rows = Math.max(this.rowsTaken, this.rows);
				return rows >= MIN_ROWS_FOR_PERCENT && failed * 100 > stopRule.more * rows
					? `More than ${stopRule.more}% of the rows failed, as set in 'Stop On'`
					: undefined;
			}
		}
	}
}

/**
 * Whether a row is one to look at and to import again. Adding a participant again changes nothing, so that also holds
 * for a row whose job is in doubt; one whose job simply has not ended yet has no hint.
 */
export function isToImportAgain({ status, hint }: Pick<RowOutcome, 'status' | 'hint'>): boolean {
	if (isFailedStatus(status) || status === 'notSent') return true;
	return status === 'unconfirmed' && hint !== undefined;
}

/** Whom a row is about; nothing where its IDs could not be used. */
function participantOf({ id, accountId }: Partial<ParticipantId>): ParticipantId | undefined {
	return id === undefined || accountId === undefined ? undefined : { id, accountId };
}

/** Whether a row with this status counts as failed. */
function isFailedStatus(status: RowStatus): boolean {
	return status === 'invalid' || status === 'rejected';
}

/** The failure of a row, from the error of the API client. */
export function failureOf(
	error: AdvocateError,
): Pick<RowOutcome, 'status' | 'message' | 'hint' | 'apiErrorCode' | 'statusCode'> {
	return {
		status: 'rejected',
		message: error.message,
		hint: hintWithOptions(error),
		apiErrorCode: error.apiErrorCode ?? error.rsCode,
		statusCode: error.statusCode,
	};
}

/** Reason and way out as two sentences; the API's texts end with a period, ours do not. */
function withHint(message: string, hint: string | undefined): string {
	return hint === undefined ? message : `${message.replace(/\.+$/, '')}. ${hint}`;
}
