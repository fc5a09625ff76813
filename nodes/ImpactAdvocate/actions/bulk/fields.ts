/** The fields of Import CSV. */
import type { INodeProperties } from 'n8n-workflow';
import { ACTION_NAMES } from '../../import/plan/voices';
import { withAgentDefault } from '../agentGuard';
import { CSV_SOURCE, sourceFields } from '../list/fields';
import {
	CREATE_MISSING_SEGMENTS_FIELD,
	optionsField,
	segmentsField,
	showFor,
	simplifyField,
} from '../fields';
import { IMPORT_OPTIONS } from './options';

const show = showFor('bulk', ['importCsv']).show;

export const importCsvFields: INodeProperties[] = [
	...sourceFields(show, CSV_SOURCE),
	{
		displayName: 'ID Column',
		name: 'idColumn',
		type: 'string',
		default: '',
		placeholder: 'e.g. Customer Email',
		description:
			'Header of the column with the participant ID. Detected automatically if it is named ID, userId or participantId.',
		displayOptions: { show },
	},
	{
		displayName: 'Action',
		name: 'segmentAction',
		type: 'options',
		default: 'add',
		description:
			"What to do with the segments in every row. Choose 'As the File Says' to let the file decide; otherwise a file that says something else is refused.",
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
	{
		...CREATE_MISSING_SEGMENTS_FIELD,
		displayOptions: { show: { ...show, segmentAction: ['add', 'file', 'set'] } },
	},
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
					name: 'Create, but Skip on Remove or Clear',
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
				description: 'For everyone; overwrites what Advocate has',
			},
			{ name: 'Never', value: 'none', description: 'Change segments only' },
			{
				name: 'New Participants Only',
				value: 'new',
				description:
					'Only for participants that the import creates. If the file has such columns, participants are looked up first.',
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
		default: 'failed',
		description:
			"What to return. If 'On Error' uses the error output, failed rows always go there.",
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
	optionsField({ show }, IMPORT_OPTIONS),
];
