/**
 * Rewards of participants. The API has no way to give, redeem or cancel "once": what may have been done must not be
 * sent again, so no request here is repeated unless the API surely did not act (429).
 */
import { unlessMissing } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import type { Transport } from './client/transport';
import { isRecord, jsonBytes } from './client/values';
import { runGraphql } from './graphql';
import { readList, readPages } from './paging';
import { pathSegment, restAnswer } from './participants';
import type { ParticipantId } from './participants';

export const REWARD_TYPES = ['CREDIT', 'PCT_DISCOUNT', 'FUELTANK', 'INTEGRATION'] as const;

export const REWARD_STATUSES = [
	'PENDING',
	'CANCELLED',
	'EXPIRED',
	'REDEEMED',
	'AVAILABLE',
] as const;

/** A reward as the API sends it. Dates are milliseconds since the epoch. */
export type Reward = Record<string, unknown> & {
	id: string;
	type: string;
	unit: string | null;
	value: number;
	statuses: string[];
};

/** What to give: a reward that is configured in the tenant, or one made up here. */
export type NewReward =
	| { configured: string }
	| { custom: Readonly<Record<string, unknown>> & { type: 'CREDIT' | 'PCT_DISCOUNT' } };

/** A balance of one kind and unit. */
export type RewardBalance = Record<string, unknown> & {
	type: string;
	unit: string;
	availableValue: number;
};

export interface RedeemResult {
	unit: string;
	creditRedeemed: number;
	creditAvailable: number;
}

/** A reward that is configured in the tenant. */
export interface RewardConfig {
	key: string;
	name: string | null;
	rewardType: string | null;
	amount: number | null;
	unit: string | null;
}

/** Which rewards to list. */
export interface RewardFilter {
	participant?: ParticipantId;
	accountId?: string;
	status?: string;
	unit?: string;
	type?: string;
	programId?: string;
	/** Milliseconds since the epoch. */
	createdSince?: number;
}

const REWARD_FIELDS =
	'id type value unit name statuses prettyValue availableValue prettyAvailableValue dateCreated dateScheduledFor dateGiven dateExpires dateRedeemed dateCancelled cancellable rewardSource programId globalRewardKey referralId fuelTankCode user { id accountId }';

/** Rewards per page. The vendor's own client asks for 1,000. */
const REWARD_PAGE_SIZE = 100;

function readReward(value: unknown): Reward {
	if (!isRecord(value) || typeof value.id !== 'string') throw errorFromBadAnswer(200, value);
	return value as Reward;
}

/**
 * Give a reward.
 * @throws AdvocateError; when `mayHaveBeenApplied` says so, it may have been given
 */
export async function createReward(
	transport: Transport,
	participant: ParticipantId,
	reward: NewReward,
): Promise<Reward> {
	const data = await runGraphql(transport, {
		operationName: 'CreateReward',
		document: `mutation CreateReward($rewardInput: RSJsonNode, $globalRewardKey: String, $userId: String!, $accountId: String!) { createReward(rewardInput: $rewardInput, globalRewardKey: $globalRewardKey, userId: $userId, accountId: $accountId) { ${REWARD_FIELDS} } }`,
		variables: {
			userId: participant.id,
			accountId: participant.accountId,
			...('configured' in reward
				? { globalRewardKey: reward.configured }
				: { rewardInput: reward.custom }),
		},
		repeatable: false,
	});
	return readReward(data.createReward);
}

function filterOf({ participant, accountId, createdSince, ...filter }: RewardFilter): object {
	return {
		userId_eq: participant?.id,
		accountId_eq: participant?.accountId ?? accountId,
		statuses_eq: filter.status === undefined ? undefined : { status: filter.status },
		unit_eq: filter.unit,
		type_eq: filter.type,
		programId_eq: filter.programId,
		dateCreated_gte: createdSince,
	};
}

/**
 * List rewards, the newest first.
 * @param wanted how many at most
 * @throws AdvocateError
 */
export async function listRewards(
	transport: Transport,
	filter: RewardFilter,
	wanted?: number,
): Promise<Reward[]> {
	const fetchPage = async (page: { limit: number; offset: number }) => {
		const data = await runGraphql(transport, {
			operationName: 'ListRewards',
			document: `query ListRewards($filter: RewardFilterInput, $limit: Int!, $offset: Int!, $sortBy: [RSSortByInput!]) { rewards(filter: $filter, limit: $limit, offset: $offset, sortBy: $sortBy) { totalCount data { ${REWARD_FIELDS} } } }`,
			variables: {
				filter: filterOf(filter),
				...page,
				sortBy: [{ field: 'dateCreated', order: 'DESC' }],
			},
		});
		return readList(data.rewards, 'data', readReward);
	};
	return await readPages(fetchPage, { pageSize: REWARD_PAGE_SIZE, wanted });
}

/**
 * The balances of a participant, by type and unit.
 * @returns nothing when there is no such participant
 * @throws AdvocateError
 */
export async function getBalances(
	transport: Transport,
	participant: ParticipantId,
	filter: { type?: string; unit?: string } = {},
): Promise<RewardBalance[] | undefined> {
	const data = await unlessMissing(
		runGraphql(transport, {
			operationName: 'GetRewardBalances',
			document:
				'query GetRewardBalances($accountId: String!, $id: String!, $filter: RewardBalanceFilterInput) { user(accountId: $accountId, id: $id) { rewardBalanceDetails(filter: $filter) { type unit availableValue prettyAvailableValue ... on CreditRewardBalance { totalAssignedCredit totalRedeemedCredit totalPendingCredit totalExpiredCredit totalCancelledCredit } } } }',
			variables: {
				accountId: participant.accountId,
				id: participant.id,
				filter: { type_eq: filter.type, unit_eq: filter.unit },
			},
		}),
	);
	if (data?.user === null || data?.user === undefined) return undefined;
	return readList(data.user, 'rewardBalanceDetails', (entry) => {
		if (!isRecord(entry) || typeof entry.availableValue !== 'number') {
			throw errorFromBadAnswer(200, entry);
		}
		return entry as RewardBalance;
	}).results;
}

