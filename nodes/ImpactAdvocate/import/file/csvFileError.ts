/** Why a file as a whole can't be imported: among other reasons, for being no CSV file at all. */
import { countText } from '../../../shared/inputValue';
import { InputError } from '../../../shared/inputError';

/**
 * A file that can't be imported. `rowNumber` is the row as a spreadsheet counts (the first row is 1), where one row is
 * to blame.
 */
export class CsvFileError extends InputError {
	constructor(
		message: string,
		hint: string,
		readonly rowNumber?: number,
	) {
		super(message, hint);
	}
}

/** The refusal of a row that is longer than `limit` characters. */
export function tooLong(rowNumber: number, limit: number): CsvFileError {
	return new CsvFileError(
		`Row ${rowNumber} is longer than ${countText(limit)} characters`,
		'A quote that is opened and never closed is the usual cause: look at this row and the one before it',
		rowNumber,
	);
}

export const CSV_HINT =
	'Save the list as CSV (in a spreadsheet: Save As or Download, type CSV UTF-8) and use that file';

/** Starts of files that people take for CSV, or take by mistake; `at8` stands behind the file's size. */
const OTHER_FILES: ReadonlyArray<{ start: string; at8?: string; name: string }> = [
	{ start: 'PK\u0003\u0004', name: 'an Excel workbook or another ZIP file' },
	{ start: '\u00d0\u00cf\u0011\u00e0', name: 'an old Excel workbook (.xls)' },
	{ start: '%PDF', name: 'a PDF document' },
	{ start: '\u001f\u008b', name: 'a file compressed with gzip' },
	{ start: '{\\rt', name: 'a rich text document (.rtf)' },
	{ start: '\u0089PNG\r\n', name: 'an image (PNG)' },
	{ start: '\u00ff\u00d8\u00ff', name: 'an image (JPEG)' },
	{ start: 'GIF87a', name: 'an image (GIF)' },
	{ start: 'GIF89a', name: 'an image (GIF)' },
	{ start: 'RIFF', at8: 'WEBP', name: 'an image (WebP)' },
];

/** @throws CsvFileError when the first bytes are those of another kind of file */
export function refuseOtherFiles(head: Uint8Array): void {
	const text = Buffer.from(head.slice(0, 12)).toString('latin1');
	const found = OTHER_FILES.find(
		({ start, at8 = '' }) => text.startsWith(start) && text.startsWith(at8, 8),
	);
	if (found) throw new CsvFileError(`The file is ${found.name}, not a CSV file`, CSV_HINT);
}

/** @throws CsvFileError when a text is JSON, HTML or XML, or has its line breaks spelled out */
export function refuseOtherTexts(text: string): void {
	const start = text.slice(0, 4096).trimStart();
	if (/^(?:\[\s*(?:[[{"\]]|-?\d)|\{\s*["}])/.test(start)) {
		throw new CsvFileError(
			'The file is JSON, not CSV',
			"Turn it into items with the node 'Extract From File' (operation 'Extract From JSON') and import those with the operation 'Import Items', or into CSV with 'Convert to File'",
		);
	}
	if (/^<(?:!doctype|!--|html|\?xml|table|head|body)/i.test(start)) {
		throw new CsvFileError(
			`The file is ${/^<(?:\?xml)/i.test(start) ? 'XML' : 'a web page (HTML)'}, not CSV`,
			'If it was downloaded, look at what the address returns: a sign-in page is the usual cause. ' +
				CSV_HINT,
		);
	}
	const [first, rest] = splitAtBreak(text);
	const spelledOut = first.split(OTHER_BREAKS);
	const commas = spelledOut.map((line) => line.split(/[,;\t|]/).length);
	if (commas.length > 1 && (rest.trim() === '' || (commas[0] > 1 && commas[0] === commas[1]))) {
		throw new CsvFileError(
			`The text holds ${nameOfBreak(first)} instead of line breaks`,
			first.includes('\\')
				? "Use a real line break between rows. In an expression, '.replaceAll('\\\\n', '\\n')' turns them into line breaks; in a Set or HTTP node, check that the text is not escaped twice"
				: 'Use a usual line break between rows: in a spreadsheet or text editor, save the list again as CSV UTF-8',
			1,
		);
	}
}

/** What stands between lines where a program took line breaks away, or has its own. */
const OTHER_BREAKS = /\\r\\n|\\n|\\r|<br ?\/?>|[\u0085\u2028\u2029\v\f]/i;

function nameOfBreak(text: string): string {
	const found = OTHER_BREAKS.exec(text)?.[0] ?? '';
	if (found.startsWith('\\')) return '\\n';
	if (found.startsWith('<')) return found;
	return `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function splitAtBreak(text: string): [string, string] {
	const at = text.search(/[\r\n]/);
	return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}
