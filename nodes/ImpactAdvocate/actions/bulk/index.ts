import type { INodeProperties } from 'n8n-workflow';
import { exportCsv } from './exportCsv.operation';
import { importCsv } from './importCsv.operation';
import { importItems } from './importItems.operation';
import { getJob, getManyJobs } from './jobs.operations';

const operations = {
	exportCsv,
	getImportJob: getJob,
	getImportJobs: getManyJobs,
	importCsv,
	importItems,
};

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: 'importCsv',
	displayOptions: { show: { resource: ['bulk'] } },
	options: [
		{
			name: 'Export CSV',
			value: 'exportCsv',
			action: 'Export participants to CSV',
			description:
				'Write all participants, or the members of segments, to a file, for each input item',
		},
		{
			name: 'Get Import Job',
			value: 'getImportJob',
			action: 'Get import job',
			description: 'Get the status and the result files of one import job',
		},
		{
			name: 'Get Many Import Jobs',
			value: 'getImportJobs',
			action: 'Get many import jobs',
			description: 'List many import jobs of the tenant, newest first',
		},
		{
			name: 'Import CSV',
			value: 'importCsv',
			action: 'Import CSV of participants into segments',
			description: 'Change the segments of all participants in a CSV file',
		},
		{
			name: 'Import Items',
			value: 'importItems',
			action: 'Import items as participants into segments',
			description: 'Change the segments of the participants in all input items, as one list',
		},
	],
};

/** The resource 'Bulk'. */
export const bulk = {
	fields: [operationField, ...Object.values(operations).flatMap(({ fields }) => fields)],
	operations,
};
