/** What each operation is given in a real n8n: the least with which a person gets a result from it. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';

/** What an operation is given. */
export interface ActionCase {
	/** Besides resource and operation. */
	parameters: INodeParameters;
	/** The input, when it matters. */
	items?: IDataObject[];
	/** Whether the items come as a CSV file. */
	asFile?: boolean;
}

/** IDs that are only known once the data is there. */
interface Seeded {
	jobId: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * What programs, rewards and imports have left in a tenant that has been in use for a while.
 * @param simulator with its participants and segments
 */
export function seedPrograms(simulator: Simulator): Seeded {
	const { state, rewards, referrals, events, jobs } = simulator;
	const now = Date.now();
	referrals.addProgram({ id: '27048', name: 'Refer a Friend' });
	for (const [id, code] of [
		['ada@example.com', 'ADALOVELACE'],
		['grace@example.com', 'GRACEHOPPER'],
	]) {
		const participant = state.participant(id, id);
		if (participant === undefined) throw new Error(`${id} is not there`);
		participant.referralCodes = { '27048': code };
		participant.locale = 'en_US';
		participant.countryCode = 'US';
	}
	state.customFields.set('lastOrder', 'Last Order').set('plan', 'Plan');
	for (const name of ['Delete', 'Block', 'Unblock']) {
		const id = `${name.toLowerCase()}@example.com`;
		const dateBlocked = name === 'Unblock' ? now - DAY_MS : null;
		state.addParticipant({ id, email: id, firstName: 'To', lastName: name, dateBlocked });
	}
	rewards.addConfig({ key: 'welcomeCredit', name: 'Welcome Credit', unit: 'CENTS', amount: 1000 });
	rewards.addConfig({ key: 'loyaltyPoints', name: 'Loyalty Points', unit: 'POINT', amount: 50 });
	const ofProgram = { programId: '27048', unit: 'CENTS', value: 2000, name: '$20 credit' };
	rewards.add({ userId: 'ada@example.com', ...ofProgram, dateCreated: now - 3 * DAY_MS });
	rewards.add({ userId: 'grace@example.com', ...ofProgram, dateExpires: now + 300 * DAY_MS });
	rewards.add({ userId: 'grace@example.com', unit: 'POINT', value: 150, name: 'Points' });
	const byCode = {
		programId: '27048',
		referralCodeUsed: 'GRACEHOPPER',
		shareLinkUsed: 'https://share.example/GRACEHOPPER',
	};
	referrals.add({
		referrer: 'grace@example.com',
		referred: 'katherine@example.com',
		dateReferralStarted: now - 20 * DAY_MS,
		dateConverted: now - 5 * DAY_MS,
		...byCode,
	});
	referrals.add({
		referrer: 'grace@example.com',
		referred: 'margaret@example.com',
		dateReferralStarted: now - 2 * DAY_MS,
		...byCode,
	});
	for (const key of ['signup', 'subscription_renewed']) {
		const [userId, accountId] = ['ada@example.com', 'ada@example.com'];
		events.log({ userId, accountId, events: [{ key }] }, 'rest');
	}
	const csv = 'id,accountId,email\nalan@example.com,alan@example.com,alan@example.com\n';
	const { fileRef } = jobs.upload('spring.csv', Buffer.from(csv));
	const job = jobs.create({ type: 'MUTATION/USER', fileRef, name: 'Spring campaign' });
	jobs.settle();
	return { jobId: job.id };
}

/** Chosen from a list, as the editor keeps it. */
const listed = (value: string, cachedResultName = value): INodeParameters => ({
	__rl: true,
	mode: 'list',
	value,
	cachedResultName,
});

const whom = (id: string): INodeParameters => ({
	participant: { __rl: true, mode: 'id', value: `${id}@example.com` },
});

/** By resource and operation. No two change what another one needs. */
export function casesOf({ jobId }: Seeded): Readonly<Record<string, ActionCase>> {
	return {
		'bulk/exportCsv': { parameters: {} },
		'bulk/getImportJob': { parameters: { jobId } },
		'bulk/getImportJobs': { parameters: {} },
		'bulk/importCsv': {
			parameters: { segments: ['newsletter'] },
			items: [
				{ id: 'mary@example.com', firstName: 'Mary', lastName: 'Jackson' },
				{ id: 'annie@example.com', firstName: 'Annie', lastName: 'Easley' },
			],
			asFile: true,
		},
		'bulk/importItems': {
			parameters: { segments: ['trial'] },
			items: [
				{ id: 'joan@example.com', firstName: 'Joan', lastName: 'Clarke' },
				{ id: 'radia@example.com', firstName: 'Radia', lastName: 'Perlman' },
			],
		},
		'event/log': { parameters: { ...whom('ada'), eventKey: listed('signup') } },
		'participant/addSegments': { parameters: { ...whom('ada'), segments: ['vip'] } },
		'participant/block': { parameters: whom('block') },
		'participant/clearSegments': { parameters: whom('dorothy') },
		'participant/delete': { parameters: whom('delete') },
		'participant/get': { parameters: whom('grace') },
		'participant/getAll': { parameters: {} },
		'participant/removeSegments': {
			parameters: { ...whom('grace'), segments: ['newsletter'] },
		},
		'participant/setSegments': { parameters: { ...whom('hedy'), segments: ['betaTesters'] } },
		'participant/unblock': { parameters: whom('unblock') },
		'participant/updateSegments': {
			parameters: { ...whom('alan'), addSegments: ['vip'], removeSegments: ['betaTesters'] },
		},
		'participant/upsert': { parameters: { participantId: 'evelyn@example.com' } },
		'referral/get': { parameters: { referralId: 'referral-1' } },
		'referral/getAll': { parameters: {} },
		'reward/cancel': { parameters: { rewardId: 'reward-1' } },
		'reward/create': {
			parameters: {
				...whom('alan'),
				rewardKey: listed('welcomeCredit', 'Welcome Credit (welcomeCredit)'),
			},
		},
		'reward/getAll': { parameters: {} },
		'reward/getBalances': { parameters: whom('grace') },
		'reward/redeem': { parameters: { ...whom('grace'), unit: listed('CENTS'), amount: 500 } },
		'segment/create': { parameters: { segmentName: 'New Customers' } },
		'segment/get': { parameters: { segment: listed('vip', 'VIP Customers (vip)') } },
		'segment/getAll': { parameters: {} },
		'segment/syncMembers': {
			parameters: { segment: listed('lapsed', 'Lapsed (lapsed)') },
			items: [{ id: 'katherine@example.com' }, { id: 'margaret@example.com' }],
		},
		'segment/update': {
			parameters: {
				segment: listed('oldCampaign', 'Old Campaign (oldCampaign)'),
				updateFields: { status: 'ARCHIVED' },
			},
		},
	};
}
