/** From a record to the row it is, the reason why it can't be used, or nothing when it is no data. */
import type { Flaw, RawRecord } from './csvFormat';
import type { Tally } from './readingNotes';
import { unprotectFormulas } from '../report/formulas';
import { UNPLACED_COLUMN } from '../report/rejects';
import type { CsvRow } from '../table';

/** What a row must look like to be used. */
export interface RowShape {
	/** Column names, without those blank ones that stand at the end. */
	header: string[];
	/** Cells of the header as it stands in the file. */
	headerCells: number;
	/** Blank cells that each row has beyond those. */
	surplus: number;
	/** Whether it is a file of ours, whose cells have an apostrophe before formulas. */
	isGuarded: boolean;
	/** Position of the column that marks rows with misplaced cells, or -1. */
	unplaced: number;
	/** A table drawn with pipes: `piped` has them at both ends too. Blanks around cells are no part of them. */
	table?: 'piped' | 'aligned';
	/** Whether `\t` and the like in cells are tabs and the like. */
	isDatabaseText: boolean;
	/** A file that a program wrote for programs: nothing in it is skipped, and every row is whole. */
	isStrict: boolean;
	/** Position of the check of IDs, or -1. A row that has one is data, whatever it looks like. */
	idCheck: number;
	/** Whether `#` and the like at the start of a row make it a comment; not where IDs begin so. */
	hasComments: boolean;
	/** Delimiters that would have been taken for one if the file had more than one column. */
	unusedDelimiters?: RegExp;
}

/** What a stretch of text holds at all, so that most rows need no look for it. */
export interface TextTraits {
	hasZeros: boolean;
	hasFormulas: boolean;
	hasBackslashes: boolean;
}

export function traitsOf(text: string): TextTraits {
	return {
		hasZeros: text.includes('\0'),
		hasFormulas: text.includes('="') || text.includes('=""'),
		hasBackslashes: text.includes('\\'),
	};
}

const cellCount = (count: number): string => `${count} ${count === 1 ? 'cell' : 'cells'}`;

/** The row of a record, or nothing for one that is blank or no data. */
export function readRow(
	{ cells: found, flaw, looseQuotes }: RawRecord,
	rowNumber: number,
	shape: RowShape,
	traits: TextTraits,
	tally: Tally,
): CsvRow | undefined {
	if (flaw !== undefined) {
		return { rowNumber, cells: unguarded(found, shape), problem: problemOf(flaw, rowNumber) };
	}
	if (isBlank(found[0]) && found.every(isBlank)) return undefined;
	const isData = shape.isStrict || isChecked(found, shape);
	const skipped = isData ? undefined : reasonToSkip(found, shape);
	if (skipped !== undefined) {
		tally.see(skipped, rowNumber);
		return undefined;
	}
	const cells = readCells(found, rowNumber, shape, traits, tally);
	const problem = problemOfCells(cells, shape, traits);
	if (problem !== undefined) return { rowNumber, cells, problem };
	if (shape.unusedDelimiters?.test(cells[0]) === true) {
		return { rowNumber, cells, problem: OTHER_DELIMITER, bySetting: CHOOSE_DELIMITER };
	}
	const row: CsvRow = { rowNumber, cells };
	if (looseQuotes !== undefined && shape.table === undefined) row.looseQuotes = looseQuotes;
	const missing = shape.header.length - cells.length;
	if (missing > 0) row.missingCells = missing;
	for (let index = 0; index < missing; index++) cells.push('');
	cells.length = shape.header.length;
	return row;
}

const isChecked = (cells: readonly string[], { idCheck }: RowShape): boolean =>
	/^[a-z]{8}$/.test(cells[idCheck] ?? '');

function unguarded(cells: string[], { isGuarded }: RowShape): string[] {
	return isGuarded ? cells.map(unprotectFormulas) : cells;
}

