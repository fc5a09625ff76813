/**
 * The files of joiners and leavers of Sync Members. They have IDs only: execution data is kept for weeks. Imported with Add or Remove,
 * they do what the plan would have done. Their last column marks them, so that nobody syncs a segment with one: it is
 * the opposite of a list of members.
 */
import type { ParticipantId } from '../../../shared/advocate/participants';
import type { CsvDelimiter } from '../file/csvFormat';
import { BYTE_ORDER_MARK, CRLF, csvLine } from '../file/csvFormat';
import { protectFormulas } from './formulas';

/** The marks: the segment that somebody would join or leave. */
export const JOINERS_COLUMN = 'joinerOf';
export const LEAVERS_COLUMN = 'leaverOf';

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
	const lines = people.map(({ accountId, id }) => [accountId, id, segment].map(protectFormulas));
	const text = [['accountId', 'id', mark], ...lines]
		.map((cells) => csvLine(cells, delimiter) + CRLF)
		.join('');
	return Buffer.from(BYTE_ORDER_MARK + text, 'utf8');
}
