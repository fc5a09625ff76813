/** Calls what fills the node's lists in the editor, in n8n's own context for that. */
import { Workflow } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	INodeListSearchResult,
	INodeParameters,
	INodePropertyOptions,
	INodeType,
} from 'n8n-workflow';
import { CREDENTIAL_NAME, CREDENTIAL_REFERENCE, TestCredentialsHelper } from './credentials';
import { createAdditionalData, LoadOptionsContext, WORKFLOW_ID } from './engine';
import { NODE_TYPE, TestNodeTypes } from './nodeTypes';

interface MethodOptions {
	/** What the user has chosen in the node so far. */
	parameters?: INodeParameters;
	credentials?: ICredentialDataDecryptedObject;
	nodeType?: INodeType;
	/** Of the parameter that the list belongs to. */
	path?: string;
}

/** Page of a resource locator's list. */
export async function pickFromList(
	methodName: string,
	options: MethodOptions & { filter?: string; paginationToken?: string } = {},
): Promise<INodeListSearchResult> {
	const { nodeType, context } = prepare(options);
	const method = nodeType.methods?.listSearch?.[methodName];
	if (method === undefined) throw new Error(`The node has no listSearch method '${methodName}'`);
	const result = await method.call(context, options.filter, options.paginationToken);
	// The editor gets it as JSON and sends the token back as text.
	const sent = JSON.parse(JSON.stringify(result)) as INodeListSearchResult;
	return typeof sent.paginationToken === 'number'
		? { ...sent, paginationToken: String(sent.paginationToken) }
		: sent;
}

/** Options of a list parameter. */
export async function loadOptions(
	methodName: string,
	options: MethodOptions = {},
): Promise<INodePropertyOptions[]> {
	const { nodeType, context } = prepare(options);
	const method = nodeType.methods?.loadOptions?.[methodName];
	if (method === undefined) throw new Error(`The node has no loadOptions method '${methodName}'`);
	return await method.call(context);
}

function prepare({ parameters = {}, credentials, nodeType, path = 'parameters' }: MethodOptions) {
	const nodeTypes = new TestNodeTypes({}, { nodeType });
	const name = 'Temp-Node';
	const workflow = new Workflow({
		nodes: [
			{
				id: 'uuid-1234',
				name,
				type: NODE_TYPE,
				typeVersion: 1,
				position: [0, 0],
				parameters,
				credentials: { [CREDENTIAL_NAME]: CREDENTIAL_REFERENCE },
			},
		],
		connections: {},
		active: false,
		nodeTypes,
	});
	const helper = new TestCredentialsHelper(credentials);
	const additionalData = createAdditionalData(
		helper,
		{ id: WORKFLOW_ID, name: 'Test' },
		'internal',
	);
	additionalData.currentNodeParameters = parameters;
	// The editor's requests belong to no execution.
	additionalData.executionId = undefined;
	const context = new LoadOptionsContext(workflow, workflow.nodes[name], additionalData, path);
	return { nodeType: nodeTypes.underTest, context };
}
