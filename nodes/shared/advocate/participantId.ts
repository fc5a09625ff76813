/**
 * Which texts are taken for a participant or account ID. The API takes nearly any text and creates a participant of
 * it, so a damaged ID does not fail: it makes a second participant beside the real one. Damage is what programs,
 * spreadsheets and people make of an ID, and what hardly anybody is called. Items and rows are judged here alike; rows of
 * files that we wrote also by the check that stands in them. Pure.
 */
import { createHash } from 'node:crypto';
import { BRACES_LEFT, HAS_BRACES, leftoverOf, NO_VALUE, PLACEHOLDER } from '../leftovers';
import type { ParticipantId } from './participants';

/** Longest ID that is taken for one. The API's limit is not documented; this keeps a broken row from being sent. */
const MAX_ID_LENGTH = 512;

/** Name of the option that takes IDs as they stand. */
export const ACCEPT_UNUSUAL_IDS = 'Accept Unusual IDs';

/** Blanks and characters without a width, as they come along when an ID is copied. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;

/** Most IDs are e-mail addresses; for a million rows the look is worth its line. */
const PLAIN = /^(?!.*(?:\bundefined\b|\.\.))[\w.+-]+@[\w-]+(?:\.[\w-]+)*$/i;

/** What stands on either side of the `@`: parts between periods, without the signs that stand around an address. */
const EMAIL_SIDE = /^[^@\s.,;:<>()[\]"]+(?:\.[^@\s.,;:<>()[\]"]+)*$/;

/**
 * Whether a text can be an e-mail address at all, in any script. The API refuses others when it is sent one as such, or
 * would keep an address to which nothing can be sent.
 */
export function isEmail(text: string): boolean {
	const [before, behind, ...more] = text.split('@');
	const isWhole = more.length === 0 && behind !== undefined;
	return isWhole && !text.startsWith('=') && EMAIL_SIDE.test(before) && EMAIL_SIDE.test(behind);
}

/** The ID without what can't be seen around it. */
export function cleanId(text: string, acceptUnusual: boolean): string {
	const trimmed = text.trim();
	return acceptUnusual || PLAIN.test(trimmed) ? trimmed : trimmed.replace(AROUND, '');
}

/** Why a text is not taken for an ID: the end of a sentence that begins with what the ID is called; and the way out. */
export interface IdProblem {
	problem: string;
	hint: string;
	/** The way out by a setting of the node: see `WayOut`. */
	bySetting?: string;
}

/** The way out of a damaged ID. */
export const CORRECT = 'Correct it where it comes from';

/**
 * Judge an ID.
 * @param id as `cleanId` gives it, not empty
 * @returns nothing when it can be taken
 */
export function checkId(id: string, acceptUnusual: boolean): IdProblem | undefined {
	if (id.length > MAX_ID_LENGTH) {
		return { problem: `has ${id.length} characters (at most ${MAX_ID_LENGTH})`, hint: CORRECT };
	}
	if (acceptUnusual || PLAIN.test(id)) return undefined;
	const problem = damageOf(id);
	if (problem === undefined) return undefined;
	const bySetting = `If the participant is really called that, turn on '${ACCEPT_UNUSUAL_IDS}'`;
	return { problem, hint: CORRECT, bySetting };
}

/** The end of a sentence that begins with what the ID is called. */
type Says = (found: string) => string;

