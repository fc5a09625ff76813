/**
 * A CSV file as the list that an import takes, with a cell by which people can check the encoding that it was read in.
 */
import { openCsv, ownCopy } from './csvFile';
import type { CsvFile, CsvOptions } from './csvFile';
import type { OpenBytes } from './encoding';
import { restedBytes } from './rested';
import type { Table, TableSource, CsvRow } from '../table';
import { FILE_WORDS } from '../table';
import type { FileEncoding } from './detectEncoding';
import { encodingLabel } from './encoding';

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
