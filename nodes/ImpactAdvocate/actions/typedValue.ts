/** A value whose type people choose: that of an event's field or of a custom field. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { describeValue, numberOf } from '../../shared/inputValue';
import { ParameterError } from '../../shared/n8n/nodeErrors';
import { asSwitch, asText } from '../../shared/n8n/parameterValues';

/** Types of values, as the API has them. */
export const VALUE_TYPES = ['text', 'number', 'boolean'] as const;

export type ValueType = (typeof VALUE_TYPES)[number];

const NAMES: Readonly<Record<ValueType, string>> = {
	boolean: 'Boolean',
	number: 'Number',
	text: 'Text',
};

/** @param others further choices of the field */
export function typeField(
	description: string,
	others: INodePropertyOptions[] = [],
): INodeProperties {
	const types = VALUE_TYPES.map((value) => ({ name: NAMES[value], value }));
	return {
		displayName: 'Type',
		name: 'type',
		type: 'options',
		default: 'text',
		description,
		options: [...types, ...others].sort((a, b) => a.name.localeCompare(b.name)),
	};
}

export function valueField(more: Partial<INodeProperties> = {}): INodeProperties {
	return {
		displayName: 'Value',
		name: 'value',
		type: 'string',
		default: '',
		placeholder: 'e.g. gold, 12.5 or true',
		...more,
	};
}

/**
 * A value as the chosen type.
 * @throws ParameterError when it isn't one
 */
export function typedValue(
	type: ValueType,
	value: unknown,
	displayName: string,
): string | number | boolean {
	switch (type) {
		case 'boolean':
			return asSwitch(value, displayName);
		case 'number':
			return anyNumber(value, displayName);
		case 'text':
			return asText(value, displayName);
	}
}

/**
 * A number, with or without decimals. A larger one would arrive as another.
 * @throws ParameterError when it isn't one
 */
export function anyNumber(value: unknown, displayName: string): number {
	const number = numberOf(value);
	if (number !== undefined && Math.abs(number) <= Number.MAX_SAFE_INTEGER) return number;
	throw new ParameterError(
		`'${displayName}' is ${describeValue(value)}`,
		'Give a number with a point for decimals, such as 12.5',
	);
}
