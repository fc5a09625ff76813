/** Event > Log in n8n's engine: what is sent, and what is refused before anything is. */
import type { INodeProperties } from 'n8n-workflow';
import { EVENT_FIELDS } from '../../../nodes/ImpactAdvocate/actions/event/fields';
import {
	byEmail,
	expression,
	fromList,
	nodeRunner,
	pairs,
	people,
	sent,
	shown,
	useSimulator,
} from '../../support/advocate';
import { logged, logging } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

interface EventBody {
	userId: string;
	idempotencyKey?: string;
	events: Array<Record<string, unknown>>;
}

const bodiesOfEvents = () =>
	simulator()
		.requests.filter(({ path }) => path.endsWith('/events'))
		.map(({ body }) => body as EventBody);

/** What a field of an order holds when it is added in the editor and left as it is. */
function blank(collection: string, name: string): unknown {
	const fields = EVENT_FIELDS.find((field) => field.name === collection)?.options ?? [];
	return (fields as INodeProperties[]).find((field) => field.name === name)?.default;
}

beforeEach(() => {
	for (const { id } of people(3))
		simulator().state.addParticipant({ id, email: `${id}@shop.example` });
});

test('a field named __proto__ is one like any other', async () => {
	const field = [{ name: '__proto__', type: 'text', value: 'x' }];
	const { status } = await run(logging({ fields: { field } }), { input: [{ id: 'p0' }] });
	expect(status).toBe('success');
	expect(JSON.stringify(bodiesOfEvents()[0].events[0].fields)).toBe('{"__proto__":"x"}');
});

test('logs an event per item, by expression, with its fields as they were typed', async () => {
	const parameters = logging({
		eventKey: { __rl: true, mode: 'key', value: '={{ $json.what }}' },
		fields: {
			field: [
				{ name: 'plan', type: 'text', value: '={{ $json.plan }}' },
				{ name: 'seats', type: 'number', value: '={{ $json.seats }}' },
				{ name: 'trial', type: 'boolean', value: 'no' },
			],
		},
		options: { dateTriggered: '2026-01-31T12:00:00Z' },
	});
	const { status, main } = await run(parameters, {
		input: [
			{ id: 'p0', what: 'signup', plan: 'gold', seats: '5' },
			{ id: 'p1', what: 'renewal', plan: 'basic', seats: 2.5 },
		],
	});
	expect(status).toBe('success');
	expect(pairs(main)).toEqual([0, 1]);
	expect(main[0].json).toEqual({
		participantId: 'p0',
		accountId: 'p0',
		eventKey: 'signup',
		fields: { plan: 'gold', seats: 5, trial: false },
		logged: true,
		duplicate: false,
		skipped: false,
		participantCreated: false,
		eventId: expect.any(String),
		dateTriggered: '2026-01-31T12:00:00.000Z',
	});
	expect(
		simulator().events.events.map(({ userId, key, fields, dateTriggered }) => ({
			userId,
			key,
			fields,
			dateTriggered,
		})),
	).toEqual(
		expect.arrayContaining([
			{
				userId: 'p0',
				key: 'signup',
				fields: { plan: 'gold', seats: 5, trial: false },
				dateTriggered: Date.UTC(2026, 0, 31, 12),
			},
			{
				userId: 'p1',
				key: 'renewal',
				fields: { plan: 'basic', seats: 2.5, trial: false },
				dateTriggered: Date.UTC(2026, 0, 31, 12),
			},
		]),
	);
});

test('one that was counted before has what was sent too', async () => {
	const parameters = logging({
		event: 'purchase',
		purchaseFields: { orderId: 'o1' },
		options: { countOncePer: 'o1', dateTriggered: '2026-01-31T12:00:00Z' },
	});
	const input = [{ id: 'p0' }];
	await run(parameters, { input, executionId: '1' });
	const { main } = await run(parameters, { input, executionId: '2' });
	expect(main[0].json).toEqual({
		participantId: 'p0',
		accountId: 'p0',
		eventKey: 'purchase',
		fields: { order_id: 'o1' },
		dateTriggered: '2026-01-31T12:00:00.000Z',
		logged: false,
		duplicate: true,
		skipped: false,
		participantCreated: false,
		eventId: null,
	});
});

test('an order that comes twice is sent as two events when only its Order ID is given', async () => {
	const parameters = logging({ event: 'purchase', purchaseFields: { orderId: 'o1' } });
	for (const executionId of ['1', '2'])
		await run(parameters, { input: [{ id: 'p0' }], executionId });
	const keys = bodiesOfEvents().map(({ idempotencyKey }) => idempotencyKey);
	expect(new Set(keys).size).toBe(2);
});

