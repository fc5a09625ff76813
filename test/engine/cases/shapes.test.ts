/** Rows of another shape than the header, line breaks, and what stands around a table. */
import { AS_THE_FILE_SAYS } from '../import/helpers';
import type { ImportInput } from '../import/helpers';
import { TestApi } from '../import/testApi';
import { expectRead, expectRefused, prepare } from './helpers';
import type { Wanted } from './helpers';

const sim = new TestApi();

beforeEach(() => prepare(sim));

const CHOSEN: ImportInput = {};

const both: Wanted = {
	counts: { succeeded: 2 },
	state: { 'a@x.test': ['beta', 'vip'], 'c@x.test': ['vip'] },
};

/** Only c@x.test is imported; row 2 is not. */
const second = (reason: string): Wanted => ({
	counts: { succeeded: 1, invalid: 1 },
	failures: { 2: reason },
	state: { 'c@x.test': ['vip'] },
});

type Case = [name: string, csv: string, input: ImportInput, wanted: Wanted];

const CASES: Case[] = [
	// --- more cells than the header
	[
		'a name with a comma moves all cells: the row is refused, though a blank one is spare',
		'name,id,note\nDoe, Jane,b@x.test,\nAda,c@x.test,\n',
		CHOSEN,
		{ ...second('has 4 cells but the header has 3'), notes: ["'name' was not used"] },
	],
	[
		'a number with a comma',
		'id,amount,segments,note\na@x.test,1,250,vip,\nc@x.test,1,vip,\n',
		AS_THE_FILE_SAYS,
		second('has 5 cells but the header has 4'),
	],
	[
		'text below a column without a name',
		'name,id,\nDoe, Jane,b@x.test\nAda,c@x.test,\n',
		CHOSEN,
		{ ...second('text in column 3, which has no name'), notes: ["'name' was not used"] },
	],
	[
		'the same blank cell too many in every row',
		'id,note\na@x.test,x,\nc@x.test,,\n',
		CHOSEN,
		{ ...both, notes: ['1 more blank cell than the header'] },
	],
	[
		'blank cells too many in some rows only',
		'id,note\na@x.test,x,\nc@x.test,y\n',
		CHOSEN,
		second('has 3 cells but the header has 2'),
	],
	[
		'thousands of columns without a name',
		`id,segments${','.repeat(16_382)}\na@x.test,vip${','.repeat(16_382)}\nc@x.test,vip\n`,
		AS_THE_FILE_SAYS,
		both,
	],
	// --- fewer cells
	[
		'cells missing at the end, none of which is used',
		'id,segments,note,since\na@x.test,vip,x,\nc@x.test,vip\n',
		AS_THE_FILE_SAYS,
		{ ...both, notes: ['Row 3 has fewer cells than the header'] },
	],
	[
		'a missing cell of a column that is used',
		'id,note,segments\na@x.test,vip\nc@x.test,x,vip\n',
		AS_THE_FILE_SAYS,
		second('has 2 cells but the header has 3'),
	],
	[
		'a missing cell of a detail that is sent',
		'id,firstName\na@x.test\nc@x.test,Cy\n',
		{ details: 'all' },
		second('has 1 cell but the header has 2'),
	],
	[
		'a row with another delimiter is not a short row',
		'id,note\na@x.test;x\nc@x.test,x\n',
		CHOSEN,
		second('has 1 cell but the header has 2'),
	],
	// --- delimiters
	[
		'one column, and a delimiter at the end of every row',
		'id\r\na@x.test;\r\nc@x.test;\r\n',
		CHOSEN,
		{ ...both, notes: ['1 more blank cell'] },
	],
	[
		'one column, and a second one without a name in some rows',
		'id\na@x.test;Ada\nc@x.test\n',
		CHOSEN,
		second('has 2 cells but the header has 1'),
	],
	[
		'one column with IDs that hold a pipe',
		'id\nauth0|5f7c\n',
		CHOSEN,
		{ counts: { succeeded: 1 }, state: { 'auth0|5f7c': ['vip'] } },
	],
	...['sep=;;', 'sep=;', '"sep=;"', 'SEP=;'].map(
		(line): Case => [
			`the line ${line}`,
			`${line}\r\nid;segments\r\na@x.test;vip\r\nc@x.test;vip\r\n`,
			AS_THE_FILE_SAYS,
			both,
		],
	),
	[
		'a line sep=; saved again with commas',
		'sep=;,\nid,segments\na@x.test,vip\nc@x.test,vip\n',
		AS_THE_FILE_SAYS,
		both,
	],
	// --- line breaks
	['CR alone, and a last LF', 'id,note\ra@x.test,x\rc@x.test,y\n', CHOSEN, both],
	['CR in an LF file between whole rows', 'id,note\na@x.test,x\rc@x.test,y\n', CHOSEN, both],
	[
		'CR in a cell of an LF file',
		'id,note\na@x.test,foo\rb@x.test\nc@x.test,x\nc@x.test,y\n',
		CHOSEN,
		{
			counts: { succeeded: 2, invalid: 1 },
			failures: { 2: 'line break' },
			state: { 'c@x.test': ['vip'] },
		},
	],
	['blank rows of delimiters', 'id,note\n,\na@x.test,x\n , \nc@x.test,y\n,\n', CHOSEN, both],
	// --- around and between rows
	[
		'the header again',
		'id,note\na@x.test,x\nid,note\n id , note \nc@x.test,y\n',
		CHOSEN,
		{ ...both, notes: ['2 rows repeat the header and were skipped (first: row 3)'] },
	],
	...['Total', 'Grand Total', 'TOTAL:', 'Summe', 'Subtotal (2)'].map(
		(word): Case => [
			`a row of totals: ${word}`,
			`id,orders\na@x.test,3\nc@x.test,3\n${word},6\n`,
			CHOSEN,
			{
				counts: { succeeded: 2, invalid: 1 },
				failures: { 4: 'totals' },
				state: both.state,
			},
		],
	),
	[
		'a last row unlike the others is named',
		'id\na@x.test\nc@x.test\nEnde\n',
		CHOSEN,
		{
			counts: { succeeded: 3 },
			notes: ['Row 4, the last one, has a participant ID unlike all others'],
			state: { ...both.state, Ende: ['vip'] },
		},
	],
	[
		'a second table below',
		'id,segments\na@x.test,vip\nc@x.test,vip\n\nname,city\nAda,London\n',
		AS_THE_FILE_SAYS,
		{
			counts: { succeeded: 2, invalid: 2 },
			failures: { 5: 'header of another table', 6: 'below row 5' },
			state: both.state,
		},
	],
	[
		'comments',
		'# export of today, all\n#by hand\nid,note\na@x.test,x\n# a, comment\n#c@x.test\nc@x.test,y\n',
		CHOSEN,
		{
			...both,
			notes: ['2 comments above the header', '2 rows are comments and were skipped (first: row 5)'],
		},
	],
	[
		'a row that was commented out',
		'id,note\n#a@x.test,x\nc@x.test,y\nd@x.test,z\n',
		CHOSEN,
		{
			counts: { succeeded: 2, invalid: 1 },
			failures: { 2: "begins with '#'" },
			state: { 'c@x.test': ['vip'], 'd@x.test': ['vip'] },
		},
	],
	[
		'IDs that begin with #',
		'id\n#1001\n#1002\n',
		CHOSEN,
		{ counts: { succeeded: 2 }, state: { '#1001': ['vip'], '#1002': ['vip'] } },
	],
	[
		'a Markdown table',
		'| id | segments |\n|----|:--------:|\n| a@x.test | vip |\n| c@x.test | vip |\n',
		AS_THE_FILE_SAYS,
		{ ...both, notes: ['lines drawn around the table', 'Row 2 is a line'] },
	],
	[
		'psql, aligned',
		'    id    | segments \n----------+----------\n a@x.test | vip\n c@x.test | vip\n(2 rows)\n',
		AS_THE_FILE_SAYS,
		{ ...both, notes: ['lines drawn around the table', '2 rows are lines or counts'] },
	],
	[
		'mysql, drawn',
		'+----------+------+\n| id       | note |\n+----------+------+\n| a@x.test | x    |\n| c@x.test |      |\n+----------+------+\n2 rows in set (0.00 sec)\n',
		CHOSEN,
		{ ...both, notes: ['lines drawn around the table', '3 rows are lines or counts'] },
	],
	...['(2 rows)', '(2 Zeilen)', '2 rows affected', '(2 rows affected)'].map(
		(line): Case => [
			`the count ${line}`,
			`id\na@x.test\nc@x.test\n${line}\n`,
			CHOSEN,
			{ ...both, notes: ['Row 4 is a line or a count'] },
		],
	),
	[
		'a chosen header row',
		'Participants; all\n"made, by hand\n\nid,note\na@x.test,x\nc@x.test,y\n'.replace('"', ''),
		{ options: { headerRow: 4 } },
		both,
	],
];

