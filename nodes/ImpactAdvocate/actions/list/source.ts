/** Reads where the list of an operation comes from, as `fields.ts` offers it. */
import type { IDataObject } from 'n8n-workflow';
import { DELIMITERS } from '../../import/file/carefulReader';
import type { CsvOptions } from '../../import/file/csvFile';
import { csvSource } from '../../import/file/csvTable';
import { encodingNamed, TEXT_ENCODINGS } from '../../import/file/encoding';
import type { EncodingChoice } from '../../import/file/encoding';
import { itemsSource } from '../../import/items/itemsTable';
import type { TableSource } from '../../import/table';
import {
	choiceOption,
	readChoice,
	readNumberOption,
	readOptions,
	textOption,
} from '../../../shared/n8n/parameters';
import type { Run } from '../operation';
import { HEADER_ROW } from './fields';
import type { SourceChoice, SourceKind } from './fields';
import { findFile, readText } from './file';

/** The list of an operation. Nothing of it is read yet. */
export interface ListSource {
	kind: SourceKind;
	source: TableSource;
	/** Of a file. */
	fileName?: string;
}

/**
 * The list that an item asks for: a file or a text of its own, or all items together.
 * @throws ParameterError or n8n's own error when the item has no such file
 */
export function readListSource(run: Run, itemIndex: number, choice: SourceChoice): ListSource {
	const { name, displayName, kinds } = choice;
	const kind = readChoice<SourceKind>(run.n8n, name, displayName, kinds, itemIndex);
	if (kind === 'items') return allItems(run);
	const { open, fileName, isText } =
		kind === 'text' ? readText(run, itemIndex) : findFile(run, itemIndex);
	const csv = readCsvOptions(readOptions(run.n8n, itemIndex));
	// Text has been decoded already.
	if (isText) csv.encoding = 'utf-8';
	return { kind, fileName, source: csvSource(open, csv) };
}

/** All input items as one list. */
export const allItems = (run: Run): ListSource => ({
	kind: 'items',
	source: itemsSource(run.n8n.getInputData().map(({ json }) => json)),
});

function readCsvOptions(options: IDataObject): CsvOptions {
	return {
		headerRow: readNumberOption(options, 'headerRow', 'Header Row', HEADER_ROW),
		encoding: readEncoding(options),
		delimiter: choiceOption(
			options,
			'delimiter',
			'Delimiter',
			['auto', ...DELIMITERS] as const,
			'auto',
		),
	};
}

/** By expression, an encoding may have any name that browsers know: `latin1`, `cp1250`. */
function readEncoding(options: IDataObject): EncodingChoice {
	const named = encodingNamed(textOption(options, 'encoding', 'Encoding'));
	if (named !== undefined) return named;
	const known = ['auto', ...Object.keys(TEXT_ENCODINGS)];
	return choiceOption(options, 'encoding', 'Encoding', known, 'auto');
}
