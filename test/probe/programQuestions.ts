/** The open questions that events, rewards and accounts raise. Everything is done to participants of the sandbox. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { ProbeError, reasonOf } from './client';
import type { GraphqlAnswer } from './client';
import type { Finding, ProbeContext, Question } from './question';
import { untilSeen } from './untilSeen';

/** A unit that no program of the tenant pays in. */
const UNIT = 'N8NPROBE';

async function giveCredit({ client }: ProbeContext, id: string, credit: number) {
	return await client.graphql(
		'mutation ProbeReward($r: RSJsonNode, $i: String!) { createReward(rewardInput: $r, userId: $i, accountId: $i) { id value availableValue } }',
		{ r: { type: 'CREDIT', unit: UNIT, assignedCredit: credit }, i: id },
	);
}

// Q16

async function redeemAbove(context: ProbeContext): Promise<Finding> {
	const { client, sandbox } = context;
	const id = sandbox.participantId();
	await sandbox.mustPut(id);
	const given = await giveCredit(context, id, 10);
	if (given.refusal !== undefined) throw new ProbeError(`no reward: ${given.refusal}`);
	const { data, refusal } = await client.graphql(
		'mutation ProbeRedeem($i: String!, $r: RedeemCreditInput!) { redeemUserCredit(userId: $i, accountId: $i, redeemCreditInput: $r) { creditRedeemed creditAvailable } }',
		{ i: id, r: { amount: 15, unit: UNIT } },
	);
	if (refusal !== undefined) {
		return {
			answer: 'It is refused',
			evidence: `15 of 10: ${refusal}`,
			switches: { redeemAboveBalance: 'reject' },
		};
	}
	const { creditRedeemed, creditAvailable } = isRecord(data.redeemUserCredit)
		? data.redeemUserCredit
		: {};
	const evidence = `15 of 10: ${String(creditRedeemed)} redeemed, ${String(creditAvailable)} left`;
	return creditRedeemed === 10
		? {
				answer: 'What is there is redeemed',
				evidence,
				switches: { redeemAboveBalance: 'partly' },
			}
		: { answer: `${String(creditRedeemed)} are redeemed`, evidence };
}

async function negativeCredit(context: ProbeContext): Promise<Finding> {
	const id = context.sandbox.participantId();
	await context.sandbox.mustPut(id);
	const { data, refusal } = await giveCredit(context, id, -10);
	return refusal !== undefined
		? { answer: 'It is refused', evidence: refusal, switches: { negativeCredit: 'reject' } }
		: {
				answer: 'It is taken',
				evidence: JSON.stringify(data.createReward),
				switches: { negativeCredit: 'accept' },
			};
}

// Q17

const EVENT = { key: 'n8nProbe', fields: { probe: true } };

async function repeatedKey({ client, sandbox }: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	await sandbox.mustPut(id);
	const body = { userId: id, accountId: id, idempotencyKey: id, events: [EVENT] };
	const path = `/open/account/${id}/user/${id}/events`;
	const first = await client.request('POST', path, { body });
	if (first.status >= 300) throw new ProbeError(`no event: ${reasonOf(first)}`);
	const second = await client.request('POST', path, { body });
	return {
		answer:
			second.status === 409
				? 'REST counts a key once'
				: `REST answers ${second.status} to the same key`,
		evidence: reasonOf(second),
	};
}

async function keyInGraphql({ client, sandbox }: ProbeContext): Promise<Finding> {
	const id = sandbox.participantId();
	await sandbox.mustPut(id);
	const log = async (): Promise<GraphqlAnswer> =>
		await client.graphql(
			'mutation ProbeEvent($e: UserEventInput!) { logUserEvent(userEventInput: $e) { events { id } } }',
			{ e: { userId: id, accountId: id, idempotencyKey: id, events: [EVENT] } },
		);
	const first = await log();
	if (first.refusal !== undefined) {
		return { answer: 'GraphQL takes no key', evidence: first.refusal };
	}
	const second = await log();
	return {
		answer: second.refusal === undefined ? 'GraphQL ignores a key' : 'GraphQL counts a key once',
		evidence: second.refusal ?? 'the same key was taken twice',
	};
}

// Q18

async function otherAccount({ client, sandbox }: ProbeContext): Promise<Finding> {
	const account = sandbox.participantId();
	const id = sandbox.participantId(account);
	await sandbox.mustPut(account);
	await sandbox.mustPut(id);
	const count = async (filter: object): Promise<number> => {
		const { users } = await client.must(
			'query ProbeCount($f: UserFilterInput) { users(filter: $f, limit: 1) { totalCount } }',
			{ f: filter },
		);
		return isRecord(users) ? Number(users.totalCount) : 0;
	};
	await untilSeen(client, async () => (await count({ id_eq: id, accountId_eq: account })) > 0);
	const found = await count({ id_eq: id });
	return {
		answer: `An ID alone ${found > 0 ? 'finds participants of every account' : 'finds nobody in another account'}`,
		evidence: `id_eq without an account: ${found}`,
	};
}

export const PROGRAM_QUESTIONS: Question[] = [
	{
		name: 'Q16',
		text: 'Redeeming more than there is? A credit below 0?',
		looks: [redeemAbove, negativeCredit],
	},
	{ name: 'Q17', text: 'Is an event counted once per key?', looks: [repeatedKey, keyInGraphql] },
	{ name: 'Q18', text: 'Does an ID alone find other accounts?', looks: [otherAccount] },
];
