/** What the operations on participants write, with their options and with many items, in n8n's engine over HTTP. */
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import {
	hideSegments,
	segmentReads,
	batches,
	bodies,
	expression,
	onParticipant,
	pairs,
	people,
	sent,
	shown,
} from '../../support/advocate';
import { change, participantTests, update, WRITES } from './helpers';

const { simulator, run } = participantTests();

describe('wire form', () => {
	beforeEach(() => {
		for (const id of ['a', 'b']) simulator().state.addParticipant({ id, segments: ['old'] });
	});

	test.each(WRITES)('%s of one participant', async (_, parameters, operations, result) => {
		const { status, main } = await run(parameters, { input: [{ id: 'a' }] });
		expect(status).toBe('success');
		expect(bodies(simulator(), 'PUT')).toEqual([{ id: 'a', accountId: 'a', segments: operations }]);
		expect(sent(simulator()).at(-1)).toBe('PUT /open/account/a/user/a');
		expect(simulator().state.segmentsOf('a')).toEqual(result);
		expect(main).toEqual([
			{
				json: expect.objectContaining({ accountId: 'a', id: 'a', segments: expect.any(Array) }),
				pairedItem: { item: 0 },
			},
		]);
		expect([...(main[0].json.segments as string[])].sort()).toEqual(result);
	});

	test.each(WRITES)('%s of several participants', async (_, parameters, operations, result) => {
		// Without the look-up that some operations start with: the wire form is what counts.
		const { main } = await run(
			{ ...parameters, ifParticipantMissing: 'create' },
			{ input: [{ id: 'a' }, { id: 'b' }] },
		);
		expect(batches(simulator())).toEqual([
			['a', 'b'].map((id) => ({ id, accountId: id, segments: operations })),
		]);
		expect(sent(simulator())).toEqual(['UpsertParticipants']);
		for (const id of ['a', 'b']) expect(simulator().state.segmentsOf(id)).toEqual(result);
		expect(main.map(({ json }) => json.id)).toEqual(['a', 'b']);
		expect(pairs(main)).toEqual([0, 1]);
	});

	test('other details of the participant stay', async () => {
		simulator().state.addParticipant({ id: 'a', email: 'a@example.com', firstName: 'Ada' });
		await run(change('addSegments', ['A']), { input: [{ id: 'a' }] });
		expect(simulator().state.participant('a', 'a')).toMatchObject({
			email: 'a@example.com',
			firstName: 'Ada',
			segments: ['A'],
		});
	});
});

