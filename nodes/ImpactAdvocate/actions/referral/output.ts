/** Referrals as output items. */
import type { IDataObject } from 'n8n-workflow';
import { isoDate, isRecord } from '../../../shared/advocate/client/values';
import type { Referral } from '../../../shared/advocate/referrals';

/** A referral with the fields that most flows use; dates become ISO texts. */
export function referralOutput(referral: Referral): IDataObject {
	return {
		id: referral.id,
		programId: text(referral.programId),
		referrer: side(referral.referrerUser),
		referred: side(referral.referredUser),
		converted: typeof referral.dateConverted === 'number',
		dateReferralStarted: isoDate(referral.dateReferralStarted),
		dateConverted: isoDate(referral.dateConverted),
		dateReferralEnded: isoDate(referral.dateReferralEnded),
		moderationStatus: text(referral.moderationStatus),
		referralCodeUsed: text(referral.referralCodeUsed),
		shareLinkUsed: text(referral.shareLinkUsed),
	};
}

/** Somebody in a referral; null when the participant was deleted. */
function side(user: unknown): IDataObject | null {
	if (!isRecord(user)) return null;
	return { id: text(user.id), accountId: text(user.accountId), email: text(user.email) };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
