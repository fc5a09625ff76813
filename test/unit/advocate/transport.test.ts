/** The one way to the API: retries, pauses, budgets and cancellation, on a clock of our own. */
import { AdvocateError } from '../../../nodes/shared/advocate/client/error';
import { jsonBytes } from '../../../nodes/shared/advocate/client/values';
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import type { RequestOptions, Transport } from '../../../nodes/shared/advocate/client/transport';
import { FakePort } from './fakePort';
import type { Scripted } from './fakePort';

const OK: Scripted = { body: { ok: true } };
const status = (statusCode: number, headers: Record<string, string> = {}): Scripted => ({
	statusCode,
	headers,
	body: { message: `Status ${statusCode}` },
});
const NO_LINE = new NoAnswerError('socket hang up', 'ECONNRESET');
const TIMED_OUT = new NoAnswerError('No answer within 30000 ms', 'ETIMEDOUT');

const send = async (transport: Transport, options: Partial<RequestOptions> = {}) =>
	await transport.request({ method: 'GET', path: '/users', ...options }, (body) => body);

async function failure(promise: Promise<unknown>): Promise<AdvocateError> {
	const caught = await promise.then(
		() => undefined,
		(error: unknown) => error,
	);
	expect(caught).toBeInstanceOf(AdvocateError);
	return caught as AdvocateError;
}

test('sends to the tenant, with time-out, query and body', async () => {
	const port = new FakePort([OK]);
	const body = jsonBytes({ id: 'a' });
	const options = { method: 'PUT', query: { limit: 1 }, body } as const;
	expect(await send(port.transport({ timeoutMs: 7000 }), options)).toEqual({ ok: true });
	expect(port.sent).toEqual([
		{
			method: 'PUT',
			url: 'https://api.example.com/api/v1/alias/users',
			query: { limit: 1 },
			body,
			timeoutMs: 7000,
			maxBytes: 16 * 1024 * 1024,
		},
	]);
});

describe('what is tried again', () => {
	test.each<[string, Scripted]>([
		['408', status(408)],
		['429', status(429)],
		['500', status(500)],
		['502', status(502)],
		['503', status(503)],
		['RS033', { statusCode: 400, body: { message: 'Slow', rsCode: 'RS033' } }],
		['a lost connection', NO_LINE],
		['a time-out', TIMED_OUT],
		['an answer that was cut off', { body: '{"ok":' }],
		['an empty answer', { body: '' }],
	])('%s', async (_, answer) => {
		const port = new FakePort([answer, OK]);
		const transport = port.transport();
		expect(await send(transport)).toEqual({ ok: true });
		expect(transport.statistics).toMatchObject({ requests: 2, retries: 1 });
	});

	test.each([301, 400, 401, 402, 403, 404, 409, 413, 415, 422])('not %i', async (code) => {
		const port = new FakePort([status(code), OK]);
		const error = await failure(send(port.transport()));
		expect(error).toMatchObject({ kind: 'api', statusCode: code });
		expect(port.sent).toHaveLength(1);
		expect(port.sleeps).toEqual([]);
	});

	test('a failure that the reader finds in a 200', async () => {
		const port = new FakePort([OK]);
		let calls = 0;
		const transport = port.transport();
		const result = await transport.request({ method: 'POST', path: '/graphql' }, () => {
			if (++calls === 1)
				throw new AdvocateError('Down', { kind: 'api', statusCode: 503, hint: '' });
			return calls;
		});
		expect(result).toBe(2);
	});

	test('five times at most', async () => {
		const port = new FakePort([status(500)]);
		const error = await failure(send(port.transport()));
		expect(error).toMatchObject({ message: 'Status 500', kind: 'api', statusCode: 500 });
		expect(port.sent).toHaveLength(5);
	});

	test('a rate limit as long as the budget lasts', async () => {
		const port = new FakePort([...Array<Scripted>(12).fill(status(429)), OK]);
		expect(await send(port.transport())).toEqual({ ok: true });
		expect(port.sent).toHaveLength(13);
	});
});

