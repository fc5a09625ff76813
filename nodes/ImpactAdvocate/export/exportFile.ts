/** What the ways to make an export have in common: what is asked for, what is told, and the names of its columns. */
import type { Transport } from '../../shared/advocate/client/transport';
import { CUSTOM_FIELD_NAME, listCustomFields } from '../../shared/advocate/customFields';
import type { SeenStore } from '../../shared/advocate/members';
import type { MembershipFilter } from '../../shared/advocate/participants';
import { listPrograms } from '../../shared/advocate/referrals';
import { counted } from '../../shared/inputValue';
import { ParticipantIndex } from '../import/plan/participantIndex';
import { isColumnName } from './exportRows';
import type { ExportColumns, ExportRows } from './exportRows';

/** Names in a note at most. */
const MAX_NAMED = 5;

/** A number of participants, for messages. */
export const people = (count: number): string => counted(count, 'participant', 'participants');

export interface ExportSettings
	extends Pick<ExportColumns, 'parts' | 'withAction' | 'protectsFormulas'> {
	/** No segments for all participants. */
	filter: MembershipFilter;
}

/** A file that is made while it is read. What it says of itself is whole once its pieces have been read to the end. */
export interface ExportFile {
	readonly participants: number;
	readonly columns: readonly string[];
	/** Whether nobody is missing, as far as the API's own count tells. */
	readonly hasEverybody: boolean;
	/** @throws AdvocateError */
	pieces(): AsyncGenerator<Buffer>;
	/** What else somebody who uses the file should know, as sentences without a period. */
	notes(): string[];
}

/** Whom an export has read, as hashes. */
export class SeenPeople implements SeenStore {
	private readonly index = new ParticipantIndex(false);

	get size(): number {
		return this.index.size;
	}

	has(key: string): boolean {
		return this.index.has(key);
	}

	set(key: string): void {
		this.index.add(key);
	}
}

/** The columns that depend on the tenant. They are asked for first, since the header comes before the rows. */
export async function namesFor(
	transport: Transport,
	parts: ExportColumns['parts'],
): Promise<Pick<ExportColumns, 'customFields' | 'programs'>> {
	const customFields = parts.has('customFields') ? await listCustomFields(transport) : [];
	const programs = parts.has('referralCodes') ? await listPrograms(transport) : [];
	return {
		customFields: customFields.map(({ key }) => key),
		programs: programs.map(({ id }) => id),
	};
}

/** The first of some names. */
const firstOf = (names: readonly string[]): string =>
	`${names.slice(0, MAX_NAMED).join(', ')}${names.length > MAX_NAMED ? ' and others' : ''}`;

const WITHIN: Readonly<Record<MembershipFilter['match'], [one: string, several: string]>> = {
	all: ['members of', 'members of all of'],
	any: ['members of', 'members of at least one of'],
	none: ['those not in', 'those in none of'],
};

/** Whom an export is of, as the end of "3 participants exported: ". */
export function whomOf({ match, segments }: MembershipFilter): string {
	if (segments.length === 0) return 'all participants';
	return `${WITHIN[match][segments.length === 1 ? 0 : 1]} ${firstOf(segments.map((key) => `'${key}'`))}`;
}

/** Characters of a file's name that are made of segments. */
const MAX_NAME = 60;

/**
 * The name of a file that tells it from others, where people gave none.
 * @param item the number of the input item, when there are several
 */
export function exportFileName({ match, segments }: MembershipFilter, item?: number): string {
	// A file system takes no slash, and a link no blank.
	const keys = segments.map((key) => key.replace(/[^\p{L}\p{N}_.-]+/gu, '_')).join('-');
	const parts = [
		'participants',
		...(segments.length > 0 && match === 'none' ? ['not'] : []),
		...(segments.length > 1 && match === 'all' ? ['all'] : []),
		...(keys === '' ? [] : [keys.slice(0, MAX_NAME)]),
		...(item === undefined ? [] : [String(item)]),
	];
	return `${parts.join('-')}.csv`;
}

/** What participants have and no column is for: custom fields and the codes of programs. */
const CUSTOM_FIELDS = 'customFields.';
const CODES = 'referralCodes.';

/** Why there is no column for a name, and how to get at what participants have there. */
function reasonFor(name: string): string {
	if (name.startsWith(CUSTOM_FIELDS)) {
		const get = "'Get Many' of participants returns it, with 'Include Custom Fields'";
		return CUSTOM_FIELD_NAME.test(name.slice(CUSTOM_FIELDS.length))
			? `the API does not list this custom field. ${get}`
			: `a column can't be called that, only letters, digits, - and _ are possible. ${get}`;
	}
	const get = "'Get' of a participant returns it, with 'Referral Codes' under 'Include'";
	return isColumnName(name.slice(CODES.length))
		? `the API does not list this program. ${get}`
		: `a column can't be called that, as the ID of the program has a blank in it. ${get}`;
}

/**
 * Sentences without a period, one for each reason.
 * @param who with its verb, such as "2 participants have"
 */
export function noColumnFor(names: readonly string[], who: string): string[] {
	const byReason = new Map<string, string[]>();
	for (const name of names) {
		const reason = reasonFor(name);
		byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
	}
	return [...byReason].map(
		([reason, some]) =>
			`The file has no column for ${firstOf(some)}, although ${who} a value: ${reason}`,
	);
}

/** What the rows of a file could not hold, as sentences without a period. */
export function notesOf(rows: ExportRows): string[] {
	const notes: string[] = [];
	if (rows.unwritable > 0) {
		notes.push(
			`${people(rows.unwritable)} ${rows.unwritable === 1 ? 'is' : 'are'} in segments whose keys can't be written into a cell: these segments are not in the file`,
		);
	}
	for (const [name, count] of [...rows.leftOut].slice(0, MAX_NAMED)) {
		notes.push(...noColumnFor([name], `${people(count)} ${count === 1 ? 'has' : 'have'}`));
	}
	if (rows.leftOut.size > MAX_NAMED) {
		notes.push(`${rows.leftOut.size - MAX_NAMED} more fields without a column`);
	}
	if (rows.typed.size > 0) {
		notes.push(
			`A CSV cell has no type: the numbers and switches in the custom fields ${firstOf([...rows.typed])} come back as text when the file is imported`,
		);
	}
	return notes;
}
