/**
 * A file's rows, with the cells that the import uses made sure of: none of them is missing, none has marks around its
 * text that are not part of it, and no row is the header or the total of a table. Knows columns, but not what they mean.
 */
import { PARTICIPANT_ID, ReadingNotes, Tally } from '../file/readingNotes';
import { tooFewCells } from '../file/rowShape';
import { ACCEPT_UNUSUAL_IDS } from '../../../shared/advocate/participantId';
import { AS_TEXT, describeValue, isInexact } from '../../../shared/inputValue';
import { isExactFile } from '../report/undo';
import type { Table, CsvRow, UnusualCell, TableWords } from '../table';
import { FILE_WORDS } from '../table';
import type { ColumnMap } from './columns';
import { isNoValue } from './planRow';

/** What the rows of one file are checked for. */
interface UsedColumns {
	words: TableWords;
	/** Positions of the columns with IDs, whose quotes of word processors are a matter of the check of IDs. */
	ids: number[];
	/** Positions of the columns whose cells hold no language, in which an apostrophe could stand. */
	guarded: number[];
	/** Positions of all columns that are used. */
	used: number[];
	/** Positions of the columns whose cells may be lists. */
	lists: number[];
	/** The last one of them. */
	last: number;
}

function usedColumns(columns: ColumnMap): UsedColumns {
	const { words, id, accountId, segments, moreSegments, action, details } = columns;
	const guarded = [id, accountId, segments, action].filter((index) => index !== undefined);
	const ids = [id, accountId].filter((index) => index !== undefined);
	const used = [...new Set([...guarded, ...details.map(({ index }) => index)])];
	const lists = segments === undefined ? [] : [segments, ...moreSegments];
	return { words, ids, guarded, used, lists, last: Math.max(...used) };
}

/** What the column of IDs holds. */
interface IdReading {
	/** What an ID is called in messages, when it is not the participant ID. */
	idName?: string;
	/** Whether IDs that look like something else are taken as they stand. */
	acceptUnusualIds?: boolean;
}

/** The file with its rows checked. Its notes tell which cells were taken as blank. */
export function withUsedCells<T extends Pick<Table, 'header' | 'notes' | 'rows'>>(
	file: T,
	columns: ColumnMap,
	ids: IdReading = {},
): T {
	const used = usedColumns(columns);
	const seen = new ReadingNotes([]);
	return {
		...file,
		notes: () => [...file.notes(), ...seen.notes],
		rows: () => checkedRows(file, columns, ids, used, seen),
	};
}

async function* checkedRows(
	file: Pick<Table, 'header' | 'rows'>,
	columns: ColumnMap,
	ids: IdReading,
	used: UsedColumns,
	seen: ReadingNotes,
): AsyncGenerator<CsvRow[]> {
	const { idName = PARTICIPANT_ID } = ids;
	const tally = new Tally(columns.words, idName);
	const watch = new TableWatch(columns, { ...ids, idName }, tally);
	// In a file of ours, quotes and words are what the API has. The check of a row's IDs tells that it is one of ours.
	const { idCheck = -1 } = columns;
	const isOurs = isExactFile(file.header);
	const isAsWritten = ({ cells }: CsvRow) => isOurs && (cells[idCheck] ?? '') !== '';
	for await (const rows of file.rows()) {
		for (const row of rows) {
			const isExact = isAsWritten(row);
			if (row.problem === undefined) check(row, file, used, tally, isExact);
			if (!isExact && row.problem === undefined) Object.assign(row, watch.problemOf(row));
		}
		yield rows;
	}
	watch.end();
	seen.complete(tally);
}

function check(
	row: CsvRow,
	file: Pick<Table, 'header'>,
	{ words, ids, guarded, used, lists, last }: UsedColumns,
	tally: Tally,
	isExact: boolean,
) {
	const { cells, rowNumber, missingCells = 0 } = row;
	const present = cells.length - missingCells;
	if (missingCells > 0) {
		// A row of another delimiter looks short, too.
		const isOther = guarded.some((index) => index < present && /[,;\t]/.test(cells[index]));
		if (present <= last || (present === 1 && isOther)) {
			row.problem = tooFewCells(present, cells.length);
			cells.length = present;
			return;
		}
		tally.see('missingCells', rowNumber);
	}
	for (const unusual of row.unusual ?? []) {
		const { column } = unusual;
		const isUsed = used.includes(column) || lists.includes(column);
		const isRole = guarded.includes(column) || lists.includes(column);
		const fits =
			unusual.kind === 'value' ? !isRole : unusual.kind === 'list' && lists.includes(column);
		if (!isUsed || fits) continue;
		row.problem = unusualProblem(file.header[column], unusual, isRole);
		row.unplaced =
			unusual.kind === 'value' ? cells[column] : whatItIs(file.header[column], unusual);
		cells[column] = '';
		return;
	}
	if (isExact) return;
	for (const index of used) {
		const cell = cells[index];
		if (!MAY_HAVE_QUOTES.test(cell)) continue;
		if (ids.includes(index) && !cell.includes("'")) continue;
		// In texts such as names, an apostrophe at one end is part of the language.
		const found = quoteProblem(cell, guarded.includes(index) ? 'either' : 'both', words);
		if (found !== undefined) {
			row.problem = `can't be used: the cell in column '${file.header[index]}' ${found}`;
			return;
		}
	}
	const half = row.looseQuotes?.find(
		(index) => guarded.includes(index) && hasHalfQuotes(cells[index]),
	);
	if (half !== undefined) {
		row.problem = `can't be used: the cell in column '${file.header[half]}' has a quote without its counterpart; correct the quotes of the row`;
		return;
	}
}