describe('options', () => {
	describe('Create Missing Segments', () => {
		const options = { createMissingSegments: true };

		test('creates each key once, before the first write', async () => {
			simulator().options.unknownSegment = 'reject';
			simulator().state.addSegment({ key: 'old', name: 'Old one' });
			const { main, status } = await run(
				change('addSegments', ['fresh', 'old', 'further'], { options }),
				{
					input: people(250),
				},
			);
			expect(status).toBe('success');
			expect(main).toHaveLength(250);
			const requests = sent(simulator());
			// What was looked up a moment ago is not asked about again.
			expect(requests).not.toContain('GetSegment');
			expect(segmentReads(simulator())).toEqual(['LookUpSegments', 'ListSegments']);
			expect(
				bodies<{ variables: unknown }>(simulator(), 'UpsertSegment').map(
					({ variables }) => variables,
				),
			).toEqual([
				{ segmentInput: { key: 'fresh', name: 'fresh' } },
				{ segmentInput: { key: 'further', name: 'further' } },
			]);
			expect(requests.indexOf('UpsertParticipants')).toBeGreaterThan(
				requests.lastIndexOf('UpsertSegment'),
			);
			expect(simulator().state.segments.get('old')?.name).toBe('Old one');
		});

		test('has nothing to create for removals', async () => {
			simulator().state.addParticipant({ id: 'a' });
			const { error } = await run(change('removeSegments', ['gone'], { options }), {
				input: [{ id: 'a' }],
			});
			expect(shown(error).message).toContain("There is no segment with the name or key 'gone'");
			expect(sent(simulator())).toEqual([]);
			expect(simulator().state.segments.has('gone')).toBe(false);
		});

		test('off: nothing is created by us', async () => {
			simulator().options.unknownSegment = 'reject';
			const { error } = await run(change('addSegments', ['fresh']), { input: [{ id: 'a' }] });
			expect(shown(error).message).toContain("There is no segment with the name or key 'fresh'");
			expect(sent(simulator())).toEqual([]);
			expect(simulator().state.segments.has('fresh')).toBe(false);
		});

		test('a segment that is refused fails its own items only', async () => {
			simulator().options.segmentKeyPattern = '^[a-z]+$';
			const { main } = await run(
				onParticipant('addSegments', { segments: '={{ $json.key }}', options }),
				{
					input: [
						{ id: 'a', key: 'good' },
						{ id: 'b', key: 'BAD 1' },
						{ id: 'c', key: 'fine' },
					],
					onError: 'continueRegularOutput',
				},
			);
			expect(main.map(({ json }) => json.id)).toEqual(['a', undefined, 'c']);
			expect(shown(main[1].error).message).toBe("'bad1' is not a valid segment key. [item 1]");
		});
	});

	describe('Verify Result, where the API leaves unknown segments out', () => {
		beforeEach(() => {
			// The look-up says nothing of it, so the answer to the write is all there is.
			hideSegments(simulator());
			simulator().options.unknownSegment = 'ignore';
			simulator().state.addSegment({ key: 'known' });
		});

		test.each([
			['Add', change('addSegments', ['known', 'nobody']), "'nobody' was not added", "'known'"],
			['Set', change('setSegments', ['nobody']), "'nobody' was not added", 'no segment'],
		])('%s: says what is missing and what there is', async (_, parameters, what, actual) => {
			for (const input of [people(1), people(2)]) {
				const { main } = await run(parameters, { input, onError: 'continueRegularOutput' });
				expect(main).toHaveLength(input.length);
				expect(shown(main[0].error)).toMatchObject({
					message: `The API accepted the change of participant 'p0' without applying all of it: ${what}. The participant now has ${actual} [item 0]`,
					description:
						"A segment may not exist, or be archived: the segments could not be looked up. Check the keys (upper and lower case count). Look at the participant and the segments in Advocate. If this is expected, turn off 'Verify Result'",
					context: { itemIndex: 0 },
				});
			}
		});

		test('off: the answer is passed on as it is', async () => {
			const parameters = change('addSegments', ['known', 'nobody'], {
				options: { verifyResult: false },
			});
			const { main, status } = await run(parameters, { input: people(2) });
			expect(status).toBe('success');
			expect(main.map(({ json }) => json.segments)).toEqual([['known'], ['known']]);
		});

		test('is satisfied together with Create Missing Segments', async () => {
			simulator().faults.clear();
			const parameters = change('addSegments', ['nobody'], {
				options: { createMissingSegments: true },
			});
			const { main, status } = await run(parameters, { input: people(2) });
			expect(status).toBe('success');
			expect(main.map(({ json }) => json.segments)).toEqual([['nobody'], ['nobody']]);
		});
	});

	describe('Report Changes', () => {
		const options = { reportChanges: true };

		test.each<[string, INodeParameters, string[], string[]]>([
			['Add', change('addSegments', ['A', 'old'], { options }), ['A'], []],
			['Remove', change('removeSegments', ['old', 'B'], { options }), [], ['old']],
			['Set', change('setSegments', ['A', 'keep'], { options }), ['A'], ['old']],
			['Clear', onParticipant('clearSegments', { options }), [], ['old', 'keep']],
			['Update', update(['A'], ['old'], { options }), ['A'], ['old']],
		])('%s', async (_, parameters, added, removed) => {
			for (const input of [['a'], ['a', 'b']]) {
				for (const id of input) {
					simulator().state.addParticipant({ id, segments: ['old', 'keep'] });
				}
				const { main } = await run(parameters, { input: input.map((id) => ({ id })) });
				for (const { json } of main) {
					expect(json).toMatchObject({ added, removed, created: false });
				}
			}
		});

		test('of a participant that is created', async () => {
			const { main } = await run(change('addSegments', ['A'], { options }), {
				input: [{ id: 'new' }],
			});
			expect(main[0].json).toEqual({
				accountId: 'new',
				id: 'new',
				segments: ['A'],
				added: ['A'],
				removed: [],
				created: true,
			});
		});

		test('follows several changes of one participant', async () => {
			simulator().state.addParticipant({ id: 'a', segments: [] });
			const { main } = await run(
				onParticipant('setSegments', { segments: '={{ $json.keys }}', options }),
				{
					input: [
						{ id: 'a', keys: 'A' },
						{ id: 'a', keys: 'B' },
					],
				},
			);
			expect(main.map(({ json }) => [json.added, json.removed])).toEqual([
				[['A'], []],
				[['B'], ['A']],
			]);
		});

		test.each([
			['addSegments', 'create'],
			['addSegments', 'skip'],
			['removeSegments', 'skip'],
			['removeSegments', 'create'],
			['setSegments', 'skip'],
			['clearSegments', 'skip'],
		])(
			'off: %s says nothing of it, also where the participant is read (%s)',
			async (name, missing) => {
				simulator().state.addParticipant({ id: 'a', segments: ['A', 'B'] });
				const { main } = await run(
					change(name, name === 'clearSegments' ? [] : ['A'], { ifParticipantMissing: missing }),
					{ input: [{ id: 'a' }] },
				);
				expect(Object.keys(main[0].json)).toEqual(['id', 'accountId', 'segments']);
			},
		);
	});

	test.each<[string, number | string, string]>([
		['concurrency', 0, "'Concurrency' is 0"],
		['concurrency', 33, "'Concurrency' is 33"],
		['concurrency', 1.5, "'Concurrency' is 1.5"],
		['batchSize', 101, "'Batch Size' is 101"],
		['batchSize', 'x', "'Batch Size' is 'x'"],
		['timeout', 0, "'Timeout' is 0"],
		['maxWaitTime', -1, "'Max Wait Time' is -1"],
	])('%s of %s is refused, the way the node is set', async (name, value, message) => {
		const parameters = change('addSegments', ['A'], { options: { [name]: expression(value) } });
		const stopped = await run(parameters, { input: people(2) });
		expect(shown(stopped.error)).toMatchObject({
			message,
			description: expect.stringMatching(/^Give a whole number from \d+ to \d+$/),
		});
		const continued = await run(parameters, {
			input: people(2),
			onError: 'continueRegularOutput',
		});
		expect(continued.main.map(({ json }) => json.error)).toEqual([message, message]);
		expect(pairs(continued.main)).toEqual([0, 1]);
		expect(sent(simulator())).toEqual([]);
	});
});

