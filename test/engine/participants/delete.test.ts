/** Participant > Delete in n8n's engine: rules 10 and 11 of what destroys, and what must not be done twice. */
import type { IConnections, INode, INodeParameters } from 'n8n-workflow';
import {
	bodies,
	byEmail,
	credentials,
	fromList,
	nodeRunner,
	pairs,
	people,
	sent,
	shown,
	useSimulator,
} from '../../support/advocate';
import { LOOP_TYPE, loopOverItems } from '../../support/loop';
import { CREDENTIAL_NAME, KNOWS_ERROR_DETAILS, NODE_TYPE, runWorkflow } from '../harness';
import { deleting } from './helpers';

const simulator = useSimulator();
const run = nodeRunner(simulator);

const left = (): string[] => [...simulator().state.participants.values()].map(({ id }) => id);
const deletions = (): string[] => sent(simulator()).filter((name) => name === 'DeleteParticipant');

const fill = (count: number) => {
	for (const { id } of people(count)) simulator().state.addParticipant({ id, email: `${id}@x.io` });
};

test('deletes who was asked for, item by item, and nobody else', async () => {
	fill(4);
	const { status, main } = await run(deleting(), { input: [{ id: 'p1' }, { id: 'p3' }] });
	expect(status).toBe('success');
	expect(left()).toEqual(['p0', 'p2']);
	expect(pairs(main)).toEqual([0, 1]);
	expect(main[0].json).toEqual({
		id: 'p1',
		accountId: 'p1',
		deleted: true,
		found: true,
		doNotTrack: false,
		deleteEmptyAccount: false,
		alsoFound: [],
	});
});

test.each([
	['left alone', {}, { doNotTrack: false, preserveEmptyAccount: true }],
	[
		'turned on',
		{ doNotTrack: true, deleteEmptyAccount: true },
		{ doNotTrack: true, preserveEmptyAccount: false },
	],
])('both settings are always sent: %s', async (_, options, wanted) => {
	fill(1);
	const { main } = await run(deleting({ options }), { input: [{ id: 'p0' }] });
	expect(main[0].json).toMatchObject({
		doNotTrack: wanted.doNotTrack,
		deleteEmptyAccount: !wanted.preserveEmptyAccount,
	});
	expect(main[0].json).not.toHaveProperty('preserveEmptyAccount');
	const [{ variables }] = bodies<{ variables: object }>(simulator(), 'DeleteParticipant');
	expect(variables).toEqual({ accountId: 'p0', id: 'p0', ...wanted });
	expect(simulator().state.doNotTrack.size).toBe(wanted.doNotTrack ? 1 : 0);
	expect(simulator().state.accountUsers('p0')).toEqual(
		wanted.preserveEmptyAccount ? new Map() : undefined,
	);
});

test.each([
	['by e-mail address', byEmail('Ann@x.io'), ''],
	['by e-mail address and account', byEmail('Ann@x.io'), 'acme'],
	['from the list', fromList('acme/u%2F1'), ''],
])('%s', async (_, participant, accountId) => {
	simulator().state.addParticipant({ id: 'u/1', accountId: 'acme', email: 'Ann@x.io' });
	simulator().state.addParticipant({ id: 'u/1', email: 'other@x.io' });
	const { main } = await run(deleting({ participant, accountId }));
	expect(main[0].json).toMatchObject({ id: 'u/1', accountId: 'acme', deleted: true });
	expect([...simulator().state.participants.values()].map((one) => one.accountId)).toEqual(['u/1']);
});

