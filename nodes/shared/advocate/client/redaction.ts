/**
 * Keeps the secrets of a credential out of what is read. A server, or something on the way to it, may repeat the
 * request in its answer, in any of the forms in which a text travels. Pure.
 */
import { isRecord } from './values';

const HIDDEN = '[hidden]';

/** From here on a text is no ordinary word, and is hidden wherever it stands. */
const UNMISTAKABLE_LENGTH = 8;

/** Below this it is hidden together with the rest of the credential only: `CA` or `any` are words of any answer. */
const SHORTEST_LENGTH = 4;

/** What can't be seen, and may stand between any two characters. */
const INVISIBLE = '\\u00AD\\u180E\\u200B-\\u200F\\u2060-\\u2064\\uFEFF';

const ALL_INVISIBLE = new RegExp(`[${INVISIBLE}]+`, 'g');

/** Each way of writing one character as several; the groups hold what the character is. */
const WRITTEN_OTHERWISE =
	/\\u([\da-f]{4})|\\u\{([\da-f]{1,6})\}|\\x([\da-f]{2})|((?:%[\da-f]{2})+)|&#(\d{1,7});?|&#x([\da-f]{1,6});?|&(amp|quot|apos|lt|gt);|\\([bfnrt])|\\([\\"'/])/gi;

/** What has to be in a text for a character in it to be written in another way. */
const ESCAPE = new RegExp(`[\\\\%&${INVISIBLE}]`);

const NAMED: Readonly<Record<string, string>> = {
	amp: '&',
	quot: '"',
	apos: "'",
	lt: '<',
	gt: '>',
};

const CONTROL: Readonly<Record<string, string>> = {
	b: '\b',
	f: '\f',
	n: '\n',
	r: '\r',
	t: '\t',
};

/** How often a text may be wrapped: JSON in JSON in a web page is three times. */
const MAX_WRAPPINGS = 5;

