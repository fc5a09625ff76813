/** What the fields of programs, events, rewards and referrals in the GraphQL schema do. */
import { failures } from './failures';
import type { ReferralFilter, Referral } from './referrals';
import { listFields, userFields } from './resolvers';
import type { GraphqlContext, PageArguments } from './resolvers';
import { availableOf, statusesOf } from './rewards';
import type { Reward, RewardFilter, RewardInput, RewardType } from './rewards';
import type { Participant } from './state';
import { pageOf } from './users';

interface RedeemCreditInput {
	amount: number;
	unit: string;
}

interface Listing<Filter> extends PageArguments {
	filter?: Filter | null;
	sortBy?: Array<{ field: string; order: 'ASC' | 'DESC' }> | null;
}

/** By date of creation, in either order; the API's other fields are not asked for. */
function sortedByDate<T>(
	rows: T[],
	sortBy: Listing<unknown>['sortBy'],
	dates: Readonly<Record<string, (row: T) => number>>,
): T[] {
	const [first] = sortBy ?? [];
	if (first === undefined) return rows;
	const dateOf = dates[first.field];
	if (dateOf === undefined) throw failures.badRequest(`Can't be sorted by '${first.field}'.`);
	const sign = first.order === 'DESC' ? -1 : 1;
	return [...rows].sort((a, b) => sign * (dateOf(a) - dateOf(b)));
}

function rewardFields(reward: Reward, { state }: GraphqlContext) {
	const { userId, accountId, value, unit } = reward;
	const user = state.participant(accountId, userId);
	const available = availableOf(reward);
	return {
		...reward,
		availableValue: available,
		prettyValue: `${value} ${unit}`,
		prettyAvailableValue: `${available} ${unit}`,
		dateRedeemed: null,
		statuses: statusesOf(reward),
		user: user === undefined ? null : userFields(user),
	};
}

export function referralFields(referral: Referral, { referrals }: GraphqlContext) {
	const side = (who: Referral['referrer']) => {
		const found = referrals.side(who);
		return found === null ? null : userFields(found);
	};
	return {
		...referral,
		referrerUser: () => side(referral.referrer),
		referredUser: () => side(referral.referred),
	};
}

function balanceFields(
	user: Participant,
	filter: { type_eq?: RewardType | null; unit_eq?: string | null } | null | undefined,
	{ rewards }: GraphqlContext,
) {
	return rewards
		.balances({ accountId: user.accountId, userId: user.id })
		.filter(
			({ type, unit }) => (filter?.type_eq ?? type) === type && (filter?.unit_eq ?? unit) === unit,
		)
		.map(({ type, unit, available, rewards: owned }) => {
			const total = (part: (reward: Reward) => number) =>
				owned.reduce((sum, reward) => sum + part(reward), 0);
			const having = (status: string) =>
				total((reward) => (statusesOf(reward)[0] === status ? reward.value : 0));
			return {
				__typename: type === 'CREDIT' ? 'CreditRewardBalance' : 'DiscountPercentRewardBalance',
				type,
				unit,
				availableValue: available,
				prettyAvailableValue: `${available} ${unit}`,
				totalPendingCredit: having('PENDING'),
				totalAssignedCredit: having('AVAILABLE') + having('REDEEMED'),
				totalRedeemedCredit: total(({ redeemed }) => redeemed),
				totalExpiredCredit: having('EXPIRED'),
				totalCancelledCredit: having('CANCELLED'),
			};
		});
}

/** Fields of a user that come from programs. */
export function programFieldsOf(user: Participant) {
	return {
		rewardBalanceDetails: (
			{ filter }: { filter?: { type_eq?: RewardType; unit_eq?: string } | null },
			context: GraphqlContext,
		) => balanceFields(user, filter, context),
		referrals: ({ filter, limit, offset }: Listing<ReferralFilter>, context: GraphqlContext) => {
			const found = context.referrals.find(filter ?? {}, user);
			const page = pageOf(found, limit, offset, context.options);
			return listFields(
				page.rows.map((referral) => referralFields(referral, context)),
				page.totalCount,
			);
		},
	};
}

/** Root fields. */
export const programRoot = {
	reward({ id }: { id: string }, context: GraphqlContext) {
		const found = context.rewards.rewards.get(id);
		return found === undefined ? null : rewardFields(found, context);
	},

	rewards({ filter, limit, offset, sortBy }: Listing<RewardFilter>, context: GraphqlContext) {
		const found = sortedByDate(context.rewards.find(filter ?? {}), sortBy, {
			dateCreated: ({ dateCreated }) => dateCreated,
		});
		const page = pageOf(found, limit, offset, context.options);
		return listFields(
			page.rows.map((reward) => rewardFields(reward, context)),
			page.totalCount,
		);
	},

	globalRewardConfigs({ limit, offset }: PageArguments, { rewards, options }: GraphqlContext) {
		const page = pageOf([...rewards.configs.values()], limit, offset, options);
		return listFields(page.rows, page.totalCount);
	},

	userEventKeys({ limit, offset }: PageArguments, { events, options }: GraphqlContext) {
		const page = pageOf(events.eventKeys(), limit, offset, options);
		return listFields(page.rows, page.totalCount);
	},

	programs(
		{ filter, limit, offset }: Listing<{ status_ne?: string | null; status_eq?: string | null }>,
		{ referrals, options }: GraphqlContext,
	) {
		const found = [...referrals.programs.values()].filter(
			({ status }) => status !== filter?.status_ne && (filter?.status_eq ?? status) === status,
		);
		const page = pageOf(found, limit, offset, options);
		return listFields(page.rows, page.totalCount);
	},

	referral({ id }: { id: string }, context: GraphqlContext) {
		const found = context.referrals.referrals.get(id);
		return found === undefined ? null : referralFields(found, context);
	},

	referrals({ filter, limit, offset, sortBy }: Listing<ReferralFilter>, context: GraphqlContext) {
		const found = sortedByDate(context.referrals.find(filter ?? {}), sortBy, {
			dateReferralStarted: ({ dateReferralStarted }) => dateReferralStarted,
		});
		const page = pageOf(found, limit, offset, context.options);
		return listFields(
			page.rows.map((referral) => referralFields(referral, context)),
			page.totalCount,
		);
	},

	logUserEvent({ userEventInput }: { userEventInput: unknown }, { events }: GraphqlContext) {
		return events.log(userEventInput, 'graphql');
	},

	createReward(
		{
			rewardInput,
			globalRewardKey,
			userId,
			accountId,
		}: {
			rewardInput?: RewardInput | null;
			globalRewardKey?: string | null;
			userId: string;
			accountId: string;
		},
		context: GraphqlContext,
	) {
		const created = context.rewards.create(
			userId,
			accountId,
			rewardInput ?? undefined,
			globalRewardKey ?? undefined,
		);
		return rewardFields(created, context);
	},

	redeemRewardCredit(
		{ id, redeemCreditInput }: { id: string; redeemCreditInput: RedeemCreditInput },
		{ rewards }: GraphqlContext,
	) {
		return rewards.redeemReward(id, redeemCreditInput.amount, redeemCreditInput.unit);
	},

	redeemUserCredit(
		{
			userId,
			accountId,
			redeemCreditInput,
		}: { userId: string; accountId: string; redeemCreditInput: RedeemCreditInput },
		{ rewards }: GraphqlContext,
	) {
		const { amount, unit } = redeemCreditInput;
		return rewards.redeemBalance({ accountId, userId }, amount, unit);
	},
};
