/**
 * Creates and updates participants: one by one, or many in one request. Every write is safe to repeat.
 */
import type { AdvocateError } from './client/error';
import { errorFromApiErrorObject, errorFromBadAnswer } from './client/readErrors';
import type { Transport } from './client/transport';
import { isRecord, jsonBytes } from './client/values';
import { lacksField, runGraphql } from './graphql';
import {
	participantKey,
	participantPath,
	readParticipant,
	readRecord,
	restAnswer,
} from './participants';
import type { Participant, ParticipantId } from './participants';

/** Input of an upsert. Only documented fields: the API rejects unknown ones. Omitted fields stay as they are. */
export interface ParticipantInput extends ParticipantId {
	/** Segment operations in wire order, see `toOperations`. */
	segments?: string[];
	[field: string]: unknown;
}

/** The answer to one input of a batch. `unclear` means that the answer could not be told apart from others. */
export type UpsertAnswer =
	| { outcome: 'done'; participant: Participant }
	| { outcome: 'rejected'; error: AdvocateError }
	| { outcome: 'unclear' };

/** Maximum number of inputs of one `upsertUsers` call (comment in the vendor's schema). */
export const MAX_BATCH_SIZE = 100;

/** Fields that only the GraphQL input has: the REST upsert rejects them as unknown. */
const GRAPHQL_ONLY_FIELDS: readonly string[] = ['dateCreated'];

/** The fields of an answer that tell what became of a participant. */
const RESULT_FIELDS = 'id accountId segments';

/**
 * Create or update one participant; always safe to repeat.
 * @param fields of the participant to answer as a GraphQL selection, `id accountId segments` among them; they come as its `record`
 * @returns the participant with its resulting segments
 * @throws AdvocateError
 */
export async function writeParticipant(
	transport: Transport,
	input: ParticipantInput,
	fields?: string,
): Promise<Participant> {
	const needsGraphql =
		fields !== undefined || GRAPHQL_ONLY_FIELDS.some((field) => input[field] !== undefined);
	return needsGraphql
		? await upsertParticipant(transport, input, fields)
		: await putParticipant(transport, input);
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
	fields?: string,
): Promise<Participant> {
	const data = await runGraphql(transport, {
		operationName: 'UpsertParticipant',
		document: `mutation UpsertParticipant($userInput: UserInput!) { upsertUser(userInput: $userInput) { ${fields ?? RESULT_FIELDS} } }`,
		variables: { userInput: input },
	});
	return readWritten(data.upsertUser, fields);
}

function readWritten(value: unknown, fields?: string): Participant {
	const participant = readParticipant(value);
	return fields === undefined ? participant : { ...participant, record: readRecord(value) };
}

/**
 * Create or update up to `MAX_BATCH_SIZE` participants in one request.
 * @param inputOf what to send of a participant; asked once
 * @param options.attempts see `RequestOptions.attempts`
 * @param options.fields see `writeParticipant`; they must have `id accountId segments`
 * @returns one answer per participant, in their order
 * @throws AdvocateError when the batch failed as a whole
 */
export async function upsertParticipants<P extends ParticipantId>(
	transport: Transport,
	participants: readonly P[],
	inputOf: (participant: P) => ParticipantInput,
	{ attempts, fields }: { attempts?: number; fields?: string } = {},
): Promise<UpsertAnswer[]> {
	const data = await runGraphql(transport, {
		operationName: 'UpsertParticipants',
		document: `mutation UpsertParticipants($userInputs: [UserInput!]!) { upsertUsers(userInputs: $userInputs) { __typename ... on User { ${fields ?? RESULT_FIELDS} } ... on ApiError { message statusCode rsCode } } }`,
		variables: () => ({ userInputs: participants.map(inputOf) }),
		attempts,
	});
	if (!Array.isArray(data.upsertUsers)) throw errorFromBadAnswer(200, data);
	return matchAnswers(participants, data.upsertUsers, fields);
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

/** As equal keys, without making them: this is asked for every answer. */
const isSameParticipant = (first: ParticipantId, second: ParticipantId): boolean =>
	first.id === second.id && first.accountId === second.accountId;

/**
 * Give each input its answer. The order of answers is not documented, and a rejection names no participant: while every
 * participant answered stands at its input's place, places are trusted; otherwise participants are matched by ID, and
 * a rejection only when a single input is left for it.
 */
export function matchAnswers(
	inputs: readonly ParticipantId[],
	results: readonly unknown[],
	fields?: string,
): UpsertAnswer[] {
	const answers = results.map((result) => readAnswer(result, fields));
	const sameOrder =
		answers.length === inputs.length &&
		answers.every(
			(answer, index) =>
				answer.outcome !== 'done' || isSameParticipant(answer.participant, inputs[index]),
		);
	// With one participant at its place, or nothing but rejections, the order has been kept.
	if (sameOrder) return answers;

	const done = new Map<string, UpsertAnswer>();
	const rejected: UpsertAnswer[] = [];
	for (const answer of answers) {
		if (answer.outcome === 'done') done.set(participantKey(answer.participant), answer);
		else rejected.push(answer);
	}
	const unanswered = inputs.filter((input) => !done.has(participantKey(input))).length;
	return inputs.map((input) => {
		const answer = done.get(participantKey(input));
		if (answer !== undefined) return answer;
		return unanswered === 1 && rejected.length === 1 ? rejected[0] : { outcome: 'unclear' };
	});
}

function readAnswer(result: unknown, fields?: string): UpsertAnswer {
	if (!isRecord(result)) return { outcome: 'unclear' };
	if (result.__typename === 'ApiError' || (result.id === undefined && 'message' in result)) {
		return { outcome: 'rejected', error: errorFromApiErrorObject(result) };
	}
	if (typeof result.id !== 'string' || typeof result.accountId !== 'string') {
		return { outcome: 'unclear' };
	}
	return { outcome: 'done', participant: readWritten(result, fields) };
}
