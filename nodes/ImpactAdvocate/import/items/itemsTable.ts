/**
 * The items of a workflow as the list that an import takes: all of them are one list, and the number of a row is that of
 * its item. The items are in memory anyway; their cells are made anew in each reading, so that they need none.
 */
import { createHash } from 'node:crypto';
import { countText } from '../../../shared/inputValue';
import type { Breather } from '../../../shared/advocate/client/breather';
import { InputError } from '../../../shared/inputError';
import { ReadingNotes, Tally } from '../file/readingNotes';
import { misplaced } from '../file/rowShape';
import { unprotectFormulas } from '../report/formulas';
import { hasReportColumns, UNPLACED_COLUMN } from '../report/rejects';
import { isExactFile } from '../report/undo';
import type { Table, TableSource, CsvRow, UnusualCell } from '../table';
import { ITEM_WORDS } from '../table';
import { visitFields } from './flatten';
import type { FieldValue } from './flatten';

/** Items that can't be taken as a list. */
class ItemsError extends InputError {}

/** A list with more columns than this is not one of participants. */
const MAX_COLUMNS = 1000;

/** Rows that are given out at once. */
const PORTION = 100;

/** What nodes add to every item, also to one of a blank row: Google Sheets numbers them. */
const ADDED: ReadonlySet<string> = new Set(['row_number']);

/**
 * @param items their JSON, never changed
 */
export function itemsSource(items: readonly object[]): TableSource {
	return {
		reading: 'items',
		async open(breather) {
			const survey = await surveyItems(items, breather);
			return tableOf(items, survey, breather);
		},
	};
}

interface ItemsSurvey {
	/** Columns by the paths of fields, in the order in which they first appear. */
	columns: Map<string, number>;
	fingerprint: string;
	blankItems: number;
}

/** Fields of all items together: an item may lack some. */
async function surveyItems(items: readonly object[], breather: Breather): Promise<ItemsSurvey> {
	const columns = new Map<string, number>();
	const hash = createHash('sha256');
	let blankItems = 0;
	for (const [index, item] of items.entries()) {
		if (breather.isDue) await breather.rest();
		const fields: Array<[string, string]> = [];
		let isBlank = true;
		visitFields(item, {
			field(path, value) {
				fields.push([path, value.text]);
				isBlank &&= isBlankField(path, value);
			},
		});
		hash.update(`${JSON.stringify(fields)}\n`);
		if (isBlank) {
			blankItems++;
			continue;
		}
		for (const [path] of fields) {
			if (columns.has(path)) continue;
			if (columns.size >= MAX_COLUMNS) throw tooManyFields(index);
			columns.set(path, columns.size);
		}
	}
	return { columns, fingerprint: hash.digest('hex'), blankItems };
}

const tooManyFields = (index: number): ItemsError =>
	new ItemsError(
		`The items up to item ${index} have more than ${countText(MAX_COLUMNS)} different fields`,
		"Keep only the fields to import, with the node 'Edit Fields (Set)'",
	);

/** Whether a field says nothing. An item of which all fields do, or that has none, is blank. */
const isBlankField = (path: string, { kind, text }: FieldValue): boolean =>
	ADDED.has(path) || (kind === 'text' && text.trim() === '');

function tableOf(
	items: readonly object[],
	{ columns, fingerprint, blankItems }: ItemsSurvey,
	breather: Breather,
): Table {
	const names = [...columns.keys()].map((path) => path.trim());
	const isGuarded = hasReportColumns(names) || isExactFile(names);
	const header = isGuarded ? names.map(unprotectFormulas) : names;
	const notes = new ReadingNotes(header.length === 0 ? [emptyNote(items.length)] : []);
	const reader = new ItemReader(columns, {
		isGuarded,
		unplaced: hasReportColumns(names) ? names.lastIndexOf(UNPLACED_COLUMN) : -1,
	});
	return {
		words: ITEM_WORDS,
		header,
		firstRow: 0,
		fingerprint,
		facts: { items: items.length, blankItems },
		notes: () => notes.notes,
		rows: () => readRows(items, reader, breather, notes),
	};
}

const emptyNote = (count: number): string =>
	count === 1
		? 'The list is empty: the only item has no value in any field, so it names nobody'
		: `The list is empty: none of the ${countText(count)} items has a value in any field, so it names nobody`;

async function* readRows(
	items: readonly object[],
	reader: ItemReader,
	breather: Breather,
	notes: ReadingNotes,
): AsyncGenerator<CsvRow[]> {
	const tally = new Tally(ITEM_WORDS);
	const isEmpty = reader.isEmpty;
	for (let start = 0; start < items.length; start += PORTION) {
		const rows: CsvRow[] = [];
		for (const [offset, item] of items.slice(start, start + PORTION).entries()) {
			if (breather.isDue) await breather.rest();
			const rowNumber = start + offset;
			const row = reader.read(item, rowNumber);
			if (row === undefined) {
				// An empty list has a note of its own.
				if (!isEmpty) tally.see('blankItem', rowNumber);
				continue;
			}
			rows.push(row);
		}
		if (rows.length > 0) yield rows;
	}
	notes.complete(tally);
}

class ItemReader {
	constructor(
		private readonly columns: ReadonlyMap<string, number>,
		private readonly shape: { isGuarded: boolean; unplaced: number },
	) {}

	get isEmpty(): boolean {
		return this.columns.size === 0;
	}

	/** The row of an item; nothing for a blank one. A field that it lacks is a blank cell. */
	read(item: object, rowNumber: number): CsvRow | undefined {
		const { columns, shape } = this;
		const cells = new Array<string>(columns.size).fill('');
		const unusual: UnusualCell[] = [];
		let isBlank = true;
		visitFields(item, {
			field(path, found) {
				isBlank &&= isBlankField(path, found);
				const column = columns.get(path);
				if (column === undefined) return;
				const { kind, text, value } = found;
				const earlier = cells[column];
				if (text !== '') cells[column] = text;
				// As a field `a.b`, and as a field `b` in an object `a`.
				if (earlier !== '' && text !== '' && earlier !== text)
					unusual.push({ column, kind: 'twice', value });
				else if (kind !== 'text') unusual.push({ column, kind, value });
			},
			group(path, value) {
				// Other items have a value where this one has fields.
				const column = columns.get(path);
				if (column !== undefined) unusual.push({ column, kind: 'other', value });
			},
		});
		if (isBlank) return undefined;
		const row: CsvRow = {
			rowNumber,
			cells: shape.isGuarded ? cells.map(unprotectFormulas) : cells,
		};
		if (unusual.length > 0) row.unusual = unusual;
		const mark = row.cells[shape.unplaced] ?? '';
		if (mark.trim() !== '') row.problem = misplaced();
		return row;
	}
}
