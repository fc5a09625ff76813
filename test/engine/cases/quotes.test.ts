/** Quotes, guards and escapes as other programs write them: read as meant, or the row is refused with its reason. */
import { AS_THE_FILE_SAYS } from '../import/helpers';
import type { ImportInput } from '../import/helpers';
import { TestApi } from '../import/testApi';
import { expectRead, prepare } from './helpers';
import type { Wanted } from './helpers';

const sim = new TestApi();

beforeEach(() => {
	prepare(sim);
	sim.api.state.addSegment({ key: '=gold' });
});

const NBSP = '\u00a0';

/** The node says vip and Add. */
const CHOSEN: ImportInput = {};

type Case = [name: string, csv: string, input: ImportInput, wanted: Wanted];

const both: Wanted = {
	counts: { succeeded: 2 },
	state: { 'a@x.test': ['beta', 'vip'], 'c@x.test': ['vip'] },
};

const CASES: Case[] = [
	// A blank between delimiter and quote is how people and small programs write lists; it never belongs to the text.
	...[' ', NBSP, '\t', ` ${NBSP} `].map(
		(blank): Case => [
			`blanks before and after quotes (${JSON.stringify(blank)})`,
			`"id",${blank}"segments"${blank},${blank}"action"\n"b@x.test",${blank}"vip"${blank},${blank}"remove"\n`,
			AS_THE_FILE_SAYS,
			{ counts: { succeeded: 1 }, state: { 'b@x.test': ['beta'] } },
		],
	),
	[
		'a blank before quoted segments with operations',
		'id, segments\nb@x.test, "gold|~beta"\n',
		AS_THE_FILE_SAYS,
		{ counts: { succeeded: 1 }, state: { 'b@x.test': ['gold', 'vip'] } },
	],
	[
		'a tab that is the delimiter is no such blank',
		'id\t"note"\tsegments\nb@x.test\t\t"gold"\n',
		AS_THE_FILE_SAYS,
		{ counts: { succeeded: 1 }, state: { 'b@x.test': ['beta', 'gold', 'vip'] } },
	],
	[
		'a quote that opens and never closes costs its own row',
		'id,note,segments\na@x.test,x,vip\nb@x.test,"oops,gold\nc@x.test,x,vip\nd@x.test,"ok",vip\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 3, invalid: 1 },
			failures: { 3: 'never closed' },
			state: { 'a@x.test': ['beta', 'vip'], 'c@x.test': ['vip'], 'd@x.test': ['vip'] },
		},
	],
	[
		'a stray quote in the last cell costs its own row',
		'id,segments,note\na@x.test,vip,\nb@x.test,gold,"\nc@x.test,vip,"fine"\nd@x.test,vip,\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 3, invalid: 1 },
			failures: { 3: 'never closed' },
			state: { 'a@x.test': ['beta', 'vip'], 'c@x.test': ['vip'], 'd@x.test': ['vip'] },
		},
	],
	[
		// Together they are a good cell of two lines; its end right behind a comma shows what they are.
		'two stray quotes that close each other cost their own rows',
		'id,segments,note\nb@x.test,gold,"\nc@x.test,gold,"\nd@x.test,vip,\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1, invalid: 2 },
			failures: { 2: 'never closed', 3: 'never closed' },
			state: { 'd@x.test': ['vip'] },
		},
	],
	[
		// Whether "hello, c@x.test" is text or a row nobody can tell, so every line is named and none is sent.
		'where the lines inside a broken quote may be text, each is counted and named',
		'id,segments,note\na@x.test,vip,x\nb@x.test,gold,"hello, you\nc@x.test,vip\nmore text\nd@x.test,vip,"x"\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1, invalid: 4 },
			failures: { 3: 'never closed', 4: 'cell of row 3', 5: 'cell of row 3', 6: 'cell of row 3' },
			state: { 'a@x.test': ['beta', 'vip'] },
		},
	],
	[
		'a true cell of several lines is one row',
		'id,note\na@x.test,"5 Main St,\nSpringfield, IL"\nc@x.test,"said ""hi""\r\nand left"\n',
		CHOSEN,
		both,
	],
	[
		'single quotes, where the header has them',
		"'id','note'\n'a@x.test','it''s, well'\nc@x.test,x\n",
		CHOSEN,
		{ ...both, notes: ['Single quotes around cells were read as quotes'] },
	],
	[
		'single quotes, where most cells have them',
		"id,note\n'a@x.test','x'\n'c@x.test',7\n",
		CHOSEN,
		{ ...both, notes: ['Single quotes around cells were read as quotes'] },
	],
	[
		'single quotes around one cell of many: the row says so',
		"id,segments\n'o''brien@x.test',vip\na@x.test,gold\n",
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1, invalid: 1 },
			failures: { 2: 'single quotes' },
			state: { 'a@x.test': ['beta', 'gold'] },
		},
	],
	...['“a@x.test”', '„a@x.test“', '«a@x.test»', '‘a@x.test’', '”a@x.test”'].map(
		(cell): Case => [
			`typographic quotes ${cell}`,
			`id,segments\n${cell},vip\nc@x.test,vip\n`,
			AS_THE_FILE_SAYS,
			{
				counts: { succeeded: 1, invalid: 1 },
				failures: { 2: 'typographic quote' },
				state: { 'c@x.test': ['vip'] },
			},
		],
	),
	[
		'typographic quotes around the segments',
		'id,segments\na@x.test,“vip”\n',
		AS_THE_FILE_SAYS,
		{ counts: { invalid: 1 }, failures: { 2: "column 'segments' has typographic" }, state: {} },
	],
	[
		'backslashes before quotes, as MySQL and PHP write them',
		'"id","note"\n"a@x.test","said \\"hi, there\\""\n"c@x.test","a \\\\ b"\n',
		CHOSEN,
		{ ...both, notes: ['Backslashes before quotes were read as escapes'] },
	],
	[
		'a backslash at the end of a quoted cell is one, where the file doubles its quotes',
		'"id","note"\n"a@x.test","C:\\"\n"c@x.test","""x"""\n',
		CHOSEN,
		both,
	],
	[
		'text of a database: escapes are read where the whole file fits',
		'id\tsegments\tnote\nCORP\\\\anna\tvip\ta\\tb\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 1 },
			notes: ['database escapes'],
			state: { 'CORP\\anna': ['vip'] },
		},
	],
	[
		'one backslash that is no escape: all of them are text, with a note',
		'id\tsegments\tnote\nCORP\\\\anna\tvip\tC:\\Users\nCORP\\tom\tvip\t\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 2 },
			notes: ['Row 2 has doubled backslashes, which were kept'],
			state: { 'CORP\\\\anna': ['vip'], 'CORP\\tom': ['vip'] },
		},
	],
	[
		'cells written as text formulas',
		'id,segments\n="00123",vip\n"=""00124""",vip\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 2 },
			notes: ['2 rows have cells such as ="00123"'],
			state: { '00123': ['vip'], '00124': ['vip'] },
		},
	],
	[
		'the apostrophe that exports put before formulas',
		"id,segments,note\n'+491701234567,vip,\n'@joe,'=gold,'-1\n\"'-5\",vip,\n",
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 3 },
			notes: ['The apostrophe that programs put before = + - @ was removed in 3 rows'],
			state: { '+491701234567': ['vip'], '@joe': ['=gold'], '-5': ['vip'] },
		},
	],
];

test.each(CASES)('%s', async (_, csv, input, wanted) => {
	await expectRead(sim, csv, input, wanted);
});

test('a broken quote far behind the start of a large file costs its own row', async () => {
	const rows = Array.from({ length: 3000 }, (_, index) => `p${index},note ${index}`);
	rows[2000] = 'p2000,"oops';
	const csv = `id,note\n${rows.join('\n')}\n`;
	const wanted = Object.fromEntries(
		rows.flatMap((_, index) => (index === 2000 ? [] : [[`p${index}`, ['vip']]])),
	);
	await expectRead(
		sim,
		csv,
		{ output: 'summary' },
		{
			counts: { succeeded: 2999, invalid: 1 },
			failures: { 2002: 'never closed' },
			state: wanted,
		},
	);
});
