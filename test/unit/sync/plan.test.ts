/** What the plan promises, for any list and any segment. */
import fc from 'fast-check';
import { participantKey } from '../../../nodes/shared/advocate/participants';
import type { ListRow } from '../../../nodes/ImpactAdvocate/sync/compare';
import {
	carryOut,
	listOf,
	LONG_AGO,
	memberKeys,
	membersOf,
	NOW,
	person,
	planFor,
	SEGMENT,
	STAFF,
	worldOf,
	writesOf,
} from './world';
import type { Person, Settings } from './world';

/** Few names, in several spellings, so that lists and segments meet; most are nobody's spelling but their own. */
const NAMES = [
	...Array.from({ length: 30 }, (_, index) => `p${index}`),
	'P1',
	'p2 ',
	'007',
	'7',
	'ann@x.com',
	'Ann@x.com',
	'ann+crm@x.com',
	'O-1',
	'O1',
];

const anyName = fc.constantFrom(...NAMES);

const anyPerson: fc.Arbitrary<Person> = fc
	.record({
		id: anyName,
		accountId: fc.constantFrom('', '', '', 'acme'),
		segments: fc.subarray([SEGMENT, STAFF, 'other']),
		dateCreated: fc.constantFrom(LONG_AGO, LONG_AGO, NOW - 1000),
	})
	.map((one) => ({ ...one, accountId: one.accountId || one.id }));

const anyWorld = fc.array(anyPerson, { maxLength: 60 });

const anyRow: fc.Arbitrary<Omit<ListRow, 'row'>> = fc.oneof(
	{ weight: 8, arbitrary: anyName.map((name) => ({ name })) },
	{ weight: 1, arbitrary: anyName.map((name) => ({ name, accountId: 'acme' })) },
	{ weight: 1, arbitrary: anyName.map((name) => ({ name, problem: 'is damaged' })) },
);

const anyList = fc
	.array(anyRow, { maxLength: 60 })
	.map((rows) => rows.map((fields, row): ListRow => ({ ...fields, row })));

const anySettings: fc.Arbitrary<Settings> = fc.record({
	ifMissing: fc.constantFrom('skip', 'create'),
	protectedIds: fc.subarray(['p3', '7', 'nobody'], { maxLength: 2 }),
	protectedSegments: fc.subarray([STAFF]),
	treatAsSame: fc.subarray(['case', 'blanks'] as const).map((kinds) => new Set(kinds)),
	removePercent: fc.integer({ min: 0, max: 50 }),
});

/** With every gate open, to see what a plan does when it is carried out. */
const open: Settings['judge'] = {
	code: { verdict: 'valid' },
	unmatchedPercent: 100,
	createPercent: 100,
};

const keys = (people: ReadonlyArray<{ id: string; accountId: string }>): string[] =>
	people.map(participantKey);

