/**
 * What pays or counts is done once, however often n8n runs the node for an item: rules 1 to 3 and 6 of what can pay
 * twice, in n8n's engine.
 */
import type { IConnections, INode, INodeParameters } from 'n8n-workflow';
import { credentials, nodeRunner, people, sent, shown, useSimulator } from '../../support/advocate';
import { LOOP_TYPE, loopOverItems } from '../../support/loop';
import { CREDENTIAL_NAME, KNOWS_ERROR_DETAILS, NODE_TYPE, runWorkflow } from '../harness';
import { given, giving, logged, logging, noWait, redeeming } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const five = people(5).map(({ id }, index) => ({ id, points: index + 1 }));
const all = ['p0: 1 POINT', 'p1: 2 POINT', 'p2: 3 POINT', 'p3: 4 POINT', 'p4: 5 POINT'];

beforeEach(() => {
	simulator().rewards.addConfig({ key: 'welcome', unit: 'POINT', amount: 7 });
	for (const { id } of five) simulator().state.addParticipant({ id });
});

const failFor = (participantId: string, then: object, times: number | 'always' = 1) =>
	simulator().faults.add({
		match: { participantId, operationName: 'createReward' },
		times,
		then: then as never,
	});

describe('Retry On Fail', () => {
	test('gives each reward once when one item fails the first time', async () => {
		simulator().faults.add({
			match: { operationName: 'createReward', nth: 4 },
			then: {
				kind: 'status',
				status: 400,
				body: { message: 'Not now', apiErrorCode: 'BAD_REQUEST' },
			},
		});
		const { status, main, executions } = await run(giving(), {
			input: five,
			retryOnFail: true,
			maxTries: 3,
		});
		expect(executions).toBe(2);
		expect(status).toBe('success');
		expect(given(simulator()).sort()).toEqual(all);
		expect(main.map(({ json }) => json.value)).toEqual([1, 2, 3, 4, 5]);
	});

	test('logs each event once, with the same key in each try', async () => {
		simulator().faults.add({
			match: { path: '/events$', nth: 4 },
			then: {
				kind: 'status',
				status: 400,
				body: { message: 'Not now', apiErrorCode: 'BAD_REQUEST' },
			},
		});
		const { status, main } = await run(logging(), { input: five, retryOnFail: true, maxTries: 3 });
		expect(status).toBe('success');
		expect(logged(simulator()).sort()).toEqual(five.map(({ id }) => `${id}: signup`));
		expect(main.every(({ json }) => json.logged === true && json.duplicate === false)).toBe(true);
	});
});

describe('Retry of a failed execution', () => {
	test('gives what was not given, and puts out what was', async () => {
		simulator().faults.add({
			match: { operationName: 'createReward', nth: 4 },
			then: {
				kind: 'status',
				status: 400,
				body: { message: 'Not now', apiErrorCode: 'BAD_REQUEST' },
			},
		});
		const first = await run(giving(), { input: five });
		expect(first.status).toBe('error');
		const before = given(simulator()).length;
		expect(before).toBeGreaterThan(0);
		expect(before).toBeLessThan(5);
		const second = await run(giving(), { retryOf: first.run, executionId: '2' });
		expect(second.status).toBe('success');
		expect(given(simulator()).sort()).toEqual(all);
		expect(second.main.map(({ json }) => json.value)).toEqual([1, 2, 3, 4, 5]);
		expect(new Set(second.main.map(({ json }) => json.id)).size).toBe(5);
	});

	test('keeps the key of an event: the origin of the execution counts, not the retry', async () => {
		simulator().faults.add({
			match: { path: '/events$', nth: 1 },
			then: {
				kind: 'status',
				status: 400,
				body: { message: 'Not now', apiErrorCode: 'BAD_REQUEST' },
			},
		});
		const input = [{ id: 'p0' }];
		const first = await run(logging(), { input });
		await run(logging(), { retryOf: first.run, executionId: '2' });
		await run(logging(), { input, executionId: '3' });
		const keys = simulator()
			.requests.filter(({ path }) => path.endsWith('/events'))
			.map(({ body }) => (body as { idempotencyKey: string }).idempotencyKey);
		expect(keys).toHaveLength(3);
		expect(keys[1]).toBe(keys[0]);
		expect(keys[2]).not.toBe(keys[0]);
		expect(keys.every((key) => /^[A-Za-z0-9_-]{43}$/.test(key))).toBe(true);
	});

	test('never sends again what may have been done', async () => {
		failFor('p1', { kind: 'applyThenReset' });
		// A look-up that finds nothing new proves nothing.
		simulator().faults.add({
			match: { operationName: 'ListRewards', nth: 3 },
			then: { kind: 'status', status: 403, body: { message: 'No', apiErrorCode: 'FORBIDDEN' } },
		});
		const input = five.slice(0, 2).map((item) => ({ ...item }));
		const first = await run(giving(), { input, executionId: '1' });
		expect(first.error?.message).toMatch(/It is not known whether the reward was given/);
		simulator().clearRequests();
		const second = await run(giving(), { retryOf: first.run, executionId: '2' });
		expect(second.status).toBe('error');
		expect(second.error?.message).toMatch(/an earlier attempt got no clear answer.*not sent again/);
		expect(sent(simulator()).filter((name) => name === 'CreateReward')).toEqual([]);
		expect(given(simulator()).sort()).toEqual(['p0: 1 POINT', 'p1: 2 POINT']);
	});
});

