/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Runs the node, or a whole workflow, in n8n's execution engine. */
import { Workflow } from 'n8n-workflow';
import type {
	ExecutionError,
	IConnections,
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IRun,
	IWorkflowSettings,
	NodeExecutionHint,
	OnError,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { CREDENTIAL_NAME, CREDENTIAL_REFERENCE, TestCredentialsHelper } from './credentials';
import { binaryDataService, createAdditionalData, retryRun, startRun, WORKFLOW_ID } from './engine';
import type { ExecutionFacts } from './engine';
import { assertInGroups, inGroups } from './groupedOptions';
import { NODE_TYPE, TestNodeTypes, TOOL_TYPE } from './nodeTypes';
import type { GivenItems } from './nodeTypes';
import { loadNodeType } from './source';

/** Ends an execution, for each that goes on. */
const running = new Set<() => void>();

/**
 * A test that Jest gave up leaves its execution behind, which would go on against a simulator that is closed by then: it
 * would wait for the API as long as a run may (five minutes), and Jest with it. Outside of Jest there are no such hooks.
 */
if (typeof afterAll === 'function') {
	afterAll(() => {
		for (const cancel of running) cancel();
	});
}

/** How an execution is ended from outside. */
interface RunControl {
	/** Milliseconds after which the execution is cancelled, as n8n does it for its own time-out. */
	timeoutMs?: number;
	/** Gets the function that stops the execution, as the user's Stop button does. */
	cancelAfter?: (cancel: () => void) => void;
	mode?: WorkflowExecuteMode;
	/** The failed execution to retry, as by n8n's button: its data go on. */
	retryOf?: IRun;
}

export interface WorkflowInput {
	name?: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
	staticData?: IDataObject;
}

export interface WorkflowOptions extends RunControl, ExecutionFacts {
	/** Data of the Advocate credential. */
	credentials?: ICredentialDataDecryptedObject;
	/** What stand-ins for triggers and other nodes put out, by node name. */
	given?: GivenItems;
	/** Node types beyond the stand-ins, by type name. */
	nodeTypes?: Record<string, INodeType>;
	staticData?: IDataObject;
	/** Instead of the node under test. */
	nodeType?: INodeType;
	/** Name of the node to start from; by default the first one without an input. */
	startNode?: string;
}

export interface WorkflowRun {
	/** `success`, `error` or `canceled`. */
	status: IRun['status'];
	/** What ended the execution. */
	error?: ExecutionError;
	/** Items that a node put out in its last run, by output. */
	outputs(nodeName: string): INodeExecutionData[][];
	/** Items of a node's first output. */
	items(nodeName: string): INodeExecutionData[];
	hints(nodeName: string): NodeExecutionHint[];
	/** How often a credential was decrypted. */
	decryptions: number;
	/** How often the engine ran a node of the type under test, retries included. */
	executions: number;
	staticData: IDataObject;
	run: IRun;
}

export interface NodeOptions extends RunControl, ExecutionFacts {
	/** Options may stand without their groups. */
	parameters: INodeParameters;
	/** One empty item by default. */
	input?: INodeExecutionData[] | IDataObject[];
	credentials?: ICredentialDataDecryptedObject;
	onError?: OnError;
	retryOnFail?: boolean;
	maxTries?: number;
	waitBetweenTries?: number;
	alwaysOutputData?: boolean;
	/** Only the first item is processed. */
	executeOnce?: boolean;
	binaryMode?: 'separate' | 'combined';
	/** What the node has kept from an earlier run: `staticData` of that. */
	staticData?: IDataObject;
	/** Instead of the node under test. */
	nodeType?: INodeType;
	/** The node as an AI agent has it. */
	asTool?: boolean;
	typeVersion?: number;
}

export interface NodeRun {
	status: IRun['status'];
	/** Items of the first output. */
	main: INodeExecutionData[];
	/** Items of every output; the last one is the error output with `onError: 'continueErrorOutput'`. */
	outputs: INodeExecutionData[][];
	/** What ended the node, or the execution. */
	error?: ExecutionError;
	hints: NodeExecutionHint[];
	decryptions: number;
	executions: number;
	staticData: IDataObject;
	executionTimeMs: number;
	run: IRun;
}

const INPUT_NODE = 'Input';
const TESTED_NODE = 'Advocate';

const isUnderTest = (type: string): boolean => [NODE_TYPE, TOOL_TYPE].includes(type);

/** Run a workflow, such as those of `examples/`, from its first node to the end. */
export async function runWorkflow(
	workflowJson: WorkflowInput,
	options: WorkflowOptions = {},
): Promise<WorkflowRun> {
	await binaryDataService();
	const { mode = 'manual', given, nodeTypes: extra, nodeType } = options;
	const nodeTypes = new TestNodeTypes(given, { extra, nodeType });
	const { nodes, connections, settings, name = 'Test' } = structuredClone(workflowJson);
	for (const { type, parameters } of nodes) {
		if (isUnderTest(type)) assertInGroups(nodeTypes.underTest.description, parameters);
	}
	const workflow = new Workflow({
		id: WORKFLOW_ID,
		name,
		nodes,
		connections,
		active: false,
		nodeTypes,
		settings,
		staticData: options.staticData ?? workflowJson.staticData,
	});
	const credentialsHelper = new TestCredentialsHelper(options.credentials);
	const workflowData = { id: WORKFLOW_ID, name };
	const additionalData = createAdditionalData(credentialsHelper, workflowData, mode, options);
	const execution =
		options.retryOf === undefined
			? startRun(workflow, findStartNode(workflow, options.startNode), additionalData, mode)
			: retryRun(workflow, options.retryOf, additionalData);
	const cancel = () => execution.cancel();
	running.add(cancel);
	const timer = options.timeoutMs === undefined ? undefined : setTimeout(cancel, options.timeoutMs);
	options.cancelAfter?.(cancel);
	let run: IRun;
	try {
		run = await execution;
	} finally {
		clearTimeout(timer);
		running.delete(cancel);
	}
	const { runData, error } = run.data.resultData;
	const lastTask = (nodeName: string) => runData[nodeName]?.at(-1);
	const outputs = (nodeName: string) =>
		(lastTask(nodeName)?.data?.main ?? []).map((items) => items ?? []);
	return {
		status: run.status,
		error,
		outputs,
		items: (nodeName) => outputs(nodeName)[0] ?? [],
		hints: (nodeName) => lastTask(nodeName)?.hints ?? [],
		decryptions: credentialsHelper.decryptions,
		executions: nodeTypes.executions,
		staticData: workflow.staticData,
		run,
	};
}

/** Run the node once on some items. */
export async function runNode(options: NodeOptions): Promise<NodeRun> {
	const { parameters, input = [{}], nodeType, typeVersion = 1 } = options;
	const node: INode = {
		id: 'tested',
		name: TESTED_NODE,
		type: options.asTool ? TOOL_TYPE : NODE_TYPE,
		typeVersion,
		position: [200, 0],
		parameters: inGroups((nodeType ?? loadNodeType()).description, parameters),
		credentials: { [CREDENTIAL_NAME]: CREDENTIAL_REFERENCE },
		onError: options.onError,
		retryOnFail: options.retryOnFail,
		maxTries: options.maxTries,
		waitBetweenTries: options.waitBetweenTries ?? 0,
		alwaysOutputData: options.alwaysOutputData,
		executeOnce: options.executeOnce,
	};
	const workflow: WorkflowInput = {
		nodes: [
			{
				id: 'input',
				name: INPUT_NODE,
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			node,
		],
		connections: { [INPUT_NODE]: { main: [[{ node: TESTED_NODE, type: 'main', index: 0 }]] } },
		settings: { binaryMode: options.binaryMode ?? 'separate' } as IWorkflowSettings,
	};
	const { timeoutMs, cancelAfter, mode, credentials, staticData } = options;
	const { executionId, executionEndsAt, retryOf } = options;
	const result = await runWorkflow(workflow, {
		timeoutMs,
		cancelAfter,
		mode,
		retryOf,
		credentials,
		executionId,
		executionEndsAt,
		nodeType,
		staticData,
		given: { [INPUT_NODE]: input.map(toItem) },
	});
	const task = result.run.data.resultData.runData[TESTED_NODE]?.at(-1);
	const outputs = result.outputs(TESTED_NODE);
	return {
		status: result.status,
		main: outputs[0] ?? [],
		outputs,
		error: task?.error ?? result.error,
		hints: result.hints(TESTED_NODE),
		decryptions: result.decryptions,
		executions: result.executions,
		staticData: result.staticData,
		executionTimeMs: task?.executionTime ?? 0,
		run: result.run,
	};
}

function toItem(item: INodeExecutionData | IDataObject): INodeExecutionData {
	const isItem = typeof item.json === 'object' && item.json !== null;
	return isItem ? (item as INodeExecutionData) : { json: item as IDataObject };
}

function findStartNode(workflow: Workflow, name: string | undefined): INode {
	const nodes = Object.values(workflow.nodes);
	const start =
		name === undefined
			? nodes.find(
					(node) =>
						node.type !== 'n8n-nodes-base.stickyNote' &&
						node.name in workflow.connectionsBySourceNode &&
						!(node.name in workflow.connectionsByDestinationNode),
				)
			: workflow.getNode(name);
	if (!start) throw new Error('The workflow has no node to start from');
	return start;
}
