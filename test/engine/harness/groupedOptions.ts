/**
 * Options as the editor saves them. Tests name an option without the group that it stands in; where that is, the node's
 * own description says.
 */
import { UnexpectedError } from 'n8n-workflow';
import type {
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodeTypeDescription,
} from 'n8n-workflow';

/**
 * Parameters with each option where the operation has it: in its group, beside the others, or as a field of its own.
 * @throws UnexpectedError for an option that the node has nowhere: n8n would leave it out, and the test would show nothing
 */
export function inGroups(
	{ name: nodeName, properties }: INodeTypeDescription,
	parameters: INodeParameters,
): INodeParameters {
	const { options: given } = parameters;
	if (typeof given !== 'object' || given === null || Array.isArray(given)) return parameters;
	const own = properties.filter((field) => isOf(field, parameters));
	const offered = own
		.filter(({ name }) => name === 'options')
		.flatMap(({ options = [] }) => options as INodeProperties[]);
	const fields: INodeParameters = {};
	const options: INodeParameters = {};
	for (const [name, value] of Object.entries(given as INodeParameters)) {
		const group = offered.find((option) =>
			sectionsOf(option).some(({ values }) => holds(values, name)),
		);
		if (holds(offered, name)) {
			options[name] = merged(options[name], value);
		} else if (group !== undefined) {
			const [{ name: section }] = sectionsOf(group);
			options[group.name] = merged(options[group.name], { [section]: { [name]: value } });
		} else if (holds(own, name)) {
			fields[name] = value;
		} else if (!isSomewhere(properties, name)) {
			throw new UnexpectedError(`The node ${nodeName} has no option '${name}'`);
		}
	}
	return { ...fields, ...parameters, options };
}

/**
 * Refuse options that stand where the operation does not have them, for parameters that are used as they are.
 * @throws UnexpectedError
 */
export function assertInGroups(
	description: INodeTypeDescription,
	parameters: INodeParameters,
): void {
	const { options } = parameters;
	if (typeof options !== 'object' || options === null) return;
	const placed = inGroups(description, parameters).options;
	if (JSON.stringify(placed) === JSON.stringify(options)) return;
	throw new UnexpectedError(
		`The options ${JSON.stringify(options)} stand elsewhere: ${JSON.stringify(placed)}`,
	);
}

const isOf = (
	{ displayOptions }: INodeProperties,
	{ resource, operation }: INodeParameters,
): boolean =>
	[
		[displayOptions?.show?.resource, resource],
		[displayOptions?.show?.operation, operation],
	].every(([shown, value]) => !Array.isArray(shown) || shown.includes(value as never));

const holds = (fields: readonly INodeProperties[], name: string): boolean =>
	fields.some((field) => field.name === name);

const sectionsOf = ({ type, options = [] }: INodeProperties): INodePropertyCollection[] =>
	type === 'fixedCollection' ? (options as INodePropertyCollection[]) : [];

/** Whether any operation has it: what runs with every operation has options that only some of them know. */
const isSomewhere = (fields: readonly INodeProperties[], name: string): boolean =>
	fields.some(
		(field) =>
			field.name === name ||
			(field.type === 'collection' && isSomewhere(field.options as INodeProperties[], name)) ||
			sectionsOf(field).some(({ values }) => isSomewhere(values, name)),
	);

/** A group, and more of it. */
function merged(
	one: INodeParameters[string],
	two: INodeParameters[string],
): INodeParameters[string] {
	if (!isObject(one) || !isObject(two)) return two;
	const both: INodeParameters = { ...one };
	for (const [name, value] of Object.entries(two)) both[name] = merged(both[name], value);
	return both;
}

const isObject = (value: unknown): value is INodeParameters =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
