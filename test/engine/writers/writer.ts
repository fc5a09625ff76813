/** One program with one choice of its options, the file that it writes, and what an import of it must come to. */
import type { ImportInput } from '../import/helpers';
import { TABLE } from './table';
import type { Table } from './table';
import { encoded, written } from './write';
import type { Format } from './write';

type Outcome =
	/** Everybody is there, exactly. */
	| 'exact'
	/** The file is refused as a whole, with these words. */
	| { refused: RegExp };

export interface Writer {
	/** The program and the option, as one would look them up. */
	name: string;
	file: Buffer;
	table: Table;
	outcome: Outcome;
	input?: ImportInput;
	/** Notes that must be there, by a part of their text. */
	notes?: RegExp[];
}

type More = Partial<Omit<Writer, 'name' | 'file'>> & { encoding?: Parameters<typeof encoded>[1] };

/** A program that writes delimited text. */
export const writes = (name: string, format: Format, more: More = {}): Writer =>
	writesText(name, written(more.table ?? TABLE, format), more);

/** A program that writes this text. */
export function writesText(name: string, text: string, more: More = {}): Writer {
	const { table = TABLE, outcome = 'exact', encoding, ...rest } = more;
	return { name, file: encoded(text, encoding), table, outcome, ...rest };
}