describe('a request that must not be repeated', () => {
	const once = { repeatable: false };

	test.each<[string, Scripted]>([
		['500', status(500)],
		['503 with Retry-After', status(503, { 'retry-after': '1' })],
		['408', status(408)],
		['a lost connection', NO_LINE],
		['a time-out', TIMED_OUT],
		['an answer that was cut off', { body: '{"ok":' }],
	])('is not, after %s', async (_, answer) => {
		const port = new FakePort([answer, OK]);
		await failure(send(port.transport(), once));
		expect(port.sent).toHaveLength(1);
	});

	test('is, after a 429: the API surely did not act', async () => {
		const port = new FakePort([status(429), OK]);
		expect(await send(port.transport(), once)).toEqual({ ok: true });
	});
});

describe('how long it waits', () => {
	const waitAfter = async (headers: Record<string, string>, code = 429) => {
		const port = new FakePort([status(code, headers), OK]);
		port.jitter = [0];
		await send(port.transport());
		return port.sentAt[1];
	};
	const inSeconds = (seconds: number) =>
		new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toUTCString();

	test.each<[string, Record<string, string>, number]>([
		['Retry-After in seconds', { 'retry-after': '7' }, 7000],
		['Retry-After as a fraction', { 'retry-after': '0.5' }, 500],
		['Retry-After as a date', { 'retry-after': inSeconds(90) }, 90_000],
		['Retry-After of one hour', { 'retry-after': '3600' }, 3_600_000],
		['X-RateLimit-Reset in seconds', { 'x-ratelimit-reset': '30' }, 30_000],
		[
			'X-RateLimit-Reset as a moment',
			{ 'x-ratelimit-reset': String(Date.UTC(2026, 0, 1) / 1000 + 60) },
			60_000,
		],
		[
			'Retry-After before X-RateLimit-Reset',
			{ 'retry-after': '2', 'x-ratelimit-reset': '9' },
			2000,
		],
		['the other when one is garbage', { 'retry-after': 'soon', 'x-ratelimit-reset': '9' }, 9000],
		['nothing: a date in the past', { 'retry-after': inSeconds(-90) }, 0],
		['nothing: garbage', { 'retry-after': 'soon 1' }, 0],
		['nothing: a negative number', { 'retry-after': '-5' }, 0],
		['nothing: zero', { 'retry-after': '0' }, 0],
		['nothing: more than a day', { 'retry-after': '86401' }, 0],
		['nothing: a blank', { 'retry-after': ' ' }, 0],
	])('%s', async (_, headers, milliseconds) => {
		expect(await waitAfter(headers)).toBe(milliseconds);
	});

	test('Retry-After of a 503 is followed too', async () => {
		expect(await waitAfter({ 'retry-after': '4' }, 503)).toBe(4000);
	});

	test('the wait of the API is a minimum: jitter comes on top', async () => {
		const port = new FakePort([status(429, { 'retry-after': '10' }), OK]);
		port.jitter = [0.999];
		await send(port.transport());
		expect(port.sentAt[1]).toBeGreaterThan(10_000);
		expect(port.sentAt[1]).toBeLessThan(10_500);
	});

	test('without a wait of the API it doubles, and is drawn at random below its bound', async () => {
		const bounds = [500, 1000, 2000, 4000];
		for (const jitter of [0, 0.25, 0.999]) {
			const port = new FakePort([...Array<Scripted>(4).fill(status(500)), OK]);
			port.jitter = [jitter];
			await send(port.transport());
			expect(port.sleeps).toEqual(bounds.map((bound) => bound * jitter));
		}
	});

	test('never longer than half a minute', async () => {
		const port = new FakePort([...Array<Scripted>(10).fill(status(429)), OK]);
		port.jitter = [1];
		await send(port.transport());
		const waits = port.sentAt.slice(1).map((at, index) => at - port.sentAt[index]);
		expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
	});
});

