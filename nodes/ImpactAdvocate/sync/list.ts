/** Reads the list that a segment is to be equal to: all of it, or nothing. */
import type { Transport } from '../../shared/advocate/client/transport';
import { isEmail } from '../../shared/advocate/participantId';
import { InputError } from '../../shared/inputError';
import { openPersonList } from '../import/personList';
import type { CsvDelimiter } from '../import/file/csvFormat';
import type { PersonRow } from '../import/personList';
import {
	bareHeader,
	isRoleHeader,
	listColumns,
	looksLikeRole,
	spreadHeader,
} from '../import/plan/headers';
import { JOINERS_COLUMN, LEAVERS_COLUMN, UNMATCHED_COLUMN } from '../import/report/peopleFile';
import { hasReportColumns, REPORT_COLUMNS, UNPLACED_COLUMN } from '../import/report/rejects';
import { UNDONE_COLUMN } from '../import/report/undo';
import type { TableSource, TableWords } from '../import/table';
import type { ListRow, MatchBy } from './compare';

/** A list that can't be what the segment is to be equal to. */
class ListError extends InputError {}

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
	/** What separates its cells, where it is a text. */
	delimiter?: CsvDelimiter;
	/** Its rows, in portions, each time from the start: a million of them are not kept. */
	rows(): AsyncGenerator<ListRow[]>;
	/** Rows that name somebody, or try to. */
	filled: number;
	/** Rows that the node before put out, blank items included. */
	total: number;
	/** Items without anything in them. */
	blank: number;
	/** Columns that an import would send as details of the participants, but for ignored ones. Here, nothing is. */
	details: string[];
	/** What people should know about how it was read, as sentences. */
	notes: string[];
}

/**
 * Read a list to its end.
 * @throws InputError when it can't be read completely, or says more than who is in the segment
 */
export async function readList(
	transport: Transport,
	source: TableSource,
	settings: ListSettings,
): Promise<SyncList> {
	const { matchBy, ignoredColumns } = settings;
	const list = await openPersonList(transport, source, {
		...settings,
		by: matchBy,
		segmentsColumn: null,
		actionColumn: null,
	});
	const { columns, table } = list;
	const { header, words, facts } = table;
	refuseInstructions(header, settings, words);
	let filled = 0;
	for await (const rows of list.rows()) filled += rows.length;
	const { items, blankItems } = facts;
	const unknown = ignoredColumns.filter((name) => !header.some((column) => isNamed(column, name)));
	return {
		words,
		delimiter: table.delimiter,
		async *rows() {
			for await (const rows of list.rows()) yield rows.map((row) => listRow(row, matchBy, words));
		},
		filled,
		total: typeof items === 'number' ? items : filled,
		blank: typeof blankItems === 'number' ? blankItems : 0,
		details: columns.unsentDetails.filter(
			(column) => !ignoredColumns.some((name) => isNamed(column, name)),
		),
		notes: [
			// Which columns an import would not use is no matter here; which one names people is.
			...list.notes().filter((note) => !columns.notes.includes(note) || /was taken for/.test(note)),
			...(unknown.length === 0
				? []
				: [
						`'Ignored Columns' names ${listColumns(unknown)}, which the ${words.table} does not have`,
					]),
		],
	};
}

function listRow(
	{ rowNumber: row, name = '', accountId, problem, text = '' }: PersonRow,
	matchBy: MatchBy,
	words: TableWords,
): ListRow {
	if (problem !== undefined) return { row, name: text, problem };
	if (matchBy === 'email' && !isEmail(name)) {
		return {
			row,
			name,
			problem: `The value is not an e-mail address. Correct it in the ${words.row}`,
		};
	}
	return accountId === undefined ? { row, name } : { row, name, accountId };
}

/** Whether a column is the one that people name, perhaps as one of those that a list is spread over. */
function isNamed(column: string, name: string): boolean {
	const stem = spreadHeader(column)?.stem ?? column;
	return [column, stem].some((text) => bareHeader(text) === bareHeader(name));
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
	UNMATCHED_COLUMN,
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
	const isReport = hasReportColumns(header);
	const found = header.filter((name) => {
		if (ignoredColumns.some((ignored) => isNamed(name, ignored))) return false;
		const stem = spreadHeader(name)?.stem ?? name;
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
			: `Here, everybody in the ${table} becomes a member, and everybody else is removed. Filter the ${row}s first, then name the ${found.length === 1 ? 'column' : 'columns'} in the option 'Columns' ('Ignored Columns'). Nothing was sent`,
	);
}
