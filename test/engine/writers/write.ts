/** How programs write a table: the few rules that they differ in. */
import type { Cells, Table } from './table';

export interface Format {
	delimiter?: string;
	eol?: string;
	/** Which cells are in quotes: those that need them, all, all texts that are no number, or none. */
	quotes?: 'needed' | 'all' | 'texts' | 'none';
	quote?: string;
	/** What marks a quote inside of quotes. */
	escape?: 'doubled' | 'backslash';
	/** Characters for which a cell needs quotes, besides quote, delimiter and line breaks. */
	quotesAlso?: RegExp;
	/** What a cell without a value is; never in quotes unless it has some. */
	noValue?: string;
	/** Written before cells that a spreadsheet could run. */
	guard?: string;
	/** Each cell on its way out. */
	cell?: (text: string) => string;
	/** Lists as the program writes them. */
	list?: (keys: string[]) => string;
	header?: (names: readonly string[]) => readonly string[];
	/** Whether the last line has no line break. */
	isOpenEnded?: boolean;
	before?: string;
	after?: string;
}

/** The whole text of a table. */
export function written(table: Table, format: Format = {}): string {
	const {
		eol = '\n',
		delimiter = ',',
		header = (names) => names,
		before = '',
		after = '',
	} = format;
	const lines = [header(table.header), ...table.rows.map((cells) => listed(cells, format))].map(
		(cells, index) =>
			cells
				.map((cell) => cellText(cell, index === 0 ? { ...format, guard: '' } : format))
				.join(delimiter),
	);
	return before + lines.join(eol) + (format.isOpenEnded ? '' : eol) + after;
}

function listed(cells: Cells, { list }: Format): Cells {
	if (list === undefined) return cells;
	return cells.map((cell, index) =>
		index === cells.length - 1 && cell !== null ? list(cell.split('|')) : cell,
	);
}

function cellText(value: string | null, format: Format): string {
	const { quote = '"', quotes = 'needed', escape = 'doubled', cell = (text) => text } = format;
	if (value === null) return format.noValue ?? '';
	const text = cell(format.guard && /^[=+\-@]/.test(value) ? format.guard + value : value);
	const isNumber = /^-?\d+(\.\d+)?$/.test(text);
	const isQuoted =
		quotes === 'all' ||
		(quotes === 'texts' && !isNumber) ||
		(quotes === 'needed' && needsQuotes(text, format));
	if (!isQuoted) return text;
	const inner =
		escape === 'doubled'
			? text.replaceAll(quote, quote + quote)
			: text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
	return quote + inner + quote;
}

function needsQuotes(text: string, { delimiter = ',', quote = '"', quotesAlso }: Format): boolean {
	if (text.includes(delimiter) || text.includes(quote) || /[\r\n]/.test(text)) return true;
	return quotesAlso?.test(text) ?? false;
}

/** The text form of databases: a backslash before what is in the way. */
export const databaseCell = (text: string): string =>
	text
		.replaceAll('\\', '\\\\')
		.replaceAll('\t', '\\t')
		.replaceAll('\n', '\\n')
		.replaceAll('\r', '\\r');

/** A table drawn for the eye. */
export function drawn(
	table: Table,
	options: {
		corner: string;
		left: string;
		right: string;
		noValue?: string;
		top: boolean;
		colons?: boolean;
		after?: string;
	},
): string {
	const texts = [table.header, ...table.rows].map((cells) =>
		cells.map((cell) => cell ?? options.noValue ?? ''),
	);
	const widths = table.header.map((_, column) =>
		Math.max(...texts.map((cells) => cells[column].length)),
	);
	const line = (cells: readonly string[], index: number) =>
		options.left +
		cells.map((cell, column) => ` ${pad(cell, widths[column], index === 0)} `).join('|') +
		options.right;
	const edge = options.left === '' ? '' : options.corner;
	const rule = edge + widths.map((width) => '-'.repeat(width + 2)).join(options.corner) + edge;
	const [head, ...rows] = texts.map(line);
	const lines = options.top ? [rule, head, rule, ...rows, rule] : [head, rule, ...rows];
	return `${lines.map((text) => text.trimEnd()).join('\n')}\n${options.after ?? ''}`;
}

/** Column names stand in the middle, as psql and sqlite3 place them. */
function pad(text: string, width: number, isCentered: boolean): string {
	const left = isCentered ? Math.floor((width - text.length) / 2) : 0;
	return (' '.repeat(left) + text).padEnd(width);
}

/** Bytes of a text; for the letters of the table, ISO-8859-15 and Windows-1252 are like Latin-1. */
export function encoded(
	text: string,
	encoding:
		| 'utf8'
		| 'utf8-bom'
		| 'utf16le-bom'
		| 'utf16le'
		| 'utf16be-bom'
		| 'latin1'
		| 'mac'
		| 'cp850' = 'utf8',
): Buffer {
	switch (encoding) {
		case 'utf8':
			return Buffer.from(text);
		case 'utf8-bom':
			return Buffer.from(`\ufeff${text}`);
		case 'utf16le-bom':
			return Buffer.from(`\ufeff${text}`, 'utf16le');
		case 'utf16le':
			return Buffer.from(text, 'utf16le');
		case 'utf16be-bom':
			return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
		case 'latin1':
			return Buffer.from(text, 'latin1');
		// Of the letters of the table only ü and ë differ.
		case 'mac':
			return Buffer.from(text.replaceAll('ü', '\u009f').replaceAll('ë', '\u0091'), 'latin1');
		case 'cp850':
			return Buffer.from(text.replaceAll('ü', '\u0081').replaceAll('ë', '\u0089'), 'latin1');
	}
}
