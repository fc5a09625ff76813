/** Reads node parameters into plain values, with errors that name the parameter as the editor shows it. */
import type { IDataObject, IExecuteFunctions, INodeParameterResourceLocator } from 'n8n-workflow';
import type { ParticipantId } from '../advocate/participants';
import { MAX_BATCH_SIZE } from '../advocate/upserts';
import { SegmentInputError } from '../segments/change';
import { assertSegmentKey, readSegmentTexts } from '../segments/key';
import { ParameterError } from './nodeErrors';

/** What a number may be, for the field that asks for it and for those who read it. */
export interface NumberLimits {
	min: number;
	max: number;
	default: number;
}

/** Most requests in flight. The vendor's own SDK starts with 2 as well, and stops at 32. */
export const CONCURRENCY: NumberLimits = { min: 1, max: 32, default: 2 };

/** Participants per request. */
export const BATCH_SIZE: NumberLimits = { min: 1, max: MAX_BATCH_SIZE, default: MAX_BATCH_SIZE };

/** Segments that one run may create. There is no way to delete one. */
export const MAX_NEW_SEGMENTS: NumberLimits = { min: 1, max: 1000, default: 10 };

export const TIMEOUT_SECONDS: NumberLimits = { min: 1, max: 3600, default: 30 };

export const MAX_WAIT_SECONDS: NumberLimits = { min: 0, max: 86_400, default: 300 };

/** How a participant is named in the node. */
export type ParticipantChoice =
	| ({ by: 'id' } & ParticipantId)
	| { by: 'email'; email: string; accountId: string };

/** The options collection of an item; operations without one have none. */
export function readOptions(context: IExecuteFunctions, itemIndex: number): IDataObject {
	return context.getNodeParameter('options', itemIndex, {}) as IDataObject;
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
	const value = options[name];
	if (value === undefined || value === null || value === '') return limits.default;
	const number = Number(value);
	if (!Number.isInteger(number) || number < limits.min || number > limits.max) {
		throw new ParameterError(
			`'${displayName}' is ${String(value)}`,
			`Give a whole number from ${limits.min} to ${limits.max}`,
		);
	}
	return number;
}

/**
 * Time-out and waiting time of a run. They hold for the run as a whole, so the first item's are used.
 * @throws ParameterError
 */
export function readTransportSettings(context: IExecuteFunctions): {
	timeoutMs: number;
	waitBudgetMs: number;
} {
	const options = readOptions(context, 0);
	return {
		timeoutMs: 1000 * readNumberOption(options, 'timeout', 'Timeout', TIMEOUT_SECONDS),
		waitBudgetMs:
			1000 * readNumberOption(options, 'maxWaitTime', 'Max Wait Time', MAX_WAIT_SECONDS),
	};
}

