/**
 * Watches the IDs of a file for rows that are not participants: totals, and the header of a second table. Pure.
 */
import type { CsvRow } from '../file/rowShape';
import type { Tally } from '../file/readingNotes';
import type { ColumnMap } from './columns';

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

export class TableWatch {
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
		private readonly tally: Tally,
	) {}

	/** Why a row is no participant, as the end of "The row …". Rows come in the order of the file. */
	problemOf(row: CsvRow): string | undefined {
		const { cells, rowNumber } = row;
		const id = cells[this.columns.id].trim();
		if (this.rows === 0 && describesColumns(cells)) {
			return 'looks like a description of the columns and not like a participant; remove it';
		}
		if (this.otherTable === undefined && this.beginsTable(row, id)) this.otherTable = rowNumber;
		if (this.otherTable !== undefined) {
			const { row: word, table } = this.columns.words;
			return this.otherTable === rowNumber
				? `looks like the header of another table, so it and the ${word}s below it are left out; put each table into a ${table} of its own`
				: `stands below ${word} ${this.otherTable}, which looks like the header of another table; put each table into a ${table} of its own`;
		}
		if (isWord(id) && TOTAL.test(id))
			return `looks like a row of totals ('${id.slice(0, 40)}' as participant ID); remove it`;
		this.note(rowNumber, id);
		return undefined;
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
		return isAfterGap === true && id !== '' && (isNamed || this.isUnlike(id));
	}

	private isUnlike(id: string): boolean {
		if (this.allAddresses) return !id.includes('@');
		return this.allNumbers && !/\d/.test(id);
	}

	private note(rowNumber: number, id: string): void {
		if (id === '') return;
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
