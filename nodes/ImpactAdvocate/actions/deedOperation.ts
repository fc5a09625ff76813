/**
 * Operations that pay, count or delete: each input item is done at most once in an execution, however often n8n runs
 * the node for it. What may have been done is said to be unknown, and is not sent again.
 */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import {
	AdvocateError,
	cancelledError,
	expectAdvocateError,
	isFatal,
	mayHaveBeenApplied,
} from '../../shared/advocate/client/error';
import { InputError } from '../../shared/inputError';
import { inform } from '../../shared/n8n/html';
import type { Deeds } from '../deeds/deeds';
import { inLanes } from '../deeds/lanes';
import type { AgentAccess } from './agentGuard';
import { openDeeds } from './openDeeds';
import { nothingSent, readItems } from './operation';
import type {
	FailedOutcome,
	ItemOutcome,
	ItemRequest,
	Observer,
	Operation,
	Run,
} from './operation';

/** The deed of one input item. */
export interface ItemDeed {
	/** See `Deeds.keyOf`. */
	readonly key: string;
	/**
	 * Send the request that does it. Nothing else of the item may change anything.
	 * @throws AdvocateError
	 */
	once<T>(send: () => Promise<T>): Promise<T>;
}

/** An item that is ready to be sent. */
export interface ReadyItem<Ready> {
	itemIndex: number;
	request: Ready;
}

export interface DeedSpec<Request, Ready> {
	agents: AgentAccess;
	fields: INodeProperties[];
	/** What one item asks for; throws what is wrong with its parameters. */
	read(run: Run, itemIndex: number): Request;
	/**
	 * Look up and check all that is needed before the first item is sent.
	 * @returns per item, in the same order, what to send or why not
	 * @throws what refuses all items alike
	 */
	prepare(
		run: Run,
		items: ReadonlyArray<ReadyItem<Request>>,
		deeds: Deeds,
	): Promise<Array<ItemRequest<Ready>>>;
	/** What must be done one after the other, such as all for one account. */
	laneOf(request: Ready): string;
	/** How many lanes are worked on at once. */
	width: number;
	/** @returns the JSON of the output item, which is also what a repetition puts out */
	carryOut(run: Run, request: Ready, deed: ItemDeed, deeds: Deeds): Promise<IDataObject>;
	/**
	 * Look what became of an item without a clear answer.
	 * @returns its output when it surely was done, else what may be it
	 * @throws AdvocateError
	 */
	lookAfter?(
		run: Run,
		request: Ready,
	): Promise<{ json: IDataObject } | { candidates: IDataObject[] }>;
	/** What may have happened, to complete "It is not known whether ...". */
	what: string;
	/**
	 * What the editor says after an item was done, for people who press Execute step again: each press is an execution of
	 * its own, which knows nothing of the last one. Nothing where it would not be done again.
	 */
	onceMore?(request: Ready): string | undefined;
	/** Makes what looks at the output of a run, also at what an earlier run of the node has left of it. */
	observe?(run: Run): Observer;
}

const UNKNOWN = { outcome: 'unknown', safeToRepeat: false } as const;

const NOT_SENT = { outcome: 'notSent', safeToRepeat: true } as const;

/** An operation whose items are done at most once. */
export function deedOperation<Request, Ready>(spec: DeedSpec<Request, Ready>): Operation {
	return {
		agents: spec.agents,
		fields: spec.fields,
		async *execute(run) {
			const read = await readItems(run, spec.read);
			const unreadable = nothingSent(run, read);
			if (unreadable !== undefined) yield unreadable;

			const deeds = openDeeds(run.n8n);
			const outcomes = new Map<number, ItemOutcome>();
			const open: Array<ReadyItem<Request>> = [];
			for (const item of read) {
				const earlier = earlierOutcome(deeds, item.itemIndex, spec.what);
				if (earlier !== undefined) outcomes.set(item.itemIndex, earlier);
				else if ('failure' in item) outcomes.set(item.itemIndex, item);
				else open.push(item);
			}
			const ready: Array<ReadyItem<Ready>> = [];
			if (open.length > 0) {
				const prepared = await prepare(spec, run, open, deeds);
				const refused = nothingSent(run, prepared);
				if (refused !== undefined) yield refused;
				for (const item of prepared) {
					if ('failure' in item) outcomes.set(item.itemIndex, item);
					else ready.push(item);
				}
			}
			await doAll(spec, run, deeds, ready, outcomes);
			tellOfOnceMore(spec, run, deeds, ready);
			const observer = spec.observe?.(run);
			for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++) {
				const outcome = outcomes.get(itemIndex);
				if (outcome === undefined) continue;
				if ('json' in outcome) observer?.note(outcome.json);
				yield outcome;
			}
			observer?.tell();
		},
	};
}

/**
 * What refuses all items alike is each item's failure: an error that a node throws is none in n8n where the node is to
 * continue on errors, and the items would go on as if they had been done.
 */
