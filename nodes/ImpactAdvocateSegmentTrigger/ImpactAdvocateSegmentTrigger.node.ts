import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { getSegments } from '../shared/n8n/lists';
import { segmentTriggerFields } from './fields';
import { poll } from './poll';

export class ImpactAdvocateSegmentTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'impact.com Advocate Segment Trigger',
		name: 'impactAdvocateSegmentTrigger',
		icon: { light: 'file:../../icons/advocate.svg', dark: 'file:../../icons/advocate.dark.svg' },
		group: ['trigger'],
		version: [1],
		subtitle: '={{ "participant " + $parameter["event"] }}',
		description: 'Starts the workflow when participants enter or leave segments',
		defaults: { name: 'impact.com Advocate Segment Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'impactAdvocateApi', required: true }],
		properties: segmentTriggerFields,
	};

	methods = { loadOptions: { getSegments } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		return await poll(this);
	}
}
