/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Rules 14 to 19: a part of a list is never taken for all of it. Every refusal sends nothing. */
import type {
	IConnections,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeProperties,
} from 'n8n-workflow';
import { byKey, credentials, expression, onSegment, sent } from '../../support/advocate';
import {
	CREDENTIAL_NAME,
	inlineBinary,
	loadNodeType,
	NODE_TYPE,
	runWorkflow,
	storedBinary,
	watchStore,
} from '../harness';
import { passThrough, parameter, standIn } from '../harness/standIn';
import { heldBy, items, names, planCodeIn, useSegment, writes } from './helpers';

const { simulator, put, sync, members } = useSegment();

const LIST = names(30);

beforeEach(() => put(LIST, ['vip']));

/** Whatever a test does: nobody was touched. */
const expectNothingSent = () => {
	expect(writes(simulator())).toEqual([]);
	expect(members()).toEqual([...LIST].sort());
};

const node = (
	name: string,
	type: string,
	parameters: INodeParameters = {},
	more: Partial<INode> = {},
): INode => ({
	id: name,
	name,
	type,
	typeVersion: 1,
	position: [0, 0],
	parameters,
	...more,
});

const syncNode = (parameters: INodeParameters = {}, more: Partial<INode> = {}): INode =>
	node('Sync', NODE_TYPE, onSegment('syncMembers', { segment: byKey('vip'), ...parameters }), {
		credentials: { [CREDENTIAL_NAME]: { id: 'c1', name: 'Advocate account' } },
		...more,
	});

/** `a > b` and `a:1 > b`: an output of a node to the next one. */
const connect = (...lines: string[]): IConnections => {
	const connections: IConnections = {};
	for (const line of lines) {
		const [from, to] = line.split(' > ');
		const [name, output = '0'] = from.split(':');
		connections[name] ??= { main: [] };
		const { main } = connections[name];
		while (main.length <= Number(output)) main.push([]);
		main[Number(output)]?.push({ node: to, type: 'main', index: 0 });
	}
	return connections;
};

/** Loop Over Items: what is left by the second output, and all of it by the first one in the end. */
const loopOverItems = standIn(
	'splitInBatches',
	async function () {
		const context = this.getContext('node') as {
			left?: INodeExecutionData[];
			done?: INodeExecutionData[];
		};
		if (context.left === undefined) {
			context.left = [...this.getInputData()];
			context.done = [];
		} else context.done?.push(...this.getInputData());
		const size = Number(this.getNodeParameter('batchSize', 0, 1));
		const next = context.left.splice(0, size);
		return next.length > 0 ? [[], next] : [context.done ?? [], []];
	},
	{ outputs: ['main', 'main'] as never, properties: [parameter('batchSize', 1)] },
);

const half = standIn(
	'if',
	async function () {
		const all = this.getInputData();
		return [all.slice(0, 21), all.slice(21)];
	},
	{ outputs: ['main', 'main'] as never },
);

const sheet = standIn('googleSheets', passThrough, {
	properties: [parameter('returnAll', false), parameter('limit', 50)],
});

const limitNode = standIn('limit', passThrough, { properties: [parameter('maxItems', 1)] });

const run = async (
	nodes: INode[],
	connections: IConnections,
	given: Record<string, IDataObject[]>,
	mode: 'trigger' | 'manual' = 'trigger',
) =>
	await runWorkflow(
		{ nodes: [node('Start', 'n8n-nodes-base.manualTrigger'), ...nodes], connections },
		{
			mode,
			credentials: credentials(simulator()),
			startNode: 'Start',
			given: Object.fromEntries(
				Object.entries(given).map(([name, list]) => [name, list.map((json) => ({ json }))]),
			),
			nodeTypes: {
				'n8n-nodes-base.splitInBatches': loopOverItems,
				'n8n-nodes-base.if': half,
				'n8n-nodes-base.googleSheets': sheet,
				'n8n-nodes-base.limit': limitNode,
			},
		},
	);

