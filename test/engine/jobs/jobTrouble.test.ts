/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** An import job that does not end well, or whose result can't be had: whose rows are in doubt, and whose are refused. */
import { SOME_SEGMENTS, useSimulator } from '../../support/advocate';
import { useQuickTime } from '../../support/quickTime';
import {
	asJob,
	counts,
	expectAccounted,
	importOrFail,
	listOf,
	memberships,
	once,
	requestCount,
	runImport,
	statuses,
} from './helpers';

useQuickTime();

const simulator = useSimulator(SOME_SEGMENTS);

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
	simulator().options.jobPendingPolls = 0;
});

const refuse = (...ids: string[]) => {
	simulator().options.participantRejects = Object.fromEntries(
		ids.map((id) => [id, { message: `No, ${id}.`, statusCode: 400, apiErrorCode: 'BAD_REQUEST' }]),
	);
};

describe('a job that does not end well', () => {
	it('is left to itself when Max Job Time has passed', async () => {
		simulator().options.jobPendingMs = 3_600_000;
		const clock = jest.spyOn(Date, 'now');
		const start = performance.now();
		const startDate = Date.now();
		let skipped = 0;
		clock.mockImplementation(() => startDate + performance.now() - start + skipped);
		try {
			const csv = listOf(2);
			const running = importOrFail(simulator(), csv, asJob({ maxJobTime: 1 }));
			await once(simulator(), 'GetImportJob');
			skipped = 60_000;
			const run = await running;
			expect(run.jobs[0]).toMatchObject({
				status: 'PENDING',
				outcome: 'unconfirmed',
				message: expect.stringContaining('It has not ended within 1 minutes') as unknown,
				hint: expect.stringContaining("raise 'Max Job Time' in the option 'Import Job'") as unknown,
			});
			expect(counts(run.summary)).toEqual({ unconfirmed: 2 });
			expect(run.summary.complete).toBe(false);
			expect(run.hints[0].message).toContain(
				'it is not known what became of 2 rows in import jobs; rejects file attached',
			);
			expectAccounted(run, csv);
		} finally {
			clock.mockRestore();
		}
	});

	it('is left to itself when the execution is stopped, long before it ends', async () => {
		simulator().options.jobPendingMs = 3_600_000;
		let cancel = () => {};
		const running = runImport(simulator(), listOf(2), {
			...asJob(),
			cancelAfter: (stop) => (cancel = stop),
		});
		await once(simulator(), 'GetImportJob');
		cancel();
		const run = await running;
		expect(run.status).toBe('canceled');
		const before = simulator().requests.length;
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(simulator().requests.length).toBe(before);
		expect(requestCount(simulator(), 'CreateImportJob')).toBe(1);
	});

	it.each([0, 1])('is in doubt when the API aborts it after %i rows', async (processed) => {
		simulator().options.jobAbortAfter = processed;
		const csv = listOf(3);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(run.jobs[0]).toMatchObject({ status: 'ABORTED', outcome: 'unconfirmed' });
		expect(run.jobs[0].message).toBe(
			`The API aborted import job '${run.jobs[0].id}' after ${processed} of 3 rows by its own count, and does not say which rows were imported`,
		);
		expect(run.jobs[0].hint).toContain("set 'Engine' in the option 'Import Job' to Row by Row");
		// Neither refused nor known to be imported: what it did is on the server only.
		expect(Object.keys(memberships(simulator()))).toHaveLength(processed);
		expect(counts(run.summary)).toEqual({ unconfirmed: 3 });
		expect(run.summary.complete).toBe(false);
		expect(run.hints[0].message).toContain('it is not known what became of 3 rows');
		expectAccounted(run, csv);

		const again = await importOrFail(simulator(), run.rejectsFile ?? '');
		expect(counts(again.summary)).toEqual({ succeeded: 3 });
		expect(Object.values(memberships(simulator()))).toEqual(Array(3).fill(['vip']));
		expect(requestCount(simulator(), 'CreateImportJob')).toBe(1);
	});

	it('leaves the rows of the other jobs alone when the API aborts it', async () => {
		simulator().options.jobPendingMs = 300;
		const csv = listOf(6);
		const running = importOrFail(simulator(), csv, asJob({ rowsPerJob: 2 }));
		const { jobs } = simulator().state;
		while (jobs.size < 3) await new Promise((resolve) => setTimeout(resolve, 2));
		[...jobs.values()][1].abortAfter = 1;
		const run = await running;
		expect(run.jobs.map(({ status }) => status)).toEqual(['COMPLETED', 'ABORTED', 'COMPLETED']);
		expect(counts(run.summary)).toEqual({ succeeded: 4, unconfirmed: 2 });
		expect(run.rejects?.slice(1).map(([rowNumber]) => rowNumber)).toEqual(['4', '5']);
		expectAccounted(run, csv);
	});

	it('is in doubt when it has vanished', async () => {
		simulator().options.jobPendingMs = 3_600_000;
		const csv = listOf(2);
		const running = importOrFail(simulator(), csv, asJob());
		await once(simulator(), 'CreateImportJob');
		await once(simulator(), 'GetImportJob');
		simulator().state.jobs.clear();
		const run = await running;
		expect(run.jobs[0].message).toMatch(/^Import job '.*' no longer exists$/);
		expect(counts(run.summary)).toEqual({ unconfirmed: 2 });
		expectAccounted(run, csv);
	});
});

