/**
 * A list of people as rows of texts under a header, whatever it comes from. The import's passes know lists as this, and
 * nothing of files or items. `file/csvTable.ts` makes one of a CSV file, `items/itemsTable.ts` of n8n's items.
 */
import type { Breather } from '../../shared/advocate/client/breather';
import type { CsvDelimiter } from './file/carefulReader';
import type { CsvRow } from './file/rowShape';
import type { TableWords } from './tableWords';

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
