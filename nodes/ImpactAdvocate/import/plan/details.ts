/** Which columns are details of the participant, and how a row's cells become the API's user fields. Pure. */
import { isEmail } from '../../../shared/advocate/participantId';
import { leftoverOf } from '../../../shared/leftovers';
import { CsvFileError } from '../file/csvFileError';
import { areOrIs, bareHeader, DETAIL_SPELLINGS, visibleHeader } from './headers';
import type { TableWords } from '../table';

/** How a text becomes a field. All but `date` and `boolean` are sent as text, also numbers in custom fields. */
export type CellKind =
	| 'text'
	| 'trimmed'
	| 'email'
	| 'boolean'
	| 'locale'
	| 'country'
	| 'date'
	| 'milliseconds';

interface KnownField {
	kind: CellKind;
	/** Whether a blank cell may erase the field. That null erases one is documented for custom fields only. */
	clearable: boolean;
}

/** The vendor's documented columns, by their documented names. */
const KNOWN_FIELDS: Readonly<Record<string, CellKind>> = {
	firstName: 'text',
	lastName: 'text',
	email: 'email',
	imageUrl: 'trimmed',
	referable: 'boolean',
	locale: 'locale',
	countryCode: 'country',
	paymentProviderId: 'trimmed',
	referralCode: 'trimmed',
	'referredBy.code': 'trimmed',
	'referredBy.isConverted': 'boolean',
	dateCreated: 'date',
	dateUsTaxFormSubmitted: 'milliseconds',
};

/** Columns whose name is that of a map, a dot and a key: `customFields.plan`, `referralCodes.my-program`. */
const KNOWN_MAPS: ReadonlyArray<{ field: string } & KnownField> = [
	{ field: 'customFields', kind: 'text', clearable: true },
	{ field: 'referralCodes', kind: 'trimmed', clearable: false },
	// The vendor's table says `sharelinks`, its JSON schema `shareLinks`; the API's field is the latter.
	{ field: 'shareLinks', kind: 'trimmed', clearable: false },
];

/** A column whose cells are sent as a user field. */
export interface DetailColumn extends KnownField {
	/** Position in the row. */
	index: number;
	/** Name in the header, for messages. */
	name: string;
	/** The vendor's name of the field, or of the map that holds it. */
	field: string;
	/** The key in the map, for example `plan` of `customFields.plan`. */
	key?: string;
}

/** The vendor's fields by their spellings. */
const FIELD_BY_HEADER: ReadonlyMap<string, string> = new Map(
	Object.keys(KNOWN_FIELDS).flatMap((field) =>
		[field, ...(DETAIL_SPELLINGS[field] ?? [])].map((name) => [bareHeader(name), field] as const),
	),
);

/** What a column is as a detail; nothing when it is none. */
export function detailOf(header: string, index: number): DetailColumn | undefined {
	const name = visibleHeader(header);
	const field = FIELD_BY_HEADER.get(bareHeader(name));
	if (field !== undefined) {
		return { index, name, field, kind: KNOWN_FIELDS[field], clearable: false };
	}
	const dot = name.indexOf('.');
	if (dot === -1) return undefined;
	const map = bareHeader(name.slice(0, dot));
	const known = KNOWN_MAPS.find((entry) => entry.field.toLowerCase() === map);
	const key = name.slice(dot + 1).trim();
	// Custom fields are flat: a second dot would ask for an object inside.
	const isNested = known?.field === 'customFields' && key.includes('.');
	return known === undefined || key === '' || isNested ? undefined : { index, name, ...known, key };
}

/** Whether a header asks for an object inside of a custom field. */
export const isNestedField = (header: string): boolean =>
	/^customfields\.[^.]*\./i.test(visibleHeader(header));

