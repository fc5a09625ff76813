/** Participant: Get and Get Many, in n8n's engine over HTTP. */
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import {
	bodies,
	byEmail,
	byId,
	expression,
	fromList,
	onParticipant,
	pairs,
	people,
	shown,
} from '../../support/advocate';
import { participantTests } from './helpers';

const { simulator, run } = participantTests();

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