describe('14: one list per segment and execution', () => {
	test.each([1, 10])('refuses to stand in a loop, batch size %i', async (batchSize) => {
		const { error } = await run(
			[node('Loop', 'n8n-nodes-base.splitInBatches', { batchSize }), syncNode()],
			connect('Start > Loop', 'Loop:1 > Sync', 'Sync > Loop'),
			{ Start: items(names(29)) },
		);
		expect(error?.message).toMatch(/^This node stands in a loop \(with '(Loop|Sync)'\)/);
		expect(error?.description).toContain("on the branch 'done'");
		expectNothingSent();
	});

	test('works on the done branch of a loop', async () => {
		const { error, items: output } = await run(
			[
				node('Loop', 'n8n-nodes-base.splitInBatches', { batchSize: 10 }),
				node('Work', 'n8n-nodes-base.noOp'),
				syncNode(),
			],
			connect('Start > Loop', 'Loop:1 > Work', 'Work > Loop', 'Loop > Sync'),
			{ Start: items(names(29)) },
		);
		expect(error).toBeUndefined();
		expect(output('Sync')[0].json).toMatchObject({ removed: 1, kept: 29 });
	});

	test('refuses two nodes that come in without a Merge', async () => {
		const { error } = await run(
			[node('Sheet 1', 'n8n-nodes-base.noOp'), node('Sheet 2', 'n8n-nodes-base.noOp'), syncNode()],
			connect('Start > Sheet 1', 'Start > Sheet 2', 'Sheet 1 > Sync', 'Sheet 2 > Sync'),
			{ Start: [{}], 'Sheet 1': items(names(26)), 'Sheet 2': items(names(30).slice(26)) },
		);
		expect(error?.message).toContain("'Sheet 1' and 'Sheet 2' are both connected to this node");
		expect(error?.description).toContain('Merge');
		expectNothingSent();
	});

	test('refuses the second run on one segment, as two branches of one node lead to', async () => {
		const { error } = await run(
			[node('If', 'n8n-nodes-base.if'), syncNode()],
			connect('Start > If', 'If > Sync', 'If:1 > Sync'),
			{ Start: items(LIST) },
		);
		expect(error?.message).toContain('already synced this segment in this execution');
		// What the first one did; the second, of the other nine people, removed nobody.
		expect(writes(simulator())).toHaveLength(1);
		expect(members()).toHaveLength(21);
	});

	test('a retry of the node is no second list', async () => {
		simulator().faults.add({
			match: { operationName: 'ListSegments' },
			then: { kind: 'status', status: 404 },
		});
		const { main, executions } = await sync(
			items(names(29)),
			{},
			{ retryOnFail: true, maxTries: 2 },
		);
		expect(executions).toBe(2);
		expect(main[0].json).toMatchObject({ removed: 1 });
	});

	test('refuses several files', async () => {
		const input = names(3).map((id) => ({
			json: {},
			binary: { data: inlineBinary(`id\n${id}\n`) },
		}));
		const { error } = await sync(input as never, { listSource: 'binary' });
		expect(error?.message).toContain('3 items came in, each with a list of its own');
		expectNothingSent();
		expect(sent(simulator())).toEqual([]);
	});

	test('refuses items of different segments', async () => {
		const { error } = await sync(
			LIST.map((id, index) => ({ id, key: index < 20 ? 'vip' : 'gold' })),
			{ segment: byKey('={{ $json.key }}') },
		);
		expect(error?.message).toMatch(/^'Segment' is .* for item 20$/);
		expectNothingSent();
	});
});

