/** What stands on the error output, as n8n makes it of what the node puts out. */
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import {
	byId,
	byKey,
	credentials,
	expression,
	failedJson,
	nodeRunner,
	onParticipant,
	pairs,
	shown,
	SOME_SEGMENTS,
	useSimulator,
} from '../support/advocate';
import { HAS_COMBINED_BINARY_MODE, inlineBinary, KNOWS_ERROR_DETAILS, readBinary } from './harness';

const simulator = useSimulator(SOME_SEGMENTS);
const run = nodeRunner(simulator);

const add = onParticipant('addSegments', { segments: expression(['A']) });
const importing = (parameters = {}) => ({
	resource: 'bulk',
	operation: 'importCsv',
	binaryPropertyName: 'data',
	segments: expression(['A']),
	...parameters,
});

const file = (content: string) => ({ data: inlineBinary(content, 'people.csv') });
const CSV = 'id,Name,Name\na,Ann,A\n,Bob\n,Cid,C\n';

beforeEach(() => {
	simulator().options.participantRejects = { bad: { message: 'Not this one.', statusCode: 400 } };
});

test('a failed item keeps the fields of its input item, beside the error and its details', async () => {
	const { outputs } = await run(add, {
		input: [
			{ id: 'bad', plan: 'gold' },
			{ id: 'good', plan: 'free' },
			{ id: {}, plan: 'none' },
		],
		onError: 'continueErrorOutput',
	});
	expect(outputs[0].map(({ json }) => json.id)).toEqual(['good']);
	expect(outputs[1].map(({ json, pairedItem }) => [json, pairedItem])).toEqual([
		[
			failedJson(
				'Not this one. [item 0]',
				{
					itemIndex: 0,
					statusCode: 400,
					hint: expect.stringContaining('The API did not accept the values sent'),
				},
				{ id: 'bad', plan: 'gold' },
			),
			{ item: 0 },
		],
		[
			failedJson(
				"'Participant' is an empty object [item 2]",
				{ itemIndex: 2, hint: 'Give text or a whole number' },
				{ id: {}, plan: 'none' },
			),
			{ item: 2 },
		],
	]);
	for (const item of outputs[1]) expect(item.error).toBeUndefined();
});

describe('what may pass', () => {
	const detailsOf = async (fault: object, parameters: INodeParameters = add) => {
		simulator().faults.add({ times: 'always', then: fault as never });
		const { outputs } = await run(parameters, {
			input: [{ id: 'good' }],
			onError: 'continueErrorOutput',
		});
		return outputs[1][0].json.details;
	};
	const patience = { options: { maxWaitTime: 0 } };
	const logging: INodeParameters = {
		resource: 'event',
		operation: 'log',
		participant: byId('={{ $json.id }}'),
		eventKey: byKey('signup'),
		...patience,
	};

	test.each([
		['trouble of the API', { kind: 'status', status: 503 }, true],
		['a limit', { kind: 'status', status: 429 }, true],
		['a lost connection', { kind: 'resetBeforeReply' }, true],
		['a refusal', { kind: 'status', status: 400 }, undefined],
		['a wrong key', { kind: 'status', status: 401 }, undefined],
	])('is said of %s', async (_, fault, temporary) => {
		if (!KNOWS_ERROR_DETAILS) return;
		const details = await detailsOf(fault, { ...add, ...patience });
		expect((details as { temporary?: boolean }).temporary).toBe(temporary);
	});

	test('is not said of what may have been done', async () => {
		if (!KNOWS_ERROR_DETAILS) return;
		const details = await detailsOf({ kind: 'applyThenReset' }, logging);
		expect(details).toMatchObject({ outcome: 'unknown', safeToRepeat: false });
		expect(details).not.toHaveProperty('temporary');
	});
});

test('the API’s codes are among the details', async () => {
	simulator().options.participantRejects = {
		bad: { message: 'No thanks.', statusCode: 400, rsCode: 'RS050', apiErrorCode: 'NO_TRACKING' },
	};
	const { outputs } = await run(add, { input: [{ id: 'bad' }], onError: 'continueErrorOutput' });
	expect(outputs[1][0].json).toEqual(
		failedJson(
			'No thanks. [item 0]',
			{
				itemIndex: 0,
				statusCode: 400,
				rsCode: 'RS050',
				apiErrorCode: 'NO_TRACKING',
				hint: expect.stringContaining('(code RS050, NO_TRACKING)'),
			},
			{ id: 'bad' },
		),
	);
});

