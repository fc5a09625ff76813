/**
 * The small files that go wrong in other importers, remade byte by byte: each with what the node is set to, and all
 * that the import leads to. Where two readings are possible, `because` says why this one was chosen.
 */
import type { ImportInput } from '../import/helpers';
import { AS_THE_FILE_SAYS, OWN_SEGMENTS } from '../import/helpers';

/** A file that is read: `state` holds what differs from before. */
export interface ReadCase {
	counts: Record<string, number>;
	/** By row number: a part of its reason, which the summary, the hint and the rejects file give. */
	failures?: Record<number, string>;
	/** Cells of the rejects file as they stand in it, by row number: the columns of the file. */
	rejected?: Record<number, string[]>;
	/** The notes, all of them, each by a part of its text. They are hints too. */
	notes?: string[];
	state: Record<string, string[]>;
	/** First names by participant, where the file has some. */
	names?: Record<string, string | null>;
}

/** A file that is refused as a whole. */
export interface RefusedCase {
	message: string;
	hint: string;
}

export interface FileCase {
	name: string;
	bytes: Buffer;
	input: ImportInput;
	wanted: ReadCase | RefusedCase;
	because?: string;
}

/** The node says Add and vip. */
const CHOSEN: ImportInput = {};

const BOTH = { 'a@x.test': ['beta', 'vip'] };

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

const file = (
	name: string,
	bytes: Buffer | string,
	input: ImportInput,
	wanted: FileCase['wanted'],
	because?: string,
): FileCase => ({
	name,
	bytes: typeof bytes === 'string' ? utf8(bytes) : bytes,
	input,
	wanted,
	because,
});

const NO_CHANGE = {};

const guess = (example: string): string =>
	`not UTF-8 and was read as Windows-1252: check '${example}' in row 2`;

const QUOTES: FileCase[] = [
	file(
		'space-before-quote-action.csv',
		'"id", "action"\n"b@x.test", "remove"\n',
		{ ...AS_THE_FILE_SAYS, segments: ['vip'] },
		{
			counts: { succeeded: 1 },
			state: { 'b@x.test': ['beta'] },
		},
	),
	file('space-before-quote-id.csv', 'name, id\nAda, "a@x.test"\n', CHOSEN, {
		counts: { succeeded: 1 },
		notes: ["'name' was not used"],
		state: BOTH,
	}),
	file('space-before-quote-cells.csv', 'id, segments\nb@x.test, "vip|~beta"\n', AS_THE_FILE_SAYS, {
		counts: { succeeded: 1 },
		state: { 'b@x.test': ['vip'] },
	}),
	file(
		'unclosed-quote.csv',
		'id,note,segments\na@x.test,x,vip\nb@x.test,"oops,vip\nc@x.test,x,vip\nd@x.test,x,vip\ne@x.test,"ok",vip\nf@x.test,x,vip\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 5, invalid: 1 },
			failures: { 3: 'opens a quote that is never closed' },
			rejected: { 3: ['b@x.test,"oops,vip', '', '', '', '2 cells are missing'] },
			state: {
				...BOTH,
				'c@x.test': ['vip'],
				'd@x.test': ['vip'],
				'e@x.test': ['vip'],
				'f@x.test': ['vip'],
			},
		},
		'without its quote the line has the three cells of a row, so the quote cost nothing but that row',
	),
	file(
		'stray-quote-last-cell.csv',
		'id,segments,note\na@x.test,vip,\nb@x.test,vip,"\nc@x.test,vip,"fine"\nd@x.test,vip,\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 3, invalid: 1 },
			failures: { 3: 'opens a quote that is never closed' },
			rejected: { 3: ['b@x.test,vip,"', '', '', '', '2 cells are missing'] },
			state: { ...BOTH, 'c@x.test': ['vip'], 'd@x.test': ['vip'] },
		},
	),
	file('smart-quotes.csv', 'id,segments\n“a@x.test”,vip\n', AS_THE_FILE_SAYS, {
		counts: { invalid: 1 },
		failures: { 2: 'has the typographic quote “ (U+201C) in it' },
		rejected: { 2: ['“a@x.test”', 'vip', ''] },
		state: NO_CHANGE,
	}),
	file(
		'single-quotes-some.csv',
		"id,segments\n'o''brien@x.test',vip\na@x.test,gold\n",
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1, invalid: 1 },
			failures: { 2: 'is in single quotes, but the file as a whole does not use them' },
			rejected: { 2: ["'o''brien@x.test'", 'vip', ''] },
			state: { 'a@x.test': ['beta', 'gold'] },
		},
		'one cell of four is no rule of the file: the row may as well have apostrophes in it',
	),
	file('excel-text-formula.csv', 'id,segments\n="00123",vip\n', AS_THE_FILE_SAYS, {
		counts: { succeeded: 1 },
		notes: ['Row 2 has a cell such as ="00123", which was read as its text'],
		state: { '00123': ['vip'] },
	}),
	file('formula-guard.csv', "id,segments\n'+491701234567,vip\n'=x,gold\n", AS_THE_FILE_SAYS, {
		counts: { succeeded: 2 },
		notes: ['The apostrophe that programs put before = + - @ and numbers was removed in 2 rows'],
		state: { '+491701234567': ['vip'], '=x': ['gold'] },
	}),
	file('backslash-tsv.tsv', 'id\tsegments\nCORP\\\\anna\tvip\n', AS_THE_FILE_SAYS, {
		counts: { succeeded: 1 },
		notes: ['Backslashes were read as database escapes'],
		state: { 'CORP\\anna': ['vip'] },
	}),
];

