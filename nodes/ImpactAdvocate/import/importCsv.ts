/** The import of one file: read, plan, send, report. Knows neither n8n nor where the bytes come from. */
import { Breather } from '../../shared/advocate/client/breather';
import { cancelledError, isFatal } from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import { hintWithOptions } from '../../shared/advocate/client/errorTexts';
import { markOf } from '../../shared/advocate/client/values';
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import type { Transport } from '../../shared/advocate/client/transport';
import type { ParticipantId } from '../../shared/advocate/participants';
import type { SegmentAction } from '../../shared/segments/change';
import { Checkpoint, importKeyOf } from './checkpoint';
import type { CheckpointStore } from './checkpoint';
import { mapColumns } from './plan/columns';
import type { ColumnMap, ColumnOptions } from './plan/columns';
import { openCsv } from './file/csv';
import type { CsvFile, CsvOptions, CsvRow } from './file/csv';
import { CsvFileError } from './file/decode';
import type { OpenBytes } from './file/decode';
import { ParticipantSample } from './plan/effectPreview';
import type { ParticipantEffect } from './plan/effectPreview';
import { chooseEngine, reasonWithoutJobs } from './jobs/engineChoice';
import type { EngineChoice } from './jobs/engineChoice';
import { Intake } from './plan/intake';
import type { DuplicatePolicy } from './plan/intake';
import { runJobs } from './jobs/jobEngine';
import type { JobRun, JobSettings, NumberedRow } from './jobs/jobEngine';
import type { JobPiece } from './jobs/jobPiece';
import type {
	IfParticipantMissing,
	ParticipantWrite,
	WritePolicy,
	WriteResult,
} from '../writes/write';
import { planFile } from './plan/planFile';
import type { RowPlanner } from './plan/planRow';
import { Progress } from './progress';
import { failureOf, ImportReport } from './report/report';
import type { RowOutcome, RowsToKeep, StopRule } from './report/report';
import { restedBytes, restedFile } from './file/rested';
import { runWrites } from '../writes/run';
import type { WriteStatistics } from '../writes/run';
import type { RepeatRule, Survey } from './plan/survey';
import { UndoFile } from './report/undoFile';
import { nodeVoice, Voices } from './plan/voices';
import type { ActionChoice } from './plan/voices';

/** Characters that tell imports apart in the names of their jobs. */
const JOB_MARK_LENGTH = 16;

/** `byAction`: create when segments are added or set, skip when they are removed or cleared. */
export type ImportIfMissing = IfParticipantMissing | 'byAction';

export interface ImportSettings {
	csv: CsvOptions;
	columns: ColumnOptions;
	action: ActionChoice;
	/** Names or keys. */
	segments: readonly string[];
	blankCells: 'ignore' | 'clear';
	duplicates: DuplicatePolicy;
	ifMissing: ImportIfMissing;
	verify: boolean;
	createMissingSegments: boolean;
	/** Most segments that a run may create, over all its files. */
	maxNewSegments: number;
	concurrency: number;
	batchSize: number;
	dryRun: boolean;
	/** In a dry run: participants whose segments before and after are worked out. */
	previewSize: number;
	/** Rows with a smaller record number are left out; to go on where an earlier run ended. */
	startAtRow: number;
	stopRule: StopRule;
	rowsToKeep: RowsToKeep;
	protectFormulas: boolean;
	engine: EngineChoice;
	job: JobSettings;
	/** Name of the file or workflow, for the names of jobs. */
	name: string;
	/** Whether to keep what is needed to take the import back. */
	undo: boolean;
}

