/** Import CSV in the real engine: where a file comes from, and how it is written. */
import { apartFromSegments } from '../../support/advocate';
import { credentials } from '../../support/simulator';
import { TestApi } from './testApi';
import {
	COLUMN_BY_NAME,
	counts,
	expectAccounted,
	inputsOf,
	listOf,
	memberships,
	OWN_SEGMENTS,
	REPORT_COLUMNS,
	runImport,
	statuses,
} from './helpers';
import type { ImportInput } from './helpers';
import { inlineBinary, runNode, storedBinary } from '../harness';

const sim = new TestApi();

describe('source', () => {
	const CSV = 'id,segments\nanna,vip|beta\nbob,\n';
	/** In combined mode n8n takes a path into the item's JSON. */
	const fieldIn = (mode: 'separate' | 'combined', name: string) =>
		mode === 'combined' ? `_files.${name}` : name;
	const EXPECTED = { anna: ['beta', 'vip'], bob: ['gold'] };

	test('text', async () => {
		const run = await runImport(sim.api, CSV, { segments: ['gold'], options: COLUMN_BY_NAME });
		expect(run.status).toBe('success');
		expectAccounted(run, CSV);
		expect(memberships(sim.api)).toEqual(EXPECTED);
		expect(apartFromSegments(sim.api)).toHaveLength(1);
		expect(apartFromSegments(sim.api)[0]).toMatchObject({
			rootFields: ['upsertUsers'],
			status: 200,
		});
		expect(apartFromSegments(sim.api)[0].headers.authorization).toBe('Basic valid');
		expect(run.summary).toMatchObject({
			dryRun: false,
			complete: true,
			requests: 2,
			diagnostics: { retries: 0, throttled: 0 },
			participants: 2,
			duplicates: 0,
			segmentsCreated: [],
			failures: [],
			file: { bytes: CSV.length, encoding: 'utf-8', delimiter: ',', lineBreak: 'LF' },
		});
		expect(run.summary).not.toHaveProperty('error');
		expect(run.main.every(({ pairedItem }) => JSON.stringify(pairedItem) === '{"item":0}')).toBe(
			true,
		);
		expect(run.hints).toEqual([]);
		expect(run.decryptions).toBe(1);
	});

	test.each(['separate', 'combined'] as const)(
		'inline file, %s binary mode',
		async (binaryMode) => {
			const binary = { data: inlineBinary(CSV, 'people.csv') };
			const run = await runImport(sim.api, [{ json: {}, binary }], {
				segments: ['gold'],
				options: COLUMN_BY_NAME,
				binaryField: fieldIn(binaryMode, 'data'),
				binaryMode,
			});
			expectAccounted(run, CSV);
			expect(memberships(sim.api)).toEqual(EXPECTED);
			expect(run.summary.file).toMatchObject({ name: 'people.csv' });
		},
	);

	test.each(['separate', 'combined'] as const)(
		'stored file, %s binary mode',
		async (binaryMode) => {
			const csv = `id\n${Array.from({ length: 7000 }, (_, index) => `someone-${index}`).join('\n')}\n`;
			const binary = { people: await storedBinary(csv, 'people.csv') };
			const run = await runImport(sim.api, [{ json: {}, binary }], {
				// The plain name works in both modes, as people enter it everywhere else.
				binaryField: 'people',
				binaryMode,
				output: 'summary',
				options: { concurrency: 8 },
			});
			expect(run.summary).toMatchObject({ rows: 7000, succeeded: 7000, requests: 71 });
			expect(run.main).toHaveLength(1);
			expect(sim.api.state.participants.size).toBe(7000);
			expect(sim.api.maxInFlight).toBeLessThanOrEqual(8);
		},
	);

	test('the file itself, given by an expression', async () => {
		const binary = { people: await storedBinary(CSV, 'people.csv') };
		const run = await runImport(sim.api, [{ json: {}, binary }], {
			segments: ['gold'],
			options: COLUMN_BY_NAME,
			binaryField: '={{ $binary.people }}',
		});
		expectAccounted(run, CSV);
		expect(memberships(sim.api)).toEqual(EXPECTED);
	});

	test('a file field that is not there is an error that names it', async () => {
		const run = await runImport(sim.api, [{ json: {} }], { binaryField: 'attachment' });
		expect(run.status).toBe('error');
		expect(`${run.error?.message} ${run.error?.description}`).toContain('attachment');
		expect(apartFromSegments(sim.api)).toHaveLength(0);
	});

	test('text that is empty is an error that names the field', async () => {
		const run = await runImport(sim.api, ' \n');
		expect(run.error?.message).toBe("'CSV Text' is empty [item 0]");
	});

	test('several items are several files, each with its own summary and pairing', async () => {
		const files = [listOf(2), 'id\n\n', 'name\nx\n', listOf(3, 10)];
		const run = await runImport(
			sim.api,
			files.map((csv) => ({ json: { csv } })),
			{ onError: 'continueRegularOutput' },
		);
		expect(run.main.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 0, 1, 2, 3, 3, 3, 3].map((item) => ({ item })),
		);
		const summaries = run.main.filter(({ json }) => 'rows' in json);
		expect(summaries.map(({ json }) => json.rows)).toEqual([2, 0, 3]);
		expect(summaries.map(({ json }) => (json.details as { requests: number }).requests)).toEqual([
			1, 0, 1,
		]);
		expect(run.main[4].json.error).toMatch(/no participant ID column.*\[item 2\]/);
		expect(run.decryptions).toBe(1);
		expect(Object.keys(memberships(sim.api))).toEqual(['p1', 'p10', 'p11', 'p12', 'p2']);
	});

	test('settings are read per item', async () => {
		for (const key of ['one', 'two']) sim.api.state.addSegment({ key });
		const run = await runNode({
			credentials: credentials(sim.api),
			input: [
				{ csv: 'id\na\n', s: 'one', action: 'add' },
				{ csv: 'id\na\n', s: 'two', action: 'set' },
			],
			parameters: {
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'text',
				csvText: '={{ $json.csv }}',
				segmentAction: '={{ $json.action }}',
				segments: '={{ $json.s }}',
			},
		});
		expect(run.error).toBeUndefined();
		expect(memberships(sim.api)).toEqual({ a: ['two'] });
	});
});