test.each(CASES)('%s', async (_, csv, input, wanted) => {
	await expectRead(sim, csv, input, wanted);
});

describe('refused as a whole', () => {
	test.each<[string, string, ImportInput, string, string]>([
		[
			'a header one name short, with names of rows',
			'"id","segments","note"\n"1","a@x.test","vip",""\n"2","b@x.test","gold",""\n',
			AS_THE_FILE_SAYS,
			'Every row has 4 cells, but the header has 3',
			'lacks a name',
		],
		[
			'the same with text at the end',
			'id,segments\nx,a@x.test,vip\ny,b@x.test,gold\n',
			AS_THE_FILE_SAYS,
			'Every row has 3 cells, but the header has 2',
			'lacks a name',
		],
		[
			'a comma in the names of all rows',
			'name,id,note\nDoe, Jane,b@x.test,\nRoe, Max,c@x.test,\n',
			CHOSEN,
			'Every row has 4 cells, but the header has 3',
			'quote such text',
		],
		[
			'text above the header',
			'Participants report\nGenerated 2026-11-26\n\nid,segments\na@x.test,vip\n',
			AS_THE_FILE_SAYS,
			'Row 4 looks like the header',
			"'Header Row' in the option 'File Format' to 4",
		],
		[
			'text above a header with semicolons',
			'Report, all\nid;segments\na@x.test;vip\n',
			AS_THE_FILE_SAYS,
			'Row 2 looks like the header',
			"'Header Row' in the option 'File Format' to 2",
		],
		['a header row that is not there', 'id\na\n', { options: { headerRow: 9 } }, 'Row 9', 'to 0'],
		[
			'line breaks spelled out',
			'id,segments\\na@x.test,vip',
			AS_THE_FILE_SAYS,
			'\\n',
			'real line break',
		],
		['the same with one at the end', 'id,x\\r\\na@x.test,y\n', CHOSEN, '\\n', 'real line break'],
		['JSON', '[{"id":"a@x.test","segments":"vip"}]\n', CHOSEN, 'is JSON', 'Extract From File'],
		[
			'JSON lines',
			'{"id":"a@x.test"}\n{"id":"b@x.test"}\n',
			CHOSEN,
			'is JSON',
			'Extract From File',
		],
		[
			'a web page',
			'<!DOCTYPE html>\n<html><body>id</body></html>\n',
			CHOSEN,
			'web page',
			'sign-in page',
		],
	])('%s', async (_, csv, input, message, hint) => {
		await expectRefused(sim, csv, input, message, hint);
	});
});
