/**
 * Reads values of parameters, wherever they come from: a node, an option, a trigger. What is not understood is refused,
 * with the parameter's name as the editor shows it and with what the value was.
 *
 * The options of operations with many options stand in groups. The editor shows a group as one option, with its own
 * settings inside: `options.stopRule = { settings: { stopOn: 'failures', maxFailures: 5 } }`.
 */
import { tryToParseDateTime } from 'n8n-workflow';
import { CHECK_EXPRESSION } from '../inputError';
import {
	AS_TEXT,
	describeValue,
	isInexact,
	entriesOf,
	numberOf,
	switchOf,
	textOf,
} from '../inputValue';
import { leftoverOf } from '../leftovers';
import { SegmentInputError } from '../segments/change';
import { readSegmentTexts } from '../segments/key';
import { ChoiceError } from './choices';
import { ParameterError } from './nodeErrors';
import type { IDataObject } from 'n8n-workflow';
import { isRecord } from '../advocate/client/values';

/** What a number may be, for the field that asks for it and for those who read it. */
export interface NumberLimits {
	min: number;
	max: number;
	default: number;
}

/** Whether a parameter, as the node has it, is an expression: n8n marks it by its first letter. */
export const isExpression = (parameter: unknown): parameter is string =>
	typeof parameter === 'string' && parameter.startsWith('=');

/** The refusal of a value. */
function refused(value: unknown, displayName: string, wanted: string): ParameterError {
	return new ParameterError(
		`'${displayName}' is ${describeValue(value)}`,
		describeValue(value) === 'empty' ? `${wanted}. ${CHECK_EXPRESSION}` : wanted,
	);
}

/**
 * The position of a switch: true, yes, on or 1, false, no, off or 0, in any case, as text or not.
 * @throws ParameterError for anything else, which must not pass for either
 */
export function asSwitch(value: unknown, displayName: string): boolean {
	const position = switchOf(value);
	if (position !== undefined) return position;
	throw refused(value, displayName, 'Use true or false');
}

/**
 * A whole number within its bounds.
 * @throws ParameterError
 */
export function asNumber(value: unknown, displayName: string, limits: NumberLimits): number {
	const number = numberOf(value);
	if (
		number !== undefined &&
		Number.isSafeInteger(number) &&
		number >= limits.min &&
		number <= limits.max
	) {
		return number;
	}
	const wanted =
		limits.max === Number.MAX_SAFE_INTEGER
			? `Give a whole number, at least ${limits.min}`
			: `Give a whole number from ${limits.min} to ${limits.max}`;
	throw refused(value, displayName, wanted);
}

/**
 * A text, trimmed; nothing gives an empty one. A whole number is taken as its digits.
 * @throws ParameterError for what is no text, or one that nobody means
 */
export function asText(value: unknown, displayName: string): string {
	const text = asAnyText(value, displayName);
	const leftover = leftoverOf(text);
	if (leftover === undefined) return text;
	throw new ParameterError(`'${displayName}' is '${text}', ${leftover}`, CORRECT_EXPRESSION);
}

const CORRECT_EXPRESSION =
	'Correct the expression or the node that the value comes from, so that it gives the value, or nothing';

/**
 * As `asText`, for those who judge the text themselves.
 * @throws ParameterError for what is no text
 */
export function asAnyText(value: unknown, displayName: string): string {
	if (value === undefined || value === null) return '';
	const text = textOf(value);
	if (text !== undefined) return text.trim();
	const wanted = isInexact(value) ? AS_TEXT.replace(/^g/, 'G') : 'Give text or a whole number';
	throw refused(value, displayName, wanted);
}

/**
 * A value that must be one of a few, which an expression may miss. Upper and lower case count as the same.
 * @throws ParameterError
 */
export function oneOf<T extends string>(
	value: unknown,
	allowed: readonly T[],
	displayName: string,
): T {
	const text = textOf(value) ?? '';
	// Not trimmed at first: a tab is a delimiter.
	const wanted = [text, text.trim().toLowerCase()];
	const found =
		allowed.find((candidate) => candidate === wanted[0]) ??
		allowed.find((candidate) => candidate.toLowerCase() === wanted[1]);
	if (found !== undefined) return found;
	throw new ChoiceError(value, displayName, allowed);
}

/** A date, with or without a time and a zone (ISO 8601). */
const ISO_DATE =
	/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/i;

/** The year 1973 in milliseconds: smaller numbers are seconds, or no dates at all. */
const FIRST_MILLISECONDS = 100_000_000_000;

/**
 * A date: text in ISO 8601, milliseconds since the epoch, or a date of JavaScript or n8n. Text without a zone is in the
 * workflow's.
 * @returns milliseconds since the epoch; nothing when it is empty
 * @throws ParameterError for anything else
 */
export function asDate(value: unknown, displayName: string, timezone: string): number | undefined {
	if (describeValue(value) === 'empty') return undefined;
	const wanted =
		'Give a date such as 2026-01-31T14:30:00Z, or milliseconds since 1970. A text without a zone is taken in the time zone of the workflow';
	const milliseconds = millisecondsOf(value, timezone);
	if (milliseconds !== undefined && Number.isSafeInteger(milliseconds)) return milliseconds;
	throw refused(value, displayName, wanted);
}

