/**
 * Reads node parameters into plain values, with errors that name the parameter as the editor shows it.
 *
 * A parameter or option that is not there has its default. One that is there but holds nothing (an expression that
 * found nothing) is refused where a default would decide something in silence: switches, choices and numbers. A text
 * that is blank counts as left empty, which each field says the meaning of.
 */
import type { IDataObject, IExecuteFunctions, INodeParameterResourceLocator } from 'n8n-workflow';
import { MAX_BATCH_SIZE } from '../advocate/upserts';
import { isRecord } from '../advocate/client/values';
import { CHECK_EXPRESSION } from '../inputError';
import { describeValue } from '../inputValue';
import { assertSegmentKey } from '../segments/key';
import { ParameterError } from './nodeErrors';
import {
	withoutGroups,
	asAmount,
	asDate,
	asNumber,
	asSegments,
	asSwitch,
	asText,
	asTexts,
	namingParameter,
	oneOf,
} from './parameterValues';
import type { NumberLimits } from './parameterValues';

/** Most requests in flight. The vendor's own SDK starts with 2 as well, and stops at 32. */
export const CONCURRENCY: NumberLimits = { min: 1, max: 32, default: 2 };

/** Participants per request. */
export const BATCH_SIZE: NumberLimits = { min: 1, max: MAX_BATCH_SIZE, default: MAX_BATCH_SIZE };

/** Segments that one run may create. There is no way to delete one. */
export const MAX_NEW_SEGMENTS: NumberLimits = { min: 1, max: 1000, default: 10 };

export const TIMEOUT_SECONDS: NumberLimits = { min: 1, max: 3600, default: 30 };

export const MAX_WAIT_SECONDS: NumberLimits = { min: 0, max: 86_400, default: 300 };

const LIMIT: NumberLimits = { min: 1, max: Number.MAX_SAFE_INTEGER, default: 50 };

// --- options -----------------------------------------------------------------------------------------------------

/**
 * A collection of an item; what has none has an empty one.
 * @param entries what people call what is in it
 * @throws ParameterError
 */
export function readCollection(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
	entries = 'entries',
): IDataObject {
	const collection = context.getNodeParameter(name, itemIndex, {}) as unknown;
	if (isRecord(collection)) return collection as IDataObject;
	throw new ParameterError(
		`'${displayName}' is ${describeValue(collection)}`,
		`Set the ${entries} one by one`,
	);
}

/**
 * The options collection of an item. What stands in groups is beside the others.
 * @throws ParameterError
 */
export const readOptions = (context: IExecuteFunctions, itemIndex: number): IDataObject =>
	withoutGroups(readCollection(context, 'options', 'Options', itemIndex, 'options'));

/** Whether an option was added; one that holds nothing was. */
const has = (options: IDataObject, name: string): boolean => Object.hasOwn(options, name);

/**
 * A switch among the options.
 * @throws ParameterError
 */
export function switchOption(
	options: IDataObject,
	name: string,
	displayName: string,
	byDefault: boolean,
): boolean {
	return has(options, name) ? asSwitch(options[name], displayName) : byDefault;
}

/**
 * A choice among the options.
 * @throws ParameterError
 */
export function choiceOption<T extends string>(
	options: IDataObject,
	name: string,
	displayName: string,
	allowed: readonly T[],
	byDefault: T,
): T {
	return has(options, name) ? oneOf(options[name], allowed, displayName) : byDefault;
}

/**
 * Several choices among the options.
 * @throws ParameterError
 */
export function choicesOption<T extends string>(
	options: IDataObject,
	name: string,
	displayName: string,
	allowed: readonly T[],
): T[] {
	if (!has(options, name)) return [...allowed];
	return asTexts(options[name], displayName).map((text) => oneOf(text, allowed, displayName));
}

/**
 * A text among the options, trimmed.
 * @throws ParameterError
 */
export function textOption(options: IDataObject, name: string, displayName: string): string {
	return asText(options[name], displayName);
}

/**
 * A text among the options that protects from something: added and empty, it would protect from nothing.
 * @returns nothing when the option was not added
 * @throws ParameterError
 */
export function filledTextOption(
	options: IDataObject,
	name: string,
	displayName: string,
): string | undefined {
	if (!has(options, name)) return undefined;
	const text = textOption(options, name, displayName);
	if (text !== '') return text;
	throw new ParameterError(
		`'${displayName}' is empty`,
		`Fill it in, or remove the option: empty, it protects from nothing. ${CHECK_EXPRESSION}`,
	);
}

/**
 * The value of a resource locator among the options, trimmed.
 * @throws ParameterError
 */
export function locatorOption(options: IDataObject, name: string, displayName: string): string {
	return asText(readLocator(options[name]).value, displayName);
}

/**
 * A date among the options, see `asDate`.
 * @returns milliseconds since the epoch; nothing when it is not set
 * @throws ParameterError
 */
export function dateOption(
	options: IDataObject,
	name: string,
	displayName: string,
	timezone: string,
): number | undefined {
	return asDate(options[name], displayName, timezone);
}

/**
 * An amount among the options, see `asAmount`.
 * @returns nothing when the option was not added
 * @throws ParameterError
 */
export function amountOption(
	options: IDataObject,
	name: string,
	displayName: string,
): number | undefined {
	return has(options, name) ? asAmount(options[name], displayName) : undefined;
}

/**
 * A list of texts among the options; an option that is not there is an empty one.
 * @throws ParameterError
 */
