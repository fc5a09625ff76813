/** What changed between two looks at the members of segments. Pure. */
import type { Segment } from '../ImpactAdvocate/advocate/segments';
import { markOf } from './memberState';
import type { Membership, StoredState } from './memberState';

/** What of one member changed. */
export interface MemberChange {
	/** See `memberKey`. */
	member: string;
	entered: string[];
	left: string[];
}

/** Which segments are watched, and which were. */
export interface Watch {
	keys: readonly string[];
	/** Whether all segments are watched, also new ones. */
	all: boolean;
}

/**
 * The segments whose members are compared. One that is watched for the first time has no members to compare with, and
 * is taken as it is; unless all segments are watched anyway and this one is new in Advocate.
 */
export function comparableKeys(
	watch: Watch,
	state: Pick<StoredState, 'keys' | 'all'>,
): Set<string> {
	if (watch.all && state.all) return new Set(watch.keys);
	const known = new Set(state.keys);
	return new Set(watch.keys.filter((key) => known.has(key)));
}

/** Compare two memberships, in the order of the later one; those who are gone come last. */
export function compareMembership(
	before: Membership,
	after: Membership,
	comparable: ReadonlySet<string>,
): MemberChange[] {
	const changes: MemberChange[] = [];
	const compare = (member: string, had: readonly string[], has: readonly string[]) => {
		// The commonest case: the same segments in the same order.
		if (had.length === has.length && had.every((key, index) => key === has[index])) return;
		const entered = has.filter((key) => comparable.has(key) && !had.includes(key));
		const left = had.filter((key) => comparable.has(key) && !has.includes(key));
		if (entered.length > 0 || left.length > 0) changes.push({ member, entered, left });
	};
	for (const [member, segments] of after) compare(member, before.get(member) ?? [], segments);
	for (const [member, segments] of before) {
		if (!after.has(member)) compare(member, segments, []);
	}
	return changes;
}

/** Marks what the API says about segments without their members being read. */
export function fingerprintOf(segments: readonly Segment[]): string {
	const facts = segments
		.map(({ key, participantsCount, dateModified }) => [key, participantsCount, dateModified])
		.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
	return markOf(JSON.stringify(facts), 22);
}

/** Whether every segment has as many members as the API counts. */
export function agreesWithCounts(membership: Membership, segments: readonly Segment[]): boolean {
	const counts = new Map<string, number>();
	for (const keys of membership.values()) {
		for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
	}
	return segments.every(
		({ key, participantsCount }) => (counts.get(key) ?? 0) === participantsCount,
	);
}
