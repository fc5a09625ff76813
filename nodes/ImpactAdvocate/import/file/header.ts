/** The header of a file: which row it is, what it names, and what that says about the rows below it. */
import { countText } from '../../../shared/inputValue';
import { DELIMITERS } from './csvFormat';
import type { Format, RawRecord } from './csvFormat';
import { CSV_HINT, CsvFileError } from './csvFileError';
import { readSeparatorLine, SAMPLE_ROWS } from './dialect';
import type { Sample } from './dialect';
import { isBlank, isComment, isDecoration, isLeadingComment } from './rowShape';
import { parseText } from './records';
import type { RowShape } from './rowShape';
import { unprotectFormulas } from '../report/formulas';
import { hasReportColumns, UNPLACED_COLUMN } from '../report/rejects';
import { ID_CHECK_COLUMN } from '../../../shared/advocate/participantId';
import { isExactFile } from '../report/undo';

export interface HeaderOptions {
	/** The row with the column names, from 1; 0 or nothing to find it. */
	headerRow?: number;
	/** Columns that the header may have. */
	maxColumns?: number;
	delimiter: 'auto' | Format['delimiter'];
	/** Whether a row names the columns that an import needs. It helps to tell a title from the header. */
	namesColumns?: (names: readonly string[]) => boolean;
	/** A file that a program wrote for programs: nothing in it is skipped or read in a special way. */
	isStrict?: boolean;
}

export interface ReadHeader {
	headerRow: number;
	format: Format;
	isRejectsFile: boolean;
	/** Whether cells in quotes were seen. */
	hasQuotes: boolean;
	shape: Omit<RowShape, 'isDatabaseText'>;
	notes: string[];
}

/** A header with more columns than this is not a list of participants. */
const DEFAULT_MAX_COLUMNS = 1000;

/** A header name for a message: short, on one line. */
const shown = (text: string): string => {
	const line = text.replace(/\s+/g, ' ');
	return line.length > 40 ? `${line.slice(0, 40)}…` : line;
};

/** @throws CsvFileError when there is no header, it is broken, or does not fit the rows below it */
export function readHeader(sample: Sample, format: Format, options: HeaderOptions): ReadHeader {
	const isStrict = options.isStrict === true;
	const { records, index } = findHeaderRecord(sample, format, options);
	const headerRow = index + 1;
	checkQuotes(records[index], headerRow);
	if (!isStrict && index === 0) refuseBrokenLine(sample.text, format);
	const rows = records
		.slice(index + 1)
		.filter(({ cells, flaw }) => flaw === undefined && !cells.every(isBlank));
	const table = isStrict ? undefined : tableKind(records, index, format);
	const namesOf = (record: RawRecord) => columnNames(record.cells, table);
	const names = namesOf(records[index]);
	checkNames(names, headerRow, options.maxColumns ?? DEFAULT_MAX_COLUMNS);
	if (!isStrict) refuseTitle(sample, format, options, namesOf, { records, index });

	const isRejectsFile = hasReportColumns(names);
	const isGuarded = isRejectsFile || isExactFile(names);
	const headerCells = names.length;
	const header = names.slice(0, headerCells - trailingBlanks(names));
	const dataRows = rows
		.map(({ cells }) => (table === undefined ? cells : columnNames(cells, table)))
		.filter((cells) => !isDecoration(cells) && !isComment(cells, header.length));
	const surplus = isStrict ? 0 : surplusOf(dataRows, headerCells, headerRow);
	const hashes = dataRows.filter(([first]) => first.startsWith('#')).length;
	return {
		headerRow,
		format,
		isRejectsFile,
		hasQuotes: /(?:^|[\t\r\n])"[^"]*"(?=[\t\r\n]|$)/.test(sample.text),
		shape: {
			header: isGuarded ? header.map(unprotectFormulas) : header,
			headerCells,
			surplus,
			isGuarded,
			unplaced: isRejectsFile ? header.lastIndexOf(UNPLACED_COLUMN) : -1,
			table,
			isStrict,
			idCheck: names.indexOf(ID_CHECK_COLUMN),
			hasComments: !isStrict && hashes * 2 <= dataRows.length,
			unusedDelimiters:
				headerCells === 1 && options.delimiter === 'auto' && !isStrict
					? format.delimiter === ';'
						? /[,\t]/
						: /[;\t]/
					: undefined,
		},
		notes: isStrict ? [] : notesOn({ records, index }, format, table, surplus),
	};
}

// --- which row it is -----------------------------------------------------------------------------------------------

interface Found {
	records: RawRecord[];
	index: number;
}

