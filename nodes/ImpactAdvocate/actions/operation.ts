/** What an operation is: its fields, and how it turns input items into outcomes. */
import type { IBinaryKeyData, IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { Breather } from '../../shared/advocate/client/breather';
import type { Transport } from '../../shared/advocate/client/transport';
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import { countText, inWords } from '../../shared/inputValue';
import { warn } from '../../shared/n8n/html';
import { namingParameter } from '../../shared/n8n/parameterValues';
import type { KeyOf, SegmentUse } from '../../shared/segments/names';
import type { AgentAccess } from './agentGuard';
import { allOptions } from './optionGroups';

/** What all operations of one execution share. */
export interface Run {
	n8n: IExecuteFunctions;
	transport: Transport;
	/** What the segments are called. Read once, for all items. */
	segments: SegmentDirectory;
	/** For long work between requests. */
	breather: Breather;
	/** See `Tenant.tenantMark`. */
	tenantMark: string;
	itemCount: number;
	/** Whether a failing item ends the execution ('On Error' is 'Stop Workflow'). */
	stopsOnFailure: boolean;
}

/** What came of one input item. An item may have several outcomes, or none. */
export type ItemOutcome =
	| {
			itemIndex: number;
			/** Whether it is about all input items together. */
			ofAll?: boolean;
			json: IDataObject;
			binary?: IBinaryKeyData;
	  }
	| FailedOutcome;

/** A failure of an input item, or of something in it. */
export interface FailedOutcome {
	itemIndex: number;
	failure: unknown;
	/**
	 * What it is a failure of. `run`: of all items alike, so that no number of an item stands in the message. `part`: of
	 * one of many things in the item, such as a row of a file; the item's own fields say nothing about it.
	 * `list`: of the list that all items together are.
	 */
	of?: 'item' | 'run' | 'part' | 'list';
	/** Goes on after the message, without a full stop. */
	note?: string;
	/** What the error output says about it besides. */
	details?: IDataObject;
	/** Files that belong to the failure. */
	binary?: IBinaryKeyData;
}

export interface Operation {
	/** Shown when this operation is chosen. */
	fields: INodeProperties[];
	/** What an AI agent may do with it before the owner of the workflow allows the rest. */
	agents: AgentAccess;
	/** Carry the operation out for all input items. The router shapes outcomes into output items. */
	execute(run: Run): AsyncIterable<ItemOutcome>;
}

/** Whether the options of an operation include this one, in a group or not. */
export function hasOption({ fields }: Operation, name: string): boolean {
	return allOptions(fields).some((option) => option.name === name);
}

/** What one item asks for, or why it can't be used. */
export type ItemRequest<Request> = { itemIndex: number; request: Request } | FailedOutcome;

/**
 * Read what every item asks for, before anything is done about the first one.
 * @param read throws what is wrong with an item's parameters
 * @throws AdvocateError when the execution was stopped
 */
export async function readItems<Request>(
	run: Run,
	read: (run: Run, itemIndex: number) => Request,
): Promise<Array<ItemRequest<Request>>> {
	const items: Array<ItemRequest<Request>> = [];
	for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++) {
		if (run.breather.isDue) await run.breather.rest();
		try {
			items.push({ itemIndex, request: read(run, itemIndex) });
		} catch (failure) {
			items.push({ itemIndex, failure });
		}
	}
	return items;
}

/**
 * The failure that ends a run before anything is sent: better none of the items than some.
 * @param items as far as something is known of them
 * @returns nothing when failures do not end the run, or none of the items has failed
 */
export function nothingSent(
	run: Run,
	items: ReadonlyArray<object | undefined>,
): FailedOutcome | undefined {
	const failures = items.filter(
		(item): item is FailedOutcome => item !== undefined && 'failure' in item,
	);
	if (!run.stopsOnFailure || failures.length === 0) return undefined;
	if (run.itemCount === 1) return failures[0];
	const others = failures[0].of === 'run' ? [] : failures.slice(1);
	const note = `Nothing was sent${others.length === 0 ? '' : `; nor can ${itemsInWords(others)} be used`}`;
	return { ...failures[0], note };
}

/** Items that a message lists by their numbers. */
const LISTED_ITEMS = 10;

/** For example: items 1, 2 and 5. */
function itemsInWords(items: readonly FailedOutcome[]): string {
	const numbers = items.slice(0, LISTED_ITEMS).map(({ itemIndex }) => String(itemIndex));
	const more = items.length - numbers.length;
	const listed = inWords(more === 0 ? numbers : [...numbers, `${countText(more)} more`]);
	return `${items.length === 1 ? 'item' : 'items'} ${listed}`;
}

/** Where segments stand in what items ask for, as names or keys. */
export interface SegmentTexts<Request> {
	textsOf(request: Request): readonly string[];
	/** Whether they are names rather than keys. */
	areNames?: boolean;
	/** The request with keys in their place; throws when a text names no segment, or none that can be used so. */
	withKeys(request: Request, segments: SegmentDirectory): Request;
}

