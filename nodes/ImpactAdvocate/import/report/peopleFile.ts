/**
 * The files of joiners, leavers and unmatched rows of Sync Members. They have IDs only: execution data is kept for weeks.
 * Imported with Add or Remove, the first two do what the plan would have done. Their last column marks them, so that
 * nobody syncs a segment with one: it is the opposite of a list of members.
 */
import type { ParticipantId } from '../../../shared/advocate/participants';
import type { CsvDelimiter } from '../file/csvFormat';
import { BYTE_ORDER_MARK, CRLF, csvLine } from '../file/csvFormat';
import type { TableWords } from '../table';
import { protectFormulas } from './formulas';

/** The marks: the segment that somebody would join or leave, or that a row was to name a member of. */
export const JOINERS_COLUMN = 'joinerOf';
export const LEAVERS_COLUMN = 'leaverOf';
export const UNMATCHED_COLUMN = 'unmatchedFor';

/** A row of a list that names no participant for certain. */
export interface UnmatchedRow {
	row: number;
	/** What it calls the person. */
	name: string;
	accountId?: string;
	/** Why, as a sentence. */
	message: string;
}

/**
 * @param mark the name of the last column
 * @param delimiter that of the list
 */
export function peopleFile(
	people: readonly ParticipantId[],
	segment: string,
	mark: typeof JOINERS_COLUMN | typeof LEAVERS_COLUMN,
	delimiter: CsvDelimiter = ',',
): Buffer {
	const lines = people.map(({ accountId, id }) => [accountId, id, segment]);
	return fileOf([['accountId', 'id', mark], ...lines], delimiter);
}

/**
 * @param column what the list calls people by
 * @param words those of the list: a row of a file counts from the header, an item from 0, and the column tells which
 * @param delimiter that of the list
 */
export function unmatchedFile(
	rows: readonly UnmatchedRow[],
	segment: string,
	column: 'id' | 'email',
	words: TableWords,
	delimiter: CsvDelimiter = ',',
): Buffer {
	const lines = rows.map(({ row, name, accountId = '', message }) => [
		...[accountId, name, String(row)],
		...[message, segment],
	]);
	return fileOf(
		[['accountId', column, words.row, 'reason', UNMATCHED_COLUMN], ...lines],
		delimiter,
	);
}

function fileOf(rows: ReadonlyArray<readonly string[]>, delimiter: CsvDelimiter): Buffer {
	const text = rows.map((cells) => csvLine(cells.map(protectFormulas), delimiter) + CRLF).join('');
	return Buffer.from(BYTE_ORDER_MARK + text, 'utf8');
}
