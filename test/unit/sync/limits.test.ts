/** How much a run may do on its own, and what stops it before its first write. */
import fc from 'fast-check';
import {
	allowedRemovals,
	fewOrPercent,
	looksCutOff,
} from '../../../nodes/ImpactAdvocate/sync/limits';
import type { JudgeSettings } from '../../../nodes/ImpactAdvocate/sync/judge';
import { MAX_REMEMBERED, SyncMemory } from '../../../nodes/ImpactAdvocate/sync/memory';
import { listOf, NOW, person, planFor, SEGMENT, worldOf } from './world';
import type { Settings } from './world';

test.each([
	// A segment of 8 is not emptied, a million does not lose 200,000 unasked.
	[8, 20, 4],
	[1, 20, 0],
	[2, 20, 1],
	[100, 20, 20],
	[30, 20, 10],
	[1_000_000, 20, 10_000],
	[1_000, 50, 500],
	[1_000, 90, 500],
	[1_000, 0, 0],
	[8, 0, 0],
	[0, 20, 0],
])('of %i removable members, %i %% allow %i removals', (removable, percent, allowed) => {
	expect(allowedRemovals(removable, percent)).toBe(allowed);
});

test('half is the most, and what is left after a kill never exceeds its limit', () => {
	fc.assert(
		fc.property(fc.nat(100_000), fc.nat(50), fc.nat(1000), fc.nat(1000), (r, percent, l, done) => {
			const allowed = allowedRemovals(r, percent);
			expect(allowed).toBeLessThanOrEqual(r / 2);
			const leavers = Math.min(l, allowed);
			const removed = Math.min(done, leavers);
			expect(leavers - removed).toBeLessThanOrEqual(
				// Above 10,000 the limit is a fixed number, which the rest does not reach either.
				allowedRemovals(r - removed, percent),
			);
		}),
		{ numRuns: 5000 },
	);
});

test.each([10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 50_000, 100_000])(
	'%i rows look cut off, one more or less do not',
	(rows) => {
		expect(looksCutOff(rows)).toBe(true);
		expect(looksCutOff(rows + 1)).toBe(false);
		expect(looksCutOff(rows - 1)).toBe(false);
	},
);

test.each([0, 1, 5, 9, 15, 30, 40, 75, 120, 300, 1200])('%i rows do not look cut off', (rows) => {
	expect(looksCutOff(rows)).toBe(false);
});

test('a share is never less than a few', () => {
	expect([fewOrPercent(50, 5), fewOrPercent(1000, 5), fewOrPercent(0, 5)]).toEqual([10, 50, 10]);
});

describe('the judgement', () => {
	const members = (count: number) =>
		Array.from({ length: count }, (_, index) => person(`m${index}`, { segments: [SEGMENT] }));
	const names = (count: number, prefix = 'm') =>
		Array.from({ length: count }, (_, index) => `${prefix}${index}`);

	const whys = (people: number, list: string[], settings: Settings = {}) =>
		planFor(worldOf(members(people)), listOf(list), settings).judgement.objections.map(
			({ why, scope }) => `${scope}:${why}`,
		);

	test('lets an ordinary night pass', () => {
		expect(whys(100, names(83))).toEqual([]);
	});

	test.each<[string, number, string[], Settings, string[]]>([
		['above the limit', 100, names(79), {}, ['removals:removeLimit']],
		['an empty list', 3, [], {}, ['removals:emptyList', 'removals:removeLimit']],
		[
			'a round number',
			102,
			names(100),
			{ judge: { listIsComplete: false } },
			['removals:roundNumberOfRows'],
		],
		['a test run', 100, names(99), { judge: { isManual: true } }, ['removals:manualRun']],
		['an old code', 100, names(99), { judge: { code: { verdict: 'expired' } } }, ['run:planCode']],
		[
			'rows that name nobody',
			100,
			[...names(95), ...names(11, 'x')],
			{},
			['removals:unmatchedRows'],
		],
		[
			'IDs in another case',
			100,
			names(99).map((id, index) => (index < 11 ? id.toUpperCase() : id)),
			{},
			['removals:nearMisses'],
		],
		[
			'too many to create',
			100,
			[...names(100), ...names(11, 'x')],
			{ ifMissing: 'create' },
			['run:createLimit'],
		],
		[
			'somebody missing, with Fail',
			100,
			[...names(100), 'x'],
			{ ifMissing: 'error' },
			['run:missingParticipants'],
		],
		['a deviation', 100, names(100), { judge: { deviation: 'It is shorter' } }, ['run:deviation']],
	])('stops %s', (_, people, list, settings, expected) => {
		expect(whys(people, list, settings)).toEqual(expected);
	});

	test('a valid code lifts the limit, and the rule of test runs, and nothing else', () => {
		const judge = { code: { verdict: 'valid' as const }, isManual: true };
		expect(whys(100, names(7), { judge })).toEqual([]);
		expect(whys(102, names(100), { judge: { ...judge, listIsComplete: false } })).toEqual([
			'removals:roundNumberOfRows',
		]);
	});

	test.each<[string, JudgeSettings['code']]>([
		['an old code', { verdict: 'expired' }],
		['what is no code', { verdict: 'unreadable' }],
		['another code', { verdict: 'other', differs: ['leavers'], removals: 1, additions: 0 }],
	])('%s stops a run that would remove nobody, too', (_, code) => {
		expect(whys(100, names(100), { judge: { code } })).toEqual(['run:planCode']);
	});

	test('a valid code makes no empty list of one that is to be looked at', () => {
		const people = members(3).map((one) => ({ ...one, dateCreated: NOW }));
		const stopped = (settings: Settings) =>
			planFor(worldOf(people), [], settings).judgement.objections.map(({ why }) => why);
		expect(stopped({ judge: { code: { verdict: 'valid' }, listIsComplete: false } })).toEqual([
			'emptyList',
		]);
		expect(stopped({ judge: { listIsComplete: true } })).toEqual([]);
	});

	test('all IDs in another spelling stop the run although nobody would be removed', () => {
		const list = names(50).map((id) => id.toUpperCase());
		expect(whys(50, list)).toEqual(['removals:nearMisses']);
	});

	test('protected and foreign members do not make the limit larger', () => {
		const people = members(1000).map((one, index) =>
			index < 900 ? { ...one, segments: [SEGMENT, 'staff'] } : one,
		);
		const settings: Settings = { protectedSegments: ['staff'] };
		const { plan, judgement } = planFor(worldOf(people), [], settings);
		expect(plan.protected).toHaveLength(900);
		expect(plan).toMatchObject({ removable: 100 });
		expect(judgement.allowed).toBe(20);
		const own = planFor(worldOf(members(1000)), [], {
			isOwn: ({ id }) => Number(id.slice(1)) < 100,
		});
		expect(own.plan.foreign).toHaveLength(900);
		expect(own.judgement.allowed).toBe(20);
	});
});

