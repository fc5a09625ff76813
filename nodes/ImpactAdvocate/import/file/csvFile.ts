/**
 * Text of a CSV file -> rows, in pull mode: the next piece of the file is read when the next rows are asked for, and
 * never more than one unfinished row is kept. On Papa Parse's low-level parser, which the build puts into this file.
 *
 * A quote that stands inside an unquoted cell (`5" pipe`) is part of its text, as spreadsheets read it. Blank lines
 * are skipped, but they count as rows. A first line `sep=;` (a hint for Excel) is obeyed and skipped.
 */
import Papa from 'papaparse';
import {
	CsvFileError,
	decodeHead,
	decodeText,
	DEFAULT_MAX_FIELD_LENGTH,
	detectEncoding,
	tooLong,
} from './decode';
import type { EncodingChoice, OpenBytes, TextEncoding } from './decode';
import { unprotectFormulas } from '../report/formulas';
import { hasReportColumns, UNPLACED_COLUMN } from '../report/rejectsCsv';
import { hasUndoColumns } from '../report/undoFile';

/** One row below the header. */
export interface CsvRow {
	/** Row as a spreadsheet shows it: the header is row 1 (or the first line that is not blank). */
	rowNumber: number;
	/**
	 * As many cells as the header has, unless `problem` is set; a row with broken quotes is one cell, its text as it
	 * stands in the file. Cells may share memory with the piece of the file they
	 * come from: keep `ownCopy(cell)`, not the cell, where many are kept for long.
	 */
	cells: string[];
	/** Why the row can't be used, as the end of a sentence: "has 3 cells but the header has 5". */
	problem?: string;
}

export const DELIMITERS = [',', ';', '\t', '|'] as const;

export type CsvDelimiter = (typeof DELIMITERS)[number];

/** How a file is written. */
interface CsvDialect {
	encoding: TextEncoding;
	delimiter: CsvDelimiter;
	/** The line break that is used most at the file's start. */
	newline: 'LF' | 'CRLF' | 'CR';
	hasBom: boolean;
}

export interface CsvOptions {
	encoding: EncodingChoice;
	delimiter: 'auto' | CsvDelimiter;
	/** Characters that one row, and so one field, may have. */
	maxFieldLength?: number;
	/** Columns that the header may have. */
	maxColumns?: number;
}

/** A file whose encoding, dialect and header are known. */
export interface CsvFile {
	/** Column names without surrounding blanks; may be empty, or there twice. */
	header: string[];
	/** The header's row: 1 unless blank lines or a `sep=` line come first. */
	headerRow: number;
	dialect: CsvDialect;
	/** Size of the file. */
	bytes: number;
	/** SHA-256 of the file's bytes, hexadecimal. */
	fingerprint: string;
	/** Whether the header has the four report columns; apostrophes are then taken away, see `rejectsCsv.ts`. */
	isRejectsFile: boolean;
	/**
	 * The rows below the header, in arrays of what one piece of the file held (never empty). Each call reads the file
	 * from its start; leaving the iteration early releases the source.
	 * @throws CsvFileError when a row is longer than allowed; rows before it have been given out
	 */
	rows(): AsyncGenerator<CsvRow[]>;
}

/** A header with more columns than this is not a list of participants. */
const DEFAULT_MAX_COLUMNS = 1000;

/** Rows that delimiter detection looks at. */
const SAMPLE_ROWS = 50;

const CSV_HINT =
	'Save the list as CSV (in a spreadsheet: Save As or Download, type CSV UTF-8) and use that file';

/** Starts of files that people take for CSV. */
const OTHER_FILES: ReadonlyArray<{ start: string; name: string }> = [
	{ start: 'PK\u0003\u0004', name: 'an Excel workbook or another ZIP file' },
	{ start: '\u00d0\u00cf\u0011\u00e0', name: 'an old Excel workbook (.xls)' },
	{ start: '%PDF', name: 'a PDF document' },
	{ start: '\u001f\u008b', name: 'a file compressed with gzip' },
];

