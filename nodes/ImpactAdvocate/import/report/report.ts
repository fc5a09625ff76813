/** Keeps account of every row: counts, the rejects file, and the rows that failed. */
import { participantKey } from '../../../shared/advocate/participants';
import { inSentences, waysBySetting } from '../../../shared/advocate/client/errorTexts';
import type { AdvocateError } from '../../../shared/advocate/client/error';
import type { CsvDelimiter } from '../file/csvFormat';
import { ownCopy } from '../file/csvFile';
import type { CsvRow } from '../table';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { RejectsCsv, RowOrder } from './rejects';
import type { Overtaken } from './rejects';

/**
 * How a row ended.
 * - `unchanged`: the participant was as asked already; only known where it was read before
 * - `invalid`: refused by us, never sent
 * - `rejected`: refused by the API, or not applied by it
 * - `skipped`: left out on purpose (participant does not exist, or another row of it counts)
 * - `notSent`: the run ended before it
 * - `unconfirmed`: sent, or handed over to an import job, with a result that is not known (yet)
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
	/** How to get unstuck by what is in the row, or in Advocate. */
	hint?: string;
	/**
	 * How to get unstuck by settings of the node. n8n shows it behind the hint; the rejects file does not have it, as
	 * whoever corrects that one may never see the node.
	 */
	bySetting?: string;
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

/**
 * Failed rows that come out as items. An import that ends early can have a file full of them, for which n8n has no memory;
 * all are in the rejects file.
 */
const MAX_FAILED_ITEMS = 10_000;

/** Different reasons to skip rows that are kept. */
const MAX_SKIP_REASONS = 5;

/** A failed row, as the summary lists it. */
export type RowFailure = Pick<
	RowOutcome,
	'rowNumber' | 'id' | 'accountId' | 'status' | 'message' | 'hint' | 'bySetting'
