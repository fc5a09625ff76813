/** The options of Import CSV, most of them in groups. */
import type { INodeProperties } from 'n8n-workflow';
import { FILE_FORMAT_GROUP } from '../list/fields';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	ADDED_SWITCH,
	MAX_NEW_SEGMENTS_OPTION,
	numberField,
	REQUESTS_GROUP,
} from '../fields';
import { optionGroup } from '../optionGroups';
import {
	START_AT_ROW,
	PREVIEW_SIZE,
	ROWS_PER_JOB,
	MAX_JOB_MINUTES,
	MAX_ROWS_PER_RUN,
	MAX_RUN_MINUTES,
	MAX_FAILURES,
	MAX_FAILED_PERCENT,
} from './limits';

/** An option that says which column has a use: the one that is found by itself, one by name, or none. */
function columnChoice(
	displayName: string,
	name: string,
	placeholder: string,
	description: string,
	found: string,
): INodeProperties[] {
	return [
		{
			displayName,
			name,
			type: 'options',
			default: 'auto',
			description,
			options: [
				{ name: 'Automatic', value: 'auto', description: found },
				{
					name: 'By Name',
					value: 'name',
					description: `Enter its header in '${displayName} Name'`,
				},
				{ name: 'None', value: 'none', description: 'Ignore such a column' },
			],
		},
		{
			displayName: `${displayName} Name`,
			name: `${name}Name`,
			type: 'string',
			default: '',
			placeholder,
			description: `With '${displayName}' set to By Name: the header of the column`,
			displayOptions: { show: { [name]: ['name'] } },
		},
	];
}

const COLUMNS: INodeProperties = optionGroup('columns', 'Which column of the file has which use', [
	{
		displayName: 'Account ID Column',
		name: 'accountIdColumn',
		type: 'string',
		default: '',
		placeholder: 'e.g. Customer Account',
		description:
			'Header of the column with the account ID. Detected automatically if it is named accountId; a blank cell means the participant ID.',
	},
	...columnChoice(
		'Action Column',
		'actionColumn',
		'e.g. change',
		"Which column says add, remove, set or clear for each row. It is followed when 'Action' is 'As the File Says'; with any other action, a file with a filled cell in it is refused.",
		'Detected automatically if it is named action',
	),
	...columnChoice(
		'Segments Column',
		'segmentsColumn',
		'e.g. lists',
		"Which column holds segment names or keys, separated by , ; | or line breaks, or as a list in brackets. If you name the column, a blank cell means the segments chosen above; if it is detected automatically, it must be empty when segments are chosen above. With the action 'As the File Says', ~key in a cell removes a segment, and ~* removes all of them.",
		'Detected automatically if it is named segments or segment, or segments.0, segments.1 and so on',
	),
]);

const IMPORT_JOB: INodeProperties = optionGroup(
	'importJob',
	"Advocate's own bulk import, for very many rows",
	[
		{
			displayName: 'Engine',
			name: 'engine',
			type: 'options',
			default: 'auto',
			description:
				"How to send the rows. With 'Simplify' off, the summary says which engine was used, and why.",
			options: [
				{
					name: 'Automatic',
					value: 'auto',
					description: 'An import job for more than 100,000 rows that go into the same segments',
				},
				{
					name: 'Import Job',
					value: 'job',
					description: "Advocate's own bulk import: adds all rows to the same segments",
				},
				{
					name: 'Row by Row',
					value: 'rows',
					description: 'Batches of up to 100 rows, with a result for each row',
				},
			],
		},
		{
			displayName: 'Job Side Effects',
			name: 'jobEvaluation',
			type: 'multiOptions',
			default: ['analytics', 'programs', 'webhooks'],
			description:
				'What else an import job may trigger in Advocate. Remove all of them to import without side effects.',
			options: [
				{ name: 'Analytics', value: 'analytics' },
				{ name: 'Programs', value: 'programs' },
				{ name: 'Webhooks', value: 'webhooks' },
			],
		},
		{
			displayName: 'Max Job Time',
			name: 'maxJobTime',
			...numberField(MAX_JOB_MINUTES),
			hint: 'In minutes',
			description: 'Maximum minutes to wait for import jobs',
			displayOptions: { show: { waitForCompletion: [true] } },
		},
		{
			displayName: 'Rows per Job',
			name: 'rowsPerJob',
			...numberField(ROWS_PER_JOB),
			description: 'Maximum rows per import job; a larger file goes into several jobs',
		},
		{
			displayName: 'Wait for Completion',
			name: 'waitForCompletion',
			type: 'boolean',
			default: true,
			description:
				"Whether to wait until import jobs have ended, and report on their rows. Otherwise the summary only has the IDs of the jobs, with 'Simplify' off.",
		},
	],
);

const RESULT_FILES: INodeProperties = optionGroup(
	'resultFiles',
	'The files that come with the summary',
	[
		{
			displayName: 'Create Undo File',
			name: 'undoFile',
			type: 'boolean',
			default: false,
			description:
				"Whether to read each participant before the change and return a CSV file in the field 'undo'. Importing that file as it is undoes the changes. Row by row only.",
		},
		{
			displayName: 'Protect Formulas',
			name: 'protectFormulas',
			type: 'boolean',
			default: true,
			description:
				'Whether to put an apostrophe in front of cells of the rejects file and the undo file that a spreadsheet would run as formulas. It is removed again when the file is imported.',
		},
		{
			displayName: 'Rejects File Field',
			name: 'rejectsField',
			type: 'string',
			default: 'rejects',
			hint: 'The name of the output field to put the rejects file in',
			description:
				'Rows that failed or were not sent are returned as a CSV file in this field of the summary item',
		},
	],
);

