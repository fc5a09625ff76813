/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * What the row engine makes of everything that can go wrong on the way, through the real engine and real HTTP: once
 * with single PUT requests, once with batches. The state on the server, the account of every row, and the number of
 * requests are checked in each case.
 */
import { apartFromSegments } from '../../support/advocate';
import type { IDataObject } from 'n8n-workflow';
import type { FaultAction, FaultMatch } from '../../simulator/faults';
import {
	counts,
	expectAccounted,
	inputsOf,
	listOf,
	memberships,
	runImport,
	statuses,
	writesOf,
} from './helpers';
import type { ImportInput, ImportRun } from './helpers';
import { TestApi } from './testApi';

const sim = new TestApi();

type Route = 'put' | 'batch';

/** Six participants; three requests of two, or six of one. The second write meets the fault. */
const CSV = listOf(6);
const ROUTES = {
	put: { batchSize: 1, requests: 6, match: { method: 'PUT' }, hit: ['p2'] },
	batch: { batchSize: 2, requests: 3, match: { operationName: 'upsertUsers' }, hit: ['p3', 'p4'] },
} as const;

/**
 * - `recovers`: all rows succeed; `extra` requests
 * - `fails`: the rows of the request are rejected, all others succeed
 * - `stops`: the rows of the request are rejected, the rest is not sent
 * - `split`: the batch is sent again in two halves, which succeed
 */
type Expected = 'recovers' | 'fails' | 'stops' | 'split';

interface Case {
	then: FaultAction;
	times?: number;
	put?: Expected;
	batch?: Expected;
	/** Requests on top of those without a fault; 1 for `recovers`, 2 for `split`, 0 otherwise. */
	extra?: number;
	/** Writes that the rows of the request see on the server. */
	applied?: number;
	/** The same, for some of them. */
	appliedBy?: Record<string, number>;
	options?: ImportInput['options'];
	message?: RegExp;
	waitedAtLeast?: number;
}

const status = (code: number, body?: unknown): FaultAction => ({
	kind: 'status',
	status: code,
	body,
});
const throttle = (
	retryAfter?: Extract<FaultAction, { kind: 'status' }>['retryAfter'],
): FaultAction => ({ kind: 'status', status: 429, retryAfter });

const HTML = '<html><body>Service unavailable</body></html>';

const CASES: Record<string, Case> = {
	'429, one second': { then: throttle(1), waitedAtLeast: 1 },
	'429, a date': { then: throttle({ dateInSeconds: 2 }), waitedAtLeast: 0.9 },
	'429, a past date': { then: throttle({ dateInSeconds: -60 }) },
	'429, garbage': { then: throttle('soon') },
	'429, no header': { then: throttle() },
	'429, one hour': {
		then: throttle(3600),
		options: { maxWaitTime: 5 },
		put: 'stops',
		batch: 'stops',
		message: /Scripted status 429/,
	},
	'429 three times': { then: throttle(), times: 3, extra: 3 },
	'408': { then: status(408) },
	'503 with HTML': { then: status(503, HTML) },
	'500 then 200': { then: status(500) },
	'502 without a text': { then: status(502, '') },
	'500 twice': { then: status(500), times: 2, extra: 2 },
	'400 with RS code': {
		then: status(400, { message: 'Bad e-mail', statusCode: 400, rsCode: 'RS023' }),
		put: 'fails',
		batch: 'split',
		message: /Bad e-mail/,
	},
	'401': {
		then: status(401, { message: 'Key revoked', statusCode: 401 }),
		put: 'stops',
		batch: 'stops',
		message: /Key revoked/,
	},
	'403': {
		then: status(403, { message: 'Not allowed', statusCode: 403 }),
		put: 'stops',
		batch: 'stops',
		message: /Not allowed/,
	},
	'404': {
		then: status(404, { message: 'Nothing here', statusCode: 404 }),
		put: 'fails',
		batch: 'split',
		message: /Nothing here/,
	},
	'404 with HTML': {
		then: status(404, HTML),
		put: 'fails',
		batch: 'split',
		message: /status 404 and a web page/,
	},
	'413': { then: status(413), put: 'fails', batch: 'split' },
	'a redirect': {
		then: { kind: 'redirect', location: 'https://example.com/' },
		put: 'fails',
		batch: 'fails',
	},
	'reset before the reply': { then: { kind: 'resetBeforeReply' }, applied: 1 },
	'reset after the server applied it': { then: { kind: 'applyThenReset' }, applied: 2 },
	'hangs until the timeout': { then: { kind: 'hang' }, options: { timeout: 1 } },
	'applied, then hangs': {
		then: { kind: 'hang', apply: true },
		options: { timeout: 1 },
		applied: 2,
	},
	'500 after the server applied it': {
		then: { kind: 'status', status: 500, apply: true },
		applied: 2,
	},
	'408 after the server applied it': {
		then: { kind: 'status', status: 408, apply: true },
		applied: 2,
	},
	'truncated JSON': { then: { kind: 'truncatedJson' }, applied: 2 },
	'truncated JSON, connection lost': {
		then: { kind: 'truncatedJson', dropConnection: true },
		applied: 2,
	},
	'an empty answer': { then: { kind: 'emptyBody' }, applied: 2 },
	'a web page with status 200': { then: status(200, HTML) },
	'200 with GraphQL errors': { then: { kind: 'graphqlErrors' }, batch: 'split' },
	'200 with GraphQL errors and data': {
		then: { kind: 'graphqlErrors', data: 'keep' },
		put: undefined,
		batch: 'split',
		applied: 2,
	},
	'200 with GraphQL errors in the middle of the batch': {
		then: { kind: 'graphqlErrors', applyFirst: 1 },
		batch: 'split',
		appliedBy: { p3: 2 },
	},
	'200 with a GraphQL error of status 500': {
		then: { kind: 'graphqlErrors', apiError: { message: 'Oops', statusCode: 500 } },
	},
	'200 with a GraphQL error of status 429': {
		then: { kind: 'graphqlErrors', apiError: { message: 'Slow down', statusCode: 429 } },
	},
	slow: { then: { kind: 'slow', ms: 300 }, extra: 0 },
};

