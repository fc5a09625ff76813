/**
 * The import of one list, in passes over it: what its columns are, what its rows ask for, and sending them.
 * Knows neither n8n nor where the list comes from: a file or items.
 */
import { Breather } from '../../shared/advocate/client/breather';
import type { AdvocateError } from '../../shared/advocate/client/error';
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import type { Transport } from '../../shared/advocate/client/transport';
import { Checkpoint, importKeyOf } from './checkpoint';
import type { CheckpointStore } from './checkpoint';
import { planRows } from './dryRun';
import { CsvFileError } from './file/csvFileError';
import { restedTable } from './file/csvTable';
import { importAsJob } from './jobImport';
import { chooseEngine, reasonWithoutJobs } from './jobs/chooseEngine';
import type { ImportResult, RunOutcome } from './outcome';
import { mapColumns, noColumns } from './plan/columns';
import type { ColumnMap, ColumnOptions } from './plan/columns';
import { planFile } from './plan/planFile';
import type { PlannedFile } from './plan/planFile';
import type { RepeatRule } from './plan/survey';
import { withUsedCells } from './plan/usedCells';
import { LEAVERS_COLUMN } from './report/peopleFile';
import { hasUndoColumns } from './report/undo';
import type { DuplicatePolicy, ImportSettings, PreparedImport } from './prepared';
import { importRows, leaveRows } from './rowImport';
import { ProgressLog } from './progressLog';
import type { Say } from './progressLog';
import { HOW_TO_GO_ON } from './runTime';
import type { RunTime } from './runTime';
import type { TableSource, TableWords } from './table';
import { sliceReason } from './table';

/** What the host of an import may offer. */
export interface ImportHost {
	/** Where to go on after an interruption, when the user wants that. */
	checkpoints?: CheckpointStore;
	/** Takes word of how far the import has come. */
	say?: Say;
}

/**
 * Import a list.
 * @param directory the segments of the run, which may have several lists
 * @param host what the host offers besides
 * @throws InputError when the list as a whole can't be imported, or not in the way that was asked for, and
 * SegmentInputError when its segments can't be used; nothing has been sent then
 * @throws AdvocateError when the execution was stopped: nobody gets a report of it
 */
export async function importCsv(
	transport: Transport,
	source: TableSource,
	directory: SegmentDirectory,
	given: ImportSettings,
	{ checkpoints, say }: ImportHost = {},
): Promise<ImportResult> {
	if (given.runTime !== undefined) limitTime(transport, given.runTime);
	const { table, columns } = await openTable(transport, source, given);
	const settings = createsNobody(columns.header) ? withoutCreation(given) : given;
	const importKey = importKeyOf(table.fingerprint, meaningOf(source, settings));
	const checkpoint =
		checkpoints === undefined || settings.dryRun
			? undefined
			: new Checkpoint(checkpoints, importKey);
	const interruption = checkpoint?.interruption;
	const startAtRow = Math.max(settings.startAtRow, interruption?.nextRow ?? 0);
	const planned = await planFile(table, directory, {
		columns,
		settings,
		startAtRow,
		maxRows: settings.dryRun ? Infinity : settings.maxRows,
		repeatRule: repeatRule(settings.duplicates),
	});
	const { planner, survey, newSegments, changed, failure, notes } = planned;
	const choice = choose(columns, planned, settings);
	const members = failure === undefined ? await changed?.read(transport) : undefined;
	const createdBefore = directory.created.length;
	const { words } = table;
	const logged = { rows: survey.rows, words, dryRun: settings.dryRun };
	const log = say && new ProgressLog(say, () => transport.now(), logged);
	// While the API lets a run wait, no row begins or ends.
	transport.onWait = () => log?.look();
	const outcome = await carryOut(transport, choice, failure, {
		settings,
		table,
		columns,
		planner,
		survey,
		startAtRow,
		importKey,
		checkpoint,
		log,
		directory,
		members,
	}).finally(() => {
		transport.onWait = undefined;
	});
	return {
		...outcome,
		...endOf(outcome, settings, words),
		rowsLeft: survey.rowsLeft,
		table,
		columns,
		newSegments,
		createdSegments: directory.created.slice(createdBefore),
		notes: [...notes, ...(members?.notes ?? [])],
		...(startAtRow > table.firstRow ? { startedAtRow: startAtRow } : {}),
		...(startAtRow > settings.startAtRow ? { continued: interruption } : {}),
	};
}

/** Why the run ended, when that was before the last row of the list, and where to go on after an end in order. */
function endOf(
	{ ledger, stopReason, fatalError }: RunOutcome,
	{ maxRows, runTime }: ImportSettings,
	words: TableWords,
): Pick<ImportResult, 'stopReason' | 'nextRow' | 'isSlice'> {
	const reason = stopReason ?? ledger.readError?.message;
	if (reason !== undefined || fatalError !== undefined) {
		// What is left is only a matter of time.
		const isTimeOver = reason !== undefined && reason === runTime?.reason;
		const nextRow = isTimeOver ? ledger.firstRowNotSent : undefined;
		return { stopReason: reason, nextRow, isSlice: false };
	}
	// Not the first open row: rows in doubt are in the rejects file, and a loop over slices has to get on.
	const nextRow = ledger.firstRowLeft;
	return nextRow === undefined
		? { stopReason: undefined, isSlice: false }
		: { stopReason: sliceReason(maxRows, words), nextRow, isSlice: true };
}

function limitTime({ timeLimit }: Transport, { endAt, reason }: RunTime): void {
	timeLimit.set(endAt, reason, HOW_TO_GO_ON);
}

/**
 * Whether a list is of people who were there: to be taken back, or to leave. Whoever of them has been erased since must
 * not come to life again.
 */
const createsNobody = (header: readonly string[]): boolean =>
	hasUndoColumns(header) || header.includes(LEAVERS_COLUMN);

const withoutCreation = (settings: ImportSettings): ImportSettings => ({
	...settings,
	ifMissing: settings.ifMissing === 'error' ? 'error' : 'skip',
});

/** The first pass: the header, what its columns mean, and a fingerprint of all that is in the list. */
async function openTable(
	transport: Transport,
	source: TableSource,
	{ columns: options, acceptUnusualIds }: ImportSettings,
): Promise<Pick<PreparedImport, 'table' | 'columns'>> {
	const breather = new Breather(transport);
	const opened = await source.open(breather, (names) => canBeMapped(names, options));
	if (opened.header.length === 0) return { table: opened, columns: noColumns(opened.words) };
	const columns = mapColumns(opened.header, options, opened.words);
	const checked = withUsedCells(opened, columns, { acceptUnusualIds });
	return { table: restedTable(checked, breather), columns };
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
		"Set 'Engine' in the option 'Import Job' to Automatic or Row by Row, or change the file or the options",
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
function meaningOf({ reading }: TableSource, settings: ImportSettings): unknown {
	const { columns, action, segments, acceptUnusualIds, blankCells, duplicates, ifMissing } =
		settings;
	return {
		reading,
		columns,
		action,
		segments,
		acceptUnusualIds,
		blankCells,
		duplicates,
		ifMissing,
	};
}

function repeatRule(duplicates: DuplicatePolicy): RepeatRule {
	return ({ merge: 'none', first: 'firstRow', last: 'lastRow', error: 'refuse' } as const)[
		duplicates
	];
}
