/** Import jobs: validation, the queue, row by row work, results and errors files. */
import { randomBytes } from 'node:crypto';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { ApiFailure, attempt, failures } from './failures';
import { readImportFile } from './importFile';
import type { ImportRow } from './importFile';
import type { SimulatorOptions } from './options';
import type { SimulatorState, Upload } from './state';
import { upsertParticipant } from './users';
import type { UserInput } from './users';

/** GraphQL `JobInput`. */
export interface JobInput {
	type: string;
	name?: string | null;
	requester?: string | null;
	outputFormat?: string | null;
	mailtoEmail?: string | null;
	fileRef?: string | null;
	params?: unknown;
}

/** What a job sets off: all, nothing, or the listed ones. */
interface Evaluation {
	webhooks: unknown;
	programs: unknown;
	analytics: unknown;
}

/** An import job and how far it is. */
export interface ImportJob {
	id: string;
	type: string;
	name: string | null;
	requester: string;
	outputFormat: string;
	mailtoEmail: string | null;
	fileRef: string;
	params: Record<string, unknown>;
	evaluation: Evaluation;
	dateCreated: number;
	dateCompleted: number | null;
	dateExpires: number;
	status: 'PENDING' | 'ABORTED' | 'COMPLETED';
	stats: { recordsProcessed: number; errors: number };
	polls: number;
	rows: ImportRow[];
	/** Rows it is through with. */
	passed: number;
	abortAfter: number | null;
	errorsFile: string;
	resultsFile: string;
}

const IMPORT_TYPE = 'MUTATION/USER';
const PARAMETERS = new Set(['segments', 'programId', 'importEvaluationOptions']);
const EVALUATIONS = ['webhooks', 'programs', 'analytics'] as const;
const ERRORS_HEADER = 'recordNumber,message,apiErrorCode,statusCode\n';
const RESULTS_HEADER = 'id,accountId,email,firstName,lastName\n';

function csvLine(cells: ReadonlyArray<string | number | null>): string {
	const quoted = cells.map((cell) => {
		const text = String(cell ?? '');
		return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
	});
	return `${quoted.join(',')}\n`;
}

function evaluationProblems(value: unknown): string[] {
	if (value === undefined || value === null) return [];
	if (!isRecord(value)) return ["'importEvaluationOptions' must be an object."];
	return Object.entries(value).flatMap(([name, choice]) => {
		if (!(EVALUATIONS as readonly string[]).includes(name)) {
			return [`'importEvaluationOptions.${name}' is not supported.`];
		}
		const isList = isRecord(choice) && Object.values(choice).some(Array.isArray);
		return typeof choice === 'boolean' || isList
			? []
			: [`'importEvaluationOptions.${name}' must be true, false or a list.`];
	});
}

function segmentProblems(value: unknown, options: SimulatorOptions): string[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
		return ["'segments' must be a list of strings."];
	}
	if (options.importJobRemoves !== 'reject') return [];
	return (value as string[])
		.filter((operation) => operation.startsWith('~'))
		.map((operation) => `The segment operation '${operation}' is not supported here.`);
}

function parameterProblems(params: unknown, options: SimulatorOptions): string[] {
	if (params === undefined || params === null) return [];
	if (!isRecord(params)) return ["'params' must be an object."];
	const unknown = Object.keys(params).filter((name) => !PARAMETERS.has(name));
	return [
		...unknown.map((name) => `The parameter '${name}' is not supported.`),
		...segmentProblems(params.segments, options),
		...evaluationProblems(params.importEvaluationOptions),
	];
}

/** The jobs of a tenant. */
export class JobQueue {
	constructor(
		private readonly state: SimulatorState,
		private readonly options: SimulatorOptions,
		private readonly tenantAlias: string,
	) {}

	/**
	 * Store an uploaded file and give the reference that jobs use.
	 * @throws ApiFailure when the file is refused
	 */
	upload(fileName: string, content: Buffer): Upload {
		if (content.length > this.options.uploadLimitBytes) throw failures.tooLarge();
		const match = /([^/\\]*)\.(csv|jsonl)$/i.exec(fileName);
		if (match === null) throw failures.badRequest('The file name must end in .csv or .jsonl.');
		const unique = randomBytes(12).toString('hex');
		const fileRef = `imports/${this.tenantAlias}/${match[1]}_${unique}.${match[2]}`;
		const upload = { fileRef, fileName, content };
		this.state.uploads.set(fileRef, upload);
		return upload;
	}

	/** What is wrong with a job before it starts; empty when nothing is. */
	validate(input: JobInput): string[] {
		const problems = this.inputProblems(input);
		const upload = this.state.uploads.get(input.fileRef ?? '');
		if (upload !== undefined) {
			const { fileName, content } = upload;
			problems.push(...readImportFile(fileName, content, this.options).fatal);
		}
		return problems;
	}

