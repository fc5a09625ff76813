/**
 * Sends a whole file through the vendor's import job: uploads it in pieces, starts a job for each, follows the jobs
 * and learns which rows were refused.
 */
import {
	AdvocateError,
	cancelledError,
	expectAdvocateError,
	isFatal,
} from '../../../shared/advocate/client/error';
import {
	createImportJob,
	findImportJob,
	lacksImportJobs,
	mayHaveBeenCreated,
	uploadImportFile,
	validateImportJob,
} from '../../../shared/advocate/importJobs';
import type { WayOut } from '../../../shared/advocate/client/errorTexts';
import type { ImportEvaluation, ImportJobInput } from '../../../shared/advocate/importJobs';
import type { SegmentDirectory } from '../../../shared/advocate/segmentDirectory';
import type { Transport } from '../../../shared/advocate/client/transport';
import type { DetailColumn } from '../plan/details';
import { findInterruptedJobs, jobName } from './names';
import type { EarlierJob, RunName, RunRows } from './names';
import { JobFile } from './files';
import { JobFollower } from './follow';
import { JobReports } from './reports';
import type { ReadParticipants } from './reports';
import type { JobPiece, PieceOutcome } from './jobPiece';
import { checkSamples } from './sample';
import type { PlannedRow } from '../plan/planRow';
import { errorInTime } from '../runTime';
import type { RunTime } from '../runTime';

export interface JobSettings {
	/** Rows and bytes after which the next piece begins. */
	rowsPerJob: number;
	bytesPerJob: number;
	evaluation: ImportEvaluation;
	/** Whether to follow the jobs to their end. */
	wait: boolean;
	/** Milliseconds to follow them at most. */
	deadlineMs: number;
	/** When the whole import has to end, if so. */
	runTime?: RunTime;
}

export interface JobRun {
	pieces: JobPiece[];
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
	/** The same for each run of the same file with the same settings, and without blanks. */
	mark: string;
	/** The rows of this run, when one over the same rows that was interrupted is to be gone on with. */
	resumes?: RunRows;
	/** Keys of segments that exist, or may be created. */
	segments: readonly string[];
	details: readonly DetailColumn[];
	/** Creates missing segments; nothing when they may not be created. */
	directory?: SegmentDirectory;
	participantsOf: ReadParticipants;
	/** Whether to look at some participants after each job. */
	verify: boolean;
	/** Asked when there are no more rows: whether they were all, or the file can't be read to its end. */
	isAllRead(): boolean;
	/** Whether the caller has another way when jobs can't be used. */
	canDoWithout: boolean;
}

/** A row of the imported file, planned. */
export interface JobRow {
	row: { rowNumber: number };
	planned: PlannedRow;
}

/** How long a creation without an answer may take to show among the jobs. */
const SHOWS_AFTER_MS = 2_000;

/** How far the clock of this machine may be off from the API's when a job is searched by its time. */
const CLOCK_TOLERANCE_MS = 10 * 60 * 1000;

/**
 * Import rows into segments through import jobs.
 * @throws AdvocateError when a segment can't be created; nothing has been sent then
 */
export async function runJobs(
	transport: Transport,
	rows: AsyncIterable<JobRow[]>,
	input: JobInput,
	settings: JobSettings,
): Promise<JobRun> {
	const { directory } = input;
	// One after the other: together they would be more requests at once than anybody allowed.
	if (directory !== undefined) for (const key of input.segments) await directory.ensure(key);
	const run: JobRun = { pieces: [], notes: [] };
	const earlier = new EarlierPieces(await findEarlier(transport, input));
	const startedAt = transport.now();
	const runName: RunName = {
		title: input.name,
		mark: input.mark,
		tag: earlier.tag ?? `${startedAt.toString(36)}-${randomTag()}`,
	};

	let file = new JobFile(input.details);
	const handOver = async (isLast: boolean) => {
		if (file.rowNumbers.length === 0) return;
		const piece: JobPiece = {
			name: jobName(runName, file.rowNumbers, isLast),
			rowNumbers: file.rowNumbers,
			outcome: 'notSent',
			failures: new Map(),
			suspects: new Map(),
		};
		run.pieces.push(piece);
		const timeOver = errorInTime(settings.runTime, transport.now());
		if (run.fatalError === undefined && timeOver === undefined) {
			await startJob(transport, piece, file.toBuffer(), input.segments, settings, startedAt);
			if (input.canDoWithout && run.pieces.length === 1 && earlier.tag === undefined) {
				run.unavailable = reasonToDoWithout(piece);
			}
			if (piece.error !== undefined && isFatal(piece.error)) run.fatalError = piece.error;
		} else {
			piece.error = run.fatalError ?? timeOver;
		}
		file = new JobFile(input.details);
	};
	for await (const chunk of rows) {
		for (const { row, planned } of chunk) {
			const { rowNumber } = row;
			const piece = earlier.take(rowNumber);
			// Only when a row follows: the last piece has to know that it is the last one.
			const isFull =
				file.rowNumbers.length >= settings.rowsPerJob || file.bytes >= settings.bytesPerJob;
			if (isFull || piece !== undefined) {
				await handOver(false);
				if (run.unavailable !== undefined) return run;
			}
			if (piece === undefined) file.add(rowNumber, planned);
			else if (run.pieces.at(-1) !== piece) run.pieces.push(piece);
		}
	}
	await handOver(input.isAllRead());
	if (run.unavailable !== undefined) return run;
	run.notes.push(...earlier.notes());
	if (settings.wait) {
		const reports = new JobReports(transport, input.participantsOf);
		await new JobFollower(transport, reports).follow(
			run.pieces,
			settings.deadlineMs,
			settings.runTime,
		);
		reports.place();
		if (input.verify && !transport.cancelled()) {
			await checkSamples(transport, run.pieces, input.segments, input.participantsOf);
		}
		run.notes.push(...reports.notes);
	}
	return run;
}

