import type { INodeProperties } from 'n8n-workflow';
import { block, unblock } from './block.operations';
import { deleteOperation } from './delete.operation';
import { get } from './get.operation';
import { getMany } from './getMany.operation';
import { upsert } from './upsert.operation';
import {
	addSegments,
	clearSegments,
	removeSegments,
	setSegments,
	updateSegments,
} from './segments.operations';

const operations = {
	addSegments,
	block,
	clearSegments,
	delete: deleteOperation,
	get,
	getAll: getMany,
	removeSegments,
	setSegments,
	unblock,
	updateSegments,
	upsert,
};

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: 'upsert',
	displayOptions: { show: { resource: ['participant'] } },
	options: [
		{
			name: 'Add Segments',
			value: 'addSegments',
			action: 'Add segments to participant',
			description: 'Put a participant into segments; other segments stay',
		},
		{
			name: 'Block',
			value: 'block',
			action: 'Block participant',
			description: 'Keep a participant from referring others and from being referred',
		},
		{
			name: 'Clear Segments',
			value: 'clearSegments',
			action: 'Clear segments of participant',
			description: 'Take a participant out of all segments',
		},
		{
			name: 'Create or Update',
			value: 'upsert',
			action: 'Create or update participant',
			description: 'Create a new record, or update the current one if it already exists (upsert)',
		},
		{
			name: 'Delete',
			value: 'delete',
			action: 'Delete participant',
			description: 'Delete a participant with its rewards and events, for good',
		},
		{
			name: 'Get',
			value: 'get',
			action: 'Get participant',
			description: 'Get one participant with its segments',
		},
		{
			name: 'Get Many',
			value: 'getAll',
			action: 'Get many participants',
			description: 'List many participants, optionally filtered by segment',
		},
		{
			name: 'Remove Segments',
			value: 'removeSegments',
			action: 'Remove segments from participant',
			description: 'Take a participant out of some segments; others stay',
		},
		{
			name: 'Set Segments',
			value: 'setSegments',
			action: 'Set segments of participant',
			description: 'Put a participant into exactly these segments and out of all others',
		},
		{
			name: 'Unblock',
			value: 'unblock',
			action: 'Unblock participant',
			description: 'Let a participant who was blocked take part again',
		},
		{
			name: 'Update Segments',
			value: 'updateSegments',
			action: 'Update segments of participant',
			description: 'Add some segments and remove others in one call',
		},
	],
};

/** The resource 'Participant'. */
export const participant = {
	fields: [operationField, ...Object.values(operations).flatMap(({ fields }) => fields)],
	operations,
};