const SHAPES: FileCase[] = [
	file('shifted-row-id.csv', 'name,id,note\nAda,a@x.test,\nDoe, Jane,b@x.test,\n', CHOSEN, {
		counts: { succeeded: 1, invalid: 1 },
		failures: { 3: 'has 4 cells but the header has 3' },
		rejected: { 3: ['Doe', ' Jane', 'b@x.test', ''] },
		notes: ["'name' was not used"],
		state: BOTH,
	}),
	file(
		'shifted-row-number.csv',
		'id,amount,segments,note\nb@x.test,1,250,vip,\n',
		AS_THE_FILE_SAYS,
		{
			counts: { invalid: 1 },
			failures: { 2: 'has 5 cells but the header has 4' },
			rejected: { 2: ['b@x.test', '1', '250', 'vip', ''] },
			state: NO_CHANGE,
		},
	),
	file('cr-file-final-lf.csv', 'id,segments\ra@x.test,vip\rb@x.test,vip\n', AS_THE_FILE_SAYS, {
		counts: { succeeded: 2 },
		state: BOTH,
	}),
	file(
		'lone-cr-in-lf-file.csv',
		'id,note\na@x.test,foo\rb@x.test\nc@x.test,x\n',
		CHOSEN,
		{
			counts: { succeeded: 1, invalid: 1 },
			failures: { 2: 'has a different kind of line break in a cell that is not in quotes' },
			rejected: { 2: ['a@x.test,foo\rb@x.test', '', '', '1 cell is missing'] },
			state: { 'c@x.test': ['vip'] },
		},
		'what stands behind the CR has one cell of two: a row without its note, or the rest of the note',
	),
	file('literal-backslash-n.txt', 'id,segments\\na@x.test,vip', AS_THE_FILE_SAYS, {
		message: 'The text holds \\n instead of line breaks',
		hint: 'Use a real line break between rows',
	}),
	file(
		'blank-rows-of-delimiters.csv',
		'id,segments\na@x.test,vip\n,\nb@x.test,vip\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 2 },
			state: BOTH,
		},
	),
	file(
		'repeated-header.csv',
		'id,segments\na@x.test,vip\nid,segments\nb@x.test,vip\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 2 },
			notes: ['Row 3 repeats the header and was skipped'],
			state: BOTH,
		},
	),
	file(
		'excel-16384-columns.csv',
		`id,segments${','.repeat(16_382)}\r\na@x.test,vip${','.repeat(16_382)}\r\n`,
		AS_THE_FILE_SAYS,
		{ counts: { succeeded: 1 }, state: BOTH },
	),
	file(
		'excel-short-rows.csv',
		'id,segments,note,vip since\r\na@x.test,vip,x,\r\nc@x.test,vip\r\nd@x.test,vip,y\r\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 3 },
			notes: ['2 rows have fewer cells than the header'],
			state: { ...BOTH, 'c@x.test': ['vip'], 'd@x.test': ['vip'] },
		},
	),
	file(
		'one-column-trailing-semicolon.csv',
		'id\r\na@x.test;\r\nb@x.test;\r\n',
		CHOSEN,
		{
			counts: { succeeded: 2 },
			notes: ['Every row has 1 more blank cell than the header, which was left out'],
			state: BOTH,
		},
		'every row ends so: a program that closes each row with its delimiter',
	),
	file('sep-resaved.csv', 'sep=;;\r\nid;segments\r\na@x.test;vip\r\n', AS_THE_FILE_SAYS, {
		counts: { succeeded: 1 },
		state: BOTH,
	}),
	file('ctrl-z.csv', 'id\r\na@x.test\r\n\u001a', CHOSEN, { counts: { succeeded: 1 }, state: BOTH }),
	file(
		'totals-row.csv',
		'id,orders\na@x.test,3\nTotal,3\n',
		CHOSEN,
		{
			counts: { succeeded: 1, invalid: 1 },
			failures: { 3: "looks like totals ('Total' as participant ID)" },
			rejected: { 3: ['Total', '3', ''] },
			state: BOTH,
		},
		'a word for totals as ID is named and left out: nobody who made the file wanted a participant of it',
	),
	file(
		'markdown-table.txt',
		'| id | segments |\n|----|----------|\n| a@x.test | vip |\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1 },
			notes: ['The lines drawn around the table were left out', 'Row 2 is a line or a count'],
			state: BOTH,
		},
	),
	file(
		'preamble.csv',
		'Participants report\nGenerated 2026-11-26\n\nid,segments\na@x.test,vip\n',
		AS_THE_FILE_SAYS,
		{
			message:
				"Row 4 looks like the header, but there is other text above it: 'Participants report'",
			hint: "Set 'Header Row' in the option 'File Format' to 4",
		},
	),
	file('json.txt', '[{"id":"a@x.test","segments":"vip"}]\n', AS_THE_FILE_SAYS, {
		message: 'The file is JSON, not CSV',
		hint: 'Extract From File',
	}),
	file('psql-unaligned-id-only.txt', 'id\na@x.test\nb@x.test\n(2 rows)\n', CHOSEN, {
		counts: { succeeded: 2 },
		notes: ['Row 4 is a line or a count around the table and was skipped'],
		state: BOTH,
	}),
	file(
		'r-write.table-rownames.csv',
		'"id","segments","note"\n"1","a@x.test","vip",""\n"2","b@x.test","gold",""\n',
		AS_THE_FILE_SAYS,
		{ message: 'Every row has 4 cells, but the header has 3', hint: 'lacks a name' },
	),
];

