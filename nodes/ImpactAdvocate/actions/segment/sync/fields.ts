/** The fields of Sync Members: what a person has to see; all else is in two collections. */
import type { INodeProperties } from 'n8n-workflow';
import type { NumberLimits } from '../../../../shared/n8n/parameterValues';
import { MAX_REMOVE_PERCENT } from '../../../sync/limits';
import { withAgentDefault } from '../../agentGuard';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	ADDED_SWITCH,
	numberField,
	optionsField,
	REQUESTS_GROUP,
	segmentsField,
	showFor,
} from '../../fields';
import { FILE_FORMAT_GROUP, sourceFields } from '../../list/fields';
import type { SourceChoice } from '../../list/fields';
import { segmentLocator } from '../../locators';
import { optionGroup } from '../../optionGroups';

const show = showFor('segment', ['syncMembers']);

export const REMOVE_AT_MOST: NumberLimits = { min: 0, max: MAX_REMOVE_PERCENT, default: 20 };
export const CREATE_AT_MOST: NumberLimits = { min: 0, max: 100, default: 5 };
export const UNMATCHED_AT_MOST: NumberLimits = { min: 0, max: 100, default: 5 };
export const MISSING_RUNS: NumberLimits = { min: 1, max: 30, default: 1 };

/** Where the list comes from. */
export const LIST_SOURCE: SourceChoice = {
	name: 'listSource',
	displayName: 'List Source',
	description: 'Where the list of people comes from. The whole list has to come at once.',
	kinds: ['items', 'binary', 'text'],
	default: 'items',
};

// A guard that was added and left off would guard nothing, and nobody would see it: see ADDED_SWITCH.
const LIMITS_AND_SAFETY: INodeProperties = {
	displayName: 'Safety Options',
	name: 'safetyOptions',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	displayOptions: show,
	options: [
		{
			displayName: 'Add Despite Held Removals',
			name: 'addDespiteHeldRemovals',
			...ADDED_SWITCH,
			description:
				'Whether to add people even when removals are held. The held removals are not sent. Otherwise nothing is sent, and the item fails.',
		},
		{
			displayName: 'Create at Most',
			name: 'createAtMost',
			...numberField(CREATE_AT_MOST),
			hint: 'In percent of the rows',
			description:
				'If more participants than this would be created, and more than 10, nothing is sent',
		},
		{
			displayName: 'Deviation Guard',
			name: 'deviationGuard',
			...ADDED_SWITCH,
			description:
				'Whether to send nothing when the list is half as long as one of the last 7 days, or half as long again. Works in published workflows, which remember the lengths.',
		},
		{
			displayName: 'Different People',
			name: 'differentPeople',
			type: 'string',
			typeOptions: { rows: 3 },
			default: '',
			placeholder: 'e.g. 007 = 7',
			description:
				'Pairs of IDs that look alike and are two people, one pair per line: the ID of the list, =, the ID of the member',
		},
		{
			displayName: 'List Is Complete',
			name: 'listIsComplete',
			...ADDED_SWITCH,
			description:
				'Whether a list of exactly 10, 20, 25, 50, 100 rows and so on is whole. Otherwise its removals are held, as a limit may have cut it off. Also whether a list may be empty while nobody would be removed.',
		},
		{
			displayName: 'Remove Own Additions Only',
			name: 'onlyOwn',
			...ADDED_SWITCH,
			description:
				'Whether members stay whom this workflow has not added itself while the option was on. Works in published workflows, up to 100,000 members.',
		},
		{
			displayName: 'Runs Before Removal',
			name: 'missingRuns',
			...numberField(MISSING_RUNS),
			// Without it, one.
			default: 2,
			description:
				'How many runs in a row somebody has to be missing from the list to be removed. Works in published workflows, which remember who was missing.',
		},
		{
			displayName: 'Treat as the Same',
			name: 'treatAsSame',
			type: 'multiOptions',
			default: [],
			description: 'Differences between an ID in the list and that of a member that do not count',
			options: [
				{
					name: 'Blanks',
					value: 'blanks',
					description: 'Spaces and other blanks anywhere in the ID',
				},
				{ name: 'Case', value: 'case', description: 'Upper and lower case' },
			],
		},
		{
			displayName: 'Unmatched Rows at Most',
			name: 'unmatchedAtMost',
			...numberField(UNMATCHED_AT_MOST),
			hint: 'In percent of the rows',
			description:
				'If more rows than this name no participant for certain, and more than 10, removals are held',
		},
	],
};

const COLUMNS: INodeProperties = optionGroup('columns', 'Which column of the list has which use', [
	{
		displayName: 'Account ID Column',
		name: 'accountIdColumn',
		type: 'string',
		default: '',
		placeholder: 'e.g. Company ID',
		description:
			'Header of the column with account IDs. Detected automatically if it is named accountId. Without one, an ID means the participant in whatever account.',
	},
	{
		displayName: 'Ignored Columns',
		name: 'ignoredColumns',
		type: 'string',
		default: '',
		placeholder: 'e.g. status, unsubscribed',
		description:
			'Columns that may say something else than who is in the segment, separated by commas. Without this, a list that has one is refused.',
	},
]);

