/** Reads all members of segments, page by page, although members enter and leave while they are read. */
import { expectAdvocateError } from './client/error';
import type { Transport } from './client/transport';
import { mayBeTooLarge, mayGoOn, SAFE_PAGE_SIZE } from './paging';
import type { Page } from './paging';
import {
	listParticipants,
	mustTellSegments,
	PAGE_SIZE,
	participantKey,
	readParticipant,
} from './participants';
import type { MembershipFilter, ParticipantId, ParticipantRecord } from './participants';

/** How often a list that changes is read, until a reading is complete. */
const MAX_READINGS = 3;

/** So far behind a page a list shows its first members again only when it knows no offset. */
const FAR_BEHIND = 1_000;

/** How often one reading may go back a page. A long list may make it do so once for each of its pages. */
const MAX_STEPS_BACK = 50;

/** Somebody whose segments are known. */
type SegmentedMember = ParticipantId & { segments: string[] };

/** Who the members of some segments are. */
export interface Members<List = SegmentedMember[]> {
	/**
	 * Each member once, oldest participant first. Who enters or leaves during the reading may or may not be here, and may
	 * have the segments of before or after.
	 */
	members: List;
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
	/** Members to ask for at a time. Where the API does not give as many, the reading goes on with what it gives. */
	pageSize: number;
	/**
	 * Called before each page with the number of members that the API counted last, at first 0. May throw to end the
	 * reading, for want of time or because they are too many.
	 */
	beforePage?: (count: number) => void;
}

/** What is read and kept of each member: only what is needed, since there may be a million. */
export interface KeptOfMember<Member extends ParticipantId, List extends Iterable<Member>> {
	/** Fields of the API; `id` and `accountId` have to be among them. */
	fields: string;
	memberOf(record: ParticipantRecord): Member;
	/** Makes what they are kept in. */
	newStore: () => MemberStore<Member, List>;
}

/** Members by their `participantKey`, each once. */
export interface MemberStore<Member, List extends Iterable<Member> = Iterable<Member>> {
	readonly size: number;
	has(key: string): boolean;
	set(key: string, member: Member): unknown;
	values(): List;
}

/** Who was read, without anything about them. */
export type SeenStore = Pick<MemberStore<true>, 'size' | 'has' | 'set'>;

/**
 * Read all members. A list that changes meanwhile is read again, and what the readings found is put together.
 * @returns nothing when the list changed too fast for every reading to follow
 * @throws AdvocateError, and what `beforePage` throws
 */
export async function readMembers(
	transport: Transport,
	options: ReadMembersOptions,
): Promise<Members | undefined> {
	const reading = await readMembersAs(transport, options, {
		fields: 'id accountId segments',
		// Without their segments, everybody would have left.
		memberOf: (record) => ({
			id: record.id,
			accountId: record.accountId,
			segments: mustTellSegments(readParticipant(record)),
		}),
		newStore: () => new Map<string, SegmentedMember>(),
	});
	return reading && { ...reading, members: [...reading.members] };
}

/** `readMembers` for who needs more of each member, or less. */
export async function readMembersAs<Member extends ParticipantId, List extends Iterable<Member>>(
	transport: Transport,
	options: ReadMembersOptions,
	kept: KeptOfMember<Member, List>,
): Promise<Members<List> | undefined> {
	if (options.segments.length === 0) {
		return { members: kept.newStore().values(), hasEverybody: true, isSteady: true };
	}
	const filter: MembershipFilter = { match: 'any', segments: options.segments };
	const pages = new MemberPages(transport, filter, options, kept.fields);
	let found: MemberStore<Member, List> | undefined;
	let readingsOfTooMany = 0;
	for (let count = 0; count < MAX_READINGS; count++) {
		const members = kept.newStore();
		const steps = readOnce(pages, members, kept.memberOf);
		let step = await steps.next();
		while (!step.done) step = await steps.next();
		if (step.value === undefined) continue;
		const { expected } = step.value;
		if (members.size === expected) {
			return { members: members.values(), hasEverybody: true, isSteady: true };
		}
		// More than there are now: some have left during the reading, and nobody was missed.
		if (members.size > expected) readingsOfTooMany++;
		const isSteady = found !== undefined && hasSameMembers(found, members);
		if (found === undefined) found = members;
		else for (const member of members.values()) found.set(participantKey(member), member);
		const hasEverybody = readingsOfTooMany === 2;
		if (isSteady || hasEverybody) return { members: found.values(), hasEverybody, isSteady };
	}
	return found && { members: found.values(), hasEverybody: false, isSteady: false };
}

/** How complete a streamed list is: see `Members`. */
export type ListCompleteness = Pick<Members, 'hasEverybody' | 'isSteady'>;

/**
 * Give out everybody in a list of participants once, page by page, while it may move: what `readMembersAs` does for who
 * can't keep a million. A list that changes meanwhile is read again, and who was not given out yet comes then.
 * @param filter no segments for all participants
 * @param newSeen makes what remembers who was read, as little of each as it likes
 * @throws AdvocateError
 */
