/**
 * GraphQL calls: one document in, its data out; errors inside a 200 are errors. And the choice between GraphQL and REST,
 * the API's two ways to a participant: a tenant or token may be kept from one of them (403), and the other one then serves
 * for the rest of the run.
 */
import {
	AdvocateError,
	expectAdvocateError,
	isClosedWay,
	isFatal,
	isRetryable,
} from './client/error';
import { errorFromBadAnswer, errorFromGraphql, graphqlErrorsOf } from './client/readErrors';
import type { GraphqlErrorEntry } from './client/readErrors';
import { isRecord, jsonBytes } from './client/values';
import type { Transport, Way } from './client/transport';

type Variables = Record<string, unknown>;

export interface GraphqlCall {
	/** The name in the document; servers and logs show it. */
	operationName: string;
	document: string;
	/** From a function when they are many: what it returns is not kept in memory until the answer. */
	variables: Variables | (() => Variables);
	/** See `RequestOptions.repeatable`. */
	repeatable?: boolean;
	/** See `RequestOptions`. */
	attempts?: number;
	hasParts?: boolean;
}

/** Data and errors of an answer that has both, for documents whose fields fail one by one. */
export interface GraphqlPartialAnswer {
	data: Record<string, unknown>;
	errors: GraphqlErrorEntry[];
	/** Beside the errors; may hold the codes of the first one. */
	extensions?: unknown;
}

/**
 * Run a document whose failure is the failure of the whole.
 * @returns the `data` of the answer
 * @throws AdvocateError also when the answer is a 200 with `errors`
 */
export async function runGraphql(
	transport: Transport,
	call: GraphqlCall,
): Promise<Record<string, unknown>> {
	return await post(transport, call, (body) => {
		const errors = graphqlErrorsOf(body);
		if (errors.length > 0) throw errorFromGraphql(errors, body.extensions);
		if (!isRecord(body.data)) throw errorFromBadAnswer(200, body);
		return body.data;
	});
}

/**
 * Run a document with aliased fields that can fail one by one.
 * @returns what arrived; an error with a `path` belongs to the alias at its start
 * @throws AdvocateError when an error has no path, or there is no data at all
 */
export async function runGraphqlPartially(
	transport: Transport,
	call: GraphqlCall,
): Promise<GraphqlPartialAnswer> {
	return await post(transport, call, (body) => {
		const errors = graphqlErrorsOf(body);
		const unplaced = errors.filter((entry) => entry.path === undefined || entry.path.length === 0);
		if (unplaced.length > 0) throw errorFromGraphql(unplaced, body.extensions);
		if (isRecord(body.data)) return { data: body.data, errors, extensions: body.extensions };
		if (errors.length > 0) throw errorFromGraphql(errors, body.extensions);
		throw errorFromBadAnswer(200, body);
	});
}

async function post<T>(
	transport: Transport,
	call: GraphqlCall,
	read: (body: Record<string, unknown>) => T,
): Promise<T> {
	return await transport.request(
		{
			method: 'POST',
			path: '/graphql',
			body: jsonBytes({
				operationName: call.operationName,
				query: call.document,
				variables: typeof call.variables === 'function' ? call.variables() : call.variables,
			}),
			repeatable: call.repeatable,
			attempts: call.attempts,
			hasParts: call.hasParts,
		},
		(body) => {
			if (!isRecord(body)) throw errorFromBadAnswer(200, body);
			return read(body);
		},
	);
}

/** Whether an error says that the tenant's schema has no field, or type, of this name. */
export function lacksField(error: unknown, field: string): boolean {
	return (
		error instanceof AdvocateError &&
		error.kind === 'api' &&
		/cannot query field|undefined field|FieldUndefined|unknown (field|type)/i.test(error.message) &&
		error.message.includes(field)
	);
}

/**
 * Ask on one way, or on the other when that is closed.
 * @param preferred the way to try first
 * @throws AdvocateError when neither works
 */
export async function onOpenWay<T>(
	transport: Transport,
	preferred: Way,
	ask: Readonly<Record<Way, () => Promise<T>>>,
): Promise<T> {
	const other: Way = preferred === 'REST' ? 'GraphQL' : 'REST';
	if (transport.closedWays.has(preferred)) return await ask[other]();
	try {
		return await ask[preferred]();
	} catch (caught) {
		const refusal = expectAdvocateError(caught);
		if (!isClosedWay(refusal) || transport.closedWays.has(other)) throw refusal;
		try {
			const answer = await ask[other]();
			transport.closedWays.add(preferred);
			return answer;
		} catch (second) {
			const error = expectAdvocateError(second);
			if (isFatal(error)) throw refusal;
			// Only a way that is open leads to a rejection.
			if (error.kind === 'api' && !isRetryable(error)) transport.closedWays.add(preferred);
			throw error;
		}
	}
}

/** What the user should know about closed ways. */
export function wayNotes({ closedWays }: Transport): string[] {
	return [...closedWays].map((way) =>
		way === 'REST'
			? 'The API refused the REST endpoint for participants (403), so GraphQL was used for the rest of the run. Ask impact.com whether Open Endpoints are enabled for the tenant'
			: 'The API refused GraphQL (403), so participants were sent one by one over REST for the rest of the run. Ask impact.com for a token that may use GraphQL',
	);
}
