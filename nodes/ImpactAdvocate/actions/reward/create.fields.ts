/** The fields of Reward > Create. */
import type { INodeProperties } from 'n8n-workflow';
import { ADDED_SWITCH, numberField, showFor } from '../fields';
import type { NumberLimits } from '../../../shared/n8n/parameterValues';
import { amountField } from './fields';
import { byText, locator, unitLocator } from '../locators';

export const show = showFor('reward', ['create']).show;

export const PERCENT: NumberLimits = { min: 1, max: 100, default: 10 };

const forKind = (kind: string) => ({ show: { ...show, rewardFrom: [kind] } });

export const CREATE_FIELDS: INodeProperties[] = [
	{
		displayName:
			'Behind Event > Log, let only counted events through: put an If node before this one, with <code>{{ $json.duplicate }}</code> <i>is false</i>. A repeated event is an item too.',
		name: 'countedNotice',
		type: 'notice',
		default: '',
		displayOptions: { show },
	},
	{
		displayName: 'Reward',
		name: 'rewardFrom',
		type: 'options',
		default: 'configured',
		description: 'What to give',
		displayOptions: { show },
		options: [
			{
				name: 'Configured Reward',
				value: 'configured',
				description: 'A reward that is set up in impact.com, with its amount',
			},
			{ name: 'Custom Credit', value: 'credit', description: 'An amount of a unit' },
			{ name: 'Custom Percent Discount', value: 'discount', description: 'A discount in percent' },
		],
	},
	locator({
		displayName: 'Configured Reward',
		name: 'rewardKey',
		required: true,
		description: 'The reward to give',
		displayOptions: forKind('configured'),
		what: 'a reward',
		search: 'searchRewards',
		listHint: 'The rewards that are set up in impact.com',
		typed: [byText('By Key', 'key', 'e.g. welcomeCredit')],
	}),
	unitLocator(forKind('credit')),
	amountField(forKind('credit'), 'How much to give, as a whole number of the unit'),
	{
		displayName: 'Max Amount per Item',
		name: 'maxPerItem',
		type: 'number',
		default: 0,
		required: true,
		hint: 'To be filled in: the most that one item may ever give. A fixed number, as it protects from a wrong amount.',
		description: 'No item may give more than this. Nothing is sent when one would.',
		displayOptions: forKind('credit'),
	},
	{
		displayName: 'Percent',
		name: 'discountPercent',
		...numberField(PERCENT),
		required: true,
		description: 'The discount in percent',
		displayOptions: forKind('discount'),
	},
];

/** A configured reward has settings of its own in impact.com. */
const FOR_CUSTOM = { show: { '/rewardFrom': ['credit', 'discount'] } };

const FOR_CREDIT = { show: { '/rewardFrom': ['credit'] } };

export const CREATE_OPTIONS: INodeProperties[] = [
	{
		displayName: 'Allow New Unit',
		name: 'allowNewUnit',
		...ADDED_SWITCH,
		description:
			'Whether to give credit in a unit that no reward of the tenant uses yet, which brings it into being',
		displayOptions: FOR_CREDIT,
	},
	{
		displayName: 'Cancellable',
		name: 'cancellable',
		type: 'boolean',
		default: true,
		description: 'Whether the reward can be cancelled while it is not redeemed',
		displayOptions: FOR_CUSTOM,
	},
	{
		displayName: 'Date Expires',
		name: 'dateExpires',
		type: 'dateTime',
		default: '',
		description: 'When the reward expires',
		displayOptions: FOR_CUSTOM,
	},
	{
		displayName: 'Date Scheduled For',
		name: 'dateScheduledFor',
		type: 'dateTime',
		default: '',
		description: 'When the reward becomes available',
		displayOptions: FOR_CUSTOM,
	},
	{
		displayName: 'Max Amount per Run',
		name: 'maxPerRun',
		type: 'number',
		default: 1000,
		typeOptions: { minValue: 1 },
		description:
			'How much custom credit the node may give in one execution in all, loops included. Nothing is sent when the items together would give more.',
		displayOptions: FOR_CREDIT,
	},
	{
		displayName: 'Reward Name',
		name: 'rewardName',
		type: 'string',
		default: '',
		description: 'What the participant sees',
		displayOptions: FOR_CUSTOM,
	},
];
