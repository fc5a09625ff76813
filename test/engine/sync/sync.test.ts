/** Sync Members on an ordinary day: what it sends, what it says, its files, and the way back. */
import { byKey, batches, pairs, sent } from '../../support/advocate';
import { inlineBinary, readBinary } from '../harness';
import { idsIn, items, names, planCodeIn, useSegment, writes } from './helpers';

const { simulator, put, sync, members } = useSegment();

describe('a list', () => {
	beforeEach(() => {
		put(names(50), ['vip']);
		put(['new1', 'new2']);
	});

	test('becomes the segment: only the differences are sent, adds first', async () => {
		const list = [...names(50).slice(3), 'new1', 'new2'];
		const { main, hints } = await sync(items(list));
		expect(members()).toEqual([...list].sort());
		expect(
			batches(simulator()).map((batch) => batch.map(({ id, segments }) => [id, segments])),
		).toEqual([
			[
				['new1', ['vip']],
				['new2', ['vip']],
			],
			[
				['m0', ['~vip']],
				['m1', ['~vip']],
				['m2', ['~vip']],
			],
		]);
		expect(main).toHaveLength(1);
		expect(main[0].json).toMatchObject({
			message: '2 added, 3 removed, 47 kept',
			complete: true,
			added: 2,
			removed: 3,
			kept: 47,
			membersBefore: 50,
			membersAfter: 49,
			removalsHeld: 0,
			why: [],
			notes: [],
		});
		expect(Object.keys(main[0].json)[0]).toBe('message');
		expect(pairs(main)).not.toContain(undefined);
		expect(hints).toMatchObject([
			{ type: 'info', message: '2 added, 3 removed, 47 kept. Attached: undo file' },
		]);
	});

	test('that is the segment already sends nothing', async () => {
		const { main } = await sync(items(names(50).reverse()), {
			safetyOptions: { listIsComplete: true },
		});
		expect(writes(simulator())).toEqual([]);
		expect(main[0].json).toMatchObject({ message: '0 added, 0 removed, 50 kept', complete: true });
		expect(main[0].binary).toBeUndefined();
	});

	test('a second run sends nothing', async () => {
		const list = items([...names(50).slice(3), 'new1', 'new2']);
		await sync(list);
		const before = writes(simulator()).length;
		await sync(list);
		expect(writes(simulator())).toHaveLength(before);
	});

	test('is paired with all items', async () => {
		const { main } = await sync(items(names(49)));
		expect(main[0].pairedItem).toEqual(names(49).map((_, item) => ({ item })));
	});

	test('can come as a file, or as text', async () => {
		const csv = `id\n${names(49).join('\n')}\n`;
		const file = [{ json: {}, binary: { data: inlineBinary(csv, 'members.csv') } }];
		const { main } = await sync(file as never, { listSource: 'binary' });
		expect(main[0].json).toMatchObject({ removed: 1, rows: 49 });
		expect(main[0].binary?.undo.fileName).toBe('members-undo.csv');
		put(['m49'], ['vip']);
		const text = await sync([{}], { listSource: 'text', csvText: csv });
		expect(text.main[0].json).toMatchObject({ removed: 1, kept: 49 });
	});

	test('by e-mail address', async () => {
		put(['x'], ['vip'], { email: 'Xenia@example.com' });
		put(['y'], [], { email: 'yul@example.com' });
		put(['z'], ['vip'], { email: 'zoe@example.com' });
		simulator().state.removeParticipant('m0', 'm0');
		for (const id of names(50)) simulator().state.removeParticipant(id, id);
		put(names(8, 'k'), ['vip']);
		for (const id of names(8, 'k')) {
			const one = simulator().state.participant(id, id);
			if (one) one.email = `${id}@example.com`;
		}
		const list = [
			'xenia@example.com',
			'Yul@example.com',
			...names(8, 'k').map((id) => `${id}@example.com`),
		];
		const { main } = await sync(
			list.map((Email) => ({ Email })),
			{ matchBy: 'email', safetyOptions: { listIsComplete: true } },
		);
		expect(main[0].json).toMatchObject({ added: 1, removed: 1, kept: 9 });
		expect(members()).toEqual([...names(8, 'k'), 'x', 'y'].sort());
	});

	test('with account IDs means those participants', async () => {
		simulator().state.addParticipant({ id: '1', accountId: 'acme' });
		simulator().state.addParticipant({ id: '1', accountId: 'zeta' });
		const list = [...items(names(50)), { id: '1', accountId: 'zeta' }];
		await sync(list);
		expect(simulator().state.segmentsOf('1', 'zeta')).toEqual(['vip']);
		expect(simulator().state.segmentsOf('1', 'acme')).toEqual([]);
	});

	test('of a segment by its name', async () => {
		const target = simulator().state.segments.get('vip');
		if (target) target.name = 'VIP Customers';
		const segment = { __rl: true, mode: 'name', value: 'vip customers' };
		const { main } = await sync(items(names(49)), { segment });
		expect(main[0].json).toMatchObject({
			removed: 1,
			segment: { key: 'vip', name: 'VIP Customers' },
		});
	});
});