describe('an answer that is lost', () => {
	const lost = { kind: 'applyThenReset' } as const;

	test('becomes a success when exactly one new reward of this kind is there', async () => {
		failFor('p1', lost);
		const { status, main } = await run(giving(), { input: five });
		expect(status).toBe('success');
		expect(main[1].json).toMatchObject({ value: 2, confirmedByLookUp: true });
		expect(given(simulator()).sort()).toEqual(all);
	});

	test('stays unknown when nothing is there, and is not sent again', async () => {
		failFor('p1', { kind: 'resetBeforeReply' });
		const { outputs } = await run(giving(), { input: five, onError: 'continueErrorOutput' });
		expect(outputs[0].map(({ json }) => json.participantId)).toEqual(['p0', 'p2', 'p3', 'p4']);
		const [failed] = outputs[1];
		expect(failed.json.error).toMatch(
			/It is not known whether the reward was given\. It is not sent again/,
		);
		if (KNOWS_ERROR_DETAILS) {
			expect(failed.json.details).toMatchObject({
				outcome: 'unknown',
				safeToRepeat: false,
				candidates: [],
			});
		}
		expect(sent(simulator()).filter((name) => name === 'CreateReward')).toHaveLength(5);
	});

	test('stays unknown when somebody else gave the same at that moment: both are named', async () => {
		failFor('p1', lost);
		const { rewards, state } = simulator();
		const original = rewards.create.bind(rewards);
		const spy = jest.spyOn(rewards, 'create').mockImplementation((...parameters) => {
			if (parameters[0] === 'p1') rewards.add({ userId: 'p1', value: 2 });
			return original(...parameters);
		});
		const { outputs } = await run(giving(), { input: five, onError: 'continueErrorOutput' });
		spy.mockRestore();
		expect(state.participants.size).toBe(5);
		const [failed] = outputs[1];
		if (KNOWS_ERROR_DETAILS) {
			expect(failed.json.details).toMatchObject({ outcome: 'unknown', safeToRepeat: false });
			const { candidates } = failed.json.details as { candidates: unknown[] };
			expect(candidates).toHaveLength(2);
		}
	});

	test('of a redemption is unknown, and says so', async () => {
		simulator().rewards.add({ userId: 'p0', value: 50 });
		simulator().faults.add({ match: { operationName: 'redeemUserCredit' }, then: lost });
		const { error } = await run(redeeming(), { input: [{ id: 'p0', points: 20 }] });
		expect(error?.message).toMatch(/It is not known whether the credit was redeemed/);
		expect(sent(simulator()).filter((name) => name === 'RedeemCredit')).toHaveLength(1);
		expect([...simulator().rewards.rewards.values()][0].redeemed).toBe(20);
	});

	test('of an event is repeated with its key, and counts once', async () => {
		simulator().faults.add({ match: { path: '/events$' }, then: lost });
		const { status, main } = await run(logging(), { input: [{ id: 'p0' }] });
		expect(status).toBe('success');
		expect(main[0].json).toMatchObject({ logged: true, duplicate: true });
		expect(logged(simulator())).toEqual(['p0: signup']);
	});
});

describe('a key that another execution has used', () => {
	test('is no success: an event would be lost in green', async () => {
		simulator().faults.add({
			match: { path: '/events$' },
			then: { kind: 'status', status: 409, body: { message: 'Conflict', statusCode: 409 } },
		});
		const { status, error } = await run(logging(), { input: [{ id: 'p0' }] });
		expect(status).toBe('error');
		expect(error?.message).toMatch(/has counted this event before \[item 0\]$/);
		expect(logged(simulator())).toEqual([]);
	});

	test('is what Count Once Per is for', async () => {
		const parameters = logging({ options: { countOncePer: '={{ $json.order }}' } });
		const input = [
			{ id: 'p0', order: 'o1' },
			{ id: 'p0', order: 'o1' },
			{ id: 'p0', order: 'o2' },
			{ id: 'p1', order: 'o1' },
		];
		const { main } = await run(parameters, { input });
		expect(main.map(({ json }) => json.duplicate)).toEqual([false, true, false, false]);
		await run(parameters, { input, executionId: '2' });
		expect(logged(simulator()).sort()).toEqual(['p0: signup', 'p0: signup', 'p1: signup']);
	});
});

