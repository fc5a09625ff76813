/** The fields of the trigger. */
import type { INodeProperties } from 'n8n-workflow';

export const triggerFields: INodeProperties[] = [
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		required: true,
		default: [],
		description: 'The events that start the workflow',
		options: [
			{
				name: 'Any Event',
				value: '*',
				description:
					'Every event except test events: also types added later, and the email and theme events of classic programs',
			},
			{
				name: 'Coupon Created',
				value: 'coupon.created',
				description: 'A participant got a new referral code. The event does not say who.',
			},
			{
				name: 'Export Completed',
				value: 'export.completed',
				description: 'An export is ready for download. The event names no participant.',
			},
			{
				name: 'Participant Created',
				value: 'user.created',
				description: 'A participant was created. Later changes do not trigger it.',
			},
			{
				name: 'Referral Auto-Moderation Complete',
				value: 'referral.automoderation.complete',
				description:
					'A referral was moderated automatically for the first time. Sent by classic programs only.',
			},
			{
				name: 'Referral Converted',
				value: 'referral.converted',
				description: 'A referred participant reached the goal of the program',
			},
			{
				name: 'Referral Ended',
				value: 'referral.ended',
				description:
					'A referral, or the participant it brought, was cancelled. Sent by classic programs only.',
			},
			{
				name: 'Referral Started',
				value: 'referral.started',
				description: 'A participant joined through a referral',
			},
			{
				name: 'Reward Balance Changed',
				value: 'user.reward.balance.changed',
				description: "A participant's balance of credit rewards changed",
			},
			{
				name: 'Reward Created',
				value: 'reward.created',
				description: 'A participant got a reward',
			},
			{
				name: 'Test Event',
				value: 'test',
				description: "The test event that can be sent from impact.com's webhook settings",
			},
		],
	},
	{
		displayName:
			'Advocate has no event for changed segments. To start the workflow when a participant enters or leaves a segment, use the impact.com Advocate Segment Trigger.',
		name: 'segmentNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { events: ['*', 'user.created'] } },
	},
	{
		displayName:
			'Publishing registers this URL in Advocate for you: there is nothing to enter there. Advocate calls it, so the Production URL (open Webhook URLs above) must be reachable from the internet. If it begins with localhost or a private address, set the environment variable WEBHOOK_URL where n8n is started.',
		name: 'addressNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Max Event Age',
				name: 'maxEventAge',
				type: 'number',
				default: 96,
				typeOptions: { minValue: 0, maxValue: 8760 },
				hint: 'In hours',
				description:
					'Maximum age of an event, in hours. Older ones are refused, so that nobody can record a call and send it again later. Advocate repeats failed deliveries for 3 days, so less than 73 hours may lose events after a longer outage. 0 for no limit.',
			},
			{
				displayName: 'Only in Segment Names or IDs',
				name: 'segments',
				type: 'multiOptions',
				default: [],
				typeOptions: { loadOptionsMethod: 'getSegments' },
				description:
					'Start only if the participant of the event is in one of these segments; for a referral, the referred participant or the referrer. Events that name no participant, such as Coupon Created and Export Completed, do not start the workflow then. The ID of a segment is its key, which the list shows in brackets. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
			},
			{
				displayName: 'Signature',
				name: 'signature',
				type: 'options',
				default: 'jws',
				description: 'How to check that a call really comes from Advocate',
				options: [
					{
						name: 'Public Key',
						value: 'jws',
						description: 'Use the keys that Advocate publishes (X-Hook-JWS-RFC-7797)',
					},
					{
						name: 'Tenant API Key',
						value: 'hmac',
						description:
							"Use the tenant's API key from the credential (X-Hook-Signature). Weaker, for tenants without public keys.",
					},
				],
			},
			{
				displayName: 'Skip Repeated Deliveries',
				name: 'deduplicate',
				type: 'boolean',
				default: true,
				description:
					'Whether to start the workflow only once per event, even if Advocate delivers the event again. The last 500 events are remembered.',
			},
		],
	},
];
