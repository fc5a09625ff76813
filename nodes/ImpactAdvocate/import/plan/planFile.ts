/**
 * Makes the plan of a file before its first row is sent: reads through it, finds out which segments its cells and the
 * node mean, and reads through it again when a text was not the key itself.
 */
import { expectAdvocateError } from '../../../shared/advocate/client/error';
import type { AdvocateError } from '../../../shared/advocate/client/error';
import type { SegmentDirectory } from '../../../shared/advocate/segmentDirectory';
import { expectSegmentInputError, SegmentInputError } from '../../../shared/segments/change';
import type { CellReading } from '../../../shared/segments/cell';
import type { KeyOf, SegmentUse } from '../../../shared/segments/names';
import { mayCreate } from '../prepared';
import type { ImportSettings } from '../prepared';
import type { ColumnMap } from './columns';
import { FileNotes, surveyFile } from './survey';
import { ChangedSegments } from './knownMembers';
import { RowPlanner } from './planRow';
import type { RepeatRule, RowRange, Survey } from './survey';
import { countRows } from '../table';
import type { Table, TableWords } from '../table';
import { nodeVoice, Voices } from './voices';
import { countText } from '../../../shared/inputValue';
import { CsvFileError } from '../file/csvFileError';

export interface PlannedFile {
	planner: RowPlanner;
	survey: Survey;
	/** Keys of the segments that are to be created for this file. */
	newSegments: string[];
	/** The segments whose members are to be read; only when rows that ask for nothing new are left out. */
	changed?: ChangedSegments;
	/** Why it is not known what the segments are: nothing may be sent. */
	failure?: AdvocateError;
	/** Whether the segments can't be looked up with this key, so that texts stand for keys. */
	takesTextsAsKeys: boolean;
	/** What the user should know about how the file was read and its segments were understood. */
	notes: readonly string[];
}

/** What a file is planned by. */
export interface FilePlan extends RowRange {
	columns: ColumnMap;
	settings: ImportSettings;
	repeatRule: RepeatRule;
}

/**
 * Plan a whole file. This also proves that the whole file can be read, and that its rows do not contradict the node.
 * @returns with `failure` when the segments can't be looked up at the moment
 * @throws CsvFileError when the run is to start behind the last row
 * @throws SegmentInputError when a segment of the node can't be used, when no row can be sent because of its segments,
 * or when too many would be created. Nothing has been sent then
 */
export async function planFile(
	table: Table,
	directory: SegmentDirectory,
	{ columns, settings, startAtRow, maxRows, repeatRule }: FilePlan,
): Promise<PlannedFile> {
	const { action, segments, acceptUnusualIds, createMissingSegments } = settings;
	// A participant that does not exist yet has nothing to erase.
	const blankCells = columns.detailsFor === 'all' ? settings.blankCells : 'ignore';
	const newPlanner = (reading: CellReading): RowPlanner =>
		new RowPlanner({ columns, action, segments, blankCells, acceptUnusualIds, reading });
	const isEmpty = table.header.length === 0;
	const voices = isEmpty ? undefined : new Voices(nodeVoice(settings), columns);
	const witness = table.witness?.(columnsInUse(columns));
	const newChanged = () => (settings.skipMembers ? new ChangedSegments() : undefined);
	let changed = newChanged();
	// That a whole list is to join nothing has a note of its own.
	const notesSegmentless =
		columns.segments !== undefined || action === 'remove' || action === 'file';
	const newNotes = () =>
		new FileNotes(
			table.header,
			table.words,
			notesSegmentless ? (one) => mayCreate({ ...settings, action: one }) : undefined,
		);
	let fileNotes = newNotes();
	const cells = new FileSegments();
	const asWritten = newPlanner(cells);
	const range = { startAtRow, maxRows };
	const first = await surveyFile(table, asWritten, range, repeatRule, {
		row: (row) => {
			voices?.hear(row);
			witness?.hear(row);
		},
		planned: (planned, row, isLeft) => {
			if (isLeft) return;
			changed?.add(planned);
			fileNotes.add(planned, row);
		},
	});
	refuseStartBehindEnd(first, settings.startAtRow, table.words);
	const hasNoRows = !isEmpty && first.rows + first.rowsBefore === 0;
	const notes = (ofSegments?: string): string[] => [
		...(witness?.notes ?? []),
		...fileNotes.sentences(),
		...(hasNoRows ? [`The ${table.words.table} has a header, but no rows below it.`] : []),
		...(ofSegments === undefined ? [] : [ofSegments]),
	];
	const plan = { planner: asWritten, survey: first, newSegments: [], takesTextsAsKeys: false };
	// Without a row there is nothing to look up.
	if (!first.hasPlannedRows) return { ...plan, notes: notes() };
	let known = directory;
	try {
		await directory.read([...cells.texts, ...segments], cells.mayBeNames);
	} catch (caught) {
		const failure = expectAdvocateError(caught);
		// A preview says what it could not find out. A run that changes something ends here, with all rows as not sent.
		if (!settings.dryRun) return { ...plan, notes: notes(), failure };
		known = directory.without(failure);
	}

	const keyOf = known.keyOf(createMissingSegments);
	checkChosen(settings, keyOf);
	const takesTextsAsKeys = cells.texts.size > 0 && known.unreadable !== undefined;
	const segmentNote = takesTextsAsKeys ? known.note : undefined;
	if (!cells.mayBeNames && [...cells.texts].every((text) => known.isKey(text))) {
		return { ...plan, changed, takesTextsAsKeys, notes: notes(segmentNote) };
	}
	const planner = newPlanner({ keyOf, isSegment: (text) => known.has(text) });
	const added = new AddedKeys();
	changed = newChanged();
	fileNotes = newNotes();
	const survey = await surveyFile(table, planner, range, repeatRule, {
		row: () => {},
		planned: (planned, row, isLeft) => {
			// How many segments a file may create is decided before its first row, not slice by slice.
			added.add(planned.change.add);
			if (isLeft) return;
			changed?.add(planned);
			fileNotes.add(planned, row);
		},
	});
	const refusal = survey.hasPlannedRows ? undefined : refusalOf(cells.texts, keyOf);
	if (refusal !== undefined) {
		const { message, hint } = refusal;
		throw new SegmentInputError(`No row can be imported: ${lowerFirst(message)}`, hint);
	}
	const newSegments = known.plan(added.keys, settings.maxNewSegments);
	return { planner, survey, newSegments, changed, takesTextsAsKeys, notes: notes(segmentNote) };
}

