/** The fields of Event > Log. */
import type { INodeProperties } from 'n8n-workflow';
import { showFor } from '../fields';
import { byText, locator } from '../locators';
import { typeField, valueField } from '../typedValue';

export const show = showFor('event', ['log']).show;

/** A field of a purchase or refund: its name in the API and what it holds. */
export interface OrderField {
	/** Name of the node's parameter. */
	name: string;
	/** Name in the API. */
	wire: string;
	displayName: string;
	holds: 'text' | 'amount' | 'currency' | 'products';
	description: string;
	/** Whether a refund has it too. */
	ofRefund: boolean;
}

/** The fields that Advocate knows of purchases and refunds (vendor's schemas of their events; no others are taken). */
export const ORDER_FIELDS: readonly OrderField[] = [
	{
		name: 'affiliation',
		wire: 'affiliation',
		displayName: 'Affiliation',
		holds: 'text',
		description: 'The shop that sold it',
		ofRefund: true,
	},
	{
		name: 'checkoutId',
		wire: 'checkout_id',
		displayName: 'Checkout ID',
		holds: 'text',
		description: 'The ID of the checkout',
		ofRefund: false,
	},
	{
		name: 'coupon',
		wire: 'coupon',
		displayName: 'Coupon',
		holds: 'text',
		description: 'The coupon code that was used',
		ofRefund: false,
	},
	{
		name: 'currency',
		wire: 'currency',
		displayName: 'Currency',
		holds: 'currency',
		description: 'The ISO code of the currency of all amounts, such as USD',
		ofRefund: true,
	},
	{
		name: 'discount',
		wire: 'discount',
		displayName: 'Discount',
		holds: 'amount',
		description: 'The total discount',
		ofRefund: false,
	},
	{
		name: 'orderId',
		wire: 'order_id',
		displayName: 'Order ID',
		holds: 'text',
		description:
			"The ID of the order. Don't rely on it to keep an order that comes again from being counted again: give it in the option 'Count Once Per' too.",
		ofRefund: true,
	},
	{
		name: 'products',
		wire: 'products',
		displayName: 'Products (JSON)',
		holds: 'products',
		description: 'A JSON array of products, each with at least a product_id',
		ofRefund: true,
	},
	{
		name: 'revenue',
		wire: 'revenue',
		displayName: 'Revenue',
		holds: 'amount',
		description: 'The amount without shipping and tax, which Advocate counts as revenue',
		ofRefund: true,
	},
	{
		name: 'shipping',
		wire: 'shipping',
		displayName: 'Shipping',
		holds: 'amount',
		description: 'The cost of shipping',
		ofRefund: true,
	},
	{
		name: 'subtotal',
		wire: 'subtotal',
		displayName: 'Subtotal',
		holds: 'amount',
		description: 'The amount after discounts, before shipping and tax',
		ofRefund: false,
	},
	{
		name: 'tax',
		wire: 'tax',
		displayName: 'Tax',
		holds: 'amount',
		description: 'The total tax',
		ofRefund: true,
	},
	{
		name: 'total',
		wire: 'total',
		displayName: 'Total',
		holds: 'amount',
		description: 'The amount that was paid in all',
		ofRefund: true,
	},
];

/** Amounts are texts: a number would arrive as 0 when its field is added, and an order of 0 would be counted. */
const typeOf = ({
	holds,
}: OrderField): Pick<INodeProperties, 'type' | 'default' | 'placeholder'> => {
	if (holds === 'amount') return { type: 'string', default: '', placeholder: 'e.g. 12.50' };
	if (holds === 'products') return { type: 'json', default: '[]' };
	return { type: 'string', default: '' };
};

function orderFields(kind: 'purchase' | 'refund'): INodeProperties {
	return {
		displayName: kind === 'purchase' ? 'Purchase Fields' : 'Refund Fields',
		name: `${kind}Fields`,
		type: 'collection',
		placeholder: 'Add field',
		default: {},
		displayOptions: { show: { ...show, event: [kind] } },
		options: ORDER_FIELDS.filter(({ ofRefund }) => kind === 'purchase' || ofRefund).map(
			(field) => ({
				displayName: field.displayName,
				name: field.name,
				description: field.description,
				...typeOf(field),
			}),
		),
	};
}

const custom = { show: { ...show, event: ['custom'] } };

/** What happened. */
export const EVENT_FIELDS: INodeProperties[] = [
	{
		displayName: 'Event',
		name: 'event',
		type: 'options',
		default: 'custom',
		description: 'What the participant has done',
		displayOptions: { show },
		options: [
			{
				name: 'Custom',
				value: 'custom',
				description: 'An event with a key of your own, such as signup or subscription_renewed',
			},
			{ name: 'Purchase', value: 'purchase', description: 'An order, with its amounts' },
			{ name: 'Refund', value: 'refund', description: 'An order that was given back' },
		],
	},
	locator({
		displayName: 'Event Key',
		name: 'eventKey',
		required: true,
		description: 'The key that your programs react to',
		displayOptions: custom,
		what: 'an event key',
		search: 'searchEventKeys',
		listHint: 'Keys of events that Advocate has seen before',
		typed: [byText('By Key', 'key', 'e.g. subscription_renewed')],
	}),
	{
		displayName: 'Specify Fields',
		name: 'specifyFields',
		type: 'options',
		default: 'pairs',
		description: 'How to give the fields of the event',
		displayOptions: custom,
		options: [
			{ name: 'Using Fields Below', value: 'pairs' },
			{ name: 'Using JSON', value: 'json' },
		],
	},
	{
		displayName: 'Fields',
		name: 'fields',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add field',
		default: {},
		displayOptions: { show: { ...custom.show, specifyFields: ['pairs'] } },
		options: [
			{
				displayName: 'Field',
				name: 'field',
				values: [
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						placeholder: 'e.g. plan',
					},
					typeField('What the programs get the value as'),
					valueField(),
				],
			},
		],
	},
	{
		displayName: 'Fields (JSON)',
		name: 'fieldsJson',
		type: 'json',
		default: '{}',
		description: 'A JSON object with the fields of the event',
		displayOptions: { show: { ...custom.show, specifyFields: ['json'] } },
	},
	orderFields('purchase'),
	orderFields('refund'),
];

/** Options of their own. */
export const LOG_OPTIONS: INodeProperties[] = [
	{
		displayName: 'Count Once Per',
		name: 'countOncePer',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.order_id }}',
		description:
			'A value that the same event has each time it arrives, such as the order ID. Advocate then counts it once within 24 hours or more, whoever sends it. Without this option, each item is counted once per execution; empty, it is refused.',
	},
	{
		displayName: 'Date Triggered',
		name: 'dateTriggered',
		type: 'dateTime',
		default: '',
		description: 'When it happened. Leave empty for the time at which the event arrives.',
	},
];
