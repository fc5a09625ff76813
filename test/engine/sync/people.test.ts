/** Rules 20 to 25: who is added, who is removed, and who stays. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { bodies, byKey, credentials, onSegment, sent } from '../../support/advocate';
import { CREDENTIAL_NAME, NODE_TYPE, readBinary, runWorkflow } from '../harness';
import { DAY, idsIn, items, names, planCodeIn, useSegment, writes } from './helpers';

const { simulator, put, sync, members, meanwhile, enter, held } = useSegment();

describe('20: the limit on removals', () => {
	test.each<[string, number, number, number, string]>([
		['a segment of 8 is not emptied', 8, 3, 4, 'half of a small segment'],
		['a fifth of 100', 100, 79, 20, "20 % ('Remove at Most')"],
	])('%s', async (_, size, left, allowed, rule) => {
		put(names(size), ['vip']);
		const run = await sync(items(names(left)));
		expect(held(run).message).toContain(
			`${size - left} of ${size} members would be removed. The limit is ${allowed}: ${rule}. `,
		);
		const { main } = await sync(items(names(size - allowed)), {
			safetyOptions: { listIsComplete: true },
		});
		expect(main[0].json).toMatchObject({ removed: allowed });
	});

	test('does not grow by members who are protected', async () => {
		put(names(90), ['vip', 'staff']);
		put(names(10, 'x'), ['vip']);
		const run = await sync([{}], { neverRemove: { segments: ['staff'] } });
		expect(held(run).message).toContain(
			'10 of 10 members would be removed. The limit is 5: half of a small segment',
		);
		expect(held(run).message).toContain('90 protected');
	});

	test('of 0 % removes nobody', async () => {
		put(names(30), ['vip']);
		const run = await sync(items(names(29)), { removeAtMost: 0 });
		expect(held(run).message).toContain(
			"1 of 30 members would be removed. The limit is 0: 'Remove at Most' is 0 %",
		);
	});

	test('says how to go on, and does not name anybody', async () => {
		put(['ann@example.com', 'ben@example.com', 'cy@example.com'], ['vip']);
		const { message, hint } = held(await sync(items(['ann@example.com'])));
		expect(`${message} ${hint}`).not.toContain('@');
		expect(hint).toMatch(
			/enter the plan code in 'Plan Code'.*The plan code is 2-0-[0-9a-z]+-[0-9a-f]{36}$/,
		);
	});
});

describe('21: participants who do not exist', () => {
	beforeEach(() => put(names(40), ['vip']));

	test('are skipped and counted', async () => {
		const { main } = await sync(items([...names(39), 'ghost']), {
			safetyOptions: { listIsComplete: true },
		});
		expect(simulator().state.participant('ghost', 'ghost')).toBeUndefined();
		expect(main[0].json).toMatchObject({ notFound: 1, removed: 1, added: 0 });
		expect(main[0].json.problems).toEqual([
			{ item: 39, id: 'ghost', status: 'notFound', message: 'No participant has this ID' },
		]);
	});

	test('are created when that is chosen', async () => {
		const list = items([...names(40), 'new1']);
		const create = { ifParticipantMissing: 'create' };
		const dry = await sync(list, { ...create, dryRun: true });
		expect(dry.main[0].json.message).toContain(
			'1 to be added (1 of them to be created), 0 to be removed, 40 kept',
		);
		const { main } = await sync(list, create);
		expect(main[0].json).toMatchObject({
			message: '1 added (1 of them created), 0 removed, 40 kept',
			created: 1,
		});
		expect(simulator().state.segmentsOf('new1')).toEqual(['vip']);
	});

	test('are not created by the thousand when the IDs are those of a CRM', async () => {
		const run = await sync(items(names(200, '10')), { ifParticipantMissing: 'create' });
		expect(held(run).message).toContain(
			'200 participants would be created, and only 10 are allowed',
		);
		const accepted = await sync(items(names(200, '10')), {
			ifParticipantMissing: 'create',
			safetyOptions: { addDespiteHeldRemovals: true },
		});
		expect(held(accepted).message).toContain('200 participants would be created');
		expect(simulator().state.participants.size).toBe(40);
	});

	test('fail the run when that is chosen, before anything is sent', async () => {
		put(['new1']);
		const run = await sync(items([...names(40), 'ghost', 'new1']), {
			ifParticipantMissing: 'error',
		});
		expect(held(run).message).toContain(
			'1 item is about a participant who does not exist, the first in item 40',
		);
	});

	test('an ID that several accounts have is unclear', async () => {
		for (const accountId of ['acme', 'zeta'])
			simulator().state.addParticipant({ id: '1', accountId });
		const { main } = await sync(items([...names(40), '1']));
		expect(main[0].json).toMatchObject({ unclear: 1, added: 0, complete: true });
		expect(writes(simulator())).toEqual([]);
	});

	test('an ID in another account is found there', async () => {
		simulator().state.addParticipant({ id: '1', accountId: 'acme' });
		const { main } = await sync(items([...names(40), '1']));
		expect(main[0].json).toMatchObject({ added: 1 });
		expect(simulator().state.segmentsOf('1', 'acme')).toEqual(['vip']);
	});

	test('who asked not to be tracked is refused, not failed', async () => {
		simulator().state.doNotTrack.add('gone\u0000gone');
		const { main } = await sync(items([...names(40), 'gone']), { ifParticipantMissing: 'create' });
		expect(main[0].json).toMatchObject({ refused: 1, failed: 0, complete: true });
		expect(main[0].json.message).toContain('1 refused, as they asked not to be tracked');
	});

	test('joiners are looked at right before they are sent', async () => {
		put(['new1', 'new2', 'new3']);
		const { state } = simulator();
		// Between the plan and the writes, one joins by himself and one is erased.
		meanwhile('LookUpParticipants', 1, () => {
			enter('new2');
			state.removeParticipant('new3', 'new3');
		});
		const { main } = await sync(items([...names(40), 'new1', 'new2', 'new3']));
		expect(main[0].json).toMatchObject({ added: 1, changedMeanwhile: 2, complete: true });
		expect(state.participant('new3', 'new3')).toBeUndefined();
		expect(main[0].json.problems).toMatchObject([
			{ id: 'new2', status: 'changedMeanwhile', message: 'Has joined the segment already' },
			{
				id: 'new3',
				status: 'changedMeanwhile',
				message: 'The participant does not exist any more',
			},
		]);
	});
});

describe('22: rows that name nobody for certain', () => {
	test('hold the removals when they are many', async () => {
		put(names(40), ['vip']);
		const list = [...names(36), ...names(11, 'changed')];
		expect(held(await sync(items(list))).message).toContain(
			'11 of 47 rows name no participant for certain, and only 10 are allowed to',
		);
		const { main } = await sync(items(list), { safetyOptions: { unmatchedAtMost: 50 } });
		expect(main[0].json).toMatchObject({ removed: 4, notFound: 11 });
	});

	test('whoever an e-mail address could mean is kept', async () => {
		put(['a', 'b'], ['vip'], { email: 'both@example.com' });
		put(['c'], [], { email: 'both@example.com' });
		put(names(9), ['vip'], {});
		for (const id of names(9)) {
			const one = simulator().state.participant(id, id);
			if (one) one.email = `${id}@example.com`;
		}
		const list = ['both@example.com', ...names(8).map((id) => `${id}@example.com`)];
		const { main } = await sync(
			list.map((email) => ({ email })),
			{ matchBy: 'email' },
		);
		expect(main[0].json).toMatchObject({ removed: 1, kept: 10, added: 0 });
	});
});

describe('24: never remove', () => {
	beforeEach(() => {
		put(names(30), ['vip']);
		put(['boss'], ['vip', 'staff']);
		put(['Eve@x.com'], ['vip']);
	});

	test('keeps members of protected segments, by name as well, and protected IDs in any spelling', async () => {
		const staff = simulator().state.segments.get('staff');
		if (staff) staff.name = 'Our Staff';
		const { main } = await sync(items(names(29)), {
			neverRemove: { segments: ['staff'], ids: 'eve@x.com, nobody@x.com' },
		});
		expect(main[0].json).toMatchObject({ removed: 1, protected: 2 });
		expect(main[0].json.notes).toEqual([
			"'Never Remove' names IDs that no member has: 'eve@x.com', 'nobody@x.com'",
		]);
		expect(members()).toEqual([...names(29), 'Eve@x.com', 'boss'].sort());
	});

	test('reads the protection in the last look, not from the reading', async () => {
		// The list of members is late: there, the boss has no other segment yet.
		simulator().options.filterDelayMs = 60_000;
		const { state } = simulator();
		const one = state.participant('m29', 'm29');
		state.keepForLists('m29\u0000m29', 60_000);
		if (one) state.setSegments(one, ['vip', 'staff']);
		const { main } = await sync(items([...names(29), 'boss', 'Eve@x.com']), {
			neverRemove: { segments: ['staff'] },
		});
		expect(main[0].json).toMatchObject({ removed: 0, protected: 1 });
		expect(writes(simulator())).toEqual([]);
	});

	test.each<[string, string, string]>([
		[
			'is not there',
			'stuff',
			"'Never Remove': There is no segment with the name or key 'stuff'. The nearest is 'staff'",
		],
		['is archived', 'old', "'Never Remove': The segment 'old' is archived"],
		['is the target', 'vip', "'Never Remove' names 'vip', which is the segment to sync"],
	])('refuses the run when a protected segment %s', async (_, segment, message) => {
		simulator().state.addSegment({ key: 'old', status: 'ARCHIVED' });
		const run = await sync(items(names(29)), { neverRemove: { segments: ['staff', segment] } });
		expect(held(run).message).toContain(message);
	});
});

describe('25: who has just come, and who is missing once', () => {
	test('participants who were created in the last 24 hours stay', async () => {
		put(names(30), ['vip']);
		put(['fresh'], ['vip'], { dateCreated: Date.now() - DAY / 2 });
		const { main } = await sync(items(names(29)));
		expect(main[0].json).toMatchObject({ removed: 1, tooNew: 1 });
		expect(main[0].json.message).toContain(
			'1 too new to be removed (became a participant less than 24 hours ago)',
		);
		expect(members()).toContain('fresh');
	});

	/** The node as a published workflow runs it night after night: what it remembers goes from run to run. */
	const nights = (parameters: INodeParameters, staticData: IDataObject = {}) => {
		return async (list: IDataObject[]) => {
			const result = await runWorkflow(
				{
					nodes: [
						{
							id: 's',
							name: 'Start',
							type: 'n8n-nodes-base.manualTrigger',
							typeVersion: 1,
							position: [0, 0],
							parameters: {},
						},
						{
							id: 'sync',
							name: 'Sync',
							type: NODE_TYPE,
							typeVersion: 1,
							position: [0, 0],
							parameters: onSegment('syncMembers', { segment: byKey('vip'), ...parameters }),
							credentials: { [CREDENTIAL_NAME]: { id: 'c1', name: 'Advocate account' } },
						},
					],
					connections: { Start: { main: [[{ node: 'Sync', type: 'main', index: 0 }]] } },
				},
				{
					mode: 'trigger',
					credentials: credentials(simulator()),
					given: { Start: list.map((json) => ({ json })) },
					staticData,
				},
			);
			return { error: result.error, json: result.items('Sync')[0]?.json ?? {}, staticData };
		};
	};

	test('with Runs Before Removal, somebody goes after so many runs in a row', async () => {
		put(names(31), ['vip']);
		const night = nights({ safetyOptions: { missingRuns: 3 } });
		expect((await night(items(names(29)))).json).toMatchObject({ removed: 0, waiting: 2 });
		// One of the two is back for a night, and starts anew.
		expect((await night(items([...names(29), 'm30']))).json).toMatchObject({
			removed: 0,
			waiting: 1,
		});
		const third = await night(items(names(29)));
		expect(third.json).toMatchObject({ removed: 1, waiting: 1 });
		expect(members()).not.toContain('m29');
		expect(JSON.stringify(third.staticData)).not.toMatch(/m29|m30/);
		expect((await night(items(names(29)))).json).toMatchObject({ removed: 0, waiting: 1 });
		expect((await night(items(names(29)))).json).toMatchObject({ removed: 1, waiting: 0 });
	});

	test('with Deviation Guard, a list of half the length sends nothing, also when it creeps', async () => {
		put(names(100), ['vip']);
		const night = nights({ safetyOptions: { deviationGuard: true, listIsComplete: true } });
		for (const size of [100, 81, 66, 54]) {
			expect((await night(items(names(size)))).json).toMatchObject({ complete: true });
		}
		const before = writes(simulator()).length;
		const { error } = await night(items(names(44)));
		expect(error?.message).toContain('The list has 44 rows, and up to 100 in the last 7 days');
		expect(error?.description).toContain("turn off 'Deviation Guard' for one run");
		expect(writes(simulator())).toHaveLength(before);
	});

	test('29: with Remove Own Additions Only, all others stay', async () => {
		put(names(30), ['vip']);
		put(['own1', 'own2']);
		const night = nights({ safetyOptions: { onlyOwn: true } });
		const first = await night(items([...names(27), 'own1', 'own2']));
		expect(first.json).toMatchObject({ added: 2, removed: 0, addedByOthers: 3 });
		expect(first.json.notes).toEqual([
			expect.stringContaining('it knows nobody yet, so it removes nobody'),
		]);
		expect(JSON.stringify(first.staticData)).not.toMatch(/own1|own2/);
		const second = await night(items([...names(27), 'own2']));
		expect(second.json).toMatchObject({ removed: 1, addedByOthers: 3 });
		expect(members()).not.toContain('own1');
		// Somebody else puts her in again: she is not ours any more.
		enter('own1');
		expect((await night(items([...names(27), 'own2']))).json).toMatchObject({
			removed: 0,
			addedByOthers: 4,
		});
	});

	test('what an option has remembered is gone once it was off for a run', async () => {
		put(names(31), ['vip']);
		const staticData: IDataObject = {};
		const night = async (ids: string[], safetyOptions: IDataObject) =>
			await nights({ safetyOptions } as INodeParameters, staticData)(items(ids));
		const strict = { missingRuns: 2, onlyOwn: true, deviationGuard: true };
		put(['own1']);
		await night([...names(29), 'own1'], { ...strict, listIsComplete: true });
		expect(staticData).not.toEqual({});
		await night([...names(31), 'own1'], {});
		expect(JSON.stringify(staticData)).not.toContain('salt');
		expect((await night(names(29), { missingRuns: 2 })).json).toMatchObject({ removed: 0 });
	});

	test('29: is refused for a segment that is too large to be remembered', async () => {
		simulator().faults.add({
			match: { operationName: 'ListSegments' },
			then: {
				kind: 'status',
				status: 200,
				body: {
					data: {
						segments: {
							totalCount: 1,
							data: [{ key: 'vip', name: 'VIP', participantsCount: 100_001 }],
						},
					},
				},
			},
		});
		const run = await sync(items(['m0']), { safetyOptions: { onlyOwn: true } });
		expect(held(run).message).toContain('The segment has 100,001 members');
	});

	test('in a test run says that nothing is remembered', async () => {
		put(names(31), ['vip']);
		const { main } = await sync(
			items(names(31)),
			{ safetyOptions: { missingRuns: 2 } },
			{ mode: 'manual' },
		);
		expect(main[0].json.notes).toEqual([expect.stringContaining('in published workflows only')]);
	});
});

