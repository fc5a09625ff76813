/**
 * What the row engine makes of everything that can go wrong on the way, through the real engine and real HTTP: once
 * with single PUT requests, once with batches. There is a table for each of the ways it can end. The state on the
 * server, the account of every row, and the number of requests are checked in each case.
 */
import type { FaultAction } from '../../simulator/faults';
import { useQuickTime } from '../../support/quickTime';
import { apartFromSegments, SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import {
	counts,
	expectAccounted,
	listOf,
	memberships,
	runImport,
	statuses,
	writesOf,
} from './helpers';
import type { ImportInput, ImportRun } from './helpers';

useQuickTime();
const simulator = useSimulator(SOME_SEGMENTS);

type Route = 'put' | 'batch';

/** Six participants; three requests of two, or six of one. The second write meets the fault. */
const ALL = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
const CSV = listOf(6);
const ROUTES = {
	put: { batchSize: 1, requests: 6, match: { method: 'PUT' }, hit: ['p2'] },
	batch: { batchSize: 2, requests: 3, match: { operationName: 'upsertUsers' }, hit: ['p3', 'p4'] },
};

interface Fault {
	then: FaultAction;
	/** Both unless told. */
	routes?: Route[];
	/** How often the fault is met; once unless told. */
	times?: number;
	options?: ImportInput['options'];
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

/** The rows of a table, once for each route. */
const onRoutes = <Row extends Fault>(table: Record<string, Row>): Array<[string, Route, Row]> =>
	Object.entries(table).flatMap(([name, row]) =>
		(row.routes ?? (['put', 'batch'] as const)).map((route): [string, Route, Row] => [
			name,
			route,
			row,
		]),
	);

/** Import the six participants while the second write meets a fault; what holds however that ends is checked here. */
async function meet(route: Route, { then, times, options }: Fault): Promise<ImportRun> {
	const { batchSize, match } = ROUTES[route];
	simulator().faults.add({ match: { ...match, nth: 2 }, times, then });
	const run = await runImport(simulator(), CSV, {
		options: { batchSize, concurrency: 1, ...options },
	});
	expect(run.status).toBe('success');
	expectAccounted(run, CSV);
	expect(run.summary.requests).toBe(simulator().requests.length);
	expect(simulator().orderViolations).toEqual([]);
	return run;
}

const idsOf = (run: ImportRun, wanted: string): string[] =>
	run.rows.filter((row) => row.status === wanted).map(({ id }) => String(id));

/** How often each of the six was written on the server. */
const writesPerRow = (): unknown[] =>
	ALL.map((id) => simulator().state.writeCounts.get(`${id}\u0000${id}`));

function expectAllImported(run: ImportRun): void {
	expect(counts(run.summary)).toEqual({ succeeded: 6 });
	expect(memberships(simulator())).toEqual(Object.fromEntries(ALL.map((id) => [id, ['vip']])));
}

/** The rows of the request are rejected, with a reason and a way out. */
function expectRejected(run: ImportRun, hit: string[], message = /./): void {
	expect(idsOf(run, 'rejected')).toEqual(hit);
	const rejected = run.rows.find((row) => row.status === 'rejected');
	expect(rejected?.message).toMatch(message);
	expect(rejected?.hint).toBeTruthy();
}

describe('sent again, all rows succeed', () => {
	interface Recovery extends Fault {
		/** Requests on top of those without a fault; 1 unless told. */
		extra?: number;
		/** How often the rows of the request are written; once unless told. */
		applied?: number;
		/** Seconds of the summary. */
		waitedAtLeast?: number;
	}

	const RECOVERS: Record<string, Recovery> = {
		'429, one second': { then: throttle(1), waitedAtLeast: 1 },
		// In whole seconds, and some of them may pass before the answer is read.
		'429, a date': { then: throttle({ dateInSeconds: 40 }), waitedAtLeast: 20 },
		'429, a past date': { then: throttle({ dateInSeconds: -60 }) },
		'429, garbage': { then: throttle('soon') },
		'429, no header': { then: throttle() },
		'429 three times': { then: throttle(), times: 3, extra: 3 },
		'408': { then: status(408) },
		'503 with HTML': { then: status(503, HTML) },
		'500 then 200': { then: status(500) },
		'502 without a text': { then: status(502, '') },
		'500 twice': { then: status(500), times: 2, extra: 2 },
		'reset before the reply': { then: { kind: 'resetBeforeReply' } },
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
		'200 with a GraphQL error of status 500': {
			then: { kind: 'graphqlErrors', apiError: { message: 'Oops', statusCode: 500 } },
			routes: ['batch'],
		},
		'200 with a GraphQL error of status 429': {
			then: { kind: 'graphqlErrors', apiError: { message: 'Slow down', statusCode: 429 } },
			routes: ['batch'],
		},
		slow: { then: { kind: 'slow', ms: 300 }, extra: 0 },
	};

	test.each(onRoutes(RECOVERS))('%s (%s)', async (_name, route, row) => {
		const { requests, hit } = ROUTES[route];
		const { extra = 1, applied = 1, waitedAtLeast = 0 } = row;
		const run = await meet(route, row);
		expectAllImported(run);
		expect(apartFromSegments(simulator())).toHaveLength(requests + extra);
		expect(writesPerRow()).toEqual(ALL.map((id) => (hit.includes(id) ? applied : 1)));
		expect(run.summary.waitedSeconds).toBeGreaterThanOrEqual(waitedAtLeast);
	});
});

describe('sent again in two halves, all rows succeed', () => {
	interface Split {
		then: FaultAction;
		/** How often rows are written that are not written once. */
		applied?: Record<string, number>;
	}

	const SPLITS: Record<string, Split> = {
		'400 with RS code': {
			then: status(400, { message: 'Bad e-mail', statusCode: 400, rsCode: 'RS023' }),
		},
		'404': { then: status(404, { message: 'Nothing here', statusCode: 404 }) },
		'404 with HTML': { then: status(404, HTML) },
		'413': { then: status(413) },
		'200 with GraphQL errors': { then: { kind: 'graphqlErrors' } },
		'200 with GraphQL errors and data': {
			then: { kind: 'graphqlErrors', data: 'keep' },
			applied: { p3: 2, p4: 2 },
		},
		'200 with GraphQL errors in the middle of the batch': {
			then: { kind: 'graphqlErrors', applyFirst: 1 },
			applied: { p3: 2 },
		},
	};

	test.each(Object.entries(SPLITS))('%s', async (_name, { then, applied = {} }) => {
		expectAllImported(await meet('batch', { then }));
		expect(apartFromSegments(simulator())).toHaveLength(ROUTES.batch.requests + 2);
		expect(writesPerRow()).toEqual(ALL.map((id) => applied[id] ?? 1));
	});
});

describe('the rows of the request are rejected, all others succeed', () => {
	interface Failure extends Fault {
		message?: RegExp;
	}

	const FAILS: Record<string, Failure> = {
		'400 with RS code': {
			then: status(400, { message: 'Bad e-mail', statusCode: 400, rsCode: 'RS023' }),
			routes: ['put'],
			message: /Bad e-mail/,
		},
		'404': {
			then: status(404, { message: 'Nothing here', statusCode: 404 }),
			routes: ['put'],
			message: /Nothing here/,
		},
		'404 with HTML': {
			then: status(404, HTML),
			routes: ['put'],
			message: /status 404 and a web page/,
		},
		'413': { then: status(413), routes: ['put'] },
		'a redirect': { then: { kind: 'redirect', location: 'https://example.com/' } },
	};

	test.each(onRoutes(FAILS))('%s (%s)', async (_name, route, row) => {
		const { requests, hit } = ROUTES[route];
		expectRejected(await meet(route, row), hit, row.message);
		expect(apartFromSegments(simulator())).toHaveLength(requests);
		expect(Object.keys(memberships(simulator()))).toEqual(ALL.filter((id) => !hit.includes(id)));
	});
});

describe('the rows of the request are rejected, the rest is not sent', () => {
	interface Stop extends Fault {
		message: RegExp;
	}

	const STOPS: Record<string, Stop> = {
		'429, one hour': {
			then: throttle(3600),
			options: { maxWaitTime: 5 },
			message: /Scripted status 429/,
		},
		'401': {
			then: status(401, { message: 'Key revoked', statusCode: 401 }),
			message: /Key revoked/,
		},
		'403': {
			then: status(403, { message: 'Not allowed', statusCode: 403 }),
			message: /Not allowed/,
		},
	};

	test.each(onRoutes(STOPS))('%s (%s)', async (_name, route, row) => {
		const { hit, batchSize } = ROUTES[route];
		const before = ALL.slice(0, batchSize);
		const run = await meet(route, row);
		expectRejected(run, hit, row.message);
		expect(idsOf(run, 'succeeded')).toEqual(before);
		expect(run.summary).toMatchObject({ complete: false, firstRowNotSent: 2 + before.length });
		expect(apartFromSegments(simulator())).toHaveLength(2);
		expect(Object.keys(memberships(simulator()))).toEqual(before);
	});
});

describe('batches', () => {
	test('one input fails in the answer for good: only its row is rejected', async () => {
		simulator().faults.add({
			then: {
				kind: 'partialBatchFailure',
				participants: ['p7', 'p9'],
				error: { message: 'No.', statusCode: 400, rsCode: 'RS050' },
			},
		});
		const csv = listOf(20);
		const run = await runImport(simulator(), csv);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 18, rejected: 2 });
		expect(run.rows.filter((row) => row.status === 'rejected')).toEqual([
			expect.objectContaining({ id: 'p7', message: 'No.', apiErrorCode: 'RS050', statusCode: 400 }),
			expect.objectContaining({ id: 'p9' }),
		]);
		expect(apartFromSegments(simulator())).toHaveLength(1);
		expect(simulator().state.participants.size).toBe(18);
	});

	test.each([429, 500, 503])(
		'inputs that fail with %i are sent again alone',
		async (statusCode) => {
			simulator().faults.add({
				then: {
					kind: 'partialBatchFailure',
					participants: ['p7', 'p9'],
					error: { message: 'Not now.', statusCode },
				},
			});
			const csv = listOf(20);
			const run = await runImport(simulator(), csv);
			expectAccounted(run, csv);
			expect(counts(run.summary)).toEqual({ succeeded: 20 });
			expect(apartFromSegments(simulator()).map(({ method }) => method)).toEqual([
				'POST',
				'PUT',
				'PUT',
			]);
			expect(simulator().state.participants.size).toBe(20);
		},
	);

	test.each([
		['p1', 1],
		['p50', 1],
		['p100', 1],
		['p1,p100', 2],
		['p33,p34,p35', 3],
	])('refused as a whole because of %s: split until the row is found', async (list, bad) => {
		simulator().options.upsertUsersBadInput = 'wholeBatch';
		simulator().options.participantRejects = Object.fromEntries(
			list.split(',').map((id) => [id, { message: `${id} is bad`, statusCode: 400 }]),
		);
		const csv = listOf(100);
		const run = await runImport(simulator(), csv);
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 100 - bad, rejected: bad });
		const rejected = run.rows.filter((row) => row.status === 'rejected');
		expect(rejected.map(({ message }) => message)).toEqual(
			list.split(',').map((id) => `${id} is bad`),
		);
		expect(simulator().state.participants.size).toBe(100 - bad);
		// Per bad row at most two halves on each of seven levels.
		expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(1 + 14 * bad);
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
		expect(run.summary.batchesSplit).toBeGreaterThanOrEqual(6);
	});

	test('answers in another order, refusals among them', async () => {
		simulator().options.upsertUsersOrder = 'shuffled';
		simulator().options.participantRejects = Object.fromEntries(
			['p3', 'p4', 'p90'].map((id) => [id, { message: `${id} is bad`, statusCode: 400 }]),
		);
		const csv = listOf(300);
		const run = await runImport(simulator(), csv, { options: { concurrency: 3 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 297, rejected: 3 });
		for (const row of run.rows) {
			const isBad = ['p3', 'p4', 'p90'].includes(String(row.id));
			expect([row.id, row.message]).toEqual([row.id, isBad ? `${row.id} is bad` : undefined]);
		}
		// Three batches, and one PUT for each refusal that could not be told apart.
		expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(6);
		const members = memberships(simulator());
		expect(Object.keys(members)).toHaveLength(297);
		for (const id of ['p3', 'p4', 'p90']) expect(members[id]).toBeUndefined();
		expect(Object.values(members).every(([segment]) => segment === 'vip')).toBe(true);
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test('no upsertUsers after all, in the middle of a run', async () => {
		const csv = listOf(60);
		simulator().faults.add({
			match: { operationName: 'upsertUsers', nth: 3 },
			times: 'always',
			then: {
				kind: 'graphqlErrors',
				errors: [{ message: "Cannot query field 'upsertUsers' on type 'Mutation'." }],
				data: 'omit',
			},
		});
		const run = await runImport(simulator(), csv, { options: { batchSize: 10, concurrency: 3 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 60 });
		expect(run.summary.diagnostics).toMatchObject({ batchUpsertAvailable: false });
		expect(apartFromSegments(simulator()).filter(({ method }) => method === 'PUT')).toHaveLength(
			40,
		);
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	});

	test('nothing more is sent alone once the key is refused', async () => {
		simulator().faults.add({
			then: { kind: 'partialBatchFailure', participants: ['p2', 'p4', 'p6', 'p8'] },
		});
		simulator().faults.add({
			match: { method: 'PUT' },
			times: 'always',
			then: status(401, { message: 'Key revoked', statusCode: 401 }),
		});
		const csv = listOf(30);
		const run = await runImport(simulator(), csv, { options: { batchSize: 10, concurrency: 1 } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 6, rejected: 1, notSent: 23 });
		expect(apartFromSegments(simulator()).map(({ method }) => method)).toEqual(['POST', 'PUT']);
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
			simulator().reset();
			for (const id of ['p1', 'p2']) simulator().state.addParticipant({ id });
			simulator().faults.add({ match: { nth: 1 }, then });
			const csv = listOf(4);
			const run = await runImport(simulator(), csv, {
				ifMissing: 'skip',
				options: { batchSize, concurrency: 1 },
			});
			expectAccounted(run, csv);
			expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'succeeded', 4: 'skipped', 5: 'skipped' });
			expect(apartFromSegments(simulator())).toHaveLength((batchSize === 1 ? 6 : 2) + extra);
			expect(Object.keys(memberships(simulator()))).toEqual(['p1', 'p2']);
		}
	});

	test('401 stops before anything is written', async () => {
		simulator().faults.add({ times: 'always', then: status(401) });
		const csv = listOf(40);
		const run = await runImport(simulator(), csv, {
			ifMissing: 'error',
			onError: 'continueRegularOutput',
			options: { batchSize: 10 },
		});
		expectAccounted(run, csv);
		expect(writesOf(simulator())).toHaveLength(0);
		expect(apartFromSegments(simulator()).length).toBeLessThanOrEqual(2);
		expect(counts(run.summary).succeeded).toBeUndefined();
	});

	test('creating a segment fails for a moment', async () => {
		simulator().state.segments.delete('vip');
		simulator().faults.add({ match: { operationName: 'upsertSegment' }, then: status(503, HTML) });
		const csv = listOf(10);
		const run = await runImport(simulator(), csv, { options: { createMissingSegments: true } });
		expectAccounted(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 10 });
		expect(run.summary.segmentsCreated).toEqual(['vip']);
		expect(apartFromSegments(simulator()).map(({ rootFields }) => rootFields[0])).toEqual([
			'upsertSegment',
			'upsertSegment',
			'upsertUsers',
		]);
	});
});