describe('nobody there', () => {
	test('is said, with a warning, and is no deletion', async () => {
		fill(1);
		const { main, hints } = await run(deleting(), { input: [{ id: 'nobody' }, { id: 'p0' }] });
		expect(main[0].json).toEqual({
			id: 'nobody',
			accountId: 'nobody',
			deleted: false,
			found: false,
			alsoFound: [],
		});
		expect(main[1].json.deleted).toBe(true);
		expect(hints.map(({ message }) => message).join()).toMatch(
			/Nobody was deleted for 1 item: .* could be searched only by the value you gave$/,
		);
		expect(deletions()).toHaveLength(1);
	});

	test.each(['exact', 'ignored'] as const)(
		'for bob@x.io where there is Bob@x.io (API: %s)',
		async (lookUpCase) => {
			simulator().options.lookUpCase = lookUpCase;
			simulator().state.addParticipant({ id: 'Bob@x.io', email: 'BOB@x.io' });
			const { main } = await run(deleting(), { input: [{ id: 'bob@x.io' }] });
			expect(main[0].json).toMatchObject({
				deleted: false,
				found: false,
				alsoFound: [{ id: 'Bob@x.io', accountId: 'Bob@x.io', email: 'BOB@x.io' }],
			});
			const other = await run(deleting({ participant: byEmail('bob@x.io') }));
			expect(other.main[0].json).toMatchObject({ email: 'bob@x.io', deleted: false, found: false });
			expect(other.main[0].json.alsoFound).toHaveLength(1);
			expect(left()).toEqual(['Bob@x.io']);
			expect(deletions()).toEqual([]);
		},
	);

	test('when somebody else deletes meanwhile', async () => {
		fill(1);
		simulator().faults.add({
			match: { operationName: 'deleteUser' },
			then: {
				kind: 'graphqlErrors',
				errors: [{ message: 'No user has the provided id.' }],
				apiError: { statusCode: 404, apiErrorCode: 'NOT_FOUND', rsCode: 'RS042' },
			},
		});
		const { main } = await run(deleting(), { input: [{ id: 'p0' }] });
		expect(main[0].json).toMatchObject({ id: 'p0', deleted: false, found: false });
	});
});

test('others with the same e-mail address or ID are listed', async () => {
	const { state } = simulator();
	state.addParticipant({ id: 'u1', email: 'Ann@x.io' });
	state.addParticipant({ id: 'u2', email: 'ann@x.io' });
	state.addParticipant({ id: 'u1', accountId: 'acme' });
	state.addParticipant({ id: 'u11', email: 'joann@x.io' });
	const { main, hints } = await run(deleting(), { input: [{ id: 'u1' }] });
	expect(main[0].json.alsoFound).toEqual(
		expect.arrayContaining([
			{ id: 'u1', accountId: 'acme', email: null },
			{ id: 'u2', accountId: 'u2', email: 'ann@x.io' },
		]),
	);
	expect(main[0].json.alsoFound).toHaveLength(2);
	expect(hints.map(({ message }) => message).join()).toMatch(/1 item has others/);
	expect(state.participants.size).toBe(3);
});

test('an address that several have is refused, the other items go on', async () => {
	fill(1);
	simulator().state.addParticipant({ id: 'a', email: 'ann@x.io' });
	simulator().state.addParticipant({ id: 'b', email: 'ann@x.io' });
	const { outputs } = await run(deleting({ participant: byEmail('={{ $json.mail }}') }), {
		input: [{ mail: 'ann@x.io' }, { mail: 'p0@x.io' }],
		onError: 'continueErrorOutput',
	});
	expect(outputs[0].map(({ json }) => json.id)).toEqual(['p0']);
	expect(outputs[1][0].json.error).toBe('2 participants have this e-mail address [item 0]');
	expect(left()).toEqual(['a', 'b']);
});

describe('an account that is an expression', () => {
	const parameters = deleting({ accountId: '={{ $json.account }}' });

	test('which gives nothing is refused', async () => {
		fill(2);
		const input = [{ id: 'p0', account: 'p0' }, { id: 'p1' }];
		const { error } = await run(parameters, { input });
		expect(error?.message).toMatch(/'Account ID' is an expression that gives nothing.*\[item 1\]/);
		expect(shown(error).description).toMatch(/Nothing was sent/);
		expect(sent(simulator())).toEqual([]);
		expect(left()).toHaveLength(2);
	});
});

