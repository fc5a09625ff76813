/** Node types that stand in for nodes of n8n: they take the real node's parameters and do as much as a test needs. */
import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';

export type Execute = (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;

export const passThrough: Execute = async function () {
	return [this.getInputData()];
};

/** What makes the description that of a trigger. */
export const TRIGGER: Partial<INodeTypeDescription> = { group: ['trigger'], inputs: [] };

/** Every version that workflows of the tests, the examples and the documents name. */
const VERSIONS = [1, 1.1, 1.2, 1.3, 1.4, 2, 2.1, 2.2, 3, 3.1, 3.2, 3.3, 3.4, 4.2];

/** A node type under the name of a node of n8n. */
export function standIn(
	name: string,
	execute: Execute = passThrough,
	description: Partial<INodeTypeDescription> = {},
): INodeType {
	return {
		description: {
			displayName: name,
			name,
			group: ['transform'],
			version: VERSIONS,
			description: 'Stands in for a node of n8n',
			defaults: { name },
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
			...description,
		},
		execute,
	};
}

/** A parameter that keeps what the workflow file says: n8n drops parameters that a node type doesn't declare. */
export const parameter = (name: string, fallback: unknown): INodeProperties => ({
	displayName: name,
	name,
	type: 'json',
	default: fallback as INodeProperties['default'],
});
