/** The compact state of the segment trigger: what goes in comes out, whatever IDs look like, and it stays small. */
import { createHash, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import {
	memberKey,
	newHashKey,
	packMembers,
	participantOf,
	readState,
	unpackMembers,
} from '../../../nodes/ImpactAdvocateSegmentTrigger/memberState';
import type {
	Membership,
	StateForm,
	StoredState,
} from '../../../nodes/ImpactAdvocateSegmentTrigger/memberState';
import { MAX_MEMBERS } from '../../../nodes/ImpactAdvocateSegmentTrigger/look';

const keyOf = (form: StateForm): string | undefined =>
	form === 'hashes' ? 'key of the tests' : undefined;

function state(membership: Membership, keys: string[], form: StateForm): StoredState {
	return {
		version: 1,
		tenant: 't',
		form,
		hashKey: keyOf(form),
		all: false,
		keys,
		withoutBaseline: {},
		members: packMembers(membership, keys, form),
		fingerprint: '',
		settled: true,
		comparedAt: 0,
		generation: 0,
	};
}

const stored = (value: StoredState): StoredState =>
	JSON.parse(JSON.stringify(value)) as StoredState;

const sorted = (membership: Membership) =>
	[...membership].map(([key, segments]) => [key, [...segments].sort()]).sort();

/** IDs as they come through JSON: any text but half characters. */
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const address = fc.emailAddress();
const id = fc.oneof(
	text,
	address,
	fc.uuid(),
	fc.constantFrom('%', '|', ' ', '/', '%40', '"', '\\', '~', '@@'),
);

describe('a member key', () => {
	it('gives the participant back', () => {
		fc.assert(
			fc.property(id, fc.option(id, { nil: undefined }), (one, other) => {
				const participant = { id: one, accountId: other ?? one };
				expect(participantOf(memberKey(participant, undefined))).toEqual(participant);
			}),
			{ numRuns: 2000 },
		);
	});

	it('tells participants apart, in both forms', () => {
		const participants = [
			{ id: 'a', accountId: 'b' },
			{ id: 'b', accountId: 'a' },
			{ id: 'a b', accountId: 'a b' },
			{ id: 'a', accountId: 'a' },
			{ id: 'x@y', accountId: 'x@y' },
			{ id: 'y@x', accountId: 'y@x' },
		];
		for (const form of ['ids', 'hashes'] as const) {
			const keys = participants.map((participant) => memberKey(participant, keyOf(form)));
			expect(new Set(keys).size).toBe(participants.length);
		}
	});

	it('takes an ID that holds half of a character', () => {
		const damaged = { id: 'a\uD83D', accountId: 'b\uDE00' };
		expect(participantOf(memberKey(damaged, undefined))).toEqual({
			id: 'a\uFFFD',
			accountId: 'b\uFFFD',
		});
		expect(memberKey(damaged, newHashKey())).toMatch(/^[\w-]{8}$/);
	});

	it('needs no escape in JSON', () => {
		fc.assert(
			fc.property(id, (one) => {
				const key = memberKey({ id: one, accountId: one }, undefined);
				expect(JSON.stringify(key)).toBe(`"${key}"`);
			}),
		);
	});

	it('shows nothing of the ID as a hash', () => {
		const ada = { id: 'ada@example.com', accountId: 'ada@example.com' };
		expect(memberKey(ada, newHashKey())).toMatch(/^[\w-]{8}$/);
	});

	it('is another hash under every key, so that no table of hashes tells who it is', () => {
		const ada = { id: 'ada@example.com', accountId: 'ada@example.com' };
		const keys = Array.from({ length: 1000 }, newHashKey);
		expect(new Set(keys).size).toBe(keys.length);
		expect(new Set(keys.map((key) => memberKey(ada, key))).size).toBe(keys.length);
		expect(memberKey(ada, keys[0])).toBe(memberKey(ada, keys[0]));
		// 128 bits, in 22 characters of the state.
		for (const key of keys) expect(Buffer.from(key, 'base64url')).toHaveLength(16);
	});
});

describe('a packed membership', () => {
	const KEYS = ['a', 'b', 'c,d', '0', '__proto__'];

	it.each(['ids', 'hashes'] as const)('comes out as it went in, as %s', (form) => {
		fc.assert(
			fc.property(
				fc.array(fc.tuple(id, fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1 }))),
				(members) => {
					const membership = new Map(
						members.map(([one, segments]) => [
							memberKey({ id: one, accountId: one }, keyOf(form)),
							segments,
						]),
					);
					const read = unpackMembers(stored(state(membership, KEYS, form)));
					expect(sorted(read)).toEqual(sorted(membership));
				},
			),
			{ numRuns: 500 },
		);
	});

	it('holds no one who is in no watched segment', () => {
		const membership: Membership = new Map([
			['a', []],
			['b', ['other']],
			['c', ['a', 'other']],
		]);
		expect(sorted(unpackMembers(state(membership, ['a'], 'ids')))).toEqual([['c', ['a']]]);
	});
});

