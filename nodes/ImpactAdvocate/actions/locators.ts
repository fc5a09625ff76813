/** Fields that name one thing of the tenant: from a list that loads when it is opened, or typed in. */
import type {
	IDisplayOptions,
	INodeProperties,
	INodePropertyMode,
	INodePropertyModeTypeOptions,
} from 'n8n-workflow';

type SearchMethod = NonNullable<INodePropertyModeTypeOptions['searchListMethod']>;

/** What a locator asks for. */
export interface Locator {
	displayName: string;
	name: string;
	description: string;
	/** What the list has, with its article: `a segment`. */
	what: string;
	search: SearchMethod;
	/** Under the list. */
	listHint?: string;
	/** The ways to type it in. */
	typed: INodePropertyMode[];
	required?: boolean;
	displayOptions?: IDisplayOptions;
}

const TEXT = { type: 'string' } as const;

/** The way to choose one by typing what it is called. */
export const byText = (
	displayName: string,
	name: string,
	placeholder: string,
	hint?: string,
): INodePropertyMode => ({
	displayName,
	name,
	placeholder,
	...TEXT,
	...(hint === undefined ? {} : { hint }),
});

export function locator({ what, search, listHint, typed, ...field }: Locator): INodeProperties {
	return {
		...field,
		type: 'resourceLocator',
		default: { mode: 'list', value: '' },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: `Select ${what}...`,
				...(listHint === undefined ? {} : { hint: listHint }),
				typeOptions: { searchListMethod: search, searchable: true },
			},
			...typed,
		],
	};
}

/** One segment. */
export const segmentLocator = (displayOptions: IDisplayOptions): INodeProperties =>
	locator({
		displayName: 'Segment',
		name: 'segment',
		required: true,
		description: 'The segment to work with',
		displayOptions,
		what: 'a segment',
		search: 'searchSegments',
		typed: [
			byText('By Key', 'key', 'e.g. vipCustomers'),
			byText(
				'By Name',
				'name',
				'e.g. VIP Customers',
				'The name as impact.com shows it. It must be the name of one segment only.',
			),
		],
	});

/**
 * One participant.
 * @param moreModes other ways to name it
 */
export const participantLocator = (
	displayOptions: IDisplayOptions,
	moreModes: INodePropertyMode[] = [],
): INodeProperties =>
	locator({
		displayName: 'Participant',
		name: 'participant',
		required: true,
		description: 'The participant to work with',
		displayOptions,
		what: 'a participant',
		search: 'searchParticipants',
		typed: [
			byText('By ID', 'id', 'e.g. 12345'),
			byText(
				'By Email',
				'email',
				'e.g. nathan@example.com',
				'The exact e-mail address of an existing participant',
			),
			...moreModes,
		],
	});

/** A program, as a filter. */
export const programLocator = (description: string): INodeProperties =>
	locator({
		displayName: 'Program',
		name: 'program',
		description,
		what: 'a program',
		search: 'searchPrograms',
		typed: [byText('By ID', 'id', 'e.g. 27048')],
	});

/** A custom field: one that the tenant has, or any by its name. */
export const customFieldLocator = (description: string): INodeProperties =>
	locator({
		displayName: 'Field',
		name: 'name',
		description,
		what: 'a custom field',
		search: 'searchCustomFields',
		listHint: "The custom fields of your tenant. If there are none yet, choose 'By Name'.",
		typed: [byText('By Name', 'name', 'e.g. plan')],
	});

/** A unit of credit. */
export const unitLocator = (displayOptions: IDisplayOptions): INodeProperties =>
	locator({
		displayName: 'Unit',
		name: 'unit',
		required: true,
		description: 'What is counted. Upper and lower case matter.',
		displayOptions,
		what: 'a unit',
		search: 'searchUnits',
		listHint:
			"Units of the rewards in impact.com, and of the latest that were given. For any other, choose 'By Name'.",
		typed: [byText('By Name', 'name', 'e.g. CENTS')],
	});
