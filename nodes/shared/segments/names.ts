/**
 * Which segment a text means: one that has it as its key, else the only one that has it as its name, else the only one
 * that has it as its name without regard to case. Anything else is refused, with the nearest there is. Pure.
 */
import { finder, listed, SegmentInputError, shownKey } from './change';
import type { SegmentChange } from './change';
import { checkSegmentKey } from './key';

/** What of a segment decides. */
export interface NamedSegment {
	key: string;
	name: string | null;
	status: string | null;
}

/** What somebody wants a segment for. */
export type SegmentUse = 'add' | 'remove' | 'find';

export type SegmentMatch =
	| { segment: NamedSegment }
	/** Keys of the segments that have it as their name. */
	| { ambiguous: string[] }
	| { nearest?: NamedSegment };

/** As names are compared, and names with keys, when their case does not matter. */
export const foldedName = (name: string): string =>
	name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase();

/** Segments that are looked at for a similar one, and the longest text that is compared. */
const MAX_COMPARED = 2000;
const MAX_COMPARED_LENGTH = 60;

/** Texts for which the nearest segment is looked for: nobody reads more of such messages, and each takes its time. */
const MAX_SEARCHES = 100;

/** The segments that are known, by key and by name. */
export class SegmentNames {
	private readonly byKey = new Map<string, NamedSegment>();

	private readonly byName = new Map<string, NamedSegment[]>();

	private readonly byFoldedName = new Map<string, NamedSegment[]>();

	private readonly byFoldedKey = new Map<string, NamedSegment[]>();

	private searches = 0;

	add(segment: NamedSegment): void {
		if (this.byKey.has(segment.key)) return;
		this.byKey.set(segment.key, segment);
		append(this.byFoldedKey, foldedName(segment.key), segment);
		const name = segment.name?.trim() ?? '';
		if (name === '') return;
		append(this.byName, name, segment);
		append(this.byFoldedName, foldedName(name), segment);
	}

	/** As `add`, for one that may have got another name. */
	replace(segment: NamedSegment): void {
		const old = this.byKey.get(segment.key);
		const name = old?.name?.trim() ?? '';
		if (old !== undefined) {
			this.byKey.delete(old.key);
			drop(this.byFoldedKey, foldedName(old.key), old);
			drop(this.byName, name, old);
			drop(this.byFoldedName, foldedName(name), old);
		}
		this.add(segment);
	}

	/** The same, for names as they would be. */
	copy(): SegmentNames {
		const copy = new SegmentNames();
		for (const segment of this.byKey.values()) copy.add(segment);
		return copy;
	}

	/** All that have this name, without regard to case. */
	called(name: string): readonly NamedSegment[] {
		return this.byFoldedName.get(foldedName(name)) ?? [];
	}

	/** All whose key this text is, without regard to case. */
	keyedLike(text: string): readonly NamedSegment[] {
		return this.byFoldedKey.get(foldedName(text)) ?? [];
	}

	withKey(key: string): NamedSegment | undefined {
		return this.byKey.get(key);
	}

	/**
	 * @param text without blanks around it
	 * @param suggests whether to look for the nearest when there is none
	 */
	find(text: string, suggests = true): SegmentMatch {
		const byKey = this.byKey.get(text);
		return byKey === undefined ? this.findName(text, suggests) : { segment: byKey };
	}

	/** As `find`, for a text that is said to be a name. */
	findName(text: string, suggests = true): SegmentMatch {
		const found = this.byName.get(text) ?? this.byFoldedName.get(foldedName(text)) ?? [];
		if (found.length === 1) return { segment: found[0] };
		if (found.length > 1) return { ambiguous: found.map(({ key }) => key) };
		return suggests ? { nearest: this.nearest(text) } : {};
	}

	/** The segment that is spelled most alike, when it is so alike that a typing mistake explains the difference. */
	private nearest(text: string): NamedSegment | undefined {
		const wanted = foldedName(text);
		if (wanted.length > MAX_COMPARED_LENGTH || ++this.searches > MAX_SEARCHES) return undefined;
		let best: NamedSegment | undefined;
		let least = Math.floor(wanted.length / 3) + 1;
		let compared = 0;
		for (const segment of this.byKey.values()) {
			if (++compared > MAX_COMPARED) break;
			for (const candidate of [segment.key, segment.name ?? '']) {
				if (candidate === '' || candidate.length > MAX_COMPARED_LENGTH) continue;
				const distance = editDistance(wanted, foldedName(candidate), least);
				if (distance < least) {
					least = distance;
					best = segment;
				}
			}
		}
		return best;
	}
}

function append(map: Map<string, NamedSegment[]>, name: string, segment: NamedSegment): void {
	const others = map.get(name);
	if (others === undefined) map.set(name, [segment]);
	else others.push(segment);
}

