/** Import CSV in the real engine: what it puts out, and its rejects file as the next input. */
import { TestApi } from './testApi';
import {
	AS_THE_FILE_SAYS,
	COLUMN_BY_NAME,
	counts,
	expectAccounted,
	listOf,
	memberships,
	OWN_SEGMENTS,
	readTable,
	runImport,
	writesOf,
} from './helpers';
import { apartFromSegments, credentials, failedJson } from '../../support/advocate';
import { inlineBinary, readBinary, runNode } from '../harness';
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

test('without another choice, failed rows follow the summary', async () => {
	sim.api.state.addSegment({ key: 'vip' });
	const { main } = await runNode({
		credentials: credentials(sim.api),
		parameters: {
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: 'id,name\nann,Ann\n,Nobody\nben,Ben\n',
			segmentAction: 'add',
			segments: ['vip'],
		},
	});
	expect(main.map(({ json }) => json)).toMatchObject([
		{ rows: 3, succeeded: 2, invalid: 1 },
		{ rowNumber: 3, status: 'invalid', message: 'The participant ID is blank' },
	]);
	expect(main.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 0 }]);
});

describe('dry run', () => {
	test('reads and checks the whole file, and sends nothing', async () => {
		sim.api.state.addSegment({ key: 'q' });
		const csv =
			'id,segments,action\na,x|~y,\nb,x,remove\nb,z,set\nc,,clear\n,x,\nd,x,bad\na,,add\ne,~*|q,\n';
		const run = await runImport(sim.api, csv, {
			action: 'file',
			segments: ['vip'],
			dryRun: true,
			options: COLUMN_BY_NAME,
		});
		expectAccounted(run, csv);
		expect(writesOf(sim.api)).toEqual([]);
		// Everybody of a short list is looked up at once.
		expect(apartFromSegments(sim.api)).toMatchObject([{ operationName: 'LookUpParticipants' }]);
		expect(run.summary).toMatchObject({
			dryRun: true,
			complete: true,
			rows: 8,
			planned: 6,
			invalid: 2,
			requests: 2,
			participantsCreated: 3,
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
		const wrong = { ...credentials(sim.api), authToken: 'wrong' };
		const run = await runImport(sim.api, listOf(3), { dryRun: true, credentials: wrong });
		expect(counts(run.summary)).toEqual({ planned: 3 });
		expect(run.summary).not.toHaveProperty('participantsCreated');
		expect(run.summary.notes).toEqual([
			expect.stringContaining('The segments could not be looked up'),
			expect.stringMatching(
				/^Participants who do not exist yet would be created\. How many could not be looked up: The credentials of this request are not valid\. The API did not accept the key/,
			),
		]);
	});

	test('fails with a look at the participants that it needs', async () => {
		const needed = await runImport(sim.api, listOf(3), {
			dryRun: true,
			options: { undoFile: true },
			credentials: { ...credentials(sim.api), authToken: 'wrong' },
		});
		expect(needed.error?.message).toContain('The credentials of this request are not valid');
	});
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
				cells: { id: 'refused', segments: 'x' },
			});
			for (const { status, cells } of run.rows) {
				expect(cells !== undefined).toBe(status === 'invalid' || status === 'rejected');
			}
		}
		expect(run.rejects?.find(([number]) => number === '4')).toEqual([
			'4',
			expect.stringMatching(/^No thanks\.?\.? /),
			'RS050',
			'400',
			'refused',
			'x',
			expect.any(String),
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
		expect(apartFromSegments(sim.api)).toHaveLength(1);
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
		expect(again.main[0].binary?.rejects.fileName).toBe('June list.v2-rejects-2.csv');
	});

	test.each([
		['people-rejects.csv', 'people-rejects-2.csv'],
		['people-rejects (1).csv', 'people-rejects-2.csv'],
		['people-rejects-2.csv', 'people-rejects-3.csv'],
		['people-undo.csv', 'people-rejects.csv'],
		['rejects', 'rejects-rejects.csv'],
	])('the rejects of %s are called %s', async (name, rejects) => {
		const run = await runImport(
			sim.api,
			[{ json: {}, binary: { data: inlineBinary(CSV, name) } }],
			{
				binaryField: 'data',
				segments: [],
			},
		);
		expect(run.main[0].binary?.rejects.fileName).toBe(rejects);
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
				hint: expect.stringContaining('asked not to be tracked'),
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
		const segments = Array.from({ length: 7 }, (_, index) => `s${index}`);
		for (const key of segments) sim.api.state.addSegment({ key });
		await runImport(sim.api, csv, AS_THE_FILE_SAYS);
		const expected = memberships(sim.api);

		sim.reset();
		for (const key of segments) sim.api.state.addSegment({ key });
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
			const cells = lines.map((row) => row.slice(4, -1));
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
			expect(again.rejects?.slice(1).map((row) => row.slice(4, -1))).toEqual([
				['=1', '~', '=cmd|x'],
				['-2', '~', "''=quoted"],
				['+3', '~', 'plain'],
				["'4", '~', '\ttab'],
			]);
		}
	});
});

test('the rejects file can be read back through the store', async () => {
	const run = await runImport(sim.api, 'id,segments\n,x\n', OWN_SEGMENTS);
	expect((await readBinary(run.main[0], 'rejects')).toString()).toMatch(
		/^\ufeffrecordNumber,message,/,
	);
});

test('no more than 10,000 failed rows come out as items, and a note says so', async () => {
	const csv = `id,firstName\n${',Ann\n'.repeat(10_002)}a,Ada\n`;
	const run = await runImport(sim.api, csv, { output: 'failed' });
	expect(run.main).toHaveLength(1 + 10_000);
	expect(run.summary).toMatchObject({ rows: 10_003, invalid: 10_002, succeeded: 1 });
	expect(run.summary.notes).toContain(
		'Not all failed rows come out as items: 2 rows more are in the rejects file only',
	);
	const rejects = (await readBinary(run.main[0], 'rejects')).toString('utf8');
	expect(rejects.trim().split('\r\n')).toHaveLength(1 + 10_002);
});
