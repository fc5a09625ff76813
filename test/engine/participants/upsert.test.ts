/** Participant > Create or Update in n8n's engine. */
import {
	batches,
	bodies,
	expression,
	nodeRunner,
	pairs,
	people,
	sent,
	useSimulator,
} from '../../support/advocate';
import { KNOWS_ERROR_DETAILS } from '../harness';
import { customFields, upserting } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

beforeEach(() => {
	for (const key of ['old', 'vip']) simulator().state.addSegment({ key });
});

const participant = (id: string, accountId = id) => simulator().state.participant(accountId, id);

test('creates and updates many in one request, each with its own details', async () => {
	simulator().referrals.addProgram({ id: '7', name: 'Refer' });
	simulator().state.addParticipant({ id: 'p1', firstName: 'Old', lastName: 'Kept' });
	const parameters = upserting({
		additionalFields: {
			firstName: '={{ $json.name }}',
			email: '={{ $json.id }}@shop.example',
			locale: 'en-gb',
			countryCode: 'gb',
			referable: false,
			imageUrl: '={{ $json.nothing }}',
		},
		segments: ['vip'],
	});
	const { status, main } = await run(parameters, {
		input: people(3).map((item, index) => ({ ...item, name: `N${index}` })),
	});
	expect(status).toBe('success');
	expect(sent(simulator())).toEqual(['UpsertParticipants']);
	expect(batches(simulator())[0][0]).toEqual({
		id: 'p0',
		accountId: 'p0',
		firstName: 'N0',
		email: 'p0@shop.example',
		locale: 'en_GB',
		countryCode: 'GB',
		referable: false,
		segments: ['vip'],
	});
	expect(participant('p1')).toMatchObject({ firstName: 'N1', lastName: 'Kept', segments: ['vip'] });
	expect(pairs(main)).toEqual([0, 1, 2]);
	expect(main[0].json).toEqual({
		id: 'p0',
		accountId: 'p0',
		firstName: 'N0',
		lastName: null,
		email: 'p0@shop.example',
		segments: ['vip'],
		locale: 'en_GB',
		countryCode: 'GB',
		referable: false,
		dateCreated: expect.any(String),
		customFields: {},
		referralCode: 'P07',
		referralCodes: { '7': 'P07' },
		created: null,
		skipped: false,
		reason: null,
	});
});

test('one participant of another account, with segments that replace the others', async () => {
	simulator().state.addParticipant({ id: 'ann', accountId: 'acme', segments: ['old'] });
	const { main } = await run(
		upserting({ accountId: 'acme', segmentAction: 'set', segments: ['vip'], simplify: false }),
		{ input: [{ id: 'ann' }] },
	);
	expect(main[0].json).toMatchObject({ id: 'ann', accountId: 'acme', segments: ['vip'] });
	expect(main[0].json).toHaveProperty('customFields');
	expect(simulator().state.segmentsOf('ann', 'acme')).toEqual(['vip']);
});

test('segments are given by name or key, and one that does not exist is refused before anything is sent', async () => {
	simulator().state.addSegment({ key: 'vipCustomers', name: 'VIP Customers' });
	const parameters = upserting({ segments: '={{ $json.segment }}' });
	const { main } = await run(parameters, { input: [{ id: 'p0', segment: 'VIP Customers' }] });
	expect(main[0].json.segments).toEqual(['vipCustomers']);
	const { error } = await run(parameters, {
		input: [
			{ id: 'p1', segment: 'vip' },
			{ id: 'p2', segment: 'nowhere' },
		],
	});
	expect(error?.message).toMatch(/'Segment Names or IDs'.*'nowhere'.*\[item 1\]/);
	expect(participant('p1')).toBeUndefined();
	const created = await run(
		upserting({ segments: ['Brand New'], options: { createMissingSegments: true } }),
		{ input: [{ id: 'p3' }] },
	);
	expect(created.main[0].json.segments).toEqual(['brandNew']);
});

