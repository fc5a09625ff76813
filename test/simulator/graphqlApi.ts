/** The GraphQL endpoint: documents are executed by graphql-js, errors come back with status 200. */
import { execute, getOperationAST } from 'graphql';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { describeOperation, SchemaVersions } from './documents';
import type { OperationInfo } from './documents';
import { failures } from './failures';
import type { ApiFailure } from './failures';
import { apiErrorOf, root } from './resolvers';
import type { GraphqlContext } from './resolvers';

/** A GraphQL request as posted. */
export interface GraphqlRequest {
	query: string;
	operationName?: string;
	variables: Record<string, unknown>;
}

/** The JSON answer. */
export interface GraphqlAnswer {
	data?: unknown;
	errors?: unknown[];
	extensions?: { apiError: Record<string, unknown> };
}

/** Read the posted body; nothing when it is no GraphQL request. */
export function readGraphqlRequest(body: unknown): GraphqlRequest | undefined {
	if (!isRecord(body) || typeof body.query !== 'string') return undefined;
	const { query, operationName, variables } = body;
	return {
		query,
		operationName: typeof operationName === 'string' ? operationName : undefined,
		variables: isRecord(variables) ? variables : {},
	};
}

/** An answer that carries one error of the API, as GraphQL gives it. */
export function failureAnswer(failure: ApiFailure): GraphqlAnswer {
	return {
		data: null,
		errors: [{ message: failure.message }],
		extensions: { apiError: { ...failure.toBody() } },
	};
}

function toAnswer({ data, errors }: ExecutionResult): GraphqlAnswer {
	if (errors === undefined) return { data };
	const [failure] = errors.flatMap((error) => apiErrorOf(error) ?? []);
	const answer: GraphqlAnswer = { data, errors: errors.map((error) => error.toJSON()) };
	if (failure !== undefined) answer.extensions = { apiError: { ...failure.toBody() } };
	return answer;
}

/** What kind of operation is asked for. */
function operationOf(document: DocumentNode, name: string | undefined): string | undefined {
	return getOperationAST(document, name)?.operation;
}

/** Data in which no participant's segments are told. */
function withoutSegments(data: unknown): unknown {
	if (Array.isArray(data)) return data.map(withoutSegments);
	if (typeof data !== 'object' || data === null) return data;
	const isUser = 'accountId' in data;
	return Object.fromEntries(
		Object.entries(data)
			.filter(([name]) => !(isUser && name === 'segments'))
			.map(([name, value]) => [name, withoutSegments(value)]),
	);
}

/** Executes documents and says what they are about. */
export class GraphqlApi {
	private readonly versions = new SchemaVersions();

	/** What a request is about; nothing when it can't be read. */
	describe(request: GraphqlRequest, upsertUsersAvailable: boolean): OperationInfo | undefined {
		const { document } = this.versions.get(upsertUsersAvailable).prepare(request.query);
		if (document === undefined) return undefined;
		return describeOperation(document, request.operationName, request.variables);
	}

	/**
	 * Execute a request.
	 * @throws ApiFailure when the body is no GraphQL request
	 */
	async answer(
		request: GraphqlRequest | undefined,
		context: GraphqlContext,
	): Promise<GraphqlAnswer> {
		if (request === undefined) throw failures.invalidJson("The body has no 'query'.");
		const version = this.versions.get(context.options.upsertUsersAvailable);
		const { document, errors } = version.prepare(request.query);
		if (document === undefined || errors.length > 0) {
			return { errors: errors.map((error) => error.toJSON()) };
		}
		const result = await execute({
			schema: version.schema,
			document,
			rootValue: root,
			contextValue: context,
			variableValues: request.variables,
			operationName: request.operationName,
		});
		const answer = toAnswer(result);
		const { segmentsTold } = context.options;
		const isMutation = operationOf(document, request.operationName) === 'mutation';
		const isTold = segmentsTold === 'always' || (segmentsTold === 'onLookUp' && !isMutation);
		return isTold ? answer : { ...answer, data: withoutSegments(answer.data) };
	}
}
