/**
 * A CSV file: how it is written, its header, and its rows in pull mode: the next piece of the file is read when the next
 * rows are asked for, and never more than one unfinished row is kept.
 *
 * Blank lines are skipped, but they count as rows. A first line `sep=;` (a hint for Excel) is obeyed and skipped.
 */
import { CarefulReader } from './carefulReader';
import type { CsvDelimiter, Format, RawRecord, TextEnd } from './csvFormat';
import {
	isDatabaseText,
	watchBackslashes,
	findDelimiter,
	findEscape,
	findNewline,
	findQuote,
	readSeparatorLine,
} from './dialect';
import type { Newline, Sample } from './dialect';
import { CsvFileError, tooLong, refuseOtherFiles, refuseOtherTexts } from './csvFileError';
import { decodeText, DEFAULT_MAX_FIELD_LENGTH } from './encoding';
import { detectEncoding } from './detectEncoding';
import type { BytesReport, FileEncoding } from './detectEncoding';
import type { EncodingChoice, OpenBytes, TextEncoding } from './encoding';
import { readHeader } from './header';
import type { HeaderOptions } from './header';
import { isBlank, readRow, rowLength, traitsOf } from './rowShape';
import { ReadingNotes, Tally } from './readingNotes';
import { parseText, WINDOW } from './records';
import type { RowShape } from './rowShape';
import type { CsvRow } from '../table';

/** How a file is written. */
interface CsvDialect {
	encoding: TextEncoding;
	delimiter: CsvDelimiter;
	/** The line break that is used most at the file's start. */
	newline: Newline;
	hasBom: boolean;
}

export interface CsvOptions extends HeaderOptions {
	encoding: EncodingChoice;
	delimiter: 'auto' | CsvDelimiter;
	/** Characters that one row, and so one field, may have. */
	maxFieldLength?: number;
}

/** A file whose encoding, dialect and header are known. */
export interface CsvFile {
	/** Column names without surrounding blanks; may be empty, or there twice. Blank ones at the end are left out. */
	header: string[];
	/** The header's row: 1 unless blank lines, comments or a `sep=` line come first, or it was chosen. */
	headerRow: number;
	/** How its encoding was found. */
	encoding: FileEncoding;
	dialect: CsvDialect;
	/** Size of the file. */
	bytes: number;
	/** SHA-256 of the file's bytes, hexadecimal. */
	fingerprint: string;
	/** Whether the header has the four report columns; apostrophes are then taken away, see `rejectsCsv.ts`. */
	isRejectsFile: boolean;
	/** Whether it is a file of ours, where apostrophes before formulas have been taken away. */
	isGuarded: boolean;
	/**
	 * What was skipped or read in a special way, as sentences. Complete once all rows have been read.
	 */
	notes(): string[];
	/**
	 * The rows below the header, in arrays of what one piece of the file held (never empty). Each call reads the file
	 * from its start; leaving the iteration early releases the source.
	 * @throws CsvFileError when a row is longer than allowed; rows before it have been given out
	 */
	rows(): AsyncGenerator<CsvRow[]>;
}

/**
 * A copy of a text that holds no memory but its own. Parts cut out of a larger text keep all of that text alive.
 */
export function ownCopy(text: string): string {
	return Buffer.from(text, 'utf8').toString('utf8');
}

/**
 * Read as much of a file as it takes to know how it is written, then offer its rows. Reads the whole file once, to be
 * sure of its encoding before the first row is used (see `detectEncoding`).
 * @throws CsvFileError when the file is empty, no text, no CSV, has a broken header or too many columns, or a line
 * longer than `maxFieldLength`
 */
export async function openCsv(open: OpenBytes, options: CsvOptions): Promise<CsvFile> {
	const maxFieldLength = options.maxFieldLength ?? DEFAULT_MAX_FIELD_LENGTH;
	const watched = watchBackslashes(open);
	const report = await detectEncoding(
		watched.open,
		options.encoding,
		maxFieldLength,
		refuseOtherFiles,
	);
	const sample = sampleOf(report, options);
	const newline = findNewline(sample.text);
	const found = findFormat(sample, options, newline);
	const read = readHeader(sample, found, options);
	const mayBeDatabaseText =
		read.format.delimiter === '\t' &&
		watched.seen() &&
		!options.isStrict &&
		!read.hasQuotes &&
		// Files of ours know no such escapes, whatever file they were made of.
		!read.shape.isGuarded;
	const isDatabase = mayBeDatabaseText && (await isDatabaseText(open, report.encoding.name));
	const shape: RowShape = { ...read.shape, isDatabaseText: isDatabase };
	const notes = new ReadingNotes([
		...read.notes,
		...(isDatabase ? ['Backslashes were read as database escapes (\\t, \\n, \\\\)'] : []),
	]);
	const reader: ReaderOptions = {
		encoding: report.encoding.name,
		format: {
			...read.format,
			escape: isDatabase ? 'none' : read.format.escape,
			width: rowLength(shape) + (shape.table === 'piped' ? 2 : 0),
		},
		skip: read.headerRow,
		maxFieldLength,
	};
	const { delimiter } = read.format;
	return {
		header: shape.header,
		headerRow: read.headerRow,
		encoding: report.encoding,
		dialect: { encoding: report.encoding.name, delimiter, newline, hasBom: report.hasBom },
		bytes: report.bytes,
		fingerprint: report.fingerprint,
		isRejectsFile: read.isRejectsFile,
		isGuarded: shape.isGuarded,
		notes: () => notes.notes,
		rows: () => readRows(open, reader, shape, notes),
	};
}

