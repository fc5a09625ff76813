/** Sends the rows of a file in batches. */
import { cancelledError, isFatal, isIntercepted } from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import type { Transport } from '../../shared/advocate/client/transport';
import { applyChange } from '../../shared/segments/change';
import type { SegmentAction } from '../../shared/segments/change';
import { runWrites } from '../writes/run';
import type { WriteStatistics } from '../writes/run';
import type {
	IfParticipantMissing,
	ParticipantWrite,
	WritePolicy,
	WriteResult,
} from '../writes/write';
import type { CsvRow } from './table';
import { Ledger } from './ledger';
import type { RowEnding } from './ledger';
import type { RunOutcome } from './outcome';
import { ParticipantIndex } from './plan/participantIndex';
import { Intake } from './plan/intake';
import type { IntakeRow } from './plan/intake';

import type { PreparedImport } from './prepared';
import { failureOf } from './report/report';
import { endInTime, reasonInTime } from './runTime';

/** The way out for rows that were not sent for another reason than a failure of the API. */
const NOT_SENT_HINT = 'Import the rejects file to send them';

/** @throws AdvocateError when the execution was stopped: nobody gets a report of it */
export async function importRows(
	transport: Transport,
	prepared: PreparedImport,
): Promise<RunOutcome> {
	const { settings, directory } = prepared;
	const { concurrency, batchSize, runTime } = settings;
	const ledger = new Ledger(prepared);
	const intake = new Intake(prepared, ledger);
	const policies = policiesOf(prepared);
	const chunks = intake.rows();
	let writes: WriteStatistics;
	try {
		writes = await runWrites<CsvRow>(
			transport,
			{
				async next() {
					const { value: rows } = await chunks.next();
					return rows?.map((row) => writeOf(row, policies));
				},
				done: (write, result) => endRows(ledger, write, result),
				doubted: (write) => ledger.doubt(write, write.sources),
				shouldStop: () => ledger.report.stopReason() ?? reasonInTime(runTime, transport.now()),
			},
			{
				concurrency,
				batchSize,
				mergeRepeats: true,
				segments: directory,
				// Half a million of them must not take half the memory.
				createdParticipants: new ParticipantIndex(false),
			},
		);
	} finally {
		// Lets a file be closed that was not read to its end.
		await chunks.return(undefined);
	}
	if (transport.cancelled()) throw cancelledError();
	ledger.close();
	const { participantsCreated } = writes;
	return { ledger, intake, writes, participantsCreated, ...endInTime(runTime, writes) };
}

/**
 * Leave all rows to the next run, when it is not known what their segments are.
 * @throws AdvocateError when the execution was stopped: nobody gets a report of it
 */
export async function leaveRows(
	transport: Transport,
	prepared: PreparedImport,
	fatalError: AdvocateError,
): Promise<RunOutcome> {
	if (transport.cancelled()) throw cancelledError();
	const ledger = new Ledger(prepared);
	const intake = new Intake(prepared, ledger);
	const stopReason = `The segments could not be looked up: ${fatalError.message}`;
	const ending = notSent(stopReason, fatalError.hint);
	for await (const rows of intake.rows()) {
		for (const { row, planned } of rows) {
			const { id, accountId } = planned;
			ledger.end(row, { id, accountId, ...ending });
		}
	}
	ledger.close();
	return { ledger, intake, fatalError, stopReason };
}

export type Policies = Readonly<Record<SegmentAction, WritePolicy>>;

/** How writes are carried out, by action: one object for each, since writes with one policy can be merged. */
export function policiesOf({ settings, columns }: PreparedImport): Policies {
	const { ifMissing, verify, createMissingSegments, undo } = settings;
	const policy = (byAction: IfParticipantMissing): WritePolicy => ({
		ifMissing: ifMissing === 'byAction' ? byAction : ifMissing,
		readBefore: undo,
		verify,
		createMissingSegments,
		...(columns.detailsFor === 'new' ? { detailsFor: 'new' as const } : {}),
	});
	const creating = policy('create');
	const skipping = policy('skip');
	// Of those that are to be removed, not all were looked for among the members.
	const removing = settings.skipMembers ? { ...skipping, skipUnchanged: true } : skipping;
	return { add: creating, set: creating, remove: removing, clear: skipping };
}

/** Whether participants are looked up before their first write, so that it is known who is created. */
export function looksFirst({ settings, columns }: PreparedImport): boolean {
	const { ifMissing, undo } = settings;
	return columns.detailsFor === 'new' || undo || ifMissing === 'skip' || ifMissing === 'error';
}

function writeOf({ row, planned }: IntakeRow, policies: Policies): ParticipantWrite<CsvRow> {
	const { accountId, id, change, details, action } = planned;
	return { accountId, id, change, details, policy: policies[action], sources: [row] };
}

function endRows(ledger: Ledger, write: ParticipantWrite<CsvRow>, result: WriteResult): void {
	const { accountId, id, sources } = write;
	const applied = appliedBy(write, result);
	if (applied !== undefined) ledger.noteChange(write, applied.before, applied.segments, sources);
	const ending = endingOf(write, result);
	for (const row of sources) ledger.end(row, { id, accountId, ...ending });
}

/** What a write has changed, or may have, as far as that is known. */
function appliedBy(
	{ change }: ParticipantWrite<CsvRow>,
	result: WriteResult,
): { before: string[]; segments: string[] } | undefined {
	if (result.status === 'rejected' || result.status === 'unconfirmed') return result.applied;
	if (result.status !== 'succeeded') return undefined;
	const { before, segments } = result;
	return before && { before, segments: segments ?? applyChange(before, change) };
}

function endingOf({ details }: ParticipantWrite<CsvRow>, result: WriteResult): RowEnding {
	switch (result.status) {
		case 'succeeded': {
			const { segments, difference, isWithoutDetails } = result;
			const hasDetails = details !== undefined && isWithoutDetails !== true;
			const isSame =
				difference !== undefined && difference.added.length + difference.removed.length === 0;
			// What details were before is not read.
			return { status: isSame && !hasDetails ? 'unchanged' : 'succeeded', segments };
		}
		case 'rejected':
			if (isIntercepted(result.error)) return notSent(result.error.message, result.error.hint);
			return { ...failureOf(result.error), isLeft: isFatal(result.error) };
		case 'unconfirmed': {
			const { isLeft, error } = result;
			return { ...failureOf(error), status: 'unconfirmed', isLeft };
		}
		case 'skipped':
			return { status: 'skipped', message: result.reason };
		case 'notSent':
			return notSent(result.reason, result.hint ?? NOT_SENT_HINT);
	}
}

/** The API has never seen it. */
function notSent(reason: string, hint: string | undefined): RowEnding {
	return { status: 'notSent', message: `Not sent. ${reason}`, hint, isLeft: true };
}
