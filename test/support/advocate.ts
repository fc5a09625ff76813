/** What the engine tests share: a simulator per file, credentials for it, parameters, and what was sent. */
import type {
	INodeExecutionData,
	INodeParameterResourceLocator,
	INodeParameters,
} from 'n8n-workflow';
import { KNOWS_ERROR_DETAILS, runNode } from '../engine/harness';
import type { NodeOptions, NodeRun } from '../engine/harness';
import type { Simulator } from '../simulator/server';
import { credentials } from './simulator';

export { addSegments, credentials, keyCredentials, SOME_SEGMENTS, useSimulator } from './simulator';

/** Runs the node with a credential for the simulator. */
export function nodeRunner(simulator: () => Simulator) {
	return async (
		parameters: INodeParameters,
		options: Partial<NodeOptions> = {},
	): Promise<NodeRun> =>
		await runNode({ parameters, credentials: credentials(simulator()), ...options });
}

const locator =
	(mode: string) =>
	(value: string): INodeParameterResourceLocator => ({ __rl: true, mode, value });

export const byId = locator('id');
export const byEmail = locator('email');
export const byKey = locator('key');
export const byName = locator('name');
export const fromList = locator('list');

/** Parameters of an operation on a participant; the participant is the item's `id` unless told. */
export function onParticipant(
	operation: string,
	parameters: INodeParameters = {},
): INodeParameters {
	return {
		resource: 'participant',
		operation,
		participant: byId('={{ $json.id }}'),
		...parameters,
	};
}

/** Parameters of an operation on a segment. */
export function onSegment(operation: string, parameters: INodeParameters = {}): INodeParameters {
	return { resource: 'segment', operation, ...parameters };
}

/** An expression that gives this value: parameters that n8n would otherwise check as fixed values. */
export const expression = (value: unknown): string => `={{ ${JSON.stringify(value)} }}`;

/** Parameters with which every operation runs; each takes what it knows and leaves the rest. */
export function forAnyOperation(
	resource: string,
	operation: string,
	more: INodeParameters = {},
): INodeParameters {
	return {
		resource,
		operation,
		participant: byId('a'),
		participantId: 'a',
		segment: byKey('vip'),
		segmentName: 'VIP',
		updateFields: { name: 'VIP' },
		jobId: 'j1',
		csvSource: 'text',
		listSource: 'text',
		csvText: 'id\na\n',
		segments: expression(operation === 'clearSegments' ? [] : ['vip']),
		addSegments: expression(['vip']),
		eventKey: byKey('signup'),
		rewardFrom: 'credit',
		rewardKey: byKey('welcome'),
		...{ amount: 5, maxPerItem: 10, unit: byName('CENTS'), discountPercent: 5 },
		...{ rewardId: 'reward1', redeemAccountId: 'a', referralId: 'referral1' },
		...more,
	};
}

/** The reading of segments that a run begins with. */
const READS_SEGMENTS: readonly unknown[] = ['LookUpSegments', 'ListSegments'];

/** All requests but those that look segments up. Tests of names count them; others are about what comes after. */
export const apartFromSegments = ({ requests }: Simulator): Simulator['requests'] =>
	requests.filter(({ operationName }) => !READS_SEGMENTS.includes(operationName));

/** The requests that look segments up, by GraphQL operation. */
export const segmentReads = ({ requests }: Simulator): unknown[] =>
	requests
		.map(({ operationName }) => operationName)
		.filter((name) => READS_SEGMENTS.includes(name));

/**
 * Let the API refuse to say which segments there are, as it does with a key that lacks the right: what is given is then
 * taken for keys, and only the answers to writes tell what became of them.
 */
export function hideSegments({ faults }: Simulator): void {
	for (const operationName of READS_SEGMENTS as string[]) {
		faults.add({
			match: { operationName },
			times: 'always',
			then: { kind: 'status', status: 403 },
		});
	}
}

/** The requests in short, without looking up segments: method and path below the tenant, or the GraphQL operation. */
export const sent = (simulator: Simulator): string[] =>
	inShort(simulator, apartFromSegments(simulator));

/** All requests in short. */
export const allSent = (simulator: Simulator): string[] => inShort(simulator, simulator.requests);

function inShort(
	{ credentials: { tenantAlias } }: Simulator,
	requests: Simulator['requests'],
): string[] {
	const prefix = `/api/v1/${tenantAlias}`;
	return requests.map(({ method, path, operationName }) =>
		path === `${prefix}/graphql` ? String(operationName) : `${method} ${path.slice(prefix.length)}`,
	);
}

/** The bodies of the requests of one kind, by GraphQL operation or method. */
export function bodies<Body = Record<string, unknown>>(simulator: Simulator, kind: string): Body[] {
	return simulator.requests
		.filter(({ method, operationName }) => operationName === kind || method === kind)
		.map(({ body }) => body as Body);
}

/** The inputs of every `upsertUsers` request. */
export function batches(
	simulator: Simulator,
): Array<Array<{ id: string; accountId: string; segments?: string[] }>> {
	return bodies<{ variables: { userInputs: [] } }>(simulator, 'UpsertParticipants').map(
		({ variables }) => variables.userInputs,
	);
}

/** Indexes of the input items that the output items are paired with. */
export const pairs = (items: INodeExecutionData[]): unknown[] =>
	items.map(({ pairedItem }) =>
		typeof pairedItem === 'object' && !Array.isArray(pairedItem) ? pairedItem.item : pairedItem,
	);

/** What a person sees of a failure. */
export interface ShownError {
	message?: string;
	description?: string | null;
	httpCode?: string | null;
	context?: { itemIndex?: number; data?: unknown };
}

/** The failure of an item, or of the node. */
export function shown(failure: unknown): ShownError {
	const { message, description, httpCode, context } = failure as ShownError;
	return { message, description, httpCode, context };
}

/**
 * JSON of a failed item on the error output: the input's fields, and what n8n understands in this version.
 * @param fields of the input item, where n8n adds them
 */
export const failedJson = (
	error: unknown,
	details: { hint?: unknown; [name: string]: unknown },
	fields: object = {},
): object => ({
	...fields,
	error,
	...(KNOWS_ERROR_DETAILS ? { details } : { message: details.hint ?? expect.any(String) }),
});

/** Names of `n` participants: p0, p1, ... */
export const people = (n: number): Array<{ id: string }> =>
	Array.from({ length: n }, (_, index) => ({ id: `p${index}` }));
