/**
 * The rows of an export: a participant as cells that Import CSV reads back as they were. Pure.
 *
 * The column `idCheck` marks the file as ours: the reader takes the apostrophes before formulas away again, takes IDs
 * and words such as NULL as they stand, and refuses a row whose IDs a spreadsheet has changed.
 */
import { isoDate, isRecord } from '../../shared/advocate/client/values';
import { CUSTOM_FIELD_NAME } from '../../shared/advocate/customFields';
import { mustTellSegments, readParticipant } from '../../shared/advocate/participants';
import type { ParticipantRecord } from '../../shared/advocate/participants';
import { CELL_SEPARATOR } from '../../shared/segments/cell';
import { csvLine } from '../import/file/csvFormat';
import { markApostrophes, protectFormulas } from '../import/report/formulas';
import { ID_CHECK_COLUMN, idCheckOf } from '../../shared/advocate/participantId';
import { isWritable } from '../import/report/undo';

/** What an export has besides the IDs. */
export const EXPORT_PARTS = ['customFields', 'details', 'referralCodes', 'segments'] as const;

export type ExportPart = (typeof EXPORT_PARTS)[number];

/** Details that Import CSV takes too, in the order of the file. */
export const DETAILS = [
	'firstName',
	'lastName',
	'email',
	'locale',
	'countryCode',
	'referable',
	'imageUrl',
	'dateCreated',
] as const;

/** What the header of an export depends on. */
export interface ExportColumns {
	parts: ReadonlySet<ExportPart>;
	/** Custom fields that the tenant has. */
	customFields: readonly string[];
	/** IDs of the programs that the tenant has. */
	programs: readonly string[];
	/** Whether a column says what Import CSV does with the segments. */
	withAction: boolean;
	/** Whether an apostrophe goes before what a spreadsheet would run as a formula. */
	protectsFormulas: boolean;
}

/** The fields of the API that an export reads. */
export function fieldsOf(parts: ReadonlySet<ExportPart>): string {
	return [
		'id accountId',
		...(parts.has('segments') ? ['segments'] : []),
		...(parts.has('details') ? DETAILS : []),
		...(parts.has('customFields') ? ['customFields'] : []),
		...(parts.has('referralCodes') ? ['referralCodes'] : []),
	].join(' ');
}

/** A name that the reader gives back as it is, behind `referralCodes.`. */
export const isColumnName = (name: string): boolean => /^[^\s\p{C}]+$/u.test(name);

export class ExportRows {
	readonly header: readonly string[];

	/** Participants with a segment whose key no cell can name. */
	unwritable = 0;

	/** What participants have and no column is for, by its name, with the number of participants. */
	readonly leftOut = new Map<string, number>();

	/** Custom fields with values that are no text. */
	readonly typed = new Set<string>();

	private readonly customFields: readonly string[];

	private readonly programs: readonly string[];

	private readonly guarded: (cell: string) => string;

	constructor(private readonly columns: ExportColumns) {
		const { parts, withAction, protectsFormulas } = columns;
		const unique = (names: readonly string[]) => [...new Set(names)].sort();
		this.customFields = parts.has('customFields')
			? unique(columns.customFields.filter((name) => CUSTOM_FIELD_NAME.test(name)))
			: [];
		this.programs = parts.has('referralCodes') ? unique(columns.programs.filter(isColumnName)) : [];
		this.guarded = protectsFormulas ? protectFormulas : markApostrophes;
		this.header = [
			'id',
			'accountId',
			...(parts.has('details') ? DETAILS : []),
			...(parts.has('segments') ? ['segments', ...(withAction ? ['action'] : [])] : []),
			...this.programs.map((program) => `referralCodes.${program}`),
			...this.customFields.map((name) => `customFields.${name}`),
			ID_CHECK_COLUMN,
		];
	}

	/**
	 * The line of a participant, without its line break.
	 * @throws AdvocateError when the answer does not tell the segments: nobody is to be taken for a member of none
	 */
	line(record: ParticipantRecord): string {
		return csvLine(this.cells(record).map(this.guarded));
	}

	/**
	 * The cells of a participant, in the order of the header.
	 * @throws AdvocateError as `line`
	 */
	cells(record: ParticipantRecord): string[] {
		const { parts } = this.columns;
		return [
			record.id,
			record.accountId,
			...(parts.has('details') ? DETAILS.map((name) => detailText(name, record[name])) : []),
			...(parts.has('segments')
				? this.segmentCells(mustTellSegments(readParticipant(record)))
				: []),
			...this.codes(record.referralCodes),
			...this.fields(record.customFields),
			idCheckOf(record),
		];
	}

	/**
	 * Somebody in no segment has `~*` with the action `add`: unlike `clear`, it creates a participant who does not exist.
	 * Where a key can't be written, the others are added, since setting them would take that one away.
	 */
	private segmentCells(keys: readonly string[]): string[] {
		const writable = keys.filter(isWritable);
		const isWhole = writable.length === keys.length;
		if (!isWhole) this.unwritable++;
		const text = writable.join(CELL_SEPARATOR);
		if (!this.columns.withAction) return [text];
		if (keys.length === 0) return ['~*', 'add'];
		return [text, isWhole ? 'set' : 'add'];
	}

	private codes(codes: unknown): string[] {
		if (!this.columns.parts.has('referralCodes')) return [];
		const map = isRecord(codes) ? codes : {};
		this.noteLeftOut(map, this.programs, 'referralCodes');
		return this.programs.map((program) => textOf(own(map, program)));
	}

	private fields(fields: unknown): string[] {
		if (!this.columns.parts.has('customFields')) return [];
		const map = isRecord(fields) ? fields : {};
		this.noteLeftOut(map, this.customFields, 'customFields');
		return this.customFields.map((name) => {
			const value = own(map, name);
			if (value !== undefined && value !== null && typeof value !== 'string') this.typed.add(name);
			return textOf(value);
		});
	}

	private noteLeftOut(
		map: Readonly<Record<string, unknown>>,
		known: readonly string[],
		what: string,
	): void {
		for (const [name, value] of Object.entries(map)) {
			if (value === null || value === undefined || known.includes(name)) continue;
			const full = `${what}.${name}`;
			this.leftOut.set(full, (this.leftOut.get(full) ?? 0) + 1);
		}
	}
}

const own = (map: Readonly<Record<string, unknown>>, name: string): unknown =>
	Object.hasOwn(map, name) ? map[name] : undefined;

const detailText = (name: string, value: unknown): string =>
	name === 'dateCreated' ? (isoDate(value) ?? '') : textOf(value);

function textOf(value: unknown): string {
	if (value === undefined || value === null) return '';
	if (typeof value === 'string') return value;
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