describe('how a file is written', () => {
	const NAMES = ['Zoë', 'naïve', '日本', 'a;b', 'q"q'];
	const encode = (rows: string[][], delimiter: string, newline: string): string =>
		rows
			.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter))
			.join(newline) + newline;
	const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();
	const windows = (text: string) => Buffer.from(text, 'latin1');

	test.each<[string, string, string, (text: string) => Buffer, string, ImportInput['options']]>([
		['UTF-8, comma, LF', ',', '\n', (text) => Buffer.from(text), 'utf-8', {}],
		['UTF-8 with BOM, semicolon, CRLF', ';', '\r\n', (t) => Buffer.from(`\uFEFF${t}`), 'utf-8', {}],
		['UTF-8, tab, CR', '\t', '\r', (text) => Buffer.from(text), 'utf-8', {}],
		['UTF-8, pipe, LF', '|', '\n', (text) => Buffer.from(text), 'utf-8', {}],
		[
			'UTF-16LE with BOM',
			'\t',
			'\r\n',
			(t) => Buffer.from(`\uFEFF${t}`, 'utf16le'),
			'utf-16le',
			{},
		],
		['UTF-16BE with BOM', ',', '\n', (text) => swapped(`\uFEFF${text}`), 'utf-16be', {}],
		[
			'UTF-16LE chosen',
			',',
			'\n',
			(t) => Buffer.from(t, 'utf16le'),
			'utf-16le',
			{ encoding: 'utf-16le' },
		],
		['delimiter chosen', ';', '\n', (text) => Buffer.from(text), 'utf-8', { delimiter: ';' }],
		['tab chosen', '\t', '\n', (text) => Buffer.from(text), 'utf-8', { delimiter: '\t' }],
	])('%s', async (_name, delimiter, newline, toBytes, encoding, options) => {
		const rows = [['id', 'segments'], ...NAMES.map((name) => [name, 'x|y'])];
		const file = toBytes(encode(rows, delimiter, newline));
		const run = await runImport(sim.api, [{ json: {}, binary: { data: inlineBinary(file) } }], {
			binaryField: 'data',
			segments: [],
			options,
		});
		expect(counts(run.summary)).toEqual({ succeeded: NAMES.length });
		expect(Object.keys(memberships(sim.api)).sort()).toEqual([...NAMES].sort());
		expect(sim.api.state.segmentsOf('日本')).toEqual(['x', 'y']);
		expect(run.summary.file).toMatchObject({
			encoding,
			delimiter: delimiter === '\t' ? 'tab' : delimiter,
			lineBreak: { '\n': 'LF', '\r\n': 'CRLF', '\r': 'CR' }[newline],
		});
	});

	test.each([{}, { encoding: 'windows-1252' }])('Windows-1252, options %j', async (options) => {
		const file = windows('id\nZoë\n');
		const run = await runImport(sim.api, [{ json: {}, binary: { data: inlineBinary(file) } }], {
			binaryField: 'data',
			options,
		});
		expect(run.summary.file).toMatchObject({ encoding: 'windows-1252' });
		expect(memberships(sim.api)).toEqual({ Zoë: ['vip'] });
	});

	test('bytes that do not fit the chosen encoding are refused before anything is sent', async () => {
		const binary = { data: inlineBinary(windows('id\na\nZoë\n')) };
		const run = await runImport(sim.api, [{ json: {}, binary }], {
			binaryField: 'data',
			options: { encoding: 'utf-8' },
		});
		expect(run.error?.message).toMatch(/not valid UTF-8: row 3 has the byte EB.*\[item 0\]/);
		expect(sim.api.requests).toHaveLength(0);
	});

	test('an encoding chosen for text does not matter: text is decoded already', async () => {
		await runImport(sim.api, 'id\nZoë\n', { options: { encoding: 'utf-16le' } });
		expect(memberships(sim.api)).toEqual({ Zoë: ['vip'] });
	});

	test.each([
		['empty', '', /The file is empty/],
		['blank', '\n \n', /The file is empty/],
		['an Excel workbook', 'PK\u0003\u0004....', /Excel workbook/],
		['an image', 'GIF89a\u0001\0\u0001\0', /^The file is an image \(GIF\), not a CSV file/],
		['without an ID column', 'name,mail\na,b\n', /no participant ID column.*'name', 'mail'/],
		['with two ID columns', 'id,ID\na,b\n', /Several columns could hold the participant ID/],
		[
			'with the same ID column twice',
			'id,id\na,b\n',
			/Several columns could hold the participant ID/,
		],
		['with a header bomb', `id${',x'.repeat(10_000)}\n`, /10,001 columns; at most 1,000/],
		['with one line of 3 MB', `id\n${'x'.repeat(3_000_000)}`, /Row 2 is longer than 1,048,576/],
	])('a file that is %s', async (_name, content, message) => {
		const run = await runImport(sim.api, [{ json: {}, binary: { data: inlineBinary(content) } }], {
			binaryField: 'data',
		});
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(message);
		expect(run.error?.message).toContain('[item 0]');
		expect(run.error?.description).toBeTruthy();
		expect(apartFromSegments(sim.api)).toHaveLength(0);
	});

	test('a header and nothing else is a file without rows', async () => {
		const run = await runImport(sim.api, 'id,segments\n');
		expect(run.status).toBe('success');
		expect(run.summary).toMatchObject({ rows: 0, complete: true, requests: 0 });
		expect(run.main).toHaveLength(1);
	});

	test('duplicate headers matter only where a column is used', async () => {
		const csv = 'id,note,note,firstName,firstName\nu,a,b,c,d\n';
		const run = await runImport(sim.api, csv, { details: 'none' });
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		const details = await runImport(sim.api, csv, { details: 'all' });
		expect(details.error?.message).toMatch(/several columns named 'firstName'/);
	});

	test('ragged rows and broken quotes are invalid with their row numbers', async () => {
		const csv =
			'id,segments,note\nshort,x\nlong,x,n,more,cells\nok,x,\nextra,x,n,,\n"bad"quote,x,n\n\nlast,x,n\n';
		const run = await runImport(sim.api, csv, OWN_SEGMENTS);
		expect(statuses(run)).toEqual({
			// Only its note is missing, which is not used.
			2: 'succeeded',
			3: 'invalid',
			4: 'succeeded',
			5: 'invalid',
			6: 'invalid',
			8: 'succeeded',
		});
		expect(run.rejects?.[0]).toEqual([
			...REPORT_COLUMNS,
			'id',
			'segments',
			'note',
			'idCheck',
			'unplacedCells',
		]);
		const surplus =
			'The row has 5 cells but the header has 3; put a cell that has the delimiter in it in quotes, or remove the surplus ones. Then empty the cell in the column unplacedCells';
		expect(run.rejects?.map((row) => row[1])).toEqual([
			'message',
			surplus,
			surplus,
			expect.stringContaining('text after the closing quote'),
		]);
		expect(Object.keys(memberships(sim.api))).toEqual(['last', 'ok', 'short']);
	});

	test('a quoted field over the limit is found before anything is sent', async () => {
		const monster = `"${'line\n'.repeat(300_000)}"`;
		const csv = `id,note\n${'p,\n'.repeat(250)}x,${monster}\nlater,\n`;
		const run = await runImport(sim.api, csv);
		expect(run.error?.message).toBe('Row 252 is longer than 1,048,576 characters [item 0]');
		expect(apartFromSegments(sim.api)).toHaveLength(0);
	});

	test('a long field within the limit is read', async () => {
		const id = `"${'x'.repeat(500_000)}"`;
		const run = await runImport(sim.api, `id,note\na,${id}\nb,\n`);
		expect(counts(run.summary)).toEqual({ succeeded: 2 });
	});

	test('formula-looking cells are verbatim, but for a guard', async () => {
		const csv = `id,firstName\n=1+1,@SUM(A1)\n+41,-5\n-x,"=HYPERLINK(""x"")"\n'=q,'\n`;
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(inputsOf(sim.api).map(({ id, firstName }) => [id, firstName])).toEqual([
			['=1+1', '@SUM(A1)'],
			['+41', '-5'],
			['-x', '=HYPERLINK("x")'],
			// The apostrophe is the guard of a program that exported the file.
			['=q', "'"],
		]);
	});

	test('zero bytes spoil their row only', async () => {
		const csv = 'id\ngood\nba\u0000d\nfine\n';
		const run = await runImport(sim.api, csv);
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'invalid', 4: 'succeeded' });
	});

	test('prototype names are plain names: columns, segments, ids, custom fields', async () => {
		const segments = ['__proto__', 'constructor', 'toString', 'valueOf'];
		for (const key of segments) sim.api.state.addSegment({ key });
		const csv =
			'id,segments,customFields.__proto__,customFields.constructor,__proto__,constructor\n__proto__,__proto__|constructor,a,b,c,d\nconstructor,toString,a,b,c,d\n__proto__,valueOf,e,f,,\n';
		const run = await runImport(sim.api, csv, {
			segments: [],
			details: 'all',
			options: { createMissingSegments: true },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 3 });
		expect(sim.api.state.segmentsOf('__proto__')).toEqual(['__proto__', 'constructor', 'valueOf']);
		expect(sim.api.state.segmentsOf('constructor')).toEqual(['toString']);
		expect(run.summary.file).toMatchObject({ ignoredColumns: ['__proto__', 'constructor'] });
		const fields = sim.api.state.participant('__proto__', '__proto__')?.customFields ?? {};
		expect(Object.entries(fields)).toEqual([
			['__proto__', 'e'],
			['constructor', 'f'],
		]);
		expect(run.summary.segmentsCreated).toEqual([]);
	});

	test("ids with characters that addresses can't hold", async () => {
		const ids = ['a/b', 'a b', 'ä ?#&%', 'x@example.com', '100%'];
		const csv = `id\n${ids.join('\n')}\n`;
		const run = await runImport(sim.api, csv, { options: { batchSize: 1 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: ids.length });
		expect(Object.keys(memberships(sim.api)).sort()).toEqual([...ids].sort());
	});
});
