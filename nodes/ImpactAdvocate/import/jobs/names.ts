/**
 * Names import jobs so that a later run can tell what an interrupted one has handed over. The API is the only memory
 * that outlives a process that dies: n8n saves static data at the end of an execution.
 *
 * A name says which import it belongs to (file and settings), which run of it, and which rows it holds. The last job of
 * a run says so: a run that has it was not interrupted before its end.
 */
import { listImportJobs, JOB_PAGE_SIZE } from '../../../shared/advocate/importJobs';
import type { ImportJob } from '../../../shared/advocate/importJobs';
import { readPages } from '../../../shared/advocate/paging';
import type { Transport } from '../../../shared/advocate/client/transport';

/** How long ago a run may have been interrupted. */
const MAX_AGE_MS = 3 * 24 * 60 * 60 * 1000;

/** What the names of one run's jobs have in common. */
export interface RunName {
	/** For people. */
	title: string;
	/** Of the import: the same for each run of the same file with the same settings. */
	mark: string;
	/** Of the run. */
	tag: string;
}

/** A job that an earlier run started. */
export interface EarlierJob {
	job: ImportJob;
	/** The tag of its run. */
	tag: string;
	firstRow: number;
	lastRow: number;
	isLast: boolean;
}

/** The name of the job for rows in a row. */
export function jobName(run: RunName, rowNumbers: readonly number[], isLast: boolean): string {
	const rows = `rows ${rowNumbers[0]}-${rowNumbers[rowNumbers.length - 1]}${isLast ? ' (last)' : ''}`;
	return `${run.title} ${run.mark} ${run.tag} ${rows}`;
}

function readJobName(job: ImportJob, mark: string): EarlierJob | undefined {
	const match = / (\S+) (\S+) rows (\d+)-(\d+)( \(last\))?$/.exec(job.name ?? '');
	if (match === null || match[1] !== mark) return undefined;
	const [, , tag, first, last, lastMark] = match;
	const isLast = lastMark !== undefined;
	return { job, tag, firstRow: Number(first), lastRow: Number(last), isLast };
}

/** The rows of a run, by their numbers. */
export interface RunRows {
	first: number;
	last: number;
}

/**
 * The jobs of the latest run of an import over some rows, when it was interrupted: it has not handed over all of its
 * rows, or its jobs have not ended. Runs over other rows of the file are other slices of it.
 * @returns those that hold only such rows, in the order of the rows; none when there is nothing to go on with
 * @throws AdvocateError
 */
export async function findInterruptedJobs(
	transport: Transport,
	mark: string,
	{ first, last }: RunRows,
): Promise<EarlierJob[]> {
	const createdSince = transport.now() - MAX_AGE_MS;
	const jobs = await readPages(
		async (page) => await listImportJobs(transport, { createdSince, ...page }),
		{ pageSize: JOB_PAGE_SIZE, keep: (job) => readJobName(job, mark) !== undefined },
	);
	const earlier = jobs
		.flatMap((job) => readJobName(job, mark) ?? [])
		.filter(({ firstRow, lastRow }) => firstRow <= last && lastRow >= first);
	const createdAt = ({ job }: EarlierJob) => job.dateCreated ?? 0;
	const latest = earlier.reduce<EarlierJob | undefined>(
		(found, next) => (found === undefined || createdAt(next) > createdAt(found) ? next : found),
		undefined,
	);
	const ofRun = earlier.filter(({ tag }) => tag === latest?.tag);
	const isFinished =
		ofRun.some(({ isLast }) => isLast) && ofRun.every(({ job }) => job.status !== 'PENDING');
	if (isFinished) return [];
	return ofRun
		.filter(({ firstRow, lastRow }) => firstRow >= first && lastRow <= last)
		.sort((a, b) => a.firstRow - b.firstRow);
}