/** How fast to send. */
export interface SendLimits {
	/** Most requests in flight at once. */
	concurrency: number;
	/** Most participants per request. */
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
 * How many segments a run may create.
 * @throws ParameterError
 */
export function readMaxNewSegments(options: IDataObject): number {
	return readNumberOption(options, 'maxNewSegments', 'Max New Segments', MAX_NEW_SEGMENTS);
}

/** Text of a parameter, trimmed. */
export function readText(context: IExecuteFunctions, name: string, itemIndex: number): string {
	const value = context.getNodeParameter(name, itemIndex, '') as unknown;
	return value === null || value === undefined ? '' : String(value).trim();
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
	const text = readText(context, name, itemIndex);
	if (text !== '') return text;
	throw new ParameterError(
		`'${displayName}' is empty`,
		'Fill it in. If it is an expression, check that the input item has this value',
	);
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
	try {
		return readSegmentTexts(context.getNodeParameter(name, itemIndex, []) as unknown);
	} catch (error) {
		throw namingParameter(error, displayName);
	}
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
	const locator = context.getNodeParameter('segment', itemIndex) as LocatorValue;
	const text = locatorText(locator);
	if (text === '') {
		throw new ParameterError(
			"'Segment' is empty",
			'Choose a segment from the list, or enter its key or name',
		);
	}
	if (isLocator(locator) && locator.mode === 'name') return { by: 'name', text };
	try {
		assertSegmentKey(text);
	} catch (error) {
		throw namingParameter(error, 'Segment');
	}
	return { by: 'key', text };
}

/** Add the display name of the parameter to what the segment rules found. */
export function namingParameter(error: unknown, displayName: string): unknown {
	return error instanceof SegmentInputError
		? new ParameterError(`'${displayName}': ${error.message}`, error.hint)
		: error;
}

type LocatorValue = INodeParameterResourceLocator | string | number | null | undefined;

function isLocator(value: LocatorValue): value is INodeParameterResourceLocator {
	return typeof value === 'object' && value !== null && 'mode' in value;
}

function locatorText(value: LocatorValue): string {
	const inner: unknown = isLocator(value) ? value.value : value;
	return inner === null || inner === undefined ? '' : String(inner).trim();
}

/**
 * The participant chosen in the node.
 * @throws ParameterError
 */
export function readParticipant(context: IExecuteFunctions, itemIndex: number): ParticipantChoice {
	const locator = context.getNodeParameter('participant', itemIndex) as LocatorValue;
	const text = locatorText(locator);
	if (text === '') {
		throw new ParameterError(
			"'Participant' is empty",
			'Choose a participant, or enter an ID or e-mail address. If it is an expression, check that the input item has this value',
		);
	}
	const accountId = readText(context, 'accountId', itemIndex);
	const mode = isLocator(locator) ? locator.mode : 'id';
	if (mode === 'email') {
		if (!/^[^@\s]+@[^@\s]+$/.test(text)) {
			throw new ParameterError(
				"'Participant' is not an e-mail address",
				"Enter an e-mail address, or choose 'By ID'",
			);
		}
		return { by: 'email', email: text, accountId };
	}
	if (mode === 'list') {
		const listed = fromListValue(text);
		return { by: 'id', id: listed.id, accountId: accountId || listed.accountId };
	}
	return { by: 'id', id: text, accountId: accountId || text };
}

/**
 * The value of a participant in the list. It must carry both IDs; where they are the same, as impact.com advises, it
 * is the plain ID, so that switching from the list to 'By ID' keeps a usable value.
 */
export function toListValue(participant: ParticipantId): string {
	const { accountId, id } = participant;
	if (accountId === id && !id.includes('/')) return id;
	return `${encodeURIComponent(accountId)}/${encodeURIComponent(id)}`;
}

function fromListValue(value: string): ParticipantId {
	const slash = value.indexOf('/');
	if (slash === -1) return { accountId: value, id: value };
	const accountId = decoded(value.slice(0, slash));
	const id = decoded(value.slice(slash + 1));
	if (accountId !== undefined && id !== undefined) return { accountId, id };
	throw new ParameterError(
		`'Participant' is not a value of the list: ${value}`,
		"Choose the participant from the list again, or choose 'By ID' to enter an ID",
	);
}

function decoded(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}

/**
 * How many results to return.
 * @returns Infinity for all of them
 * @throws ParameterError
 */
export function readLimit(context: IExecuteFunctions, itemIndex: number): number {
	if (context.getNodeParameter('returnAll', itemIndex, false) === true) return Infinity;
	const limit = Number(context.getNodeParameter('limit', itemIndex, 50));
	if (Number.isInteger(limit) && limit > 0) return limit;
	throw new ParameterError("'Limit' is not a positive whole number", 'Enter a number such as 50');
}

/**
 * A value that must be one of a few, which an expression may miss.
 * @throws ParameterError
 */
export function oneOf<T extends string>(
	value: string,
	allowed: readonly T[],
	displayName: string,
): T {
	const found = allowed.find((candidate) => candidate === value);
	if (found !== undefined) return found;
	throw new ParameterError(
		`'${displayName}' is '${value}'`,
		`Use one of: ${allowed.map((candidate) => (candidate === '\t' ? 'tab' : candidate)).join(', ')}`,
	);
}

/**
 * The chosen option of a parameter.
 * @throws ParameterError
 */
export function readChoice<T extends string>(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	allowed: readonly T[],
	itemIndex: number,
): T {
	return oneOf(readText(context, name, itemIndex), allowed, displayName);
}
