/**
 * Who says what happens to the segments: the node or the file. One voice is obeyed; two are refused, because following
 * either in silence would be wrong: a file could do more than the owner of the workflow set, or somebody to be removed
 * would be added. Pure.
 *
 * | Action in the node | Segments in the node | The file                                   | Verdict       |
 * | ------------------ | -------------------- | ------------------------------------------ | ------------- |
 * | any but the file's | any                  | a filled action cell                       | `action`      |
 * | any but the file's | any                  | an action in a column that looks like it   | `action`      |
 * | any but the file's | any                  | `~` in a segments cell, which is an action | `operation`   |
 * | Clear              | none possible        | a filled segments cell                     | `clear`       |
 * | any                | chosen               | a filled segments cell, column not named   | `segments`    |
 * | As the File Says   | any                  | neither column                             | `noColumn`    |
 * | As the File Says   | chosen               | no action column, segments column not named | `noAction`   |
 * | As the File Says   | any                  | no action column, but one that looks like it | `actionLike` |
 * | any                | any                  | anything else                              | obeyed        |
 *
 * A segments column that was named in the node is asked for: its cells count, and blank ones take the node's segments.
 */
import { hasOperations } from '../../../shared/segments/cell';
import { listed, SEGMENT_ACTIONS } from '../../../shared/segments/change';
import type { SegmentAction } from '../../../shared/segments/change';
import { joinSegmentCells, segmentCells } from './columns';
import type { ColumnMap, ColumnOptions } from './columns';
import type { CsvRow, TableWords } from '../table';
import { capital, followsTable } from '../table';
import { CsvFileError } from '../file/csvFileError';

/** What the node says about the action: one for all rows, or that the file decides. */
export type ActionChoice = SegmentAction | 'file';

/** The names of the choices, as the node shows them. */
export const ACTION_NAMES: Readonly<Record<ActionChoice, string>> = {
	add: 'Add',
	file: 'As the File Says',
	clear: 'Clear',
	remove: 'Remove',
	set: 'Set',
};

/** What a choice is called for this kind of list. */
const actionName = (choice: ActionChoice, words: TableWords): string =>
	choice === 'file' ? followsTable(words) : ACTION_NAMES[choice];

export interface NodeVoice {
	action: ActionChoice;
	hasSegments: boolean;
	/** Which, for messages. */
	segments?: readonly string[];
	/** Whether the segments column was given by name, and not found by itself. */
	namesSegmentsColumn: boolean;
}

/** What the settings of an import say. */
export function nodeVoice(settings: {
	action: ActionChoice;
	segments: readonly string[];
	columns: ColumnOptions;
}): NodeVoice {
	const { segmentsColumn } = settings.columns;
	return {
		action: settings.action,
		hasSegments: settings.segments.length > 0,
		segments: settings.segments,
		namesSegmentsColumn: typeof segmentsColumn === 'string' && segmentsColumn.trim() !== '',
	};
}

/** What a file, or one row of it, says. */
export interface FileVoice {
	hasActionColumn: boolean;
	hasSegmentsColumn: boolean;
	saysAction: boolean;
	/** Whether a column that is not used looks like the action column. */
	hasActionLike?: boolean;
	saysSegments: 'nothing' | 'keys' | 'operations';
}

export type Contradiction =
	| 'action'
	| 'operation'
	| 'clear'
	| 'segments'
	| 'noColumn'
	| 'noAction'
	| 'actionLike';

/** The table above: what is wrong, or nothing when the one voice there is can be obeyed. */
export function contradictionOf(node: NodeVoice, file: FileVoice): Contradiction | undefined {
	if (node.action !== 'file') {
		if (file.saysAction) return 'action';
		if (file.saysSegments === 'operations') return 'operation';
		if (node.action === 'clear' && file.saysSegments !== 'nothing') return 'clear';
	}
	if (node.hasSegments && !node.namesSegmentsColumn && file.saysSegments !== 'nothing') {
		return 'segments';
	}
	if (node.action === 'file' && !file.hasActionColumn) {
		// Without it, everybody would be added, also who is to be removed.
		if (file.hasActionLike) return 'actionLike';
		if (!file.hasSegmentsColumn) return 'noColumn';
		if (node.hasSegments && !node.namesSegmentsColumn) return 'noAction';
	}
	return undefined;
}

/** Compares the voices of one file and the node, row by row. */
export class Voices {
	private readonly silent: FileVoice;

	/** Whether there is anything that a row could say against the node. */
	private readonly canContradict: boolean;

