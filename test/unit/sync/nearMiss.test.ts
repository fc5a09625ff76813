/** Spellings of one ID, and pairs of people who may be one (rule 28). */
import fc from 'fast-check';
import { bareId, differencesOf, nearPairs } from '../../../nodes/ImpactAdvocate/sync/nearMiss';
import { atOnce, listOf, person, planFor, SEGMENT, worldOf } from './world';
import type { Settings } from './world';

test.each([
	['Bob@x.com', 'bob@x.com', ['case']],
	['bob @x.com', 'bob@x.com', ['blanks']],
	['bob\u00a0', 'bob', ['blanks']],
	['Zoë', 'Zoe\u0308', ['unicode']],
	['bob\u200b', 'bob', ['unicode']],
	['ＢＯＢ', 'BOB', ['unicode']],
	['007', '7', ['zeros']],
	['1042.0', '1042', ['decimals']],
	['1042,00', '1042', ['decimals']],
	['555-1234', '5551234', ['separators']],
	['O_1', 'O-1', ['separators']],
	['+49170', '49170', ['plus']],
	['bob+crm@x.com', 'bob@x.com', ['tag']],
	['Bob+CRM@x.com ', 'bob@x.com', ['blanks', 'case', 'tag']],
])('%j and %j differ in %j', (one, other, differences) => {
	expect(bareId(one)).toBe(bareId(other));
	expect(differencesOf(one, other)).toEqual(differences);
	expect(differencesOf(other, one)).toEqual(differences);
	expect(differencesOf(one, one)).toEqual([]);
});

test.each([
	['bob@x.com', 'bob@y.com'],
	['100', '1000'],
	['0', '00x'],
	['a', 'b'],
	['+', '-'],
])('%j and %j are two people', (one, other) => {
	expect(bareId(one)).not.toBe(bareId(other));
});

test('an ID in any of these spellings is still the same one', () => {
	const spelt = fc.tuple(
		fc.stringMatching(/^[1-9a-z][0-9a-z]{2,12}$/),
		fc.subarray([
			(id: string) => id.toUpperCase(),
			(id: string) => `${id.slice(0, 1)}-${id.slice(1)}`,
			(id: string) => `00${id}`,
			(id: string) => `+${id}`,
			(id: string) => `${id}\u200b`,
			(id: string) => ` ${id} `,
		]),
	);
	fc.assert(
		fc.property(spelt, ([id, ways]) => {
			const other = ways.reduce((text, way) => way(text), id);
			expect(bareId(other)).toBe(bareId(id));
		}),
		{ numRuns: 2000 },
	);
});

test('in different accounts, equal IDs are two people', () => {
	const leavers = [
		{ id: '1', accountId: 'ACME' },
		{ id: '2', accountId: 'zeta' },
	];
	const joiners = [{ id: '1', accountId: 'acme' }, { id: '02', accountId: 'other' }, { id: '02' }];
	expect(atOnce(nearPairs(leavers, joiners))).toEqual([
		{ leaver: 0, joiner: 0 },
		{ leaver: 1, joiner: 2 },
	]);
});

describe('a pair', () => {
	const plan = (settings: Settings = {}) =>
		planFor(
			worldOf([
				person('Bob@x.com', { segments: [SEGMENT] }),
				person('bob@x.com'),
				person('cy', { segments: [SEGMENT] }),
			]),
			listOf(['bob@x.com']),
			settings,
		).plan;

	test('is held on both sides', () => {
		const { add, remove, held } = plan();
		expect(add).toEqual([]);
		expect(remove).toMatchObject([{ id: 'cy' }]);
		expect(held).toMatchObject([
			{ member: { id: 'Bob@x.com' }, joiner: { name: 'bob@x.com' }, differences: ['case'] },
		]);
	});

	test('that is treated as the same is one person, who stays', () => {
		expect(plan({ treatAsSame: new Set(['case']) })).toMatchObject({ keep: 1, add: [], held: [] });
		expect(plan({ treatAsSame: new Set(['blanks']) }).held).toHaveLength(1);
	});

	test('of different people is none', () => {
		const isDifferent = (leaver: string, joiner: string) =>
			leaver === 'Bob@x.com' && joiner === 'bob@x.com';
		const { add, remove, held } = plan({ isDifferent });
		expect(held).toEqual([]);
		expect(add).toMatchObject([{ id: 'bob@x.com' }]);
		expect(remove).toMatchObject([{ id: 'Bob@x.com' }, { id: 'cy' }]);
	});

	test('is also made with a row that can not be used', () => {
		const world = worldOf([person('Ann', { segments: [SEGMENT] })]);
		const { plan: planned } = planFor(world, [
			{ row: 0, name: 'Ann\u200b', problem: 'has an invisible character in it' },
		]);
		expect(planned.remove).toEqual([]);
		expect(planned.held).toHaveLength(1);
	});
});
