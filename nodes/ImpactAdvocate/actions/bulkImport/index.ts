import type { INodeProperties } from 'n8n-workflow';
import { importCsv } from './importCsv.operation';

const operations = { importCsv };

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: 'importCsv',
	displayOptions: { show: { resource: ['bulkImport'] } },
	options: [
		{
			name: 'Import CSV',
			value: 'importCsv',
			action: 'Import CSV of participants into segments',
			description: 'Change the segments of all participants in a CSV file',
		},
	],
};

export const bulkImport = {
	fields: [operationField, ...Object.values(operations).flatMap(({ fields }) => fields)],
	operations,
};
