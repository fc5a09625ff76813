/** Follows import jobs to their end and learns which rows they refused. */
import {
	AdvocateError,
	cancelledError,
	expectAdvocateError,
	isFatal,
	isRetryable,
} from '../../../shared/advocate/client/error';
import { LookPauses } from '../../../shared/advocate/lookPauses';
import { getImportJob } from '../../../shared/advocate/importJobs';
import type { ImportJob } from '../../../shared/advocate/importJobs';
import type { Transport } from '../../../shared/advocate/client/transport';
import { errorInTime } from '../runTime';
import type { RunTime } from '../runTime';
import type { JobPiece } from './jobPiece';
import { unknownResult } from './reports';
import type { JobReports } from './reports';

/** Looks at a job that may fail in a row, each for a reason that waiting is not known to help against. */
const MAX_FAILED_LOOKS = 5;

/** Follows the jobs of one run. */
export class JobFollower {
	constructor(
		private readonly transport: Transport,
		private readonly reports: JobReports,
	) {}

	/**
	 * Follow jobs until each has ended, or no longer than that.
	 * @param pieces those with a job get their outcome; what can't be learned stays `unconfirmed`, with the reason
	 * @param runTime when the whole import has to end, if so
	 */
	async follow(pieces: readonly JobPiece[], deadlineMs: number, runTime?: RunTime): Promise<void> {
		const { transport } = this;
		const open = new Set(pieces.filter((piece) => piece.jobId !== undefined));
		const longest = transport.now() + deadlineMs;
		const deadline = Math.min(longest, runTime?.stopAt ?? longest);
		const failedLooks = new Map<JobPiece, number>();
		const pauses = new LookPauses();
		while (open.size > 0) {
			if (transport.cancelled()) return giveUp(open, cancelledError());
			if (transport.now() >= deadline) {
				const timeOver = errorInTime(runTime, transport.now());
				return giveUp(open, timeOver ?? deadlinePassed(deadlineMs));
			}
			await transport.sleep(Math.min(pauses.next(), Math.max(0, deadline - transport.now())));
			for (const piece of open) {
				try {
					if (await this.hasEnded(piece)) open.delete(piece);
					failedLooks.delete(piece);
				} catch (caught) {
					const error = expectAdvocateError(caught);
					if (isFatal(error)) return giveUp(open, error);
					// A job goes on while the API can't be asked about it.
					if (isRetryable(error)) continue;
					const failed = (failedLooks.get(piece) ?? 0) + 1;
					failedLooks.set(piece, failed);
					if (failed < MAX_FAILED_LOOKS) continue;
					piece.error = unknownResult(piece, error);
					open.delete(piece);
				}
			}
		}
	}

	/** Look at a job; when it has ended, note how. */
	private async hasEnded(piece: JobPiece): Promise<boolean> {
		const job = await getImportJob(this.transport, piece.jobId ?? '');
		if (job === undefined) {
			piece.error = new AdvocateError(`Import job '${piece.jobId}' no longer exists`, {
				kind: 'missing',
				statusCode: 404,
				hint: 'Somebody may have deleted it. Import the rows again; adding participants twice changes nothing',
			});
			return true;
		}
		piece.job = job;
		if (job.status === 'PENDING') return false;
		if (job.status === 'COMPLETED') {
			await this.reports.read(piece, job);
		} else {
			// The API promises no report on such a job: each row may have been imported or not.
			piece.error = abortedJob(piece, job);
		}
		return true;
	}
}

function deadlinePassed(deadlineMs: number): AdvocateError {
	return new AdvocateError(`It has not ended within ${Math.round(deadlineMs / 60_000)} minutes`, {
		kind: 'gaveUp',
		hint: 'The job continues in Advocate',
		bySetting:
			"Look at it with the operation 'Get Import Job', or raise 'Max Job Time' in the option 'Import Job'",
	});
}

function abortedJob({ jobId, rowNumbers }: JobPiece, { stats }: ImportJob): AdvocateError {
	const processed = stats?.recordsProcessed;
	const count =
		processed === undefined
			? ''
			: ` after ${processed} of ${rowNumbers.length} rows by its own count`;
	return new AdvocateError(
		`The API aborted import job '${jobId}'${count}, and does not say which rows were imported`,
		{
			kind: 'api',
			hint: 'Import the rows again; adding participants twice changes nothing',
			bySetting: "If it is aborted again, set 'Engine' in the option 'Import Job' to Row by Row",
		},
	);
}

function giveUp(open: ReadonlySet<JobPiece>, error: AdvocateError): void {
	for (const piece of open) piece.error = unknownResult(piece, error);
}
