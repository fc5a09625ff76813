/**
 * Keeps the secrets of a credential out of what is read. A server, or something on the way to it, may repeat the
 * request in its answer, in any of the forms in which a text travels. Pure.
 */
import { isRecord } from './json';

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
	/\\u\{?([\da-f]{1,6})\}?|\\x([\da-f]{2})|((?:%[\da-f]{2})+)|&#(\d{1,7});?|&#x([\da-f]{1,6});?|&(amp|quot|apos|lt|gt);|\\([bfnrt])|\\([\\"'/])/gi;

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
	const [, unicode, byte, percent, decimal, hex, named, control, escaped] = groups;
	if (percent !== undefined) return Buffer.from(percent.replaceAll('%', ''), 'hex').toString();
	const hexadecimal = unicode ?? byte ?? hex;
	if (hexadecimal !== undefined) return character(parseInt(hexadecimal, 16));
	if (decimal !== undefined) return character(Number(decimal));
	if (named !== undefined) return NAMED[named.toLowerCase()];
	if (control !== undefined) return CONTROL[control.toLowerCase()];
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
		char === '\\' ? '\\\\+' : `${/["'/]/.test(char) ? '\\\\*' : ''}${literal(char)}`,
		units.map((unit) => `\\\\+u${hexOf(unit, 4)}`).join(''),
		`\\\\+u\\{0*${hexOf(code, 1)}\\}`,
		...(code < 0x100 ? [`\\\\+x${hexOf(code, 2)}`] : []),
		[...Buffer.from(char, 'utf8')].map((byte) => `%(?:25)*${hexOf(byte, 2)}`).join(''),
		`&(?:amp;)*#0*${code};?`,
		`&(?:amp;)*#[xX]0*${hexOf(code, 1)};?`,
		...(named === undefined ? [] : [`&(?:amp;)*${named};`]),
		...(control === undefined ? [] : [`\\\\+${control}`]),
	].join('|')})`;
}

/** A short text counts as a word of its own only: not inside another one, nor in an e-mail address. */
const WORD_START = '(?<![\\p{L}\\p{N}_@.+-])';
const WORD_END = '(?![\\p{L}\\p{N}_@+-]|\\.[\\p{L}\\p{N}])';

const asWord = (text: string, pattern: string): string =>
	text.length < UNMISTAKABLE_LENGTH ? `${WORD_START}${pattern}${WORD_END}` : pattern;

const patternOf = (text: string): string =>
	asWord(text, [...text].map(characterPattern).join(`[${INVISIBLE}]*`));

/** The ways of writing a text as a whole; what pads Base64 tells nothing. */
function formsOf(secret: string): string[] {
	const base64 = Buffer.from(secret, 'utf8').toString('base64').replace(/=+$/, '');
	const hex = Buffer.from(secret, 'utf8').toString('hex');
	const encoded = [base64, base64.replace(/\+/g, '-').replace(/\//g, '_'), hex, hex.toUpperCase()];
	return [
		...[
			secret,
			secret.replace(ALL_INVISIBLE, ''),
			// Of a form, and of a cell in a CSV file.
			secret.replaceAll(' ', '+'),
			secret.replaceAll('"', '""'),
		].filter((form) => form.length >= SHORTEST_LENGTH),
		...encoded.filter((form) => form.length >= UNMISTAKABLE_LENGTH),
	];
}

/** Texts up to this many characters are searched for a secret that is written with escapes, line by line. */
const LONGEST_LINE = 64 * 1024;

export class Redaction {
	/** The secrets as they are, and encoded. */
	private readonly forms: readonly string[];

	/** The forms without escapes, short ones as words. */
	private readonly plain: RegExp;

	/** The forms with every escape. Slow, so only for what is known to hold one. */
	private readonly written: RegExp;

	/** @param secrets as they travel; user and password as a pair too */
	constructor(secrets: readonly string[]) {
		// The longest first: a pair must not be left with half of it.
		this.forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
		const either = (patterns: string[]): RegExp => new RegExp(patterns.join('|') || '(?!)', 'gu');
		this.plain = either(this.forms.map((form) => asWord(form, literal(form))));
		this.written = either(this.forms.map(patternOf));
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
		const redacted = text.replace(this.plain, HIDDEN);
		if (!this.isIn(redacted)) return redacted;
		const searched = redacted.length > LONGEST_LINE ? '' : redacted.replace(this.written, HIDDEN);
		// Written in a way that only reading shows: rather nothing than a secret.
		return searched === '' || this.isIn(searched) ? HIDDEN : searched;
	}

	/**
	 * A parsed JSON value with `[hidden]` in place of the secrets, in keys too. Changes the value itself.
	 * @param source the JSON text it comes from, which is looked through first
	 */
	json(value: unknown, source: string): unknown {
		if (!this.isIn(source)) return value;
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
		if (this.hasPlain(text)) return true;
		let current = text;
		for (let wrapping = 0; wrapping < MAX_WRAPPINGS && ESCAPE.test(current); wrapping++) {
			const inner = unwrapped(current);
			if (inner === current) return false;
			if (this.hasPlain(inner)) return true;
			current = inner;
		}
		return false;
	}

	private hasPlain(text: string): boolean {
		// Many times as fast as the expression, which is needed for short ones only.
		const found = this.forms.some((form) => text.includes(form));
		return found && text.search(this.plain) !== -1;
	}
}
