/**
 * The import of one list, in three passes over it: what its columns are, what its rows ask for, and sending them.
 * Knows neither n8n nor where the list comes from: a file or items.
 */
import { Breather } from '../../shared/advocate/client/breather';
import { SegmentCreator } from '../../shared/advocate/segments';
import type { Transport } from '../../shared/advocate/client/transport';
import { Checkpoint, importKeyOf } from './checkpoint';
import type { CheckpointStore } from './checkpoint';
import { planRows } from './dryRun';
import { CsvFileError } from './file/csvFileError';
import { restedTable } from './file/rested';
import { importAsJob } from './jobImport';
import { chooseEngine, reasonWithoutJobs } from './jobs/chooseEngine';
import type { ImportResult, RunOutcome } from './outcome';
import { mapColumns, noColumns } from './plan/columns';
import type { ColumnMap, ColumnOptions } from './plan/columns';
import { FileNotes } from './plan/fileNotes';
import { ChangedSegments } from './plan/knownMembers';
import { NamedSegments } from './plan/newSegments';
import { RowPlanner } from './plan/planRow';
import { surveyFile } from './plan/survey';
import { withUsedCells } from './plan/usedCells';
import type { Survey } from './plan/survey';
import { nodeVoice, Voices } from './plan/voices';
import { LEAVERS_COLUMN } from './report/peopleFile';
import { hasUndoColumns } from './report/undo';
import type { DuplicatePolicy, ImportSettings, PreparedImport } from './prepared';
import { importRows } from './rowImport';
import type { Table, TableSource } from './table';

/**
 * Import a list.
 * @param checkpoints where to go on after an interruption, when the user wants that
 * @throws InputError when the list as a whole can't be imported, or not in the way that was asked for, and
 * SegmentInputError when it would create too many segments; nothing has been sent then
 * @throws AdvocateError when the execution was stopped: nobody gets a report of it
 */
export async function importCsv(
	transport: Transport,
	source: TableSource,
	given: ImportSettings,
	checkpoints?: CheckpointStore,
): Promise<ImportResult> {
	const { table, columns } = await openTable(transport, source, given.columns);
	const settings = createsNobody(columns.header) ? withoutCreation(given) : given;
	const { action, segments, blankCells, acceptUnusualIds, startAtRow: firstRow } = settings;
	const planner = new RowPlanner({
		columns,
		action,
		segments,
		// A participant that does not exist yet has nothing to erase.
		blankCells: columns.detailsFor === 'all' ? blankCells : 'ignore',
		acceptUnusualIds,
	});
	const importKey = importKeyOf(table.fingerprint, meaningOf(source, settings));
	const checkpoint =
		checkpoints === undefined || settings.dryRun
			? undefined
			: new Checkpoint(checkpoints, importKey);
	const startAtRow = Math.max(firstRow, checkpoint?.nextRow ?? 0);
	const segmentCreator = new SegmentCreator(transport);

	const { survey, named, changed, notes } = await surveyRows(
		table,
		columns,
		planner,
		startAtRow,
		settings,
	);
	const choice = choose(columns, survey, settings);
	const { maxNewSegments, createdBefore } = settings;
	const newSegments = await named?.missing(segmentCreator, maxNewSegments, createdBefore);

	const members = await changed?.read(transport);
	const outcome = await carryOut(transport, choice, {
		settings,
		table,
		columns,
		planner,
		survey,
		startAtRow,
		importKey,
		checkpoint,
		segmentCreator,
		members,
	});
	return {
		...outcome,
		stopReason: outcome.stopReason ?? outcome.ledger.readError?.message,
		table,
		columns,
		newSegments: newSegments ?? [],
		notes: [...notes, ...(members?.notes ?? [])],
		...(startAtRow > table.firstRow ? { startedAtRow: startAtRow } : {}),
	};
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
	options: ColumnOptions,
): Promise<Pick<PreparedImport, 'table' | 'columns'>> {
	const breather = new Breather(transport);
	const opened = await source.open(breather, (names) => canBeMapped(names, options));
	if (opened.header.length === 0) return { table: opened, columns: noColumns(opened.words) };
	const columns = mapColumns(opened.header, options, opened.words);
	return { table: restedTable(withUsedCells(opened, columns), breather), columns };
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

/** What the second pass has found out. */
interface SurveyedRows {
	survey: Survey;
	named?: NamedSegments;
	changed?: ChangedSegments;
	notes: readonly string[];
}

/**
 * The second pass: plans every row. It also proves that the whole list can be read, that its rows do not contradict the
 * node, and which segments they name.
 */
async function surveyRows(
	table: Table,
	columns: ColumnMap,
	planner: RowPlanner,
	startAtRow: number,
	settings: ImportSettings,
): Promise<SurveyedRows> {
	const isEmpty = table.header.length === 0;
	const voices = isEmpty ? undefined : new Voices(nodeVoice(settings), columns);
	const named = settings.createMissingSegments ? new NamedSegments() : undefined;
	const changed = settings.skipMembers ? new ChangedSegments() : undefined;
	const witness = table.witness?.(columnsInUse(columns));
	const fileNotes = new FileNotes(table.header, table.words);
	const survey = await surveyFile(table, planner, startAtRow, repeatRule(settings.duplicates), {
		row: (row) => {
			voices?.hear(row);
			witness?.hear(row);
		},
		planned: (planned, row) => {
			named?.add(planned.change.add);
			changed?.add(planned);
			fileNotes.add(planned, row);
		},
	});
	return { survey, named, changed, notes: [...(witness?.notes ?? []), ...fileNotes.sentences()] };
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
		`Set 'Engine' to Automatic or Row by Row, or change the ${columns.words.table} or the options`,
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

function repeatRule(duplicates: DuplicatePolicy): 'lastRow' | 'refuse' | 'none' {
	if (duplicates === 'last') return 'lastRow';
	return duplicates === 'error' ? 'refuse' : 'none';
}
