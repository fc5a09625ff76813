/** Rules 26 to 29: somebody else at the same segment, runs that are held, near misses, and the segment itself. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { byKey, failedJson } from '../../support/advocate';
import { HAS_COMBINED_BINARY_MODE, inlineBinary, KNOWS_ERROR_DETAILS } from '../harness';
import { DAY, items, names, useSegment, writes } from './helpers';

const { simulator, put, sync, members, meanwhile, enter, leave, held } = useSegment();

/** Older releases of n8n have no such mode. */
const testCombined = HAS_COMBINED_BINARY_MODE && KNOWS_ERROR_DETAILS ? test : test.skip;

describe('26: something else is changing the segment', () => {
	test('is said when those who were removed are members again', async () => {
		put(names(30), ['vip']);
		// A program rule that puts everybody in again who leaves.
		meanwhile('GetSegment', 1, () => ['m28', 'm29'].forEach(enter));
		const { main, hints } = await sync(items(names(28)));
		expect(main[0].json).toMatchObject({ removed: 2, complete: true });
		expect(main[0].json.notes).toEqual([
			expect.stringContaining('Something else is changing this segment: 2 of those'),
		]);
		expect(hints.map(({ message }) => message)).toContainEqual(
			expect.stringContaining('Something else is changing this segment'),
		);
	});

	test('is said when the count is not the one that was to be expected', async () => {
		put(names(30), ['vip']);
		meanwhile('GetSegment', 1, () => put(names(3, 'other'), ['vip']));
		const { main } = await sync(items(names(28)));
		expect(main[0].json.notes).toEqual([
			expect.stringContaining('The segment has 31 members now, and 28 were expected'),
		]);
	});
});