describe('15: nothing shortens the list', () => {
	test('no option does', () => {
		const fields = loadNodeType().description.properties.filter(({ displayOptions }) =>
			displayOptions?.show?.operation?.includes('syncMembers'),
		);
		const all = fields.flatMap((field) => [
			field.name,
			...(field.options ?? []).map(({ name }) => name),
		]);
		expect(all.filter((name) => /start|max(Rows|Items)|resume|limit$/i.test(name))).toEqual([]);
	});

	test('a file that breaks off while it is read', async () => {
		const binary = await storedBinary(`id\n${names(20_000).join('\n')}\n`);
		const store = await watchStore(2, 70_000);
		try {
			const { error } = await sync([{ json: {}, binary: { data: binary } }] as never, {
				listSource: 'binary',
			});
			expect(error?.message).toContain('could not be read to its end');
		} finally {
			store.restore();
		}
		expect(sent(simulator())).toEqual([]);
	});

	test('an API that fails while members are read', async () => {
		simulator().options.maxPageLimit = 10;
		simulator().faults.add({
			match: { operationName: 'ListParticipants', nth: 2 },
			times: 'always',
			then: { kind: 'status', status: 503 },
		});
		const { error } = await sync(items(names(29)), { options: { maxWaitTime: 0 } });
		expect(error).toBeDefined();
		expectNothingSent();
	});

	test('the Stop button while members are read', async () => {
		simulator().options.latencyMs = 60;
		const { status } = await sync(
			items(names(29)),
			{},
			{
				cancelAfter: (cancel) => {
					const wait = setInterval(() => {
						if (!sent(simulator()).includes('ListParticipants')) return;
						clearInterval(wait);
						cancel();
					}, 2);
				},
			},
		);
		expect(status).toBe('canceled');
		expectNothingSent();
	});
});

describe('16: a list that something has cut off', () => {
	test('refuses Execute Once', async () => {
		const { error } = await sync(items(LIST), {}, { executeOnce: true });
		expect(error?.message).toContain("'Execute Once' is on");
		expectNothingSent();
		expect(sent(simulator())).toEqual([]);
	});

	test.each<[string, INode, number]>([
		['Return All is off', node('Source', 'n8n-nodes-base.googleSheets', { limit: 27 }), 27],
		['its limit stands at the default', node('Source', 'n8n-nodes-base.googleSheets'), 50],
		['it is a Limit node', node('Source', 'n8n-nodes-base.limit', { maxItems: 28 }), 28],
	])('refuses as many rows as a node before gives: %s', async (_, source, count) => {
		put(names(60), ['vip']);
		const { error } = await run(
			[source, syncNode({ safetyOptions: { listIsComplete: true } })],
			connect('Start > Source', 'Source > Sync'),
			{
				Start: [{}],
				Source: items(names(count)),
			},
		);
		expect(error?.message).toContain(`The node 'Source' gives at most ${count} items`);
		expect(writes(simulator())).toEqual([]);
	});

	test('takes fewer rows than the limit, and all of them', async () => {
		for (const parameters of [{ limit: 50 }, { returnAll: true, limit: 29 }]) {
			put(LIST, ['vip']);
			const { error } = await run(
				[node('Source', 'n8n-nodes-base.googleSheets', parameters), syncNode()],
				connect('Start > Source', 'Source > Sync'),
				{ Start: [{}], Source: items(names(29)) },
			);
			expect(error).toBeUndefined();
			expect(members()).toHaveLength(29);
		}
	});

	test('the limit of who finds the file is no matter: it is one file', async () => {
		const csvText = `id\n${names(29).join('\n')}\n`;
		const { error } = await run(
			[
				node('Source', 'n8n-nodes-base.googleSheets', { limit: 1 }),
				syncNode({ listSource: 'text', csvText }),
			],
			connect('Start > Source', 'Source > Sync'),
			{ Start: [{}], Source: [{}] },
		);
		expect(error).toBeUndefined();
		expect(members()).toHaveLength(29);
	});

	test('holds the removals of a round number of rows, unless the list is said to be complete', async () => {
		put(['new1'], []);
		const list = items([...names(24), 'new1']);
		const held = await sync(list);
		expect(heldBy(held)).toEqual({
			message: expect.stringContaining(
				'The list has exactly 25 rows, as if a limit had cut it off',
			),
			hint: expect.stringContaining("add 'List Is Complete' in 'Safety Options'"),
		});
		expectNothingSent();
		const { main } = await sync(list, { safetyOptions: { listIsComplete: true } });
		expect(main[0].json).toMatchObject({ added: 1, removed: 6 });
	});

	test('a switch of Safety Options is on when it is added, and off as long as it is not', async () => {
		const { properties } = loadNodeType().description;
		const safety = properties.find(({ name }) => name === 'safetyOptions');
		const switches = ((safety?.options ?? []) as INodeProperties[]).filter(
			({ type }) => type === 'boolean',
		);
		expect(switches.map(({ name, default: whenAdded }) => [name, whenAdded])).toEqual([
			['addDespiteHeldRemovals', true],
			['deviationGuard', true],
			['listIsComplete', true],
			['onlyOwn', true],
		]);
		const list = items([...names(24), 'new1']);
		const held = await sync(list, { safetyOptions: { unmatchedAtMost: 50 } });
		expect(heldBy(held).message).toContain('The list has exactly 25 rows');
		expectNothingSent();
		const safetyOptions = { ...Object.fromEntries(switches.map(({ name }) => [name, false])) };
		const off = await sync(list, { safetyOptions });
		expect(heldBy(off).message).toContain('The list has exactly 25 rows');
	});
});

