/** Rule 23: what somebody has agreed to is what is done, and nothing else. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { byKey, expression } from '../../support/advocate';
import { items, names, planCodeIn, useSegment, writes } from './helpers';

const { simulator, put, sync, members, meanwhile, enter, leave, held } = useSegment();

const EMPTY = "Empty 'Plan Code' now: it fits this plan only";

beforeEach(() => {
	put(names(40), ['vip']);
	put(names(6, 'new'));
});

const codeFor = async (list: IDataObject[], parameters: INodeParameters = {}) => {
	const { main } = await sync(list, { ...parameters, dryRun: true });
	return String((main[0].json.plan as IDataObject).planCode);
};

/** Nobody was touched, and the reason is this. */
const expectRefused = async (list: IDataObject[], parameters: INodeParameters, reason: string) => {
	const before = [writes(simulator()).length, members()];
	for (const mode of ['trigger', 'manual'] as const) {
		for (const safetyOptions of [{}, { addDespiteHeldRemovals: true }]) {
			const { error, main } = await sync(list, { ...parameters, safetyOptions }, { mode });
			expect(main).toEqual([]);
			expect(error?.message).toContain(`Nothing was sent. ${reason}`);
			expect(error?.description).toMatch(/The plan code is \d+-\d+-/);
		}
	}
	expect([writes(simulator()).length, members()]).toEqual(before);
};

describe('a dry run gives a code', () => {
	test.each<[string, string[], RegExp]>([
		['with removals and additions', [...names(38), 'new0'], /^2-1-/],
		['without removals', [...names(40), 'new0', 'new1'], /^0-2-/],
		['without changes', names(40), /^0-0-/],
	])('%s', async (_, list, start) => {
		const dry = await sync(items(list), { dryRun: true });
		const { planCode } = dry.main[0].json.plan as { planCode: string };
		expect(planCode).toMatch(start);
		// With nothing to do there is nothing to allow, and a code would only ask to be entered.
		const isShown = dry.hints[0].message.includes(`The plan code is ${planCode}`);
		expect(isShown).toBe(!planCode.startsWith('0-0-'));
		const { main, error } = await sync(items(list), { planCode });
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ complete: true, notes: [EMPTY] });
		expect(members()).toEqual([...list].sort());
	});
});

describe('a code that does not fit sends nothing', () => {
	test('for more joiners, or as many others', async () => {
		const planCode = await codeFor(items([...names(39), 'new0']));
		await expectRefused(
			items([...names(39), 'new0', 'new1', 'new2', 'new3']),
			{ planCode },
			"'Plan Code' does not fit. The plan that the code is for adds 1 participant; this one adds 4. ",
		);
		await expectRefused(
			items([...names(39), 'new1']),
			{ planCode },
			"'Plan Code' does not fit. The plan that the code is for adds 1 participant; this one adds 1 other. ",
		);
	});

	test('for fewer joiners, of whom nobody has joined since', async () => {
		const planCode = await codeFor(items([...names(39), 'new0', 'new1', 'new2']));
		await expectRefused(
			items([...names(39), 'new5']),
			{ planCode },
			"'Plan Code' does not fit. The plan that the code is for adds 3 participants; this one adds 1, and the people on the list are not the same any more. ",
		);
	});

	test('for somebody who would be removed by a plan that removed nobody', async () => {
		const planCode = await codeFor(items([...names(40), 'new0']));
		await expectRefused(
			items([...names(39), 'new0']),
			{ planCode },
			"'Plan Code' does not fit. The plan that the code is for removes 0 members; this one removes 1. ",
		);
	});

	test('for others of the same number', async () => {
		const planCode = await codeFor(items(names(15)));
		await expectRefused(
			items(names(40).slice(25)),
			{ planCode },
			"'Plan Code' does not fit. The plan that the code is for removes 25 members; this one removes 25 others. ",
		);
	});

	test('for another segment, also where nobody would be removed', async () => {
		simulator().state.addSegment({ key: 'staff' });
		const list = items([...names(39), 'new0']);
		const planCode = await codeFor(list);
		await expectRefused(
			list,
			{ planCode, segment: byKey('staff') },
			"'Plan Code' does not fit. The code is for another segment. ",
		);
		expect(members('staff')).toEqual([]);
	});

	test.each<[string, (code: string) => string, string]>([
		[
			'when it is a day old',
			(code) =>
				code.replace(
					/^(\d+-\d+)-[0-9a-z]+/,
					`$1-${Math.floor(Date.now() / 1000 - 86_500).toString(36)}`,
				),
			"The code in 'Plan Code' is more than 24 hours old. ",
		],
		[
			'when a part of it is missing',
			(code) => code.slice(0, -1),
			"'Plan Code' is not a whole plan code, as a dry run or a run that was held shows it. ",
		],
		['when it is none', () => 'yes', "'Plan Code' is not a whole plan code"],
	])('%s, also where nobody would be removed', async (_, change, reason) => {
		for (const list of [items([...names(40), 'new0']), items(names(15))]) {
			await expectRefused(list, { planCode: change(await codeFor(list)) }, reason);
		}
	});

	test('and a dry run says so, with the code that fits', async () => {
		const { main, hints } = await sync(items(names(39)), { dryRun: true, planCode: 'yes' });
		expect(main[0].json).toMatchObject({ why: ['planCode'] });
		expect(hints[1].message).toBe(
			"Without 'Dry Run', nothing would be sent either. If this is the plan that you want, enter the plan code of this run in 'Plan Code'. Or empty 'Plan Code': 'Remove at Most' allows 10 of 40",
		);
	});
});

