/** What the segment trigger pays to note as many members as it takes: bytes of state, and the time to write and read it. */
import { createHash, randomUUID } from 'node:crypto';
import {
	memberKey,
	newHashKey,
	packMembers,
	unpackMembers,
} from '../../nodes/ImpactAdvocateSegmentTrigger/memberState';
import type { Membership, StoredState } from '../../nodes/ImpactAdvocateSegmentTrigger/memberState';
import { MAX_MEMBERS } from '../../nodes/ImpactAdvocateSegmentTrigger/look';

const DOMAINS = ['gmail.com', 'outlook.com', 'yahoo.com', 'icloud.com', 'company.example'];

const sha1 = (index: number): string => createHash('sha1').update(String(index)).digest('hex');

const KINDS: Record<string, (index: number) => string> = {
	'e-mail addresses': (index) => `${sha1(index).slice(0, 14)}@${DOMAINS[index % 5]}`,
	UUIDs: () => randomUUID(),
	numbers: (index) => String(1_000_000 + index),
};

export interface MemberCosts {
	kind: string;
	form: 'ids' | 'hashes';
	bytes: number;
	packedMs: number;
	readMs: number;
}

/** @param members the most that the trigger takes, unless told */
export function memberCosts(members = MAX_MEMBERS): MemberCosts[] {
	const segments = ['a', 'b', 'c'];
	return Object.entries(KINDS).flatMap(([kind, idOf]) =>
		(['hashes', 'ids'] as const).map((form): MemberCosts => {
			const ids = Array.from({ length: members }, (_, index) => idOf(index));
			const hashKey = form === 'hashes' ? newHashKey() : undefined;
			const startedAt = performance.now();
			const membership: Membership = new Map(
				ids.map((id, index) => [
					memberKey({ id, accountId: id }, hashKey),
					// Most are in one of three segments, some in two.
					index % 10 === 0 ? ['a', 'b'] : [segments[index % 3]],
				]),
			);
			const stored = JSON.stringify(packMembers(membership, segments, form));
			const packedAt = performance.now();
			const state = { form, keys: segments, members: JSON.parse(stored) } as StoredState;
			if (unpackMembers(state).size !== members) throw new Error('Members got lost');
			const readMs = performance.now() - packedAt;
			return { kind, form, bytes: stored.length, packedMs: packedAt - startedAt, readMs };
		}),
	);
}