const ROWS: INodeProperties = optionGroup('rows', 'Which rows to import, and what they mean', [
	{
		displayName: 'Blank Cells',
		name: 'blankCells',
		type: 'options',
		default: 'ignore',
		description: "What a blank cell means when 'Participant Details' is 'Always'",
		options: [
			{
				name: 'Clear Custom Fields',
				value: 'clear',
				description:
					'Erase the value of a custom field in Advocate; leave other details as they are',
			},
			{ name: 'Ignore', value: 'ignore', description: 'Leave the value in Advocate as it is' },
		],
	},
	{
		displayName: 'Duplicate Participants',
		name: 'duplicates',
		type: 'options',
		default: 'merge',
		description: 'What to do with several rows of one participant',
		options: [
			{ name: 'Apply in Order', value: 'merge', description: 'Apply one row after the other' },
			{
				name: 'Refuse',
				value: 'error',
				description: 'Report all rows of the participant as invalid',
			},
			{ name: 'Use First Row', value: 'first', description: 'Skip the later rows' },
			{ name: 'Use Last Row', value: 'last', description: 'Skip the earlier rows' },
		],
	},
	{
		displayName: 'Max Rows per Run',
		name: 'maxRowsPerRun',
		...numberField(MAX_ROWS_PER_RUN),
		description:
			"Rows after which the run ends and leaves the rest of the file to the next one: 'nextRow' of the summary says where to start. With 0, all rows. A dry run checks all of them in any case.",
	},
	{
		displayName: 'Max Run Time',
		name: 'maxRunTime',
		...numberField(MAX_RUN_MINUTES),
		hint: 'In minutes',
		description:
			"Minutes after which the import ends in order: with its summary, the rejects file and 'nextRow', where to go on. With 0, it ends a little before the execution's time-out, if it has one.",
	},
	{
		displayName: 'Start at Row',
		name: 'startAtRow',
		...numberField(START_AT_ROW),
		description:
			"First row to import, as a spreadsheet counts (the header is row 1). Use 'firstRowNotSent' of an earlier summary to continue where that import ended.",
	},
]);

const STOP_RULE: INodeProperties = optionGroup('stopRule', 'When to end the import early', [
	{
		displayName: 'Stop On',
		name: 'stopOn',
		type: 'options',
		default: 'never',
		description:
			'When to end the import early; the remaining rows are reported as not sent. A refused credential always ends it.',
		options: [
			{ name: 'First Failed Row', value: 'firstFailure' },
			{ name: 'More Than a Number of Failed Rows', value: 'failures' },
			{ name: 'More Than a Share of Failed Rows', value: 'percent' },
			{ name: 'Never', value: 'never' },
		],
	},
	{
		displayName: 'Stop After Failures',
		name: 'maxFailures',
		...numberField(MAX_FAILURES),
		description:
			'The number of failed rows that is still accepted: with 5, the sixth ends the import',
		displayOptions: { show: { stopOn: ['failures'] } },
	},
	{
		displayName: 'Stop Above Percent',
		name: 'maxFailedPercent',
		...numberField(MAX_FAILED_PERCENT),
		description:
			'The percentage of failed rows that is still accepted, checked once 100 rows are done',
		displayOptions: { show: { stopOn: ['percent'] } },
	},
]);

/** Participants that 'Preview Effects' looks up when it is added as it comes. */
const PREVIEWED_WHEN_ADDED = 10;

export const IMPORT_OPTIONS: INodeProperties[] = [
	ACCEPT_UNUSUAL_IDS_OPTION,
	COLUMNS,
	FILE_FORMAT_GROUP,
	IMPORT_JOB,
	MAX_NEW_SEGMENTS_OPTION,
	REQUESTS_GROUP,
	RESULT_FILES,
	ROWS,
	STOP_RULE,
	{
		displayName: 'Preview Effects',
		name: 'previewSize',
		...numberField(PREVIEW_SIZE),
		// Whoever adds it wants to see some. Without it, nobody is looked up.
		default: PREVIEWED_WHEN_ADDED,
		description:
			'In a dry run: the number of participants, spread evenly over the file, whose current segments are read to report what they would become',
	},
	{
		displayName: 'Resume Interrupted Import',
		name: 'resume',
		...ADDED_SWITCH,
		description:
			"Whether to go on where an import of the same file with the same settings ended early on its own in the last three days ('Max Rows per Run', 'Max Run Time', 'Stop On', a refused key), if the workflow is published. After Stop, a time-out of n8n or a crash, rows are sent from the first one again. Import jobs are found in Advocate after any end: they are followed, and only the rest is started.",
	},
	{
		displayName: 'Skip Members Already In',
		name: 'skipMembers',
		...ADDED_SWITCH,
		description:
			"Whether to read the members of the segments first and send only what changes something, since a write may start programs in Advocate even when it changes nothing. For the actions 'Add' and 'Remove'. What is left out counts as unchanged.",
	},
];
