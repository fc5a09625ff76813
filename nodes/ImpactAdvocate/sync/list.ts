/** Reads the list that a segment is to be equal to: all of it, or nothing. */
import type { Breather } from '../../shared/advocate/client/breather';
import { InputError } from '../../shared/inputError';
import { ownCopy } from '../import/file/csvFile';
import { restedTable } from '../import/file/rested';
import type { CsvRow } from '../import/file/rowShape';
import { isNoValue } from '../import/plan/cellText';
import { listColumns, mapColumns, noColumns } from '../import/plan/columns';
import type { ColumnMap } from '../import/plan/columns';
import { detailOf } from '../import/plan/details';
import { bareHeader, isRoleHeader, looksLikeRole, spreadHeader } from '../import/plan/headers';
import { RowPlanner } from '../import/plan/planRow';
import { withUsedCells } from '../import/plan/usedCells';
import { hasReportColumns, REPORT_COLUMNS, UNPLACED_COLUMN } from '../import/report/rejects';
import { UNDONE_COLUMN } from '../import/report/undo';
import type { Table, TableSource } from '../import/table';
import type { TableWords } from '../import/tableWords';
import type { ListRow, MatchBy } from './compare';
import { JOINERS_COLUMN, LEAVERS_COLUMN } from './files';

/** A list that can't be what the segment is to be equal to. */
export class ListError extends InputError {}

export interface ListSettings {
	matchBy: MatchBy;
	/** Names of columns; empty: they are found by themselves. */
	idColumn: string;
	accountIdColumn: string;
	emailColumn: string;
	/** Columns that say something else than who is in the segment, and are to be left out of account. */
	ignoredColumns: readonly string[];
	acceptUnusualIds: boolean;
}

export interface SyncList {
	words: TableWords;
	rows: ListRow[];
	/** Rows that the node before put out, blank items included. */
	total: number;
	/** Items without anything in them. */
	blank: number;
	/** What people should know about how it was read, as sentences. */
	notes: string[];
}

/**
 * Read a list to its end.
 * @throws InputError when it can't be read completely, or says more than who is in the segment
 */
export async function readList(
	source: TableSource,
	breather: Breather,
	settings: ListSettings,
): Promise<SyncList> {
	const opened = await source.open(breather, (names) => canBeMapped(names, settings));
	const { words } = opened;
	const columns =
		opened.header.length === 0 ? noColumns(words) : columnsOf(opened.header, settings, words);
	refuseInstructions(opened.header, settings, words);
	const isEmpty = opened.header.length === 0;
	const table = restedTable(isEmpty ? opened : withUsedCells(opened, columns), breather);
	const reader = new PeopleReader(columns, settings);
	const rows: ListRow[] = [];
	for await (const portion of table.rows()) {
		for (const row of portion) rows.push(reader.read(row));
	}
	const { items, blankItems } = table.facts;
	return {
		words,
		rows,
		total: typeof items === 'number' ? items : rows.length,
		blank: typeof blankItems === 'number' ? blankItems : 0,
		notes: notesOf(table, columns, settings),
	};
}

function canBeMapped(names: readonly string[], settings: ListSettings): boolean {
	try {
		columnsOf(names, settings);
		return true;
	} catch {
		return false;
	}
}

/** Which columns say who somebody is. By e-mail address, that column stands in the place of the ID's. */
function columnsOf(
	header: readonly string[],
	settings: ListSettings,
	words?: TableWords,
): ColumnMap {
	const { matchBy, idColumn, accountIdColumn } = settings;
	return mapColumns(
		header,
		{
			idColumn: matchBy === 'id' ? idColumn : emailColumnOf(header, settings, words),
			accountIdColumn,
			segmentsColumn: null,
			actionColumn: null,
			detailsFor: 'none',
		},
		words,
	);
}

function emailColumnOf(
	header: readonly string[],
	{ emailColumn }: ListSettings,
	words?: TableWords,
): string {
	if (emailColumn !== '') return emailColumn;
	const found = header.filter((name, index) => detailOf(name, index)?.field === 'email');
	if (found.length === 1) return found[0];
	const list = words?.table ?? 'file';
	throw found.length === 0
		? new ListError(
				`The ${list} has no column of e-mail addresses. Columns found: ${listColumns(header)}`,
				"Name the column email, or set 'Email Column'",
			)
		: new ListError(
				`Several columns could be the e-mail address: ${listColumns(found)}`,
				"Set 'Email Column' to the one that is meant",
			);
}

