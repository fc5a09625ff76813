/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * The API's published schemas, when they are at hand: what is sent is held against them. They are not part of this
 * project; without them the tests that need them are skipped.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildASTSchema, getOperationAST, parse, validate } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { getVariableValues } from 'graphql/execution/values';
import { parse as parseYaml } from 'yaml';
import type { RecordedRequest } from '../simulator/recorder';

type JsonObject = Record<string, unknown>;

/** A published REST description. */
export type OpenApiName = keyof typeof FILES;

const FILES = {
	user: 'advocate-user-v13.openapi.yaml',
	export: 'advocate-export-v13.openapi.yaml',
	webhook: 'advocate-webhook-v13.openapi.yaml',
	account: 'advocate-account-v13.openapi.yaml',
	referral: 'advocate-referral-v13.openapi.yaml',
	referralCode: 'advocate-referralcode-v13.openapi.yaml',
	reward: 'advocate-reward-v13.openapi.yaml',
	rewardBalance: 'advocate-rewardbalance-v13.openapi.yaml',
	shareLinks: 'advocate-sharelinks-v13.openapi.yaml',
	// The last, for what those leave out: events are described here only.
	older: 'saasquatch-api-2023.swagger.yaml',
};

const REPOSITORY = resolve(__dirname, '../..');

/** Folder of the published schemas, or nothing. */
function referenceFolder(): string | undefined {
	const folder = process.env.ADVOCATE_REFERENCE ?? join(REPOSITORY, '../shared/reference');
	const candidates = [join(folder, 'vendor'), folder];
	return candidates.find((candidate) => existsSync(join(candidate, 'schema.graphql')));
}

/** Whether the published schemas are at hand. */
const hasReference = referenceFolder() !== undefined;

/** Say why tests are skipped; for the name of a `describe.skip`. */
const SKIPPED =
	"skipped: the API's schemas were not found (set ADVOCATE_REFERENCE to their folder)";

/** `describe` when the published schemas are at hand; otherwise the tests are skipped and their title says why. */
export function describeWithReference(title: string, tests: () => void): void {
	if (hasReference) describe(title, tests);
	else describe.skip(`${title} (${SKIPPED})`, tests);
}

function readReference(file: string): string {
	const folder = referenceFolder();
	if (folder === undefined) throw new Error(SKIPPED);
	return readFileSync(join(folder, file), 'utf8');
}

let schema: GraphQLSchema | undefined;
const descriptions = new Map<OpenApiName, JsonObject>();

/** The published GraphQL schema, taken as it is: it is not ours to check. */
export function vendorSchema(): GraphQLSchema {
	schema ??= buildASTSchema(parse(readReference('schema.graphql')), {
		assumeValidSDL: true,
		assumeValid: true,
	});
	return schema;
}

/** A published REST description. */
export function vendorOpenApi(name: OpenApiName): JsonObject {
	const known = descriptions.get(name) ?? (parseYaml(readReference(FILES[name])) as JsonObject);
	descriptions.set(name, known);
	return known;
}

/** Names of the published example events. */
export function vendorWebhookNames(): string[] {
	const folder = referenceFolder();
	const webhooks = folder === undefined ? '' : join(folder, 'webhooks');
	return existsSync(webhooks) ? readdirSync(webhooks).map((file) => file.replace('.json', '')) : [];
}

/** A published example event, as the bytes that would be delivered. */
export const vendorWebhook = (name: string): string =>
	readReference(join('webhooks', `${name}.json`));

function fail(problems: readonly string[], subject: string): void {
	if (problems.length > 0) throw new Error(`${subject}\n- ${problems.join('\n- ')}`);
}

/**
 * Check a GraphQL document, and its variables when given, against the published schema.
 * @throws when they don't fit, with every reason
 */
