/**
 * Sends a whole file through the vendor's import job: uploads it in pieces, starts a job for each, follows the jobs
 * and learns which rows were refused.
 */
import { AdvocateError, cancelledError, expectAdvocateError, isFatal } from '../advocate/errors';
import {
	createImportJob,
	findImportJob,
	getImportJob,
	mayHaveBeenCreated,
	uploadImportFile,
	validateImportJob,
} from '../advocate/importJobs';
import type { ImportEvaluation, ImportJob, ImportJobInput } from '../advocate/importJobs';
import { getSegment, SegmentCreator } from '../advocate/segments';
import type { Transport } from '../advocate/transport';
import type { ParticipantId } from '../advocate/users';
import type { DetailColumn } from './columns';
import { JobFile } from './jobFile';
import { countingBase, countingBaseBySuccess, readErrorsFile, readResultsFile } from './jobResults';
import type { JobFailure } from './jobResults';
import type { PlannedRow } from './plan';

export interface JobSettings {
	/** Rows and bytes after which the next piece begins. */
	rowsPerJob: number;
	bytesPerJob: number;
	evaluation: ImportEvaluation;
	/** Whether to follow the jobs to their end. */
	wait: boolean;
	/** Milliseconds to follow them at most. */
	deadlineMs: number;
}

/** How a piece of the file ended. */
export type PieceOutcome =
	/** The job has ended; `failures` names the rows it refused. */
	| 'completed'
	/** Handed over; the result is not known (yet). */
	| 'unconfirmed'
	/** The API refused the piece, or ended the job before its end. */
	| 'rejected'
	/** Never handed over. */
	| 'notSent';

/** A piece of the file and its job. */
export interface JobPiece {
	/** Name of the job, unique to this piece. */
	name: string;
	/** Row numbers in the imported file, in order. */
	records: readonly number[];
	outcome: PieceOutcome;
	/** Why it ended like this, unless it completed. */
	error?: AdvocateError;
	jobId?: string;
	job?: ImportJob;
	/** By row number in the imported file. */
	failures: Map<number, JobFailure>;
}

export interface JobRun {
	pieces: JobPiece[];
	createdSegments: string[];
	/** What the user should know, as sentences. */
	notes: string[];
	/** The failure that ended the run before everything was handed over. */
	fatalError?: AdvocateError;
}

/** What is imported, and into what. */
export interface JobInput {
	/** How the jobs are named in the API; made unique for each piece. */
	name: string;
	segments: readonly string[];
	details: readonly DetailColumn[];
	createMissingSegments: boolean;
	/** Read the participants of some rows again. */
	participantsOf(records: ReadonlySet<number>): Promise<ReadonlyMap<number, ParticipantId>>;
}

/** A planned row with its number in the imported file. */
export interface NumberedRow {
	recordNumber: number;
	planned: PlannedRow;
}

/** First and longest wait between two looks at a job, and how fast it grows. */
const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 30_000;
const POLL_GROWTH = 1.5;

/** How far the clock of this machine may be off from the API's when a job is searched by its time. */
const CLOCK_TOLERANCE_MS = 10 * 60 * 1000;

/**
 * Import rows into segments through import jobs.
 * @throws AdvocateError when a segment is missing that may not be created; nothing has been sent then
 */
