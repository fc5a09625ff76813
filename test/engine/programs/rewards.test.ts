/** Operations on rewards in n8n's engine: rules 4, 5 and 8 of what can pay twice, and the plain ways. */
import type { INodeParameters } from 'n8n-workflow';
import {
	byEmail,
	expression,
	nodeRunner,
	pairs,
	people,
	sent,
	shown,
	useSimulator,
} from '../../support/advocate';
import { KNOWS_ERROR_DETAILS } from '../harness';
import type { FaultAction } from '../../simulator/faults';
import { given, giving, redeeming } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const onReward = (operation: string, parameters: object = {}) =>
	({ resource: 'reward', operation, ...parameters }) as never;

beforeEach(() => {
	for (const { id } of people(3))
		simulator().state.addParticipant({ id, email: `${id}@shop.example` });
	simulator().rewards.addConfig({ key: 'welcome', name: 'Welcome', unit: 'POINT', amount: 7 });
});

describe('Create', () => {
	test('gives a configured reward with its amount', async () => {
		const parameters = giving({
			rewardFrom: 'configured',
			rewardKey: { __rl: true, mode: 'key', value: 'welcome' },
		});
		const { main } = await run(parameters, { input: people(2) });
		expect(pairs(main)).toEqual([0, 1]);
		expect(main[0].json).toMatchObject({
			participantId: 'p0',
			type: 'CREDIT',
			unit: 'POINT',
			value: 7,
			globalRewardKey: 'welcome',
			created: true,
		});
		expect(given(simulator()).sort()).toEqual(['p0: 7 POINT', 'p1: 7 POINT']);
	});

	test('gives custom credit with what the options say', async () => {
		const options = {
			rewardName: 'Thank you',
			cancellable: false,
			dateExpires: '2099-01-01T00:00:00Z',
		};
		await run(giving({ options }), { input: [{ id: 'p0', points: '25' }] });
		const [reward] = [...simulator().rewards.rewards.values()];
		expect(reward).toMatchObject({
			value: 25,
			unit: 'POINT',
			name: 'Thank you',
			cancellable: false,
			dateExpires: Date.UTC(2099, 0, 1),
		});
	});

	test('gives a discount in percent', async () => {
		await run(giving({ rewardFrom: 'discount', discountPercent: 15 }), { input: [{ id: 'p0' }] });
		expect(given(simulator())).toEqual(['p0: 15 %']);
	});

	test('finds participants by e-mail', async () => {
		const parameters = giving({ participant: byEmail('={{ $json.email }}') });
		await run(parameters, { input: [{ email: 'p1@shop.example', points: 3 }] });
		expect(given(simulator())).toEqual(['p1: 3 POINT']);
	});

	test('of a participant that does not exist fails, and creates nobody', async () => {
		const { error } = await run(giving(), { input: [{ id: 'nobody', points: 3 }] });
		expect(error?.message).toMatch(/Participant 'nobody': No user has the provided id/);
		expect(error?.description).toContain('Check the participant ID and the Account ID');
		expect(simulator().state.participants.size).toBe(3);
	});

	test.each<[string, unknown, string]>([
		['a decimal comma', '12,50', "'12,50'"],
		['a thousands point', '1.250', "'1.250'"],
		['a decimal', 12.5, '12.5'],
		['a negative number', -5, '-5'],
		['zero', 0, '0'],
		['an exponent', '1e3', "'1e3'"],
		['a leading zero', '010', "'010'"],
		['a switch', true, 'true'],
		['nothing', null, 'empty'],
		['a list', [5], 'a list with 1 entry'],
		['more than can be exact', 2 ** 53, 'too large to be exact'],
		['a currency', '$25', "'$25'"],
	])('refuses %s as an amount, before anything is sent', async (_, amount, shownAs) => {
		const parameters = giving({ amount: expression(amount) });
		const { status, error } = await run(parameters, { input: [{ id: 'p0' }] });
		expect(status).toBe('error');
		expect(error?.message).toContain("'Amount' is ");
		expect(error?.message).toContain(shownAs);
		expect(sent(simulator())).toEqual([]);
	});

	test('asks for a limit per item, and holds it over all items before the first is sent', async () => {
		const none = await run(giving({ maxPerItem: 0 }), { input: [{ id: 'p0', points: 3 }] });
		expect(none.error?.message).toMatch(/^'Max Amount per Item' is not filled in/);
		const { error } = await run(giving(), {
			input: [
				{ id: 'p0', points: 3 },
				{ id: 'p1', points: 101 },
			],
		});
		expect(error?.message).toMatch(
			/'Amount' is 101, which is more than 'Max Amount per Item' \(100\)/,
		);
		expect(sent(simulator())).toEqual([]);
	});

	test('holds a limit per run over all items before the first is sent', async () => {
		const input = people(3).map(({ id }) => ({ id, points: 40 }));
		const { error } = await run(giving({ options: { maxPerRun: 100 } }), { input });
		expect(error?.message).toMatch(
			/would give 120 POINT in this execution: more than 'Max Amount per Run' \(100\)/,
		);
		expect(error?.message).toContain('Nothing was sent');
		expect(given(simulator())).toEqual([]);
		const fits = await run(giving({ options: { maxPerRun: 120 } }), { input });
		expect(fits.status).toBe('success');
	});

	test.each<[string, INodeParameters, FaultAction | undefined, RegExp]>([
		[
			'a limit per run',
			{ maxPerRun: 100 },
			undefined,
			/'Max Amount per Run' \(100\)\. Nothing was/,
		],
		['a look-up that fails', {}, { kind: 'status', status: 400 }, /status 400\. Nothing was sent/],
	])('%s fails every item of a node that continues on errors', async (_, options, then, says) => {
		if (then !== undefined) simulator().faults.add({ times: 'always', then });
		const input = people(3).map(({ id }) => ({ id, points: 40 }));
		const onError = 'continueErrorOutput' as const;
		const { outputs } = await run(giving({ options }), { input, onError });
		expect(outputs[0]).toEqual([]);
		expect(outputs[1].map(({ json }) => json)).toMatchObject(
			input.map((item) => ({ ...item, error: expect.stringMatching(says) })),
		);
		if (KNOWS_ERROR_DETAILS) {
			expect(outputs[1].map(({ json }) => json.details)).toMatchObject(
				input.map(() => ({ outcome: 'notSent', safeToRepeat: true })),
			);
		}
		expect(given(simulator())).toEqual([]);
	});

	describe('a unit that no reward uses', () => {
		const inUnit = (value: string, options = {}) =>
			giving({ unit: { __rl: true, mode: 'name', value }, options });
		const input = [{ id: 'p0', points: 3 }];

		test.each(['points', 'Point', 'POINTS', 'USD'])('%s is refused', async (unit) => {
			const { error } = await run(inUnit(unit), { input });
			expect(error?.message).toMatch(
				new RegExp(`'Unit' is '${unit}', which no reward of the tenant uses`),
			);
			expect(shown(error).description).toMatch(
				unit === 'USD' ? /or add the option 'Allow New Unit'$/ : /\w/,
			);
			expect(given(simulator())).toEqual([]);
		});

		test('the one that differs in case only is named', async () => {
			const { error } = await run(inUnit('point'), { input });
			expect(shown(error).description).toMatch(/There is 'POINT'/);
		});

		test('is taken when the option says so, or when a reward was given in it', async () => {
			await run(inUnit('STAR', { allowNewUnit: true }), { input });
			expect(given(simulator())).toEqual(['p0: 3 STAR']);
			await run(inUnit('STAR'), { input: [{ id: 'p1', points: 4 }] });
			expect(given(simulator())).toEqual(['p0: 3 STAR', 'p1: 4 STAR']);
		});
	});

	test('refuses a reward that is not configured, and knows a name from a key', async () => {
		const byKeyOf = (value: string) =>
			giving({ rewardFrom: 'configured', rewardKey: { __rl: true, mode: 'key', value } });
		const name = await run(byKeyOf('Welcome'), { input: [{ id: 'p0' }] });
		expect(shown(name.error).description).toMatch(/'Welcome' is a name: its key is 'welcome'/);
		const unknown = await run(byKeyOf('gold'), { input: [{ id: 'p0' }] });
		expect(unknown.error?.message).toMatch(/'gold', which is not the key of a reward/);
		expect(given(simulator())).toEqual([]);
	});
});

