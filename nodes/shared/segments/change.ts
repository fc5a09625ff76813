/**
 * The rules of segment membership: what a change is, how it is written on the wire, and what a participant's
 * segments must look like afterwards. Pure: knows neither n8n nor HTTP.
 *
 * Wire form (vendor's "User segmentation" article): `key` adds, `~key` removes, `~*` removes all and must come
 * first. The current user guide prints the clear operator as a bare `~`, a conversion that lost the asterisk; a
 * bare `~` is never produced here.
 */

import { countText } from '../inputValue';
import { CHECK_EXPRESSION, InputError } from '../inputError';

/** What to do with a participant's segments. Applied as: clear (if asked), then remove, then add. */
export interface SegmentChange {
	clear: boolean;
	add: readonly string[];
	remove: readonly string[];
}

/** The four actions of the product; one action applies to a whole list of segment keys. */
export const SEGMENT_ACTIONS = ['add', 'remove', 'set', 'clear'] as const;

export type SegmentAction = (typeof SEGMENT_ACTIONS)[number];

/** Segments, or a change of them, that can't be sent. */
export class SegmentInputError extends InputError {}

/**
 * What is wrong with segments that were given.
 * @throws what is no fault of the input, unchanged
 */
export function expectSegmentInputError(caught: unknown): SegmentInputError {
	if (caught instanceof SegmentInputError) return caught;
	throw caught;
}

/** A change that does nothing. */
export const NO_CHANGE: SegmentChange = { clear: false, add: [], remove: [] };

/**
 * Most keys of one change. A participant is in a few segments; many thousand keys are a mistake, or an attack: each of
 * them is checked, compared and sent.
 */
export const MAX_KEYS = 1000;

/** @throws SegmentInputError when there are more keys than one change may have */
export function assertKeyCount(count: number): void {
	if (count <= MAX_KEYS) return;
	throw new SegmentInputError(
		`More than ${countText(MAX_KEYS)} segments were given, which is the maximum at a time`,
		'Check that the value is a list of segments. If it is, divide it between several items or rows',
	);
}

/** Longest piece of a key, and most keys, that a message shows. */
const SHOWN_LENGTH = 80;
const SHOWN_KEYS = 20;

/** A key as a text for messages. */
export const shownKey = (key: string): string =>
	`'${key.length > SHOWN_LENGTH ? `${key.slice(0, SHOWN_LENGTH)}…` : key}'`;