/** What Papa Parse's low-level parser returns; its own types leave this open. */
interface ParsedText {
	data: string[][];
	/** In the order of the text. `row` is an index into `data`, `index` the place in the text where the cell starts. */
	errors: Array<{ code: string; row: number; index: number }>;
	meta: { cursor: number };
}

/**
 * One record of the file, blank lines and header included. `quotes` names what is wrong with its quotes; such a record
 * has one cell, its text as it stands in the file.
 */
interface RawRecord {
	cells: string[];
	quotes?: 'broken' | 'unterminated';
}

const isBlank = (text: string): boolean => text.trim() === '';

/**
 * A copy of a text that holds no memory but its own. Parts cut out of a larger text keep all of that text alive.
 */
export function ownCopy(text: string): string {
	return Buffer.from(text, 'utf8').toString('utf8');
}

/** How a text is to be split into records. */
interface Format {
	delimiter: CsvDelimiter;
	/** Files with LF and CRLF, also mixed, are split at LF. */
	newline: '\n' | '\r';
}

/**
 * Characters parsed at once when only some records are asked for. Small for a reason beyond speed: V8 would see the many
 * cells of a large sample live long, and from then on place those of all rows where garbage is collected late.
 */
const SAMPLE_WINDOW = 8192;

/**
 * Characters parsed at once when all rows are read. What is alive whenever the garbage collector passes by moves to
 * where garbage is collected late, so the fewer rows wait between file and network, the less memory a run takes.
 */
const ROWS_WINDOW = 8192;

/** Characters parsed at once after a record with broken quotes; doubled with each part that is fine. */
const CAREFUL_WINDOW = 256;

/**
 * All records of a text, or its first `limit` ones.
 *
 * Text after the closing quote of a cell spoils that record only: the record is taken to end with the line that holds
 * the stray quote, and comes as one cell with its text as it stands. (The parser by itself would search on for a
 * closing quote, over any number of rows.)
 * @param isCut whether the text goes on, so that its last record may be unfinished and is left out
 * @returns `used`: how many characters the records take
 */
function parseText(
	text: string,
	format: Format,
	isCut: boolean,
	limit = Infinity,
): { records: RawRecord[]; used: number } {
	const records: RawRecord[] = [];
	let used = 0;
	let size = limit === Infinity ? text.length : SAMPLE_WINDOW;
	while (used < text.length && records.length < limit) {
		const end = Math.min(text.length, used + size);
		const part = used === 0 && end === text.length ? text : text.slice(used, end);
		const isPartCut = isCut || end < text.length;
		const { data, errors, meta } = parsePart(part, format, isPartCut);
		const error = errors.at(0);
		const good = error === undefined ? data.length : Math.min(error.row, data.length);
		for (let index = 0; index < good; index++) records.push({ cells: data[index] });
		if (error === undefined) {
			used += isPartCut ? meta.cursor : part.length;
			if (end === text.length) break;
			size *= meta.cursor === 0 ? 4 : 2;
			continue;
		}
		const start = endOfRecord(part, format, good);
		used += start;
		const isUnterminated = error.code === 'MissingQuotes';
		const stop = isUnterminated ? -1 : part.indexOf(format.newline, strayQuote(part, error.index));
		if (stop === -1 && isPartCut) {
			// The record may be fine with more text.
			if (end === text.length) break;
			size *= 4;
			continue;
		}
		const raw = stop === -1 ? part.slice(start) : part.slice(start, stop);
		records.push({
			cells: [raw.endsWith('\r') ? raw.slice(0, -1) : raw],
			quotes: isUnterminated ? 'unterminated' : 'broken',
		});
		used += stop === -1 ? raw.length : raw.length + 1;
		size = CAREFUL_WINDOW;
	}
	return { records: records.length > limit ? records.slice(0, limit) : records, used };
}

