/** Variations of files whose letters, encoding or header are odd. */
import { ADD_VIP, AS_FILE, bytes } from './variation';
import type { Variation } from './variation';

export const TEXT_VARIATIONS: Variation[] = [
	[
		'letters: lossy one',
		AS_FILE,
		'id,segments\nM?ller@x.test,vip\nc@x.test,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			"row 2: The participant ID has 'M?' in it, where a letter may have been lost in another character ",
			'c@x.test = vip',
		],
	],
	[
		'letters: lossy one plain',
		AS_FILE,
		'id,segments\nJos?,vip\nc@x.test,vip\n',
		[
			'succeeded 1',
			'invalid 1',
			"row 2: The participant ID has 's?' in it, where a letter may have been lost in another character ",
			'c@x.test = vip',
		],
	],
	[
		'letters: lossy url',
		AS_FILE,
		'id,segments\nhttps://x.test/u?id=7,vip\nc@x.test,vip\n',
		['succeeded 2', 'c@x.test = vip', 'https://x.test/u?id=7 = vip'],
	],
	[
		'letters: lossy spaced',
		AS_FILE,
		'id,segments\nwho ?,vip\nc@x.test,vip\n',
		['succeeded 2', 'c@x.test = vip', 'who ? = vip'],
	],
	[
		'letters: mojibake id',
		AS_FILE,
		'id,segments\nmÃ¼ller@x.test,vip\n',
		[
			'invalid 1',
			"row 2: The participant ID has 'Ã¼' in it, as letters look that were read in another character enc",
		],
	],
	[
		'letters: html entity',
		ADD_VIP,
		'id,firstName\nm&uuml;ller@x.test,J&#252;rgen\n',
		['invalid 1', "row 2: The participant ID has '&uuml;' in it, as web pages write a letter"],
	],
	[
		'letters: lossy name',
		ADD_VIP,
		'id,firstName\nc@x.test,Ren?\n',
		[
			'succeeded 1',
			"note: Details in 1 row (row 2 ('Ren?')) look as if letters were lost or misr",
			'c@x.test = vip',
		],
	],
	[
		'letters: mojibake name',
		ADD_VIP,
		'id,firstName\nc@x.test,JÃ¼rgen\nd@x.test,RenÃ©\n',
		[
			'succeeded 2',
			"note: Details in 2 rows (row 2 ('JÃ¼rgen'), row 3 ('RenÃ©')) look as if lett",
			'c@x.test = vip',
			'd@x.test = vip',
		],
	],
	[
		'letters: replacement',
		ADD_VIP,
		'id,firstName\nc@x.test,Ren\ufffd\n',
		[
			'succeeded 1',
			"note: Details in 1 row (row 2 ('Ren\ufffd')) look as if letters were lost or misr",
			'c@x.test = vip',
		],
	],
	[
		'letters: urlenc',
		ADD_VIP,
		'id\na%40x.test\n',
		['invalid 1', "row 2: The participant ID has '%40' in it, as web addresses write a letter"],
	],
	[
		'encoding: utf32',
		ADD_VIP,
		bytes(
			'ÿþ\u0000\u0000i\u0000\u0000\u0000d\u0000\u0000\u0000,\u0000\u0000\u0000n\u0000\u0000\u0000o\u0000\u0000\u0000t\u0000\u0000\u0000e\u0000\u0000\u0000\n\u0000\u0000\u0000a\u0000\u0000\u0000@\u0000\u0000\u0000x\u0000\u0000\u0000.\u0000\u0000\u0000t\u0000\u0000\u0000e\u0000\u0000\u0000s\u0000\u0000\u0000t\u0000\u0000\u0000,\u0000\u0000\u0000x\u0000\u0000\u0000\n\u0000\u0000\u0000',
		),
		[
			'refused: The header contains zero bytes, so this is not a text file, or is in another encoding',
			"way out: If the file is UTF-16, choose UTF-16LE or UTF-16BE as 'Enc",
		],
	],
	[
		'encoding: bom twice',
		ADD_VIP,
		'\ufeff\ufeffid,note\na@x.test,x\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'encoding: bom quoted',
		ADD_VIP,
		'\ufeff"id","note"\n"a@x.test","x"\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'encoding: concat bom',
		ADD_VIP,
		'id,note\na@x.test,x\n\ufeffid,note\nc@x.test,y\n',
		[
			'succeeded 2',
			'note: Row 3 repeats the header and was skipped',
			'a@x.test = beta vip',
			'c@x.test = vip',
		],
	],
	[
		'encoding: qp',
		ADD_VIP,
		'id,firstName\nc@x.test,J=C3=BCrgen\n',
		[
			'succeeded 1',
			"note: Details in 1 row (row 2 ('J=C3=BCrgen')) look as if letters were lost ",
			'c@x.test = vip',
		],
	],
	[
		'encoding: iso2022',
		ADD_VIP,
		'id,firstName\nc@x.test,\u001b$B;3ED\u001b(B\n',
		[
			'succeeded 1',
			"note: Details in 1 row (row 2 ('\u001b$B;3ED\u001b(B')) look as if letters were lost o",
			'c@x.test = vip',
		],
	],
	[
		'encoding: 1252 id',
		ADD_VIP,
		bytes('id,firstName\nmüller@x.test,x\n'),
		[
			'succeeded 1',
			"note: The file is not UTF-8 and was read as Windows-1252: check 'müller@x.te",
			'müller@x.test = vip',
		],
	],
	[
		'encoding: cp437',
		ADD_VIP,
		bytes('id,firstName\nc@x.test,J\u0081rgen\n'),
		[
			'refused: The file is neither UTF-8 nor Windows-1252: row 2 has the byte 81 (at offset 23)',
			"way out: In n8n, choose its 'Encoding' in the option 'File Format'. Or save",
		],
	],
	[
		'encoding: esc',
		ADD_VIP,
		'id,note\n\u001b[31ma@x.test\u001b[0m,x\n',
		['invalid 1', 'row 2: The participant ID has the control character U+001B in it'],
	],
	[
		'encoding: del',
		ADD_VIP,
		'id,note\na@x.test\u007f,x\n',
		['invalid 1', 'row 2: The participant ID has the control character U+007F in it'],
	],
	[
		'encoding: inner',
		ADD_VIP,
		'id,note\na@x\u0000.test,x\n',
		['invalid 1', 'row 2: The row holds a zero byte (NUL), which is not text'],
	],
	[
		'header: userid',
		ADD_VIP,
		'userId,id\na@x.test,7\n',
		[
			"refused: Several columns could hold the participant ID: 'userId', 'id'",
			"way out: Set 'ID Column' to the one that is meant",
		],
	],
	[
		'header: two line',
		ADD_VIP,
		'"Participant\nID",note\na@x.test,x\n',
		['succeeded 1', 'a@x.test = beta vip'],
	],
	[
		'header: remove',
		ADD_VIP,
		'id,Remove?\nb@x.test,yes\n',
		['succeeded 1', "note: 'Remove?' was not used. If the import needs it, name the column in"],
	],
	[
		'header: unsub',
		ADD_VIP,
		'id,unsubscribed\nb@x.test,true\n',
		['succeeded 1', "note: 'unsubscribed' was not used. If the import needs it, name the column i"],
	],
	[
		'header: seg add',
		ADD_VIP,
		'id,add_segments,remove_segments\nb@x.test,gold,vip\n',
		['succeeded 1', "note: 'add_segments', 'remove_segments' were not used. If the import needs i"],
	],
	[
		'header: segm typo',
		ADD_VIP,
		'id,segmnets\nb@x.test,gold\n',
		['succeeded 1', "note: 'segmnets' was not used. If the import needs it, name the column in"],
	],
];