const RESULT_FILES: INodeProperties = optionGroup(
	'resultFiles',
	'The files that come with the result',
	[
		{
			displayName: 'Create Undo File',
			name: 'undoFile',
			type: 'boolean',
			default: true,
			description:
				'Whether to put out a file that takes the run back when it is imported with the resource Bulk',
		},
		{
			displayName: 'Files',
			name: 'files',
			type: 'options',
			default: 'all',
			description: 'Which files of a plan to put out, when it is not carried out',
			options: [
				{
					name: 'All',
					value: 'all',
					description:
						'Joiners, leavers, and the rows whose participant was not found or is not clear',
				},
				{ name: 'Leavers Only', value: 'leavers' },
				{ name: 'None', value: 'none' },
			],
		},
	],
);

export const syncMembersFields: INodeProperties[] = [
	{
		...segmentLocator(show),
		description: 'The segment whose members are to be the people of the list',
	},
	...sourceFields(show.show, LIST_SOURCE),
	{
		displayName: 'Match By',
		name: 'matchBy',
		type: 'options',
		default: 'id',
		description: 'What the list calls people by',
		displayOptions: show,
		options: [
			{ name: 'Email', value: 'email', description: 'The e-mail address of the participant' },
			{ name: 'ID', value: 'id', description: 'The participant ID, with or without account ID' },
		],
	},
	{
		displayName: 'Email Column',
		name: 'emailColumn',
		type: 'string',
		default: '',
		placeholder: 'e.g. Email Address',
		description:
			'Header of the column with e-mail addresses. Detected automatically if it is named email.',
		displayOptions: { show: { ...show.show, matchBy: ['email'] } },
	},
	{
		displayName: 'ID Column',
		name: 'idColumn',
		type: 'string',
		default: '',
		placeholder: 'e.g. Customer ID',
		description:
			'Header of the column with participant IDs. Detected automatically if it is named ID, userId or participantId.',
		displayOptions: { show: { ...show.show, matchBy: ['id'] } },
	},
	...withAgentDefault(
		{
			displayName: 'If Participant Does Not Exist',
			name: 'ifParticipantMissing',
			type: 'options',
			default: 'skip',
			description: 'What to do when the list names somebody who is not a participant',
			displayOptions: show,
			options: [
				{
					name: 'Create',
					value: 'create',
					description:
						"Create the participant with this ID only, without other columns of the list. This may start programs. Needs 'Match By' ID.",
				},
				{ name: 'Fail', value: 'error', description: 'Send nothing at all' },
				{ name: 'Skip', value: 'skip', description: 'Leave the row out and go on' },
			],
		},
		'error',
	),
	{
		displayName: 'Remove at Most',
		name: 'removeAtMost',
		...numberField(REMOVE_AT_MOST),
		hint: 'In percent of the members. In small segments up to 10 may go, but never more than half.',
		description:
			'If more would have to go, nothing is sent. Of 16 members, 8 may go; of 40, 10; of 1,000, the percentage. More than 10,000 never go without a plan code. With 0, nobody is removed.',
		displayOptions: show,
	},
	{
		displayName: 'Never Remove',
		name: 'neverRemove',
		type: 'collection',
		placeholder: 'Add protection',
		default: {},
		description: 'Members who stay although the list does not name them',
		displayOptions: show,
		options: [
			{
				displayName: 'IDs',
				name: 'ids',
				type: 'string',
				default: '',
				placeholder: 'e.g. ann@example.com, ben@example.com',
				description: 'Participant IDs, separated by commas',
			},
			segmentsField('segments', 'Segment Names or IDs', {}),
		],
	},
	{
		displayName: 'Dry Run',
		name: 'dryRun',
		type: 'boolean',
		default: false,
		description:
			'Whether to only make the plan: how many would be added and removed, with files of them and of the rows that were not found, and the plan code. Nothing is sent.',
		displayOptions: show,
	},
	{
		displayName: 'Plan Code',
		name: 'planCode',
		type: 'string',
		default: '',
		placeholder: 'e.g. 30-4-t4nq2k-0a1b2c3d4e5f60718293a4b5c6d7e8f90123',
		description:
			"Allows the removals of one plan, however many, for 24 hours. 'Dry Run' and the message about held removals show it. If others would leave or join, nothing is sent. Empty it again afterwards.",
		displayOptions: show,
	},
	LIMITS_AND_SAFETY,
	optionsField(show, [
		ACCEPT_UNUSUAL_IDS_OPTION,
		COLUMNS,
		FILE_FORMAT_GROUP,
		REQUESTS_GROUP,
		RESULT_FILES,
	]),
];
