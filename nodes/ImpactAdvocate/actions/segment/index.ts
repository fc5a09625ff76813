import type { INodeProperties } from 'n8n-workflow';
import { create } from './create.operation';
import { get } from './get.operation';
import { getMany } from './getMany.operation';
import { syncMembers } from './syncMembers.operation';
import { update } from './update.operation';

const operations = { create, get, getAll: getMany, syncMembers, update };

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: 'create',
	displayOptions: { show: { resource: ['segment'] } },
	options: [
		{
			name: 'Create',
			value: 'create',
			action: 'Create segment',
			description: 'Create a segment that participants can be put into',
		},
		{
			name: 'Get',
			value: 'get',
			action: 'Get segment',
			description: 'Get the name, status and number of participants of one segment',
		},
		{
			name: 'Get Many',
			value: 'getAll',
			action: 'Get many segments',
			description: 'List many segments of the tenant',
		},
		{
			name: 'Sync Members',
			value: 'syncMembers',
			action: 'Sync members of segment with list',
			description:
				'Make a segment contain exactly the people of a list: add who is new, remove the others',
		},
		{
			name: 'Update',
			value: 'update',
			action: 'Update segment',
			description: 'Rename, archive or restore a segment',
		},
	],
};

/** The resource 'Segment'. */
export const segment = {
	fields: [operationField, ...Object.values(operations).flatMap(({ fields }) => fields)],
	operations,
};
