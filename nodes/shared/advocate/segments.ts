/** Segments of a tenant. They exist in the GraphQL API only, and there is no deletion: archiving is the end. */
import { AdvocateError, expectAdvocateError, isFatal, isRetryable } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import { runGraphql } from './graphql';
import { isRecord } from './client/values';
import { readList, readPages } from './paging';
import type { Page } from './paging';
import type { Transport } from './client/transport';

export const SEGMENT_STATUSES = ['ACTIVE', 'ARCHIVED'] as const;

export type SegmentStatus = (typeof SEGMENT_STATUSES)[number];

/** A segment as the API sends it. Dates are milliseconds since the epoch. */
export interface Segment {
	key: string;
	name: string | null;
	status: SegmentStatus | null;
	dateCreated: number | null;
	dateModified: number | null;
	participantsCount: number;
}

/** Segments per page. The vendor's own portal asks for 500 at a time. */
const SEGMENT_PAGE_SIZE = 500;

const SEGMENT_FIELDS = 'key name status dateCreated dateModified participantsCount';

function readSegment(value: unknown): Segment {
	if (!isRecord(value) || typeof value.key !== 'string') throw errorFromBadAnswer(200, value);
	return value as unknown as Segment;
}

/**
 * Get one segment by its key.
 * @returns nothing when there is none
 * @throws AdvocateError
 */
export async function getSegment(transport: Transport, key: string): Promise<Segment | undefined> {
	const data = await runGraphql(transport, {
		operationName: 'GetSegment',
		document: `query GetSegment($key: SegmentKey!) { segment(key: $key) { ${SEGMENT_FIELDS} } }`,
		variables: { key },
	});
	return data.segment === null || data.segment === undefined
		? undefined
		: readSegment(data.segment);
}

/**
 * List one page of segments, in the API's order.
 * @throws AdvocateError
 */
async function listSegments(
	transport: Transport,
	page: { limit: number; offset: number },
): Promise<Page<Segment>> {
	const data = await runGraphql(transport, {
		operationName: 'ListSegments',
		document: `query ListSegments($limit: Int!, $offset: Int!) { segments(limit: $limit, offset: $offset) { totalCount data { ${SEGMENT_FIELDS} } } }`,
		variables: { limit: page.limit, offset: page.offset },
	});
	return readList(data.segments, 'data', readSegment);
}

/**
 * List all segments, page by page.
 * @param wanted stop once this many segments pass `keep`
 * @throws AdvocateError
 */
export async function listAllSegments(
	transport: Transport,
	keep?: (segment: Segment) => boolean,
	wanted?: number,
): Promise<Segment[]> {
	return await readPages(async (page) => await listSegments(transport, page), {
		pageSize: SEGMENT_PAGE_SIZE,
		keep,
		wanted,
	});
}

/**
 * Create a segment, or change the name or status of the one with this key. Fields left out stay as they are.
 * @throws AdvocateError
 */
export async function upsertSegment(
	transport: Transport,
	input: { key: string; name?: string; status?: SegmentStatus },
): Promise<Segment> {
	const data = await runGraphql(transport, {
		operationName: 'UpsertSegment',
		document: `mutation UpsertSegment($segmentInput: SegmentInput!) { upsertSegment(segmentInput: $segmentInput) { ${SEGMENT_FIELDS} } }`,
		variables: { segmentInput: input },
	});
	return readSegment(data.upsertSegment);
}

/** With more keys than this, listing all segments takes fewer requests than asking about each key. */
const MAX_SINGLE_LOOKUPS = 20;

/** Milliseconds for which a segment that was found missing is taken to be so still. */
const MISSING_FOR_MS = 5_000;

/**
 * Makes sure that segments exist before participants are put into them. Asks about each key once per run; concurrent
 * callers share the answer.
 */
export class SegmentCreator {
	/** Keys of the segments this run created, in order. */
	readonly created: string[] = [];

	private readonly known = new Map<string, Promise<void>>();

	/** When segments were last found missing. */
	private readonly missingAt = new Map<string, number>();

	constructor(private readonly transport: Transport) {}

	/**
	 * Create the segment if it does not exist.
	 * @throws AdvocateError
	 */
	async ensure(key: string): Promise<void> {
		let check = this.known.get(key);
		if (check === undefined) {
			check = this.createIfMissing(key);
			this.known.set(key, check);
			// A rejection holds for the whole run; after a failure that may pass, the next caller asks again.
			check.catch((error: unknown) => {
				const holds = error instanceof AdvocateError && !isRetryable(error);
				if (!holds) this.known.delete(key);
			});
		}
		await check;
	}

	/**
	 * Look which segments do not exist, without creating them.
	 * @param enough once more than so many are found, the rest is not looked at
	 * @returns their keys
	 * @throws AdvocateError
	 */
	async findMissing(keys: ReadonlySet<string>, enough: number): Promise<string[]> {
		const existing = new Set<string>();
		if (keys.size > MAX_SINGLE_LOOKUPS) {
			for (const { key } of await listAllSegments(this.transport)) existing.add(key);
		}
		const missing: string[] = [];
		for (const key of keys) {
			// A list may show a new segment late, so what is not in it is asked about too.
			if (existing.has(key) || (await this.exists(key))) {
				this.known.set(key, Promise.resolve());
				continue;
			}
			missing.push(key);
			if (missing.length > enough) break;
		}
		return missing;
	}

	/** A key that the API refuses to look up is a matter of those who use it: they learn it when it is to be created. */
	private async exists(key: string): Promise<boolean> {
		try {
			if ((await getSegment(this.transport, key)) !== undefined) return true;
			this.missingAt.set(key, this.transport.now());
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (isFatal(error) || isRetryable(error)) throw error;
		}
		return false;
	}

	private async createIfMissing(key: string): Promise<void> {
		// Somebody may have created it in the meantime: creating it again would change its name.
		const age = this.transport.now() - (this.missingAt.get(key) ?? -Infinity);
		if (age > MISSING_FOR_MS && (await getSegment(this.transport, key)) !== undefined) return;
		await upsertSegment(this.transport, { key, name: key });
		this.created.push(key);
	}
}
