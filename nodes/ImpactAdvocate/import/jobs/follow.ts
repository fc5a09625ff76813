/** Follows import jobs to their end and learns which rows they refused. */
import { Breather } from '../../../shared/advocate/client/breather';
import {
	AdvocateError,
	cancelledError,
	expectAdvocateError,
	isFatal,
	isRetryable,
} from '../../../shared/advocate/client/error';
import { hintWithOptions } from '../../../shared/advocate/client/errorTexts';
import { errorFromBadAnswer } from '../../../shared/advocate/client/readErrors';
import { getImportJob } from '../../../shared/advocate/importJobs';
import type { ImportJob } from '../../../shared/advocate/importJobs';
import type { Transport } from '../../../shared/advocate/client/transport';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { CsvFileError } from '../file/csvFileError';
import type { JobPiece } from './jobPiece';
import { countingBase, countingBaseBySuccess, readErrorsFile, readResultsFile } from './files';
import type { CountingBase, JobFailure } from './files';

/** First and longest wait between two looks at a job, and how fast it grows. */
const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 30_000;
const POLL_GROWTH = 1.5;

/** Looks at a job that may fail in a row, each for a reason that waiting is not known to help against. */
const MAX_FAILED_LOOKS = 5;

/** Reads the participants of some rows of the imported file again. */
export type ReadParticipants = (
	rowNumbers: ReadonlySet<number>,
) => Promise<ReadonlyMap<number, ParticipantId>>;

/** Follows the jobs of one run. */
export class JobFollower {
	/** What the user should know, as sentences. */
	readonly notes: string[] = [];

	/** How this API counts rows, once one errors file has told. */
	private base?: CountingBase;

	private readonly breather: Breather;

	constructor(
		private readonly transport: Transport,
		private readonly participantsOf: ReadParticipants,
	) {
		this.breather = new Breather(transport);
	}

	/**
	 * Follow jobs until each has ended, or no longer than that.
	 * @param pieces those with a job get their outcome; what can't be learned stays `unconfirmed`, with the reason
	 */
	async follow(pieces: readonly JobPiece[], deadlineMs: number): Promise<void> {
		const { transport } = this;
		const open = new Set(pieces.filter((piece) => piece.jobId !== undefined));
		const deadline = transport.now() + deadlineMs;
		const failedLooks = new Map<JobPiece, number>();
		let pause = FIRST_POLL_MS;
		while (open.size > 0) {
			if (transport.cancelled()) return giveUp(open, cancelledError());
			if (transport.now() >= deadline) return giveUp(open, deadlinePassed(deadlineMs));
			await transport.sleep(Math.min(pause, Math.max(0, deadline - transport.now())));
			pause = Math.min(LONGEST_POLL_MS, pause * POLL_GROWTH);
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
			await this.readFailures(piece, job);
		} else {
			// The API promises no report on such a job: each row may have been imported or not.
			piece.error = abortedJob(piece, job);
		}
		return true;
	}

	private async readFailures(piece: JobPiece, job: ImportJob): Promise<void> {
		const counted = job.stats?.errors ?? undefined;
		if (counted === 0 || (counted === undefined && job.downloadErrorUrl === null)) {
			piece.outcome = 'completed';
			return;
		}
		let failures: JobFailure[];
		try {
			const text = await this.fetchFile(piece, 'downloadErrorUrl');
			failures = await readErrorsFile(text, this.breather);
		} catch (caught) {
			const error = fileError(caught);
			// Not fatal for the other jobs: a link is refused for reasons of its own.
			piece.error = unknownResult(
				piece,
				error,
				`${counted ?? 'Some'} rows were refused, but it is not known which ones`,
			);
			return;
		}
		const base = await this.baseOf(piece, failures);
		let placed = 0;
		for (const failure of failures) {
			const rowNumber = piece.rowNumbers[failure.recordNumber - base];
			if (rowNumber === undefined) continue;
			piece.failures.set(rowNumber, failure);
			placed++;
		}
		if (placed === failures.length && placed >= (counted ?? 0)) {
			piece.outcome = 'completed';
			return;
		}
		piece.error = new AdvocateError(
			`The import job refused ${Math.max(counted ?? 0, failures.length)} rows, but its errors file names only ${placed} of them`,
			{ kind: 'badAnswer', hint: LOOK_AT_JOB },
		);
	}

