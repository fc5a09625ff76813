/**
 * The check of a participant in the files that we write: whether the IDs of a row are still those that it was written
 * with. A spreadsheet turns `000123` into `123` and `true` into `TRUE`, and whoever saves such a file and imports it
 * would make participants that nobody has asked for. Pure.
 *
 * The check is the beginning of a hash of both IDs, written in letters that no spreadsheet takes for a number, a date or
 * a word.
 */
import { createHash } from 'node:crypto';
import type { ParticipantId } from '../../../shared/advocate/participants';

/** The column of the check. */
export const ID_CHECK_COLUMN = 'idCheck';

/** One letter for each value of half a byte. */
const LETTERS = 'bcdfghjkmnpqrstv';

const LENGTH = 8;

/** The check of a participant. */
export function idCheckOf({ accountId, id }: ParticipantId): string {
	// As UTF-16: in UTF-8, halves of characters would all be the same.
	const text = Buffer.from(JSON.stringify([accountId, id]), 'utf16le');
	const digits = createHash('sha256').update(text).digest('hex').slice(0, LENGTH);
	return digits.replace(/./g, (digit) => LETTERS[parseInt(digit, 16)]);
}

/**
 * Why a participant is not the one that a row was written with, as a sentence without a period.
 * @param cell the row's check; blank where there is none
 */
export function idCheckProblem(participant: ParticipantId, cell: string): string | undefined {
	const check = cell.trim().toLowerCase();
	if (check === '' || check === idCheckOf(participant)) return undefined;
	return `The spreadsheet changed the ID, as the cell in '${ID_CHECK_COLUMN}' shows: import the column as Text. If you changed the ID yourself, empty that cell`;
}