describe('a run that failed goes on with the same code', () => {
	const list = items([...names(15), ...names(6, 'new')]);
	const inParts = { options: { batchSize: 2, concurrency: 1, maxWaitTime: 0 } };
	const failAtWrite = (nth: number) =>
		simulator().faults.add({
			match: { operationName: 'UpsertParticipants', nth },
			times: 'always',
			then: { kind: 'status', status: 401, body: { message: 'No.' } },
		});

	test('when it failed while people were added', async () => {
		const planCode = await codeFor(list);
		failAtWrite(2);
		const first = await sync(list, { planCode, ...inParts });
		expect(first.main[0].json).toMatchObject({
			...{ complete: false, added: 2, removed: 0, notSent: 27 },
			notes: [],
		});
		simulator().faults.clear();
		const second = await sync(list, { planCode });
		expect(second.error).toBeUndefined();
		expect(second.main[0].json).toMatchObject({ added: 4, removed: 25, notes: [EMPTY] });
		expect(members()).toEqual([...names(15), ...names(6, 'new')].sort());
	});

	test('when it failed before anybody was removed', async () => {
		const planCode = await codeFor(list);
		failAtWrite(4);
		const first = await sync(list, { planCode, ...inParts });
		expect(first.main[0].json).toMatchObject({ complete: false, added: 6, removed: 0 });
		simulator().faults.clear();
		expect((await sync(list, { planCode })).main[0].json).toMatchObject({ added: 0, removed: 25 });
	});

	test('but takes a new one once members have been removed: others could have come instead', async () => {
		const planCode = await codeFor(list);
		failAtWrite(5);
		const first = await sync(list, { planCode, ...inParts });
		expect(first.main[0].json).toMatchObject({
			...{ complete: false, added: 6, removed: 2 },
			notes: [
				"Empty 'Plan Code' before you run it again: members have been removed, so the plan is another one now",
			],
		});
		simulator().faults.clear();
		const { message, hint } = heldLater(await sync(list, { planCode }));
		expect(message).toContain(
			'The plan that the code is for removes 25 members; this one removes 23. ',
		);
		const again = await sync(list, { planCode: planCodeIn(hint) });
		expect(again.main[0].json).toMatchObject({ added: 0, removed: 23, complete: true });
	});

	const heldLater = ({ error }: Awaited<ReturnType<typeof sync>>) => ({
		message: error?.message,
		hint: error?.description ?? '',
	});

	test('when somebody else has added some of them', async () => {
		const planCode = await codeFor(list);
		enter('new3');
		const { main } = await sync(list, { planCode });
		expect(main[0].json).toMatchObject({ added: 5, removed: 25, complete: true });
	});

	test('not when one of the list has left since: he would be added again', async () => {
		const planCode = await codeFor(list);
		leave('m3');
		await expectRefused(
			list,
			{ planCode },
			"'Plan Code' does not fit. The plan that the code is for adds 6 participants; this one adds 7. ",
		);
	});

	test('whatever else moves in the segment', async () => {
		const planCode = await codeFor(list);
		put(['fresh'], ['vip'], { dateCreated: Date.now() });
		enter('new3');
		const { main } = await sync(list, { planCode });
		expect(main[0].json).toMatchObject({ added: 5, removed: 25, tooNew: 1, complete: true });
	});
});