describe('the memory', () => {
	const [ann, ben, cy] = ['annabel', 'benjamin', 'cyrus'].map((id) => ({ id, accountId: id }));

	test('counts how often in a row somebody was missing, without names', () => {
		const first = new SyncMemory(undefined);
		first.noteMissing([ann, ben]);
		const second = new SyncMemory(JSON.parse(JSON.stringify(first.stored)));
		expect([ann, ben, cy].map((one) => second.missedRuns(one))).toEqual([1, 1, 0]);
		second.noteMissing([ann, cy]);
		expect([ann, ben, cy].map((one) => second.missedRuns(one))).toEqual([2, 0, 1]);
		expect(JSON.stringify(second.stored)).not.toMatch(/annabel|benjamin|cyrus/);
	});

	test('knows whom it added until they are gone once', () => {
		const first = new SyncMemory({});
		first.addOwn(ann);
		first.addOwn(ben);
		const second = new SyncMemory(JSON.parse(JSON.stringify(first.stored)));
		expect(second.ownCount).toBe(2);
		second.keepOwn([ben, cy]);
		expect([ann, ben, cy].map((one) => second.isOwn(one))).toEqual([false, true, false]);
	});

	test('hashes with a salt of its own', () => {
		const hashes = [1, 2].map(() => {
			const memory = new SyncMemory(undefined);
			memory.addOwn(ann);
			return memory.stored.own;
		});
		expect(hashes[0]).not.toBe(hashes[1]);
	});

	test('finds a list that is half as long, or half as long again', () => {
		const memory = new SyncMemory(undefined);
		expect(memory.deviationOf(100, NOW)).toBeUndefined();
		memory.noteLength(100, NOW);
		expect([51, 149].map((rows) => memory.deviationOf(rows, NOW))).toEqual([undefined, undefined]);
		expect(memory.deviationOf(50, NOW)).toBe(
			'The list has 50 rows, and up to 100 in the last 7 days',
		);
		expect(memory.deviationOf(150, NOW)).toBe(
			'The list has 150 rows, and only 100 in the last 7 days',
		);
		const DAY = 24 * 60 * 60 * 1000;
		expect(memory.deviationOf(50, NOW + 8 * DAY)).toBeUndefined();
	});

	test('finds a list that creeps away, 19 % a night', () => {
		const memory = new SyncMemory(undefined);
		const DAY = 24 * 60 * 60 * 1000;
		let rows = 1000;
		let night = 0;
		while (memory.deviationOf(rows, NOW + night * DAY) === undefined) {
			memory.noteLength(rows, NOW + night * DAY);
			rows = Math.floor(rows * 0.81);
			night++;
		}
		expect(night).toBe(4);
	});

	test.each([
		['nothing', null],
		['a text', 'x'],
		['other things', { salt: 5, own: 7, missed: [1], lengths: [[1], ['a', 'b']] }],
		['parts', { salt: 's', own: 'abc', missed: { x: 'y' }, lengths: 'no' }],
	])('that is %s knows nobody', (_, stored) => {
		const memory = new SyncMemory(stored);
		expect([memory.ownCount, memory.missedRuns(ann), memory.isOwn(ann)]).toEqual([0, 0, false]);
		expect(memory.deviationOf(0, NOW)).toBeUndefined();
		expect(memory.stored).toEqual({});
	});

	test('fits into the database of n8n when it is full', () => {
		const memory = new SyncMemory(undefined);
		for (let index = 0; index < 1000; index++) {
			memory.addOwn({ id: `p${index}`, accountId: `p${index}` });
		}
		const bytes = JSON.stringify(memory.stored).length;
		expect((bytes / 1000) * MAX_REMEMBERED).toBeLessThan(1_000_000);
	});
});
