/** A CSV file as the list that an import takes. */
import { openCsv } from './csvFile';
import type { CsvFile, CsvOptions } from './csvFile';
import type { OpenBytes } from './encoding';
import { EncodingWitness } from './encodingNote';
import { restedBytes } from './rested';
import type { Table, TableSource } from '../table';
import { FILE_WORDS } from '../tableWords';

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