describe('a code lifts nothing but the limit on removals', () => {
	test('not the rule of round numbers', async () => {
		const list = items(names(20));
		const planCode = await codeFor(list);
		expect(held(await sync(list, { planCode })).message).toContain('exactly 20 rows');
	});

	test('not the rule of empty lists where nobody would be removed', async () => {
		simulator().state.addSegment({ key: 'fresh' });
		put(['a', 'b'], ['fresh'], { dateCreated: Date.now() });
		const segment = byKey('fresh');
		const planCode = await codeFor([{}], { segment });
		const run = held(await sync([{}], { segment, planCode }));
		expect(run.message).toContain('The list is empty');
		expect(run.hint).toContain("add 'List Is Complete' in 'Safety Options'");
	});
});

describe('a code that was used', () => {
	const list = items(names(39));

	test('stops the next run, so the note says to empty the field, and the message as well', async () => {
		const planCode = await codeFor(list);
		const first = await sync(list, { planCode });
		expect(first.main[0].json.notes).toEqual([EMPTY]);
		expect(first.hints).toContainEqual(
			expect.objectContaining({ type: 'warning', message: EMPTY }),
		);
		const before = writes(simulator()).length;
		const second = await sync(list, { planCode });
		expect(second.error?.message).toContain(
			'The plan that the code is for removes 1 member; this one removes 0. ',
		);
		expect(second.error?.description).toBe("Empty 'Plan Code': there is nobody to add or remove");
		const dry = await sync(list, { planCode, dryRun: true });
		expect(dry.hints[1].message).toBe(
			"Without 'Dry Run', nothing would be sent either. Empty 'Plan Code': there is nobody to add or remove",
		);
		const more = await sync(items([...names(39), 'new0']), { planCode });
		expect(more.error?.description).toMatch(
			/Or empty 'Plan Code': nobody is to be removed\. The plan code is 0-1-/,
		);
		expect(writes(simulator())).toHaveLength(before);
	});

	test('by an expression stays there, and there is nothing to empty', async () => {
		const planCode = expression(await codeFor(list));
		const { main } = await sync(list, { planCode });
		expect(main[0].json).toMatchObject({ removed: 1, notes: [] });
		const second = await sync(list, { planCode });
		expect(second.error?.description).not.toContain("empty 'Plan Code'");
	});

	test.each(["={{ '' }}", '={{ undefined }}', '={{ $json.nothing }}', '={{ null }}'])(
		'by an expression that gives nothing (%s) binds nothing, and nothing is sent',
		async (planCode) => {
			const run = await sync(list, { planCode });
			expect(held(run).message).toBe(
				"'Plan Code' is an expression that gives nothing, so the run would not be bound to any plan",
			);
			expect((await sync(list, { planCode, dryRun: true })).error).toBeUndefined();
		},
	);
});

test('the code is that of the plan that was read, whatever comes before the writes', async () => {
	const list = items([...names(39), 'new0', 'new1']);
	const planCode = await codeFor(list);
	meanwhile('LookUpParticipants', 2, () => enter('new1'));
	const { main } = await sync(list, { planCode });
	expect(main[0].json).toMatchObject({ removed: 1, complete: true });
	expect(members()).toEqual([...names(39), 'new0', 'new1'].sort());
});