describe('the budget for waiting', () => {
	test('ends the run with the failure of the API and why there is no other try', async () => {
		const port = new FakePort([status(429, { 'retry-after': '61' })]);
		const error = await failure(send(port.transport({ waitBudgetMs: 60_000 })));
		expect(error).toMatchObject({
			message: 'Status 429',
			kind: 'gaveUp',
			statusCode: 429,
			hint: 'The API limits the request rate. Try again later. The API asks to wait 61 s, longer than the run may wait in all (60 s)',
			helpfulOptions: ['concurrency', 'maxWaitTime'],
		});
		expect(port.sent).toHaveLength(1);
		expect(port.sleeps).toEqual([]);
	});

	test('is for the run, not for one request', async () => {
		const port = new FakePort([
			status(429, { 'retry-after': '6' }),
			OK,
			status(429, { 'retry-after': '6' }),
		]);
		port.jitter = [0];
		const transport = port.transport({ waitBudgetMs: 10_000 });
		await send(transport);
		expect(transport.statistics.waitedMs).toBe(6000);
		expect(await failure(send(transport))).toMatchObject({ kind: 'gaveUp' });
	});

	test('counts eight requests that wait for a minute together as one minute', async () => {
		const port = new FakePort([
			...Array<Scripted>(8).fill(status(429, { 'retry-after': '60' })),
			OK,
		]);
		port.jitter = [0];
		const transport = port.transport({ waitBudgetMs: 61_000 });
		await Promise.all(Array.from({ length: 8 }, async () => await send(transport)));
		expect(transport.statistics).toMatchObject({ requests: 16, retries: 8, throttled: 8 });
		// Afterwards they leave one by one: that is the API's doing as well, so all the time to the last one counts.
		expect(transport.statistics.waitedMs).toBe(Math.round(port.sentAt[15]));
		expect(transport.statistics.waitedMs).toBeGreaterThan(60_500);
	});

	test('counts the slower pace after a refusal, request by request', async () => {
		const port = new FakePort([status(429, { 'retry-after': '1' }), OK]);
		port.jitter = [0];
		const transport = port.transport();
		for (let request = 0; request < 5; request++) await send(transport);
		expect(port.sentAt.map(Math.round)).toEqual([0, 1000, 1100, 1197, 1291, 1382]);
		expect(transport.statistics.waitedMs).toBe(1382);
	});

	test('counts waits before other tries, those of one request after the other, of several once', async () => {
		const port = new FakePort([...Array<Scripted>(3).fill(status(500)), OK]);
		port.jitter = [1];
		const transport = port.transport();
		await send(transport);
		expect(transport.statistics.waitedMs).toBe(500 + 1000 + 2000);

		const busy = new FakePort([...Array<Scripted>(4).fill(status(500)), OK]);
		busy.jitter = [0.2, 0.4, 0.6, 0.8];
		const shared = busy.transport();
		await Promise.all(Array.from({ length: 4 }, async () => await send(shared)));
		expect(shared.statistics).toMatchObject({ retries: 4, waitedMs: 400 });
	});

	test('does not count a wait while another request is under way', async () => {
		const port = new FakePort([status(500), OK]);
		port.jitter = [1];
		const answer = port.send.bind(port);
		const transport = port.transport();
		port.send = async (request) => {
			if (!request.url.endsWith('/slow')) return await answer(request);
			await port.sleep(300);
			return { statusCode: 200, headers: {}, body: {} };
		};
		await Promise.all([send(transport), send(transport, { path: '/slow' })]);
		// The first one waits from 0 to 500, the second one is under way until 300.
		expect(transport.statistics).toMatchObject({ retries: 1, waitedMs: 200 });
	});

	test('is used up by the slower pace too; what has not left by then never did', async () => {
		const port = new FakePort([status(429, { 'retry-after': '9' }), OK]);
		port.jitter = [0];
		const transport = port.transport({ waitBudgetMs: 9_150 });
		await send(transport);
		await send(transport);
		const error = await failure(send(transport));
		expect(error).toMatchObject({
			message: 'Status 429',
			kind: 'gaveUp',
			neverSent: true,
			hint: 'The API limits the request rate. Try again later. The next request would have to wait, but the run has waited 9 s already, and may wait 9.15 s in all',
		});
		expect(port.sent).toHaveLength(3);
	});

	test('of nothing allows no retry, and a good run', async () => {
		const port = new FakePort([OK, status(500)]);
		const transport = port.transport({ waitBudgetMs: 0 });
		await send(transport);
		expect(await failure(send(transport))).toMatchObject({ kind: 'gaveUp', statusCode: 500 });
	});
});