describe('17: a test run', () => {
	test.each(['manual', 'evaluation'] as const)(
		'in mode %s removes nobody without a plan code',
		async (mode) => {
			const held = await sync(items(names(29)), {}, { mode });
			expect(heldBy(held).message).toContain('In a test run from the editor, nobody is removed');
			expectNothingSent();
			const planCode = planCodeIn(heldBy(held).hint);
			expect(planCode).toMatch(/^1-0-/);
			const { main } = await sync(items(names(29)), { planCode }, { mode });
			expect(main[0].json).toMatchObject({ removed: 1, complete: true });
		},
	);

	test('adds all the same when held removals are accepted', async () => {
		put(['new1']);
		const list = items([...names(28), 'new1']);
		const { main, hints } = await sync(
			list,
			{ safetyOptions: { addDespiteHeldRemovals: true } },
			{ mode: 'manual' },
		);
		expect(main[0].json).toMatchObject({
			added: 1,
			removed: 0,
			removalsHeld: 2,
			why: ['manualRun'],
		});
		expect(main[0].json.message).toContain('1 added, 0 removed, 28 kept. Removals are held (2)');
		expect(hints[0]).toMatchObject({ type: 'warning' });
		expect(members()).toEqual([...LIST, 'new1'].sort());
	});

	test('without removals needs no code', async () => {
		put(['new1']);
		const { main } = await sync(items([...LIST, 'new1']), {}, { mode: 'manual' });
		expect(main[0].json).toMatchObject({ added: 1, complete: true });
	});
});

describe('18: an empty list', () => {
	test('is one item without any field, as Always Output Data gives; its removals are above the limit', async () => {
		const held = await sync([{}]);
		expect(heldBy(held).message).toMatch(
			/^Nothing was sent\. The list is empty, and the segment has 30 members\. 30 of 30 members would be removed\. The limit is 10: up to 10 may go from a small segment\. /,
		);
		expect(heldBy(held).hint).toContain('Check the node that reads the list');
		expectNothingSent();
		const complete = await sync([{}], { safetyOptions: { listIsComplete: true } });
		expect(heldBy(complete).hint).toContain("enter the plan code in 'Plan Code'");
		expectNothingSent();
		const { main } = await sync([{}], { planCode: planCodeIn(heldBy(held).hint) });
		expect(main[0].json).toMatchObject({ rows: 0, removed: 30 });
		expect(members()).toEqual([]);
	});

	test('is told also where nobody would be removed', async () => {
		for (const id of names(30)) {
			simulator().state.addParticipant({ id, segments: ['vip'], dateCreated: Date.now() });
		}
		const held = await sync([{}]);
		expect(heldBy(held)).toMatchObject({
			message: expect.stringContaining('The list is empty, and the segment has 30 members'),
			hint: "Check the node that reads the list. If the list is to be empty, add 'List Is Complete' in 'Safety Options'. The plan code alone is not enough, as nobody would be removed",
		});
		const { error, main } = await sync([{}], { safetyOptions: { listIsComplete: true } });
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ rows: 0, removed: 0, tooNew: 30, membersAfter: 30 });
		expect(main[0].json.message).toContain(
			'30 too new to be removed (became participants less than 24 hours ago)',
		);
		expect(members()).toHaveLength(30);
	});

	test('of an empty segment is as it should be', async () => {
		simulator().state.addSegment({ key: 'empty' });
		const { main, error } = await sync([{}], { segment: byKey('empty') });
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ message: '0 added, 0 removed, 0 kept', complete: true });
		expect(main[0].json.notes).toEqual([expect.stringContaining('The list is empty')]);
	});

	test('blank items are skipped and counted, not invalid', async () => {
		const { main } = await sync([
			...items(names(29)),
			{ id: ' ', name: '' },
			{ id: null, row_number: 31 },
		]);
		expect(main[0].json).toMatchObject({ rows: 29, blankRows: 2, invalid: 0, removed: 1 });
	});
});

