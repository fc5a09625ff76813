/**
 * Cells that a spreadsheet would run as a formula, made harmless in the files that we write and restored when such a
 * file is imported. Pure.
 *
 * A formula begins with `=`, `+`, `-` or `@`, or with a wide or small form of one of them, which a spreadsheet set to
 * Japanese or Chinese takes for the same sign. It begins where a cell begins, and that is not only where we begin one:
 * a spreadsheet that expects another delimiter, or reads quotes in its own way, also splits at `;`, `|`, a comma, a tab
 * or a line break inside of our cell. Blanks, quotes and invisible characters in front do not count: programs drop them.
 *
 * `protectFormulas` puts an apostrophe before each such sign, in front of apostrophes that stand there already;
 * `unprotectFormulas` takes one apostrophe away wherever one or more stand before such a sign. Neither changes what
 * counts as the beginning of a cell, so the second undoes the first exactly, whatever the text.
 */

const SIGNS = '=+-@＝＋－＠﹦﹢﹣﹫';

const ANY_SIGN = new RegExp(`[${SIGNS.replace('-', '\\-')}]`);

/** Where a spreadsheet may begin a cell inside of ours. */
const SPLITS = ',;|\t\n\v\f\r\u0085\u2028\u2029';

const DROPPED = /[\s\p{Cc}\p{Cf}"]/u;

/** A cell that begins with one of these is refused by some checkers, whatever follows. */
const LEADING_CONTROL = /^'*[\t\r\n]/;

/** Put an apostrophe before everything in a cell that could run as a formula. */
export function protectFormulas(cell: string): string {
	const text = ANY_SIGN.test(cell) ? rewrite(cell, (apostrophes) => `'${apostrophes}`) : cell;
	return LEADING_CONTROL.test(text) ? `'${text}` : text;
}

/**
 * Of what `protectFormulas` does only as much as makes it safe to undo: a cell without apostrophes in such places is
 * left as it is, formulas included.
 */
export function markApostrophes(cell: string): string {
	if (!cell.includes("'")) return cell;
	const text = rewrite(cell, (apostrophes) => (apostrophes === '' ? '' : `'${apostrophes}`));
	return text.startsWith("'") && LEADING_CONTROL.test(text) ? `'${text}` : text;
}

/** Undo `protectFormulas` or `markApostrophes`. */
export function unprotectFormulas(cell: string): string {
	if (!cell.includes("'")) return cell;
	const text = cell.startsWith("'") && LEADING_CONTROL.test(cell) ? cell.slice(1) : cell;
	return rewrite(text, (apostrophes) => apostrophes.slice(1));
}

/** Replace the apostrophes, if any, before each sign that stands at the beginning of a cell. One pass. */
function rewrite(text: string, replace: (apostrophes: string) => string): string {
	let out = '';
	let copied = 0;
	/** Where the apostrophes after the beginning of a cell start, or -1. */
	let apostrophes = -1;
	let isBeginning = true;
	for (let index = 0; index < text.length; index++) {
		const character = text[index];
		if (SPLITS.includes(character)) {
			isBeginning = true;
			apostrophes = -1;
		} else if (!isBeginning) {
			continue;
		} else if (character === "'") {
			if (apostrophes === -1) apostrophes = index;
		} else if (SIGNS.includes(character)) {
			const start = apostrophes === -1 ? index : apostrophes;
			out += text.slice(copied, start) + replace(text.slice(start, index));
			copied = index;
			isBeginning = false;
		} else if (apostrophes !== -1 || !DROPPED.test(character)) {
			isBeginning = false;
		}
	}
	return copied === 0 && out === '' ? text : out + text.slice(copied);
}
