/**
 * What an execution has done that must not be done twice: rewards given, credit redeemed, events logged, participants
 * deleted. n8n runs a node again as a whole when one of its items fails ('Retry On Fail'), and when somebody presses
 * Retry on a failed execution; it hands over the same items, and keeps the node's context. So a deed is noted there
 * before its request leaves. A process that is killed loses the notes.
 */
import { createHash } from 'node:crypto';
import { isRecord } from '../../shared/advocate/client/values';

/**
 * A deed of one input item. `unknown` from before its request leaves until its end is known, and for good when the end
 * is not known: it is never sent again.
 */
export type Deed = { state: 'unknown' } | { state: 'done'; result: Record<string, unknown> };

/** Which execution and item a deed belongs to. */
export interface Place {
	/** n8n's ID for itself. */
	instanceId: string;
	workflowId: string;
	/** The execution that runs now; a retry has another than the one that it repeats. */
	executionId: string;
	nodeId: string;
	/** How often the node has run before in this execution, as in a loop. */
	runIndex: number;
}

export class Deeds {
	private readonly notes: Record<string, unknown>;

	/**
	 * @param store the node's context: a plain object that n8n keeps with the execution
	 */
	constructor(
		store: Record<string, unknown>,
		private readonly place: Place,
	) {
		if (!isRecord(store.deeds)) store.deeds = {};
		this.notes = store.deeds as Record<string, unknown>;
		this.notes.origin ??= place.executionId;
	}

	/** What is known of an item's deed; nothing when it has not begun, or surely was not done. */
	find(itemIndex: number): Deed | undefined {
		const deed = this.ofItems[this.nameOf(itemIndex)];
		return isRecord(deed) ? (deed as Deed) : undefined;
	}

	/** Note a deed before its request leaves. */
	begin(itemIndex: number): void {
		this.ofItems[this.nameOf(itemIndex)] = { state: 'unknown' };
	}

	/** Note what came of it. */
	done(itemIndex: number, result: Record<string, unknown>): void {
		this.ofItems[this.nameOf(itemIndex)] = { state: 'done', result };
	}

	/** It surely was not done, so that it may be tried again. */
	undone(itemIndex: number): void {
		delete this.ofItems[this.nameOf(itemIndex)];
	}

	/**
	 * A key for the item's deed that is the same in every repetition of it, and in no other execution, loop or item: 43
	 * characters of A-Z, a-z, 0-9, `-` and `_`.
	 */
	keyOf(itemIndex: number): string {
		const { instanceId, workflowId, nodeId, runIndex } = this.place;
		const parts = [instanceId, workflowId, this.notes.origin, nodeId, runIndex, itemIndex];
		return hashOf(parts);
	}

	/** A running total of this node over the whole execution, such as of what was paid. */
	total(name: string): number {
		const total = this.totals[name];
		return typeof total === 'number' ? total : 0;
	}

	/** Add to a running total, before the request leaves; take it off again when surely nothing was done. */
	addTo(name: string, amount: number): void {
		this.totals[name] = this.total(name) + amount;
	}

	private get ofItems(): Record<string, unknown> {
		if (!isRecord(this.notes.items)) this.notes.items = {};
		return this.notes.items as Record<string, unknown>;
	}

	private get totals(): Record<string, unknown> {
		if (!isRecord(this.notes.totals)) this.notes.totals = {};
		return this.notes.totals as Record<string, unknown>;
	}

	private nameOf(itemIndex: number): string {
		return `${this.place.runIndex}:${itemIndex}`;
	}
}

/** A text for a list of values that no other list has: SHA-256 in base64url, 43 characters. */
export function hashOf(parts: readonly unknown[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