/** What a cell can't show, in the rejects file. */
const whatItIs = (name: string, { kind, value }: UnusualCell): string =>
	kind === 'twice' ? `'${name}' has two values` : `'${name}' is ${describeValue(value)}`;

/** As the end of "The item ...". */
function unusualProblem(name: string, unusual: UnusualCell, isRole: boolean): string {
	if (unusual.kind === 'twice') {
		return `has two values for '${name}': in a field of that name, and in a field inside of an object; remove one of them`;
	}
	const wayOut = isRole
		? isInexact(unusual.value)
			? AS_TEXT
			: 'give a text or a whole number'
		: 'custom fields and other details hold single values. Give a text, a number, a date, or true or false, or leave the field out';
	return `can't be used: ${whatItIs(name, unusual)}; ${wayOut}`;
}

const MAY_HAVE_QUOTES = /['\u00ab\u00bb\u2018-\u203a\u300c-\u300f\uff02]/;

/** First words of rows that add up the others. */
const TOTAL =
	/^(?:(?:grand |sub[- ]?)?totals?|sum|summe|gesamt(?:summe)?|zwischensumme|somme|sous-total|totale|suma|razem|итого|合計|averages?|durchschnitt|mittelwert|moyenne)(?:\s*[:(].*|\s+\p{L}+)?$/iu;

/** Names that columns have and participants do not. */
const COLUMN_NAME =
	/^(?:id|user ?id|participant ?id|account ?id|external ?id|e?-?mail(?: ?address)?|name|(?:first|last|full) ?name|segments?|segment ?keys?|action|city|country|date|status|product|plan|orders?|amount|price|sku|phone|notes?)$/i;

/** Most IDs are none, which is seen without a closer look. */
const isWord = (text: string): boolean => text.length <= 60 && !text.includes('@');

const isColumnName = (cell: string): boolean =>
	isWord(cell) && COLUMN_NAME.test(cell.trim().replaceAll('_', ' '));

/** What programs and templates write below the names of columns. */
const COLUMN_TYPE =
	/^[([<]?(?:text|string|str|varchar|char|number|numeric|int|integer|bigint|float|double|decimal|date|datetime|timestamp|bool|boolean|list|array|enum|uuid|required|optional|mandatory)(?: ?\(\d+\))?[)\]>]?$/i;

function describesColumns(cells: readonly string[]): boolean {
	const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
	return filled.length > 0 && filled.every((cell) => cell.length < 20 && COLUMN_TYPE.test(cell));
}

type IdKind = 'address' | 'number' | 'word' | 'other';

function kindOf(id: string): IdKind {
	if (id.includes('@')) return 'address';
	if (/^\d+$/.test(id)) return 'number';
	return /\d/.test(id) ? 'other' : 'word';
}

/** As `CsvRow` has them. */
type Problem = Required<Pick<CsvRow, 'problem'>> & Pick<CsvRow, 'bySetting'>;

class TableWatch {
	private rows = 0;

	/** Whether all IDs so far look like e-mail addresses, and whether all are numbers. */
	private allAddresses = true;

	private allNumbers = true;

	/** The row where another table begins. */
	private otherTable?: number;

	/** How many IDs are of each kind, and the first row of it. */
	private readonly kinds: Record<IdKind, { count: number; firstRow: number }> = {
		address: { count: 0, firstRow: 0 },
		number: { count: 0, firstRow: 0 },
		word: { count: 0, firstRow: 0 },
		other: { count: 0, firstRow: 0 },
	};

	private lastRow?: number;

	constructor(
		private readonly columns: ColumnMap,
		private readonly ids: IdReading & { idName: string },
		private readonly tally: Tally,
	) {}

	/** Why a row is no participant. Rows come in the order of the file. */
	problemOf(row: CsvRow): Problem | undefined {
		const { cells, rowNumber } = row;
		const id = cells[this.columns.id].trim();
		if (this.rows === 0 && describesColumns(cells)) {
			return {
				problem: 'looks like a description of the columns and not like a participant; remove it',
			};
		}
		// Items come one by one from other nodes: none of them says anything about those below it.
		const notHere =
			this.columns.words.row === 'item'
				? this.columnNameProblem(id)
				: this.otherTableProblem(row, id);
		if (notHere !== undefined) return notHere;
		if (isWord(id) && TOTAL.test(id)) {
			return {
				problem: `looks like totals ('${id.slice(0, 40)}' as ${this.ids.idName}); remove it`,
			};
		}
		this.note(rowNumber, id);
		return undefined;
	}

	/** That an item has the name of a column as its ID. Where IDs are addresses, no word is one. */
	private columnNameProblem(id: string): Problem | undefined {
		const { idName, acceptUnusualIds } = this.ids;
		if (idName !== PARTICIPANT_ID || acceptUnusualIds === true || !isColumnName(id))
			return undefined;
		const { row } = this.columns.words;
		return {
			problem: `looks like a header and not like a participant: its ${idName} is '${id}', the name of a column. Correct it, or remove the ${row}`,
			bySetting: `If the participant is really called that, turn on '${ACCEPT_UNUSUAL_IDS}'`,
		};
	}

	/** That a row is the header of another table, or stands below it. */
	private otherTableProblem(row: CsvRow, id: string): Problem | undefined {
		const { rowNumber } = row;
		if (this.otherTable === undefined && this.beginsTable(row, id)) this.otherTable = rowNumber;
		if (this.otherTable === undefined) return undefined;
		const { row: word, table } = this.columns.words;
		if (this.otherTable !== rowNumber) {
			return {
				problem: `stands below ${word} ${this.otherTable}, which looks like the header of another table; put each table into a ${table} of its own`,
			};
		}
		// That something stands between may be all that speaks for it.
		const otherwise =
			row.isAfterGap === true
				? `. If it belongs to the ${word}s above it, remove what stands between them`
				: '';
		return {
			problem: `looks like the header of another table; put each table into a ${table} of its own${otherwise}`,
		};
	}

	/** The file has ended. */
	end(): void {
		const { address, number, word, other } = this.kinds;
		const [usual, ...others] =
			address.count > 0 ? [address, number, word, other] : [number, word, other];
		const [odd, ...more] = others.filter(({ count }) => count > 0);
		// Among numbers, only what has no digit is unlike them.
		if (usual.count < 2 || odd?.count !== 1 || more.length > 0) return;
		if (usual === number && odd === other) return;
		const { firstRow } = odd;
		this.tally.see(firstRow === this.lastRow ? 'unlikeLastRow' : 'unlikeRow', firstRow);
	}

	private beginsTable({ cells, isAfterGap }: CsvRow, id: string): boolean {
		if (this.rows === 0) return false;
		const isNamed = isColumnName(id);
		if (isNamed && cells.filter(isColumnName).length >= Math.min(2, cells.length)) return true;
		if (isAfterGap !== true || id === '' || isNoValue(id)) return false;
		return isNamed || this.isUnlike(id);
	}

	private isUnlike(id: string): boolean {
		if (this.allAddresses) return !id.includes('@');
		return this.allNumbers && !/\d/.test(id);
	}

	private note(rowNumber: number, id: string): void {
		if (id === '' || isNoValue(id)) return;
		if (this.rows <= 1 || !this.isUnlike(id)) {
			this.allAddresses &&= id.includes('@');
			this.allNumbers &&= /^\d+$/.test(id);
		}
		const kind = this.kinds[kindOf(id)];
		if (kind.count++ === 0) kind.firstRow = rowNumber;
		this.rows++;
		this.lastRow = rowNumber;
	}
}

/** Quotes of word processors, as languages pair them in either order. */
const OPENING = /^[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c\u300e\uff02]/;
const CLOSING = /[\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300d\u300f\uff02]$/;

/**
 * What is wrong with the quotes around a cell, as the end of "The cell … ", or nothing.
 * @param ends whether a quote at either end is one too many, as in IDs, or only a pair, as in texts
 */
function quoteProblem(
	cell: string,
	ends: 'either' | 'both',
	{ row }: TableWords = FILE_WORDS,
): string | undefined {
	const text = cell.trim();
	const [opens, closes] = [OPENING.test(text), CLOSING.test(text)];
	if (ends === 'either' ? opens || closes : opens && closes && text.length > 1) {
		return row === 'item'
			? 'has typographic quotes around it; remove them'
			: 'has typographic quotes around it, which CSV does not know; use straight quotes (") or none';
	}
	if (text.length > 1 && text.startsWith("'") && text.endsWith("'")) {
		return row === 'item'
			? 'is in single quotes; remove them'
			: 'is in single quotes, but the file as a whole does not use them; use straight double quotes (") or none';
	}
	return undefined;
}

/** Whether a cell has one quote without its counterpart: what is left of a broken pair. */
function hasHalfQuotes(cell: string): boolean {
	return (cell.split('"').length - 1) % 2 === 1;
}
