/**
 * A list of people as rows of texts under a header, whatever it comes from, and what people call it in messages. The
 * import's passes know lists as this, and nothing of files or items. `file/csvTable.ts` makes one of a CSV file,
 * `items/itemsTable.ts` of n8n's items.
 */
import type { Breather } from '../../shared/advocate/client/breather';
import { countText } from '../../shared/inputValue';
import type { CsvDelimiter } from './file/csvFormat';

/** One row below the header. */
export interface CsvRow {
	/** Row as a spreadsheet shows it: the header is row 1 (or the first line that is not blank). */
	rowNumber: number;
	/**
	 * As many cells as the header has, unless `problem` is set; a row with broken quotes is one cell, its text as it
	 * stands in the file. Cells may share memory with the piece of the file they
	 * come from: keep `ownCopy(cell)`, not the cell, where many are kept for long.
	 */
	cells: string[];
	/** Why the row can't be used, as the end of a sentence: "has 3 cells but the header has 5". */
	problem?: string;
	/** With a `problem`: the way out by a setting of the node. */
	bySetting?: string;
	/** Positions of cells with a quote in them that are not in quotes themselves. */
	looseQuotes?: number[];
	/** How many of the cells, at the row's end, the file does not have; they are blank. Who knows the columns decides. */
	missingCells?: number;
	/** Only of files: whether rows that are blank, or no data, stand between it and the one before. */
	isAfterGap?: true;
	/**
	 * What a cell was that can't be shown in one, as text; the cell is blank then. Whoever imports the row again must not
	 * get something else instead.
	 */
	unplaced?: string;
	/** Only of items, whose fields have types: cells that are no text. Who knows the columns decides. */
	unusual?: UnusualCell[];
}

/** A cell of an item that is neither text nor a whole number. */
export interface UnusualCell {
	column: number;
	/**
	 * `value`: a switch, a fraction or a date, which has a text. `list`: several texts. `twice`: the item has two values
	 * for the column. `other`: nothing that a cell can hold.
	 */
	kind: 'value' | 'list' | 'twice' | 'other';
	/** For the message. */
	value: unknown;
}

/** Looks in the rows for a cell by which people can check how the list was read. */
interface Witness {
	hear(row: CsvRow): void;
	/** What is to be said, when all rows have been heard. */
	readonly notes: string[];
}

/** A list whose header is known. */
export interface Table {
	words: TableWords;
	/** Column names without surrounding blanks; may be empty, or there twice. No name at all: the list is empty. */
	header: string[];
	/** The smallest number that a row can have: rows count as a spreadsheet does, items as n8n does, from 0. */
	firstRow: number;
	/** SHA-256 of all that is in it, hexadecimal: the same for the same list. */
	fingerprint: string;
	/** What separates its cells; files that are made of it are written likewise. Nothing where it is no text. */
	delimiter?: CsvDelimiter;
	/** How it is written, for the summary. */
	facts: Readonly<Record<string, string | number>>;
	/** What was skipped or read in a special way, as sentences. Complete once all rows have been read. */
	notes(): string[];
	/**
	 * The rows, in portions (never empty ones), by ascending numbers. Each call reads them from the start; leaving the
	 * iteration early releases the source.
	 * @throws InputError when the rest can't be read; the rows before it have been given out
	 */
	rows(): AsyncGenerator<CsvRow[]>;
	/** @param columns positions of those that are used: only there a wrong letter does harm */
	witness?(columns: readonly number[]): Witness;
}

/** Where a list comes from. Nothing is read yet. */
export interface TableSource {
	/**
	 * Read as much as it takes to know the header.
	 * @param namesColumns whether a row names the columns that are needed. It helps to tell a title from the header
	 * @throws InputError when it is no list
	 */
	open(breather: Breather, namesColumns: (names: readonly string[]) => boolean): Promise<Table>;
	/** What decides how it is read: the same list read otherwise is another one. */
	reading: unknown;
}

export interface TableWords {
	table: 'file' | 'list';
	row: 'row' | 'item';
}

export const FILE_WORDS: TableWords = { table: 'file', row: 'row' };

export const ITEM_WORDS: TableWords = { table: 'list', row: 'item' };

/** For the beginning of a sentence: "Row", "Item". */
export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** What the node's 'Action' is called with which the rows decide. */
export const followsTable = ({ row }: TableWords): string =>
	row === 'item' ? 'As the Items Say' : 'As the File Says';

/** Why a run ended that has done its rows and is to take no more, as a sentence without a period. */
export const sliceReason = (maxRows: number, words: TableWords): string =>
	`The run ended after ${countRows(maxRows, words)}, as set in 'Max Rows per Run'`;

/** Such as "1 row", "2,000 items". */
export const countRows = (count: number, { row }: TableWords): string =>
	`${countText(count)} ${row}${count === 1 ? '' : 's'}`;
