/** Import jobs of the probe: one small file each, nothing set off in the tenant. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { ProbeError, reasonOf } from './client';
import type { ProbeClient } from './client';
import type { Sandbox } from './sandbox';

/** How a job ended. `refused` holds what the API said before it started. */
export interface JobOutcome {
	refused?: string;
	id?: string;
	status?: string;
	errors: number;
	dateCreated?: number;
	dateExpires?: number;
	downloadErrorUrl?: string;
}

export interface ProbeJob {
	file: string;
	/** Ends in .csv or .jsonl. */
	fileName?: string;
	segments?: string[];
}

const MAX_LOOKS = 120;

const FIELDS = 'id status dateCreated dateExpires stats { errors } downloadErrorUrl';

export async function runJob(
	client: ProbeClient,
	sandbox: Sandbox,
	{ file, fileName = `${sandbox.prefix}.csv`, segments }: ProbeJob,
	pollMs: number,
): Promise<JobOutcome> {
	const upload = await client.upload(fileName, file);
	if (!isRecord(upload.json) || typeof upload.json.fileRef !== 'string') {
		throw new ProbeError(`the upload was refused: ${reasonOf(upload)}`);
	}
	const jobInput = {
		type: 'MUTATION/USER',
		outputFormat: 'CSV',
		name: sandbox.prefix,
		fileRef: upload.json.fileRef,
		params: {
			...(segments === undefined ? {} : { segments }),
			importEvaluationOptions: { webhooks: false, programs: false, analytics: false },
		},
	};
	const validation = await client.must(
		'query ProbeValidateJob($j: JobInput!) { validateJobCreation(jobInput: $j) { errors } }',
		{ j: jobInput },
	);
	const problems = isRecord(validation.validateJobCreation)
		? validation.validateJobCreation.errors
		: undefined;
	if (Array.isArray(problems) && problems.length > 0) {
		return { refused: `'${problems.map(String).join("', '")}'`, errors: 0 };
	}
	const created = await client.graphql(
		'mutation ProbeCreateJob($j: JobInput!) { createJob(jobInput: $j) { id } }',
		{ j: jobInput },
	);
	if (created.refusal !== undefined) return { refused: created.refusal, errors: 0 };
	const id = isRecord(created.data.createJob) ? String(created.data.createJob.id) : '';
	sandbox.addJob(id);
	return await follow(client, id, pollMs);
}

async function follow(client: ProbeClient, id: string, pollMs: number): Promise<JobOutcome> {
	for (let look = 0; look < MAX_LOOKS; look++) {
		const { job } = await client.must(`query ProbeJob($id: ID!) { job(id: $id) { ${FIELDS} } }`, {
			id,
		});
		if (isRecord(job) && job.status !== 'PENDING') {
			return {
				id,
				status: String(job.status),
				errors: isRecord(job.stats) ? Number(job.stats.errors) : 0,
				dateCreated: Number(job.dateCreated),
				dateExpires: Number(job.dateExpires),
				...(typeof job.downloadErrorUrl === 'string'
					? { downloadErrorUrl: job.downloadErrorUrl }
					: {}),
			};
		}
		await client.sleep(pollMs);
	}
	throw new ProbeError(`import job ${id} is still pending`);
}

/** Whether the API took the file as a whole. */
export const wasRefused = ({ refused, status, errors }: JobOutcome): boolean =>
	refused !== undefined || status === 'ABORTED' || errors > 0;

export const outcomeText = ({ refused, status, errors }: JobOutcome): string =>
	refused === undefined ? `job ${status}, ${errors} errors` : `refused: ${refused}`;
