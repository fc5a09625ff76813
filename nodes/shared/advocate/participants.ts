/** Participants (the API calls them users): look-ups, search and lists. Their upserts are in `upserts.ts`. */
import { AdvocateError, isMissing, unlessMissing } from './client/error';
import { errorFromBadAnswer, errorFromGraphql, graphqlErrorsOf } from './client/readErrors';
import type { PartLimits, Transport } from './client/transport';
import { isRecord } from './client/values';
import { runGraphql, runGraphqlPartially, onOpenWay } from './graphql';
import { readList } from './paging';
import type { Page } from './paging';

/** What names a participant. On impact.com tenants both are often the e-mail address. */
export interface ParticipantId {
	accountId: string;
	id: string;
}

/** A participant as far as this package needs it. */
export interface Participant extends ParticipantId {
	/** Nothing when the answer does not tell: that is not the same as being in none. */
	segments?: string[];
	/** All that was answered, where that was asked for. */
	record?: ParticipantRecord;
}

/** A participant as the API sends it. */
export type ParticipantRecord = Record<string, unknown> & ParticipantId;

/** Participants per page; the API's own limit is not documented. */
export const PAGE_SIZE = 100;

/** Maximum number of look-ups in one aliased document. */
export const MAX_LOOKUPS = 100;

/** The address of one participant in the REST API. */
export function participantPath(participant: ParticipantId): string {
	const account = pathSegment(participant.accountId, 'Account ID');
	return `/open/account/${account}/user/${pathSegment(participant.id, 'participant ID')}`;
}

/**
 * One part of a path. A URL can't hold `.` and `..`, not even encoded: they would lead to another address.
 * @throws AdvocateError
 */
export function pathSegment(text: string, what: string): string {
	try {
		if (text !== '.' && text !== '..') return encodeURIComponent(text);
	} catch {
		// Half of a surrogate pair, as cutting a text in the middle of an emoji leaves it.
	}
	throw new AdvocateError(`The ${what} can't be part of a web address`, {
		kind: 'api',
		statusCode: 400,
		hint: `Check the ${what}: it is '.' or '..', or contains a broken character`,
	});
}

/** One text for the pair, for maps. The separator can't occur in an ID that came through JSON text fields. */
export function participantKey(participant: ParticipantId): string {
	return participant.accountId === participant.id
		? participant.id
		: `${participant.accountId}\u0000${participant.id}`;
}

/** @throws AdvocateError when it is not a participant */
export function readParticipant(value: unknown): Participant {
	const { accountId, id, segments } = readRecord(value);
	if (!Array.isArray(segments)) return { accountId, id };
	return { accountId, id, segments: segments.filter((key) => typeof key === 'string') };
}

/** An answer that names a participant without saying which segments it is in. */
export const untoldSegments = ({ id }: ParticipantId): AdvocateError =>
	new AdvocateError(`The API does not say which segments participant '${id}' is in`, {
		kind: 'mismatch',
		hint: 'Look at the participant in Advocate. If it happens again, report it with the request you made',
	});

/** @throws AdvocateError when the answer did not tell the segments */
export function mustTellSegments(participant: Participant): string[] {
	if (participant.segments === undefined) throw untoldSegments(participant);
	return participant.segments;
}

/** @throws AdvocateError when it is not a participant */
export function readRecord(value: unknown): ParticipantRecord {
	if (isRecord(value) && typeof value.id === 'string' && typeof value.accountId === 'string') {
		return value as ParticipantRecord;
	}
	throw errorFromBadAnswer(200, value);
}

/** Read a REST answer. A rejection may come as a 200 with `errors`, as from GraphQL. */
export function restAnswer<T>(read: (body: unknown) => T): (body: unknown) => T {
	return (body) => {
		const errors = isRecord(body) ? graphqlErrorsOf(body) : [];
		if (isRecord(body) && errors.length > 0) throw errorFromGraphql(errors, body.extensions);
		return read(body);
	};
}

/**
 * Get one participant with all fields of the API's OpenUser, segments included.
 * @returns nothing when there is no such participant
 * @throws AdvocateError
 */
