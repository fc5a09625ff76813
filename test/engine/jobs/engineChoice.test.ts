/** Whether an import goes through a job or row by row, and when Automatic changes its mind. */
import type { FaultAction, FaultMatch } from '../../simulator/faults';
import { apartFromSegments, SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import {
	asJob,
	counts,
	expectAccounted,
	importOrFail,
	listOf,
	requestCount,
	runImport,
} from './helpers';

const simulator = useSimulator(SOME_SEGMENTS);

/** Milliseconds for a test with so many rows on a busy machine: an upper bound of patience, and nothing that is asserted. */
const MANY_ROWS_MS = 600_000;

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
	simulator().options.jobPendingPolls = 0;
});

describe('the choice of the engine', () => {
	it.each([
		[
			'rows with different segments',
			'id,segments\na,vip\nb,beta\n',
			{ segments: [] },
			'a job can only add all rows to the same segments',
		],
		[
			'the action Remove',
			listOf(2),
			{ action: 'remove' as const },
			'a job can only add all rows to the same segments',
		],
		[
			'Set',
			listOf(2),
			{ action: 'set' as const },
			'a job can only add all rows to the same segments',
		],
		[
			'Skip missing',
			listOf(2),
			{ ifMissing: 'skip' as const },
			'a job always creates participants that do not exist',
		],
	])('is rows for %s, and a job is refused', async (_, csv, settings, reason) => {
		const auto = await importOrFail(simulator(), csv, { ...settings, dryRun: true });
		expect(auto.summary).toMatchObject({
			engine: 'rows',
			engineReason: `An import job can't do this: ${reason}`,
		});
		simulator().clearRequests();
		const refused = await runImport(simulator(), csv, { ...settings, ...asJob() });
		expect(refused.error?.message).toContain(
			`This import can't go through an import job: ${reason}`,
		);
		expect(refused.error?.description).toContain(
			"Set 'Engine' in the option 'Import Job' to Automatic or Row by Row",
		);
		expect(apartFromSegments(simulator())).toHaveLength(0);
	});

	it('is rows for few rows', async () => {
		const { summary } = await importOrFail(simulator(), listOf(2));
		expect(summary).toMatchObject({
			engine: 'rows',
			engineReason: 'The file has at most 100,000 rows',
		});
	});

	it(
		'is a job above 100,000 rows',
		async () => {
			Object.assign(simulator().options, { record: 'summary' });
			const run = await importOrFail(simulator(), listOf(100_001), { output: 'summary' });
			expect(run.summary).toMatchObject({
				engine: 'job',
				engineReason: 'The file has more than 100,000 rows for the same segments',
				succeeded: 100_001,
			});
			expect(run.jobs.map(({ rows }) => rows)).toEqual([100_000, 1]);
		},
		MANY_ROWS_MS,
	);
});