	/**
	 * Start a job. A file that can't be imported makes the job end as ABORTED.
	 * @throws ApiFailure when the input is refused
	 */
	create(input: JobInput): ImportJob {
		const [problem] = this.inputProblems(input);
		if (problem !== undefined) throw failures.badRequest(problem);
		const { fileName, content, fileRef } = this.state.uploads.get(input.fileRef ?? '') as Upload;
		const file = readImportFile(fileName, content, this.options);
		const params = isRecord(input.params) ? input.params : {};
		const evaluation = isRecord(params.importEvaluationOptions)
			? params.importEvaluationOptions
			: {};
		const now = Date.now();
		const isFatal = file.fatal.length > 0;
		const job: ImportJob = {
			id: randomBytes(12).toString('hex'),
			type: input.type,
			name: input.name ?? null,
			requester: input.requester ?? 'API',
			outputFormat: input.outputFormat ?? 'CSV',
			mailtoEmail: input.mailtoEmail ?? null,
			fileRef,
			params,
			evaluation: { webhooks: true, programs: true, analytics: true, ...evaluation },
			dateCreated: now,
			dateCompleted: null,
			dateExpires: now + this.options.jobTtlMs,
			status: 'PENDING',
			stats: { recordsProcessed: 0, errors: 0 },
			polls: 0,
			passed: 0,
			rows: isFatal ? [] : file.rows,
			abortAfter: isFatal ? 0 : this.options.jobAbortAfter,
			errorsFile: ERRORS_HEADER,
			resultsFile: RESULTS_HEADER,
		};
		this.state.jobs.set(job.id, job);
		this.advance(job);
		return job;
	}

	/** A job, after one more look at it; nothing when there is none. */
	poll(id: string): ImportJob | undefined {
		const job = this.state.jobs.get(id);
		if (job !== undefined) {
			job.polls++;
			this.advance(job);
		}
		return job;
	}

	/** All jobs, newest first, as far as time has brought them. */
	list(): ImportJob[] {
		const jobs = [...this.state.jobs.values()].reverse();
		for (const job of jobs) this.advance(job);
		return jobs;
	}

	/** Bring every job to its end now. */
	settle(): void {
		for (const job of this.state.jobs.values()) this.work(job, 1);
	}

	/** Whether the files of a job are there. */
	hasFiles(job: ImportJob): boolean {
		return job.status === 'COMPLETED' && Date.now() < job.dateExpires;
	}

	private inputProblems(input: JobInput): string[] {
		if (input.type !== IMPORT_TYPE) return [`Jobs of type '${input.type}' are not supported.`];
		if (typeof input.fileRef !== 'string' || input.fileRef === '') {
			return ["'fileRef' is required."];
		}
		const problems = parameterProblems(input.params, this.options);
		if (!this.state.uploads.has(input.fileRef)) {
			problems.push(`There is no file '${input.fileRef}'.`);
		}
		return problems;
	}

	private advance(job: ImportJob): void {
		const { jobPendingPolls, jobPendingMs } = this.options;
		const byPolls = job.polls > jobPendingPolls ? 1 : (job.polls - 1) / jobPendingPolls;
		const byTime = jobPendingMs <= 0 ? 1 : (Date.now() - job.dateCreated) / jobPendingMs;
		this.work(job, Math.max(0, Math.min(jobPendingPolls <= 0 ? 1 : byPolls, byTime, 1)));
	}

	/** Work on a job until this share of its records is done. */
	private work(job: ImportJob, share: number): void {
		if (job.status !== 'PENDING') return;
		const end = Math.min(Math.floor(job.rows.length * share), job.abortAfter ?? Infinity);
		while (job.passed < end) this.processNext(job);
		const abortAfter = job.abortAfter ?? Infinity;
		const isAborted = job.passed >= abortAfter && (share >= 1 || abortAfter > 0);
		if (share < 1 && !isAborted) return;
		job.status = isAborted ? 'ABORTED' : 'COMPLETED';
		job.dateCompleted = Date.now();
		job.rows = [];
	}

	private processNext(job: ImportJob): void {
		const { jobPassesOver, jobCountsProcessed, jobCountsErrors, jobRecordNumberBase } =
			this.options;
		const index = job.passed++;
		const isPassedOver = index >= job.rows.length - jobPassesOver;
		if (jobCountsProcessed === 'all' || !isPassedOver) job.stats.recordsProcessed++;
		if (isPassedOver) return;
		const row = job.rows[index];
		const outcome =
			'problem' in row
				? failures.badRequest(row.problem)
				: attempt(() => this.processRow(job, row.input));
		if (!(outcome instanceof ApiFailure)) return;
		const { message, apiErrorCode, statusCode } = outcome;
		job.errorsFile += csvLine([index + jobRecordNumberBase, message, apiErrorCode, statusCode]);
		if (jobCountsErrors) job.stats.errors++;
		if (jobCountsProcessed === 'succeeded') job.stats.recordsProcessed--;
	}

	private processRow(job: ImportJob, input: UserInput): void {
		const all = Array.isArray(job.params.segments) ? (job.params.segments as string[]) : [];
		const ignoresRemoves = this.options.importJobRemoves === 'ignore';
		const operations = ignoresRemoves ? all.filter((entry) => !entry.startsWith('~')) : all;
		const user = upsertParticipant(this.state, this.options, input, {
			source: 'job',
			operations,
			silent: job.evaluation.webhooks === false,
		});
		const { id, accountId, email, firstName, lastName } = user;
		job.resultsFile += csvLine([id, accountId, email, firstName, lastName]);
	}
}
