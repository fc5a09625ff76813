/** What people are told to do about a plan that is held: never two things that contradict each other. */
import { ITEM_WORDS } from '../../../nodes/ImpactAdvocate/import/table';
import { judge, waysOut } from '../../../nodes/ImpactAdvocate/sync/judge';
import type { JudgeSettings } from '../../../nodes/ImpactAdvocate/sync/judge';
import type { Plan } from '../../../nodes/ImpactAdvocate/sync/plan';

/** A plan to take so many out of a segment, and nothing else. */
function removing(count: number, removable: number): Plan {
	const none = { protected: [], recent: [], foreign: [], waiting: [], held: [] };
	return {
		...none,
		...{ add: [], create: [], unclear: [], notFound: [], invalid: [], gone: 0, arrived: 0 },
		remove: Array.from({ length: count }, (_, at) => ({
			...{ id: `m${at}`, accountId: `m${at}` },
			standing: 'removable' as const,
		})),
		keep: removable - count,
		removable,
	};
}

/** Members, removals, rows, and what else is so. */
function held(count: number, removable: number, settings: Partial<JudgeSettings> = {}) {
	const rows = removable - count;
	const judgement = judge(removing(count, removable), {
		...{ rows, filledRows: rows, members: removable, words: ITEM_WORDS },
		...{ listIsComplete: false, isManual: true, dryRun: false, ifMissing: 'skip' },
		...{ removePercent: 20, createPercent: 5, unmatchedPercent: 5 },
		code: { verdict: 'none' },
		...settings,
	});
	const { objections } = judgement;
	return {
		why: objections.map(({ why }) => why),
		message: objections.map(({ message }) => message).join('. '),
		ways: waysOut(judgement),
	};
}

const ENTER = "enter the plan code in 'Plan Code'. It allows these removals only, for 24 hours";

test('a test run within the limit says what the published workflow would do', () => {
	expect(held(8, 16)).toMatchObject({
		why: ['manualRun'],
		ways: "If the list is the real one, enter the plan code in 'Plan Code'. The published workflow would remove these 8 members without asking, as 'Remove at Most' allows 8 of 16",
	});
	expect(held(1, 1000).ways).toContain(
		"would remove this member without asking, as 'Remove at Most' allows 200 of 1,000",
	);
});

test('above the limit, the code is asked for once', () => {
	expect(held(9, 16)).toMatchObject({
		why: ['removeLimit', 'manualRun'],
		ways: `If these people are to go ('Dry Run' shows who), ${ENTER}`,
	});
	expect(held(9, 16, { dryRun: true }).ways).toBe(`If these people are to go, ${ENTER}`);
});

test('beside another reason, a test run says nothing that this one contradicts', () => {
	const { why, ways } = held(1, 21);
	expect(why).toEqual(['roundNumberOfRows', 'manualRun']);
	expect(ways).toMatch(/^Each of these has to be settled: \(1\) Check the limit of the node/);
	expect(ways).toMatch(
		/is not enough\. \(2\) If these people are to go \('Dry Run' shows who\), enter/,
	);
	expect(ways).not.toContain('published workflow');
});

test.each<[string, Partial<JudgeSettings>, string[]]>([
	['in a test run', {}, ['emptyList', 'removeLimit', 'manualRun']],
	['published', { isManual: false }, ['emptyList', 'removeLimit']],
	[
		'with the code of another plan',
		{ isManual: false, code: { verdict: 'other', removals: 2 } },
		['emptyList', 'planCode'],
	],
])('an empty list has one way out, %s', (_, settings, why) => {
	expect(held(16, 16, settings)).toMatchObject({
		why,
		ways: `Check the node that reads the list. Only to take everybody out on purpose, ${ENTER}`,
	});
});

test.each<[string, number, number, number, string]>([
	[
		'a small segment',
		9,
		16,
		20,
		"only 8 are allowed ('Remove at Most' is 20 %; in small segments up to 10, but never more than half)",
	],
	['a large one', 201, 1000, 20, "only 200 are allowed ('Remove at Most' is 20 %)"],
	[
		'a huge one',
		10_001,
		100_000,
		20,
		"only 10,000 are allowed ('Remove at Most' is 20 %, but never more than 10,000)",
	],
	['none', 1, 16, 0, "none is allowed ('Remove at Most' is 0 %)"],
])('the limit of %s says where it comes from', (_, count, removable, removePercent, text) => {
	expect(held(count, removable, { removePercent, isManual: false }).message).toContain(text);
});
