/** The import jobs of the simulator: uploads, validation, progress, and the files with results. */
import { TestClient } from './testClient';
import { stopClock } from '../support/clock';
import { useSimulator } from '../support/simulator';
const simulator = useSimulator();
let client: TestClient;

beforeEach(() => {
	client = new TestClient(simulator());
});

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

afterEach(() => jest.restoreAllMocks());

describe('import jobs', () => {
	const CREATE = `mutation ($j: JobInput!) { createJob(jobInput: $j) { id type status requester } }`;
	const VALIDATE = `query ($j: JobInput!) { validateJobCreation(jobInput: $j) { errors } }`;
	const POLL = `query ($id: ID!) { job(id: $id) {
		status dateCompleted stats { recordsProcessed errors } downloadUrl downloadErrorUrl
		publicErrors: downloadErrorUrl(publicLink: true) downloadFileRefUrl
	} }`;
	const FILE =
		'id,accountId,email,customFields.plan\na,a,a@example.com,pro\n,b,,\nc,c,nobody,\nd,d,,\n';

	interface Polled {
		status: string;
		dateCompleted: number | null;
		stats: { recordsProcessed: number; errors: number };
		downloadUrl: string | null;
		downloadErrorUrl: string | null;
		publicErrors: string | null;
		downloadFileRefUrl: string;
	}

	async function inputFor(content: string, params: object = {}, fileName = 'my file.csv') {
		const { fileRef } = (await client.upload(fileName, content)).json as { fileRef: string };
		return { type: 'MUTATION/USER', fileRef, params };
	}

	const validate = async (jobInput: object) =>
		(
			(await client.graphql(VALIDATE, { j: jobInput })).json as {
				data: { validateJobCreation: { errors: string[] } };
			}
		).data.validateJobCreation.errors;

	const create = async (jobInput: object) =>
		(
			(await client.graphql(CREATE, { j: jobInput })).json as {
				data: { createJob: { id: string } };
			}
		).data.createJob.id;

	const poll = async (id: string) =>
		((await client.graphql(POLL, { id })).json as { data: { job: Polled } }).data.job;

	it('uploads, validates, runs and reports each bad record', async () => {
		const uploaded = (await client.upload('my.csv', FILE)).json as { fileRef: string };
		expect(uploaded.fileRef).toMatch(/^imports\/test_simulator\/my_[0-9a-f]{24}\.csv$/);
		const input = await inputFor(FILE, { segments: ['vip'] });
		expect(await validate(input)).toEqual([]);
		const id = await create(input);
		expect(await poll(id)).toMatchObject({ status: 'PENDING', downloadUrl: null });
		const job = await poll(id);
		expect(job).toMatchObject({ status: 'COMPLETED', stats: { recordsProcessed: 4, errors: 2 } });
		const errors = await client.download(String(job.downloadErrorUrl));
		expect(errors.text.split('\n')).toEqual([
			'recordNumber,message,apiErrorCode,statusCode',
			'2,This request requires a user id that is not empty.,BAD_REQUEST,400',
			'3,The email address is not valid.,BAD_REQUEST,400',
			'',
		]);
		const success = await client.download(String(job.downloadUrl));
		expect(success.text).toBe(
			'id,accountId,email,firstName,lastName\na,a,a@example.com,,\nd,d,,,\n',
		);
		expect((await client.download(job.downloadFileRefUrl)).text).toBe(FILE);
		expect(simulator().state.segmentsOf('a')).toEqual(['vip']);
		expect(simulator().state.participant('a', 'a')?.customFields).toEqual({ plan: 'pro' });
	});

	it('gives no errors file without errors, and can count the header', async () => {
		const id = await create(await inputFor('accountId,id\na,a\n'));
		await poll(id);
		expect(await poll(id)).toMatchObject({ status: 'COMPLETED', downloadErrorUrl: null });
		simulator().options.jobRecordNumberBase = 2;
		simulator().options.jobPendingPolls = 0;
		const { downloadErrorUrl } = await poll(await create(await inputFor('accountId,id\na,\n')));
		expect((await client.download(String(downloadErrorUrl))).text).toMatch(/\n2,/);
	});

	it('reads JSONL', async () => {
		simulator().options.jobPendingPolls = 0;
		const lines = [
			'{"id":"a","accountId":"a","customFields":{"x":1}}',
			'oops',
			'{"id":"b","accountId":"b","segments":["y"]}',
		];
		const job = await poll(await create(await inputFor(lines.join('\n'), {}, 'a.jsonl')));
		expect(job.stats).toEqual({ recordsProcessed: 3, errors: 2 });
		expect(simulator().state.participant('a', 'a')?.customFields).toEqual({ x: 1 });
	});

	it('makes progress from poll to poll, and waits its time', async () => {
		simulator().options.jobPendingPolls = 2;
		const rows = range(10).map((index) => `${index},${index}\n`);
		const id = await create(await inputFor(`id,accountId\n${rows.join('')}`));
		const done = [];
		for (let count = 0; count < 3; count++) done.push((await poll(id)).stats.recordsProcessed);
		expect(done).toEqual([0, 5, 10]);

		const clock = stopClock();
		Object.assign(simulator().options, { jobPendingPolls: 0, jobPendingMs: 100 });
		const timed = await create(await inputFor('id,accountId\nx,x\n'));
		expect((await poll(timed)).status).toBe('PENDING');
		clock.advance(100);
		expect((await poll(timed)).status).toBe('COMPLETED');
	});

	it('can abort midway', async () => {
		simulator().options.jobAbortAfter = 2;
		const id = await create(await inputFor('id,accountId\na,a\nb,b\nc,c\n'));
		await poll(id);
		const job = await poll(id);
		expect(job).toMatchObject({
			status: 'ABORTED',
			stats: { recordsProcessed: 2 },
			downloadUrl: null,
		});
		expect([...simulator().state.participants.values()].map((entry) => entry.id)).toEqual([
			'a',
			'b',
		]);
	});

	it.each([
		[
			'id,name\na,b\n',
			["The column 'accountId' is missing.", "The column 'name' is not supported."],
		],
		['Id,accountId\n', ["The column 'id' is missing.", "The column 'Id' is not supported."]],
		['id,accountId,id\n', ["The column 'id' is there more than once."]],
		['id,accountId,segments\n', ["The column 'segments' is not supported."]],
		['', ['The file is empty.']],
	])('finds what is wrong with the file %j, and aborts it', async (content, errors) => {
		const input = await inputFor(content);
		expect(await validate(input)).toEqual(errors);
		const id = await create(input);
		await poll(id);
		expect((await poll(id)).status).toBe('ABORTED');
	});

	it.each<[object, RegExp]>([
		[{ type: 'MUTATION/OTHER' }, /not supported/],
		[{ fileRef: 'imports/none.csv' }, /no file/],
		[{ fileRef: null }, /fileRef/],
		[{ params: { segments: 'vip' } }, /list of strings/],
		[{ params: { segment: ['vip'] } }, /parameter 'segment'/],
		[{ params: { importEvaluationOptions: { webhooks: {} } } }, /webhooks/],
		[{ params: { importEvaluationOptions: { mails: false } } }, /mails/],
	])('refuses the input %j', async (changes, message) => {
		const input = { ...(await inputFor('id,accountId\n')), ...changes };
		expect((await validate(input)).join()).toMatch(message);
		expect((await client.graphql(CREATE, { j: input })).json).toMatchObject({
			data: null,
			errors: [{ message: expect.stringMatching(message) }],
		});
		expect(simulator().state.jobs.size).toBe(0);
	});

	it.each([
		['accept', [], []],
		['ignore', [], ['old']],
		['reject', ["The segment operation '~old' is not supported here."], undefined],
	] as const)('%s: removal by an import', async (importJobRemoves, errors, after) => {
		Object.assign(simulator().options, { importJobRemoves, jobPendingPolls: 0 });
		simulator().state.addParticipant({ id: 'a', segments: ['old'] });
		const input = await inputFor('id,accountId\na,a\n', { segments: ['~old'] });
		expect(await validate(input)).toEqual(errors);
		if (after === undefined) return;
		await create(input);
		expect(simulator().state.segmentsOf('a')).toEqual(after);
	});

	it('can take or drop a segments column and unknown columns', async () => {
		const input = await inputFor('id,accountId,segments,color\na,a,x|y,red\n');
		Object.assign(simulator().options, { jobPendingPolls: 0, jobUnknownColumns: 'ignore' });
		simulator().options.jobSegmentsColumn = 'ignore';
		await create(input);
		expect(simulator().state.segmentsOf('a')).toEqual([]);
		simulator().options.jobSegmentsColumn = 'apply';
		await create(input);
		expect(simulator().state.segmentsOf('a')).toEqual(['x', 'y']);
	});

	it('records what an import sets off', async () => {
		const importEvaluationOptions = { webhooks: false, programs: { enabledProgramIds: ['p'] } };
		const id = await create(await inputFor('id,accountId\n', { importEvaluationOptions }));
		expect(simulator().state.jobs.get(id)?.evaluation).toEqual({
			webhooks: false,
			programs: { enabledProgramIds: ['p'] },
			analytics: true,
		});
	});

	it('gives links that end, and files that end with their job', async () => {
		const clock = stopClock();
		Object.assign(simulator().options, { jobPendingPolls: 0, linkTtlMs: 60 });
		const job = await poll(await create(await inputFor('id,accountId\na,a\n')));
		const link = String(job.downloadUrl);
		expect((await client.download(link)).status).toBe(200);
		expect((await client.download(link.replace('results', 'errors'))).status).toBe(403);
		expect((await client.download(link.replace('expires=', 'expires=9'))).status).toBe(403);
		clock.advance(60);
		expect((await client.download(link)).status).toBe(403);

		Object.assign(simulator().options, { jobTtlMs: 60, linkTtlMs: 60_000 });
		const id = await create(await inputFor('id,accountId\na,a\n'));
		expect((await poll(id)).downloadUrl).toEqual(expect.any(String));
		clock.advance(60);
		expect(await poll(id)).toMatchObject({ status: 'COMPLETED', downloadUrl: null });
	});

	it('can want the credential for links that are not public', async () => {
		Object.assign(simulator().options, { jobPendingPolls: 0, privateLinks: 'needCredential' });
		const job = await poll(await create(await inputFor('id,accountId\n,x\n')));
		const link = String(job.downloadErrorUrl);
		expect((await client.download(link)).status).toBe(401);
		const answer = await client.send('GET', link.replace(simulator().apiUrl, ''));
		expect(answer.status).toBe(303);
		expect((await client.download(String(answer.headers.get('location')))).status).toBe(200);
		expect((await client.download(String(job.publicErrors))).status).toBe(200);
	});

	it('lists and deletes jobs', async () => {
		const ids = [
			await create(await inputFor('id,accountId\n')),
			await create(await inputFor('id,accountId\n')),
		];
		const list = '{ jobs(limit: 1, filter: { status_eq: PENDING }) { totalCount data { id } } }';
		expect((await client.graphql(list)).json).toEqual({
			data: { jobs: { totalCount: 2, data: [{ id: ids[1] }] } },
		});
		const remove = 'mutation ($id: ID!) { deleteJob(id: $id) { deletedCount } }';
		expect((await client.graphql(remove, { id: ids[0] })).json).toEqual({
			data: { deleteJob: { deletedCount: 1 } },
		});
		expect((await client.graphql(POLL, { id: ids[0] })).json).toEqual({ data: { job: null } });
	});

	it('refuses uploads without a file, of another type, or too large', async () => {
		expect((await client.upload('a.csv', 'x', 'other')).status).toBe(400);
		expect((await client.upload('a.txt', 'x')).status).toBe(400);
		simulator().options.uploadLimitBytes = 3;
		expect((await client.upload('a.csv', 'four')).status).toBe(413);
		expect((await client.upload('a.csv', 'abc')).status).toBe(200);
		expect(simulator().state.uploads.size).toBe(1);
	});

	it('keeps the bytes of an upload as they are', async () => {
		const content = 'id,accountId\r\n"ä\r\n--x",\u0000\r\n\r\n';
		await client.upload('a.csv', content);
		const [upload] = simulator().state.uploads.values();
		expect(upload.content.toString('utf8')).toBe(content);
	});
});