export function textsOption(options: IDataObject, name: string, displayName: string): string[] {
	return has(options, name) ? asTexts(options[name], displayName) : [];
}

/**
 * A number from the options, within its bounds.
 * @throws ParameterError
 */
export function readNumberOption(
	options: IDataObject,
	name: string,
	displayName: string,
	limits: NumberLimits,
): number {
	return has(options, name) ? asNumber(options[name], displayName, limits) : limits.default;
}

/**
 * Time-out and waiting time of a run. They hold for the run as a whole, so the first item's are used.
 * @throws ParameterError
 */
export function readTransportSettings(context: IExecuteFunctions): {
	timeoutMs: number;
	maxWaitMs: number;
} {
	const options = readOptions(context, 0);
	return {
		timeoutMs: 1000 * readNumberOption(options, 'timeout', 'Timeout', TIMEOUT_SECONDS),
		maxWaitMs: 1000 * readNumberOption(options, 'maxWaitTime', 'Max Wait Time', MAX_WAIT_SECONDS),
	};
}

/** How fast to send. */
export interface SendLimits {
	/** Most requests in flight at once. */
	concurrency: number;
	/** Maximum participants per request. */
	batchSize: number;
}

/**
 * How fast to send, from the options of an operation that writes many participants.
 * @throws ParameterError
 */
export function readSendLimits(options: IDataObject): SendLimits {
	return {
		concurrency: readNumberOption(options, 'concurrency', 'Concurrency', CONCURRENCY),
		batchSize: readNumberOption(options, 'batchSize', 'Batch Size', BATCH_SIZE),
	};
}

/**
 * What operations that write participants do around each write.
 * @throws ParameterError
 */
export function readWriteOptions(options: IDataObject): {
	verify: boolean;
	createMissingSegments: boolean;
} {
	return {
		verify: switchOption(options, 'verifyResult', 'Verify Result', true),
		createMissingSegments: switchOption(
			options,
			'createMissingSegments',
			'Create Missing Segments',
			false,
		),
	};
}

/**
 * How many segments a run may create.
 * @throws ParameterError
 */
export function readMaxNewSegments(options: IDataObject): number {
	return readNumberOption(options, 'maxNewSegments', 'Max New Segments', MAX_NEW_SEGMENTS);
}

// --- parameters --------------------------------------------------------------------------------------------------

/**
 * The position of a switch.
 * @throws ParameterError
 */
export function readSwitch(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
	byDefault: boolean,
): boolean {
	// The default is for a parameter that is not there: what an expression does not find comes as undefined.
	return asSwitch(context.getNodeParameter(name, itemIndex, byDefault) as unknown, displayName);
}

/**
 * Text of a parameter, trimmed.
 * @throws ParameterError for what is no text
 */
export function readText(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
): string {
	return asText(context.getNodeParameter(name, itemIndex, '') as unknown, displayName);
}

/**
 * Text of a parameter that must not be blank.
 * @throws ParameterError
 */
export function readRequiredText(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
): string {
	const text = readText(context, name, displayName, itemIndex);
	if (text !== '') return text;
	throw new ParameterError(`'${displayName}' is empty`, `Fill it in. ${CHECK_EXPRESSION}`);
}

/**
 * The chosen option of a parameter.
 * @param byDefault for a parameter that is not there
 * @throws ParameterError
 */
export function readChoice<T extends string>(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	allowed: readonly T[],
	itemIndex: number,
	byDefault: T | '' = '',
): T {
	const value = context.getNodeParameter(name, itemIndex, byDefault) as unknown;
	return oneOf(value, allowed, displayName);
}

/**
 * The segments of a multi-select, or of an expression that gives an array or text: names or keys.
 * @throws ParameterError
 */
export function readSegments(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
): string[] {
	return asSegments(context.getNodeParameter(name, itemIndex, []) as unknown, displayName);
}

/** How a segment is named in the node. */
export interface SegmentChoice {
	by: 'key' | 'name';
	text: string;
}

/**
 * The segment chosen in a resource locator.
 * @throws ParameterError
 */
export function readSegmentChoice(context: IExecuteFunctions, itemIndex: number): SegmentChoice {
	const { mode, value } = readLocator(context.getNodeParameter('segment', itemIndex) as unknown);
	const text = asText(value, 'Segment');
	if (text === '') {
		throw new ParameterError(
			"'Segment' is empty",
			'Choose a segment from the list, or enter its key or name',
		);
	}
	if (mode === 'name') return { by: 'name', text };
	try {
		assertSegmentKey(text);
	} catch (error) {
		throw namingParameter(error, 'Segment');
	}
	return { by: 'key', text };
}

/** What a resource locator holds, and how it was chosen; a value that is no locator counts as typed in. */
export function readLocator(value: unknown): { mode?: string; value: unknown } {
	const isLocator =
		typeof value === 'object' && value !== null && 'mode' in value && 'value' in value;
	return isLocator ? (value as INodeParameterResourceLocator) : { value };
}

/**
 * How many results to return.
 * @returns Infinity for all of them
 * @throws ParameterError
 */
export function readLimit(context: IExecuteFunctions, itemIndex: number): number {
	if (readSwitch(context, 'returnAll', 'Return All', itemIndex, false)) return Infinity;
	const limit = context.getNodeParameter('limit', itemIndex, LIMIT.default) as unknown;
	return asNumber(limit, 'Limit', LIMIT);
}