test('files have IDs only, and formulas in them do no harm', async () => {
	put([...names(30), '=1+1'], ['vip']);
	const dry = await sync(items(names(30)), { dryRun: true });
	const text = (await readBinary(dry.main[0], 'leavers')).toString('utf8');
	expect(text).toBe("\ufeffaccountId,id,leaverOf\r\n'=1+1,'=1+1,vip\r\n");
	expect(await idsIn(dry, 'leavers')).toEqual(["'=1+1"]);
	expect(sent(simulator())).not.toContain('UpsertParticipants');
	expect(planCodeIn(dry.hints[0].message)).toMatch(/^1-/);
	expect(bodies(simulator(), 'UpsertParticipants')).toEqual([]);
});

test('the files of a list with semicolons have semicolons, too', async () => {
	put(names(40), ['vip']);
	put(['new']);
	const list = (ids: string[]) => [{ csv: ['id;note', ...ids.map((id) => `${id};x`)].join('\n') }];
	const text = { listSource: 'text', csvText: '={{ $json.csv }}' };
	const input = list([...names(39), 'new']);
	const dry = await sync(input, { ...text, dryRun: true });
	const linesOf = async (run: typeof dry, field: string) =>
		(await readBinary(run.main[0], field)).toString('utf8').trim().split('\r\n');
	expect(await linesOf(dry, 'leavers')).toEqual(['accountId;id;leaverOf', 'm39;m39;vip']);
	expect(await linesOf(dry, 'joiners')).toEqual(['accountId;id;joinerOf', 'new;new;vip']);
	const real = await sync(input, { ...text, options: { undoFile: true } });
	expect((await linesOf(real, 'undo')).map((line) => line.split(';').length)).toEqual([6, 6, 6]);
});
