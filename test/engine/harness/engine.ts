/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/**
 * The only file that knows how n8n-core is called. n8n changes its internals between versions; what differs from
 * n8n-core 1.120 to 2.41 is dealt with here.
 */
import './environment';
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import {
	BinaryDataService,
	ExecuteContext,
	ExecutionLifecycleHooks,
	LoadOptionsContext,
	RoutingNode,
	WorkflowExecute,
} from 'n8n-core';
import * as n8nWorkflow from 'n8n-workflow';
import type {
	IBinaryData,
	INode,
	IRun,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
	Workflow,
	WorkflowExecuteMode,
} from 'n8n-workflow';

export { ExecuteContext, LoadOptionsContext, RoutingNode };

interface ServiceContainer {
	get<Service>(type: abstract new (...args: never[]) => Service): Service;
}

/** n8n-core's own copies: services are registered per copy, and npm may install several. */
const requireOfCore = createRequire(require.resolve('n8n-core'));

const { Container } = requireOfCore('@n8n/di') as { Container: ServiceContainer };

type Log = Record<'error' | 'warn' | 'info' | 'debug', (...line: unknown[]) => void>;

/** The logger that nodes write to. */
export const { Logger: N8nLogger } = requireOfCore('@n8n/backend-common') as {
	Logger: { prototype: Log };
};

/** Ids that n8n would take from its database; stored binary data is filed under them. */
const EXECUTION_ID = '1';
export const WORKFLOW_ID = 'test-workflow';

/** Whether this n8n can keep files inside json (workflow setting `binaryMode: combined`). */
export const HAS_COMBINED_BINARY_MODE = 'BINARY_MODE_COMBINED' in n8nWorkflow;

/** Whether this n8n keeps what an error was caused by. Older ones don't, and say less in a credential test. */
export const KEEPS_ERROR_CAUSE =
	new n8nWorkflow.NodeOperationError({} as INode, new Error('cause')).cause !== undefined;

/**
 * Whether this n8n takes an item with `error` and `details` for a failed one. It is not told to nodes, so its code is
 * looked at.
 */
export const KNOWS_ERROR_DETAILS = readFileSync(
	join(dirname(require.resolve('n8n-core')), 'execution-engine', 'workflow-execute.js'),
	'utf8',
).includes("'details'");

export interface CancelableRun extends PromiseLike<IRun> {
	cancel(): void;
}

let ready: Promise<BinaryDataService> | undefined;

/** Start what an n8n process has once: its binary data store. */
export async function binaryDataService(): Promise<BinaryDataService> {
	ready ??= (async () => {
		const service = Container.get(BinaryDataService);
		await service.init();
		return service;
	})();
	return await ready;
}

/** Store a file as n8n does between two nodes: on disk, with a reference in the item. */
export async function storeBinary(
	content: Buffer | Readable,
	binary: IBinaryData,
): Promise<IBinaryData> {
	const service = await binaryDataService();
	const location = {
		type: 'execution',
		workflowId: WORKFLOW_ID,
		executionId: EXECUTION_ID,
	} as const;
	const store = service.store.bind(service) as (...args: unknown[]) => Promise<IBinaryData>;
	// In 1.x the location is two arguments.
	return service.store.length === 4
		? await store(WORKFLOW_ID, EXECUTION_ID, content, binary)
		: await store(location, content, binary);
}

export async function loadBinary(binary: IBinaryData): Promise<Buffer> {
	return await (await binaryDataService()).getAsBuffer(binary);
}

/** What n8n's server tells the engine about an execution. */
export interface ExecutionFacts {
	executionId?: string;
	/** When its time-out ends it, in milliseconds since the epoch. */
	executionEndsAt?: number;
}

/** Where n8n would be reachable. Only parsed, never called. */
const BASE_URL = 'http://localhost:5678';

export function createAdditionalData(
	credentialsHelper: IWorkflowExecuteAdditionalData['credentialsHelper'],
	workflowData: Pick<IWorkflowBase, 'id' | 'name'>,
	mode: WorkflowExecuteMode,
	{ executionId = EXECUTION_ID, executionEndsAt }: ExecutionFacts = {},
): IWorkflowExecuteAdditionalData {
	const additionalData: Partial<IWorkflowExecuteAdditionalData> = {
		executionId,
		executionTimeoutTimestamp: executionEndsAt,
		credentialsHelper,
		hooks: new ExecutionLifecycleHooks(mode, executionId, workflowData as IWorkflowBase),
		currentNodeExecutionIndex: 0,
		restApiUrl: `${BASE_URL}/rest`,
		instanceBaseUrl: BASE_URL,
		webhookBaseUrl: `${BASE_URL}/webhook`,
		webhookTestBaseUrl: `${BASE_URL}/webhook-test`,
		webhookWaitingBaseUrl: `${BASE_URL}/webhook-waiting`,
		formWaitingBaseUrl: `${BASE_URL}/form-waiting`,
		variables: {},
		setExecutionStatus() {},
	};
	return additionalData as IWorkflowExecuteAdditionalData;
}

/** Run a workflow from a node on. */
export function startRun(
	workflow: Workflow,
	startNode: INode,
	additionalData: IWorkflowExecuteAdditionalData,
	mode: WorkflowExecuteMode,
): CancelableRun {
	const engine = new WorkflowExecute(additionalData, mode);
	const run = engine.run.bind(engine) as (...args: unknown[]) => CancelableRun;
	// In older versions the arguments are positions, in newer ones fields of one object.
	return engine.run.length > 1 ? run(workflow, startNode) : run({ workflow, startNode });
}

/**
 * Go on with a failed execution, as n8n does when somebody presses Retry: what it left is read from the database, the
 * error and the last task of the failed node go, and the engine takes up what was on its stack (n8n's
 * `execution.service`, the same from 1.123 to 2.41 in what matters here).
 */
export function retryRun(
	workflow: Workflow,
	failed: IRun,
	additionalData: IWorkflowExecuteAdditionalData,
): CancelableRun {
	const data = JSON.parse(JSON.stringify(failed.data)) as IRun['data'];
	const { resultData } = data;
	delete resultData.error;
	const tasks = resultData.runData[resultData.lastNodeExecuted ?? ''];
	if (tasks?.at(-1)?.error !== undefined) tasks.pop();
	const engine = new WorkflowExecute(additionalData, 'retry', data as never);
	return engine.processRunExecutionData(workflow) as unknown as CancelableRun;
}

/** The context in which n8n runs a credential test. */
export function createTestContext(
	workflow: Workflow,
	node: INode,
	additionalData: IWorkflowExecuteAdditionalData,
): ExecuteContext {
	return new ExecuteContext(
		workflow,
		node,
		additionalData,
		'internal',
		{ version: 1, resultData: { runData: {} } } as unknown as ConstructorParameters<
			typeof ExecuteContext
		>[4],
		0,
		[],
		{ main: [[{ json: {} }]] },
		{ node, data: {}, source: null },
		[],
	);
}
