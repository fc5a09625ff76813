/** Variations of files whose quotes or rows are odd. */
import { AS_FILE } from './variation';
import type { Variation } from './variation';

export const ROW_VARIATIONS: Variation[] = [
	[
		'quotes: nbsp before',
		AS_FILE,
		'id,\u00a0"segments"\na@x.test,\u00a0"vip"\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'quotes: thin before',
		AS_FILE,
		'id,\u2009"segments"\na@x.test,\u2009"vip"\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'quotes: tab before',
		AS_FILE,
		'id,\t"segments"\na@x.test,\t"vip"\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'quotes: after close',
		AS_FILE,
		'"id" ,"segments" \n"a@x.test" ,"vip" \n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'quotes: inner unescaped',
		AS_FILE,
		'id,note,segments\na@x.test,"said "hi" to me",vip\nc@x.test,x,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has text after the closing quote of a cell',
			'c@x.test = vip',
		],
	],
	[
		'quotes: inner unescaped comma',
		AS_FILE,
		'id,note,segments\na@x.test,"said "hi, you" to me",vip\nc@x.test,x,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has text after the closing quote of a cell',
			'c@x.test = vip',
		],
	],
	[
		'quotes: inch',
		AS_FILE,
		'id,size,segments\na@x.test,5" nail,vip\nc@x.test,6" nail,vip\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'quotes: inch odd',
		AS_FILE,
		'id,size,segments\na@x.test,"5"" nail",vip\nc@x.test,6" nail,vip\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'quotes: triple',
		AS_FILE,
		'"id","segments"\n"""a@x.test""","vip"\n',
		['invalid 1', 'row 2: The participant ID is in quotes'],
	],
	[
		'quotes: whole row',
		AS_FILE,
		'"id,segments"\n"a@x.test,vip"\n"c@x.test,vip"\n',
		[
			"refused: The file has no participant ID column. Columns found: 'id,segments'",
			"way out: Name the column id, userId or participantId, or set 'ID Column'",
		],
	],
	[
		'quotes: data whole row',
		AS_FILE,
		'id,segments\n"a@x.test,vip"\n"c@x.test,vip"\n',
		[
			'invalid 2',
			'row 2: The row has 1 cell but the header has 2',
			'row 3: The row has 1 cell but the header has 2',
		],
	],
	[
		'quotes: semicolons quoted',
		AS_FILE,
		'id;segments\n"a@x.test;vip"\n',
		['invalid 1', 'row 2: The row has 1 cell but the header has 2'],
	],
	[
		'quotes: backtick',
		AS_FILE,
		'`id`,`segments`\n`a@x.test`,`vip`\n',
		['invalid 1', 'row 2: The participant ID is in quotes'],
	],
	[
		'quotes: grave acute',
		AS_FILE,
		'id,segments\n`a@x.test´,vip\n',
		['invalid 1', 'row 2: The participant ID is in quotes'],
	],
	[
		'quotes: prime',
		AS_FILE,
		'id,segments\n″a@x.test″,vip\n',
		['invalid 1', 'row 2: The participant ID has the typographic quote ″ (U+2033) in it'],
	],
	[
		'quotes: guillemets',
		AS_FILE,
		'id,segments\n«a@x.test»,«vip»\n',
		[
			'invalid 1',
			"row 2: The row can't be used: the cell in column 'segments' has typographic quotes around it, whi",
		],
	],
	[
		'quotes: single header only',
		AS_FILE,
		"'id','segments'\na@x.test,vip\n",
		['succeeded 1', 'note: Single quotes around cells were read as quotes', 'a@x.test = beta vip'],
	],
	[
		'quotes: single ids',
		AS_FILE,
		"id,segments\n'a@x.test',vip\n'c@x.test',vip\n",
		[
			'succeeded 2',
			'note: Single quotes around cells were read as quotes',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'quotes: unclosed last',
		AS_FILE,
		'id,segments\na@x.test,vip\nc@x.test,"vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 3: The row opens a quote that is never closed',
			'a@x.test = beta vip',
		],
	],
	[
		'quotes: unclosed first',
		AS_FILE,
		'id,note,segments\n"a@x.test,x,vip\nc@x.test,x,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row opens a quote that is never closed',
			'c@x.test = vip',
		],
	],
	[
		'quotes: unclosed header',
		AS_FILE,
		'id,"segments\na@x.test,vip\n',
		[
			"refused: The quotes in the header (row 1) are broken near 'id,\"segments'",
			'way out: A quoted column name starts and ends with a quote; a quote i',
		],
	],
	[
		'quotes: equals',
		AS_FILE,
		'id,segments\n="a@x.test",="vip"\n',
		[
			'succeeded 1',
			'note: Row 2 has a cell such as ="00123", which was read as its text',
			'a@x.test = beta vip',
		],
	],
	[
		'quotes: trailing space id',
		AS_FILE,
		'id,segments\n"a@x.test ",vip\n" c@x.test",vip\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'shape: surplus blank some',
		AS_FILE,
		'id,segments\na@x.test,vip,,\nc@x.test,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has 4 cells but the header has 2',
			'c@x.test = vip',
		],
	],
	[
		'shape: surplus all',
		AS_FILE,
		'id,segments\na@x.test,vip,\nc@x.test,vip,\n',
		[
			'succeeded 2',
			'note: Every row has 1 more blank cell than the header, which was left out',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'shape: surplus text',
		AS_FILE,
		'id,segments\na@x.test,vip,x\nc@x.test,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has 3 cells but the header has 2',
			'c@x.test = vip',
		],
	],
	[
		'shape: surplus one row',
		AS_FILE,
		'id,segments\na@x.test,vip,\n',
		['invalid 1', 'row 2: The row has 3 cells but the header has 2'],
	],
	[
		'shape: front blank',
		AS_FILE,
		'id,segments\n,a@x.test,vip\n,c@x.test,vip\n',
		[
			'refused: Every row has 3 cells, but the header has 2',
			'way out: The header probably lacks a name, often that of the fir',
		],
	],
	[
		'shape: header trailing',
		AS_FILE,
		'id,segments,\na@x.test,vip,\nc@x.test,vip,x\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 3: The row has text in column 3, which has no name in the header',
			'a@x.test = beta vip',
		],
	],
	[
		'shape: header mid blank',
		AS_FILE,
		'id,,segments\na@x.test,x,vip\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'shape: header first blank',
		AS_FILE,
		',id,segments\n0,a@x.test,vip\n1,c@x.test,vip\n',
		['succeeded 2', 'a@x.test = beta vip', 'c@x.test = vip'],
	],
	[
		'shape: decimal comma',
		AS_FILE,
		'id,price,segments\na@x.test,1,5,vip\nc@x.test,2,5,vip\n',
		[
			'refused: Every row has 4 cells, but the header has 3',
			'way out: The header probably lacks a name, often that of the fir',
		],
	],
	[
		'shape: decimal comma mixed',
		AS_FILE,
		'id,price,segments\na@x.test,1,5,vip\nc@x.test,2,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has 4 cells but the header has 3',
			'c@x.test = vip',
		],
	],
	[
		'shape: shift inner blank',
		AS_FILE,
		'id,note,segments\na@x.test,x,,vip\nc@x.test,x,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has 4 cells but the header has 3',
			'c@x.test = vip',
		],
	],
	[
		'shape: short id only',
		AS_FILE,
		'id,segments,action\na@x.test\nb@x.test,vip,remove\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has 1 cell but the header has 3',
			'b@x.test = beta',
		],
	],
	[
		'shape: short action',
		AS_FILE,
		'id,segments,action\na@x.test,vip\nb@x.test,vip,remove\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 2: The row has 2 cells but the header has 3',
			'b@x.test = beta',
		],
	],
	[
		'shape: semi rows',
		AS_FILE,
		'id,segments\na@x.test;vip\nc@x.test;vip\n',
		[
			'invalid 2',
			'row 2: The row has 1 cell but the header has 2',
			'row 3: The row has 1 cell but the header has 2',
		],
	],
	[
		'shape: mixed delims',
		AS_FILE,
		'id,segments\na@x.test,vip\nc@x.test;vip\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 3: The row has 1 cell but the header has 2',
			'a@x.test = beta vip',
		],
	],
	[
		'shape: tab in csv',
		AS_FILE,
		'id,segments\na@x.test\tvip\nc@x.test\tvip\n',
		[
			'invalid 2',
			'row 2: The row has 1 cell but the header has 2',
			'row 3: The row has 1 cell but the header has 2',
		],
	],
	[
		'shape: pipe one col',
		AS_FILE,
		'id|segments\na@x.test|vip\nc@x.test|vip|beta\n',
		[
			'succeeded 1',
			'invalid 1',
			'row 3: The row has 3 cells but the header has 2',
			'a@x.test = beta vip',
		],
	],
	[
		'shape: multi spaces',
		AS_FILE,
		'id          segments\na@x.test    vip\nc@x.test    vip\n',
		[
			"refused: The file has no participant ID column. Columns found: 'id segments'",
			"way out: Name the column id, userId or participantId, or set 'ID Column'",
		],
	],
	[
		'shape: double delim',
		AS_FILE,
		'id||segments\na@x.test||vip\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
];
