/** Reads all members of segments, page by page, although members enter and leave while they are read. */
import type { Transport } from './client/transport';
import { mayGoOn } from './paging';
import {
	listParticipants,
	mustTellSegments,
	participantKey,
	readParticipant,
} from './participants';
import type { Participant, ParticipantRecord } from './participants';

/** How often a list that changes is read, until a reading is complete. */
const MAX_READINGS = 3;

/** So far behind a page a list shows its first members again only when it knows no offset. */
const FAR_BEHIND = 1_000;

/** How often one reading may go back a page. A long list may make it do so once for each of its pages. */
const MAX_STEPS_BACK = 50;

type Member = Required<Participant>;

/** Who the members of some segments are. */
export interface Members {
	/**
	 * Each member once, oldest participant first. Who enters or leaves during the reading may or may not be here, and may
	 * have the segments of before or after.
	 */
	members: Member[];
	/**
	 * Whether everybody is here who was a member all the time: they are exactly as many as the API counts, or two readings
	 * found more than that. If not, somebody may be missing.
	 */
	hasEverybody: boolean;
	/** Whether another reading would show the same: the number is right, or two readings were alike. */
	isSteady: boolean;
}

export interface ReadMembersOptions {
	/** Keys; members of any of these segments are read. */
	segments: readonly string[];
	pageSize: number;
	/**
	 * Called before each page with the number of members that the API counted last, at first 0. May throw to end the
	 * reading, for want of time or because they are too many.
	 */
	beforePage?: (count: number) => void;
}

/**
 * Read all members. A list that changes meanwhile is read again, and what the readings found is put together.
 * @returns nothing when the list changed too fast for every reading to follow
 * @throws AdvocateError, and what `beforePage` throws
 */
export async function readMembers(
	transport: Transport,
	options: ReadMembersOptions,
): Promise<Members | undefined> {
	if (options.segments.length === 0) return { members: [], hasEverybody: true, isSteady: true };
	let found: MemberMap | undefined;
	let readingsOfTooMany = 0;
	for (let count = 0; count < MAX_READINGS; count++) {
		const reading = await readOnce(transport, options);
		if (reading === undefined) continue;
		const { members, expected } = reading;
		if (members.size === expected) {
			return { members: [...members.values()], hasEverybody: true, isSteady: true };
		}
		// More than there are now: some have left during the reading, and nobody was missed.
		if (members.size > expected) readingsOfTooMany++;
		const isSteady = found !== undefined && hasSameMembers(found, members);
		found = new Map([...(found ?? []), ...members]);
		const hasEverybody = readingsOfTooMany === 2;
		if (isSteady || hasEverybody) return { members: [...found.values()], hasEverybody, isSteady };
	}
	return found && { members: [...found.values()], hasEverybody: false, isSteady: false };
}

/** Members by their `participantKey`. */
type MemberMap = Map<string, Member>;

const hasSameMembers = (one: MemberMap, other: MemberMap): boolean =>
	one.size === other.size && [...one.keys()].every((key) => other.has(key));

interface Reading {
	members: MemberMap;
	/** How many there are, as the API counted with the last page. */
	expected: number;
}

/**
 * Read all members once. The list has a fixed order, so a page must begin with the last member of the page before. If
 * somebody else stands there who was not read yet, earlier members have left and others have moved up: the reading then
 * goes back, page by page, until it meets somebody it knows. So nobody who stays a member is skipped.
 * @returns nothing when it had to go back too often
 * @throws AdvocateError, and what `beforePage` throws
 */
async function readOnce(
	transport: Transport,
	{ segments, pageSize, beforePage }: ReadMembersOptions,
): Promise<Reading | undefined> {
	const members: MemberMap = new Map();
	// A page has to hold one member more than the one it begins with.
	const limit = Math.max(2, pageSize);
	let count = 0;
	/** Entries without a participant, for which the schema leaves room. */
	let emptyEntries = 0;
	let stepsBack = 0;
	let offset = 0;
	let first: ParticipantRecord | undefined;
	let knowsOffset = false;
	/** Whether the page at `offset` must begin with a member that was read before. */
	let overlaps = false;
	const fetchPage = async (from: number) => {
		beforePage?.(count);
		return await listParticipants(transport, {
			filter: { match: 'any', segments },
			limit,
			offset: from,
			fields: 'id accountId segments',
		});
	};
	for (;;) {
		const page = await fetchPage(offset);
		const { results, entries, totalCount } = page;
		count = totalCount;
		if (overlaps && !continues(members, results, totalCount)) {
			if (++stepsBack > Math.max(MAX_STEPS_BACK, totalCount / limit)) return undefined;
			offset = Math.max(0, offset - limit);
			overlaps = offset > 0;
			continue;
		}
		if (offset === 0) first = results[0];
		const known = members.size;
		for (const record of results) members.set(participantKey(record), memberOf(record));
		emptyEntries += entries - results.length;
		const end = offset + entries;
		const reading = { members, expected: totalCount - emptyEntries };
		const bringsNothing = end >= totalCount && members.size === known;
		if (bringsNothing || !mayGoOn(page, limit, end)) return reading;
		// Members who entered before the others have moved these back, or the list knows no offset.
		if (offset > 0 && !knowsOffset && isSameParticipant(results[0], first)) {
			const behind = await fetchPage(end + FAR_BEHIND);
			if (isSameParticipant(behind.results[0], first)) return reading;
			knowsOffset = true;
		}
		// Should the API give pages of one whatever is asked for, the reading has to do without.
		overlaps = entries > 1;
		offset = overlaps ? end - 1 : end;
	}
}

const isSameParticipant = (one?: ParticipantRecord, other?: ParticipantRecord): boolean =>
	one !== undefined && other !== undefined && participantKey(one) === participantKey(other);

/** Whether a page begins with somebody who was read before. A list that is empty by now has no gap either. */
function continues(
	members: MemberMap,
	[first]: readonly ParticipantRecord[],
	totalCount: number,
): boolean {
	return first === undefined ? totalCount === 0 : members.has(participantKey(first));
}

/** Only what is needed of a record: there may be 100,000 of them. Without their segments, everybody would have left. */
const memberOf = (record: ParticipantRecord): Member => ({
	id: record.id,
	accountId: record.accountId,
	segments: mustTellSegments(readParticipant(record)),
});
