/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * A job that ends well by its own word: its figures, its files and a sample of its participants have to agree. What
 * they do not cover is unconfirmed, and nobody who is not in the segment is reported as imported.
 */
import { useSimulator } from '../../support/advocate';
import { useQuickTime } from '../../support/quickTime';
import {
	asJob,
	counts,
	expectAccounted,
	importOrFail,
	listOf,
	requestCount,
	runImport,
	statuses,
} from './helpers';
import type { ImportRun } from './helpers';

useQuickTime();

const simulator = useSimulator();

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
	simulator().options.jobPendingPolls = 0;
});

const refuse = (...ids: string[]) => {
	simulator().options.participantRejects = Object.fromEntries(
		ids.map((id) => [id, { message: `No, ${id}.`, statusCode: 400, apiErrorCode: 'BAD_REQUEST' }]),
	);
};

/** Who is reported as imported is in the segment, and nobody who is in it is reported as refused. */
function expectHonest(run: ImportRun, csv: string): void {
	expectAccounted(run, csv);
	for (const { id, status } of run.rows) {
		const isMember = simulator().state.segmentsOf(String(id))?.includes('vip') ?? false;
		if (status === 'succeeded') expect([id, isMember]).toEqual([id, true]);
		if (status === 'rejected') expect([id, isMember]).toEqual([id, false]);
	}
}

describe('a job that counts fewer rows than were handed over', () => {
	beforeEach(() => {
		Object.assign(simulator().options, { jobPassesOver: 2, jobCountsProcessed: 'done' });
	});

	it('rows that its results name are imported, the others are unconfirmed', async () => {
		refuse('p3');
		const csv = listOf(10);
		const run = await importOrFail(simulator(), csv, asJob());
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 7, rejected: 1, unconfirmed: 2 });
		expect(statuses(run)).toMatchObject({ 4: 'rejected', 10: 'unconfirmed', 11: 'unconfirmed' });
		expect(run.rows[9].message).toBe(
			'The import job counts 8 of 10 rows as processed, and does not name this one',
		);
		expect(run.summary.complete).toBe(false);
		expect(run.rejects).toHaveLength(1 + 3);
	});

	it('without a file of its results, all rows are unconfirmed', async () => {
		simulator().options.jobResultsFile = false;
		const csv = listOf(10);
		const run = await importOrFail(simulator(), csv, asJob());
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ unconfirmed: 10 });
		expect(run.rows[0].message).toBe(
			'The import job counts 8 of 10 rows as processed, and does not say which',
		);
	});
});

it('a job that counts only those that it imported is understood by its results', async () => {
	simulator().options.jobCountsProcessed = 'succeeded';
	refuse('p3', 'p5');
	const csv = listOf(10);
	const run = await importOrFail(simulator(), csv, asJob());
	expectHonest(run, csv);
	expect(counts(run.summary)).toEqual({ succeeded: 8, rejected: 2 });
	expect(run.jobs[0].outcome).toBe('completed');
	expect(run.jobs[0].message).toBeUndefined();
	expect(run.summary.complete).toBe(true);
});

describe('an errors file of a job that counts no errors', () => {
	beforeEach(() => {
		simulator().options.jobCountsErrors = false;
		refuse('p2', 'p4');
	});

	it('is read all the same', async () => {
		const csv = listOf(6);
		const run = await importOrFail(simulator(), csv, asJob());
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 4, rejected: 2 });
	});

	it("leaves the rows in doubt when it can't be read", async () => {
		simulator().faults.add({
			match: { path: '/downloads/.*/errors' },
			times: 'always',
			then: { kind: 'status', status: 403 },
		});
		const csv = listOf(6);
		const run = await importOrFail(simulator(), csv, asJob());
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ unconfirmed: 6 });
		expect(run.jobs[0].message).toContain('There are refused rows that it does not count');
	});

	it('is no matter when the link leads to nothing', async () => {
		simulator().options.participantRejects = {};
		simulator().faults.add({
			match: { path: '/downloads/.*/errors' },
			times: 'always',
			then: { kind: 'status', status: 404 },
		});
		const csv = listOf(6);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(counts(run.summary)).toEqual({ succeeded: 6 });
	});
});

