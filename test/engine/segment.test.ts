/** The operations on segments but Create, in n8n's engine over HTTP. */
import {
	bodies,
	byKey,
	expression,
	failedJson,
	fromList,
	nodeRunner,
	onSegment,
	pairs,
	allSent,
	shown,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator();
const run = nodeRunner(simulator);

/** The only input of `upsertSegment` that was sent. */
const inputs = () =>
	bodies<{ variables: { segmentInput: unknown } }>(simulator(), 'UpsertSegment').map(
		({ variables }) => variables.segmentInput,
	);

describe('Get', () => {
	test.each([
		['By Key', byKey],
		['From List', fromList],
	])('%s', async (_, locator) => {
		simulator().state.addSegment({ key: 'vip', name: 'VIP', dateCreated: 0, dateModified: 1000 });
		simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
		const { main } = await run(onSegment('get', { segment: locator('vip') }));
		expect(main).toEqual([
			{
				json: {
					key: 'vip',
					name: 'VIP',
					status: 'ACTIVE',
					participantsCount: 1,
					dateCreated: '1970-01-01T00:00:00.000Z',
					dateModified: '1970-01-01T00:00:01.000Z',
				},
				pairedItem: { item: 0 },
			},
		]);
		expect(bodies(simulator(), 'GetSegment')[0]).toMatchObject({ variables: { key: 'vip' } });
	});

	test('an archived one says so', async () => {
		simulator().state.addSegment({ key: 'old', status: 'ARCHIVED' });
		const { main } = await run(onSegment('get', { segment: byKey('old') }));
		expect(main[0].json.status).toBe('ARCHIVED');
	});

	test('of an absent segment', async () => {
		simulator().state.addSegment({ key: 'vip' });
		const { status, error } = await run(onSegment('get', { segment: byKey('VIP') }));
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message: "Segment 'VIP' does not exist. The nearest is 'vip' [item 0]",
			description:
				"Check the key (upper and lower case count), choose the segment 'By Name', or create it with the operation 'Create'",
			httpCode: '404',
			context: { itemIndex: 0 },
		});
	});

	test('without a key', async () => {
		const { error } = await run(onSegment('get', { segment: byKey('={{ $json.none }}') }));
		expect(shown(error)).toMatchObject({
			message: "'Segment' is empty [item 0]",
			description: 'Choose a segment from the list, or enter its key or name',
		});
	});

	test('of a key that is an operator', async () => {
		const { error } = await run(onSegment('get', { segment: byKey('~vip') }));
		expect(shown(error).message).toBe(
			"'Segment': Segment key '~vip' starts with '~', which means removal in the API [item 0]",
		);
		expect(allSent(simulator())).toEqual([]);
	});

	test('several items, the absent one to the error output', async () => {
		simulator().state.addSegment({ key: 'a' });
		simulator().state.addSegment({ key: 'c' });
		const { outputs } = await run(onSegment('get', { segment: byKey('={{ $json.k }}') }), {
			input: [{ k: 'a' }, { k: 'b' }, { k: 'c' }],
			onError: 'continueErrorOutput',
		});
		expect(outputs[0].map(({ json }) => json.key)).toEqual(['a', 'c']);
		expect(pairs(outputs[0])).toEqual([0, 2]);
		expect(outputs[1].map(({ json }) => json)).toEqual([
			failedJson(
				"Segment 'b' does not exist [item 1]",
				{ itemIndex: 1, statusCode: 404, hint: expect.stringContaining('Check the key') },
				{ k: 'b' },
			),
		]);
		expect(pairs(outputs[1])).toEqual([1]);
	});
});