function findHeaderRecord(sample: Sample, format: Format, options: HeaderOptions): Found {
	const { text, end, skip } = sample;
	const chosen = options.headerRow ?? 0;
	const hasSeparatorLine = readSeparatorLine(text) !== undefined;
	const isHeader = ({ cells }: RawRecord, position: number): boolean =>
		position >= skip &&
		!(hasSeparatorLine && position === 0) &&
		!cells.every(isBlank) &&
		(options.isStrict === true || chosen > 0 || !(isDecoration(cells) || isLeadingComment(cells)));
	let { records } = parseText(text, format, end, SAMPLE_ROWS + skip);
	// So many blank lines first, or a header longer than the sample: rare, so worth a second look only then.
	if (!records.some(isHeader)) records = parseText(text, format, end).records;
	const blankOnly = !records.some(({ cells }) => cells.length > 1 || !isBlank(cells[0]));
	let index = records.findIndex(isHeader);
	// A header without a name is not one, but it is where one should be.
	if (index === -1 && chosen === 0) {
		index = records.findIndex(
			({ cells }, at) => cells.length > 1 && !(hasSeparatorLine && at === 0),
		);
	}
	if (chosen > 0 && (index === -1 || index !== chosen - 1)) {
		throw new CsvFileError(
			`Row ${chosen}, set in 'Header Row', is ${records.length < chosen ? 'missing' : 'blank'}`,
			"Set 'Header Row' to the number of the row with the column names, as a spreadsheet counts, or to 0 to find it",
			chosen,
		);
	}
	if (index !== -1) return { records, index };
	if (end === 'end' || blankOnly) {
		throw new CsvFileError('The file has no header row', 'The first row must name the columns');
	}
	throw new CsvFileError(
		`The header does not end within the first ${countText(text.length)} characters`,
		'The first row must name the columns. A quote that is opened and never closed is the usual cause',
		1,
	);
}

/** @throws CsvFileError when a later row names the columns that the first one does not */
function refuseTitle(
	sample: Sample,
	format: Format,
	{ headerRow = 0, namesColumns, delimiter }: HeaderOptions,
	namesOf: (record: RawRecord) => string[],
	{ records, index }: Found,
): void {
	if (headerRow > 0 || namesColumns === undefined || namesColumns(namesOf(records[index]))) return;
	const formats = delimiter === 'auto' ? [format.delimiter, ...DELIMITERS] : [delimiter];
	for (const tried of formats) {
		const { records: lines } = parseText(
			sample.text,
			{ ...format, delimiter: tried },
			sample.end,
			SAMPLE_ROWS,
		);
		const later = lines.findIndex(
			(line, at) => at > 0 && line.flaw === undefined && namesColumns(namesOf(line)),
		);
		// One column could be a word of the text; with two, it is a header.
		if (later <= 0 || (tried !== format.delimiter && lines[later].cells.length < 2)) continue;
		throw new CsvFileError(
			`Row ${later + 1} looks like the header, but there is other text above it: '${shown(records[index].cells.join(' '))}'`,
			`Set 'Header Row' in the option 'File Format' to ${later + 1}, or remove the rows above the header`,
			later + 1,
		);
	}
}

// --- what it names -------------------------------------------------------------------------------------------------

function checkQuotes({ cells, flaw }: RawRecord, headerRow: number): void {
	if (flaw === undefined) return;
	throw new CsvFileError(
		`The quotes in the header (row ${headerRow}) are broken near '${shown(cells[cells.length - 1])}'`,
		'A quoted column name starts and ends with a quote; a quote inside it is written twice',
		headerRow,
	);
}

/** @throws CsvFileError when the first line has a line break of another kind within a name */
function refuseBrokenLine(text: string, { newline, quote, delimiter }: Format): void {
	const line = text.slice(0, text.indexOf('\n')).replace(/\r+$/, '');
	if (newline !== '\n' || !line.includes('\r') || line.includes(quote)) return;
	const widths = line.split('\r').map((part) => part.split(delimiter).length);
	if (widths.every((width) => width === widths[0])) return;
	throw new CsvFileError(
		'The header (row 1) has a different kind of line break in it',
		'Remove the line break, or put the name that it stands in into quotes',
		1,
	);
}

