/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * Trouble on the way of an import job, step by step: every row is accounted for once, and a job is never created
 * twice. Each test has a simulator of its own, so that their waits overlap.
 */
import type { FaultAction, FaultMatch } from '../../simulator/faults';
import type { Simulator } from '../../simulator/server';
import { withSimulator } from '../../support/simulator';
import { useQuickTime } from '../../support/quickTime';
import { asJob, counts, expectAccounted, listOf, requestCount, runImport } from './helpers';
import type { ImportRun } from './helpers';

useQuickTime();

const STEPS: Record<'upload' | 'validate' | 'create' | 'poll' | 'download', FaultMatch> = {
	upload: { path: '/export/upload' },
	validate: { operationName: 'ValidateImportJob' },
	create: { operationName: 'CreateImportJob' },
	poll: { operationName: 'GetImportJob' },
	download: { path: '/downloads/' },
};

type Step = keyof typeof STEPS;

/** p1 is refused by the job, so that its errors file has to be fetched. */
async function withTenant<T>(work: (simulator: Simulator) => Promise<T>): Promise<T> {
	return await withSimulator(
		async (simulator) => {
			simulator.state.addSegment({ key: 'vip' });
			simulator.options.participantRejects = { p1: { message: 'No.', statusCode: 400 } };
			return await work(simulator);
		},
		{ jobPendingPolls: 0 },
	);
}

const CSV = listOf(4);

/**
 * Seconds until a request is given up, which pass in real time: on a busy machine, an answer that comes at once can
 * take some. Whatever does not hang has as many as there can be.
 */
const TIMEOUT = 300;
const TIMEOUT_IF_IT_HANGS = 15;

/** The clock of the run is faster than the one that ends a request, so that a hang takes much of the patience. */
const timesFor = ({ kind }: FaultAction) =>
	kind === 'hang' ? { timeout: TIMEOUT_IF_IT_HANGS, maxWaitTime: 3600 } : { timeout: TIMEOUT };

/** Two pieces of two rows; a failure of the whole run still gives its report. */
const importTwoPieces = async (simulator: Simulator, options = {}): Promise<ImportRun> =>
	await runImport(simulator, CSV, {
		...asJob({ rowsPerJob: 2, timeout: TIMEOUT, ...options }),
		onError: 'continueRegularOutput',
	});

/** What every run must hold to, whatever happened. */
function expectHonest(simulator: Simulator, run: ImportRun): void {
	expectAccounted(run, CSV);
	expect(simulator.state.jobs.size).toBeLessThanOrEqual(2);
	for (const count of simulator.state.writeCounts.values()) expect(count).toBe(1);
	// Who is reported as imported is, and whoever was never handed over is not.
	for (const { id, status } of run.rows) {
		const isMember = simulator.state.segmentsOf(String(id))?.includes('vip') ?? false;
		if (status === 'succeeded') expect([id, isMember]).toEqual([id, true]);
		if (status === 'notSent' || status === 'rejected') expect([id, isMember]).toEqual([id, false]);
	}
}

const GOES_WELL = { succeeded: 3, rejected: 1 };

/** The segment; upload, validation, creation, a look and a sample for each piece; the files of the refused row's one. */
const CALM_REQUESTS = 1 + 2 * 5 + 2;

const HTML = '<!doctype html><html><body>Service Unavailable</body></html>';

const tooMany = (retryAfter?: number | string | { dateInSeconds: number }): FaultAction => ({
	kind: 'status',
	status: 429,
	...(retryAfter === undefined ? {} : { retryAfter }),
});

const PASSING: Array<[string, FaultAction]> = [
	['429 with seconds', tooMany(1)],
	['429 with a date', tooMany({ dateInSeconds: 1 })],
	['429 with a past date', tooMany({ dateInSeconds: -3600 })],
	['429 with garbage', tooMany('soon')],
	['429 without Retry-After', tooMany()],
	['408', { kind: 'status', status: 408 }],
	['502 without a text', { kind: 'status', status: 502, body: '' }],
	['503 with a web page', { kind: 'status', status: 503, body: HTML }],
	['500', { kind: 'status', status: 500 }],
	['a reset connection', { kind: 'resetBeforeReply' }],
	['a reset after the work', { kind: 'applyThenReset' }],
	['an answer broken off', { kind: 'truncatedJson', dropConnection: true }],
	['a hanging connection', { kind: 'hang' }],
	['a slow answer', { kind: 'slow', ms: 700 }],
];

