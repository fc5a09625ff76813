/** What Participant > Get returns besides the participant, and the filters of Get Many, in n8n's engine. */
import { NodeHelpers } from 'n8n-workflow';
import type { INode, INodeParameters, INodeProperties } from 'n8n-workflow';
import { bodies, nodeRunner, pairs, sent, useSimulator } from '../../support/advocate';
import { loadNodeType } from '../harness';
import { getting, listing } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

describe('Get', () => {
	beforeEach(() => {
		const { state, referrals, rewards } = simulator();
		for (const id of ['7', '8']) referrals.addProgram({ id, name: `Program ${id}` });
		state.addParticipant({
			id: 'ann',
			email: 'ann@shop.example',
			referralCodes: { '7': 'ANN7', '8': 'ANN8' },
		});
		state.addParticipant({ id: 'bob', accountId: 'acme', referralCodes: { '7': 'BOB7' } });
		referrals.add({ referrer: 'bob', referred: 'ann', programId: '7', dateConverted: 1e12 });
		referrals.add({ referrer: 'ann', referred: 'bob', programId: '8' });
		rewards.add({ userId: 'ann', value: 50, redeemed: 20 });
	});

	const byCode = (value: string, parameters = {}) =>
		getting({ participant: { __rl: true, mode: 'code', value }, ...parameters });

	test('finds who has a referral code, item by item', async () => {
		const { main, outputs } = await run(byCode('={{ $json.code }}'), {
			input: [{ code: 'ANN8' }, { code: 'bob7' }, { code: 'NOBODY' }],
			onError: 'continueErrorOutput',
		});
		expect(main.map(({ json }) => json.id)).toEqual(['ann', 'bob']);
		expect(pairs(main)).toEqual([0, 1]);
		expect(outputs[1][0].json.error).toBe("No participant has the referral code 'NOBODY' [item 2]");
	});

	test('the owner of a code must be in the account, when one is given', async () => {
		const found = await run(byCode('BOB7', { accountId: 'acme' }));
		expect(found.main[0].json).toMatchObject({ id: 'bob', accountId: 'acme' });
		const { error } = await run(byCode('BOB7', { accountId: 'other' }));
		expect(error?.message).toMatch(/No participant of account 'other' has the referral code/);
	});

	test('a code that is empty is refused', async () => {
		const { error } = await run(byCode('={{ $json.nothing }}'));
		expect(error?.message).toMatch(/'Participant' is empty/);
		expect(sent(simulator())).toEqual([]);
	});

	const everything = ['referralCodes', 'shareLinks', 'stats', 'rewardBalances', 'referredBy'];

	test('includes what is asked for, of all programs', async () => {
		const { main } = await run(getting({ options: { include: everything } }), {
			input: [{ id: 'ann' }],
		});
		expect(sent(simulator())).toEqual(['GetParticipant']);
		expect(main[0].json).toMatchObject({
			id: 'ann',
			email: 'ann@shop.example',
			referralCode: null,
			referralCodes: { '7': 'ANN7', '8': 'ANN8' },
			shareLink: null,
			shareLinks: { '7': 'https://share.example/ANN7', '8': 'https://share.example/ANN8' },
			stats: { referrals: 1, conversions: 0, rewards: 1, dateModified: expect.any(String) },
			rewardBalances: [{ type: 'CREDIT', unit: 'POINT', available: 30 }],
			referredBy: [
				{
					referralId: 'referral-1',
					programId: '7',
					dateConverted: new Date(1e12).toISOString(),
				},
			],
		});
	});

	test('Custom Fields: with Simplify on too, over REST as without them', async () => {
		const [ann] = [simulator().state.participant('ann', 'ann')];
		if (ann) ann.customFields = { plan: 'gold', seats: 3 };
		const options = { include: ['customFields'] };
		const { main } = await run(getting({ options }), { input: [{ id: 'ann' }, { id: 'ann' }] });
		expect(main[0].json).toMatchObject({ id: 'ann', customFields: { plan: 'gold', seats: 3 } });
		expect(main[0].json).not.toHaveProperty('referralCodes');
		expect(sent(simulator())).toEqual([
			'GET /open/account/ann/user/ann',
			'GET /open/account/ann/user/ann',
		]);
		const more = { include: ['stats', 'customFields'] };
		const both = await run(getting({ options: more }), { input: [{ id: 'ann' }] });
		expect(both.main[0].json).toMatchObject({
			stats: { referrals: 1 },
			customFields: { plan: 'gold', seats: 3 },
		});
		const plain = await run(getting(), { input: [{ id: 'ann' }] });
		expect(plain.main[0].json).not.toHaveProperty('customFields');
	});

	test('has the same fields where the API leaves some out', async () => {
		simulator().faults.add({
			match: { path: '/user/ann$' },
			then: { kind: 'status', status: 200, body: { id: 'ann', accountId: 'ann' } },
		});
		const options = { include: ['customFields'] };
		const { main } = await run(getting({ options }), { input: [{ id: 'ann' }] });
		expect(main[0].json).toEqual({
			id: 'ann',
			accountId: 'ann',
			firstName: null,
			lastName: null,
			email: null,
			segments: null,
			locale: null,
			countryCode: null,
			referable: null,
			dateCreated: null,
			customFields: null,
		});
	});

	test('of one program: its code, its link and its referrer', async () => {
		const program = { __rl: true, mode: 'id', value: '={{ $json.program }}' };
		const options = { include: ['referralCodes', 'shareLinks', 'referredBy'], program };
		const { main } = await run(getting({ options }), {
			input: [
				{ id: 'ann', program: 7 },
				{ id: 'ann', program: 8 },
			],
		});
		expect(main.map(({ json }) => [json.referralCode, json.shareLink, json.messageLink])).toEqual([
			[
				'ANN7',
				'https://share.example/ANN7',
				'https://message.example/?to=https://share.example/ANN7',
			],
			[
				'ANN8',
				'https://share.example/ANN8',
				'https://message.example/?to=https://share.example/ANN8',
			],
		]);
		expect(main.map(({ json }) => (json.referredBy as unknown[]).length)).toEqual([1, 0]);
	});

	const hintsOf = async (options: object, ids: string[]) => {
		const parameters = getting({ options: options as INodeParameters });
		const { hints } = await run(parameters, { input: ids.map((id) => ({ id })) });
		return hints.map(({ message }) => message);
	};

	test('says why a share link or referral code is empty, once for each reason', async () => {
		for (const id of ['cy', 'di']) simulator().state.addParticipant({ id });
		const include = ['shareLinks', 'referralCodes'];
		expect(await hintsOf({ include }, ['ann', 'cy', 'di'])).toEqual([
			expect.stringMatching(/^1 participant has share links in several programs, .*'Program'/),
			expect.stringMatching(/^2 participants have no share link: .*Publish a program/),
		]);
		expect(await hintsOf({ include: ['referralCodes'] }, ['cy'])).toEqual([
			expect.stringMatching(/^1 participant has no referral code: /),
		]);
	});

	test('says so for a program that the participant is not in, and of nobody else', async () => {
		simulator().state.addParticipant({ id: 'cy', referralCodes: { '8': 'CY8' } });
		const program = { __rl: true, mode: 'id', value: '7' };
		expect(await hintsOf({ include: ['shareLinks'], program }, ['ann', 'cy'])).toEqual([
			expect.stringMatching(
				/^1 participant has no share link in the program '7'\. Check 'Program'/,
			),
		]);
		expect(await hintsOf({ include: ['shareLinks'], program }, ['ann'])).toEqual([]);
		expect(await hintsOf({ include: ['stats'] }, ['cy'])).toEqual([]);
	});

	test.each(['null', 'error'] as const)('of somebody missing fails (%s)', async (absentUser) => {
		simulator().options.absentUser = absentUser;
		const { error } = await run(getting({ options: { include: ['stats'] } }), {
			input: [{ id: 'nobody' }],
		});
		expect(error?.message).toMatch(/Participant 'nobody' does not exist/);
	});

	test('an unknown thing to include is refused', async () => {
		const { error } = await run(getting({ options: { include: '={{ ["secrets"] }}' } }), {
			input: [{ id: 'ann' }],
		});
		expect(error?.message).toMatch(/'Include' is 'secrets'/);
	});
});

