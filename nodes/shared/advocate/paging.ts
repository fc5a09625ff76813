/** Reads lists page by page. */
import { expectAdvocateError, isFatal, isTooLarge } from './client/error';
import type { AdvocateError } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import { isRecord } from './client/values';

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
const SAFE_PAGE_SIZE = 20;

/**
 * Read a list to its end, or until enough results are together. When the API refuses the size of the first page, its
 * own default is used.
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
		kept.push(...(keep === undefined ? page.results : page.results.filter(keep)));
		offset += page.entries;
		if (page.entries === 0 || offset >= page.totalCount || enough?.(kept.length)) break;
	}
	return kept.length > wanted ? kept.slice(0, wanted) : kept;
}

/** GraphQL errors need not have a status. */
function mayBeTooLarge(error: AdvocateError): boolean {
	const { kind, statusCode } = error;
	if (isTooLarge(error)) return true;
	return kind === 'api' && !isFatal(error) && (statusCode === undefined || statusCode === 400);
}
