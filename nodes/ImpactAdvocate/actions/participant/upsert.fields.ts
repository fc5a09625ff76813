/** The fields of Participant > Create or Update. */
import type { INodeProperties } from 'n8n-workflow';
import { withAgentDefault } from '../agentGuard';
import { accountIdField, ADDED_SWITCH, segmentsField, showFor } from '../fields';
import { customFieldLocator, programLocator } from '../locators';
import { typeField, VALUE_TYPES, valueField } from '../typedValue';

export const show = showFor('participant', ['upsert']);

const when = (condition: Record<string, Array<string | boolean>>) => ({
	show: { ...show.show, ...condition },
});

/** Who it is. */
export const WHO_FIELDS: INodeProperties[] = [
	{
		displayName: 'Use Email as ID',
		name: 'useEmailAsId',
		type: 'boolean',
		default: false,
		// Which field is shown depends on it.
		noDataExpression: true,
		description:
			'Whether the e-mail address is the participant ID as well. Whoever has it as ID is updated, in lower case or as typed; a new participant gets it in lower case. An address that a participant with another ID has is refused.',
		displayOptions: show,
	},
	{
		displayName: 'Participant ID',
		name: 'participantId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 12345',
		hint: "If the ID is the e-mail address, turn on 'Use Email as ID': Advocate then knows the address, too",
		description: 'The ID of the participant to create or update',
		displayOptions: when({ useEmailAsId: [false] }),
	},
	{
		displayName: 'Email',
		name: 'participantEmail',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. nathan@example.com',
		description: 'The e-mail address, which is the participant ID as well',
		displayOptions: when({ useEmailAsId: [true] }),
	},
	accountIdField(show),
	...withAgentDefault(
		{
			displayName: 'If Participant Exists',
			name: 'ifParticipantExists',
			type: 'options',
			default: 'update',
			description: 'What to do when a participant has this ID',
			displayOptions: show,
			options: [
				{ name: 'Fail', value: 'error', description: 'Treat the item as failed' },
				{
					name: 'Skip',
					value: 'skip',
					description: 'Change nothing, and return nothing of the participant but the ID',
				},
				{
					name: 'Update',
					value: 'update',
					description: 'Overwrite what is given here, and leave the rest',
				},
			],
		},
		'error',
	),
];

/** A detail of a participant: its name in the API and what it holds. */
export interface DetailField {
	/** Name of the parameter, and in the API. */
	name: string;
	displayName: string;
	holds: 'text' | 'trimmed' | 'email' | 'boolean' | 'locale' | 'country' | 'codes';
}

export const DETAIL_FIELDS: readonly DetailField[] = [
	{ name: 'cookies', displayName: 'Cookies', holds: 'trimmed' },
	{ name: 'countryCode', displayName: 'Country Code', holds: 'country' },
	{ name: 'email', displayName: 'Email', holds: 'email' },
	{ name: 'firstName', displayName: 'First Name', holds: 'text' },
	{ name: 'imageUrl', displayName: 'Image URL', holds: 'trimmed' },
	{ name: 'lastName', displayName: 'Last Name', holds: 'text' },
	{ name: 'locale', displayName: 'Locale', holds: 'locale' },
	{ name: 'referable', displayName: 'Referable', holds: 'boolean' },
	{ name: 'referredByCodes', displayName: 'Referred by Codes', holds: 'codes' },
];

/** What the editor says of a detail. */
const TEXTS: Readonly<Record<string, Partial<INodeProperties>>> = {
	cookies: {
		description:
			"The attribution cookies of the participant's browser, as Advocate's script reads them (Base64URL)",
	},
	countryCode: { placeholder: 'e.g. US', description: 'Two letters (ISO 3166)' },
	email: { placeholder: 'e.g. nathan@example.com' },
	firstName: { placeholder: 'e.g. Nathan' },
	imageUrl: { placeholder: 'e.g. https://example.com/nathan.png' },
	lastName: { placeholder: 'e.g. Smith' },
	locale: { placeholder: 'e.g. en_US', description: 'Language and country' },
	referable: {
		type: 'boolean',
		default: true,
		description: 'Whether the participant can be referred by others',
	},
	referredByCodes: {
		placeholder: 'e.g. NATHANSMITH',
		description:
			'Referral codes of who referred the participant, separated by commas, or an array. Each makes a referral.',
	},
};

/** What is known of them. */
export const DETAILS: INodeProperties[] = [
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add field',
		default: {},
		description: 'A text that is left empty keeps the value that the participant has',
		displayOptions: show,
		options: DETAIL_FIELDS.map(({ name, displayName }) => ({
			displayName,
			name,
			type: 'string',
			default: '',
			...(name === 'email' ? { displayOptions: { show: { '/useEmailAsId': [false] } } } : {}),
			...TEXTS[name],
		})),
	},
	{
		displayName: 'Custom Fields',
		name: 'customFields',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add custom field',
		default: {},
		displayOptions: show,
		options: [
			{
				displayName: 'Custom Field',
				name: 'field',
				values: [
					customFieldLocator('A custom field of your tenant, or the name of a new one'),
					typeField('What programs and reports get the value as', [
						{ name: 'Remove Field', value: 'remove' },
					]),
					valueField({
						description: 'Left empty, the participant keeps the value it has',
						displayOptions: { show: { type: [...VALUE_TYPES] } },
					}),
				],
			},
		],
	},
	{
		displayName: 'Segment Action',
		name: 'segmentAction',
		type: 'options',
		default: 'add',
		description: 'What to do with the segments below',
		displayOptions: show,
		options: [
			{ name: 'Add', value: 'add', description: 'Other segments stay' },
			{
				name: 'Set',
				value: 'set',
				description: 'Put the participant into exactly these segments and out of all others',
			},
		],
	},
	segmentsField('segments', 'Segment Names or IDs', show, {
		hint: 'Leave empty to change no segments. By expression: an array of segment names or keys, text such as vip, beta, or [] for none.',
	}),
];

/** Options of their own. */
export const UPSERT_OPTIONS: INodeProperties[] = [
	{
		displayName: 'Include Share Links',
		name: 'includeShareLinks',
		...ADDED_SWITCH,
		description: 'Whether to return the share links of the participant, by program',
	},
	programLocator('The program whose referral code and share link to return by themselves'),
];