/** Over REST there are no GraphQL errors to speak of. */
const REST_LESS = /GraphQL/;

const TABLE = Object.entries(CASES).flatMap(([name, entry]) =>
	(['put', 'batch'] as const)
		.filter((route) => route === 'batch' || !REST_LESS.test(name))
		.map((route) => [name, route, entry] as const),
);

test.each(TABLE)('%s (%s)', async (_name, route, entry) => {
	const { batchSize, requests, match, hit } = ROUTES[route];
	const expected = entry[route] ?? 'recovers';
	sim.api.faults.add({ match: { ...match, nth: 2 }, times: entry.times, then: entry.then });
	const run = await runImport(sim.api, CSV, {
		options: { batchSize, concurrency: 1, ...entry.options },
	});
	expect(run.status).toBe('success');
	expectAccounted(run, CSV);

	const all = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
	const isHit = (id: string) => (hit as readonly string[]).includes(id);
	const sentFirst = all.filter((id) => Number(id.slice(1)) < Number(hit[0].slice(1)));
	const byStatus = (wanted: string) =>
		run.rows.filter((row) => row.status === wanted).map(({ id }) => String(id));
	const extras = { recovers: 1, fails: 0, stops: 0, split: 2 };
	const extra = entry.extra ?? extras[expected];
	if (expected === 'stops') {
		expect(byStatus('succeeded')).toEqual(sentFirst);
		expect(byStatus('rejected')).toEqual(hit);
		expect(run.summary.complete).toBe(false);
		expect(run.summary.firstRowNotSent).toBe(Number(hit[0].slice(1)) + 1);
		expect(apartFromSegments(sim.api)).toHaveLength(2);
		expect(Object.keys(memberships(sim.api))).toEqual(sentFirst);
	} else if (expected === 'fails') {
		expect(byStatus('rejected')).toEqual(hit);
		expect(apartFromSegments(sim.api)).toHaveLength(requests);
		expect(Object.keys(memberships(sim.api))).toEqual(all.filter((id) => !isHit(id)));
	} else {
		expect(counts(run.summary)).toEqual({ succeeded: 6 });
		expect(memberships(sim.api)).toEqual(Object.fromEntries(all.map((id) => [id, ['vip']])));
		expect(apartFromSegments(sim.api)).toHaveLength(requests + extra);
		const { writeCounts } = sim.api.state;
		expect(all.map((id) => writeCounts.get(`${id}\u0000${id}`))).toEqual(
			all.map((id) => entry.appliedBy?.[id] ?? (isHit(id) ? (entry.applied ?? 1) : 1)),
		);
	}
	expect(run.summary.requests).toBe(sim.api.requests.length);
	const rejected = run.rows.find((row) => row.status === 'rejected');
	if (rejected !== undefined) {
		expect(rejected.message).toMatch(entry.message ?? /./);
		expect(rejected.hint).toBeTruthy();
	}
	if (entry.waitedAtLeast !== undefined) {
		expect(run.summary.waitedSeconds).toBeGreaterThanOrEqual(entry.waitedAtLeast);
	}
	expect(sim.api.orderViolations).toEqual([]);
});

