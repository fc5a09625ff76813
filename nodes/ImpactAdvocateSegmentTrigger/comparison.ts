/** What changed between two looks at the members of segments. Pure. */
import { markOf } from '../shared/advocate/client/values';
import type { Segment } from '../shared/advocate/segments';
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

/** How often members who keep changing are looked at before what was found by then is taken for the baseline. */
export const MAX_BASELINE_LOOKS = 3;

/**
 * The segments without a baseline, in which nothing counts as a change yet: those watched for the first time, except for
 * a segment that is new in Advocate while all are watched; and those whose members changed during every look so far.
 * @returns how many looks were taken for the baseline, by segment key
 */
export function segmentsWithoutBaseline(
	{ keys, all }: Watch,
	state: Pick<StoredState, 'keys' | 'all' | 'withoutBaseline'> | undefined,
): Map<string, number> {
	const looks = new Map(Object.entries(state?.withoutBaseline ?? {}));
	const known = new Set(state?.keys);
	const isFirst = (key: string) => !known.has(key) && !(all && state?.all === true);
	return new Map(
		keys
			.filter((key) => looks.has(key) || isFirst(key))
			.map((key) => [key, looks.get(key) ?? 0] as const),
	);
}

/** The segments that still have no baseline after one more look. */
export function withoutBaselineAfter(
	looks: ReadonlyMap<string, number>,
	hasEverybody: boolean,
): Record<string, number> {
	if (hasEverybody) return {};
	return Object.fromEntries(
		[...looks]
			.map(([key, count]) => [key, count + 1])
			.filter(([, count]) => Number(count) < MAX_BASELINE_LOOKS),
	) as Record<string, number>;
}

/**
 * What changed between two memberships, in the order of the later one; those who are gone come last.
 * @param counts whether what happens in a segment is a change
 */
export function diff(
	before: Membership,
	after: Membership,
	counts: (key: string) => boolean,
): MemberChange[] {
	const changes: MemberChange[] = [];
	const compare = (member: string, had: readonly string[], has: readonly string[]) => {
		// The commonest case: the same segments in the same order.
		if (had.length === has.length && had.every((key, index) => key === has[index])) return;
		const entered = has.filter((key) => counts(key) && !had.includes(key));
		const left = had.filter((key) => counts(key) && !has.includes(key));
		if (entered.length > 0 || left.length > 0) changes.push({ member, entered, left });
	};
	for (const [member, segments] of after) compare(member, before.get(member) ?? [], segments);
	for (const [member, segments] of before) {
		if (!after.has(member)) compare(member, segments, []);
	}
	return changes;
}

/**
 * Leave what happened to some members for the next poll, which finds it again; what is a baseline stays.
 * @param counts whether what happens in a segment is a change
 */
export function withoutChangesOf(
	members: readonly string[],
	before: Membership,
	after: Membership,
	counts: (key: string) => boolean,
): Membership {
	const kept = members.map((member) => {
		const had = (before.get(member) ?? []).filter(counts);
		const baseline = (after.get(member) ?? []).filter((key) => !counts(key));
		return [member, [...had, ...baseline]] as const;
	});
	return kept.length === 0 ? after : new Map([...after, ...kept]);
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
