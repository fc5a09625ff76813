/** Rewards, balances and configured rewards: what pays, and what can't be taken back. */
import { failures } from './failures';
import type { SimulatorOptions } from './options';
import type { Participant, SimulatorState } from './state';

export type RewardType = 'CREDIT' | 'PCT_DISCOUNT' | 'FUELTANK' | 'INTEGRATION';

export type RewardStatus = 'PENDING' | 'CANCELLED' | 'EXPIRED' | 'REDEEMED' | 'AVAILABLE';

/** A reward of a participant. Rewards live on the account: its participants share them. */
export interface Reward {
	id: string;
	type: RewardType;
	userId: string;
	accountId: string;
	unit: string;
	name: string | null;
	/** Credit, percent or the amount of a fuel tank code. */
	value: number;
	redeemed: number;
	cancellable: boolean;
	fuelTankCode: string | null;
	globalRewardKey: string | null;
	programId: string | null;
	referralId: string | null;
	rewardSource: string;
	dateCreated: number;
	dateGiven: number | null;
	dateExpires: number | null;
	dateScheduledFor: number | null;
	dateCancelled: number | null;
}

/** A reward that the tenant has configured. */
export interface RewardConfig {
	key: string;
	name: string | null;
	rewardType: RewardType;
	amount: number | null;
	unit: string | null;
}

/** `rewardInput` of GraphQL and the body of REST: any JSON object. */
export type RewardInput = Readonly<Record<string, unknown>>;

export interface RewardFilter {
	AND?: RewardFilter[] | null;
	OR?: RewardFilter[] | null;
	id_eq?: string | null;
	id_in?: string[] | null;
	type_eq?: string | null;
	unit_eq?: string | null;
	userId_eq?: string | null;
	accountId_eq?: string | null;
	programId_eq?: string | null;
	dateCreated_gte?: number | null;
	dateCreated_lt?: number | null;
	statuses_eq?: { status: RewardStatus } | null;
}

const INPUT_FIELDS = new Set([
	'type',
	'unit',
	'assignedCredit',
	'discountPercent',
	'amount',
	'fuelTankCode',
	'fuelTankType',
	'name',
	'currency',
	'cancellable',
	'dateExpires',
	'dateScheduledFor',
]);

const isPositive = (value: unknown): value is number =>
	Number.isSafeInteger(value) && (value as number) > 0;

/** Statuses at this moment. */
export function statusesOf(reward: Reward): RewardStatus[] {
	if (reward.dateCancelled !== null) return ['CANCELLED'];
	const now = Date.now();
	if (reward.dateScheduledFor !== null && reward.dateScheduledFor > now) return ['PENDING'];
	if (reward.dateExpires !== null && reward.dateExpires <= now) return ['EXPIRED'];
	if (reward.redeemed > 0 && reward.redeemed === reward.value) return ['REDEEMED'];
	return ['AVAILABLE'];
}

/** What can still be redeemed of a reward. */
export function availableOf(reward: Reward): number {
	return statusesOf(reward)[0] === 'AVAILABLE' ? reward.value - reward.redeemed : 0;
}

function matches(reward: Reward, filter: RewardFilter): boolean {
	const given = <T>(wanted: T | null | undefined, test: (value: T) => boolean): boolean =>
		wanted === null || wanted === undefined || test(wanted);
	return (
		given(filter.id_eq, (id) => reward.id === id) &&
		given(filter.id_in, (ids) => ids.includes(reward.id)) &&
		given(filter.type_eq, (type) => reward.type === type) &&
		given(filter.unit_eq, (unit) => reward.unit === unit) &&
		given(filter.userId_eq, (id) => reward.userId === id) &&
		given(filter.accountId_eq, (id) => reward.accountId === id) &&
		given(filter.programId_eq, (id) => reward.programId === id) &&
		given(filter.dateCreated_gte, (from) => reward.dateCreated >= from) &&
		given(filter.dateCreated_lt, (until) => reward.dateCreated < until) &&
		given(filter.statuses_eq, ({ status }) => statusesOf(reward).includes(status)) &&
		given(filter.AND, (all) => all.every((entry) => matches(reward, entry))) &&
		given(filter.OR, (any) => any.some((entry) => matches(reward, entry)))
	);
}

/** The rewards of the tenant, and the rules of giving, redeeming and cancelling them. */
export class RewardBook {
	readonly rewards = new Map<string, Reward>();

	readonly configs = new Map<string, RewardConfig>();

	private count = 0;

	constructor(
		private readonly state: SimulatorState,
		private readonly options: SimulatorOptions,
	) {}

	reset(): void {
		this.rewards.clear();
		this.configs.clear();
		this.count = 0;
	}

	/** Put a configured reward in. */
	addConfig(fields: Partial<RewardConfig> & { key: string }): RewardConfig {
		const config = { name: fields.key, rewardType: 'CREDIT', amount: 10, unit: 'POINT' } as const;
		const complete: RewardConfig = { ...config, ...fields };
		this.configs.set(complete.key, complete);
		return complete;
	}

	/** Put a reward in, as it would be had a program given it. */
	add(fields: Partial<Reward> & { userId: string }): Reward {
		this.count++;
		const now = Date.now();
		const reward: Reward = {
			id: `reward-${this.count}`,
			type: 'CREDIT',
			accountId: fields.userId,
			unit: 'POINT',
			name: null,
			value: 100,
			redeemed: 0,
			cancellable: true,
			fuelTankCode: null,
			globalRewardKey: null,
			programId: null,
			referralId: null,
			rewardSource: 'AUTOMATED',
			dateCreated: now,
			dateGiven: now,
			dateExpires: null,
			dateScheduledFor: null,
			dateCancelled: null,
			...fields,
		};
		this.rewards.set(reward.id, reward);
		return reward;
	}

