import type { INodeProperties } from 'n8n-workflow';
import { create } from './create.operation';
import { get } from './get.operation';
import { getMany } from './getMany.operation';
import { update } from './update.operation';

const operations = { create, get, getAll: getMany, update };

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
