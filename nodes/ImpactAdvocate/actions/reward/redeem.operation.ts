import type { IDataObject } from 'n8n-workflow';
import { expectAdvocateError } from '../../../shared/advocate/client/error';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { getAccountCredit, getBalances, redeemCredit } from '../../../shared/advocate/rewards';
import type { RedeemSource } from '../../../shared/advocate/rewards';
import { InputError } from '../../../shared/inputError';
import {
	readChoice,
	readOptions,
	readRequiredText,
	switchOption,
} from '../../../shared/n8n/parameters';
import { asAmount } from '../../../shared/n8n/parameterValues';
import { readParticipant } from '../../../shared/n8n/participantParameter';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { deedOperation } from '../deedOperation';
import type { ItemDeed } from '../deedOperation';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	optionsField,
	participantFields,
	showFor,
	TRANSPORT_OPTIONS,
} from '../fields';
import type { Run } from '../operation';
import { calledParticipant, missingParticipant, naming } from '../participant/output';
import { resolveParticipants } from '../participant/resolve';
import { amountField, rewardIdField } from './fields';
import { readUnit } from './units';
import { unitLocator } from '../locators';

const RISK = 'redeem credit, for good';

const { show } = showFor('reward', ['redeem']);

const from = (source: string) => ({ show: { ...show, redeemFrom: [source] } });

interface Request {
	source:
		| { choice: ReturnType<typeof readParticipant> }
		| Exclude<RedeemSource, { participant: ParticipantId }>;
	unit: string;
	amount: number;
	checkBalance: boolean;
}

type Ready = Omit<Request, 'source'> & { source: RedeemSource };

/** Redeem credit of a participant, of one reward or of an account. */
export const redeem = deedOperation<Request, Ready>({
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('reward', 'redeem', `use this operation, which can ${RISK}`),
		{
			displayName: 'Redeem From',
			name: 'redeemFrom',
			type: 'options',
			default: 'balance',
			description: 'Whose credit to redeem',
			displayOptions: { show },
			options: [
				{
					name: 'Account',
					value: 'account',
					description: 'What all participants of an account have together, colleagues included',
				},
				{
					name: 'Participant',
					value: 'balance',
					description: 'What a participant has, what expires first before the rest',
				},
				{ name: 'Reward', value: 'reward', description: 'What is left of one reward' },
			],
		},
		...participantFields(from('balance')),
		rewardIdField(from('reward')),
		{
			displayName: 'Account ID',
			name: 'redeemAccountId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. acme-inc',
			description: 'The account whose credit to redeem',
			displayOptions: from('account'),
		},
		unitLocator({ show }),
		amountField({ show }, 'How much to redeem, as a whole number of the unit'),
		optionsField({ show }, [
			{
				displayName: 'Check Balance',
				name: 'checkBalance',
				type: 'boolean',
				default: true,
				description:
					'Whether to read the balance first, and to refuse an item that asks for more. It is a convenience, not a lock: somebody else may redeem in between.',
			},
			...TRANSPORT_OPTIONS,
			ACCEPT_UNUSUAL_IDS_OPTION,
		]),
	],
	what: 'the credit was redeemed',
	onceMore: () =>
		"Running this again redeems again: only within one execution is it redeemed once, and it can't be taken back. To redeem once per order, put 'Event > Log' with the order ID in 'Count Once Per' in front, and an If that goes on only where 'duplicate' is false",
	read({ n8n }, itemIndex) {
		const options = readOptions(n8n, itemIndex);
		return {
			source: readSource(n8n, itemIndex),
			unit: readUnit(n8n, itemIndex),
			amount: asAmount(n8n.getNodeParameter('amount', itemIndex) as unknown, 'Amount'),
			checkBalance: switchOption(options, 'checkBalance', 'Check Balance', true),
		};
	},
	async prepare(run, items) {
		const choices = items.flatMap(({ request: { source } }) =>
			'choice' in source ? [source.choice] : [],
		);
		const targets = (await resolveParticipants(run.transport, choices)).values();
		return items.map(({ itemIndex, request }) => {
			const { source } = request;
			if (!('choice' in source)) return { itemIndex, request: { ...request, source } };
			const target = targets.next().value;
			return target instanceof Error || target === undefined
				? { itemIndex, failure: target }
				: { itemIndex, request: { ...request, source: { participant: target } } };
		});
	},
	laneOf: ({ source }) => laneOf(source),
	// Rewards are the account's. Which account a single reward belongs to is not known, so one is redeemed at a time.
	width: 1,
	async carryOut(run, { source, unit, amount, checkBalance }, deed) {
		if (checkBalance) await assertBalance(run, source, unit, amount);
		const result = await redeemOnce(run, source, { amount, unit }, deed);
		return {
			...sourceOutput(source),
			unit: result.unit,
			redeemed: result.creditRedeemed,
			available: result.creditAvailable,
			// An API that redeems what is there, in place of refusing, must not pass for one that did as told.
			complete: result.creditRedeemed === amount,
		};
	},
});

