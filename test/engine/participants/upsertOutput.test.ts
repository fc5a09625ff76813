/** What Participant > Create or Update puts out, whatever became of the participant, in n8n's engine. */
import type { INodeParameters } from 'n8n-workflow';
import { nodeRunner, sent, useSimulator } from '../../support/advocate';
import type { NodeRun } from '../harness';
import { customFields, upserting } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

describe('the keys of the output', () => {
	const KEYS = [
		'id',
		'accountId',
		'firstName',
		'lastName',
		'email',
		'segments',
		'locale',
		'countryCode',
		'referable',
		'dateCreated',
		'customFields',
		'referralCode',
		'referralCodes',
		'created',
		'skipped',
		'reason',
	];
	const keysOf = ({ main }: NodeRun) => main.map(({ json }) => Object.keys(json));

	test.each(['update', 'skip'])(
		'are the same for whoever is created or exists (%s)',
		async (way) => {
			simulator().state.addParticipant({ id: 'p1', firstName: 'Old' });
			const parameters = {
				ifParticipantExists: way,
				customFields: customFields(['plan', 'text', '={{ $json.plan }}']),
			};
			const input = [{ id: 'p0', plan: 'gold' }, { id: 'p1' }, { id: 'p2' }];
			const plain = await run(upserting(parameters), { input });
			expect(keysOf(plain)).toEqual([KEYS, KEYS, KEYS]);
			const options = { includeShareLinks: true };
			const linked = await run(upserting({ ...parameters, options }), { input });
			const withLinks = [
				...KEYS.flatMap((key) => (key === 'created' ? ['shareLink', 'shareLinks', key] : [key])),
				'shareLinkReason',
			];
			expect(keysOf(linked)).toEqual([withLinks, withLinks, withLinks]);
			// Nobody is blamed for a link that was never asked for: who exists is skipped.
			expect(linked.hints.map(({ message }) => message)).toEqual(
				way === 'update' ? [expect.stringMatching(/^3 participants have no share link/)] : [],
			);
		},
	);

	test('are the same where the API answers next to nothing', async () => {
		const upsertUser = { id: 'p0', accountId: 'p0', segments: [] };
		simulator().faults.add({
			match: { operationName: 'upsertUser' },
			then: { kind: 'status', status: 200, body: { data: { upsertUser } } },
		});
		const { main } = await run(upserting(), { input: [{ id: 'p0' }] });
		expect(keysOf({ main } as NodeRun)).toEqual([KEYS]);
		expect(main[0].json).toMatchObject({
			firstName: null,
			customFields: null,
			referralCodes: null,
		});
	});
});

describe('why there is no share link', () => {
	const reasonOf = async (parameters: INodeParameters, mode = 'trigger') => {
		const { main } = await run(upserting(parameters), {
			input: [{ id: 'p0' }],
			mode: mode as never,
		});
		return main[0].json;
	};
	const options = { includeShareLinks: true };

	test('stands in the item, and is null where there is one', async () => {
		expect((await reasonOf({ options })).shareLinkReason).toBe(
			'No active program has given the participant a share link',
		);
		simulator().reset();
		simulator().referrals.addProgram({ id: '7' });
		expect(await reasonOf({ options })).toMatchObject({
			shareLink: expect.stringMatching(/^https/),
			shareLinkReason: null,
		});
		expect((await reasonOf({ options, ifParticipantExists: 'skip' })).shareLinkReason).toMatch(
			/was skipped/,
		);
		const program = { __rl: true, mode: 'id', value: '9' };
		expect((await reasonOf({ options: { ...options, program } })).shareLinkReason).toBe(
			"The participant has no share link in the program '9'",
		);
	});

	test('names the way to choose one of several', async () => {
		for (const id of ['7', '8']) simulator().referrals.addProgram({ id });
		expect((await reasonOf({ options, simplify: false })).shareLinkReason).toBe(
			"The participant has share links in several programs: choose one in 'Program', or take it from 'shareLinks'",
		);
	});
});

describe('whether the participant was created', () => {
	beforeEach(() => {
		simulator().state.addParticipant({ id: 'b@x.example', email: 'b@x.example' });
	});

	const createdOf = async (parameters: INodeParameters) => {
		const input = [{ id: 'a@x.example' }, { id: 'b@x.example' }];
		const { main } = await run(upserting(parameters), { input });
		return main.map(({ json }) => json.created);
	};
	const byAddress = { useEmailAsId: true, participantEmail: '={{ $json.id }}' };

	test('is not said with Update, as nobody looks before', async () => {
		expect(await createdOf({})).toEqual([null, null]);
		expect(sent(simulator())).toEqual(['UpsertParticipants']);
	});

	test('is said with Skip', async () => {
		expect(await createdOf({ ifParticipantExists: 'skip' })).toEqual([true, false]);
	});

	test('is said of those whom the look-up of their address has found', async () => {
		expect(await createdOf(byAddress)).toEqual([null, false]);
		expect(sent(simulator())).toEqual(['FindParticipantsByAddress', 'UpsertParticipants']);
	});

	test('is not said where the look-up saw another participant than was written', async () => {
		const gone = { id: 'b@x.example', accountId: 'b@x.example', email: 'b@x.example' };
		simulator().faults.add({
			match: { operationName: 'FindParticipantsByAddress' },
			then: {
				kind: 'status',
				status: 200,
				body: { data: { q0: { data: [] }, q1: { data: [{ ...gone, dateCreated: 1 }] } } },
			},
		});
		expect(await createdOf(byAddress)).toEqual([null, null]);
	});
});