/** Where the first `count` records of a text end. */
function endOfRecord(text: string, format: Format, count: number): number {
	if (count === 0) return 0;
	const parser = new Papa.Parser({ ...format, quoteChar: '"', preview: count });
	return (parser.parse(text, 0, true) as ParsedText).meta.cursor;
}

/** The first quote at or after `from` that is not doubled. */
function strayQuote(text: string, from: number): number {
	let quote = text.indexOf('"', from);
	while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
	return quote === -1 ? text.length : quote;
}

/** One run of the parser. Lines may end with CRLF or LF, mixed: it splits at LF, the rest of a CRLF is dropped here. */
function parsePart(text: string, format: Format, isCut: boolean): ParsedText {
	if (format.newline === '\r') {
		return new Papa.Parser({ ...format, quoteChar: '"' }).parse(text, 0, isCut) as ParsedText;
	}
	if (text.includes('\r"')) return parseByRow(text, format, isCut);
	const parser = new Papa.Parser({ ...format, quoteChar: '"' });
	const parsed = parser.parse(text, 0, isCut) as ParsedText;
	for (const cells of parsed.data) {
		const last = cells.length - 1;
		const cell = cells[last];
		if (cell.charCodeAt(cell.length - 1) === 13) cells[last] = cell.slice(0, -1);
	}
	return parsed;
}

/**
 * For texts with a carriage return right before a quote: whether a return at the end of a row belongs to the line
 * break or to a quoted cell is then decided by looking at the text itself. Slower, and hardly ever needed.
 */
function parseByRow(text: string, format: Format, isCut: boolean): ParsedText {
	const data: string[][] = [];
	const errors: ParsedText['errors'] = [];
	const step = (results: unknown): void => {
		const { data: rows, errors: rowErrors, meta } = results as ParsedText;
		const cells = rows[0];
		const end = text[meta.cursor - 1] === '\n' ? meta.cursor - 1 : meta.cursor;
		const last = cells.length - 1;
		const cell = cells[last];
		// Unquoted cells stand in the text as they are, right after a delimiter or a line break.
		const start = end - cell.length;
		const isUnquoted =
			text.startsWith(cell, start) &&
			(start === 0 || [format.delimiter, '\n'].includes(text[start - 1]));
		if (isUnquoted && cell.endsWith('\r')) cells[last] = cell.slice(0, -1);
		for (const error of rowErrors) errors.push({ ...error, row: data.length });
		data.push(cells);
	};
	const parser = new Papa.Parser({ ...format, quoteChar: '"', step });
	const rest = parser.parse(text, 0, isCut) as ParsedText;
	// What is left concerns the unfinished record.
	for (const error of rest.errors) errors.push({ ...error, row: data.length });
	return { data, errors, meta: rest.meta };
}

/** The line break used most outside quotes. */
function findNewline(text: string): 'LF' | 'CRLF' | 'CR' {
	const count = (ignoreQuotes: boolean): { LF: number; CRLF: number; CR: number } => {
		const found = { LF: 0, CRLF: 0, CR: 0 };
		let isQuoted = false;
		let previous = '\n';
		for (let index = 0; index < text.length; index++) {
			const character = text[index];
			if (character === '"' && !ignoreQuotes) {
				if (isQuoted) isQuoted = false;
				// The second quote of a doubled one opens again what the first one closed.
				else if ('\r\n,;\t|"'.includes(previous)) isQuoted = true;
			} else if (!isQuoted && character === '\n') {
				found[previous === '\r' ? 'CRLF' : 'LF']++;
			} else if (!isQuoted && character === '\r' && text[index + 1] !== '\n') {
				// At the very end it may be half of a CRLF that is cut off.
				if (index + 1 < text.length || found.LF + found.CRLF === 0) found.CR++;
			}
			previous = character;
		}
		return found;
	};
	let found = count(false);
	if (found.LF + found.CRLF + found.CR === 0) found = count(true);
	if (found.LF === 0 && found.CRLF === 0) return found.CR > 0 ? 'CR' : 'LF';
	return found.CRLF >= found.LF ? 'CRLF' : 'LF';
}