test('with Retry On Fail the first item of the output loses its fields, and the run is not repeated', async () => {
	const { outputs, executions } = await run(add, {
		input: [{ id: 'bad' }, { id: 'good' }, { id: '' }],
		onError: 'continueErrorOutput',
		retryOnFail: true,
		maxTries: 3,
	});
	expect(executions).toBe(1);
	expect(outputs[0].map(({ json }) => json.id)).toEqual(['good']);
	expect(outputs[1][0]).toMatchObject({ json: { error: 'Not this one. [item 0]' } });
	expect(Object.keys(outputs[1][0].json)).toEqual(['error']);
	expect(shown(outputs[1][0].error).context?.itemIndex).toBe(0);
	expect(outputs[1][1].json).toMatchObject({ id: '', error: "'Participant' is empty [item 2]" });
});

test('what fails for all items alike names none of them', async () => {
	const { outputs } = await run(add, {
		input: [{ id: 'a' }, { id: 'b' }],
		credentials: { ...credentials(simulator()), tenantAlias: '' },
		onError: 'continueErrorOutput',
	});
	expect(outputs[1].map(({ json }) => json)).toEqual(
		['a', 'b'].map((id) =>
			failedJson(
				'Tenant Alias is empty',
				{ hint: expect.stringContaining('Copy it from Settings') },
				{ id },
			),
		),
	);
	const stopped = await run(add, {
		input: [{ id: 'a' }, { id: 'b' }],
		credentials: { ...credentials(simulator()), tenantAlias: '' },
	});
	expect(shown(stopped.error).message).toBe('Tenant Alias is empty');
});

describe('rows of a file', () => {
	const failedRows = (rows: INodeExecutionData[]) => rows.map(({ json }) => json);

	test('say which row, why, and what stands in it; the fields of the file are no fields of theirs', async () => {
		const { outputs } = await run(importing(), {
			input: [{ json: { id: 'id of the file', name: 'people.csv' }, binary: file(CSV) }],
			onError: 'continueErrorOutput',
		});
		expect(outputs[0]).toHaveLength(1);
		expect(failedRows(outputs[1])).toEqual([
			failedJson('Row 3: The participant ID is blank', {
				itemIndex: 0,
				rowNumber: 3,
				status: 'invalid',
				reason: 'The participant ID is blank',
				hint: expect.any(String),
				cells: { id: '', Name: 'Bob', 'Name (column 3)': '' },
			}),
			failedJson('Row 4: The participant ID is blank', {
				itemIndex: 0,
				rowNumber: 4,
				status: 'invalid',
				reason: 'The participant ID is blank',
				hint: expect.any(String),
				cells: { id: '', Name: 'Cid', 'Name (column 3)': 'C' },
			}),
		]);
		for (const item of outputs[1]) expect(item.error).toBeUndefined();
	});

	test('a header that is a name of the prototype is a name', async () => {
		if (!KNOWS_ERROR_DETAILS) return;
		const { outputs } = await run(importing(), {
			input: [{ json: {}, binary: file('id,__proto__,constructor\n,x,y\n') }],
			onError: 'continueErrorOutput',
		});
		const { cells } = outputs[1][0].json.details as { cells: object };
		expect(Object.entries(cells)).toEqual([
			['id', ''],
			['__proto__', 'x'],
			['constructor', 'y'],
		]);
	});

	test('in a run that only goes on, rows are no errors, and have their cells', async () => {
		const { outputs } = await run(importing({ rowOutput: 'failed' }), {
			input: [{ json: {}, binary: file(CSV) }],
			onError: 'continueRegularOutput',
		});
		expect(outputs).toHaveLength(1);
		expect(outputs[0][1].json).toEqual({
			rowNumber: 3,
			cells: { Name: 'Bob', 'Name (column 3)': '', id: '' },
			status: 'invalid',
			message: 'The participant ID is blank',
		});
	});
});

