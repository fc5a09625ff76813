/** Participant > Create or Update with the e-mail address as the ID, in n8n's engine. */
import { bodies, nodeRunner, sent, shown, useSimulator } from '../../support/advocate';
import { upserting } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const participant = (id: string, accountId = id) => simulator().state.participant(accountId, id);

/** Create or update whoever has the item's `mail` as the ID. */
const byAddress = (parameters = {}) =>
	upserting({ useEmailAsId: true, participantEmail: '={{ $json.mail }}', ...parameters });

const mails = (...addresses: string[]) => addresses.map((mail) => ({ mail }));

test('a new participant gets the trimmed address in lower case as ID, and as typed as e-mail address', async () => {
	const { status, main } = await run(byAddress(), {
		input: mails(' Ada@shop.example ', 'bob@shop.example'),
	});
	expect(status).toBe('success');
	expect(main.map(({ json }) => [json.id, json.accountId, json.email])).toEqual([
		['ada@shop.example', 'ada@shop.example', 'Ada@shop.example'],
		['bob@shop.example', 'bob@shop.example', 'bob@shop.example'],
	]);
	expect(sent(simulator())).toEqual(['FindParticipantsByAddress', 'UpsertParticipants']);
});

describe.each(['exact', 'ignored'] as const)('with look-ups whose case is %s:', (lookUpCase) => {
	beforeEach(() => simulator().setOptions({ lookUpCase }));

	test.each([
		['nina@shop.example', 'Nina@Shop.example'],
		['Nina@Shop.example', 'Nina@Shop.example'],
		['nina@shop.example', 'nina@shop.example'],
	])('%s is updated by %s', async (id, mail) => {
		simulator().state.addParticipant({ id, email: id });
		const { status, main } = await run(byAddress({ additionalFields: { firstName: 'Nina' } }), {
			input: mails(mail),
		});
		expect(status).toBe('success');
		expect(main[0].json).toMatchObject({ id, accountId: id, email: mail, firstName: 'Nina' });
		expect(main[0].json.created).toBe(false);
		expect(simulator().state.participants.size).toBe(1);
	});

	test('capitals first, small letters in the next run: one participant', async () => {
		for (const mail of ['Zed@Corp.example', 'zed@corp.example', 'ZED@corp.example']) {
			const { status } = await run(byAddress(), { input: mails(mail) });
			expect(status).toBe('success');
		}
		expect([...simulator().state.participants.values()].map(({ id }) => id)).toEqual([
			'zed@corp.example',
		]);
	});

	test('spellings in one run are one participant, in the order of the items', async () => {
		const parameters = byAddress({ additionalFields: { firstName: '={{ $itemIndex }}' } });
		const { status, main } = await run(parameters, {
			input: mails('Bob@shop.example', 'bob@shop.example', 'BOB@shop.example'),
		});
		expect(status).toBe('success');
		expect(main.map(({ json }) => [json.id, json.firstName])).toEqual([
			['bob@shop.example', '0'],
			['bob@shop.example', '1'],
			['bob@shop.example', '2'],
		]);
		expect(participant('bob@shop.example')?.firstName).toBe('2');
		expect(simulator().state.participants.size).toBe(1);
	});

	test('what one spelling finds holds for all of the run', async () => {
		simulator().state.addParticipant({ id: 'Bob@shop.example' });
		const { status } = await run(byAddress(), {
			input: mails('bob@shop.example', 'Bob@shop.example'),
		});
		expect(status).toBe('success');
		expect([...simulator().state.participants.values()].map(({ id }) => id)).toEqual([
			'Bob@shop.example',
		]);
	});

	test('two participants whose IDs differ in capitals only are not guessed at', async () => {
		for (const id of ['Bob@shop.example', 'bob@shop.example']) {
			simulator().state.addParticipant({ id });
		}
		const { error } = await run(byAddress(), { input: mails('Bob@shop.example') });
		expect(error?.message).toBe(
			"The e-mail address 'Bob@shop.example' belongs to 2 participants: 'Bob@shop.example' and 'bob@shop.example' [item 0]",
		);
		expect(shown(error).description).toMatch(/^Nothing was sent\b.*Participant > Delete/);
		expect(sent(simulator())).toEqual(['FindParticipantsByAddress']);
	});

	test.each([
		['skip', 'skipped'],
		['error', 'error'],
	])('%s finds who exists in small letters', async (ifParticipantExists, end) => {
		simulator().state.addParticipant({ id: 'bob@shop.example', firstName: 'Old' });
		const parameters = byAddress({
			ifParticipantExists,
			additionalFields: { firstName: 'New' },
		});
		const { main, error } = await run(parameters, { input: mails('Bob@shop.example') });
		if (end === 'skipped') expect(main[0].json.skipped).toBe(true);
		else expect(error?.message).toContain("'bob@shop.example' already exists");
		expect(participant('bob@shop.example')?.firstName).toBe('Old');
		expect(simulator().state.participants.size).toBe(1);
	});
});

