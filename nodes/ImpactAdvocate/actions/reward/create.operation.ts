import type { IDataObject } from 'n8n-workflow';
import { expectAdvocateError, mayHaveBeenApplied } from '../../../shared/advocate/client/error';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { createReward, listRewardConfigs, listRewards } from '../../../shared/advocate/rewards';
import type { NewReward, Reward } from '../../../shared/advocate/rewards';
import { InputError } from '../../../shared/inputError';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import {
	amountOption,
	dateOption,
	readChoice,
	readLocator,
	readOptions,
	switchOption,
	textOption,
} from '../../../shared/n8n/parameters';
import { asAmount, asNumber, asText } from '../../../shared/n8n/parameterValues';
import { readParticipant } from '../../../shared/n8n/participantParameter';
import type { Deeds } from '../../deeds/deeds';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { deedOperation } from '../deedOperation';
import type { ReadyItem } from '../deedOperation';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	optionsField,
	participantFields,
	TRANSPORT_OPTIONS,
} from '../fields';
import type { ItemRequest, Run } from '../operation';
import { calledParticipant, naming } from '../participant/output';
import { resolveItems } from '../participant/resolve';
import { CREATE_FIELDS, CREATE_OPTIONS, PERCENT, show } from './create.fields';
import { rewardOutput } from './output';
import { readUnit, unknownUnits } from './units';

const RISK = 'give rewards, which are worth money';

interface Request {
	choice: ReturnType<typeof readParticipant>;
	reward: NewReward;
	/** Of custom credit. */
	credit?: { unit: string; amount: number; allowNewUnit: boolean; maxPerRun?: number };
}

interface Ready extends Request {
	target: ParticipantId;
	/** Rewards that the participant had before the request left. */
	earlier?: Set<string>;
}

/** Give a reward. */
export const create = deedOperation<Request, Ready>({
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('reward', 'create', `use this operation, which can ${RISK}`),
		...participantFields({ show }),
		...CREATE_FIELDS,
		optionsField({ show }, [...CREATE_OPTIONS, ...TRANSPORT_OPTIONS, ACCEPT_UNUSUAL_IDS_OPTION]),
	],
	what: 'the reward was given',
	onceMore: () =>
		"Running this again gives another reward: only within one execution is it given once. To take this one back, use 'Reward > Cancel' with the 'id' in the output. To give it once per order, put 'Event > Log' with the order ID in 'Count Once Per' in front, and an If that goes on only where 'duplicate' is false",
	read: readRequest,
	prepare,
	// Rewards are the account's: its participants share them.
	laneOf: ({ target }) => target.accountId,
	width: 2,
	async carryOut(run, request, deed, deeds) {
		const { target, reward, credit } = request;
		const mine = await rewardsLike(run, request);
		request.earlier = new Set(mine.map(({ id }) => id));
		const count = (amount: number) => {
			if (credit !== undefined) deeds.addTo(totalOf(credit.unit), amount);
		};
		const amount = credit?.amount ?? 0;
		count(amount);
		try {
			const created = await deed.once(
				async () => await createReward(run.transport, target, reward),
			);
			return { ...rewardOutput(created, target), created: true };
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!mayHaveBeenApplied(error)) count(-amount);
			throw naming(error, calledParticipant(target));
		}
	},
	async lookAfter(run, request) {
		const { target, earlier = new Set() } = request;
		const found = await rewardsLike(run, request);
		const candidates = found.filter(({ id }) => !earlier.has(id));
		const outputs = candidates.map((reward) => rewardOutput(reward, target));
		return outputs.length === 1
			? { json: { ...outputs[0], created: true, confirmedByLookUp: true } }
			: { candidates: outputs };
	},
});

/** The name of a running total. */
const totalOf = (unit: string): string => `credit in ${unit}`;

function readRequest({ n8n }: Run, itemIndex: number): Request {
	const options = readOptions(n8n, itemIndex);
	const choice = readParticipant(n8n, itemIndex);
	const from = readChoice(
		n8n,
		'rewardFrom',
		'Reward',
		['configured', 'credit', 'discount'] as const,
		itemIndex,
		'configured',
	);
	if (from === 'configured') {
		const { value } = readLocator(n8n.getNodeParameter('rewardKey', itemIndex) as unknown);
		const configured = asText(value, 'Configured Reward');
		if (configured !== '') return { choice, reward: { configured } };
		throw new ParameterError(
			"'Configured Reward' is empty",
			'Choose a reward from the list, or enter its key',
		);
	}
	const timezone = n8n.getTimezone();
	const shared = {
		name: textOption(options, 'rewardName', 'Reward Name') || undefined,
		cancellable: switchOption(options, 'cancellable', 'Cancellable', true),
		dateExpires: dateOption(options, 'dateExpires', 'Date Expires', timezone),
		dateScheduledFor: dateOption(options, 'dateScheduledFor', 'Date Scheduled For', timezone),
	};
	if (from === 'discount') {
		const value = n8n.getNodeParameter('discountPercent', itemIndex) as unknown;
		const discountPercent = asNumber(value, 'Percent', PERCENT);
		return { choice, reward: { custom: { type: 'PCT_DISCOUNT', discountPercent, ...shared } } };
	}
	const credit = readCredit(n8n, itemIndex, options);
	const { unit, amount: assignedCredit } = credit;
	return {
		choice,
		reward: { custom: { type: 'CREDIT', unit, assignedCredit, ...shared } },
		credit,
	};
}

