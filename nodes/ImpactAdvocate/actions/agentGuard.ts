/** Operations that can undo much at once are closed to AI agents until the owner of the workflow opens them. */
import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ParameterError } from './nodeErrors';

const PARAMETER = 'allowAgent';
const DISPLAY_NAME = 'Allow AI Agent';

/** The switch, shown where the node is an agent's tool. It takes no expression, so that an agent can't set it. */
export function allowAgentField(resource: string, operation: string): INodeProperties {
	return {
		displayName: DISPLAY_NAME,
		name: PARAMETER,
		type: 'boolean',
		default: false,
		noDataExpression: true,
		description:
			'Whether an AI agent may use this operation, which can take many participants out of segments',
		displayOptions: { show: { '@tool': [true], resource: [resource], operation: [operation] } },
	};
}

/** Whether the node runs as the tool of an agent. Before n8n 2.10 only the type's name tells. */
export function isAgentTool(context: IExecuteFunctions): boolean {
	return context.isToolExecution?.() === true || context.getNode().type.endsWith('Tool');
}

/**
 * Refuse an agent that has not been allowed to use the operation. The switch is read as it stands in the workflow: n8n
 * would resolve an expression in it, which could be one that asks the agent.
 * @throws ParameterError
 */
export function assertAgentAllowed(context: IExecuteFunctions): void {
	if (!isAgentTool(context) || context.getNode().parameters[PARAMETER] === true) return;
	throw new ParameterError(
		'An AI agent is not allowed to use this operation here',
		`It can take many participants out of segments. Turn on '${DISPLAY_NAME}' in the tool if the agent may do that`,
	);
}
