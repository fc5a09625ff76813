/**
 * The key that the product's portal would likely give a segment of a name. The rule is not documented. It is inferred
 * from names and keys that stand side by side in the vendor's public samples: camelCase, with a new word at `_`, `-`,
 * blanks, changes of case and digits, and nothing but letters and digits.
 */

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
 * Make a key of a name. A key that was made so is its own key.
 * @returns an empty text when the name has no letter or digit, or one that can't be written from A to Z: a key without
 * it could be that of another name
 */
export function keyFromName(name: string): string {
	const text = spelt(name);
	if (text === undefined) return '';
	// Words of one letter run together, and are one word from then on.
	return camelCase(camelCase(text));
}
