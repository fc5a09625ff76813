/**
 * Creates and updates participants: one by one, or many in one request. Every write is safe to repeat.
 */
import { expectAdvocateError, isClosedWay, mayHaveBeenApplied } from './client/error';
import type { AdvocateError } from './client/error';
import { errorFromApiErrorObject, errorFromBadAnswer } from './client/readErrors';
import type { PartLimits, Transport } from './client/transport';
import { isRecord, jsonBytes } from './client/values';
import { lacksField, runGraphql, onOpenWay } from './graphql';
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

/**
 * The answer to one input of a batch. `unclear` means that the answer could not be told apart from others; unless these
 * are all rejections, as many as there are inputs without an answer, the input may have been applied. `otherCase`
 * says that it names the participant in other capitals.
 */
export type UpsertAnswer =
	| { outcome: 'done'; participant: Participant; otherCase?: boolean }
	| { outcome: 'rejected'; error: AdvocateError }
	| { outcome: 'unclear'; mayBeApplied: boolean };

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
	const upsert = async () => await upsertParticipant(transport, input, fields);
	if (fields !== undefined) return await upsert();
	if (!needsGraphql(input)) {
		const put = async () => await putParticipant(transport, input);
		return await onOpenWay(transport, 'REST', { REST: put, GraphQL: upsert });
	}
	try {
		return await upsert();
	} catch (caught) {
		const error = expectAdvocateError(caught);
		if (!isClosedWay(error) || !transport.closedWays.has('GraphQL')) throw error;
		throw error.with({
			ofOneParticipant: true,
			hint: `Only GraphQL takes ${GRAPHQL_ONLY_FIELDS.join(', ')}, and the API refuses that. Leave it out, or ask impact.com for a token that may use GraphQL`,
		});
	}
}

/** Whether an input has a field that REST does not take. */
export const needsGraphql = (input: ParticipantInput): boolean =>
	GRAPHQL_ONLY_FIELDS.some((field) => input[field] !== undefined);

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
 * @param options.fields see `writeParticipant`; they must have `id accountId segments`
 * @returns one answer per participant, in their order
 * @throws AdvocateError when the batch failed as a whole
 */
export async function upsertParticipants<P extends ParticipantId>(
	transport: Transport,
	participants: readonly P[],
	inputOf: (participant: P) => ParticipantInput,
	{ fields, ...limits }: PartLimits & { fields?: string } = {},
): Promise<UpsertAnswer[]> {
	const data = await runGraphql(transport, {
		operationName: 'UpsertParticipants',
		document: `mutation UpsertParticipants($userInputs: [UserInput!]!) { upsertUsers(userInputs: $userInputs) { __typename ... on User { ${fields ?? RESULT_FIELDS} } ... on ApiError { message statusCode rsCode } } }`,
		variables: () => ({ userInputs: participants.map(inputOf) }),
		...limits,
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
 * a rejection only when a single input is left for it. An ID that was answered in other capitals is that of the one
 * input that it can be meant for.
 */
export function matchAnswers(
	inputs: readonly ParticipantId[],
	results: readonly unknown[],
	fields?: string,
): UpsertAnswer[] {
	let answers = results.map((result) => readAnswer(result, fields));
	if (isInOrder(inputs, answers)) return answers;
	answers = withIdsAsSent(inputs, answers);
	// With one participant at its place, or nothing but rejections, the order has been kept.
	if (isInOrder(inputs, answers)) return answers;

	const done = new Map<string, UpsertAnswer>();
	const rejected: UpsertAnswer[] = [];
	for (const answer of answers) {
		if (answer.outcome === 'done') done.set(participantKey(answer.participant), answer);
		else rejected.push(answer);
	}
	const unanswered = inputs.filter((input) => !done.has(participantKey(input))).length;
	const areRejected =
		rejected.length === unanswered &&
		rejected.every((one) => one.outcome === 'rejected' && !mayHaveBeenApplied(one.error));
	return inputs.map((input) => {
		const answer = done.get(participantKey(input));
		if (answer !== undefined) return answer;
		return unanswered === 1 && rejected.length === 1 ? rejected[0] : unclear(!areRejected);
	});
}

const unclear = (mayBeApplied: boolean): UpsertAnswer => ({ outcome: 'unclear', mayBeApplied });

const isInOrder = (inputs: readonly ParticipantId[], answers: readonly UpsertAnswer[]): boolean =>
	answers.length === inputs.length &&
	answers.every(
		(answer, index) =>
			answer.outcome !== 'done' || isSameParticipant(answer.participant, inputs[index]),
	);

/** Participants whose IDs nobody sent, but for their capitals, get the IDs that were sent where only one fits. */
function withIdsAsSent(
	inputs: readonly ParticipantId[],
	answers: readonly UpsertAnswer[],
): UpsertAnswer[] {
	const sent = new Set(inputs.map(participantKey));
	const byFolded = new Map<string, ParticipantId | undefined>();
	for (const input of inputs) {
		const folded = foldedKey(input);
		byFolded.set(folded, byFolded.has(folded) ? undefined : input);
	}
	return answers.map((answer) => {
		if (answer.outcome !== 'done' || sent.has(participantKey(answer.participant))) return answer;
		const meant = byFolded.get(foldedKey(answer.participant));
		if (meant === undefined) return answer;
		const { id, accountId } = meant;
		return { ...answer, otherCase: true, participant: { ...answer.participant, id, accountId } };
	});
}

const foldedKey = (participant: ParticipantId): string => participantKey(participant).toLowerCase();

function readAnswer(result: unknown, fields?: string): UpsertAnswer {
	if (!isRecord(result)) return unclear(true);
	if (result.__typename === 'ApiError' || (result.id === undefined && 'message' in result)) {
		return { outcome: 'rejected', error: errorFromApiErrorObject(result) };
	}
	if (typeof result.id !== 'string' || typeof result.accountId !== 'string') {
		return unclear(true);
	}
	return { outcome: 'done', participant: readWritten(result, fields) };
}