const parserNewline = (newline: CsvDialect['newline']): '\n' | '\r' =>
	newline === 'CR' ? '\r' : '\n';

/** The delimiter under which the first rows look most like a table; a comma when none splits the header. */
function findDelimiter(text: string, newline: '\n' | '\r', isCut: boolean): CsvDelimiter {
	let best: { delimiter: CsvDelimiter; score: number } = { delimiter: ',', score: 0 };
	for (const delimiter of DELIMITERS) {
		if (!text.includes(delimiter)) continue;
		const { records } = parseText(text, { delimiter, newline }, isCut, SAMPLE_ROWS);
		const rows = records.filter(({ cells }) => cells.length > 1 || !isBlank(cells[0]));
		if (rows.length === 0 || rows[0].cells.length < 2) continue;
		const header = rows[0].cells;
		const agreeing = rows.filter(
			({ cells, quotes }) => cells.length === header.length && quotes === undefined,
		);
		// Column names are words; with the wrong delimiter they still hold the right one.
		const names = header.filter(
			(name) => isBlank(name) || /^(?:[\p{L}\p{N}_ .:#/()-]|, )+$/u.test(name.trim()),
		);
		const score =
			agreeing.length / rows.length +
			names.length / header.length +
			Math.min(header.length, 20) / 100;
		if (score > best.score) best = { delimiter, score };
	}
	return best.delimiter;
}

/** Excel's own hint about the delimiter, as the first line of a file. */
function readSeparatorLine(text: string): string | undefined {
	return /^"?sep=(.)"?(?=[\r\n])/i.exec(text)?.[1];
}

function refuseOtherFiles(head: Uint8Array): void {
	const start = Buffer.from(head.slice(0, 4)).toString('latin1');
	const found = OTHER_FILES.find((file) => start.startsWith(file.start));
	if (found) throw new CsvFileError(`The file is ${found.name}, not a CSV file`, CSV_HINT);
}

/** A header name for a message: short, on one line. */
const shown = (text: string): string => {
	const line = text.replace(/\s+/g, ' ');
	return line.length > 40 ? `${line.slice(0, 40)}…` : line;
};

/**
 * Read as much of a file as it takes to know how it is written, then offer its rows. Reads the whole file once, to be
 * sure of its encoding before the first row is used (see `detectEncoding`).
 * @throws CsvFileError when the file is empty, no text, no CSV, has a broken header or too many columns, or a line
 * longer than `maxFieldLength`
 */
export async function openCsv(open: OpenBytes, options: CsvOptions): Promise<CsvFile> {
	const maxFieldLength = options.maxFieldLength ?? DEFAULT_MAX_FIELD_LENGTH;
	const maxColumns = options.maxColumns ?? DEFAULT_MAX_COLUMNS;
	const report = await detectEncoding(open, options.encoding, maxFieldLength, refuseOtherFiles);
	const text = decodeHead(report.head, report.encoding);
	const isCut = report.head.length < report.bytes;
	if (isBlank(text) && !isCut) {
		throw new CsvFileError(
			'The file is empty',
			'Check that the previous node gives the right file',
		);
	}
	const newline = findNewline(text);
	const separator = readSeparatorLine(text);
	const delimiter = chooseDelimiter(
		text,
		options.delimiter,
		parserNewline(newline),
		isCut,
		separator,
	);
	const { header, headerRow } = readHeader(
		text,
		delimiter,
		parserNewline(newline),
		isCut,
		separator !== undefined,
	);
	if (header.length > maxColumns) {
		throw new CsvFileError(
			`The header has ${header.length.toLocaleString('en-US')} columns; at most ${maxColumns.toLocaleString('en-US')} are read`,
			'Keep only the columns to import. If the file has fewer columns, choose its delimiter',
			headerRow,
		);
	}
	const isRejectsFile = hasReportColumns(header);
	const isGuarded = isRejectsFile || hasUndoColumns(header);
	const shape: RowShape = {
		header: isGuarded ? header.map(unprotectFormulas) : header,
		isGuarded,
		unplaced: isRejectsFile ? header.lastIndexOf(UNPLACED_COLUMN) : -1,
		fewestCells: header.length - trailingBlanks(header),
	};
	const reader: ReaderOptions = {
		encoding: report.encoding,
		delimiter,
		newline: parserNewline(newline),
		skip: headerRow,
		maxFieldLength,
	};
	return {
		header: shape.header,
		headerRow,
		dialect: { encoding: report.encoding, delimiter, newline, hasBom: report.hasBom },
		bytes: report.bytes,
		fingerprint: report.fingerprint,
		isRejectsFile,
		rows: () => readRows(open, reader, shape),
	};
}

function chooseDelimiter(
	text: string,
	chosen: CsvOptions['delimiter'],
	newline: '\n' | '\r',
	isCut: boolean,
	separator: string | undefined,
): CsvDelimiter {
	if (chosen !== 'auto') return chosen;
	const named = DELIMITERS.find((delimiter) => delimiter === separator);
	return named ?? findDelimiter(text, newline, isCut);
}

const trailingBlanks = (names: readonly string[]): number => {
	let count = 0;
	while (count < names.length && names[names.length - 1 - count] === '') count++;
	return count;
};

function readHeader(
	text: string,
	delimiter: CsvDelimiter,
	newline: '\n' | '\r',
	isCut: boolean,
	hasSeparatorLine: boolean,
): { header: string[]; headerRow: number } {
	const isHeader = ({ cells }: RawRecord, position: number): boolean =>
		!(hasSeparatorLine && position === 0) && (cells.length > 1 || !isBlank(cells[0]));
	const format = { delimiter, newline };
	let { records } = parseText(text, format, isCut, SAMPLE_ROWS);
	// So many blank lines first, or a header longer than the sample: rare, so worth a second look only then.
	if (!records.some(isHeader)) records = parseText(text, format, isCut).records;
	const index = records.findIndex(isHeader);
	if (index === -1) {
		if (!isCut)
			throw new CsvFileError('The file has no header row', 'The first row must name the columns');
		throw new CsvFileError(
			`The header does not end within the first ${text.length.toLocaleString('en-US')} characters`,
			'The first row must name the columns. A quote that is opened and never closed is the usual cause',
			1,
		);
	}
	const { cells, quotes } = records[index];
	const header = cells.map((name) => ownCopy(name.trim()));
	const headerRow = index + 1;
	if (quotes !== undefined) {
		throw new CsvFileError(
			`The quotes in the header (row ${headerRow}) are broken near '${shown(header[header.length - 1])}'`,
			'A quoted column name starts and ends with a quote; a quote inside it is written twice',
			headerRow,
		);
	}
	if (header.some((name) => name.includes('\0'))) {
		throw new CsvFileError(
			'The header holds zero bytes, so this is no text file, or one in another encoding',
			"Choose the encoding 'Detect Automatically' or UTF-16. If it is no CSV file: " + CSV_HINT,
			headerRow,
		);
	}
	if (header.every((name) => name === '')) {
		throw new CsvFileError(
			`The header (row ${headerRow}) names no column`,
			'The first row must name the columns',
			headerRow,
		);
	}
	return { header, headerRow };
}

interface ReaderOptions {
	encoding: TextEncoding;
	delimiter: CsvDelimiter;
	newline: '\n' | '\r';
	/** Records up to and including the header. */
	skip: number;
	maxFieldLength: number;
}

/** What a row must look like to be used. */
interface RowShape {
	header: string[];
	/** Whether it is a file of ours, whose cells have an apostrophe before formulas. */
	isGuarded: boolean;
	/** Position of the column that marks rows with misplaced cells, or -1. */
	unplaced: number;
	/** Header length without blank names at its end: cells below those may be absent. */
	fewestCells: number;
}

async function* readRows(
	open: OpenBytes,
	{ encoding, delimiter, newline, skip, maxFieldLength }: ReaderOptions,
	shape: RowShape,
): AsyncGenerator<CsvRow[]> {
	let rowNumber = 0;
	let pending = '';
	// A long unfinished row is parsed again only when it has doubled, so the work stays proportional to the file.
	let parseAt = 0;
	// A row that is too long: the rows before it are given out first.
	let failure: CsvFileError | undefined;

	const take = (isEnd: boolean): CsvRow[] => {
		const { records, used } = parseText(pending, { delimiter, newline }, !isEnd);
		const mayBeLong = pending.length > maxFieldLength;
		const mayHoldZeros = pending.includes('\0');
		const rows: CsvRow[] = [];
		for (const record of records) {
			rowNumber++;
			if (mayBeLong && lengthOf(record.cells) > maxFieldLength) {
				failure = tooLong(rowNumber, maxFieldLength);
				return rows;
			}
			if (rowNumber <= skip) continue;
			const row = readRecord(record, rowNumber, shape, mayHoldZeros);
			if (row) rows.push(row);
		}
		pending = pending.slice(used);
		if (pending.length > maxFieldLength) {
			failure = tooLong(rowNumber + 1, maxFieldLength);
		}
		return rows;
	};

	for await (const text of decodeText(open, encoding)) {
		for (let start = 0; start < text.length; start += ROWS_WINDOW) {
			const piece = text.slice(start, start + ROWS_WINDOW);
			pending = pending === '' ? piece : pending + piece;
			if (pending.length < parseAt && pending.length <= maxFieldLength) continue;
			const rows = take(false);
			parseAt = 2 * pending.length;
			if (rows.length > 0) yield rows;
			if (failure) throw failure;
		}
	}
	if (pending === '') return;
	const rows = take(true);
	if (rows.length > 0) yield rows;
	if (failure) throw failure;
}

const lengthOf = (cells: readonly string[]): number => {
	let length = cells.length - 1;
	for (const cell of cells) length += cell.length;
	return length;
};

const cellCount = (count: number): string => `${count} ${count === 1 ? 'cell' : 'cells'}`;

/** The row of a record, or nothing for a blank line. */
function readRecord(
	{ cells, quotes }: RawRecord,
	rowNumber: number,
	shape: RowShape,
	mayHoldZeros: boolean,
): CsvRow | undefined {
	const width = shape.header.length;
	if (cells.length === 1 && quotes === undefined && isBlank(cells[0])) return undefined;
	if (shape.isGuarded) {
		for (let index = 0; index < cells.length; index++)
			cells[index] = unprotectFormulas(cells[index]);
	}
	if (quotes !== undefined) {
		return {
			rowNumber,
			cells,
			problem:
				quotes === 'unterminated'
					? 'opens a quote that is never closed, so all that follows in the file was read as part of this row'
					: 'has text after the closing quote of a cell; a quote inside a quoted cell is written twice',
		};
	}
	if (mayHoldZeros && cells.some((cell) => cell.includes('\0'))) {
		return { rowNumber, cells, problem: 'holds a zero byte (NUL), which is no text' };
	}
	if (cells.length !== width) {
		if (cells.length > width && cells.slice(width).every(isBlank)) {
			cells.length = width;
		} else if (cells.length < width && cells.length >= shape.fewestCells) {
			while (cells.length < width) cells.push('');
		} else {
			return {
				rowNumber,
				cells,
				problem: `has ${cellCount(cells.length)} but the header has ${width}`,
			};
		}
	}
	if (shape.unplaced !== -1 && !isBlank(cells[shape.unplaced])) {
		return {
			rowNumber,
			cells,
			problem: `has misplaced cells (see its column '${UNPLACED_COLUMN}'); put the cells in their columns and empty that one`,
		};
	}
	return { rowNumber, cells };
}
