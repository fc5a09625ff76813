/** Look at import jobs: those started by Import CSV, and all others of the tenant. */
import type { IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import {
	getImportJob,
	JOB_PAGE_SIZE,
	JOB_STATUSES,
	listImportJobs,
} from '../../../shared/advocate/importJobs';
import type { ImportJob } from '../../../shared/advocate/importJobs';
import { readPages } from '../../../shared/advocate/paging';
import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, pagingFields, showFor, TRANSPORT_OPTIONS } from '../fields';
import { perItem } from '../operation';
import { isoDate } from '../../../shared/advocate/client/values';
import { readChoice, readLimit, readRequiredText } from '../../../shared/n8n/parameters';

const showGet = showFor('bulk', ['getImportJob']);
const showGetMany = showFor('bulk', ['getImportJobs']);

function jobOutput(job: ImportJob): IDataObject {
	return {
		id: job.id,
		name: job.name,
		type: job.type,
		status: job.status,
		recordsProcessed: job.stats?.recordsProcessed ?? null,
		errors: job.stats?.errors ?? null,
		requester: job.requester,
		dateCreated: isoDate(job.dateCreated),
		dateCompleted: isoDate(job.dateCompleted),
		dateExpires: isoDate(job.dateExpires),
		downloadUrl: job.downloadUrl,
		downloadErrorUrl: job.downloadErrorUrl,
	};
}

/** Get one import job. */
export const getJob = perItem(
	OPEN_TO_AGENTS,
	[
		{
			displayName: 'Job ID',
			name: 'jobId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 633b1cf34efc053cb50a3f6d',
			description:
				"The ID of the import job, as Get Many Import Jobs gives it, or the summary of 'Import CSV' with 'Simplify' off",
			displayOptions: showGet,
		},
		optionsField(showGet, TRANSPORT_OPTIONS),
	],
	(run, itemIndex) => readRequiredText(run.n8n, 'jobId', 'Job ID', itemIndex),
	async (run, id) => {
		const job = await getImportJob(run.transport, id);
		if (job === undefined) {
			throw new AdvocateError(`Import job '${id}' does not exist`, {
				kind: 'missing',
				statusCode: 404,
				hint: 'Check the ID. Jobs and their files are kept for 30 days',
			});
		}
		return [jobOutput(job)];
	},
);

/** List import jobs, all or by status. */
export const getManyJobs = perItem(
	OPEN_TO_AGENTS,
	[
		...pagingFields('bulk', 'getImportJobs'),
		{
			displayName: 'Status',
			name: 'jobStatus',
			type: 'options',
			default: 'any',
			description: 'Which jobs to return',
			displayOptions: showGetMany,
			options: [
				{ name: 'Aborted', value: 'ABORTED' },
				{ name: 'Any', value: 'any' },
				{ name: 'Completed', value: 'COMPLETED' },
				{ name: 'Pending', value: 'PENDING' },
			],
		},
		optionsField(showGetMany, TRANSPORT_OPTIONS),
	],
	(run, itemIndex) => ({
		wanted: readLimit(run.n8n, itemIndex),
		chosen: readChoice(run.n8n, 'jobStatus', 'Status', ['any', ...JOB_STATUSES], itemIndex),
	}),
	async (run, { wanted, chosen }) => {
		const status = JOB_STATUSES.find((known) => known === chosen);
		const jobs = await readPages(
			async (page) => await listImportJobs(run.transport, { status, ...page }),
			{ pageSize: JOB_PAGE_SIZE, wanted },
		);
		return jobs.map(jobOutput);
	},
);