export async function* streamParticipants(
	transport: Transport,
	filter: MembershipFilter,
	{ pageSize, fields, newSeen }: { pageSize: number; fields: string; newSeen: () => SeenStore },
): AsyncGenerator<ParticipantRecord[], ListCompleteness> {
	const pages = new MemberPages(transport, filter, { pageSize }, fields);
	let given: SeenStore | undefined;
	let isSecond = false;
	let readingsOfTooMany = 0;
	for (let count = 0; count < MAX_READINGS; count++) {
		const seen = newSeen();
		// In the first reading, who was read is who was given out: one store less.
		given ??= seen;
		const before = given.size;
		const steps = readOnce(pages, seen, () => true);
		let step = await steps.next();
		while (!step.done) {
			const fresh = given === seen ? step.value : addNew(given, step.value);
			if (fresh.length > 0) yield fresh;
			step = await steps.next();
		}
		if (step.value === undefined) continue;
		const { expected } = step.value;
		if (seen.size === expected) return { hasEverybody: true, isSteady: true };
		if (seen.size > expected) readingsOfTooMany++;
		// As many, and nobody new: the same people.
		const isSteady = isSecond && given.size === before && seen.size === before;
		isSecond = true;
		const hasEverybody = readingsOfTooMany === 2;
		if (isSteady || hasEverybody) return { hasEverybody, isSteady };
	}
	return { hasEverybody: false, isSteady: false };
}

/** Note who is new. */
function addNew(known: SeenStore, records: readonly ParticipantRecord[]): ParticipantRecord[] {
	return records.filter((record) => {
		const key = participantKey(record);
		if (known.has(key)) return false;
		known.set(key, true);
		return true;
	});
}

function hasSameMembers<Member extends ParticipantId>(
	one: MemberStore<Member>,
	other: MemberStore<Member>,
): boolean {
	if (one.size !== other.size) return false;
	for (const member of one.values()) if (!other.has(participantKey(member))) return false;
	return true;
}

/** Reads pages of members, in the largest size that the API takes. */
class MemberPages {
	/** Members per page. A page has to hold one member more than the one it begins with. */
	limit: number;

	private count = 0;

	constructor(
		private readonly transport: Transport,
		private readonly filter: MembershipFilter,
		private readonly options: Pick<ReadMembersOptions, 'pageSize' | 'beforePage'>,
		private readonly fields: string,
	) {
		this.limit = Math.max(2, options.pageSize);
	}

	/** @throws AdvocateError, and what `beforePage` throws */
	async read(offset: number): Promise<Page<ParticipantRecord>> {
		this.options.beforePage?.(this.count);
		const page = await this.ask(offset);
		this.count = page.totalCount;
		// Fewer than asked for, and not the last ones: this is how many it gives.
		const isCut = page.entries < this.limit && offset + page.entries < page.totalCount;
		if (isCut && page.entries > 0) this.limit = Math.max(2, page.entries);
		return page;
	}

	private async ask(offset: number): Promise<Page<ParticipantRecord>> {
		for (;;) {
			try {
				return await listParticipants(this.transport, {
					filter: this.filter,
					limit: this.limit,
					offset,
					fields: this.fields,
				});
			} catch (caught) {
				const error = expectAdvocateError(caught);
				if (this.limit <= SAFE_PAGE_SIZE || !mayBeTooLarge(error)) throw error;
				this.limit = this.limit > PAGE_SIZE ? PAGE_SIZE : SAFE_PAGE_SIZE;
			}
		}
	}
}

interface Reading {
	/** How many there are, as the API counted with the last page. */
	expected: number;
}

/**
 * Read all members once, and give out, page by page, who was not read before. The list has a fixed order, so a page must begin with the last member of the page before. If
 * somebody else stands there who was not read yet, earlier members have left and others have moved up: the reading then
 * goes back, page by page, until it meets somebody it knows. So nobody who stays a member is skipped.
 * @returns nothing when it had to go back too often
 * @throws AdvocateError, and what `beforePage` throws
 */
async function* readOnce<Member>(
	pages: MemberPages,
	members: Pick<MemberStore<Member>, 'has' | 'set' | 'size'>,
	memberOf: (record: ParticipantRecord) => Member,
): AsyncGenerator<ParticipantRecord[], Reading | undefined> {
	/** Entries without a participant, for which the schema leaves room. */
	let emptyEntries = 0;
	let stepsBack = 0;
	let offset = 0;
	let first: ParticipantRecord | undefined;
	let knowsOffset = false;
	/** Whether the page at `offset` must begin with a member that was read before. */
	let overlaps = false;
	for (;;) {
		const page = await pages.read(offset);
		const { results, entries, totalCount } = page;
		const { limit } = pages;
		if (overlaps && !continues(members, results, totalCount)) {
			if (++stepsBack > Math.max(MAX_STEPS_BACK, totalCount / limit)) return undefined;
			offset = Math.max(0, offset - limit);
			overlaps = offset > 0;
			continue;
		}
		if (offset === 0) first = results[0];
		const known = members.size;
		const fresh: ParticipantRecord[] = [];
		for (const record of results) {
			const key = participantKey(record);
			if (!members.has(key)) fresh.push(record);
			members.set(key, memberOf(record));
		}
		emptyEntries += entries - results.length;
		const end = offset + entries;
		yield fresh;
		const reading = { expected: totalCount - emptyEntries };
		const bringsNothing = end >= totalCount && members.size === known;
		if (bringsNothing || !mayGoOn(page, limit, end)) return reading;
		// Members who entered before the others have moved these back, or the list knows no offset.
		if (offset > 0 && !knowsOffset && isSameParticipant(results[0], first)) {
			const behind = await pages.read(end + FAR_BEHIND);
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
	members: Pick<MemberStore<unknown>, 'has'>,
	[first]: readonly ParticipantRecord[],
	totalCount: number,
): boolean {
	return first === undefined ? totalCount === 0 : members.has(participantKey(first));
}
