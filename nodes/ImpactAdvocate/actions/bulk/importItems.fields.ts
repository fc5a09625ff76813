/** The fields of Import Items: those of Import CSV without what is about a file, in words for items. */
import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import { followsTable, ITEM_WORDS } from '../../import/table';
import { numberField } from '../fields';
import { CSV_SOURCE, FILE_FORMAT_GROUP } from '../list/fields';
import { importCsvFields } from './fields';
import { START_AT_ITEM } from './limits';

const OF_FILES: ReadonlySet<string> = new Set([
	CSV_SOURCE.name,
	'binaryPropertyName',
	'csvText',
	FILE_FORMAT_GROUP.name,
]);

/** What a field, or one of its choices, says of items. By name, and by name and value. */
const TEXTS: Readonly<Record<string, Partial<INodeProperties>>> = {
	accountIdColumn: {
		description:
			'The field of the items with the account ID. Detected automatically if it is named accountId; a blank one means the participant ID.',
	},
	actionColumn: {
		description: `Which field of the items says add, remove, set or clear, item by item. It is followed when 'Action' is '${followsTable(ITEM_WORDS)}'; with another action, items with a value in it are refused.`,
	},
	columns: { description: 'Which field of the items has which use' },
	duplicates: { description: 'What to do with several items of one participant' },
	idColumn: {
		description:
			'The field of the items with the participant ID. Detected automatically if it is named ID, userId or participantId. Fields inside of objects have dots: customer.id.',
	},
	ifParticipantMissing: {
		description: 'What to do when no participant has the ID of an item',
	},
	participantDetails: {
		description:
			'For whom to send the other fields that Advocate knows (email, firstName, lastName, locale, countryCode, customFields.plan and so on)',
	},
	dryRun: {
		description:
			'Whether to only read and check all items and report what would be done, without sending any change',
	},
	rows: { description: 'Which items to import, and what they mean' },
	rowOutput: {
		description:
			"What to return. Each item is a row. With 'On Error' set to use the error output, failed items go there in any case.",
	},
	rejectsField: {
		description:
			'The items that failed or were not sent come as a CSV file in this field of the summary item',
	},
	resume: {
		description:
			'Whether to go on where an earlier import of the same items with the same settings was interrupted. Row by row, the place is kept in the static data of the workflow, which n8n saves for active workflows only, when an execution ends. Import jobs of the last three days are found in Advocate by their names: they are followed, and only the rest is started.',
	},
	maxRowsPerRun: {
		description:
			"Items after which the run ends and leaves the rest to the next one: 'nextRow' of the summary says where to start. With 0, all items. A dry run checks all of them in any case.",
	},
	previewSize: {
		description:
			'In a dry run: for this many participants, picked evenly from the items, read the present segments and report what they would become',
	},
	segmentAction: {
		description: `What to do with the segments, for every item. Only with '${followsTable(ITEM_WORDS)}' may the items decide; otherwise items that say something else are refused.`,
	},
	segments: { hint: 'For every item; leave empty if the items have a field with segments' },
	segmentsColumn: {
		description:
			"Which field of the items holds segment names or keys: a list, or text separated by , ; | or line breaks. If you name the field, a blank value means the segments chosen above; if it is detected automatically, it must be empty when segments are chosen above. With the action 'As the Items Say', ~key removes a segment, and ~* removes all of them.",
	},
	startAtRow: {
		displayName: 'Start at Item',
		name: 'startAtItem',
		...numberField(START_AT_ITEM),
		description:
			"Number of the first item to import, from 0 as n8n counts. Use 'firstRowNotSent' of an earlier summary to go on where it ended.",
	},
};

const CHOICES: Readonly<Record<string, Partial<INodePropertyOptions>>> = {
	'participantDetails.new': {
		description:
			'Only for those that the import creates. If the items have such fields, participants are looked up first.',
	},
	'rowOutput.all': {
		description: 'One item for all, then one per input item; needs memory for all of them',
	},
	'rowOutput.failed': {
		description: 'One item for all, then one per input item that failed or was not sent',
	},
	'rowOutput.summary': { description: 'One item for all of them' },
	'segmentAction.file': {
		name: followsTable(ITEM_WORDS),
		description: 'Do what each item says, in an action field or with ~ in its segments',
	},
};

/** A field of Import CSV as Import Items has it. */
function forItems(field: INodeProperties): INodeProperties {
	const { displayOptions, options } = field;
	const show = displayOptions?.show;
	return {
		...field,
		...TEXTS[field.name],
		...(show?.operation === undefined
			? {}
			: { displayOptions: { ...displayOptions, show: { ...show, operation: ['importItems'] } } }),
		...(options === undefined ? {} : { options: entriesForItems(field) }),
	};
}

/** The entries of a collection, the fields of a group, or the choices of a field. */
function entriesForItems({ name: field, type, options = [] }: INodeProperties) {
	if (type === 'collection') {
		return (options as INodeProperties[])
			.filter(({ name }) => !OF_FILES.has(name))
			.map(forItems)
			.sort((a, b) => (a.displayName < b.displayName ? -1 : 1));
	}
	if (type === 'fixedCollection') {
		return (options as INodePropertyCollection[]).map((section) => ({
			...section,
			values: section.values.map(forItems),
		}));
	}
	return (options as INodePropertyOptions[])
		.map((option) => ({ ...option, ...CHOICES[`${field}.${String(option.value)}`] }))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const importItemsFields: INodeProperties[] = importCsvFields
	.filter(({ name }) => !OF_FILES.has(name))
	.map(forItems);