	/** @throws CsvFileError when the columns alone show that node and file do not fit together */
	constructor(
		private readonly node: NodeVoice,
		private readonly columns: ColumnMap,
	) {
		this.silent = {
			hasActionColumn: columns.action !== undefined,
			hasSegmentsColumn: columns.segments !== undefined,
			saysAction: false,
			hasActionLike: columns.actionLike !== undefined,
			saysSegments: 'nothing',
		};
		const found = contradictionOf(node, this.silent);
		if (found !== undefined) throw this.refusal(found);
		this.canContradict = [
			{ ...this.silent, saysAction: true },
			{ ...this.silent, saysSegments: 'keys' as const },
			{ ...this.silent, saysSegments: 'operations' as const },
		].some((voice) => contradictionOf(node, voice) !== undefined);
	}

	/**
	 * Listen to one row. One whose cells may stand in the wrong columns says nothing; it is never sent.
	 * @throws CsvFileError when it contradicts the node
	 */
	hear(row: CsvRow): void {
		if (!this.canContradict || row.problem !== undefined) return;
		const action = cellOf(row, this.columns.action) || this.likelyAction(row);
		const segments = joinSegmentCells(segmentCells(this.columns, row.cells));
		if (action === '' && segments === '') return;
		const found = contradictionOf(this.node, {
			...this.silent,
			saysAction: action !== '',
			saysSegments: segments === '' ? 'nothing' : hasOperations(segments) ? 'operations' : 'keys',
		});
		if (found !== undefined) throw this.refusal(found, row);
	}

	/** What a column that looks like the action column says, if it is an action. */
	private likelyAction(row: CsvRow): string {
		const cell = cellOf(row, this.columns.actionLike);
		return SEGMENT_ACTIONS.some((action) => action === cell.toLowerCase()) ? cell : '';
	}

	private refusal(found: Contradiction, row?: CsvRow): CsvFileError {
		const { action, segments } = this.columns;
		const { words } = this.columns;
		const { table } = words;
		const follow = `Set 'Action' to '${followsTable(words)}' to follow the ${table}`;
		const set = `the action for every ${words.row} is set to '${actionName(this.node.action, words)}'`;
		// Whoever has only the file must not empty the column of rows that ask for a removal: they would be added.
		const without = `Leave out ${words.row}s that ask for anything else, and this column`;
		const follows = `The ${table} is to say what happens to each ${words.row}`;
		const cells = row?.cells ?? [];
		const where = (column: number | undefined): string => {
			const said =
				column === segments
					? joinSegmentCells(segmentCells(this.columns, cells))
					: (cells[column ?? -1] ?? '').trim();
			return `${capital(words.row)} ${row?.rowNumber ?? ''} has '${shown(said)}' in the column '${shown(this.columns.header[column ?? -1] ?? '')}'`;
		};
		const [message, hint] = ((): [string, string] => {
			switch (found) {
				case 'action':
					return [
						`${where(action ?? this.columns.actionLike)}, but ${set}. ${without}`,
						`${follow}, or 'Action Column' in the option 'Columns' to 'None' to do the same with every ${words.row}`,
					];
				case 'operation':
					return [
						`${where(segments)}, where '~' is an action of its own, but ${set}. ${without}`,
						`${follow}, or 'Segments Column' in the option 'Columns' to 'None' to leave this column out`,
					];
				case 'clear':
					return [
						`${where(segments)}, but ${set}, which applies to all segments. ${without}`,
						"Set 'Action' to 'Remove' to take the participants out of these segments only, or 'Segments Column' in the option 'Columns' to 'None' to leave this column out",
					];
				case 'segments':
					return [
						`${where(segments)}, but the segments for every ${words.row} are chosen already${this.node.segments === undefined ? '' : `: ${listed(this.node.segments)}`}. ${without}`,
						`Leave 'Segment Names or IDs' empty to follow the ${table}. To use those of the node for blank cells only, set 'Segments Column' in the option 'Columns' to 'By Name' and name the column; to use them for every ${words.row}, set it to 'None'`,
					];
				case 'actionLike':
					return [
						`${follows}, but it has no action column, only '${shown(this.columns.header[this.columns.actionLike ?? -1] ?? '')}', which may be one`,
						"Set 'Action Column' in the option 'Columns' to 'By Name' and name this column, or to 'None' if it means something else",
					];
				case 'noColumn':
					return [
						`${follows}, but it has neither an action column nor a segments column`,
						"Choose another 'Action', or name the columns in the option 'Columns' ('Action Column', 'Segments Column')",
					];
				case 'noAction':
					return [
						`${follows}, but it has no action column that says what to do with the segments that are chosen`,
						`Choose another 'Action', leave 'Segment Names or IDs' empty if the ${table} names the segments, or name the column in the option 'Columns' ('Action Column')`,
					];
			}
		})();
		return new CsvFileError(message, hint, row?.rowNumber);
	}
}

function cellOf(row: CsvRow, column: number | undefined): string {
	return column === undefined ? '' : row.cells[column].trim();
}

/** A text of the file for a message: short, on one line. */
function shown(text: string): string {
	const line = text.replace(/\s+/g, ' ');
	return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
