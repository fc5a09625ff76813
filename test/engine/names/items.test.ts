/** Names or keys of segments in the fields of operations: understood once per run, before anything is sent, or refused. */
import type { INodeParameters } from 'n8n-workflow';
import {
	allSent,
	apartFromSegments,
	byKey,
	expression,
	nodeRunner,
	onParticipant,
	onSegment,
	people,
	segmentReads,
	shown,
	useSimulator,
} from '../../support/advocate';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const byName = (value: string) => ({ __rl: true as const, mode: 'name', value });

beforeEach(() => {
	const { state } = simulator();
	state.addSegment({ key: 'vip', name: 'VIP Customers' });
	state.addSegment({ key: 'beta', name: 'Beta Testers' });
	state.addSegment({ key: 'gold1', name: 'Gold' });
	state.addSegment({ key: 'gold2', name: 'Gold' });
	state.addSegment({ key: 'comma', name: 'Madrid, Spain' });
	state.addSegment({ key: 'gone', name: 'Gone', status: 'ARCHIVED' });
});

const change = (operation: string, segments: unknown, more: INodeParameters = {}) =>
	onParticipant(operation, { segments: expression(segments), ...more });

describe('a name is the key it stands for', () => {
	test.each([
		['VIP Customers', ['vip'], ['ListSegments']],
		['vip customers', ['vip'], ['ListSegments']],
		['vip', ['vip'], ['LookUpSegments']],
		['vip, Beta Testers', ['beta', 'vip'], ['ListSegments']],
		[['Madrid, Spain', 'vip'], ['comma', 'vip'], ['ListSegments']],
		[['vip', 'VIP Customers'], ['vip'], ['ListSegments']],
	])('%j', async (segments, expected, reads) => {
		for (const count of [1, 3]) {
			simulator().clearRequests();
			const { main, status } = await run(change('addSegments', segments), { input: people(count) });
			expect(status).toBe('success');
			for (const { json } of main)
				expect([...(json.segments as string[])].sort()).toEqual(expected);
			expect(simulator().state.segmentsOf('p0')).toEqual(expected);
			// One reading for the whole run.
			expect(segmentReads(simulator())).toEqual(reads);
		}
		expect(simulator().state.segments.size).toBe(6);
	});

	test.each([
		['removeSegments', { segments: expression(['VIP Customers']) }, ['beta']],
		['setSegments', { segments: expression(['Madrid, Spain']) }, ['comma']],
		[
			'updateSegments',
			{
				addSegments: expression('Madrid, Spain'.split('|')),
				removeSegments: expression('BETA testers'),
			},
			['comma', 'vip'],
		],
		['removeSegments', { segments: expression(['Gone']) }, ['beta', 'vip']],
	])('%s %j', async (operation, parameters, expected) => {
		for (const { id } of people(2)) {
			simulator().state.addParticipant({ id, segments: ['vip', 'beta'] });
		}
		const { status } = await run(onParticipant(operation, parameters), { input: people(2) });
		expect(status).toBe('success');
		for (const { id } of people(2)) expect(simulator().state.segmentsOf(id)).toEqual(expected);
	});

	test('each item its own; many different ones take one list', async () => {
		const names = Array.from({ length: 30 }, (_, index) => `Group ${index}`);
		names.forEach((name, index) => simulator().state.addSegment({ key: `g${index}`, name }));
		const input = names.map((name, index) => ({ id: `p${index}`, name }));
		const { main } = await run(onParticipant('addSegments', { segments: '={{ [$json.name] }}' }), {
			input,
		});
		expect(main.map(({ json }) => json.segments)).toEqual(names.map((_, index) => [`g${index}`]));
		expect(allSent(simulator())).toEqual(['ListSegments', 'UpsertParticipants']);
	});
});

