/**
 * The text of a cell, without what a program has put there that is not part of it: the apostrophe in front of what
 * could run as a formula, and the word for no value. Pure.
 */

/**
 * How programs write that there is no value: MySQL and SQL Server, PostgreSQL and MySQL's files, R, pandas, Python and
 * JSON, JavaScript, Spark, DBeaver, SPSS and others. Exactly as they write it: in other letters it may be somebody's name.
 */
const NO_VALUE: ReadonlySet<string> = new Set([
	'NULL',
	'null',
	'\\N',
	'NA',
	'<NA>',
	'N/A',
	'n/a',
	'undefined',
	'NaT',
	'-nan',
	'1.#IND',
	'-1.#IND',
	'1.#QNAN',
	'#N/A N/A',
	'nan',
	'NaN',
	'None',
	'(null)',
	'(NULL)',
	'[NULL]',
	'[null]',
	'<null>',
	'<NULL>',
]);

/** With some blanks around it. */
const LONGEST = 12;

/** Whether a cell is a word for no value. */
export const isNoValue = (cell: string): boolean =>
	cell.length <= LONGEST && NO_VALUE.has(cell.trim());

/** Whether a cell is what a spreadsheet shows for a formula that gives no value, in any language. */
export const isSheetError = (cell: string): boolean =>
	cell.length <= 16 && /^\s*#(N\/[AD]|N[VA]|[\p{Lu}\d/]+[!?])\s*$/u.test(cell);

/**
 * An apostrophe that programs put before a cell that a spreadsheet could run as a formula, or whose zeros it would drop:
 * in a spreadsheet it marks a text, and is no part of it.
 */
const GUARD = /^\s*'(?='*[=+\-@＝＋－＠\t\r]|\d+\s*$)/;

/** What of a row was not read as it stands; counted for the notes. */
export interface CellReadings {
	/** Columns whose cell was a word for no value, and taken as blank. */
	noValue: Array<{ column: number; word: string }>;
	/** Columns whose cell lost a guard. */
	guarded: number[];
}

export const newReadings = (): CellReadings => ({ noValue: [], guarded: [] });

/** The cell without a guard. */
export function withoutGuard(cell: string, column: number, readings: CellReadings): string {
	if (!cell.includes("'") || !GUARD.test(cell)) return cell;
	readings.guarded.push(column);
	return cell.replace(GUARD, '');
}