describe('Count Once Per', () => {
	test.each([
		['that gives nothing', '={{ $json.nothing }}'],
		['that gives null', '={{ null }}'],
		['that gives blanks', '={{ "  " }}'],
		['that is added and left empty', ''],
	])('%s fails the item, and protects it from being counted unprotected', async (_, value) => {
		const parameters = logging({ options: { countOncePer: value } });
		const { error } = await run(parameters, { input: [{ id: 'p0' }] });
		expect(error?.message).toBe("'Count Once Per' is empty [item 0]");
		expect(shown(error).description).toMatch(/^Fill it in, or remove the option/);
		expect(logged(simulator())).toEqual([]);
	});

	test('fails the item that has none, and counts the others', async () => {
		const parameters = logging({ options: { countOncePer: '={{ $json.order }}' } });
		const { outputs } = await run(parameters, {
			input: [{ id: 'p0', order: 'o1' }, { id: 'p1' }, { id: 'p2', order: 0 }],
			onError: 'continueErrorOutput',
		});
		expect(outputs[0].map(({ json }) => json.participantId)).toEqual(['p0', 'p2']);
		expect(outputs[1].map(({ json }) => json.id)).toEqual(['p1']);
		expect(logged(simulator()).sort()).toEqual(['p0: signup', 'p2: signup']);
	});
});

describe('the editor says of another press of Execute step', () => {
	const input = [{ id: 'p0', points: 1 }];
	const hintsOf = async (parameters: INodeParameters, more: object = {}) =>
		(await run(parameters, { input, ...more })).hints.map(({ type, message }) => [type, message]);

	test('that it gives another reward, which it does', async () => {
		const hint = ['info', expect.stringMatching(/^Running this again gives another reward/)];
		expect(await hintsOf(giving(), { executionId: '1' })).toEqual([hint]);
		expect(await hintsOf(giving(), { executionId: '2' })).toEqual([hint]);
		expect(given(simulator())).toEqual(['p0: 1 POINT', 'p0: 1 POINT']);
	});

	test('that it logs another event, unless Count Once Per ties it to one', async () => {
		expect(await hintsOf(logging())).toEqual([
			[
				'info',
				"Each run logs a new event. To count an order once, add 'Count Once Per' with the order ID",
			],
		]);
		expect(await hintsOf(logging({ options: { countOncePer: 'o1' } }))).toEqual([]);
	});

	test('how a reward is taken back', async () => {
		expect(await hintsOf(giving())).toEqual([
			['info', expect.stringContaining("'Reward > Cancel' with the 'id' in the output")],
		]);
	});

	test('that it redeems again, which it does', async () => {
		simulator().rewards.add({ userId: 'p0', value: 5 });
		const hint = ['info', expect.stringMatching(/^Running this again redeems again/)];
		for (const executionId of ['1', '2']) {
			expect(await hintsOf(redeeming(), { executionId })).toEqual([hint]);
		}
	});

	test('how many events were not counted, in a published workflow too', async () => {
		const parameters = logging({ options: { countOncePer: 'o1' } });
		const twice = { input: [...input, ...input], mode: 'trigger' };
		const hint = (events: string) => [
			'info',
			expect.stringMatching(new RegExp(`^${events} not counted: .*'duplicate' is true$`)),
		];
		expect(await hintsOf(parameters, { ...twice, executionId: '1' })).toEqual([
			hint('1 event was'),
		]);
		expect(await hintsOf(parameters, { ...twice, executionId: '2' })).toEqual([
			hint('2 events were'),
		]);
	});

	test('nothing in a published workflow, and nothing where nothing was done', async () => {
		expect(await hintsOf(giving(), { mode: 'trigger' })).toEqual([]);
		const refused = [{ id: 'p0', points: '12,50' }];
		expect(await hintsOf(giving(), { input: refused })).toEqual([]);
		const skipped = logging({ ifParticipantMissing: 'skip' });
		expect(await hintsOf(skipped, { input: [{ id: 'nobody' }] })).toEqual([]);
	});
});