>;

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

	/** Why rows were skipped: how many, and the first of them. The reasons are few, and name no participant. */
	readonly skips = new Map<string, { count: number; first: number }>();

	/** Rows looked at so far, also those whose result is still open. */
	rowsTaken = 0;

	readonly rejects: RejectsCsv;

	/** Rows that were applied and are in the rejects file all the same, to be applied again behind others. */
	rowsAgain = 0;

	/** Rows whose result is not known, and that somebody has to look at. */
	inDoubt = 0;

	/** Rows that were in doubt when they were through; the end of the run may settle them. */
	private doubted = 0;

	private readonly order?: RowOrder;

	private readonly keptRows: RowOutcome[] = [];

	/** Failed rows that come out in the rejects file only, since there are too many. */
	failedWithoutItem = 0;

	/** Kept rows by their lines in the rejects file. */
	private readonly keptByLine = new Map<number, RowOutcome>();

	/**
	 * @param keepsOrder whether rows of one participant may ask for different things, so that their order counts
	 * @param delimiter that of the imported file
	 */
	constructor(
		private readonly header: readonly string[],
		private readonly settings: ReportSettings,
		keepsOrder: boolean,
		delimiter?: CsvDelimiter,
	) {
		this.rejects = new RejectsCsv(header, settings.protectFormulas, delimiter);
		if (keepsOrder) this.order = new RowOrder();
	}

	/** Rows of a participant are through, and nobody knows whether they were applied. How they end is added later. */
	doubt(participant: ParticipantId, rows: readonly CsvRow[]): void {
		this.doubted += rows.length;
		this.order?.doubt(ownCopy(participantKey(participant)), rows[0].rowNumber);
	}

	/** Note how a row ended. */
	add(row: CsvRow, outcome: Omit<RowOutcome, 'rowNumber'>): void {
		const { status } = outcome;
		this.counts[status]++;
		if (status === 'skipped') this.noteSkip(row, outcome.message ?? '');
		const failed = isFailedStatus(status);
		const isUnfinished = isToImportAgain(outcome);
		if (isUnfinished && status === 'unconfirmed') this.inDoubt++;
		const rejected = isUnfinished ? this.reject(row, outcome) : undefined;
		if (!isUnfinished) this.repeatIfOvertaking(row, outcome);
		const { keepCells } = this.settings;
		const isKept = this.keeps(isUnfinished);
		if (!isKept && !(failed && this.isAmongFirst(row.rowNumber))) return;
		// As texts of their own: an ID may be a view of the whole piece of the file that it was read from.
		const ended: RowOutcome = { rowNumber: row.rowNumber, ...outcome };
		if (outcome.id !== undefined) ended.id = ownCopy(outcome.id);
		if (outcome.accountId !== undefined) ended.accountId = ownCopy(outcome.accountId);
		if (isKept && keepCells && isUnfinished) ended.cells = this.cellsOf(row);
		if (isKept) this.keptRows.push(ended);
		if (isKept && rejected !== undefined && this.order !== undefined) {
			ended.message = `${ended.message ?? ''}${rejected.addition}`;
			this.keptByLine.set(rejected.line, ended);
		}
		if (failed) this.noteFailure(ended);
	}

	/** Whether a row comes out as an item. */
	private keeps(isUnfinished: boolean): boolean {
		const { rowsToKeep } = this.settings;
		if (rowsToKeep === 'all') return true;
		if (rowsToKeep !== 'failed' || !isUnfinished) return false;
		const hasRoom = this.keptRows.length < MAX_FAILED_ITEMS;
		if (!hasRoom) this.failedWithoutItem++;
		return hasRoom;
	}

	private noteSkip({ rowNumber }: CsvRow, reason: string): void {
		const known = this.skips.get(reason);
		if (known === undefined) {
			if (this.skips.size < MAX_SKIP_REASONS)
				this.skips.set(reason, { count: 1, first: rowNumber });
		} else {
			known.count++;
			known.first = Math.min(known.first, rowNumber);
		}
	}

	/** Every row has ended: what is in the rejects file only in case it is needed goes out again. */
	close(): void {
		for (const line of this.order?.superfluous() ?? []) {
			this.rejects.drop(line);
			this.rowsAgain--;
		}
	}

	/** @returns the line in the rejects file, and what it says besides */
	private reject(
		row: CsvRow,
		outcome: Omit<RowOutcome, 'rowNumber'>,
	): { line: number; addition: string } {
		const { message = '', hint, status, apiErrorCode, statusCode } = outcome;
		const { rowNumber } = row;
		// What kept a row from being sent is no matter of the row.
		const wayOut = status === 'notSent' ? 'Nothing is wrong with this row: import it again' : hint;
		const key = keyOf(outcome);
		const line = this.rejects.add(
			{ rowNumber, message: inSentences(message, wayOut), apiErrorCode, statusCode },
			row.cells,
			participantOf(outcome),
			row.unplaced,
		);
		const later = key === undefined ? undefined : this.order?.failed(key, line, rowNumber);
		const addition = later === undefined ? '' : changedBy(later);
		if (later !== undefined) this.rejects.addToMessage(line, addition);
		return { line, addition };
	}

	/** A row that came after one of its participant that failed has to come after it again. */
	private repeatIfOvertaking(row: CsvRow, outcome: Omit<RowOutcome, 'rowNumber'>): void {
		const { order, rejects } = this;
		const key = order === undefined ? undefined : keyOf(outcome);
		if (order === undefined || key === undefined) return;
		const overtaken = order.applied(key, row.rowNumber);
		if (overtaken === undefined) return;
		this.rowsAgain++;
		const { rowNumber, cells } = row;
		const message = comesAgain(outcome.status, overtaken);
		const line = rejects.add({ rowNumber, message }, cells, participantOf(outcome));
		order.comesAgain(key, line, rowNumber);
		for (const line of overtaken.lines) {
			rejects.addToMessage(line, changedBy(rowNumber));
			const kept = this.keptByLine.get(line);
			if (kept !== undefined) kept.message = `${kept.message ?? ''}${changedBy(rowNumber)}`;
		}
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
	private noteFailure(row: RowOutcome): void {
		const { rowNumber, id, accountId, status, message, hint, bySetting } = row;
		if (!this.isAmongFirst(rowNumber)) return;
		const { firstFailures } = this;
		firstFailures.push({ rowNumber, id, accountId, status, message, hint, bySetting });
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

	/** Whether rows failed of participants about whom other rows may ask for something else. */
	get hasOpenParticipants(): boolean {
		return this.order?.hasFailed === true;
	}

	/** Rows that failed for good. */
	get failed(): number {
		return this.counts.invalid + this.counts.rejected;
	}

	/** Why the run should end now, by the user's rule. A row in doubt counts as one that failed. */
	stopReason(): string | undefined {
		const failed = this.failed + this.doubted + this.inDoubt;
		const { stopRule } = this.settings;
		if (failed === 0) return undefined;
		switch (stopRule.when) {
			case 'never':
				return undefined;
			case 'firstFailure':
				return this.failed > 0
					? "A row failed, and 'Stop On' is set to 'First Failed Row'"
					: "It was not known whether a row was applied, and 'Stop On' is set to 'First Failed Row'";
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

/** Of the participant of a row, as far as it is known. */
function keyOf({ id, accountId }: Pick<RowOutcome, 'id' | 'accountId'>): string | undefined {
	return id === undefined || accountId === undefined
		? undefined
		: participantKey({ id, accountId });
}

/** Goes behind the reason of a row. Without quotes and delimiters: see `RejectsCsv.addToMessage`. */
const changedBy = (rowNumber: number): string =>
	` (row ${rowNumber} changed this participant afterwards and follows in this file: import it as a whole)`;

const comesAgain = (status: RowStatus, { firstRow }: Overtaken): string =>
	`This row was ${status === 'skipped' ? 'skipped' : 'imported'}. It is here because it has to come after row ${firstRow} of the same participant, which failed or is in doubt`;

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
export function failureOf(error: AdvocateError): Omit<RowOutcome, 'rowNumber'> {
	return {
		status: 'rejected',
		message: error.message,
		hint: error.hint,
		bySetting: waysBySetting(error),
		apiErrorCode: error.apiErrorCode ?? error.rsCode,
		statusCode: error.statusCode,
	};
}