/** What the import of one file led to. */
export interface ImportResult {
	file: CsvFile;
	columns: ColumnMap;
	report: ImportReport;
	intake: Pick<Intake, 'duplicates' | 'participants' | 'rowsByAction' | 'segmentEffects'>;
	/** How the rows were sent, or would be. */
	engine: 'rows' | 'job';
	engineReason: string;
	/** The first row, when it is not the file's first one. */
	startedAtRow?: number;
	/** Where an interrupted import can be continued. */
	firstRowNotSent?: number;
	/** Why the import ended before everything was sent. */
	stopReason?: string;
	/** The failure behind it, when no later request could have succeeded. */
	fatalError?: AdvocateError;
	createdSegments: readonly string[];
	/** Missing segments that were, or in a dry run would be, created. */
	newSegments: readonly string[];
	/** What to know about how names and keys of segments were understood. */
	segmentNote?: string;
	/** Only row by row, and not in a dry run. */
	writes?: WriteStatistics;
	jobs?: JobRun;
	effects?: ParticipantEffect[];
	undo?: UndoFile;
}

/**
 * Import a file.
 * @param open gives the file's bytes from the start; called more than once
 * @param directory the segments of the run, which may have several files
 * @param checkpoints where to go on after an interruption, when the user wants that
 * @throws CsvFileError when the file as a whole can't be imported, or not in the way that was asked for, and
 * SegmentInputError when its segments can't be used; nothing has been sent then
 * @throws AdvocateError when the segments can't be looked up, or the execution was stopped: nobody gets a report of it
 */
export async function importCsv(
	transport: Transport,
	open: OpenBytes,
	directory: SegmentDirectory,
	settings: ImportSettings,
	checkpoints?: CheckpointStore,
): Promise<ImportResult> {
	const breather = new Breather(transport);
	const opened = await openCsv(restedBytes(open, breather), settings.csv);
	const file = restedFile(opened, breather);
	const columns = mapColumns(file.header, settings.columns);
	const voices = new Voices(nodeVoice(settings), columns);
	const importKey = importKeyOf(file.fingerprint, meaningOf(settings));
	const checkpoint =
		checkpoints === undefined || settings.dryRun
			? undefined
			: new Checkpoint(checkpoints, importKey);
	const startAtRow = Math.max(settings.startAtRow, checkpoint?.nextRow ?? 0);
	const { action, segments, blankCells, createMissingSegments, maxNewSegments } = settings;
	// Also proves that the whole file can be read before the first row of it is sent, and that one voice speaks in it.
	const { planner, survey, newSegments, failure } = await planFile(file, directory, {
		plan: { columns, action, segments, blankCells },
		startAtRow,
		repeatRule: repeatRule(settings.duplicates),
		createMissingSegments,
		dryRun: settings.dryRun,
		maxNewSegments,
		inspectRow: (row) => voices.hear(row),
	});
	const choice = chooseEngine(
		{ ...settings, stopsOnFailures: settings.stopRule.when !== 'never' },
		columns,
		survey,
	);
	if ('refusal' in choice) {
		throw new CsvFileError(
			`This import can't go through an import job: ${choice.refusal}`,
			"Set 'Engine' to Automatic or Row by Row, or change the file or the options",
		);
	}
	const createdBefore = directory.created.length;
	const start: RunStart = { survey, startAtRow, importKey, checkpoint, directory };
	const newRun = () => new ImportRun(file, columns, planner, settings, start);
	let { engine, reason } = choice;
	let run = newRun();
	let outcome = await (failure !== undefined
		? run.leaveOut(transport, failure)
		: settings.dryRun
			? run.plan(transport)
			: engine === 'job'
				? run.sendAsJob(transport, survey.commonSegments ?? [])
				: run.sendRows(transport));
	const { unavailable } = outcome.jobs ?? {};
	if (unavailable !== undefined) {
		engine = 'rows';
		reason = reasonWithoutJobs(unavailable);
		// From the beginning, with a report of its own: no job was started.
		run = newRun();
		outcome = await run.sendRows(transport);
	}
	return {
		...outcome,
		file,
		columns,
		report: run.report,
		intake: run.intake,
		newSegments,
		createdSegments: directory.created.slice(createdBefore),
		segmentNote: directory.note,
		engine,
		engineReason: reason,
		...(startAtRow > file.headerRow + 1 ? { startedAtRow: startAtRow } : {}),
	};
}

