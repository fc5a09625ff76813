/**
 * The filter of Get Many for custom fields. The API has one whose form is documented nowhere, and one in a wrong form
 * could find nobody without a word: so everybody whom the other filters leave is read, and compared here.
 */
import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import type { ParticipantRecord } from '../../../shared/advocate/participants';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { readLocator } from '../../../shared/n8n/parameters';
import { asText } from '../../../shared/n8n/parameterValues';
import { customFieldLocator } from '../locators';

/** Whether a participant has what was asked for. */
export type CustomFieldTest = (participant: ParticipantRecord) => boolean;

/**
 * A field of its own: among the filters, n8n would save nothing of one that was added and left empty, and nobody could
 * refuse it.
 */
export const customFieldFilter = (displayOptions: IDisplayOptions): INodeProperties => ({
	displayName: 'Custom Fields',
	name: 'customFields',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true },
	placeholder: 'Add custom field',
	default: {},
	description:
		'Return those whose custom fields have these values, all of them. Everybody whom the other filters leave is read for this.',
	displayOptions,
	options: [
		{
			displayName: 'Custom Field',
			name: 'field',
			values: [
				customFieldLocator('A custom field of your tenant'),
				{
					displayName: 'Value',
					name: 'value',
					type: 'string',
					default: '',
					placeholder: 'e.g. gold',
					description: 'The exact value. Upper and lower case count.',
				},
			],
		},
	],
});

const HINT = 'Fill it in, or remove the custom field';

/**
 * @returns nothing when no custom field was added
 * @throws ParameterError when one was, and something of it is empty: that would return everybody
 */
export function readCustomFieldTest(
	context: IExecuteFunctions,
	itemIndex: number,
): CustomFieldTest | undefined {
	const entries = context.getNodeParameter('customFields.field', itemIndex, []) as unknown;
	if (!Array.isArray(entries) || entries.length === 0) return undefined;
	const wanted = entries.filter(isRecord).map((entry): [string, string] => {
		const name = asText(readLocator(entry.name).value, 'Field');
		if (name === '') throw new ParameterError("'Field' of a custom field is empty", HINT);
		const given = typeof entry.value === 'boolean' ? String(entry.value) : entry.value;
		const value = asText(given, `Value of ${name}`);
		if (value === '') throw new ParameterError(`'Value of ${name}' is empty`, HINT);
		return [name, value];
	});
	return ({ customFields: has }) =>
		wanted.every(([name, value]) => isRecord(has) && isSame(has[name], value));
}

/** Numbers and switches as they are written; what is not there is like nothing. */
const isSame = (has: unknown, value: string): boolean =>
	has !== undefined && has !== null && String(has) === value;
