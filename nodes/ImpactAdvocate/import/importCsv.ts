/**
 * The import of one file, in three passes over it: what kind of file it is, what its rows ask for, and sending them.
 * Knows neither n8n nor where the bytes come from.
 */
import { Breather } from '../../shared/advocate/client/breather';
import { SegmentCreator } from '../../shared/advocate/segments';
import type { Transport } from '../../shared/advocate/client/transport';
import { Checkpoint, importKeyOf } from './checkpoint';
import type { CheckpointStore } from './checkpoint';
import { planRows } from './dryRun';
import { EncodingWitness } from './file/encodingNote';
import { openCsv } from './file/csvFile';
import type { CsvFile } from './file/csvFile';
import { CsvFileError } from './file/csvFileError';
import type { OpenBytes } from './file/encoding';
import { restedBytes, restedFile } from './file/rested';
import { importAsJob } from './jobImport';
import { chooseEngine, reasonWithoutJobs } from './jobs/chooseEngine';
import type { ImportResult, RunOutcome } from './outcome';
import { mapColumns } from './plan/columns';
import type { ColumnMap, ColumnOptions } from './plan/columns';
import { FileNotes } from './plan/fileNotes';
import { NamedSegments } from './plan/newSegments';
import { RowPlanner } from './plan/planRow';
import { surveyFile } from './plan/survey';
import { withUsedCells } from './plan/usedCells';
import type { Survey } from './plan/survey';
import { nodeVoice, Voices } from './plan/voices';
import type { DuplicatePolicy, ImportSettings, PreparedImport } from './prepared';
import { importRows } from './rowImport';
import { HOW_TO_GO_ON } from './runTime';
import type { RunTime } from './runTime';

/**
 * Import a file.
 * @param open gives the file's bytes from the start; called more than once
 * @param checkpoints where to go on after an interruption, when the user wants that
 * @throws CsvFileError when the file as a whole can't be imported, or not in the way that was asked for, and
 * SegmentInputError when it would create too many segments; nothing has been sent then
 * @throws AdvocateError when the execution was stopped: nobody gets a report of it
 */
export async function importCsv(
	transport: Transport,
	open: OpenBytes,
	settings: ImportSettings,
	checkpoints?: CheckpointStore,
): Promise<ImportResult> {
	if (settings.runTime !== undefined) limitTime(transport, settings.runTime);
	const { file, columns } = await openFile(transport, open, settings);
	const { action, segments, blankCells, acceptUnusualIds, startAtRow: firstRow } = settings;
	const planner = new RowPlanner({
		columns,
		action,
		segments,
		// A participant that does not exist yet has nothing to erase.
		blankCells: columns.detailsFor === 'all' ? blankCells : 'ignore',
		acceptUnusualIds,
	});
	const importKey = importKeyOf(file.fingerprint, meaningOf(settings));
	const checkpoint =
		checkpoints === undefined || settings.dryRun
			? undefined
			: new Checkpoint(checkpoints, importKey);
	const interruption = checkpoint?.interruption;
	const startAtRow = Math.max(firstRow, interruption?.nextRow ?? 0);
	const segmentCreator = new SegmentCreator(transport);

	const { survey, named, notes } = await surveyRows(file, columns, planner, startAtRow, settings);
	const choice = choose(columns, survey, settings);
	const { maxNewSegments, createdBefore } = settings;
	const newSegments = await named?.missing(segmentCreator, maxNewSegments, createdBefore);

	const outcome = await carryOut(transport, choice, {
		settings,
		file,
		columns,
		planner,
		survey,
		startAtRow,
		importKey,
		checkpoint,
		segmentCreator,
	});
	return {
		...outcome,
		stopReason: outcome.stopReason ?? outcome.ledger.readError?.message,
		file,
		columns,
		newSegments: newSegments ?? [],
		notes,
		...(startAtRow > file.headerRow + 1 ? { startedAtRow: startAtRow } : {}),
		...(startAtRow > firstRow ? { continued: interruption } : {}),
	};
}

function limitTime({ timeLimit }: Transport, { endAt, reason }: RunTime): void {
	timeLimit.set(endAt, reason, HOW_TO_GO_ON);
}

