/**
 * A look through the whole file ahead of the import: for decisions that depend on rows further down (`surveyFile`), and
 * for what the rows show only together (`FileNotes`).
 */
import { finder, isNoChange } from '../../../shared/segments/change';
import type { SegmentAction } from '../../../shared/segments/change';
import type { Table, CsvRow, TableWords } from '../table';
import { ParticipantIndex, keyedHash } from './participantIndex';
import type { PlannedRow, RowPlanner } from './planRow';
import { garbledPart, LOST_LETTER } from '../../../shared/advocate/participantId';
import { participantKey } from '../../../shared/advocate/participants';
import { ownCopy } from '../file/csvFile';
import { countRows } from '../table';
import { LostTypes } from './details';
import { listColumns } from './headers';
import type { Hash64 } from './participantIndex';

/** Noted for participants that have several rows, when such rows are refused. */
export const REPEATED = 0xfffffffe;

export type RepeatRule = 'firstRow' | 'lastRow' | 'refuse' | 'none';

export interface Survey {
	/** Rows of the run: from the start on, as many as it takes. */
	rows: number;
	/** Rows before those of the run. */
	rowsBefore: number;
	/** The number of the last one of them; nothing when there is none. */
	lastRowBefore?: number;
	/** Rows behind those of the run. */
	rowsLeft: number;
	/** The number of the run's last row; nothing when it has none. */
	lastRow?: number;
	/** Rows of the run that can be sent. */
	plannedRows: number;
	/** Whether a row from the start on can be sent, in this run or later. */
	hasPlannedRows: boolean;
	/** The segments all rows of the run are added to; nothing when rows differ, or something else than an addition is asked. */
	commonSegments?: readonly string[];
	/** By participant: the last row (`lastRow`), or `REPEATED` (`refuse`). */
	repeats?: ParticipantIndex;
}

/** Looks at the rows as the survey passes them, and may refuse the file by throwing. */
export interface Inspector {
	/** Every row of the list, also those before the start. */
	row(row: CsvRow): void;
	/**
	 * What a row asks for that is to be sent.
	 * @param isLeft whether to be sent by a later run
	 */
	planned(planned: PlannedRow, row: CsvRow, isLeft: boolean): void;
}

/** The rows that a run takes. */
export interface RowRange {
	startAtRow: number;
	/** Rows from there on; Infinity for all of them. */
	maxRows: number;
}

/**
 * Read and plan every row once; nothing is reported.
 * @param range other rows are left out, but a participant's rows are repeats all the same
 * @param repeatRule what to note about participants with several rows; `firstRow` notes nothing, but plans the rows before
 * the start as well, which decide who comes first
 * @throws what the inspector throws
 */
export async function surveyFile(
	table: Pick<Table, 'rows'>,
	planner: RowPlanner,
	{ startAtRow, maxRows }: RowRange,
	repeatRule: RepeatRule,
	inspector?: Inspector,
): Promise<Survey> {
	const repeats =
		repeatRule === 'lastRow' || repeatRule === 'refuse' ? new ParticipantIndex(true) : undefined;
	let rowsBefore = 0;
	let lastRowBefore: number | undefined;
	let rowsOfRun = 0;
	let rowsLeft = 0;
	let lastRow: number | undefined;
	let plannedRows = 0;
	let hasPlannedRows = false;
	const common = new CommonSegments();
	for await (const rows of table.rows()) {
		for (const row of rows) {
			inspector?.row(row);
			const isBefore = row.rowNumber < startAtRow;
			const isLeft = !isBefore && rowsOfRun >= maxRows;
			if (isBefore) {
				rowsBefore++;
				lastRowBefore = row.rowNumber;
			} else if (isLeft) rowsLeft++;
			else {
				rowsOfRun++;
				lastRow = row.rowNumber;
			}
			if (isBefore && repeatRule === 'none') continue;
			const planned = planner.plan(row);
			if ('problem' in planned) continue;
			if (!isBefore) {
				hasPlannedRows = true;
				inspector?.planned(planned, row, isLeft);
			}
			if (!isBefore && !isLeft) {
				plannedRows++;
				common.hear(planned);
			}
			if (repeats !== undefined) noteRepeat(repeats, planned, row, repeatRule);
		}
	}
	return {
		rows: rowsOfRun,
		rowsBefore,
		lastRowBefore,
		rowsLeft,
		lastRow,
		plannedRows,
		hasPlannedRows,
		commonSegments: common.segments,
		repeats,
	};
}

