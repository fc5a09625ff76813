/** One workflow with a node for each operation of the package's node. */
import { randomUUID } from 'node:crypto';
import { NodeHelpers } from 'n8n-workflow';
import type {
	IDataObject,
	INode,
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
	INodeTypeDescription,
	NodeParameterValueType,
} from 'n8n-workflow';
import type { ActionCase } from './actionCases';
import type { WorkflowJson } from './editorApi';
import { CREDENTIAL_TYPE } from './fixtures';
import { NODE_TYPE } from './instance';

/** An operation as the node describes it. */
export interface DescribedOperation {
	/** `resource/operation`. */
	key: string;
	/** What n8n calls the action, and a node of it. */
	action: string;
	/** The words below the node on the canvas. */
	subtitle: string;
	/** The fields that are shown first. */
	fields: INodeProperties[];
	/** Those of them to which other fields can be added. */
	collections: INodeProperties[];
	/** Nothing but resource and operation. */
	parameters: INodeParameters;
	/** All of them, as they are when the node is added. */
	complete: INodeParameters;
}

/** What n8n adds to each list of operations, for its HTTP Request node. */
const CUSTOM_API_CALL = '__CUSTOM_API_CALL__';

/** All operations of the node, in the order of the description. */
export function operationsOf(description: INodeTypeDescription): DescribedOperation[] {
	const { properties } = description;
	return properties.flatMap((property) => {
		if (property.name !== 'operation') return [];
		const [resource] = (property.displayOptions?.show?.resource ?? []) as string[];
		return (property.options as INodePropertyOptions[])
			.filter(({ value }) => value !== CUSTOM_API_CALL)
			.map((option) => describe(description, resource, option));
	});
}

function describe(
	description: INodeTypeDescription,
	resource: string,
	{ name, value, action = name }: INodePropertyOptions,
): DescribedOperation {
	const parameters = { resource, operation: value };
	const node = nodeOf(action, parameters);
	const { properties } = description;
	const complete =
		NodeHelpers.getNodeParameters(properties, parameters, true, false, node, description) ?? {};
	const fields = properties.filter((property) =>
		NodeHelpers.displayParameter(complete, property, node, description),
	);
	return {
		key: `${resource}/${String(value)}`,
		action,
		subtitle: resource === 'bulk' ? name : `${name}: ${resource}`,
		fields,
		collections: fields.filter(isCollection),
		parameters,
		complete,
	};
}

const isCollection = ({ type }: INodeProperties): boolean =>
	type === 'collection' || type === 'fixedCollection';

const nodeOf = (name: string, parameters: INodeParameters): INode => ({
	id: randomUUID(),
	name,
	type: NODE_TYPE,
	typeVersion: 1,
	position: [0, 0],
	parameters,
});

/** As the editor draws them, so that none lies on another one. */
const COLUMN_WIDTH = 320;
const ROW_HEIGHT = 220;
const COLUMNS = 6;

const START = 'When clicking ‘Execute workflow’';

export class ActionWorkflow {
	constructor(
		private readonly operations: readonly DescribedOperation[],
		private readonly credential: { id: string; name: string },
	) {}

	/** Nothing but resource and operation is chosen. */
	fromDefaults(): WorkflowJson {
		return this.workflow('From defaults', () => ({ parameters: {} }));
	}

	/** Every field of every collection is added, as it is when it is added. */
	withAllOptions(): WorkflowJson {
		return this.workflow('With all options', ({ collections }) => ({
			parameters: Object.fromEntries(collections.map((field) => [field.name, allOf(field)])),
		}));
	}

	/** What is needed is filled in. */
	of(cases: Readonly<Record<string, ActionCase>>): WorkflowJson {
		return this.workflow('With what is needed', ({ key }) => cases[key] ?? { parameters: {} });
	}

	private workflow(
		name: string,
		caseOf: (operation: DescribedOperation) => ActionCase,
	): WorkflowJson {
		const nodes: INode[] = [plainNode(START, 'manualTrigger', 1, [0, 0])];
		const connections: WorkflowJson['connections'] = {};
		const pinData: NonNullable<WorkflowJson['pinData']> = {};
		const connect = (from: string, to: string) => {
			connections[from] ??= { main: [[]] };
			connections[from].main[0]?.push({ node: to, type: 'main', index: 0 });
		};
		for (const [index, operation] of this.operations.entries()) {
			const { parameters, items, asFile } = caseOf(operation);
			const x = COLUMN_WIDTH * (2 + 3 * (index % COLUMNS));
			const y = ROW_HEIGHT * Math.floor(index / COLUMNS);
			let from = START;
			if (items !== undefined) {
				const input = `Input ${index + 1}`;
				nodes.push(plainNode(input, 'noOp', 1, [x - 2 * COLUMN_WIDTH, y]));
				pinData[input] = items.map((json: IDataObject) => ({ json }));
				connect(from, input);
				from = input;
			}
			if (asFile) {
				const file = `File ${index + 1}`;
				nodes.push(plainNode(file, 'convertToFile', 1.1, [x - COLUMN_WIDTH, y]));
				connect(from, file);
				from = file;
			}
			const node = nodeOf(operation.action, { ...operation.parameters, ...parameters });
			node.position = [x, y];
			node.credentials = { [CREDENTIAL_TYPE]: this.credential };
			nodes.push(node);
			connect(from, node.name);
		}
		return { id: 'actions', name, nodes, connections, pinData };
	}
}

const plainNode = (
	name: string,
	type: string,
	typeVersion: number,
	position: [number, number],
): INode => ({
	id: randomUUID(),
	name,
	type: `n8n-nodes-base.${type}`,
	typeVersion,
	position,
	parameters: {},
});

/** The parts of a collection with the fields that can be added to each. */
function partsOf({ type, options = [] }: INodeProperties): INodePropertyCollection[] {
	return type === 'collection'
		? [{ name: '', displayName: '', values: options as INodeProperties[] }]
		: (options as INodePropertyCollection[]);
}

const defaultsOf = (fields: readonly INodeProperties[]): INodeParameters =>
	Object.fromEntries(fields.map((field) => [field.name, field.default])) as INodeParameters;

/** The fields that are shown when everything is added to a collection. */
export function fieldsIn(
	collection: INodeProperties,
	{ complete }: DescribedOperation,
): INodeProperties[] {
	return partsOf(collection).flatMap(({ values }) => {
		const all = defaultsOf(values);
		return values.filter((field) => NodeHelpers.displayParameter(all, field, null, null, complete));
	});
}

/** The value of a collection to which everything was added. */
function allOf(collection: INodeProperties): NodeParameterValueType {
	const parts = partsOf(collection);
	if (collection.type === 'collection') return defaultsOf(parts[0].values);
	return Object.fromEntries(
		parts.map(({ name, values }) => {
			const entry = defaultsOf(values);
			return [name, collection.typeOptions?.multipleValues === true ? [entry] : entry];
		}),
	) as INodeParameters;
}