describe('19: a list that says something else', () => {
	test.each<[string, IDataObject]>([
		['action', { action: 'remove' }],
		['segments', { segments: 'vip' }],
		['Segment', { Segment: 'vip' }],
		['status', { status: 'active' }],
		['Unsubscribed from all email', { 'Unsubscribed from all email': '' }],
		['Email Opt Out', { 'Email Opt Out': 'no' }],
		['leaverOf', { leaverOf: 'vip' }],
		['joinerOf', { joinerOf: 'vip' }],
		['unmatchedFor', { unmatchedFor: 'vip' }],
		['undoesRows', { segments: '~vip', action: 'remove', undoesRows: '2' }],
		['recordNumber', { recordNumber: 1, message: 'x', apiErrorCode: '', statusCode: 400 }],
	])('with a column %s is refused', async (column, fields) => {
		const { error } = await sync(items(names(29)).map((item) => ({ ...item, ...fields })));
		expect(error?.message).toContain('that may say something else than who is in the segment');
		expect(error?.message).toContain(`'${column}'`);
		expectNothingSent();
		expect(sent(simulator())).toEqual([]);
	});

	test('unless it is ignored by name', async () => {
		const list = items(names(29)).map((item) => ({ ...item, status: 'active', Segment: 'x' }));
		const one = await sync(list, { options: { ignoredColumns: 'Status' } });
		expect(one.error?.message).toContain("'Segment'");
		expect(one.error?.message).not.toContain("'status'");
		const { main } = await sync(list, { options: { ignoredColumns: 'Status, segment, none' } });
		expect(main[0].json).toMatchObject({ removed: 1 });
		expect(main[0].json.notes).toEqual([expect.stringContaining("'Ignored Columns' names 'none'")]);
	});

	test('the file of leavers of a dry run, as a file', async () => {
		const dry = await sync(items(names(29)), { dryRun: true });
		const input = [{ json: {}, binary: { data: dry.main[0].binary?.leavers } }];
		const { error } = await sync(input as never, { listSource: 'binary' });
		expect(error?.description).toContain('This looks like a file that this node has put out');
		expectNothingSent();
	});
});

test('settings that can not be used are refused before anything is read', async () => {
	for (const [parameters, message] of [
		[{ segment: byKey('={{ "" }}') }, "'Segment' is empty"],
		[{ matchBy: 'email', ifParticipantMissing: 'create' }, "'Match By' is Email"],
		[{ removeAtMost: expression(51) }, "'Remove at Most' is 51"],
		[{ neverRemove: { ids: expression('') } }, "'IDs' is empty, so it would protect nobody"],
		[{ neverRemove: { segments: expression([]) } }, 'is empty, so it would protect nobody'],
		[
			{ safetyOptions: { differentPeople: '007' } },
			"'Different People' has a line that is not a pair",
		],
	] as Array<[INodeParameters, string]>) {
		const { error } = await sync(items(names(29)), parameters);
		expect([message, error?.message]).toEqual([message, expect.stringContaining(message)]);
	}
	expect(sent(simulator())).toEqual([]);
});