/** Columns that say that somebody is out, as CRM systems have them. */
const OPT_OUT =
	/unsubscri|^(is)?subscribed|opt(ed)?(in|out)|donotcontact|^dnc$|^(is|has|was)?(removed|deleted|inactive|churned|bounced|blocked|left)(at|on|date)?$/;

/** Columns of files that this package writes. */
const OWN_COLUMNS: readonly string[] = [
	UNDONE_COLUMN,
	UNPLACED_COLUMN,
	JOINERS_COLUMN,
	LEAVERS_COLUMN,
];

/**
 * A list of people to be removed, to be tried again, or with instructions for each, is not the list of members: taken
 * for it, the run would do the opposite of what it says.
 * @throws ListError
 */
function refuseInstructions(
	header: readonly string[],
	{ ignoredColumns }: ListSettings,
	{ table, row }: TableWords,
): void {
	const ignored = new Set(ignoredColumns.map((name) => bareHeader(name)));
	const isReport = hasReportColumns(header);
	const found = header.filter((name) => {
		const stem = spreadHeader(name)?.stem ?? name;
		if (ignored.has(bareHeader(name)) || ignored.has(bareHeader(stem))) return false;
		return (
			OWN_COLUMNS.includes(name) ||
			(isReport && (REPORT_COLUMNS as readonly string[]).includes(name)) ||
			isRoleHeader(stem, 'segments') ||
			isRoleHeader(stem, 'action') ||
			looksLikeRole(name, 'action') ||
			OPT_OUT.test(bareHeader(name))
		);
	});
	if (found.length === 0) return;
	const own = found.some((name) => OWN_COLUMNS.includes(name)) || isReport;
	const what = found.length === 1 ? 'a column' : 'columns';
	throw new ListError(
		`The ${table} has ${what} that may say something else than who is in the segment: ${listColumns(found)}`,
		own
			? `This looks like a ${table} that this node has put out, which is not the list of members. Nothing was sent. To import it, use the resource 'Bulk'`
			: `Here, everybody in the ${table} becomes a member, and everybody else is removed. Filter the ${row}s first, then name the ${found.length === 1 ? 'column' : 'columns'} in 'Ignored Columns'. Nothing was sent`,
	);
}

/** What the import's planner has to be told, although nothing of it is used here. */
const UNUSED_SEGMENT = 'segment';

/** Reads who is meant by a row. IDs are judged as those of an import. */
class PeopleReader {
	private readonly planner: RowPlanner;

	constructor(
		private readonly columns: ColumnMap,
		private readonly settings: ListSettings,
	) {
		this.planner = new RowPlanner({
			columns,
			action: 'add',
			segments: [UNUSED_SEGMENT],
			blankCells: 'ignore',
			acceptUnusualIds: settings.acceptUnusualIds,
		});
	}

	read(row: CsvRow): ListRow {
		const planned = this.planner.plan(row);
		if ('problem' in planned) {
			const cell = row.cells[this.columns.id] ?? row.cells[0] ?? '';
			return { row: row.rowNumber, name: ownCopy(cell.trim()), problem: planned.problem };
		}
		// Texts of their own: cells are views of the whole piece of the file that they were read from.
		const name = ownCopy(planned.id);
		const accountId = planned.accountId === name ? name : ownCopy(planned.accountId);
		if (this.settings.matchBy === 'email' && !/^[^@\s]+@[^@\s]+$/.test(name)) {
			return { row: row.rowNumber, name, problem: 'The e-mail address is not one' };
		}
		return this.saysAccount(row)
			? { row: row.rowNumber, name, accountId }
			: { row: row.rowNumber, name };
	}

	/** A blank account is not the one of the participant's own ID: the list just does not say. */
	private saysAccount(row: CsvRow): boolean {
		const { accountId } = this.columns;
		const cell = accountId === undefined ? '' : (row.cells[accountId] ?? '');
		return cell.trim() !== '' && !isNoValue(cell);
	}
}

function notesOf(table: Table, { notes, header, id }: ColumnMap, settings: ListSettings): string[] {
	const unknown = settings.ignoredColumns.filter(
		(wanted) =>
			!header.some((name) =>
				[name, spreadHeader(name)?.stem ?? name].some(
					(one) => bareHeader(one) === bareHeader(wanted),
				),
			),
	);
	const mine = notes.filter((note) => settings.matchBy === 'id' && /was taken for/.test(note));
	return [
		...table.notes(),
		...(header[id] === undefined ? [] : mine),
		...(unknown.length === 0
			? []
			: [
					`'Ignored Columns' names ${listColumns(unknown)}, which the ${table.words.table} does not have`,
				]),
	];
}
