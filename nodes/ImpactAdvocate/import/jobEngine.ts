/**
 * Sends a whole file through the vendor's import job: uploads it in pieces, starts a job for each, follows the jobs
 * and learns which rows were refused.
 */
import { AdvocateError, cancelledError, expectAdvocateError, isFatal } from '../advocate/errors';
import {
	createImportJob,
	findImportJob,
	lacksImportJobs,
	mayHaveBeenCreated,
	uploadImportFile,
	validateImportJob,
} from '../advocate/importJobs';
import type { ImportEvaluation, ImportJob, ImportJobInput } from '../advocate/importJobs';
import { getSegment, SegmentCreator } from '../advocate/segments';
import type { Transport } from '../advocate/transport';
import type { DetailColumn } from './columns';
import { JobFile } from './jobFile';
import { JobFollower } from './jobFollower';
import type { ReadParticipants } from './jobFollower';
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
type PieceOutcome =
	/** The job has ended; `failures` names the rows it refused. */
	| 'completed'
	/** Handed over; the result is not known (yet), but for the rows in `failures`. */
	| 'unconfirmed'
	/** The API refused the piece, or ended the job before its end. */
	| 'rejected'
	/** Never handed over: the run ended before it, or with it. */
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
	/** Why jobs can't be used at all, when the caller can do without: nothing was started then. */
	unavailable?: AdvocateError;
}

/** What is imported, and into what. */
export interface JobInput {
	/** How the jobs are named in the API; made unique for each piece. */
	name: string;
	segments: readonly string[];
	details: readonly DetailColumn[];
	createMissingSegments: boolean;
	participantsOf: ReadParticipants;
	/** Whether the caller has another way when jobs can't be used. */
	canDoWithout: boolean;
}

/** A planned row with its number in the imported file. */
export interface NumberedRow {
	recordNumber: number;
	planned: PlannedRow;
}

/** How long a creation without an answer may take to show among the jobs. */
const SHOWS_AFTER_MS = 2_000;

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
			if (input.canDoWithout && run.pieces.length === 1) run.unavailable = reasonToDoWithout(piece);
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
				if (run.unavailable !== undefined) return run;
			}
		}
	}
	await handOver();
	if (run.unavailable !== undefined) return run;
	if (settings.wait) {
		const follower = new JobFollower(transport, input.participantsOf);
		await follower.follow(run.pieces, settings.deadlineMs);
		run.notes.push(...follower.notes);
	}
	return run;
}

/** Only while it is certain that no job was created. */
const reasonToDoWithout = ({ outcome, error }: JobPiece): AdvocateError | undefined =>
	outcome !== 'unconfirmed' && error !== undefined && lacksImportJobs(error) ? error : undefined;

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
		if (transport.cancelled()) throw cancelledError();
	} catch (caught) {
		piece.error = aboutHandOver(expectAdvocateError(caught));
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

/** What no later request could have survived says nothing against this piece. */
const notAccepted = (error: AdvocateError): PieceOutcome =>
	isFatal(error) ? 'notSent' : 'rejected';

/** The general hints speak of participants and batches. */
function aboutHandOver(error: AdvocateError): AdvocateError {
	const hint = handOverHint(error);
	return hint === undefined
		? error
		: new AdvocateError(error.message, { ...error, hint, helpfulOptions: undefined });
}

function handOverHint({ kind, statusCode, hint }: AdvocateError): string | undefined {
	if (statusCode === 413) return "The file was too large. Lower 'Rows per Job'";
	if (kind === 'noAnswer' || statusCode === 408) {
		return "Nothing was imported. Check the network of this n8n, raise 'Timeout', or lower 'Rows per Job'";
	}
	if (statusCode === 403) return `${hint}. Or set 'Engine' to Row by Row, which needs no upload`;
	return undefined;
}

/** The creation of a job failed without a clear answer: look for it; a second one must not be created. */
async function findOut(
	transport: Transport,
	piece: JobPiece,
	error: AdvocateError,
	startedAt: number,
): Promise<void> {
	piece.outcome = 'unconfirmed';
	try {
		const since = startedAt - CLOCK_TOLERANCE_MS;
		let found = await findImportJob(transport, piece.name, since);
		if (found === undefined) {
			await transport.sleep(SHOWS_AFTER_MS);
			found = await findImportJob(transport, piece.name, since);
		}
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