export function assertDocumentValid(
	query: string,
	variables?: JsonObject,
	operationName?: string,
): void {
	const document = parse(query);
	const problems = validate(vendorSchema(), document).map(({ message }) => message);
	const operation = getOperationAST(document, operationName);
	if (!operation) problems.push('The document has no operation to execute');
	if (operation && variables && problems.length === 0) {
		const result = getVariableValues(
			vendorSchema(),
			operation.variableDefinitions ?? [],
			variables,
		);
		problems.push(...(result.errors ?? []).map(({ message }) => message));
		const declared = new Set(
			operation.variableDefinitions?.map((node) => node.variable.name.value),
		);
		for (const name of Object.keys(variables)) {
			if (!declared.has(name)) problems.push(`Variable '${name}' is not declared`);
		}
	}
	fail(problems, `The document does not fit the published schema:\n${query}`);
}

function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A place in a description, with its `$ref` followed and its `allOf` put together. */
function resolveNode(node: unknown, description: JsonObject): JsonObject {
	if (!isObject(node)) return {};
	if (typeof node.$ref === 'string') {
		let target: unknown = description;
		for (const step of node.$ref.replace(/^#\//, '').split('/')) {
			target = isObject(target) ? target[step] : undefined;
		}
		if (!isObject(target)) throw new Error(`${node.$ref} leads nowhere`);
		return resolveNode(target, description);
	}
	if (!Array.isArray(node.allOf)) return node;
	const parts = node.allOf.map((part) => resolveNode(part, description));
	const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {})) as JsonObject;
	const required = parts.flatMap((part) => (Array.isArray(part.required) ? part.required : []));
	return { ...node, properties, required };
}

function typeOf(value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'array';
	return Number.isInteger(value) ? 'integer' : typeof value;
}

function hasType(value: unknown, type: unknown): boolean {
	const actual = typeOf(value);
	return type === undefined || type === actual || (type === 'number' && actual === 'integer');
}

/**
 * Names and types only. Null is taken for any property that is not required: the API documents it as "no value" in
 * its answers, and as "delete" for custom fields.
 */
function bodyProblems(
	value: unknown,
	node: unknown,
	description: JsonObject,
	where: string,
	alsoAllowed: readonly string[] = [],
): string[] {
	const expected = resolveNode(node, description);
	const { properties, items, additionalProperties } = expected;
	const type = expected.type ?? (properties === undefined ? undefined : 'object');
	if (!hasType(value, type)) return [`${where} must be ${String(type)}, not ${typeOf(value)}`];
	if (Array.isArray(value)) {
		return value.flatMap((entry, index) =>
			bodyProblems(entry, items, description, `${where}[${index}]`),
		);
	}
	if (!isObject(value)) return [];
	const required = Array.isArray(expected.required) ? (expected.required as string[]) : [];
	const problems = required
		.filter((name) => value[name] === undefined || value[name] === null)
		.map((name) => `${where}.${name} is required`);
	for (const [name, entry] of Object.entries(value)) {
		if (entry === undefined || entry === null || alsoAllowed.includes(name)) continue;
		const isKnown = isObject(properties) && Object.hasOwn(properties, name);
		if (isKnown) {
			problems.push(...bodyProblems(entry, properties[name], description, `${where}.${name}`));
		} else if (isObject(additionalProperties)) {
			problems.push(...bodyProblems(entry, additionalProperties, description, `${where}.${name}`));
		} else if (properties !== undefined && additionalProperties !== true) {
			problems.push(`${where}.${name} is not in the description`);
		}
	}
	return problems;
}

interface DescribedOperation {
	description: JsonObject;
	operation: JsonObject;
}

/** The published operation behind a method and a path such as `/api/v1/{alias}/users`. */
function findOperation(method: string, path: string): DescribedOperation | undefined {
	const steps = path.replace(/^\/api\/v1/, '').split('/');
	const found: Array<DescribedOperation & { placeholders: number }> = [];
	for (const name of Object.keys(FILES) as OpenApiName[]) {
		const description = vendorOpenApi(name);
		for (const [template, item] of Object.entries(description.paths ?? {})) {
			const expected = template.split('/');
			const isSame =
				expected.length === steps.length &&
				expected.every((step, index) => step.startsWith('{') || step === steps[index]);
			const operation: unknown = isSame && isObject(item) ? item[method.toLowerCase()] : undefined;
			const placeholders = expected.filter((step) => step.startsWith('{')).length;
			if (isObject(operation)) found.push({ description, operation, placeholders });
		}
	}
	// `/reward/balance` is a path of its own, not a reward with the ID 'balance'.
	return found.sort((first, second) => first.placeholders - second.placeholders)[0];
}