describe('a stored state', () => {
	const good = state(new Map([['x', ['a']]]), ['a'], 'ids');

	it.each<[string, unknown]>([
		['nothing', undefined],
		['null', null],
		['a text', 'state'],
		['an object', {}],
		['another version', { ...good, version: 2 }],
		['another tenant', { ...good, tenant: 'u' }],
		['another form', { ...good, form: 'hashes' }],
	])('is not read from %s', (_, value) => {
		expect(readState(value, { tenant: 't', form: 'ids' })).toBeUndefined();
	});

	it('is not read when it has hashes without their key, or a key without hashes', () => {
		const hashes = state(new Map([['12345678', ['a']]]), ['a'], 'hashes');
		const withoutKey = { ...hashes, hashKey: undefined };
		expect(readState(stored(withoutKey), { tenant: 't', form: 'hashes' })).toBeUndefined();
		const withKey = { ...good, hashKey: 'key' };
		expect(readState(stored(withKey), { tenant: 't', form: 'ids' })).toBeUndefined();
	});

	it.each(['ids', 'hashes'] as const)('is read when it fits, with %s', (form) => {
		const value = stored(state(new Map([['12345678', ['a']]]), ['a'], form));
		expect(readState(value, { tenant: 't', form })).toEqual(value);
	});
});

describe(`${MAX_MEMBERS.toLocaleString('en-US')} members`, () => {
	const DOMAINS = ['gmail.com', 'outlook.com', 'yahoo.com', 'icloud.com', 'company.example'];
	const sha1 = (index: number) => createHash('sha1').update(String(index)).digest('hex');
	const kinds: Record<string, (index: number) => string> = {
		// As irregular as they can be: 14 letters and digits before the @.
		'e-mail addresses': (index) => `${sha1(index).slice(0, 14)}@${DOMAINS[index % 5]}`,
		UUIDs: () => randomUUID(),
		'SHA-1 digests': sha1,
		numbers: (index) => String(1_000_000 + index),
	};

	it.each(Object.entries(kinds))('with %s for IDs fit the state', (_kind, idOf) => {
		for (const form of ['hashes', 'ids'] as const) {
			const participants = Array.from({ length: MAX_MEMBERS }, (_, index) => idOf(index));
			const membership: Membership = new Map(
				participants.map((one, index) => [
					memberKey({ id: one, accountId: one }, keyOf(form)),
					// Most are in one of three segments, some in two.
					index % 10 === 0 ? ['a', 'b'] : [['a', 'b', 'c'][index % 3]],
				]),
			);
			const text = JSON.stringify(state(membership, ['a', 'b', 'c'], form));
			const read = unpackMembers(JSON.parse(text) as StoredState);
			expect(read.size).toBe(membership.size);
			expect(text.length).toBeLessThan(form === 'hashes' ? 1_000_000 : 4_500_000);
		}
	});
});
