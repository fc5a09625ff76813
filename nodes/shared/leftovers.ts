/**
 * Texts that nobody means: what an expression, a template or a program leaves where it found no value. As the name of
 * somebody or of a segment, each of them would be taken and kept. Pure.
 */

/** Of a missing value; the end of a sentence such as "… is 'undefined', which …". */
export const NO_VALUE = 'which programs write for a missing value';

const OF_AN_OBJECT = 'which an expression makes of an object';

const NOT_FILLED_IN = 'which looks like an expression that was not filled in';

/** Of a template of a mailing or a program. */
export const PLACEHOLDER = 'which looks like a placeholder that was not filled in';

/** Of a text with more around it than the expression. */
export const BRACES_LEFT = 'in which braces of an expression are left over';

export const HAS_BRACES = /\{\{|\}\}/;

const OF_A_FORMULA = 'which a spreadsheet shows when a formula gives no value';

/** What a spreadsheet shows for a formula that gives no value, in any language. */
export const SHEET_ERROR = /^#(?:N\/A(?: N\/A)?|N\/D|NV|NA|[\p{Lu}\d/]+[!?])$/u;

const LEFTOVERS: ReadonlyArray<readonly [sign: RegExp, reason: string]> = [
	// As JavaScript writes them: in other letters, Null is a family's name.
	[
		/^(?:undefined|null|NaN)(?:[\s,;|_.-]+(?:undefined|null|NaN))*$|^(?:-?Infinity|\[undefined\]|\[null\])$/,
		NO_VALUE,
	],
	// Of JavaScript and of Luxon, which n8n has for dates.
	[/^Invalid (?:Date|DateTime|Duration|Interval)$/, 'which stands for a date that was not read'],
	[/\[object (?:[A-Z]\w+|null prototype)\]|^\[Object(?:: [^\]]*)?\](?: \{.*\})?$/s, OF_AN_OBJECT],
	[SHEET_ERROR, OF_A_FORMULA],
	[/^(?:\*\|.*\|\*|%[\w.]+%)$/s, PLACEHOLDER],
	[/^=?\s*(?:\{\{.*\}\}|\$\{.*\}|<%.*%>)$/s, NOT_FILLED_IN],
	[
		/^=?\s*\$(?:(?:json|input|node|items?|binary|execution|workflow|vars|now|today)(?:[.[(]|$)|\(["'])/,
		NOT_FILLED_IN,
	],
];

/**
 * Why a text that can have any words in it, such as a name, is not meant.
 * @param text without blanks around it
 * @returns the end of a sentence such as "… is 'undefined', which …"; nothing when it can be meant
 */
export const leftoverOf = (text: string): string | undefined =>
	LEFTOVERS.find(([sign]) => sign.test(text))?.[1];
