/** Referral > Get and Get Many, and the lists of programs in the editor, in n8n's own contexts. */
import { credentials, nodeRunner, people, sent, useSimulator } from '../../support/advocate';
import { pickFromList } from '../harness';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const onReferral = (operation: string, parameters: object = {}) =>
	({ resource: 'referral', operation, ...parameters }) as never;

beforeEach(() => {
	for (const { id } of people(4))
		simulator().state.addParticipant({ id, email: `${id}@shop.example` });
	const { referrals } = simulator();
	referrals.addProgram({ id: '27048', name: 'Friends' });
	referrals.addProgram({ id: '27049', name: 'Old', status: 'ARCHIVED' });
	referrals.add({
		referrer: 'p0',
		referred: 'p1',
		programId: '27048',
		dateReferralStarted: 1_000_000,
	});
	referrals.add({
		referrer: 'p0',
		referred: 'p2',
		programId: '27048',
		dateReferralStarted: 3_000_000,
		dateConverted: 4_000_000,
		referralCodeUsed: 'BOB',
	});
	referrals.add({ referrer: 'p3', referred: 'gone', dateReferralStarted: 2_000_000 });
});

const idsOf = async (filters: object, more: object = { returnAll: true }) => {
	const { main } = await run(onReferral('getAll', { filters, ...more }));
	return main.map(({ json }) => json.id);
};

test('Get Many lists the newest first, and filters', async () => {
	expect(await idsOf({})).toEqual(['referral-2', 'referral-3', 'referral-1']);
	expect(await idsOf({}, { limit: 1 })).toEqual(['referral-2']);
	expect(await idsOf({ converted: 'yes' })).toEqual(['referral-2']);
	expect(await idsOf({ converted: 'no' })).toEqual(['referral-3', 'referral-1']);
	expect(await idsOf({ program: { __rl: true, mode: 'id', value: '27048' } })).toEqual([
		'referral-2',
		'referral-1',
	]);
	expect(await idsOf({ startedSince: '1970-01-01T00:33:00Z' })).toEqual([
		'referral-2',
		'referral-3',
	]);
	expect(await idsOf({ referrerId: 'p0' })).toEqual(['referral-1', 'referral-2']);
	expect(await idsOf({ referrerId: 'p0', converted: 'yes' })).toEqual(['referral-2']);
});

test('both sides are fields, and one that was deleted is null', async () => {
	const { main } = await run(onReferral('getAll', { returnAll: true }));
	expect(main[0].json).toEqual({
		id: 'referral-2',
		programId: '27048',
		referrer: { id: 'p0', accountId: 'p0', email: 'p0@shop.example' },
		referred: { id: 'p2', accountId: 'p2', email: 'p2@shop.example' },
		converted: true,
		dateReferralStarted: '1970-01-01T00:50:00.000Z',
		dateConverted: '1970-01-01T01:06:40.000Z',
		dateReferralEnded: null,
		moderationStatus: 'ACTIONED',
		referralCodeUsed: 'BOB',
		shareLinkUsed: null,
	});
	expect(main[1].json).toMatchObject({ referred: null, converted: false });
});

test.each(['null', 'error'] as const)(
	'of a referrer that does not exist fails (%s)',
	async (absentUser) => {
		simulator().options.absentUser = absentUser;
		const { error } = await run(onReferral('getAll', { filters: { referrerId: 'nobody' } }));
		expect(error?.message).toMatch(/Participant 'nobody' does not exist/);
	},
);

test('a filter that gives nothing is refused', async () => {
	const { error } = await run(
		onReferral('getAll', { filters: { referrerId: '={{ $json.nothing }}' } }),
	);
	expect(error?.message).toMatch(/'Referrer ID' is empty/);
	expect(sent(simulator())).toEqual([]);
});

test('Get gives one, raw when asked', async () => {
	const get = async (value: string, more = {}) =>
		await run(onReferral('get', { referralId: value, ...more }));
	expect((await get('referral-2')).main[0].json).toMatchObject({
		id: 'referral-2',
		converted: true,
	});
	expect((await get('referral-2', { simplify: false })).main[0].json).toMatchObject({
		dateConverted: 4_000_000,
		referrerUser: { id: 'p0' },
	});
	expect((await get('none')).error?.message).toMatch(/Referral 'none' does not exist/);
});

describe('lists in the editor', () => {
	const list = async (name: string, filter?: string) =>
		(await pickFromList(name, { credentials: credentials(simulator()), filter })).results.map(
			({ name: label, value }) => [label, value],
		);

	test('show names, and send keys', async () => {
		const { rewards, events } = simulator();
		rewards.addConfig({ key: 'welcome', name: 'Welcome', unit: 'POINT' });
		rewards.addConfig({ key: 'star', name: null, unit: 'STAR' });
		events.log({ userId: 'p0', accountId: 'p0', events: [{ key: 'signup' }] }, 'rest');
		expect(await list('searchPrograms')).toEqual([['Friends (27048)', '27048']]);
		expect(await list('searchRewards')).toEqual([
			['star', 'star'],
			['Welcome (welcome)', 'welcome'],
		]);
		expect(await list('searchRewards', 'WELC')).toEqual([['Welcome (welcome)', 'welcome']]);
		expect(await list('searchUnits')).toEqual([
			['POINT', 'POINT'],
			['STAR', 'STAR'],
		]);
		expect(await list('searchEventKeys')).toEqual([['signup', 'signup']]);
	});

	test('have units of rewards that were given, though none is configured', async () => {
		expect(await list('searchUnits')).toEqual([]);
		simulator().rewards.add({ userId: 'p0', unit: 'MILES' });
		simulator().rewards.add({ userId: 'p0', unit: 'MILES' });
		simulator().rewards.addConfig({ key: 'star', name: null, unit: 'STAR' });
		expect(await list('searchUnits')).toEqual([
			['MILES', 'MILES'],
			['STAR', 'STAR'],
		]);
	});

	test('survive missing rights with a sentence', async () => {
		simulator().options.scopedToken403 = 'graphql';
		await expect(list('searchRewards')).rejects.toMatchObject({
			message: 'This endpoint is disabled for this token.',
			description: expect.stringMatching(/key/),
		});
	});
});
