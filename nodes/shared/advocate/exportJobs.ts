/**
 * The vendor's own export: ask for a file of all participants, follow its making, read it.
 *
 * Requests and answers: impact.com's description of the Export API (v13, July 2026). It does not name the columns of
 * the file. What is known of them is in `docs/api-open-questions.md`.
 */
import {
	expectAdvocateError,
	isFatal,
	isRetryable,
	mayHaveBeenApplied,
	unlessMissing,
} from './client/error';
import type { AdvocateError } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import { isRecord, jsonBytes } from './client/values';
import { readList, readPages } from './paging';
import { pathSegment, restAnswer } from './participants';
import type { Page } from './paging';
import type { Transport } from './client/transport';

const EXPORT_STATUSES = ['PENDING', 'COMPLETED', 'ABORTED', 'EXPIRED'] as const;

type ExportStatus = (typeof EXPORT_STATUSES)[number];

/** An export as far as it is used. */
export interface ExportJob {
	id: string;
	name: string | null;
	status: ExportStatus;
}

function readExportJob(value: unknown): ExportJob {
	const isJob = isRecord(value) && typeof value.id === 'string';
	const status = isJob ? EXPORT_STATUSES.find((known) => known === value.status) : undefined;
	if (!isJob || status === undefined) throw errorFromBadAnswer(200, value);
	return { id: String(value.id), name: typeof value.name === 'string' ? value.name : null, status };
}

/**
 * Ask for an export of all participants. Never repeated when it may have been created: each is a file of personal data.
 * @param options.name ours, so that it can be found again
 * @param options.programId whose referral codes the file has
 * @throws AdvocateError; see `mayHaveExport`
 */
export async function createExportJob(
	transport: Transport,
	{ name, programId }: { name: string; programId?: string },
): Promise<ExportJob> {
	const params = programId === undefined ? {} : { params: { programId } };
	const body = jsonBytes({ type: 'USER', format: 'CSV', name, ...params });
	return await transport.request(
		{ method: 'POST', path: '/export', body, repeatable: false },
		restAnswer(readExportJob),
	);
}

/** Whether a failed creation may have made the export all the same. */
export const mayHaveExport = (error: AdvocateError): boolean => mayHaveBeenApplied(error);

/** What refuses the whole way: the key may not do this, or the tenant has no such thing. */
const UNAVAILABLE_STATUSES: ReadonlyArray<number | undefined> = [403, 404, 405, 501];

/** Whether a failed creation says that exports can't be used with this key or tenant, while other requests may succeed. */
export function lacksExportJobs(error: AdvocateError): boolean {
	if (error.kind !== 'api' || !UNAVAILABLE_STATUSES.includes(error.statusCode)) return false;
	// A tenant that does not exist has nothing else either.
	return error.statusCode === 403 || !isFatal(error);
}

/**
 * Get one export.
 * @returns nothing when there is none with this ID
 * @throws AdvocateError
 */
export async function getExportJob(
	transport: Transport,
	id: string,
): Promise<ExportJob | undefined> {
	return await unlessMissing(
		transport.request({ method: 'GET', path: pathOf(id) }, restAnswer(readExportJob)),
	);
}

/** Exports per page, and how many are looked through: in which order they come is not documented. */
const PAGE_SIZE = 50;
const MOST_LOOKED_THROUGH = 500;

/**
 * Find an export by its name among the recent ones.
 * @throws AdvocateError
 */
export async function findExportJob(
	transport: Transport,
	name: string,
): Promise<ExportJob | undefined> {
	const [found] = await readPages(async (page) => await listExportJobs(transport, page), {
		pageSize: PAGE_SIZE,
		wanted: 1,
		keep: (job) => job.name === name,
	});
	return found;
}

async function listExportJobs(
	transport: Transport,
	page: { limit: number; offset: number },
): Promise<Page<ExportJob>> {
	if (page.offset >= MOST_LOOKED_THROUGH) return { results: [], entries: 0, totalCount: 0 };
	return await transport.request(
		{ method: 'GET', path: '/export/history/list', query: { ...page } },
		restAnswer((body) => readList(body, 'data', readExportJob)),
	);
}

/** How often the reading of one file may break off. */
const MAX_BREAKS = 4;

/**
 * The bytes of a completed export, as they come. When the connection is lost, the file is opened again, and what was
 * given out is passed over: an export does not change any more. Its link ends soon, so each opening asks for a new one.
 * @throws AdvocateError
 */
export async function* exportFile(transport: Transport, id: string): AsyncGenerator<Uint8Array> {
	let given = 0;
	for (let breaks = 0; ; ) {
		let position = 0;
		const pieces = await transport.openFile(`${pathOf(id)}/download`);
		try {
			for await (const piece of pieces) {
				const fresh = piece.subarray(Math.max(0, given - position));
				position += piece.length;
				if (position <= given) continue;
				given = position;
				yield fresh;
			}
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!isRetryable(error) || ++breaks > MAX_BREAKS) throw error;
			await transport.sleep(1_000 * breaks);
			continue;
		}
		if (position < given) throw errorFromBadAnswer(200, undefined);
		return;
	}
}

const pathOf = (id: string): string => `/export/${pathSegment(id, 'export ID')}`;
