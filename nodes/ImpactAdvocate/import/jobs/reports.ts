/**
 * What jobs that have ended say about their rows: by their figures, by the file with the rows they refused, and by the
 * file with the participants they imported. What neither covers is in doubt.
 */
import { Breather } from '../../../shared/advocate/client/breather';
import { AdvocateError, expectAdvocateError } from '../../../shared/advocate/client/error';
import { waysBySetting } from '../../../shared/advocate/client/errorTexts';
import { errorFromBadAnswer } from '../../../shared/advocate/client/readErrors';
import type { Transport } from '../../../shared/advocate/client/transport';
import { getImportJob } from '../../../shared/advocate/importJobs';
import type { ImportJob } from '../../../shared/advocate/importJobs';
import { participantKey } from '../../../shared/advocate/participants';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { CsvFileError } from '../file/csvFileError';
import type { ParticipantIndex } from '../plan/participantIndex';
import { basesBySuccess, countingBases, readErrorsFile, readResultsFile } from './files';
import type { CountingBase, JobFailure } from './files';
import type { JobPiece } from './jobPiece';

/** Reads the participants of some rows of the imported file again. */
export type ReadParticipants = (
	rowNumbers: ReadonlySet<number>,
) => Promise<ReadonlyMap<number, ParticipantId>>;

/** The rows that a job has refused, before it is settled which rows of the imported file they are. */
interface Refusals {
	piece: JobPiece;
	failures: readonly JobFailure[];
	/** As many as the job counts. */
	counted: number;
	/** The ways in which the job may count rows. */
	bases: readonly CountingBase[];
	/** Whether a row's participant is known to be imported; nothing when nobody is. */
	isImported(rowNumber: number): boolean;
}

export class JobReports {
	/** What the user should know, as sentences. */
	readonly notes: string[] = [];

	/** How this API counts rows, once one errors file has told. */
	private base?: CountingBase;

	private readonly refusals: Refusals[] = [];

	private readonly breather: Breather;

	constructor(
		private readonly transport: Transport,
		private readonly participantsOf: ReadParticipants,
	) {
		this.breather = new Breather(transport);
	}

	/**
	 * Read what a completed job says. Which rows it refused is settled by `place`.
	 * @throws AdvocateError when the execution was stopped
	 */
	async read(piece: JobPiece, job: ImportJob): Promise<void> {
		const counted = job.stats?.errors ?? undefined;
		const failures = await this.failuresOf(piece, job, counted);
		if (failures === undefined) return;
		const processed = job.stats?.recordsProcessed ?? undefined;
		const { length } = piece.rowNumbers;
		if (processed !== undefined && processed >= length) {
			piece.outcome = 'completed';
		} else {
			const count = processed === undefined ? 'no rows' : `${processed} of ${length} rows`;
			piece.results = await this.resultsOf(piece);
			piece.error = new AdvocateError(
				`The import job counts ${count} as processed, and ${piece.results === undefined ? 'does not say which' : 'does not name this one'}`,
				{ kind: 'badAnswer', ...LOOK_AT_JOB },
			);
		}
		if (failures.length === 0 && (counted ?? 0) === 0) return;
		this.refusals.push({
			piece,
			failures,
			counted: counted ?? 0,
			...(await this.basesOf(piece, failures)),
		});
	}

	/** Every job has ended: settle which rows were refused. What one file has told about the counting holds for all. */
	place(): void {
		for (const refusal of this.refusals) this.placeOne(refusal);
	}

	private placeOne({ piece, failures, counted, bases, isImported }: Refusals): void {
		const { base } = this;
		const possible = base !== undefined && bases.includes(base) ? [base] : bases;
		let placed = 0;
		for (const failure of failures) {
			const rows = possible
				.map((first) => piece.rowNumbers[failure.recordNumber - first])
				.filter((row) => row !== undefined && !(possible.length > 1 && isImported(row)));
			if (rows.length === 1) piece.failures.set(rows[0], failure);
			else for (const row of rows) piece.suspects.set(row, mayBeRefused(failure));
			if (rows.length > 0) placed++;
		}
		// Refused for sure is more than that.
		for (const row of piece.failures.keys()) piece.suspects.delete(row);
		if (piece.suspects.size > 0) {
			this.notes.push(
				`The API does not say whether it counts the rows of a file from 0, 1 or 2. The ${piece.suspects.size} rows that may be among the ${failures.length} refused ones are all in the rejects file`,
			);
		}
		if (placed === failures.length && placed >= counted) return;
		piece.outcome = 'unconfirmed';
		piece.results = undefined;
		piece.error = new AdvocateError(
			`The import job refused ${Math.max(counted, failures.length)} rows, but its errors file names only ${placed} of them`,
			{ kind: 'badAnswer', ...LOOK_AT_JOB },
		);
	}