const ENCODINGS: FileCase[] = [
	file(
		'utf8-one-latin1-byte.csv',
		Buffer.concat([utf8('id,firstName\nmüller@x.test,Jürgen\nb@x.test,'), latin1('René\n')]),
		CHOSEN,
		{
			message: 'row 2 has UTF-8 characters (C3 BC), but row 3 has the byte E9',
			hint: 'Correct row 3',
		},
	),
	file(
		'own-rejects-edited-in-excel.csv',
		Buffer.concat([
			utf8(
				'recordNumber,message,apiErrorCode,statusCode,id,firstName,action\r\n2,x,,,jürgen@x.test,Jürgen,add\r\n4,,,,z@x.test,',
			),
			latin1('René,add\r\n'),
		]),
		{ ...AS_THE_FILE_SAYS, segments: ['vip'] },
		{
			message: 'row 2 has UTF-8 characters (C3 BC), but row 3 has the byte E9',
			hint: 'Correct row 3',
		},
	),
	...(
		[
			['shift-jis.csv', 'id,firstName\r\nn@x.test,\x8eR\x93c\r\n', 'ŽR“c'],
			['windows-1250.csv', 'id;firstName\r\nn@x.test;\xa3ukasz\r\n', '£ukasz'],
			['windows-1251.csv', 'id;firstName\r\nn@x.test;\xc8\xe2\xe0\xed\r\n', 'Èâàí'],
			['macroman-cr.csv', 'id,firstName\rn@x.test,Ren\x8e\r', 'RenŽ'],
			['cp1254-name.csv', 'id;firstName\nn@x.test;Ay\xfee\n', 'Ayþe'],
		] as const
	).map(([name, text, seen]) =>
		file(
			name,
			latin1(text),
			{ ...CHOSEN, details: 'all' },
			{
				counts: { succeeded: 1 },
				notes: [guess(seen)],
				state: { 'n@x.test': ['vip'] },
				names: { 'n@x.test': seen },
			},
			'every byte may be meant as Windows-1252, so the guess is said aloud; the encoding can be chosen',
		),
	),
	file(
		'utf16le-no-bom-cjk.csv',
		Buffer.from('id,名字\r\n山田太郎一二三四五六七八九十,測試\r\n', 'utf16le'),
		CHOSEN,
		{
			counts: { succeeded: 1 },
			notes: [
				"read as UTF-16LE, as its content shows: check '山田太郎一二三四五六七八九十' in row 2",
			],
			state: { 山田太郎一二三四五六七八九十: ['vip'] },
		},
	),
];

