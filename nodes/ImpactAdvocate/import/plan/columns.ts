/**
 * Which column of a file is what, and how a row's cells become the API's user fields. Pure data and functions.
 *
 * Names of the four leading columns are compared in lower case without blanks, `_` and `-`, so `User ID`, `user_id` and
 * `userId` are one. `externalId` is deliberately no alias of the ID: in exports of other systems it is usually *their*
 * key; who wants it names it with the ID Column option.
 */
import { CsvFileError } from '../file/csvFileError';
import { hasReportColumns, REPORT_COLUMNS, UNPLACED_COLUMN } from '../report/rejects';
import { hasUndoColumns, UNDONE_COLUMN } from '../report/undo';

const ALIASES = {
	id: ['id', 'userId', 'participantId'],
	accountId: ['accountId'],
	segments: ['segments', 'segment', 'segmentKeys'],
	action: ['action', 'segmentAction', 'operation'],
} as const;

type Role = keyof typeof ALIASES;

const ROLE_OPTION: Readonly<Record<Role, string>> = {
	id: 'ID Column',
	accountId: 'Account ID Column',
	segments: 'Segments Column',
	action: 'Action Column',
};

/** The options that take the name of a column. */
const NAME_OPTION: Readonly<Record<Role, string>> = {
	...ROLE_OPTION,
	segments: `${ROLE_OPTION.segments} Name`,
	action: `${ROLE_OPTION.action} Name`,
};

/** How a cell becomes a field. All but `date` and `boolean` are sent as text, also numbers in custom fields. */
type CellKind = 'text' | 'trimmed' | 'boolean' | 'locale' | 'country' | 'date' | 'milliseconds';

interface KnownField {
	kind: CellKind;
	/** Whether a blank cell may erase the field. Codes, links, referrers and dates are never erased by a blank. */
	clearable: boolean;
}

/** The vendor's documented columns, by their documented names. */
const KNOWN_FIELDS: Readonly<Record<string, KnownField>> = {
	firstName: { kind: 'text', clearable: true },
	lastName: { kind: 'text', clearable: true },
	email: { kind: 'trimmed', clearable: true },
	imageUrl: { kind: 'trimmed', clearable: true },
	referable: { kind: 'boolean', clearable: true },
	locale: { kind: 'locale', clearable: true },
	countryCode: { kind: 'country', clearable: true },
	paymentProviderId: { kind: 'trimmed', clearable: true },
	referralCode: { kind: 'trimmed', clearable: false },
	'referredBy.code': { kind: 'trimmed', clearable: false },
	'referredBy.isConverted': { kind: 'boolean', clearable: false },
	dateCreated: { kind: 'date', clearable: false },
	dateUsTaxFormSubmitted: { kind: 'milliseconds', clearable: false },
};

