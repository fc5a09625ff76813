/**
 * The file of the API's own export job, as participants. Its columns are in no public document, so nothing is taken for
 * granted: each column that is wanted has to be there, and each cell has to be understood. Pure.
 *
 * What is known: the vendor's Singer tap reads `id`, `accountId`, `email`, `firstName`, `lastName`, `imageUrl`,
 * `locale` and `dateCreated` in milliseconds from such a file (singer-io/tap-referral-saasquatch); the vendor's
 * article on reports (2022) says that the user details report has custom fields and segments; and the Export API (v13)
 * that the codes of one program, `programId`, are in it.
 */
import { AdvocateError } from '../../shared/advocate/client/error';
import { CUSTOM_FIELD_NAME } from '../../shared/advocate/customFields';
import type { MembershipFilter, ParticipantRecord } from '../../shared/advocate/participants';
import { mayHoldSeveral, textEntries } from '../../shared/segments/cell';
import { DETAILS } from './exportRows';
import type { ExportColumns } from './exportRows';

const WAY_OUT = "Set 'Engine' to Page by Page, which needs no job";

/** Why an export can't come from a job. */
export class JobObjection extends AdvocateError {
	/** @param reason a sentence without a period */
	constructor(
		readonly reason: string,
		hint = WAY_OUT,
	) {
		super(`The export job can't be used: ${reason}`, { kind: 'mismatch', hint });
		this.name = 'JobObjection';
	}
}

/** The same, to be thrown where something else was caught. */
export const jobObjection = (reason: string, hint?: string): JobObjection =>
	new JobObjection(reason, hint);

/** What has to come out of the file. */
export interface WantedOfJob extends Pick<ExportColumns, 'parts' | 'customFields' | 'programs'> {
	filter: MembershipFilter;
	/** Keys of all segments, where segments are wanted or chosen by. */
	segmentKeys: ReadonlySet<string>;
}

/** Whether the file has to say in which segments somebody is. */
export const needsSegments = ({ parts, filter }: Pick<WantedOfJob, 'parts' | 'filter'>): boolean =>
	parts.has('segments') || filter.segments.length > 0;

/** Most of what is missing that a message names. */
const MAX_NAMED = 5;

export class JobFileReader {
	/** Whether anybody was in a segment. */
	hasSegments = false;

	private readonly columns: ReadonlyMap<string, number>;

	/** Columns of custom fields, also of those that the API does not list. */
	private readonly customFields: ReadonlyArray<[name: string, column: number]>;

	/** @throws JobObjection when the file lacks something that is wanted */
	constructor(
		header: readonly string[],
		private readonly wanted: WantedOfJob,
	) {
		this.columns = new Map(header.map((name, index) => [name, index]));
		const twice = header.find((name, index) => name !== '' && header.indexOf(name) !== index);
		if (twice !== undefined) throw new JobObjection(`its file has two columns '${twice}'`);
		const missing = this.neededColumns().filter((names) => this.columnOf(names) === undefined);
		if (missing.length > 0) {
			const named = missing.slice(0, MAX_NAMED).map(([name]) => name);
			const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : '';
			throw new JobObjection(`its file has no column for ${named.join(', ')}${more}`);
		}
		this.customFields = header.flatMap(
			(name, column): Array<[string, number]> =>
				name.startsWith('customFields.') ? [[name.slice('customFields.'.length), column]] : [],
		);
		this.refuseUnclearKeys();
	}

	/**
	 * A row as the API's own record of a participant.
	 * @throws JobObjection when a cell can't be understood
	 */
	read(cells: readonly string[]): ParticipantRecord {
		const { parts, programs } = this.wanted;
		const id = this.cell(cells, ['id']);
		const accountId = this.cell(cells, ['accountId']);
		if (id === '' || accountId === '') throw new JobObjection('its file has a row without IDs');
		const record: ParticipantRecord = { id, accountId };
		if (needsSegments(this.wanted)) record.segments = this.segments(this.cell(cells, ['segments']));
		if (parts.has('details')) {
			for (const name of DETAILS) record[name] = detailOf(name, this.cell(cells, [name]));
		}
		if (parts.has('customFields')) record.customFields = this.customFieldsOf(cells);
		if (parts.has('referralCodes')) {
			record.referralCodes = Object.fromEntries(
				programs.map((program) => [program, this.cell(cells, codeColumns(program)) || null]),
			);
		}
		return record;
	}