export async function getParticipant(
	transport: Transport,
	participant: ParticipantId,
): Promise<ParticipantRecord | undefined> {
	return await onOpenWay(transport, 'REST', {
		REST: async () => await getOverRest(transport, participant),
		GraphQL: async () => (await lookUpRecords(transport, [participant]))[0],
	});
}

async function getOverRest(
	transport: Transport,
	participant: ParticipantId,
): Promise<ParticipantRecord | undefined> {
	return await unlessMissing(
		transport.request(
			{ method: 'GET', path: participantPath(participant) },
			restAnswer(readRecord),
		),
	);
}

/**
 * Get the segments of several participants (at most `MAX_LOOKUPS`) in one request.
 * @returns one entry per participant asked for, in the same order; nothing for one that does not exist
 * @throws AdvocateError when the look-up of any of them failed for another reason
 */
export async function lookUpParticipants(
	transport: Transport,
	participants: readonly ParticipantId[],
	limits?: PartLimits,
): Promise<Array<Participant | undefined>> {
	const found = await onOpenWay(transport, 'GraphQL', {
		GraphQL: async () =>
			await lookUpRecords(transport, participants, 'id accountId segments', limits),
		REST: async () => {
			const records: Array<ParticipantRecord | undefined> = [];
			for (const participant of participants) {
				records.push(await getOverRest(transport, participant));
			}
			return records;
		},
	});
	return found.map((record) => (record === undefined ? undefined : readParticipant(record)));
}

/**
 * Get fields of several participants (at most `MAX_LOOKUPS`) in one request, by default those of a list.
 * @returns one entry per participant asked for, in the same order; nothing for one that does not exist
 * @throws AdvocateError when the look-up of any of them failed for another reason
 */
export async function lookUpRecords(
	transport: Transport,
	participants: readonly ParticipantId[],
	selection: string = LISTED_FIELDS,
	limits?: PartLimits,
): Promise<Array<ParticipantRecord | undefined>> {
	const definitions = participants.map((_, index) => `$a${index}: String!, $i${index}: String!`);
	const fields = participants.map(
		(_, index) => `u${index}: user(accountId: $a${index}, id: $i${index}) { ${selection} }`,
	);
	const variables: Record<string, string> = {};
	participants.forEach((participant, index) => {
		variables[`a${index}`] = participant.accountId;
		variables[`i${index}`] = participant.id;
	});
	const { data, errors, extensions } = await runGraphqlPartially(transport, {
		operationName: 'LookUpParticipants',
		document: `query LookUpParticipants(${definitions.join(', ')}) { ${fields.join(' ')} }`,
		variables,
		...limits,
	});
	for (const entry of errors) {
		// The API may answer a missing participant with an error instead of null. Its codes then stand beside the
		// answer, once for all entries with the same text.
		const shared = isRecord(extensions) ? extensions.apiError : undefined;
		const isSame = isRecord(shared) && shared.message === entry.message;
		const error = errorFromGraphql([entry], isSame ? extensions : undefined);
		if (!isMissing(error) && !/not found|does not exist/i.test(error.message)) throw error;
	}
	return participants.map((_, index) => {
		const found = data[`u${index}`];
		return isRecord(found) ? readRecord(found) : undefined;
	});
}

/** Whom to look for: an exact e-mail address, in one account when it is given. */
export interface EmailSearch {
	email: string;
	accountId?: string;
}

/**
 * Find participants by exact e-mail address, several addresses (at most `MAX_LOOKUPS`) in one request.
 * @returns per search, in the same order, at most two matches: enough to tell none, one and several apart
 * @throws AdvocateError
 */
export async function findByEmail(
	transport: Transport,
	searches: readonly EmailSearch[],
): Promise<Participant[][]> {
	return await findByFilters(
		transport,
		'FindParticipantsByEmail',
		searches.map(({ email, accountId }) => ({
			email_eq: email,
			...(accountId === undefined ? {} : { accountId_eq: accountId }),
		})),
	);
}

