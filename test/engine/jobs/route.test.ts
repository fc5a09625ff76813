/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** The import job from end to end: what is uploaded, which job is started, and how its result is reported. */
import { assertRequestsValid, describeWithReference } from '../../contract/reference';
import type { FaultAction, FaultMatch } from '../../simulator/faults';
import {
	apartFromSegments,
	SOME_SEGMENTS,
	bodies,
	sent,
	useSimulator,
} from '../../support/advocate';
import {
	asJob,
	counts,
	expectAccounted,
	importOrFail,
	listOf,
	memberships,
	once,
	readTable,
	requestCount,
	runImport,
	statuses,
	uploads,
} from './helpers';

const simulator = useSimulator(SOME_SEGMENTS);

beforeEach(() => {
	simulator().state.addSegment({ key: 'vip' });
	simulator().options.jobPendingPolls = 0;
});

interface JobVariables {
	variables: { jobInput: { params: { segments: string[]; importEvaluationOptions: unknown } } };
}

const jobInputs = (operation = 'CreateImportJob') =>
	bodies<JobVariables>(simulator(), operation).map(({ variables }) => variables.jobInput);

const refuse = (...ids: string[]) => {
	simulator().options.participantRejects = Object.fromEntries(
		ids.map((id) => [id, { message: `No, ${id}.`, statusCode: 400, apiErrorCode: 'BAD_REQUEST' }]),
	);
};

