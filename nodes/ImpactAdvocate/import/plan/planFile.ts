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
import type { CsvFile, CsvRow } from '../file/csv';
import { CellTexts } from './cellTexts';
import { RowPlanner } from './planRow';
import type { PlanSettings } from './planRow';
import { surveyFile } from './survey';
import type { RepeatRule, Survey } from './survey';

export interface PlannedFile {
	planner: RowPlanner;
	survey: Survey;
	/** Keys of the segments that are to be created for this file. */
	newSegments: string[];
	/** Why it is not known what the segments are: nothing may be sent. */
	failure?: AdvocateError;
}

export interface PlanOfFile {
	/** With names or keys as the node's segments. */
	plan: Omit<PlanSettings, 'reading'>;
	startAtRow: number;
	repeatRule: RepeatRule;
	createMissingSegments: boolean;
	dryRun: boolean;
	/** Most segments that a run may create. */
	maxNewSegments: number;
	/** Looks at every row of the file, and may refuse it by throwing. */
	inspectRow(row: CsvRow): void;
}

/**
 * Plan a whole file.
 * @returns with `failure` when the segments can't be looked up at the moment
 * @throws SegmentInputError when a segment of the node can't be used, when no row can be sent because of its segments,
 * or when too many would be created. Nothing has been sent then
 */
export async function planFile(
	file: CsvFile,
	directory: SegmentDirectory,
	settings: PlanOfFile,
): Promise<PlannedFile> {
	const { plan, startAtRow, repeatRule, inspectRow } = settings;
	const cells = new CellTexts();
	const asWritten = new RowPlanner({ ...plan, reading: cells });
	const first = await surveyFile(file, asWritten, startAtRow, repeatRule, {
		row: inspectRow,
		planned: () => {},
	});
	// Without a row there is nothing to look up.
	if (first.plannedRows === 0) return { planner: asWritten, survey: first, newSegments: [] };
	try {
		await directory.read([...cells.texts, ...plan.segments], cells.mayBeNames);
	} catch (caught) {
		const failure = expectAdvocateError(caught);
		// A preview says what it could not find out. A run that changes something ends here, with all rows as not sent.
		if (!settings.dryRun) return { planner: asWritten, survey: first, newSegments: [], failure };
		directory.doWithout(failure);
	}

	const keyOf = directory.keyOf(settings.createMissingSegments);
	checkChosen(plan, keyOf, settings.createMissingSegments);
	const reading: CellReading = { keyOf, isSegment: (text) => directory.has(text) };
	const planner = new RowPlanner({ ...plan, reading });
	const isAsWritten = !cells.mayBeNames && [...cells.texts].every((text) => directory.isKey(text));
	const named = new AddedKeys();
	const survey = isAsWritten
		? first
		: await surveyFile(file, planner, startAtRow, repeatRule, {
				row: () => {},
				planned: ({ change }) => named.add(change.add),
			});
	const refusal = survey.plannedRows === 0 ? refusalOf(cells.texts, keyOf) : undefined;
	if (refusal !== undefined) {
		const { message, hint } = refusal;
		throw new SegmentInputError(`No row can be imported: ${lowerFirst(message)}`, hint);
	}
	return {
		planner,
		survey,
		newSegments: directory.plan(named.keys, settings.maxNewSegments),
	};
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

/** @throws SegmentInputError when a segment chosen in the node can't be used */
function checkChosen(
	{ action, segments }: PlanOfFile['plan'],
	keyOf: KeyOf,
	createMissing: boolean,
): void {
	// What each of its rows does with them, the file says.
	const use = action === 'file' ? 'find' : action === 'remove' ? 'remove' : 'add';
	if (use === 'find' && createMissing) return;
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

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
