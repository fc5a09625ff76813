/** Looks single participants up, as many as there is time for. Whoever is not asked for now is left for the next poll. */
import type { Transport } from '../shared/advocate/client/transport';
import { lookUpRecords, MAX_LOOKUPS } from '../shared/advocate/participants';
import type { ParticipantId, ParticipantRecord } from '../shared/advocate/participants';
import { participantOf } from './memberState';
import type { Membership, StateForm } from './memberState';

/** What the API says of those who were asked for; nothing for one who does not exist any more. */
export type Records = Map<string, ParticipantRecord | undefined>;

/** The segments of a participant, as the API shows one. */
export const segmentsOf = (record: ParticipantRecord | undefined): string[] =>
	Array.isArray(record?.segments) ? (record.segments as string[]) : [];

/**
 * Look participants up.
 * @param deadline when there is no time for more, in milliseconds since the epoch
 * @throws AdvocateError
 */
export async function lookUp(
	transport: Transport,
	participants: ReadonlyArray<[member: string, participant: ParticipantId]>,
	deadline: number,
): Promise<Records> {
	const records: Records = new Map();
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

/** What is to be known of those who were members and were not found. */
export interface MissingMembers {
	before: Membership;
	/** What was found; completed with those who are members still, or may be. */
	after: Membership;
	isWatched: (key: string) => boolean;
}

/**
 * Have those who were not found left, or has the list moved while it was read? Members known by their ID are asked for
 * one by one. Hashes can't be asked for: they stay, unless nobody can have been missed.
 * @returns what the API says of those asked for, and how many there was no time for: they stay too
 * @throws AdvocateError
 */
export async function settleMissing(
	transport: Transport,
	members: MissingMembers,
	how: { form: StateForm; hasEverybody: boolean; deadline: number },
): Promise<{ records: Records; postponed: number }> {
	const { after, isWatched } = members;
	const missing = missingMembers(members);
	if (how.form === 'hashes') {
		if (!how.hasEverybody) for (const [member, had] of missing) after.set(member, had);
		return { records: new Map(), postponed: 0 };
	}
	const records = await lookUp(
		transport,
		[...missing.keys()].map((member) => [member, participantOf(member)]),
		how.deadline,
	);
	for (const [member, had] of missing) {
		const has = records.has(member) ? segmentsOf(records.get(member)).filter(isWatched) : had;
		if (has.length > 0) after.set(member, has);
	}
	return { records, postponed: missing.size - records.size };
}

/** Those who were members of a watched segment and were not found, with the watched segments they were in. */
function missingMembers({ before, after, isWatched }: MissingMembers): Map<string, string[]> {
	const missing = new Map<string, string[]>();
	for (const [member, keys] of before) {
		if (after.has(member)) continue;
		const had = keys.filter(isWatched);
		if (had.length > 0) missing.set(member, had);
	}
	return missing;
}