describe('Account ID', () => {
	test('is another one: the ID is in lower case, the account as given', async () => {
		const { main } = await run(byAddress({ accountId: 'Acme' }), {
			input: mails('Ada@shop.example', 'ada@shop.example'),
		});
		expect(main.map(({ json }) => [json.id, json.accountId])).toEqual([
			['ada@shop.example', 'Acme'],
			['ada@shop.example', 'Acme'],
		]);
	});

	test('is the address: it is written as the ID', async () => {
		const { main } = await run(byAddress({ accountId: '={{ $json.mail }}' }), {
			input: mails('Ada@shop.example'),
		});
		expect(main[0].json).toMatchObject({ id: 'ada@shop.example', accountId: 'ada@shop.example' });
	});
});

test.each([
	['of another ID', { id: 'u-77', email: 'Bob@shop.example' }, "'u-77'"],
	['in lower case', { id: 'u-77', email: 'bob@shop.example' }, "'u-77'"],
	[
		'in another account',
		{ id: 'Bob@shop.example', accountId: 'acme' },
		"'Bob@shop.example' of account 'acme'",
	],
	[
		'in another account and case',
		{ id: 'bob@shop.example', accountId: 'acme' },
		"'bob@shop.example' of account 'acme'",
	],
])('refuses an address that somebody has: %s', async (_, existing, name) => {
	simulator().state.addParticipant(existing);
	const { error } = await run(byAddress(), { input: mails('Bob@shop.example') });
	expect(error?.message).toContain(`belongs to participant ${name}`);
	expect(shown(error).description).toMatch(
		/would become a second participant\..*another Create or Update with 'Use Email as ID' off/,
	);
	expect(simulator().state.participants.size).toBe(1);
});

test('whoever else has the address as e-mail address only does not stand in the way', async () => {
	simulator().state.addParticipant({ id: 'bob@shop.example' });
	simulator().state.addParticipant({ id: 'u-77', email: 'bob@shop.example' });
	const { main } = await run(byAddress(), { input: mails('Bob@shop.example') });
	expect(main[0].json.id).toBe('bob@shop.example');
});

test('Retry On Fail meets the participant that it has created', async () => {
	simulator().faults.add({
		match: { operationName: 'upsertUser' },
		then: { kind: 'applyThenReset' },
	});
	const { status, main } = await run(byAddress({ ifParticipantExists: 'error' }), {
		input: mails('Bob@shop.example'),
		retryOnFail: true,
		maxTries: 2,
	});
	expect(status).toBe('success');
	expect(main[0].json.id).toBe('bob@shop.example');
	expect(
		bodies<{ variables: { userInput: { email: string } } }>(simulator(), 'UpsertParticipant')[0]
			.variables.userInput,
	).toMatchObject({ id: 'bob@shop.example', email: 'Bob@shop.example' });
});

test.each([
	['nothing', /'Email' is empty/],
	['no address', /'Email' is not an e-mail address/],
])('refuses %s', async (mail, message) => {
	const { error } = await run(byAddress(), {
		input: [mail === 'nothing' ? {} : { mail: 'bob' }],
	});
	expect(error?.message).toMatch(message);
	expect(sent(simulator())).toEqual([]);
});
