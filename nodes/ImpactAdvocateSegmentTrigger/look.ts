/** One look at the members of the watched segments, within what the state can hold and the time that n8n gives. */
import { countText } from '../shared/inputValue';
import { AdvocateError } from '../shared/advocate/client/error';
import { readMembers } from '../shared/advocate/members';
import type { ParticipantId } from '../shared/advocate/participants';
import { memberKey } from './memberState';
import type { Membership } from './memberState';
import type { Poll } from './start';

/**
 * Most participants that can be watched. The state has 0.8 MB then, or up to 4 MB when long IDs have to be kept, and n8n
 * copies it into every execution; reading them takes 1,000 requests in pages of 100.
 */
export const MAX_MEMBERS = 100_000;

/** What a look found. */
export interface Look {
	/** Who is in which of the watched segments. */
	membership: Membership;
	/** The participants by their keys in the state. */
	participants: ReadonlyMap<string, ParticipantId>;
	/** See `Members`. */
	hasEverybody: boolean;
	isSteady: boolean;
}

/**
 * Look at all members.
 * @param hashKey see `memberKey`
 * @throws AdvocateError
 */
export async function look(
	{ transport, settings, segments, isWatched, deadline }: Poll,
	hashKey: string | undefined,
): Promise<Look> {
	for (const { participantsCount } of segments) assertWatchable(participantsCount);
	const found = await readMembers(transport, {
		segments: segments.map(({ key }) => key),
		pageSize: settings.pageSize,
		beforePage: (count) => {
			assertWatchable(count);
			if (transport.now() > deadline) throw tooSlow();
		},
	});
	if (found === undefined) throw tooRestless();
	const { members, hasEverybody, isSteady } = found;
	const keyed = members.map((member) => [memberKey(member, hashKey), member] as const);
	return {
		membership: new Map(keyed.map(([key, { segments: keys }]) => [key, keys.filter(isWatched)])),
		participants: new Map(keyed),
		hasEverybody,
		isSteady,
	};
}

/**
 * Refuse to watch more participants than the state can hold.
 * @throws AdvocateError
 */
export function assertWatchable(count: number): void {
	if (count <= MAX_MEMBERS) return;
	throw new AdvocateError(
		`The watched segments have ${countText(count)} participants, more than the ${countText(MAX_MEMBERS)} that can be watched`,
		{
			kind: 'api',
			hint: "Watch fewer or smaller segments. For everybody who is new in Advocate, use the impact.com Advocate Trigger with 'Participant Created', which has no such limit",
		},
	);
}

const NOTHING_LOST = 'Nothing is lost: the next poll compares with the same state';

/** The error of a poll for which there is no time left. */
export function tooSlow(): AdvocateError {
	return new AdvocateError('Reading the members took longer than n8n allows for a poll', {
		kind: 'gaveUp',
		hint: `Raise 'Page Size', turn off 'Include Details', or watch fewer or smaller segments. ${NOTHING_LOST}`,
	});
}

function tooRestless(): AdvocateError {
	return new AdvocateError(
		'The members of the watched segments change faster than they can be read',
		{
			kind: 'gaveUp',
			hint: `Raise 'Page Size', or watch fewer or smaller segments. ${NOTHING_LOST}`,
		},
	);
}
