/** What a run has to know of people: the members of the segment, and those who would join or leave. */
import { AdvocateError } from '../../shared/advocate/client/error';
import type { Transport } from '../../shared/advocate/client/transport';
import { readMembersAs } from '../../shared/advocate/members';
import {
	findByEmail,
	findById,
	lookUpParticipants,
	lookUpRecords,
	MAX_LOOKUPS,
	participantKey,
} from '../../shared/advocate/participants';
import type { Participant, ParticipantId } from '../../shared/advocate/participants';
import type { Segment } from '../../shared/advocate/segments';
import { foldedEmail } from './compare';
import type { Joiner, MatchBy } from './compare';
import { MemberCollector } from './memberList';
import type { Member, MemberList } from './memberList';
import { bareId } from './nearMiss';
import type { LeaverState, Protection } from './plan';

/** Members to ask for at a time; where the API gives fewer, the reading goes on with that. */
const MEMBERS_PER_PAGE = 1000;

export interface MemberReading {
	members: MemberList;
	/** See `Members`. */
	hasEverybody: boolean;
	/** IDs that are to be protected and are no member's. */
	unknownProtected: string[];
}

/**
 * Read all members of a segment.
 * @param protectedIds as people wrote them
 * @param isOwn whether this workflow added a member
 * @throws AdvocateError also when the segment changes too fast to be read
 */
export async function readAllMembers(
	transport: Transport,
	segment: Segment,
	matchBy: MatchBy,
	protection: Protection,
	protectedIds: readonly string[],
	isOwn: (member: ParticipantId) => boolean,
): Promise<MemberReading> {
	const reading = await readMembersAs(
		transport,
		{ segments: [segment.key], pageSize: MEMBERS_PER_PAGE },
		{
			newStore: () => new MemberCollector(segment.participantsCount),
			fields: `id accountId segments${matchBy === 'email' ? ' email' : ''}`,
			memberOf: ({ id, accountId, segments, email }): Member => {
				const keys: unknown[] = Array.isArray(segments) ? segments : [];
				const isProtected =
					keys.some((key) => protection.segments.has(key as string)) ||
					(protection.bareIds.size > 0 && protection.bareIds.has(bareId(id)));
				const spared = isOwn({ id, accountId }) ? 'removable' : 'foreign';
				const member: Member = { id, accountId, standing: isProtected ? 'protected' : spared };
				if (matchBy === 'email' && typeof email === 'string') member.email = email;
				return member;
			},
		},
	);
	if (reading === undefined) {
		throw new AdvocateError('The members of the segment changed too fast to be read completely', {
			kind: 'api',
			hint: 'Nothing was sent. Run it again when nothing else is changing the segment',
		});
	}
	const { members, hasEverybody } = reading;
	const ids = new Set(protectedIds);
	for (const { id } of members) ids.delete(id);
	return { members, hasEverybody, unknownProtected: [...ids] };
}

/** Parts of a list that fit into one look-up. */
export function chunksOf<T>(entries: readonly T[]): T[][] {
	const chunks: T[][] = [];
	for (let start = 0; start < entries.length; start += MAX_LOOKUPS) {
		chunks.push(entries.slice(start, start + MAX_LOOKUPS));
	}
	return chunks;
}

/**
 * Find out whom joiners could mean, in the whole tenant.
 * @returns one entry per joiner, in the same order
 * @throws AdvocateError
 */
export async function findJoiners(
	transport: Transport,
	joiners: readonly Joiner[],
	matchBy: MatchBy,
): Promise<Participant[][]> {
	return matchBy === 'id'
		? await findByIds(transport, joiners)
		: await findByEmails(transport, joiners);
}

async function findByIds(
	transport: Transport,
	joiners: readonly Joiner[],
): Promise<Participant[][]> {
	const found: Participant[][] = joiners.map(() => []);
	const inAnyAccount = [...joiners.keys()].filter(
		(place) => joiners[place].accountId === undefined,
	);
	for (const chunk of chunksOf(inAnyAccount)) {
		const names = chunk.map((place) => joiners[place].name);
		const hits = await findById(transport, names);
		chunk.forEach((place, index) => {
			// Should the API compare in its own way: only the very ID that was asked for counts.
			found[place] = hits[index].filter(({ id }) => id === names[index]);
		});
	}
	// By both IDs, also where the ID alone finds nobody: a search may see a new participant late.
	const rest = [...joiners.keys()].filter((place) => found[place].length === 0);
	for (const chunk of chunksOf(rest)) {
		const pairs = chunk.map((place) => {
			const { name, accountId = name } = joiners[place];
			return { id: name, accountId };
		});
		const hits = await lookUpParticipants(transport, pairs);
		chunk.forEach((place, index) => {
			const hit = hits[index];
			found[place] = hit === undefined ? [] : [hit];
		});
	}
	return found;
}

/** Each address as the list has it, and in lower case: the API may tell them apart. */
async function findByEmails(
	transport: Transport,
	joiners: readonly Joiner[],
): Promise<Participant[][]> {
	const found = joiners.map(() => new Map<string, Participant>());
	const searches = joiners.flatMap(({ name, accountId }, place) =>
		[...new Set([name, foldedEmail(name)])].map((email) => ({
			place,
			search: accountId === undefined ? { email } : { email, accountId },
		})),
	);
	for (const chunk of chunksOf(searches)) {
		const hits = await findByEmail(
			transport,
			chunk.map(({ search }) => search),
		);
		chunk.forEach(({ place }, index) => {
			for (const hit of hits[index]) found[place].set(participantKey(hit), hit);
		});
	}
	return found.map((hits) => [...hits.values()]);
}

/**
 * Look at leavers as they are now.
 * @returns one entry per leaver, in the same order; nothing for who does not exist any more
 * @throws AdvocateError
 */
export async function lookAtLeavers(
	transport: Transport,
	leavers: readonly ParticipantId[],
): Promise<Array<LeaverState | undefined>> {
	const states: Array<LeaverState | undefined> = [];
	for (const chunk of chunksOf(leavers)) {
		const records = await lookUpRecords(transport, chunk, 'id accountId segments dateCreated');
		for (const record of records) {
			if (record === undefined) {
				states.push(undefined);
				continue;
			}
			const { segments, dateCreated } = record;
			states.push({
				segments: Array.isArray(segments) ? (segments as string[]) : [],
				dateCreated: millisecondsOf(dateCreated),
			});
		}
	}
	return states;
}

/** A date of the API: a number, by the schema; a text where REST has one. */
function millisecondsOf(date: unknown): number | undefined {
	const value = typeof date === 'string' ? Date.parse(date) : date;
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
