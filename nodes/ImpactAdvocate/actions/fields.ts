/** Fields that several operations share. */
import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';
import { ACCEPT_UNUSUAL_IDS } from '../../shared/advocate/participantId';
import {
	BATCH_SIZE,
	CONCURRENCY,
	MAX_NEW_SEGMENTS,
	MAX_WAIT_SECONDS,
	TIMEOUT_SECONDS,
} from '../../shared/n8n/parameters';
import type { NumberLimits } from '../../shared/n8n/parameterValues';
import { withAgentDefault } from './agentGuard';
import { participantLocator } from './locators';
import { optionGroup } from './optionGroups';

/** The part of a number field that its limits decide. */
export function numberField(limits: NumberLimits): {
	type: 'number';
	default: number;
	typeOptions: { minValue: number; maxValue: number };
} {
	return {
		type: 'number',
		default: limits.default,
		typeOptions: { minValue: limits.min, maxValue: limits.max },
	};
}

/** Show fields for operations of a resource. */
export function showFor(resource: string, operations: string[]): IDisplayOptions {
	return { show: { resource: [resource], operation: operations } };
}

/** A multi-select of the tenant's segments. */
export function segmentsField(
	name: string,
	displayName: string,
	displayOptions: IDisplayOptions,
	extra: Partial<INodeProperties> = {},
): INodeProperties {
	return {
		displayName,
		name,
		type: 'multiOptions',
		default: [],
		typeOptions: {
			loadOptionsMethod: 'getSegments',
			// n8n loads the list when the node opens, before a credential is chosen. It asks again when one of these changes,
			// which is what people fill in before the segments.
			loadOptionsDependsOn: ['participant.value', 'segmentAction', 'membership'],
		},
		description:
			'The ID of a segment is its key, which the list shows in brackets. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
		hint: 'By expression: an array of segment names or keys, or text such as vip, beta',
		displayOptions,
		...extra,
	};
}

/** The account of a participant, where it has another ID than the participant. */
export const accountIdField = (displayOptions: IDisplayOptions): INodeProperties => ({
	displayName: 'Account ID',
	name: 'accountId',
	type: 'string',
	default: '',
	placeholder: 'e.g. acme-inc',
	description:
		'The account the participant belongs to. Leave empty if it is the same as the participant ID.',
	hint: 'Leave empty if it is the same as the participant ID',
	displayOptions,
});

/**
 * One participant, from the list, by ID or by e-mail address.
 * @param modes other ways to name it
 */
export function participantFields(
	displayOptions: IDisplayOptions,
	{ modes: moreModes = [] }: Pick<INodeProperties, 'modes'> = {},
): INodeProperties[] {
	return [participantLocator(displayOptions, moreModes), accountIdField(displayOptions)];
}

/**
 * What to do about a participant that the API does not know. The default depends on the operation; for an AI agent, who
 * may have invented the ID, it is Fail.
 */
export function ifMissingFields(
	displayOptions: IDisplayOptions,
	defaultValue: 'create' | 'error' | 'skip',
): INodeProperties[] {
	const field: INodeProperties = {
		displayName: 'If Participant Does Not Exist',
		name: 'ifParticipantMissing',
		type: 'options',
		default: defaultValue,
		description: 'What to do when no participant has this ID',
		displayOptions,
		options: [
			{
				name: 'Create',
				value: 'create',
				description: 'Create the participant with this ID, which may start programs',
			},
			{
				name: 'Fail',
				value: 'error',
				description: 'Treat the item as failed',
			},
			{
				name: 'Skip',
				value: 'skip',
				description: 'Change nothing and continue',
			},
		],
	};
	return withAgentDefault(field, 'error');
}

/** Options of every operation that sends requests. They hold for the whole run: the first item's are used. */
export const TRANSPORT_OPTIONS: INodeProperties[] = [
	{
		displayName: 'Max Wait Time',
		name: 'maxWaitTime',
		...numberField(MAX_WAIT_SECONDS),
		hint: 'In seconds',
		description:
			'Longest time in which requests fail and nothing is confirmed. A slow API that keeps answering is worked to the end; once this time has passed without progress, the rest is reported as not sent.',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		...numberField(TIMEOUT_SECONDS),
		hint: 'In seconds',
		description: 'Maximum seconds to wait for the response to one request',
	},
];