describe('the shared pause', () => {
	test('holds back everybody while the API asks for one', async () => {
		const port = new FakePort([status(429, { 'retry-after': '5' }), OK]);
		port.jitter = [0];
		const transport = port.transport();
		let throttles = 0;
		transport.onSlowDown = () => throttles++;
		const first = send(transport);
		for (let turn = 0; turn < 10; turn++) await Promise.resolve();
		await Promise.all([first, send(transport), send(transport)]);
		// One by one afterwards: together they would be refused together.
		expect(port.sentAt).toEqual([0, 5000, 5100, 5197]);
		expect(throttles).toBe(1);
	});

	test('is extended by a longer one', async () => {
		const port = new FakePort([
			status(429, { 'retry-after': '5' }),
			status(429, { 'retry-after': '20' }),
			OK,
		]);
		port.jitter = [0];
		const transport = port.transport();
		await Promise.all([send(transport), send(transport)]);
		expect(port.sentAt).toEqual([0, 0, 20_000, 20_100]);
	});

	test('is not taken for one request in trouble', async () => {
		const port = new FakePort([status(500), OK]);
		const transport = port.transport();
		const first = send(transport);
		for (let turn = 0; turn < 5; turn++) await Promise.resolve();
		await send(transport);
		await first;
		expect(port.sentAt).toEqual([0, 0, 250]);
	});
});

describe('the retry quota', () => {
	/** Each request succeeds at its fifth try. */
	const tryAll = async (failed: Scripted, rounds: number) => {
		const port = new FakePort([
			...Array.from({ length: rounds }, () => [failed, failed, failed, failed, OK]).flat(),
			OK,
		]);
		port.jitter = [0];
		const transport = port.transport();
		const kinds: string[] = [];
		let last: AdvocateError | undefined;
		while (last === undefined && kinds.length < rounds) {
			last = await send(transport).then(
				() => undefined,
				(error: AdvocateError) => error,
			);
			kinds.push(last?.kind ?? 'ok');
		}
		return { port, kinds, transport, last };
	};

	test('ends the retries when most requests fail', async () => {
		// 500 tokens at 5 a retry; a success gives one back.
		const { port, kinds, last } = await tryAll(status(500), 40);
		expect(kinds).toEqual([...Array(26).fill('ok'), 'gaveUp']);
		expect(port.sent).toHaveLength(26 * 5 + 2);
		expect(last).toMatchObject({
			message: 'Status 500',
			statusCode: 500,
			hint: 'The API reported an internal error. Try again later; what was not confirmed is safe to send again. Too many requests failed in this run, so nothing is repeated any more',
		});
	});

	test('is used up faster by time-outs', async () => {
		const { kinds } = await tryAll(TIMED_OUT, 20);
		expect(kinds.indexOf('gaveUp')).toBe(12);
	});

	test('is refilled by successes', async () => {
		const { port, transport } = await tryAll(status(500), 27);
		while (port.answersLeft > 1) await send(transport).catch(() => undefined);
		for (let round = 0; round < 5; round++) await send(transport);
		port.answer(status(500), OK);
		expect(await send(transport)).toEqual({ ok: true });
	});
});