describe('the plan', () => {
	test('carried out, it gives the list, and those who are protected, new or held', () => {
		fc.assert(
			fc.property(anyWorld, anyList, anySettings, (people, rows, settings) => {
				const world = worldOf(people);
				const before = memberKeys(world);
				const planned = planFor(world, rows, { ...settings, judge: open });
				const { plan } = planned;
				if (planned.judgement.objections.length > 0) return;
				carryOut(world, writesOf(planned));
				const after = new Set(memberKeys(world));
				const removed = new Set(keys(plan.remove));
				// Whoever was there is there, but for the leavers; and they are those whom no row names.
				for (const key of before) expect(after.has(key)).toBe(!removed.has(key));
				const usable = rows.filter(({ problem }) => problem === undefined);
				for (const { id, accountId } of plan.remove) {
					const isNamed = usable.some(
						(row) => row.name === id && (row.accountId ?? accountId) === accountId,
					);
					expect(isNamed).toBe(false);
				}
				// Whoever came is named by the list.
				const came = [...after].filter((key) => !before.includes(key));
				expect(came.sort()).toEqual(keys([...plan.add, ...plan.create]).sort());
				for (const { id } of [...plan.add, ...plan.create]) {
					expect(usable.some(({ name }) => name === id)).toBe(true);
				}
				// Everybody on the list is there, is held, is in doubt, or does not exist.
				const isOut = new Set(
					[...plan.held.map(({ joiner }) => joiner), ...plan.unclear, ...plan.notFound].map(
						({ name, accountId }) => `${accountId ?? ''} ${name}`,
					),
				);
				for (const { name, accountId } of usable) {
					if (isOut.has(`${accountId ?? ''} ${name}`)) continue;
					const isThere = membersOf(world).some(
						(one) => one.id === name && (accountId ?? one.accountId) === one.accountId,
					);
					const kinds = settings.treatAsSame ?? new Set();
					const isSame = kinds.size > 0 && !isThere;
					expect(isThere || isSame).toBe(true);
				}
				// All who were there have a place in the plan.
				const stay = plan.protected.length + plan.recent.length + plan.held.length;
				expect(before.length).toBeLessThanOrEqual(plan.keep + plan.remove.length + stay);
			}),
			{ numRuns: 2000 },
		);
	});

	test('who is protected, new or held is never removed', () => {
		fc.assert(
			fc.property(anyWorld, anyList, anySettings, (people, rows, settings) => {
				const world = worldOf(people);
				const { plan } = planFor(world, rows, settings);
				const held = new Set(keys(plan.held.map(({ member }) => member)));
				for (const member of plan.remove) {
					const { segments, dateCreated } = world.get(participantKey(member)) as Person;
					expect(settings.protectedIds).not.toContain(member.id);
					for (const key of settings.protectedSegments ?? []) expect(segments).not.toContain(key);
					expect(dateCreated).toBe(LONG_AGO);
					expect(held.has(participantKey(member))).toBe(false);
				}
			}),
			{ numRuns: 1000 },
		);
	});

	test('without a plan code, no removal is outside of the limit, and never more than half', () => {
		fc.assert(
			fc.property(anyWorld, anyList, anySettings, (people, rows, settings) => {
				const world = worldOf(people);
				const before = membersOf(world).length;
				const writes = writesOf(planFor(world, rows, settings));
				const removals = writes.filter(({ kind }) => kind === 'remove').length;
				expect(removals).toBeLessThanOrEqual(before / 2);
				const percent = settings.removePercent ?? 20;
				const few = percent === 0 ? 0 : Math.min(10, Math.floor(before / 2));
				const share = Math.floor((before * percent) / 100);
				expect(removals).toBeLessThanOrEqual(Math.max(few, share));
			}),
			{ numRuns: 2000 },
		);
	});

	test('a second run sends nothing', () => {
		fc.assert(
			fc.property(anyWorld, anyList, anySettings, (people, rows, settings) => {
				const world = worldOf(people);
				const withGates = { ...settings, judge: open };
				const first = planFor(world, rows, withGates);
				carryOut(world, writesOf(first));
				const second = planFor(world, rows, withGates);
				// What the first run was not allowed to do, the second is not either.
				expect(writesOf(second)).toEqual([]);
			}),
			{ numRuns: 2000 },
		);
	});

	test('the order of the list does not matter', () => {
		const shuffled = anyList.chain((rows) =>
			fc.tuple(
				fc.constant(rows),
				fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length }),
			),
		);
		const whole = ({ plan }: ReturnType<typeof planFor>) => ({
			add: keys(plan.add).sort(),
			create: keys(plan.create).sort(),
			remove: keys(plan.remove).sort(),
			held: keys(plan.held.map(({ member }) => member)).sort(),
			keep: plan.keep,
			unclear: plan.unclear.length,
			notFound: plan.notFound.length,
		});
		fc.assert(
			fc.property(anyWorld, shuffled, anySettings, (people, [rows, other], settings) => {
				const world = worldOf(people);
				expect(whole(planFor(world, other, settings))).toEqual(
					whole(planFor(world, rows, settings)),
				);
			}),
			{ numRuns: 1000 },
		);
	});

	test('killed after any write, a new run ends as the first would have', () => {
		fc.assert(
			fc.property(anyWorld, anyList, anySettings, (people, rows, settings) => {
				const whole = worldOf(people);
				const lenient = { ...settings, judge: { unmatchedPercent: 100, createPercent: 100 } };
				const writes = writesOf(planFor(whole, rows, lenient));
				carryOut(whole, writes);
				for (let done = 0; done <= writes.length; done++) {
					const world = worldOf(people);
					carryOut(world, writes.slice(0, done));
					const rest = planFor(world, rows, lenient);
					// The limit, too, never stands in the way of the second half.
					if (writes.length > 0) expect(rest.judgement.objections).toEqual([]);
					carryOut(world, writesOf(rest));
					expect(memberKeys(world)).toEqual(memberKeys(whole));
				}
			}),
			{ numRuns: 300 },
		);
	});

	test('members who are read incompletely never make it remove more', () => {
		const anyReading = fc.uniqueArray(fc.integer({ min: 0, max: 59 }));
		fc.assert(
			fc.property(anyWorld, anyList, anySettings, anyReading, (people, rows, settings, missed) => {
				const world = worldOf(people);
				const unseen = new Set(missed.map((index) => people[index]?.id));
				const all = planFor(world, rows, settings);
				const some = planFor(world, rows, { ...settings, seen: ({ id }) => !unseen.has(id) });
				const removed = new Set(keys(all.plan.remove));
				const heldInFull = new Set(keys(all.plan.held.map(({ member }) => member)));
				for (const key of keys(some.plan.remove)) {
					expect(removed.has(key) || heldInFull.has(key)).toBe(true);
					expect(heldInFull.has(key)).toBe(false);
				}
			}),
			{ numRuns: 1000 },
		);
	});
});