/**
 * Find participants by their IDs in whatever account, several IDs (at most `MAX_LOOKUPS`) in one request.
 * @returns as `findByEmail`
 * @throws AdvocateError
 */
export async function findById(
	transport: Transport,
	ids: readonly string[],
): Promise<Participant[][]> {
	const filters = ids.map((id) => ({ id_eq: id }));
	return await findByFilters(transport, 'FindParticipantsById', filters);
}

async function findByFilters(
	transport: Transport,
	operationName: string,
	filters: ReadonlyArray<Record<string, string>>,
): Promise<Participant[][]> {
	const definitions = filters.map((_, index) => `$f${index}: UserFilterInput`);
	const fields = filters.map(
		(_, index) =>
			`q${index}: users(filter: $f${index}, limit: 2) { data { id accountId segments } }`,
	);
	const variables: Record<string, unknown> = {};
	filters.forEach((filter, index) => {
		variables[`f${index}`] = filter;
	});
	const data = await runGraphql(transport, {
		operationName,
		document: `query ${operationName}(${definitions.join(', ')}) { ${fields.join(' ')} }`,
		variables,
	});
	return filters.map((_, index) => readList(data[`q${index}`], 'data', readParticipant).results);
}

/**
 * Search participants by free text over name, e-mail and ID (`GET /users`; without segments).
 * @throws AdvocateError
 */
export async function searchParticipants(
	transport: Transport,
	search: { text: string; limit: number; offset: number },
): Promise<Page<ParticipantRecord>> {
	return await transport.request(
		{
			method: 'GET',
			path: '/users',
			query: {
				...(search.text === '' ? {} : { query: search.text }),
				limit: search.limit,
				offset: search.offset,
			},
		},
		restAnswer((body) => readList(body, 'users', readRecord)),
	);
}

/** Which participants to list: all that is given must hold. */
export interface ParticipantFilter {
	/** By segment membership; no segments for everybody. */
	membership?: MembershipFilter;
	email?: string;
	blocked?: boolean;
}

/** Which participants to list, by segment membership. */
export interface MembershipFilter {
	match: 'any' | 'all' | 'none';
	segments: readonly string[];
}

const FILTER_FIELDS = { any: 'segments_in', all: 'segments_all', none: 'segments_nin' } as const;

/** Fields of a listed participant. */
export const LISTED_FIELDS =
	'id accountId firstName lastName email locale countryCode referable dateCreated customFields referralCodes referredByCodes imageUrl segments';

function filterOf({ membership, email, blocked }: ParticipantFilter): object | null {
	const conditions = {
		...(membership === undefined || membership.segments.length === 0
			? {}
			: { [FILTER_FIELDS[membership.match]]: membership.segments }),
		...(email === undefined ? {} : { email_eq: email }),
		...(blocked === undefined ? {} : { dateBlocked_exists: blocked }),
	};
	return Object.keys(conditions).length === 0 ? null : conditions;
}

/**
 * List one page of participants, oldest first unless told, so that pages stay stable while new participants arrive.
 * @throws AdvocateError
 */
export async function listParticipants(
	transport: Transport,
	page: {
		filter?: MembershipFilter | ParticipantFilter;
		limit: number;
		offset: number;
		fields?: string;
		order?: 'ASC' | 'DESC';
	},
): Promise<Page<ParticipantRecord>> {
	const { filter = {} } = page;
	const data = await runGraphql(transport, {
		operationName: 'ListParticipants',
		document: `query ListParticipants($filter: UserFilterInput, $limit: Int!, $offset: Int!, $sortBy: [RSSortByInput!]) { users(filter: $filter, limit: $limit, offset: $offset, sortBy: $sortBy) { totalCount data { ${page.fields ?? LISTED_FIELDS} } } }`,
		variables: {
			filter: filterOf('match' in filter ? { membership: filter } : filter),
			limit: page.limit,
			offset: page.offset,
			sortBy: [{ field: 'dateCreated', order: page.order ?? 'ASC' }],
		},
	});
	return readList(data.users, 'data', readRecord);
}
