/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** The faults of the simulator, each as it arrives at a client. */
import type { FaultRule } from './faults';
import { TestClient, UPSERT_USERS } from './testClient';
import type { Answer } from './testClient';
import { stopClock, watchWaits } from '../support/clock';
import { useSimulator } from '../support/simulator';

const simulator = useSimulator();
let client: TestClient;

beforeEach(() => {
	client = new TestClient(simulator());
});

const user = (id: string, ...segments: string[]) => ({ id, accountId: id, segments });
const results = (answer: Answer) =>
	(answer.json as { data: { upsertUsers: unknown[] } }).data.upsertUsers;

afterEach(() => jest.restoreAllMocks());

describe('faults', () => {
	const add = (then: FaultRule['then'], match?: FaultRule['match'], times?: FaultRule['times']) =>
		simulator().faults.add({ then, match, times });
	const writes = () => simulator().state.writeCounts.get('a\u0000a') ?? 0;

	it('answers a status with body and headers, so many times', async () => {
		add({ kind: 'status', status: 503, body: '<html>Down</html>', headers: { 'x-a': 'b' } }, {}, 2);
		const [first, second, third] = [
			await client.put('a'),
			await client.get('a'),
			await client.put('a'),
		];
		expect(first).toMatchObject({ status: 503, text: '<html>Down</html>' });
		expect(first.headers.get('content-type')).toMatch('text/html');
		expect(first.headers.get('x-a')).toBe('b');
		expect([second.status, third.status]).toEqual([503, 200]);
		expect([simulator().faults.fired, simulator().faults.pending, writes()]).toEqual([2, 0, 1]);
		add({ kind: 'status', status: 400, body: { rsCode: 'RS023' } });
		expect(await client.put('a')).toMatchObject({ status: 400, json: { rsCode: 'RS023' } });
		add({ kind: 'status', status: 500 });
		expect(await client.put('a')).toMatchObject({ status: 500, json: { statusCode: 500 } });
	});

	it('writes every kind of Retry-After', async () => {
		stopClock();
		const kinds = [3, 3600, 'garbage', { dateInSeconds: 30 }, { dateInSeconds: -30 }, undefined];
		const texts = [];
		for (const retryAfter of kinds) {
			add({ kind: 'status', status: 429, retryAfter });
			texts.push((await client.put('a')).headers.get('retry-after'));
		}
		expect([texts[0], texts[1], texts[2], texts[5]]).toEqual(['3', '3600', 'garbage', null]);
		const secondsFromNow = (text: string | null) => (Date.parse(String(text)) - Date.now()) / 1000;
		// An HTTP date has whole seconds.
		expect(Math.ceil(secondsFromNow(texts[3]))).toBe(30);
		expect(Math.ceil(secondsFromNow(texts[4]))).toBe(-30);
		expect(writes()).toBe(0);
	});

	it.each<[FaultRule['match'], boolean[]]>([
		[{ method: 'put' }, [true, false, false, false]],
		[{ path: '/graphql$' }, [false, false, true, true]],
		[{ operationName: 'upsert' }, [false, false, true, false]],
		[{ operationName: 'upsertUsers' }, [false, false, true, false]],
		[{ operationName: 'user' }, [false, false, false, true]],
		[{ participantId: 'a' }, [true, true, true, true]],
		[{ participantId: 'b' }, [false, false, true, false]],
		[{ nth: 3 }, [false, false, true, false]],
		[{ nth: 2, path: '/graphql$' }, [false, false, false, true]],
		[{ method: 'GET', path: '/graphql$' }, [false, false, false, false]],
	])('hits what matches %j', async (match, expected) => {
		add({ kind: 'status', status: 418 }, match, match?.nth === undefined ? 'always' : 1);
		const answers = [
			await client.put('a'),
			await client.get('a'),
			await client.upsertUsers([user('a'), user('b')]),
			await client.graphql('{ u0: user(accountId: "a", id: "a") { id } }'),
		];
		expect(answers.map(({ status }) => status === 418)).toEqual(expected);
	});

	it('goes through faults in order', async () => {
		add({ kind: 'status', status: 500 });
		add({ kind: 'status', status: 429 }, { nth: 3 });
		add({ kind: 'status', status: 503 });
		const statuses = [];
		for (let count = 0; count < 4; count++) statuses.push((await client.put('a')).status);
		expect(statuses).toEqual([500, 503, 429, 200]);
	});

	it('resets before and after the work', async () => {
		add({ kind: 'resetBeforeReply' });
		await expect(client.put('a')).rejects.toThrow('fetch failed');
		expect(writes()).toBe(0);
		add({ kind: 'applyThenReset' });
		await expect(client.put('a')).rejects.toThrow('fetch failed');
		expect(writes()).toBe(1);
		expect(simulator().requests.map(({ status }) => status)).toEqual([0, 0]);
		expect(simulator().inFlight).toBe(0);
	});

	it.each([
		[false, 0],
		[true, 1],
	])('never answers (applied: %s)', async (apply, count) => {
		add({ kind: 'hang', apply });
		const signal = AbortSignal.timeout(150);
		const request = client.graphql(UPSERT_USERS, { u: [user('a')] }, { signal });
		await expect(request).rejects.toThrow(/timeout/);
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect([writes(), simulator().inFlight, simulator().requests[0].status]).toEqual([count, 0, 0]);
		await client.put('a');
		expect(simulator().orderViolations).toEqual([]);
	});

	it('cuts JSON, with and without breaking off', async () => {
		add({ kind: 'truncatedJson' });
		const cut = await client.put('a');
		expect([cut.status, cut.json]).toEqual([200, undefined]);
		expect(cut.text).toMatch(/^\{"id":"a"/);
		add({ kind: 'truncatedJson', dropConnection: true });
		await expect(client.put('a')).rejects.toThrow('terminated');
		expect(writes()).toBe(2);
	});

	it('answers with an empty body', async () => {
		add({ kind: 'emptyBody' });
		expect(await client.put('a')).toMatchObject({ status: 200, text: '' });
		add({ kind: 'emptyBody', status: 502 });
		expect(await client.put('a')).toMatchObject({ status: 502, text: '' });
	});

	it('answers GraphQL errors, with any data, applied or not', async () => {
		add({ kind: 'graphqlErrors', apiError: { statusCode: 500, rsCode: 'RS049' } });
		const plain = await client.upsertUsers([user('a')]);
		expect([plain.status, plain.json]).toMatchObject([
			200,
			{ data: null, errors: [{}], extensions: { apiError: { rsCode: 'RS049' } } },
		]);
		expect(writes()).toBe(0);
		add({ kind: 'graphqlErrors', data: 'omit', errors: [{ message: 'Oops', path: ['x'] }] });
		expect((await client.upsertUsers([user('a')])).json).toEqual({
			errors: [{ message: 'Oops', path: ['x'] }],
		});
		add({ kind: 'graphqlErrors', data: 'keep' });
		const kept = await client.upsertUsers([user('a', 'vip')]);
		expect(kept.json).toMatchObject({
			errors: [{}],
			data: { upsertUsers: [{ segments: ['vip'] }] },
		});
		add({ kind: 'graphqlErrors', apply: true });
		expect((await client.upsertUsers([user('a')])).json).toMatchObject({ data: null });
		expect(writes()).toBe(2);
	});

	it('is slow once', async () => {
		add({ kind: 'slow', ms: 80 });
		const waits = watchWaits();
		expect([(await client.put('a')).status, (await client.put('a')).status]).toEqual([200, 200]);
		expect(waits().filter((milliseconds) => milliseconds === 80)).toHaveLength(1);
	});

	it('fails part of a batch, and waits for one', async () => {
		const error = { message: 'Busy.', statusCode: 503, rsCode: 'RS033' };
		add({ kind: 'partialBatchFailure', participants: ['a'], error });
		expect((await client.put('x')).status).toBe(200);
		expect(results(await client.upsertUsers([user('a'), user('b')]))).toEqual([
			{ __typename: 'ApiError', ...error },
			{ __typename: 'User', id: 'b', accountId: 'b', segments: [] },
		]);
		expect(writes()).toBe(0);
		expect(results(await client.upsertUsers([user('a')]))).toMatchObject([{ id: 'a' }]);
	});

	it('redirects', async () => {
		add({ kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere', status: 307 });
		const answer = await client.put('a');
		expect(answer.status).toBe(307);
		expect(answer.headers.get('location')).toBe('http://127.0.0.1:9/elsewhere');
	});
});
