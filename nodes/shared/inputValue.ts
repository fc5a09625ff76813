/**
 * What people and expressions give: understood as what was meant, or named for what it is. An expression may give
 * anything, so nothing here takes a value for granted, and nothing turns an object into text.
 */

const YES = new Set(['true', 'yes', 'on', '1']);
const NO = new Set(['false', 'no', 'off', '0']);

/**
 * The position of a switch.
 * @returns nothing when the value says neither yes nor no
 */
export function switchOf(value: unknown): boolean | undefined {
	if (typeof value === 'boolean') return value;
	if (typeof value !== 'string' && typeof value !== 'number') return undefined;
	const word = String(value).trim().toLowerCase();
	if (YES.has(word)) return true;
	return NO.has(word) ? false : undefined;
}

/**
 * The text of a text or of a whole number that is exact.
 * @returns nothing for all else: a number beyond 2^53 has lost digits, and a fraction is no ID, name or key
 */
export function textOf(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return Number.isSafeInteger(value) ? String(value) : undefined;
}

/**
 * The number that a number or a text of digits gives.
 * @returns nothing for all else: JavaScript would make 1 of `true` and 5 of `[5]`
 */
export function numberOf(value: unknown): number | undefined {
	if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
	if (typeof value !== 'string' || !/^\s*[+-]?\d+(\.\d+)?\s*$/.test(value)) return undefined;
	return Number(value);
}

/** Between the entries of a list that is given as text. */
const SEPARATOR = /[,;|\r\n]/;

/**
 * The entries of a list: an array, the same as JSON text, or text separated by `,` `;` `|` or line breaks. A whole number
 * is a list of one, as its digits are in text.
 * @returns nothing when the value is no list. What each entry is, the caller has to look at
 */
export function entriesOf(value: unknown): unknown[] | undefined {
	if (Array.isArray(value)) return value;
	if (Number.isSafeInteger(value)) return [value];
	if (typeof value !== 'string') return undefined;
	const text = value.trim();
	if (!/^[[{]/.test(text)) return text.split(SEPARATOR);
	try {
		const parsed: unknown = JSON.parse(text);
		return Array.isArray(parsed) ? parsed : undefined;
	} catch {
		return undefined;
	}
}

/** Longest text that a message shows of a value. */
const SHOWN_LENGTH = 60;

/** What a value is, to go on after "is" in a message. */
export function describeValue(value: unknown): string {
	if (value === undefined || value === null) return 'empty';
	if (typeof value === 'string') return describeText(value);
	if (typeof value === 'number') return describeNumber(value);
	if (Array.isArray(value))
		return value.length === 0
			? 'an empty list'
			: `a list with ${count(value.length, 'entry', 'entries')}`;
	if (typeof value !== 'object')
		return typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
	if (value instanceof Date) {
		return Number.isNaN(value.getTime()) ? 'an invalid date' : `a date (${value.toISOString()})`;
	}
	// Luxon's dates, which n8n's `$now` and `$today` are.
	if ('isLuxonDateTime' in value) return `a date (${String(value)})`;
	const fields = Object.keys(value).length;
	return fields === 0 ? 'an empty object' : `an object with ${count(fields, 'field', 'fields')}`;
}

function describeText(text: string): string {
	const line = text.replace(/\s+/g, ' ').trim();
	if (line === '') return 'empty';
	return line.length > SHOWN_LENGTH ? `'${line.slice(0, SHOWN_LENGTH)}…'` : `'${line}'`;
}

/** Whether a value is a whole number with more digits than a number can hold: its last ones are lost already. */
export const isInexact = (value: unknown): boolean =>
	Number.isInteger(value) && !Number.isSafeInteger(value);

/** What to do about a value that is inexact. */
export const AS_TEXT =
	'give it as text where it comes from: here, its last digits are lost already';

function describeNumber(value: number): string {
	if (Number.isNaN(value)) return 'not a number (NaN)';
	if (isInexact(value)) {
		return `the number ${value}, which is too large to be exact`;
	}
	return String(value);
}

const count = (number: number, one: string, many: string): string =>
	`${number} ${number === 1 ? one : many}`;

/** How much of something there is, for messages: with commas between thousands, whatever the language of the machine. */
export const countText = (count: number): string => count.toLocaleString('en-US');

/** Names in a sentence: "a", "a and b", "a, b and c". */
export function inWords(names: readonly string[]): string {
	const last = names.at(-1) ?? '';
	return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** So many of something, for messages. */
export const counted = (count: number, one: string, many: string): string =>
	`${countText(count)} ${count === 1 ? one : many}`;

/** A text that goes on, in a sentence or with another one: the API's end with a period, ours do not. */
export const withoutPeriod = (text: string): string => text.replace(/\.+$/, '');