	/** Fetch a file of a job, with a new link when the first one does not work (any more). */
	private async fetchFile(
		piece: JobPiece,
		link: 'downloadUrl' | 'downloadErrorUrl',
	): Promise<string> {
		let refusal = errorFromBadAnswer(200, undefined);
		const url = piece.job?.[link];
		if (url) {
			try {
				return await this.transport.download(url);
			} catch (caught) {
				refusal = expectAdvocateError(caught);
				if (refusal.kind !== 'api') throw refusal;
			}
		}
		const job = await getImportJob(this.transport, piece.jobId ?? '');
		if (!job?.[link]) throw refusal;
		piece.job = job;
		return await this.transport.download(job[link]);
	}

	/** The number of the first row in an errors file. */
	private async baseOf(piece: JobPiece, failures: readonly JobFailure[]): Promise<CountingBase> {
		const told = countingBase(failures, piece.rowNumbers.length);
		// What another file of this API has told holds for one that does not tell.
		const base = told ?? this.base ?? (await this.baseBySuccess(piece, failures));
		if (base !== undefined) {
			this.base ??= base;
			return base;
		}
		this.notes.push(
			`The API does not say whether it counts the rows of a file from 1 or 2. Row numbers of ${failures.length} refused rows may be off by one`,
		);
		return 1;
	}

	/** Find out how the API counts by comparing the refused rows with the participants that succeeded. */
	private async baseBySuccess(
		piece: JobPiece,
		failures: readonly JobFailure[],
	): Promise<CountingBase | undefined> {
		const candidates = failures.flatMap(({ recordNumber }) =>
			[1, 2].map((base) => piece.rowNumbers[recordNumber - base]),
		);
		const participants = await this.participantsOf(new Set(candidates));
		try {
			const text = await this.fetchFile(piece, 'downloadUrl');
			const succeeded = await readResultsFile(text, this.breather);
			return countingBaseBySuccess(
				failures,
				(index) => participants.get(piece.rowNumbers[index]),
				succeeded,
			);
		} catch (caught) {
			// It would have told which rows failed exactly; that they failed is known without it.
			const error = fileError(caught);
			if (error.kind === 'cancelled') throw error;
			return undefined;
		}
	}
}

const LOOK_AT_JOB =
	"Look at the job with the operation 'Get Import Job': it links to the files with the results. Importing the rows again does no harm";

function deadlinePassed(deadlineMs: number): AdvocateError {
	return new AdvocateError(`It has not ended within ${Math.round(deadlineMs / 60_000)} minutes`, {
		kind: 'gaveUp',
		hint: "The job continues in Advocate. Look at it with the operation 'Get Import Job', or raise 'Max Job Time'",
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
			hint: "Import the rows again; adding participants twice changes nothing. Set 'Engine' to Row by Row if it is aborted again",
		},
	);
}

function giveUp(open: ReadonlySet<JobPiece>, error: AdvocateError): void {
	for (const piece of open) piece.error = unknownResult(piece, error);
}

/** The rows were handed over: an error that came later says nothing about them. */
function unknownResult(piece: JobPiece, error: AdvocateError, known?: string): AdvocateError {
	const { kind, statusCode, apiErrorCode, rsCode } = error;
	const wayOut = kind === 'gaveUp' ? hintWithOptions(error) : LOOK_AT_JOB;
	return new AdvocateError(
		`The result of import job '${piece.jobId}' is not known: ${known === undefined ? '' : `${known}: `}${error.message}`,
		{
			kind,
			statusCode,
			apiErrorCode,
			rsCode,
			hint: wayOut,
		},
	);
}

/** A file that can't be read is an answer that can't be used. */
function fileError(caught: unknown): AdvocateError {
	if (!(caught instanceof CsvFileError)) return expectAdvocateError(caught);
	const { kind, hint } = errorFromBadAnswer(200, undefined);
	return new AdvocateError(`The API sent a file that can't be read: ${caught.message}`, {
		kind,
		hint,
	});
}