function drop(map: Map<string, NamedSegment[]>, name: string, segment: NamedSegment): void {
	const others = map.get(name)?.filter((other) => other !== segment) ?? [];
	if (others.length === 0) map.delete(name);
	else map.set(name, others);
}

/** Letters to put in, leave out or replace to make one text of the other; `limit` when they are that many or more. */
function editDistance(a: string, b: string, limit: number): number {
	if (Math.abs(a.length - b.length) >= limit) return limit;
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
		}
		if (Math.min(...next) >= limit) return limit;
		row = next;
	}
	return Math.min(row[b.length], limit);
}

/** `'VIP Customers' (vip)`, or only the key. */
export function shownSegment({ key, name }: NamedSegment): string {
	const text = name?.trim() ?? '';
	return text === '' || text === key ? shownKey(key) : `${shownKey(text)} (key ${shownKey(key)})`;
}

/** How the node can be told to create what is missing: by a field that is there, or by an option that is added first. */
export type WayToCreate = 'field' | 'option';

const CREATE: Readonly<Record<WayToCreate, string>> = {
	field: "turn on 'Create Missing Segments'",
	option: "add the option 'Create Missing Segments'",
};

/** How to get a segment back. */
export const RESTORE =
	"Restore it first: the operation 'Update' of the resource 'Segment' sets its 'Status' to Active";

/**
 * The segment that a match leads to.
 * @param create how the node could be told to create what is missing, if it can
 * @throws SegmentInputError when there is none, or it can't be used for this
 */
export function expectSegment(
	text: string,
	match: SegmentMatch,
	use: SegmentUse,
	create?: WayToCreate,
): NamedSegment {
	if ('ambiguous' in match) {
		throw new SegmentInputError(
			`${match.ambiguous.length} segments are called ${shownKey(text)}: they have the keys ${listed(match.ambiguous)}`,
			'Give the key instead of the name',
		);
	}
	if (!('segment' in match)) throw unknownSegment(text, match.nearest, use, create);
	const { segment } = match;
	if (use === 'add' && segment.status === 'ARCHIVED') {
		throw new SegmentInputError(
			`The segment ${shownSegment(segment)} is archived`,
			`${RESTORE}. Or use another segment`,
		);
	}
	// A segment can come into being elsewhere, under a key that would be read as an operator.
	const problem = checkSegmentKey(segment.key);
	if (problem !== undefined) {
		throw new SegmentInputError(
			`The segment ${shownSegment(segment)} can't be used: ${problem}`,
			'Create another segment for these participants',
		);
	}
	return segment;
}

function unknownSegment(
	text: string,
	nearest: NamedSegment | undefined,
	use: SegmentUse,
	create?: WayToCreate,
): SegmentInputError {
	const similar = nearest === undefined ? '' : `. The nearest is ${shownSegment(nearest)}`;
	const ways = create === undefined ? '' : `, ${CREATE[create]},`;
	const way =
		use === 'remove'
			? ', or leave it out: nobody is in a segment that does not exist'
			: `${ways} or create the segment first`;
	return new SegmentInputError(
		`There is no segment with the name or key ${shownKey(text)}${similar}`,
		`Check the spelling (upper and lower case count in keys)${way}`,
	);
}

/** Turns texts into keys; throws a SegmentInputError for one that names no segment, or none that can be used so. */
export type KeyOf = (text: string, use: SegmentUse) => string;

/**
 * The change that a change in names or keys asks for.
 * @returns the change itself when it has nothing but keys
 * @throws SegmentInputError what `keyOf` throws; also when one segment is both added and removed, by two spellings
 */
export function resolvedChange(change: SegmentChange, keyOf: KeyOf): SegmentChange {
	const add = resolvedList(change.add, 'add', keyOf);
	const remove = resolvedList(change.remove, 'remove', keyOf);
	if (add === change.add && remove === change.remove) return change;
	const both = add.filter(finder(remove));
	if (both.length > 0) {
		throw new SegmentInputError(
			`${listed(both)} ${both.length === 1 ? 'is' : 'are'} both added and removed`,
			'Keep each segment on one of the two lists; the result would depend on the order otherwise',
		);
	}
	return { clear: change.clear, add, remove };
}

/** The keys of some names or keys, each once; the list itself when it has nothing but different keys. */
export function resolvedList(
	texts: readonly string[],
	use: SegmentUse,
	keyOf: KeyOf,
): readonly string[] {
	if (texts.length === 0) return texts;
	const keys = texts.map((text) => keyOf(text, use));
	return keys.every((key, index) => key === texts[index]) ? texts : [...new Set(keys)];
}
