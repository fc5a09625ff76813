/** Participants (the API calls them users): look-ups, search and upserts. */
import {
	AdvocateError,
	errorFromApiErrorObject,
	errorFromBadAnswer,
	errorFromGraphql,
	expectAdvocateError,
	graphqlErrorsOf,
	isNotFound,
} from './client/readErrors';
import { lacksField, runGraphql, runGraphqlPartially } from './graphql';
import { isRecord, jsonBytes } from './client/values';
import { readList } from './paging';
import type { Page } from './paging';
import type { Transport } from './client/transport';

/** What names a participant. On impact.com tenants both are often the e-mail address. */
export interface ParticipantId {
	accountId: string;
	id: string;
}

/** A participant as far as this package needs it. */
export interface Participant extends ParticipantId {
	segments: string[];
}

/** A participant as the API sends it. */
export type ParticipantRecord = Record<string, unknown> & ParticipantId;

/** Input of an upsert. Only documented fields: the API refuses unknown ones. Omitted fields stay as they are. */
export interface ParticipantInput extends ParticipantId {
	/** Segment operations in wire order, see `toOperations`. */
	segments?: string[];
	[field: string]: unknown;
}

/** The answer to one input of a batch. `unclear` means that the answer could not be told apart from others. */
export type UpsertAnswer =
	| { outcome: 'done'; participant: Participant }
	| { outcome: 'refused'; error: AdvocateError }
	| { outcome: 'unclear' };

/** Most inputs of one `upsertUsers` call (comment in the vendor's schema). */
export const MAX_BATCH_SIZE = 100;

/** Most participants per page; the API's own limit is not documented. */
export const PAGE_SIZE = 100;

/** Most look-ups in one aliased document. */
export const MAX_LOOKUPS = 100;

function participantPath(participant: ParticipantId): string {
	const account = pathSegment(participant.accountId, 'Account ID');
	return `/open/account/${account}/user/${pathSegment(participant.id, 'participant ID')}`;
}

/**
 * One part of a path. A URL can't hold `.` and `..`, not even encoded: they would lead to another address.
 * @throws AdvocateError
 */
function pathSegment(text: string, what: string): string {
	try {
		if (text !== '.' && text !== '..') return encodeURIComponent(text);
	} catch {
		// Half of a surrogate pair, as cutting a text in the middle of an emoji leaves it.
	}
	throw new AdvocateError(`The ${what} can't be part of a web address`, {
		kind: 'api',
		statusCode: 400,
		hint: `Check the ${what}: it is '.' or '..', or holds half of a character`,
	});
}

/** One text for the pair, for maps. The separator can't occur in an ID that came through JSON text fields. */
export function participantKey(participant: ParticipantId): string {
	return participant.accountId === participant.id
		? participant.id
		: `${participant.accountId}\u0000${participant.id}`;
}

/** As equal keys, without making them: this is asked for every answer. */
const isSameParticipant = (first: ParticipantId, second: ParticipantId): boolean =>
	first.id === second.id && first.accountId === second.accountId;

function readParticipant(value: unknown): Participant {
	if (isRecord(value) && typeof value.id === 'string' && typeof value.accountId === 'string') {
		const segments = Array.isArray(value.segments)
			? value.segments.filter((key): key is string => typeof key === 'string')
			: [];
		return { accountId: value.accountId, id: value.id, segments };
	}
	throw errorFromBadAnswer(200, value);
}

function readRecord(value: unknown): ParticipantRecord {
	if (isRecord(value) && typeof value.id === 'string' && typeof value.accountId === 'string') {
		return value as ParticipantRecord;
	}
	throw errorFromBadAnswer(200, value);
}

/** Read a REST answer. A refusal may come as a 200 with `errors`, as from GraphQL. */
function restAnswer<T>(read: (body: unknown) => T): (body: unknown) => T {
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
	try {
		return await transport.request(
			{ method: 'GET', path: participantPath(participant) },
			restAnswer(readRecord),
		);
	} catch (caught) {
		const error = expectAdvocateError(caught);
		if (isNotFound(error)) return undefined;
		throw error;
	}
}