const inJson: Array<[string, FaultAction]> = [
	['truncated JSON', { kind: 'truncatedJson' }],
	['an empty answer', { kind: 'emptyBody' }],
];

const recoverable = (['upload', 'validate', 'poll', 'download'] as const).flatMap((step) =>
	[...PASSING, ...(step === 'download' ? [] : inJson)].map(
		([name, action]) => [name, step, action] as const,
	),
);

it.concurrent.each(recoverable)('%s on %s is got over', async (_, step, then) => {
	await withTenant(async (simulator) => {
		simulator.faults.add({ match: STEPS[step], then });
		const run = await importTwoPieces(simulator, timesFor(then));
		expect(counts(run.summary)).toEqual(GOES_WELL);
		expect(simulator.faults.fired).toBe(1);
		expect(requestCount(simulator, 'CreateImportJob')).toBe(2);
		expect(run.summary.diagnostics).toMatchObject({ retries: then.kind === 'slow' ? 0 : 1 });
		// Nothing is asked twice but what failed: one request more than in a calm run.
		expect(simulator.requests.length).toBe(CALM_REQUESTS + (then.kind === 'slow' ? 0 : 1));
		expect(run.summary.requests).toBe(simulator.requests.length);
		expectHonest(simulator, run);
	});
});

it.concurrent('GraphQL errors while polling do not end the watch', async () => {
	await withTenant(async (simulator) => {
		simulator.faults.add({ match: STEPS.poll, times: 2, then: { kind: 'graphqlErrors' } });
		const run = await importTwoPieces(simulator);
		expect(counts(run.summary)).toEqual(GOES_WELL);
		expectHonest(simulator, run);
	});
});

it.concurrent.each<[string, FaultAction]>([
	['400', { kind: 'status', status: 400 }],
	['404', { kind: 'status', status: 404 }],
	['GraphQL errors', { kind: 'graphqlErrors' }],
])(
	'%s on every look at the first job leaves its rows in doubt after five looks',
	async (_, then) => {
		await withTenant(async (simulator) => {
			let first = '';
			const add = simulator.faults.add.bind(simulator.faults);
			const running = importTwoPieces(simulator);
			while (simulator.state.jobs.size === 0)
				await new Promise((resolve) => setTimeout(resolve, 1));
			first = [...simulator.state.jobs.keys()][0];
			add({ match: { ...STEPS.poll, participantId: first }, times: 'always', then });
			const run = await running;
			expect(counts(run.summary)).toEqual({ succeeded: 2, unconfirmed: 2 });
			expect(run.jobs[0].message).toContain(`The result of import job '${first}' is not known`);
			expect(requestCount(simulator, 'GetImportJob')).toBe(5 + 1);
			expect(requestCount(simulator, 'CreateImportJob')).toBe(2);
			expectHonest(simulator, run);
		});
	},
);

it.concurrent.each<[string, Step, FaultAction]>(
	(['upload', 'validate', 'create'] as const).flatMap((step) => [
		[
			'400 with an RS code',
			step,
			{ kind: 'status', status: 400, body: { message: 'No.', statusCode: 400, rsCode: 'RS023' } },
		],
		['404', step, { kind: 'status', status: 404 }],
		['413', step, { kind: 'status', status: 413 }],
	]),
)('%s on one %s refuses its piece only', async (_, step, then) => {
	await withTenant(async (simulator) => {
		simulator.faults.add({ match: { ...STEPS[step], nth: 2 }, then });
		const run = await importTwoPieces(simulator);
		expect(counts(run.summary)).toEqual({ succeeded: 1, rejected: 3 });
		expect(requestCount(simulator, 'upload')).toBe(2);
		expect(requestCount(simulator, 'CreateImportJob')).toBe(step === 'create' ? 2 : 1);
		expect(simulator.state.jobs.size).toBe(1);
		expectHonest(simulator, run);
	});
});