describe('27: what is held does not look like success', () => {
	beforeEach(() => {
		put(names(30), ['vip']);
		put(['new1']);
	});

	const list = items([...names(15), 'new1']);

	test('on the error output the item has counts, reasons and the files', async () => {
		const { outputs } = await sync(list, {}, { onError: 'continueErrorOutput' });
		expect(writes(simulator())).toEqual([]);
		expect(outputs[0] ?? []).toEqual([]);
		const [item] = outputs[1];
		expect(item.json).toEqual(
			failedJson(expect.stringContaining('15 of 30 members would be removed'), {
				hint: expect.stringContaining("enter the plan code in 'Plan Code'"),
				...(item.json.details as object),
			}),
		);
		expect(Object.keys(item.binary ?? {}).sort()).toEqual(['joiners', 'leavers']);
		if (!KNOWS_ERROR_DETAILS) return;
		expect(item.json.details).toMatchObject({
			removalsHeld: 15,
			why: ['removeLimit'],
			plan: { add: 1, remove: 15, planCode: expect.stringMatching(/^15-/) },
			files: { leavers: { fileName: 'vip-leavers.csv' }, joiners: { fileName: 'vip-joiners.csv' } },
		});
	});

	test.each(['continueErrorOutput', 'continueRegularOutput'] as const)(
		'with %s a warning has the reason and the plan code: the node looks green',
		async (onError) => {
			const { hints, status } = await sync(list, {}, { onError });
			expect(status).toBe('success');
			expect(hints.slice(0, 2)).toMatchObject([
				{
					type: 'warning',
					message: expect.stringMatching(
						/^Nothing was sent\. 15 of 30 members would be removed\. /,
					),
				},
				{
					type: 'warning',
					message: expect.stringMatching(
						/^If these people are to go .* The plan code is 15-1-[0-9a-z]+-[0-9a-f]{36}$/,
					),
				},
			]);
		},
	);

	test.each(['continueErrorOutput', 'continueRegularOutput'] as const)(
		'with %s the item is about the list: it has nothing of a row, and no number of one',
		async (onError) => {
			const csv = `id\nm0\nm1\nm2\n`;
			const data = inlineBinary(csv, 'members.csv');
			for (const [input, parameters] of [
				[[{ id: 'm0', name: 'Ann' }], {}],
				[[{ id: 'm0', name: 'Ann' }, { id: 'm1' }], {}],
				[[{ name: 'Ann', csv }], { listSource: 'text', csvText: csv }],
				[[{ json: { name: 'Ann' }, binary: { data } }], { listSource: 'binary' }],
				// Refused for another reason.
				[[{ id: 'm0', name: 'Ann' }], { segment: byKey('nope') }],
			] as Array<[IDataObject[], INodeParameters]>) {
				const { outputs } = await sync(input, parameters, { onError });
				const items = onError === 'continueErrorOutput' ? outputs[1] : outputs[0];
				expect(items).toHaveLength(1);
				const [{ json, pairedItem }] = items;
				expect(json).not.toHaveProperty('name');
				expect(json).not.toHaveProperty('details.itemIndex');
				expect(json.error).not.toContain('[item');
				// n8n would add the fields of the first item to one that is paired with several.
				const isLinked = onError === 'continueRegularOutput' || input.length === 1;
				const linked = isLinked ? input.map((_, item) => ({ item })) : [undefined];
				expect([pairedItem].flat()).toEqual(linked);
			}
		},
	);

	testCombined('in combined mode the files stand in the details', async () => {
		const { outputs } = await sync(
			list,
			{},
			{ onError: 'continueErrorOutput', binaryMode: 'combined' },
		);
		const { files } = outputs[1][0].json.details as { files: Record<string, { fileName: string }> };
		expect(Object.keys(files).sort()).toEqual(['joiners', 'leavers']);
	});

	test('with Continue the item says so', async () => {
		const { main } = await sync(list, {}, { onError: 'continueRegularOutput' });
		expect(main[0].json.error).toContain('15 of 30 members would be removed');
		expect(writes(simulator())).toEqual([]);
	});

	test('Add Despite Held Removals adds, and says what is held', async () => {
		const { main, hints } = await sync(list, { safetyOptions: { addDespiteHeldRemovals: true } });
		expect(main[0].json).toMatchObject({
			added: 1,
			removed: 0,
			removalsHeld: 15,
			why: ['removeLimit'],
		});
		expect(hints[0].type).toBe('warning');
		expect(members()).toHaveLength(31);
	});

	test('a dry run shows it and does not fail', async () => {
		const { main, error } = await sync(list, { dryRun: true });
		expect(error).toBeUndefined();
		expect(main[0].json.message).toMatch(
			/^Dry run\. Nothing was sent\. 15 of 30 members would be removed/,
		);
	});

	test.each<[string, INodeParameters, string]>([
		['a dry run', { dryRun: true }, "Without 'Dry Run', nothing would be sent either. If these"],
		[
			'a dry run that would add',
			{ dryRun: true, safetyOptions: { addDespiteHeldRemovals: true } },
			"Without 'Dry Run', nobody would be removed either. If these",
		],
		[
			'a run that has only added',
			{ safetyOptions: { addDespiteHeldRemovals: true } },
			"For the removals that are held: If these people are to go ('Dry Run' shows who), enter",
		],
	])('%s says what to do about it', async (_, parameters, said) => {
		const { hints } = await sync(list, parameters);
		expect(hints[1]).toMatchObject({ type: 'warning', message: expect.stringContaining(said) });
	});
});

describe('28: near misses', () => {
	beforeEach(() => put([...names(28), 'Bob@x.com', '007'], ['vip']));

	test('both sides are held and listed, the rest is done, and it is said', async () => {
		put(['bob@x.com']);
		const { main, hints } = await sync(items([...names(27), 'bob@x.com', '7']));
		expect(main[0].json).toMatchObject({
			message: '0 added, 1 removed, 27 kept; 2 held: IDs differ in case and leading zeros only',
			complete: true,
			held: 2,
			heldPairs: [
				{ item: 27, listId: 'bob@x.com', memberId: 'Bob@x.com', differences: ['case'] },
				{ item: 28, listId: '7', memberId: '007', differences: ['leading zeros'] },
			],
		});
		expect(hints[0].type).toBe('warning');
		expect(hints[1].message).toContain(
			"'heldPairs' in the output has the IDs that are nearly the same. If two of them mean one person, write the ID in the list as Advocate has it, or use 'Treat as the Same' in 'Safety Options'. If they mean two people, name the pair in 'Different People' in 'Safety Options'",
		);
		expect(members()).toEqual([...names(27), 'Bob@x.com', '007'].sort());
		expect(simulator().state.segmentsOf('bob@x.com')).toEqual([]);
	});

	test('an option that would not help is not named', async () => {
		const { main } = await sync(items([...names(28), 'Bob@x.com', '7']));
		expect(main[0].json.notes).toEqual([
			"'heldPairs' in the output has the IDs that are nearly the same. If two of them mean one person, write the ID in the list as Advocate has it. If they mean two people, name the pair in 'Different People' in 'Safety Options'",
		]);
	});

	test('nobody is created beside a near miss', async () => {
		await sync(items([...names(28), 'bob@x.com', '7']), {
			ifParticipantMissing: 'create',
			safetyOptions: { listIsComplete: true },
		});
		expect(simulator().state.participants.size).toBe(30);
		expect(writes(simulator())).toEqual([]);
	});

	test('all IDs in another case stop the run', async () => {
		const list = names(28).map((id) => id.toUpperCase());
		const { message, hint } = held(await sync(items(list)));
		expect(message).toContain('28 members are missing from the list under their ID');
		expect(hint).toContain("use 'Treat as the Same'");
		const { main } = await sync(items([...list, 'bob @x.com', '007']), {
			safetyOptions: { treatAsSame: ['case', 'blanks'], listIsComplete: true },
		});
		expect(main[0].json).toMatchObject({ kept: 30, removed: 0, added: 0, held: 0 });
	});

	test('Different People are two', async () => {
		put(['7']);
		const { main } = await sync(items([...names(28), 'Bob@x.com', '7']), {
			safetyOptions: { differentPeople: '7 = 007\nx = y', listIsComplete: true },
		});
		expect(main[0].json).toMatchObject({ added: 1, removed: 1, held: 0 });
		expect(members()).toContain('7');
		expect(members()).not.toContain('007');
	});
});

