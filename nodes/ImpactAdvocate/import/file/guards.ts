/** Quotes around the text of a cell that are not CSV's. Pure. */
import { FILE_WORDS } from '../tableWords';
import type { TableWords } from '../tableWords';

/** Quotes of word processors, as languages pair them in either order. */
const OPENING = /^[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c\u300e\uff02]/;
const CLOSING = /[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300d\u300f\uff02]$/;

/**
 * What is wrong with the quotes around a cell, as the end of "The cell … ", or nothing.
 * @param ends whether a quote at either end is one too many, as in IDs, or only a pair, as in texts
 */
export function quoteProblem(
	cell: string,
	ends: 'either' | 'both',
	{ row }: TableWords = FILE_WORDS,
): string | undefined {
	const text = cell.trim();
	const [opens, closes] = [OPENING.test(text), CLOSING.test(text)];
	if (ends === 'either' ? opens || closes : opens && closes && text.length > 1) {
		return row === 'item'
			? 'has typographic quotes around it; remove them'
			: 'has typographic quotes around it, which CSV does not know; use straight quotes (") or none';
	}
	if (text.length > 1 && text.startsWith("'") && text.endsWith("'")) {
		return row === 'item'
			? 'is in single quotes; remove them'
			: 'is in single quotes, but the file as a whole does not use them; use straight double quotes (") or none';
	}
	return undefined;
}

/** Whether a cell has one quote without its counterpart: what is left of a broken pair. */
export function hasHalfQuotes(cell: string): boolean {
	return (cell.split('"').length - 1) % 2 === 1;
}
