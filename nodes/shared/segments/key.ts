/** Segment keys and names: which ones can be sent, how people write lists of them, and the key of a new segment. */
import { describeValue, entriesOf, textOf } from '../inputValue';
import { BRACES_LEFT, HAS_BRACES, leftoverOf, NO_VALUE } from '../leftovers';
import { assertKeyCount, SegmentInputError, shownKey } from './change';

/** Beyond this many characters a key is unusual. The API publishes no limit; custom-field keys end at 64. */
export const LONG_KEY_LENGTH = 64;

// eslint's no-control-regex has a point for file names; here the control characters are what we look for.
const hasControlCharacter = (text: string): boolean => {
	for (const character of text) {
		const code = character.codePointAt(0) ?? 0;
		if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
	}
	return false;
};

/**
 * Why a segment key can't be sent, or nothing when it can. The API documents no character set, so only what would be
 * read as an operator, or split, is refused here; the API judges the rest.
 */
export function checkSegmentKey(key: string): string | undefined {
	return (
		checkSegmentText(key) ??
		(key.includes(',') ? `segment key ${shownKey(key)} contains a comma` : undefined)
	);
}

/** Why a text can be neither a segment key nor a segment name, or nothing when it can. Names may hold commas. */
export function checkSegmentText(text: string): string | undefined {
	if (text.trim() === '') return 'a segment key is blank';
	if (text !== text.trim()) return `segment key ${shownKey(text)} starts or ends with a blank`;
	if (text.startsWith('~'))
		return `segment key ${shownKey(text)} starts with '~', which means removal in the API`;
	if (text === '*') return "'*' stands for all segments in the API and can't be a segment key";
	if (hasControlCharacter(text)) return 'a segment key contains a control character';
	return undefined;
}

/**
 * Why no segment is created with a name: nobody means it, and a segment can't be deleted.
 * @returns the end of a sentence such as "… is 'undefined', which …"; nothing when one can be
 */
export function unmeantName(name: string): string | undefined {
	const leftover = leftoverOf(name);
	if (leftover !== undefined) return leftover;
	if (/\bundefined\b|\bNaN\b/.test(name)) return 'in which a value is missing';
	if (/^(?:\{\s*".*\}|\[\s*["'{].*\])$/s.test(name))
		return 'which is a list or an object, written as text';
	if (/^n\/a$/i.test(name)) return NO_VALUE;
	if (/[\r\n\t]/.test(name)) return 'in which there is a line break or a tab';
	if (HAS_BRACES.test(name)) return BRACES_LEFT;
	if (name.startsWith('=')) return 'which begins as an expression or a formula does';
	return /^(?:true|false)$/i.test(name) ? 'which answers a question and names nothing' : undefined;
}

/**
 * Read a list of segment names or keys as people give it: an array of texts or whole numbers, the same as JSON text, one
 * whole number, or text separated by `,` `;` `|` or line breaks. Blank entries are dropped, blanks around an entry are
 * trimmed, repeated ones are kept once.
 * @throws SegmentInputError when the value is none of these, an entry can be neither name nor key, or there are too many
 */
export function readSegmentTexts(value: unknown): string[] {
	if (value === undefined || value === null) return [];
	const leftover = typeof value === 'string' ? leftoverOf(value.trim()) : undefined;
	const entries = leftover === undefined ? entriesOf(value) : undefined;
	if (entries === undefined) {
		const found =
			leftover === undefined ? describeValue(value) : `'${String(value).trim()}', ${leftover}`;
		throw new SegmentInputError(
			`Segments must be a list or comma-separated text, not ${found}`,
			'Use an expression that gives an array such as ["vip", "beta"] or text such as vip, beta',
		);
	}
	const texts = new Set<string>();
	for (const [index, entry] of entries.entries()) {
		const text = textOf(entry);
		if (text === undefined) {
			throw new SegmentInputError(
				`Segments must be text, but entry ${index + 1} is ${describeValue(entry)}`,
				entry === null || entry === undefined
					? 'Leave it out: {{ $json.segments.filter(Boolean) }}'
					: 'Give names or keys, not segment objects, for example {{ $json.segments.map(s => s.key) }}',
			);
		}
		const trimmed = text.trim();
		if (trimmed === '') continue;
		assertUsable(checkSegmentText(trimmed));
		texts.add(trimmed);
		assertKeyCount(texts.size);
	}
	return [...texts];
}

/**
 * Refuse a segment key that can't be sent.
 * @throws SegmentInputError
 */
export function assertSegmentKey(key: string): void {
	assertUsable(checkSegmentKey(key));
}

function assertUsable(reason: string | undefined): void {
	if (reason === undefined) return;
	throw new SegmentInputError(
		reason.charAt(0).toUpperCase() + reason.slice(1),
		"Give the name or key as the segment list shows it. To take a participant out of segments, use the operation 'Remove Segments' or 'Clear Segments'",
	);
}

/** Letters that no decomposition of Unicode turns into those from A to Z. */
const SPELLINGS: Readonly<Record<string, string>> = {
	ß: 'ss',
	ẞ: 'SS',
	Æ: 'Ae',
	æ: 'ae',
	Œ: 'Oe',
	œ: 'oe',
	Ø: 'O',
	ø: 'o',
	Ł: 'L',
	ł: 'l',
	Đ: 'D',
	đ: 'd',
	Ð: 'D',
	ð: 'd',
	Þ: 'Th',
	þ: 'th',
	Ħ: 'H',
	ħ: 'h',
	Ŧ: 'T',
	ŧ: 't',
	Ŋ: 'N',
	ŋ: 'n',
	ı: 'i',
	ĸ: 'k',
	ƒ: 'f',
	Ə: 'E',
	ə: 'e',
};

/** Inside a word they separate nothing: customer's. */
const APOSTROPHES = /['\u2018\u2019\u201b\u02b9-\u02bf`\u00b4]/gu;

/** A letter or digit that a key could not show. */
const UNSPELT = /[^\P{L}A-Za-z]|[^\P{N}0-9]/u;

const WORDS = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+/g;

/** The name in letters from A to Z, digits and blanks; nothing when that would lose some of it. */
function spelt(name: string): string | undefined {
	const text = name
		.replace(APOSTROPHES, '')
		// Before the decomposition, which makes letters of some symbols.
		.replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.replace(/[^\0-\x7f]/gu, (letter) =>
			Object.hasOwn(SPELLINGS, letter) ? SPELLINGS[letter] : letter,
		);
	return UNSPELT.test(text) ? undefined : text;
}

function camelCase(text: string): string {
	return (text.match(WORDS) ?? [])
		.map((word, index) => {
			const lower = word.toLowerCase();
			return index === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1);
		})
		.join('');
}

/**
 * Make a key of a name, as the product's portal would likely do. The rule is not documented. It is inferred from names
 * and keys that stand side by side in the vendor's public samples: camelCase, with a new word at `_`, `-`, blanks,
 * changes of case and digits, and nothing but letters and digits. A key that was made so is its own key.
 * @returns an empty text when the name has no letter or digit, or one that can't be written from A to Z: a key without
 * it could be that of another name
 */
export function keyFromName(name: string): string {
	const text = spelt(name);
	if (text === undefined) return '';
	// Words of one letter run together, and are one word from then on.
	return camelCase(camelCase(text));
}
