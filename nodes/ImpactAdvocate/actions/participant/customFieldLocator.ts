/** The choice of a custom field: one that the tenant has, or any by its name. */
import type { INodeProperties } from 'n8n-workflow';

export const customFieldLocator = (description: string): INodeProperties => ({
	displayName: 'Field',
	name: 'name',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	description,
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select a custom field...',
			typeOptions: { searchListMethod: 'searchCustomFields', searchable: true },
		},
		{ displayName: 'By Name', name: 'name', type: 'string', placeholder: 'e.g. plan' },
	],
});
