/** An API that is down: one request at a time finds out whether it is back. */
import { AdvocateError } from '../../../nodes/shared/advocate/client/error';
import type { RequestOptions, Transport } from '../../../nodes/shared/advocate/client/transport';
import { FakePort } from './fakePort';
import type { Scripted } from './fakePort';

const OK: Scripted = { body: { ok: true } };
const DOWN: Scripted = { statusCode: 500, body: { message: 'Down' } };

const send = async (transport: Transport, options: Partial<RequestOptions> = {}) =>
	await transport
		.request({ method: 'GET', path: '/users', ...options }, () => 'ok')
		.catch((error: unknown) => (error instanceof AdvocateError ? error : Promise.reject(error)));

const sendMany = async (transport: Transport, count: number) =>
	await Promise.all(Array.from({ length: count }, async () => await send(transport)));

test('many at once do not use up their tries within seconds: each goes on when the API is back', async () => {
	const port = new FakePort([...Array<Scripted>(40).fill(DOWN), OK]);
	port.jitter = [0.5];
	const transport = port.transport();
	expect(await sendMany(transport, 32)).toEqual(Array(32).fill('ok'));
	// All 32 fail together, then eight of them find out in turn, one after the other.
	const times = port.sentAt.slice(32, 41);
	expect(times.map((at, index) => at - (times[index - 1] ?? 0))).toEqual([
		750, 1500, 3000, 6000, 12_000, 22_500, 22_500, 22_500, 22_500,
	]);
	expect(port.sent).toHaveLength(32 + 8 + 32);
});

test('the last of them goes by its time, not by its number of tries', async () => {
	const port = new FakePort([DOWN]);
	port.jitter = [0.5];
	const transport = port.transport({ maxWaitMs: 300_000 });
	const results = await sendMany(transport, 32);
	for (const result of results) expect(result).toMatchObject({ kind: 'gaveUp', statusCode: 500 });
	expect(port.sent.length).toBeLessThan(32 + 20);
	expect(transport.statistics.waitedMs).toBeLessThanOrEqual(300_000);
	expect(transport.statistics.waitedMs).toBeGreaterThan(250_000);
});

test('fewer failures in a row are no outage', async () => {
	const port = new FakePort([...Array<Scripted>(7).fill(DOWN), OK]);
	port.jitter = [0];
	await sendMany(port.transport(), 7);
	expect(port.sentAt.every((at) => at === 0)).toBe(true);
});

test.each<[string, Scripted]>([
	['a success', OK],
	['a refusal', { statusCode: 400, body: { message: 'No' } }],
])('%s ends it', async (_, answer) => {
	const port = new FakePort([...Array<Scripted>(8).fill(DOWN), answer, OK]);
	port.jitter = [0];
	await sendMany(port.transport(), 8);
	// The one that found out went alone, the others behind it at once.
	const [first, ...others] = port.sentAt.slice(8);
	expect(first).toBe(500);
	expect(others.every((at) => at === 500)).toBe(true);
});

test('who has not left by then never did', async () => {
	const port = new FakePort([DOWN]);
	port.jitter = [0];
	const transport = port.transport({ maxWaitMs: 20_000 });
	await sendMany(transport, 8);
	const sent = port.sent.length;
	expect(await send(transport)).toMatchObject({ kind: 'gaveUp', neverSent: true });
	expect(port.sent).toHaveLength(sent);
});

test('a stopped execution ends all waits', async () => {
	const port = new FakePort([DOWN]);
	port.jitter = [0];
	const transport = port.transport();
	const original = port.send.bind(port);
	port.send = async (request) => {
		if (port.sent.length === 9) port.isCancelled = true;
		return await original(request);
	};
	for (const result of await sendMany(transport, 20)) {
		expect(result).toMatchObject({ kind: 'cancelled' });
	}
});

test('waits while another one finds out count once, and not while it is under way', async () => {
	const port = new FakePort([...Array<Scripted>(8).fill(DOWN), OK]);
	port.jitter = [0.5];
	const original = port.send.bind(port);
	port.send = async (request) => {
		await port.sleep(100);
		return await original(request);
	};
	const transport = port.transport();
	await sendMany(transport, 8);
	expect(transport.statistics.waitedMs).toBe(750);
});
