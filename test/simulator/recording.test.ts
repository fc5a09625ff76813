/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** What the simulator bears, records and shows, and how it ends. */
import { gather } from './faults';
import { TestClient } from './testClient';
import { stopClock, watchWaits } from '../support/clock';
import { useSimulator } from '../support/simulator';
import { startSimulator } from './server';
const simulator = useSimulator();
let client: TestClient;

beforeEach(() => {
	client = new TestClient(simulator());
});

const user = (id: string, ...segments: string[]) => ({ id, accountId: id, segments });
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

afterEach(() => jest.restoreAllMocks());

describe('load', () => {
	it('takes its time', async () => {
		simulator().options.latencyMs = 60;
		const waits = watchWaits();
		await Promise.all(range(10).map(async (index) => await client.put(String(index))));
		expect(waits().filter((milliseconds) => milliseconds === 60)).toHaveLength(10);
		expect(simulator().inFlight).toBe(0);
	});

	it('holds so many requests until all of them are in flight', async () => {
		simulator().faults.add(gather(10, { method: 'PUT' }));
		let answered = 0;
		const sent = range(9).map(async (index) => {
			await client.put(String(index));
			answered++;
		});
		while (simulator().inFlight < 9) await client.get('x');
		expect(answered).toBe(0);
		await Promise.all([...sent, client.put('9')]);
		expect(simulator().maxInFlight).toBe(10);
		await client.put('alone');
		expect(simulator().inFlight).toBe(0);
	});

	it('takes a random time between two bounds', async () => {
		// No other wait of the process is as long as these.
		simulator().options.latencyMs = [0.01, 0.9];
		const waits = watchWaits();
		await Promise.all(range(20).map(async (index) => await client.put(String(index))));
		// Each in two parts: before the work, and after it.
		const times = waits().filter((milliseconds) => milliseconds > 0 && milliseconds < 1);
		expect(times).toHaveLength(2 * 20);
		const sum = times.reduce((total, milliseconds) => total + milliseconds, 0);
		expect(sum / 20).toBeGreaterThan(0.1);
		expect(sum / 20).toBeLessThan(0.8);
		expect(new Set(times).size).toBeGreaterThan(20);
	});

	it('sees writes of one participant that overlap, on every route', async () => {
		await client.put('a');
		await client.upsertUsers([user('a'), user('b')]);
		simulator().faults.add(gather(3));
		await Promise.all([client.put('a'), client.put('b'), client.get('a')]);
		expect(simulator().orderViolations).toEqual([]);
		simulator().faults.add(gather(2));
		await Promise.all([client.put('a'), client.upsertUsers([user('b'), user('a')])]);
		expect(simulator().orderViolations.map(({ participant }) => participant)).toEqual(['a\u0000a']);
	});

	it.each([
		['seconds', /^1$/],
		['date', / GMT$/],
		['none', null],
	] as const)('refuses above the rate with Retry-After: %s', async (retryAfter, header) => {
		simulator().options.rateLimit = { requestsPerSecond: 3, retryAfter };
		const clock = stopClock();
		const answers = await Promise.all(range(5).map(async () => await client.put('a')));
		const refused = answers.filter(({ status }) => status === 429);
		expect(refused).toHaveLength(2);
		expect(refused[0].json).toMatchObject({ rsCode: 'RS033' });
		const text = refused[0].headers.get('retry-after');
		if (header === null) expect(text).toBeNull();
		else expect(text).toMatch(header);
		clock.advance(1010);
		expect((await client.put('a')).status).toBe(200);
	});

	it('takes thousands of participants, and keeps no bodies when told so', async () => {
		simulator().options.record = 'summary';
		const batches = range(100).map((batch) =>
			range(100).map((index) => user(`${batch}-${index}`, 'vip')),
		);
		for (const batch of batches) await client.upsertUsers(batch);
		expect(simulator().state.membersOf('vip').size).toBe(10_000);
		expect(simulator().requests[99].body).toBeUndefined();
	});
});