describe('Get Many', () => {
	const fill = (count: number) => {
		for (let index = 0; index < count; index++) {
			const isArchived = index % 3 === 0;
			simulator().state.addSegment({
				key: `s${index}`,
				status: isArchived ? 'ARCHIVED' : 'ACTIVE',
			});
		}
	};
	const keysOf = (count: number, status: string) =>
		Array.from({ length: count }, (_, index) => index)
			.filter((index) => status === 'any' || (index % 3 === 0) === (status === 'ARCHIVED'))
			.map((index) => `s${index}`);

	test.each(['ACTIVE', 'ARCHIVED', 'any'])(
		'Return All reads every page (status %s)',
		async (segmentStatus) => {
			fill(1203);
			const { main } = await run(onSegment('getAll', { returnAll: true, segmentStatus }));
			expect(main.map(({ json }) => json.key)).toEqual(keysOf(1203, segmentStatus));
			expect(new Set(pairs(main))).toEqual(new Set([0]));
			expect(
				bodies<{ variables: unknown }>(simulator(), 'ListSegments').map(
					({ variables }) => variables,
				),
			).toEqual([0, 500, 1000].map((offset) => ({ limit: 500, offset })));
		},
	);

	test('Return All is whole though the API gives fewer per page than asked', async () => {
		simulator().options.maxPageLimit = 40;
		fill(101);
		const { main } = await run(onSegment('getAll', { returnAll: true, segmentStatus: 'any' }));
		expect(main.map(({ json }) => json.key)).toEqual(keysOf(101, 'any'));
	});

	test('gives active ones, 50 at most, unless told otherwise', async () => {
		fill(200);
		const { main } = await run(onSegment('getAll'));
		expect(main.map(({ json }) => json.key)).toEqual(keysOf(200, 'ACTIVE').slice(0, 50));
	});

	test('Limit counts what passes the filter, and stops reading there', async () => {
		fill(1203);
		const parameters = { limit: 100, segmentStatus: 'ARCHIVED' };
		const { main } = await run(onSegment('getAll', parameters));
		expect(main.map(({ json }) => json.key)).toEqual(keysOf(1203, 'ARCHIVED').slice(0, 100));
		expect(allSent(simulator())).toEqual(['ListSegments']);
	});

	test('has its own limit and status for every item', async () => {
		fill(30);
		const { main } = await run(
			onSegment('getAll', { limit: '={{ $json.n }}', segmentStatus: '={{ $json.s }}' }),
			{
				input: [
					{ n: 1, s: 'ARCHIVED' },
					{ n: 2, s: 'ACTIVE' },
				],
			},
		);
		expect(main.map(({ json }) => json.key)).toEqual(['s0', 's1', 's2']);
		expect(pairs(main)).toEqual([0, 1, 1]);
	});

	test('of a tenant without segments gives nothing', async () => {
		const { status, main } = await run(onSegment('getAll', { returnAll: true }));
		expect([status, main]).toEqual(['success', []]);
	});

	test.each([0, -1, 1.5, 'many'])('refuses the limit %s', async (limit) => {
		const { error } = await run(onSegment('getAll', { limit: expression(limit) }));
		expect(shown(error)).toMatchObject({
			message: `'Limit' is ${limit === 'many' ? "'many'" : limit} [item 0]`,
			description: 'Give a whole number, at least 1',
		});
	});
});

describe('Update', () => {
	const update = (updateFields: object, segment = byKey('vip')) =>
		onSegment('update', { segment, updateFields: updateFields as never });

	beforeEach(() => {
		simulator().state.addSegment({ key: 'vip', name: 'VIP' });
		simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
	});

	test('renames; the key and the status stay', async () => {
		const { main } = await run(update({ name: ' Very Important ' }));
		expect(main[0].json).toMatchObject({
			key: 'vip',
			name: 'Very Important',
			status: 'ACTIVE',
			participantsCount: 1,
		});
		expect(inputs()).toEqual([{ key: 'vip', name: 'Very Important' }]);
	});

	test('archives and restores; the name stays', async () => {
		const archived = await run(update({ status: 'ARCHIVED' }));
		expect(archived.main[0].json).toMatchObject({ name: 'VIP', status: 'ARCHIVED' });
		expect(simulator().state.segments.get('vip')?.status).toBe('ARCHIVED');
		const restored = await run(update({ status: 'ACTIVE' }));
		expect(restored.main[0].json).toMatchObject({ name: 'VIP', status: 'ACTIVE' });
		expect(inputs()).toEqual([
			{ key: 'vip', status: 'ARCHIVED' },
			{ key: 'vip', status: 'ACTIVE' },
		]);
	});

	test('does both at once', async () => {
		await run(update({ name: 'Old VIP', status: 'ARCHIVED' }));
		expect(simulator().state.segments.get('vip')).toMatchObject({
			name: 'Old VIP',
			status: 'ARCHIVED',
		});
	});

	test('does not create a segment that is absent', async () => {
		const { error } = await run(update({ name: 'New' }, byKey('other')));
		expect(shown(error)).toMatchObject({
			message: "Segment 'other' does not exist [item 0]",
			httpCode: '404',
		});
		expect(simulator().state.segments.has('other')).toBe(false);
		expect(allSent(simulator())).toEqual(['ListSegments', 'GetSegment']);
	});

	test.each([
		[{}, "'Update Fields' is empty", 'Add a new name, a status, or both'],
		[{ name: '' }, "'Name' is empty", 'Enter the new name, or remove the field'],
		[{ name: '={{ null }}' }, "'Name' is empty", 'Enter the new name, or remove the field'],
		[
			{ status: '={{ "GONE" }}' },
			"'Status' is 'GONE'",
			'Use one of: ACTIVE (Active), ARCHIVED (Archived)',
		],
	])('refuses %j', async (fields, message, description) => {
		const { error } = await run(update(fields));
		expect(shown(error)).toMatchObject({ message: `${message} [item 0]`, description });
		expect(allSent(simulator())).toEqual([]);
	});

	test('has its own fields for every item', async () => {
		simulator().state.addSegment({ key: 'beta', name: 'Beta' });
		const { main } = await run(update({ name: '={{ $json.n }}' }, byKey('={{ $json.k }}')), {
			input: [
				{ k: 'vip', n: 'A' },
				{ k: 'beta', n: 'B' },
			],
		});
		expect(main.map(({ json }) => [json.key, json.name])).toEqual([
			['vip', 'A'],
			['beta', 'B'],
		]);
		expect(pairs(main)).toEqual([0, 1]);
	});
});
