/** The import job from end to end: what is uploaded, which job is started, and how its result is reported. */
import { assertRequestsValid, describeWithReference } from '../../contract/reference';
import {
	apartFromSegments,
	bodies,
	sent,
	SOME_SEGMENTS,
	useSimulator,
} from '../../support/advocate';
import {
	asJob,
	counts,
	expectAccounted,
	importOrFail,
	listOf,
	memberships,
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
			'LookUpParticipants',
		]);
		expect(uploads(simulator())).toEqual(['accountId,id\r\np1,p1\r\np2,p2\r\np3,p3\r\n']);
		expect(run.summary).toMatchObject({
			complete: true,
			engine: 'job',
			engineReason: "Set as 'Engine' in the option 'Import Job'",
			rows: 3,
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
				firstRow: 2,
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
			asJob({ ...columns, duplicates: 'last', waitForCompletion: false }, 'all'),
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
		const csv = 'id,segments\na,\nd,,x\nb,\nc,\n';
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
		expect(run.jobs.map(({ firstRow, lastRow, rows }) => [firstRow, lastRow, rows])).toEqual([
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
			expect.any(String),
		]);
		expect(run.hints[0].message).toBe(
			'3 of 7 rows imported, 4 not: rows 3, 5, 8: No, …; row 4: the participant ID is blank; rejects file attached',
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

describe.each([0, 1, 2] as const)('an API that counts rows from %i', (base) => {
	beforeEach(() => {
		simulator().options.jobRecordNumberBase = base;
	});

	it('is understood when a number at the end tells', async () => {
		refuse(...(base === 1 ? ['p1', 'p5'] : [base === 0 ? 'p1' : 'p5']));
		const run = await importOrFail(simulator(), listOf(5), asJob());
		expect(statuses(run)[base === 2 ? 6 : 2]).toBe('rejected');
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
		// The second job's errors file can't be misread once the first one is understood.
		expect(requestCount(simulator(), 'download')).toBe(3);
	});

	it('says so when nothing tells', async () => {
		refuse('p3');
		simulator().faults.add({
			match: { path: '/downloads/.*/results' },
			times: 'always',
			then: { kind: 'status', status: 404 },
		});
		const csv = listOf(6);
		const run = await importOrFail(simulator(), csv, asJob());
		// Whichever way it counts, the refused row is one of them.
		expect(counts(run.summary)).toEqual({ succeeded: 3, unconfirmed: 3 });
		expect(statuses(run)[4]).toBe('unconfirmed');
		expect(run.rows[2].message).toContain('does not say how it counts rows: No, p3.');
		expect(run.summary.notes).toEqual([
			expect.stringContaining('The 3 rows that may be among the 1 refused ones are all in the'),
		]);
		expectAccounted(run, csv);
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
		expect(run.hints).toEqual([
			expect.objectContaining({
				type: 'info',
				message: '0 of 4 rows imported, 4 handed over to import jobs that have not ended yet',
			}),
		]);
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