describe('Get Many', () => {
	const DAY = 24 * 60 * 60 * 1000;
	const START = Date.UTC(2026, 0, 1);

	/** `p0` on the first of January, `p1` a day later, and so on. */
	const fill = (count: number) => {
		for (let day = 0; day < count; day++) {
			simulator().state.addParticipant({
				id: `p${day}`,
				email: `p${day % 2}@shop.example`,
				dateCreated: START + day * DAY,
				dateBlocked: day === 2 ? START : null,
			});
		}
	};
	const ids = async (parameters = {}): Promise<unknown[]> => {
		const { main, error } = await run(listing(parameters));
		expect(error?.message).toBeUndefined();
		return main.map(({ json }) => json.id);
	};

	test('by e-mail address, and by whether they are blocked', async () => {
		fill(4);
		expect(await ids({ filters: { email: 'p1@shop.example' } })).toEqual(['p1', 'p3']);
		expect(await ids({ filters: { blocked: true } })).toEqual(['p2']);
		expect(await ids({ filters: { blocked: false } })).toEqual(['p0', 'p1', 'p3']);
		expect(await ids({ filters: { blocked: '={{ "no" }}', email: 'p0@shop.example' } })).toEqual([
			'p0',
		]);
	});

	test('with their custom fields, when they are asked for', async () => {
		fill(2);
		const one = simulator().state.participant('p1', 'p1');
		if (one) one.customFields = { plan: 'gold' };
		const fieldsOf = async (parameters = {}) =>
			(await run(listing(parameters))).main.map(({ json }) => json.customFields);
		expect(await fieldsOf({ options: { includeCustomFields: true } })).toEqual([
			{},
			{ plan: 'gold' },
		]);
		const filters = { createdSince: new Date(START).toISOString() };
		expect(await fieldsOf({ filters, options: { includeCustomFields: true } })).toEqual([
			{ plan: 'gold' },
			{},
		]);
		expect(await fieldsOf({ options: { includeCustomFields: false } })).toEqual([
			undefined,
			undefined,
		]);
		expect(await fieldsOf()).toEqual([undefined, undefined]);
		expect(sent(simulator())).toEqual(Array(4).fill('ListParticipants'));
	});

	test('by custom fields, whose filter in the API nobody has documented: the node compares', async () => {
		fill(4);
		const set = (id: string, customFields: Record<string, string | number | boolean>) => {
			const one = simulator().state.participant(id, id);
			if (one) one.customFields = customFields;
		};
		set('p0', { plan: 'gold', visits: 10, vip: true });
		set('p1', { plan: 'Gold', visits: 1 });
		set('p3', { plan: 'gold', visits: 1 });
		const having = (...fields: Array<[string, unknown]>) => ({
			customFields: {
				field: fields.map(([name, value]) => ({
					name: { __rl: true, mode: 'name', value: name },
					value,
				})),
			},
		});
		expect(await ids(having(['plan', 'gold']))).toEqual(['p0', 'p3']);
		expect(await ids(having(['plan', 'gold'], ['visits', '1']))).toEqual(['p3']);
		expect(await ids(having(['vip', '={{ true }}']))).toEqual(['p0']);
		expect(await ids(having(['toString', 'x']))).toEqual([]);
		const since = { filters: { createdSince: new Date(START + DAY).toISOString() } };
		expect(await ids({ ...having(['plan', 'gold']), ...since })).toEqual(['p3']);
		const first = { returnAll: false, limit: 1 };
		expect(await ids({ ...having(['plan', 'gold']), ...first })).toEqual(['p0']);
		expect(await ids({ ...having(['plan', 'gold']), ...since, ...first })).toEqual(['p3']);
		expect(JSON.stringify(bodies(simulator(), 'ListParticipants'))).not.toContain('gold');
	});

	test.each<[string, object, RegExp]>([
		['nothing, as n8n saves it', { field: [{}] }, /'Field' of a custom field is empty/],
		['no name', { field: [{ name: '', value: 'x' }] }, /'Field' of a custom field is empty/],
		['no value', { field: [{ name: 'plan', value: '' }] }, /'Value of plan' is empty/],
	])('a filter by custom fields that has %s is refused', async (_, customFields, message) => {
		fill(1);
		const { error } = await run(listing({ customFields: customFields as never }));
		expect(error?.message).toMatch(message);
		expect(sent(simulator())).toEqual([]);
	});

	test('no filter can be lost when n8n saves the workflow: what is added and left empty stays', () => {
		const { description } = loadNodeType();
		const own = (field: INodeProperties) =>
			(field.displayOptions?.show?.operation?.includes('getAll') &&
				field.displayOptions.show.resource?.includes('participant')) === true;
		const filters = description.properties.find((field) => field.name === 'filters' && own(field))
			?.options as INodeProperties[];
		const added = Object.fromEntries(filters.map((field) => [field.name, field.default]));
		const parameters = {
			...listing({ filters: added as never, customFields: { field: [{ name: {}, value: '' }] } }),
		};
		const node = { id: '1', name: 'A', type: 'a', typeVersion: 1, position: [0, 0], parameters };
		const saved = NodeHelpers.getNodeParameters(
			description.properties,
			parameters,
			false,
			false,
			node as INode,
			description,
		);
		expect(Object.keys(saved?.filters ?? {}).sort()).toEqual(Object.keys(added).sort());
		expect((saved?.customFields as { field?: unknown[] }).field).toHaveLength(1);
	});

	test('created since: the newest first, and no more pages than it takes', async () => {
		fill(250);
		const filters = { createdSince: new Date(START + 230 * DAY).toISOString() };
		expect(await ids({ filters })).toEqual(
			Array.from({ length: 20 }, (_, index) => `p${249 - index}`),
		);
		expect(sent(simulator())).toEqual(['ListParticipants']);
		expect(await ids({ filters, returnAll: false, limit: 3 })).toEqual(['p249', 'p248', 'p247']);
	});

	test('created since, where the API does not sort: everybody is read', async () => {
		simulator().options.sortByDateCreated = 'ignored';
		fill(250);
		const filters = { createdSince: new Date(START + 247 * DAY).toISOString() };
		expect(await ids({ filters })).toEqual(['p249', 'p248', 'p247']);
		expect(sent(simulator())).toHaveLength(3);
		expect(await ids({ filters, returnAll: false, limit: 1 })).toEqual(['p249']);
	});

	test('created since, where the API gives no date, is refused', async () => {
		simulator().state.addParticipant({ id: 'p0', dateCreated: null as never });
		const filters = { createdSince: '2026-01-01' };
		const { error } = await run(listing({ filters }));
		expect(error?.message).toMatch(/does not say when participants were created/);
	});

	test.each([
		['email', /'Email' is empty/],
		['createdSince', /'Created Since' is empty/],
		['blocked', /'Blocked' is empty/],
	])('a filter that gives nothing is refused: %s', async (name, message) => {
		fill(1);
		const { error } = await run(listing({ filters: { [name]: '={{ $json.nothing }}' } }));
		expect(error?.message).toMatch(message);
		expect(sent(simulator())).toEqual([]);
	});
});
