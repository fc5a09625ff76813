/** Databases and their consoles, by their documented options. Those of sqlite3 were compared with its own output. */
import { without } from './table';
import { databaseCell, drawn, written } from './write';
import { writes, writesText } from './writer';
import type { Writer } from './writer';

const CRLF = { eol: '\r\n' };
const TAB = { delimiter: '\t', quotes: 'none' } as const;
const COPY_TEXT = { ...TAB, cell: databaseCell };

/** Consoles that draw can't show line breaks in one cell. */
const LINES = without('lines');

const PSQL = { corner: '+', left: '', right: '', top: false };

/** A header in the midst of the file, or none at all: no row of ours. */
const NOT_CSV = { refused: /no participant ID column|is XML|web page|JSON|header|looks like/ };

export const DATABASES: Writer[] = [
	writes('PostgreSQL COPY … CSV HEADER', {}),
	writes(
		"PostgreSQL COPY … CSV HEADER NULL 'NULL'",
		{ noValue: 'NULL' },
		{ notes: [/'NULL', which programs write/] },
	),
	writes('PostgreSQL COPY … CSV HEADER FORCE_QUOTE *', { quotes: 'all', noValue: '' }),
	writes("PostgreSQL COPY … CSV HEADER DELIMITER ';'", { delimiter: ';' }),
	writes("PostgreSQL COPY … CSV HEADER DELIMITER '|'", {
		delimiter: '|',
		list: (keys) => keys.join(','),
	}),
	writes("PostgreSQL COPY … CSV HEADER ESCAPE '\\'", { escape: 'backslash' }),
	writes(
		'PostgreSQL COPY … TEXT HEADER',
		{ ...COPY_TEXT, noValue: '\\N' },
		{ notes: [/database escapes/, /'\\N'/] },
	),
	writes("PostgreSQL COPY … TEXT HEADER NULL ''", COPY_TEXT, { notes: [/database escapes/] }),
	writes('PostgreSQL COPY … CSV, a text[] column', { list: (keys) => `{${keys.join(',')}}` }),
	writes('PostgreSQL COPY … CSV, a jsonb column', { list: (keys) => JSON.stringify(keys) }),
	writes('psql --csv', {}),
	writes("psql --csv --pset=null='(null)'", { noValue: '(null)' }, { notes: [/'\(null\)'/] }),
	writes(
		'psql --no-align',
		{ delimiter: '|', quotes: 'none', list: (keys) => keys.join(','), after: '(5 rows)\n' },
		{ table: LINES, notes: [/a line or a count/] },
	),
	writes(
		'psql --no-align --field-separator=,',
		{ quotes: 'none', after: '(1 row)\n' },
		{ table: without('lines', 'delimiters'), notes: [/a line or a count/] },
	),
	writes(
		'psql --no-align --field-separator=\\t',
		{ ...TAB, after: '(5 rows)\n' },
		{ table: LINES, notes: [/a line or a count/] },
	),
	writesText('psql', drawn(without('lines', 'delimiters'), { ...PSQL, after: '(3 rows)\n' }), {
		table: without('lines', 'delimiters'),
		notes: [/lines drawn/, /lines or counts/],
	}),
	writesText(
		'psql --pset=border=2',
		drawn(without('lines', 'delimiters'), {
			corner: '+',
			left: '|',
			right: '|',
			top: true,
			after: '(3 rows)\n',
		}),
		{ table: without('lines', 'delimiters'), notes: [/lines drawn/, /lines or counts/] },
	),
	writesText(
		'psql --expanded',
		'-[ RECORD 1 ]--+-----------\nid             | ada@x.test\nsegments       | vip\n',
		{ outcome: NOT_CSV },
	),
	writesText('psql --html', '<table border="1">\n  <tr>\n    <th>id</th>\n  </tr>\n</table>\n', {
		outcome: NOT_CSV,
	}),
	writes('pgAdmin, download of a result', { quotes: 'texts', noValue: '' }),
	writes(
		'pgAdmin, download with NULL as text',
		{ quotes: 'texts', noValue: 'NULL' },
		{ notes: [/'NULL'/] },
	),
	writes(
		'mysql --batch',
		{ ...TAB, cell: databaseCell, noValue: 'NULL' },
		{ notes: [/database escapes/, /'NULL'/] },
	),
	writes('mysql --batch --raw', { ...TAB, noValue: 'NULL' }, { table: LINES, notes: [/'NULL'/] }),
	writesText(
		'mysql --table',
		drawn(without('lines', 'delimiters'), {
			corner: '+',
			left: '|',
			right: '|',
			top: true,
			noValue: 'NULL',
			after: '3 rows in set (0.00 sec)\n',
		}),
		{ table: without('lines', 'delimiters'), notes: [/lines drawn/, /lines or counts/, /'NULL'/] },
	),
	writesText(
		'mysql --xml',
		'<?xml version="1.0"?>\n<resultset><row><field name="id">ada@x.test</field></row></resultset>\n',
		{ outcome: { refused: /XML/ } },
	),
	writesText(
		'mysql --html',
		'<TABLE BORDER=1><TR><TH>id</TH></TR><TR><TD>ada@x.test</TD></TR></TABLE>\n',
		{ outcome: { refused: /web page/ } },
	),
	writesText(
		'mysql --vertical',
		'*************************** 1. row ***************************\n      id: ada@x.test\nsegments: vip\n',
		{ outcome: NOT_CSV },
	),
	writes(
		'MySQL SELECT … INTO OUTFILE, names added with UNION',
		{ ...COPY_TEXT, noValue: '\\N' },
		{ notes: [/database escapes/, /'\\N'/] },
	),
	writes(
		"MySQL INTO OUTFILE … FIELDS TERMINATED BY ',' ENCLOSED BY '\"'",
		{ quotes: 'all', escape: 'backslash', noValue: '\\N' },
		{ notes: [/Backslashes before quotes/, /'\\N'/] },
	),
	writes(
		"MySQL INTO OUTFILE … OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '\"'",
		{ quotes: 'all', noValue: 'NULL' },
		{ notes: [/'NULL'/] },
	),
	writesText(
		'MySQL INTO OUTFILE without names',
		written(without('lines'), { quotes: 'all' }).split('\n').slice(1).join('\n'),
		{ outcome: NOT_CSV },
	),
	writes(
		'MySQL Workbench, export of a result',
		{ noValue: 'NULL', quotesAlso: /\s/ },
		{ notes: [/'NULL'/] },
	),
	writes(
		'MySQL Workbench, export with semicolons',
		{ delimiter: ';', noValue: 'NULL' },
		{ notes: [/'NULL'/] },
	),
	writes(
		'phpMyAdmin, CSV with column names',
		{ quotes: 'all', noValue: 'NULL' },
		{ notes: [/'NULL'/] },
	),
	writes('phpMyAdmin, CSV for MS Excel', { delimiter: ';', quotes: 'all', ...CRLF }),
	writes(
		'MariaDB INTO OUTFILE, CSV engine rules',
		{ quotes: 'texts', escape: 'backslash' },
		{ notes: [/Backslashes before quotes/] },
	),
	writes('sqlite3 -csv', { quotesAlso: /['\s\u0080-\uffff]/ }),
	writes('sqlite3, .mode csv and .output', { ...CRLF, quotesAlso: /['\s\u0080-\uffff]/ }),
	writes(
		'sqlite3 -csv -nullvalue NULL',
		{ quotesAlso: /['\s\u0080-\uffff]/, noValue: 'NULL' },
		{ notes: [/'NULL'/] },
	),
	writes(
		'sqlite3 -list',
		{ delimiter: '|', quotes: 'none', list: (keys) => keys.join(',') },
		{ table: LINES },
	),
	writes(
		"sqlite3 -separator ';'",
		{ delimiter: ';', quotes: 'none' },
		{ table: without('lines', 'delimiters') },
	),
	writes('sqlite3 -tabs', TAB, { table: LINES }),
	writesText(
		'sqlite3 -markdown',
		drawn(without('lines', 'delimiters'), { corner: '|', left: '|', right: '|', top: false }),
		{ table: without('lines', 'delimiters'), notes: [/lines drawn/, /a line or a count/] },
	),
	writesText(
		'sqlite3 -table',
		drawn(without('lines', 'delimiters'), { corner: '+', left: '|', right: '|', top: true }),
		{ table: without('lines', 'delimiters'), notes: [/lines drawn/, /lines or counts/] },
	),
	writesText(
		'sqlite3 -column',
		'id          segments\n----------  --------\nada@x.test  vip     \n',
		{ outcome: NOT_CSV },
	),
	writesText(
		'sqlite3 -box',
		'┌────────────┬──────────┐\n│     id     │ segments │\n├────────────┼──────────┤\n│ ada@x.test │ vip      │\n└────────────┴──────────┘\n',
		{ outcome: NOT_CSV },
	),
	writesText('sqlite3 -json', '[{"id":"ada@x.test","segments":"vip"}]\n', {
		outcome: { refused: /JSON/ },
	}),
	writesText('sqlite3 -html', '<TR><TH>id</TH></TR>\n<TR><TD>ada@x.test</TD></TR>\n', {
		outcome: NOT_CSV,
	}),
	writesText('sqlite3 -line', '      id = ada@x.test\nsegments = vip\n', { outcome: NOT_CSV }),
	writes(
		'sqlite3 -quote',
		{ quote: "'", quotes: 'all', noValue: 'NULL' },
		{ notes: [/Single quotes/, /'NULL'/] },
	),
	writes(
		'SQL Server Management Studio, Save Results As CSV',
		{ noValue: 'NULL', ...CRLF },
		{ encoding: 'utf8-bom', notes: [/'NULL'/] },
	),
	writesText(
		'sqlcmd -s"," -W',
		written(without('lines', 'delimiters'), {
			quotes: 'none',
			noValue: 'NULL',
			...CRLF,
			after: '\r\n(3 rows affected)\r\n',
		}).replace('\r\n', '\r\n--,---------,---------,----,--------\r\n'),
		{ table: without('lines', 'delimiters'), notes: [/lines or counts/, /'NULL'/] },
	),
	writes(
		'bcp queryout -w, names added',
		{ ...TAB, ...CRLF },
		{ table: LINES, encoding: 'utf16le-bom', notes: [/UTF-16LE/] },
	),
	writes(
		'SQL*Plus SET MARKUP CSV ON',
		{
			quotes: 'texts',
			before: '\n',
			after: '\n6 rows selected.\n\n',
			header: (names) => names.map((name) => name.toUpperCase()),
		},
		{ notes: [/a line or a count/] },
	),
	writes('Oracle SQL Developer, export as CSV', {
		quotes: 'texts',
		header: (names) => names.map((name) => name.toUpperCase()),
	}),
	writes('BigQuery, bq query --format=csv', {}),
	writes(
		'Snowflake COPY INTO, CSV with HEADER',
		{ quotes: 'all', noValue: '\\N' },
		{ notes: [/'\\N'/] },
	),
	writes('Snowflake COPY INTO, EMPTY_FIELD_AS_NULL = FALSE', { quotes: 'all', noValue: '' }),
	writes('Amazon Redshift UNLOAD … CSV HEADER', {}),
	writes('Amazon Athena, query results', { quotes: 'all', noValue: '' }),
	writes(
		'Hive, ROW FORMAT DELIMITED, names added',
		{ ...TAB, noValue: '\\N' },
		{ table: without('lines', 'backslashes'), notes: [/'\\N'|escapes/] },
	),
	writesText('Hive, default delimiter ^A', 'id\u0001segments\nada@x.test\u0001vip\n', {
		outcome: NOT_CSV,
	}),
	writes(
		'Spark, DataFrame.write.csv with header',
		{ escape: 'backslash', noValue: '""' },
		{ table: without('backslashes'), notes: [/Backslashes before quotes/] },
	),
	writes("Spark, option('nullValue', 'null')", { noValue: 'null' }, { notes: [/'null'/] }),
	writes('ClickHouse FORMAT CSVWithNames', { quotes: 'all', noValue: '\\N' }, { notes: [/'\\N'/] }),
	writes(
		'ClickHouse FORMAT TSVWithNames',
		{ ...COPY_TEXT, noValue: '\\N' },
		{ notes: [/database escapes/, /'\\N'/] },
	),
	writes('DuckDB COPY … (HEADER)', {}),
	writes('DBeaver, export with [NULL]', { noValue: '[NULL]' }, { notes: [/'\[NULL\]'/] }),
	writes('DataGrip, CSV', { noValue: 'null' }, { notes: [/'null'/] }),
	writes('DataGrip, Pipe-separated', { delimiter: '|', list: (keys) => keys.join(';') }),
	writes('TablePlus, CSV', { quotes: 'all', noValue: 'NULL' }, { notes: [/'NULL'/] }),
	writes('MongoDB mongoexport --type=csv, lists as JSON', { list: (keys) => JSON.stringify(keys) }),
	writes('Cassandra cqlsh COPY … WITH HEADER, list column', {
		list: (keys) => `[${keys.map((key) => `'${key}'`).join(', ')}]`,
	}),
];