function sampleOf({ head: text, isCut }: BytesReport, options: CsvOptions): Sample {
	const end: TextEnd = isCut ? 'cut' : 'end';
	if (isBlank(text) && end === 'end') {
		throw new CsvFileError(
			'The file is empty',
			'Check that the previous node outputs the right file',
		);
	}
	if (options.isStrict !== true) refuseOtherTexts(text);
	return { text, end, skip: Math.max(0, (options.headerRow ?? 0) - 1) };
}

function findFormat(sample: Sample, options: CsvOptions, newline: Newline): Format {
	const breaks = newline === 'CR' ? '\r' : '\n';
	const quote = options.isStrict === true ? '"' : findQuote(sample, breaks);
	const format = { newline: breaks, quote, escape: 'doubled' } as const;
	const separator = readSeparatorLine(sample.text);
	const named = separator?.isStale === false ? separator.delimiter : undefined;
	const delimiter =
		options.delimiter === 'auto' ? (named ?? findDelimiter(sample, format)) : options.delimiter;
	if (options.isStrict === true) return { ...format, delimiter };
	return { ...format, delimiter, escape: findEscape(sample, { ...format, delimiter }) };
}

interface ReaderOptions {
	encoding: TextEncoding;
	format: Format;
	/** Records up to and including the header. */
	skip: number;
	maxFieldLength: number;
}

async function* readRows(
	open: OpenBytes,
	{ encoding, format, skip, maxFieldLength }: ReaderOptions,
	shape: RowShape,
	notes: ReadingNotes,
): AsyncGenerator<CsvRow[]> {
	const tally = new Tally();
	let rowNumber = 0;
	let lastRow = 0;
	let pending = '';
	// A long unfinished row is parsed again only when it has doubled, so the work stays proportional to the file.
	let parseAt = 0;
	// A row that is too long: the rows before it are given out first.
	let failure: CsvFileError | undefined;

	/** Up to the header, rows have no width yet. */
	const passHeader = (end: TextEnd): void => {
		const records: RawRecord[] = [];
		const header = new CarefulReader(pending, { ...format, width: undefined }, end);
		pending = pending.slice(header.readInto(records, skip - rowNumber));
		rowNumber += records.length;
	};

	const take = (end: TextEnd): CsvRow[] => {
		if (rowNumber < skip) passHeader(end);
		if (rowNumber < skip) return [];
		const { records, used } = parseText(pending, format, end);
		const mayBeLong = pending.length > maxFieldLength;
		const traits = traitsOf(pending);
		const rows: CsvRow[] = [];
		for (const record of records) {
			rowNumber++;
			if (mayBeLong && lengthOf(record.cells) > maxFieldLength) {
				failure = tooLong(rowNumber, maxFieldLength);
				return rows;
			}
			const row = readRow(record, rowNumber, shape, traits, tally);
			if (row === undefined) continue;
			if (lastRow !== 0 && rowNumber > lastRow + 1) row.isAfterGap = true;
			lastRow = rowNumber;
			rows.push(row);
		}
		pending = pending.slice(used);
		if (pending.length > maxFieldLength) {
			if (end === 'cut') return rows.concat(take('tooLong'));
			failure = tooLong(rowNumber + 1, maxFieldLength);
		}
		return rows;
	};

	for await (const text of decodeText(open, encoding)) {
		for (let start = 0; start < text.length; start += WINDOW) {
			const piece = text.slice(start, start + WINDOW);
			pending = pending === '' ? piece : pending + piece;
			if (pending.length < parseAt && pending.length <= maxFieldLength) continue;
			const rows = take('cut');
			parseAt = 2 * pending.length;
			if (rows.length > 0) yield rows;
			if (failure) throw failure;
		}
	}
	if (pending !== '') {
		const rows = take('end');
		if (rows.length > 0) yield rows;
		if (failure) throw failure;
	}
	notes.complete(tally);
}

const lengthOf = (cells: readonly string[]): number => {
	let length = cells.length - 1;
	for (const cell of cells) length += cell.length;
	return length;
};