	/** Whether somebody is among those who are exported. */
	isWanted({ segments }: ParticipantRecord): boolean {
		const { match, segments: chosen } = this.wanted.filter;
		if (chosen.length === 0) return true;
		const isIn = (key: string): boolean => Array.isArray(segments) && segments.includes(key);
		if (match === 'all') return chosen.every(isIn);
		return chosen.some(isIn) === (match === 'any');
	}

	/** What the columns may be called, the first name being the one for people. */
	private neededColumns(): string[][] {
		const { parts, customFields, programs } = this.wanted;
		return [
			['id'],
			['accountId'],
			...(parts.has('details') ? DETAILS.map((name) => [name]) : []),
			...(needsSegments(this.wanted) ? [['segments']] : []),
			...(parts.has('referralCodes') ? programs.map(codeColumns) : []),
			...(parts.has('customFields')
				? customFields
						.filter((name) => CUSTOM_FIELD_NAME.test(name))
						.map((name) => [`customFields.${name}`])
				: []),
		];
	}

	private columnOf(names: readonly string[]): number | undefined {
		const name = names.find((candidate) => this.columns.has(candidate));
		return name === undefined ? undefined : this.columns.get(name);
	}

	private cell(cells: readonly string[], names: readonly string[]): string {
		return cells[this.columnOf(names) ?? -1] ?? '';
	}

	private customFieldsOf(cells: readonly string[]): Record<string, string> {
		const filled = this.customFields.filter(([, column]) => (cells[column] ?? '') !== '');
		return Object.fromEntries(filled.map(([name, column]) => [name, cells[column]]));
	}

	/** @throws JobObjection when a list of keys can't be told from a key */
	private refuseUnclearKeys(): void {
		if (!needsSegments(this.wanted)) return;
		const unclear = [...this.wanted.segmentKeys].find(mayHoldSeveral);
		if (unclear === undefined) return;
		throw new JobObjection(
			`the key of the segment '${unclear}' looks like several in its column 'segments'`,
		);
	}

	private segments(cell: string): string[] {
		if (cell.trim() === '') return [];
		const keys = textEntries(cell).map((entry) => (typeof entry === 'string' ? entry.trim() : ''));
		const unknown = keys.find((key) => !this.wanted.segmentKeys.has(key));
		if (unknown !== undefined) {
			throw new JobObjection(
				`its column 'segments' has '${unknown === '' ? cell : unknown}' instead of the key of a segment`,
			);
		}
		this.hasSegments ||= keys.length > 0;
		return [...new Set(keys)];
	}
}

/** A file has the codes of one program: in a column of its own name, or in the one that the API's `programId` fills. */
const codeColumns = (program: string): string[] => [`referralCodes.${program}`, 'referralCode'];

function detailOf(name: (typeof DETAILS)[number], cell: string): unknown {
	if (cell === '') return null;
	if (name === 'referable') {
		const text = cell.toLowerCase();
		if (text === 'true' || text === 'false') return text === 'true';
		throw new JobObjection(`its column 'referable' has '${cell}' instead of true or false`);
	}
	return name === 'dateCreated' ? dateOf(cell) : cell;
}

/** Milliseconds since the epoch, as numbers of fewer digits would be seconds, or an ISO date with its time zone. */
const MILLISECONDS = /^\d{12,14}$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/;

function dateOf(cell: string): number {
	const date = MILLISECONDS.test(cell)
		? Number(cell)
		: ISO_DATE.test(cell)
			? Date.parse(cell)
			: NaN;
	if (!Number.isNaN(date)) return date;
	throw new JobObjection(
		`its column 'dateCreated' has '${cell}' instead of a date with its time zone or in milliseconds`,
	);
}