describe('Delete at Most', () => {
	test('is 10 different participants: with 11, nobody is deleted', async () => {
		fill(11);
		const { status, error } = await run(deleting(), { input: people(11) });
		expect(status).toBe('error');
		expect(error?.message).toMatch(
			/would delete 11 participants in this execution: more than 'Delete at Most' \(10\)\. Nothing was sent$/,
		);
		expect(left()).toHaveLength(11);
		expect(deletions()).toEqual([]);
	});

	test.each([
		['continueErrorOutput', 1],
		['continueRegularOutput', 0],
	] as const)('fails every item where the workflow goes on: %s', async (onError, output) => {
		fill(11);
		const { outputs } = await run(deleting(), { input: people(11), onError });
		const items = outputs.flatMap((list) => list ?? []);
		expect(items).toHaveLength(11);
		expect(outputs[output]).toHaveLength(11);
		for (const { json, error } of items) {
			expect(String(json.error ?? error?.message)).toMatch(/Nothing was sent$/);
		}
		expect(left()).toHaveLength(11);
	});

	test('a key that is refused fails every item too', async () => {
		fill(2);
		simulator().faults.add({
			match: { operationName: 'LookUpParticipants' },
			then: { kind: 'status', status: 401, body: { message: 'No', apiErrorCode: 'UNAUTHORIZED' } },
		});
		const onError = 'continueErrorOutput';
		const { outputs } = await run(deleting(), { input: people(2), onError });
		expect([outputs[0]?.length ?? 0, outputs[1]?.length]).toEqual([0, 2]);
	});

	test('counts a participant once, and nobody who does not exist', async () => {
		fill(10);
		const input = [...people(10), { id: 'p0' }, ...people(30).slice(10)];
		const { status, main } = await run(deleting(), { input });
		expect(status).toBe('success');
		expect(left()).toEqual([]);
		expect(main.slice(0, 11).every(({ json }) => json.deleted === true)).toBe(true);
		expect(main.slice(11).every(({ json }) => json.found === false)).toBe(true);
		expect(deletions()).toHaveLength(10);
	});

	test.each([0, -1, 2.5, 'all'])('refuses %j', async (deleteAtMost) => {
		fill(1);
		const { error } = await run(
			deleting({ deleteAtMost: `={{ ${JSON.stringify(deleteAtMost)} }}` }),
			{
				input: [{ id: 'p0' }],
			},
		);
		expect(error?.message).toMatch(/'Delete at Most' is/);
		expect(left()).toHaveLength(1);
	});

	test('counts all rounds of a loop', async () => {
		fill(5);
		const node = (name: string, type: string, parameters: INodeParameters = {}): INode => ({
			id: name,
			name,
			type,
			typeVersion: 1,
			position: [0, 0],
			parameters,
			...(type === NODE_TYPE
				? { credentials: { [CREDENTIAL_NAME]: { id: 'c1', name: 'c' } } }
				: {}),
		});
		const to = (name: string) => [{ node: name, type: 'main' as const, index: 0 }];
		const { status, error } = await runWorkflow(
			{
				nodes: [
					node('Start', 'n8n-nodes-base.manualTrigger'),
					node('Loop', LOOP_TYPE, { batchSize: 1 }),
					node('Advocate', NODE_TYPE, deleting({ deleteAtMost: 3 })),
				],
				connections: {
					Start: { main: [to('Loop')] },
					Loop: { main: [null, to('Advocate')] },
					Advocate: { main: [to('Loop')] },
				} as IConnections,
			},
			{
				credentials: credentials(simulator()),
				nodeTypes: { [LOOP_TYPE]: loopOverItems() },
				given: { Start: people(5).map((json) => ({ json })) },
			},
		);
		expect(status).toBe('error');
		expect(error?.message).toMatch(
			/would delete 1 participant in this execution, after 3 that were deleted before/,
		);
		expect(left()).toEqual(['p3', 'p4']);
	});
});

test('Dry Run shows who would be deleted, without a limit, and deletes nobody', async () => {
	fill(12);
	const { main, hints } = await run(deleting({ dryRun: true }), {
		input: [...people(12), { id: 'nobody' }],
	});
	expect(main.slice(0, 12).every(({ json }) => json.dryRun === true && json.found === true)).toBe(
		true,
	);
	expect(main.every(({ json }) => json.deleted === false)).toBe(true);
	expect(main[12].json.found).toBe(false);
	expect(left()).toHaveLength(12);
	expect(deletions()).toEqual([]);
	expect(hints.map(({ message }) => message).join()).toMatch(/12 participants would be/);
});

