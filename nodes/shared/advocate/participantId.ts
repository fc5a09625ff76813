/**
 * Which texts are taken for a participant or account ID. The API takes nearly any text and creates a participant of
 * it, so a damaged ID does not fail: it makes a second participant beside the real one. Items and rows are judged here
 * alike.
 */

/** Longest ID that is taken for one. The API's limit is not documented; this keeps a broken row from being sent. */
const MAX_ID_LENGTH = 512;

/** Name of the option that takes IDs as they stand. */
export const ACCEPT_UNUSUAL_IDS = 'Accept Unusual IDs';

/** Blanks and characters without a width, as they come along when an ID is copied. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;

/** Most IDs are e-mail addresses or plain words; for a million rows the look is worth its line. */
const PLAIN = /^[\w.+-]+@[\w.-]+$/;

/** The ID without what can't be seen around it. */
export function cleanId(text: string, acceptUnusual: boolean): string {
	const trimmed = text.trim();
	return acceptUnusual || PLAIN.test(trimmed) ? trimmed : trimmed.replace(AROUND, '');
}

/** Damage anywhere in an ID, and what to say about it. */
const INSIDE: ReadonlyArray<[sign: RegExp, says: (found: string) => string]> = [
	[/[\r\n\u0085\u2028\u2029]/, () => 'has a line break in it'],
	[/\p{Cc}/u, (found) => `has the control character ${codeOf(found)} in it`],
	[/\p{Cf}/u, (found) => `has the invisible character ${codeOf(found)} in it`],
	[/\p{Cs}/u, () => 'has a broken character (half of one) in it'],
	[
		/[\u00AB\u00BB\u2018-\u201F\u2039\u203A]/u,
		(found) => `has the typographic quote ${found} (${codeOf(found)}) in it`,
	],
	[
		/\uFFFD|\?{2,}/u,
		(found) => `has '${found}' in it, where letters were lost in another character encoding`,
	],
];

const noValue = (id: string): string => `is '${id}', which programs write for a missing value`;

/** Texts that stand for something else than an ID. */
const WHOLE: ReadonlyArray<[sign: RegExp, says: (id: string) => string]> = [
	[/^\[object \w+\]$/, (id) => `is '${id}', which an expression makes of an object`],
	[
		/^(#(N\/A|N\/D|NV|NA)|#[\p{Lu}\d/]+[!?])$/u,
		(id) => `is '${id}', which a spreadsheet shows when a formula gives no value`,
	],
	[/^#+$/, (id) => `is '${id}', which a spreadsheet shows for a column that is too narrow`],
	[
		/^[+-]?\d([.,]\d+)?E\+\d+$/i,
		(id) => `is '${id}', which looks damaged by a spreadsheet: import the column as text`,
	],
	[/^(null|\(null\)|\[null\]|<null>|nan|none|undefined|n\/a|<na>|\\N)$/i, noValue],
	// As R writes it: in small letters it may be a name.
	[/^NA$/, noValue],
];

/** Why a text is not taken for an ID: the end of a sentence that begins with what the ID is called; and the way out. */
export interface IdProblem {
	problem: string;
	hint: string;
}

const CORRECT = 'Correct it where it comes from';

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
	const problem = damageInside(id) ?? WHOLE.find(([sign]) => sign.test(id))?.[1](id);
	if (problem === undefined) return undefined;
	const hint = `${CORRECT}. If the participant is really called that, turn on '${ACCEPT_UNUSUAL_IDS}'`;
	return { problem, hint };
}

function damageInside(id: string): string | undefined {
	for (const [sign, says] of INSIDE) {
		const found = sign.exec(id);
		if (found !== null) return says(found[0]);
	}
	return undefined;
}

/** `U+200B` */
const codeOf = (character: string): string =>
	`U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