test('events of one participant keep their order, however many there are', async () => {
	const input = Array.from({ length: 30 }, (_, index) => ({
		id: `p${index % 3}`,
		what: `e${index}`,
	}));
	const parameters = logging({ eventKey: { __rl: true, mode: 'key', value: '={{ $json.what }}' } });
	const { main } = await run(parameters, { input });
	expect(main.map(({ json }) => json.eventKey)).toEqual(input.map(({ what }) => what));
	for (const { id } of people(3)) {
		const keys = simulator()
			.events.events.filter(({ userId }) => userId === id)
			.map(({ key }) => key);
		expect(keys).toEqual(input.filter((item) => item.id === id).map(({ what }) => what));
	}
});

test('a purchase has the fields that Advocate knows, amounts as numbers', async () => {
	const parameters = logging({
		event: 'purchase',
		purchaseFields: {
			orderId: '={{ $json.order }}',
			revenue: '={{ $json.revenue }}',
			currency: 'USD',
			products: '[{"product_id": "mug", "quantity": 2}]',
		},
	});
	const { main } = await run(parameters, {
		input: [{ id: 'p0', order: 4711, revenue: '12.50' }],
	});
	expect(main[0].json.fields).toEqual(bodiesOfEvents()[0].events[0].fields);
	expect(bodiesOfEvents()[0].events).toEqual([
		{
			key: 'purchase',
			fields: {
				order_id: '4711',
				revenue: 12.5,
				currency: 'USD',
				products: [{ product_id: 'mug', quantity: 2 }],
			},
		},
	]);
});

test('an amount of 0 that was entered is logged: an order may cost nothing', async () => {
	const parameters = logging({
		event: 'purchase',
		purchaseFields: { orderId: 'o1', total: '0', shipping: 0 },
	});
	const { status } = await run(parameters, { input: [{ id: 'p0' }] });
	expect(status).toBe('success');
	expect(bodiesOfEvents()[0].events).toEqual([
		{ key: 'purchase', fields: { order_id: 'o1', total: 0, shipping: 0 } },
	]);
});

test('a refund is an event of its own', async () => {
	const parameters = logging({ event: 'refund', refundFields: { orderId: 'o1', total: 5 } });
	await run(parameters, { input: [{ id: 'p0' }] });
	expect(bodiesOfEvents()[0].events).toEqual([
		{ key: 'refund', fields: { order_id: 'o1', total: 5 } },
	]);
});

test('participants by e-mail are looked up together, before anything is sent', async () => {
	const parameters = logging({ participant: byEmail('={{ $json.email }}') });
	const { main } = await run(parameters, {
		input: people(3).map(({ id }) => ({ email: `${id}@shop.example` })),
	});
	expect(main.map(({ json }) => json.participantId)).toEqual(['p0', 'p1', 'p2']);
	expect(sent(simulator())[0]).toBe('FindParticipantsByEmail');
	expect(sent(simulator())).toHaveLength(4);
});

test('a key from the list is the key', async () => {
	const { main } = await run(logging({ eventKey: fromList('signup') }), { input: [{ id: 'p0' }] });
	expect(main[0].json.eventKey).toBe('signup');
});

describe('a participant that does not exist', () => {
	const input = [{ id: 'nobody' }];

	test('fails the item', async () => {
		const { status, error } = await run(logging(), { input });
		expect(status).toBe('error');
		expect(shown(error)).toMatchObject({
			message: "Participant 'nobody' does not exist [item 0]",
			description: expect.stringContaining('If Participant Does Not Exist'),
		});
	});

	test('is left out', async () => {
		const { main } = await run(logging({ ifParticipantMissing: 'skip' }), { input });
		expect(main[0].json).toEqual({
			participantId: 'nobody',
			accountId: 'nobody',
			eventKey: 'signup',
			fields: {},
			dateTriggered: null,
			logged: false,
			duplicate: false,
			skipped: true,
			participantCreated: false,
			eventId: null,
		});
		expect(simulator().state.participants.size).toBe(3);
	});

	test('is created', async () => {
		const { main } = await run(logging({ ifParticipantMissing: 'create' }), { input });
		expect(main[0].json).toMatchObject({ logged: true, participantCreated: true });
		expect(logged(simulator())).toEqual(['nobody: signup']);
	});
});

