import type { IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import { getReferral } from '../../../shared/advocate/referrals';
import { readRequiredText, readSwitch } from '../../../shared/n8n/parameters';
import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, showFor, simplifyField, TRANSPORT_OPTIONS } from '../fields';
import { perItem } from '../operation';
import { referralOutput } from './output';

const show = showFor('referral', ['get']);

/** Get one referral. */
export const get = perItem(
	OPEN_TO_AGENTS,
	[
		{
			displayName: 'Referral ID',
			name: 'referralId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 6a1709e0eb067e53ef651c29',
			description: 'The ID of the referral, as Get Many and the trigger give it',
			displayOptions: show,
		},
		simplifyField(show),
		optionsField(show, TRANSPORT_OPTIONS),
	],
	(run, itemIndex) => ({
		id: readRequiredText(run.n8n, 'referralId', 'Referral ID', itemIndex),
		simplify: readSwitch(run.n8n, 'simplify', 'Simplify', itemIndex, true),
	}),
	async (run, { id, simplify }) => {
		const referral = await getReferral(run.transport, id);
		if (referral === undefined) {
			throw new AdvocateError(`Referral '${id}' does not exist`, {
				kind: 'missing',
				statusCode: 404,
				hint: 'Check the ID: Referral > Get Many lists referrals with their IDs',
			});
		}
		return [simplify ? referralOutput(referral) : (referral as IDataObject)];
	},
);
