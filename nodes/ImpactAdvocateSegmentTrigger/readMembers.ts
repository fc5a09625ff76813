/** Reads all members of some segments, page by page, while the list may change. */
import { AdvocateError } from '../ImpactAdvocate/advocate/errors';
import type { Transport } from '../ImpactAdvocate/advocate/transport';
import { listParticipants, participantKey } from '../ImpactAdvocate/advocate/users';
import type { Participant } from '../ImpactAdvocate/advocate/users';

/**
 * Most participants that can be watched. The state has 0.8 MB then, or up to 4 MB when long IDs have to be kept, and n8n
 * copies it into every execution; reading them takes 1,000 requests in pages of 100.
 */
export const MAX_MEMBERS = 100_000;

/** How often the list may move under us before the reading counts as incomplete. */
const MAX_STEPS_BACK = 50;

export interface MembersRead {
	members: Participant[];
	/** Whether as many members were read as the list says it has. */
	isComplete: boolean;
}

export interface ReadOptions {
	segments: readonly string[];
	pageSize: number;
	/** When n8n gives the poll up, in milliseconds since the epoch. */
	deadline: number;
}

/** Refuse to watch more participants than the state can hold. */
export function assertWatchable(count: number): void {
	if (count <= MAX_MEMBERS) return;
	const format = (value: number) => value.toLocaleString('en-US');
	throw new AdvocateError(
		`The watched segments have ${format(count)} participants, more than the ${format(MAX_MEMBERS)} that can be watched`,
		{
			kind: 'api',
			hint: "Watch fewer or smaller segments. For everybody who is new in Advocate, use the impact.com Advocate Trigger with 'Participant Created', which has no such limit",
		},
	);
}

/**
 * Read all members. Each page begins with the last member of the page before: if somebody else stands there, members
 * have left meanwhile, others have moved up, and the reading goes back until it meets somebody it knows.
 * @throws AdvocateError
 */
export async function readMembers(
	transport: Transport,
	options: ReadOptions,
): Promise<MembersRead> {
	const { segments, pageSize, deadline } = options;
	const seen = new Map<string, Participant>();
	let totalCount = 0;
	/** Entries without a participant, for which the schema leaves room. */
	let empty = 0;
	let offset = 0;
	let overlap = 0;
	let stepsBack = 0;
	for (;;) {
		if (transport.now() > deadline) throw tooSlow();
		const start = Math.max(0, offset - overlap);
		const page = await listParticipants(transport, {
			filter: { match: 'any', segments },
			limit: pageSize,
			offset: start,
			fields: 'id accountId segments',
		});
		const rows = page.results.map(({ id, accountId, segments: keys }) => ({
			id,
			accountId,
			segments: Array.isArray(keys) ? (keys as string[]) : [],
		}));
		const { entries } = page;
		totalCount = page.totalCount;
		assertWatchable(totalCount);

		const continues = rows.length > 0 ? seen.has(participantKey(rows[0])) : totalCount === 0;
		if (start > 0 && overlap > 0 && !continues) {
			if (++stepsBack > MAX_STEPS_BACK) return { members: [...seen.values()], isComplete: false };
			offset = Math.max(0, start - pageSize + 1);
			continue;
		}
		for (const row of rows) seen.set(participantKey(row), row);
		empty += entries - rows.length;
		if (entries === 0 || start + entries >= totalCount) break;
		offset = start + entries;
		// A page of one would never get on.
		overlap = entries > 1 ? 1 : 0;
	}
	return { members: [...seen.values()], isComplete: seen.size + empty === totalCount };
}

/** The error of a poll for which there is no time left. */
export function tooSlow(): AdvocateError {
	return new AdvocateError('Reading the members took longer than n8n gives a poll', {
		kind: 'gaveUp',
		hint: "Raise 'Page Size', or watch fewer or smaller segments. Nothing is lost: the next poll compares with the same state",
	});
}