describe('who is named', () => {
	test('by an ID alone is everybody with that ID, in every account', () => {
		const world = worldOf([
			person('1', { accountId: 'acme', segments: [SEGMENT] }),
			person('1', { accountId: 'zeta', segments: [SEGMENT] }),
		]);
		const { plan } = planFor(world, listOf(['1']));
		expect(plan).toMatchObject({ keep: 2, remove: [], add: [], notFound: [] });
	});

	test('by ID and account is that one', () => {
		const world = worldOf([
			person('1', { accountId: 'acme', segments: [SEGMENT] }),
			person('1', { accountId: 'zeta', segments: [SEGMENT] }),
			person('2', { accountId: 'zeta' }),
		]);
		const rows = [
			{ row: 0, name: '1', accountId: 'acme' },
			{ row: 1, name: '2', accountId: 'zeta' },
		];
		const { plan } = planFor(world, rows);
		expect(plan).toMatchObject({ keep: 1 });
		expect(plan.remove).toMatchObject([{ id: '1', accountId: 'zeta' }]);
		expect(plan.add).toMatchObject([{ id: '2', accountId: 'zeta' }]);
	});

	test('an ID that several have, none of them a member, is unclear and adds nobody', () => {
		const world = worldOf([person('1', { accountId: 'acme' }), person('1', { accountId: 'zeta' })]);
		const { plan } = planFor(world, listOf(['1']));
		expect(plan.unclear).toMatchObject([{ name: '1', row: 0 }]);
		expect(plan.add).toEqual([]);
	});

	test('by e-mail address is everybody with it, in any case; two rows of one person add one', () => {
		const world = worldOf([
			person('a', { email: 'Ann@x.com', segments: [SEGMENT] }),
			person('b', { email: 'ben@x.com', segments: [SEGMENT] }),
			person('b2', { email: 'ben@x.com' }),
			person('c', { email: 'cy@x.com' }),
			person('d', { email: 'dan@x.com', segments: [SEGMENT] }),
		]);
		const rows = listOf(['ann@x.com', 'ben@x.com', 'cy@x.com', 'CY@x.com', 'eve@x.com']);
		const { plan } = planFor(world, rows, { matchBy: 'email' });
		expect(plan.keep).toBe(2);
		expect(plan.add).toMatchObject([{ id: 'c' }]);
		expect(plan.remove).toMatchObject([{ id: 'd' }]);
		expect(plan.notFound).toMatchObject([{ name: 'eve@x.com' }]);
	});

	test('a member whose ID is the address, although the address of the account changed, stays', () => {
		const world = worldOf([person('ann@x.com', { email: 'ann@new.com', segments: [SEGMENT] })]);
		const { plan } = planFor(world, listOf(['ann@x.com']), { matchBy: 'email' });
		expect(plan).toMatchObject({ keep: 1, remove: [], notFound: [] });
	});
});