/**
 * A run with nothing to do looks like one that is done. A loop over slices ends without such a run: the last slice names
 * no next row.
 * @throws CsvFileError
 */
function refuseStartBehindEnd(
	{ rows, rowsBefore, lastRowBefore }: Survey,
	startAtRow: number,
	words: TableWords,
): void {
	// Where an interrupted import is to go on, nobody has chosen.
	if (rows > 0 || lastRowBefore === undefined || startAtRow <= lastRowBefore) return;
	const { row, table } = words;
	const [option, counting] =
		row === 'item'
			? ['Start at Item', 'Items are counted from 0']
			: ['Start at Row', 'Rows are counted as in a spreadsheet, where the header is row 1'];
	throw new CsvFileError(
		`'${option}' is ${startAtRow}, but the ${table} has ${countRows(rowsBefore, words)}, and the last one is ${row} ${lastRowBefore}`,
		`Nothing was sent. ${counting}. Enter a lower number, or remove the option to import all of them. In a loop, end it when the summary has no 'nextRow'`,
	);
}

/** The different segments that rows are added to. */
class AddedKeys {
	readonly keys = new Set<string>();

	/** The list seen last: neighbouring rows often share one. */
	private last?: readonly string[];

	add(keys: readonly string[]): void {
		if (keys === this.last) return;
		this.last = keys;
		for (const key of keys) this.keys.add(key);
	}
}

/**
 * Make sure of the segments that are chosen in the node, when they have been read.
 * @throws SegmentInputError when one of them can't be used
 */
export function checkChosen(
	{ action, segments, createMissingSegments }: ImportSettings,
	keyOf: KeyOf,
): void {
	// What each of its rows does with them, the file says.
	const use = action === 'file' ? 'find' : action === 'remove' ? 'remove' : 'add';
	if (use === 'find' && createMissingSegments) return;
	const refusal = refusalOf(segments, keyOf, use);
	if (refusal === undefined) return;
	throw new SegmentInputError(`'Segment Names or IDs': ${refusal.message}`, refusal.hint);
}

/** Why the first of some texts that can't be used can't be. */
function refusalOf(
	texts: Iterable<string>,
	keyOf: KeyOf,
	use: SegmentUse = 'add',
): SegmentInputError | undefined {
	for (const text of texts) {
		try {
			keyOf(text, use);
		} catch (caught) {
			return expectSegmentInputError(caught);
		}
	}
	return undefined;
}

function columnsInUse({ id, accountId, segments, action, details }: ColumnMap): number[] {
	return [id, accountId, segments, action, ...details.map(({ index }) => index)].filter(
		(position) => position !== undefined,
	);
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Different texts that are looked up; a file that names more has the wrong column as its segments. */
const MAX_TEXTS = 10_000;

/** The different segment texts in the cells of a file. While it takes note of them, each counts as a key. */
class FileSegments implements CellReading {
	readonly texts = new Set<string>();

	/** Whether a cell may be the name of one segment, though it looks like several. */
	mayBeNames = false;

	/** @throws CsvFileError when there are too many: not the row is wrong then, but the file */
	readonly keyOf = (text: string): string => {
		if (!this.texts.has(text) && this.texts.size >= MAX_TEXTS) {
			throw new CsvFileError(
				`More than ${countText(MAX_TEXTS)} different segments are named in the file`,
				'Nothing was sent. Check which column holds the segments, or import the file in several parts',
			);
		}
		this.texts.add(text);
		return text;
	};

	readonly isSegment = (): boolean => {
		this.mayBeNames = true;
		return false;
	};
}
