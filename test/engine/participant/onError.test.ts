/** What the operations on participants do about failures, in n8n's engine over HTTP. */
import { sleep } from 'n8n-workflow';
import {
	byEmail,
	expression,
	failedJson,
	onSegment,
	pairs,
	people,
	sent,
	shown,
} from '../../support/advocate';
import { change, participantTests } from './helpers';

const { simulator, run } = participantTests();

describe('On Error', () => {
	const add = change('addSegments', ['A']);
	const rejectP = (...ids: number[]) => {
		simulator().options.participantRejects = Object.fromEntries(
			ids.map((index) => [`p${index}`, { message: `No p${index}.`, statusCode: 400 }]),
		);
	};

	test('Stop: the item that failed is shown, not those that were not sent because of it', async () => {
		rejectP(25);
		const parameters = change('addSegments', ['A'], { options: { batchSize: 10, concurrency: 1 } });
		const { status, error, main } = await run(parameters, { input: people(60) });
		expect([status, main]).toEqual(['error', []]);
		expect(shown(error)).toMatchObject({
			message: 'No p25. [item 25]',
			description:
				"The API did not accept the values sent. Compare them with the API's text above. 29 of 60 items had already been applied; sending them again changes nothing",
			httpCode: '400',
			context: { itemIndex: 25 },
		});
		expect(sent(simulator())).toHaveLength(3);
		expect(simulator().state.membersOf('A').size).toBe(29);
	});

	test('Stop: also when an item before it had to wait and was not sent', async () => {
		rejectP(9);
		const { error } = await run(add, { input: [{ id: 'a' }, { id: 'a' }, { id: 'p9' }] });
		expect(shown(error)).toMatchObject({ message: 'No p9. [item 2]', context: { itemIndex: 2 } });
		expect([...simulator().state.writeCounts.values()]).toEqual([1]);
	});

	test.each([
		[[{ id: '' }], "'Participant' is empty [item 0]"],
		[[{ id: 'a' }, { id: '' }], "'Participant' is empty. Nothing was sent [item 1]"],
		[
			[{ id: 'a' }, { id: '' }, { id: null }],
			"'Participant' is empty. Nothing was sent; nor can item 2 be used [item 1]",
		],
		[
			[{ id: 'a' }, { id: {} }, { id: '' }, { id: 'b' }, { id: true }],
			"'Participant' is an empty object. Nothing was sent; nor can items 2 and 4 be used [item 1]",
		],
		[
			[{ id: 'a' }, ...Array.from({ length: 13 }, () => ({ id: '' }))],
			"'Participant' is empty. Nothing was sent; nor can items 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more be used [item 1]",
		],
	])(
		"Stop: nothing is sent when an item can't be read, and the message says so: %j",
		async (input, message) => {
			const { error } = await run(add, { input });
			expect(shown(error)).toMatchObject({
				message,
				context: { itemIndex: input.length === 1 ? 0 : 1 },
			});
			expect(sent(simulator())).toEqual([]);
		},
	);

	test('Stop: so it is when an e-mail address is unknown', async () => {
		simulator().state.addParticipant({ id: 'a', email: 'a@x.de' });
		const parameters = change('addSegments', ['A'], {
			participant: byEmail('={{ $json.id }}@x.de'),
		});
		const { error } = await run(parameters, { input: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] });
		expect(shown(error)).toMatchObject({
			message:
				'No participant has this e-mail address. Nothing was sent; nor can item 2 be used [item 1]',
			httpCode: '404',
		});
		expect(simulator().state.writeCounts.size).toBe(0);
	});

	test('Stop: so it is in operations that go item by item', async () => {
		const { error } = await run(onSegment('create', { segmentName: '={{ $json.name }}' }), {
			input: [{ name: 'One' }, { name: ' ' }],
		});
		expect(shown(error).message).toBe("'Name' is empty. Nothing was sent [item 1]");
		expect(sent(simulator())).toEqual([]);
	});

	test('Stop: so it is with files', async () => {
		const parameters = {
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: '={{ $json.csv }}',
			segments: expression(['A']),
		};
		const { error } = await run(parameters, { input: [{ csv: 'id\na\n' }, { csv: [] }] });
		expect(shown(error).message).toBe(
			"'CSV Text' is an empty list, not text. Nothing was sent [item 1]",
		);
		expect(sent(simulator())).toEqual([]);
	});

	test.each([
		['middle', [2]],
		['first', [0]],
		['all', [0, 1, 2, 3]],
	])('Continue: %s', async (_, failing) => {
		rejectP(...failing);
		const { status, main, outputs, executions } = await run(add, {
			input: people(4),
			onError: 'continueRegularOutput',
		});
		expect([status, outputs.length, executions]).toEqual(['success', 1, 1]);
		expect(pairs(main)).toEqual([0, 1, 2, 3]);
		for (const [index, item] of main.entries()) {
			if (failing.includes(index)) {
				expect(item.json).toEqual({ error: `No p${index}. [item ${index}]` });
				expect(shown(item.error)).toMatchObject({
					message: `No p${index}. [item ${index}]`,
					description: expect.stringContaining('The API did not accept the values sent'),
					httpCode: '400',
					context: { itemIndex: index },
				});
			} else {
				expect(item.error).toBeUndefined();
				expect(item.json).toEqual({ accountId: `p${index}`, id: `p${index}`, segments: ['A'] });
			}
		}
	});

	test.each([
		['middle', [2]],
		['first', [0]],
		['all', [0, 1, 2, 3]],
	])('Error Output: %s', async (_, failing) => {
		rejectP(...failing);
		const { status, outputs } = await run(add, {
			input: people(4),
			onError: 'continueErrorOutput',
		});
		const good = [0, 1, 2, 3].filter((index) => !failing.includes(index));
		expect([status, outputs.length]).toEqual(['success', 2]);
		expect(pairs(outputs[0])).toEqual(good);
		expect(outputs[0].map(({ json }) => json.id)).toEqual(good.map((index) => `p${index}`));
		expect(pairs(outputs[1])).toEqual(failing);
		expect(outputs[1].map(({ json }) => json)).toEqual(
			failing.map((index) =>
				failedJson(
					`No p${index}. [item ${index}]`,
					{
						itemIndex: index,
						statusCode: 400,
						hint: expect.stringContaining('The API did not accept the values sent'),
					},
					{ id: `p${index}` },
				),
			),
		);
		expect(outputs[1].filter((item) => 'error' in item)).toEqual([]);
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'Retry On Fail does not repeat what went well when item 0 fails (%s)',
		async (onError) => {
			rejectP(0);
			const { executions, outputs, status } = await run(add, {
				input: people(3),
				onError,
				retryOnFail: true,
				maxTries: 3,
			});
			expect([status, executions]).toEqual(['success', 1]);
			expect(sent(simulator())).toEqual(['UpsertParticipants']);
			const failed = outputs.flat().find(({ error }) => error !== undefined);
			expect(failed?.json).toEqual({ error: 'No p0. [item 0]' });
			expect(failed?.pairedItem).toEqual({ item: 0 });
		},
	);

	test('Retry On Fail repeats a run that stops, without harm', async () => {
		simulator().faults.add({
			match: { operationName: 'upsertUsers' },
			then: { kind: 'partialBatchFailure', participants: ['p1'], error: { statusCode: 400 } },
		});
		const { executions, status, main } = await run(add, {
			input: people(3),
			retryOnFail: true,
			maxTries: 3,
		});
		expect([status, executions, main.length]).toEqual(['success', 2, 3]);
		expect(simulator().state.membersOf('A').size).toBe(3);
	});

	test('a key that is refused ends the run; what was not sent says so', async () => {
		simulator().faults.add({
			match: { operationName: 'upsertUsers', nth: 2 },
			then: { kind: 'status', status: 401, body: { message: 'Bad key.', statusCode: 401 } },
		});
		const parameters = change('addSegments', ['A'], { options: { batchSize: 2, concurrency: 1 } });
		const { main } = await run(parameters, {
			input: people(8),
			onError: 'continueRegularOutput',
		});
		expect(main.map(({ json }) => json.error ?? json.id)).toEqual([
			'p0',
			'p1',
			'Bad key. [item 2]',
			'Bad key. [item 3]',
			...[4, 5, 6, 7].map(
				(index) => `This item was not sent. The run was stopped: Bad key. [item ${index}]`,
			),
		]);
		expect(shown(main[4].error).description).toMatch(/^The API did not accept the key\. Open the/);
		expect(sent(simulator())).toHaveLength(2);
	});

	test('an e-mail look-up that fails is reported for every item', async () => {
		simulator().faults.add({
			match: { operationName: 'FindParticipantsByEmail' },
			then: { kind: 'status', status: 403, body: { message: 'Not allowed.' } },
		});
		const parameters = change('addSegments', ['A'], {
			participant: byEmail('={{ $json.id }}@x.de'),
		});
		const { main } = await run(parameters, {
			input: people(2),
			onError: 'continueRegularOutput',
		});
		expect(main.map(({ json }) => json.error)).toEqual(['Not allowed.', 'Not allowed.']);
	});

	test("a credential that can't be used is reported for every item", async () => {
		const { main } = await run(add, {
			input: people(2),
			credentials: { authentication: 'tenantApiKey', apiKey: '', tenantAlias: 'x' },
			onError: 'continueRegularOutput',
		});
		expect(main.map(({ json }) => json.error)).toEqual(['API Key is empty', 'API Key is empty']);
		expect(shown(main[1].error).description).toBe(
			'Fill it in, or choose the other option of Authentication',
		);
	});

	test('stopping the execution sends no more', async () => {
		simulator().options.latencyMs = 50;
		const parameters = change('addSegments', ['A'], { options: { batchSize: 1, concurrency: 1 } });
		const { status } = await run(parameters, { input: people(40), timeoutMs: 160 });
		expect(status).toBe('canceled');
		await sleep(150);
		// What was on its way has arrived by now. Of 40 requests, most were still to come.
		const count = simulator().requests.length;
		expect(count).toBeLessThan(20);
		await sleep(150);
		expect(simulator().requests.length).toBe(count);
	});
});