function problemOf(flaw: Flaw, rowNumber: number): string {
	switch (flaw.kind) {
		case 'strayQuote':
			return 'has text after the closing quote of a cell; a quote inside a quoted cell is written twice';
		case 'openQuote':
			return 'opens a quote that is never closed; remove it, or close it at the end of its cell';
		case 'insideQuote':
			return `may be part of a cell of row ${rowNumber - flaw.back}, whose quotes are broken, so it was not read as a row; correct the quotes there`;
		case 'lineBreak':
			return 'has a different kind of line break in a cell that is not in quotes; put the cell in quotes, or remove the line break';
	}
}

/** For what a row is skipped, if it is no data. */
function reasonToSkip(
	cells: readonly string[],
	{ header, table, hasComments }: RowShape,
): 'decoration' | 'comment' | 'repeatedHeader' | undefined {
	const mayBeSpecial = !/^[a-z]/i.test(cells[0]) || /^(?:Time: |Page |EOF|END )/i.test(cells[0]);
	if (mayBeSpecial && isDecoration(cells)) return 'decoration';
	if (mayBeSpecial && hasComments && isComment(cells, header.length)) return 'comment';
	const start = table === 'piped' ? 1 : 0;
	if (cells[start]?.trim() !== header[0] || cells.length - start < header.length) return undefined;
	return header.every((name, index) => cells[start + index].trim() === name)
		? 'repeatedHeader'
		: undefined;
}

function readCells(
	found: string[],
	rowNumber: number,
	shape: RowShape,
	{ hasFormulas, hasBackslashes }: TextTraits,
	tally: Tally,
): string[] {
	let cells = found;
	if (shape.table === 'piped') {
		const last = cells.length - 1;
		cells = cells.slice(isBlank(cells[0]) ? 1 : 0, isBlank(cells[last]) ? last : undefined);
	}
	if (shape.table !== undefined) cells = cells.map((cell) => cell.trim());
	if (shape.isGuarded) return cells.map(unprotectFormulas);
	if (shape.isDatabaseText) return hasBackslashes ? cells.map(unescapeDatabaseText) : cells;
	if (shape.isStrict) return cells;
	if (hasBackslashes && cells.some((cell) => cell.includes('\\\\'))) {
		tally.see('doubledBackslash', rowNumber);
	}
	if (hasFormulas && cells.some((cell) => TEXT_FORMULA.test(cell))) {
		tally.see('textFormula', rowNumber);
		return cells.map((cell) =>
			cell.replace(TEXT_FORMULA, (_, text: string) => text.replaceAll('""', '"')),
		);
	}
	return cells;
}

/** How programs write a text that Excel is not to take for a number. */
const TEXT_FORMULA = /^\s*="((?:[^"]|"")*)"\s*$/;

function problemOfCells(
	cells: readonly string[],
	shape: RowShape,
	{ hasZeros }: TextTraits,
): string | undefined {
	const width = shape.header.length;
	if (hasZeros && cells.some((cell) => cell.includes('\0'))) {
		return 'holds a zero byte (NUL), which is not text';
	}
	if (cells.length > width) {
		const isWithinRow = cells.length <= shape.headerCells || cells.length === rowLength(shape);
		if (!isWithinRow)
			return `has ${cellCount(cells.length)} but the header has ${shape.headerCells}; put a cell that has the delimiter in it in quotes, or remove the surplus ones`;
		const filled = cells.findIndex((cell, index) => index >= width && !isBlank(cell));
		if (filled !== -1) return `has text in column ${filled + 1}, which has no name in the header`;
	} else if (cells.length < width && shape.isStrict) {
		return tooFewCells(cells.length, width);
	}
	if (shape.unplaced !== -1 && !isBlank(cells[shape.unplaced] ?? '')) {
		return misplaced();
	}
	if (shape.hasComments && beginsAsComment(cells[0]) && !isChecked(cells, shape)) {
		return "begins with '#', as comments do; remove the row, or the sign";
	}
	return undefined;
}

const OTHER_DELIMITER =
	'has a delimiter in it, but the header has one column; name the other columns in the header';

const CHOOSE_DELIMITER =
	"If the header has them all, choose the 'Delimiter' in the option 'File Format'";

