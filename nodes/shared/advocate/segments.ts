/** Segments of a tenant. They exist in the GraphQL API only, and there is no deletion: archiving is the end. */
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

/** Most segments that one look-up asks for. */
export const MAX_SEGMENT_LOOKUPS = 20;

/**
 * Get several segments by their keys (at most `MAX_SEGMENT_LOOKUPS`) in one request.
 * @returns those that exist
 * @throws AdvocateError
 */
export async function lookUpSegments(
	transport: Transport,
	keys: readonly string[],
): Promise<Segment[]> {
	const definitions = keys.map((_, index) => `$k${index}: SegmentKey!`).join(', ');
	const fields = keys.map(
		(_, index) => `s${index}: segment(key: $k${index}) { ${SEGMENT_FIELDS} }`,
	);
	const data = await runGraphql(transport, {
		operationName: 'LookUpSegments',
		document: `query LookUpSegments(${definitions}) { ${fields.join(' ')} }`,
		variables: Object.fromEntries(keys.map((key, index) => [`k${index}`, key])),
	});
	return keys.flatMap((_, index) => {
		const found = data[`s${index}`];
		return found === null || found === undefined ? [] : [readSegment(found)];
	});
}