/** All that decides what the rows mean. Pace and output may change between an interrupted run and its continuation. */
function meaningOf(settings: ImportSettings): unknown {
	const { csv, columns, action, segments, blankCells, duplicates, ifMissing } = settings;
	return { csv, columns, action, segments, blankCells, duplicates, ifMissing };
}

function repeatRule(duplicates: DuplicatePolicy): RepeatRule {
	return ({ merge: 'none', first: 'firstRow', last: 'lastRow', error: 'refuse' } as const)[
		duplicates
	];
}

/** What the ways of carrying out an import add to its result. */
type Outcome = Pick<
	ImportResult,
	'firstRowNotSent' | 'stopReason' | 'fatalError' | 'writes' | 'jobs' | 'effects' | 'undo'
>;

/** What is known before the first row is sent. */
interface RunStart {
	survey: Survey;
	startAtRow: number;
	/** See `importKeyOf`. */
	importKey: string;
	/** Only when an interrupted import is to be continued. */
	checkpoint?: Checkpoint;
	directory: SegmentDirectory;
}

class ImportRun {
	readonly report: ImportReport;

	readonly intake: Intake;

	private readonly policies: Readonly<Record<SegmentAction, WritePolicy>>;

	private readonly progress: Progress;

	private readonly undo?: UndoFile;

	private firstRowNotSent?: number;

	/** Whether every row of the file has begun. */
	private isRead = false;

	constructor(
		private readonly file: CsvFile,
		private readonly columns: ColumnMap,
		private readonly planner: RowPlanner,
		private readonly settings: ImportSettings,
		private readonly start: RunStart,
	) {
		this.report = new ImportReport(
			file.header,
			settings.rowsToKeep,
			settings.stopRule,
			settings.protectFormulas,
		);
		this.intake = new Intake(
			file,
			planner,
			this.report,
			settings.duplicates,
			start.survey.repeats,
			start.startAtRow,
		);
		const creating = this.policy('create');
		const skipping = this.policy('skip');
		this.policies = { add: creating, set: creating, remove: skipping, clear: skipping };
		this.progress = new Progress(start.startAtRow);
		if (settings.undo) this.undo = new UndoFile(settings.protectFormulas);
	}

	private policy(byAction: IfParticipantMissing): WritePolicy {
		const { ifMissing, verify, createMissingSegments, undo } = this.settings;
		return {
			ifMissing: ifMissing === 'byAction' ? byAction : ifMissing,
			readBefore: undo,
			verify,
			createMissingSegments,
		};
	}

	/** Dry run: plan every row, send nothing. */
	async plan(transport: Transport): Promise<Outcome> {
		const { previewSize, ifMissing } = this.settings;
		const fileHash = Buffer.from(this.file.fingerprint, 'hex');
		const sample = previewSize > 0 ? new ParticipantSample(previewSize, fileHash) : undefined;
		for await (const rows of this.intake.rows()) {
			for (const { row, planned } of rows) {
				const { accountId, id, change } = planned;
				sample?.offer({ accountId, id }, change);
				this.report.add(row, { accountId, id, status: 'planned' });
			}
		}
		// By action, those that rows take out of segments have none to lose.
		const createsMissing = ifMissing === 'create' || ifMissing === 'byAction';
		const effects = await sample?.preview(transport, createsMissing);
		return effects === undefined ? {} : { effects };
	}

	/** Nothing can be sent: every row is one to import again. */
	async leaveOut(transport: Transport, fatalError: AdvocateError): Promise<Outcome> {
		if (transport.cancelled()) throw cancelledError();
		const stopReason = `The segments could not be looked up: ${fatalError.message}`;
		for await (const rows of this.intake.rows()) {
			for (const { row, planned } of rows) {
				const { accountId, id } = planned;
				this.firstRowNotSent ??= row.rowNumber;
				const message = `Not sent. ${stopReason}`;
				this.report.add(row, { accountId, id, status: 'notSent', message });
			}
		}
		return { fatalError, stopReason, firstRowNotSent: this.firstRowNotSent };
	}