/** Why a row of a rejects file can't be used whose cells have not been put right. */
export const misplaced = (): string =>
	`has misplaced cells (see its column '${UNPLACED_COLUMN}'); put the cells in their columns and empty that one`;

/** Cells of a complete row. */
export const rowLength = ({ headerCells, surplus }: Pick<RowShape, 'headerCells' | 'surplus'>) =>
	headerCells + surplus;

/** Why a row with too few cells can't be used. */
export const tooFewCells = (count: number, width: number): string =>
	`has ${cellCount(count)} but the header has ${width}; add the missing cells, even if they are blank`;

/** What stands behind a backslash in the files of databases, and what both mean. */
export const DATABASE_ESCAPES: Readonly<Record<string, string>> = {
	'\\': '\\',
	b: '\b',
	f: '\f',
	n: '\n',
	r: '\r',
	t: '\t',
	v: '\v',
};

/** A cell's text. `\N` alone is left as it is: it means that there is no value. */
function unescapeDatabaseText(cell: string): string {
	if (!cell.includes('\\') || cell === '\\N') return cell;
	return cell.replace(/\\(.)/gs, (both, sign: string) => DATABASE_ESCAPES[sign] ?? both);
}

// --- What rows look like that are not data: comments, and the decoration of tables ---

export const isBlank = (text: string): boolean => text.trim() === '';

/**
 * Whether a row is only there for the eye: the lines that Markdown and database programs draw around tables, and their
 * counts of rows.
 */
export function isDecoration(cells: readonly string[]): boolean {
	const first = cells[0].trim();
	if (/^[-+|:=*_~.\u2500-\u257f]/.test(first) || first === '') return isRule(cells);
	if (!/^[(\d]|^(?:Time: |Page |EOF$|END )/i.test(first)) return false;
	return ROW_COUNTS.test(
		cells
			.map((cell) => cell.trim())
			.join(' ')
			.trim(),
	);
}

const ROW_COUNTS =
	/^(?:\(\d+ ?\p{L}+(?: affected| selected)?\)|\d+ (?:rows?|records?|entries|results?)(?: (?:in set|selected|affected|exported|found|total)\b.*)?|Time: [\d.,]+ ?m?s.*|Page \d+(?: (?:of|\/) \d+)?|EOF|END OF (?:FILE|DATA|REPORT))$/iu;

/** Lines of dashes, or of other signs that are drawn with where they are at least three of a kind. */
function isRule(cells: readonly string[]): boolean {
	let dashes = 0;
	let isOther = false;
	for (const cell of cells) {
		const text = cell.trim();
		if (/^[-+|:\s]*$/.test(text)) {
			for (const character of text) if (character === '-') dashes++;
		} else if (/^([=*_~.\u2550])\1{2,}(?:\s+\1{3,})*$|^[\u2500-\u257f\s]+$/.test(text))
			isOther = true;
		else return false;
	}
	return isOther || dashes >= 2;
}

/** A spreadsheet's own words, such as `#N/A` and `####`, are damaged cells and not comments. */
const COMMENT_SIGN = /^\s*(?:#(?!#+\s*$|N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!)|\/\/|--)/;

/** Whether a cell begins as comments do. */
const beginsAsComment = (cell: string): boolean => cell.startsWith('#') && COMMENT_SIGN.test(cell);

/** Whether a row before the header is a comment: a sign and a blank, or a sign and nothing but one cell. */
export function isLeadingComment(cells: readonly string[]): boolean {
	const [first] = cells;
	if (!COMMENT_SIGN.test(first)) return false;
	return /^\s*(?:#|\/\/|--)+\s/.test(first) || cells.slice(1).every(isBlank);
}

/** Whether a row among the data is a comment: a sign and a blank, or a sign in the only cell of several. */
export function isComment(cells: readonly string[], width: number): boolean {
	if (!COMMENT_SIGN.test(cells[0])) return false;
	return /^\s*(?:#|\/\/|--)+\s/.test(cells[0]) || (width > 1 && cells.slice(1).every(isBlank));
}
