/**
 * Where the list of an operation comes from, and how its file is written: one set of fields for all operations that take
 * a list. `source.ts` reads them.
 */
import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';
import type { NumberLimits } from '../../../shared/n8n/parameterValues';
import { numberField } from '../fields';
import { optionGroup } from '../optionGroups';
import { TEXT_ENCODINGS } from '../../import/file/encoding';

const byName = new Intl.Collator('en').compare;

const encodingField: INodeProperties = {
	displayName: 'Encoding',
	name: 'encoding',
	type: 'options',
	default: 'auto',
	description:
		'The character encoding of the file. Choose it when letters come out wrong. A byte order mark is never part of the data.',
	options: [
		{ name: 'Detect Automatically', value: 'auto' },
		...Object.entries(TEXT_ENCODINGS).map(([value, name]) => ({ name, value })),
	].sort((a, b) => byName(a.name, b.name)),
};

/** 0: the first row that is not blank and not a comment. Far enough down for any title. */
export const HEADER_ROW: NumberLimits = { min: 0, max: 1000, default: 0 };

/** `items`: all input items are the list. `binary`: a file of the item. `text`: CSV, typed in or by expression. */
export type SourceKind = 'items' | 'binary' | 'text';

const KINDS: Readonly<Record<SourceKind, { name: string; description: string }>> = {
	items: { name: 'Input Items', description: 'All input items together; each of them is a row' },
	binary: { name: 'Binary File', description: 'A file of the input item; read as a stream' },
	text: { name: 'Text', description: 'Text entered here or taken from the input item' },
};

/** The field that chooses the source, and which kinds it offers. */
export interface SourceChoice {
	name: string;
	displayName: string;
	description: string;
	kinds: readonly SourceKind[];
	default: SourceKind;
}

/** The CSV of Import CSV. */
export const CSV_SOURCE: SourceChoice = {
	name: 'csvSource',
	displayName: 'CSV Source',
	description: 'Where the CSV comes from',
	kinds: ['binary', 'text'],
	default: 'binary',
};

/**
 * The choice of the source, and the fields of a file and of a text.
 * @param show what has to be chosen for the fields to be shown
 */
export function sourceFields(
	show: IDisplayOptions['show'],
	choice: SourceChoice,
): INodeProperties[] {
	const { name, kinds } = choice;
	const source: INodeProperties = {
		displayName: choice.displayName,
		name,
		type: 'options',
		default: 'binary',
		description: choice.description,
		displayOptions: { show },
		options: kinds
			.map((kind) => ({ ...KINDS[kind], value: kind }))
			.sort((a, b) => (a.name < b.name ? -1 : 1)),
	};
	return [
		{ ...source, default: choice.default },
		{
			displayName: 'Input Binary Field',
			name: 'binaryPropertyName',
			type: 'string',
			default: 'data',
			required: true,
			hint: 'The name of the input field containing the file data to be processed',
			displayOptions: { show: { ...show, [name]: ['binary'] } },
		},
		{
			displayName: 'CSV Text',
			name: 'csvText',
			type: 'string',
			default: '',
			required: true,
			typeOptions: { rows: 5 },
			placeholder: 'e.g. ID,segments',
			description: 'The CSV, header included',
			displayOptions: { show: { ...show, [name]: ['text'] } },
		},
	];
}

/** What operations that take a file have among their options: how it is written. */
export const FILE_FORMAT_GROUP: INodeProperties = optionGroup(
	'fileFormat',
	'How the file is written',
	[
		{
			displayName: 'Delimiter',
			name: 'delimiter',
			type: 'options',
			default: 'auto',
			description: 'What separates the cells of a row',
			options: [
				{ name: 'Comma', value: ',' },
				{ name: 'Detect Automatically', value: 'auto' },
				{ name: 'Pipe', value: '|' },
				{ name: 'Semicolon', value: ';' },
				{ name: 'Tab', value: '\t' },
			],
		},
		encodingField,
		{
			displayName: 'Header Row',
			name: 'headerRow',
			...numberField(HEADER_ROW),
			description:
				'Row with the column names, as a spreadsheet counts, for files with other text above it; 0 takes the first row that is not blank and not a comment',
		},
	],
);
