/** The fields of Import CSV. */
import type { INodeProperties } from 'n8n-workflow';
import { MAX_JOB_ROWS } from '../../../shared/advocate/importJobs';
import { MAX_SAMPLE } from '../../import/plan/effectPreview';
import { ACTION_NAMES } from '../../import/plan/voices';
import { withAgentDefault } from '../agentGuard';
import { CSV_SOURCE, FILE_OPTIONS, sourceFields } from '../list/fields';
import {
	NEW_SEGMENTS_OPTIONS,
	numberField,
	optionsField,
	segmentsField,
	showFor,
	simplifyField,
	TRANSPORT_OPTIONS,
	WRITE_OPTIONS,
} from '../fields';
import type { NumberLimits } from '../../../shared/n8n/parameterValues';

const LARGEST_ROW_NUMBER = 4_000_000_000;

/** As a spreadsheet counts: the header is row 1. */
export const START_AT_ROW: NumberLimits = { min: 2, max: LARGEST_ROW_NUMBER, default: 2 };

/** As n8n counts its items. */
export const START_AT_ITEM: NumberLimits = { min: 0, max: LARGEST_ROW_NUMBER, default: 0 };

export const PREVIEW_SIZE: NumberLimits = { min: 0, max: MAX_SAMPLE, default: 0 };

/** By default far below the vendor's limit, so that a piece of the file fits well into memory. */
export const ROWS_PER_JOB: NumberLimits = { min: 1, max: MAX_JOB_ROWS, default: 100_000 };

export const MAX_JOB_MINUTES: NumberLimits = { min: 1, max: 7 * 24 * 60, default: 60 };

export const MAX_FAILURES: NumberLimits = { min: 0, max: LARGEST_ROW_NUMBER, default: 100 };

export const MAX_FAILED_PERCENT: NumberLimits = { min: 0, max: 100, default: 10 };

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
				{ name: 'None', value: 'none', description: 'Leave such a column out' },
			],
		},
		{
			displayName: `${displayName} Name`,
			name: `${name}Name`,
			type: 'string',
			default: '',
			placeholder,
			description: `With '${displayName}' By Name: the header of the column`,
			displayOptions: { show: { [name]: ['name'] } },
		},
	];
}

const show = showFor('bulk', ['importCsv']).show;

const OPTIONS: INodeProperties[] = [
	{
		displayName: 'Account ID Column',
		name: 'accountIdColumn',
		type: 'string',
		default: '',
		placeholder: 'e.g. Customer Account',
		description:
			'Header of the column with the account ID. Found by itself when it is called accountId; a blank cell means the participant ID.',
	},
	...columnChoice(
		'Action Column',
		'actionColumn',
		'e.g. change',
		"Which column says add, remove, set or clear row by row. It is followed when 'Action' is 'As the File Says'; with another action, a file with a filled cell in it is refused.",
		'Found by itself when it is called action',
	),
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
		displayName: 'Create Undo File',
		name: 'undoFile',
		type: 'boolean',
		default: false,
		description:
			"Whether to read each participant before changing it and return a CSV file in the field 'undo' that, imported as it is, takes the changes back. Row by row only.",
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
		displayName: 'Engine',
		name: 'engine',
		type: 'options',
		default: 'auto',
		description:
			"How to send the rows. With 'Simplify' off, the summary says which way was taken, and why.",
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
		displayName: 'ID Column',
		name: 'idColumn',
		type: 'string',
		default: '',
		placeholder: 'e.g. Customer Email',
		description:
			'Header of the column with the participant ID. Found by itself when it is called ID, userId or participantId.',
	},
	{
		displayName: 'Job Side Effects',
		name: 'jobEvaluation',
		type: 'multiOptions',
		default: ['analytics', 'programs', 'webhooks'],
		description:
			'What an import job may start in Advocate besides the change itself. Take all away for a silent import.',
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
		description: 'Minutes to wait for import jobs at most',
	},
	{
		displayName: 'Preview Effects',
		name: 'previewSize',
		...numberField(PREVIEW_SIZE),
		description:
			'In a dry run: for this many participants, picked evenly from the file, read the present segments and report what they would become',
	},
	{
		displayName: 'Protect Formulas',
		name: 'protectFormulas',
		type: 'boolean',
		default: true,
		description:
			'Whether to put an apostrophe before what a spreadsheet would run as a formula in cells of the rejects file and the undo file. It is taken away again when the file is imported.',
	},
	{
		displayName: 'Put Rejects File in Field',
		name: 'rejectsField',
		type: 'string',
		default: 'rejects',
		hint: 'The name of the output field to put the rejects file in',
		description:
			'The rows that failed or were not sent come as a CSV file in this field of the summary item',
	},
	{
		displayName: 'Resume Interrupted Import',
		name: 'resume',
		type: 'boolean',
		default: false,
		description:
			'Whether to go on where an earlier import of the same file with the same settings was interrupted. Row by row, the place is kept in the static data of the workflow, which n8n saves for active workflows only, when an execution ends. Import jobs of the last three days are found in Advocate by their names: they are followed, and only the rest is started.',
	},
	{
		displayName: 'Rows per Job',
		name: 'rowsPerJob',
		...numberField(ROWS_PER_JOB),
		description: 'Rows after which the next import job begins',
	},
	...columnChoice(
		'Segments Column',
		'segmentsColumn',
		'e.g. lists',
		"Which column holds segment keys, separated by , ; | or line breaks, or as a list in brackets. In one that is given by name, a blank cell means the segments chosen above; one that is found by itself may not be filled when segments are chosen above. In a cell, ~key removes a segment and ~* all of them: that takes the action 'As the File Says'.",
		'Found by itself when it is called segments or segment, also as segments.0, segments.1 and so on',
	),
	{
		displayName: 'Skip Members Already In',
		name: 'skipMembers',
		type: 'boolean',
		default: false,
		description:
			"Whether to read the members of the segments first and send only what changes something, since a write may start programs in Advocate even when it changes nothing. For the actions 'Add' and 'Remove'. What is left out counts as unchanged.",
	},
	{
		displayName: 'Start at Row',
		name: 'startAtRow',
		...numberField(START_AT_ROW),
		description:
			"First row to import, as a spreadsheet counts (the header is row 1). Use 'firstRowNotSent' of an earlier summary to go on where it ended.",
	},
	{
		displayName: 'Stop After Failures',
		name: 'maxFailures',
		...numberField(MAX_FAILURES),
		description: "With 'Stop On' More Than a Number of Failed Rows: this number",
	},
	{
		displayName: 'Stop Above Percent',
		name: 'maxFailedPercent',
		...numberField(MAX_FAILED_PERCENT),
		description:
			"With 'Stop On' More Than a Share of Failed Rows: this percentage, looked at once 100 rows have ended",
	},
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
		displayName: 'Wait for Completion',
		name: 'waitForCompletion',
		type: 'boolean',
		default: true,
		description:
			"Whether to wait until import jobs have ended and report on their rows. Otherwise the summary has the job IDs, with 'Simplify' off.",
	},
];

