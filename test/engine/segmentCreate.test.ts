/** Segment > Create, in n8n's engine over HTTP. */
import {
	bodies,
	expression,
	nodeRunner,
	onSegment,
	pairs,
	allSent,
	shown,
	useSimulator,
} from '../support/advocate';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const create = (parameters = {}) =>
	onSegment('create', { segmentName: '={{ $json.name }}', ...parameters });

/** The only input of `upsertSegment` that was sent. */
const inputs = () =>
	bodies<{ variables: { segmentInput: unknown } }>(simulator(), 'UpsertSegment').map(
		({ variables }) => variables.segmentInput,
	);

describe('Create', () => {
	test('makes a segment with a key from its name', async () => {
		const { status, main } = await run(create(), { input: [{ name: 'VIP Customers' }] });
		expect(status).toBe('success');
		expect(main).toEqual([
			{
				json: {
					key: 'vipCustomers',
					name: 'VIP Customers',
					status: 'ACTIVE',
					participantsCount: 0,
					dateCreated: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
					dateModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
					created: true,
				},
				pairedItem: { item: 0 },
			},
		]);
		expect(inputs()).toEqual([{ key: 'vipCustomers', name: 'VIP Customers' }]);
		expect(simulator().state.segments.get('vipCustomers')).toMatchObject({
			name: 'VIP Customers',
			status: 'ACTIVE',
		});
	});

	test('uses the key that was given, and trims', async () => {
		const parameters = create({ segmentKey: ' my-Key_1 ' });
		const { main } = await run(parameters, { input: [{ name: '  VIP  ' }] });
		expect(main[0].json).toMatchObject({ key: 'my-Key_1', name: 'VIP', created: true });
		expect(inputs()).toEqual([{ key: 'my-Key_1', name: 'VIP' }]);
	});

	test.each([
		['returnExisting', { name: 'Old', created: false, participantsCount: 1 }, 0],
		['update', { name: 'VIP', created: false, participantsCount: 1 }, 1],
	])('of an existing segment: %s', async (ifSegmentExists, expected, writes) => {
		simulator().state.addSegment({ key: 'vip', name: 'Old' });
		simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
		const { main } = await run(create({ ifSegmentExists }), { input: [{ name: 'VIP' }] });
		expect(main[0].json).toMatchObject({ key: 'vip', ...expected });
		expect(inputs()).toHaveLength(writes);
		expect(simulator().state.segments.get('vip')?.name).toBe(expected.name);
	});

	test('of an existing segment leaves it alone unless told otherwise, and says what it is called', async () => {
		simulator().state.addSegment({ key: 'vip', name: 'Old' });
		const { main, hints } = await run(create(), { input: [{ name: 'VIP' }] });
		const json = { key: 'vip', name: 'Old', nameGiven: 'VIP', created: false };
		expect(main[0].json).toMatchObject(json);
		expect(allSent(simulator())).toEqual(['GetSegment']);
		expect(hints).toEqual([
			{
				type: 'warning',
				location: 'outputPane',
				message:
					"The segment 'vip' is called 'Old', not 'VIP'. It was left as it is. To rename it, set 'If Segment Exists' to Update. For another segment, give another name or key",
			},
		]);
	});

	test('several that are called something else have one hint, and the same name in another case none', async () => {
		for (const key of ['a', 'b', 'c']) simulator().state.addSegment({ key, name: `Old ${key}` });
		simulator().state.addSegment({ key: 'same', name: 'SAME' });
		const { main, hints } = await run(create({ segmentKey: '={{ $json.key }}' }), {
			input: ['a', 'b', 'c', 'same'].map((key) => ({ key, name: key })),
		});
		expect(main.map(({ json }) => json.nameGiven)).toEqual(['a', 'b', 'c', undefined]);
		expect(hints.map(({ message }) => message)).toEqual([
			'1 segment existed already',
			expect.stringMatching(
				/^The segment 'a' is called 'Old a', not 'a', and so on for 2 more\. It was left/,
			),
		]);
	});

	test('of an existing segment: fail', async () => {
		simulator().state.addSegment({ key: 'vip', name: 'Old' });
		const { status, error } = await run(create({ ifSegmentExists: 'error' }), {
			input: [{ name: 'VIP' }],
		});
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message: "Segment 'vip' already exists [item 0]",
			description: "Use another name or key, or set 'If Segment Exists' to return or update it",
			context: { itemIndex: 0 },
		});
		expect(simulator().state.segments.get('vip')?.name).toBe('Old');
	});

	describe('of a segment that exists and is archived', () => {
		const RESTORE =
			"Restore it first: the operation 'Update' of the resource 'Segment' sets its 'Status' to Active. Or use another name or key";

		beforeEach(() => {
			simulator().state.addSegment({ key: 'vip', name: 'Old', status: 'ARCHIVED' });
		});

		test.each([
			['returnExisting', "The segment 'Old' (key 'vip') is archived [item 0]"],
			['error', "Segment 'vip' already exists and is archived [item 0]"],
		])('%s is refused, with the way out', async (ifSegmentExists, message) => {
			const { status, error } = await run(create({ ifSegmentExists }), {
				input: [{ name: 'VIP' }],
			});
			expect(status).toBe('error');
			expect(shown(error)).toMatchObject({ message, description: RESTORE });
			expect(inputs()).toEqual([]);
		});

		test('update renames it, and says that it is still archived', async () => {
			const { main, hints } = await run(create({ ifSegmentExists: 'update' }), {
				input: [{ name: 'VIP' }],
			});
			expect(main[0].json).toMatchObject({ name: 'VIP', status: 'ARCHIVED', created: false });
			expect(simulator().state.segments.get('vip')?.status).toBe('ARCHIVED');
			expect(hints.map(({ message }) => message)).toEqual([
				"The segment 'vip' is still archived: nobody can be put into it. To restore it, set its 'Status' to Active with the operation 'Update'",
			]);
		});
	});

	describe('a name that another segment has', () => {
		const refused = async (parameters: object, name = 'VIP Customers') => {
			const { status, error } = await run(create(parameters), { input: [{ name }] });
			expect(status).toBe('error');
			expect(inputs()).toEqual([]);
			return shown(error);
		};

		test.each(['VIP Customers', 'vip  customers'])('is refused: %s', async (name) => {
			simulator().state.addSegment({ key: 'gold', name: 'VIP Customers' });
			expect(await refused({}, name)).toMatchObject({
				message: "Another segment is called 'VIP Customers': it has the key 'gold' [item 0]",
				description:
					"To use that one, enter its key under 'Key'. For a segment beside it, choose another name: two of one name can't be told apart",
			});
		});

		test('is refused of an archived one too', async () => {
			simulator().state.addSegment({ key: 'gold', name: 'VIP Customers', status: 'ARCHIVED' });
			expect(await refused({ segmentKey: 'other' })).toMatchObject({
				message:
					"Another segment is called 'VIP Customers': it has the key 'gold', and is archived [item 0]",
				description: expect.stringContaining("restore it with the operation 'Update'"),
			});
		});

		test('is refused when a segment would be renamed to it', async () => {
			simulator().state.addSegment({ key: 'gold', name: 'VIP Customers' });
			simulator().state.addSegment({ key: 'vip', name: 'Old' });
			const { message } = await refused({ segmentKey: 'vip', ifSegmentExists: 'update' });
			expect(message).toContain("Another segment is called 'VIP Customers'");
			expect(simulator().state.segments.get('vip')?.name).toBe('Old');
		});

		test('is refused in other capitals of its own where another has them, and left alone as it is', async () => {
			simulator().state.addSegment({ key: 'vip', name: 'VIP customers' });
			simulator().state.addSegment({ key: 'gold', name: 'VIP Customers' });
			const parameters = { segmentKey: 'vip', ifSegmentExists: 'update' };
			const { message } = await refused(parameters);
			expect(message).toContain("it has the key 'gold'");
			const { main } = await run(create(parameters), { input: [{ name: 'VIP customers' }] });
			expect(main[0].json).toMatchObject({ key: 'vip', created: false });
		});

		test.each([400, 403])(
			'is not known where the list is refused (%i), which a hint says',
			async (status) => {
				simulator().state.addSegment({ key: 'gold', name: 'VIP Customers' });
				simulator().faults.add({
					match: { operationName: 'ListSegments' },
					times: 'always',
					then: { kind: 'status', status, body: { message: 'No list.' } },
				});
				const { main, hints } = await run(create(), {
					input: [{ name: 'VIP Customers' }, { name: 'Others' }],
				});
				expect(main.map(({ json }) => json.created)).toEqual([true, true]);
				expect(hints.map(({ message }) => message)).toEqual([
					'The segments could not be listed, so it is not known whether others have the same names',
				]);
			},
		);

		test('counts as it is at that moment of the run; the list is read once', async () => {
			simulator().state.addSegment({ key: 'a', name: 'First' });
			const { main } = await run(
				create({ segmentKey: '={{ $json.key }}', ifSegmentExists: 'update' }),
				{
					input: [
						{ key: 'a', name: 'Second' },
						{ key: 'b', name: 'First' },
						{ key: 'c', name: 'Second' },
					],
					onError: 'continueRegularOutput',
				},
			);
			expect(main.map(({ json }) => json.key ?? json.error)).toEqual([
				'a',
				'b',
				"Another segment is called 'Second': it has the key 'a' [item 2]",
			]);
			expect(bodies(simulator(), 'ListSegments')).toHaveLength(1);
		});
	});

	describe('a name and a key that are the same', () => {
		const refused = async (name: string, segmentKey: string) => {
			const { status, error } = await run(create({ segmentKey }), { input: [{ name }] });
			expect(status).toBe('error');
			expect(inputs()).toEqual([]);
			return shown(error);
		};

		test.each([
			['Gold Club', 'gold', 'would mean the new one'],
			['GOLD', '', 'would mean the new one'],
		])('refuses the key that is the name of another: %s', async (name, key, why) => {
			simulator().state.addSegment({ key: 'silver', name: 'gold' });
			const shownError = await refused(name, key);
			expect(shownError.message).toBe(
				"Another segment is called 'gold': it has the key 'silver' [item 0]",
			);
			if (key === '') return;
			expect(shownError.description).toBe(
				`To use that one, enter its key under 'Key'. For a segment beside it, enter another key under 'Key': wherever segments are given, 'gold' ${why}, since a key goes before a name`,
			);
		});

		test.each(['Gold', 'GOLD', 'ｇｏｌｄ'])('takes no key from the name %s', async (taken) => {
			simulator().state.addSegment({ key: 'silver', name: taken });
			const { message } = await refused('Gold Club', 'gold');
			expect(message).toContain(`Another segment is called '${taken}'`);
		});

		test('makes no such key from a name either', async () => {
			simulator().state.addSegment({ key: 'silver', name: 'vipCustomers' });
			const { message, description } = await refused('VIP Customers', '');
			expect(message).toContain("Another segment is called 'vipCustomers'");
			expect(description).toContain("enter another key under 'Key'");
		});

		test.each(['silver', 'Silver', 'ｓｉｌｖｅｒ'])(
			'refuses the name that is the key of another: %s',
			async (name) => {
				simulator().state.addSegment({ key: 'silver', name: 'Silver Members' });
				expect(await refused(name, 'sss')).toMatchObject({
					message: "Another segment has the key 'silver': it is called 'Silver Members' [item 0]",
					description:
						"To use that one, enter its key under 'Key'. For a segment beside it, choose another name: wherever segments are given, 'silver' means that segment, since a key goes before a name",
				});
			},
		);

		test('refuses it of an archived one, and of one that an item before has made', async () => {
			simulator().state.addSegment({ key: 'old', name: 'Former', status: 'ARCHIVED' });
			const { main } = await run(create({ segmentKey: '={{ $json.key }}' }), {
				input: [
					{ name: 'Old', key: 'older' },
					{ name: 'Silver Members', key: 'silver' },
					{ name: 'Silver', key: 'sss' },
					{ name: 'Others', key: 'silverMembers' },
				],
				onError: 'continueRegularOutput',
			});
			expect(main.map(({ json }) => json.key ?? json.error)).toEqual([
				"Another segment has the key 'old': it is called 'Former', and is archived [item 0]",
				'silver',
				"Another segment has the key 'silver': it is called 'Silver Members' [item 2]",
				'silverMembers',
			]);
		});

		test('refuses a new name for a segment that exists', async () => {
			simulator().state.addSegment({ key: 'silver', name: 'Silver Members' });
			simulator().state.addSegment({ key: 'sss', name: 'Old' });
			const { error } = await run(create({ segmentKey: 'sss', ifSegmentExists: 'update' }), {
				input: [{ name: 'Silver' }],
			});
			expect(shown(error).message).toContain("Another segment has the key 'silver'");
			expect(simulator().state.segments.get('sss')?.name).toBe('Old');
		});

		test('may be those of one segment, also of one that exists and shares them with another', async () => {
			const first = await run(create({ segmentKey: 'gold' }), { input: [{ name: 'gold' }] });
			expect(first.main[0].json).toMatchObject({ key: 'gold', created: true });
			simulator().state.addSegment({ key: 'silver', name: 'gold' });
			const again = await run(create({ segmentKey: 'gold' }), { input: [{ name: 'gold' }] });
			expect(again.main[0].json).toMatchObject({ key: 'gold', created: false });
		});
	});

	test('a segment created by somebody else in between is not harmed: the write is an upsert', async () => {
		const input = [{ name: 'Twice' }, { name: 'Twice' }];
		const { main } = await run(create(), { input });
		expect(main.map(({ json }) => json.created)).toEqual([true, false]);
		expect(inputs()).toHaveLength(1);
	});

	test.each([
		['~vip', "Segment key '~vip' starts with '~', which means removal in the API"],
		['~*', "Segment key '~*' starts with '~', which means removal in the API"],
		['*', "'*' stands for all segments in the API and can't be a segment key"],
		['a,b', "Segment key 'a,b' contains a comma"],
		['a\u0007b', 'A segment key contains a control character'],
		['a\nb', 'A segment key contains a control character'],
	])('refuses the key %j', async (segmentKey, reason) => {
		const { status, error } = await run(create({ segmentKey: expression(segmentKey) }), {
			input: [{ name: 'VIP' }],
		});
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message: `'Key': ${reason} [item 0]`,
			description: expect.stringContaining('Give the name or key as the segment list shows it'),
			context: { itemIndex: 0 },
		});
		expect(allSent(simulator())).toEqual([]);
	});

	test.each(['日本', '!!!', '—'])('asks for a key when the name %s gives none', async (name) => {
		const { error } = await run(create(), { input: [{ name }] });
		expect(shown(error)).toMatchObject({
			message: `'Key' can't be made from the name '${name}': a key has letters from A to Z and digits only [item 0]`,
			description: "Enter a 'Key', for example vipCustomers",
		});
		expect(allSent(simulator())).toEqual([]);
	});

	test('such a name works with a key', async () => {
		const { main } = await run(create({ segmentKey: 'japan' }), { input: [{ name: '日本' }] });
		expect(main[0].json).toMatchObject({ key: 'japan', name: '日本' });
	});

	test.each([[''], ['   '], [null]])('refuses the name %j', async (name) => {
		const { error } = await run(create(), { input: [{ name }] });
		expect(shown(error)).toMatchObject({
			message: "'Name' is empty [item 0]",
			description: expect.stringContaining('Fill it in'),
		});
		expect(allSent(simulator())).toEqual([]);
	});

	test('warns about a long key and lets the API judge it', async () => {
		const segmentKey = 'k'.repeat(65);
		const { main, hints } = await run(create({ segmentKey }), { input: [{ name: 'VIP' }] });
		expect(main[0].json).toMatchObject({ key: segmentKey, created: true });
		expect(hints).toEqual([
			{
				type: 'warning',
				location: 'outputPane',
				message:
					'The segment key of item 0 has 65 characters. More than 64 is unusual and may be refused',
			},
		]);
		const short = await run(create({ segmentKey: 'k'.repeat(64) }), { input: [{ name: 'VIP' }] });
		expect(short.hints).toEqual([]);
	});

	test('the refusal of the API reaches the person', async () => {
		simulator().options.segmentKeyPattern = '^[a-z]+$';
		const { error } = await run(create({ segmentKey: 'no-dash' }), { input: [{ name: 'VIP' }] });
		expect(shown(error)).toMatchObject({
			message: "'no-dash' is not a valid segment key. [item 0]",
			description: expect.stringContaining('The API did not accept the values sent'),
			httpCode: '400',
		});
	});

	test('takes every parameter from its own item', async () => {
		simulator().state.addSegment({ key: 'one', name: 'Old' });
		simulator().state.addSegment({ key: 'k2', name: 'Old' });
		const { main } = await run(
			create({ segmentKey: '={{ $json.key }}', ifSegmentExists: '={{ $json.mode }}' }),
			{
				input: [
					{ name: 'One', key: '', mode: 'returnExisting' },
					{ name: 'Two', key: 'k2', mode: 'update' },
					{ name: 'Three', key: '', mode: 'error' },
				],
			},
		);
		expect(main.map(({ json }) => [json.key, json.name, json.created])).toEqual([
			['one', 'Old', false],
			['k2', 'Two', false],
			['three', 'Three', true],
		]);
		expect(pairs(main)).toEqual([0, 1, 2]);
	});

	test('one bad item does not take others with it when the node may continue', async () => {
		const { status, main } = await run(create(), {
			input: [{ name: 'One' }, { name: '' }, { name: 'Three' }],
			onError: 'continueRegularOutput',
		});
		expect(status).toBe('success');
		expect(pairs(main)).toEqual([0, 1, 2]);
		expect(main[1].json).toEqual({ error: "'Name' is empty [item 1]" });
		expect(simulator().state.segments.has('three')).toBe(true);
	});
});
