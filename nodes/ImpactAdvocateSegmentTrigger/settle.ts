/** Settles where the members are whom a look did not find: they have left, or the list changed while it was read. */
import type { Transport } from '../shared/advocate/client/transport';
import { lookUpRecords, MAX_LOOKUPS } from '../shared/advocate/participants';
import type { ParticipantId, ParticipantRecord } from '../shared/advocate/participants';
import type { Look } from './look';
import { participantOf } from './memberState';
import type { Membership } from './memberState';
import type { Poll } from './start';

/** What the API says of those who were asked for, by member key; nothing for one who does not exist any more. */
export type Records = ReadonlyMap<string, ParticipantRecord | undefined>;

/** The segments of a participant, as the API shows one. */
export const segmentsOf = (record: ParticipantRecord | undefined): string[] =>
	Array.isArray(record?.segments) ? (record.segments as string[]) : [];

/**
 * Look participants up, as many as there is time for. Whoever is not asked for now is left for the next poll.
 * @throws AdvocateError
 */
export async function lookUp(
	{ transport, deadline }: { transport: Transport; deadline: number },
	participants: ReadonlyArray<[member: string, participant: ParticipantId]>,
): Promise<Records> {
	const records = new Map<string, ParticipantRecord | undefined>();
	for (let from = 0; from < participants.length; from += MAX_LOOKUPS) {
		if (transport.now() > deadline) break;
		const batch = participants.slice(from, from + MAX_LOOKUPS);
		const found = await lookUpRecords(
			transport,
			batch.map(([, participant]) => participant),
		);
		batch.forEach(([member], index) => records.set(member, found[index]));
	}
	return records;
}

/** Who is where, as far as can be known now. */
export interface Settled {
	membership: Membership;
	/** What the API says of those who were asked for. */
	records: Records;
	/** How many there was no time to ask for. They are taken for members as before. */
	postponed: number;
}

/**
 * Settle where those are who were members before and were not found. Members known by their ID are asked for one by one.
 * Hashes can't be asked for: they stay members, unless the look has everybody.
 * @throws AdvocateError
 */
export async function settle(current: Poll, before: Membership, seen: Look): Promise<Settled> {
	const missing = missingMembers(before, seen.membership, current.isWatched);
	if (current.settings.form === 'hashes') {
		const kept = seen.hasEverybody ? [] : missing;
		return { membership: joined(seen.membership, kept), records: new Map(), postponed: 0 };
	}
	const records = await lookUp(
		current,
		missing.map(([member]) => [member, participantOf(member)]),
	);
	const whereabouts = missing.map(([member, had]): Member => {
		if (!records.has(member)) return [member, had];
		return [member, segmentsOf(records.get(member)).filter(current.isWatched)];
	});
	const present = whereabouts.filter(([, segments]) => segments.length > 0);
	return {
		membership: joined(seen.membership, present),
		records,
		postponed: missing.length - records.size,
	};
}

type Member = [member: string, segments: readonly string[]];

/** Those who were members of a watched segment and were not found, with the watched segments they were in. */
function missingMembers(
	before: Membership,
	found: Membership,
	isWatched: (key: string) => boolean,
): Member[] {
	return [...before]
		.filter(([member]) => !found.has(member))
		.map(([member, keys]): Member => [member, keys.filter(isWatched)])
		.filter(([, segments]) => segments.length > 0);
}

const joined = (membership: Membership, more: readonly Member[]): Membership =>
	more.length === 0 ? membership : new Map([...membership, ...more]);