describe('Redeem', () => {
	const redeemed = () => [...simulator().rewards.rewards.values()].map((reward) => reward.redeemed);

	test('redeems from the participant alone, not from colleagues of the account', async () => {
		for (const id of ['ann', 'bob']) {
			simulator().state.addParticipant({ id, accountId: 'acme' });
			simulator().rewards.add({ userId: id, accountId: 'acme', value: 50 });
		}
		const { main } = await run(redeeming({ accountId: 'acme' }), {
			input: [{ id: 'ann', points: 30 }],
		});
		expect(main[0].json).toEqual({
			participantId: 'ann',
			accountId: 'acme',
			unit: 'POINT',
			redeemed: 30,
			available: 20,
			complete: true,
		});
		expect(redeemed()).toEqual([30, 0]);
	});

	test('reads the balance right before each item, one account at a time', async () => {
		simulator().rewards.add({ userId: 'p0', value: 50 });
		const input = [
			{ id: 'p0', points: 30 },
			{ id: 'p0', points: 30 },
			{ id: 'p0', points: 20 },
		];
		const { outputs } = await run(redeeming(), { input, onError: 'continueErrorOutput' });
		expect(pairs(outputs[0])).toEqual([0, 2]);
		expect(outputs[1][0].json.error).toMatch(/Only 20 POINT can be redeemed, not 30/);
		expect(redeemed()).toEqual([50]);
		expect(simulator().maxInFlight).toBe(1);
	});

	test('says which units there are', async () => {
		simulator().rewards.add({ userId: 'p0', value: 50 });
		const parameters = redeeming({ unit: { __rl: true, mode: 'name', value: 'point' } });
		const { error } = await run(parameters, { input: [{ id: 'p0', points: 5 }] });
		expect(shown(error)).toMatchObject({
			message: 'Only 0 point can be redeemed, not 5 [item 0]',
			description: expect.stringContaining('There is: 50 POINT'),
		});
	});

	test('redeems from an account only when told so', async () => {
		for (const id of ['ann', 'bob']) {
			simulator().state.addParticipant({ id, accountId: 'acme' });
			simulator().rewards.add({ userId: id, accountId: 'acme', value: 50 });
		}
		const parameters = redeeming({ redeemFrom: 'account', redeemAccountId: 'acme' });
		const { main } = await run(parameters, { input: [{ points: 80 }] });
		expect(main[0].json).toMatchObject({ accountId: 'acme', redeemed: 80, available: 20 });
		expect(redeemed()).toEqual([50, 30]);
	});

	test('says who or what is not there when the balance is not checked before', async () => {
		const messageOf = async (parameters: object, item: object) => {
			const options = { checkBalance: false };
			const { error } = await run(redeeming({ ...parameters, options }), {
				input: [{ points: 5, ...item }],
			});
			return error?.message;
		};
		expect(await messageOf({}, { id: 'nobody' })).toMatch(/^Participant 'nobody': No user/);
		const account = { redeemFrom: 'reward', rewardId: 'lost' };
		expect(await messageOf(account, {})).toMatch(/^Reward 'lost': ./);
	});

	test('redeems from one reward', async () => {
		const { id } = simulator().rewards.add({ userId: 'p0', value: 50 });
		const parameters = redeeming({ redeemFrom: 'reward', rewardId: id });
		const { main } = await run(parameters, { input: [{ points: 20 }] });
		expect(main[0].json).toMatchObject({ rewardId: id, redeemed: 20, available: 30 });
	});

	test('an API that redeems what is there does not pass for one that did as told', async () => {
		simulator().options.redeemAboveBalance = 'partly';
		simulator().rewards.add({ userId: 'p0', value: 10 });
		const parameters = redeeming({ options: { checkBalance: false } });
		const { main } = await run(parameters, { input: [{ id: 'p0', points: 25 }] });
		expect(main[0].json).toMatchObject({ redeemed: 10, complete: false });
	});
});

