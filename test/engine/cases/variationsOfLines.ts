/** Variations of files whose line breaks are odd, or that have something around the table. */
import { ADD_VIP, AS_FILE } from './variation';
import type { Variation } from './variation';

export const LINE_VARIATIONS: Variation[] = [
	[
		'line breaks: cr',
		AS_FILE,
		'id,segments\ra@x.test,vip\rc@x.test,vip',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'line breaks: cr final crlf',
		AS_FILE,
		'id,segments\ra@x.test,vip\rc@x.test,vip\r\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'line breaks: crcrlf',
		AS_FILE,
		'id,segments\r\r\na@x.test,vip\r\r\nc@x.test,vip\r\r\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'line breaks: lfcr',
		AS_FILE,
		'id,segments\n\ra@x.test,vip\n\rc@x.test,vip\n\r',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'line breaks: cr end of id',
		AS_FILE,
		'id,segments\na@x.test\r,vip\nc@x.test,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has a different kind of line break in a cell that is not in quotes',
			'c@x.test = vip',
		],
	],
	[
		'line breaks: cr in quoted',
		AS_FILE,
		'id,note,segments\na@x.test,"x\ry",vip\nc@x.test,x,vip\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'line breaks: quoted newline id',
		AS_FILE,
		'id,segments\n"a@x.test\n",vip\nc@x.test,vip\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'above the table: one',
		AS_FILE,
		'Report\nid,segments\na@x.test,vip\n',
		[
			"refused: Row 2 looks like the header, but there is other text above it: 'Report'",
			"way out: Set 'Header Row' in the option 'File Format' to 2, or remove the rows",
		],
	],
	[
		'above the table: two cols',
		AS_FILE,
		'Report,2026\nid,segments\na@x.test,vip\n',
		[
			"refused: Row 2 looks like the header, but there is other text above it: 'Report 2026'",
			"way out: Set 'Header Row' in the option 'File Format' to 2, or remove the rows",
		],
	],
	[
		'above the table: colon',
		AS_FILE,
		'Exported: 2026-11-26\nBy: Ann\n\nid,segments\na@x.test,vip\n',
		[
			"refused: Row 4 looks like the header, but there is other text above it: 'Exported: 2026-11-26'",
			"way out: Set 'Header Row' in the option 'File Format' to 4, or remove the rows",
		],
	],
	[
		'above the table: hash',
		AS_FILE,
		'# hello\nid,segments\na@x.test,vip\n',
		['succeeded 1', 'note: A comment above the header was skipped', 'a@x.test = beta vip'],
	],
	[
		'above the table: same width',
		AS_FILE,
		'Title,\n,\nid,segments\na@x.test,vip\n',
		[
			"refused: Row 3 looks like the header, but there is other text above it: 'Title '",
			"way out: Set 'Header Row' in the option 'File Format' to 3, or remove the rows",
		],
	],
	[
		'above the table: one col',
		AS_FILE,
		'My list\nid\na@x.test\nc@x.test\n',
		[
			"refused: Row 2 looks like the header, but there is other text above it: 'My list'",
			"way out: Set 'Header Row' in the option 'File Format' to 2, or remove the rows",
		],
	],
	[
		'above the table: no header',
		AS_FILE,
		'a@x.test,vip\nc@x.test,vip\n',
		[
			"refused: The file has no participant ID column. Columns found: 'a@x.test', 'vip'",
			'way out: The first row looks like a participant and not like names of',
		],
	],
	[
		'above the table: no header one',
		AS_FILE,
		'a@x.test\nc@x.test\n',
		[
			"refused: The file has no participant ID column. Columns found: 'a@x.test'",
			'way out: The first row looks like a participant and not like names of',
		],
	],
	[
		'above the table: types',
		AS_FILE,
		'id,segments\nstring,string\na@x.test,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row looks like a description of the columns and not like a participant',
			'a@x.test = beta vip',
		],
	],
	[
		'above the table: units',
		AS_FILE,
		'id,segments\n(text),(list)\na@x.test,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row looks like a description of the columns and not like a participant',
			'a@x.test = beta vip',
		],
	],
	[
		'above the table: bom sep',
		AS_FILE,
		'\ufeffsep=;\r\nid;segments\r\na@x.test;vip\r\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'above the table: sep tab',
		AS_FILE,
		'sep=\t\nid\tsegments\na@x.test\tvip\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'above the table: fence',
		AS_FILE,
		'```csv\nid,segments\na@x.test,vip\n```\n',
		[
			"refused: Row 2 looks like the header, but there is other text above it: '```csv'",
			"way out: Set 'Header Row' in the option 'File Format' to 2, or remove the rows",
		],
	],
	[
		'around the table: count',
		AS_FILE,
		'id,segments\na@x.test,vip\nc@x.test,vip\n2,\n',
		[
			'succeeded 2',
			'invalid 1',
			'row 4: The row names no segment, and none was chosen for all rows',
			'note: Row 4, the last one, has a participant ID unlike all others; check tha',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: gesamt',
		AS_FILE,
		'id,segments\na@x.test,vip\nGesamt: 1,\n',
		[
			'succeeded 1',
			'invalid 1',
			"row 3: The row looks like totals ('Gesamt: 1' as participant ID)",
			'a@x.test = beta vip',
		],
	],
	[
		'around the table: total second',
		AS_FILE,
		'id,segments,n\na@x.test,vip,1\n,Total,1\n',
		['succeeded 1', 'invalid 1', 'row 3: The participant ID is blank', 'a@x.test = beta vip'],
	],
	[
		'around the table: md escaped',
		AS_FILE,
		'| id | segments |\n|:--|--:|\n| a@x.test | vip \\| beta |\n',
		[
			'invalid 1',
			'row 3: The row has 3 cells but the header has 2',
			'note: The lines drawn around the table were left out',
			'note: Row 2 is a line or a count around the table and was skipped',
		],
	],
	[
		'around the table: md nopipes',
		AS_FILE,
		'id | segments\n--- | ---\na@x.test | vip\n',
		[
			'succeeded 1',
			'note: The lines drawn around the table were left out',
			'note: Row 2 is a line or a count around the table and was skipped',
			'a@x.test = beta vip',
		],
	],
	[
		'around the table: sqlcmd',
		AS_FILE,
		'id,segments\n--,--------\na@x.test,vip\n\n(1 rows affected)\n',
		[
			'succeeded 1',
			'note: 2 rows are lines or counts around the table and were skipped (first: r',
			'a@x.test = beta vip',
		],
	],
	[
		'around the table: oracle many',
		AS_FILE,
		'ID,SEGMENTS\na@x.test,vip\nc@x.test,vip\n\n2 rows selected.\n',
		[
			'succeeded 2',
			'note: Row 5 is a line or a count around the table and was skipped',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: bq',
		AS_FILE,
		'id,segments\na@x.test,vip\n\nWaiting on job_123 ... (0s) Current status: DONE\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 4: The row has 1 cell but the header has 2',
			'a@x.test = beta vip',
		],
	],
	[
		'line breaks: br',
		ADD_VIP,
		'id,segments<br>a@x.test,vip<br>',
		[
			'refused: The text holds <br> instead of line breaks',
			'way out: Use a usual line break between rows: in a spreadsheet or tex',
		],
	],
	[
		'line breaks: cr in header',
		ADD_VIP,
		'id,segm\rents\na@x.test,vip\n',
		[
			'refused: The header (row 1) has a different kind of line break in it',
			'way out: Remove the line break, or put the name that it stands in int',
		],
	],
	[
		'line breaks: ls',
		ADD_VIP,
		'id,segments\u2028a@x.test,vip\u2028c@x.test,vip',
		[
			'refused: The text holds U+2028 instead of line breaks',
			'way out: Use a usual line break between rows: in a spreadsheet or tex',
		],
	],
	[
		'line breaks: nel',
		ADD_VIP,
		'id,segments\u0085a@x.test,vip\u0085',
		[
			'refused: The text holds U+0085 instead of line breaks',
			'way out: Use a usual line break between rows: in a spreadsheet or tex',
		],
	],
	[
		'line breaks: vt',
		ADD_VIP,
		'id,segments\u000ba@x.test,vip\n',
		[
			'refused: The text holds U+000B instead of line breaks',
			'way out: Use a usual line break between rows: in a spreadsheet or tex',
		],
	],
	[
		'around the table: avg',
		ADD_VIP,
		'id,n\na@x.test,1\nc@x.test,2\nAverage,1.5\n',
		[
			'succeeded 2',
			'invalid 1',
			"row 4: The row looks like totals ('Average' as participant ID)",
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: dots',
		ADD_VIP,
		'id,n\na@x.test,1\n...,...\nc@x.test,2\n',
		[
			'succeeded 2',
			'note: Row 3 is a line or a count around the table and was skipped',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: equals2',
		ADD_VIP,
		'id,n\n==========,===\na@x.test,1\n',
		[
			'succeeded 1',
			'note: Row 2 is a line or a count around the table and was skipped',
			'a@x.test = beta vip',
		],
	],
	[
		'around the table: page',
		ADD_VIP,
		'id,n\na@x.test,1\nPage 1 of 2,\nid,n\nc@x.test,2\nPage 2 of 2,\n',
		[
			'succeeded 2',
			'note: 2 rows are lines or counts around the table and were skipped (first: r',
			'note: Row 4 repeats the header and was skipped',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: records exported',
		ADD_VIP,
		'id\na@x.test\nc@x.test\n2 records exported\n',
		[
			'succeeded 2',
			'note: Row 4 is a line or a count around the table and was skipped',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: stars',
		ADD_VIP,
		'id,n\n****,***\na@x.test,1\n',
		[
			'succeeded 1',
			'note: Row 2 is a line or a count around the table and was skipped',
			'a@x.test = beta vip',
		],
	],
	[
		'around the table: sum formula',
		ADD_VIP,
		'id,n\na@x.test,1\nc@x.test,1\n=SUM(B2:B3),2\n',
		[
			'succeeded 2',
			'invalid 1',
			"row 4: The participant ID is '=SUM(B2:B3)', a formula of a spreadsheet",
			'note: Row 4, the last one, has a participant ID unlike all others; check tha',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: total fr',
		ADD_VIP,
		'id,n\na@x.test,1\nc@x.test,2\nTotal général,3\n',
		[
			'succeeded 2',
			'invalid 1',
			"row 4: The row looks like totals ('Total général' as participant ID)",
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: copyright',
		ADD_VIP,
		'id\na@x.test\nc@x.test\n"Copyright 2026, ACME"\n',
		[
			'succeeded 3',
			'note: Row 4, the last one, has a participant ID unlike all others; check tha',
			'Copyright 2026, ACME = vip',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'around the table: a row in the middle unlike all others',
		ADD_VIP,
		'id\na@x.test\nSales\nc@x.test\nd@x.test\n',
		[
			'succeeded 4',
			'note: Row 3 has a participant ID unlike all others; check that it is a participant',
			'Sales = vip',
			'a@x.test = beta vip',
			'c@x.test = vip',
			'd@x.test = vip',
		],
	],
	[
		'around the table: nothing below the header',
		ADD_VIP,
		'id,note\n',
		['note: The file has a header, but no rows below it.'],
	],
	[
		'around the table: one odd ID among numbers',
		ADD_VIP,
		'id\n1\n2\nkim\n3\nx7\n',
		['succeeded 5', '1 = vip', '2 = vip', '3 = vip', 'kim = vip', 'x7 = vip'],
	],
];