describe('the way of a file', () => {
	it('is upload, validation, creation and polling, each once', async () => {
		const csv = listOf(3);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(sent(simulator())).toEqual([
			'POST /export/upload',
			'ValidateImportJob',
			'CreateImportJob',
			'GetImportJob',
		]);
		expect(uploads(simulator())).toEqual(['accountId,id\r\np1,p1\r\np2,p2\r\np3,p3\r\n']);
		expect(run.summary).toMatchObject({
			complete: true,
			engine: 'job',
			engineReason: 'chosen',
			rowsRead: 3,
			succeeded: 3,
			notes: [],
		});
		expect(run.jobs).toEqual([
			expect.objectContaining({
				id: expect.any(String) as unknown,
				name: expect.stringMatching(/^n8n import of text \S{16} \S+ rows 2-4 \(last\)$/) as unknown,
				status: 'COMPLETED',
				outcome: 'completed',
				rows: 3,
				firstRecord: 2,
				lastRow: 4,
			}),
		]);
		expect(memberships(simulator())).toEqual({ p1: ['vip'], p2: ['vip'], p3: ['vip'] });
		expectAccounted(run, csv);
		expect(run.hints).toEqual([]);
	});

	it('uploads a form with one CSV file', async () => {
		await importOrFail(simulator(), listOf(1), asJob());
		const upload = apartFromSegments(simulator()).find(({ path }) =>
			path.endsWith('/export/upload'),
		);
		expect(upload?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
		expect(upload?.body).toEqual({
			parts: [{ name: 'file', fileName: 'participants.csv', contentType: 'text/csv', size: 21 }],
		});
	});

	it('asks for the same job in validation and creation', async () => {
		await importOrFail(simulator(), listOf(1), { ...asJob(), segments: ['vip', 'new one'] }).catch(
			() => undefined,
		);
		expect(jobInputs()).toEqual([]);
		simulator().state.addSegment({ key: 'new one' });
		await importOrFail(simulator(), listOf(1), { ...asJob(), segments: ['vip', 'new one'] });
		const [{ params, ...rest }] = jobInputs();
		expect(params).toEqual({
			segments: ['vip', 'new one'],
			importEvaluationOptions: { webhooks: true, programs: true, analytics: true },
		});
		expect(rest).toMatchObject({
			type: 'MUTATION/USER',
			outputFormat: 'CSV',
			fileRef: expect.stringMatching(/^imports\/.*\.csv$/) as unknown,
		});
		expect(jobInputs('ValidateImportJob')).toEqual([{ params, ...rest }]);
	});

	it.each([['webhooks'], ['programs'], ['analytics']])('can leave out %s', async (left) => {
		const all = ['webhooks', 'programs', 'analytics'];
		const jobEvaluation = all.filter((name) => name !== left);
		await importOrFail(simulator(), listOf(1), asJob({ jobEvaluation, waitForCompletion: false }));
		expect(jobInputs()[0].params.importEvaluationOptions).toEqual(
			Object.fromEntries(all.map((name) => [name, name !== left])),
		);
	});

	it('can leave out everything a job sets off', async () => {
		await importOrFail(
			simulator(),
			listOf(1),
			asJob({ jobEvaluation: [], waitForCompletion: false }),
		);
		expect(jobInputs()[0].params.importEvaluationOptions).toEqual({
			webhooks: false,
			programs: false,
			analytics: false,
		});
	});

	it('names known columns as the API does, and sends them only when asked', async () => {
		const csv =
			'Participant ID,AccountId,First Name,email,customFields.tier,Shoe size,dateCreated,referable,referredBy.code\n' +
			'a,A,"Ann, ""A""",ann@example.com,007,39,2024-05-31,yes,CODE1\n';
		const columns = { idColumn: 'Participant ID' };
		await importOrFail(simulator(), csv, asJob({ ...columns, waitForCompletion: false }));
		await importOrFail(
			simulator(),
			csv,
			asJob({ ...columns, updateDetails: true, duplicates: 'last', waitForCompletion: false }),
		);
		const [bare, detailed] = uploads(simulator()).map(readTable);
		expect(bare).toEqual([
			['accountId', 'id'],
			['A', 'a'],
		]);
		const [header, cells] = detailed;
		const row = Object.fromEntries(header.map((name, index) => [name, cells[index]]));
		expect(row).toMatchObject({
			accountId: 'A',
			id: 'a',
			email: 'ann@example.com',
			'customFields.tier': '007',
			dateCreated: '1717113600000',
			referable: 'true',
			'referredBy.code': 'CODE1',
		});
		expect(Object.keys(row)).not.toContain('Shoe size');
		expect(
			simulator().jobs.validate({
				type: 'MUTATION/USER',
				fileRef: [...simulator().state.uploads.keys()][1],
			}),
		).toEqual([]);
	});

	it('never uploads rows that are invalid', async () => {
		const csv = 'id,segments\na,\n,\nb,\nc,~*|\n'.replace('c,~*|', 'c,');
		const run = await importOrFail(simulator(), csv, asJob());
		expect(uploads(simulator())).toEqual(['accountId,id\r\na,a\r\nb,b\r\nc,c\r\n']);
		expect(statuses(run)).toEqual({ 2: 'succeeded', 3: 'invalid', 4: 'succeeded', 5: 'succeeded' });
		expectAccounted(run, csv);
	});

	it('reports a file without a usable row instead of refusing it', async () => {
		const csv = 'id,name\n,x\n,y\n';
		const run = await importOrFail(simulator(), csv, asJob());
		expect(counts(run.summary)).toEqual({ invalid: 2 });
		expect(requestCount(simulator(), 'upload')).toBe(0);
		expectAccounted(run, csv);
	});
});

describe('pieces', () => {
	it('splits by rows, starts a job for each, and reports failures of each with their rows', async () => {
		const csv =
			`id,note\n${Array.from({ length: 7 }, (_, i) => `p${i + 1},"n ${i + 1}"`).join('\n')}\n`.replace(
				'p3,',
				',',
			);
		refuse('p2', 'p4', 'p7');
		const run = await importOrFail(simulator(), csv, asJob({ rowsPerJob: 2 }));
		expect(
			uploads(simulator()).map((text) =>
				readTable(text)
					.slice(1)
					.map(([, id]) => id),
			),
		).toEqual([
			['p1', 'p2'],
			['p4', 'p5'],
			['p6', 'p7'],
		]);
		expect(run.jobs.map(({ firstRecord, lastRow, rows }) => [firstRecord, lastRow, rows])).toEqual([
			[2, 3, 2],
			[5, 6, 2],
			[7, 8, 2],
		]);
		expect(statuses(run)).toEqual({
			2: 'succeeded',
			3: 'rejected',
			4: 'invalid',
			5: 'rejected',
			6: 'succeeded',
			7: 'succeeded',
			8: 'rejected',
		});
		expect(new Set(run.jobs.map(({ name }) => name)).size).toBe(3);
		expectAccounted(run, csv);
		expect(run.rejects?.find(([rowNumber]) => rowNumber === '8')).toEqual([
			'8',
			'No, p7.',
			'BAD_REQUEST',
			'400',
			'p7',
			'n 7',
		]);
		expect(run.hints[0].message).toBe(
			'4 of 7 rows failed. The rejects file has them with the reasons',
		);
	});

	it('goes on with the other pieces when one is refused', async () => {
		simulator().faults.add({
			match: { operationName: 'ValidateImportJob', nth: 2 },
			then: { kind: 'status', status: 400, body: { message: 'Not this one.', statusCode: 400 } },
		});
		const csv = listOf(6);
		const run = await importOrFail(simulator(), csv, asJob({ rowsPerJob: 2 }));
		expect(run.jobs.map(({ outcome }) => outcome)).toEqual(['completed', 'rejected', 'completed']);
		expect(counts(run.summary)).toEqual({ succeeded: 4, rejected: 2 });
		expectAccounted(run, csv);
	});
});

describe.each([1, 2] as const)('an API that counts rows from %i', (base) => {
	beforeEach(() => {
		simulator().options.jobRecordNumberBase = base;
	});

	it('is understood when a number at the end tells', async () => {
		refuse(base === 1 ? 'p1' : 'p5');
		const run = await importOrFail(simulator(), listOf(5), asJob());
		expect(statuses(run)[base === 1 ? 2 : 6]).toBe('rejected');
		expect(requestCount(simulator(), 'download')).toBe(1);
		expectAccounted(run, listOf(5));
	});

	it('is understood by the results when the numbers do not tell', async () => {
		refuse('p3', 'p4');
		const csv = listOf(6);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(statuses(run)).toMatchObject({
			4: 'rejected',
			5: 'rejected',
			3: 'succeeded',
			6: 'succeeded',
		});
		expect(requestCount(simulator(), 'download')).toBe(2);
		expect(run.summary.notes).toEqual([]);
		expectAccounted(run, csv);
	});

	it('is asked about only once', async () => {
		refuse('p2', 'p6');
		const run = await importOrFail(simulator(), listOf(8), asJob({ rowsPerJob: 4 }));
		expect(statuses(run)).toMatchObject({ 3: 'rejected', 7: 'rejected' });
		expect(counts(run.summary)).toEqual({ succeeded: 6, rejected: 2 });
		expect(requestCount(simulator(), 'download')).toBe(3);
	});

	it('says so when nothing tells', async () => {
		refuse('p3');
		simulator().faults.add({
			match: { path: '/downloads/.*/results' },
			times: 'always',
			then: { kind: 'status', status: 404 },
		});
		const run = await importOrFail(simulator(), listOf(6), asJob());
		expect(counts(run.summary)).toEqual({ succeeded: 5, rejected: 1 });
		expect(run.summary.notes).toEqual([expect.stringContaining('may be off by one')]);
	});
});

describe('segments', () => {
	it('are created when asked', async () => {
		const run = await importOrFail(simulator(), listOf(1), {
			...asJob({ createMissingSegments: true }),
			segments: ['vip', 'fresh'],
		});
		expect(run.summary.segmentsCreated).toEqual(['fresh']);
		expect(memberships(simulator())).toEqual({ p1: ['fresh', 'vip'] });
		expect(sent(simulator()).indexOf('UpsertSegment')).toBeLessThan(
			sent(simulator()).indexOf('POST /export/upload'),
		);
	});

	it('that are missing are refused before the upload', async () => {
		const run = await runImport(simulator(), listOf(1), { ...asJob(), segments: ['nobody'] });
		expect(run.error?.message).toContain(
			"'Segment Names or IDs': There is no segment with the name or key 'nobody'",
		);
		expect(run.error?.description).toContain('Create Missing Segments');
		expect(requestCount(simulator(), 'upload')).toBe(0);
	});

	it('of the file are used when all rows name the same ones', async () => {
		simulator().state.addSegment({ key: 'beta' });
		await importOrFail(simulator(), 'id,segments\na,vip|beta\nb,beta|vip\n', {
			...asJob(),
			segments: [],
		});
		expect(memberships(simulator())).toEqual({ a: ['beta', 'vip'], b: ['beta', 'vip'] });
	});
});

describe('without waiting', () => {
	it('returns the job IDs and leaves the rows unconfirmed, without a complaint', async () => {
		const csv = listOf(4);
		const run = await importOrFail(
			simulator(),
			csv,
			asJob({ rowsPerJob: 2, waitForCompletion: false }),
		);
		expect(run.summary).toMatchObject({ complete: false, unconfirmed: 4, succeeded: 0 });
		expect(run.jobs.map(({ id }) => id)).toEqual([...simulator().state.jobs.keys()]);
		expect(run.rows[0]).toMatchObject({
			status: 'unconfirmed',
			message: `Handed over to import job ${run.jobs[0].id}`,
		});
		expect(requestCount(simulator(), 'GetImportJob')).toBe(0);
		expect(run.rejects).toBeUndefined();
		expect(run.hints).toEqual([]);
		expectAccounted(run, csv);
	});
});

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
				hint: expect.stringContaining("raise 'Max Job Time'") as unknown,
			});
			expect(counts(run.summary)).toEqual({ unconfirmed: 2 });
			expect(run.summary.complete).toBe(false);
			expect(run.hints[0].message).toContain(
				'it is not known what became of 2 rows in import jobs. The rejects file has them',
			);
			expectAccounted(run, csv);
		} finally {
			clock.mockRestore();
		}
	});

	it('is left to itself when the execution is stopped', async () => {
		simulator().options.jobPendingMs = 3_600_000;
		let cancel = () => {};
		const running = runImport(simulator(), listOf(2), {
			...asJob(),
			cancelAfter: (stop) => (cancel = stop),
		});
		await once(simulator(), 'GetImportJob');
		const stoppedAt = performance.now();
		cancel();
		const run = await running;
		expect(performance.now() - stoppedAt).toBeLessThan(1_000);
		expect(run.status).toBe('canceled');
		const before = apartFromSegments(simulator()).length;
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(apartFromSegments(simulator()).length).toBe(before);
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
		expect(run.jobs[0].hint).toContain("Set 'Engine' to Row by Row");
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
		expect(run.jobs[0].message).toMatch(/^Import job '.*' does not exist any more$/);
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
			/^The result of import job '.*' is not known: 1 rows were refused, but not which ones: This link is expired/,
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
		expect(statuses(run)).toEqual({ 2: 'rejected', 3: 'unconfirmed', 4: 'unconfirmed' });
		expect(run.jobs[0].message).toContain('refused 2 rows, but its errors file names only 1');
		expectAccounted(run, csv);
	});
});