describe('a sample of the participants', () => {
	/** The job counts all rows as processed and none as refused. */
	beforeEach(() => {
		simulator().options.jobPassesOver = 2;
	});

	it('finds rows that a job has left out without a word: its rows are unconfirmed', async () => {
		const csv = listOf(100);
		const run = await importOrFail(simulator(), csv, asJob());
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ unconfirmed: 100 });
		expect(run.rows[0].message).toBe(
			"The import job reports success, but 2 of 100 participants looked at afterwards are not in 'vip'",
		);
		expect(run.rows[0].hint).toContain('Row by Row');
		// The second look is at those two only, in case a job's work shows late.
		expect(requestCount(simulator(), 'LookUpParticipants')).toBe(2);

		const again = await importOrFail(simulator(), run.rejectsFile ?? '', {
			options: { engine: 'rows' },
		});
		expect(counts(again.summary)).toEqual({ succeeded: 100 });
	});

	it('is one request for each job, and leaves the other jobs alone', async () => {
		simulator().options.jobPassesOver = 0;
		simulator().options.participantRejects = {};
		const csv = listOf(250);
		const run = await importOrFail(simulator(), csv, asJob({ rowsPerJob: 100 }));
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ succeeded: 250 });
		expect(requestCount(simulator(), 'LookUpParticipants')).toBe(3);
	});

	it('is not taken without Verify Result', async () => {
		const csv = listOf(5);
		const run = await importOrFail(simulator(), csv, asJob({ verifyResult: false }));
		expect(counts(run.summary)).toEqual({ succeeded: 5 });
		expect(requestCount(simulator(), 'LookUpParticipants')).toBe(0);
	});

	it("that can't be taken leaves the rows in doubt", async () => {
		simulator().options.jobPassesOver = 0;
		simulator().faults.add({
			match: { operationName: 'LookUpParticipants' },
			times: 'always',
			then: { kind: 'status', status: 400 },
		});
		const csv = listOf(5);
		const run = await importOrFail(simulator(), csv, asJob());
		expectHonest(run, csv);
		expect(counts(run.summary)).toEqual({ unconfirmed: 5 });
		expect(run.rows[0].message).toContain('no participant could be looked at to check that');
	});
});

describe('an archived segment', () => {
	beforeEach(() => {
		simulator().state.addSegment({ key: 'old', status: 'ARCHIVED' });
		simulator().options.archivedSegmentAccepts = 'ignore';
	});

	it.each([false, true])(
		'is refused before anything is uploaded (missing ones are created: %s)',
		async (createMissingSegments) => {
			const settings = { ...asJob({ createMissingSegments }), segments: ['vip', 'old'] };
			const run = await runImport(simulator(), listOf(2), settings);
			expect(run.error?.message).toContain("The segment 'old' is archived");
			expect(run.error?.description).toContain('Restore it first');
			expect(requestCount(simulator(), 'upload')).toBe(0);
		},
	);

	it('that is archived while the job runs is found by the sample', async () => {
		simulator().state.addSegment({ key: 'old' });
		simulator().options.jobPendingMs = 500;
		const running = importOrFail(simulator(), listOf(4), { ...asJob(), segments: ['old'] });
		while (simulator().state.jobs.size === 0) {
			await new Promise((resolve) => setImmediate(resolve));
		}
		simulator().state.addSegment({ key: 'old', status: 'ARCHIVED' });
		const run = await running;
		expect(counts(run.summary)).toEqual({ unconfirmed: 4 });
		expect(run.rows[0].message).toContain(
			"4 of 4 participants looked at afterwards are not in 'old'",
		);
	});
});
