/** The simulator over GraphQL: segments, filters, batches and pages. */
import { TestClient } from './testClient';
import type { Answer } from './testClient';
import { stopClock } from '../support/clock';
import { useSimulator } from '../support/simulator';

const simulator = useSimulator();
let client: TestClient;

beforeEach(() => {
	client = new TestClient(simulator());
});

const user = (id: string, ...segments: string[]) => ({ id, accountId: id, segments });
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const results = (answer: Answer) =>
	(answer.json as { data: { upsertUsers: unknown[] } }).data.upsertUsers;

afterEach(() => jest.restoreAllMocks());

describe('GraphQL', () => {
	const upsertSegment = `mutation ($s: SegmentInput!) {
		upsertSegment(segmentInput: $s) { key name status participantsCount }
	}`;

	it('creates, renames and archives a segment', async () => {
		const created = await client.graphql(upsertSegment, { s: { key: 'vip', name: 'VIP' } });
		const segment = { key: 'vip', name: 'VIP', status: 'ACTIVE', participantsCount: 0 };
		expect(created.json).toEqual({ data: { upsertSegment: segment } });
		await client.put('a', { segments: ['vip'] });
		const renamed = await client.graphql(upsertSegment, { s: { key: 'vip', name: 'Very' } });
		expect(renamed.json).toMatchObject({
			data: { upsertSegment: { name: 'Very', status: 'ACTIVE', participantsCount: 1 } },
		});
		const archived = await client.graphql(upsertSegment, { s: { key: 'vip', status: 'ARCHIVED' } });
		expect(archived.json).toMatchObject({
			data: { upsertSegment: { name: 'Very', status: 'ARCHIVED' } },
		});
		const query =
			'{ a: segment(key: "vip") { name } b: segment(key: "x") { name } segments(limit: 1) { count totalCount data { key } } }';
		expect((await client.graphql(query)).json).toEqual({
			data: {
				a: { name: 'Very' },
				b: null,
				segments: { count: 1, totalCount: 1, data: [{ key: 'vip' }] },
			},
		});
	});

	it.each(['~a', '*', ' ', 'a b'])('refuses the segment key %j', async (key) => {
		simulator().options.segmentKeyPattern = '^[A-Za-z0-9_-]+$|^[~* ]';
		const answer = await client.graphql(upsertSegment, { s: { key } });
		expect(answer.status).toBe(200);
		expect(answer.json).toMatchObject({
			errors: [{ message: expect.stringContaining('not a valid segment key') }],
			extensions: { apiError: { statusCode: 400 } },
		});
		expect(simulator().state.segments.size).toBe(0);
	});

	it('answers errors of syntax, schema and variables with 200', async () => {
		const answers = [
			await client.graphql('{ oops'),
			await client.graphql('{ oops }'),
			await client.graphql(upsertSegment, { s: { name: 'x' } }),
			await client.graphql(upsertSegment, { s: { key: 1 } }),
		];
		const messages = [
			/Syntax Error/,
			/Cannot query field "oops"/,
			/key/,
			/SegmentKey cannot represent/,
		];
		answers.forEach(({ status, json }, index) => {
			expect(status).toBe(200);
			expect(json).toMatchObject({ errors: [{ message: expect.stringMatching(messages[index]) }] });
		});
		expect((await client.send('POST', '/graphql', {})).status).toBe(400);
	});

	it('gives null or an error for an absent user', async () => {
		const query = '{ user(accountId: "x", id: "x") { id } }';
		expect((await client.graphql(query)).json).toEqual({ data: { user: null } });
		simulator().options.absentUser = 'error';
		expect((await client.graphql(query)).json).toMatchObject({
			data: { user: null },
			errors: [{ path: ['user'] }],
			extensions: { apiError: { rsCode: 'RS042' } },
		});
	});

	it.each([
		['{ segments_eq: "A" }', ['1', '2']],
		['{ segments_ne: "A" }', ['3', '4']],
		['{ segments_in: ["A", "C"] }', ['1', '2', '3']],
		['{ segments_all: ["A", "B"] }', ['2']],
		['{ segments_nin: ["B", "C"] }', ['1', '4']],
		['{ email_eq: "3@example.com" }', ['3']],
		['{ id_eq: "4" }', ['4']],
		['{ accountId_eq: "4" }', ['4']],
		['{ OR: [{ id_eq: "1" }, { AND: [{ segments_eq: "B" }, { id_eq: "2" }] }] }', ['1', '2']],
		['{ segments_eq: "A", OR: [{ id_eq: "1" }, { id_eq: "3" }] }', ['1']],
		['{}', ['1', '2', '3', '4']],
	])('users(filter: %s) finds %j', async (filter, ids) => {
		const segments = { 1: ['A'], 2: ['A', 'B'], 3: ['C'], 4: [] };
		for (const [id, keys] of Object.entries(segments)) {
			simulator().state.addParticipant({ id, email: `${id}@example.com`, segments: keys });
		}
		const query = `{ users(filter: ${filter}, limit: 3, sortBy: [{ field: "id", order: ASC }]) { totalCount data { id } } }`;
		expect((await client.graphql(query)).json).toEqual({
			data: { users: { totalCount: ids.length, data: ids.slice(0, 3).map((id) => ({ id })) } },
		});
	});

	it('gives one result per input, in order', async () => {
		simulator().options.participantRejects = {
			c: { message: 'No.', statusCode: 500, rsCode: 'RS049' },
		};
		const answer = await client.upsertUsers([user('a', 'vip'), { id: 'b' }, user('c'), user('d')]);
		expect(results(answer)).toEqual([
			{ __typename: 'User', id: 'a', accountId: 'a', segments: ['vip'] },
			{ __typename: 'ApiError', message: expect.any(String), statusCode: 400, rsCode: 'RS044' },
			{ __typename: 'ApiError', message: 'No.', statusCode: 500, rsCode: 'RS049' },
			{ __typename: 'User', id: 'd', accountId: 'd', segments: [] },
		]);
		expect((await client.put('c')).json).toMatchObject({ message: 'No.', statusCode: 500 });
	});

	it('can shuffle the results', async () => {
		simulator().options.upsertUsersOrder = 'shuffled';
		const users = range(50).map((index) => user(String(index)));
		const ids = results(await client.upsertUsers(users)).map(
			(entry) => (entry as { id: string }).id,
		);
		expect(ids).not.toEqual(users.map(({ id }) => id));
		expect([...ids].sort()).toEqual(users.map(({ id }) => id).sort());
	});

	it('takes at most 100 users, and can refuse a whole batch for one of them', async () => {
		const users = range(101).map((index) => user(String(index)));
		expect((await client.upsertUsers(users)).json).toMatchObject({ data: null, errors: [{}] });
		expect(simulator().state.participants.size).toBe(0);
		simulator().options.upsertUsersBadInput = 'wholeBatch';
		const bad = await client.upsertUsers([user('a'), { ...user('b'), email: 'x' }]);
		expect(bad.json).toMatchObject({
			data: null,
			errors: [{}],
			extensions: { apiError: { rsCode: 'RS023' } },
		});
		expect(simulator().state.participants.size).toBe(0);
		expect(results(await client.upsertUsers(users.slice(0, 100)))).toHaveLength(100);
		expect(simulator().state.participants.size).toBe(100);
	});

	it('can lack upsertUsers', async () => {
		simulator().options.upsertUsersAvailable = false;
		expect((await client.upsertUsers([user('a')])).json).toMatchObject({
			errors: expect.arrayContaining([
				expect.objectContaining({
					message: expect.stringContaining('Cannot query field "upsertUsers" on type "Mutation"'),
				}),
			]),
		});
		const single = await client.graphql(
			'mutation { upsertUser(userInput: { id: "a", accountId: "a", segments: ["vip"] }) { segments } }',
		);
		expect(single.json).toEqual({ data: { upsertUser: { segments: ['vip'] } } });
		expect(simulator().state.writeCounts.size).toBe(1);
	});

	it('has a page maximum, by cutting or by refusing', async () => {
		for (const index of range(5)) simulator().state.addParticipant({ id: String(index) });
		const query = '{ users(limit: 500) { count totalCount } }';
		expect((await client.graphql(query)).json).toEqual({
			data: { users: { count: 5, totalCount: 5 } },
		});
		simulator().options.maxPageLimit = 2;
		expect((await client.graphql(query)).json).toEqual({
			data: { users: { count: 2, totalCount: 5 } },
		});
		expect((await client.send('GET', '/users?limit=3')).json).toMatchObject({ count: 2 });
		simulator().options.overMaxPageLimit = 'reject';
		expect((await client.graphql(query)).json).toMatchObject({ errors: [{}] });
		expect((await client.send('GET', '/users?limit=3')).status).toBe(400);
	});

	it('can see writes late in lists, but not in look-ups', async () => {
		const query =
			'{ users(filter: { segments_eq: "vip" }) { totalCount data { segments } } user(accountId: "a", id: "a") { segments } }';
		const seen = async () => (await client.graphql(query)).json;
		simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
		simulator().options.filterDelayMs = 150;
		const clock = stopClock();
		await client.put('a', { segments: ['~vip', 'x'] });
		await client.put('new', { segments: ['vip'] });
		expect(await seen()).toEqual({
			data: { users: { totalCount: 1, data: [{ segments: ['vip'] }] }, user: { segments: ['x'] } },
		});
		clock.advance(151);
		const after = (await seen()) as { data: { users: unknown } };
		expect(after.data.users).toEqual({ totalCount: 1, data: [{ segments: ['vip'] }] });
		expect(
			(await client.graphql('{ users(filter: { id_eq: "a" }) { data { segments } } }')).json,
		).toEqual({
			data: { users: { data: [{ segments: ['x'] }] } },
		});
	});
});
