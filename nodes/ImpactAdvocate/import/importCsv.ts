/**
 * The import of one file, in passes over it: what kind of file it is, what its rows ask for, and sending them.
 * Knows neither n8n nor where the bytes come from.
 */
import { Breather } from '../../shared/advocate/client/breather';
import type { AdvocateError } from '../../shared/advocate/client/error';
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import type { Transport } from '../../shared/advocate/client/transport';
import { Checkpoint, importKeyOf } from './checkpoint';
import type { CheckpointStore } from './checkpoint';
import { planRows } from './dryRun';
import { openCsv } from './file/csvFile';
import { CsvFileError } from './file/csvFileError';
import type { OpenBytes } from './file/encoding';
import { restedBytes, restedFile } from './file/rested';
import { importAsJob } from './jobImport';
import { chooseEngine, reasonWithoutJobs } from './jobs/chooseEngine';
import type { ImportResult, RunOutcome } from './outcome';
import { mapColumns } from './plan/columns';
import type { ColumnMap, ColumnOptions } from './plan/columns';
import { planFile } from './plan/planFile';
import type { PlannedFile } from './plan/planFile';
import type { RepeatRule } from './plan/survey';
import { withUsedCells } from './plan/usedCells';
import type { DuplicatePolicy, ImportSettings, PreparedImport } from './prepared';
import { importRows, leaveRows } from './rowImport';

/**
 * Import a file.
 * @param open gives the file's bytes from the start; called more than once
 * @param directory the segments of the run, which may have several files
 * @param checkpoints where to go on after an interruption, when the user wants that
 * @throws CsvFileError when the file as a whole can't be imported, or not in the way that was asked for, and
 * SegmentInputError when its segments can't be used; nothing has been sent then
 * @throws AdvocateError when the execution was stopped: nobody gets a report of it
 */
export async function importCsv(
	transport: Transport,
	open: OpenBytes,
	directory: SegmentDirectory,
	settings: ImportSettings,
	checkpoints?: CheckpointStore,
): Promise<ImportResult> {
	const { file, columns } = await openFile(transport, open, settings);
	const importKey = importKeyOf(file.fingerprint, meaningOf(settings));
	const checkpoint =
		checkpoints === undefined || settings.dryRun
			? undefined
			: new Checkpoint(checkpoints, importKey);
	const startAtRow = Math.max(settings.startAtRow, checkpoint?.nextRow ?? 0);
	const plan = { columns, settings, startAtRow, repeatRule: repeatRule(settings.duplicates) };
	const planned = await planFile(file, directory, plan);
	const { planner, survey, newSegments, failure, notes } = planned;
	const choice = choose(columns, planned, settings);
	const createdBefore = directory.created.length;
	const outcome = await carryOut(transport, choice, failure, {
		settings,
		file,
		columns,
		planner,
		survey,
		startAtRow,
		importKey,
		checkpoint,
		directory,
	});
	return {
		...outcome,
		stopReason: outcome.stopReason ?? outcome.ledger.readError?.message,
		file,
		columns,
		newSegments,
		createdSegments: directory.created.slice(createdBefore),
		notes,
		...(startAtRow > file.headerRow + 1 ? { startedAtRow: startAtRow } : {}),
	};
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

/** How the rows are sent, and why. */
interface Choice {
	engine: 'rows' | 'job';
	reason: string;
}

/** @throws CsvFileError when an import job was asked for that can't do it */
function choose(
	columns: ColumnMap,
	{ survey, takesTextsAsKeys }: PlannedFile,
	settings: ImportSettings,
): Choice {
	const stopsOnFailures = settings.stopRule.when !== 'never';
	const conditions = { ...settings, stopsOnFailures, takesTextsAsKeys };
	const choice = chooseEngine(conditions, columns, survey);
	if (!('refusal' in choice)) return choice;
	throw new CsvFileError(
		`This import can't go through an import job: ${choice.refusal}`,
		"Set 'Engine' to Automatic or Row by Row, or change the file or the options",
	);
}

type CarriedOut = RunOutcome & Pick<ImportResult, 'engine' | 'engineReason'>;

/**
 * The last pass.
 * @param failure why it is not known what the segments are
 */
async function carryOut(
	transport: Transport,
	{ engine, reason }: Choice,
	failure: AdvocateError | undefined,
	prepared: PreparedImport,
): Promise<CarriedOut> {
	const { dryRun } = prepared.settings;
	if (failure !== undefined) {
		const outcome = await leaveRows(transport, prepared, failure);
		return { engine, engineReason: reason, ...outcome };
	}
	if (engine === 'job' && !dryRun) {
		const outcome = await importAsJob(transport, prepared);
		if (!('unavailable' in outcome)) return { engine, engineReason: reason, ...outcome };
		const engineReason = reasonWithoutJobs(outcome.unavailable);
		return { engine: 'rows', engineReason, ...(await importRows(transport, prepared)) };
	}
	const outcome = await (dryRun ? planRows(transport, prepared) : importRows(transport, prepared));
	return { engine, engineReason: reason, ...outcome };
}

/** All that decides what the rows mean. Pace and output may change between an interrupted run and its continuation. */
function meaningOf(settings: ImportSettings): unknown {
	const { csv, columns, action, segments, acceptUnusualIds, blankCells, duplicates, ifMissing } =
		settings;
	return { csv, columns, action, segments, acceptUnusualIds, blankCells, duplicates, ifMissing };
}

function repeatRule(duplicates: DuplicatePolicy): RepeatRule {
	return ({ merge: 'none', first: 'firstRow', last: 'lastRow', error: 'refuse' } as const)[
		duplicates
	];
}