function checkNames(names: readonly string[], headerRow: number, maxColumns: number): void {
	const named = names.length - trailingBlanks(names);
	if (named > maxColumns) {
		throw new CsvFileError(
			`The header has ${countText(named)} columns; at most ${countText(maxColumns)} are read`,
			'Keep only the columns to import. If the file has fewer columns, choose its delimiter',
			headerRow,
		);
	}
	if (names.some((name) => name.includes('\0'))) {
		throw new CsvFileError(
			'The header contains zero bytes, so this is not a text file, or is in another encoding',
			"If the file is UTF-16, choose UTF-16LE or UTF-16BE as 'Encoding' in the option 'File Format'. Otherwise: " +
				CSV_HINT,
			headerRow,
		);
	}
	if (named === 0) {
		throw new CsvFileError(
			`The header (row ${headerRow}) names no column`,
			'The first row must name the columns',
			headerRow,
		);
	}
}

const trailingBlanks = (names: readonly string[]): number => {
	let count = 0;
	while (count < names.length && names[names.length - 1 - count] === '') count++;
	return count;
};

/** The cells of a table as names, without the pipes around it. The parser's texts hold their whole window alive. */
function columnNames(cells: readonly string[], table: RowShape['table']): string[] {
	const names = cells.map((name) => Buffer.from(name.trim(), 'utf8').toString('utf8'));
	if (table !== 'piped') return names;
	const from = names[0] === '' ? 1 : 0;
	return names.slice(from, names[names.length - 1] === '' ? -1 : undefined);
}

// --- what it says about the rows -------------------------------------------------------------------------------------

/** Whether a table is drawn with lines, as Markdown and the consoles of databases do. */
function tableKind(
	records: readonly RawRecord[],
	index: number,
	{ delimiter }: Format,
): RowShape['table'] {
	if (delimiter !== '|') return undefined;
	const isDrawn = [records[index - 1], records[index + 1]].some(
		(record: RawRecord | undefined) =>
			record !== undefined && !record.cells.every(isBlank) && isDecoration(record.cells),
	);
	if (!isDrawn) return undefined;
	const { cells } = records[index];
	return cells.length > 2 && isBlank(cells[0]) && isBlank(cells[cells.length - 1])
		? 'piped'
		: 'aligned';
}

/**
 * Blank cells that every row has beyond the header, as programs write that end each row with a delimiter.
 * @throws CsvFileError when the rows are longer than the header in a way that leaves open which column is which
 */
function surplusOf(rows: readonly string[][], headerCells: number, headerRow: number): number {
	const surplus = (rows.at(0)?.length ?? 0) - headerCells;
	if (surplus <= 0 || rows.some((cells) => cells.length !== headerCells + surplus)) return 0;
	const isBlankSurplus = rows.every((cells) =>
		cells.slice(headerCells).every((cell) => cell === ''),
	);
	if (rows.length === 1 && headerCells > 1) return 0;
	if (isBlankSurplus && (headerCells === 1 || !mayBeShifted(rows))) return surplus;
	throw new CsvFileError(
		`Every row has ${headerCells + surplus} cells, but the header has ${headerCells}`,
		'The header probably lacks a name, often that of the first column, or text that contains the delimiter is not in quotes. Name every column, or quote such text',
		headerRow,
	);
}

/** Whether the first column counts the rows, or one column alone begins with a blank, as the rest of "Doe, Jane". */
function mayBeShifted(rows: readonly string[][]): boolean {
	const counts = rows.every(
		([first], at) =>
			/^\d+$/.test(first) && (at === 0 || Number(first) === Number(rows[at - 1][0]) + 1),
	);
	const isIndented = (column: number) => rows.every((cells) => /^\s+\S/.test(cells[column] ?? ''));
	const indented = rows[0].filter((_, column) => column > 0 && isIndented(column)).length;
	const filled = rows[0].filter((cell, column) => column > 0 && !isBlank(cell)).length;
	return counts || (indented > 0 && indented < filled);
}

function notesOn(
	{ records, index }: Found,
	{ quote, escape }: Format,
	table: RowShape['table'],
	surplus: number,
): string[] {
	const comments = records
		.slice(0, index)
		.filter(({ cells }) => !cells.every(isBlank) && isLeadingComment(cells)).length;
	return [
		...(comments > 0
			? [
					comments === 1
						? 'A comment above the header was skipped'
						: `${comments} comments above the header were skipped`,
				]
			: []),
		...(quote === "'" ? ['Single quotes around cells were read as quotes'] : []),
		...(escape === 'backslash' ? ['Backslashes before quotes were read as escapes'] : []),
		...(table === undefined ? [] : ['The lines drawn around the table were left out']),
		...(surplus > 0
			? [
					`Every row has ${surplus} more blank ${surplus === 1 ? 'cell' : 'cells'} than the header, which ${surplus === 1 ? 'was' : 'were'} left out`,
				]
			: []),
	];
}
