import type { INodeProperties } from 'n8n-workflow';

/** An option that says which column has a use: the one that is found by itself, one by name, or none. */
export function columnChoice(
	displayName: string,
	name: string,
	placeholder: string,
	description: string,
	found: string,
): INodeProperties[] {
	return [
		{
			displayName,
			name,
			type: 'options',
			default: 'auto',
			description,
			options: [
				{ name: 'Automatic', value: 'auto', description: found },
				{
					name: 'By Name',
					value: 'name',
					description: `Enter its header in '${displayName} Name'`,
				},
				{ name: 'None', value: 'none', description: 'Ignore such a column' },
			],
		},
		{
			displayName: `${displayName} Name`,
			name: `${name}Name`,
			type: 'string',
			default: '',
			placeholder,
			description: `With '${displayName}' set to By Name: the header of the column`,
			displayOptions: { show: { [name]: ['name'] } },
		},
	];
}
