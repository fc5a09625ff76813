import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IHookFunctions,
	INodePropertyOptions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { getSegments } from '../shared/n8n/lists';
import { triggerFields } from './fields';
import { createSubscription, deleteSubscription, subscriptionExists } from './lifecycle';
import { receive } from './receive';

/** The names of the chosen events: the editor would show their values. */
const EVENT_NAMES = Object.fromEntries(
	triggerFields
		.filter(({ name }) => name === 'events')
		.flatMap(({ options = [] }) => options as INodePropertyOptions[])
		.map(({ value, name }) => [String(value), name]),
);
const SUBTITLE = `={{ $parameter["events"].map((event) => (${JSON.stringify(EVENT_NAMES)})[event] || event).join(", ") }}`;

export class ImpactAdvocateTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'impact.com Advocate Trigger',
		name: 'impactAdvocateTrigger',
		icon: { light: 'file:../../icons/advocate.svg', dark: 'file:../../icons/advocate.dark.svg' },
		group: ['trigger'],
		version: [1],
		subtitle: SUBTITLE,
		// The node panel has one entry for this trigger and the action node, and shows this text there.
		description:
			'Manage participants, segments and rewards, or start the workflow when something happens in Advocate',
		defaults: { name: 'impact.com Advocate Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'impactAdvocateApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				// Advocate looks at the status only.
				responseData: 'noData',
				path: 'webhook',
			},
		],
		properties: triggerFields,
	};

	methods = { loadOptions: { getSegments } };

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await subscriptionExists(this);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await createSubscription(this);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await deleteSubscription(this);
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}