/**
 * A switch outside of groups that people add for its being on. Whoever adds it means it: left off by mistake, it would do
 * nothing and nobody would see it. One that is not added is off: n8n puts no default of a collection into a node.
 */
export const ADDED_SWITCH = { type: 'boolean', default: true } as const;

/** An option of operations that name participants by their IDs. */
export const ACCEPT_UNUSUAL_IDS_OPTION: INodeProperties = {
	displayName: ACCEPT_UNUSUAL_IDS,
	name: 'acceptUnusualIds',
	...ADDED_SWITCH,
	description:
		'Whether to accept IDs that look damaged: with invisible or control characters, line breaks, typographic quotes or letters lost to question marks, or words such as NULL, #N/A and 1.16E+20. Otherwise they are refused, because each would become a separate participant.',
};

/** How participants are written, many at a time. */
const SEND_OPTIONS: INodeProperties[] = [
	{
		displayName: 'Batch Size',
		name: 'batchSize',
		...numberField(BATCH_SIZE),
		description: 'Maximum participants per request',
	},
	{
		displayName: 'Concurrency',
		name: 'concurrency',
		...numberField(CONCURRENCY),
		description:
			'Maximum requests at the same time. Changes of one participant always keep their order.',
	},
	{
		displayName: 'Verify Result',
		name: 'verifyResult',
		type: 'boolean',
		default: true,
		description:
			"Whether to compare the API's answer with what was asked for, and fail if they differ",
	},
];

/** Options of operations that write many participants. */
export const WRITE_OPTIONS: INodeProperties[] = [ACCEPT_UNUSUAL_IDS_OPTION, ...SEND_OPTIONS];

/** What is about requests in a group, where there are many other options. */
export const REQUESTS_GROUP: INodeProperties = optionGroup(
	'requests',
	'How requests are sent, and how long to wait',
	inOrder([...SEND_OPTIONS, ...TRANSPORT_OPTIONS]),
);

export const CREATE_MISSING_SEGMENTS_FIELD: INodeProperties = {
	displayName: 'Create Missing Segments',
	name: 'createMissingSegments',
	type: 'boolean',
	default: false,
	description:
		'Whether to create segments that do not exist before adding participants to them. What was given becomes the name, and the key is made from it: VIP Customers becomes vipCustomers.',
};

export const MAX_NEW_SEGMENTS_OPTION: INodeProperties = {
	displayName: 'Max New Segments',
	name: 'maxNewSegments',
	...numberField(MAX_NEW_SEGMENTS),
	description:
		"With 'Create Missing Segments': the maximum number of segments to create. If more are missing, nothing is sent. Segments can't be deleted.",
};

/** Options of operations that can add segments. */
export const NEW_SEGMENTS_OPTIONS: INodeProperties[] = [
	{ ...CREATE_MISSING_SEGMENTS_FIELD, ...ADDED_SWITCH },
	MAX_NEW_SEGMENTS_OPTION,
];

/** An options collection, its entries in alphabetical order as n8n shows them. */
export function optionsField(
	displayOptions: IDisplayOptions,
	options: INodeProperties[],
): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions,
		options: inOrder(options),
	};
}

/** In alphabetical order of what they are called. */
function inOrder(options: readonly INodeProperties[]): INodeProperties[] {
	return [...options].sort((a, b) => (a.displayName < b.displayName ? -1 : 1));
}

/** The two fields that say how many results to return. */
export function pagingFields(resource: string, operation: string): INodeProperties[] {
	const { show } = showFor(resource, [operation]);
	return [
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			description: 'Whether to return all results or only up to a given limit',
			displayOptions: { show },
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			default: 50,
			typeOptions: { minValue: 1 },
			description: 'Max number of results to return',
			displayOptions: { show: { ...show, returnAll: [false] } },
		},
	];
}

/** Simplify, for operations whose answer has more fields than most people want. */
export function simplifyField(displayOptions: IDisplayOptions): INodeProperties {
	return {
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
		displayOptions,
	};
}