/**
 * Get the segments of several participants (at most `MAX_LOOKUPS`) in one request.
 * @param attempts see `RequestOptions.attempts`
 * @returns one entry per participant asked for, in the same order; nothing for one that does not exist
 * @throws AdvocateError when the look-up of any of them failed for another reason
 */
export async function lookUpParticipants(
	transport: Transport,
	participants: readonly ParticipantId[],
	attempts?: number,
): Promise<Array<Participant | undefined>> {
	const found = await lookUpRecords(transport, participants, 'id accountId segments', attempts);
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
	attempts?: number,
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
		attempts,
	});
	for (const entry of errors) {
		// The API may answer an absent participant with an error instead of null. Its codes then stand beside the
		// answer, once for all entries with the same text.
		const shared = isRecord(extensions) ? extensions.apiError : undefined;
		const isSame = isRecord(shared) && shared.message === entry.message;
		const error = errorFromGraphql([entry], isSame ? extensions : undefined);
		if (!isNotFound(error) && !/not found|does not exist/i.test(error.message)) throw error;
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
	const definitions = searches.map((_, index) => `$f${index}: UserFilterInput`);
	const fields = searches.map(
		(_, index) =>
			`q${index}: users(filter: $f${index}, limit: 2) { data { id accountId segments } }`,
	);
	const variables: Record<string, unknown> = {};
	searches.forEach(({ email, accountId }, index) => {
		variables[`f${index}`] = {
			email_eq: email,
			...(accountId === undefined ? {} : { accountId_eq: accountId }),
		};
	});
	const data = await runGraphql(transport, {
		operationName: 'FindParticipantsByEmail',
		document: `query FindParticipantsByEmail(${definitions.join(', ')}) { ${fields.join(' ')} }`,
		variables,
	});
	return searches.map((_, index) => readList(data[`q${index}`], 'data', readParticipant).results);
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

/** Which participants to list, by segment membership. */
export interface MembershipFilter {
	match: 'any' | 'all' | 'none';
	segments: readonly string[];
}

const FILTER_FIELDS = { any: 'segments_in', all: 'segments_all', none: 'segments_nin' } as const;

/** Fields of a listed participant. */
const LISTED_FIELDS =
	'id accountId firstName lastName email locale countryCode referable dateCreated customFields referralCodes referredByCodes imageUrl segments';

/**
 * List one page of participants, oldest first, so that pages stay stable while new participants arrive.
 * @throws AdvocateError
 */
export async function listParticipants(
	transport: Transport,
	page: { filter?: MembershipFilter; limit: number; offset: number; fields?: string },
): Promise<Page<ParticipantRecord>> {
	const { filter } = page;
	const data = await runGraphql(transport, {
		operationName: 'ListParticipants',
		document: `query ListParticipants($filter: UserFilterInput, $limit: Int!, $offset: Int!, $sortBy: [RSSortByInput!]) { users(filter: $filter, limit: $limit, offset: $offset, sortBy: $sortBy) { totalCount data { ${page.fields ?? LISTED_FIELDS} } } }`,
		variables: {
			filter:
				filter === undefined || filter.segments.length === 0
					? null
					: { [FILTER_FIELDS[filter.match]]: filter.segments },
			limit: page.limit,
			offset: page.offset,
			sortBy: [{ field: 'dateCreated', order: 'ASC' }],
		},
	});
	return readList(data.users, 'data', readRecord);
}

/** Fields that only the GraphQL input has: the REST upsert refuses them as unknown. */
const GRAPHQL_ONLY_FIELDS: readonly string[] = ['dateCreated'];

/**
 * Create or update one participant; always safe to repeat.
 * @returns the participant with its resulting segments
 * @throws AdvocateError
 */
export async function writeParticipant(
	transport: Transport,
	input: ParticipantInput,
): Promise<Participant> {
	const needsGraphql = GRAPHQL_ONLY_FIELDS.some((field) => input[field] !== undefined);
	return await (needsGraphql ? upsertParticipant : putParticipant)(transport, input);
}

async function putParticipant(transport: Transport, input: ParticipantInput): Promise<Participant> {
	return await transport.request(
		{ method: 'PUT', path: participantPath(input), body: jsonBytes(input) },
		restAnswer(readParticipant),
	);
}

async function upsertParticipant(
	transport: Transport,
	input: ParticipantInput,
): Promise<Participant> {
	const data = await runGraphql(transport, {
		operationName: 'UpsertParticipant',
		document:
			'mutation UpsertParticipant($userInput: UserInput!) { upsertUser(userInput: $userInput) { id accountId segments } }',
		variables: { userInput: input },
	});
	return readParticipant(data.upsertUser);
}

/**
 * Create or update up to `MAX_BATCH_SIZE` participants in one request.
 * @param inputOf what to send of a participant; asked once
 * @param attempts see `RequestOptions.attempts`
 * @returns one answer per participant, in their order
 * @throws AdvocateError when the batch was refused as a whole
 */
export async function upsertParticipants<P extends ParticipantId>(
	transport: Transport,
	participants: readonly P[],
	inputOf: (participant: P) => ParticipantInput,
	attempts?: number,
): Promise<UpsertAnswer[]> {
	const data = await runGraphql(transport, {
		operationName: 'UpsertParticipants',
		document:
			'mutation UpsertParticipants($userInputs: [UserInput!]!) { upsertUsers(userInputs: $userInputs) { __typename ... on User { id accountId segments } ... on ApiError { message statusCode rsCode } } }',
		variables: () => ({ userInputs: participants.map(inputOf) }),
		attempts,
	});
	if (!Array.isArray(data.upsertUsers)) throw errorFromBadAnswer(200, data);
	return matchAnswers(participants, data.upsertUsers);
}

/** Whether an error says that this tenant's schema has no batched upsert. */
export function lacksBatchUpsert(error: unknown): boolean {
	return lacksField(error, 'upsertUsers');
}

/** Whether an error says that nothing is at the address that batches go to. Only while no batch has gone through. */
export function lacksBatchAddress({ kind, statusCode, apiErrorCode }: AdvocateError): boolean {
	if (kind !== 'api' || (statusCode !== 404 && statusCode !== 405)) return false;
	return apiErrorCode === undefined || apiErrorCode === 'API_REQUEST_NOT_SUPPORTED';
}

/**
 * Give each input its answer. The order of answers is not documented, and a refusal names no participant: while every
 * participant answered stands at its input's place, places are trusted; otherwise participants are matched by ID, and
 * a refusal only when a single input is left for it.
 */
export function matchAnswers(
	inputs: readonly ParticipantId[],
	results: readonly unknown[],
): UpsertAnswer[] {
	const answers = results.map(readAnswer);
	const sameOrder =
		answers.length === inputs.length &&
		answers.every(
			(answer, index) =>
				answer.outcome !== 'done' || isSameParticipant(answer.participant, inputs[index]),
		);
	// With one participant at its place, or nothing but refusals, the order has been kept.
	if (sameOrder) return answers;

	const done = new Map<string, UpsertAnswer>();
	const refused: UpsertAnswer[] = [];
	for (const answer of answers) {
		if (answer.outcome === 'done') done.set(participantKey(answer.participant), answer);
		else refused.push(answer);
	}
	const unanswered = inputs.filter((input) => !done.has(participantKey(input))).length;
	return inputs.map((input) => {
		const answer = done.get(participantKey(input));
		if (answer !== undefined) return answer;
		return unanswered === 1 && refused.length === 1 ? refused[0] : { outcome: 'unclear' };
	});
}

function readAnswer(result: unknown): UpsertAnswer {
	if (!isRecord(result)) return { outcome: 'unclear' };
	if (result.__typename === 'ApiError' || (result.id === undefined && 'message' in result)) {
		return { outcome: 'refused', error: errorFromApiErrorObject(result) };
	}
	if (typeof result.id !== 'string' || typeof result.accountId !== 'string') {
		return { outcome: 'unclear' };
	}
	return { outcome: 'done', participant: readParticipant(result) };
}
