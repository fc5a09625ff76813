/** Examples of whole jobs, which start with an event of another service: each does its job, and does no harm when the event comes again. */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { runExample } from '../demo/exampleFiles';
import { useSimulator } from '../support/advocate';
import { NO_ADDRESSES } from '../support/noAddresses';
import { KNOWS_ERROR_DETAILS } from './harness';
import type { WorkflowRun } from './harness';

const simulator = useSimulator();
const state = () => simulator().state;
const jsonOf = (items: INodeExecutionData[]) => items.map(({ json }) => json);

/** Older releases of n8n have no details on the error output, so no hint either. */
const hintThat = (matches: RegExp) =>
	KNOWS_ERROR_DETAILS ? (expect.stringMatching(matches) as unknown) : null;

describe('hubspot-share-link.json', () => {
	const contact = (email?: string) => ({
		json: {
			properties: { firstname: { value: 'Ada' }, ...(email && { email: { value: email } }) },
		},
	});
	const created = async (...emails: Array<string | undefined>) =>
		await runExample('hubspot-share-link.json', simulator(), {
			mode: 'trigger',
			given: {
				'Contact Created': emails.map((_, contactId) => ({ json: { contactId } })),
				Contact: emails.map((email, item) => ({ ...contact(email), pairedItem: { item } })),
			},
		});

	beforeEach(() => {
		state().programIds.add('7');
	});

	it('makes a contact a participant and writes the share link back', async () => {
		const run = await created(undefined, 'ada@example.com');
		expect(run.status).toBe('success');
		expect(state().participant('ada@example.com', 'ada@example.com')).toMatchObject({
			email: 'ada@example.com',
			firstName: 'Ada',
		});
		const [{ email, additionalFields }] = jsonOf(run.items('Save the Share Link'));
		expect(email).toBe('ada@example.com');
		expect(additionalFields).toEqual({
			customPropertiesUi: {
				customPropertiesValues: [
					{ property: 'advocate_share_link', value: expect.stringMatching(/^https:\/\//) },
				],
			},
		});
	});

	it('changes and returns nothing of somebody who exists, whatever a form said', async () => {
		state().addParticipant({ id: 'bob@example.com', email: 'bob@example.com', firstName: 'Bob' });
		const run = await created('bob@example.com');
		expect(run.items('Save the Share Link')).toEqual([]);
		expect(jsonOf(run.items('Left as They Are'))).toEqual([
			expect.objectContaining({ id: 'bob@example.com', skipped: true }),
		]);
		expect(JSON.stringify(run.items('Create Participant'))).not.toContain('https://');
		expect(state().participant('bob@example.com', 'bob@example.com')?.firstName).toBe('Bob');
	});

	it('knows somebody who has the address in lower case', async () => {
		state().addParticipant({ id: 'bob@example.com', email: 'bob@example.com' });
		const run = await created('Bob@example.com');
		expect(run.items('Save the Share Link')).toEqual([]);
		expect(state().participants.size).toBe(1);
	});
});

describe('crm-webhook-share-link.json', () => {
	const saved = async (body: IDataObject, changes: IDataObject = {}) => {
		const given = { 'Contact Saved': [{ json: { headers: {}, body } }] };
		const nodes = { 'Create or Update': changes };
		return await runExample('crm-webhook-share-link.json', simulator(), { given }, nodes);
	};
	const ada = { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' };
	const person = () => state().participant('ada@example.com', 'ada@example.com');

	/** The answers of all nodes that answer; n8n takes one. */
	const answers = (run: WorkflowRun) =>
		['Answer with the Link', 'Answer without a Link', 'Answer Failed'].flatMap((name) =>
			jsonOf(run.items(name)),
		);

	it('makes a contact a participant and answers with the link, again when the call comes again', async () => {
		state().programIds.add('7');
		for (const firstName of ['Ada', 'Augusta Ada']) {
			const run = await saved({ ...ada, firstName });
			expect(run.status).toBe('success');
			expect(answers(run)).toEqual([
				{
					responseCode: 200,
					body: {
						participant: 'ada@example.com',
						shareLink: expect.stringMatching(/^https:\/\//),
						referralCode: expect.any(String),
					},
				},
			]);
			expect(person()).toMatchObject({ email: 'ada@example.com', firstName });
		}
		expect(state().participants.size).toBe(1);
	});

	it('keeps the names of a participant whom the CRM sends without them', async () => {
		state().addParticipant({ id: 'ada@example.com', firstName: 'Ada' });
		await saved({ email: 'ada@example.com' });
		expect(person()?.firstName).toBe('Ada');
	});

	it.each([
		['no program gives one', [], /^No active program has given/],
		['several programs do', ['7', '8'], /several programs: choose one in 'Program'/],
	])('answers that the contact is saved without a link where %s', async (_, programs, message) => {
		for (const id of programs) state().programIds.add(id);
		const answer = (text: RegExp) => ({
			responseCode: 200,
			body: {
				message: expect.stringMatching(text),
				participant: 'ada@example.com',
				shareLink: null,
			},
		});
		expect(answers(await saved(ada))).toEqual([answer(message)]);
		expect(person()).toBeDefined();
		const again = await saved(ada, { ifParticipantExists: 'skip' });
		expect(answers(again)).toEqual([answer(/exists already and was skipped/)]);
	});

	it.each([
		['a call without an address', {}, /^'email' is missing in the body, or empty$/],
		['a call without fields', 'text', /^'email' is missing in the body, or empty$/],
		[
			'a text that is no address',
			{ email: 'ada' },
			/^'email' in the body is not an e-mail address$/,
		],
		['a name that is none', { ...ada, lastName: {} }, /^'lastName' in the body is an empty object/],
		['an address that somebody has', ada, /belongs to participant 'u-77'$/],
	])('answers 422 with the reason to %s', async (_, body, message) => {
		state().programIds.add('7');
		state().addParticipant({ id: 'u-77', email: 'ada@example.com' });
		const run = await saved(body as IDataObject);
		expect(run.status).toBe('success');
		expect(JSON.stringify(answers(run))).not.toMatch(/expression|turn off/);
		expect(answers(run)).toEqual([
			{
				responseCode: 422,
				body: { message: expect.stringMatching(message), hint: expect.anything() as unknown },
			},
		]);
		expect(state().participants.size).toBe(1);
	});

	it.each(NO_ADDRESSES)(
		'creates nobody of %j, which is no address',
		async (email, reason, hint) => {
			const run = await saved({ ...ada, email });
			const body = { message: `'email' in the body ${reason}`, hint };
			expect(answers(run)).toEqual([{ responseCode: 422, body }]);
			expect(state().participants.size).toBe(0);
		},
	);

	it('says so when the body is a list', async () => {
		const run = await saved([ada] as never);
		const body = {
			message: 'The body is a list',
			hint: 'Send one call per contact, without [ ] around the JSON',
		};
		expect(answers(run)).toEqual([{ responseCode: 422, body }]);
		expect(state().participants.size).toBe(0);
	});

	it('answers 503 where the same call may succeed later', async () => {
		simulator().faults.add({ times: 'always', then: { kind: 'status', status: 503 } });
		const run = await saved(ada, { options: { maxWaitTime: 0 } });
		expect(answers(run)).toEqual([
			{
				responseCode: KNOWS_ERROR_DETAILS ? 503 : 422,
				body: { message: expect.stringMatching(/503/), hint: hintThat(/\w/) },
			},
		]);
	});

	it('takes capitals for the participant who has the address in small letters', async () => {
		state().programIds.add('7');
		state().addParticipant({ id: 'ada@example.com', email: 'ada@example.com' });
		const run = await saved({ ...ada, email: 'Ada@Example.com' });
		expect(answers(run)).toEqual([expect.objectContaining({ responseCode: 200 })]);
		expect(state().participants.size).toBe(1);
	});
});

describe('shopify-order-reward.json', () => {
	const order = (fields: IDataObject = {}) => ({
		json: { id: 4711, email: 'ada@example.com', currency: 'USD', total_price: '12.50', ...fields },
	});
	const paid = async (...orders: INodeExecutionData[]) =>
		await runExample('shopify-order-reward.json', simulator(), {
			mode: 'trigger',
			given: { 'Order Paid': orders },
		});
	const rewards = () => [...simulator().rewards.rewards.values()];

	beforeEach(() => {
		state().addParticipant({ id: 'ada@example.com' });
		simulator().rewards.addConfig({ key: 'orderThankYou' });
	});

	it('counts an order and gives the reward, once however often it arrives', async () => {
		const first = await paid(order());
		expect(first.status).toBe('success');
		expect(jsonOf(first.items('Give Reward'))).toMatchObject([
			{ participantId: 'ada@example.com', created: true },
		]);
		expect(simulator().events.events).toMatchObject([
			{ key: 'purchase', fields: { order_id: '4711', currency: 'USD', total: 12.5 } },
		]);
		const again = await paid(order());
		expect(jsonOf(again.items('No Reward'))).toMatchObject([{ logged: false, duplicate: true }]);
		expect(rewards()).toHaveLength(1);
		await paid(order({ id: 4712 }));
		expect(rewards()).toHaveLength(2);
	});

	it('gives once for an order that comes twice in one execution', async () => {
		await paid(order(), order());
		expect(rewards()).toHaveLength(1);
	});

	it('gives nothing for test orders, orders without an address, and customers who take no part', async () => {
		const run = await paid(
			order({ test: true }),
			order({ id: 4712, email: null }),
			order({ id: 4713, email: 'stranger@example.com' }),
		);
		expect(jsonOf(run.items('No Reward'))).toMatchObject([{ logged: false, skipped: true }]);
		expect(rewards()).toEqual([]);
		expect(state().participants.size).toBe(1);
	});

	it('gives nothing where the API takes no key that counts once', async () => {
		simulator().faults.add({
			match: { path: '/events$' },
			times: 'always',
			then: { kind: 'status', status: 403, body: { message: 'Endpoint Disabled' } },
		});
		const run = await paid(order());
		expect(jsonOf(run.items('No Reward'))).toMatchObject([{ logged: true, idempotent: false }]);
		expect(rewards()).toEqual([]);
	});
});

describe('erasure-request.json', () => {
	const request = async (Email: string, approved: boolean) =>
		await runExample('erasure-request.json', simulator(), {
			mode: 'trigger',
			given: {
				Request: [{ json: { Email } }],
				Ask: [{ json: { data: { approved } }, pairedItem: 0 }],
			},
		});
	const ids = () => [...state().participants.values()].map(({ id }) => id).sort();

	beforeEach(() => {
		for (const id of ['bob@example.com', 'Bob@Example.com', 'eve@example.com']) {
			state().addParticipant({ id, email: id });
		}
	});

	it('deletes the one who was asked for, after a person agreed, and lists who looks alike', async () => {
		const run = await request(' bob@example.com ', true);
		expect(run.status).toBe('success');
		expect(ids()).toEqual(['Bob@Example.com', 'eve@example.com']);
		expect(jsonOf(run.items('Report'))).toEqual([
			{
				deleted: true,
				found: true,
				lookAlikes: [expect.objectContaining({ id: 'Bob@Example.com', email: 'Bob@Example.com' })],
			},
		]);
	});

	it('deletes nobody when the person does not agree', async () => {
		const run = await request('bob@example.com', false);
		expect(run.items('Not Approved')).toHaveLength(1);
		expect(ids()).toHaveLength(3);
		expect(run.items('Report')).toEqual([]);
	});

	it('tells who looks alike when nobody has exactly the address, and deletes nobody', async () => {
		const run = await request('BOB@example.com', true);
		const [{ text }] = jsonOf(run.items('Nobody Found'));
		expect(text).toContain('BOB@example.com: no participant has exactly this address');
		expect(text).toContain('bob@example.com (account bob@example.com)');
		expect(text).toContain('Bob@Example.com (account Bob@Example.com)');
		expect(run.items('Ask')).toEqual([]);
		expect(ids()).toHaveLength(3);
	});

	it('asks with the participant and the look-alikes', async () => {
		const run = await runExample('erasure-request.json', simulator(), {
			mode: 'trigger',
			given: {
				Request: [{ json: { Email: 'bob@example.com' } }],
				'Approved?': [],
			},
		});
		expect(jsonOf(run.items('Ask'))).toMatchObject([
			{
				message:
					'Erase participant bob@example.com (account bob@example.com) for good? Others who look alike, and would stay: Bob@Example.com (account Bob@Example.com)',
			},
		]);
		expect(ids()).toHaveLength(3);
	});
});

describe('referral-converted-thanks.json', () => {
	const event = (id: string, referrer = 'ada@example.com') => ({
		json: {
			id,
			type: 'referral.converted',
			participants: [
				{ id: 'friend', accountId: 'friend', role: 'referred' },
				{ id: referrer, accountId: referrer, role: 'referrer' },
			],
		},
	});
	const converted = async (event_: INodeExecutionData, staticData?: IDataObject) =>
		await runExample('referral-converted-thanks.json', simulator(), {
			mode: 'trigger',
			given: { 'Referral Converted': [event_] },
			staticData,
		});

	beforeEach(() => {
		state().addParticipant({ id: 'ada@example.com', email: 'ada@example.com', firstName: 'Ada' });
		state().addParticipant({ id: 'friend' });
	});

	it('puts the referrer into the segment and writes to them, once per event', async () => {
		const run = await converted(event('e1'));
		expect(run.status).toBe('success');
		expect(jsonOf(run.items('Thank by E-Mail'))).toEqual([
			{
				toEmail: 'ada@example.com',
				text: 'Hello Ada,\n\nthank you for recommending us: your friend has become a customer.',
			},
		]);
		expect(state().segmentsOf('ada@example.com')).toEqual(['successfulReferrers']);
		expect(state().segmentsOf('friend')).toEqual([]);
		const again = await converted(event('e1'), run.staticData);
		expect(again.items('Thank by E-Mail')).toEqual([]);
		const next = await converted(event('e2'), run.staticData);
		expect(next.items('Thank by E-Mail')).toHaveLength(1);
	});

	it('writes to nobody without an address', async () => {
		state().addParticipant({ id: 'silent' });
		const run = await converted(event('e1', 'silent'));
		expect(run.status).toBe('success');
		expect(run.items('Thank by E-Mail')).toEqual([]);
	});
});