it.concurrent('a validation that fails by GraphQL refuses its piece only', async () => {
	await withTenant(async (simulator) => {
		simulator.faults.add({ match: STEPS.validate, then: { kind: 'graphqlErrors' } });
		const run = await importTwoPieces(simulator);
		expect(counts(run.summary)).toEqual({ succeeded: 2, rejected: 2 });
		expect(requestCount(simulator, 'CreateImportJob')).toBe(1);
		expectHonest(simulator, run);
	});
});

describe('the creation of a job', () => {
	const LOST = 'It is not known whether the import job was created';

	/** Name, fault, whether the job was created all the same. */
	const ambiguous: Array<[string, FaultAction, boolean]> = [
		['a reset connection', { kind: 'resetBeforeReply' }, false],
		['a reset after the work', { kind: 'applyThenReset' }, true],
		['500', { kind: 'status', status: 500 }, false],
		['503 with a web page', { kind: 'status', status: 503, body: HTML }, false],
		['408', { kind: 'status', status: 408 }, false],
		['a hanging connection', { kind: 'hang' }, false],
		['a connection that hangs after the work', { kind: 'hang', apply: true }, true],
		['truncated JSON', { kind: 'truncatedJson' }, true],
		['an answer broken off', { kind: 'truncatedJson', dropConnection: true }, true],
		['an empty answer', { kind: 'emptyBody' }, true],
		['GraphQL errors', { kind: 'graphqlErrors' }, false],
		['GraphQL errors after the work', { kind: 'graphqlErrors', apply: true }, true],
	];

	it.concurrent.each(ambiguous)(
		'is not repeated after %s, but looked up',
		async (_, then, isCreated) => {
			await withTenant(async (simulator) => {
				simulator.faults.add({ match: STEPS.create, then });
				const run = await importTwoPieces(simulator, timesFor(then));
				// One for each piece.
				expect(requestCount(simulator, 'CreateImportJob')).toBe(2);
				expect(requestCount(simulator, 'ListImportJobs')).toBe(isCreated ? 1 : 2);
				expectHonest(simulator, run);
				if (isCreated) {
					expect(counts(run.summary)).toEqual(GOES_WELL);
					expect(run.jobs[0].id).toBe([...simulator.state.jobs.keys()][0]);
					return;
				}
				expect(counts(run.summary)).toEqual({ succeeded: 2, unconfirmed: 2 });
				expect(run.jobs[0]).toMatchObject({ id: null, outcome: 'unconfirmed' });
				expect(run.jobs[0].message).toContain(LOST);
				expect(run.jobs[0].hint).toContain(`Look for a job named '${run.jobs[0].name}'`);
				expect(run.hints[0].message).toContain('it is not known what became of 2 rows');
			});
		},
	);

	it.concurrent('is looked up again when the job does not show at once', async () => {
		await withTenant(async (simulator) => {
			simulator.faults.add({ match: STEPS.create, then: { kind: 'applyThenReset' } });
			simulator.faults.add({
				match: { operationName: 'ListImportJobs' },
				then: {
					kind: 'status',
					status: 200,
					body: { data: { jobs: { totalCount: 0, data: [] } } },
				},
			});
			const run = await importTwoPieces(simulator);
			expect(counts(run.summary)).toEqual(GOES_WELL);
			expectHonest(simulator, run);
		});
	});

	it.concurrent("is unknown when it can't be looked up", async () => {
		await withTenant(async (simulator) => {
			simulator.faults.add({ match: STEPS.create, then: { kind: 'applyThenReset' } });
			simulator.faults.add({
				match: { operationName: 'ListImportJobs' },
				times: 'always',
				then: { kind: 'status', status: 400 },
			});
			const run = await importTwoPieces(simulator);
			expect(counts(run.summary)).toEqual({ succeeded: 2, unconfirmed: 2 });
			expect(run.jobs[0].message).toContain(LOST);
			expectHonest(simulator, run);
		});
	});

	it.concurrent.each(PASSING.filter(([name]) => name.startsWith('429')))(
		'is repeated after %s, which did nothing',
		async (_, then) => {
			await withTenant(async (simulator) => {
				simulator.faults.add({ match: STEPS.create, then });
				const run = await importTwoPieces(simulator, timesFor(then));
				expect(counts(run.summary)).toEqual(GOES_WELL);
				expect(requestCount(simulator, 'CreateImportJob')).toBe(3);
				expect(requestCount(simulator, 'ListImportJobs')).toBe(0);
				expectHonest(simulator, run);
			});
		},
	);

	it.concurrent.each<[string, FaultAction]>([
		['400', { kind: 'status', status: 400, body: { message: 'No job.', statusCode: 400 } }],
		[
			'a GraphQL error with a status',
			{ kind: 'graphqlErrors', apiError: { message: 'No job.', statusCode: 400 } },
		],
	])('is refused for its piece by %s', async (_, then) => {
		await withTenant(async (simulator) => {
			simulator.faults.add({ match: STEPS.create, then });
			const run = await importTwoPieces(simulator);
			expect(counts(run.summary)).toEqual({ succeeded: 2, rejected: 2 });
			expect(requestCount(simulator, 'CreateImportJob')).toBe(2);
			expect(requestCount(simulator, 'ListImportJobs')).toBe(0);
			expectHonest(simulator, run);
		});
	});
});

