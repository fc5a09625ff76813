/** What was skipped or read in a special way, counted while a list is read and told in the import's notes. */
import { countText } from '../../../shared/inputValue';
import { capital, FILE_WORDS } from '../table';
import type { TableWords } from '../table';

/** What an ID is called in messages, unless told. */
export const PARTICIPANT_ID = 'participant ID';

/** How often something was seen, and where first. */
interface Seen {
	count: number;
	firstRow: number;
}

/** What a list is called, and its IDs. */
type NoteWords = Pick<TableWords, 'row'> & { idName: string };

const rows = (count: number): string => `${countText(count)} rows`;

const unlike = (which: string, { row, idName }: NoteWords): string =>
	`${capital(row)} ${which} has ${/^[aeiou]/.test(idName) ? 'an' : 'a'} ${idName} unlike all others`;

/** One sentence for one row, and one for several. `first` is the row of the first one. */
const SENTENCES = {
	repeatedHeader: {
		one: (first: number) => `Row ${first} repeats the header and was skipped`,
		many: (count: number, first: number) =>
			`${rows(count)} repeat the header and were skipped (first: row ${first})`,
	},
	decoration: {
		one: (first: number) => `Row ${first} is a line or a count around the table and was skipped`,
		many: (count: number, first: number) =>
			`${rows(count)} are lines or counts around the table and were skipped (first: row ${first})`,
	},
	comment: {
		one: (first: number) => `Row ${first} is a comment and was skipped`,
		many: (count: number, first: number) =>
			`${rows(count)} are comments and were skipped (first: row ${first})`,
	},
	textFormula: {
		one: (first: number) => `Row ${first} has a cell such as ="00123", which was read as its text`,
		many: (count: number, first: number) =>
			`${rows(count)} have cells such as ="00123", which were read as their text (first: row ${first})`,
	},
	doubledBackslash: {
		one: (first: number) => `Row ${first} has doubled backslashes, which were kept as they are`,
		many: (count: number, first: number) =>
			`${rows(count)} have doubled backslashes, which were kept as they are (first: row ${first})`,
	},
	missingCells: {
		one: (first: number) =>
			`Row ${first} has fewer cells than the header; those missing at its end were taken as blank`,
		many: (count: number, first: number) =>
			`${rows(count)} have fewer cells than the header; those missing at their end were taken as blank (first: row ${first})`,
	},
	blankItem: {
		one: (first: number) => `Item ${first} is blank and was skipped`,
		many: (count: number, first: number) =>
			`${countText(count)} items are blank and were skipped (first: item ${first})`,
	},
	unlikeRow: {
		one: (first: number, words: NoteWords) =>
			`${unlike(String(first), words)}; check that it is a participant`,
		many: (_: number, first: number, words: NoteWords) =>
			`${unlike(String(first), words)}; check that it is a participant`,
	},
	unlikeLastRow: {
		one: (first: number, words: NoteWords) =>
			`${unlike(`${first}, the last one,`, words)}; check that it is not a total`,
		many: (_: number, first: number, words: NoteWords) =>
			`${unlike(`${first}, the last one,`, words)}; check that it is not a total`,
	},
} as const;

export type NoteKind = keyof typeof SENTENCES;

/** What one pass over a file has seen. */
export class Tally {
	private readonly seen = new Map<NoteKind, Seen>();

	private readonly words: NoteWords;

	constructor({ row }: TableWords = FILE_WORDS, idName: string = PARTICIPANT_ID) {
		this.words = { row, idName };
	}

	see(kind: NoteKind, rowNumber: number): void {
		const known = this.seen.get(kind);
		if (known === undefined) this.seen.set(kind, { count: 1, firstRow: rowNumber });
		else known.count++;
	}

	get notes(): string[] {
		return [...this.seen].map(([kind, { count, firstRow }]) => {
			const sentence = SENTENCES[kind];
			return count === 1
				? sentence.one(firstRow, this.words)
				: sentence.many(count, firstRow, this.words);
		});
	}
}

/** The notes on a file: what is known since it was opened, and what the first whole pass over its rows has seen. */
export class ReadingNotes {
	private pass?: Tally;

	constructor(private readonly known: readonly string[]) {}

	/** A pass has come to the end of the file. All of them see the same. */
	complete(tally: Tally): void {
		this.pass ??= tally;
	}

	get notes(): string[] {
		return [...this.known, ...(this.pass?.notes ?? [])];
	}
}