function noteRepeat(
	repeats: ParticipantIndex,
	planned: PlannedRow,
	{ rowNumber }: CsvRow,
	rule: RepeatRule,
): void {
	const key = participantKey(planned);
	const earlier = repeats.set(key, rowNumber);
	if (rule === 'refuse' && earlier !== undefined) repeats.set(key, REPEATED);
}

/** Whether all rows are added to the same segments, and to which. */
class CommonSegments {
	private common?: readonly string[];

	private isCommon = finder([]);

	private isUniform = true;

	hear({ change: { clear, add, remove } }: PlannedRow): void {
		if (!this.isUniform) return;
		if (this.common === undefined) {
			this.common = add;
			this.isCommon = finder(add);
		}
		const { common } = this;
		// Rows usually share one list, so comparing it with itself must cost nothing.
		const isSame =
			add === common || (add.length === common.length && add.every((key) => this.isCommon(key)));
		this.isUniform = !clear && remove.length === 0 && isSame;
	}

	/** Nothing when rows differ, or ask for something else than an addition. */
	get segments(): readonly string[] | undefined {
		const { common, isUniform } = this;
		return isUniform && common !== undefined && common.length > 0 ? common : undefined;
	}
}

// --- notes for the summary: participants that look like one, IDs that a program has written as fractions, details that
// look damaged, and cells that were not read as they stand

/** Rows that a note names. */
const MAX_NAMED = 3;

/** Most different words for no value that a note names. */
const MAX_WORDS = 5;

/** Only what is the same in every form: most IDs are, and need no other one. */
const FOLDED = /^[\x21-\x40\x5b-\x7e\0]*$/;

/** The same for texts that differ only in case, blanks or Unicode form. */
const fold = (text: string): string =>
	FOLDED.test(text)
		? text
		: text
				.normalize('NFKC')
				.toLowerCase()
				.replace(/[\s\p{Cf}]/gu, '');