/** Columns whose name is a prefix and a key: `customFields.plan`, `referralCodes.my-program`. */
const KNOWN_MAPS: ReadonlyArray<{ prefix: string; field: string } & KnownField> = [
	{ prefix: 'customfields.', field: 'customFields', kind: 'text', clearable: true },
	{ prefix: 'referralcodes.', field: 'referralCodes', kind: 'trimmed', clearable: false },
	// The vendor's table says `sharelinks`, its JSON schema `shareLinks`; the API's field is the latter.
	{ prefix: 'sharelinks.', field: 'shareLinks', kind: 'trimmed', clearable: false },
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

/** Positions are indexes into a row's cells. */
export interface ColumnMap {
	header: readonly string[];
	id: number;
	accountId?: number;
	segments?: number;
	action?: number;
	/** Columns of a rejects or undo file that say where its rows come from; they are not data. */
	report: number[];
	/** Columns sent as user fields; empty when details are not included. */
	details: DetailColumn[];
	/** Names of columns that would be sent as user fields if details were included. */
	unsentDetails: string[];
	/** Names of the columns that nothing is done with; blank names are left out. */
	ignoredColumns: string[];
	/** What the user should know about columns, as sentences. */
	notes: string[];
}

export interface ColumnOptions {
	/** Names of columns, where the file does not use the usual ones. Blank: look for the usual ones. */
	idColumn?: string;
	accountIdColumn?: string;
	/** `null`: no column is used for it, whatever the header says. */
	segmentsColumn?: string | null;
	actionColumn?: string | null;
	/** Whether user fields are sent (Update Participant Details). */
	includeDetails: boolean;
}

const normalised = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');

/** The columns of a file for a message: at most ten, long names cut. */
function listColumns(header: readonly string[]): string {
	const names = header
		.filter((name) => name !== '')
		.map((name) => (name.length > 40 ? `'${name.slice(0, 40)}…'` : `'${name}'`));
	const more = names.length - 10;
	return names.slice(0, 10).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Positions of the columns called `name`: by the exact name, else without regard to case. */
function positionsOf(header: readonly string[], name: string): number[] {
	const matching = (matches: (column: string) => boolean): number[] =>
		header.flatMap((column, index) => (matches(column) ? [index] : []));
	const exact = matching((column) => column === name);
	if (exact.length > 0) return exact;
	return matching((column) => column.toLowerCase() === name.toLowerCase());
}

/** @throws CsvFileError when the named column is absent or there twice, or several columns could be meant */
function findRole(
	header: readonly string[],
	role: Role,
	chosen: string | null | undefined,
): number | undefined {
	if (chosen === null) return undefined;
	const name = chosen?.trim() ?? '';
	if (name !== '') {
		const positions = positionsOf(header, name);
		if (positions.length === 1) return positions[0];
		throw new CsvFileError(
			positions.length === 0
				? `The file has no column '${name}'`
				: `The file has ${positions.length} columns named '${name}'`,
			positions.length === 0
				? `Set '${NAME_OPTION[role]}' to one of the columns found: ${listColumns(header)}`
				: 'Rename the columns so that each name is there once',
		);
	}
	const aliases: string[] = ALIASES[role].map(normalised);
	const positions = header.flatMap((column, index) =>
		aliases.includes(normalised(column)) ? [index] : [],
	);
	if (positions.length < 2) return positions[0];
	const names = positions.map((index) => header[index]);
	throw new CsvFileError(
		`Several columns could be the ${ROLE_OPTION[role]}: ${listColumns(names)}`,
		new Set(names).size === names.length
			? `Set '${ROLE_OPTION[role]}' to the one that is meant`
			: 'Rename the columns so that each name is there once',
	);
}

/** The vendor's field of a column name, however its letters are cased. */
const FIELD_BY_LOWER_CASE: ReadonlyMap<string, string> = new Map(
	Object.keys(KNOWN_FIELDS).map((field) => [field.toLowerCase(), field]),
);

function detailOf(name: string, index: number): DetailColumn | undefined {
	const lower = name.toLowerCase();
	const field = FIELD_BY_LOWER_CASE.get(lower);
	if (field !== undefined) return { index, name, field, ...KNOWN_FIELDS[field] };
	for (const { prefix, ...known } of KNOWN_MAPS) {
		if (!lower.startsWith(prefix)) continue;
		const key = name.slice(prefix.length).trim();
		// Custom fields are flat: a second dot would ask for an object inside.
		if (key === '' || (known.field === 'customFields' && key.includes('.'))) return undefined;
		return { index, name, ...known, key };
	}
	return undefined;
}

/**
 * Find out which column is what.
 * @param header column names as the file has them, trimmed
 * @throws CsvFileError when there is no ID column, a column named in the options is absent, or a column that would be
 * used is there twice
 */
export function mapColumns(header: readonly string[], options: ColumnOptions): ColumnMap {
	const isReport = hasReportColumns(header);
	const reportNames: string[] = [
		...(isReport ? [...REPORT_COLUMNS, UNPLACED_COLUMN] : []),
		...(hasUndoColumns(header) ? [UNDONE_COLUMN] : []),
	];
	const report = reportNames.map((name) => header.indexOf(name)).filter((index) => index !== -1);

	const id = findRole(header, 'id', options.idColumn);
	if (id === undefined) {
		throw new CsvFileError(
			`The file has no participant ID column. Columns found: ${listColumns(header)}`,
			`Name the column ${ALIASES.id.join(', ')} or set '${ROLE_OPTION.id}'. If all columns are shown as one, choose the delimiter`,
		);
	}
	const accountId = findRole(header, 'accountId', options.accountIdColumn);
	const segments = findRole(header, 'segments', options.segmentsColumn);
	const action = findRole(header, 'action', options.actionColumn);
	checkRoles(header, { id, accountId, segments, action });

	const roles = [id, accountId, segments, action];
	const details: DetailColumn[] = [];
	const ignoredColumns: string[] = [];
	header.forEach((name, index) => {
		if (name === '' || report.includes(index)) return;
		// The ID column may be a detail as well: programs that use e-mail addresses as IDs have one column for both.
		const detail = detailOf(name, index);
		if (detail) details.push(detail);
		else if (!roles.includes(index)) ignoredColumns.push(name);
	});
	if (options.includeDetails) checkDetails(details);
	return {
		header,
		id,
		accountId,
		segments,
		action,
		report,
		details: options.includeDetails ? details : [],
		unsentDetails: options.includeDetails ? [] : details.map(({ name }) => name),
		ignoredColumns,
		notes: options.includeDetails ? notesOn(header) : [],
	};
}

/** @throws CsvFileError when one column was named for two uses (an ID may serve as account ID too) */
function checkRoles(
	header: readonly string[],
	{ id, accountId, segments, action }: Record<Role, number | undefined>,
): void {
	const uses = [segments, action].filter((index) => index !== undefined);
	const shared = uses.find((index, at) => [id, accountId, ...uses.slice(0, at)].includes(index));
	if (shared === undefined) return;
	throw new CsvFileError(
		`Column '${header[shared]}' is named for two different uses`,
		'Give the segments and the action a column of their own',
	);
}

/** @throws CsvFileError when two columns would set the same field */
function checkDetails(details: readonly DetailColumn[]): void {
	const seen = new Map<string, string>();
	for (const { field, key, name } of details) {
		const target = key === undefined ? field : `${field}.${key}`;
		const other = seen.get(target);
		if (other !== undefined) {
			throw new CsvFileError(
				other === name
					? `The file has several columns named '${name}'`
					: `The columns '${other}' and '${name}' are the same field`,
				'Keep one of them, or rename the other so that it is ignored',
			);
		}
		seen.set(target, name);
	}
}

function notesOn(header: readonly string[]): string[] {
	const nested = header.filter((name) => /^customfields\.[^.]*\../i.test(name));
	if (nested.length === 0) return [];
	return [
		`Custom fields hold single values, so ${listColumns(nested)} ${nested.length === 1 ? 'is' : 'are'} ignored.`,
	];
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

/** Convert a cell that is not blank. `problem` ends the sentence "Column 'x' holds 'y', …". */
function convert(kind: CellKind, cell: string): Converted {
	const text = cell.trim();
	switch (kind) {
		case 'text':
			return { value: cell };
		case 'trimmed':
			return { value: text };
		case 'boolean': {
			const word = text.toLowerCase();
			if (TRUE_WORDS.has(word)) return { value: true };
			if (FALSE_WORDS.has(word)) return { value: false };
			return { problem: 'which is neither true nor false' };
		}
		case 'locale': {
			const value = language(text);
			return value === undefined ? { problem: 'which is no locale such as en_US' } : { value };
		}
		case 'country':
			return /^[a-z]{2}$/i.test(text)
				? { value: text.toUpperCase() }
				: { problem: 'which is no two-letter country code such as CA' };
		case 'date':
		case 'milliseconds': {
			if (/^-?\d{1,16}$/.test(text)) return readMilliseconds(Number(text));
			const value = kind === 'date' ? readIsoDate(text) : undefined;
			if (value !== undefined) return { value };
			return {
				problem:
					kind === 'date'
						? 'which is neither milliseconds since 1970 nor a date such as 2024-05-31 or 2024-05-31T08:00:00Z'
						: 'which is no whole number of milliseconds since 1970',
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
 * - A blank cell leaves its field out; with `clear` it sets the field to null, which erases it. Referral codes, share
 *   links, referrers and dates are left out in both cases.
 * - Text is sent as it is, numbers in custom fields too: a CSV cell has no type, and `007` must not become 7.
 * - `referredBy.code` becomes `referredByCodes: [code]`, or, for classic programs that also have
 *   `referredBy.isConverted`, `referredBy: { code, isConverted }`.
 * @returns the fields, or the first problem as a sentence that names column and value
 */
export function detailsOf(
	map: ColumnMap,
	cells: readonly string[],
	blankCells: 'ignore' | 'clear',
): { details: Record<string, unknown> } | { problem: string } {
	// Its fields are the API's, not the file's.
	const details: Record<string, unknown> = {};
	const referredBy: { code?: unknown; isConverted?: unknown } = {};
	for (const { index, name, field, key, kind, clearable } of map.details) {
		const cell = cells[index] ?? '';
		let value: unknown = null;
		if (cell.trim() === '') {
			if (blankCells === 'ignore' || !clearable) continue;
		} else {
			const converted = convert(kind, cell);
			if ('problem' in converted) {
				const shown = cell.length > 60 ? `${cell.slice(0, 60)}…` : cell;
				return { problem: `Column '${name}' holds '${shown}', ${converted.problem}` };
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
				problem: "Column 'referredBy.isConverted' is filled, but the row has no 'referredBy.code'",
			};
		}
		details.referredBy = referredBy;
	} else if (referredBy.code !== undefined) {
		details.referredByCodes = [referredBy.code];
	}
	return { details };
}
