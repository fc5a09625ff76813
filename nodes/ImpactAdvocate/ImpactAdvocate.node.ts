import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { getSegments, searchParticipants, searchSegments } from '../shared/n8n/lists';
import {
	searchCustomFields,
	searchEventKeys,
	searchPrograms,
	searchRewards,
	searchUnits,
} from '../shared/n8n/programLists';
import { bulk } from './actions/bulk';
import { event } from './actions/event';
import { participant } from './actions/participant';
import { referral } from './actions/referral';
import { reward } from './actions/reward';
import { router } from './actions/router';
import { segment } from './actions/segment';

/**
 * What the node does in words, for the line under its name on the canvas: `Import CSV`, `Get Many: participant`. n8n
 * gives an expression only the values of parameters, so the names of the operations are in it.
 */
function subtitleOf(fields: readonly INodeProperties[]): string {
	const operations = fields
		.filter(({ name }) => name === 'operation')
		.flatMap(({ options = [] }) => options as INodePropertyOptions[]);
	const names = Object.fromEntries(operations.map(({ value, name }) => [String(value), name]));
	const what = `(${JSON.stringify(names)})[$parameter["operation"]]`;
	return `={{ ${what} + ($parameter["resource"] === "bulk" ? "" : ": " + $parameter["resource"]) }}`;
}

/** The fields of all resources: each has the list of its operations first. */
const OPERATION_FIELDS = [
	...bulk.fields,
	...event.fields,
	...participant.fields,
	...referral.fields,
	...reward.fields,
	...segment.fields,
];

export class ImpactAdvocate implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'impact.com Advocate',
		name: 'impactAdvocate',
		icon: { light: 'file:../../icons/advocate.svg', dark: 'file:../../icons/advocate.dark.svg' },
		group: ['output'],
		version: [1],
		subtitle: subtitleOf(OPERATION_FIELDS),
		description:
			'Manage participants, segments, events, rewards and referrals, one by one or from lists',
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
					{ name: 'Event', value: 'event' },
					{ name: 'Participant', value: 'participant' },
					{ name: 'Referral', value: 'referral' },
					{ name: 'Reward', value: 'reward' },
					{ name: 'Segment', value: 'segment' },
				],
			},
			...OPERATION_FIELDS,
		],
	};

	methods = {
		listSearch: {
			searchCustomFields,
			searchEventKeys,
			searchParticipants,
			searchPrograms,
			searchRewards,
			searchSegments,
			searchUnits,
		},
		loadOptions: { getSegments },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await router(this);
	}
}