describe('29: the segment', () => {
	test.each<[string, string, string]>([
		['is not there', 'nope', "'Segment': There is no segment with the name or key 'nope'"],
		['is archived', 'old', "'Segment': The segment 'old' is archived"],
	])('nothing is sent when it %s', async (_, key, message) => {
		put(['a']);
		put(['b'], ['old']);
		simulator().state.addSegment({ key: 'old', status: 'ARCHIVED' });
		expect(held(await sync(items(['a']), { segment: byKey(key) })).message).toContain(message);
	});

	test('chosen by its name, it is not the one that has that text as its key', async () => {
		simulator().state.addSegment({ key: 'gold', name: 'Old Gold' });
		simulator().state.addSegment({ key: 'gold-2', name: 'gold' });
		put(['a'], ['gold']);
		put(['b']);
		const run = await sync(items(['b']), {
			segment: { __rl: true, mode: 'name', value: 'gold' },
			safetyOptions: { listIsComplete: true },
		});
		expect(run.main[0].json).toMatchObject({ added: 1, removed: 0, segment: { key: 'gold-2' } });
		expect(simulator().state.segmentsOf('a')).toEqual(['gold']);
	});

	test('By Key takes no name', async () => {
		simulator().state.addSegment({ key: 'gold-2', name: 'Gold' });
		const run = await sync(items(['a']), { segment: byKey('Gold') });
		expect(held(run).message).toContain("no segment with the name or key 'Gold'");
		expect(writes(simulator())).toEqual([]);
	});

	test('two of one name are told apart by the key', async () => {
		for (const key of ['one', 'two']) simulator().state.addSegment({ key, name: 'Same' });
		const run = await sync(items(['a']), { segment: { __rl: true, mode: 'name', value: 'same' } });
		expect(held(run).message).toContain("2 segments are called 'same'");
	});
});

describe('a segment that moves while it is read', () => {
	test('ends as the list says; who comes meanwhile is not touched', async () => {
		simulator().options.maxPageLimit = 7;
		put(names(20, 'back'), ['vip'], { dateCreated: Date.now() - 100 * DAY });
		put(names(60), ['vip']);
		put(names(90, 'late'), [], { dateCreated: Date.now() - DAY / 2 });
		const list = [...names(20, 'back'), ...names(60).slice(0, 55)];
		let page = 0;
		// With every page, somebody at the front of the list leaves, or somebody comes.
		meanwhile(
			'ListParticipants',
			2,
			() => {
				page++;
				if (page % 2 === 0) leave(`back${page}`);
				else enter(`late${page}`);
			},
			'always',
		);
		const { main } = await sync(items(list));
		expect(page).toBeGreaterThan(10);
		// Who left although the list names them is back, and the leavers are out.
		for (const id of list) expect(members()).toContain(id);
		expect(main[0].json).toMatchObject({ complete: true, removed: 5 });
		const others = members().filter((id) => !list.includes(id));
		expect(others.every((id) => id.startsWith('late'))).toBe(true);
	});
});
