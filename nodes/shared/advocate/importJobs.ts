/** The vendor's own bulk import: upload a file, start a job on it, follow the job, fetch what it refused. */
import { isFatal, mayHaveBeenApplied } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import type { AdvocateError } from './client/error';
import { lacksField, runGraphql } from './graphql';
import { isRecord } from './client/values';
import { readList, readPages } from './paging';
import type { Page } from './paging';
import type { Transport } from './client/transport';

export const JOB_STATUSES = ['PENDING', 'ABORTED', 'COMPLETED'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** Most rows and bytes of one import file that the vendor recommends. */
export const MAX_JOB_ROWS = 500_000;
export const MAX_JOB_BYTES = 100 * 1024 * 1024;

/** The type of jobs that create and update participants. */
const IMPORT_TYPE = 'MUTATION/USER';

/** What a job sets off in Advocate besides the change itself. */
export interface ImportEvaluation {
	webhooks: boolean;
	programs: boolean;
	analytics: boolean;
}

export interface ImportJobInput {
	/** Ours, so that the job can be found again. */
	name: string;
	fileRef: string;
	/** Segment keys that every row of the file is added to. */
	segments: readonly string[];
	evaluation: ImportEvaluation;
}

/** A job as the API sends it. Dates are milliseconds since the epoch. */
export interface ImportJob {
	id: string;
	name: string | null;
	type: string;
	status: JobStatus;
	requester: string | null;
	dateCreated: number | null;
	dateCompleted: number | null;
	dateExpires: number | null;
	stats: { recordsProcessed: number; errors: number } | null;
	/** Links to files; they expire, and carry their own signature. */
	downloadUrl: string | null;
	downloadErrorUrl: string | null;
}

const JOB_FIELDS =
	'id name type status requester dateCreated dateCompleted dateExpires stats { recordsProcessed errors } downloadUrl downloadErrorUrl';

function readJob(value: unknown): ImportJob {
	if (!isRecord(value) || typeof value.id !== 'string') throw errorFromBadAnswer(200, value);
	return value as unknown as ImportJob;
}

/**
 * Upload a file for a job. Harmless to repeat: an upload without a job does nothing.
 * @param fileName ends in .csv; the API takes the format from it
 * @returns the reference a job needs
 * @throws AdvocateError
 */
export async function uploadImportFile(
	transport: Transport,
	csv: Uint8Array,
	fileName: string,
): Promise<string> {
	const form = new FormData();
	form.append('file', new Blob([csv], { type: 'text/csv' }), fileName);
	return await transport.request({ method: 'POST', path: '/export/upload', body: form }, (body) => {
		if (!isRecord(body) || typeof body.fileRef !== 'string') throw errorFromBadAnswer(200, body);
		return body.fileRef;
	});
}

function jobInput(input: ImportJobInput) {
	return {
		type: IMPORT_TYPE,
		outputFormat: 'CSV',
		name: input.name,
		fileRef: input.fileRef,
		params: { segments: input.segments, importEvaluationOptions: input.evaluation },
	};
}

/**
 * Ask the API whether a job would be accepted.
 * @returns its objections; none when it would
 * @throws AdvocateError
 */
export async function validateImportJob(
	transport: Transport,
	input: ImportJobInput,
): Promise<string[]> {
	const data = await runGraphql(transport, {
		operationName: 'ValidateImportJob',
		document:
			'query ValidateImportJob($jobInput: JobInput!) { validateJobCreation(jobInput: $jobInput) { errors } }',
		variables: { jobInput: jobInput(input) },
	});
	const result = data.validateJobCreation;
	if (!isRecord(result) || !Array.isArray(result.errors)) throw errorFromBadAnswer(200, result);
	return result.errors.map(String);
}

/**
 * Start a job. Never repeated when it may have been created: a second job would do everything twice.
 * @returns the ID of the job
 * @throws AdvocateError; see `mayHaveBeenCreated`
 */
export async function createImportJob(
	transport: Transport,
	input: ImportJobInput,
): Promise<string> {
	const data = await runGraphql(transport, {
		operationName: 'CreateImportJob',
		document:
			'mutation CreateImportJob($jobInput: JobInput!) { createJob(jobInput: $jobInput) { id } }',
		variables: { jobInput: jobInput(input) },
		repeatable: false,
	});
	if (!isRecord(data.createJob) || typeof data.createJob.id !== 'string') {
		throw errorFromBadAnswer(200, data);
	}
	return data.createJob.id;
}

/** What refuses the whole way, not one file: the key may not do this, or the tenant has no such thing. */
const UNAVAILABLE_STATUSES: ReadonlyArray<number | undefined> = [401, 403, 404, 405, 501];

/**
 * Whether an error of an upload, a validation or a creation says that import jobs can't be used with this key or
 * tenant, while other requests may well succeed.
 */
export function lacksImportJobs(error: AdvocateError): boolean {
	if (error.kind !== 'api') return false;
	if (['validateJobCreation', 'createJob', 'JobInput'].some((name) => lacksField(error, name))) {
		return true;
	}
	// A tenant that does not exist has nothing else either.
	if (error.statusCode === 404 && isFatal(error)) return false;
	return UNAVAILABLE_STATUSES.includes(error.statusCode);
}

/** Whether a failed creation may have created the job all the same. */
export function mayHaveBeenCreated(error: AdvocateError): boolean {
	return mayHaveBeenApplied(error) && !lacksField(error, 'createJob');
}

/**
 * Get one job.
 * @returns nothing when there is none with this ID
 * @throws AdvocateError
 */
export async function getImportJob(
	transport: Transport,
	id: string,
): Promise<ImportJob | undefined> {
	const data = await runGraphql(transport, {
		operationName: 'GetImportJob',
		document: `query GetImportJob($id: ID!) { job(id: $id) { ${JOB_FIELDS} } }`,
		variables: { id },
	});
	return data.job === null || data.job === undefined ? undefined : readJob(data.job);
}

/** Jobs per page. */
export const JOB_PAGE_SIZE = 50;

/**
 * List one page of import jobs.
 * @throws AdvocateError
 */
export async function listImportJobs(
	transport: Transport,
	page: { status?: JobStatus; createdSince?: number; limit: number; offset: number },
): Promise<Page<ImportJob>> {
	const data = await runGraphql(transport, {
		operationName: 'ListImportJobs',
		document: `query ListImportJobs($filter: JobFilterInput, $limit: Int!, $offset: Int!) { jobs(filter: $filter, limit: $limit, offset: $offset) { totalCount data { ${JOB_FIELDS} } } }`,
		variables: {
			filter: {
				type_eq: IMPORT_TYPE,
				...(page.status === undefined ? {} : { status_eq: page.status }),
				...(page.createdSince === undefined ? {} : { dateCreated_gte: page.createdSince }),
			},
			limit: page.limit,
			offset: page.offset,
		},
	});
	return readList(data.jobs, 'data', readJob);
}

/**
 * Find a job by its name among the latest ones.
 * @param createdSince milliseconds since the epoch; clocks may differ by some minutes
 * @throws AdvocateError
 */
export async function findImportJob(
	transport: Transport,
	name: string,
	createdSince: number,
): Promise<ImportJob | undefined> {
	const [found] = await readPages(
		async (page) => await listImportJobs(transport, { createdSince, ...page }),
		{ pageSize: JOB_PAGE_SIZE, wanted: 1, keep: (job) => job.name === name },
	);
	return found;
}
