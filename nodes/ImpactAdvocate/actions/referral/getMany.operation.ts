import type { IDataObject } from 'n8n-workflow';
import { listReferrals, listReferralsOf } from '../../../shared/advocate/referrals';
import type { ReferralFilter } from '../../../shared/advocate/referrals';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { choiceOption, readLimit, readSwitch } from '../../../shared/n8n/parameters';
import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, pagingFields, showFor, simplifyField, TRANSPORT_OPTIONS } from '../fields';
import { dateFilter, filtersField, programFilter, readFilters, textFilter } from '../filters';
import { perItem } from '../operation';
import type { Run } from '../operation';
import { missingParticipant } from '../participant/output';
import { referralOutput } from './output';
import { programLocator } from '../locators';

const show = showFor('referral', ['getAll']);

/** List referrals, the newest first. */
export const getMany = perItem(
	OPEN_TO_AGENTS,
	[
		...pagingFields('referral', 'getAll'),
		filtersField(show, [
			{
				displayName: 'Converted',
				name: 'converted',
				type: 'options',
				default: 'yes',
				description: 'Whether the referred participant has reached the goal of the program',
				options: [
					{ name: 'No', value: 'no' },
					{ name: 'Yes', value: 'yes' },
				],
			},
			programLocator('Referrals of this program'),
			{
				displayName: 'Referrer Account ID',
				name: 'referrerAccountId',
				type: 'string',
				default: '',
				placeholder: 'e.g. acme-inc',
				description: 'The account of the referrer, when it differs from the participant ID',
			},
			{
				displayName: 'Referrer ID',
				name: 'referrerId',
				type: 'string',
				default: '',
				placeholder: 'e.g. 12345',
				description: 'Referrals that this participant has made',
			},
			{
				displayName: 'Started Since',
				name: 'startedSince',
				type: 'dateTime',
				default: '',
				description: 'Referrals that started at this time or later',
			},
		]),
		simplifyField(show),
		optionsField(show, TRANSPORT_OPTIONS),
	],
	(run, itemIndex) => ({
		...readRequest(run, itemIndex),
		simplify: readSwitch(run.n8n, 'simplify', 'Simplify', itemIndex, true),
		wanted: readLimit(run.n8n, itemIndex),
	}),
	async (run, { filter, referrer, simplify, wanted }) => {
		const found =
			referrer === undefined
				? await listReferrals(run.transport, filter, wanted)
				: await listReferralsOf(run.transport, referrer, filter, wanted);
		if (found === undefined && referrer !== undefined) throw missingParticipant(referrer);
		return (found ?? []).map((referral) =>
			simplify ? referralOutput(referral) : (referral as IDataObject),
		);
	},
);

function readRequest(
	{ n8n }: Run,
	itemIndex: number,
): { filter: ReferralFilter; referrer?: ParticipantId } {
	const filters = readFilters(n8n, itemIndex);
	const converted = Object.hasOwn(filters, 'converted')
		? choiceOption(filters, 'converted', 'Converted', ['no', 'yes'] as const, 'yes') === 'yes'
		: undefined;
	const id = textFilter(filters, 'referrerId', 'Referrer ID');
	const accountId = textFilter(filters, 'referrerAccountId', 'Referrer Account ID');
	return {
		filter: {
			converted,
			programId: programFilter(filters),
			startedSince: dateFilter(filters, 'startedSince', 'Started Since', n8n.getTimezone()),
		},
		referrer: id === undefined ? undefined : { id, accountId: accountId ?? id },
	};
}