function millisecondsOf(value: unknown, timezone: string): number | undefined {
	if (value instanceof Date) return value.getTime();
	if (typeof value === 'object' && value !== null && 'toMillis' in value) {
		return typeof value.toMillis === 'function' ? Number(value.toMillis()) : undefined;
	}
	const number = numberOf(value);
	if (number !== undefined) return number >= FIRST_MILLISECONDS ? number : undefined;
	if (typeof value !== 'string' || !ISO_DATE.test(value.trim())) return undefined;
	try {
		return tryToParseDateTime(value.trim(), timezone).toMillis();
	} catch {
		return undefined;
	}
}

/** Largest amount of a reward: ten digits, and what the API's integers hold is less. */
const AMOUNT = /^[1-9][0-9]{0,9}$/;

/**
 * An amount of credit: a whole number above 0, or the same as text without signs, separators or decimals.
 * @throws ParameterError for all else: `12,50` and `1.250` mean other amounts to other people
 */
export function asAmount(value: unknown, displayName: string): number {
	if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
	if (typeof value === 'string' && AMOUNT.test(value.trim())) return Number(value.trim());
	throw refused(
		value,
		displayName,
		'Give a whole number above 0, without separators. Credit has no decimals: in the unit CENTS, 12.50 is 1250',
	);
}

/**
 * A list of texts: an array, JSON text of one, or text separated by commas, semicolons, pipes or line breaks. Blank
 * entries are dropped.
 * @throws ParameterError
 */
export function asTexts(value: unknown, displayName: string): string[] {
	const entries = entriesOf(value);
	const wanted = 'Give a list of texts, or text separated by commas';
	if (entries === undefined) throw refused(value, displayName, wanted);
	return entries
		.map((entry, index) => {
			const text = textOf(entry);
			if (text !== undefined) return text.trim();
			throw new ParameterError(
				`Entry ${index + 1} of '${displayName}' is ${describeValue(entry)}`,
				wanted,
			);
		})
		.filter((text) => text !== '');
}

/**
 * The names or keys of a list of segments.
 * @throws ParameterError
 */
export function asSegments(value: unknown, displayName: string): string[] {
	try {
		return readSegmentTexts(value);
	} catch (error) {
		throw namingParameter(error, displayName);
	}
}

/**
 * The names or keys of a list of segments that others are kept out by. A list without entries keeps nobody out, so an expression
 * that finds nothing must not pass for one.
 * @throws ParameterError
 */
export function asSegmentFilter(value: unknown, displayName: string): string[] {
	if (describeValue(value) !== 'empty') return asSegments(value, displayName);
	throw refused(value, displayName, 'Choose segments, or give [] for no condition');
}

/** The refusal of a list of segments that an expression did not find, where it could be meant to be without entries. */
export const noSegments = (displayName: string): ParameterError =>
	new ParameterError(
		`'${displayName}' is empty`,
		`Choose segments, or let the expression give [] where there is none to change, as {{ $json.segments ?? [] }} does. ${CHECK_EXPRESSION}`,
	);

/** Add the display name of the parameter to what the segment rules found. */
export function namingParameter(error: unknown, displayName: string): unknown {
	return error instanceof SegmentInputError
		? new ParameterError(`'${displayName}': ${error.message}`, error.hint)
		: error;
}

/** What the groups are called in the editor, by their names. No option outside of a group has one of these names. */
export const OPTION_GROUPS = {
	columns: 'Columns',
	fileFormat: 'File Format',
	importJob: 'Import Job',
	requests: 'Requests',
	resultFiles: 'Result Files',
	rows: 'Rows',
	stopRule: 'Stop Rule',
} as const;

export type OptionGroup = keyof typeof OPTION_GROUPS;

/** Where a group keeps its settings. */
export const GROUP_SETTINGS = 'settings';

const isGroup = (name: string): name is OptionGroup => Object.hasOwn(OPTION_GROUPS, name);

/**
 * Options without their groups: what is in a group stands beside the others, so that readers need not know which it is.
 * A setting of a group goes before an option of the same name, which n8n leaves out as none of the operation's.
 * @throws ParameterError for a group that is no group
 */
export function withoutGroups(options: IDataObject): IDataObject {
	const groups = Object.keys(options).filter(isGroup);
	if (groups.length === 0) return options;
	const flat = { ...options };
	for (const name of groups) {
		delete flat[name];
		Object.assign(flat, settingsOf(name, options[name]));
	}
	return flat;
}

/** A group that was added and emptied again in the editor has no settings any more. */
function settingsOf(name: OptionGroup, group: unknown): IDataObject {
	const isEmpty = isRecord(group) && Object.keys(group).length === 0;
	const settings = isRecord(group) && !isEmpty ? group[GROUP_SETTINGS] : group;
	if (isRecord(settings)) return settings as IDataObject;
	throw new ParameterError(
		`'${OPTION_GROUPS[name]}' is ${describeValue(settings)}`,
		'Remove this option, add it again, and set what is in it one by one',
	);
}
