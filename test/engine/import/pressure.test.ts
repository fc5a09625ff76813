/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Imports under pressure: many workers, rate limits, outages, and an execution that is cancelled. */
import type { IDataObject } from 'n8n-workflow';
import type { FaultAction, FaultMatch } from '../../simulator/faults';
import { apartFromSegments, SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import { counts, expectAccounted, inputsOf, listOf, memberships, runImport } from './helpers';
import type { ImportInput, ImportRun } from './helpers';

const simulator = useSimulator(SOME_SEGMENTS);

type Route = 'put' | 'batch';

const status = (code: number, body?: unknown): FaultAction => ({
	kind: 'status',
	status: code,
	body,
});
const throttle = (
	retryAfter?: Extract<FaultAction, { kind: 'status' }>['retryAfter'],
): FaultAction => ({ kind: 'status', status: 429, retryAfter });

const HTML = '<html><body>Service unavailable</body></html>';

describe('many workers', () => {
	test.each<[Route, FaultMatch]>([
		['put', { method: 'PUT', nth: 20 }],
		['batch', { operationName: 'upsertUsers', nth: 20 }],
	])('a storm of 429 on all of them (%s)', async (route, match) => {
		simulator().options.latencyMs = 10;
		simulator().faults.add({ match, times: 8, then: throttle(1) });
		const csv = listOf(60 * (route === 'put' ? 1 : 2));
		const run = await runImport(simulator(), csv, {
			options: { batchSize: route === 'put' ? 1 : 2, concurrency: 8 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: route === 'put' ? 60 : 120 });
		expect(apartFromSegments(simulator())).toHaveLength(68);
		expect(run.summary).toMatchObject({ diagnostics: { retries: 8, throttled: 8 } });
		// They wait at the same time: eight waits counted one by one would be longer than the run.
		const { waitedSeconds, durationSeconds } = run.summary;
		expect(waitedSeconds).toBeGreaterThanOrEqual(1);
		expect(waitedSeconds).toBeLessThanOrEqual(Number(durationSeconds));
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test('a rate limit is found and kept to', async () => {
		simulator().options.rateLimit = { requestsPerSecond: 40, retryAfter: 'seconds' };
		simulator().options.latencyMs = 20;
		const csv = listOf(120);
		const run = await runImport(simulator(), csv, { options: { batchSize: 1, concurrency: 16 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 120 });
		expect(apartFromSegments(simulator()).length).toBeLessThan(120 + 60);
	});

	test('a slow server: as many at once as allowed, no more', async () => {
		simulator().options.latencyMs = 100;
		const csv = listOf(40);
		const run = await runImport(simulator(), csv, { options: { batchSize: 1, concurrency: 8 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 40 });
		expect(apartFromSegments(simulator())).toHaveLength(40);
		expect(simulator().maxInFlight).toBe(8);
		const { peakInFlight, averageInFlight } = run.summary.diagnostics as IDataObject;
		expect(peakInFlight).toBe(8);
		expect(averageInFlight).toBeGreaterThan(1);
	});
});

describe('a steady rate limit', () => {
	test('that the run waits for longer in all than Max Wait Time is obeyed to the end', async () => {
		simulator().options.rateLimit = { requestsPerSecond: 8, retryAfter: 'seconds' };
		const csv = listOf(80);
		const run = await runImport(simulator(), csv, {
			options: { batchSize: 1, concurrency: 4, maxWaitTime: 3 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 80 });
		expect(run.summary.complete).toBe(true);
		const { waitedSeconds, longestWaitSeconds } = run.summary;
		expect(waitedSeconds).toBeGreaterThan(3);
		// No single wait was as long as all of them: only a single one counts against Max Wait Time.
		expect(longestWaitSeconds).toBeLessThan(Number(waitedSeconds));
	});

	test('is obeyed without giving up, and most requests are let through', async () => {
		simulator().options.rateLimit = { requestsPerSecond: 8, retryAfter: 'seconds' };
		const csv = listOf(60);
		const run = await runImport(simulator(), csv, { options: { batchSize: 1, concurrency: 8 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 60 });
		const refused = apartFromSegments(simulator()).filter(
			({ status: code }) => code === 429,
		).length;
		expect(refused).toBeGreaterThan(0);
		expect(refused).toBeLessThan(60);
	});
});

describe('outage', () => {
	test.each<[string, FaultAction]>([
		['500', status(500)],
		['503', status(503, HTML)],
		['connections are reset', { kind: 'resetBeforeReply' }],
	])('%s for a moment, all workers at once: no row is lost', async (_name, then) => {
		simulator().options.latencyMs = 100;
		simulator().faults.add({ match: { method: 'PUT', nth: 150 }, times: 'always', then });
		const over = setInterval(() => {
			if (simulator().faults.fired === 0) return;
			clearInterval(over);
			setTimeout(() => simulator().faults.clear(), 2000);
		}, 10);
		const csv = listOf(600);
		const run = await runImport(simulator(), csv, { options: { batchSize: 1, concurrency: 32 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 600 });
		expect(run.summary.complete).toBe(true);
		// Each of those under way fails once or twice, and a few find out in turn whether the API is back.
		expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(600 + 2 * 32 + 5);
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
		expect(simulator().orderViolations).toEqual([]);
	});

	test.each<[string, FaultAction]>([
		['503', status(503, HTML)],
		['429 with a wait', throttle(1)],
		['connections are reset', { kind: 'resetBeforeReply' }],
	])('%s for longer than Max Wait Time: the rest is not sent', async (_name, then) => {
		simulator().faults.add({ match: { nth: 4 }, times: 'always', then });
		const csv = listOf(400);
		const run = await runImport(simulator(), csv, {
			options: { batchSize: 10, concurrency: 4, maxWaitTime: 2 },
		});
		expectAccounted(run, csv);
		expect(run.status).toBe('success');
		const { succeeded, rejected = 0, unconfirmed = 0, notSent } = counts(run.summary);
		expect(succeeded).toBe(30);
		expect(rejected + unconfirmed).toBeLessThanOrEqual(40);
		expect(notSent).toBe(400 - 30 - rejected - unconfirmed);
		expect(run.summary.complete).toBe(false);
		// How long it waits at most is tested on a virtual clock, in unit/writes/outage.test.ts.
		expect(run.summary.waitedSeconds).toBeGreaterThan(0);
		// A batch whose tries were used up before the time was is rejected, and the run goes on behind it.
		expect(run.summary.firstRowNotSent).toBeGreaterThanOrEqual(32);
		expect(run.summary.firstRowNotSent).toBeLessThanOrEqual(72);
		expect(simulator().state.participants.size).toBe(30);
		// Not hammered: a handful of tries per worker.
		expect(apartFromSegments(simulator()).length).toBeLessThan(40);

		simulator().faults.clear();
		const rejects = run.rejectsFile?.toString('utf8') ?? '';
		const rest = await runImport(simulator(), rejects);
		expectAccounted(rest, rejects);
		expect(counts(rest.summary)).toEqual({ succeeded: 370 });
		expect(simulator().state.participants.size).toBe(400);
	});
});

describe('cancel', () => {
	const CONCURRENCY = 8;

	/** Cancel once something is so, and give what was sent by then a moment to arrive. */
	const cancelled = async (
		csv: string,
		isTime: () => boolean,
		options: ImportInput['options'],
	): Promise<{ run: ImportRun; before: number }> => {
		let before = 0;
		const run = await runImport(simulator(), csv, {
			// No time-out of a request ends the run.
			options: { timeout: 300, ...options },
			cancelAfter: (cancel) => {
				const watch = setInterval(() => {
					if (!isTime()) return;
					clearInterval(watch);
					before = apartFromSegments(simulator()).length;
					cancel();
				}, 5);
			},
		});
		await new Promise((resolve) => setTimeout(resolve, 400));
		return { run, before };
	};

	test.each<[Route, number]>([
		['put', 1],
		['batch', 5],
	])('in the middle (%s): nothing new is sent', async (_route, batchSize) => {
		simulator().options.latencyMs = 150;
		const { run, before } = await cancelled(
			listOf(1000),
			() => apartFromSegments(simulator()).length >= 20,
			{
				batchSize,
				concurrency: CONCURRENCY,
			},
		);
		expect(run.status).toBe('canceled');
		// What was on its way at that moment may still arrive.
		expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(before + CONCURRENCY);
		const sent = new Set(inputsOf(simulator()).map(({ id }) => String(id)));
		for (const id of Object.keys(memberships(simulator()))) expect(sent.has(id)).toBe(true);
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	// Without the cancellation, each would go on for longer than a test may take.
	test.each<[string, FaultAction]>([
		['a wait that the API asked for', throttle(250)],
		['an outage', status(500)],
		['a request that hangs', { kind: 'hang' }],
	])('during %s', async (_name, then) => {
		for (const batchSize of [1, 5]) {
			simulator().reset();
			simulator().faults.add({ match: { nth: 2 }, times: 'always', then });
			const { run, before } = await cancelled(listOf(50), () => simulator().faults.fired >= 2, {
				batchSize,
				concurrency: CONCURRENCY,
			});
			expect(run.status).toBe('canceled');
			expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(before + CONCURRENCY);
			expect(Object.keys(memberships(simulator()))).toHaveLength(batchSize);
		}
	});
});