	/** @returns nothing when that can't be read; the piece has the reason */
	private async failuresOf(
		piece: JobPiece,
		job: ImportJob,
		counted: number | undefined,
	): Promise<JobFailure[] | undefined> {
		// A job that counts no error may have a file of them all the same.
		if ((counted ?? 0) === 0 && !job.downloadErrorUrl) return [];
		try {
			return await readErrorsFile(await this.fetchFile(piece, 'downloadErrorUrl'), this.breather);
		} catch (caught) {
			const error = fileError(caught);
			if (error.kind === 'cancelled') throw error;
			// A link to nothing, where there is nothing to say.
			if (counted === 0 && error.statusCode === 404) return [];
			const known = counted === 0 ? 'There are refused rows that it does not count' : undefined;
			// Not fatal for the other jobs: a link is refused for reasons of its own.
			piece.error = unknownResult(
				piece,
				error,
				known ?? `${counted ?? 'Some'} rows were refused, but it is not known which ones`,
			);
			return undefined;
		}
	}

	/** The participants that a job has imported, by its own account; nothing when there is no such file. */
	private async resultsOf(piece: JobPiece): Promise<ParticipantIndex | undefined> {
		try {
			return await readResultsFile(await this.fetchFile(piece, 'downloadUrl'), this.breather);
		} catch (caught) {
			const error = fileError(caught);
			if (error.kind === 'cancelled') throw error;
			return undefined;
		}
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

	/** The ways in which an errors file may count: by its numbers, and by who was imported. */
	private async basesOf(
		piece: JobPiece,
		failures: readonly JobFailure[],
	): Promise<Pick<Refusals, 'bases' | 'isImported'>> {
		const whole = failures.filter(({ recordNumber }) => Number.isInteger(recordNumber));
		const bases = countingBases(whole, piece.rowNumbers.length);
		const told = { bases, isImported: () => false };
		if (bases.length < 2) {
			this.base ??= bases.at(0);
			return told;
		}
		if (this.base !== undefined && bases.includes(this.base)) return told;
		const results = piece.results ?? (await this.resultsOf(piece));
		if (results === undefined || results.size === 0) return told;
		const rowAt = (recordNumber: number, base: number) => piece.rowNumbers[recordNumber - base];
		const candidates = whole.flatMap(({ recordNumber }) =>
			bases.map((base) => rowAt(recordNumber, base)),
		);
		const participants = await this.participantsOf(new Set(candidates));
		const left = basesBySuccess(
			whole,
			(index) => participants.get(piece.rowNumbers[index]),
			results,
			bases,
		);
		if (left.length === 1) [this.base] = left;
		const isImported = (row: number): boolean => {
			const participant = participants.get(row);
			return participant !== undefined && results.has(participantKey(participant));
		};
		return { bases: left, isImported };
	}
}

const LOOK_AT_JOB = {
	hint: 'Import the rows again, which does no harm',
	bySetting:
		"Or look at the job with the operation 'Get Import Job': it links to the files with the results",
};

const mayBeRefused = ({ message }: JobFailure): string =>
	`The import job refused this row or one close to it, and does not say how it counts rows: ${message}`;

/** The rows were handed over: an error that came later says nothing about them. */
export function unknownResult(
	piece: JobPiece,
	error: AdvocateError,
	known?: string,
): AdvocateError {
	const { kind, statusCode, apiErrorCode, rsCode } = error;
	const wayOut =
		kind === 'gaveUp' ? { hint: error.hint, bySetting: waysBySetting(error) } : LOOK_AT_JOB;
	return new AdvocateError(
		`The result of import job '${piece.jobId}' is not known: ${known === undefined ? '' : `${known}: `}${error.message}`,
		{
			kind,
			statusCode,
			apiErrorCode,
			rsCode,
			...wayOut,
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