describe('a dry run', () => {
	beforeEach(() => {
		put(names(30), ['vip']);
		put(['new1']);
	});

	const list = items([...names(30).slice(9), 'new1']);

	test('sends nothing and shows the plan, its code and its files', async () => {
		const dry = await sync(list, { dryRun: true });
		expect(writes(simulator())).toEqual([]);
		expect(dry.main[0].json).toMatchObject({
			message: 'Dry run. Nothing was sent. 1 to be added, 9 to be removed, 21 kept',
			complete: false,
			dryRun: true,
			added: 0,
			removed: 0,
			plan: { add: 1, create: 0, remove: 9, removeAtMost: 10, removable: 30 },
		});
		expect(await idsIn(dry, 'joiners')).toEqual(['new1']);
		expect(await idsIn(dry, 'leavers')).toEqual(names(9));
		expect(dry.hints[0].message).toContain('The plan code is 9-');
		expect(JSON.stringify(dry.main[0].json.message)).not.toContain('new1');
	});

	test.each<[string, string[]]>([
		['none', []],
		['leavers', ['leavers']],
	])('with files: %s', async (files, expected) => {
		const { main } = await sync(list, { dryRun: true, options: { files } });
		expect(Object.keys(main[0].binary ?? {})).toEqual(expected);
	});

	test('its code allows the plan above the limit', async () => {
		const short = items(['m0', 'm1', 'm2', 'new1']);
		const dry = await sync(short, { dryRun: true });
		expect(dry.main[0].json).toMatchObject({ why: ['removeLimit'], removalsHeld: 27 });
		const { planCode } = dry.main[0].json.plan as { planCode: string };
		const { main } = await sync(short, { planCode });
		expect(main[0].json).toMatchObject({ removed: 27, added: 1, complete: true });
		expect(members()).toEqual(['m0', 'm1', 'm2', 'new1']);
	});

	test('its files do what the plan would, imported with Add and Remove', async () => {
		const dry = await sync(list, { dryRun: true });
		for (const [field, segmentAction] of [
			['joiners', 'add'],
			['leavers', 'remove'],
		]) {
			const csvText = (await readBinary(dry.main[0], field)).toString('utf8');
			await sync([{}], {
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'text',
				csvText,
				segmentAction,
				segments: ['vip'],
			});
		}
		expect(members()).toEqual([...names(30).slice(9), 'new1'].sort());
	});
});

test('the undo file takes a run back', async () => {
	put(names(30), ['vip', 'other']);
	put(['new1']);
	const { main } = await sync(items([...names(30).slice(5), 'new1']));
	expect(members()).toEqual([...names(30).slice(5), 'new1'].sort());
	const csvText = (await readBinary(main[0], 'undo')).toString('utf8');
	await sync([{}], {
		resource: 'bulk',
		operation: 'importCsv',
		csvSource: 'text',
		csvText,
		segmentAction: 'file',
	});
	expect(members()).toEqual(names(30).sort());
	expect(members('other')).toEqual(names(30).sort());
	const off = await sync(items(names(29)), { options: { undoFile: false } });
	expect(off.main[0].binary).toBeUndefined();
});

test.each(['undo', 'leavers'])(
	'the %s file brings nobody back who has been erased since',
	async (field) => {
		put(names(30), ['vip']);
		const { main } = await sync(items(names(28)), { dryRun: field === 'leavers' });
		const csvText = (await readBinary(main[0], field)).toString('utf8');
		simulator().state.removeParticipant('m29', 'm29');
		for (const ifParticipantMissing of ['byAction', 'create']) {
			await sync([{}], {
				resource: 'bulk',
				operation: 'importCsv',
				csvSource: 'text',
				csvText,
				segmentAction: field === 'undo' ? 'file' : 'add',
				...(field === 'undo' ? {} : { segments: ['vip'] }),
				ifParticipantMissing,
			});
			expect(simulator().state.participant('m29', 'm29')).toBeUndefined();
			expect(members()).toContain('m28');
		}
	},
);

describe('a large segment', () => {
	test('costs reads by its size, and writes by the change', async () => {
		put(names(2000), ['vip']);
		put(names(20, 'n'));
		const list = [...names(2000).slice(20), ...names(20, 'n')];
		const { main } = await sync(items(list), { safetyOptions: { listIsComplete: true } });
		const requests = sent(simulator());
		// Pages of 1,000, each beginning with the last member of the one before.
		expect(requests.filter((name) => name === 'ListParticipants')).toHaveLength(3);
		expect(writes(simulator())).toHaveLength(2);
		expect(main[0].json).toMatchObject({ added: 20, removed: 20, kept: 1980 });
	});

	test.each(['clamp', 'reject'] as const)(
		'goes on with smaller pages: %s',
		async (overMaxPageLimit) => {
			simulator().options.maxPageLimit = 100;
			simulator().options.overMaxPageLimit = overMaxPageLimit;
			put(names(300), ['vip']);
			const { main } = await sync(items(names(299)));
			expect(main[0].json).toMatchObject({ removed: 1, membersBefore: 300 });
			expect(sent(simulator()).filter((name) => name === 'ListParticipants').length).toBeLessThan(
				6,
			);
		},
	);
});

test('the plan code of a held run is the one that a dry run gives', async () => {
	put(names(30), ['vip']);
	const list = items(names(15));
	const held = await sync(list);
	const planCode = planCodeIn(held.error?.description ?? '');
	expect((await sync(list, { planCode })).main[0].json).toMatchObject({ removed: 15 });
	expect(byKey('vip').value).toBe('vip');
});
