/** Import CSV in the real engine: what a file and the fields around it lead to. */
import { TestApi } from './testApi';
import {
	AS_THE_FILE_SAYS,
	COLUMN_BY_NAME,
	counts,
	credentialsOf,
	expectAccounted,
	inputsOf,
	listOf,
	memberships,
	OWN_SEGMENTS,
	readTable,
	REPORT_COLUMNS,
	runImport,
	statuses,
	writesOf,
} from './helpers';
import type { ImportInput } from './helpers';
import { failedJson } from '../../support/advocate';
import { inlineBinary, readBinary, runNode, storedBinary } from '../harness';
import type { NodeRun } from '../harness';
import { loadNodeType } from '../harness/source';
import type { IBinaryData, IExecuteFunctions, INodeType } from 'n8n-workflow';

const sim = new TestApi();

/** A file of the summary item, as the next node gets it. */
function fileOf({ main }: NodeRun, name: string): IBinaryData {
	const file = main[0].binary?.[name];
	if (file === undefined) throw new Error(`The summary has no file '${name}'`);
	return file;
}

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
		expect(sim.api.requests).toHaveLength(1);
		expect(sim.api.requests[0]).toMatchObject({ rootFields: ['upsertUsers'], status: 200 });
		expect(sim.api.requests[0].headers.authorization).toBe('Basic valid');
		expect(run.summary).toMatchObject({
			dryRun: false,
			complete: true,
			requests: 1,
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
			expect(run.summary).toMatchObject({ rows: 7000, succeeded: 7000, requests: 70 });
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
		expect(sim.api.requests).toHaveLength(0);
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
		const run = await runNode({
			credentials: credentialsOf(sim.api),
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

describe('columns', () => {
	/** The columns of the vendor's import guide, in its order. */
	const VENDOR_HEADER =
		'accountId,id,firstName,lastName,email,referable,locale,countryCode,referredBy.code,referralCodes.my-program,sharelinks.my-program,dateCreated,imageUrl,dateUsTaxFormSubmitted,customFields.plan,customFields.007';

	test("the vendor's documented header imports unchanged", async () => {
		const csv = `${VENDOR_HEADER}\nacc,u1,Anna,"Lee, Jr",anna@example.com,true,en_US,CA,BOBS,ANNAS,https://ex.am/ple,1577836800000,https://ex.am/i.png,1577836800001,gold,007\nacc,u2,,,,,,,,,,,,,,\n`;
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(sim.api.state.participant('acc', 'u1')).toMatchObject({
			firstName: 'Anna',
			lastName: 'Lee, Jr',
			email: 'anna@example.com',
			referable: true,
			locale: 'en_US',
			countryCode: 'CA',
			referredByCodes: ['BOBS'],
			referralCodes: { 'my-program': 'ANNAS' },
			shareLinks: { 'my-program': 'https://ex.am/ple' },
			dateCreated: 1577836800000,
			imageUrl: 'https://ex.am/i.png',
			dateUsTaxFormSubmitted: 1577836800001,
			customFields: { plan: 'gold', '007': '007' },
			segments: ['vip'],
		});
		expect(inputsOf(sim.api)[1]).toEqual({ accountId: 'acc', id: 'u2', segments: ['vip'] });
		expect(run.summary.file).toMatchObject({ ignoredColumns: [], detailsNotSent: [] });
	});

	test('with Participant Details on Never only segments are sent', async () => {
		const csv = `${VENDOR_HEADER}\nacc,u1,Anna,Lee,not an address,perhaps,xx,yy,B,A,s,soon,i,never,gold,007\n`;
		const run = await runImport(sim.api, csv, { details: 'none', options: { batchSize: 1 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(inputsOf(sim.api)).toEqual([{ accountId: 'acc', id: 'u1', segments: ['vip'] }]);
		expect((run.summary.file as { detailsNotSent: string[] }).detailsNotSent).toHaveLength(14);
	});

	test('single rows with a creation date go through GraphQL, since REST refuses the field', async () => {
		const csv = 'id,dateCreated\nu1,2020-01-01\n';
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(sim.api.requests.map(({ rootFields }) => rootFields)).toEqual([['upsertUser']]);
		expect(sim.api.state.participant('u1', 'u1')?.dateCreated).toBe(1577836800000);
	});

	test.each([
		['User ID', 'Account ID', 'Segments', 'ACTION'],
		['participant_id', 'ACCOUNTID', 'segment', ' action '],
		['userId', 'account_id', 'SEGMENTS', 'Action'],
	])('aliases %s, %s, %s, %s', async (...header) => {
		const csv = `${header.join(',')}\nu,acc,a|b,set\n`;
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(sim.api.state.segmentsOf('u', 'acc')).toEqual(['a', 'b']);
	});

	test('columns named in the options', async () => {
		const csv = 'id,Customer,Company,Lists,Change\n1,u,acc,a|b,remove\n2,w,,c,add\n';
		sim.api.state.addParticipant({ id: 'u', accountId: 'acc', segments: ['a', 'b', 'c'] });
		const run = await runImport(sim.api, csv, {
			action: 'file',
			options: {
				idColumn: 'customer',
				accountIdColumn: 'Company',
				segmentsColumn: 'name',
				segmentsColumnName: 'Lists',
				actionColumn: 'name',
				actionColumnName: 'Change',
			},
		});
		expectAccounted(run, csv);
		expect(sim.api.state.segmentsOf('u', 'acc')).toEqual(['c']);
		expect(memberships(sim.api)).toEqual({ u: ['c'], w: ['c'] });
		expect(run.summary.file).toMatchObject({ ignoredColumns: ['id'] });
	});

	test('a column named in the options that is not there', async () => {
		const run = await runImport(sim.api, listOf(1), {
			options: { segmentsColumn: 'name', segmentsColumnName: 'Lists' },
		});
		expect(run.error?.message).toBe("The file has no column 'Lists' [item 0]");
		expect(run.error?.description).toContain("'id'");
		expect(sim.api.requests).toHaveLength(0);
	});

	test('segments cells: keys, removals, set and clear; blank cells take the segments for all rows', async () => {
		const before = ['old', 'trial'];
		for (const id of ['keys', 'mixed', 'set', 'clear', 'blank', 'bars']) {
			sim.api.state.addParticipant({ id, segments: before });
		}
		const csv =
			'id,segments\nkeys,a|b\nmixed,a|~trial\nset,~*|a\nclear,~*\nblank,\nbars," a ||b| "\n';
		const run = await runImport(sim.api, csv, {
			action: 'file',
			segments: ['vip'],
			options: COLUMN_BY_NAME,
		});
		expectAccounted(run, csv);
		expect(memberships(sim.api)).toEqual({
			keys: ['a', 'b', 'old', 'trial'],
			mixed: ['a', 'old'],
			set: ['a'],
			clear: [],
			blank: ['old', 'trial', 'vip'],
			bars: ['a', 'b', 'old', 'trial'],
		});
		expect(inputsOf(sim.api).map(({ segments }) => segments)).toEqual([
			['a', 'b'],
			['~trial', 'a'],
			['~*', 'a'],
			['~*'],
			['vip'],
			['a', 'b'],
		]);
	});

	test('actions by row, in any case; a blank one is nothing to guess at', async () => {
		for (const id of ['add', 'remove', 'set', 'clear', 'blank']) {
			sim.api.state.addParticipant({ id, segments: ['x', 'y'] });
		}
		const csv =
			'id,segments,action\nadd,z,Add\nremove,x, REMOVE \nset,z,set\nclear,,clear\nblank,x,\n';
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(memberships(sim.api)).toEqual({
			add: ['x', 'y', 'z'],
			remove: ['y'],
			set: ['z'],
			clear: [],
			blank: ['x', 'y'],
		});
		expect(run.rows.at(-1)).toMatchObject({
			status: 'invalid',
			message: 'The action is blank; it must be one of add, remove, set, clear',
		});
	});

	test.each([
		['add', ['x', 'y'], ['x', 'y']],
		['remove', ['x', 'y'], []],
		['set', ['x', 'y'], ['y']],
		['clear', ['x', 'y'], []],
	] as const)('action %s for the whole file', async (action, before, after) => {
		sim.api.state.addParticipant({ id: 'p1', segments: [...before] });
		const run = await runImport(sim.api, listOf(1), {
			action,
			segments: action === 'remove' ? 'x, y' : ['y'],
		});
		expectAccounted(run, listOf(1));
		expect(counts(run.summary)).toEqual({ succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ p1: after });
	});

	test("rows that can't be sent are invalid with the reason, and never sent", async () => {
		const csv =
			'id,accountId,segments,action\n,a,x,\n  ,a,x,\nu1,,,add\nu2,,~,\nu3,,a|~a,\nu4,,x,upsert\nu5,,x,clear\nu6,,~x,remove\nu7,,*,add\nu8,,~~b,add\nu9,,a|~*,\n"u\n10",,x,\nok,,x,add\n' +
			`${'x'.repeat(513)},,x,\n`;
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ invalid: 13, succeeded: 1 });
		expect(memberships(sim.api)).toEqual({ ok: ['x'] });
		const messages = run.rows
			.filter(({ status }) => status === 'invalid')
			.map((row) => row.message);
		expect(messages).toEqual([
			'The participant ID is blank',
			'The participant ID is blank',
			'The row names no segment, and none was chosen for all rows',
			"A bare '~' names no segment",
			"'a' is both added and removed in one cell",
			"The action 'upsert' is not one of add, remove, set, clear",
			'Clear removes every segment, so it takes no segment names',
			"The segments cell holds '~' operations, but the action of this row is 'remove'",
			"'*' stands for all segments in the API and can't be a segment key",
			"Segment key '~b' starts with '~', which means removal in the API",
			"'~*' is not the first entry of the segments cell",
			"The participant ID has a line break in it. Correct it where it comes from. If the participant is really called that, turn on 'Accept Unusual IDs'",
			'The participant ID has 513 characters (at most 512). Correct it where it comes from',
		]);
		expect(run.summary.failures).toHaveLength(10);
		expect(run.hints).toEqual([
			expect.objectContaining({
				message:
					'1 of 14 rows imported, 13 not: row 2: the participant ID is blank; row 3: the participant ID is blank; row 4: the row names no segment, and none was chosen for all rows; 10 more; rejects file attached',
				type: 'warning',
			}),
		]);
	});

	test('blank detail cells: ignored, cleared when asked, and absent columns left alone', async () => {
		const csv = 'id,firstName,customFields.plan\nu,,\n';
		const person = {
			id: 'u',
			firstName: 'Anna',
			lastName: 'Lee',
			customFields: { plan: 'gold', size: 'L' },
		};
		sim.api.state.addParticipant(person);
		await runImport(sim.api, csv, { details: 'all' });
		expect(sim.api.state.participant('u', 'u')).toMatchObject(person);
		await runImport(sim.api, csv, { details: 'all', options: { blankCells: 'clear' } });
		expect(inputsOf(sim.api)[1].customFields).toEqual({ plan: null });
		expect(inputsOf(sim.api)[1]).not.toHaveProperty('firstName');
		expect(sim.api.state.participant('u', 'u')).toMatchObject({
			firstName: 'Anna',
			lastName: 'Lee',
			customFields: { size: 'L' },
		});
		expect(sim.api.state.participant('u', 'u')?.customFields).not.toHaveProperty('plan');
	});

	test('details alone, without any segment', async () => {
		const csv = 'id,firstName\nu,Anna\nv,\n';
		const run = await runImport(sim.api, csv, { segments: [], details: 'all' });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 1, invalid: 1 });
		expect(inputsOf(sim.api)).toEqual([{ accountId: 'u', id: 'u', firstName: 'Anna' }]);
	});

	test("a value that a detail can't have makes the row invalid", async () => {
		const csv = 'id,referable\nu,perhaps\n';
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(run.rows[0].message).toBe(
			"Column 'referable' holds 'perhaps', which is neither true nor false. Correct the cell, or set 'Participant Details' to 'Never'",
		);
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
		['without an ID column', 'name,mail\na,b\n', /no participant ID column.*'name', 'mail'/],
		['with two ID columns', 'id,ID\na,b\n', /Several columns could be the ID Column/],
		['with the same ID column twice', 'id,id\na,b\n', /Several columns could be the ID Column/],
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
		expect(sim.api.requests).toHaveLength(0);
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
			'unplacedCells',
		]);
		expect(run.rejects?.map((row) => row[1])).toEqual([
			'message',
			'The row has 5 cells but the header has 3',
			'The row has 5 cells but the header has 3',
			expect.stringContaining('text after the closing quote'),
		]);
		expect(Object.keys(memberships(sim.api))).toEqual(['last', 'ok', 'short']);
	});

	test('a quoted field over the limit is found before anything is sent', async () => {
		const monster = `"${'line\n'.repeat(300_000)}"`;
		const csv = `id,note\n${'p,\n'.repeat(250)}x,${monster}\nlater,\n`;
		const run = await runImport(sim.api, csv);
		expect(run.error?.message).toBe('Row 252 is longer than 1,048,576 characters [item 0]');
		expect(sim.api.requests).toHaveLength(0);
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
		expect([...sim.api.state.segments.keys()].sort()).toEqual([
			'__proto__',
			'constructor',
			'toString',
			'valueOf',
		]);
	});

	test("ids with characters that addresses can't hold", async () => {
		const ids = ['a/b', 'a b', 'ä?#&%', 'x@example.com', '100%'];
		const csv = `id\n${ids.join('\n')}\n`;
		const run = await runImport(sim.api, csv, { options: { batchSize: 1 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: ids.length });
		expect(Object.keys(memberships(sim.api)).sort()).toEqual([...ids].sort());
	});
});

describe('dry run', () => {
	test('reads and checks the whole file, and sends nothing', async () => {
		const csv =
			'id,segments,action\na,x|~y,\nb,x,remove\nb,z,set\nc,,clear\n,x,\nd,x,bad\na,,add\ne,~*|q,\n';
		const run = await runImport(sim.api, csv, {
			action: 'file',
			segments: ['vip'],
			dryRun: true,
			options: COLUMN_BY_NAME,
		});
		expectAccounted(run, csv);
		expect(sim.api.requests).toHaveLength(0);
		expect(run.summary).toMatchObject({
			dryRun: true,
			complete: true,
			rows: 8,
			planned: 6,
			invalid: 2,
			requests: 0,
			duplicates: 2,
			participants: 4,
			plan: {
				rowsByAction: { add: 3, remove: 1, set: 1, clear: 1 },
				segments: [
					{ key: 'x', add: 1, remove: 1 },
					{ key: 'y', add: 0, remove: 1 },
					{ key: 'z', add: 1, remove: 0 },
					{ key: 'vip', add: 1, remove: 0 },
					{ key: 'q', add: 1, remove: 0 },
				],
			},
		});
		expect(run.rows.every(({ dryRun }) => dryRun === true)).toBe(true);
	});

	test('works without a valid credential, since nothing is sent', async () => {
		const credentials = { ...credentialsOf(sim.api), authToken: 'wrong' };
		const run = await runImport(sim.api, listOf(3), { dryRun: true, credentials });
		expect(counts(run.summary)).toEqual({ planned: 3 });
	});
});

describe('several rows of one participant', () => {
	const CSV = 'id,segments,action\nu,a,add\nw,a,add\nu,b,add\nu,a,remove\nu,c,add\n';

	test.each<[string, string[] | undefined, Record<string, string>]>([
		['merge', ['b', 'c'], { 2: 'succeeded', 4: 'succeeded', 5: 'succeeded', 6: 'succeeded' }],
		['last', ['c'], { 2: 'skipped', 4: 'skipped', 5: 'skipped', 6: 'succeeded' }],
		['first', ['a'], { 2: 'succeeded', 4: 'skipped', 5: 'skipped', 6: 'skipped' }],
		['error', undefined, { 2: 'invalid', 4: 'invalid', 5: 'invalid', 6: 'invalid' }],
	])('%s', async (duplicates, segments, expected) => {
		const run = await runImport(sim.api, CSV, { action: 'file', options: { duplicates } });
		expectAccounted(run, CSV);
		expect(statuses(run)).toEqual({ ...expected, 3: 'succeeded' });
		expect(run.summary).toMatchObject({ duplicates: 3, participants: 2 });
		expect(sim.api.state.segmentsOf('u')).toEqual(segments);
		expect(sim.api.orderViolations).toEqual([]);
	});

	test.each(['merge', 'last', 'first', 'error'])('far apart, %s', async (duplicates) => {
		const rows = Array.from({ length: 6000 }, (_, index) => `participant-${index},seg`);
		const csv = `id,segments\nrepeated,first\n${rows.join('\n')}\nrepeated,last\n`;
		const run = await runImport(sim.api, csv, {
			output: 'failed',
			segments: [],
			options: { duplicates, concurrency: 8 },
		});
		expect(run.summary.duplicates).toBe(1);
		expect(sim.api.state.segmentsOf('repeated')).toEqual(
			{ merge: ['first', 'last'], last: ['last'], first: ['first'], error: undefined }[duplicates],
		);
		expect(counts(run.summary)).toEqual(
			{
				merge: { succeeded: 6002 },
				last: { succeeded: 6001, skipped: 1 },
				first: { succeeded: 6001, skipped: 1 },
				error: { succeeded: 6000, invalid: 2 },
			}[duplicates],
		);
	});

	test('rows that follow each other become one request, and every row succeeds', async () => {
		const csv = `id,segments\n${Array.from({ length: 500 }, (_, index) => `u,s${index}`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, OWN_SEGMENTS);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 500 });
		expect(sim.api.state.segmentsOf('u')).toHaveLength(500);
		expect(writesOf(sim.api).length).toBeLessThan(10);
	});

	test('many rows of few participants take time in proportion', async () => {
		const csv = `id\n${'u\nw\n'.repeat(50_000)}`;
		const started = Date.now();
		const run = await runImport(sim.api, csv, { output: 'summary' });
		expect(counts(run.summary)).toEqual({ succeeded: 100_000 });
		expect(Date.now() - started).toBeLessThan(5000);
	});

	test('of merged rows, only the one that the API did not apply fails', async () => {
		sim.api.options.unknownSegment = 'ignore';
		sim.api.state.addSegment({ key: 'known' });
		const csv = 'id,segments\nu,known\nu,unknown\nw,known\n';
		const run = await runImport(sim.api, csv, OWN_SEGMENTS);
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'rejected', 4: 'succeeded' });
	});

	test('of merged rows, only the one that the API refuses fails', async () => {
		sim.api.options.unknownSegment = 'reject';
		sim.api.state.addSegment({ key: 'known' });
		const csv = 'id,segments\nu,known\nu,unknown\nw,known\nu,~known\n';
		const run = await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({
			2: 'succeeded',
			3: 'rejected',
			4: 'succeeded',
			5: 'succeeded',
		});
		expect(memberships(sim.api)).toEqual({ u: [], w: ['known'] });
	});

	test('referrers of merged rows all arrive', async () => {
		const csv = 'id,referredBy.code\nu,ANNA\nu,BOB\n';
		const run = await runImport(sim.api, csv, { details: 'all' });
		expectAccounted(run, csv);
		expect(sim.api.state.participant('u', 'u')?.referredByCodes).toEqual(['ANNA', 'BOB']);
	});
});

describe('participants and segments that do not exist', () => {
	const CSV = 'id,action\nold,add\nnew1,add\nnew2,remove\nnew3,set\nnew4,clear\n';

	test('a segment that the API refuses is asked about once, and fails its rows only', async () => {
		sim.api.options.segmentKeyPattern = '^[a-z]+$';
		const csv = `id,segments\n${Array.from({ length: 40 }, (_, index) => `p${index},${index % 2 === 0 ? 'fine' : 'Not Fine'}`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, {
			segments: [],
			options: { createMissingSegments: true, batchSize: 10 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 20, rejected: 20 });
		const asked = sim.api.requests.filter(({ operationName }) => operationName === 'UpsertSegment');
		expect(asked).toHaveLength(2);
	});

	test.each<[NonNullable<ImportInput['ifMissing']>, Record<string, string>, string[]]>([
		[
			'byAction',
			{ 2: 'succeeded', 3: 'succeeded', 4: 'skipped', 5: 'succeeded', 6: 'skipped' },
			['new1', 'new3', 'old'],
		],
		[
			'create',
			{ 2: 'succeeded', 3: 'succeeded', 4: 'succeeded', 5: 'succeeded', 6: 'succeeded' },
			['new1', 'new2', 'new3', 'new4', 'old'],
		],
		['skip', { 2: 'succeeded', 3: 'skipped', 4: 'skipped', 5: 'skipped', 6: 'skipped' }, ['old']],
		[
			'error',
			{ 2: 'succeeded', 3: 'rejected', 4: 'rejected', 5: 'rejected', 6: 'rejected' },
			['old'],
		],
	])('%s', async (ifMissing, expected, participants) => {
		for (const batchSize of [1, 100]) {
			sim.api.reset();
			sim.api.state.addParticipant({ id: 'old' });
			const run = await runImport(sim.api, CSV, {
				action: 'file',
				segments: ['vip'],
				ifMissing,
				options: { batchSize },
			});
			expectAccounted(run, CSV);
			expect(statuses(run)).toEqual(expected);
			expect(Object.keys(memberships(sim.api))).toEqual(participants);
			if (ifMissing === 'error') {
				expect(run.rows.find(({ id }) => id === 'new1')).toMatchObject({
					message: "Participant 'new1' does not exist",
					statusCode: 404,
				});
			}
			if (ifMissing === 'skip') {
				expect(run.rows.find(({ id }) => id === 'new1')?.message).toBe(
					'The participant does not exist',
				);
			}
		}
	});

	test('Create Missing Segments asks about each key once, and lists what it made', async () => {
		sim.api.options.unknownSegment = 'reject';
		sim.api.state.addSegment({ key: 'there' });
		const csv = `id,segments\n${Array.from({ length: 60 }, (_, index) => `p${index},there|new${index % 3}`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, {
			segments: [],
			options: { createMissingSegments: true, batchSize: 10, concurrency: 4 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 60 });
		expect([...(run.summary.segmentsCreated as string[])].sort()).toEqual(['new0', 'new1', 'new2']);
		const fields = sim.api.requests.map(({ rootFields }) => rootFields[0]);
		expect(fields.filter((field) => field === 'segment')).toHaveLength(4);
		expect(fields.filter((field) => field === 'upsertSegment')).toHaveLength(3);
		expect(sim.api.maxInFlight).toBeLessThanOrEqual(4);
	});

	test("a segment that can't be made fails only the rows that name it", async () => {
		sim.api.options.segmentKeyPattern = '^[a-z]+$';
		const csv = 'id,segments\na,good\nb,Bad Key\nc,good\nd,good|Bad Key\n';
		const run = await runImport(sim.api, csv, {
			segments: [],
			options: { createMissingSegments: true },
		});
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({
			2: 'succeeded',
			3: 'rejected',
			4: 'succeeded',
			5: 'rejected',
		});
		expect(memberships(sim.api)).toEqual({ a: ['good'], c: ['good'] });
	});

	test.each([1, 100])(
		'a change that is not applied is a failure (batch size %i)',
		async (batchSize) => {
			sim.api.options.unknownSegment = 'ignore';
			sim.api.state.addSegment({ key: 'known' });
			const csv = 'id,segments\na,known\nb,known|unknown\n';
			const run = await runImport(sim.api, csv, { segments: [], options: { batchSize } });
			expectAccounted(run, csv);
			expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'rejected' });
			const failed = run.rows.find(({ status }) => status === 'rejected');
			expect(failed?.message).toBe(
				"The API accepted the change of participant 'b' without applying all of it: 'unknown' was not added. The participant now has 'known'",
			);
			expect(failed?.hint).toContain('Create Missing Segments');
			const unchecked = await runImport(sim.api, csv, {
				segments: [],
				options: { batchSize, verifyResult: false },
			});
			expect(counts(unchecked.summary)).toEqual({ succeeded: 2 });
		},
	);
});

describe('output', () => {
	const CSV = 'id,segments\na,x\n,x\nrefused,x\nb,x\n';
	beforeEach(() => {
		sim.api.options.participantRejects = {
			refused: { message: 'No thanks.', statusCode: 400, rsCode: 'RS050' },
		};
	});

	test.each([
		['summary', []],
		['failed', ['3', '4']],
		['all', ['2', '3', '4', '5']],
	] as const)('%s', async (output, numbers) => {
		const run = await runImport(sim.api, CSV, { output, segments: [] });
		expect(counts(run.summary)).toEqual({ succeeded: 2, invalid: 1, rejected: 1 });
		expect(run.rows.map(({ rowNumber }) => String(rowNumber)).sort()).toEqual([...numbers]);
		expect(run.main.map(({ pairedItem }) => pairedItem)).toEqual(run.main.map(() => ({ item: 0 })));
		const refused = run.rows.find(({ id }) => id === 'refused');
		if (output !== 'summary') {
			expect(refused).toMatchObject({
				rowNumber: 4,
				status: 'rejected',
				accountId: 'refused',
				message: 'No thanks.',
				apiErrorCode: 'RS050',
				statusCode: 400,
				hint: expect.stringContaining('asked not to be tracked'),
			});
		}
		expect(run.rejects?.find(([number]) => number === '4')).toEqual([
			'4',
			expect.stringMatching(/^No thanks\.?\.? /),
			'RS050',
			'400',
			'refused',
			'x',
		]);
	});

	test('error output: failed rows go there; the summary stays on the main branch', async () => {
		const run = await runImport(
			sim.api,
			[{ json: { csv: CSV } }, { json: { csv: 'id,segments\nc,x\n' } }, { json: { csv: CSV } }],
			{ onError: 'continueErrorOutput', output: 'summary', segments: [] },
		);
		const [main, failed] = run.outputs;
		expect(main.map(({ pairedItem, json }) => [pairedItem, json.rows])).toEqual([
			[{ item: 0 }, 4],
			[{ item: 1 }, 1],
			[{ item: 2 }, 4],
		]);
		// The fields of a file say nothing about one of its rows: n8n would add those of a paired item.
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual(failed.map(() => undefined));
		expect(failed.map(({ json }) => json)).toEqual(
			[0, 2].flatMap((itemIndex) => [
				failedJson('Row 3: The participant ID is blank', {
					itemIndex,
					hint: 'Correct the row in the file and import it again',
					rowNumber: 3,
					status: 'invalid',
					reason: 'The participant ID is blank',
					cells: { id: '', segments: 'x' },
				}),
				failedJson('Row 4: No thanks.', {
					itemIndex,
					hint: expect.stringContaining('RS050'),
					statusCode: 400,
					apiErrorCode: 'RS050',
					rowNumber: 4,
					status: 'rejected',
					reason: 'No thanks.',
					id: 'refused',
					accountId: 'refused',
					cells: { id: 'refused', segments: 'x' },
				}),
			]),
		);
		expect(main[0].binary?.rejects).toBeDefined();
	});

	test('error output with all rows: good rows stay on the main branch', async () => {
		const run = await runImport(sim.api, CSV, { segments: [], onError: 'continueErrorOutput' });
		expect(run.main).toHaveLength(3);
		expect(run.outputs[1]).toHaveLength(2);
	});

	test("Continue: a file that can't be read is an error item, the next file goes on", async () => {
		const run = await runImport(
			sim.api,
			[{ json: { csv: 'x\n1\n' } }, { json: { csv: 'id\nok\n' } }],
			{ onError: 'continueRegularOutput', output: 'summary' },
		);
		expect(run.status).toBe('success');
		expect(run.main[0].json.error).toMatch(/no participant ID column/);
		expect(run.main[1].json.succeeded).toBe(1);
	});

	test('Retry On Fail does not repeat an import in which rows failed', async () => {
		const run = await runImport(sim.api, CSV, { segments: [], retryOnFail: true, maxTries: 3 });
		expect(run.executions).toBe(1);
		expect(sim.api.requests).toHaveLength(1);
	});

	test('rejects file: name, field, and the file name of the source', async () => {
		const binary = { data: inlineBinary(CSV, 'June list.v2.csv') };
		const run = await runImport(sim.api, [{ json: {}, binary }], {
			binaryField: 'data',
			segments: [],
			options: { rejectsField: 'bad rows' },
		});
		expect(run.main[0].binary?.['bad rows']).toMatchObject({
			fileName: 'June list.v2-rejects.csv',
			mimeType: 'text/csv',
		});
		expect(run.rejects).toHaveLength(3);
		const again = await runImport(
			sim.api,
			[{ json: {}, binary: { data: fileOf(run, 'bad rows') } }],
			{ binaryField: 'data', segments: [] },
		);
		expect(again.main[0].binary?.rejects.fileName).toBe('June list.v2-rejects.csv');
	});

	test('no failure, no rejects file', async () => {
		const run = await runImport(sim.api, 'id\na\n');
		expect(run.main[0].binary).toBeUndefined();
		expect(run.hints).toEqual([]);
	});

	test('hints name the item when there are several', async () => {
		const run = await runImport(
			sim.api,
			[{ json: { csv: 'id,segments\na,x\n' } }, { json: { csv: CSV } }],
			OWN_SEGMENTS,
		);
		expect(run.hints.map(({ message }) => message)).toEqual([
			'2 of 4 rows imported, 2 not: row 3: the participant ID is blank; row 4: No thanks; rejects file attached [item 1]',
		]);
	});

	test('a tool of an agent gets no file, and the first failures in the summary', async () => {
		const node = loadNodeType();
		const asTool: INodeType = {
			description: node.description,
			methods: node.methods,
			async execute(this: IExecuteFunctions) {
				// As an agent's tool has it, with the switch that opens the operation to agents.
				const context = Object.create(this, {
					isToolExecution: { value: () => true },
					getNode: {
						value: () => {
							const itself = this.getNode();
							return { ...itself, parameters: { ...itself.parameters, allowAgent: true } };
						},
					},
				}) as IExecuteFunctions;
				return (await node.execute?.call(context)) ?? [];
			},
		};
		const run = await runImport(sim.api, CSV, {
			nodeType: asTool,
			output: 'summary',
			segments: [],
		});
		expect(run.main[0].binary).toBeUndefined();
		expect(run.summary.failures).toEqual([
			{ rowNumber: 3, status: 'invalid', message: 'The participant ID is blank' },
			{
				rowNumber: 4,
				id: 'refused',
				accountId: 'refused',
				status: 'rejected',
				message: 'No thanks.',
			},
		]);
		expect(run.hints[0].message).toBe(
			'2 of 4 rows imported, 2 not: row 3: the participant ID is blank; row 4: No thanks',
		);
	});
});

describe('rejects file as input', () => {
	test('imports as it is and ends in the state of a run without faults', async () => {
		const csv = `id,segments,note\n${Array.from({ length: 300 }, (_, index) => `p${index % 120},s${index % 7}|~s${(index + 3) % 7},"n ${index}, ""q"""`).join('\n')}\n`;
		await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		const expected = memberships(sim.api);

		sim.api.reset();
		sim.api.options.participantRejects = Object.fromEntries(
			['p3', 'p50', 'p77'].map((id) => [id, { message: 'Not now.', statusCode: 400 }]),
		);
		sim.api.faults.add({ match: { nth: 3 }, then: { kind: 'status', status: 401 } });
		const first = await runImport(sim.api, csv, { action: 'file', options: { batchSize: 20 } });
		expectAccounted(first, csv);
		expect(first.summary.complete).toBe(false);
		expect(Object.keys(counts(first.summary)).sort()).toEqual(['notSent', 'rejected', 'succeeded']);

		sim.api.options.participantRejects = {};
		const rejects = first.rejectsFile?.toString('utf8') ?? '';
		const second = await runImport(sim.api, rejects, AS_THE_FILE_SAYS);
		expectAccounted(second, rejects);
		expect(counts(second.summary)).toEqual({ succeeded: readTable(rejects).length - 1 });
		expect(memberships(sim.api)).toEqual(expected);
	});

	test('protected formulas come back as they were', async () => {
		const csv = `id,segments,note\n=1,~,=cmd|x\n-2,~,'=quoted\n+3,~,plain\n'4,~,"	tab"\n`;
		for (const protectFormulas of [true, false]) {
			const run = await runImport(sim.api, csv, { action: 'file', options: { protectFormulas } });
			const lines = readTable(run.rejectsFile?.toString('utf8') ?? '').slice(1);
			const cells = lines.map((row) => row.slice(4));
			expect(cells[0]).toEqual(protectFormulas ? ["'=1", '~', "'=cmd|x"] : ['=1', '~', '=cmd|x']);
			if (protectFormulas) {
				expect(cells.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
			}
			const binary = { data: fileOf(run, 'rejects') };
			const again = await runImport(sim.api, [{ json: {}, binary }], {
				binaryField: 'data',
				action: 'file',
				dryRun: true,
				options: { protectFormulas: false },
			});
			expect(again.rejects?.slice(1).map((row) => row.slice(4))).toEqual([
				['=1', '~', '=cmd|x'],
				['-2', '~', "''=quoted"],
				['+3', '~', 'plain'],
				["'4", '~', '\ttab'],
			]);
		}
	});
});

describe('where and when to stop', () => {
	test('Start at Row leaves the rows before out', async () => {
		const run = await runImport(sim.api, listOf(10), { options: { startAtRow: 8 } });
		expectAccounted(run, listOf(10), 8);
		expect(memberships(sim.api)).toEqual({ p7: ['vip'], p8: ['vip'], p9: ['vip'], p10: ['vip'] });
	});

	test('Start at Row beyond the end', async () => {
		const run = await runImport(sim.api, listOf(3), { options: { startAtRow: 100 } });
		expect(run.summary).toMatchObject({ rows: 0, complete: true });
	});

	test('never (default): all rows get their turn', async () => {
		const csv = `id\n${'\n'.repeat(3)}${Array.from({ length: 50 }, (_, index) => (index % 2 ? `p${index}` : '""')).join('\n')}\n`;
		const run = await runImport(sim.api, csv);
		expect(counts(run.summary)).toMatchObject({ succeeded: 25 });
		expect(run.summary.complete).toBe(true);
	});

	const rejectEvery = (step: number, count: number) => {
		sim.api.options.participantRejects = Object.fromEntries(
			Array.from({ length: Math.floor(count / step) }, (_, index) => [
				`p${(index + 1) * step}`,
				{ message: 'No.', statusCode: 400 },
			]),
		);
	};

	test('first failure', async () => {
		rejectEvery(7, 7);
		const csv = listOf(40);
		const run = await runImport(sim.api, csv, {
			options: { stopOn: 'firstFailure', batchSize: 1, concurrency: 1 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 6, rejected: 1, notSent: 33 });
		expect(run.summary).toMatchObject({ complete: false, firstRowNotSent: 9 });
		expect(run.summary.stopReason).toMatch(/'Stop On' is set to 'First Failed Row'/);
		expect(sim.api.requests).toHaveLength(7);
		expect(run.hints[0].message).toMatch(
			/^6 of 40 rows imported, 34 not: row 8: No; rejects file attached\. A row failed.* The first row not sent is row 9$/,
		);
	});

	test('more than a number of failures', async () => {
		rejectEvery(2, 40);
		const csv = listOf(40);
		const run = await runImport(sim.api, csv, {
			options: { stopOn: 'failures', maxFailures: 3, batchSize: 1, concurrency: 1 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 4, rejected: 4, notSent: 32 });
		expect(run.summary.stopReason).toMatch(/More than 3 rows failed/);
	});

	test('more than a share of failures', async () => {
		rejectEvery(3, 1000);
		const csv = listOf(1000);
		const run = await runImport(sim.api, csv, {
			options: { stopOn: 'percent', maxFailedPercent: 10, batchSize: 10, concurrency: 1 },
		});
		expectAccounted(run, csv);
		expect(run.summary.stopReason).toMatch(/More than 10% of the rows failed/);
		const { succeeded, rejected } = run.summary as { succeeded: number; rejected: number };
		// Of the rows that were read when it was asked; the file's last ones may not have been.
		expect(rejected).toBeGreaterThanOrEqual(100);
		expect(rejected).toBeLessThan(110);
		expect(succeeded).toBeLessThan(250);
	});

	test('a share below the limit does not stop, wherever the bad rows are found', async () => {
		const ids = Array.from({ length: 6000 }, (_, index) => (index % 20 === 0 ? '' : `p${index}`));
		const csv = `id,x\n${ids.map((id) => `${id},1`).join('\n')}\n`;
		const run = await runImport(sim.api, csv, {
			output: 'failed',
			options: { stopOn: 'percent', maxFailedPercent: 10 },
		});
		expect(run.summary.complete).toBe(true);
		expect(counts(run.summary)).toEqual({ succeeded: 5700, invalid: 300 });
	});

	const WRONG = () => ({ ...credentialsOf(sim.api), authToken: 'wrong' });

	test('a wrong key is the failure of the node, after one request', async () => {
		const run = await runImport(sim.api, listOf(5000), {
			credentials: WRONG(),
			options: { concurrency: 32, batchSize: 10 },
		});
		expect(run.status).toBe('error');
		expect(run.error?.message).toBe('The credentials of this request are not valid. [item 0]');
		expect(run.error).toMatchObject({ httpCode: '401' });
		expect(run.error?.description).toMatch(/No row is confirmed as imported/);
		expect(sim.api.requests.length).toBeLessThanOrEqual(2);
		expect(sim.api.state.participants.size).toBe(0);
	});

	test('a wrong key where the workflow goes on: the report, no more requests', async () => {
		const csv = listOf(500);
		const run = await runImport(sim.api, csv, {
			credentials: WRONG(),
			onError: 'continueRegularOutput',
			options: { batchSize: 10 },
		});
		expectAccounted(run, csv);
		expect(run.summary.complete).toBe(false);
		expect(Number(run.summary.rejected)).toBeLessThanOrEqual(20);
		expect(run.summary.firstRowNotSent).toBe(2);
		expect(sim.api.requests.length).toBeLessThanOrEqual(2);
	});

	test('a wrong tenant', async () => {
		const run = await runImport(sim.api, listOf(3), {
			credentials: { ...credentialsOf(sim.api), tenantAlias: 'other' },
		});
		expect(run.error?.message).toMatch(/tenant alias/i);
	});

	test.each([401, 403])('%i in the middle: a report, and the rest is not sent', async (status) => {
		sim.api.faults.add({
			match: { nth: 4 },
			times: 'always',
			then: { kind: 'status', status, body: { message: 'Key revoked', statusCode: status } },
		});
		const csv = listOf(200);
		const run = await runImport(sim.api, csv, { options: { batchSize: 10, concurrency: 2 } });
		expect(run.status).toBe('success');
		expectAccounted(run, csv);
		expect(counts(run.summary).succeeded).toBe(30);
		expect(Number(run.summary.rejected)).toBeLessThanOrEqual(20);
		expect(run.summary.stopReason).toBe('The run was stopped: Key revoked');
		expect(run.summary.firstRowNotSent).toBe(32);
		expect(sim.api.requests.length).toBeLessThanOrEqual(5);

		sim.api.faults.clear();
		const rest = await runImport(sim.api, csv, {
			options: { startAtRow: run.summary.firstRowNotSent },
		});
		expectAccounted(rest, csv, 32);
		expect(sim.api.state.participants.size).toBe(200);
	});
});

describe('every answer the documentation leaves open', () => {
	const CSV = `id,segments,action\n${Array.from({ length: 250 }, (_, index) => `p${index},known|~other,`).join('\n')}\np0,known,remove\nnobody,known,remove\n,x,\n`;

	test.each<[string, Record<string, unknown>]>([
		['defaults', {}],
		['unknownSegment ignore', { unknownSegment: 'ignore' }],
		['unknownSegment reject', { unknownSegment: 'reject' }],
		['no upsertUsers', { upsertUsersAvailable: false }],
		['answers shuffled', { upsertUsersOrder: 'shuffled' }],
		['whole batch refused', { upsertUsersBadInput: 'wholeBatch' }],
		['a smaller batch limit', { upsertUsersLimit: 30 }],
		['lenient about unknown fields', { strictUnknownFields: false }],
		['absent user is an error', { absentUser: 'error' }],
		['archived segments refuse', { archivedSegmentAccepts: 'reject' }],
		['archiving removes members', { archivedSegmentMembers: 'remove' }],
		['pages of 5', { maxPageLimit: 5 }],
		['pages of 5, larger refused', { maxPageLimit: 5, overMaxPageLimit: 'reject' }],
		['lists see writes late', { filterDelayMs: 200 }],
		['PUT forgets omitted fields', { restPutKeepsOmitted: false }],
		['bare tilde clears', { bareTilde: 'clear' }],
		['REST 200 for bad credentials', { restBadCredentials: '200WithErrors' }],
		['GraphQL 200 for bad credentials', { badCredentials: '200WithErrors' }],
	])('%s', async (_name, options) => {
		sim.api.setOptions(options);
		sim.api.state.addSegment({ key: 'known' });
		sim.api.options.participantRejects = { p7: { message: 'No.', statusCode: 400 } };
		const run = await runImport(sim.api, CSV, { action: 'file', options: { concurrency: 4 } });
		expect(run.error).toBeUndefined();
		expectAccounted(run, CSV);
		expect(counts(run.summary)).toEqual({ succeeded: 250, rejected: 1, skipped: 1, invalid: 1 });
		expect(sim.api.orderViolations).toEqual([]);
		expect(sim.api.state.membersOf('known').size).toBe(248);
		expect(run.summary.diagnostics).toMatchObject({
			batchUpsertAvailable: options.upsertUsersAvailable !== false,
		});
		if (options.upsertUsersAvailable === false) {
			// Each of the first batches finds out for itself; no row is lost or sent twice over it.
			const batches = sim.api.requests.filter(({ method }) => method === 'POST');
			expect(batches.length).toBeLessThanOrEqual(4);
			expect(sim.api.requests.filter(({ method }) => method === 'PUT')).toHaveLength(251);
		}
	});

	test.each([
		['200WithErrors', 100],
		['401', 100],
		['401', 1],
	] as const)('bad credentials as %s, batch size %i', async (how, batchSize) => {
		sim.api.setOptions({ badCredentials: how, restBadCredentials: how });
		const run = await runImport(sim.api, listOf(300), {
			credentials: { ...credentialsOf(sim.api), authToken: 'wrong' },
			options: { batchSize },
		});
		expect(run.status).toBe('error');
		expect(run.error).toMatchObject({ httpCode: '401' });
		expect(sim.api.requests.length).toBeLessThanOrEqual(2);
	});

	test('a token without rights', async () => {
		sim.api.options.scopedToken403 = 'all';
		const run = await runImport(sim.api, listOf(300));
		expect(run.status).toBe('error');
		expect(run.error).toMatchObject({ httpCode: '403' });
		// Each of two batches, and one participant of it on the other way.
		expect(sim.api.requests.length).toBeLessThanOrEqual(4);
	});

	test('archived segments that refuse, and a full account', async () => {
		sim.api.setOptions({ archivedSegmentAccepts: 'reject', accountLimit: 2 });
		sim.api.state.addSegment({ key: 'gone', status: 'ARCHIVED' });
		const csv = 'id,accountId,segments\na,acc,vip\nb,acc,vip\nc,acc,vip\nd,,gone\n';
		const run = await runImport(sim.api, csv, OWN_SEGMENTS);
		expectAccounted(run, csv);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'succeeded', 4: 'rejected', 5: 'rejected' });
		expect(run.rows.find(({ rowNumber }) => rowNumber === 4)).toMatchObject({
			apiErrorCode: 'RS013',
			hint: expect.stringContaining('1,000 participants'),
		});
	});
});

test('the rejects file can be read back through the store', async () => {
	const run = await runImport(sim.api, 'id,segments\n,x\n', OWN_SEGMENTS);
	expect((await readBinary(run.main[0], 'rejects')).toString()).toMatch(
		/^\ufeffrecordNumber,message,/,
	);
});