const HEADERS: FileCase[] = [
	file(
		'zwsp-header-action.csv',
		'id,segments\u200b,action\u200b\na@x.test,beta,remove\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1 },
			state: { 'a@x.test': [] },
		},
	),
	file('details-spelling.csv', 'id,First Name,E-Mail\nn@x.test,Ada,n@x.test\n', CHOSEN, {
		counts: { succeeded: 1 },
		state: { 'n@x.test': ['vip'] },
		names: { 'n@x.test': 'Ada' },
	}),
	file(
		'n8n-getmany-convert.csv',
		'id,accountId,segments.0,segments.1\na@x.test,a@x.test,vip,beta\nb@x.test,b@x.test,gold,\n',
		{ ...OWN_SEGMENTS, action: 'set' },
		{
			counts: { succeeded: 2 },
			notes: ["The columns 'segments.0', 'segments.1' were read as one list of segments"],
			state: { 'a@x.test': ['beta', 'vip'], 'b@x.test': ['gold'] },
		},
		'Get Many lists what is, so the way back is Set',
	),
];

const IDS: FileCase[] = [
	file(
		'zero-width-ids.csv',
		'id\na@x.test\na@x.test\u200b\n\u200ea@x.test\n\u202aa@x.test\u202c\na@x.test\u00ad\n',
		CHOSEN,
		{ counts: { succeeded: 5 }, state: BOTH },
	),
	file('zwnbsp-in-id.csv', 'id,segments\na@\ufeffx.test,vi\ufeffp\n', AS_THE_FILE_SAYS, {
		counts: { invalid: 1 },
		failures: { 2: 'has the invisible character U+FEFF in it' },
		rejected: { 2: ['a@\ufeffx.test', 'vi\ufeffp', ''] },
		state: NO_CHANGE,
	}),
	file(
		'lossy-question.csv',
		'id,segments\n????@example.com,vip\n?????@example.com,gold\n',
		AS_THE_FILE_SAYS,
		{
			counts: { invalid: 2 },
			failures: { 2: "has '????' in it, where letters were lost", 3: "has '?????' in it" },
			rejected: { 2: ['????@example.com', 'vip', ''], 3: ['?????@example.com', 'gold', ''] },
			state: NO_CHANGE,
		},
	),
	...(
		[
			['null-mysql-batch.tsv', 'NULL', '\t', []],
			['null-pg-text.tsv', '\\N', '\t', ['Backslashes were read as database escapes']],
			['null-r-na.csv', 'NA', ',', []],
		] as const
	).map(([name, word, delimiter, notes]) =>
		file(
			name,
			[
				['accountId', 'id', 'segments', 'firstName'],
				[word, 'a@x.test', 'vip', word],
				[word, 'b@x.test', word, 'Bob'],
				[word, 'n@x.test', 'gold', word],
			]
				.map((cells) => `${cells.join(delimiter)}\n`)
				.join(''),
			{ ...OWN_SEGMENTS, action: 'set' },
			{
				counts: { succeeded: 2, invalid: 1 },
				failures: { 3: `The segments cell is '${word}'` },
				rejected: { 3: [word, 'b@x.test', word, 'Bob', ''] },
				notes: [
					...notes,
					`'${word}', which programs write where there is no value, was taken as a blank cell in 2 rows (row 2, row 4)`,
				],
				state: { 'a@x.test': ['vip'], 'n@x.test': ['gold'] },
				names: { 'n@x.test': null },
			},
			'no value in the segments may mean none, or not known: with Set, real ones would be lost',
		),
	),
	file('pandas-float-id.csv', 'id,segments\n123.0,vip\n124.0,gold\n', AS_THE_FILE_SAYS, {
		counts: { succeeded: 2 },
		notes: ["Every participant ID ends in '.0'"],
		state: { '123.0': ['vip'], '124.0': ['gold'] },
	}),
];

const LISTS: FileCase[] = [
	file('segments-semicolon.csv', 'id,segments\nc@x.test,vip;beta\n', AS_THE_FILE_SAYS, {
		counts: { succeeded: 1 },
		state: { 'c@x.test': ['beta', 'vip'] },
	}),
	file(
		'postgres-array.csv',
		'id,segments\na@x.test,"{vip,beta}"\nb@x.test,{gold}\nc@x.test,{}\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 2, invalid: 1 },
			failures: { 4: 'names no segment' },
			rejected: { 4: ['c@x.test', '{}', ''] },
			state: { 'a@x.test': ['beta', 'vip'], 'b@x.test': ['beta', 'gold', 'vip'] },
		},
		'an empty list adds nobody to anything, which a row that adds should not be',
	),
];

export const FILES: FileCase[] = [...QUOTES, ...SHAPES, ...ENCODINGS, ...HEADERS, ...IDS, ...LISTS];