describe('twice', () => {
	const refuse = (participantId: string, times: number | 'always' = 1) =>
		simulator().faults.add({
			match: { participantId, operationName: 'deleteUser' },
			times,
			then: {
				kind: 'graphqlErrors',
				errors: [{ message: 'Not now' }],
				apiError: { statusCode: 400, apiErrorCode: 'BAD_REQUEST' },
			},
		});

	test('Retry On Fail puts out what was deleted, and counts it once', async () => {
		fill(5);
		refuse('p3');
		const { status, main, executions } = await run(deleting({ deleteAtMost: 5 }), {
			input: people(5),
			retryOnFail: true,
			maxTries: 3,
		});
		expect(executions).toBe(2);
		expect(status).toBe('success');
		expect(main.map(({ json }) => [json.id, json.deleted])).toEqual(
			people(5).map(({ id }) => [id, true]),
		);
		expect(left()).toEqual([]);
	});

	test('Retry of a failed execution does too', async () => {
		fill(3);
		refuse('p1');
		const first = await run(deleting(), { input: people(3) });
		expect(first.status).toBe('error');
		expect(first.error?.message).toMatch(/Not now \[item 1\]/);
		const second = await run(deleting(), { retryOf: first.run, executionId: '2' });
		expect(second.status).toBe('success');
		expect(second.main.every(({ json }) => json.deleted === true)).toBe(true);
		expect(deletions()).toHaveLength(4);
	});

	test('a deletion whose answer is lost is ours, not a 404', async () => {
		fill(1);
		simulator().faults.add({
			match: { operationName: 'deleteUser' },
			then: { kind: 'applyThenReset' },
		});
		const { status, main } = await run(deleting(), { input: [{ id: 'p0' }] });
		expect(status).toBe('success');
		expect(main[0].json).toMatchObject({ id: 'p0', deleted: true, found: true });
		expect(deletions()).toHaveLength(2);
	});

	test('no clear answer at all: looked up', async () => {
		fill(2);
		simulator().faults.add({
			match: { operationName: 'deleteUser', participantId: 'p0' },
			times: 'always',
			then: { kind: 'applyThenReset' },
		});
		simulator().faults.add({
			match: { operationName: 'deleteUser', participantId: 'p1' },
			times: 'always',
			then: { kind: 'resetBeforeReply' },
		});
		const { outputs } = await run(deleting(), { input: people(2), onError: 'continueErrorOutput' });
		expect(outputs[0].map(({ json }) => [json.id, json.deleted, json.confirmedByLookUp])).toEqual([
			['p0', true, true],
		]);
		expect(outputs[1][0].json.error).toMatch(/It is not known whether the participant was deleted/);
		if (KNOWS_ERROR_DETAILS) {
			expect(outputs[1][0].json.details).toMatchObject({
				outcome: 'unknown',
				safeToRepeat: false,
				candidates: [{ id: 'p1', accountId: 'p1' }],
			});
		}
	});
});

test('a refused key ends the run, and what was not sent says so', async () => {
	fill(3);
	simulator().faults.add({
		match: { operationName: 'deleteUser', nth: 2 },
		times: 'always',
		then: { kind: 'status', status: 401, body: { message: 'No', apiErrorCode: 'UNAUTHORIZED' } },
	});
	const { outputs } = await run(deleting(), { input: people(3), onError: 'continueErrorOutput' });
	expect(outputs[0].map(({ json }) => json.id)).toEqual(['p0']);
	expect(outputs[1].map(({ json }) => json.id)).toEqual(['p1', 'p2']);
	expect(deletions()).toHaveLength(2);
});

test('an agent may not delete', async () => {
	fill(1);
	const { error } = await run(deleting(), { input: [{ id: 'p0' }], asTool: true });
	expect(error?.message).toMatch(/An AI agent is not allowed to use this operation here/);
	expect(sent(simulator())).toEqual([]);
});
