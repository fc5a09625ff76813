/** How the operations on participants find their participant and their segments, in n8n's engine over HTTP. */
import type { INodeParameters } from 'n8n-workflow';
import {
	allSent,
	batches,
	bodies,
	byEmail,
	fromList,
	onParticipant,
	pairs,
	people,
	sent,
	shown,
} from '../../support/advocate';
import { change, participantTests, update, WRITES } from './helpers';

const { simulator, run } = participantTests();

const CHECK = 'If it is an expression, check that the input item has this value';

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
			message: "'Participant' is not a value from the list: a/100% [item 0]",
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
					"Check the address, upper and lower case included. To create a participant, choose 'By ID' and give the new participant's ID",
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

		test.each([
			['ada', 'is not an e-mail address', /^Enter an e-mail address, or choose 'By ID'$/],
			[
				'a b@c',
				'has a blank in it, which e-mail addresses do not have',
				/^Correct it where it comes from$/,
			],
			['@', "ends with '@'", /^Correct it where it comes from$/],
		])('refuses %s', async (mail, problem, hint) => {
			const { error } = await run(add(), { input: [{ mail }] });
			expect(shown(error)).toMatchObject({
				message: `'Participant' ${problem} [item 0]`,
				description: expect.stringMatching(hint),
			});
			expect(sent(simulator())).toEqual([]);
		});
	});
});

describe('Segment Names or IDs', () => {
	beforeEach(() => {
		for (const key of ['1', 'a b', 'ü*~']) simulator().state.addSegment({ key });
	});

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
		['one number', 1, ['1']],
		['keys with blanks and signs inside', ['a b', 'ü*~'], ['a b', 'ü*~']],
	])('%s: %j', async (_, value, expected) => {
		const { main, error } = await run(change('addSegments', value), { input: [{ id: 'a' }] });
		if (expected.length === 0) {
			expect(shown(error).message).toContain("There is no segment with the name or key 'B, no'");
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
		"Give the name or key as the segment list shows it. To take a participant out of segments, use the operation 'Remove Segments' or 'Clear Segments'";

	test.each<[unknown, string, string]>([
		[['~A'], "Segment key '~A' starts with '~', which means removal in the API", KEY_HINT],
		[['A', '~'], "Segment key '~' starts with '~', which means removal in the API", KEY_HINT],
		[['~*'], "Segment key '~*' starts with '~', which means removal in the API", KEY_HINT],
		[['*'], "'*' stands for all segments in the API and can't be a segment key", KEY_HINT],
		[['A\u0000B'], 'A segment key contains a control character', KEY_HINT],
		[['A\u0085B'], 'A segment key contains a control character', KEY_HINT],
		[
			{ key: 'A' },
			'Segments must be a list or comma-separated text, not an object with 1 field',
			'Use an expression that gives an array such as ["vip", "beta"] or text such as vip, beta',
		],
		[
			7.5,
			'Segments must be a list or comma-separated text, not 7.5',
			'Use an expression that gives an array such as ["vip", "beta"] or text such as vip, beta',
		],
		[
			['A', { key: 'B' }],
			'Segments must be text, but entry 2 is an object with 1 field',
			'Give names or keys, not segment objects, for example {{ $json.segments.map(s => s.key) }}',
		],
		[
			['A', 'A', null],
			'Segments must be text, but entry 3 is empty',
			'Leave it out: {{ $json.segments.filter(Boolean) }}',
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
			`To take a participant out of all segments, use the operation 'Clear Segments'. ${CHECK}`,
		],
		[
			'Set (blank text)',
			change('setSegments', ' , '),
			"'Segment Names or IDs': Set needs at least one segment",
			`To take a participant out of all segments, use the operation 'Clear Segments'. ${CHECK}`,
		],
		[
			'Add',
			change('addSegments', null),
			"'Segment Names or IDs': No segment was given",
			`Choose at least one segment to add. ${CHECK}`,
		],
		[
			'Remove',
			change('removeSegments', ''),
			"'Segment Names or IDs': No segment was given",
			`Choose at least one segment to remove. ${CHECK}`,
		],
		[
			'Update',
			update([], []),
			"No segment was given: 'Add Segment Names or IDs' and 'Remove Segment Names or IDs' are both empty",
			`Choose at least one segment to add or to remove. ${CHECK}`,
		],
	])('%s without segments is refused', async (_, parameters, message, description) => {
		const { error } = await run(parameters, { input: [{ id: 'a' }] });
		expect(shown(error)).toMatchObject({ message: `${message} [item 0]`, description });
		expect(sent(simulator())).toEqual([]);
	});

	test.each<[string, unknown, unknown]>([
		['Add', undefined, ['A']],
		['Add', null, ['A']],
		['Remove', ['A'], undefined],
		['Remove', ['A'], null],
	])('Update does not take half of a change for all of it: %s', async (field, add, remove) => {
		const { error } = await run(update(add, remove), { input: [{ id: 'a' }] });
		expect(shown(error)).toMatchObject({
			message: `'${field} Segment Names or IDs' is empty [item 0]`,
			description: `Choose segments, or let the expression give [] where there is none to change, as {{ $json.segments ?? [] }} does. ${CHECK}`,
		});
		expect(sent(simulator())).toEqual([]);
	});

	test('Update takes one list alone', async () => {
		simulator().state.addParticipant({ id: 'a', segments: ['A'] });
		await run(update(['B'], []), { input: [{ id: 'a' }] });
		await run(update('', 'A'), { input: [{ id: 'a' }] });
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

	test('is refused with the choices as the editor names them', async () => {
		const { error } = await run(
			change('addSegments', ['A'], { ifParticipantMissing: '={{ $json.mode }}' }),
			{ input: [{ id: 'a', mode: 'vip' }] },
		);
		expect(shown(error)).toMatchObject({
			message: "'If Participant Does Not Exist' is 'vip' [item 0]",
			description: 'Use one of: create (Create), error (Fail), skip (Skip)',
		});
		expect(allSent(simulator())).toEqual([]);
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
