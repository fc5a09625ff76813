/** What ends a run, and what does not, on a virtual clock: the numbers of runs that ended for no good reason. */
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import { ModelServer } from '../../support/serverModels';
import { modelServe, runVirtually, VirtualClock, VirtualPort } from './virtualTime';
import type { Serve } from './virtualTime';

const MINUTE = 60_000;
const DOWN = { statusCode: 500, body: { message: 'Down', statusCode: 500 } };

describe('a steady limit is worked to the end', () => {
	const RATES: Array<[string, number]> = [
		['1 in 10 s', 0.1],
		['1 a second', 1],
		['2 a second', 2],
		['10 a second', 10],
	];
	const cases = RATES.flatMap(([name, perSecond]) =>
		[1, 100].flatMap((batchSize) =>
			[undefined, 1, 10].map((retryAfter) => [name, batchSize, retryAfter, perSecond] as const),
		),
	);

	test.each(cases)(
		'%s, %i per request, Retry-After %s',
		async (_, batchSize, retryAfter, perSecond) => {
			const clock = new VirtualClock();
			const server = new ModelServer({ latencyMs: 50, perSecond }, clock);
			const requests = perSecond < 1 ? 60 : 200;
			const { counts, took, statistics } = await runVirtually(
				clock,
				modelServe(server, retryAfter),
				{
					rows: requests * batchSize,
					batchSize,
					concurrency: 8,
				},
			);
			expect(counts).toEqual({ succeeded: requests * batchSize });
			expect(statistics.stopReason).toBeUndefined();
			// Far longer in all than the run may wait without progress.
			if (perSecond < 1) expect(took).toBeGreaterThan(9 * MINUTE);
		},
	);
});

/** A server that is down for some time. */
const downFrom =
	(clock: VirtualClock, from: number, to: number): Serve =>
	async () => {
		await clock.sleep(50);
		return clock.passed >= from && clock.passed < to ? DOWN : {};
	};

describe('an outage', () => {
	test.each([1, 2, 8])(
		'of a minute costs no row of sixty, one per request, %i at a time',
		async (concurrency) => {
			const clock = new VirtualClock();
			const serve = downFrom(clock, 500, MINUTE);
			const { counts } = await runVirtually(clock, serve, { rows: 600, batchSize: 1, concurrency });
			expect(counts).toEqual({ succeeded: 600 });
		},
	);

	test('that lasts ends the run after the time without progress, with what to do', async () => {
		const clock = new VirtualClock();
		const serve = downFrom(clock, 500, Infinity);
		const { counts, took, run, statistics } = await runVirtually(clock, serve, {
			rows: 600,
			batchSize: 10,
			maxWaitMs: 5 * MINUTE,
		});
		expect(took).toBeGreaterThan(5 * MINUTE);
		expect(took).toBeLessThan(5.2 * MINUTE);
		const { succeeded, unconfirmed, notSent } = counts;
		expect(succeeded + unconfirmed + notSent).toBe(600);
		// What was on its way when it began may have been applied.
		expect(unconfirmed).toBeGreaterThan(0);
		expect(unconfirmed).toBeLessThanOrEqual(80);
		expect(unconfirmed + notSent).toBeGreaterThan(400);
		expect(statistics.fatalError?.hint).toMatch(/Nothing was confirmed for 30[01] s/);
		for (const { result } of run.results) {
			if (result.status === 'notSent') expect(result.hint).toContain("Raise 'Max Wait Time'");
		}
	});

	test('whose end the API names: how much would have been enough', async () => {
		const clock = new VirtualClock();
		const refuse: Serve = async () => {
			await clock.sleep(50);
			return { statusCode: 429, headers: { 'retry-after': '600' }, body: { message: 'Later' } };
		};
		const { run } = await runVirtually(clock, refuse, { rows: 600, maxWaitMs: 5 * MINUTE });
		const hints = run.results.flatMap(({ result }) =>
			result.status === 'notSent' ? [result.hint] : [],
		);
		expect(hints.length).toBeGreaterThan(0);
		for (const hint of hints) expect(hint).toContain("raise 'Max Wait Time' to 601 or more");
	});
});