describe('an upload that is refused', () => {
	it('for lack of rights ends the run, and says how to do without', async () => {
		simulator().options.scopedToken403 = 'upload';
		const stopped = await runImport(simulator(), listOf(4), asJob({ rowsPerJob: 2 }));
		expect(stopped.error?.message).toContain('This endpoint is disabled for this token.');
		expect(stopped.error?.description).toContain("set 'Engine' to Row by Row");
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
			hint: "The file was too large. Lower 'Rows per Job'",
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
		expect(auto.summary).toMatchObject({ engine: 'rows', engineReason: reason });
		simulator().clearRequests();
		const refused = await runImport(simulator(), csv, { ...settings, ...asJob() });
		expect(refused.error?.message).toContain(
			`This import can't go through an import job: ${reason}`,
		);
		expect(refused.error?.description).toContain("Set 'Engine' to Automatic or Row by Row");
		expect(apartFromSegments(simulator())).toHaveLength(0);
	});

	it('is rows for few rows', async () => {
		const { summary } = await importOrFail(simulator(), listOf(2));
		expect(summary).toMatchObject({ engine: 'rows', engineReason: 'at most 100000 rows' });
	});

	it('is a job above 100,000 rows', async () => {
		Object.assign(simulator().options, { record: 'summary' });
		const run = await importOrFail(simulator(), listOf(100_001), { output: 'summary' });
		expect(run.summary).toMatchObject({
			engine: 'job',
			engineReason: 'more than 100000 rows for the same segments',
			succeeded: 100_001,
		});
		expect(run.jobs.map(({ rows }) => rows)).toEqual([100_000, 1]);
	}, 40_000);
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

	it('sends row by row instead, all of them, and says why', async () => {
		simulator().options.scopedToken403 = 'upload';
		const run = await importOrFail(simulator(), MANY, {
			output: 'summary',
			options: { createMissingSegments: true, concurrency: 8 },
			segments: ['vip', 'fresh'],
		});
		expect(run.summary).toMatchObject({
			engine: 'rows',
			engineReason:
				"import jobs can't be used with this key or tenant (status 403: This endpoint is disabled for this token)",
			complete: true,
			rowsRead: 100_001,
			succeeded: 100_001,
			segmentsCreated: ['fresh'],
		});
		expect(run.summary.jobs).toBeUndefined();
		expect(simulator().state.membersOf('fresh').size).toBe(100_001);
		expect(requestCount(simulator(), 'upload')).toBe(1);
		expect(requestCount(simulator(), 'CreateImportJob')).toBe(0);
		expect([...simulator().state.writeCounts.values()].every((count) => count === 1)).toBe(true);
	}, 60_000);

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
			expect(run.summary).toMatchObject({ engine: 'rows', rowsRead: 100_001 });
			expect(run.summary.engineReason).toMatch(reason);
			const { succeeded, rejected, notSent } = counts(run.summary);
			expect(succeeded + rejected + notSent).toBe(100_001);
			expect(succeeded).toBeGreaterThan(0);
			expect(simulator().state.jobs.size).toBe(0);
			expect(requestCount(simulator(), 'upload')).toBe(1);
			expect(requestCount(simulator(), 'CreateImportJob')).toBeLessThanOrEqual(1);
			expect(run.rejects).toHaveLength(1 + rejected + notSent);
		},
		60_000,
	);

	it('stays with the job once one may have been created', async () => {
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
	}, 60_000);

	it('does not take a fault of one file for that', async () => {
		simulator().faults.add({ match: { path: '/export/upload' }, then: refusal(400, 'Odd.') });
		const run = await importOrFail(simulator(), MANY, { output: 'summary' });
		expect(run.summary).toMatchObject({ engine: 'job', succeeded: 1, rejected: 100_000 });
	}, 60_000);

	it('is not what Import Job does: that ends with the reason', async () => {
		simulator().faults.add({
			match: { operationName: 'CreateImportJob' },
			times: 'always',
			then: noField('createJob'),
		});
		const csv = listOf(3);
		const run = await importOrFail(simulator(), csv, asJob());
		expect(run.summary).toMatchObject({ engine: 'job', engineReason: 'chosen', rejected: 3 });
		expect(run.jobs[0].message).toContain("Cannot query field 'createJob'");
		expect(requestCount(simulator(), 'UpsertParticipants')).toBe(0);
		expectAccounted(run, csv);
	});
});

describeWithReference('the published schemas', () => {
	it('know everything that is sent', async () => {
		refuse('p3');
		await importOrFail(simulator(), listOf(6), {
			...asJob({ rowsPerJob: 5, createMissingSegments: true }),
			segments: ['vip', 'fresh'],
		});
		expect(requestCount(simulator(), 'CreateImportJob')).toBe(2);
		assertRequestsValid(apartFromSegments(simulator()));
	});
});