/** `U+200B` */
const codeOf = (character: string): string =>
	`U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** UTF-8 that was read as Windows-1252, as `Ã¼` for `ü` and `â€™` for `’`. */
const MISREAD = /[ÂÃÄÅÐÑ][\u0080-\u00bfŒŠš›œŸ€‚ƒ„…†‡ˆ‰‹‘’“”•–—˜™]|â€|ï¿½/u;

/** Letters as web pages write them. */
const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,8}\d{0,2});/i;

/** Letters as mails write them: `=C3=BC`. */
const MAIL_CODE = /(?:=[0-9A-F]{2}){2,}/;

/** A text whose letters went through the wrong hands, as names and other details show it. */
export function garbledPart(text: string): string | undefined {
	for (const sign of GARBLED) {
		const found = sign.exec(text);
		if (found !== null) return found[0];
	}
	return undefined;
}

const GARBLED = [MISREAD, ENTITY, MAIL_CODE, /\ufffd/u];

/** A letter that became a question mark beside another one. Where questions belong, in web addresses, it is none. */
export const LOST_LETTER = /\p{L}\?|\?\p{L}/u;

const isAddress = (id: string): boolean => /:\/\/|\?[\w.~-]+=/.test(id);

/** Damage anywhere in an ID. */
const INSIDE: ReadonlyArray<readonly [sign: RegExp, says: Says]> = [
	[/[\r\n\u0085\u2028\u2029]/, () => 'has a line break in it'],
	[/\p{Cc}/u, (found) => `has the control character ${codeOf(found)} in it`],
	[/\p{Cf}/u, (found) => `has the invisible character ${codeOf(found)} in it`],
	[/\p{Cs}/u, () => 'has half a character in it'],
	[
		MISREAD,
		(found) => `has '${found}' in it, as letters look that were read in another character encoding`,
	],
	[
		/[\u00AB\u00BB\u2018-\u201F\u2032-\u2037\u2039\u203A]/u,
		(found) => `has the typographic quote ${found} (${codeOf(found)}) in it`,
	],
	[
		/\uFFFD|\?{2,}/u,
		(found) => `has '${found}' in it, where letters were lost in another character encoding`,
	],
	[/[\uFF20\uFE6B]/u, (found) => `has '${found}' in it, which only looks like @`],
	[ENTITY, (found) => `has '${found}' in it, as web pages write a letter`],
	[
		/%40|(?:%C3%[89AB][0-9A-F])/i,
		(found) => `has '${found}' in it, as web addresses write a letter`,
	],
];

const looksDamaged: Says = (id) =>
	`is '${id}', which looks damaged by a spreadsheet (IDs need a column that is formatted as text)`;

const noValue: Says = (id) => `is '${id}', ${NO_VALUE}`;

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)';

/** Texts that stand for something else than an ID. */
const WHOLE: ReadonlyArray<readonly [sign: RegExp, says: Says]> = [
	[
		/\{\{.*\}\}|\$\{.*\}|<%.*%>/s,
		(id) => `is '${id}', which looks like an expression that was not filled in`,
	],
	[HAS_BRACES, (id) => `is '${id}', ${BRACES_LEFT}`],
	[/^(?:true|false)$/i, (id) => `is '${id}', which answers a question and names nobody`],
	[/^(?:\{\s*".*\}|\[\s*["'{\d].*\])$/s, () => 'is a list or an object, written as text'],
	[/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*$/, (id) => `is '${id}', a date with a time`],
	[/^#+$/, (id) => `is '${id}', which a spreadsheet shows for a column that is too narrow`],
	[/^=[A-Z][A-Z.]*\(.*\)$/s, (id) => `is '${id}', a formula of a spreadsheet`],
	[/^[+-]?\d(?:[.,]\d+)?E\+\d+$|^[+-]?\d[.,]\d+E-?\d+$/i, looksDamaged],
	// With a comma for decimals, or for thousands.
	[/^[+-]?\d+(?:[.,\u00a0\u202f' ]\d{3})*,\d+$/, looksDamaged],
	// Dates, as spreadsheets make them of 1-2 and MAR1.
	[new RegExp(`^(?:\\d{1,2}-${MONTH}(?:-\\d{2,4})?|${MONTH}-\\d{2,4})$`, 'i'), looksDamaged],
	[/^\d{1,2}([./])\d{1,2}\1(?:\d{2}|\d{4})(?: \d{1,2}:\d{2}.*)?$/, looksDamaged],
	[/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?$/, looksDamaged],
	[
		/^(?:null|\(null\)|\[null\]|<null>|nil|nan|-nan|nat|none|undefined|n\/a|n\.a\.|<na>|pd\.na|\\n|\(blank\)|\(empty\)|\(none\)|\$null\$|-?1\.#(?:ind|qnan)|--+|[\u2013\u2014])$/i,
		noValue,
	],
	// As R writes it: in small letters it may be a name.
	[/^NA$/, noValue],
	[/^(?:\[\]|\{\})$/, noValue],
	[/^(["`\u00b4]).*["`\u00b4]$/s, () => 'is in quotes'],
	[/^'.*'$/s, () => 'is in quotes'],
	[/@.*[\s,;|].*@/s, () => 'holds several e-mail addresses'],
	[
		/<[^<>\s]+@[^<>\s]+>|^mailto:/i,
		() => "has something around an e-mail address ('mailto:', or a name and angle brackets)",
	],
	[/\s.*@|@.*\s/s, () => 'has a blank in it, which e-mail addresses do not have'],
	[/^[^\s@]+@@[^\s@]+$/, () => "has '@@' in it, which e-mail addresses do not have"],
	[/@.*(?:[,;:]|(?<!\.)\.)$/, (id) => `ends with '${id.slice(-1)}'`],
	[
		/(?<![\p{L}\p{N}])undefined(?![\p{L}\p{N}])|(?<=[\s_-])(?:null|NaN)$/u,
		(id) => `has '${/undefined|null$|NaN$/.exec(id)?.[0]}' in it, ${NO_VALUE}`,
	],
	[/@$/, () => "ends with '@'"],
	[/@.*,/, () => "has a comma behind the '@'"],
	[/@.*\.\.(?!\.)./, () => "has two periods behind the '@'"],
	[/^<[\w.]+>$/, (id) => `is '${id}', ${PLACEHOLDER}`],
	[/^[,;:=].*@/s, (id) => `begins with '${id.charAt(0)}'`],
	[
		/(?:\.\.\.|\u2026)$/,
		(id) => `ends with '${id.endsWith('.') ? '...' : '\u2026'}', as if it was cut off`,
	],
];

