/** Files whose participant IDs were made to collide in the hash that this package used before it had a key. */
import {
	keyedHash,
	ParticipantIndex,
} from '../../nodes/ImpactAdvocate/import/plan/participantIndex';
import { importOrFail } from '../engine/jobs/helpers';
import { SOME_SEGMENTS, useSimulator, addSegments } from '../support/advocate';

const FNV_PRIME = 0x01000193;

// Jest looks a global up anew each time, which takes longer than the multiplication.
const { imul } = Math;

/** FNV-1a, by whose value a table without a key would look for a text. */
function publicHash(text: string): number {
	let hash = 0x811c9dc5;
	for (let index = 0; index < text.length; index++) {
		hash = imul(hash ^ text.charCodeAt(index), FNV_PRIME);
	}
	return hash | 0;
}

const FIRST_CHARACTER = 0x4e00;
const LAST_CHARACTER = 0x9fff;

/** IDs of ordinary characters with one and the same public hash: the last two characters are worked out. */
function collidingIds(count: number): string[] {
	const target = imul(0x2545f491, FNV_PRIME) | 0;
	const ids: string[] = [];
	for (let prefix = 0; ids.length < count; prefix++) {
		const start = publicHash(`p${prefix}-`);
		for (let last = FIRST_CHARACTER; last <= LAST_CHARACTER; last++) {
			const wanted = imul(start ^ last, FNV_PRIME) ^ 0x2545f491;
			if (wanted < FIRST_CHARACTER || wanted > LAST_CHARACTER) continue;
			ids.push(`p${prefix}-${String.fromCharCode(last, wanted)}`);
		}
	}
	expect(new Set(ids.map(publicHash))).toEqual(new Set([target]));
	return ids.slice(0, count);
}

/** How many places of its table an index looks at meanwhile. */
function looksDuring(index: ParticipantIndex, work: () => void): number {
	const table = Object.getPrototypeOf(index['places']) as {
		endsSearch(...args: number[]): boolean;
	};
	const { endsSearch } = table;
	let count = 0;
	table.endsSearch = function (...args) {
		count++;
		return endsSearch.apply(this, args);
	};
	try {
		work();
	} finally {
		table.endsSearch = endsSearch;
	}
	return count;
}

const addAll = (index: ParticipantIndex, ids: readonly string[]) => () =>
	ids.forEach((id, number) => index.set(id, number));

test('IDs with one public hash take no more looks than any others', () => {
	const ids = collidingIds(500);
	// The attack, on a table whose places can be foreseen: each ID looks at the places of all before it.
	let number = 0;
	const foreseen = new ParticipantIndex(true, 0, (text) => [number++, publicHash(text) >>> 0]);
	expect(looksDuring(foreseen, addAll(foreseen, ids.slice(0, 200)))).toBeGreaterThan(200 * 90);

	const index = new ParticipantIndex(true);
	// Two on average, those of growing included. A run of bad luck to ten is less likely than 1 in 10^100.
	expect(looksDuring(index, addAll(index, ids))).toBeLessThan(10 * ids.length);
	expect(index.size).toBe(ids.length);
	// No single one looks far.
	const longest = Math.max(...ids.map((id) => looksDuring(index, () => index.get(id))));
	expect(longest).toBeLessThan(200);
});

test('every index has a key of its own, and nobody can foresee its hashes', () => {
	const ids = Array.from({ length: 50 }, (_, number) => `p${number}`);
	const [first, second] = [keyedHash(), keyedHash()];
	for (const id of ids) {
		expect(first(id)).toEqual(first(id));
		expect(first(id)).not.toEqual(second(id));
	}
});

test.each([
	['', '218d1f59b9b83cc8'],
	['\u0100', '064f39ef7c50eb57'],
	['\u0100\u0302', 'd5e78a175be52ea1'],
	['\u0100\u0302\u0504', 'ce3e91358aa2bc25'],
])('the hash is HalfSipHash-2-4: %j', (text, expected) => {
	const [first, second] = keyedHash(Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]))(text);
	const bytes = Buffer.alloc(8);
	bytes.writeUInt32LE(first, 0);
	bytes.writeUInt32LE(second, 4);
	expect(bytes.toString('hex')).toBe(expected);
});

describe('two participants with all 64 bits of that hash in common', () => {
	const simulator = useSimulator(SOME_SEGMENTS);

	it.each([
		['p29027-\ud6d1\u4b4f', 'p102522-\u9f3d\u785d'],
		['p74556-\u5a58\u4139', 'p135592-\u7bfb\ucb22'],
	])('(%s, %s) are two', async (one, other) => {
		for (const duplicates of ['first', 'last', 'error', 'merge']) {
			simulator().reset();
			addSegments(simulator());
			const run = await importOrFail(simulator(), `id\n${one}\n${other}\n`, {
				options: { duplicates },
			});
			expect(run.summary).toMatchObject({ succeeded: 2, participants: 2, duplicates: 0 });
			expect(simulator().state.segmentsOf(one)).toEqual(['vip']);
			expect(simulator().state.segmentsOf(other)).toEqual(['vip']);
		}
	});
});
