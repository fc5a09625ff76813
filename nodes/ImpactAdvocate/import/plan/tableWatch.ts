/**
 * Watches the IDs of a file for rows that are not participants: totals, and the header of a second table. Pure.
 */
import type { CsvRow } from '../file/rowShape';
import type { Tally } from '../file/readingNotes';
import type { ColumnMap } from './columns';

/** First words of rows that add up the others. */
const TOTAL =
	/^(?:(?:grand |sub[- ]?)?totals?|sum|summe|gesamt(?:summe)?|zwischensumme|somme|sous-total|totale|suma|razem|итого|合計)(?:\s*[:(].*)?$/iu;

/** Names that columns have and participants do not. */
const COLUMN_NAME =
	/^(?:id|user ?id|participant ?id|account ?id|external ?id|e?-?mail(?: ?address)?|name|(?:first|last|full) ?name|segments?|segment ?keys?|action|city|country|date|status|product|plan|orders?|amount|price|sku|phone|notes?)$/i;

/** Most IDs are none, which is seen without a closer look. */
const isWord = (text: string): boolean => text.length <= 60 && !text.includes('@');

const isColumnName = (cell: string): boolean =>
	isWord(cell) && COLUMN_NAME.test(cell.trim().replaceAll('_', ' '));

export class TableWatch {
	private rows = 0;

	/** Whether all IDs so far look like e-mail addresses, and whether all are numbers. */
	private allAddresses = true;

	private allNumbers = true;

	/** The row where another table begins. */
	private otherTable?: number;

	private unlike?: number;

	private lastRow?: number;

	constructor(
		private readonly columns: ColumnMap,
		private readonly tally: Tally,
	) {}

	/** Why a row is no participant, as the end of "The row …". Rows come in the order of the file. */
	problemOf(row: CsvRow): string | undefined {
		const { cells, rowNumber } = row;
		const id = cells[this.columns.id].trim();
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
		if (this.unlike !== undefined && this.unlike === this.lastRow) {
			this.tally.see('unlikeLastRow', this.unlike);
		}
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
		if (this.rows > 1 && this.isUnlike(id)) this.unlike ??= rowNumber;
		else {
			this.allAddresses &&= id.includes('@');
			this.allNumbers &&= /^\d+$/.test(id);
		}
		this.rows++;
		this.lastRow = rowNumber;
	}
}