test('items of one participant are applied in order', async () => {
	const parameters = upserting({ additionalFields: { firstName: '={{ $json.name }}' } });
	const input = ['a', 'b', 'c'].map((name) => ({ id: 'p0', name }));
	const { main } = await run(parameters, { input });
	expect(main.map(({ json }) => json.firstName)).toEqual(['a', 'b', 'c']);
	expect(participant('p0')?.firstName).toBe('c');
});

describe('custom fields', () => {
	test('show in the simplified output, those that were there too', async () => {
		simulator().state.addParticipant({ id: 'p0', customFields: { seats: 3 } });
		const set = await run(upserting({ customFields: customFields(['plan', 'text', 'gold']) }), {
			input: [{ id: 'p0' }],
		});
		expect(set.main[0].json.customFields).toEqual({ seats: 3, plan: 'gold' });
		const without = await run(upserting({}), { input: [{ id: 'p0' }] });
		expect(without.main[0].json.customFields).toEqual({ seats: 3, plan: 'gold' });
	});

	test('are text, numbers, booleans, or removed', async () => {
		simulator().state.addParticipant({ id: 'p0', customFields: { old: 'x', kept: 1, gone: 2 } });
		const { status, main } = await run(
			upserting({
				customFields: customFields(
					['plan', 'text', '={{ $json.plan }}'],
					['seats', 'number', '={{ $json.seats }}'],
					['trial', 'boolean', 'no'],
					['gone', 'remove'],
					['kept', 'text', '={{ $json.nothing }}'],
					['zip', 'text', '00123'],
				),
				simplify: false,
			}),
			{ input: [{ id: 'p0', plan: 'gold', seats: '2.5' }] },
		);
		expect(status).toBe('success');
		const fields = { plan: 'gold', seats: 2.5, trial: false, old: 'x', kept: 1, zip: '00123' };
		expect(participant('p0')?.customFields).toEqual(fields);
		expect(main[0].json.customFields).toEqual(fields);
	});

	test.each<[string, Array<[string, string, string?]>, RegExp]>([
		['a name of blanks', [['', 'text', 'x']], /'Field' of a custom field is empty/],
		['a name with a blank', [['my plan', 'text', 'x']], /'my plan' can't be the name of a custom/],
		[
			'a name twice',
			[
				['a', 'text', 'x'],
				['a', 'text', 'y'],
			],
			/names 'a' twice/,
		],
		['words for a number', [['a', 'number', 'many']], /'Value of a' is 'many'/],
		[
			'a number that would arrive as another',
			[['a', 'number', '9007199254740993']],
			/'Value of a' is '9007199254740993'/,
		],
		['a maybe', [['a', 'boolean', 'maybe']], /'Value of a' is 'maybe'/],
		['a long text', [['a', 'text', 'x'.repeat(1025)]], /'a' has more than 1024 characters/],
	])('refuses %s', async (_, fields, message) => {
		const { error } = await run(upserting({ customFields: customFields(...fields) }), {
			input: [{ id: 'p0' }],
		});
		expect(error?.message).toMatch(message);
		expect(sent(simulator())).toEqual([]);
	});

	test('a name such as __proto__ is one like any other', async () => {
		const { status } = await run(
			upserting({ customFields: customFields(['__proto__', 'text', 'x']) }),
			{ input: [{ id: 'p0' }] },
		);
		expect(status).toBe('success');
		const [input] = bodies<{ variables: { userInput: { customFields: object } } }>(
			simulator(),
			'UpsertParticipant',
		);
		expect(JSON.stringify(input.variables.userInput.customFields)).toBe('{"__proto__":"x"}');
	});
});

describe('If Participant Exists', () => {
	const person = { additionalFields: { firstName: 'New' } };

	beforeEach(() => {
		simulator().referrals.addProgram({ id: '7' });
		simulator().state.addParticipant({
			id: 'p1',
			firstName: 'Old',
			referralCodes: { '7': 'SECRET' },
		});
	});

	test('Skip changes nothing and returns nothing of who exists', async () => {
		const { status, main } = await run(
			upserting({ ...person, ifParticipantExists: 'skip', options: { includeShareLinks: true } }),
			{ input: people(3) },
		);
		expect(status).toBe('success');
		expect(main[0].json).toMatchObject({ id: 'p0', created: true, referralCode: 'P07' });
		const { id, accountId, created, skipped, reason, shareLinkReason, ...rest } = main[1].json;
		expect({ id, accountId, created, skipped, reason }).toEqual({
			id: 'p1',
			accountId: 'p1',
			created: false,
			skipped: true,
			reason: 'The participant already exists',
		});
		expect(shareLinkReason).toMatch(/was skipped/);
		expect(Object.values(rest).filter((value) => value !== null)).toEqual([]);
		expect(participant('p1')?.firstName).toBe('Old');
		expect(sent(simulator())).toEqual(['LookUpParticipants', 'UpsertParticipants']);
		expect(JSON.stringify(main[1])).not.toContain('SECRET');
	});

	test('Fail makes the item fail, and the others go on', async () => {
		const { outputs } = await run(upserting({ ...person, ifParticipantExists: 'error' }), {
			input: people(3),
			onError: 'continueErrorOutput',
		});
		expect(outputs[0].map(({ json }) => json.id)).toEqual(['p0', 'p2']);
		expect(outputs[1]).toHaveLength(1);
		expect(outputs[1][0].json).toMatchObject({
			id: 'p1',
			error: "Participant 'p1' already exists [item 1]",
		});
		if (KNOWS_ERROR_DETAILS) {
			expect(outputs[1][0].json.details).toMatchObject({
				hint: expect.stringContaining('Nothing was changed'),
			});
		}
		expect(participant('p1')?.firstName).toBe('Old');
	});

	test('a participant whom an earlier item created is one who exists', async () => {
		const { main } = await run(upserting({ ...person, ifParticipantExists: 'skip' }), {
			input: [{ id: 'p0' }, { id: 'p0' }],
		});
		expect(main.map(({ json }) => [json.created, json.skipped])).toEqual([
			[true, false],
			[false, true],
		]);
	});

	test.each(['skip', 'error'])(
		'%s: Retry On Fail keeps those whom it created',
		async (ifExists) => {
			simulator().faults.add({
				match: { operationName: 'upsertUsers' },
				then: { kind: 'partialBatchFailure', participants: ['p2'], error: { statusCode: 400 } },
			});
			const input = [{ id: 'p0' }, { id: 'p2' }, { id: 'p3' }];
			const { status, main, executions } = await run(
				upserting({ ...person, ifParticipantExists: ifExists }),
				{ input, retryOnFail: true, maxTries: 3 },
			);
			expect(executions).toBe(2);
			expect(status).toBe('success');
			expect(main.map(({ json }) => [json.id, json.created, json.referralCode])).toEqual([
				['p0', true, 'P07'],
				['p2', true, 'P27'],
				['p3', true, 'P37'],
			]);
		},
	);

	test('a lost answer does not turn the creation into somebody who exists', async () => {
		simulator().faults.add({
			match: { operationName: 'upsertUser' },
			times: 'always',
			then: { kind: 'applyThenReset' },
		});
		// The look before the creation is answered, the one that would settle it is not.
		simulator().faults.add({
			match: { operationName: 'LookUpParticipants', nth: 2 },
			times: 'always',
			then: { kind: 'status', status: 400 },
		});
		const options = { maxWaitTime: 0 };
		const parameters = upserting({ ...person, ifParticipantExists: 'error', options });
		const first = await run(parameters, { input: [{ id: 'p0' }] });
		expect(first.status).toBe('error');
		expect(participant('p0')).toBeDefined();
		simulator().faults.clear();
		const second = await run(parameters, { retryOf: first.run, executionId: '2' });
		expect(second.status).toBe('success');
		expect(second.main[0].json).toMatchObject({ id: 'p0', created: true });
	});
});

describe('what is compared with the answer', () => {
	test.each([
		['a name', { firstName: 'Ann' }, { firstName: 'Bea' }, 'first name'],
		['a custom field', {}, { customFields: { plan: 'basic' } }, 'custom field plan'],
		['a removed field', {}, { customFields: { plan: 'gold', old: 1 } }, 'custom field old'],
		['a referrer', { referredByCodes: 'BOB' }, { referredByCodes: ['EVE'] }, 'referred by codes'],
	])('%s that was not stored is a failure', async (_, additionalFields, answer, name) => {
		simulator().faults.add({
			match: { operationName: 'upsertUser' },
			then: {
				kind: 'status',
				status: 200,
				body: {
					data: {
						upsertUser: {
							id: 'p0',
							accountId: 'p0',
							segments: [],
							customFields: { plan: 'gold' },
							firstName: 'Ann',
							...answer,
						},
					},
				},
			},
		});
		const parameters = upserting({
			additionalFields,
			customFields: customFields(['plan', 'text', 'gold'], ['old', 'remove']),
		});
		const { error } = await run(parameters, { input: [{ id: 'p0' }] });
		expect(error?.message).toBe(
			`The API accepted participant 'p0' without storing all of it: ${name} [item 0]`,
		);
	});

	test('an address in another case and what is not answered are no difference', async () => {
		simulator().faults.add({
			match: { operationName: 'upsertUser' },
			then: {
				kind: 'status',
				status: 200,
				body: {
					data: { upsertUser: { id: 'p0', accountId: 'p0', segments: [], email: 'a@x.example' } },
				},
			},
		});
		const additionalFields = { email: 'A@x.example', firstName: 'Ann' };
		const { status } = await run(upserting({ additionalFields }), { input: [{ id: 'p0' }] });
		expect(status).toBe('success');
	});

	test('nothing is, with Verify Result off', async () => {
		simulator().faults.add({
			match: { operationName: 'upsertUser' },
			times: 2,
			then: {
				kind: 'status',
				status: 200,
				body: { data: { upsertUser: { id: 'p0', accountId: 'p0', segments: [] } } },
			},
		});
		const parameters = upserting({ segments: ['vip'], options: { verifyResult: false } });
		const { main } = await run(parameters, { input: [{ id: 'p0' }] });
		expect(main[0].json.segments).toEqual([]);
		const { error } = await run(upserting({ segments: ['vip'] }), { input: [{ id: 'p0' }] });
		expect(error?.message).toMatch(/'vip' was not added/);
	});
});

describe('codes and links', () => {
	beforeEach(() => {
		simulator().referrals.addProgram({ id: '7' });
		simulator().referrals.addProgram({ id: '8' });
	});

	test('come by program, and that of the chosen program by itself', async () => {
		const options = {
			includeShareLinks: true,
			program: { __rl: true, mode: 'id', value: '={{ $json.program }}' },
		};
		const { main, hints } = await run(upserting({ options }), {
			input: [
				{ id: 'p0', program: 8 },
				{ id: 'p1', program: '' },
			],
		});
		expect(main[0].json).toMatchObject({
			referralCode: 'P08',
			shareLink: 'https://share.example/P08',
			shareLinks: { '7': 'https://share.example/P07', '8': 'https://share.example/P08' },
		});
		expect(main[1].json).toMatchObject({ referralCode: null, shareLink: null });
		expect(hints.map(({ message }) => message)).toEqual([
			"1 participant has share links in several programs, so 'shareLink' is empty. Choose one in 'Program', or take it from 'shareLinks'",
		]);
	});

	test('that are empty for want of the chosen program are told of', async () => {
		const options = { program: { __rl: true, mode: 'id', value: '={{ $json.program }}' } };
		const { main, hints } = await run(upserting({ options }), {
			input: [
				{ id: 'p0', program: '9' },
				{ id: 'p1', program: '10' },
			],
		});
		expect(main.map(({ json }) => json.referralCode)).toEqual([null, null]);
		expect(hints.map(({ message }) => message)).toEqual([
			expect.stringMatching(/^2 participants have no referral code in the chosen program\. /),
		]);
	});

	test('are nothing to warn of for who asks for none', async () => {
		const { hints } = await run(upserting(), { input: [{ id: 'p0' }] });
		expect(hints).toEqual([]);
	});
});

test('without a program, a share link that was asked for is told of', async () => {
	const parameters = upserting({ options: { includeShareLinks: true } });
	const { main, hints } = await run(parameters, { input: [{ id: 'p0' }] });
	expect(main[0].json).toMatchObject({ shareLink: null, shareLinks: {} });
	expect(hints.map(({ message }) => message)).toEqual([
		expect.stringMatching(/^1 participant has no share link: .*Publish a program in Advocate/),
	]);
});

describe('failures', () => {
	test('what is no e-mail address is refused before anything is sent', async () => {
		const { outputs } = await run(
			upserting({ additionalFields: { email: '={{ $json.mail }}' }, segments: expression([]) }),
			{ input: [{ id: 'p0', mail: 'p0@@x.example' }], onError: 'continueErrorOutput' },
		);
		expect(outputs[1][0].json.error).toMatch(
			/^'Email' is 'p0@@x\.example', which is not an e-mail address/,
		);
	});

	test('the refusal of the API reaches the person, the others are done', async () => {
		const { outputs } = await run(
			upserting({ additionalFields: { locale: '={{ $json.locale }}' }, segments: expression([]) }),
			{
				input: [
					{ id: 'p0', locale: 'en_US' },
					{ id: 'p1', locale: 'eng' },
				],
				onError: 'continueErrorOutput',
			},
		);
		expect(outputs[0].map(({ json }) => json.id)).toEqual(['p0']);
		expect(outputs[1][0].json.error).toMatch(/locale is not valid.*\[item 1\]/i);
	});

	test.each([
		['Locale', { locale: 'english please' }, /'Locale' is 'english please', which is no/],
		['Country Code', { countryCode: 'Canada' }, /'Country Code' is 'Canada', which is no/],
		['Referable', { referable: '={{ "maybe" }}' }, /'Referable' is 'maybe'/],
		['First Name', { firstName: '={{ ({ a: 1 }) }}' }, /'First Name' is an object with 1 field/],
	])('%s: nothing is sent', async (_, additionalFields, message) => {
		const { error } = await run(upserting({ additionalFields }), { input: people(2) });
		expect(error?.message).toMatch(message);
		expect(sent(simulator())).toEqual([]);
	});

	test.each([
		['an expression for segments that gives nothing', { segments: '={{ $json.nothing }}' }],
		['Set without segments', { segmentAction: 'set', segments: [] }],
	])('%s is refused', async (_, parameters) => {
		simulator().state.addParticipant({ id: 'p0', segments: ['vip'] });
		const { error } = await run(upserting(parameters), { input: [{ id: 'p0' }] });
		expect(error?.message).toMatch(/'Segment Names or IDs'(?: is empty|: Set needs at least one)/);
		expect(simulator().state.segmentsOf('p0')).toEqual(['vip']);
	});
});

describe('an agent', () => {
	const asked = async (parameters: object) =>
		await run(upserting({ ifParticipantExists: 'skip', ...parameters }), {
			input: [{ id: 'p0' }],
			asTool: true,
		});

	test.each(['skip', 'error'])('may create (%s)', async (ifParticipantExists) => {
		const { error } = await asked({ ifParticipantExists });
		expect(error).toBeUndefined();
		expect(participant('p0')).toBeDefined();
	});

	test.each([
		['change participants', { ifParticipantExists: 'update' }],
		['put participants into segments', { segments: ['vip'] }],
	])('may not %s', async (what, parameters) => {
		const { error } = await asked(parameters);
		expect(error?.message).toContain(`An AI agent is not allowed to ${what}`);
		expect(sent(simulator())).toEqual([]);
	});
});