export async function runJobs(
	transport: Transport,
	rows: AsyncIterable<NumberedRow[]>,
	input: JobInput,
	settings: JobSettings,
): Promise<JobRun> {
	const createdSegments = await prepareSegments(transport, input);
	const run: JobRun = { pieces: [], createdSegments, notes: [] };
	const startedAt = transport.now();
	const runName = `${input.name} ${startedAt.toString(36)}-${randomTag()}`;

	let file = new JobFile(input.details);
	const handOver = async () => {
		if (file.records.length === 0) return;
		const piece: JobPiece = {
			name: `${runName} part ${run.pieces.length + 1}`,
			records: file.records,
			outcome: 'notSent',
			failures: new Map(),
		};
		run.pieces.push(piece);
		if (run.fatalError === undefined) {
			await startJob(transport, piece, file.toBuffer(), input.segments, settings, startedAt);
			if (piece.error !== undefined && isFatal(piece.error)) run.fatalError = piece.error;
		} else {
			piece.error = run.fatalError;
		}
		file = new JobFile(input.details);
	};
	for await (const chunk of rows) {
		for (const { recordNumber, planned } of chunk) {
			file.add(recordNumber, planned);
			if (file.records.length >= settings.rowsPerJob || file.bytes >= settings.bytesPerJob) {
				await handOver();
			}
		}
	}
	await handOver();
	if (settings.wait) await followJobs(transport, run, input, settings.deadlineMs);
	return run;
}

async function prepareSegments(transport: Transport, input: JobInput): Promise<string[]> {
	const creator = new SegmentCreator(transport);
	if (input.createMissingSegments) {
		await creator.ensure(input.segments);
		return creator.created;
	}
	// What a job does with an unknown segment is not documented, and its rows can't be verified one by one.
	for (const key of input.segments) {
		if ((await getSegment(transport, key)) !== undefined) continue;
		throw new AdvocateError(`Segment '${key}' does not exist`, {
			kind: 'missing',
			statusCode: 404,
			hint: "Turn on 'Create Missing Segments', or create the segment first",
		});
	}
	return [];
}

/** Tells runs of the same moment apart. Not a secret. */
function randomTag(): string {
	return Math.floor(Math.random() * 36 ** 4)
		.toString(36)
		.padStart(4, '0');
}

async function startJob(
	transport: Transport,
	piece: JobPiece,
	csv: Uint8Array,
	segments: readonly string[],
	settings: JobSettings,
	startedAt: number,
): Promise<void> {
	let jobInput: ImportJobInput;
	try {
		const fileRef = await uploadImportFile(transport, csv, 'participants.csv');
		jobInput = { name: piece.name, fileRef, segments, evaluation: settings.evaluation };
		const objections = await validateImportJob(transport, jobInput);
		if (objections.length > 0) {
			throw new AdvocateError(`The API refused the import job: ${objections.join('; ')}`, {
				kind: 'api',
				statusCode: 400,
				hint: "Correct the file, or set 'Engine' to Row by Row to learn which rows are refused",
			});
		}
	} catch (caught) {
		piece.error = expectAdvocateError(caught);
		piece.outcome = notAccepted(piece.error);
		return;
	}
	try {
		piece.jobId = await createImportJob(transport, jobInput);
		piece.outcome = 'unconfirmed';
	} catch (caught) {
		const error = expectAdvocateError(caught);
		if (mayHaveBeenCreated(error)) {
			await findOut(transport, piece, error, startedAt);
		} else {
			piece.error = error;
			piece.outcome = notAccepted(error);
		}
	}
}

const notAccepted = (error: AdvocateError): PieceOutcome =>
	error.kind === 'cancelled' ? 'notSent' : 'rejected';

/** The creation of a job failed without a clear answer: look for it; a second one must not be created. */
async function findOut(
	transport: Transport,
	piece: JobPiece,
	error: AdvocateError,
	startedAt: number,
): Promise<void> {
	piece.outcome = 'unconfirmed';
	try {
		const found = await findImportJob(transport, piece.name, startedAt - CLOCK_TOLERANCE_MS);
		if (found !== undefined) {
			piece.jobId = found.id;
			return;
		}
	} catch (caught) {
		expectAdvocateError(caught);
	}
	piece.error = new AdvocateError(
		`It is not known whether the import job was created: ${error.message}`,
		{
			kind: 'noAnswer',
			hint: `Look for a job named '${piece.name}' (operation Get Many Import Jobs). If there is none, import the rows again`,
		},
	);
}

