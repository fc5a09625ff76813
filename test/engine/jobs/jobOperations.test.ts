/** Get Import Job and Get Many Import Jobs. */
import type { INodeParameters } from 'n8n-workflow';
import { assertRequestsValid, describeWithReference } from '../../contract/reference';
import { nodeRunner, pairs, shown, useSimulator } from '../../support/advocate';
import { asJob, importOrFail, listOf, requestCount } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const operation = (name: string, parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'bulk',
	operation: name,
	...parameters,
});

/** Jobs with nothing in them, the first one pending, newest last. */
function addJobs(count: number): string[] {
	const { jobs } = simulator();
	const { fileRef } = jobs.upload('file.csv', Buffer.from('accountId,id\na,a\nb,b\n'));
	return Array.from({ length: count }, (_, index) => {
		simulator().options.jobPendingMs = index === 0 ? 3_600_000 : 0;
		simulator().options.jobPendingPolls = 0;
		simulator().options.jobAbortAfter = index === 1 ? 1 : null;
		const job = jobs.create({ type: 'MUTATION/USER', fileRef, name: `job ${index}` });
		// Their time limit is kept in the switches, not in the jobs.
		if (index > 0) jobs.poll(job.id);
		return job.id;
	});
}

describe('Get Import Job', () => {
	it('returns the job that an import started', async () => {
		simulator().state.addSegment({ key: 'vip' });
		simulator().options.jobPendingPolls = 0;
		simulator().options.participantRejects = { p1: { message: 'No.' } };
		const { jobs } = await importOrFail(
			simulator(),
			listOf(2),
			asJob({ waitForCompletion: false }),
		);
		const { main } = await run(operation('getImportJob', { jobId: '={{ $json.id }}' }), {
			input: [{ id: jobs[0].id }],
		});
		expect(main.map(({ json }) => json)).toEqual([
			{
				id: jobs[0].id,
				name: jobs[0].name,
				type: 'MUTATION/USER',
				status: 'COMPLETED',
				recordsProcessed: 2,
				errors: 1,
				requester: 'API',
				dateCreated: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
				dateCompleted: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
				dateExpires: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
				downloadUrl: expect.stringContaining('/results') as unknown,
				downloadErrorUrl: expect.stringContaining('/errors') as unknown,
			},
		]);
	});

	it('says that a job does not exist', async () => {
		const { error } = await run(operation('getImportJob', { jobId: 'nothing' }));
		expect(shown(error)).toMatchObject({
			message: "Import job 'nothing' does not exist [item 0]",
			description: 'Check the ID. Jobs and their files are kept for 30 days',
			httpCode: '404',
		});
	});

	it('asks for an ID', async () => {
		const { error } = await run(operation('getImportJob', { jobId: ' ' }));
		expect(shown(error).message).toBe("'Job ID' is empty [item 0]");
		expect(simulator().requests).toHaveLength(0);
	});
});

describe('Get Many Import Jobs', () => {
	it('returns as many as asked for, newest first, in pages of 50', async () => {
		const ids = addJobs(120);
		const { main } = await run(operation('getImportJobs', { returnAll: false, limit: 70 }));
		expect(main.map(({ json }) => json.id)).toEqual([...ids].reverse().slice(0, 70));
		expect(requestCount(simulator(), 'ListImportJobs')).toBe(2);
		const all = await run(operation('getImportJobs', { returnAll: true }));
		expect(all.main).toHaveLength(120);
	});

	it.each(['PENDING', 'ABORTED', 'COMPLETED'])('filters by the status %s', async (jobStatus) => {
		addJobs(4);
		simulator().options.jobPendingMs = 3_600_000;
		const { main } = await run(operation('getImportJobs', { returnAll: true, jobStatus }));
		expect(main.map(({ json }) => json.status)).toEqual(
			Array(jobStatus === 'COMPLETED' ? 2 : 1).fill(jobStatus),
		);
	});

	it('returns nothing when there are none, for each item', async () => {
		const { main, status } = await run(operation('getImportJobs', { returnAll: true }), {
			input: [{}, {}],
		});
		expect([main, status]).toEqual([[], 'success']);
		addJobs(1);
		const two = await run(operation('getImportJobs', { returnAll: true }), { input: [{}, {}] });
		expect(pairs(two.main)).toEqual([0, 1]);
	});
});

describeWithReference('the published schemas', () => {
	it('know what is sent', async () => {
		const [id] = addJobs(2);
		await run(operation('getImportJob', { jobId: id }));
		await run(operation('getImportJobs', { returnAll: true, jobStatus: 'PENDING' }));
		expect(simulator().requests).toHaveLength(2);
		assertRequestsValid(simulator().requests);
	});
});
