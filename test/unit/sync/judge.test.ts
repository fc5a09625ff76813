/** What people are told to do about a plan that is held: never two things that contradict each other. */
import { ITEM_WORDS } from '../../../nodes/ImpactAdvocate/import/table';
import { judge, waysOut } from '../../../nodes/ImpactAdvocate/sync/judge';
import type { JudgeSettings } from '../../../nodes/ImpactAdvocate/sync/judge';
import type { CodeVerdict, Difference } from '../../../nodes/ImpactAdvocate/sync/planCode';
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
		...{ code: { verdict: 'none' }, codeStays: true },
		...settings,
	});
	const { objections } = judgement;
	return {
		why: objections.map(({ why }) => why),
		message: objections.map(({ message }) => message).join('. '),
		ways: waysOut(judgement),
	};
}

const otherCode = (differs: Difference[], removals: number, additions: number): CodeVerdict => ({
	verdict: 'other',
	...{ differs, removals, additions },
});

const ENTER = "enter the plan code in 'Plan Code'. It allows this plan only, for 24 hours";

test('a test run within the limit says what the published workflow would do', () => {
	expect(held(8, 16)).toMatchObject({
		why: ['manualRun'],
		ways: "If the list is the real one ('Dry Run' shows who would go), enter the plan code in 'Plan Code'. The published workflow would remove these 8 members without asking, as 'Remove at Most' allows 8 of 16",
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
		{ isManual: false, code: otherCode(['leavers'], 2, 0) },
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
		'9 of 16 members would be removed. The limit is 8: half of a small segment',
	],
	[
		'a tiny one',
		3,
		5,
		20,
		'3 of 5 members would be removed. The limit is 2: half of a small segment',
	],
	[
		'one of one member',
		1,
		1,
		20,
		'1 of 1 member would be removed. The limit is 0: never more than half',
	],
	['a middle one', 11, 40, 20, 'The limit is 10: up to 10 may go from a small segment'],
	['a large one', 201, 1000, 20, "The limit is 200: 20 % ('Remove at Most')"],
	['half of them', 501, 1000, 50, "The limit is 500: 50 % ('Remove at Most')"],
	['a huge one', 10_001, 100_000, 20, 'The limit is 10,000: more never go without a plan code'],
	['none', 1, 16, 0, "1 of 16 members would be removed. The limit is 0: 'Remove at Most' is 0 %"],
])('the limit of %s says where it comes from', (_, count, removable, removePercent, text) => {
	expect(held(count, removable, { removePercent, isManual: false }).message).toContain(text);
});

describe('a plan code that does not fit', () => {
	const said = (differs: Difference[], coded: [number, number], count = 1, more = {}) =>
		held(count, 100, { isManual: false, code: otherCode(differs, ...coded), ...more });

	test.each<[Difference[], [number, number], number, string]>([
		[['segment'], [1, 0], 1, 'The code is for another segment'],
		[
			['leavers'],
			[15, 0],
			1,
			'The plan that the code is for removes 15 members; this one removes 1',
		],
		[
			['leavers'],
			[1, 0],
			1,
			'The plan that the code is for removes 1 member; this one removes 1 other',
		],
		[
			['leavers'],
			[2, 0],
			2,
			'The plan that the code is for removes 2 members; this one removes 2 others',
		],
		[['joiners'], [1, 1], 1, 'The plan that the code is for adds 1 participant; this one adds 0'],
		[
			['leavers', 'joiners'],
			[0, 3],
			1,
			'The plan that the code is for adds 3 participants and removes 0 members; this one adds 0 and removes 1',
		],
		[
			['list'],
			[1, 2],
			1,
			'The plan that the code is for adds 2 participants; this one adds 0, and the people on the list are not the same any more',
		],
	])('says in what: %j %j', (differs, coded, count, message) => {
		const one = said(differs, coded, count);
		expect(one.message).toBe(`'Plan Code' does not fit. ${message}`);
		expect(one.why).toEqual(['planCode']);
	});

	const LOOK =
		"Look at the plan again (turn on 'Dry Run': it shows who would join and go) and enter its code";

	const NOTHING = "Empty 'Plan Code': there is nobody to add or remove";

	test.each<[string, number, Partial<JudgeSettings>, string]>([
		['within the limit', 1, {}, `${LOOK}. Or empty 'Plan Code': 'Remove at Most' allows 20 of 100`],
		['with nothing to do', 0, {}, NOTHING],
		['with nothing to do in a test run', 0, { isManual: true }, NOTHING],
		['in a test run', 1, { isManual: true }, LOOK],
		['above the limit', 21, {}, LOOK],
		[
			'in an expression, where somebody wants no run without one',
			1,
			{ codeStays: false },
			"Make the plan again: run the workflow from its dry run on, and leave the expression in 'Plan Code' as it is",
		],
		[
			'in a dry run',
			21,
			{ dryRun: true },
			"If this is the plan that you want, enter the plan code of this run in 'Plan Code'",
		],
	])('has a way out: %s', (_, count, more, way) => {
		expect(said(['leavers'], [50, 0], count, more).ways).toBe(way);
	});
});