async function followJobs(
	transport: Transport,
	run: JobRun,
	input: JobInput,
	deadlineMs: number,
): Promise<void> {
	const open = new Set(run.pieces.filter((piece) => piece.jobId !== undefined));
	const deadline = transport.now() + deadlineMs;
	let pause = FIRST_POLL_MS;
	while (open.size > 0) {
		if (transport.cancelled()) return giveUp(open, cancelledError());
		if (transport.now() >= deadline) {
			const error = new AdvocateError(
				`The import job has not ended within ${Math.round(deadlineMs / 60_000)} minutes`,
				{
					kind: 'gaveUp',
					hint: "It goes on in Advocate. Look at it with the operation 'Get Import Job', or raise 'Max Job Time'",
				},
			);
			return giveUp(open, error);
		}
		await transport.sleep(Math.min(pause, Math.max(0, deadline - transport.now())));
		pause = Math.min(LONGEST_POLL_MS, pause * POLL_GROWTH);
		for (const piece of open) {
			try {
				if (await hasEnded(transport, piece, run, input)) open.delete(piece);
			} catch (caught) {
				const error = expectAdvocateError(caught);
				if (isFatal(error)) return giveUp(open, error);
				piece.error = error;
				open.delete(piece);
			}
		}
	}
}

function giveUp(open: ReadonlySet<JobPiece>, error: AdvocateError): void {
	for (const piece of open) piece.error = error;
}

/** Look at a job; when it has ended, note how. */
async function hasEnded(
	transport: Transport,
	piece: JobPiece,
	run: JobRun,
	input: JobInput,
): Promise<boolean> {
	const job = await getImportJob(transport, piece.jobId ?? '');
	if (job === undefined) {
		piece.error = new AdvocateError(`Import job '${piece.jobId}' does not exist any more`, {
			kind: 'missing',
			statusCode: 404,
			hint: 'Somebody may have deleted it. Import the rows again; adding participants twice changes nothing',
		});
		return true;
	}
	piece.job = job;
	if (job.status === 'PENDING') return false;
	if (job.status === 'ABORTED') {
		piece.outcome = 'rejected';
		piece.error = new AdvocateError('The API aborted the import job', {
			kind: 'api',
			hint: `Some rows may have been imported (the API counts ${job.stats?.recordsProcessed ?? 0}). Import the rows again, row by row if it is aborted again`,
		});
		return true;
	}
	await readFailures(transport, piece, job, run, input);
	piece.outcome = 'completed';
	return true;
}

async function readFailures(
	transport: Transport,
	piece: JobPiece,
	job: ImportJob,
	run: JobRun,
	input: JobInput,
): Promise<void> {
	if (job.downloadErrorUrl === null || (job.stats?.errors ?? 0) === 0) return;
	const failures = await readErrorsFile(await transport.download(job.downloadErrorUrl));
	const base =
		countingBase(failures, piece.records.length) ??
		(await baseBySuccess(transport, piece, job, failures, input));
	if (base === undefined) {
		run.notes.push(
			`The API does not say whether it counts the rows of a file from 1 or 2. Row numbers of ${failures.length} refused rows may be off by one`,
		);
	}
	for (const failure of failures) {
		const record = piece.records[failure.recordNumber - (base ?? 1)];
		if (record !== undefined) piece.failures.set(record, failure);
	}
}

/** Find out how the API counts by comparing the refused rows with the participants that succeeded. */
async function baseBySuccess(
	transport: Transport,
	piece: JobPiece,
	job: ImportJob,
	failures: readonly JobFailure[],
	input: JobInput,
): Promise<1 | 2 | undefined> {
	if (job.downloadUrl === null) return undefined;
	const candidates = failures.flatMap(({ recordNumber }) =>
		[1, 2].map((base) => piece.records[recordNumber - base]),
	);
	const participants = await input.participantsOf(new Set(candidates));
	const succeeded = await readResultsFile(await transport.download(job.downloadUrl));
	return countingBaseBySuccess(
		failures,
		(index) => participants.get(piece.records[index]),
		succeeded,
	);
}