	// --- row by row --------------------------------------------------------------------------------------------

	async sendRows(transport: Transport): Promise<Outcome> {
		const { concurrency, batchSize } = this.settings;
		const chunks = this.writes();
		let writes: WriteStatistics;
		try {
			writes = await runWrites<CsvRow>(
				transport,
				{
					next: async () => (await chunks.next()).value ?? undefined,
					done: (write, result) => this.settle(write, result),
					shouldStop: () => this.report.stopReason(),
				},
				{
					concurrency,
					batchSize,
					mergeRepeats: true,
					segments: this.start.directory,
				},
			);
		} finally {
			// Lets a file be closed that was not read to its end.
			await chunks.return(undefined);
			// Also when the rest of the file was not read because of it.
			if (transport.cancelled()) this.keepPlace();
		}
		if (transport.cancelled()) throw cancelledError();
		this.keepPlace();
		return {
			writes,
			fatalError: writes.fatalError,
			stopReason: writes.stopReason,
			firstRowNotSent: this.firstRowNotSent,
			undo: this.undo,
		};
	}

	/** For the next run, which may use the other engine. */
	private keepPlace(): void {
		// Of an execution that was stopped, the rest of the file has not even been read.
		const { firstOpenRow } = this.progress;
		const next = Math.min(this.firstRowNotSent ?? Infinity, this.isRead ? Infinity : firstOpenRow);
		if (next === Infinity) this.start.checkpoint?.remove();
		else this.start.checkpoint?.set(next);
	}

	private async *writes(): AsyncGenerator<Array<ParticipantWrite<CsvRow>>, undefined> {
		for await (const rows of this.intake.rows()) {
			yield rows.map(({ row, planned }) => {
				this.progress.begin(row.rowNumber);
				return {
					accountId: planned.accountId,
					id: planned.id,
					change: planned.change,
					details: planned.details,
					policy: this.policies[planned.action],
					sources: [row],
				};
			});
		}
		this.isRead = true;
	}

	private settle(write: ParticipantWrite<CsvRow>, result: WriteResult): void {
		const { accountId, id } = write;
		this.noteForUndo(write, result);
		const outcome = rowOutcomeOf(result);
		// A row that only the end of the run took down is to be sent again, like those that were not sent at all.
		const isOpen =
			result.status === 'notSent' || (result.status === 'rejected' && isFatal(result.error));
		for (const row of write.sources) {
			this.report.add(row, { accountId, id, ...outcome });
			if (isOpen) {
				const earliest = this.firstRowNotSent ?? row.rowNumber;
				this.firstRowNotSent = Math.min(earliest, row.rowNumber);
			} else {
				this.progress.end(row.rowNumber);
			}
		}
		if (this.firstRowNotSent === undefined) {
			this.start.checkpoint?.advance(this.progress.firstOpenRow);
		}
	}

	private noteForUndo(
		{ accountId, id, sources }: ParticipantWrite<CsvRow>,
		result: WriteResult,
	): void {
		if (this.undo === undefined) return;
		const rows = sources.map(({ rowNumber }) => rowNumber);
		if (result.status === 'succeeded' && result.before !== undefined) {
			this.undo.add({ accountId, id }, result.before, result.segments, rows);
		} else if (result.status === 'rejected' && result.applied !== undefined) {
			const { before, segments } = result.applied;
			this.undo.add({ accountId, id }, before, segments, rows);
		}
	}

	// --- as an import job --------------------------------------------------------------------------------------