describe('the file with the refused rows', () => {
	beforeEach(() => {
		refuse('p1');
	});

	it('is fetched with the credential where the link needs it', async () => {
		simulator().options.privateLinks = 'needCredential';
		const run = await importOrFail(simulator(), listOf(2), asJob());
		expect(counts(run.summary)).toEqual({ succeeded: 1, rejected: 1 });
	});

	it('is fetched by a new link when the first one has expired', async () => {
		simulator().faults.add({
			match: { path: '/downloads/' },
			then: { kind: 'status', status: 403, body: { message: 'Expired.', statusCode: 403 } },
		});
		const run = await importOrFail(simulator(), listOf(2), asJob());
		expect(counts(run.summary)).toEqual({ succeeded: 1, rejected: 1 });
		expect(requestCount(simulator(), 'GetImportJob')).toBe(2);
	});

	it('that no link gives leaves the rows of this job in doubt, and no other', async () => {
		simulator().options.linkTtlMs = -1;
		const csv = listOf(4);
		const run = await importOrFail(simulator(), csv, asJob({ rowsPerJob: 2 }));
		expect(counts(run.summary)).toEqual({ succeeded: 2, unconfirmed: 2 });
		expect(run.jobs[0].message).toMatch(
			/^The result of import job '.*' is not known: 1 rows were refused, but it is not known which ones: This link is expired/,
		);
		expectAccounted(run, csv);
	});

	it.each([
		['is no such file', '<html>Sorry</html>'],
		['has other columns', 'row;text\n1;x\n'],
	])('that %s leaves the rows in doubt', async (_, body) => {
		simulator().faults.add({
			match: { path: '/downloads/' },
			times: 'always',
			then: { kind: 'status', status: 200, body },
		});
		const csv = listOf(2);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(counts(run.summary)).toEqual({ unconfirmed: 2 });
		expect(run.jobs[0].message).toContain("can't be read");
		expectAccounted(run, csv);
	});

	it('that names fewer rows than were refused leaves the others in doubt', async () => {
		refuse('p1', 'p3');
		simulator().faults.add({
			match: { path: '/downloads/' },
			times: 'always',
			then: {
				kind: 'status',
				status: 200,
				body: 'recordNumber,message,apiErrorCode,statusCode\n1,No.,BAD_REQUEST,400\n',
			},
		});
		const csv = listOf(3);
		const run = await importOrFail(simulator(), csv, asJob());
		// Which one it names is not clear either: it may count from 0 or 1.
		expect(statuses(run)).toEqual({ 2: 'unconfirmed', 3: 'unconfirmed', 4: 'unconfirmed' });
		expect(run.jobs[0].message).toContain('refused 2 rows, but its errors file names only 1');
		expectAccounted(run, csv);
	});
});

describe('an upload that is refused', () => {
	it('for lack of rights ends the run, and says how to do without', async () => {
		simulator().options.scopedToken403 = 'upload';
		const stopped = await runImport(simulator(), listOf(4), asJob({ rowsPerJob: 2 }));
		expect(stopped.error?.message).toContain('This endpoint is disabled for this token.');
		expect(stopped.error?.description).toContain(
			"set 'Engine' in the option 'Import Job' to Row by Row",
		);
		expect(requestCount(simulator(), 'upload')).toBe(1);

		const csv = listOf(4);
		const run = await runImport(simulator(), csv, {
			...asJob({ rowsPerJob: 2 }),
			onError: 'continueRegularOutput',
		});
		expect(run.summary).toMatchObject({
			complete: false,
			notSent: 4,
			firstRowNotSent: 2,
			stopReason: 'This endpoint is disabled for this token.',
		});
		expectAccounted(run, csv);
	});

	it('for its size says what to lower', async () => {
		simulator().options.uploadLimitBytes = 15;
		const csv = listOf(1);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(run.jobs[0]).toMatchObject({
			outcome: 'rejected',
			message: 'The body of the request is too large.',
			hint: "The file was too large. Lower 'Rows per Job' in the option 'Import Job'",
		});
		expectAccounted(run, csv);
	});
});

it('reports the objections of the validation and creates no job', async () => {
	simulator().faults.add({
		match: { operationName: 'ValidateImportJob' },
		times: 'always',
		then: {
			kind: 'status',
			status: 200,
			body: { data: { validateJobCreation: { errors: ['Bad column.', 'Bad day.'] } } },
		},
	});
	const csv = listOf(2);
	const run = await importOrFail(simulator(), csv, asJob());
	expect(run.jobs[0].message).toBe('The API refused the import job: Bad column.; Bad day.');
	expect(counts(run.summary)).toEqual({ rejected: 2 });
	expect(requestCount(simulator(), 'CreateImportJob')).toBe(0);
	expectAccounted(run, csv);
});