describe('Cancel', () => {
	const cancelling = (value = '={{ $json.reward }}') => onReward('cancel', { rewardId: value });

	test('cancels a reward', async () => {
		const { id } = simulator().rewards.add({ userId: 'p0' });
		const { main } = await run(cancelling(), { input: [{ reward: id }] });
		expect(main[0].json).toEqual({
			rewardId: id,
			cancelled: true,
			dateCancelled: expect.stringMatching(/^\d{4}-/),
			alreadyCancelled: false,
		});
		expect(simulator().rewards.get(id).dateCancelled).not.toBeNull();
	});

	test('of one that is cancelled is as wanted', async () => {
		const { id } = simulator().rewards.add({ userId: 'p0', dateCancelled: 1 });
		const { status, main } = await run(cancelling(), { input: [{ reward: id }] });
		expect(status).toBe('success');
		expect(main[0].json).toMatchObject({ cancelled: true, alreadyCancelled: true });
	});

	test('of one that was redeemed fails', async () => {
		const { id } = simulator().rewards.add({ userId: 'p0', redeemed: 5 });
		const { error } = await run(cancelling(), { input: [{ reward: id }] });
		expect(error?.message).toMatch(/not cancellable/);
		expect(shown(error).description).toMatch(/It stays as it is/);
	});

	test('of one that does not exist says so', async () => {
		const { error } = await run(cancelling(), { input: [{ reward: 'none' }] });
		expect(error?.message).toMatch(/Reward 'none' does not exist/);
	});

	test('after a lost answer is looked up', async () => {
		const { id } = simulator().rewards.add({ userId: 'p0' });
		simulator().faults.add({ match: { path: '/cancel$' }, then: { kind: 'applyThenReset' } });
		const { status, main } = await run(cancelling(), { input: [{ reward: id }] });
		expect(status).toBe('success');
		expect(main[0].json.cancelled).toBe(true);
		expect(sent(simulator()).filter((name) => name.endsWith('/cancel'))).toHaveLength(1);
	});
});

