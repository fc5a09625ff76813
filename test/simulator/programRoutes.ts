/** The REST endpoints of events and rewards. */
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { failures } from './failures';
import type { UserAddress } from './rest';
import type { RouteParts } from './routes';
import { statusesOf } from './rewards';
import type { Reward } from './rewards';

/** A reward as REST gives it. */
function restReward(reward: Reward): Record<string, unknown> {
	const { type, value, redeemed, ...rest } = reward;
	return {
		...rest,
		type,
		description: null,
		assignedCredit: type === 'CREDIT' ? value : null,
		redeemedCredit: type === 'CREDIT' ? redeemed : null,
		discountPercent: type === 'PCT_DISCOUNT' ? value : null,
		redemptions: null,
		currency: null,
		amount: type === 'FUELTANK' ? value : null,
		fueltankType: null,
	};
}

const bodyOf = (request: FastifyRequest): Record<string, unknown> => {
	if (!isRecord(request.body)) throw failures.invalidJson('The body must be a JSON object.');
	return request.body;
};

const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

/** Add the routes under `/api/v1/{tenantAlias}`. */
export function installPrograms(
	server: FastifyInstance,
	alias: string,
	authorized: RouteShorthandOptions,
	{ rewards, events }: Pick<RouteParts, 'rewards' | 'events'>,
): void {
	server.post(
		`${alias}/open/account/:accountId/user/:userId/events`,
		authorized,
		async (request) => {
			const { accountId, userId } = request.params as UserAddress;
			const body = bodyOf(request);
			if (body.accountId !== accountId) throw failures.idMismatch('accountId');
			if (body.userId !== userId) throw failures.idMismatch('userId');
			const { events: logged, ...owner } = events.log(body, 'rest');
			return {
				...owner,
				events: logged.map(({ id, key, fields, dateTriggered, dateReceived, dateProcessed }) => ({
					id,
					key,
					fields,
					dateTriggered,
					dateReceived,
					dateProcessed,
				})),
			};
		},
	);
	server.get(`${alias}/reward/balance`, authorized, async (request) => {
		const { accountId, userId, rewardTypeFilter } = request.query as Record<string, string>;
		return rewards
			.balances({ accountId, userId })
			.filter(({ type }) => rewardTypeFilter === undefined || type === rewardTypeFilter)
			.map(({ type, unit, rewards: owned }) => {
				const total = (part: (reward: Reward) => number) =>
					owned.reduce((sum, reward) => sum + part(reward), 0);
				const having = (...wanted: string[]) =>
					total((reward) => (wanted.includes(statusesOf(reward)[0]) ? reward.value : 0));
				return {
					type,
					unit,
					count: owned.length,
					totalPendingCredit: having('PENDING'),
					totalAssignedCredit: having('AVAILABLE', 'REDEEMED'),
					totalRedeemedCredit: total(({ redeemed }) => redeemed),
					totalExpiredCredit: having('EXPIRED'),
					totalCancelledCredit: having('CANCELLED'),
				};
			});
	});
	server.post(`${alias}/credit/bulkredeem`, authorized, async (request) => {
		const { accountId, amount, unit } = bodyOf(request);
		if (typeof accountId !== 'string') throw failures.emptyAccountId();
		return rewards.redeemBalance({ accountId }, amount, unit);
	});
	server.get(`${alias}/reward/:id`, authorized, async (request) =>
		restReward(rewards.get(idOf(request))),
	);
	server.post(`${alias}/reward/:id/cancel`, authorized, async (request) =>
		restReward(rewards.cancel(idOf(request))),
	);
}
