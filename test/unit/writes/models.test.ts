/**
 * Runs against the servers with which Vector tests its adaptive concurrency, on a virtual clock: every row goes through,
 * about as fast as with the concurrency that would have been the best one.
 */
import { fixedTime, ModelServer, SERVER_MODELS } from '../../support/serverModels';
import type { ServerModel } from '../../support/serverModels';
import { modelServe, runVirtually, VirtualClock } from './virtualTime';

const REQUESTS = 400;
const TIMEOUT_MS = 30_000;
const CONCURRENCIES = [2, 32];

async function bestFixed(model: ServerModel, most: number, requests: number): Promise<number> {
	let best = Infinity;
	for (let concurrency = 1; concurrency <= most; concurrency *= 2) {
		const settings = { concurrency, requests, timeoutMs: TIMEOUT_MS };
		best = Math.min(best, await fixedTime(model, new VirtualClock(), settings));
	}
	return best;
}

const CASES = Object.entries(SERVER_MODELS).flatMap(([name, model]) =>
	CONCURRENCIES.map((most) => [name, most, model] as const),
);

test.each(CASES)('%s, at most %i at a time', async (_, most, model) => {
	const clock = new VirtualClock();
	const serve = modelServe(new ModelServer(model, clock));
	const { counts, took, port, statistics } = await runVirtually(clock, serve, {
		rows: 100 * REQUESTS,
		concurrency: most,
		timeoutMs: TIMEOUT_MS,
	});
	expect(counts).toEqual({ succeeded: 100 * REQUESTS });
	// Those that are sent together are waited for together: one round to find the limit, and another one to find it again.
	const finding = port.timeouts === 0 ? 0 : 2 * TIMEOUT_MS;
	expect(took).toBeLessThanOrEqual(1.5 * (await bestFixed(model, most, REQUESTS)) + finding);
	// Nothing is wrong with the batches.
	expect(statistics.batchSize).toBe(100);
});

describe('one worker, however slow, and several runs at once', () => {
	/** As far as the time-out allows: with more runs, the worker has more to do in it than one batch of each. */
	const RUNS: Array<[seconds: number, runs: number[]]> = [
		[5, [1, 2, 4]],
		[16, [1, 2]],
		[36, [1]],
	];
	const cases = RUNS.flatMap(([seconds, all]) =>
		all.flatMap((runs) => CONCURRENCIES.map((most) => [seconds, runs, most] as const)),
	);

	test.each(cases)(
		'%i s per 100 rows, %i runs, at most %i at a time',
		async (seconds, runs, most) => {
			const clock = new VirtualClock();
			const server = new ModelServer({ latencyMs: 20, workerMsPerRow: 10 * seconds }, clock);
			const rows = 5000;
			const done = await Promise.all(
				Array.from(
					{ length: runs },
					async () => await runVirtually(clock, modelServe(server), { rows, concurrency: most }),
				),
			);
			for (const { counts } of done) expect(counts).toEqual({ succeeded: rows });
			const best = runs * (rows / 100) * seconds * 1000;
			const timeouts = done.reduce((sum, { port }) => sum + port.timeouts, 0);
			const longest = Math.max(...done.map(({ took }) => took));
			expect(longest).toBeLessThanOrEqual(1.5 * best + timeouts * TIMEOUT_MS);
		},
	);
});

test('a worker that takes 53 % of the time-out for a batch: all rows of the default import', async () => {
	const clock = new VirtualClock();
	const server = new ModelServer({ latencyMs: 20, workerMsPerRow: 0.0053 * TIMEOUT_MS }, clock);
	const { counts } = await runVirtually(clock, modelServe(server), { rows: 5000 });
	expect(counts).toEqual({ succeeded: 5000 });
});