function mustFind(method: string, path: string): DescribedOperation {
	const found = findOperation(method, path);
	if (found === undefined)
		throw new Error(`${method} ${path} is not in the published descriptions`);
	return found;
}

function jsonSchemaOf(message: unknown, description: JsonObject): unknown {
	const { content } = resolveNode(message, description);
	const json = isObject(content) ? content['application/json'] : undefined;
	return isObject(json) ? json.schema : undefined;
}

/**
 * User fields that the older published description and the GraphQL schema list, and the v13 file leaves out.
 */
const FIELDS_OF_OLDER_DESCRIPTION = [
	'imageUrl',
	'referredBy',
	'referralCode',
	'paymentProviderId',
] as const;

/** The body of a request; the older description has it among the parameters. */
function bodySchemaOf(operation: JsonObject, description: JsonObject): unknown {
	if (operation.requestBody !== undefined) return jsonSchemaOf(operation.requestBody, description);
	const parameters = Array.isArray(operation.parameters) ? operation.parameters : [];
	return parameters
		.map((parameter) => resolveNode(parameter, description))
		.find((parameter) => parameter.in === 'body')?.schema;
}

/**
 * Check the body of a REST request: names and types of its properties.
 * @param path as sent, `/api/v1/{alias}/...`, with or without the `/api/v1`
 * @throws when the request is not described or its body does not fit
 */
export function assertRestBodyValid(method: string, path: string, body: unknown): void {
	const { description, operation } = mustFind(method, path);
	const expected = bodySchemaOf(operation, description);
	if (expected === undefined) {
		fail(body === undefined ? [] : ['No body is described'], `${method} ${path}`);
		return;
	}
	const problems = bodyProblems(body, expected, description, 'body', FIELDS_OF_OLDER_DESCRIPTION);
	fail(problems, `The body of ${method} ${path} does not fit the published description:`);
}

/**
 * Check the body of a REST answer. Answers may hold null for anything.
 * @throws when the answer is not described or its body does not fit
 */
export function assertRestAnswerValid(
	method: string,
	path: string,
	status: number,
	body: unknown,
): void {
	const { description, operation } = mustFind(method, path);
	const responses = isObject(operation.responses) ? operation.responses : {};
	const expected = jsonSchemaOf(responses[String(status)], description);
	if (expected === undefined) throw new Error(`${method} ${path} has no JSON answer ${status}`);
	const problems = bodyProblems(body, expected, description, 'answer');
	fail(problems, `The answer of ${method} ${path} does not fit the published description:`);
}

function assertQueryValid({ method, path, query }: RecordedRequest): void {
	const { description, operation } = mustFind(method, path);
	const parameters = Array.isArray(operation.parameters) ? operation.parameters : [];
	const names = parameters
		.map((parameter) => resolveNode(parameter, description))
		.filter((parameter) => parameter.in === 'query')
		.map((parameter) => parameter.name);
	const unknown = Object.keys(query).filter((name) => !names.includes(name));
	fail(
		unknown.map((name) => `'${name}' is not described`),
		`The query of ${method} ${path}:`,
	);
}

function assertRequestValid(request: RecordedRequest): void {
	const { method, path, body } = request;
	// Upload and download are described in prose only.
	if (path.endsWith('/export/upload') || path.startsWith('/downloads/')) return;
	if (path.endsWith('/graphql')) {
		if (!isObject(body) || typeof body.query !== 'string') throw new Error('No GraphQL query');
		const variables = isObject(body.variables) ? body.variables : {};
		const name = typeof body.operationName === 'string' ? body.operationName : undefined;
		assertDocumentValid(body.query, variables, name);
		return;
	}
	assertRestBodyValid(method, path, body);
	assertQueryValid(request);
}

/**
 * Check everything that was sent to a simulator against the published schemas.
 * @throws at the first request that does not fit
 */
export function assertRequestsValid(requests: readonly RecordedRequest[]): void {
	for (const request of requests) assertRequestValid(request);
}