describe('many items', () => {
	const add = (options: INodeParameters = {}) => change('addSegments', ['A'], { options });

	test('250 participants take three requests', async () => {
		const { main, decryptions } = await run(add(), { input: people(250) });
		expect(sent(simulator())).toEqual(Array(3).fill('UpsertParticipants'));
		expect(batches(simulator()).map(({ length }) => length)).toEqual([100, 100, 50]);
		expect(main.map(({ json }) => json.id)).toEqual(people(250).map(({ id }) => id));
		expect(pairs(main)).toEqual(people(250).map((_, index) => index));
		expect(simulator().state.membersOf('A').size).toBe(250);
		expect(decryptions).toBe(1);
	});

	test('the 101st goes alone, by PUT', async () => {
		await run(add(), { input: people(101) });
		expect(sent(simulator())).toEqual(['UpsertParticipants', 'PUT /open/account/p100/user/p100']);
	});

	test('Batch Size', async () => {
		await run(add({ batchSize: 7 }), { input: people(21) });
		expect(batches(simulator()).map(({ length }) => length)).toEqual([7, 7, 7]);
	});

	test('Batch Size 1 writes each participant by PUT', async () => {
		await run(add({ batchSize: 1 }), { input: people(3) });
		expect(sent(simulator())).toEqual(
			people(3).map(({ id }) => `PUT /open/account/${id}/user/${id}`),
		);
	});

	test.each([1, 2, 5])(
		'Concurrency %i is the most in flight, and is reached',
		async (concurrency) => {
			simulator().options.latencyMs = 60;
			await run(add({ batchSize: 2, concurrency }), { input: people(60) });
			expect(simulator().maxInFlight).toBe(concurrency);
			expect(simulator().state.membersOf('A').size).toBe(60);
		},
	);

	test('two requests are in flight unless told otherwise', async () => {
		simulator().options.latencyMs = 60;
		await run(add({ batchSize: 2 }), { input: people(20) });
		expect(simulator().maxInFlight).toBe(2);
	});

	test('changes of one participant keep their order and never overlap', async () => {
		for (let index = 0; index < 10; index++) simulator().state.addSegment({ key: `k${index}` });
		simulator().options.latencyMs = [0, 12];
		const input = Array.from({ length: 90 }, (_, index) => ({
			id: `p${index % 9}`,
			keys: `k${Math.floor(index / 9)}`,
		}));
		const parameters = onParticipant('setSegments', {
			segments: '={{ $json.keys }}',
			options: { concurrency: 8, batchSize: 3 },
		});
		const { main } = await run(parameters, { input });
		expect(main.map(({ json }) => [json.id, json.segments])).toEqual(
			input.map(({ id, keys }) => [id, [keys]]),
		);
		expect(pairs(main)).toEqual(input.map((_, index) => index));
		for (let person = 0; person < 9; person++) {
			expect(simulator().state.segmentsOf(`p${person}`)).toEqual(['k9']);
		}
		expect(simulator().maxInFlight).toBeGreaterThan(1);
		expect(simulator().orderViolations).toEqual([]);
	});

	test('without upsertUsers each participant is written by PUT, and the API is asked only once', async () => {
		simulator().options.upsertUsersAvailable = false;
		const { main, status } = await run(add({ concurrency: 4 }), { input: people(12) });
		expect(status).toBe('success');
		expect(main.map(({ json }) => json.id)).toEqual(people(12).map(({ id }) => id));
		const requests = sent(simulator());
		expect(requests.filter((name) => name === 'UpsertParticipants')).toHaveLength(1);
		expect(requests.filter((name) => name.startsWith('PUT'))).toHaveLength(12);
	});

	test('results in another order find their items', async () => {
		for (const { id } of people(20)) simulator().state.addSegment({ key: `k-${id}` });
		simulator().options.upsertUsersOrder = 'shuffled';
		simulator().options.participantRejects = { p4: { message: 'Not this one.', statusCode: 400 } };
		const { main } = await run(onParticipant('setSegments', { segments: '={{ $json.keys }}' }), {
			input: people(20).map(({ id }) => ({ id, keys: `k-${id}` })),
			onError: 'continueRegularOutput',
		});
		for (const [index, { json, error }] of main.entries()) {
			if (index === 4) expect(shown(error).message).toBe('Not this one. [item 4]');
			else expect(json).toMatchObject({ id: `p${index}`, segments: [`k-p${index}`] });
		}
		expect(pairs(main)).toEqual(people(20).map((_, index) => index));
	});

	test("where refusals can't be told apart, each participant is asked for alone", async () => {
		simulator().options.upsertUsersOrder = 'shuffled';
		simulator().options.participantRejects = {
			p1: { message: 'First bad.' },
			p7: { message: 'Second bad.' },
		};
		const { main } = await run(add(), { input: people(10), onError: 'continueRegularOutput' });
		expect(shown(main[1].error).message).toBe('First bad. [item 1]');
		expect(shown(main[7].error).message).toBe('Second bad. [item 7]');
		expect(main.filter(({ error }) => error !== undefined)).toHaveLength(2);
		expect(sent(simulator())).toEqual([
			'UpsertParticipants',
			'PUT /open/account/p1/user/p1',
			'PUT /open/account/p7/user/p7',
		]);
	});

	test('a batch that is refused as a whole is split until the bad one is found', async () => {
		simulator().options.upsertUsersBadInput = 'wholeBatch';
		simulator().options.participantRejects = { p37: { message: 'Bad one.', rsCode: 'RS023' } };
		const { main } = await run(add(), { input: people(100), onError: 'continueRegularOutput' });
		const failed = main.filter(({ error }) => error !== undefined);
		expect(pairs(failed)).toEqual([37]);
		expect(shown(failed[0].error)).toMatchObject({
			message: 'Bad one. [item 37]',
			description: expect.stringContaining("Check the participant's e-mail address"),
		});
		expect(simulator().state.membersOf('A').size).toBe(99);
		expect(sent(simulator()).length).toBeLessThanOrEqual(15);
	});

	test('a refused key in one item leaves the others of its batch alone', async () => {
		hideSegments(simulator());
		simulator().options.unknownSegment = 'reject';
		simulator().state.addSegment({ key: 'good' });
		const { main } = await run(onParticipant('addSegments', { segments: '={{ $json.keys }}' }), {
			input: people(5).map(({ id }, index) => ({ id, keys: index === 2 ? 'bad' : 'good' })),
			onError: 'continueRegularOutput',
		});
		expect(main.map(({ error }) => error !== undefined)).toEqual([
			false,
			false,
			true,
			false,
			false,
		]);
		expect(shown(main[2].error).message).toBe("There is no segment 'bad'. [item 2]");
	});

	test('nothing is applied twice in a good run', async () => {
		await run(add(), { input: people(150) });
		expect(new Set(simulator().state.writeCounts.values())).toEqual(new Set([1]));
	});

	test('input items are not changed', async () => {
		const input: INodeExecutionData[] = people(3).map((json) => ({ json }));
		const before = structuredClone(input);
		const frozen = input.map((item) => Object.freeze({ ...item, json: Object.freeze(item.json) }));
		await run(add(), { input: frozen as INodeExecutionData[], onError: 'continueErrorOutput' });
		expect(frozen).toEqual(before);
	});

	test('no items lead to no request', async () => {
		const { status } = await run(add(), { input: [] });
		expect(status).toBe('success');
		expect(sent(simulator())).toEqual([]);
	});
});