	/** Give a reward to a participant. */
	create(userId: string, accountId: string, input: RewardInput | undefined, key?: string): Reward {
		this.participant(accountId, userId);
		const owner = { userId, accountId, rewardSource: 'MANUAL' };
		if (key !== undefined) {
			const config = this.configs.get(key);
			if (config === undefined) throw failures.badRequest(`No reward has the key '${key}'.`);
			return this.add({
				...owner,
				type: config.rewardType,
				unit: config.unit ?? '',
				value: config.amount ?? 0,
				name: config.name,
				globalRewardKey: key,
			});
		}
		return this.add({ ...owner, ...this.fieldsOf(input ?? {}) });
	}

	/** The rewards that meet a filter, in the order in which they were given. */
	find(filter: RewardFilter): Reward[] {
		return [...this.rewards.values()].filter((reward) => matches(reward, filter));
	}

	/** Credit of an account, or of one of its participants, by unit. */
	balances(owner: { accountId: string; userId?: string }) {
		const totals = new Map<
			string,
			{ type: RewardType; unit: string; available: number; rewards: Reward[] }
		>();
		for (const reward of this.ownedBy(owner)) {
			const key = `${reward.type} ${reward.unit}`;
			const { type, unit } = reward;
			const entry = totals.get(key) ?? { type, unit, available: 0, rewards: [] };
			entry.available += availableOf(reward);
			entry.rewards.push(reward);
			totals.set(key, entry);
		}
		return [...totals.values()];
	}

	/** Redeem from what a participant (or, without one, an account) has, what expires first before the rest. */
	redeemBalance(owner: { accountId: string; userId?: string }, amount: unknown, unit: unknown) {
		if (owner.userId === undefined) {
			if (this.state.accountUsers(owner.accountId) === undefined) throw failures.accountNotFound();
		} else {
			this.participant(owner.accountId, owner.userId);
		}
		const rewards = this.ownedBy(owner)
			.filter((reward) => reward.type === 'CREDIT' && reward.unit === unit)
			.sort((a, b) => (a.dateExpires ?? Infinity) - (b.dateExpires ?? Infinity));
		return this.redeem(rewards, amount, unit);
	}

	/** Redeem from one reward. */
	redeemReward(id: string, amount: unknown, unit: unknown) {
		const reward = this.get(id);
		if (reward.unit !== unit)
			throw failures.badRequest(`The reward has the unit '${reward.unit}'.`);
		return this.redeem([reward], amount, unit);
	}

	/** Take a reward back, which is possible while nothing of it was redeemed. */
	cancel(id: string): Reward {
		const reward = this.get(id);
		if (reward.dateCancelled !== null || !reward.cancellable || reward.redeemed > 0) {
			throw failures.badRequest('This reward is not cancellable.');
		}
		reward.dateCancelled = Date.now();
		return reward;
	}

	/** One reward. */
	get(id: string): Reward {
		const reward = this.rewards.get(id);
		if (reward === undefined) throw failures.rewardNotFound();
		return reward;
	}

	private redeem(rewards: readonly Reward[], amount: unknown, unit: unknown) {
		if (!isPositive(amount))
			throw failures.badRequest('The amount must be a whole number above 0.');
		const available = rewards.reduce((sum, reward) => sum + availableOf(reward), 0);
		if (amount > available && this.options.redeemAboveBalance === 'reject') {
			throw failures.badRequest(`Only ${available} can be redeemed.`);
		}
		let open = Math.min(amount, available);
		const creditRedeemed = open;
		for (const reward of rewards) {
			const part = Math.min(open, availableOf(reward));
			reward.redeemed += part;
			open -= part;
		}
		return { unit, creditRedeemed, creditAvailable: available - creditRedeemed };
	}

	private ownedBy({ accountId, userId }: { accountId: string; userId?: string }): Reward[] {
		return this.find({ accountId_eq: accountId, userId_eq: userId });
	}

	private participant(accountId: string, id: string): Participant {
		const found = this.state.participant(accountId, id);
		if (found === undefined) throw failures.userNotFound();
		return found;
	}

	private isCredit(value: unknown): value is number {
		const isBelow = Number.isSafeInteger(value) && (value as number) < 0;
		return isPositive(value) || (isBelow && this.options.negativeCredit === 'accept');
	}

	private fieldsOf(input: RewardInput): Partial<Reward> {
		for (const name of Object.keys(input)) {
			if (!INPUT_FIELDS.has(name)) throw failures.badRequest(`Unknown field '${name}'.`);
		}
		const text = (name: string): string | null =>
			typeof input[name] === 'string' ? (input[name] as string) : null;
		const time = (name: string): number | null =>
			typeof input[name] === 'number' ? (input[name] as number) : null;
		const shared = {
			name: text('name'),
			cancellable: input.cancellable !== false,
			dateExpires: time('dateExpires'),
			dateScheduledFor: time('dateScheduledFor'),
		};
		switch (input.type) {
			case 'CREDIT':
				if (!this.isCredit(input.assignedCredit))
					throw failures.badRequest('assignedCredit is missing.');
				if (text('unit') === null) throw failures.badRequest('unit is missing.');
				return { ...shared, type: 'CREDIT', unit: text('unit') ?? '', value: input.assignedCredit };
			case 'PCT_DISCOUNT':
				if (!isPositive(input.discountPercent) || input.discountPercent > 100) {
					throw failures.badRequest('discountPercent must be from 1 to 100.');
				}
				return { ...shared, type: 'PCT_DISCOUNT', unit: '%', value: input.discountPercent };
			default:
				throw failures.badRequest('The type of the reward is not supported.');
		}
	}
}
