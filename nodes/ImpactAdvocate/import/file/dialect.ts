/**
 * How a file is written: line breaks, quotes, escapes and delimiter, found out from its start; and whether it is the text
 * form in which databases write tables (`mysql --batch`, PostgreSQL's COPY), which its backslashes tell: tabs between
 * cells, no quotes, and a backslash before what would be in the way: `\t`, `\n`, `\\`, `\N` for a cell without a value.
 */
import { DELIMITERS } from './csvFormat';
import type { CsvDelimiter, Format, RawRecord, TextEnd } from './csvFormat';
import { parseText } from './records';
import { DATABASE_ESCAPES, isBlank, isDecoration, isLeadingComment } from './rowShape';
import { REPORT_COLUMNS } from '../report/rejects';
import { decodeText } from './encoding';
import type { OpenBytes, TextEncoding } from './encoding';

export type Newline = 'LF' | 'CRLF' | 'CR';

/** Rows that are looked at. */
export const SAMPLE_ROWS = 50;

/** A file's start. */
export interface Sample {
	text: string;
	end: TextEnd;
	/** Rows before the header that was chosen; they say nothing about the table. */
	skip: number;
}

/** The line break used most outside quotes. */
export function findNewline(text: string): Newline {
	const counted = countBreaks(text, false);
	const { LF, CRLF, CR } =
		counted.isClosed && counted.total > 0 ? counted : countBreaks(text, true);
	if (CR > LF + CRLF) return 'CR';
	return CRLF >= LF && CRLF > 0 ? 'CRLF' : 'LF';
}

function countBreaks(
	text: string,
	ignoresQuotes: boolean,
): Record<Newline, number> & { total: number; isClosed: boolean } {
	const found = { LF: 0, CRLF: 0, CR: 0 };
	let isQuoted = false;
	let previous = '\n';
	for (let index = 0; index < text.length; index++) {
		const character = text[index];
		if (character === '"' && !ignoresQuotes) {
			if (isQuoted) isQuoted = false;
			// The second quote of a doubled one opens again what the first one closed.
			else if ('\r\n,;\t|"'.includes(previous)) isQuoted = true;
		} else if (!isQuoted && character === '\n') {
			found[previous === '\r' ? 'CRLF' : 'LF']++;
		} else if (!isQuoted && character === '\r' && text[index + 1] !== '\n') {
			// At the very end it may be half of a CRLF that is cut off.
			if (index + 1 < text.length || found.LF + found.CRLF === 0) found.CR++;
		}
		previous = character;
	}
	return { ...found, total: found.LF + found.CRLF + found.CR, isClosed: !isQuoted };
}

/** Excel's own hint about the delimiter, as the first line of a file. */
export interface SeparatorLine {
	delimiter?: CsvDelimiter;
	/** Whether the file was saved again since, so that the hint may no longer hold. */
	isStale: boolean;
}

export function readSeparatorLine(text: string): SeparatorLine | undefined {
	const match = /^"?sep=(.)"?([,;\t|]*)(?=[\r\n]|$)/i.exec(text);
	if (match === null) return undefined;
	const delimiter = DELIMITERS.find((known) => known === match[1]);
	return { delimiter, isStale: match[2] !== '' || text.startsWith('"') };
}

/** Cells in a kind of quotes, as they stand in a text of unknown delimiter. */
const QUOTED_CELLS = {
	'"': /(?<=^|[,;\t|\r\n])[^\S\r\n]*"(?:[^"\r\n]|"")*"[^\S\r\n]*(?=[,;\t|\r\n]|$)/g,
	"'": /(?<=^|[,;\t|\r\n])[^\S\r\n]*'(?:[^'\r\n]|'')*'[^\S\r\n]*(?=[,;\t|\r\n]|$)/g,
};

/** The beginning of a rejects file. An apostrophe before a formula, as in `'='`, would look like a single quote there. */
const REJECTS = new RegExp(`^\uFEFF?${REPORT_COLUMNS.join('[,;\\t|]')}[,;\\t|]`);

/**
 * The character that cells are quoted with: single quotes where the header has them, or most cells, or all cells of a
 * column.
 */
export function findQuote(sample: Sample, newline: '\n' | '\r'): '"' | "'" {
	const text = sample.text.slice(0, 64 * 1024);
	if (REJECTS.test(text)) return '"';
	const single = text.match(QUOTED_CELLS["'"])?.length ?? 0;
	if (single === 0 || single <= (text.match(QUOTED_CELLS['"'])?.length ?? 0)) return '"';
	const format = { newline, quote: "'", escape: 'none' } as const;
	const delimiter = findDelimiter(sample, { ...format, escape: 'doubled' });
	const [header, ...rows] = tableOf(sample, { ...format, delimiter });
	if (header === undefined) return '"';
	const isQuoted = (cell: string) => /^\s*'.*'\s*$/s.test(cell);
	if (header.cells.some(isQuoted)) return "'";
	const filled = rows.flatMap(({ cells }) => cells.filter((cell) => !isBlank(cell)));
	if (filled.filter(isQuoted).length * 2 > filled.length) return "'";
	const isQuotedColumn = (_: string, column: number) =>
		rows.length > 1 && rows.every(({ cells }) => isQuoted(cells[column] ?? ''));
	return header.cells.some(isQuotedColumn) ? "'" : '"';
}