describe('is refused before anything is sent', () => {
	test.each<[string, object, RegExp]>([
		[
			'an empty key',
			{ eventKey: { __rl: true, mode: 'key', value: '={{ $json.nothing }}' } },
			/'Event Key' is empty/,
		],
		[
			'fields that are no object',
			{ specifyFields: 'json', fieldsJson: '[1]' },
			/'Fields \(JSON\)' is a list with 1 entry/,
		],
		[
			'JSON that is none',
			{ specifyFields: 'json', fieldsJson: '{plan: gold}' },
			/'Fields \(JSON\)' is '\{plan: gold\}'/,
		],
		[
			'a list of lists',
			{ specifyFields: 'json', fieldsJson: '{"a": [[1]]}' },
			/'a' is a list of lists/,
		],
		[
			'a text that is too long',
			{ specifyFields: 'json', fieldsJson: expression({ a: 'ü'.repeat(751) }) },
			/'a' has more than 1500 bytes/,
		],
		[
			'the same field twice',
			{
				fields: {
					field: [
						{ name: 'a', type: 'text', value: '1' },
						{ name: 'a', type: 'text', value: '2' },
					],
				},
			},
			/names 'a' twice/,
		],
		[
			'a number with a comma',
			{ fields: { field: [{ name: 'a', type: 'number', value: '12,50' }] } },
			/'Value of a' is '12,50'/,
		],
		[
			'a switch that is none',
			{ fields: { field: [{ name: 'a', type: 'boolean', value: 'maybe' }] } },
			/'Value of a' is 'maybe'/,
		],
		[
			'a negative amount',
			{ event: 'purchase', purchaseFields: { revenue: -5 } },
			/'Revenue' is -5/,
		],
		[
			'an amount that was added and not filled in',
			{ event: 'purchase', purchaseFields: { total: blank('purchaseFields', 'total') } },
			/'Total' is empty/,
		],
		[
			'an amount of a refund that was not filled in',
			{ event: 'refund', refundFields: { revenue: blank('refundFields', 'revenue') } },
			/'Revenue' is empty/,
		],
		[
			'an amount whose expression gives nothing',
			{ event: 'purchase', purchaseFields: { total: '={{ $json.paid }}' } },
			/'Total' is empty/,
		],
		[
			'an amount with a comma',
			{ event: 'purchase', purchaseFields: { revenue: expression('1.250,00') } },
			/'Revenue' is '1\.250,00'/,
		],
		[
			'a currency in small letters',
			{ event: 'purchase', purchaseFields: { currency: 'usd' } },
			/'Currency' is 'usd'/,
		],
		[
			'products without an ID',
			{ event: 'purchase', purchaseFields: { products: '[{"sku": "1"}]' } },
			/'Products \(JSON\)' is a list/,
		],
		[
			'a date that is none',
			{ options: { dateTriggered: 'yesterday' } },
			/'Date Triggered' is 'yesterday'/,
		],
		[
			'a date in seconds',
			{ options: { dateTriggered: expression(1_769_860_800) } },
			/'Date Triggered' is 1769860800/,
		],
	])('%s', async (_, parameters, message) => {
		const { status, error } = await run(logging(parameters as never), { input: [{ id: 'p0' }] });
		expect(status).toBe('error');
		expect(error?.message).toMatch(message);
		expect(sent(simulator())).toEqual([]);
	});

	test('when one of several items is bad and the workflow stops on errors', async () => {
		const { error } = await run(logging(), { input: [{ id: 'p0' }, { id: '' }, { id: 'p1' }] });
		expect(error?.message).toMatch(/'Participant' is empty\. Nothing was sent/);
		expect(sent(simulator())).toEqual([]);
	});
});

test('the error output has the failed items with their input, the rest goes on', async () => {
	const { outputs } = await run(logging(), {
		input: [{ id: 'p0' }, { id: 'nobody', crm: 7 }, { id: 'p1' }],
		onError: 'continueErrorOutput',
	});
	expect(outputs[0].map(({ json }) => json.participantId)).toEqual(['p0', 'p1']);
	expect(pairs(outputs[0])).toEqual([0, 2]);
	expect(outputs[1]).toHaveLength(1);
	expect(outputs[1][0].json).toMatchObject({ error: expect.stringContaining('nobody'), crm: 7 });
});

test('an agent may not log events unless the owner allows it', async () => {
	const refused = await run(logging(), { input: [{ id: 'p0' }], asTool: true });
	expect(refused.error?.message).toMatch(/An AI agent is not allowed to use this operation here/);
	expect(sent(simulator())).toEqual([]);
	const allowed = await run(logging({ allowAgent: true }), { input: [{ id: 'p0' }], asTool: true });
	expect(allowed.main[0].json).toMatchObject({ logged: true });
});
