/** Languages, their libraries, spreadsheets and services, by their documented rules; Papa Parse writes its own files. */
import Papa from 'papaparse';
import { AS_THE_FILE_SAYS } from '../import/helpers';
import { TABLE, without } from './table';
import type { Table } from './table';
import { written } from './write';
import { writes, writesText } from './writer';
import type { Writer } from './writer';

const CRLF = { eol: '\r\n' };
const SEMICOLON = { delimiter: ';' };
const GUARDED = [/The apostrophe that programs put before/];

const papa = (
	name: string,
	config: Papa.UnparseConfig,
	more: Parameters<typeof writesText>[2] = {},
): Writer =>
	writesText(
		`Papa Parse unparse ${name}`,
		Papa.unparse({ fields: [...TABLE.header], data: TABLE.rows.map((row) => [...row]) }, config),
		more,
	);

/** Names of rows in front, as statistics programs write them; `name` is that of their column. */
const numbered = (name: string): Table => ({
	header: [name, ...TABLE.header],
	rows: TABLE.rows.map((cells, index) => [String(index + 1), ...cells]),
});

const spread = (open: string, close: string): string => {
	const width = 2;
	const header = [
		...TABLE.header.slice(0, -1),
		...Array.from({ length: width }, (_, at) => `segments${open}${at}${close}`),
	];
	const rows = TABLE.rows.map((cells) => {
		const keys = (cells.at(-1) ?? '').split('|');
		return [...cells.slice(0, -1), ...Array.from({ length: width }, (_, at) => keys[at] ?? null)];
	});
	return written({ header, rows });
};

const renamed = (names: Record<string, string>) => ({
	header: (own: readonly string[]) => own.map((name) => names[name] ?? name),
});

const withIdColumn = (idColumn: string, accountIdColumn = '') => ({
	...AS_THE_FILE_SAYS,
	options: { idColumn, accountIdColumn },
});