/** Backslashes, where doubled quotes alone leave rows broken and backslashes do not. */
export function findEscape(sample: Sample, format: Omit<Format, 'escape'>): Format['escape'] {
	if (!sample.text.includes(`\\${format.quote}`)) return 'doubled';
	const flawsWith = (escape: Format['escape']): number => {
		const records = tableOf(sample, { ...format, escape });
		const width = records.at(0)?.cells.length;
		return records.filter(({ cells, flaw }) => flaw !== undefined || cells.length !== width).length;
	};
	return flawsWith('doubled') > 0 && flawsWith('backslash') === 0 ? 'backslash' : 'doubled';
}

/** The records that belong to the table: its header first, without what is put around tables. */
function tableOf({ text, end, skip }: Sample, format: Format): RawRecord[] {
	const { records } = parseText(text, format, end, SAMPLE_ROWS + skip);
	const rest = records.slice(skip).filter(({ cells }) => !cells.every(isBlank));
	const start = rest.findIndex(({ cells }) => !isLeadingComment(cells) && !isSeparatorLine(cells));
	return start === -1 ? [] : rest.slice(start).filter(({ cells }) => !isDecoration(cells));
}

const isSeparatorLine = (cells: readonly string[]): boolean => /^"?sep=/i.test(cells[0]);

/** The delimiter under which the first rows look most like a table; a comma when none splits the header. */
export function findDelimiter(sample: Sample, format: Omit<Format, 'delimiter'>): CsvDelimiter {
	let best: { delimiter: CsvDelimiter; score: number } | undefined;
	for (const delimiter of DELIMITERS) {
		if (!sample.text.includes(delimiter)) continue;
		const rows = tableOf(sample, { ...format, delimiter });
		if (rows.length === 0 || rows[0].cells.length < 2) continue;
		const header = rows[0].cells;
		const agreeing = rows.filter(
			({ cells, flaw }) => cells.length === header.length && flaw === undefined,
		);
		// Column names are words; with the wrong delimiter they still hold the right one.
		const names = header.filter(
			(name) => isBlank(name) || /^(?:[\p{L}\p{N}_ .:#/()-]|, )+$/u.test(name.trim()),
		);
		const score =
			agreeing.length / rows.length +
			names.length / header.length +
			Math.min(header.length, 20) / 100;
		if (best === undefined || score > best.score) best = { delimiter, score };
	}
	return best?.delimiter ?? delimiterBesideOneColumn(sample, format);
}

/**
 * For a header of one column: the delimiter that all rows end with, or that some of them hold, so that it never becomes
 * a part of an ID. Pipes and commas inside are left alone: IDs such as `auth0|5f7c` are common.
 */
function delimiterBesideOneColumn(sample: Sample, format: Omit<Format, 'delimiter'>): CsvDelimiter {
	const [, ...rows] = tableOf(sample, { ...format, delimiter: ',' });
	const lines = rows.map(({ cells }) => cells.join(','));
	if (lines.length === 0) return ',';
	const trailing = DELIMITERS.find((delimiter) => lines.every((line) => line.endsWith(delimiter)));
	if (trailing !== undefined) return trailing;
	if (rows.some(({ cells }) => cells.length > 1)) return ',';
	return ([';', '\t'] as const).find((one) => lines.some((line) => line.includes(one))) ?? ',';
}

/**
 * Whether every backslash of a file belongs to such a form, and one of them proves it. (`CORP\tom` alone does not: it
 * is more often a name than a tab.)
 */
export async function isDatabaseText(open: OpenBytes, encoding: TextEncoding): Promise<boolean> {
	let rest = '';
	let isProven = false;
	for await (const piece of decodeText(open, encoding)) {
		const text = rest + piece;
		let end = 0;
		for (const match of text.matchAll(/\\([\s\S])/g)) {
			if (!(match[1] in DATABASE_ESCAPES) && match[1] !== 'N') return false;
			isProven ||= match[1] === '\\' || match[1] === 'N';
			end = match.index + 2;
		}
		rest = text.length > end && text.endsWith('\\') ? '\\' : '';
	}
	return isProven && rest === '';
}

/** A file's bytes, watched for backslashes. */
export function watchBackslashes(open: OpenBytes): { open: OpenBytes; seen: () => boolean } {
	let isSeen = false;
	return {
		open: async () => {
			const chunks = await open();
			return (async function* () {
				for await (const chunk of chunks) {
					isSeen ||= chunk.includes(0x5c);
					yield chunk;
				}
			})();
		},
		seen: () => isSeen,
	};
}