describe('what names no segment, or more than one, is refused before anything is sent', () => {
	const OPERATIONS: Array<[string, string, (list: string[]) => INodeParameters]> = [
		['addSegments', 'Segment Names or IDs', (list) => ({ segments: expression(list) })],
		['setSegments', 'Segment Names or IDs', (list) => ({ segments: expression(list) })],
		['removeSegments', 'Segment Names or IDs', (list) => ({ segments: expression(list) })],
		['updateSegments', 'Add Segment Names or IDs', (list) => ({ addSegments: expression(list) })],
		[
			'updateSegments',
			'Remove Segment Names or IDs',
			(list) => ({ removeSegments: expression(list) }),
		],
	];
	const CASES: Array<[string, string, string]> = [
		[
			'vipp',
			"There is no segment with the name or key 'vipp'. The nearest is 'VIP Customers' (key 'vip')",
			'Check the spelling',
		],
		['VIP', "There is no segment with the name or key 'VIP'. The nearest is", 'Check the spelling'],
		[
			'Gold',
			"2 segments are called 'Gold': they have the keys 'gold1', 'gold2'",
			'Give the key instead of the name',
		],
	];

	test.each(OPERATIONS.flatMap((operation) => CASES.map((one) => [...operation, ...one] as const)))(
		'%s, %s: %s %s',
		async (operation, field, parameters, text, message, hint) => {
			for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
				for (const { id } of people(2)) {
					simulator().state.addParticipant({ id, segments: ['beta'] });
				}
				simulator().clearRequests();
				const { main, error } = await run(onParticipant(operation, parameters([text])), {
					input: people(2),
					onError,
				});
				const failure = onError === 'stopWorkflow' ? error : main[0].error;
				expect(shown(failure).message).toContain(`'${field}': ${message}`);
				expect(shown(failure).description).toContain(hint);
				if (hint === 'Check the spelling') {
					expect(shown(failure).description).toContain(
						field.startsWith('Remove') || operation === 'removeSegments'
							? 'nobody is in a segment that does not exist'
							: "add the option 'Create Missing Segments'",
					);
				}
				expect(apartFromSegments(simulator())).toEqual([]);
				expect(simulator().state.segmentsOf('p0')).toEqual(['beta']);
				expect(simulator().state.segments.size).toBe(6);
			}
		},
	);

	test.each(['addSegments', 'setSegments'])('%s: an archived segment', async (operation) => {
		const { error } = await run(change(operation, ['gone']), { input: people(2) });
		expect(shown(error)).toMatchObject({
			message:
				"'Segment Names or IDs': The segment 'Gone' (key 'gone') is archived. Nothing was sent; nor can item 1 be used [item 0]",
			description: expect.stringContaining('Restore it first'),
		});
		expect(apartFromSegments(simulator())).toEqual([]);
	});

	test('one item that is wrong leaves the others alone where the workflow goes on', async () => {
		const { main } = await run(onParticipant('addSegments', { segments: '={{ [$json.s] }}' }), {
			input: [
				{ id: 'p0', s: 'vip' },
				{ id: 'p1', s: 'vipp' },
				{ id: 'p2', s: 'Beta Testers' },
			],
			onError: 'continueRegularOutput',
		});
		expect(main.map(({ error }) => error === undefined)).toEqual([true, false, true]);
		expect(simulator().state.segmentsOf('p0')).toEqual(['vip']);
		expect(simulator().state.participant('p1', 'p1')).toBeUndefined();
		expect(simulator().state.segmentsOf('p2')).toEqual(['beta']);
	});

	test.each(['any', 'none'])(
		'Get Many, in %s: also where it is only looked for',
		async (membership) => {
			simulator().state.addParticipant({ id: 'p0', segments: ['vip'] });
			const many = (segments: string[]) =>
				run(onParticipant('getAll', { membership, segments: expression(segments) }));
			expect((await many(['VIP Customers'])).main).toHaveLength(membership === 'any' ? 1 : 0);
			expect(shown((await many(['vipp'])).error).message).toContain(
				"no segment with the name or key 'vipp'",
			);
		},
	);
});

