/** Sends the rows of a file through the vendor's import jobs. */
import { cancelledError } from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import { waysBySetting } from '../../shared/advocate/client/errorTexts';
import type { Transport } from '../../shared/advocate/client/transport';
import { markOf } from '../../shared/advocate/client/values';
import { participantKey } from '../../shared/advocate/participants';
import type { ParticipantId } from '../../shared/advocate/participants';
import type { CsvRow } from './table';
import { expectFileReadError } from './file/csvTable';
import type { JobPiece } from './jobs/jobPiece';
import { runJobs } from './jobs/runJobs';
import { Ledger } from './ledger';
import type { RowEnding } from './ledger';
import type { RunOutcome } from './outcome';
import { Intake } from './plan/intake';
import type { PreparedImport } from './prepared';
import { failureOf } from './report/report';

/** Characters that tell imports apart in the names of their jobs. */
const JOB_MARK_LENGTH = 16;

/**
 * @returns `unavailable` instead, when import jobs can't be used at all and the user left the choice to us: nothing has
 * been sent then
 * @throws AdvocateError when the execution was stopped (the next run finds the jobs in the API and reports on them), or
 * when a segment can't be created
 */
export async function importAsJob(
	transport: Transport,
	prepared: PreparedImport,
): Promise<RunOutcome | { unavailable: AdvocateError }> {
	const { settings, columns, survey, importKey, checkpoint, startAtRow, directory } = prepared;
	const ledger = new Ledger(prepared);
	const intake = new Intake(prepared, ledger);
	const jobs = await runJobs(
		transport,
		intake.rows(),
		{
			name: settings.name,
			mark: markOf(importKey, JOB_MARK_LENGTH),
			// Other rows are reported on by the runs that they belong to.
			resumes:
				checkpoint === undefined
					? undefined
					: { first: startAtRow, last: survey.lastRow ?? startAtRow },
			segments: survey.commonSegments ?? [],
			details: columns.details,
			directory: settings.createMissingSegments ? directory : undefined,
			canDoWithout: settings.engine === 'auto',
			isAllRead: () => ledger.isAllRead,
			verify: settings.verify,
			participantsOf: async (rowNumbers) => await participantsOf(prepared, rowNumbers),
		},
		{ ...settings.job, runTime: settings.runTime },
	);
	if (jobs.unavailable !== undefined) return { unavailable: jobs.unavailable };
	if (transport.cancelled()) throw cancelledError();
	await endRows(prepared, jobs.pieces, ledger);
	ledger.close();
	const { fatalError } = jobs;
	const stopReason = jobs.pieces.find(({ outcome }) => outcome === 'notSent')?.error?.message;
	return { ledger, intake, jobs, fatalError, stopReason };
}

/**
 * Read the file again to report on every row that went into a job, with its original cells. Where it can't be read any
 * more, without them.
 */
async function endRows(
	{ table, planner }: PreparedImport,
	pieces: readonly JobPiece[],
	ledger: Ledger,
): Promise<void> {
	const open = rowsOf(pieces);
	let next = open.next().value;
	const doubtful = new Set<JobPiece>();
	try {
		// Both the rows of the file and those of the pieces are in order.
		for await (const rows of table.rows()) {
			for (const row of rows) {
				if (next === undefined) break;
				if (next.rowNumber !== row.rowNumber) continue;
				// Could be planned before.
				const { accountId, id } = planner.plan(row) as ParticipantId;
				const ending = endingOf(row, next.piece, { accountId, id });
				if (ending.status === 'unconfirmed') doubtful.add(next.piece);
				ledger.end(row, { id, accountId, ...ending });
				next = open.next().value;
			}
		}
	} catch (caught) {
		expectFileReadError(caught);
		for (; next !== undefined; next = open.next().value) {
			const row = { rowNumber: next.rowNumber, cells: [] };
			const ending = endingOf(row, next.piece);
			if (ending.status === 'unconfirmed') doubtful.add(next.piece);
			ledger.end(row, ending);
		}
	}
	for (const piece of pieces) if (!doubtful.has(piece)) settle(piece);
}

/** A piece whose results name each of its rows after all. */
function settle(piece: JobPiece): void {
	if (piece.results === undefined) return;
	piece.outcome = 'completed';
	piece.error = undefined;
}

const ADD_AGAIN = 'Import the row again; adding participants twice changes nothing';

function* rowsOf(
	pieces: readonly JobPiece[],
): Generator<{ rowNumber: number; piece: JobPiece }, undefined> {
	for (const piece of pieces) {
		for (const rowNumber of piece.rowNumbers) yield { rowNumber, piece };
	}
}

/** The participants of some rows; of none when the file can't be read any more. */
async function participantsOf(
	{ table, planner }: PreparedImport,
	rowNumbers: ReadonlySet<number>,
): Promise<ReadonlyMap<number, ParticipantId>> {
	const found = new Map<number, ParticipantId>();
	try {
		for await (const rows of table.rows()) {
			for (const row of rows) {
				if (rowNumbers.has(row.rowNumber)) {
					found.set(row.rowNumber, planner.plan(row) as ParticipantId);
				}
			}
		}
	} catch (caught) {
		expectFileReadError(caught);
		found.clear();
	}
	return found;
}

function endingOf(
	row: CsvRow,
	{ outcome, error, jobId, failures, suspects, results }: JobPiece,
	participant?: ParticipantId,
): RowEnding {
	const failure = failures.get(row.rowNumber);
	if (failure !== undefined) {
		const { message, apiErrorCode, statusCode } = failure;
		return { status: 'rejected', message, apiErrorCode, statusCode };
	}
	const suspicion = suspects.get(row.rowNumber);
	if (suspicion !== undefined) {
		return { status: 'unconfirmed', message: suspicion, hint: ADD_AGAIN };
	}
	if (participant !== undefined && results?.has(participantKey(participant))) {
		return { status: 'succeeded' };
	}
	const { hint } = error ?? {};
	const bySetting = error && waysBySetting(error);
	switch (outcome) {
		case 'completed':
			return { status: 'succeeded' };
		case 'rejected':
			return error === undefined ? { status: 'rejected' } : failureOf(error);
		case 'notSent':
			return {
				status: 'notSent',
				message: `Not sent. ${error?.message ?? ''}`.trim(),
				hint,
				bySetting,
				isLeft: true,
			};
		case 'unconfirmed':
			return {
				status: 'unconfirmed',
				message: error?.message ?? `Handed over to import job ${jobId ?? ''}`,
				hint,
				bySetting,
			};
	}
}