describe('Get Balances', () => {
	const balances = (parameters = {}) =>
		onReward('getBalances', {
			participant: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
			...parameters,
		});

	test('gives an item per unit', async () => {
		simulator().rewards.add({ userId: 'p0', value: 50, redeemed: 20 });
		simulator().rewards.add({ userId: 'p0', value: 5, unit: 'STAR' });
		simulator().rewards.add({ userId: 'p0', value: 10, unit: '%', type: 'PCT_DISCOUNT' });
		const { main } = await run(balances(), { input: [{ id: 'p0' }] });
		expect(main.map(({ json }) => [json.unit, json.available])).toEqual([
			['POINT', 30],
			['STAR', 5],
		]);
		expect(pairs(main)).toEqual([0, 0]);
		const any = await run(balances({ rewardType: 'any' }), { input: [{ id: 'p0' }] });
		expect(any.main).toHaveLength(3);
		const star = await run(balances({ unitFilter: 'STAR' }), { input: [{ id: 'p0' }] });
		expect(star.main.map(({ json }) => json.unit)).toEqual(['STAR']);
	});

	test.each(['null', 'error'] as const)('of somebody missing fails (%s)', async (absentUser) => {
		simulator().options.absentUser = absentUser;
		const { error } = await run(balances(), { input: [{ id: 'nobody' }] });
		expect(error?.message).toMatch(/Participant 'nobody' does not exist/);
	});
});

describe('Get Many', () => {
	test('lists the newest first, and filters', async () => {
		const { rewards } = simulator();
		rewards.add({ userId: 'p0', value: 1, dateCreated: 1_000 });
		rewards.add({ userId: 'p1', value: 2, dateCreated: 3_000, unit: 'STAR' });
		rewards.add({ userId: 'p0', value: 3, dateCreated: 2_000, dateCancelled: 5 });
		const values = async (filters: object, more: object = { returnAll: true }) => {
			const { main } = await run(onReward('getAll', { filters, ...more }));
			return main.map(({ json }) => json.value);
		};
		expect(await values({})).toEqual([2, 3, 1]);
		expect(await values({}, { limit: 2 })).toEqual([2, 3]);
		expect(await values({ participantId: 'p0' })).toEqual([3, 1]);
		expect(await values({ status: 'CANCELLED' })).toEqual([3]);
		expect(await values({ unit: 'STAR' })).toEqual([2]);
		expect(await values({ type: 'PCT_DISCOUNT' })).toEqual([]);
	});

	test('a filter that gives nothing is refused: it would return everybody', async () => {
		const { error } = await run(
			onReward('getAll', { filters: { participantId: '={{ $json.nothing }}' } }),
		);
		expect(error?.message).toMatch(/'Participant ID' is empty/);
		expect(sent(simulator())).toEqual([]);
	});
});

test.each([
	['create', giving()],
	['redeem', redeeming()],
	['cancel', onReward('cancel', { rewardId: 'r' })],
])('an agent may not %s', async (_, parameters) => {
	const { error } = await run(parameters, { input: [{ id: 'p0', points: 1 }], asTool: true });
	expect(error?.message).toMatch(/An AI agent is not allowed to use this operation here/);
	expect(sent(simulator())).toEqual([]);
});