describe('batches', () => {
	test('one input fails in the answer for good: only its row is rejected', async () => {
		sim.api.faults.add({
			then: {
				kind: 'partialBatchFailure',
				participants: ['p7', 'p9'],
				error: { message: 'No.', statusCode: 400, rsCode: 'RS050' },
			},
		});
		const csv = listOf(20);
		const run = await runImport(sim.api, csv);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 18, rejected: 2 });
		expect(run.rows.filter((row) => row.status === 'rejected')).toEqual([
			expect.objectContaining({ id: 'p7', message: 'No.', apiErrorCode: 'RS050', statusCode: 400 }),
			expect.objectContaining({ id: 'p9' }),
		]);
		expect(apartFromSegments(sim.api)).toHaveLength(1);
		expect(sim.api.state.participants.size).toBe(18);
	});

	test.each([429, 500, 503])(
		'inputs that fail with %i are sent again alone',
		async (statusCode) => {
			sim.api.faults.add({
				then: {
					kind: 'partialBatchFailure',
					participants: ['p7', 'p9'],
					error: { message: 'Not now.', statusCode },
				},
			});
			const csv = listOf(20);
			const run = await runImport(sim.api, csv);
			expectAccounted(run, csv);
			expect(counts(run.summary)).toEqual({ succeeded: 20 });
			expect(apartFromSegments(sim.api).map(({ method }) => method)).toEqual([
				'POST',
				'PUT',
				'PUT',
			]);
			expect(sim.api.state.participants.size).toBe(20);
		},
	);

	test.each([
		['p1', 1],
		['p50', 1],
		['p100', 1],
		['p1,p100', 2],
		['p33,p34,p35', 3],
	])('refused as a whole because of %s: split until the row is found', async (list, bad) => {
		sim.api.options.upsertUsersBadInput = 'wholeBatch';
		sim.api.options.participantRejects = Object.fromEntries(
			list.split(',').map((id) => [id, { message: `${id} is bad`, statusCode: 400 }]),
		);
		const csv = listOf(100);
		const run = await runImport(sim.api, csv);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 100 - bad, rejected: bad });
		const rejected = run.rows.filter((row) => row.status === 'rejected');
		expect(rejected.map(({ message }) => message)).toEqual(
			list.split(',').map((id) => `${id} is bad`),
		);
		expect(sim.api.state.participants.size).toBe(100 - bad);
		// Per bad row at most two halves on each of seven levels.
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(1 + 14 * bad);
		expect([...sim.api.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
		expect(run.summary.batchesSplit).toBeGreaterThanOrEqual(6);
	});

	test('answers in another order, refusals among them', async () => {
		sim.api.options.upsertUsersOrder = 'shuffled';
		sim.api.options.participantRejects = Object.fromEntries(
			['p3', 'p4', 'p90'].map((id) => [id, { message: `${id} is bad`, statusCode: 400 }]),
		);
		const csv = listOf(300);
		const run = await runImport(sim.api, csv, { options: { concurrency: 3 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 297, rejected: 3 });
		for (const row of run.rows) {
			const isBad = ['p3', 'p4', 'p90'].includes(String(row.id));
			expect([row.id, row.message]).toEqual([row.id, isBad ? `${row.id} is bad` : undefined]);
		}
		// Three batches, and one PUT for each refusal that could not be told apart.
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(6);
		const members = memberships(sim.api);
		expect(Object.keys(members)).toHaveLength(297);
		for (const id of ['p3', 'p4', 'p90']) expect(members[id]).toBeUndefined();
		expect(Object.values(members).every(([segment]) => segment === 'vip')).toBe(true);
		expect([...sim.api.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test('no upsertUsers after all, in the middle of a run', async () => {
		const csv = listOf(60);
		sim.api.faults.add({
			match: { operationName: 'upsertUsers', nth: 3 },
			times: 'always',
			then: {
				kind: 'graphqlErrors',
				errors: [{ message: "Cannot query field 'upsertUsers' on type 'Mutation'." }],
				data: 'omit',
			},
		});
		const run = await runImport(sim.api, csv, { options: { batchSize: 10, concurrency: 3 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 60 });
		expect(run.summary.diagnostics).toMatchObject({ batchUpsertAvailable: false });
		expect(apartFromSegments(sim.api).filter(({ method }) => method === 'PUT')).toHaveLength(40);
		expect([...sim.api.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test('nothing more is sent alone once the key is refused', async () => {
		sim.api.faults.add({
			then: { kind: 'partialBatchFailure', participants: ['p2', 'p4', 'p6', 'p8'] },
		});
		sim.api.faults.add({
			match: { method: 'PUT' },
			times: 'always',
			then: status(401, { message: 'Key revoked', statusCode: 401 }),
		});
		const csv = listOf(30);
		const run = await runImport(sim.api, csv, { options: { batchSize: 10, concurrency: 1 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 6, rejected: 1, notSent: 23 });
		expect(apartFromSegments(sim.api).map(({ method }) => method)).toEqual(['POST', 'PUT']);
	});
});

describe('look-ups before the write', () => {
	test.each<[string, FaultAction, number]>([
		['500', status(500), 1],
		['429', throttle(), 1],
		['reset', { kind: 'resetBeforeReply' }, 1],
		['truncated', { kind: 'truncatedJson' }, 1],
	])('%s is repeated', async (_name, then, extra) => {
		for (const batchSize of [1, 100]) {
			sim.reset();
			for (const id of ['p1', 'p2']) sim.api.state.addParticipant({ id });
			sim.api.faults.add({ match: { nth: 1 }, then });
			const csv = listOf(4);
			const run = await runImport(sim.api, csv, {
				ifMissing: 'skip',
				options: { batchSize, concurrency: 1 },
			});
			expectAccounted(run, csv);
			expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'succeeded', 4: 'skipped', 5: 'skipped' });
			expect(apartFromSegments(sim.api)).toHaveLength((batchSize === 1 ? 6 : 2) + extra);
			expect(Object.keys(memberships(sim.api))).toEqual(['p1', 'p2']);
		}
	});

	test('401 stops before anything is written', async () => {
		sim.api.faults.add({ times: 'always', then: status(401) });
		const csv = listOf(40);
		const run = await runImport(sim.api, csv, {
			ifMissing: 'error',
			onError: 'continueRegularOutput',
			options: { batchSize: 10 },
		});
		expectAccounted(run, csv);
		expect(writesOf(sim.api)).toHaveLength(0);
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(2);
		expect(counts(run.summary).succeeded).toBeUndefined();
	});

	test('creating a segment fails for a moment', async () => {
		sim.api.state.segments.delete('vip');
		sim.api.faults.add({ match: { operationName: 'upsertSegment' }, then: status(503, HTML) });
		const csv = listOf(10);
		const run = await runImport(sim.api, csv, { options: { createMissingSegments: true } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 10 });
		expect(run.summary.segmentsCreated).toEqual(['vip']);
		expect(apartFromSegments(sim.api).map(({ rootFields }) => rootFields[0])).toEqual([
			'upsertSegment',
			'upsertSegment',
			'upsertUsers',
		]);
	});
});

describe('many workers', () => {
	test.each<[Route, FaultMatch]>([
		['put', { method: 'PUT', nth: 20 }],
		['batch', { operationName: 'upsertUsers', nth: 20 }],
	])('a storm of 429 on all of them (%s)', async (route, match) => {
		sim.api.options.latencyMs = 10;
		sim.api.faults.add({ match, times: 8, then: throttle(1) });
		const csv = listOf(60 * (route === 'put' ? 1 : 2));
		const run = await runImport(sim.api, csv, {
			options: { batchSize: route === 'put' ? 1 : 2, concurrency: 8 },
		});
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: route === 'put' ? 60 : 120 });
		expect(apartFromSegments(sim.api)).toHaveLength(68);
		expect(run.summary).toMatchObject({ diagnostics: { retries: 8, throttled: 8 } });
		// They wait at the same time: eight waits counted one by one would be longer than the run.
		const { waitedSeconds, durationSeconds } = run.summary;
		expect(waitedSeconds).toBeGreaterThanOrEqual(1);
		expect(waitedSeconds).toBeLessThanOrEqual(Number(durationSeconds));
		expect([...sim.api.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test('a rate limit is found and kept to', async () => {
		sim.api.options.rateLimit = { requestsPerSecond: 40, retryAfter: 'seconds' };
		sim.api.options.latencyMs = 20;
		const csv = listOf(120);
		const run = await runImport(sim.api, csv, { options: { batchSize: 1, concurrency: 16 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 120 });
		expect(apartFromSegments(sim.api).length).toBeLessThan(120 + 60);
	});

	test('a slow server: as many at once as allowed, no more', async () => {
		sim.api.options.latencyMs = 100;
		const csv = listOf(40);
		const run = await runImport(sim.api, csv, { options: { batchSize: 1, concurrency: 8 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 40 });
		expect(apartFromSegments(sim.api)).toHaveLength(40);
		expect(sim.api.maxInFlight).toBe(8);
		const { peakInFlight, averageInFlight } = run.summary.diagnostics as IDataObject;
		expect(peakInFlight).toBe(8);
		expect(averageInFlight).toBeGreaterThan(4);
	});
});

describe('a steady rate limit', () => {
	test('that the run waits for longer than Max Wait Time ends it; what has not left is not sent', async () => {
		sim.api.options.rateLimit = { requestsPerSecond: 8, retryAfter: 'seconds' };
		const csv = listOf(200);
		const run = await runImport(sim.api, csv, {
			options: { batchSize: 1, concurrency: 4, maxWaitTime: 3 },
		});
		expectAccounted(run, csv);
		const { succeeded, rejected = 0, notSent } = counts(run.summary);
		expect(succeeded).toBe(sim.api.state.participants.size);
		expect(succeeded).toBeGreaterThan(7);
		// Those whose request was refused and would have had to wait again.
		expect(rejected).toBeLessThanOrEqual(4);
		expect(notSent).toBe(200 - succeeded - rejected);
		const sent = new Set(inputsOf(sim.api).map(({ id }) => String(id)));
		for (const { id, status: how } of run.rows) {
			expect([id, sent.has(String(id))]).toEqual([id, how !== 'notSent']);
		}
		expect(run.summary.waitedSeconds).toBeLessThanOrEqual(3);
		expect(run.summary.complete).toBe(false);
		const rest = await runImport(sim.api, csv, {
			options: { batchSize: 100, startAtRow: run.summary.firstRowNotSent },
		});
		expect(rest.summary.complete).toBe(true);
		expect(sim.api.state.participants.size).toBe(200);
	});

	test('is obeyed without giving up, and most requests are let through', async () => {
		sim.api.options.rateLimit = { requestsPerSecond: 8, retryAfter: 'seconds' };
		const csv = listOf(60);
		const run = await runImport(sim.api, csv, { options: { batchSize: 1, concurrency: 8 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 60 });
		const refused = apartFromSegments(sim.api).filter(({ status: code }) => code === 429).length;
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
		sim.api.options.latencyMs = 100;
		sim.api.faults.add({ match: { method: 'PUT', nth: 150 }, times: 'always', then });
		const over = setInterval(() => {
			if (sim.api.faults.fired === 0) return;
			clearInterval(over);
			setTimeout(() => sim.api.faults.clear(), 2000);
		}, 10);
		const csv = listOf(600);
		const run = await runImport(sim.api, csv, { options: { batchSize: 1, concurrency: 32 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 600 });
		expect(run.summary.complete).toBe(true);
		// Each of those under way fails once or twice, and a few find out in turn whether the API is back.
		expect(apartFromSegments(sim.api).length).toBeLessThanOrEqual(600 + 2 * 32 + 5);
		expect([...sim.api.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
		expect(sim.api.orderViolations).toEqual([]);
	});

	test.each<[string, FaultAction]>([
		['503', status(503, HTML)],
		['429 with a wait', throttle(1)],
		['connections are reset', { kind: 'resetBeforeReply' }],
	])('%s for longer than Max Wait Time: the rest is not sent', async (_name, then) => {
		sim.api.faults.add({ match: { nth: 4 }, times: 'always', then });
		const csv = listOf(400);
		const started = Date.now();
		const run = await runImport(sim.api, csv, {
			options: { batchSize: 10, concurrency: 4, maxWaitTime: 2 },
		});
		expect(Date.now() - started).toBeLessThan(6000);
		expectAccounted(run, csv);
		expect(run.status).toBe('success');
		const { succeeded, rejected, notSent } = counts(run.summary);
		expect(succeeded).toBe(30);
		expect(rejected).toBeLessThanOrEqual(40);
		expect(notSent).toBe(400 - 30 - rejected);
		expect(run.summary.complete).toBe(false);
		expect(run.summary.waitedSeconds).toBeLessThanOrEqual(2);
		// A batch whose tries were used up before the time was is rejected, and the run goes on behind it.
		expect(run.summary.firstRowNotSent).toBeGreaterThanOrEqual(32);
		expect(run.summary.firstRowNotSent).toBeLessThanOrEqual(72);
		expect(sim.api.state.participants.size).toBe(30);
		// Not hammered: a handful of tries per worker.
		expect(apartFromSegments(sim.api).length).toBeLessThan(40);

		sim.api.faults.clear();
		const rejects = run.rejectsFile?.toString('utf8') ?? '';
		const rest = await runImport(sim.api, rejects);
		expectAccounted(rest, rejects);
		expect(counts(rest.summary)).toEqual({ succeeded: 370 });
		expect(sim.api.state.participants.size).toBe(400);
	});
});

describe('cancel', () => {
	const cancelled = async (
		csv: string,
		afterMs: number,
		input: ImportInput,
	): Promise<{ run: ImportRun; at: number; tookMs: number }> => {
		let at = 0;
		const run = await runImport(sim.api, csv, {
			...input,
			cancelAfter: (cancel) => {
				setTimeout(() => {
					at = performance.timeOrigin + performance.now();
					cancel();
				}, afterMs);
			},
		});
		return { run, at, tookMs: performance.timeOrigin + performance.now() - at };
	};

	test.each<[Route, number]>([
		['put', 1],
		['batch', 5],
	])('in the middle (%s): ends within a second, nothing new is sent', async (_route, batchSize) => {
		sim.api.options.latencyMs = 150;
		const { run, at, tookMs } = await cancelled(listOf(1000), 700, {
			options: { batchSize, concurrency: 4 },
		});
		expect(run.status).toBe('canceled');
		expect(tookMs).toBeLessThan(1000);
		await new Promise((resolve) => setTimeout(resolve, 400));
		const late = apartFromSegments(sim.api).filter(({ startedAt }) => startedAt > at + 50);
		expect(late).toHaveLength(0);
		const sent = new Set(inputsOf(sim.api).map(({ id }) => String(id)));
		expect(sent.size).toBeGreaterThan(0);
		expect(sent.size).toBeLessThan(200);
		for (const id of Object.keys(memberships(sim.api))) expect(sent.has(id)).toBe(true);
		expect([...sim.api.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test.each<[string, FaultAction]>([
		['a wait that the API asked for', throttle(60)],
		['an outage', status(500)],
		['a request that hangs', { kind: 'hang' }],
	])('during %s', async (_name, then) => {
		for (const batchSize of [1, 5]) {
			sim.reset();
			sim.api.faults.add({ match: { nth: 2 }, times: 'always', then });
			const { run, at, tookMs } = await cancelled(listOf(50), 700, {
				options: { batchSize, concurrency: 8 },
			});
			expect(run.status).toBe('canceled');
			expect(tookMs).toBeLessThan(1000);
			await new Promise((resolve) => setTimeout(resolve, 400));
			expect(apartFromSegments(sim.api).filter(({ startedAt }) => startedAt > at)).toHaveLength(0);
			expect(Object.keys(memberships(sim.api))).toHaveLength(batchSize);
		}
	});
});
