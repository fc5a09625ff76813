/** What an AI agent may do with an operation before the owner of the workflow allows the rest. */
import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ParameterError } from '../../shared/n8n/nodeErrors';

/**
 * Every operation decides. `open`: all of it. `partly`: the operation itself refuses what needs the owner's consent.
 * `closed`: nothing, for the reason that `risk` gives ("It can ...").
 */
export type AgentAccess =
	| { access: 'open' }
	| { access: 'partly' }
	| { access: 'closed'; risk: string };

export const OPEN_TO_AGENTS: AgentAccess = { access: 'open' };
export const PARTLY_OPEN_TO_AGENTS: AgentAccess = { access: 'partly' };
export const closedToAgents = (risk: string): AgentAccess => ({ access: 'closed', risk });

/** Segments that participants are taken out of at once: more is closer to Clear than to a change. */
export const MAX_AGENT_REMOVALS = 3;

const PARAMETER = 'allowAgent';
const DISPLAY_NAME = 'Allow AI Agent';

/**
 * The switch, shown where the node is an agent's tool. It takes no expression, so that an agent can't set it.
 * @param what completes "Whether an AI agent may ..."
 */
export function allowAgentField(
	resource: string,
	operation: string,
	what: string,
): INodeProperties {
	return {
		displayName: DISPLAY_NAME,
		name: PARAMETER,
		type: 'boolean',
		default: false,
		noDataExpression: true,
		description: `Whether an AI agent may ${what}`,
		displayOptions: { show: { '@tool': [true], resource: [resource], operation: [operation] } },
	};
}

/**
 * A field whose default for people is not the one for agents. n8n has no default that depends on where a node is used,
 * but takes two fields of one name of which one is shown.
 */
export function withAgentDefault(
	field: INodeProperties,
	agentDefault: INodeProperties['default'],
): INodeProperties[] {
	const { displayOptions } = field;
	const tool = { '@tool': [true] };
	return [
		{ ...field, displayOptions: { ...displayOptions, hide: { ...displayOptions?.hide, ...tool } } },
		{
			...field,
			default: agentDefault,
			displayOptions: { ...displayOptions, show: { ...displayOptions?.show, ...tool } },
		},
	];
}

/** Whether the node runs as the tool of an agent. Before n8n 2.10 only the type's name tells. */
export function isAgentTool(context: IExecuteFunctions): boolean {
	return context.isToolExecution?.() === true || context.getNode().type.endsWith('Tool');
}

/**
 * Refuse an agent that has not been allowed to do something. The switch is read as it stands in the workflow: n8n would
 * resolve an expression in it, which could be one that asks the agent.
 * @param what completes "An AI agent is not allowed to ... here"
 * @param reason a sentence without its full stop
 * @throws ParameterError
 */
export function assertAgentAllowed(context: IExecuteFunctions, what: string, reason: string): void {
	if (!isAgentTool(context) || context.getNode().parameters[PARAMETER] === true) return;
	throw new ParameterError(
		`An AI agent is not allowed to ${what} here`,
		`${reason}. Turn on '${DISPLAY_NAME}' in the tool if the agent may do that`,
	);
}

/**
 * Refuse an agent that takes participants out of many segments in one call, all of its items together.
 * @param displayName of the parameter that names the segments
 * @throws ParameterError
 */
export function assertAgentMayRemove(
	context: IExecuteFunctions,
	removals: number,
	displayName: string,
): void {
	if (removals <= MAX_AGENT_REMOVALS) return;
	assertAgentAllowed(
		context,
		`take participants out of more than ${MAX_AGENT_REMOVALS} segments at once`,
		`'${displayName}' names ${removals}`,
	);
}