describe('parts of what failed', () => {
	const sendParts = async (port: FakePort, count: number, waitBudgetMs = 3_600_000) => {
		const transport = port.transport({ waitBudgetMs });
		let error = await failure(send(transport));
		for (let part = 0; part < count && error.kind !== 'gaveUp'; part++) {
			try {
				await transport.waitToSendPart(error);
				await send(transport, { attempts: 1 });
			} catch (caught) {
				error = caught as AdvocateError;
			}
		}
		return { transport, error };
	};

	test('are tried once each, after a short wait', async () => {
		const port = new FakePort([...Array<Scripted>(7).fill(status(500)), OK]);
		port.jitter = [0, 0, 0, 0, 0.5];
		await sendParts(port, 3);
		expect(port.sent).toHaveLength(5 + 3);
		expect(port.sleeps.slice(4)).toEqual([250, 250, 250]);
	});

	test('take nothing from the quota while others go through', async () => {
		const port = new FakePort([
			...Array<Scripted>(5).fill(status(500)),
			...Array.from({ length: 300 }, () => [OK, status(500)]).flat(),
			OK,
		]);
		port.jitter = [1];
		const { error } = await sendParts(port, 601);
		expect(error.kind).toBe('api');
		expect(port.sent).toHaveLength(5 + 601);
		expect(Math.max(...port.sleeps.slice(4))).toBe(500);
	});

	test('end with the quota when too many fail', async () => {
		const port = new FakePort([
			...Array<Scripted>(5).fill(status(500)),
			...Array.from({ length: 300 }, () => [OK, status(500), status(500), status(500)]).flat(),
		]);
		port.jitter = [0];
		const { error } = await sendParts(port, 1000);
		expect(error).toMatchObject({ kind: 'gaveUp', statusCode: 500 });
		expect(port.sent.length).toBeLessThan(500);
	});

	test('end with the time that the run may wait when the API is down', async () => {
		const port = new FakePort([status(500)]);
		port.jitter = [0.5];
		const { error, transport } = await sendParts(port, 1000, 300_000);
		expect(error).toMatchObject({ kind: 'gaveUp' });
		expect(port.sent.length).toBeLessThan(30);
		expect(transport.statistics.waitedMs).toBeLessThanOrEqual(300_000);
	});

	test('a pause that the API asks for with the last try holds for what comes next', async () => {
		const port = new FakePort([
			...Array<Scripted>(5).fill(status(503, { 'retry-after': '10' })),
			OK,
		]);
		port.jitter = [0];
		const transport = port.transport();
		await failure(send(transport));
		await send(transport);
		expect(port.sentAt[5] - port.sentAt[4]).toBeGreaterThanOrEqual(10_000);
	});
});

test.each<[string, Scripted, number]>([
	['do so after a 429', status(429), 100],
	['do so after a 503 with a time', status(503, { 'retry-after': '0.2' }), 100],
	['do not after another 503, which may be that of one request', status(503), 0],
])('requests leave one by one after a refusal for the rate: they %s', async (_, answer, gap) => {
	const port = new FakePort([answer, OK]);
	port.jitter = [0];
	const transport = port.transport();
	await send(transport);
	await send(transport);
	expect(port.sentAt[2] - port.sentAt[1]).toBe(gap);
});

describe('cancellation', () => {
	test('before the request sends nothing', async () => {
		const port = new FakePort([OK]);
		port.isCancelled = true;
		expect(await failure(send(port.transport()))).toMatchObject({
			kind: 'cancelled',
			message: 'The execution was stopped',
		});
		expect(port.sent).toEqual([]);
	});

	test('during the request', async () => {
		const port = new FakePort([NO_LINE, OK]);
		const original = port.send.bind(port);
		port.send = async (request) => {
			port.isCancelled = true;
			return await original(request);
		};
		expect(await failure(send(port.transport()))).toMatchObject({ kind: 'cancelled' });
		expect(port.sent).toHaveLength(1);
	});

	test.each([
		['a wait before the next try', status(500)],
		['a pause', status(429, { 'retry-after': '9' })],
	])('during %s', async (_, answer) => {
		const port = new FakePort([answer, OK]);
		const transport = port.transport();
		const original = port.sleep.bind(port);
		port.sleep = async (milliseconds) => {
			port.isCancelled = true;
			await original(milliseconds);
		};
		expect(await failure(send(transport))).toMatchObject({ kind: 'cancelled' });
		expect(port.sent).toHaveLength(1);
	});
});

test("a download that leads to no address is an answer that can't be used", async () => {
	const port = new FakePort([{ statusCode: 302, headers: { location: 'https://[' }, body: '' }]);
	const error = await failure(port.transport().download('https://api.example.com/file'));
	expect(error).toMatchObject({ kind: 'badAnswer', statusCode: 302 });
	expect(port.sent).toHaveLength(1);
});