/** @throws CsvFileError when two columns would set the same field */
export function checkDetails(details: readonly DetailColumn[], { table }: TableWords): void {
	const seen = new Map<string, string>();
	for (const { field, key, name } of details) {
		const target = key === undefined ? field : `${field}.${key}`;
		const other = seen.get(target);
		if (other !== undefined) {
			throw new CsvFileError(
				other === name
					? `The ${table} has several columns named '${name}'`
					: `The columns '${other}' and '${name}' are the same field`,
				"Keep one of them, rename the other so that it is ignored, or set 'Participant Details' to 'Never'",
			);
		}
		seen.set(target, name);
	}
}

const TRUE_WORDS = new Set(['true', 't', 'yes', 'y', '1']);
const FALSE_WORDS = new Set(['false', 'f', 'no', 'n', '0']);

/** 2001-09-09 in milliseconds; a smaller positive number is most likely a count of seconds. */
const SMALLEST_PLAUSIBLE_DATE = 1_000_000_000_000;

const ISO_DATE =
	/^(\d{4}-\d{2}-(\d{2}))(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Milliseconds since the epoch of an ISO 8601 date or time; without a zone it is taken as UTC. */
function readIsoDate(text: string): number | undefined {
	const match = ISO_DATE.exec(text);
	if (!match) return undefined;
	const [, date, day, time = '00:00', zone = 'Z'] = match;
	// JavaScript turns 30 February into 1 March; that is a typing error here.
	const midnight = new Date(`${date}T00:00Z`);
	if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return undefined;
	const offset = /^[+-]\d{4}$/.test(zone)
		? `${zone.slice(0, 3)}:${zone.slice(3)}`
		: zone.toUpperCase();
	const milliseconds = new Date(`${date}T${time}${offset}`).getTime();
	return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

const language = (text: string): string | undefined => {
	const match = /^([a-z]{2,3})(?:[_-]([a-z]{4}))?(?:[_-]([a-z]{2}|\d{3}))?$/i.exec(text);
	if (!match) return undefined;
	const [, code, script, region] = match;
	return [
		code.toLowerCase(),
		script && script.charAt(0).toUpperCase() + script.slice(1).toLowerCase(),
		region?.toUpperCase(),
	]
		.filter(Boolean)
		.join('_');
};

type Converted = { value: string | number | boolean } | { problem: string };

/** Convert a text that is not blank. `problem` ends the sentence "Column 'x' holds 'y', …". */
export function convert(kind: CellKind, cell: string): Converted {
	const text = cell.trim();
	switch (kind) {
		case 'text':
			return { value: cell };
		case 'trimmed':
			return { value: text };
		case 'email':
			return isEmail(text) ? { value: text } : { problem: 'which is not an e-mail address' };
		case 'boolean': {
			const word = text.toLowerCase();
			if (TRUE_WORDS.has(word)) return { value: true };
			if (FALSE_WORDS.has(word)) return { value: false };
			return { problem: 'which is neither true nor false' };
		}
		case 'locale': {
			const value = language(text);
			return value === undefined ? { problem: 'which is not a locale such as en_US' } : { value };
		}
		case 'country':
			return /^[a-z]{2}$/i.test(text)
				? { value: text.toUpperCase() }
				: { problem: 'which is not a two-letter country code such as CA' };
		case 'date':
		case 'milliseconds': {
			if (/^-?\d{1,16}$/.test(text)) return readMilliseconds(Number(text));
			const value = kind === 'date' ? readIsoDate(text) : undefined;
			if (value !== undefined) return { value };
			return {
				problem:
					kind === 'date'
						? 'which is neither milliseconds since 1970 nor a date such as 2024-05-31 or 2024-05-31T08:00:00Z'
						: 'which is not a whole number of milliseconds since 1970',
			};
		}
	}
}

function readMilliseconds(value: number): Converted {
	if (value > 0 && value < SMALLEST_PLAUSIBLE_DATE) {
		return { problem: 'which looks like seconds; milliseconds since 1970 have 13 digits' };
	}
	return Math.abs(value) > 8.64e15 ? { problem: 'which is beyond the range of dates' } : { value };
}

/** A map for keys that come from a file: `__proto__` and the like are keys like any other in it. */
const newMap = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

/**
 * Convert one row into the API's user input fields, without `id`, `accountId` and `segments`.
 * - A blank cell leaves its field out; with `clear` it sets a custom field to null, which erases it.
 * - Text is sent as it is, numbers in custom fields too: a CSV cell has no type, and `007` must not become 7.
 * - `referredBy.code` becomes `referredByCodes: [code]`, or, for classic programs that also have
 *   `referredBy.isConverted`, `referredBy: { code, isConverted }`.
 * @param textIn the text of the row's cell in a column, empty when there is no value in it
 * @param isExact whether each text is meant, whatever it is
 * @returns the fields, or the first problem as a sentence that names column and value
 */
export function detailsOf(
	columns: readonly DetailColumn[],
	blankCells: 'ignore' | 'clear',
	textIn: (column: number) => string,
	isExact: boolean,
): { details: Record<string, unknown> } | { problem: string; bySetting?: string } {
	// Its fields are the API's, not the file's.
	const details: Record<string, unknown> = {};
	const referredBy: { code?: unknown; isConverted?: unknown } = {};
	for (const { index, name, field, key, kind, clearable } of columns) {
		const cell = textIn(index);
		let value: unknown = null;
		if (cell.trim() === '') {
			if (blankCells === 'ignore' || !clearable) continue;
		} else {
			const leftover = isExact ? undefined : leftoverOf(cell.trim());
			const converted = leftover === undefined ? convert(kind, cell) : { problem: leftover };
			if ('problem' in converted) {
				const shown = cell.length > 60 ? `${cell.slice(0, 60)}…` : cell;
				return {
					problem: `Column '${name}' holds '${shown}', ${converted.problem}. Correct the cell`,
					bySetting: "To leave such columns out, set 'Participant Details' to 'Never'",
				};
			}
			value = converted.value;
		}
		if (field === 'referredBy.code') referredBy.code = value;
		else if (field === 'referredBy.isConverted') referredBy.isConverted = value;
		else if (key === undefined) details[field] = value;
		else {
			const entries = (details[field] ??= newMap()) as Record<string, unknown>;
			entries[key] = value;
		}
	}
	if (referredBy.isConverted !== undefined) {
		if (referredBy.code === undefined) {
			return {
				problem: "Column 'referredBy.isConverted' is filled, but 'referredBy.code' is blank",
			};
		}
		details.referredBy = referredBy;
	} else if (referredBy.code !== undefined) {
		details.referredByCodes = [referredBy.code];
	}
	return { details };
}

/** Texts that are numbers, or switches, in every program. `007` and long rows of digits are names. */
const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$/;
const SWITCH = /^(?:true|false)$/i;

/** Custom fields that hold numbers only, or only true and false: sent as text, their type is lost. */
export class LostTypes {
	/** By key: what all its texts so far are, or null once they are neither. */
	private readonly types = new Map<string, RegExp | null>();

	/** @param details of one row, as they are sent */
	see({ customFields }: Record<string, unknown>): void {
		for (const [key, value] of Object.entries(customFields ?? {})) {
			const type = this.types.get(key);
			if (type === null || typeof value !== 'string') continue;
			const text = value.trim();
			if (type === undefined) {
				this.types.set(key, [NUMBER, SWITCH].find((kind) => kind.test(text)) ?? null);
			} else if (!type.test(text)) this.types.set(key, null);
		}
	}

	/** What the user should know, as sentences. */
	sentences(): string[] {
		const names = [...this.types.keys()]
			.filter((key) => this.types.get(key) !== null)
			.map((key) => `customFields.${key}`);
		if (names.length === 0) return [];
		return [
			`${areOrIs(names, 'is', 'are')} sent as text, as all custom fields are here: '30' and 'true', not 30 and true. Where programs or filters need the type, set the field with 'Create or Update' of the resource 'Participant'.`,
		];
	}
}
