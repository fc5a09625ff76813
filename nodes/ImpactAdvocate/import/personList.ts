/**
 * A list of which only the people count, for operations that compare it with something: its rows as IDs or e-mail
 * addresses, found and read by the rules of an import.
 */
import { Breather } from '../../shared/advocate/client/breather';
import { inSentences } from '../../shared/advocate/client/errorTexts';
import type { Transport } from '../../shared/advocate/client/transport';
import { ownCopy } from './file/csvFile';
import { restedTable } from './file/csvTable';
import { isNoValue, RowPlanner } from './plan/planRow';
import { findEmail, mapColumns, noColumns } from './plan/columns';
import type { ColumnMap } from './plan/columns';
import { withUsedCells } from './plan/usedCells';
import type { Table, TableSource, TableWords } from './table';

export interface PersonListOptions {
	/** Whether people are named by their participant IDs or by their e-mail addresses. */
	by: 'id' | 'email';
	/** Names of columns, where the list does not use the usual ones. Blank: look for the usual ones. */
	idColumn?: string;
	emailColumn?: string;
	accountIdColumn?: string;
	/** `null`: such a column is left out; else it is looked for, so that the caller can refuse it. */
	segmentsColumn?: string | null;
	actionColumn?: string | null;
	acceptUnusualIds: boolean;
}

/** One row: who it names, or why that can't be told. */
export interface PersonRow {
	/** See `Table.firstRow`: as a spreadsheet or as n8n counts. */
	rowNumber: number;
	/** The participant ID or the e-mail address, cleaned. Nothing when there is a `problem`. */
	name?: string;
	/** Nothing when the row does not say it. */
	accountId?: string;
	/** As a sentence without a period. */
	problem?: string;
	/** With a `problem`: what stands where the name should be. */
	text?: string;
}

export interface PersonList {
	/** Its header is empty when the list is: see `Table.header`. */
	table: Table;
	/**
	 * `id` is the column that names people. `segments`, `action`, `actionLike` and `report` say that the list may be
	 * something else than a list of members.
	 */
	columns: ColumnMap;
	/** The rows, in portions, each time from the start. Blank ones are left out. */
	rows(): AsyncGenerator<PersonRow[]>;
	/** What people should know about how it was read, as sentences. Complete once all rows have been read. */
	notes(): string[];
}

/**
 * Open a list and find its columns.
 * @throws InputError when it is no list, or does not have the column that names people
 */
export async function openPersonList(
	transport: Transport,
	source: TableSource,
	options: PersonListOptions,
): Promise<PersonList> {
	const breather = new Breather(transport);
	const opened = await source.open(breather, (names) => {
		try {
			columnsOf(names, options);
			return true;
		} catch {
			return false;
		}
	});
	const isEmpty = opened.header.length === 0;
	const columns = isEmpty
		? noColumns(opened.words)
		: columnsOf(opened.header, options, opened.words);
	const { acceptUnusualIds } = options;
	const ids = { idName: idNameOf(options), acceptUnusualIds };
	const table = isEmpty ? opened : restedTable(withUsedCells(opened, columns, ids), breather);
	const witness = table.witness?.([columns.id]);
	return {
		table,
		columns,
		rows: () => personRows(table, columns, options, (row) => witness?.hear(row)),
		notes: () => [...table.notes(), ...(witness?.notes ?? []), ...columns.notes],
	};
}

function columnsOf(
	header: readonly string[],
	options: PersonListOptions,
	words?: TableWords,
): ColumnMap {
	const { by, accountIdColumn, segmentsColumn, actionColumn } = options;
	const idColumn =
		by === 'id' ? options.idColumn : header[findEmail(header, options.emailColumn, words)];
	return mapColumns(
		header,
		{
			idColumn,
			accountIdColumn,
			segmentsColumn,
			actionColumn,
			detailsFor: 'none',
			wayByEmail: ". Otherwise set 'Match By' to Email",
		},
		words,
	);
}

/** What people are named by in messages; nothing where that is the participant ID. */
const idNameOf = ({ by }: PersonListOptions): string | undefined =>
	by === 'id' ? undefined : 'e-mail address';

async function* personRows(
	table: Table,
	columns: ColumnMap,
	options: PersonListOptions,
	hear: (row: Parameters<RowPlanner['plan']>[0]) => void,
): AsyncGenerator<PersonRow[]> {
	const planner = new RowPlanner({
		// What else a row says is not asked for.
		columns: { ...columns, segments: undefined, moreSegments: [], action: undefined },
		idName: idNameOf(options),
		action: 'clear',
		segments: [],
		blankCells: 'ignore',
		acceptUnusualIds: options.acceptUnusualIds,
	});
	const saysAccount = (cell: string): boolean => cell.trim() !== '' && !isNoValue(cell);
	for await (const rows of table.rows()) {
		yield rows.map((row): PersonRow => {
			const { rowNumber, cells } = row;
			hear(row);
			const planned = planner.plan(row);
			if ('problem' in planned) {
				// A row with broken quotes is one cell.
				const text = ownCopy((cells[columns.id] ?? cells[0] ?? '').trim());
				return { rowNumber, problem: inSentences(planned.problem, planned.bySetting), text };
			}
			// Texts of their own: cells are views of the whole piece of the file that they were read from.
			const id = ownCopy(planned.id);
			const accountId = planned.accountId === id ? id : ownCopy(planned.accountId);
			const hasAccount = columns.accountId !== undefined && saysAccount(cells[columns.accountId]);
			return hasAccount ? { rowNumber, name: id, accountId } : { rowNumber, name: id };
		});
	}
}