describe('what ends a run', () => {
	const ENDS: Array<[string, FaultAction]> = [
		['401', { kind: 'status', status: 401 }],
		['403', { kind: 'status', status: 403 }],
		['429 for an hour', tooMany(3600)],
	];

	const beforeJob = (['upload', 'validate', 'create'] as const).flatMap((step) =>
		ENDS.map(([name, action]) => [name, step, action] as const),
	);

	it.concurrent.each(beforeJob)(
		'%s on the second %s: the first piece is reported, the rest can be sent later',
		async (_, step, then) => {
			await withTenant(async (simulator) => {
				simulator.faults.add({ match: { ...STEPS[step], nth: 2 }, then });
				const run = await importTwoPieces(simulator);
				expect(counts(run.summary)).toEqual({ succeeded: 1, rejected: 1, notSent: 2 });
				expect(run.summary).toMatchObject({ complete: false, firstRowNotSent: 4 });
				expect(run.summary.stopReason).toEqual(expect.any(String));
				expectHonest(simulator, run);
				const rest = await importTwoPieces(simulator, {
					startAtRow: run.summary.firstRowNotSent,
				});
				expect(counts(rest.summary)).toEqual({ succeeded: 2 });
				expectHonest(simulator, rest);
			});
		},
	);

	const afterJob = (['poll', 'download'] as const).flatMap((step: Step) =>
		ENDS.map(([name, action]) => [name, step, action] as const),
	);

	it.concurrent.each(afterJob)('%s on every %s: the rows are in doubt', async (_, step, then) => {
		await withTenant(async (simulator) => {
			simulator.faults.add({ match: STEPS[step], times: 'always', then });
			const run = await importTwoPieces(simulator);
			expect(counts(run.summary)).toEqual(
				step === 'poll' ? { unconfirmed: 4 } : { succeeded: 2, unconfirmed: 2 },
			);
			expect(run.jobs[0].message).toMatch(/^The result of import job '\w+' is not known: /);
			expect(run.summary.firstRowNotSent).toBeUndefined();
			expectHonest(simulator, run);
		});
	});

	it.concurrent('stopping it between two pieces', async () => {
		await withTenant(async (simulator) => {
			simulator.faults.add({ match: { ...STEPS.upload, nth: 2 }, then: { kind: 'hang' } });
			const run = await runImport(simulator, CSV, {
				...asJob({ rowsPerJob: 2 }),
				cancelAfter: (cancel) => {
					const watch = setInterval(() => {
						if (requestCount(simulator, 'upload') < 2) return;
						clearInterval(watch);
						cancel();
					}, 5);
				},
			});
			expect(run.status).toBe('canceled');
			expect(requestCount(simulator, 'CreateImportJob')).toBe(1);
			const sent = simulator.requests.length;
			await new Promise((resolve) => setTimeout(resolve, 500));
			expect(simulator.requests).toHaveLength(sent);
			expect([...simulator.state.writeCounts.keys()]).toEqual(['p2\u0000p2']);
		});
	});
});
