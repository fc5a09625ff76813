/** Writes CSV (RFC 4180, with the delimiter that is asked for). Pure. */
import type { CsvDelimiter } from './carefulReader';

export const CRLF = '\r\n';

/** At the start of a file that people open: Excel then keeps it UTF-8. */
export const BYTE_ORDER_MARK = '\ufeff';

/** Blanks at the ends are quoted too: some readers drop them otherwise. */
const NEEDS_QUOTES = /["\r\n]|^\s|\s$/;

/** One cell, in quotes where it needs them. */
function csvCell(cell: string, delimiter: CsvDelimiter): string {
	return NEEDS_QUOTES.test(cell) || cell.includes(delimiter)
		? `"${cell.replaceAll('"', '""')}"`
		: cell;
}

/** One line, without its line break. */
export function csvLine(cells: readonly string[], delimiter: CsvDelimiter = ','): string {
	return cells.map((cell) => csvCell(cell, delimiter)).join(delimiter);
}
