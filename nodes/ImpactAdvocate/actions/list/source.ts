/** Reads where the list of an operation comes from, as `fields.ts` offers it: a file of the item, a text, or all items. */
import type { IDataObject, IBinaryData } from 'n8n-workflow';
import { DELIMITERS } from '../../import/file/csvFormat';
import type { CsvDelimiter } from '../../import/file/csvFormat';
import type { CsvOptions } from '../../import/file/csvFile';
import { csvSource } from '../../import/file/csvTable';
import { encodingNamed, TEXT_ENCODINGS, openBuffer } from '../../import/file/encoding';
import type { EncodingChoice, OpenBytes } from '../../import/file/encoding';
import { itemsSource } from '../../import/items/itemsTable';
import type { TableSource } from '../../import/table';
import {
	choiceOption,
	readChoice,
	readNumberOption,
	readOptions,
	textOption,
	readRequiredText,
} from '../../../shared/n8n/parameters';
import type { Run } from '../operation';
import { HEADER_ROW } from './fields';
import type { SourceChoice, SourceKind } from './fields';
import { isRecord } from '../../../shared/advocate/client/values';
import { describeValue } from '../../../shared/inputValue';
import { ParameterError } from '../../../shared/n8n/nodeErrors';

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

interface CsvSource {
	/** Name of the file; nothing for text. */
	fileName?: string;
	open: OpenBytes;
	/** Text has been decoded already: it is given out as UTF-8, whatever encoding is chosen. */
	isText: boolean;
}

/** Bytes given out at once; n8n's own streams use the same. */
const CHUNK_BYTES = 64 * 1024;

const FIELD = 'Input Binary Field';

/**
 * The text of 'CSV Text'.
 * @throws ParameterError when there is none
 */
function readText(run: Run, itemIndex: number): CsvSource {
	return textSource(run.n8n.getNodeParameter('csvText', itemIndex, ''), "'CSV Text'", 'text');
}

/**
 * The file that 'Input Binary Field' names. Nothing is read yet.
 * @throws ParameterError or n8n's own error when the item has no such file
 */
function findFile(run: Run, itemIndex: number): CsvSource {
	const found = lookForFile(run, itemIndex);
	if ('text' in found) return textSource(found.text, found.called, 'a file or text');
	const { file } = found;
	const { id } = file;
	return {
		fileName: file.fileName,
		isText: false,
		open:
			id === undefined || id === ''
				? openBuffer(Buffer.from(file.data, 'base64'))
				: async () => await run.n8n.helpers.getBinaryStream(id, CHUNK_BYTES),
	};
}

/**
 * Text as a file.
 * @param name what should be the text is called
 * @param wanted what it should be
 */
function textSource(text: unknown, name: string, wanted: string): CsvSource {
	const what = describeValue(text);
	if (what === 'empty') {
		throw new ParameterError(
			`${name} is empty`,
			'Enter the CSV with its header. If it is an expression, check that the input item has this value',
		);
	}
	if (typeof text !== 'string') {
		throw new ParameterError(
			`${name} is ${what}, not ${wanted}`,
			"Give the CSV as one text with its header. For participants that are items, use the operation 'Import Items'; a list in one item becomes items with the node 'Split Out'",
		);
	}
	return { open: openBuffer(Buffer.from(text, 'utf8')), isText: true };
}

/**
 * The file, given by an expression or by the name of its field; or what should be a text, in the JSON field of that
 * name: the HTTP Request node puts out `text/csv` as a text.
 * @throws ParameterError or n8n's own error when there is nothing
 */
function lookForFile(
	run: Run,
	itemIndex: number,
): { file: IBinaryData } | { text: unknown; called: string } {
	const value: unknown = run.n8n.getNodeParameter('binaryPropertyName', itemIndex);
	if (isFile(value)) return { file: value };
	// An expression that gives the content in place of the field: no name has a line break.
	if (typeof value === 'string' && value.trim().includes('\n')) {
		return { text: value, called: `'${FIELD}'` };
	}
	const field = readRequiredText(run.n8n, 'binaryPropertyName', FIELD, itemIndex);
	const { json, binary = {} } = run.n8n.getInputData()[itemIndex];
	if (Object.hasOwn(binary, field)) return { file: binary[field] };
	// Where workflows in the combined binary mode keep files. There n8n expects a path such as `_files.data`, but people
	// enter the name as everywhere else.
	const files = isRecord(json._files) ? json._files : {};
	const found: unknown = Object.hasOwn(files, field) ? files[field] : json[field];
	if (isFile(found)) return { file: found };
	if (Object.hasOwn(json, field)) {
		if (describeValue(found) === 'empty') throw emptyFile(field);
		return { text: found, called: `'${FIELD}': '${field}'` };
	}
	// A path, which n8n knows how to follow.
	if (field.includes('.')) return { file: run.n8n.helpers.assertBinaryData(itemIndex, field) };
	throw new ParameterError(
		`'${FIELD}': the item has no file '${field}'`,
		inFirstItem(run, field) ?? whatThereIs([...Object.keys(binary), ...Object.keys(files)]),
	);
}

/** A form gives an empty value for an uploaded file without content. */
const emptyFile = (field: string): ParameterError =>
	new ParameterError(
		'The file is empty, or none was given',
		`The item has the field '${field}', but no file in it: n8n leaves out a file without content. Check the file, and the node that it comes from`,
	);

/** An import before that puts out its failed rows as items has its files in the first one. */
function inFirstItem(run: Run, field: string): string | undefined {
	const [{ binary = {} }] = run.n8n.getInputData();
	if (!Object.hasOwn(binary, field)) return undefined;
	return `Item 0 has the file '${field}'. Turn on 'Execute Once' in the settings of this node, or let only that item through: of an import, with 'Output' on 'Summary'`;
}

/**
 * The name of a file that an operation makes of a list. Tabs are no `.csv` to a spreadsheet.
 * @param fileName of the list, or what stands for it
 * @param kind what the file has
 */
export function resultFileName(
	fileName: string,
	kind: string,
	delimiter: CsvDelimiter | undefined,
): string {
	const extension = /\.[^.]*$/.exec(fileName)?.[0] ?? '';
	const stem = fileName.slice(0, fileName.length - extension.length);
	if (delimiter !== '\t') return `${stem}-${kind}.csv`;
	return `${stem}-${kind}${/^\.(tab|tsv|txt)$/i.test(extension) ? extension : '.tsv'}`;
}

/** A file as n8n keeps it: in the item, or elsewhere under an ID. */
function isFile(value: unknown): value is IBinaryData {
	return (
		isRecord(value) && typeof value.mimeType === 'string' && ('data' in value || 'id' in value)
	);
}

function whatThereIs(files: readonly string[]): string {
	if (files.length === 0) {
		return 'The item has no file at all. Put a node before this one that reads or downloads the file';
	}
	const names = files.map((name) => `'${name}'`).join(', ');
	return `The item has ${files.length === 1 ? 'the file' : 'the files'} ${names}. Enter the name of the one to import`;
}