/**
 * Credit of an account, which all of its participants share.
 * @throws AdvocateError
 */
export async function getAccountCredit(
	transport: Transport,
	accountId: string,
): Promise<RewardBalance[]> {
	return await transport.request(
		{
			method: 'GET',
			path: '/reward/balance',
			query: { accountId, rewardTypeFilter: 'CREDIT' },
		},
		restAnswer((body) => {
			if (!Array.isArray(body)) throw errorFromBadAnswer(200, body);
			return body.filter(isRecord).map((entry) => {
				const { unit, totalAssignedCredit: assigned, totalRedeemedCredit: redeemed } = entry;
				// What can be redeemed is what was assigned and not redeemed; pending credit is not in it (vendor's article on
				// redeeming through the API).
				const availableValue = Number(assigned ?? 0) - Number(redeemed ?? 0);
				return { ...entry, type: 'CREDIT', unit: String(unit), availableValue };
			});
		}),
	);
}

function readRedeemed(value: unknown): RedeemResult {
	if (!isRecord(value) || typeof value.creditRedeemed !== 'number') {
		throw errorFromBadAnswer(200, value);
	}
	return value as unknown as RedeemResult;
}

/** Where credit is redeemed from. An account's credit is shared by all of its participants. */
export type RedeemSource =
	| { participant: ParticipantId }
	| { rewardId: string }
	| { accountId: string };

/**
 * Redeem credit. It can't be undone.
 * @throws AdvocateError; when `mayHaveBeenApplied` says so, it may have been redeemed
 */
export async function redeemCredit(
	transport: Transport,
	source: RedeemSource,
	credit: { amount: number; unit: string },
): Promise<RedeemResult> {
	if ('accountId' in source) {
		return await transport.request(
			{
				method: 'POST',
				path: '/credit/bulkredeem',
				body: jsonBytes({ accountId: source.accountId, ...credit }),
				repeatable: false,
			},
			restAnswer(readRedeemed),
		);
	}
	if ('rewardId' in source) {
		const data = await runGraphql(transport, {
			operationName: 'RedeemReward',
			document:
				'mutation RedeemReward($id: ID!, $redeemCreditInput: RedeemCreditInput!) { redeemRewardCredit(id: $id, redeemCreditInput: $redeemCreditInput) { unit creditRedeemed creditAvailable } }',
			variables: { id: source.rewardId, redeemCreditInput: credit },
			repeatable: false,
		});
		return readRedeemed(data.redeemRewardCredit);
	}
	const data = await runGraphql(transport, {
		operationName: 'RedeemCredit',
		document:
			'mutation RedeemCredit($userId: String!, $accountId: String!, $redeemCreditInput: RedeemCreditInput!) { redeemUserCredit(userId: $userId, accountId: $accountId, redeemCreditInput: $redeemCreditInput) { unit creditRedeemed creditAvailable } }',
		variables: {
			userId: source.participant.id,
			accountId: source.participant.accountId,
			redeemCreditInput: credit,
		},
		repeatable: false,
	});
	return readRedeemed(data.redeemUserCredit);
}

/** What REST tells of a reward. */
export type RestReward = Record<string, unknown> & { id: string };

function readRestReward(value: unknown): RestReward {
	if (!isRecord(value) || typeof value.id !== 'string') throw errorFromBadAnswer(200, value);
	return value as RestReward;
}

/**
 * Get one reward.
 * @returns nothing when there is none
 * @throws AdvocateError
 */
export async function getReward(transport: Transport, id: string): Promise<RestReward | undefined> {
	return await unlessMissing(
		transport.request({ method: 'GET', path: rewardPath(id) }, restAnswer(readRestReward)),
	);
}

/**
 * Cancel a reward, so that nothing of it can be redeemed any more.
 * @throws AdvocateError; 400 when it can't be cancelled (any more)
 */
export async function cancelReward(transport: Transport, id: string): Promise<RestReward> {
	return await transport.request(
		{ method: 'POST', path: `${rewardPath(id)}/cancel`, repeatable: false },
		restAnswer(readRestReward),
	);
}

const rewardPath = (id: string): string => `/reward/${pathSegment(id, 'reward ID')}`;

/**
 * The rewards that are configured in the tenant.
 * @throws AdvocateError
 */
export async function listRewardConfigs(transport: Transport): Promise<RewardConfig[]> {
	const fetchPage = async (page: { limit: number; offset: number }) => {
		const data = await runGraphql(transport, {
			operationName: 'ListRewardConfigs',
			document:
				'query ListRewardConfigs($limit: Int!, $offset: Int!) { globalRewardConfigs(limit: $limit, offset: $offset) { totalCount data { key name rewardType amount unit } } }',
			variables: page,
		});
		return readList(data.globalRewardConfigs, 'data', (entry) => {
			if (!isRecord(entry) || typeof entry.key !== 'string') throw errorFromBadAnswer(200, entry);
			return entry as unknown as RewardConfig;
		});
	};
	return await readPages(fetchPage, { pageSize: REWARD_PAGE_SIZE });
}
