/** GraphQL calls: one document in, its data out; errors inside a 200 are errors. */
import { AdvocateError } from './client/error';
import { errorFromBadAnswer, errorFromGraphql, graphqlErrorsOf } from './client/readErrors';
import type { GraphqlErrorEntry } from './client/readErrors';
import { isRecord, jsonBytes } from './client/values';
import type { Transport } from './client/transport';

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
