/** What a plan code allows: one plan, in one segment, for a day, and the rest of it after a run that broke off. */
import fc from 'fast-check';
import {
	checkPlanCode,
	CODE_VALID_MS,
	issuePlanCode,
	markOfPeople,
} from '../../../nodes/ImpactAdvocate/sync/planCode';
import type { CodedPlan } from '../../../nodes/ImpactAdvocate/sync/planCode';
import type { ParticipantId } from '../../../nodes/shared/advocate/participants';
import { atOnce, NOW } from './world';

const people = (...ids: string[]): ParticipantId[] => ids.map((id) => ({ id, accountId: id }));

/** A plan for a list of these members and joiners. */
const planOf = (
	leavers: ParticipantId[],
	joiners: ParticipantId[] = [],
	kept: ParticipantId[] = people('k1', 'k2'),
	fields: Partial<CodedPlan> = {},
): CodedPlan => ({
	...{ tenantMark: 't', segment: 'vip', leavers, joiners },
	listed: atOnce(markOfPeople(kept, joiners)),
	...fields,
});

const leavers = [...people('a'), { id: 'b', accountId: 'acme' }];
const joiners = people('x', 'y', 'z');
const plan = planOf(leavers, joiners);
const code = issuePlanCode(plan, NOW);

test('allows its plan for 24 hours, in any case and order', () => {
	expect(code).toMatch(/^2-3-[0-9a-z]+-[0-9a-f]{36}$/);
	const same = planOf([...leavers].reverse(), [...joiners].reverse(), people('k2', 'k1'));
	for (const text of [code, ` ${code.toUpperCase()} `]) {
		expect(checkPlanCode(text, same, NOW + CODE_VALID_MS - 1000)).toEqual({ verdict: 'valid' });
	}
	expect(checkPlanCode(code, plan, NOW + CODE_VALID_MS + 1000).verdict).toBe('expired');
	expect(checkPlanCode(code, plan, NOW - 60 * 60 * 1000).verdict).toBe('expired');
});

test.each<[string, CodedPlan, string[]]>([
	['others leave', planOf([leavers[0], { id: 'c', accountId: 'acme' }], joiners), ['leavers']],
	['fewer leave', planOf([leavers[0]], joiners), ['leavers']],
	['nobody leaves', planOf([], joiners), ['leavers']],
	['IDs are swapped', planOf([leavers[0], { id: 'acme', accountId: 'b' }], joiners), ['leavers']],
	['more join', planOf(leavers, people('w', 'x', 'y', 'z')), ['joiners']],
	['as many others join', planOf(leavers, people('w', 'x', 'y')), ['joiners']],
	['fewer others join', planOf(leavers, people('w')), ['list']],
	['the list is shorter', planOf(leavers, people('x')), ['list']],
	[
		'others leave and join',
		planOf(people('c'), people('w', 'x', 'y', 'z')),
		['leavers', 'joiners'],
	],
	['it is another segment', { ...plan, segment: 'staff' }, ['segment']],
	['it is another tenant', { ...plan, tenantMark: 'u' }, ['segment']],
])('allows nothing else: %s', (_, other, differs) => {
	expect(checkPlanCode(code, other, NOW)).toEqual({
		...{ verdict: 'other', removals: 2, additions: 3 },
		differs,
	});
});

test('of a plan without changes is one, too', () => {
	const empty = planOf([]);
	const none = issuePlanCode(empty, NOW);
	expect(none).toMatch(/^0-0-/);
	expect(checkPlanCode(none, empty, NOW).verdict).toBe('valid');
	expect(checkPlanCode(none, planOf(people('a')), NOW).verdict).toBe('other');
	expect(checkPlanCode(none, planOf([], people('x')), NOW).verdict).toBe('other');
});

test('goes on when a part of the joiners has joined, and only then', () => {
	const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 });
	fc.assert(
		fc.property(names, fc.nat(20), fc.boolean(), (ids, cut, othersJoin) => {
			const all = people(...ids);
			const kept = people('kept 1', 'kept 2');
			const approved = issuePlanCode(planOf(leavers, all, kept), NOW);
			const [done, rest] = [all.slice(0, cut), all.slice(cut)];
			const left = othersJoin ? people(...rest.map(({ id }) => `${id} or other`)) : rest;
			const now = planOf(leavers, left, [...kept, ...done]);
			const expected = othersJoin && rest.length > 0 ? 'other' : 'valid';
			expect(checkPlanCode(approved, now, NOW).verdict).toBe(expected);
		}),
	);
});

test('with another time or other numbers is not a code of this plan', () => {
	const later = code.replace(/^(2-3-)[0-9a-z]+/, `$1${Math.floor(NOW / 1000 + 60).toString(36)}`);
	for (const text of [later, code.replace('2-3-', '2-4-'), code.replace('2-3-', '3-3-')]) {
		expect(checkPlanCode(text, plan, NOW).verdict).toBe('other');
	}
});

test('that is none says so', () => {
	expect(checkPlanCode('', plan, NOW).verdict).toBe('none');
	for (const text of ['2', 'yes', '900', `${code}0`, '2-x-y', '2-3-t4nq2k-0a1b2c3d4e5f6071']) {
		expect(checkPlanCode(text, plan, NOW).verdict).toBe('unreadable');
	}
});
