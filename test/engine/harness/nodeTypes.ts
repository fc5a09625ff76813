/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The node types of a test workflow: the node under test, and small stand-ins for n8n's own nodes around it. */
import './environment';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { NodeHelpers, UnexpectedError } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypes,
} from 'n8n-workflow';
import { loadNodeType } from './source';
import { parameter, passThrough, standIn, TRIGGER } from './standIn';
import type { Execute } from './standIn';

/** The type of the node under test, as a workflow file names it. */
export const NODE_TYPE = 'n8n-nodes-impact-advocate.impactAdvocate';

/** The type that n8n derives from it for AI agents: the same, under names that end with 'Tool'. */
export const TOOL_TYPE = `${NODE_TYPE}Tool`;

const asTool = (original: INodeType): INodeType => ({
	description: { ...original.description, name: `${original.description.name}Tool` },
	methods: original.methods,
	execute: original.execute,
});

/** Given items by node name: what a stand-in puts out in place of what it received. */
export type GivenItems = Record<string, INodeExecutionData[]>;

const copy = (items: INodeExecutionData[]): INodeExecutionData[] =>
	items.map((item) => ({ ...item }));

interface Assignment {
	name: string;
	value: unknown;
	type?: string;
}

/** Edit Fields: its manual mode (`assignments`) and its JSON mode. */
const editFields: Execute = async function () {
	const items = this.getInputData().map((item, index): INodeExecutionData => {
		const kept = this.getNodeParameter('includeOtherFields', index, false) ? item.json : {};
		const json: IDataObject = { ...kept };
		if (this.getNodeParameter('mode', index, 'manual') === 'raw') {
			const output: unknown = this.getNodeParameter('jsonOutput', index, '{}');
			Object.assign(json, typeof output === 'string' ? JSON.parse(output) : output);
		} else {
			const list = this.getNodeParameter('assignments.assignments', index, []) as Assignment[];
			for (const { name, value } of list) json[name] = value as IDataObject[string];
		}
		return { json, binary: item.binary, pairedItem: { item: index } };
	});
	return [items];
};

/** Read/Write Files from Disk: one file by its path. */
const readWriteFile: Execute = async function () {
	const results: INodeExecutionData[] = [];
	for (let index = 0; index < this.getInputData().length; index++) {
		if (this.getNodeParameter('operation', index, 'read') === 'write') {
			const path = String(this.getNodeParameter('fileName', index));
			const field = String(this.getNodeParameter('dataPropertyName', index, 'data'));
			await writeFile(path, await this.helpers.getBinaryDataBuffer(index, field));
			results.push({ ...this.getInputData()[index], pairedItem: { item: index } });
			continue;
		}
		const path = String(this.getNodeParameter('fileSelector', index));
		const field = String(this.getNodeParameter('options.dataPropertyName', index, 'data'));
		const binary = await this.helpers.prepareBinaryData(await readFile(path), basename(path));
		results.push({ json: {}, binary: { [field]: binary }, pairedItem: { item: index } });
	}
	return [results];
};

function standIns(): Record<string, INodeType> {
	return {
		'n8n-nodes-base.manualTrigger': standIn('manualTrigger', passThrough, TRIGGER),
		'n8n-nodes-base.scheduleTrigger': standIn('scheduleTrigger', passThrough, TRIGGER),
		'n8n-nodes-base.webhook': standIn('webhook', passThrough, TRIGGER),
		'n8n-nodes-base.stickyNote': standIn('stickyNote', passThrough, { inputs: [], outputs: [] }),
		'n8n-nodes-base.noOp': standIn('noOp'),
		'n8n-nodes-base.respondToWebhook': standIn('respondToWebhook'),
		'n8n-nodes-base.set': standIn('set', editFields, {
			properties: [
				parameter('mode', 'manual'),
				parameter('assignments', {}),
				parameter('jsonOutput', '{}'),
				parameter('includeOtherFields', false),
			],
		}),
		'n8n-nodes-base.readWriteFile': standIn('readWriteFile', readWriteFile, {
			properties: [
				parameter('operation', 'read'),
				parameter('fileSelector', ''),
				parameter('fileName', ''),
				parameter('dataPropertyName', 'data'),
				parameter('options', {}),
			],
		}),
	};
}

export class TestNodeTypes implements INodeTypes {
	/** How often the engine ran a node of the type under test, retries included. */
	executions = 0;

	readonly underTest: INodeType;

	private readonly types: Record<string, INodeType>;

	constructor(
		given: GivenItems = {},
		{ nodeType, extra = {} }: { nodeType?: INodeType; extra?: Record<string, INodeType> } = {},
	) {
		this.underTest = nodeType ?? loadNodeType();
		const count = () => this.executions++;
		const counted = withExecute(this.underTest, (original) => (count(), original()));
		this.types = { [NODE_TYPE]: counted, [TOOL_TYPE]: asTool(counted) };
		for (const [type, standsIn] of Object.entries({ ...standIns(), ...extra })) {
			this.types[type] = withExecute(standsIn, async (original, nodeName) =>
				nodeName in given ? [copy(given[nodeName])] : await original(),
			);
		}
	}

	getByName(type: string): INodeType {
		if (!(type in this.types)) {
			throw new UnexpectedError(`The tests have no node type ${type}; pass one in 'nodeTypes'`);
		}
		return this.types[type];
	}

	getByNameAndVersion(type: string, version?: number): INodeType {
		return NodeHelpers.getVersionedNodeType(this.getByName(type), version);
	}

	getKnownTypes(): IDataObject {
		return {};
	}
}

/** The node type with something around its `execute`. */
function withExecute(
	original: INodeType,
	around: (
		execute: () => Promise<INodeExecutionData[][]>,
		nodeName: string,
	) => Promise<INodeExecutionData[][]>,
): INodeType {
	return {
		description: original.description,
		methods: original.methods,
		async execute(this: IExecuteFunctions) {
			return await around(async () => {
				if (original.execute === undefined) throw new UnexpectedError('The node has no execute');
				return (await original.execute.call(this)) as INodeExecutionData[][];
			}, this.getNode().name);
		},
	};
}
