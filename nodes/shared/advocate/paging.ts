/** Reads lists page by page. */
import { expectAdvocateError, isFatal, isTooLarge } from './client/error';
import type { AdvocateError } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import { isRecord, markOf } from './client/values';

/** One page of a list. */
export interface Page<T> {
	results: T[];
	/** Entries of the page, unusable ones included: where the next page starts. */
	entries: number;
	totalCount: number;
}

export type FetchPage<T> = (page: { limit: number; offset: number }) => Promise<Page<T>>;

/**
 * Read the list in an answer.
 * @param field where its entries are
 * @throws AdvocateError when it is no list
 */
export function readList<T>(list: unknown, field: string, read: (entry: unknown) => T): Page<T> {
	if (!isRecord(list) || !Array.isArray(list[field])) throw errorFromBadAnswer(200, list);
	const entries: unknown[] = list[field];
	// The schema allows for empty entries in a list.
	const results = entries.filter((entry) => entry !== null).map(read);
	return {
		results,
		entries: entries.length,
		totalCount: typeof list.totalCount === 'number' ? list.totalCount : entries.length,
	};
}

/** The API's own default, which it can't refuse; the largest page it allows is not documented. */
export const SAFE_PAGE_SIZE = 20;

/**
 * Whether a list goes on behind a page. A full page may not be the last one whatever the count says; what comes then is
 * an empty page, or one that brings nothing new.
 * @param end where the page ends
 */
export const mayGoOn = (page: Page<unknown>, limit: number, end: number): boolean =>
	page.entries > 0 && (end < page.totalCount || page.entries >= limit);

/**
 * Read a list to its end, or until enough results are together. When the API refuses the size of the first page, its
 * own default is used. A list that gives the same again, since it knows no `offset`, has ended.
 * @param options.wanted how many results are wanted at most
 * @param options.keep which results count
 * @param options.enough asked after each page whether so many results will do
 * @throws AdvocateError
 */
export async function readPages<T>(
	fetchPage: FetchPage<T>,
	options: {
		pageSize: number;
		wanted?: number;
		keep?: (result: T) => boolean;
		enough?: (kept: number) => boolean;
	},
): Promise<T[]> {
	const { keep, enough, wanted = Infinity } = options;
	const kept: T[] = [];
	const seen = new Set<string>();
	let { pageSize } = options;
	for (let offset = 0; kept.length < wanted; ) {
		// Without a filter no more has to be read than is wanted.
		const limit = keep === undefined ? Math.min(pageSize, wanted - kept.length) : pageSize;
		let page: Page<T>;
		try {
			page = await fetchPage({ limit, offset });
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (offset > 0 || limit <= SAFE_PAGE_SIZE || !mayBeTooLarge(error)) throw error;
			pageSize = SAFE_PAGE_SIZE;
			continue;
		}
		const fresh = page.results.filter((result) => isFirst(seen, result));
		if (page.results.length > 0 && fresh.length === 0) break;
		kept.push(...(keep === undefined ? fresh : fresh.filter(keep)));
		offset += page.entries;
		if (!mayGoOn(page, limit, offset) || enough?.(kept.length)) break;
	}
	return kept.length > wanted ? kept.slice(0, wanted) : kept;
}

/** Notes a result by a mark of it, since a list may have half a million. */
function isFirst(seen: Set<string>, result: unknown): boolean {
	const mark = markOf(JSON.stringify(result), 22);
	if (seen.has(mark)) return false;
	seen.add(mark);
	return true;
}

/** Whether a page may have been refused for its size. GraphQL errors need not have a status. */
export function mayBeTooLarge(error: AdvocateError): boolean {
	const { kind, statusCode } = error;
	if (isTooLarge(error)) return true;
	return kind === 'api' && !isFatal(error) && (statusCode === undefined || statusCode === 400);
}
