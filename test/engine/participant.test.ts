/** The operations on participants, in n8n's engine over HTTP. */
import { sleep } from 'n8n-workflow';
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import {
	batches,
	bodies,
	byEmail,
	byId,
	expression,
	failedJson,
	fromList,
	nodeRunner,
	onParticipant,
	onSegment,
	pairs,
	people,
	sent,
	shown,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator();
const run = nodeRunner(simulator);

/** An operation with its segments as a value. */
const change = (operation: string, segments: unknown, parameters: INodeParameters = {}) =>
	onParticipant(operation, { segments: expression(segments), ...parameters });

const update = (add: unknown, remove: unknown, parameters: INodeParameters = {}) =>
	onParticipant('updateSegments', {
		addSegments: expression(add),
		removeSegments: expression(remove),
		...parameters,
	});

const WRITES: Array<[string, INodeParameters, string[], string[]]> = [
	['Add Segments', change('addSegments', ['A', 'B']), ['A', 'B'], ['A', 'B', 'old']],
	['Remove Segments', change('removeSegments', ['old', 'B']), ['~old', '~B'], []],
	['Set Segments', change('setSegments', ['A', 'B']), ['~*', 'A', 'B'], ['A', 'B']],
	['Clear Segments', onParticipant('clearSegments'), ['~*'], []],
	['Update Segments', update(['A'], ['old']), ['~old', 'A'], ['A']],
];

/** Every segment operation that any request carried. */
function operationsSent(): string[] {
	const text = JSON.stringify(simulator().requests.map(({ body }) => body ?? null));
	return [...text.matchAll(/"segments":\[(.*?)\]/g)].flatMap(
		([, list]) => JSON.parse(`[${list}]`) as string[],
	);
}

afterEach(() => {
	expect(operationsSent()).not.toContain('~');
	expect(simulator().orderViolations).toEqual([]);
});

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

describe('Participant', () => {
	test.each(['a/b', 'ada+test@example.com', '100%', 'ü ?#&', 'a/../b', '%2F'])(
		'By ID %s',
		async (id) => {
			const { main } = await run(change('addSegments', ['A']), { input: [{ id }] });
			const encoded = encodeURIComponent(id);
			expect(sent(simulator())).toEqual([`PUT /open/account/${encoded}/user/${encoded}`]);
			expect(main[0].json).toEqual({ accountId: id, id, segments: ['A'] });
			expect(simulator().state.segmentsOf(id)).toEqual(['A']);
		},
	);

	test('By ID with a number', async () => {
		const { main } = await run(change('addSegments', ['A']), { input: [{ id: 42 }] });
		expect(main[0].json).toMatchObject({ accountId: '42', id: '42' });
	});

	test.each([['.'], ['..']])('By ID %j, which no address can hold', async (id) => {
		const { main } = await run(change('addSegments', ['A']), {
			input: [{ id }],
			onError: 'continueRegularOutput',
		});
		expect(shown(main[0].error)).toMatchObject({
			message: "The Account ID can't be part of a web address [item 0]",
			description: expect.stringContaining('Check the Account ID'),
		});
		expect(sent(simulator())).toEqual([]);
	});

	test.each([
		['given', 'acme', 'acme'],
		['blank', '  ', 'a'],
		['absent', undefined, 'a'],
	])('Account ID %s', async (_, accountId, expected) => {
		await run(change('addSegments', ['A'], { accountId: '={{ $json.account }}' }), {
			input: [{ id: 'a', ...(accountId === undefined ? {} : { account: accountId }) }],
		});
		expect(bodies(simulator(), 'PUT')[0]).toMatchObject({ id: 'a', accountId: expected });
	});

	test('Account IDs differ by item, and so do participants with one ID', async () => {
		const { main } = await run(
			change('addSegments', ['A'], { accountId: '={{ $json.account }}' }),
			{
				input: [
					{ id: 'a', account: 'x' },
					{ id: 'a', account: 'y' },
				],
			},
		);
		expect(main.map(({ json }) => [json.accountId, json.id])).toEqual([
			['x', 'a'],
			['y', 'a'],
		]);
		expect(batches(simulator())).toHaveLength(1);
	});

	test.each([[''], ['  '], [null]])('By ID %j', async (id) => {
		const { error } = await run(change('addSegments', ['A']), { input: [{ id }] });
		expect(shown(error)).toMatchObject({
			message: "'Participant' is empty [item 0]",
			description: expect.stringContaining('check that the input item has this value'),
			context: { itemIndex: 0 },
		});
		expect(sent(simulator())).toEqual([]);
	});

	test.each([
		['plain', 'ada', 'ada', 'ada'],
		['with an account', 'acme/ada', 'acme', 'ada'],
		['with encoded characters', 'acme%2Feu/ada%40x%25', 'acme/eu', 'ada@x%'],
		['with a percent sign and no account', '100%', '100%', '100%'],
	])('From List: %s', async (_, value, accountId, id) => {
		const parameters = change('addSegments', ['A'], { participant: fromList(value) });
		const { main } = await run(parameters);
		expect(main[0].json).toEqual({ accountId, id, segments: ['A'] });
		expect(sent(simulator())).toEqual([
			`PUT /open/account/${encodeURIComponent(accountId)}/user/${encodeURIComponent(id)}`,
		]);
	});

	test('From List: Account ID wins over that of the list', async () => {
		const parameters = change('addSegments', ['A'], {
			participant: fromList('acme/ada'),
			accountId: 'other',
		});
		const { main } = await run(parameters);
		expect(main[0].json).toMatchObject({ accountId: 'other', id: 'ada' });
	});

	test('From List: a value that the list never gave', async () => {
		const { error } = await run(change('addSegments', ['A'], { participant: fromList('a/100%') }));
		expect(shown(error)).toMatchObject({
			message: "'Participant' is not a value of the list: a/100% [item 0]",
			description: expect.stringContaining("choose 'By ID' to enter an ID"),
		});
	});

	describe('By Email', () => {
		const add = (parameters: INodeParameters = {}) =>
			change('addSegments', ['A'], { participant: byEmail('={{ $json.mail }}'), ...parameters });

		test('one match', async () => {
			simulator().state.addParticipant({ id: 'u1', accountId: 'acme', email: 'ada@example.com' });
			simulator().state.addParticipant({ id: 'u2', email: 'bob@example.com' });
			const { main } = await run(add(), { input: [{ mail: ' ada@example.com ' }] });
			expect(main[0].json).toEqual({ accountId: 'acme', id: 'u1', segments: ['A'] });
			expect(sent(simulator())).toEqual([
				'FindParticipantsByEmail',
				'PUT /open/account/acme/user/u1',
			]);
		});

		test('no match', async () => {
			const { error } = await run(add(), { input: [{ mail: 'ada@example.com' }] });
			expect(shown(error)).toMatchObject({
				message: 'No participant has this e-mail address [item 0]',
				description:
					"Check the address. To create a participant, choose 'By ID' and give the new participant's ID",
				httpCode: '404',
			});
			expect(sent(simulator())).toEqual(['FindParticipantsByEmail']);
		});

		test('no match is skipped when the operation skips', async () => {
			const { main } = await run(add({ ifParticipantMissing: 'skip' }), {
				input: [{ mail: 'ada@example.com' }],
			});
			expect(main[0]).toEqual({
				json: {
					email: 'ada@example.com',
					segments: [],
					skipped: true,
					reason: 'No participant has this e-mail address',
				},
				pairedItem: { item: 0 },
			});
		});

		describe('several matches', () => {
			beforeEach(() => {
				for (const accountId of ['x', 'y', 'z']) {
					simulator().state.addParticipant({ id: 'u', accountId, email: 'ada@example.com' });
				}
			});

			test.each(['create', 'skip', 'error'])(
				'are never guessed at (%s)',
				async (ifParticipantMissing) => {
					const { error } = await run(add({ ifParticipantMissing }), {
						input: [{ mail: 'ada@example.com' }],
					});
					expect(shown(error)).toMatchObject({
						message: 'Several participants have this e-mail address [item 0]',
						description: "Give the Account ID as well, or choose the participant 'By ID'",
					});
					expect(sent(simulator())).toEqual(['FindParticipantsByEmail']);
				},
			);

			test.each(['x', 'y', 'z'])('in account %s there is one', async (accountId) => {
				const { main } = await run(add({ accountId }), { input: [{ mail: 'ada@example.com' }] });
				expect(main[0].json).toEqual({ accountId, id: 'u', segments: ['A'] });
			});

			test('in another account there is none', async () => {
				const { error } = await run(add({ accountId: 'w' }), {
					input: [{ mail: 'ada@example.com' }],
				});
				expect(shown(error).message).toBe(
					'No participant of this account has this e-mail address [item 0]',
				);
			});

			test('in one account twice', async () => {
				simulator().state.addParticipant({ id: 'v', accountId: 'x', email: 'ada@example.com' });
				const { error } = await run(add({ accountId: 'x' }), {
					input: [{ mail: 'ada@example.com' }],
				});
				expect(shown(error)).toMatchObject({
					message: 'Several participants have this e-mail address [item 0]',
					description: "Choose the participant 'By ID'",
				});
			});
		});

		test('is looked up once for many items, many per request', async () => {
			const input = Array.from({ length: 300 }, (_, index) => ({ mail: `u${index % 150}@x.com` }));
			for (let index = 0; index < 150; index++) {
				simulator().state.addParticipant({ id: `u${index}`, email: `u${index}@x.com` });
			}
			const { main } = await run(add(), { input });
			expect(main.map(({ json }) => json.id)).toEqual(input.map(({ mail }) => mail.split('@')[0]));
			expect(sent(simulator()).filter((name) => name === 'FindParticipantsByEmail')).toHaveLength(
				2,
			);
		});

		test.each(['ada', 'a b@c', '@'])('refuses %s', async (mail) => {
			const { error } = await run(add(), { input: [{ mail }] });
			expect(shown(error)).toMatchObject({
				message: "'Participant' is not an e-mail address [item 0]",
				description: "Enter an e-mail address, or choose 'By ID'",
			});
			expect(sent(simulator())).toEqual([]);
		});
	});
});

describe('Segment Names or IDs', () => {
	test.each<[string, unknown, string[]]>([
		['an array', ['A', 'B'], ['A', 'B']],
		['text with commas', 'A, B ,C', ['A', 'B', 'C']],
		['JSON in a text', '["A","B, no"]', []],
		['JSON in a text', ' ["A","B"] ', ['A', 'B']],
		['blank entries', ['', ' A ', '  '], ['A']],
		['blank entries in a text', ',A,,B,', ['A', 'B']],
		['repeated keys', ['A', 'B', 'A'], ['A', 'B']],
		['numbers', [1, 'A'], ['1', 'A']],
		['one key', 'A', ['A']],
		['keys with blanks and signs inside', ['a b', 'ü*~'], ['a b', 'ü*~']],
	])('%s: %j', async (_, value, expected) => {
		const { main, error } = await run(change('addSegments', value), { input: [{ id: 'a' }] });
		if (expected.length === 0) {
			expect(shown(error).message).toContain("Segment key 'B, no' contains a comma");
			return;
		}
		expect(bodies(simulator(), 'PUT')[0].segments).toEqual(expected);
		expect(main[0].json.segments).toEqual(expected);
	});

	test('chosen in the list', async () => {
		const parameters = onParticipant('addSegments', { segments: ['A', 'B'] });
		const { main } = await run(parameters, { input: [{ id: 'a' }] });
		expect(main[0].json.segments).toEqual(['A', 'B']);
	});

	const KEY_HINT =
		"Give the key as the segment list shows it. To take a participant out of segments, use the operation 'Remove Segments' or 'Clear Segments'";

	test.each<[unknown, string, string]>([
		[['~A'], "Segment key '~A' starts with '~', which means removal in the API", KEY_HINT],
		[['A', '~'], "Segment key '~' starts with '~', which means removal in the API", KEY_HINT],
		[['~*'], "Segment key '~*' starts with '~', which means removal in the API", KEY_HINT],
		[['*'], "'*' stands for all segments in the API and can't be a segment key", KEY_HINT],
		[['A,B'], "Segment key 'A,B' contains a comma", KEY_HINT],
		[['A\u0000B'], 'A segment key contains a control character', KEY_HINT],
		[['A\u0085B'], 'A segment key contains a control character', KEY_HINT],
		[
			{ key: 'A' },
			'Segments must be a list or comma-separated text, not an object with 1 field',
			'Use an expression that gives an array such as ["vip", "beta"] or text such as vip, beta',
		],
		[
			7,
			'Segments must be a list or comma-separated text, not 7',
			'Use an expression that gives an array such as ["vip", "beta"] or text such as vip, beta',
		],
		[
			['A', { key: 'B' }],
			'Segments must be texts, but entry 2 is an object with 1 field',
			'Give segment keys, not segment objects, for example {{ $json.segments.map(s => s.key) }}',
		],
		[
			['A', 'A', null],
			'Segments must be texts, but entry 3 is empty',
			'Give segment keys, not segment objects, for example {{ $json.segments.map(s => s.key) }}',
		],
	])('refuses %j', async (value, message, description) => {
		for (const operation of ['addSegments', 'removeSegments', 'setSegments']) {
			const { main } = await run(onParticipant(operation, { segments: '={{ $json.keys }}' }), {
				input: [
					{ id: 'a', keys: ['A'] },
					{ id: 'b', keys: value as never },
				],
				onError: 'continueRegularOutput',
			});
			expect(shown(main[1].error)).toMatchObject({
				message: `'Segment Names or IDs': ${message} [item 1]`,
				description,
				context: { itemIndex: 1 },
			});
		}
		for (const body of bodies(simulator(), 'PUT')) expect(body.id).toBe('a');
	});

	test.each<[string, INodeParameters, string]>([
		['Add', update(['~A'], []), "'Add Segment Names or IDs': Segment key '~A'"],
		['Remove', update([], ['~A']), "'Remove Segment Names or IDs': Segment key '~A'"],
	])('the list of Update Segments that is refused is named: %s', async (_, parameters, start) => {
		const { error } = await run(parameters, { input: [{ id: 'a' }] });
		expect(shown(error).message).toContain(start);
	});

	test('a key both added and removed is refused', async () => {
		const { error } = await run(update(['A', 'B', 'C'], 'C, B'), { input: [{ id: 'a' }] });
		expect(shown(error)).toMatchObject({
			message: "'B', 'C' are both added and removed [item 0]",
			description:
				'Keep each segment on one of the two lists; the result would depend on the order otherwise',
		});
		expect(sent(simulator())).toEqual([]);
	});

	test.each<[string, INodeParameters, string, string]>([
		[
			'Set',
			change('setSegments', []),
			"'Segment Names or IDs': Set needs at least one segment",
			"To take a participant out of all segments, use 'Clear'",
		],
		[
			'Set (blank text)',
			change('setSegments', ' , '),
			"'Segment Names or IDs': Set needs at least one segment",
			"To take a participant out of all segments, use 'Clear'",
		],
		[
			'Add',
			change('addSegments', null),
			"'Segment Names or IDs': No segment was given",
			'Choose at least one segment to add',
		],
		[
			'Remove',
			change('removeSegments', ''),
			"'Segment Names or IDs': No segment was given",
			'Choose at least one segment to remove',
		],
		[
			'Update',
			update([], []),
			'No segment was given',
			'Choose at least one segment to add or to remove',
		],
	])('%s without segments is refused', async (_, parameters, message, description) => {
		const { error } = await run(parameters, { input: [{ id: 'a' }] });
		expect(shown(error)).toMatchObject({ message: `${message} [item 0]`, description });
		expect(sent(simulator())).toEqual([]);
	});

	test('Update takes one list alone', async () => {
		simulator().state.addParticipant({ id: 'a', segments: ['A'] });
		await run(update(['B'], []), { input: [{ id: 'a' }] });
		await run(update(undefined, 'A'), { input: [{ id: 'a' }] });
		expect(bodies(simulator(), 'PUT').map(({ segments }) => segments)).toEqual([['B'], ['~A']]);
		expect(simulator().state.segmentsOf('a')).toEqual(['B']);
	});

	test('come from each item', async () => {
		const { main } = await run(onParticipant('addSegments', { segments: '={{ $json.keys }}' }), {
			input: [
				{ id: 'a', keys: 'A,B' },
				{ id: 'b', keys: ['C'] },
			],
		});
		expect(main.map(({ json }) => json.segments)).toEqual([['A', 'B'], ['C']]);
	});
});

describe('If Participant Does Not Exist', () => {
	const DEFAULTS: Record<string, string> = {
		'Add Segments': 'create',
		'Remove Segments': 'skip',
		'Set Segments': 'create',
		'Clear Segments': 'skip',
		'Update Segments': 'create',
	};
	const cases = WRITES.flatMap(([name, parameters]) =>
		['default', 'create', 'skip', 'error'].flatMap((choice) =>
			[1, 2].map((count) => [name, choice, count, parameters] as const),
		),
	);

	test.each(cases)('%s, %s, %i absent', async (name, choice, count, parameters) => {
		simulator().state.addParticipant({ id: 'there', segments: ['old'] });
		const input = [...people(count), { id: 'there' }];
		const { main } = await run(
			{ ...parameters, ...(choice === 'default' ? {} : { ifParticipantMissing: choice }) },
			{ input, onError: 'continueRegularOutput' },
		);
		expect(pairs(main)).toEqual(input.map((_, index) => index));
		const expected = choice === 'default' ? DEFAULTS[name] : choice;
		expect(simulator().state.participant('p0', 'p0') !== undefined).toBe(expected === 'create');
		expect(main.at(-1)?.json).toMatchObject({ id: 'there' });
		for (const [index, item] of main.slice(0, -1).entries()) {
			const id = `p${index}`;
			if (expected === 'create') {
				expect(item.json).toEqual({ accountId: id, id, segments: expect.any(Array) });
			} else if (expected === 'skip') {
				expect(item.json).toEqual({
					accountId: id,
					id,
					segments: [],
					skipped: true,
					reason: 'The participant does not exist',
				});
			} else {
				expect(shown(item.error)).toMatchObject({
					message: `Participant '${id}' does not exist [item ${index}]`,
					description: expect.stringContaining("set 'If Participant Does Not Exist'"),
					httpCode: '404',
					context: { itemIndex: index },
				});
			}
		}
	});

	test('may differ by item', async () => {
		const { main } = await run(
			change('addSegments', ['A'], { ifParticipantMissing: '={{ $json.mode }}' }),
			{
				input: [
					{ id: 'a', mode: 'create' },
					{ id: 'b', mode: 'skip' },
					{ id: 'c', mode: 'error' },
				],
				onError: 'continueRegularOutput',
			},
		);
		expect(main.map(({ json }) => [json.id, json.skipped])).toEqual([
			['a', undefined],
			['b', true],
			[undefined, undefined],
		]);
		expect([...simulator().state.participants.values()].map(({ id }) => id)).toEqual(['a']);
	});

	test('one participant is looked up over REST, several in one GraphQL request', async () => {
		await run(onParticipant('clearSegments'), { input: [{ id: 'a' }] });
		await run(onParticipant('clearSegments'), { input: [{ id: 'a' }, { id: 'b' }] });
		expect(sent(simulator())).toEqual(['GET /open/account/a/user/a', 'LookUpParticipants']);
	});

	test('a 404 that is not about the participant is not taken for one', async () => {
		simulator().faults.add({
			match: { method: 'GET' },
			then: { kind: 'status', status: 404, body: '<html>Not here</html>' },
		});
		const { status, error } = await run(onParticipant('clearSegments'), { input: [{ id: 'a' }] });
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message: 'Something in front of the API answered with status 404 and a web page [item 0]',
			httpCode: '404',
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
				change('addSegments', ['new', 'old', 'other'], { options }),
				{
					input: people(250),
				},
			);
			expect(status).toBe('success');
			expect(main).toHaveLength(250);
			const requests = sent(simulator());
			expect(requests.filter((name) => name === 'GetSegment')).toHaveLength(3);
			expect(
				bodies<{ variables: unknown }>(simulator(), 'UpsertSegment').map(
					({ variables }) => variables,
				),
			).toEqual([
				{ segmentInput: { key: 'new', name: 'new' } },
				{ segmentInput: { key: 'other', name: 'other' } },
			]);
			expect(requests.indexOf('UpsertParticipants')).toBeGreaterThan(
				requests.lastIndexOf('UpsertSegment'),
			);
			expect(simulator().state.segments.get('old')?.name).toBe('Old one');
		});

		test('has nothing to create for removals', async () => {
			simulator().state.addParticipant({ id: 'a' });
			await run(change('removeSegments', ['gone'], { options }), { input: [{ id: 'a' }] });
			expect(sent(simulator())).not.toContain('GetSegment');
			expect(simulator().state.segments.size).toBe(0);
		});

		test('off: nothing is created by us', async () => {
			simulator().options.unknownSegment = 'reject';
			const { error } = await run(change('addSegments', ['new']), { input: [{ id: 'a' }] });
			expect(shown(error)).toMatchObject({
				message: "There is no segment 'new'. [item 0]",
				httpCode: '400',
			});
			expect(simulator().state.segments.size).toBe(0);
		});

		test('a segment that is refused fails its own items only', async () => {
			simulator().options.segmentKeyPattern = '^[a-z]+$';
			const { main } = await run(
				onParticipant('addSegments', { segments: '={{ $json.key }}', options }),
				{
					input: [
						{ id: 'a', key: 'good' },
						{ id: 'b', key: 'BAD' },
						{ id: 'c', key: 'fine' },
					],
					onError: 'continueRegularOutput',
				},
			);
			expect(main.map(({ json }) => json.id)).toEqual(['a', undefined, 'c']);
			expect(shown(main[1].error).message).toBe("'BAD' is not a valid segment key. [item 1]");
		});
	});

	describe('Verify Result, where the API leaves unknown segments out', () => {
		beforeEach(() => {
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
						"A segment may not exist or be archived. Turn on 'Create Missing Segments', or turn off 'Verify Result' if this is expected",
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
				for (const { json } of main) expect(json).toMatchObject({ added, removed });
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
			simulator().options.latencyMs = 15;
			await run(add({ batchSize: 2, concurrency }), { input: people(60) });
			expect(simulator().maxInFlight).toBe(concurrency);
			expect(simulator().state.membersOf('A').size).toBe(60);
		},
	);

	test('two requests are in flight unless told otherwise', async () => {
		simulator().options.latencyMs = 10;
		await run(add({ batchSize: 2 }), { input: people(20) });
		expect(simulator().maxInFlight).toBe(2);
	});

	test('changes of one participant keep their order and never overlap', async () => {
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
				"The API did not accept the values sent. Compare them with the API's text above. 29 of 60 items were applied all the same; sending them again changes nothing",
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
			"'Participant' is empty. Nothing was sent. 1 more item can't be used either [item 1]",
		],
		[
			[{ id: 'a' }, { id: {} }, { id: '' }, { id: 'b' }, { id: true }],
			"'Participant' is an empty object. Nothing was sent. 2 more items can't be used either [item 1]",
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
				"No participant has this e-mail address. Nothing was sent. 1 more item can't be used either [item 1]",
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
			"'CSV Text' is an empty list, not a text. Nothing was sent [item 1]",
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
		expect(shown(main[4].error).description).toBe(
			'Run the node again to send it; repeating what was already done changes nothing',
		);
		expect(sent(simulator())).toHaveLength(2);
	});

	test('an e-mail look-up that fails is reported for every item', async () => {
		simulator().faults.add({
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
		expect(shown(main[1].error).description).toBe('Fill it in, or choose the other Authentication');
	});

	test('stopping the execution sends no more', async () => {
		simulator().options.latencyMs = 50;
		const parameters = change('addSegments', ['A'], { options: { batchSize: 1, concurrency: 1 } });
		const { status } = await run(parameters, { input: people(40), timeoutMs: 160 });
		expect(status).toBe('canceled');
		const count = simulator().requests.length;
		expect(count).toBeLessThan(10);
		await sleep(150);
		expect(simulator().requests.length).toBe(count);
	});
});

describe('Get', () => {
	const get = (parameters: INodeParameters = {}) => onParticipant('get', parameters);

	beforeEach(() => {
		simulator().state.addParticipant({
			id: 'ada',
			accountId: 'acme',
			firstName: 'Ada',
			lastName: 'Lovelace',
			email: 'ada@example.com',
			segments: ['vip'],
			customFields: { plan: 'pro' },
			dateCreated: 5,
		});
	});

	test('Simplify gives the fields most flows use', async () => {
		const { main } = await run(get({ accountId: 'acme' }), { input: [{ id: 'ada' }] });
		expect(main).toEqual([
			{
				json: {
					accountId: 'acme',
					id: 'ada',
					firstName: 'Ada',
					lastName: 'Lovelace',
					email: 'ada@example.com',
					segments: ['vip'],
					locale: null,
					countryCode: null,
					referable: true,
					dateCreated: '1970-01-01T00:00:00.005Z',
				},
				pairedItem: { item: 0 },
			},
		]);
	});

	test('without Simplify everything the API sent', async () => {
		const { main } = await run(get({ accountId: 'acme', simplify: false }), {
			input: [{ id: 'ada' }],
		});
		expect(main[0].json).toMatchObject({ customFields: { plan: 'pro' }, programShareLinks: {} });
	});

	test('by e-mail address and from the list', async () => {
		const mail = await run(get({ participant: byEmail('ada@example.com') }));
		const list = await run(get({ participant: fromList('acme/ada') }));
		expect(mail.main[0].json).toEqual(list.main[0].json);
		expect(list.main[0].json).toMatchObject({ accountId: 'acme', id: 'ada', segments: ['vip'] });
	});

	test.each([
		['acme', 'bob'],
		['', 'ada'],
	])('of nobody (account %j)', async (accountId, id) => {
		const { error } = await run(get({ accountId }), { input: [{ id }] });
		expect(shown(error)).toMatchObject({
			message: `Participant '${id}' does not exist [item 0]`,
			description:
				'Check the participant ID and the Account ID (they are the same unless you gave both)',
			httpCode: '404',
			context: { itemIndex: 0 },
		});
	});

	test('of several, with pairing', async () => {
		simulator().state.addParticipant({ id: 'x' });
		simulator().state.addParticipant({ id: 'z' });
		const { outputs } = await run(get({ participant: byId('={{ $json.id }}') }), {
			input: [{ id: 'x' }, { id: 'y' }, { id: 'z' }],
			onError: 'continueErrorOutput',
		});
		expect(outputs.map(pairs)).toEqual([[0, 2], [1]]);
	});
});

describe('Get Many', () => {
	const getAll = (parameters: INodeParameters = {}): INodeParameters => ({
		resource: 'participant',
		operation: 'getAll',
		...parameters,
	});

	/** p0 in a; p1 in a and b; p2 in b; p3 in none; and so on. */
	const fill = (count: number) => {
		const sets = [['a'], ['a', 'b'], ['b'], []];
		for (let index = 0; index < count; index++) {
			simulator().state.addParticipant({
				id: `p${index}`,
				segments: sets[index % 4],
				dateCreated: 1000 + index,
				email: `p${index}@example.com`,
			});
		}
	};
	const expected = (count: number, ...classes: number[]) =>
		Array.from({ length: count }, (_, index) => index)
			.filter((index) => classes.includes(index % 4))
			.map((index) => `p${index}`);
	const ids = (items: INodeExecutionData[]) => items.map(({ json }) => json.id);

	test.each<[string, unknown, number[]]>([
		['any', ['a', 'b'], [0, 1, 2]],
		['any', 'b', [1, 2]],
		['all', ['a', 'b'], [1]],
		['none', ['a'], [2, 3]],
		['none', ['a', 'b'], [3]],
		['all', [], [0, 1, 2, 3]],
		['none', [], [0, 1, 2, 3]],
	])('in %s of %j', async (membership, segments, classes) => {
		fill(12);
		const { main } = await run(
			getAll({ membership, segments: expression(segments), returnAll: true }),
		);
		expect(ids(main)).toEqual(expected(12, ...classes));
		expect(new Set(pairs(main))).toEqual(new Set([0]));
	});

	test('Return All reads every page, oldest first', async () => {
		fill(250);
		const { main } = await run(getAll({ returnAll: true }));
		expect(ids(main)).toEqual(people(250).map(({ id }) => id));
		expect(
			bodies<{ variables: Record<string, unknown> }>(simulator(), 'ListParticipants').map(
				({ variables }) => [variables.limit, variables.offset, variables.sortBy],
			),
		).toEqual(
			[0, 100, 200].map((offset) => [100, offset, [{ field: 'dateCreated', order: 'ASC' }]]),
		);
	});

	test('Return All is whole though the API gives fewer per page than asked', async () => {
		simulator().options.maxPageLimit = 30;
		fill(100);
		const { main } = await run(getAll({ returnAll: true }));
		expect(ids(main)).toEqual(people(100).map(({ id }) => id));
	});

	test.each([
		[7, [7]],
		[100, [100]],
		[130, [100, 30]],
	])('Limit %i', async (limit, pages) => {
		fill(300);
		const { main } = await run(getAll({ limit }));
		expect(ids(main)).toEqual(people(limit).map(({ id }) => id));
		expect(
			bodies<{ variables: Record<string, unknown> }>(simulator(), 'ListParticipants').map(
				({ variables }) => variables.limit,
			),
		).toEqual(pages);
	});

	test('gives 50 unless told otherwise', async () => {
		fill(60);
		expect((await run(getAll())).main).toHaveLength(50);
	});

	test('Simplify', async () => {
		fill(1);
		const simple = await run(getAll());
		expect(Object.keys(simple.main[0].json)).toEqual([
			'id',
			'accountId',
			'firstName',
			'lastName',
			'email',
			'segments',
			'locale',
			'countryCode',
			'referable',
			'dateCreated',
		]);
		const whole = await run(getAll({ simplify: false }));
		expect(whole.main[0].json).toMatchObject({ customFields: {}, referralCodes: {} });
	});

	test('has its own filter for every item', async () => {
		fill(8);
		const { main } = await run(
			getAll({
				membership: '={{ $json.m }}',
				segments: '={{ $json.s }}',
				limit: '={{ $json.n }}',
			}),
			{
				input: [
					{ m: 'all', s: 'a,b', n: 9 },
					{ m: 'any', s: ['b'], n: 1 },
				],
			},
		);
		expect(ids(main)).toEqual(['p1', 'p5', 'p1']);
		expect(pairs(main)).toEqual([0, 0, 1]);
	});

	test('refuses a key that is an operator', async () => {
		const { error } = await run(getAll({ segments: expression(['~a']) }));
		expect(shown(error).message).toBe(
			"'Segment Names or IDs': Segment key '~a' starts with '~', which means removal in the API [item 0]",
		);
	});
});
