/** The fields of the segment trigger. */
import type { INodeProperties } from 'n8n-workflow';

export const segmentTriggerFields: INodeProperties[] = [
	{
		displayName: 'Event',
		name: 'event',
		type: 'options',
		noDataExpression: true,
		default: 'entered',
		description: 'What starts the workflow',
		options: [
			{
				name: 'Participant Entered Segment',
				value: 'entered',
				description: 'One item for each participant and segment',
			},
			{
				name: 'Participant Left Segment',
				value: 'left',
				description: 'One item for each participant and segment, also for deleted participants',
			},
			{
				name: 'Participant Segments Changed',
				value: 'changed',
				description: 'One item for each participant, with all segments entered and left',
			},
		],
	},
	{
		displayName: 'Watch',
		name: 'watch',
		type: 'options',
		noDataExpression: true,
		default: 'chosen',
		description: 'Which segments to watch',
		options: [
			{
				name: 'All Segments',
				value: 'all',
				description: 'Every segment of the tenant, also those created later',
			},
			{
				name: 'Chosen Segments',
				value: 'chosen',
				description: 'Only the segments you choose',
			},
		],
	},
	{
		displayName: 'Segment Names or IDs',
		name: 'segments',
		type: 'multiOptions',
		required: true,
		default: [],
		typeOptions: { loadOptionsMethod: 'getSegments' },
		displayOptions: { show: { watch: ['chosen'] } },
		description:
			'The segments to watch. The ID of a segment is its key, which the list shows in brackets. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
	},
	{
		displayName:
			'The first poll after publishing only records who is in the segments. Up to 100,000 participants can be watched.',
		name: 'baselineNotice',
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
				displayName: 'Full Comparison Every',
				name: 'fullComparisonEvery',
				type: 'number',
				default: 60,
				typeOptions: { minValue: 0, maxValue: 43200 },
				hint: 'In minutes',
				description:
					'Force a full comparison at least this often (in minutes), so that a member who replaced another one is noticed even if the number of participants and the modification date of the segment stay the same. 0 to compare at every poll. Segments that fit on one page are always compared.',
			},
			{
				displayName: 'Include Details',
				name: 'includeDetails',
				type: 'boolean',
				default: true,
				description:
					'Whether to add the email, name, custom fields and all segments of the participant. Takes one more request for every 100 participants.',
			},
			{
				displayName: 'Page Size',
				name: 'pageSize',
				type: 'number',
				default: 100,
				typeOptions: { minValue: 1, maxValue: 1000 },
				description:
					'Participants per request when members are compared. Larger pages are faster, but the API may refuse them.',
			},
		],
	},
];