describe('Create Missing Segments', () => {
	const options = { createMissingSegments: true };

	test('makes the key from the name, and keeps the name', async () => {
		const { main, status } = await run(
			change('addSegments', ['Win-Back 2024', 'Straße', 'VIP Customers'], { options }),
			{ input: people(2) },
		);
		expect(status).toBe('success');
		expect(main[0].json.segments).toEqual(['winBack2024', 'strasse', 'vip']);
		expect(simulator().state.segments.get('winBack2024')?.name).toBe('Win-Back 2024');
		expect(simulator().state.segments.get('strasse')?.name).toBe('Straße');
		expect(simulator().state.segments.size).toBe(8);
		// The next run finds them by their names.
		await run(change('addSegments', ['win-back 2024'], { options }), { input: people(1) });
		expect(simulator().state.segments.size).toBe(8);
	});

	test.each([
		['V.I.P.', "There is no segment 'VIP', and a new one would get the key 'vip'", 'VIP'],
		['клиенты', "No key can be made of the segment name 'клиенты'", 'клиенты'],
	])(
		'%s: a key that belongs to another, or that would lose letters, is refused',
		async (_, message, text) => {
			const { error } = await run(change('addSegments', [text], { options }), { input: people(2) });
			expect(shown(error).message).toContain(message);
			expect(apartFromSegments(simulator())).toEqual([]);
			expect(simulator().state.segments.get('vip')?.name).toBe('VIP Customers');
		},
	);

	test.each([
		[
			'Loyal Friends',
			{ key: 'lf', name: 'loyalFriends' },
			"There is no segment 'Loyal Friends', and a new one would get the key 'loyalFriends', which is the name of 'loyalFriends' (key 'lf')",
		],
		[
			'LOYALFRIENDS',
			{ key: 'loyalFriends', name: 'Our Friends' },
			"There is no segment 'LOYALFRIENDS', and a new one would have as its name the key of 'Our Friends' (key 'loyalFriends')",
		],
	])(
		'%s: a new segment that could be mistaken for another, by name and key, is refused',
		async (text, other, message) => {
			simulator().state.addSegment(other);
			const before = simulator().state.segments.size;
			const { error } = await run(change('addSegments', [text], { options }), { input: people(2) });
			expect(shown(error).message).toContain(message);
			expect(apartFromSegments(simulator())).toEqual([]);
			expect(simulator().state.segments.size).toBe(before);
		},
	);

	test('new segments of one run are told apart as they would be once they exist', async () => {
		const before = simulator().state.segments.size;
		const { main } = await run(
			onParticipant('addSegments', { segments: '={{ $json.segments }}', options }),
			{
				input: [
					{ id: 'a', segments: ['FRESHFACES'] },
					{ id: 'b', segments: ['FreshFaces'] },
					{ id: 'c', segments: ['Late Birds'] },
					{ id: 'd', segments: ['LATEBIRDS'] },
				],
				onError: 'continueRegularOutput',
			},
		);
		expect(main.map(({ json }) => json.segments ?? json.error)).toEqual([
			['freshfaces'],
			['freshfaces'],
			['lateBirds'],
			expect.stringContaining("would have as its name the key of 'Late Birds' (key 'lateBirds')"),
		]);
		expect(simulator().state.segments.size).toBe(before + 2);
	});

	test('is for adding: what is to be removed must exist', async () => {
		const parameters = onParticipant('updateSegments', {
			addSegments: expression(['Fresh']),
			removeSegments: expression(['Nothing']),
			options,
		});
		const { error } = await run(parameters, { input: people(1) });
		expect(shown(error).message).toContain("'Remove Segment Names or IDs': There is no segment");
		expect(shown(error).description).not.toContain('Create Missing');
		expect(simulator().state.segments.size).toBe(6);
	});
});

describe('where this key may not look segments up', () => {
	beforeEach(() => simulator().setOptions({ scopedToken403: 'graphql' }));

	test('keys are taken as they stand, and a hint says so', async () => {
		const { main, status, hints } = await run(change('addSegments', ['vip']), { input: people(1) });
		expect(status).toBe('success');
		expect(main[0].json.segments).toEqual(['vip']);
		expect(JSON.stringify(hints)).toContain('taken for segment keys as it stands');
	});

	test('what can be no key is refused', async () => {
		const { error } = await run(change('addSegments', ['VIP Customers']), { input: people(1) });
		expect(shown(error).message).toContain("'VIP Customers' can't be a segment key");
		expect(apartFromSegments(simulator())).toEqual([]);
	});
});

test('a list that the API refuses costs names, not keys, and its text is shown', async () => {
	simulator().setOptions({ maxPageLimit: 5, overMaxPageLimit: 'reject' });
	const good = await run(change('addSegments', ['vip', 'comma']), { input: people(2) });
	expect(good.status).toBe('success');
	const { error } = await run(change('addSegments', ['VIP Customers']), { input: people(2) });
	expect(shown(error).message).toContain('limit must be at most 5');
	expect(simulator().state.segmentsOf('p0')).toEqual(['comma', 'vip']);
});

describe('Segment', () => {
	test('Get and Update take a name', async () => {
		const got = await run(onSegment('get', { segment: byName('vip customers') }));
		expect(got.main[0].json).toMatchObject({ key: 'vip', name: 'VIP Customers' });
		await run(
			onSegment('update', {
				segment: byName('Beta Testers'),
				updateFields: { name: 'Beta' },
			}),
		);
		expect(simulator().state.segments.get('beta')?.name).toBe('Beta');
	});

	test.each([
		[byName('Gold'), "'Segment': 2 segments are called 'Gold'"],
		[byName('Nobody'), "'Segment': There is no segment with the name or key 'Nobody'"],
		[byKey('vipp'), "Segment 'vipp' does not exist. The nearest is 'VIP Customers' (key 'vip')"],
	])('%j', async (segment, message) => {
		for (const operation of ['get', 'update']) {
			const { error } = await run(
				onSegment(operation, { segment, updateFields: { name: 'Other' } }),
			);
			expect(shown(error).message).toContain(message);
		}
		expect(simulator().state.segments.size).toBe(6);
	});
});
