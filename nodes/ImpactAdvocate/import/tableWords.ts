/** What people call the list that is imported, and its rows, in messages. Pure. */
import { countText } from '../../shared/inputValue';

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
