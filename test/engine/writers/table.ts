/**
 * The one table that every program writes, and what an import of it must lead to. Its cells hold what programs write in
 * their own ways: quotes, delimiters, line breaks, tabs, backslashes, letters, leading zeros and signs, cells without a
 * value.
 */

/** Cells of a row; `null` is no value. */
export type Cells = ReadonlyArray<string | null>;

export interface Table {
	header: readonly string[];
	rows: readonly Cells[];
}

/** A participant after the import. */
export interface Person {
	accountId: string;
	firstName: string | null;
	segments: string[];
}

const HEADER = ['id', 'accountId', 'firstName', 'note', 'segments'];

const ROWS: Cells[] = [
	['ada@x.test', null, 'Ada', 'plain', 'vip'],
	['jürgen@x.test', null, 'Jürgen', 'said "hi", ok', 'vip|beta'],
	['000123', null, "O'Neil", 'semicolon; and, comma', 'gold'],
	['+491701234567', 'acme', 'Zoë; Kim', null, 'vip'],
	['12345678901234567890', null, null, 'two\nlines', 'beta'],
	['CORP\\anna', null, 'Anna, B.', 'C:\\temp\\new', 'gold|vip'],
];

export const TABLE: Table = { header: HEADER, rows: ROWS };

/** For programs and options that can't write some kind of text at all, the table without it. */
export const without = (...kinds: Array<'lines' | 'backslashes' | 'delimiters'>): Table => {
	const isOut = (cell: string): boolean =>
		(kinds.includes('lines') && cell.includes('\n')) ||
		(kinds.includes('backslashes') && cell.includes('\\')) ||
		(kinds.includes('delimiters') && /[,;"|\t]/.test(cell));
	const rows = ROWS.map((cells) =>
		cells.map((cell, index) => (index === 3 && cell !== null && isOut(cell) ? 'x' : cell)),
	).filter((cells) => !cells.some((cell) => cell !== null && isOut(cell)));
	return { header: HEADER, rows };
};

/** Who is there after the import. */
export function peopleIn({ rows }: Table): Record<string, Person> {
	return Object.fromEntries(
		rows.map(([id, accountId, firstName, , segments]) => [
			id ?? '',
			{
				accountId: accountId ?? id ?? '',
				firstName: firstName ?? null,
				segments: (segments ?? '').split('|').sort(),
			},
		]),
	);
}