const SPREADSHEETS: Writer[] = [
	writes('Excel, CSV UTF-8', CRLF, { encoding: 'utf8-bom' }),
	writes('Excel, CSV UTF-8 in Germany', { ...CRLF, ...SEMICOLON }, { encoding: 'utf8-bom' }),
	writes(
		'Excel, CSV on Windows',
		{ ...CRLF },
		{ encoding: 'latin1', notes: [/read as Windows-1252: check 'jürgen/] },
	),
	writes(
		'Excel, CSV on Windows in Germany',
		{ ...CRLF, ...SEMICOLON },
		{ encoding: 'latin1', notes: [/Windows-1252/] },
	),
	writes(
		'Excel, CSV (Macintosh), read as such',
		{ eol: '\r' },
		{ encoding: 'mac', input: { ...AS_THE_FILE_SAYS, options: { encoding: 'macintosh' } } },
	),
	writes('Excel, CSV (MS-DOS): no letter of Windows-1252', CRLF, {
		encoding: 'cp850',
		outcome: { refused: /neither UTF-8 nor Windows-1252/ },
	}),
	writes(
		'Excel, Unicode Text',
		{ ...CRLF, delimiter: '\t' },
		{ encoding: 'utf16le-bom', notes: [/UTF-16LE/] },
	),
	writes('Excel with a line sep=;', { ...CRLF, ...SEMICOLON, before: 'sep=;\r\n' }),
	writes(
		'Excel, texts as ="000123"',
		{ ...CRLF, cell: (text) => (/^[+\d]+$/.test(text) ? `="${text}"` : text) },
		{ notes: [/cells such as ="00123"/] },
	),
	writes('LibreOffice, UTF-8', {}),
	writes('LibreOffice, all text cells in quotes', { quotes: 'texts' }),
	writes('LibreOffice, Western Europe (Windows-1252)', SEMICOLON, {
		encoding: 'latin1',
		notes: [/Windows-1252/],
	}),
	writes('LibreOffice, Western Europe (ISO-8859-15), read as such', SEMICOLON, {
		encoding: 'latin1',
		input: { ...AS_THE_FILE_SAYS, options: { encoding: 'iso-8859-15' } },
	}),
	writes(
		'LibreOffice, Western Europe (Apple Macintosh), read as such',
		{},
		{ encoding: 'mac', input: { ...AS_THE_FILE_SAYS, options: { encoding: 'macintosh' } } },
	),
	writes(
		'LibreOffice, Unicode (UTF-16)',
		{ delimiter: '\t' },
		{ encoding: 'utf16le-bom', notes: [/UTF-16LE/] },
	),
	writes(
		"LibreOffice, text delimiter '",
		{ quote: "'", quotes: 'texts' },
		{ notes: [/Single quotes/] },
	),
	writes('LibreOffice, tab', { delimiter: '\t' }),
	writes(
		'LibreOffice, fixed column width',
		{ delimiter: '   ', quotes: 'none' },
		{ table: without('lines', 'delimiters'), outcome: { refused: /no participant ID column/ } },
	),
	writes('Gnumeric ssconvert', {}),
	writes(
		'Gnumeric, all quoted, single quotes',
		{ quote: "'", quotes: 'all' },
		{ notes: [/Single quotes/] },
	),
	writes('Google Sheets, CSV', CRLF),
	writesText(
		'Google Sheets, TSV',
		written(without('lines'), { ...CRLF, delimiter: '\t', quotes: 'none', isOpenEnded: true }),
		{ table: without('lines') },
	),
	writes('Apple Numbers, CSV', CRLF),
	writes(
		'Airtable, CSV, lists with commas',
		{ list: (keys) => keys.join(',') },
		{ encoding: 'utf8-bom' },
	),
	writes(
		'Notion, CSV, lists with comma and blank',
		{ list: (keys) => keys.join(', ') },
		{ encoding: 'utf8-bom' },
	),
];

const LANGUAGES: Writer[] = [
	writes('Python csv.writer', CRLF),
	writes('Python csv.writer QUOTE_ALL', { ...CRLF, quotes: 'all', noValue: '""' }),
	writes('Python csv.writer QUOTE_NONNUMERIC', { ...CRLF, quotes: 'all', noValue: '""' }),
	writes("Python csv.writer dialect='excel-tab'", { ...CRLF, delimiter: '\t' }),
	writes("Python csv.writer dialect='unix'", { quotes: 'all', noValue: '""' }),
	writes(
		"Python csv.writer doublequote=False, escapechar='\\'",
		{
			...CRLF,
			escape: 'backslash',
			// Python doubles backslashes outside of quotes as well.
			cell: (text) => (/[",\n]/.test(text) ? text : text.replaceAll('\\', '\\\\')),
		},
		{ table: without('lines'), notes: [/Backslashes before quotes/] },
	),
	writes('Python, None written as text', { ...CRLF, noValue: 'None' }, { notes: [/'None'/] }),
	writes('Python, lists written with str()', {
		...CRLF,
		list: (keys) => `[${keys.map((key) => `'${key}'`).join(', ')}]`,
	}),
	writes('Python, sets written with str()', {
		...CRLF,
		list: (keys) => `{${keys.map((key) => `'${key}'`).join(', ')}}`,
	}),
	writes('pandas to_csv(index=False)', {}),
	writesText('pandas to_csv()', written(numbered(''))),
	writesText('pandas to_csv() read and written once more', written(numbered('Unnamed: 0'))),
	writes("pandas to_csv(na_rep='NaN')", { noValue: 'NaN' }, { notes: [/'NaN'/] }),
	writes("pandas to_csv(na_rep='<NA>')", { noValue: '<NA>' }, { notes: [/'<NA>'/] }),
	writes("pandas to_csv(sep=';', encoding='utf-8-sig')", SEMICOLON, { encoding: 'utf8-bom' }),
	writes("pandas to_csv(encoding='utf-16')", {}, { encoding: 'utf16le-bom', notes: [/UTF-16LE/] }),
	writes('Polars write_csv', {}),
	writesText(
		'R write.csv',
		written(numbered(''), { quotes: 'all', noValue: 'NA' }).replace(/^""/, '""'),
		{ notes: [/'NA'/] },
	),
	writes('R write.csv(row.names = FALSE)', { quotes: 'all', noValue: 'NA' }, { notes: [/'NA'/] }),
	writes(
		'R write.csv2(row.names = FALSE)',
		{ ...SEMICOLON, quotes: 'all', noValue: 'NA' },
		{ notes: [/'NA'/] },
	),
	writes("R write.csv(row.names = FALSE, na = '')", { quotes: 'all' }),
	writesText(
		'R write.table(sep = ",")',
		written(numbered(''), { quotes: 'all', noValue: 'NA' }).replace('"",', ''),
		{ outcome: { refused: /Every row has 6 cells, but the header has 5/ } },
	),
	writesText(
		'R write.table, with blanks',
		written(without('lines', 'delimiters'), { delimiter: ' ', quotes: 'all', noValue: 'NA' }),
		{ outcome: { refused: /header|no participant ID column/ } },
	),
	writes(
		"R write.table(sep = '\\t', quote = FALSE, row.names = FALSE)",
		{ delimiter: '\t', quotes: 'none', noValue: 'NA' },
		{ table: without('lines'), notes: [/'NA'/] },
	),
	writes('readr write_csv', { noValue: 'NA' }, { notes: [/'NA'/] }),
	writes('readr write_excel_csv', { noValue: 'NA' }, { encoding: 'utf8-bom', notes: [/'NA'/] }),
	writes('data.table fwrite', {}),
	writes('PHP fputcsv', { quotesAlso: /[\s\\]/ }),
	writes("PHP fputcsv(escape: '')", { quotesAlso: /[\s\\]/ }),
	writes("PHP fputcsv(separator: ';', eol: CRLF)", { ...CRLF, ...SEMICOLON, quotesAlso: /\s/ }),
	writes('league/csv EscapeFormula', { guard: "'", quotesAlso: /\s/ }, { notes: GUARDED }),
	writes('Ruby CSV.generate', {}),
	writes('Ruby CSV.generate(force_quotes: true)', { quotes: 'all', noValue: '""' }),
	writes("Ruby CSV.generate(col_sep: ';', row_sep: CRLF)", { ...CRLF, ...SEMICOLON }),
	writes('Go encoding/csv', { quotesAlso: /^\s|^\\\.$/ }),
	writes('Go encoding/csv, UseCRLF', CRLF),
	writes('Java Commons CSV, DEFAULT', CRLF),
	writes('Java Commons CSV, EXCEL', CRLF),
	writes('Java Commons CSV, TDF', { ...CRLF, delimiter: '\t' }),
	writes(
		'Java Commons CSV, MYSQL',
		{
			delimiter: '\t',
			quotes: 'none',
			noValue: '\\N',
			cell: (text) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n'),
		},
		{ notes: [/database escapes/, /'\\N'/] },
	),
	writes('Java Commons CSV, POSTGRESQL_CSV', { quotes: 'all' }),
	writes('opencsv CSVWriter', { quotes: 'all' }),
	writes(
		"opencsv CSVWriter, escape '\\'",
		{ quotes: 'all', escape: 'backslash' },
		{ notes: [/Backslashes before quotes/] },
	),
	writes('Jackson CsvMapper', {}),
	writes('C# CsvHelper', CRLF),
	writes(
		'C# CsvHelper, InjectionOptions.Escape',
		{ ...CRLF, guard: "'", quotesAlso: /^'/ },
		{ notes: GUARDED },
	),
	writes('Rust csv crate', {}),
	writes('Perl Text::CSV', { ...CRLF, quotesAlso: /[\s\u0080-\uffff]/ }),
	writes('Perl Text::CSV, always_quote', { ...CRLF, quotes: 'all' }),
	writes('jq @csv', { quotes: 'all' }),
	writes(
		'jq @tsv',
		{
			delimiter: '\t',
			quotes: 'none',
			cell: (text) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n'),
		},
		{ notes: [/database escapes/] },
	),
	writes('Miller --ocsv', {}),
	writes('csvkit in2csv', {}),
	writes(
		'PowerShell Export-Csv',
		{ ...CRLF, quotes: 'all', noValue: '' },
		{ encoding: 'utf8-bom' },
	),
	writesText(
		'PowerShell 5 Export-Csv with type information',
		written(TABLE, {
			...CRLF,
			quotes: 'all',
			noValue: '',
			before: '#TYPE System.Management.Automation.PSCustomObject\r\n',
		}),
		{ notes: [/A comment above the header/] },
	),
	writes(
		'PowerShell > file, Unicode',
		{ ...CRLF, quotes: 'all', noValue: '' },
		{ encoding: 'utf16le-bom', notes: [/UTF-16LE/] },
	),
];

const NODE: Writer[] = [
	papa('()', {}),
	papa('({ quotes: true })', { quotes: true }),
	papa("({ delimiter: ';' })", { delimiter: ';' }),
	papa("({ newline: '\\n', delimiter: '\\t' })", { newline: '\n', delimiter: '\t' }),
	papa('({ escapeFormulae: true })', { escapeFormulae: true }, { notes: GUARDED }),
	papa("({ escapeChar: '\\\\' })", { escapeChar: '\\' }, { notes: [/Backslashes before quotes/] }),
	papa(
		"({ quoteChar: '\\'', quotes: true })",
		{ quoteChar: "'", escapeChar: "'", quotes: true },
		{ notes: [/Single quotes/] },
	),
	writes('csv-stringify', {}),
	writes('csv-stringify quoted: true, bom: true', { quotes: 'all' }, { encoding: 'utf8-bom' }),
	writes('csv-stringify escape_formulas: true', { guard: "'" }, { notes: GUARDED }),
	writes('csv-stringify, lists as JSON', { list: (keys) => JSON.stringify(keys) }),
	writes('fast-csv', { isOpenEnded: true }),
	writes('fast-csv quote: true', { quotes: 'all', isOpenEnded: true }),
	writes('json2csv', { quotes: 'all', isOpenEnded: true }),
	writes('json2csv, lists as JSON', {
		quotes: 'all',
		isOpenEnded: true,
		list: (keys) => JSON.stringify(keys),
	}),
	writes('csv-writer', {}),
	writes('d3-dsv csvFormat', { isOpenEnded: true }),
	writesText('n8n Convert to File, CSV', spread('.', ''), {
		notes: [/read as one list of segments/],
	}),
	writesText('n8n Convert to File, CSV with byte order mark', `\ufeff${spread('.', '')}`, {
		notes: [/read as one list of segments/],
	}),
	writesText('SheetJS sheet_to_csv, flattened with brackets', spread('[', ']'), {
		notes: [/read as one list of segments/],
	}),
	writes(
		'JavaScript, rows joined by hand',
		{ quotes: 'none', noValue: 'null' },
		{ table: without('lines', 'delimiters'), notes: [/'null'/] },
	),
	writes(
		'JavaScript, undefined joined by hand',
		{ quotes: 'none', noValue: 'undefined' },
		{ table: without('lines', 'delimiters'), notes: [/'undefined'/] },
	),
];

const SERVICES: Writer[] = [
	writes(
		'HubSpot, export of contacts',
		{
			quotes: 'all',
			...renamed({
				id: 'Record ID',
				firstName: 'First Name',
				note: 'Company name',
				accountId: 'Account ID',
				segments: 'Segments',
			}),
			list: (keys) => keys.join(';'),
		},
		{ notes: [/'Record ID' was taken for the participant ID/] },
	),
	writes(
		'Salesforce, report as CSV',
		{
			quotes: 'all',
			...renamed({
				id: 'Contact ID',
				firstName: 'First Name',
				accountId: 'Account ID',
				note: 'Title',
			}),
			list: (keys) => keys.join('; '),
			after: '\n\n',
		},
		{ notes: [/'Contact ID' was taken/] },
	),
	writes(
		'Salesforce, multi-select list',
		{
			quotes: 'all',
			...renamed({ id: 'External Id', firstName: 'First Name' }),
			list: (keys) => keys.join(';'),
		},
		{ input: withIdColumn('External Id') },
	),
	writes(
		'Shopify, export of customers',
		{
			...renamed({ id: 'Customer ID', firstName: 'First Name', segments: 'Segment' }),
			cell: (text) => (/^[+\d]+$/.test(text) ? `'${text}` : text),
		},
		{ notes: [/'Customer ID' was taken/, ...GUARDED] },
	),
	writes(
		'Mailchimp, export of an audience',
		{
			quotes: 'texts',
			...renamed({
				id: 'Email Address',
				firstName: 'First Name',
				note: 'NOTES',
				segments: 'Segments',
			}),
		},
		{
			input: withIdColumn('Email Address'),
			table: { header: TABLE.header, rows: TABLE.rows.slice(0, 2) },
		},
	),
	writes(
		'Klaviyo, export of a list',
		{ ...renamed({ id: 'Klaviyo ID', firstName: 'First Name' }) },
		{ notes: [/'Klaviyo ID' was taken/] },
	),
	writes('Stripe, export of customers', {
		...renamed({ note: 'Description', firstName: 'First Name' }),
	}),
	writes('Zendesk, user export', { quotes: 'all', ...renamed({ id: 'User ID' }) }),
	writes('Intercom, user export', { ...renamed({ id: 'user_id' }) }),
	writes('Segment, CSV of a warehouse', {
		...renamed({
			id: 'USER_ID',
			firstName: 'FIRST_NAME',
			accountId: 'ACCOUNT_ID',
			segments: 'SEGMENTS',
		}),
	}),
	writes('Braze, CSV export', {
		...renamed({ id: 'user_id', firstName: 'first_name' }),
		list: (keys) => JSON.stringify(keys),
	}),
];

export const PROGRAMS: Writer[] = [...SPREADSHEETS, ...LANGUAGES, ...NODE, ...SERVICES];
