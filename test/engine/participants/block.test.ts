/** Participant > Block and Unblock in n8n's engine: rule 8, a 403 that may say "already so". */
import { byEmail, nodeRunner, pairs, sent, shown, useSimulator } from '../../support/advocate';
import { blocking, unblocking } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const dateBlocked = (id: string) => simulator().state.participant(id, id)?.dateBlocked;

const OPERATIONS = [
	['block', blocking, true, 'BlockParticipant'],
	['unblock', unblocking, false, 'UnblockParticipant'],
] as const;

describe.each(OPERATIONS)('%s', (name, parametersOf, blocked, request) => {
	/** Participants who are not as wanted yet, and one (`done`) who is. */
	beforeEach(() => {
		for (const id of ['p0', 'p1', 'done']) {
			const isBlocked = (id === 'done') === blocked;
			simulator().state.addParticipant({
				id,
				email: `${id}@x.io`,
				dateBlocked: isBlocked ? 1e12 : null,
			});
		}
	});

	test('does it, item by item, and says what was so already', async () => {
		const { status, main } = await run(parametersOf(), {
			input: [{ id: 'p0' }, { id: 'done' }, { id: 'p1' }],
		});
		expect(status).toBe('success');
		expect(pairs(main)).toEqual([0, 1, 2]);
		expect(main.map(({ json }) => [json.id, json.blocked, json.changed])).toEqual([
			['p0', blocked, true],
			['done', blocked, false],
			['p1', blocked, true],
		]);
		const dates = main.map(({ json }) => typeof json.dateBlocked === 'string');
		expect(dates).toEqual([blocked, blocked, blocked]);
		expect(['p0', 'p1', 'done'].map((id) => dateBlocked(id) !== null)).toEqual([
			blocked,
			blocked,
			blocked,
		]);
	});

	test('a 403 for want of rights is a failure', async () => {
		simulator().faults.add({
			match: { operationName: request },
			then: {
				kind: 'graphqlErrors',
				errors: [{ message: 'Forbidden' }],
				apiError: { statusCode: 403, apiErrorCode: 'FORBIDDEN' },
			},
		});
		const before = dateBlocked('p0');
		const { error } = await run(parametersOf(), { input: [{ id: 'p0' }] });
		expect(error?.message).toMatch(/Forbidden \[item 0\]/);
		expect(shown(error).description).toMatch(/participant is not (un)?blocked.*more rights/);
		expect(dateBlocked('p0')).toBe(before);
	});

	test('an answer without the participant is checked', async () => {
		for (const apply of [true, false]) {
			simulator().faults.add({
				match: { operationName: request },
				then: {
					kind: 'status',
					status: 200,
					body: { data: { [`${name}User`]: { user: null } } },
					apply,
				},
			});
		}
		const done = await run(parametersOf(), { input: [{ id: 'p0' }] });
		expect(done.main[0].json).toMatchObject({ blocked, changed: true });
		const { error } = await run(parametersOf(), { input: [{ id: 'p1' }] });
		expect(error?.message).toBe(
			`The API accepted to ${name} participant 'p1' without doing it [item 0]`,
		);
	});

	test('after a lost answer it is as wanted', async () => {
		simulator().faults.add({ match: { operationName: request }, then: { kind: 'applyThenReset' } });
		const { status, main } = await run(parametersOf(), { input: [{ id: 'p0' }] });
		expect(status).toBe('success');
		expect(main[0].json.blocked).toBe(blocked);
	});

	test.each(['null', 'error'] as const)(
		'of nobody fails, others go on (%s)',
		async (absentUser) => {
			simulator().options.absentUser = absentUser;
			const { outputs } = await run(parametersOf({ participant: byEmail('={{ $json.mail }}') }), {
				input: [{ mail: 'nobody@x.io' }, { mail: 'p0@x.io' }],
				onError: 'continueErrorOutput',
			});
			expect(outputs[0].map(({ json }) => json.id)).toEqual(['p0']);
			expect(outputs[1][0].json.error).toMatch(/No participant has this e-mail address/);
			const byMail = parametersOf({ participant: byEmail('={{ $json.mail }}') });
			const missed = await run(byMail, { input: [{ mail: 'nobody@x.io' }] });
			expect(shown(missed.error).description).toBe(
				'Check the address, upper and lower case included',
			);
			const { error } = await run(parametersOf(), { input: [{ id: 'nobody' }] });
			expect(error?.message).toMatch(/Participant 'nobody' does not exist/);
		},
	);

	test('an account whose expression gives nothing is refused', async () => {
		const { error } = await run(parametersOf({ accountId: '={{ $json.account }}' }), {
			input: [{ id: 'p0' }],
		});
		expect(error?.message).toMatch(/'Account ID' is an expression that gives nothing/);
		expect(sent(simulator())).toEqual([]);
	});

	test('an agent may not', async () => {
		const { error } = await run(parametersOf(), { input: [{ id: 'p0' }], asTool: true });
		expect(error?.message).toMatch(/An AI agent is not allowed to use this operation here/);
		expect(sent(simulator())).toEqual([]);
	});
});