/** Texts in which nothing can be garbled. */
const PLAIN = /^[\w .,'@+()/:-]*$/;

/** The first detail of a row whose letters went through the wrong hands. */
function garbledText(details: Record<string, unknown>): string | undefined {
	for (const [field, value] of Object.entries(details)) {
		if (typeof value === 'object' && value !== null) {
			const inside = garbledText(value as Record<string, unknown>);
			if (inside !== undefined) return inside;
		}
		if (typeof value !== 'string' || PLAIN.test(value)) continue;
		const isName = field === 'firstName' || field === 'lastName';
		const isOdd = garbledPart(value) !== undefined || CONTROL.test(value);
		if (isOdd || (isName && LOST_LETTER.test(value))) return value;
	}
	return undefined;
}

const CONTROL = /(?![\t\r\n])\p{Cc}/u;

/** How often something was seen, and the first rows. */
class Sightings {
	count = 0;

	private readonly first: string[] = [];

	constructor(private readonly words: TableWords) {}

	add(rowNumber: number, text?: string): void {
		this.count++;
		if (this.first.length >= MAX_NAMED) return;
		const place = `${this.words.row} ${rowNumber}`;
		this.first.push(text === undefined ? place : `${place} ('${cut(text)}')`);
	}

	/** `3 rows (row 2, row 7, row 9)` */
	toString(): string {
		const { count, first } = this;
		const more = count > first.length ? ' …' : '';
		return `${countRows(count, this.words)} (${first.join(', ')}${more})`;
	}
}

/** Such as `2 rows (row 3, row 5) name no segment`. */
const namesNone = (seen: Sightings): string =>
	`${String(seen)} ${seen.count === 1 ? 'names' : 'name'} no segment`;

const cut = (text: string): string => {
	const line = text.replace(/\s+/g, ' ');
	return ownCopy(line.length > 60 ? `${line.slice(0, 60)}…` : line);
};

export class FileNotes {
	/** By folded participant: a hash of the form that was seen last. */
	private readonly forms = new ParticipantIndex(true);

	private readonly hashOf: (text: string) => Hash64 = keyedHash();

	private readonly twins: Sightings;

	private rows = 0;

	private fractions = 0;

	private readonly guarded: Sightings;

	private readonly noValue: Sightings;

	private readonly guardedColumns = new Set<number>();

	private readonly noValueColumns = new Set<number>();

	private readonly words = new Set<string>();

	private readonly garbled: Sightings;

	private readonly lostTypes = new LostTypes();

	/** Of rows without a segment: those that may create their participant, and the others. */
	private readonly joinNone: Sightings;

	private readonly changeNone: Sightings;

	constructor(
		private readonly header: readonly string[],
		private readonly tableWords: TableWords,
		/** Of rows without a segment, whether one with this action may create its participant. Nothing: they are not noted. */
		private readonly mayCreate?: (action: SegmentAction) => boolean,
	) {
		this.joinNone = new Sightings(tableWords);
		this.changeNone = new Sightings(tableWords);
		this.twins = new Sightings(tableWords);
		this.guarded = new Sightings(tableWords);
		this.noValue = new Sightings(tableWords);
		this.garbled = new Sightings(tableWords);
	}

	/** Note a row that is to be sent. */
	add(planned: PlannedRow, row: CsvRow): void {
		this.rows++;
		if (/^\d+\.0+$/.test(planned.id)) this.fractions++;
		this.compare(planned, row);
		if (this.mayCreate !== undefined && isNoChange(planned.change)) {
			const seen = this.mayCreate(planned.action) ? this.joinNone : this.changeNone;
			seen.add(row.rowNumber);
		}
		if (planned.details !== undefined) this.lostTypes.see(planned.details);
		const garbled = planned.details === undefined ? undefined : garbledText(planned.details);
		if (garbled !== undefined) this.garbled.add(row.rowNumber, garbled);
		if (planned.readings === undefined) return;
		const { guarded, noValue } = planned.readings;
		if (guarded.length > 0) this.guarded.add(row.rowNumber);
		for (const column of guarded) this.guardedColumns.add(column);
		if (noValue.length > 0) this.noValue.add(row.rowNumber);
		for (const { column, word } of noValue) {
			this.noValueColumns.add(column);
			if (this.words.size < MAX_WORDS) this.words.add(ownCopy(word));
		}
	}

	private compare(planned: PlannedRow, row: CsvRow): void {
		const key = participantKey(planned);
		const [form] = this.hashOf(key);
		const earlier = this.forms.set(fold(key), form);
		if (earlier !== undefined && earlier !== form) this.twins.add(row.rowNumber, planned.id);
	}

	/** What the user should know, as sentences. */
	sentences(): string[] {
		const notes: string[] = this.lostTypes.sentences();
		if (this.twins.count > 0) {
			notes.push(
				`${String(this.twins)} ${this.twins.count === 1 ? 'names' : 'name'} a participant whose ID differs from that of an earlier ${this.tableWords.row} only in upper and lower case, blanks or Unicode form. To Advocate they are different participants.`,
			);
		}
		if (this.joinNone.count > 0) {
			notes.push(
				`${namesNone(this.joinNone)}. Participants who do not exist yet are created in no segment; those who exist stay in the segments that they are in.`,
			);
		}
		if (this.changeNone.count > 0) {
			notes.push(
				`${namesNone(this.changeNone)}. Nobody is created for that, and participants stay in the segments that they are in.`,
			);
		}
		if (this.garbled.count > 0) {
			notes.push(
				`Details in ${String(this.garbled)} look as if letters were lost or misread before the file was written. They were taken as they stand; if they are wrong, export the list again as UTF-8.`,
			);
		}
		if (this.rows > 0 && this.fractions === this.rows) {
			notes.push(
				"Every participant ID ends in '.0', as programs such as pandas write whole numbers of a column with blank cells. They were used as they are; if Advocate knows the participants without it, write the column as text.",
			);
		}
		if (this.guarded.count > 0) {
			notes.push(
				`The apostrophe that programs put before = + - @ and numbers was removed in ${String(this.guarded)}, in ${this.columns(this.guardedColumns)}.`,
			);
		}
		if (this.noValue.count > 0) {
			const words = [...this.words].map((word) => `'${word}'`).join(', ');
			notes.push(
				`${words}, which programs write where there is no value, was taken as a blank cell in ${String(this.noValue)}, in ${this.columns(this.noValueColumns)}.`,
			);
		}
		return notes;
	}

	private columns(indexes: ReadonlySet<number>): string {
		const names = [...indexes].sort((a, b) => a - b).map((index) => this.header[index]);
		return `${names.length === 1 ? 'the column' : 'the columns'} ${listColumns(names)}`;
	}
}
