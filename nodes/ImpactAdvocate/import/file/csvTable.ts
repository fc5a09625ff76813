/**
 * A CSV file as the list that an import takes, with a cell by which people can check the encoding that it was read in.
 * Whoever reads a file or its rows gives the host a turn now and then: the readings with rests are here as well.
 */
import { openCsv, ownCopy } from './csvFile';
import type { CsvFile, CsvOptions } from './csvFile';
import type { OpenBytes } from './encoding';
import type { Table, TableSource, CsvRow } from '../table';
import { FILE_WORDS } from '../table';
import type { FileEncoding } from './detectEncoding';
import { encodingLabel, slices } from './encoding';
import type { Breather } from '../../../shared/advocate/client/breather';
import { InputError } from '../../../shared/inputError';
import { withoutPeriod } from '../../../shared/inputValue';

/** @param open gives the file's bytes from the start; called more than once */
export function csvSource(open: OpenBytes, options: CsvOptions): TableSource {
	return {
		reading: options,
		async open(breather, namesColumns) {
			return tableOf(await openCsv(restedBytes(open, breather), { ...options, namesColumns }));
		},
	};
}

function tableOf(file: CsvFile): Table {
	const { header, headerRow, fingerprint, bytes, dialect, notes, rows } = file;
	return {
		words: FILE_WORDS,
		header,
		firstRow: headerRow + 1,
		fingerprint,
		delimiter: dialect.delimiter,
		facts: {
			bytes,
			encoding: dialect.encoding,
			delimiter: dialect.delimiter === '\t' ? 'tab' : dialect.delimiter,
			lineBreak: dialect.newline,
		},
		notes,
		rows,
		witness: (columns) => new EncodingWitness(file, columns),
	};
}

/** Not letters only: the `£` of `£ukasz` is one in the encoding that was meant. */
const NOT_ASCII = /\P{ASCII}/u;

const MAX_SHOWN = 40;

interface Example {
	rowNumber: number;
	text: string;
}

/** Looks in the rows of a file for a cell that shows whether its encoding is right. */
class EncodingWitness {
	/** In a column that is used; only there a wrong letter does harm. */
	private used?: Example;

	private other?: Example;

	private readonly encoding: FileEncoding;

	/** @param columns positions of the columns that are used */
	constructor(
		private readonly file: Pick<CsvFile, 'encoding' | 'header' | 'headerRow'>,
		private readonly columns: readonly number[],
	) {
		this.encoding = file.encoding;
	}

	/** Look at a row. */
	hear({ rowNumber, cells }: CsvRow): void {
		if (this.used !== undefined || !this.isToNote) return;
		const tells = (cell: string | undefined): boolean => cell !== undefined && NOT_ASCII.test(cell);
		const column = this.columns.find((position) => tells(cells[position]));
		if (column !== undefined) this.used = exampleOf(rowNumber, cells[column]);
		else if (this.other === undefined) {
			const cell = cells.find(tells);
			if (cell !== undefined) this.other = exampleOf(rowNumber, cell);
		}
	}

	/** What is to be said, when all rows have been heard. */
	get notes(): string[] {
		if (!this.isToNote) return [];
		const { name, basis, utf8Row } = this.encoding;
		const label = encodingLabel(name);
		const example = this.used ?? this.other ?? this.ofHeader();
		const check =
			example === undefined ? '' : `: check '${example.text}' in row ${example.rowNumber}`;
		if (utf8Row !== undefined) {
			const message = `The file looks like UTF-8 (row ${utf8Row}), but was read as ${label}, as chosen in 'Encoding'${check}`;
			return [message];
		}
		if (basis !== 'guess') {
			const why = basis === 'mark' ? 'as its byte order mark says' : 'as its content shows';
			return [`The file was read as ${label}, ${why}${check}`];
		}
		const message = `The file is not UTF-8 and was read as ${label}${check}. If that looks wrong, choose another 'Encoding' in the option 'File Format'`;
		return [message];
	}

	private ofHeader(): Example | undefined {
		const name = this.file.header.find((text) => NOT_ASCII.test(text));
		return name === undefined ? undefined : exampleOf(this.file.headerRow, name);
	}

	private get isToNote(): boolean {
		const { name, basis, utf8Row } = this.encoding;
		return utf8Row !== undefined || (name !== 'utf-8' && basis !== 'chosen');
	}
}

function exampleOf(rowNumber: number, cell: string): Example {
	const characters = [...cell.replace(/\s+/g, ' ').trim()];
	const isLong = characters.length > MAX_SHOWN;
	const text = characters.slice(0, MAX_SHOWN).join('') + (isLong ? '…' : '');
	return { rowNumber, text: ownCopy(text) };
}

/** Rows given out between two looks at the clock. */
const PORTION_ROWS = 1000;

/** The bytes of a file can't be had (any more), or are others than before. */
export class FileReadError extends InputError {
	constructor(message: string, hint = 'Check that the file still exists where n8n keeps it') {
		super(message, `Nothing was sent. ${hint}, and run the node again`);
	}
}

/** Words of n8n's stores and of Node.js for a file that is not there. */
const NOT_THERE = /\bfile not found\b|\bENOENT\b|\bno such file\b/i;

const WHERE_FILES_ARE =
	'The process that runs this does not have the file. If n8n has workers or several servers, keep files where all of them look: in the database, in S3, or on a shared disk (N8N_DEFAULT_BINARY_DATA_MODE, N8N_BINARY_DATA_STORAGE_PATH). Otherwise check that the file still exists';

/**
 * A file's bytes, with rests in between. A text or a file inside an item would be there all at once.
 * @throws FileReadError also when a reading ends at another length than the one before: rows would be lost
 */
export function restedBytes(open: OpenBytes, breather: Breather): OpenBytes {
	let size: number | undefined;
	return async () =>
		(async function* () {
			let bytes = 0;
			for await (const slice of slices(async () => readable(open))) {
				if (breather.isDue) await breather.rest();
				bytes += slice.length;
				yield slice;
			}
			if (size !== undefined && size !== bytes) {
				throw new FileReadError(
					`The file could not be read to its end: it had ${size} bytes before, and ${bytes} bytes now`,
				);
			}
			size = bytes;
		})();
}

async function* readable(open: OpenBytes): AsyncGenerator<Uint8Array> {
	try {
		for await (const chunk of await open()) yield chunk;
	} catch (caught) {
		throw brokenOff(caught);
	}
}

function brokenOff(caught: unknown): FileReadError {
	const reason = caught instanceof Error ? caught.message : String(caught);
	const hint = NOT_THERE.test(reason) ? WHERE_FILES_ARE : undefined;
	const message = `The file could not be read to its end: ${withoutPeriod(reason)}`;
	return new FileReadError(message, hint);
}

/**
 * The failure to read a file to its end, for callers that go on without the rest.
 * @throws anything else unchanged
 */
export function expectFileReadError(caught: unknown): FileReadError {
	if (caught instanceof FileReadError) return caught;
	throw caught;
}

/** A list with rests between its rows: what is done with a row may take longer than to read it. */
export function restedTable<T extends Pick<Table, 'rows'>>(table: T, breather: Breather): T {
	return { ...table, rows: () => restedRows(table, breather) };
}

async function* restedRows(
	table: Pick<Table, 'rows'>,
	breather: Breather,
): AsyncGenerator<CsvRow[]> {
	for await (const rows of table.rows()) {
		for (let start = 0; start < rows.length; start += PORTION_ROWS) {
			if (breather.isDue) await breather.rest();
			yield rows.length <= PORTION_ROWS ? rows : rows.slice(start, start + PORTION_ROWS);
		}
	}
}