function character(code: number): string {
	return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

/** @param groups those of `WRITTEN_OTHERWISE`, in its order */
function written(...groups: Array<string | undefined>): string {
	const [, unit, point, byte, percent, decimal, hex, named, control, escaped] = groups;
	if (percent !== undefined) return Buffer.from(percent.replaceAll('%', ''), 'hex').toString();
	// Half of a character is one unit, which meets the other half.
	if (unit !== undefined) return String.fromCharCode(parseInt(unit, 16));
	const hexadecimal = point ?? byte ?? hex;
	if (hexadecimal !== undefined) return character(parseInt(hexadecimal, 16));
	if (decimal !== undefined) return character(Number(decimal));
	if (named !== undefined) return NAMED[named.toLowerCase()];
	if (control !== undefined) return CONTROL[control] ?? control;
	return escaped ?? '';
}

/** Undo one wrapping. */
const unwrapped = (text: string): string =>
	text.replace(ALL_INVISIBLE, '').replace(WRITTEN_OTHERWISE, written);

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** A hexadecimal number in either case. */
const anyCase = (hex: string): string =>
	hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

const hexOf = (value: number, digits: number): string =>
	anyCase(value.toString(16).padStart(digits, '0'));

/** The name of an entry of a table. */
const nameIn = (table: Readonly<Record<string, string>>, char: string): string | undefined =>
	Object.keys(table).find((name) => table[name] === char);

/** Source of an expression for one character in each way of writing it. */
function characterPattern(char: string): string {
	const code = char.codePointAt(0) ?? 0;
	const units = Array.from({ length: char.length }, (_, unit) => char.charCodeAt(unit));
	const named = nameIn(NAMED, char);
	const control = nameIn(CONTROL, char);
	return `(?:${[
		units.map((unit) => `\\\\+u${hexOf(unit, 4)}`).join(''),
		`\\\\+u\\{0*${hexOf(code, 1)}\\}`,
		...(code < 0x100 ? [`\\\\+x${hexOf(code, 2)}`] : []),
		[...Buffer.from(char, 'utf8')].map((byte) => `%(?:25)*${hexOf(byte, 2)}`).join(''),
		`&(?:amp;)*#0*${code};?`,
		`&(?:amp;)*#[xX]0*${hexOf(code, 1)};?`,
		...(named === undefined ? [] : [`&(?:amp;)*${named};`]),
		...(control === undefined ? [] : [`\\\\+${control}`]),
		char === '\\' ? '\\\\+' : `${/["'/]/.test(char) ? '\\\\*' : ''}${literal(char)}`,
	].join('|')})`;
}

/** A short text counts as a word of its own only: not inside another one, nor in an e-mail address. */
const WORD_START = '(?<![\\p{L}\\p{N}_@.+-])';
const WORD_END = '(?![\\p{L}\\p{N}_@+-]|\\.[\\p{L}\\p{N}])';

/** What fills Base64 up. It tells nothing, but without it there is nothing odd about the text that stays. */
const PADDING = '(?:=|%(?:25)*3[dD]){0,2}';

/** One way of writing a secret as a whole. */
interface Form {
	text: string;
	/** Source of an expression for what may follow and goes with it. */
	tail: string;
}

const asWord = ({ text, tail }: Form, pattern: string): string =>
	text.length < UNMISTAKABLE_LENGTH ? `${WORD_START}${pattern}${WORD_END}` : `${pattern}${tail}`;

/** The form in each way of writing its characters, with anything between them that can't be seen. */
const patternOf = (form: Form): string =>
	asWord(form, [...form.text].map((char) => `${characterPattern(char)}[${INVISIBLE}]*`).join(''));

function formsOf(secret: string): Form[] {
	const base64 = Buffer.from(secret, 'utf8').toString('base64').replace(/=+$/, '');
	const hex = Buffer.from(secret, 'utf8').toString('hex');
	const forms: Form[] = [
		secret,
		secret.replace(ALL_INVISIBLE, ''),
		// Of a form, and of a cell in a CSV file.
		secret.replaceAll(' ', '+'),
		secret.replaceAll('"', '""'),
	].map((text) => ({ text, tail: '' }));
	const encoded: Form[] = [
		{ text: base64, tail: PADDING },
		{ text: base64.replace(/\+/g, '-').replace(/\//g, '_'), tail: PADDING },
		{ text: hex, tail: '' },
		{ text: hex.toUpperCase(), tail: '' },
	];
	return [
		...forms.filter(({ text }) => text.length >= SHORTEST_LENGTH),
		...encoded.filter(({ text }) => text.length >= UNMISTAKABLE_LENGTH),
	];
}

/** Texts up to this many characters are searched for a secret that is written with escapes, line by line. */
const LONGEST_LINE = 64 * 1024;

/** A text as it is, and with one wrapping after the other undone. */
function* unwrappings(text: string): Generator<string> {
	let current = text;
	yield current;
	for (let wrapping = 0; wrapping < MAX_WRAPPINGS && ESCAPE.test(current); wrapping++) {
		const inner = unwrapped(current);
		if (inner === current) return;
		yield inner;
		current = inner;
	}
}

const either = (patterns: readonly string[]): RegExp =>
	new RegExp(patterns.join('|') || '(?!)', 'gu');

export class Redaction {
	/** What a text with a secret holds once enough wrappings are undone. */
	private readonly marks: readonly string[];

	/** The marks, short ones as words. */
	private readonly mark: RegExp;

	/** The secrets, and what they are encoded, without escapes. */
	private readonly plain: RegExp;

	/** The same with every escape. Slow, so only for what is known to hold one. */
	private readonly written: RegExp;

	/** @param secrets as they travel; user and password as a pair too */
	constructor(secrets: readonly string[]) {
		const byText = new Map(secrets.flatMap(formsOf).map((form) => [form.text, form]));
		// The longest first: a pair must not be left with half of it.
		const forms = [...byText.values()].sort((a, b) => b.text.length - a.text.length);
		const marks = forms.flatMap(({ text }) =>
			// A secret may look like an escape itself, and is undone with those around it then.
			[...unwrappings(text)].filter((inner) => inner.length >= SHORTEST_LENGTH),
		);
		this.marks = [...new Set(marks)];
		this.mark = either(this.marks.map((text) => asWord({ text, tail: '' }, literal(text))));
		this.plain = either(forms.map((form) => asWord(form, literal(form.text))));
		this.written = either(forms.map(patternOf));
	}

	/** A text with `[hidden]` in place of the secrets. */
	text(text: string): string {
		if (!this.isIn(text)) return text;
		if (text.length > LONGEST_LINE && text.includes('\n')) {
			return text
				.split('\n')
				.map((line) => this.text(line))
				.join('\n');
		}
		const hasEscapes = text.length <= LONGEST_LINE && ESCAPE.test(text);
		const redacted = text.replace(hasEscapes ? this.written : this.plain, HIDDEN);
		// Written in a way that only reading shows: rather nothing than a secret.
		return this.isIn(redacted) ? HIDDEN : redacted;
	}

	/**
	 * A parsed JSON value with `[hidden]` in place of the secrets, in keys too. Changes the value itself.
	 * @param source the JSON text it comes from, which is looked through first
	 */
	json(value: unknown, source: string): unknown {
		// With an escape in it, the text of the whole can be read in more than one way; that of each string can't.
		if (!ESCAPE.test(source) && !this.isIn(source)) return value;
		if (typeof value === 'string') return this.text(value);
		// A list of what is to be done, not a call for each: an answer may be nested a hundred thousand times.
		const open: unknown[] = [value];
		for (let current = open.pop(); current !== undefined; current = open.pop()) {
			if (Array.isArray(current)) {
				const list: unknown[] = current;
				list.forEach((entry, index) => {
					if (typeof entry === 'string') list[index] = this.text(entry);
					else if (typeof entry === 'object' && entry !== null) open.push(entry);
				});
			} else if (isRecord(current)) {
				this.redactObject(current, open);
			}
		}
		return value;
	}

	private redactObject(object: Record<string, unknown>, open: unknown[]): void {
		for (const [key, entry] of Object.entries(object)) {
			const shownKey = this.text(key);
			const shown = typeof entry === 'string' ? this.text(entry) : entry;
			if (typeof entry === 'object' && entry !== null) open.push(entry);
			if (shownKey === key && shown === entry) continue;
			if (shownKey !== key) delete object[key];
			// Not by assignment: `__proto__` is a possible key.
			Object.defineProperty(object, shownKey, {
				value: shown,
				configurable: true,
				enumerable: true,
				writable: true,
			});
		}
	}

	/** Whether a text holds a secret, in whatever way it is written. */
	private isIn(text: string): boolean {
		for (const inner of unwrappings(text)) {
			// Many times as fast as the expression, which is needed for short ones only.
			const found = this.marks.some((mark) => inner.includes(mark));
			if (found && inner.search(this.mark) !== -1) return true;
		}
		return false;
	}
}
