/** Reads all members of some segments, page by page, while the list may change. */
import { AdvocateError } from './client/readErrors';
import type { Transport } from './client/transport';
import { listParticipants, participantKey } from './participants';
import type { Participant } from './participants';

/**
 * Most participants that can be watched. The state has 0.8 MB then, or up to 4 MB when long IDs have to be kept, and n8n
 * copies it into every execution; reading them takes 1,000 requests in pages of 100.
 */
export const MAX_MEMBERS = 100_000;

/** Readings of a list that keeps moving, until one is complete. */
const MAX_READINGS = 3;

/** How often a list may move under a reading before it is given up. A long list may do so once for each of its pages. */
const MAX_STEPS_BACK = 50;

/** What one look at the members found. */
export interface Look {
	members: Participant[];
	/**
	 * Whether nobody is missing: these are exactly as many as the list says it has, or two readings found more than that.
	 * Then some of those found have left meanwhile.
	 */
	hasEverybody: boolean;
	/** Whether reading once more would show the same: the number is right, or two readings were alike. */
	isSteady: boolean;
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
 * Look at all members. A list that moves is read again; what the readings found is put together.
 * @throws AdvocateError
 */
export async function lookAtMembers(transport: Transport, options: ReadOptions): Promise<Look> {
	if (options.segments.length === 0) return exactly([]);
	const found = new Map<string, Participant>();
	let readings = 0;
	let fullReadings = 0;
	let isSteady = false;
	for (let tries = 0; tries < MAX_READINGS && !isSteady && fullReadings < 2; tries++) {
		const read = await readMembers(transport, options);
		if (read === undefined) continue;
		const { members, expected } = read;
		if (members.length === expected) return exactly(members);
		if (members.length > expected) fullReadings++;
		const known = found.size;
		for (const member of members) found.set(participantKey(member), member);
		isSteady = ++readings > 1 && found.size === known && members.length === known;
	}
	if (readings === 0) throw tooRestless();
	const members = [...found.values()];
	return { members, hasEverybody: fullReadings > 1, isSteady };
}

const exactly = (members: Participant[]): Look => ({
	members,
	hasEverybody: true,
	isSteady: true,
});

interface Reading {
	members: Participant[];
	/** How many there are, as the list says. */
	expected: number;
}

/**
 * Read all members once. Each page begins with the last member of the page before: if somebody else stands there,
 * members have left meanwhile, others have moved up, and the reading goes back until it meets somebody it knows.
 * @returns nothing when the list moved too often to be followed
 * @throws AdvocateError
 */
async function readMembers(
	transport: Transport,
	options: ReadOptions,
): Promise<Reading | undefined> {
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
			if (++stepsBack > Math.max(MAX_STEPS_BACK, totalCount / pageSize)) return undefined;
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
	return { members: [...seen.values()], expected: totalCount - empty };
}

const NOTHING_LOST = 'Nothing is lost: the next poll compares with the same state';

/** The error of a poll for which there is no time left. */
export function tooSlow(): AdvocateError {
	return new AdvocateError('Reading the members took longer than n8n gives a poll', {
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