function readCredit(
	n8n: Run['n8n'],
	itemIndex: number,
	options: IDataObject,
): NonNullable<Request['credit']> {
	const unit = readUnit(n8n, itemIndex);
	const amount = asAmount(n8n.getNodeParameter('amount', itemIndex) as unknown, 'Amount');
	const most = n8n.getNodeParameter('maxPerItem', itemIndex) as unknown;
	if (most === 0) {
		throw new ParameterError(
			"'Max Amount per Item' is not filled in",
			'Enter the most that one item may ever give, such as 100. It protects from a wrong amount',
		);
	}
	const maxPerItem = asAmount(most, 'Max Amount per Item');
	if (amount > maxPerItem) {
		throw new ParameterError(
			`'Amount' is ${amount}, which is more than 'Max Amount per Item' (${maxPerItem})`,
			"Check the amount. If it is right, raise 'Max Amount per Item'",
		);
	}
	const allowNewUnit = switchOption(options, 'allowNewUnit', 'Allow New Unit', false);
	const maxPerRun = amountOption(options, 'maxPerRun', 'Max Amount per Run');
	return { unit, amount, allowNewUnit, maxPerRun };
}

async function prepare(
	run: Run,
	items: ReadonlyArray<ReadyItem<Request>>,
	deeds: Deeds,
): Promise<Array<ItemRequest<Ready>>> {
	assertTotals(items, deeds);
	const problems = new Map<unknown, InputError>();
	const units = items.flatMap(({ request: { credit } }) =>
		credit === undefined || credit.allowNewUnit ? [] : [credit.unit],
	);
	for (const [unit, problem] of await unknownUnits(run.transport, new Set(units))) {
		problems.set(unit, problem);
	}
	const keys = await keysOf(run, items);
	const ready = await resolveItems(run.transport, items, (request, target) => ({
		...request,
		target,
	}));
	return ready.map((item) => {
		if ('failure' in item) return item;
		const { reward, credit } = item.request;
		const unitProblem = credit && !credit.allowNewUnit ? problems.get(credit.unit) : undefined;
		const keyProblem = 'configured' in reward ? keys(reward.configured) : undefined;
		const failure = unitProblem ?? keyProblem;
		return failure === undefined ? item : { itemIndex: item.itemIndex, failure };
	});
}

/**
 * Nothing is sent when all items together would give too much: by then it is clear that something is wrong.
 * @throws InputError
 */
function assertTotals(items: ReadonlyArray<ReadyItem<Request>>, deeds: Deeds): void {
	const sums = new Map<string, { sum: number; most: number }>();
	for (const { request } of items) {
		if (request.credit === undefined) continue;
		const { unit, amount, maxPerRun = Infinity } = request.credit;
		const entry = sums.get(unit) ?? { sum: deeds.total(totalOf(unit)), most: Infinity };
		entry.sum += amount;
		entry.most = Math.min(entry.most, maxPerRun);
		sums.set(unit, entry);
	}
	for (const [unit, { sum, most }] of sums) {
		if (sum <= most) continue;
		const given = deeds.total(totalOf(unit));
		const before = given === 0 ? '' : `, of which ${given} were given before`;
		throw new ParameterError(
			`The items would give ${sum} ${unit} in this execution${before}: more than 'Max Amount per Run' (${most})`,
			"Check the items. If they are right, raise 'Max Amount per Run'",
		);
	}
}

/** @returns tells of a configured reward why it can't be given, if so */
async function keysOf(
	run: Run,
	items: ReadonlyArray<ReadyItem<Request>>,
): Promise<(key: string) => InputError | undefined> {
	if (!items.some(({ request }) => 'configured' in request.reward)) return () => undefined;
	const configs = await listRewardConfigs(run.transport);
	return (key) => {
		if (configs.some((config) => config.key === key)) return undefined;
		const byName = configs.filter(({ name }) => name === key);
		return new InputError(
			`'Configured Reward' is '${key}', which is not the key of a reward`,
			byName.length === 1
				? `'${key}' is a name: its key is '${byName[0].key}'`
				: 'Choose one from the list. Keys are in impact.com, with the rewards',
		);
	};
}

/** Rewards of the participant that the one to give could be taken for. */
async function rewardsLike(
	{ transport }: Run,
	{ target, reward, credit }: Ready,
): Promise<Reward[]> {
	const found = await listRewards(transport, { participant: target, unit: credit?.unit }, NEWEST);
	return found.filter((entry) => {
		if ('configured' in reward) return entry.globalRewardKey === reward.configured;
		const { type, discountPercent } = reward.custom;
		return entry.type === type && entry.value === (credit?.amount ?? discountPercent);
	});
}

/** Rewards to look at; the API lists the newest first. */
const NEWEST = 100;
