/**
 * Whether the file of an export job is understood: some of its participants are asked for, and have to give the same
 * cells. What one column means differently, it does for everybody who has a value there. Pure.
 */
import { participantKey } from '../../shared/advocate/participants';
import type { ParticipantRecord } from '../../shared/advocate/participants';
import { CELL_SEPARATOR } from '../../shared/segments/cell';
import { JobObjection } from './jobFile';
import type { ExportRows } from './exportRows';

/** Lists of segments have no order. */
const inOrder = (name: string, cell: string): string =>
	name === 'segments' ? cell.split(CELL_SEPARATOR).sort().join(CELL_SEPARATOR) : cell;

/**
 * Compare participants of the file with what the API says of them now. Somebody who was changed since the file was made
 * is no reason to doubt it: a column is doubted when at least half of its values differ.
 * @param rows those of the comparison: they count what they see
 * @param asked in the order of the participants; nothing for one who does not exist (any more)
 * @throws JobObjection
 */
export function checkSample(
	rows: ExportRows,
	ofFile: readonly ParticipantRecord[],
	asked: ReadonlyArray<ParticipantRecord | undefined>,
): void {
	const compared = rows.header.map(() => 0);
	const different = rows.header.map(() => 0);
	ofFile.forEach((record, index) => {
		const other = asked[index];
		if (other === undefined || participantKey(other) !== participantKey(record)) return;
		const [cells, expected] = [rows.cells(record), rows.cells(other)];
		rows.header.forEach((name, column) => {
			if (cells[column] === '' && expected[column] === '') return;
			compared[column]++;
			if (inOrder(name, cells[column]) !== inOrder(name, expected[column])) different[column]++;
		});
	});
	const doubted = rows.header.filter(
		(_, column) => different[column] > 0 && 2 * different[column] >= compared[column],
	);
	if (doubted.length > 0) {
		throw new JobObjection(
			`its file says something else about ${doubted.join(', ')} than the API does, for the first participants`,
		);
	}
}
