import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { getSegments, searchParticipants, searchSegments } from '../shared/n8n/lists';
import { bulk } from './actions/bulk';
import { participant } from './actions/participant';
import { router } from './actions/router';
import { segment } from './actions/segment';

export class ImpactAdvocate implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'impact.com Advocate',
		name: 'impactAdvocate',
		icon: { light: 'file:../../icons/advocate.svg', dark: 'file:../../icons/advocate.dark.svg' },
		group: ['output'],
		version: [1],
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Create segments and change the segments of participants, one by one or from CSV',
		defaults: { name: 'impact.com Advocate' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'impactAdvocateApi', required: true }],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				default: 'participant',
				options: [
					{ name: 'Bulk', value: 'bulk' },
					{ name: 'Participant', value: 'participant' },
					{ name: 'Segment', value: 'segment' },
				],
			},
			...bulk.fields,
			...participant.fields,
			...segment.fields,
		],
	};

	methods = {
		listSearch: { searchParticipants, searchSegments },
		loadOptions: { getSegments },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await router(this);
	}
}
