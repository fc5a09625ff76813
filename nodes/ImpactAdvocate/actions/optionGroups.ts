/** Options in groups, as fields: see `shared/n8n/parameterValues.ts`. */
import type { INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import { GROUP_SETTINGS, OPTION_GROUPS } from '../../shared/n8n/parameterValues';
import type { OptionGroup } from '../../shared/n8n/parameterValues';

/**
 * A group among the options. Its fields appear as soon as it is added, with their defaults, which have to mean the same
 * as a group that was not added.
 * @param fields in the order of the editor: from five on alphabetical, as n8n wants it
 */
export function optionGroup(
	name: OptionGroup,
	description: string,
	fields: INodeProperties[],
): INodeProperties {
	const displayName = OPTION_GROUPS[name];
	return {
		displayName,
		name,
		type: 'fixedCollection',
		placeholder: `Add ${displayName}`,
		typeOptions: { multipleValues: false },
		default: { [GROUP_SETTINGS]: {} },
		description,
		options: [{ displayName, name: GROUP_SETTINGS, values: fields }],
	};
}

/** The fields of a group; none for any other option. */
const fieldsOf = ({ type, options = [] }: INodeProperties): INodeProperties[] =>
	type === 'fixedCollection'
		? (options as INodePropertyCollection[]).flatMap(({ values }) => values)
		: [];

/** All options among the fields of an operation, those in groups and the groups too. */
export const allOptions = (fields: readonly INodeProperties[]): INodeProperties[] =>
	fields
		.filter(({ name }) => name === 'options')
		.flatMap(({ options = [] }) => options as INodeProperties[])
		.flatMap((option) => [option, ...fieldsOf(option)]);

/** What a field or an option of an operation is called in the editor; nothing for what is not shown. */
export const displayNameIn = (
	fields: readonly INodeProperties[],
	name: string,
): string | undefined =>
	[...fields, ...allOptions(fields)].find((field) => field.name === name)?.displayName;
