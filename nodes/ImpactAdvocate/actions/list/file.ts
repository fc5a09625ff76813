/** The CSV of an item: a file of it, or text. */
import type { IBinaryData } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import { describeValue } from '../../../shared/inputValue';
import { openBuffer } from '../../import/file/encoding';
import type { CsvDelimiter } from '../../import/file/carefulReader';
import type { OpenBytes } from '../../import/file/encoding';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { readRequiredText } from '../../../shared/n8n/parameters';
import type { Run } from '../operation';

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
export function readText(run: Run, itemIndex: number): CsvSource {
	return textSource(run.n8n.getNodeParameter('csvText', itemIndex, ''), "'CSV Text'", 'text');
}

/**
 * The file that 'Input Binary Field' names. Nothing is read yet.
 * @throws ParameterError or n8n's own error when the item has no such file
 */
export function findFile(run: Run, itemIndex: number): CsvSource {
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
	if (Object.hasOwn(json, field)) return { text: found, called: `'${FIELD}': '${field}'` };
	// A path, which n8n knows how to follow.
	if (field.includes('.')) return { file: run.n8n.helpers.assertBinaryData(itemIndex, field) };
	throw new ParameterError(
		`'${FIELD}': the item has no file '${field}'`,
		inFirstItem(run, field) ?? whatThereIs([...Object.keys(binary), ...Object.keys(files)]),
	);
}

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