/** The first pass: encoding, delimiter, header, what its columns mean, and a fingerprint of the bytes. */
async function openFile(
	transport: Transport,
	open: OpenBytes,
	{ csv, columns: options }: ImportSettings,
): Promise<Pick<PreparedImport, 'file' | 'columns'>> {
	const breather = new Breather(transport);
	const namesColumns = (names: readonly string[]) => canBeMapped(names, options);
	const opened = await openCsv(restedBytes(open, breather), { ...csv, namesColumns });
	const columns = mapColumns(opened.header, options);
	return { file: restedFile(withUsedCells(opened, columns), breather), columns };
}

/** Whether a row is a header that could be imported under. */
function canBeMapped(names: readonly string[], options: ColumnOptions): boolean {
	try {
		mapColumns(names, options);
		return true;
	} catch {
		return false;
	}
}

/**
 * The second pass: plans every row. It also proves that the whole file can be read, that its rows do not contradict the
 * node, and which segments they name.
 */
async function surveyRows(
	file: CsvFile,
	columns: ColumnMap,
	planner: RowPlanner,
	startAtRow: number,
	settings: ImportSettings,
): Promise<{ survey: Survey; named?: NamedSegments; notes: readonly string[] }> {
	const voices = new Voices(nodeVoice(settings), columns);
	const named = settings.createMissingSegments ? new NamedSegments() : undefined;
	const witness = new EncodingWitness(file, columnsInUse(columns));
	const fileNotes = new FileNotes(file.header);
	const survey = await surveyFile(file, planner, startAtRow, repeatRule(settings.duplicates), {
		row: (row) => {
			voices.hear(row);
			witness.hear(row);
		},
		planned: (planned, row) => {
			named?.add(planned.change.add);
			fileNotes.add(planned, row);
		},
	});
	return { survey, named, notes: [...witness.notes, ...fileNotes.sentences()] };
}

/** How the rows are sent, and why. */
interface Choice {
	engine: 'rows' | 'job';
	reason: string;
}

/** @throws CsvFileError when an import job was asked for that can't do it */
function choose(columns: ColumnMap, survey: Survey, settings: ImportSettings): Choice {
	const conditions = { ...settings, stopsOnFailures: settings.stopRule.when !== 'never' };
	const choice = chooseEngine(conditions, columns, survey);
	if (!('refusal' in choice)) return choice;
	throw new CsvFileError(
		`This import can't go through an import job: ${choice.refusal}`,
		"Set 'Engine' to Automatic or Row by Row, or change the file or the options",
	);
}

type CarriedOut = RunOutcome & Pick<ImportResult, 'engine' | 'engineReason'>;

/** The third pass. */
async function carryOut(
	transport: Transport,
	{ engine, reason }: Choice,
	prepared: PreparedImport,
): Promise<CarriedOut> {
	const { dryRun } = prepared.settings;
	if (engine === 'job' && !dryRun) {
		const outcome = await importAsJob(transport, prepared);
		if (!('unavailable' in outcome)) return { engine, engineReason: reason, ...outcome };
		const engineReason = reasonWithoutJobs(outcome.unavailable);
		return { engine: 'rows', engineReason, ...(await importRows(transport, prepared)) };
	}
	const outcome = await (dryRun ? planRows(transport, prepared) : importRows(transport, prepared));
	return { engine, engineReason: reason, ...outcome };
}

function columnsInUse({ id, accountId, segments, action, details }: ColumnMap): number[] {
	return [id, accountId, segments, action, ...details.map(({ index }) => index)].filter(
		(position) => position !== undefined,
	);
}

/** All that decides what the rows mean. Pace and output may change between an interrupted run and its continuation. */
function meaningOf(settings: ImportSettings): unknown {
	const { csv, columns, action, segments, acceptUnusualIds, blankCells, duplicates, ifMissing } =
		settings;
	return { csv, columns, action, segments, acceptUnusualIds, blankCells, duplicates, ifMissing };
}

function repeatRule(duplicates: DuplicatePolicy): 'lastRow' | 'refuse' | 'none' {
	if (duplicates === 'last') return 'lastRow';
	return duplicates === 'error' ? 'refuse' : 'none';
}