/**
 * Find out which segments the items mean, in one go for all of them.
 * @returns the items with keys, or why they can't be used
 * @throws AdvocateError when the execution was stopped
 */
export async function withSegmentKeys<Request>(
	run: Run,
	items: ReadonlyArray<ItemRequest<Request>>,
	{ textsOf, areNames, withKeys }: SegmentTexts<Request>,
): Promise<Array<ItemRequest<Request>>> {
	const { segments } = run;
	const texts = new Set<string>();
	for (const item of items) {
		if (run.breather.isDue) await run.breather.rest();
		if ('request' in item) for (const text of textsOf(item.request)) texts.add(text);
	}
	if (texts.size === 0) return [...items];
	try {
		await segments.read(texts, areNames);
	} catch (failure) {
		return items.map((item) =>
			'failure' in item ? item : { itemIndex: item.itemIndex, failure, of: 'run' },
		);
	}
	if (segments.note !== undefined) warn(run.n8n, segments.note);
	const understood: Array<ItemRequest<Request>> = [];
	for (const item of items) {
		if (run.breather.isDue) await run.breather.rest();
		try {
			understood.push(
				'failure' in item ? item : { ...item, request: withKeys(item.request, segments) },
			);
		} catch (failure) {
			understood.push({ itemIndex: item.itemIndex, failure });
		}
	}
	return understood;
}

/** Names the parameter in what is wrong with a segment. */
export function namingParameterOf(keyOf: KeyOf, nameOf: (use: SegmentUse) => string): KeyOf {
	return (text, use) => {
		try {
			return keyOf(text, use);
		} catch (error) {
			throw namingParameter(error, nameOf(use));
		}
	};
}

/**
 * What is found out about all items before anything is sent for the first one.
 * @returns the items as they are then, or why they can't be used
 * @throws AdvocateError when the execution was stopped
 */
export type Prepare<Request> = (
	run: Run,
	items: ReadonlyArray<ItemRequest<Request>>,
) => Promise<Array<ItemRequest<Request>>>;

/** For an operation that only has to know which segments its items mean. */
export const withKeysOf =
	<Request>(texts: SegmentTexts<Request>): Prepare<Request> =>
	async (run, items) =>
		await withSegmentKeys(run, items, texts);

/** Looks at the output of a run's items, to say at its end what they have in common. */
export interface Observer {
	note(json: IDataObject): void;
	tell(): void;
}

/** The same, also at what the items asked for. */
interface RequestObserver<Request> {
	note(json: IDataObject, request: Request): void;
	tell(): void;
}

/**
 * An operation that handles each input item on its own, in order.
 * @param agents what an AI agent may do with it
 * @param read what one item asks for; throws what is wrong with its parameters
 * @param carryOut gives the JSON of the output items that one input item leads to
 * @param prepare where the items name segments, or something else is to be known of all of them
 * @param observe makes what looks at the output of a run
 */
export function perItem<Request>(
	agents: AgentAccess,
	fields: INodeProperties[],
	read: (run: Run, itemIndex: number) => Request,
	carryOut: (run: Run, request: Request, itemIndex: number) => Promise<IDataObject[]>,
	prepare?: Prepare<Request>,
	observe?: (run: Run) => RequestObserver<Request>,
): Operation {
	return outcomesPerItem(
		agents,
		fields,
		read,
		async (run, request, itemIndex) =>
			(await carryOut(run, request, itemIndex)).map((json) => ({ itemIndex, json })),
		prepare,
		observe,
	);
}

/** As `perItem`, for output items that have more than JSON. */
export function outcomesPerItem<Request>(
	agents: AgentAccess,
	fields: INodeProperties[],
	read: (run: Run, itemIndex: number) => Request,
	carryOut: (run: Run, request: Request, itemIndex: number) => Promise<ItemOutcome[]>,
	prepare?: Prepare<Request>,
	observe?: (run: Run) => RequestObserver<Request>,
): Operation {
	return {
		agents,
		fields,
		async *execute(run) {
			let items = await readItems(run, read);
			let end = nothingSent(run, items);
			if (end === undefined && prepare !== undefined) {
				items = await prepare(run, items);
				end = nothingSent(run, items);
			}
			if (end !== undefined) yield end;
			const observer = observe?.(run);
			for (const item of items) {
				if ('failure' in item) {
					yield item;
					continue;
				}
				const { itemIndex, request } = item;
				try {
					const outcomes = await carryOut(run, request, itemIndex);
					for (const outcome of outcomes) {
						if ('json' in outcome) observer?.note(outcome.json, request);
					}
					yield* outcomes;
				} catch (failure) {
					yield { itemIndex, failure };
				}
			}
			observer?.tell();
		},
	};
}
