/**
 * The `data` of each type of event, with the fields of the vendor's published examples; `test/contract/webhooks.test.ts`
 * holds it against them. Classic tenants get fields of their own.
 */
import type { Participant } from './state';

/** Whose events they are: of a tenant with classic programs, or of one without. */
export type WebhookShapes = 'classic' | 'current';

export type EventData = Record<string, unknown>;

const PROGRAM = 'program-1';
const CODE = 'CODE1';
const SHARE_LINK = 'https://share.example/m1';

/** Classic events name participants by the vendor's own ID as well. */
const internalId = (id: string): string =>
	Buffer.from(id.padEnd(12, '0')).toString('hex').slice(0, 24);

/** A referral: who was referred, and by whom. */
function referral(shapes: WebhookShapes, isConverted: boolean): EventData {
	const referred = { id: 'referred', accountId: 'referred' };
	const referrer = { id: 'referrer', accountId: 'referrer' };
	const now = Date.now();
	const data = {
		id: '5d96459c8bf319739fa50001',
		programId: PROGRAM,
		referred,
		referrer,
		referralCodeUsed: CODE,
		shareLinkUsed: SHARE_LINK,
		dateReferralStarted: now,
		dateConverted: isConverted ? now : null,
		dateModified: now,
		dateUserModified: null,
	};
	if (shapes === 'current') return data;
	return {
		...data,
		referredUser: internalId(referred.id),
		referrerUser: internalId(referrer.id),
		referredReward: null,
		referrerReward: null,
		moderationStatus: 'ACTIONED',
		referredModerationStatus: 'APPROVED',
		referrerModerationStatus: 'APPROVED',
		dateModerated: now,
		dateReferralPaid: null,
		dateReferralEnded: null,
		fraudSignals: null,
	};
}

const email = (): EventData => ({
	recipientUserId: 'recipient',
	recipientAccountId: 'recipient',
	subject: 'Good news',
	message: '<p>Somebody signed up.</p>',
	mergeVars: null,
});

const exported = (isCompleted: boolean): EventData => {
	const now = Date.now();
	return {
		id: '5d7c18e71c3882380af00001',
		name: 'Export',
		requester: 'API',
		status: isCompleted ? 'COMPLETED' : 'PENDING',
		dateCreated: now,
		dateCompleted: isCompleted ? now : null,
		dateExpires: isCompleted ? now + 30 * 24 * 60 * 60 * 1000 : null,
		mailtoEmail: null,
		outputFormat: 'CSV',
		task: 'REFERRAL',
		operation: 'QUERY',
		params: { createdOrUpdatedSince: '2026-01-01T00:00:00Z' },
		stats: null,
		fileRef: null,
	};
};

const reward = (): EventData => {
	const now = Date.now();
	return {
		id: '5d96459c8bf319739fa50002',
		type: 'PCT_DISCOUNT',
		name: 'Referred Reward',
		userId: 'rewarded',
		accountId: 'rewarded',
		programId: PROGRAM,
		rewardSource: 'REFERRED',
		discountPercent: 10,
		unit: '%',
		cancellable: true,
		dateCreated: now,
		dateGiven: now,
		dateScheduledFor: null,
		dateExpires: null,
		dateCancelled: null,
	};
};

const DATA: Record<string, (shapes: WebhookShapes) => EventData> = {
	'coupon.created': () => ({ code: CODE, dateCreated: Date.now(), programId: PROGRAM }),
	'email.referral.paid': email,
	'email.referral.rewardLimitReached': () => ({ ...email(), referralRewardLimit: 4 }),
	'email.referral.started': email,
	'email.referred.reward.earned': email,
	'export.completed': () => exported(true),
	'export.created': () => exported(false),
	// Events of classic programs only.
	'referral.automoderation.complete': () => referral('classic', false),
	'referral.converted': (shapes) => referral(shapes, true),
	'referral.ended': () => ({ ...referral('classic', true), dateReferralEnded: Date.now() }),
	'referral.started': (shapes) => referral(shapes, false),
	'reward.created': reward,
	'theme.publish.finished': () => ({ newAssetsVersion: 'CQOkemZF' }),
	'user.reward.balance.changed': () => ({
		userId: 'rewarded',
		accountId: 'rewarded',
		unit: 'CENTS',
		availableValue: 4500,
		resourceVersion: Date.now(),
	}),
};

/** What an event of this type tells; nothing for a type that nobody knows yet. */
export const eventData = (type: string, shapes: WebhookShapes): EventData =>
	DATA[type]?.(shapes) ?? {};

/** A new participant, as `user.created` shows it. Segments and custom fields are not in the classic form. */
export function createdParticipant(participant: Participant, shapes: WebhookShapes): EventData {
	const { id, accountId, email: address, firstName, lastName, locale, dateCreated } = participant;
	const { referable, referralCodes, imageUrl } = participant;
	const common = {
		id,
		accountId,
		email: address,
		firstName,
		lastName,
		imageUrl: imageUrl ?? '',
		locale,
		referable,
		referralCodes: { ...referralCodes },
		dateCreated,
		cookieId: null,
		firstSeenIP: null,
		lastSeenIP: null,
	};
	if (shapes === 'current') {
		return {
			...common,
			customFields: { ...participant.customFields },
			segments: [...participant.segments],
			referredByCodes: [...participant.referredByCodes],
			programShareLinks: { [PROGRAM]: { cleanShareLink: SHARE_LINK } },
		};
	}
	return {
		...common,
		lastInitial: lastName?.charAt(0) ?? null,
		referralCode: Object.values(referralCodes)[0] ?? null,
		referralSource: null,
		emailHash: null,
		paymentProviderId: participant.paymentProviderId,
		shareLinks: { shareLink: SHARE_LINK },
		dateBlocked: participant.dateBlocked,
	};
}