export const importCsvFields: INodeProperties[] = [
	...sourceFields(show, CSV_SOURCE),
	{
		displayName: 'Action',
		name: 'segmentAction',
		type: 'options',
		default: 'add',
		description:
			"What to do with the segments, for every row. Only with 'As the File Says' may the file decide; otherwise a file that says something else is refused.",
		displayOptions: { show },
		options: [
			{
				name: ACTION_NAMES.add,
				value: 'add',
				description: 'Put the participants into the segments',
			},
			{
				name: ACTION_NAMES.file,
				value: 'file',
				description: 'Do what each row says, in an action column or with ~ in its segments cell',
			},
			{
				name: ACTION_NAMES.clear,
				value: 'clear',
				description: 'Take the participants out of all segments',
			},
			{
				name: ACTION_NAMES.remove,
				value: 'remove',
				description: 'Take the participants out of the segments',
			},
			{
				name: ACTION_NAMES.set,
				value: 'set',
				description:
					'Put the participants into exactly these segments. Takes them out of all other segments; to make a segment equal to a list use Sync Members.',
			},
		],
	},
	segmentsField(
		'segments',
		'Segment Names or IDs',
		{ show: { ...show, segmentAction: ['add', 'file', 'remove', 'set'] } },
		{ hint: 'For every row; leave empty if the file has a column with segments' },
	),
	...withAgentDefault(
		{
			displayName: 'If Participant Does Not Exist',
			name: 'ifParticipantMissing',
			type: 'options',
			default: 'byAction',
			description: 'What to do when no participant has the ID of a row',
			displayOptions: { show },
			options: [
				{
					name: 'Create',
					value: 'create',
					description: 'Create the participant with this ID, which may start programs',
				},
				{
					name: 'Create to Add or Set, Skip Otherwise',
					value: 'byAction',
					description: 'Create for the actions Add and Set, skip the row for Remove and Clear',
				},
				{ name: 'Fail', value: 'error', description: 'Treat the row as failed' },
				{ name: 'Skip', value: 'skip', description: 'Leave the row out' },
			],
		},
		'error',
	),
	{
		displayName: 'Participant Details',
		name: 'participantDetails',
		type: 'options',
		default: 'new',
		description:
			'For whom to send the other columns that Advocate knows (email, firstName, lastName, locale, countryCode, customFields.plan and so on)',
		displayOptions: { show },
		options: [
			{
				name: 'Always',
				value: 'all',
				description: 'For everybody: overwrites what Advocate has',
			},
			{ name: 'Never', value: 'none', description: 'Change segments only' },
			{
				name: 'New Participants Only',
				value: 'new',
				description:
					'Only for those that the import creates. If the file has such columns, participants are looked up first.',
			},
		],
	},
	{
		displayName: 'Dry Run',
		name: 'dryRun',
		type: 'boolean',
		default: false,
		description:
			'Whether to only read and check the whole file and report what would be done, without sending any change',
		displayOptions: { show },
	},
	{
		displayName: 'Output',
		name: 'rowOutput',
		type: 'options',
		default: 'summary',
		description:
			"What to return. With 'On Error' set to use the error output, failed rows go there in any case.",
		displayOptions: { show },
		options: [
			{ name: 'Summary', value: 'summary', description: 'One item per file' },
			{
				name: 'Summary and All Rows',
				value: 'all',
				description: 'One item per file, then one per row; needs memory for all of them',
			},
			{
				name: 'Summary and Failed Rows',
				value: 'failed',
				description: 'One item per file, then one per row that failed or was not sent',
			},
		],
	},
	simplifyField({ show }),
	optionsField({ show }, [
		...TRANSPORT_OPTIONS,
		...WRITE_OPTIONS,
		...NEW_SEGMENTS_OPTIONS,
		...FILE_OPTIONS,
		...OPTIONS,
	]),
];
