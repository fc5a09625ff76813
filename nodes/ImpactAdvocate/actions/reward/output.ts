/** Rewards as output items. */
import type { IDataObject } from 'n8n-workflow';
import { isoDate, isRecord } from '../../../shared/advocate/client/values';
import type { ParticipantId } from '../../../shared/advocate/participants';
import type { Reward, RewardBalance } from '../../../shared/advocate/rewards';

/** A reward with the fields that most flows use; dates become ISO texts. */
export function rewardOutput(reward: Reward, participant?: ParticipantId): IDataObject {
	const owner = isRecord(reward.user) ? reward.user : undefined;
	return {
		id: reward.id,
		participantId: participant?.id ?? text(owner?.id),
		accountId: participant?.accountId ?? text(owner?.accountId),
		type: reward.type,
		unit: reward.unit,
		value: reward.value,
		availableValue: (reward.availableValue as number | undefined) ?? null,
		prettyValue: text(reward.prettyValue),
		name: text(reward.name),
		statuses: reward.statuses,
		dateCreated: isoDate(reward.dateCreated),
		dateGiven: isoDate(reward.dateGiven),
		dateExpires: isoDate(reward.dateExpires),
		dateScheduledFor: isoDate(reward.dateScheduledFor),
		dateCancelled: isoDate(reward.dateCancelled),
		rewardSource: text(reward.rewardSource),
		programId: text(reward.programId),
		globalRewardKey: text(reward.globalRewardKey),
		referralId: text(reward.referralId),
	};
}

/** A balance with what can be redeemed first. */
export function balanceOutput(balance: RewardBalance, participant: ParticipantId): IDataObject {
	const { type, unit, availableValue, prettyAvailableValue, ...totals } = balance;
	return {
		participantId: participant.id,
		accountId: participant.accountId,
		type,
		unit,
		available: availableValue,
		prettyAvailable: text(prettyAvailableValue),
		...(totals as IDataObject),
	};
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