/** @throws AdvocateError when that can't be found out: what was handed over must not be handed over again */
async function findEarlier(transport: Transport, input: JobInput): Promise<EarlierJob[]> {
	const { resumes, mark, canDoWithout } = input;
	if (resumes === undefined) return [];
	let error: AdvocateError;
	try {
		return await findInterruptedJobs(transport, mark, resumes);
	} catch (caught) {
		error = expectAdvocateError(caught);
	}
	// Whether there are jobs at all, the first one will tell.
	if (canDoWithout && lacksImportJobs(error)) return [];
	throw new AdvocateError(
		`It is not known which import jobs an interrupted run has started: ${error.message}`,
		{
			...error,
			kind: error.kind,
			hint: `${error.hint}. Or turn off 'Resume Interrupted Import' to begin with the first row; adding participants twice changes nothing`,
		},
	);
}

/** The pieces that an interrupted run has handed over, as their rows come by. */
class EarlierPieces {
	private readonly pieces: Array<JobPiece & { rowNumbers: number[] }>;

	private index = 0;

	constructor(private readonly jobs: readonly EarlierJob[]) {
		this.pieces = jobs.map(({ job }) => ({
			name: job.name ?? '',
			rowNumbers: [],
			outcome: 'unconfirmed',
			jobId: job.id,
			isEarlier: true,
			failures: new Map(),
			suspects: new Map(),
		}));
	}

	/** The tag of the run that is gone on with. */
	get tag(): string | undefined {
		return this.jobs[0]?.tag;
	}

	/** The piece that has a row; nothing when none has. Rows come in the order of the file. */
	take(rowNumber: number): JobPiece | undefined {
		while (this.index < this.jobs.length && this.jobs[this.index].lastRow < rowNumber) {
			this.index++;
		}
		if (this.index >= this.jobs.length || this.jobs[this.index].firstRow > rowNumber) {
			return undefined;
		}
		const piece = this.pieces[this.index];
		piece.rowNumbers.push(rowNumber);
		return piece;
	}

	/** What the user should know, as sentences. */
	notes(): string[] {
		const rows = this.pieces.reduce((sum, { rowNumbers }) => sum + rowNumbers.length, 0);
		if (rows === 0) return [];
		return [
			`An interrupted run had handed ${rows} rows to import jobs; these were not started again`,
		];
	}
}

/** Only while it is certain that no job was created. */
const reasonToDoWithout = ({ outcome, error }: JobPiece): AdvocateError | undefined =>
	outcome !== 'unconfirmed' && error !== undefined && lacksImportJobs(error) ? error : undefined;

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
				hint: 'Correct the file',
				bySetting:
					"To learn which rows are refused, set 'Engine' in the option 'Import Job' to Row by Row",
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
	const wayOut = handOverWayOut(error);
	return wayOut === undefined ? error : error.with({ ...wayOut, helpfulOptions: undefined });
}

function handOverWayOut({ kind, statusCode, hint }: AdvocateError): WayOut | undefined {
	if (statusCode === 413)
		return {
			hint: 'The file was too large',
			bySetting: "Lower 'Rows per Job' in the option 'Import Job'",
		};
	if (kind === 'noAnswer' || statusCode === 408) {
		return {
			hint: 'Nothing was imported',
			bySetting:
				"Check the network of this n8n, raise 'Timeout' in the option 'Requests', or lower 'Rows per Job' in the option 'Import Job'",
		};
	}
	if (statusCode === 403)
		return {
			hint,
			bySetting: "Or set 'Engine' in the option 'Import Job' to Row by Row, which needs no upload",
		};
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
	piece.jobId = await idOfJob(transport, piece.name, startedAt);
	if (piece.jobId !== undefined) return;
	piece.error = new AdvocateError(
		`It is not known whether the import job was created: ${error.message}`,
		{
			kind: 'noAnswer',
			hint: `Look for a job named '${piece.name}' (operation Get Many Import Jobs). If there is none, import the rows again`,
		},
	);
}

/** Look for a job that may only just have been created. */
async function idOfJob(
	transport: Transport,
	name: string,
	startedAt: number,
): Promise<string | undefined> {
	const since = startedAt - CLOCK_TOLERANCE_MS;
	try {
		let found = await findImportJob(transport, name, since);
		if (found === undefined) {
			await transport.sleep(SHOWS_AFTER_MS);
			found = await findImportJob(transport, name, since);
		}
		return found?.id;
	} catch (caught) {
		// Not found out is not found: the creation's own error says more.
		expectAdvocateError(caught);
		return undefined;
	}
}
