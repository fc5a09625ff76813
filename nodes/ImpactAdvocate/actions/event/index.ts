import type { INodeProperties } from 'n8n-workflow';
import { log } from './log.operation';

const operations = { log };

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: 'log',
	displayOptions: { show: { resource: ['event'] } },
	options: [
		{
			name: 'Log',
			value: 'log',
			action: 'Log event',
			description: 'Tell programs that a participant has done something, such as a purchase',
		},
	],
};

/** The resource 'Event'. */
export const event = {
	fields: [operationField, ...Object.values(operations).flatMap(({ fields }) => fields)],
	operations,
};