/** Keys as a text for messages. */
export function listed(keys: readonly string[]): string {
	const more = keys.length - SHOWN_KEYS;
	return keys.slice(0, SHOWN_KEYS).map(shownKey).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const unique = (keys: readonly string[]): readonly string[] =>
	keys.length < 2 ? keys : [...new Set(keys)];

/**
 * Build the change of one action on a list of segment keys (each valid, see `checkSegmentKey`).
 * @throws SegmentInputError when the action needs keys and there are none, or is *clear* and there are some
 */
export function changeOf(action: SegmentAction, keys: readonly string[]): SegmentChange {
	const segments = unique(keys);
	if (action === 'clear') {
		if (segments.length > 0) {
			throw new SegmentInputError(
				'Clear removes every segment, so it takes no segment names',
				"Leave the segments empty, or use 'Remove' to take the participant out of these segments only",
			);
		}
		return { clear: true, add: [], remove: [] };
	}
	if (segments.length === 0) {
		throw new SegmentInputError(
			action === 'set' ? 'Set needs at least one segment' : 'No segment was given',
			action === 'set'
				? `To take a participant out of all segments, use the operation 'Clear Segments'. ${CHECK_EXPRESSION}`
				: `Choose at least one segment to ${action}. ${CHECK_EXPRESSION}`,
		);
	}
	if (action === 'remove') return { clear: false, add: [], remove: segments };
	return { clear: action === 'set', add: segments, remove: [] };
}

/**
 * Build a change that adds some segments and removes others in one call.
 * @throws SegmentInputError when a key is on both lists or both lists are empty
 */
export function mixedChange(add: readonly string[], remove: readonly string[]): SegmentChange {
	const change = { clear: false, add: unique(add), remove: unique(remove) };
	assertKeyCount(keyCount(change));
	const both = change.add.filter(finder(change.remove));
	if (both.length > 0) {
		throw new SegmentInputError(
			`${listed(both)} ${both.length === 1 ? 'is' : 'are'} both added and removed`,
			'Keep each segment on one of the two lists; the result would depend on the order otherwise',
		);
	}
	if (change.add.length === 0 && change.remove.length === 0) {
		throw new SegmentInputError(
			'No segment was given',
			`Choose at least one segment to add or to remove. ${CHECK_EXPRESSION}`,
		);
	}
	return change;
}

/** Whether the change leaves every participant as it is. */
export function isNoChange(change: SegmentChange): boolean {
	return !change.clear && change.add.length === 0 && change.remove.length === 0;
}

/** The operations to send, in wire order: clear, removals, additions. */
export function toOperations(change: SegmentChange): string[] {
	// A removal after a clear has nothing left to remove.
	const removals = change.clear ? [] : change.remove.map((key) => `~${key}`);
	return [...(change.clear ? ['~*'] : []), ...removals, ...change.add];
}

/** How many keys a change names. */
export const keyCount = ({ add, remove }: SegmentChange): number => add.length + remove.length;

/** Changes of one participant, one after the other. Each is taken in once, however many there are. */
export class ChangeSequence {
	private clear = false;

	private readonly added = new Set<string>();

	private readonly removed = new Set<string>();

	/** How many keys they name in all. */
	get keyCount(): number {
		return this.added.size + this.removed.size;
	}

	/** Put a change behind the others. */
	append(change: SegmentChange): this {
		if (change.clear) {
			this.clear = true;
			this.added.clear();
			this.removed.clear();
		}
		for (const key of change.remove) {
			this.added.delete(key);
			if (!this.clear) this.removed.add(key);
		}
		for (const key of change.add) {
			this.removed.delete(key);
			this.added.add(key);
		}
		return this;
	}

	/** One change with the effect of all. */
	get whole(): SegmentChange {
		return { clear: this.clear, add: [...this.added], remove: [...this.removed] };
	}
}

/** One change with the same effect as `first` and then `second`. */
export const composeChanges = (first: SegmentChange, second: SegmentChange): SegmentChange =>
	new ChangeSequence().append(first).append(second).whole;

/** The segments a participant has after `change`, given the ones it had before. */
export function applyChange(before: readonly string[], change: SegmentChange): string[] {
	const after = new Set(change.clear ? [] : before);
	for (const key of change.remove) after.delete(key);
	for (const key of change.add) after.add(key);
	return [...after];
}

/** What a change did, from the memberships before and after it. */
export function membershipDifference(
	before: readonly string[],
	after: readonly string[],
): { added: string[]; removed: string[] } {
	const had = new Set(before);
	const has = new Set(after);
	return {
		added: after.filter((key) => !had.has(key)),
		removed: before.filter((key) => !has.has(key)),
	};
}

/** The change that takes a participant from `after` back to `before`. */
export function inverseChange(before: readonly string[], after: readonly string[]): SegmentChange {
	const { added, removed } = membershipDifference(before, after);
	return { clear: false, add: removed, remove: added };
}

/** How a participant's segments differ from what a change asked for. */
export interface Mismatch {
	/** Keys that are missing though they must be there. */
	missing: string[];
	/** Keys that are there though they must not be. */
	unexpected: string[];
}

/**
 * Compare a participant's segments after a write with what the change asked for. Order does not matter.
 * @returns nothing when they agree
 */
export function findMismatch(
	change: SegmentChange,
	actual: readonly string[],
): Mismatch | undefined {
	const has = finder(actual);
	const missing = change.add.filter((key) => !has(key));
	const wanted = finder(change.add);
	const unexpected = change.clear
		? actual.filter((key) => !wanted(key))
		: change.remove.filter(has);
	return missing.length === 0 && unexpected.length === 0 ? undefined : { missing, unexpected };
}

/** Longest list that is searched as fast as a set of it is made. */
const SHORT_LIST = 16;

/** Tells whether a list has a key, in a time that does not grow with the list. Most participants are in a few segments, and there may be a million of them. */
export function finder(keys: readonly string[]): (key: string) => boolean {
	if (keys.length <= SHORT_LIST) return (key) => keys.includes(key);
	const set = new Set(keys);
	return (key) => set.has(key);
}