function readSource(n8n: Run['n8n'], itemIndex: number): Request['source'] {
	const sources = ['account', 'balance', 'reward'] as const;
	switch (readChoice(n8n, 'redeemFrom', 'Redeem From', sources, itemIndex, 'balance')) {
		case 'account':
			return { accountId: readRequiredText(n8n, 'redeemAccountId', 'Account ID', itemIndex) };
		case 'reward':
			return { rewardId: readRequiredText(n8n, 'rewardId', 'Reward ID', itemIndex) };
		case 'balance':
			return { choice: readParticipant(n8n, itemIndex) };
	}
}

/** @throws AdvocateError that names what was to be redeemed, where the API says that there is no such thing */
async function redeemOnce(
	{ transport }: Run,
	source: RedeemSource,
	credit: Parameters<typeof redeemCredit>[2],
	deed: ItemDeed,
): ReturnType<typeof redeemCredit> {
	try {
		return await deed.once(async () => await redeemCredit(transport, source, credit));
	} catch (caught) {
		throw naming(expectAdvocateError(caught), calledSource(source));
	}
}

function calledSource(source: RedeemSource): string {
	if ('accountId' in source) return `Account '${source.accountId}'`;
	return 'rewardId' in source
		? `Reward '${source.rewardId}'`
		: calledParticipant(source.participant);
}

function laneOf(source: RedeemSource): string {
	if ('accountId' in source) return source.accountId;
	return 'rewardId' in source ? source.rewardId : source.participant.accountId;
}

function sourceOutput(source: RedeemSource): IDataObject {
	if ('accountId' in source) return { accountId: source.accountId };
	if ('rewardId' in source) return { rewardId: source.rewardId };
	return { participantId: source.participant.id, accountId: source.participant.accountId };
}

/** @throws InputError when there is not enough; of one reward, the API itself says so */
async function assertBalance(
	{ transport }: Run,
	source: RedeemSource,
	unit: string,
	amount: number,
): Promise<void> {
	if ('rewardId' in source) return;
	const balances =
		'accountId' in source
			? await getAccountCredit(transport, source.accountId)
			: await getBalances(transport, source.participant, { type: 'CREDIT' });
	if (balances === undefined && 'participant' in source)
		throw missingParticipant(source.participant);
	const found = balances?.find((balance) => balance.unit === unit);
	const available = found?.availableValue ?? 0;
	if (available >= amount) return;
	const units = (balances ?? []).map(
		({ unit: name, availableValue }) => `${availableValue} ${name}`,
	);
	throw new InputError(
		`Only ${available} ${unit} can be redeemed, not ${amount}`,
		units.length === 0
			? 'Nothing was redeemed. The balance is empty'
			: `Nothing was redeemed. There is: ${units.join(', ')}${found === undefined ? '. Upper and lower case of the unit matter' : ''}`,
	);
}