async function prepare<Request, Ready>(
	spec: DeedSpec<Request, Ready>,
	run: Run,
	open: ReadonlyArray<ReadyItem<Request>>,
	deeds: Deeds,
): Promise<Array<ItemRequest<Ready>>> {
	try {
		return await spec.prepare(run, open, deeds);
	} catch (caught) {
		if (run.transport.cancelled()) throw cancelledError();
		const failure = caught instanceof InputError ? caught : expectAdvocateError(caught);
		const note = 'Nothing was sent';
		return open.map(({ itemIndex }) => ({
			itemIndex,
			failure,
			of: 'run',
			note,
			details: { ...NOT_SENT },
		}));
	}
}

/** What an earlier run of the node in this execution left of an item. */
function earlierOutcome(deeds: Deeds, itemIndex: number, what: string): ItemOutcome | undefined {
	const deed = deeds.find(itemIndex);
	if (deed === undefined) return undefined;
	if (deed.state === 'done') return { itemIndex, json: deed.result as IDataObject };
	const failure = new InputError(
		`It is not known whether ${what}: an earlier attempt got no clear answer. It was not sent again`,
		'Look it up in Advocate. If it was not done, start a new execution with this item only; Retry does not send it again',
	);
	return { itemIndex, failure, details: { ...UNKNOWN } };
}

function tellOfOnceMore<Request, Ready>(
	{ onceMore }: DeedSpec<Request, Ready>,
	{ n8n }: Run,
	deeds: Deeds,
	ready: ReadonlyArray<ReadyItem<Ready>>,
): void {
	if (onceMore === undefined || n8n.getMode() !== 'manual') return;
	const done = ready.filter(({ itemIndex }) => deeds.find(itemIndex)?.state === 'done');
	const text = done.map(({ request }) => onceMore(request)).find((found) => found !== undefined);
	if (text !== undefined) inform(n8n, text);
}

async function doAll<Request, Ready>(
	spec: DeedSpec<Request, Ready>,
	run: Run,
	deeds: Deeds,
	ready: ReadonlyArray<ReadyItem<Ready>>,
	outcomes: Map<number, ItemOutcome>,
): Promise<void> {
	let end: unknown;
	await inLanes(
		ready,
		({ request }) => spec.laneOf(request),
		spec.width,
		async (item) => {
			const outcome = await doOne(spec, run, deeds, item);
			outcomes.set(item.itemIndex, outcome);
			if (!('failure' in outcome)) return true;
			const { failure } = outcome;
			if (!run.stopsOnFailure && !(failure instanceof AdvocateError && isFatal(failure)))
				return true;
			end ??= failure;
			return false;
		},
	);
	if (end === undefined) return;
	for (const { itemIndex } of ready) {
		if (outcomes.has(itemIndex)) continue;
		const note = 'This item was not sent';
		outcomes.set(itemIndex, { itemIndex, failure: end, note, details: { ...NOT_SENT } });
	}
}

async function doOne<Request, Ready>(
	spec: DeedSpec<Request, Ready>,
	run: Run,
	deeds: Deeds,
	{ itemIndex, request }: ReadyItem<Ready>,
): Promise<ItemOutcome> {
	try {
		const json = await spec.carryOut(run, request, itemDeed(deeds, itemIndex), deeds);
		// Where nothing was done, such as in a dry run, a repetition looks again.
		if (deeds.find(itemIndex) !== undefined) deeds.done(itemIndex, json);
		return { itemIndex, json };
	} catch (caught) {
		if (deeds.find(itemIndex) === undefined) {
			return { itemIndex, failure: caught, details: { outcome: 'failed', safeToRepeat: true } };
		}
		return await unclearOutcome(spec, run, deeds, { itemIndex, request }, caught);
	}
}

function itemDeed(deeds: Deeds, itemIndex: number): ItemDeed {
	return {
		key: deeds.keyOf(itemIndex),
		async once(send) {
			deeds.begin(itemIndex);
			try {
				return await send();
			} catch (caught) {
				const error = expectAdvocateError(caught);
				if (!mayHaveBeenApplied(error)) deeds.undone(itemIndex);
				throw error;
			}
		},
	};
}

/** Of an item whose request may have been applied. A look-up can make it a success, and never a failure. */
async function unclearOutcome<Request, Ready>(
	spec: DeedSpec<Request, Ready>,
	run: Run,
	deeds: Deeds,
	{ itemIndex, request }: ReadyItem<Ready>,
	failure: unknown,
): Promise<ItemOutcome> {
	const unclear = (candidates?: IDataObject[]): FailedOutcome => ({
		itemIndex,
		failure,
		note: `It is not known whether ${spec.what}. It is not sent again`,
		details: { ...UNKNOWN, ...(candidates === undefined ? {} : { candidates }) },
	});
	if (spec.lookAfter === undefined || run.transport.cancelled()) return unclear();
	try {
		const found = await spec.lookAfter(run, request);
		if ('candidates' in found) return unclear(found.candidates);
		deeds.done(itemIndex, found.json);
		return { itemIndex, json: found.json };
	} catch (caught) {
		// The look-up got no answer either.
		expectAdvocateError(caught);
		return unclear();
	}
}