describe('recording', () => {
	it('records requests without secrets', async () => {
		await client.put('a b', { segments: ['vip'] });
		await client.upsertUsers([user('a')]);
		await client.graphql('{ tenant { tenantAlias } }');
		client.useApiKey('wrong');
		await client.send('GET', '/users?limit=1');
		expect(simulator().requests).toMatchObject([
			{
				method: 'PUT',
				path: '/api/v1/test_simulator/open/account/a%20b/user/a%20b',
				headers: { authorization: 'Basic valid' },
				body: { id: 'a b', accountId: 'a b', segments: ['vip'] },
				writes: ['a b\u0000a b'],
				status: 200,
			},
			{ operationName: 'upsert', rootFields: ['upsertUsers'], writes: ['a\u0000a'], status: 200 },
			{ rootFields: ['tenant'], writes: [] },
			{ query: { limit: '1' }, headers: { authorization: 'Basic invalid' }, status: 401 },
		]);
		const text = JSON.stringify(simulator().requests);
		expect(text).not.toContain(client.authorization?.slice('Basic '.length));
		expect(text).not.toContain(simulator().credentials.apiKey);
		for (const request of simulator().requests) {
			expect(request.finishedAt).toBeGreaterThanOrEqual(request.startedAt);
		}
		simulator().clearRequests();
		expect(simulator().requests).toEqual([]);
	});

	it('shows uploads by name and size, and sees that downloads carry no credential', async () => {
		await client.upload('a.csv', 'id,accountId\n');
		await client.download(`${simulator().url}/downloads/x/errors`);
		expect(simulator().requests[0].body).toEqual({
			parts: [
				{ name: 'file', fileName: 'a.csv', contentType: 'application/octet-stream', size: 13 },
			],
		});
		expect(simulator().requests[1]).toMatchObject({ path: '/downloads/x/errors', status: 403 });
		expect(simulator().requests[1].headers).not.toHaveProperty('authorization');
	});

	it('can keep nothing', async () => {
		simulator().options.record = 'off';
		await client.put('a');
		expect(simulator().requests).toEqual([]);
		expect(simulator().recorder.total).toBe(1);
	});
});

describe('inspection', () => {
	async function inspect(method: string, path: string, body?: unknown) {
		const response = await fetch(`${simulator().url}/__simulator/${path}`, {
			method,
			headers: body === undefined ? {} : { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		return { status: response.status, json: (await response.json()) as unknown };
	}

	it('shows the state and the requests, and records no look at them', async () => {
		await client.put('a', { segments: ['vip'] });
		expect((await inspect('GET', 'state')).json).toMatchObject({
			participants: [{ id: 'a', segments: ['vip'] }],
			segments: [{ key: 'vip', participantsCount: 1 }],
			jobs: [],
		});
		expect((await inspect('GET', 'requests')).json).toMatchObject({
			total: 1,
			maxInFlight: 1,
			orderViolations: [],
			requests: [{ method: 'PUT' }],
		});
	});

	it('changes options, adds faults and resets', async () => {
		expect((await inspect('POST', 'options', { unknownSegment: 'reject' })).status).toBe(200);
		expect((await client.put('a', { segments: ['x'] })).status).toBe(400);
		expect((await inspect('POST', 'options', { unknownSwitch: 1 })).status).toBe(400);
		const fault = { match: { nth: 2 }, then: { kind: 'status', status: 503 } };
		expect((await inspect('POST', 'faults', [fault])).json).toEqual({ pending: 1, fired: 0 });
		expect((await inspect('POST', 'faults', { kind: 'status' })).status).toBe(400);
		expect([(await client.put('a')).status, (await client.put('a')).status]).toEqual([200, 503]);
		await inspect('POST', 'reset');
		expect(simulator().state.participants.size).toBe(0);
		expect(simulator().options.unknownSegment).toBe('autoCreate');
		expect(simulator().faults.fired).toBe(0);
	});
});

describe('closing', () => {
	it('breaks off what is still open', async () => {
		const other = await startSimulator();
		other.faults.add({ then: { kind: 'hang' } });
		const open = new TestClient(other).put('a').catch((error: unknown) => error);
		while (other.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 1));
		await other.close();
		expect(await open).toMatchObject({ message: 'fetch failed' });
	});
});