test.each([
	['a quarter of the requests', 0.25, DOWN],
	['15 % of the requests, which time out', 0.15, 'none' as const],
])('%s fail once: nothing ends the run', async (_, share, failure) => {
	const clock = new VirtualClock();
	const serve: Serve = async () => {
		await clock.sleep(100);
		return clock.random() < share ? failure : {};
	};
	const { counts } = await runVirtually(clock, serve, { rows: 100_000, concurrency: 8 });
	expect(counts).toEqual({ succeeded: 100_000 });
});

describe('connection errors', () => {
	/** Fails once in the middle, and before the first answer when that is to be. */
	const run = async (code: string, failsAt: number) => {
		const clock = new VirtualClock();
		let sent = 0;
		const serve: Serve = async () => {
			await clock.sleep(50);
			if (++sent === failsAt) throw new NoAnswerError('No way', code);
			return {};
		};
		return await runVirtually(clock, serve, { rows: 3000, batchSize: 10 });
	};

	test.each(['ENOTFOUND', 'EPROTO', 'ERR_UNKNOWN', 'CERT_HAS_EXPIRED'])(
		'%s is final only before the first answer',
		async (code) => {
			expect((await run(code, 150)).counts).toEqual({ succeeded: 3000 });
			const { counts, port } = await run(code, 1);
			expect(counts.notSent).toBeGreaterThan(2900);
			expect(port.requests).toBeLessThanOrEqual(3);
		},
	);
});

test('a Base URL that answers with a web page fails after three tries', async () => {
	const clock = new VirtualClock();
	const serve: Serve = async () => {
		await clock.sleep(50);
		return { body: '<html>Sign in</html>' };
	};
	const { port, took, counts, statistics } = await runVirtually(clock, serve, { rows: 5000 });
	expect(port.requests).toBeLessThanOrEqual(4);
	expect(took).toBeLessThan(5000);
	expect(counts.succeeded).toBeUndefined();
	expect(statistics.fatalError).toMatchObject({
		message: 'The API sent a web page (status 200)',
		hint: expect.stringContaining('Check the Base URL'),
	});
});

describe('a quota in the headers of good answers', () => {
	const QUOTAS: Array<[string, (left: number, seconds: number) => Record<string, string>]> = [
		[
			'X-RateLimit-*',
			(left, seconds) => ({
				'x-ratelimit-remaining': `${left}`,
				'x-ratelimit-reset': `${seconds}`,
			}),
		],
		[
			'RateLimit-*',
			(left, seconds) => ({ 'ratelimit-remaining': `${left}`, 'ratelimit-reset': `${seconds}` }),
		],
		[
			'RateLimit',
			(left, seconds) => ({ ratelimit: `limit=20, remaining=${left}, reset=${seconds}` }),
		],
		[
			'RateLimit of the later draft',
			(left, seconds) => ({ ratelimit: `"default";r=${left};t=${seconds}` }),
		],
	];

	test.each(QUOTAS)('%s: hardly a request is refused', async (_, headersOf) => {
		const clock = new VirtualClock();
		let minute = -1;
		let left = 0;
		const serve: Serve = async () => {
			const now = Math.floor(clock.passed / MINUTE);
			if (now !== minute) [minute, left] = [now, 20];
			const headers = headersOf(
				Math.max(0, --left),
				Math.ceil(((now + 1) * MINUTE - clock.passed) / 1000),
			);
			const isRefused = left < 0;
			await clock.sleep(50);
			return isRefused ? { statusCode: 429, headers, body: { message: 'Slow down' } } : { headers };
		};
		const { counts, transport } = await runVirtually(clock, serve, {
			rows: 10_000,
			concurrency: 8,
		});
		expect(counts).toEqual({ succeeded: 10_000 });
		// In five minutes, with eight at a time.
		expect(transport.statistics.throttled).toBeLessThanOrEqual(5);
	});

	test('that is always used up is not believed', async () => {
		const clock = new VirtualClock();
		const serve: Serve = async () => {
			await clock.sleep(50);
			return { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' } };
		};
		const { took } = await runVirtually(clock, serve, { rows: 10_000 });
		expect(took).toBeLessThan(MINUTE);
	});
});

test('the virtual clock gives up what is not answered', async () => {
	const port = new VirtualPort(new VirtualClock(), async () => await Promise.resolve('none'));
	const request = { method: 'GET', url: 'https://x.org', timeoutMs: 1000, maxBytes: 1 } as const;
	await expect(port.send(request)).rejects.toThrow('No answer in time');
	expect(port.virtual.passed).toBe(1000);
});