describe('Automatic, when the API does not offer jobs', () => {
	const MANY = listOf(100_001);
	const noField = (name: string): FaultAction => ({
		kind: 'graphqlErrors',
		errors: [{ message: `Cannot query field '${name}' on type 'Mutation'.` }],
		data: 'omit',
	});
	const refusal = (status: number, text: string): FaultAction => ({
		kind: 'status',
		status,
		body: { message: text, statusCode: status },
	});

	beforeEach(() => Object.assign(simulator().options, { record: 'summary' }));

	it(
		'sends row by row instead, all of them, and says why',
		async () => {
			simulator().options.scopedToken403 = 'upload';
			const run = await importOrFail(simulator(), MANY, {
				output: 'summary',
				options: { createMissingSegments: true, concurrency: 8 },
				segments: ['vip', 'fresh'],
			});
			expect(run.summary).toMatchObject({
				engine: 'rows',
				engineReason:
					"Import jobs can't be used with this key or tenant (status 403: This endpoint is disabled for this token)",
				complete: true,
				rows: 100_001,
				succeeded: 100_001,
				segmentsCreated: ['fresh'],
			});
			expect(run.summary.jobs).toBeUndefined();
			expect(simulator().state.membersOf('fresh').size).toBe(100_001);
			expect(requestCount(simulator(), 'upload')).toBe(1);
			expect(requestCount(simulator(), 'CreateImportJob')).toBe(0);
			expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
		},
		MANY_ROWS_MS,
	);

	it.each<[string, FaultMatch, FaultAction, RegExp]>([
		[
			'401 on the upload',
			{ path: '/export/upload' },
			refusal(401, 'No uploads.'),
			/401: No uploads/,
		],
		['404 on the upload', { path: '/export/upload' }, refusal(404, 'Nothing.'), /404: Nothing/],
		['405 on the upload', { path: '/export/upload' }, refusal(405, 'Not so.'), /405: Not so/],
		[
			'an unknown validation',
			{ operationName: 'ValidateImportJob' },
			noField('validateJobCreation'),
			/Cannot query field 'validateJobCreation'/,
		],
		[
			'a validation that is forbidden',
			{ operationName: 'ValidateImportJob' },
			refusal(403, 'No jobs.'),
			/403: No jobs/,
		],
		[
			'an unknown creation',
			{ operationName: 'CreateImportJob' },
			noField('createJob'),
			/Cannot query field 'createJob'/,
		],
		[
			'a creation that is forbidden',
			{ operationName: 'CreateImportJob' },
			refusal(403, 'No jobs.'),
			/403: No jobs/,
		],
	])(
		'goes that way after %s',
		async (_, match, then, reason) => {
			simulator().faults.add({ match, times: 'always', then });
			// The way is what is looked at here, so it ends soon.
			simulator().faults.add({
				match: { operationName: 'UpsertParticipants', nth: 3 },
				times: 'always',
				then: refusal(401, 'Enough.'),
			});
			const run = await importOrFail(simulator(), MANY, { output: 'summary' });
			expect(run.summary).toMatchObject({ engine: 'rows', rows: 100_001 });
			expect(run.summary.engineReason).toMatch(reason);
			const { succeeded, rejected, notSent } = counts(run.summary);
			expect(succeeded + rejected + notSent).toBe(100_001);
			expect(succeeded).toBeGreaterThan(0);
			expect(simulator().state.jobs.size).toBe(0);
			expect(requestCount(simulator(), 'upload')).toBe(1);
			expect(requestCount(simulator(), 'CreateImportJob')).toBeLessThanOrEqual(1);
			expect(run.rejects).toHaveLength(1 + rejected + notSent);
		},
		MANY_ROWS_MS,
	);

	it(
		'stays with the job once one may have been created',
		async () => {
			simulator().faults.add({
				match: { operationName: 'CreateImportJob' },
				then: { kind: 'applyThenReset' },
			});
			simulator().faults.add({
				match: { path: '/export/upload', nth: 2 },
				times: 'always',
				then: refusal(403, 'No more.'),
			});
			const run = await importOrFail(simulator(), MANY, { output: 'summary' });
			expect(run.summary).toMatchObject({
				engine: 'job',
				succeeded: 100_000,
				notSent: 1,
				stopReason: 'No more.',
			});
			expect(requestCount(simulator(), 'UpsertParticipants')).toBe(0);
		},
		MANY_ROWS_MS,
	);

	it(
		'does not take a fault of one file for that',
		async () => {
			simulator().faults.add({ match: { path: '/export/upload' }, then: refusal(400, 'Odd.') });
			const run = await importOrFail(simulator(), MANY, { output: 'summary' });
			expect(run.summary).toMatchObject({ engine: 'job', succeeded: 1, rejected: 100_000 });
		},
		MANY_ROWS_MS,
	);

	it('is not what Import Job does: that ends with the reason', async () => {
		simulator().faults.add({
			match: { operationName: 'CreateImportJob' },
			times: 'always',
			then: noField('createJob'),
		});
		const csv = listOf(3);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(run.summary).toMatchObject({
			engine: 'job',
			engineReason: "Set as 'Engine' in the option 'Import Job'",
			rejected: 3,
		});
		expect(run.jobs[0].message).toContain("Cannot query field 'createJob'");
		expect(requestCount(simulator(), 'UpsertParticipants')).toBe(0);
		expectAccounted(run, csv);
	});
});
