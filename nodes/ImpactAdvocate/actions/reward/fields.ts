/** Fields that operations on rewards share. */
import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

/** One reward by its ID. */
export function rewardIdField(displayOptions: IDisplayOptions): INodeProperties {
	return {
		displayName: 'Reward ID',
		name: 'rewardId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 582142aae4b05442a5fa01a5',
		description: 'The ID of the reward, as Get Many and the trigger give it',
		displayOptions,
	};
}

/** An amount of credit. */
export function amountField(displayOptions: IDisplayOptions, description: string): INodeProperties {
	return {
		displayName: 'Amount',
		name: 'amount',
		type: 'number',
		default: 0,
		required: true,
		description,
		hint: 'A whole number: in the unit CENTS, 500 is 5.00',
		displayOptions,
	};
}

/** The kinds of rewards, for choices. */
export const TYPE_OPTIONS = [
	{ name: 'Credit', value: 'CREDIT' },
	{ name: 'Fuel Tank Code', value: 'FUELTANK' },
	{ name: 'Gift Card or Other Integration', value: 'INTEGRATION' },
	{ name: 'Percent Discount', value: 'PCT_DISCOUNT' },
];
