/**
 * The fields of an item as the cells of a row: nested objects by dots, each value as the text that was meant, or marked
 * as what it is. Nothing turns an object into text. Pure.
 */

/**
 * What the value of a field may stand for.
 * - `text`: text, a whole number that is exact, or nothing at all
 * - `value`: a switch, a fraction or a date: it has a text, but is no ID, key or action
 * - `list`: several texts, for the column of segments
 * - `other`: nothing that a cell could hold
 */
type ValueKind = 'text' | 'value' | 'list' | 'other';

/** The value of one field. */
export interface FieldValue {
	kind: ValueKind;
	text: string;
	value: unknown;
}

/** Objects inside of each other that are taken for fields. Whatever is deeper is no list of people. */
const MAX_DEPTH = 8;

/** The path of a custom field. It holds a single value: an object there is one that can't be sent, and no more fields. */
const CUSTOM_FIELD = /^\s*custom[ _-]?fields\.[^.]+$/i;

/** Takes the fields of an item, by their paths. */
export interface FieldVisitor {
	field(path: string, value: FieldValue): void;
	/** An object with fields of its own, before they come. */
	group?(path: string, value: object): void;
}

/** Show each field of an item to the visitor, those in objects by their path: `customFields.plan`. */
export function visitFields(item: object, visitor: FieldVisitor): void {
	visitGroup('', item, 1, visitor);
}

function visitGroup(prefix: string, group: object, depth: number, visitor: FieldVisitor): void {
	for (const [name, value] of Object.entries(group) as Array<[string, unknown]>) {
		const path = `${prefix}${name}`;
		if (isGroup(value) && depth < MAX_DEPTH && !CUSTOM_FIELD.test(path)) {
			visitor.group?.(path, value);
			visitGroup(`${path}.`, value, depth + 1, visitor);
		} else {
			visitor.field(path, readValue(value));
		}
	}
}

/** An object whose own fields are meant, and not one that is a value. */
const isGroup = (value: unknown): value is object =>
	typeof value === 'object' &&
	value !== null &&
	!Array.isArray(value) &&
	!ArrayBuffer.isView(value) &&
	dateText(value) === undefined;

function readValue(value: unknown): FieldValue {
	if (value === undefined || value === null) return { kind: 'text', text: '', value };
	switch (typeof value) {
		case 'string':
			return { kind: 'text', text: value, value };
		case 'number':
			return readNumber(value);
		case 'boolean':
			return { kind: 'value', text: String(value), value };
		case 'object':
			return Array.isArray(value) ? readList(value) : readDate(value);
		default:
			return { kind: 'other', text: '', value };
	}
}

function readNumber(value: number): FieldValue {
	if (Number.isSafeInteger(value)) return { kind: 'text', text: String(value), value };
	// A whole number beyond has lost digits.
	const isExact = Number.isFinite(value) && !Number.isInteger(value);
	return { kind: isExact ? 'value' : 'other', text: String(value), value };
}

function readDate(value: object): FieldValue {
	const text = dateText(value);
	return text === undefined || text === ''
		? { kind: 'other', text: '', value }
		: { kind: 'value', text, value };
}

/**
 * The text of a date, JavaScript's or Luxon's. A date of another realm, as code nodes give, is no `instanceof` ours.
 * @returns nothing for what is no date, an empty text for one that is no day
 */
function dateText(value: object): string | undefined {
	if (Object.prototype.toString.call(value) === '[object Date]') {
		const date = value as Date;
		return Number.isNaN(date.getTime()) ? '' : date.toISOString();
	}
	if (!('isLuxonDateTime' in value && 'toISO' in value)) return undefined;
	const { toISO } = value;
	if (typeof toISO !== 'function') return undefined;
	const text: unknown = toISO.call(value);
	return typeof text === 'string' ? text : '';
}

/** Texts that can stand in a cell of several as they are. */
const PLAIN = /^[\p{L}\p{N}~*_.@ -]+$/u;

function readList(list: readonly unknown[]): FieldValue {
	const filled = list.filter((entry) => entry !== null && entry !== undefined && entry !== '');
	if (filled.length === 0) return { kind: 'text', text: '', value: list };
	if (!filled.every((entry) => typeof entry === 'string' || Number.isSafeInteger(entry))) {
		return { kind: 'other', text: jsonOf(list), value: list };
	}
	const texts = filled.map(String);
	const isPlain = texts.every((text) => PLAIN.test(text));
	return { kind: 'list', text: isPlain ? texts.join('|') : JSON.stringify(texts), value: list };
}

/** For the eye, in the file of rejected rows. */
function jsonOf(value: unknown): string {
	try {
		return JSON.stringify(value);
	} catch {
		return '';
	}
}