	async sendAsJob(transport: Transport, segments: readonly string[]): Promise<Outcome> {
		const { createMissingSegments, job, name } = this.settings;
		const jobs = await runJobs(
			transport,
			this.numberedRows(),
			{
				name,
				mark: markOf(this.start.importKey, JOB_MARK_LENGTH),
				// Rows before that were reported on by the run that they belong to.
				resumeFrom: this.start.checkpoint === undefined ? undefined : this.start.startAtRow,
				segments,
				details: this.columns.details,
				directory: createMissingSegments ? this.start.directory : undefined,
				canDoWithout: this.settings.engine === 'auto',
				participantsOf: async (records) => await this.participantsOf(records),
			},
			job,
		);
		if (jobs.unavailable !== undefined) return { jobs };
		// Nobody gets the report of a stopped execution: the next run finds the jobs in the API and reports on them.
		if (transport.cancelled()) throw cancelledError();
		await this.reportPieces(jobs.pieces);
		this.keepPlace();
		const { fatalError } = jobs;
		return {
			jobs,
			fatalError,
			stopReason: jobs.pieces.find(({ outcome }) => outcome === 'notSent')?.error?.message,
			firstRowNotSent: this.firstRowNotSent,
		};
	}

	private async *numberedRows(): AsyncGenerator<NumberedRow[]> {
		for await (const rows of this.intake.rows()) {
			yield rows.map(({ row, planned }) => ({ rowNumber: row.rowNumber, planned }));
		}
		this.isRead = true;
	}

	/** Read the file again to report on every row that went into a job, with its original cells. */
	private async reportPieces(pieces: readonly JobPiece[]): Promise<void> {
		let pieceIndex = 0;
		let position = 0;
		for await (const rows of this.file.rows()) {
			for (const row of rows) {
				while (pieceIndex < pieces.length && position >= pieces[pieceIndex].records.length) {
					pieceIndex++;
					position = 0;
				}
				if (pieceIndex >= pieces.length) return;
				const piece = pieces[pieceIndex];
				if (piece.records[position] !== row.rowNumber) continue;
				position++;
				this.reportJobRow(row, piece);
			}
		}
	}

	private reportJobRow(row: CsvRow, piece: JobPiece): void {
		const planned = this.planner.plan(row);
		const participant =
			'problem' in planned ? {} : { accountId: planned.accountId, id: planned.id };
		if (piece.outcome === 'notSent') this.firstRowNotSent ??= row.rowNumber;
		this.report.add(row, { ...participant, ...jobRowOutcome(row, piece) });
	}

	private async participantsOf(
		records: ReadonlySet<number>,
	): Promise<ReadonlyMap<number, ParticipantId>> {
		const found = new Map<number, ParticipantId>();
		for await (const rows of this.file.rows()) {
			for (const row of rows) {
				if (!records.has(row.rowNumber)) continue;
				const planned = this.planner.plan(row);
				if (!('problem' in planned)) found.set(row.rowNumber, planned);
			}
		}
		return found;
	}
}

function rowOutcomeOf(result: WriteResult): Omit<RowOutcome, 'rowNumber'> {
	switch (result.status) {
		case 'succeeded':
			return { status: 'succeeded', segments: result.segments };
		case 'rejected':
			return failureOf(result.error);
		case 'skipped':
			return { status: 'skipped', message: result.reason };
		case 'notSent':
			return { status: 'notSent', message: `Not sent. ${result.reason}` };
	}
}

function jobRowOutcome(row: CsvRow, piece: JobPiece): Omit<RowOutcome, 'rowNumber'> {
	const { outcome, error } = piece;
	const hint = error === undefined ? undefined : hintWithOptions(error);
	const failure = piece.failures.get(row.rowNumber);
	if (failure !== undefined) {
		const { message, apiErrorCode, statusCode } = failure;
		return { status: 'rejected', message, apiErrorCode, statusCode };
	}
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
			};
		case 'unconfirmed':
			return {
				status: 'unconfirmed',
				message: error?.message ?? `Handed over to import job ${piece.jobId ?? ''}`,
				hint,
			};
	}
}