describe('an import of which nothing worked', () => {
	const wrong = () => ({ ...credentials(simulator()), authToken: 'wrong' });

	const failed = async (binaryMode: 'separate' | 'combined') =>
		await run(importing(), {
			input: [
				{ json: { from: 'sftp' }, binary: file('id\na\nb\n') },
				{ json: { from: 'mail' }, binary: file('id\nc\n') },
			],
			credentials: wrong(),
			onError: 'continueErrorOutput',
			binaryMode,
		});

	const modes = HAS_COMBINED_BINARY_MODE
		? (['separate', 'combined'] as const)
		: (['separate'] as const);

	test.each(modes)(
		'is no success: the report and its files are on the error output (%s)',
		async (mode) => {
			const { outputs } = await failed(mode);
			expect(outputs[0]).toEqual([]);
			const [first, , , second] = outputs[1];
			expect(first.json).toMatchObject({
				from: 'sftp',
				error: 'The credentials of this request are not valid. [item 0]',
			});
			expect(first.pairedItem).toEqual({ item: 0 });
			expect(second.json).toMatchObject({ from: 'mail' });
			expect(first.binary === undefined).toBe(mode === 'combined');
			if (!KNOWS_ERROR_DETAILS) return;
			expect(first.json.details).toMatchObject({
				statusCode: 401,
				rows: 2,
				succeeded: 0,
				hint: expect.stringContaining('No row is confirmed as imported'),
				files: { rejects: { fileName: 'people-rejects.csv', mimeType: 'text/csv' } },
			});
			const { files } = first.json.details as { files: INodeExecutionData['binary'] };
			const rejects = await readBinary({ json: {}, binary: files }, 'rejects');
			expect(rejects.toString('utf8').split('\r\n')).toHaveLength(4);
		},
	);

	test('can be imported from the files in the details', async () => {
		if (!KNOWS_ERROR_DETAILS) return;
		const { outputs } = await failed('separate');
		const { main } = await run(
			importing({ binaryPropertyName: '={{ $json.details.files.rejects }}' }),
			{ input: [{ json: outputs[1][0].json }] },
		);
		expect(main[0].json).toMatchObject({ rows: 2, succeeded: 2 });
		expect([...simulator().state.membersOf('A')]).toHaveLength(2);
	});

	test('is a report where the workflow goes on without an error output', async () => {
		const { outputs } = await run(importing(), {
			input: [{ json: {}, binary: file('id\na\nb\n') }],
			credentials: wrong(),
			onError: 'continueRegularOutput',
		});
		expect(outputs[0][0].json).toMatchObject({ rows: 2, succeeded: 0 });
	});
});

describe('behind an earlier list of this node', () => {
	const list = { csvSource: 'text', csvText: '={{ $json.csv }}' };

	const failures = [
		[
			'a second import',
			importing({ ...list, csvText: '={{ $json.gone }}' }),
			"'CSV Text' is empty",
		],
		[
			'an export',
			{ resource: 'bulk', operation: 'exportCsv', exportScope: 'segments' },
			'is empty',
		],
		['one participant', onParticipant('addSegments', { segments: ['A'] }), "'Participant' is"],
	] as const;

	test.each(failures)('the failure of %s has none of the figures of before', async (...row) => {
		const [, parameters, message] = row;
		const first = await run(importing(list), {
			input: [{ csv: 'id\na\nb\n' }, { csv: 'id\nc\n' }],
		});
		expect(first.main[0].json).toMatchObject({ rows: 2, succeeded: 2, notes: [] });
		const { outputs } = await run(parameters, {
			input: first.main,
			onError: 'continueErrorOutput',
		});
		expect(outputs[1]).toHaveLength(2);
		for (const { json } of outputs[1]) {
			expect(json.error).toContain(message);
			expect(Object.keys(json).sort()).toEqual(
				KNOWS_ERROR_DETAILS ? ['details', 'error'] : ['error', 'message'],
			);
		}
		// The items before are still found from here.
		expect(pairs(outputs[1])).toEqual([0, 1]);
	});

	test('fields that somebody put in their place stay', async () => {
		const { outputs } = await run(importing({ ...list, csvText: '={{ $json.gone }}' }), {
			input: [{ message: 'Please look', notes: 'none', rows: 3 }],
			onError: 'continueErrorOutput',
		});
		expect(outputs[1][0].json).toMatchObject({ rows: 3, notes: 'none' });
	});
});