/** What is wrong with an ID, as the end of a sentence that begins with what it is called; nothing when nothing is. */
export function damageOf(id: string): string | undefined {
	for (const [sign, says] of INSIDE) {
		const found = sign.exec(id);
		if (found !== null) return says(found[0]);
	}
	const leftover = leftoverOf(id);
	if (leftover !== undefined) return `is '${id}', ${leftover}`;
	const whole = WHOLE.find(([sign]) => sign.test(id));
	if (whole !== undefined) return whole[1](id);
	const lost = isAddress(id) ? null : LOST_LETTER.exec(id);
	if (lost === null) return undefined;
	return `has '${lost[0]}' in it, where a letter may have been lost in another character encoding`;
}

// --- the check of IDs in the files that we write ------------------------------------------------------------------

/** The column that says whether the IDs of a row are still those that it was written with. */
export const ID_CHECK_COLUMN = 'idCheck';

/** One letter for each value of half a byte: no spreadsheet takes such a text for a number, a date or a word. */
const LETTERS = 'bcdfghjkmnpqrstv';

const LENGTH = 8;

/**
 * The check of a participant: the beginning of a hash of both IDs. A spreadsheet turns `000123` into `123` and `true` into
 * `TRUE`, and whoever saves such a file and imports it would make participants that nobody has asked for.
 */
export function idCheckOf({ accountId, id }: ParticipantId): string {
	// As UTF-16: in UTF-8, halves of characters would all be the same.
	const text = Buffer.from(JSON.stringify([accountId, id]), 'utf16le');
	const digits = createHash('sha256').update(text).digest('hex').slice(0, LENGTH);
	return digits.replace(/./g, (digit) => LETTERS[parseInt(digit, 16)]);
}

/**
 * Why a participant is not the one that a row was written with, as a sentence without a period.
 * @param cell the row's check; blank where there is none
 */
export function idCheckProblem(participant: ParticipantId, cell: string): string | undefined {
	const check = cell.trim().toLowerCase();
	if (check === '' || check === idCheckOf(participant)) return undefined;
	return `The ID is not the one that this row was written with, as the cell in '${ID_CHECK_COLUMN}' shows. If a spreadsheet changed it, format the column as text and enter the ID as it was. If you changed it yourself, empty that cell`;
}