describe('the channel of events', () => {
	const refused = {
		kind: 'status',
		status: 403,
		body: { message: 'Endpoint Disabled', apiErrorCode: 'FORBIDDEN' },
	};

	test('changes when the first is refused for certain, for the rest of the run', async () => {
		simulator().faults.add({
			match: { path: '/events$' },
			times: 'always',
			then: refused as never,
		});
		const { status, main } = await run(logging(), { input: five });
		expect(status).toBe('success');
		expect(main.every(({ json }) => json.logged === true && json.idempotent === false)).toBe(true);
		expect(logged(simulator())).toHaveLength(5);
		const rest = sent(simulator()).filter((name) => name.endsWith('/events'));
		expect(rest.length).toBeLessThanOrEqual(2);
	});

	test('never changes after an unclear failure', async () => {
		simulator().faults.add({
			match: { path: '/events$' },
			then: { kind: 'status', status: 504, body: 'Gateway Timeout', apply: true },
		});
		simulator().faults.add({
			match: { path: '/events$' },
			times: 'always',
			then: refused as never,
		});
		const { status, error } = await run(logging(), { input: [{ id: 'p0' }] });
		expect(status).toBe('error');
		expect(error?.message).toMatch(/It is not known whether the event was counted/);
		expect(sent(simulator())).not.toContain('LogEvent');
		expect(logged(simulator())).toEqual(['p0: signup']);
	});

	test('without keys, an unclear failure is not repeated', async () => {
		simulator().faults.add({
			match: { path: '/events$' },
			times: 'always',
			then: refused as never,
		});
		simulator().faults.add({
			match: { operationName: 'logUserEvent' },
			then: { kind: 'applyThenReset' },
		});
		const { error } = await run(logging(), { input: [{ id: 'p0' }] });
		expect(error?.message).toMatch(/It is not known whether the event was counted/);
		expect(sent(simulator()).filter((name) => name === 'LogEvent')).toHaveLength(1);
		expect(logged(simulator())).toEqual(['p0: signup']);
	});
});

describe('Loop Over Items', () => {
	const node = (name: string, type: string, parameters: INodeParameters = {}): INode => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters,
		...(type === NODE_TYPE ? { credentials: { [CREDENTIAL_NAME]: { id: 'c1', name: 'c' } } } : {}),
	});
	const to = (name: string) => [{ node: name, type: 'main' as const, index: 0 }];
	const looped = (parameters: INodeParameters) => ({
		nodes: [
			node('Start', 'n8n-nodes-base.manualTrigger'),
			node('Loop', LOOP_TYPE, { batchSize: 1 }),
			node('Advocate', NODE_TYPE, parameters),
		],
		connections: {
			Start: { main: [to('Loop')] },
			Loop: { main: [null, to('Advocate')] },
			Advocate: { main: [to('Loop')] },
		} as IConnections,
	});
	const runLoop = async (parameters: INodeParameters) =>
		await runWorkflow(looped(parameters), {
			credentials: credentials(simulator()),
			nodeTypes: { [LOOP_TYPE]: loopOverItems() },
			given: { Start: five.map((json) => ({ json })) },
		});

	test('logs an event in every round', async () => {
		const { status } = await runLoop(logging());
		expect(status).toBe('success');
		expect(logged(simulator())).toEqual(five.map(({ id }) => `${id}: signup`));
	});

	test('counts what was given in all rounds against Max Amount per Run', async () => {
		const { status, error } = await runLoop(giving({ options: { maxPerRun: 8 } }));
		expect(status).toBe('error');
		expect(error?.message).toMatch(
			/would give 10 POINT in this execution, of which 6 were given before: more than 'Max Amount per Run' \(8\)/,
		);
		expect(given(simulator())).toEqual(all.slice(0, 3));
	});
});

test('an end by the wait leaves the rest unsent, and says so', async () => {
	simulator().faults.add({
		match: { operationName: 'createReward', nth: 2 },
		times: 'always',
		then: { kind: 'status', status: 401, body: { message: 'No', apiErrorCode: 'UNAUTHORIZED' } },
	});
	const sameAccount = five.map((item) => ({ ...item, account: 'acme' }));
	for (const { id } of five) simulator().state.addParticipant({ id, accountId: 'acme' });
	const parameters = giving({ accountId: '={{ $json.account }}', options: noWait });
	const { outputs } = await run(parameters, { input: sameAccount, onError: 'continueErrorOutput' });
	expect(outputs[0]).toHaveLength(1);
	expect(outputs[1]).toHaveLength(4);
	expect(
		outputs[1].slice(1).every(({ json }) => /This item was not sent/.test(String(json.error))),
	).toBe(true);
	expect(sent(simulator()).filter((name) => name === 'CreateReward')).toHaveLength(2);
});
