/** Reads what happened from the parameters of one item. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import { MAX_FIELD_BYTES } from '../../../shared/advocate/events';
import { describeValue } from '../../../shared/inputValue';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { readChoice, readLocator } from '../../../shared/n8n/parameters';
import { asText, oneOf } from '../../../shared/n8n/parameterValues';
import { anyNumber, typedValue, VALUE_TYPES } from '../typedValue';
import { ORDER_FIELDS } from './fields';
import type { OrderField } from './fields';

/** The key of an event, and its fields. */
export interface EventContent {
	key: string;
	fields: Record<string, unknown>;
}

/** Longest text of an order's fields (vendor's schema of purchases). */
const MAX_ORDER_TEXT = 375;

/** @throws ParameterError */
export function readEvent(context: IExecuteFunctions, itemIndex: number): EventContent {
	const event = readChoice(
		context,
		'event',
		'Event',
		['custom', 'purchase', 'refund'] as const,
		itemIndex,
		'custom',
	);
	if (event !== 'custom') {
		const name = event === 'purchase' ? 'purchaseFields' : 'refundFields';
		return {
			key: event,
			fields: orderOf(context.getNodeParameter(name, itemIndex, {}) as unknown),
		};
	}
	const { value } = readLocator(context.getNodeParameter('eventKey', itemIndex) as unknown);
	const key = asText(value, 'Event Key');
	if (key === '') {
		throw new ParameterError(
			"'Event Key' is empty",
			"Choose an event from the list, or choose 'By Key' and enter its key",
		);
	}
	const fields = readFields(context, itemIndex);
	checkTexts(fields);
	return { key, fields };
}

function readFields(context: IExecuteFunctions, itemIndex: number): Record<string, unknown> {
	const way = ['pairs', 'json'] as const;
	if (readChoice(context, 'specifyFields', 'Specify Fields', way, itemIndex, 'pairs') === 'json') {
		const value = context.getNodeParameter('fieldsJson', itemIndex, '{}') as unknown;
		const parsed = parsedJson(value);
		if (isRecord(parsed)) return parsed;
		throw new ParameterError(
			`'Fields (JSON)' is ${describeValue(parsed ?? value)}`,
			'Give a JSON object, such as {"plan": "gold", "seats": 5}',
		);
	}
	// `__proto__` is a name like any other in it.
	const fields = Object.create(null) as Record<string, unknown>;
	const pairs = context.getNodeParameter('fields.field', itemIndex, []) as unknown;
	for (const pair of Array.isArray(pairs) ? pairs.filter(isRecord) : []) {
		const name = asText(pair.name, 'Name');
		if (name === '')
			throw new ParameterError("'Name' of a field is empty", 'Name the field, or remove it');
		if (Object.hasOwn(fields, name)) {
			throw new ParameterError(`'Fields' names '${name}' twice`, 'Keep one of them');
		}
		const type = oneOf(pair.type ?? 'text', VALUE_TYPES, 'Type');
		fields[name] = typedValue(type, pair.value, `Value of ${name}`);
	}
	return fields;
}

function orderOf(collection: unknown): Record<string, unknown> {
	const given = isRecord(collection) ? collection : {};
	const fields: Record<string, unknown> = {};
	for (const field of ORDER_FIELDS) {
		if (Object.hasOwn(given, field.name)) fields[field.wire] = orderValue(given[field.name], field);
	}
	return fields;
}

function orderValue(value: unknown, { holds, displayName }: OrderField): unknown {
	switch (holds) {
		case 'amount': {
			if (describeValue(value) === 'empty') {
				throw new ParameterError(
					`'${displayName}' is empty`,
					'Fill it in, with 0 if that is the amount, or remove the field',
				);
			}
			const amount = anyNumber(value, displayName);
			if (amount >= 0) return amount;
			throw new ParameterError(
				`'${displayName}' is ${amount}`,
				'Give 0 or more; a refund is an event of its own',
			);
		}
		case 'currency': {
			const currency = asText(value, displayName);
			if (/^[A-Z]{3}$/.test(currency)) return currency;
			throw new ParameterError(
				`'${displayName}' is ${describeValue(currency)}`,
				'Give the three capital letters of its ISO code, such as USD',
			);
		}
		case 'products': {
			const products = parsedJson(value);
			if (
				Array.isArray(products) &&
				products.every((entry) => isRecord(entry) && typeof entry.product_id === 'string')
			) {
				return products;
			}
			throw new ParameterError(
				`'${displayName}' is ${describeValue(products ?? value)}`,
				'Give a JSON array of objects, each with a product_id as text',
			);
		}
		case 'text': {
			const text = asText(value, displayName);
			if (text !== '' && text.length <= MAX_ORDER_TEXT) return text;
			throw new ParameterError(
				`'${displayName}' is ${text === '' ? 'empty' : `longer than ${MAX_ORDER_TEXT} characters`}`,
				'Fill it in, or remove the field',
			);
		}
	}
}

/** A JSON text, read; all else as it is. */
function parsedJson(value: unknown): unknown {
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value) as unknown;
	} catch {
		return undefined;
	}
}

/** The API does not take longer texts, and no arrays of arrays. */
function checkTexts(value: unknown, path = 'Fields'): void {
	if (typeof value === 'string' && Buffer.byteLength(value) > MAX_FIELD_BYTES) {
		throw new ParameterError(
			`The text of '${path}' has more than ${MAX_FIELD_BYTES} bytes`,
			'Advocate does not take longer texts: shorten it',
		);
	}
	if (Array.isArray(value)) {
		if (value.some(Array.isArray)) {
			throw new ParameterError(
				`'${path}' is a list of lists`,
				'Advocate does not take lists of lists: give a list of texts or numbers',
			);
		}
		value.forEach((entry) => checkTexts(entry, path));
	} else if (isRecord(value)) {
		for (const [name, entry] of Object.entries(value)) checkTexts(entry, name);
	}
}
