import { getBalances as readBalances, REWARD_TYPES } from '../../../shared/advocate/rewards';
import { readChoice, readText } from '../../../shared/n8n/parameters';
import { readParticipant } from '../../../shared/n8n/participantParameter';
import { AdvocateError } from '../../../shared/advocate/client/error';
import { OPEN_TO_AGENTS } from '../agentGuard';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	optionsField,
	participantFields,
	showFor,
	TRANSPORT_OPTIONS,
} from '../fields';
import { perItem } from '../operation';
import { missingParticipant } from '../participant/output';
import { resolveParticipants } from '../participant/resolve';
import { TYPE_OPTIONS } from './fields';
import { balanceOutput } from './output';

const show = showFor('reward', ['getBalances']);

const BALANCE_TYPES = [{ name: 'Any', value: 'any' }, ...TYPE_OPTIONS];

/** What a participant has, one output item per type and unit. */
export const getBalances = perItem(
	OPEN_TO_AGENTS,
	[
		...participantFields(show),
		{
			displayName: 'Reward Type',
			name: 'rewardType',
			type: 'options',
			default: 'CREDIT',
			description: 'Which balances to return',
			displayOptions: show,
			options: BALANCE_TYPES,
		},
		{
			displayName: 'Unit',
			name: 'unitFilter',
			type: 'string',
			default: '',
			placeholder: 'e.g. CENTS',
			description: 'Return this unit only. Leave empty for all.',
			displayOptions: show,
		},
		optionsField(show, [...TRANSPORT_OPTIONS, ACCEPT_UNUSUAL_IDS_OPTION]),
	],
	(run, itemIndex) => ({
		choice: readParticipant(run.n8n, itemIndex),
		type: readChoice(
			run.n8n,
			'rewardType',
			'Reward Type',
			['any', ...REWARD_TYPES] as const,
			itemIndex,
			'CREDIT',
		),
		unit: readText(run.n8n, 'unitFilter', 'Unit', itemIndex),
	}),
	async (run, { choice, type, unit }) => {
		const [target] = await resolveParticipants(run.transport, [choice]);
		if (target instanceof AdvocateError) throw target;
		const balances = await readBalances(run.transport, target, {
			type: type === 'any' ? undefined : type,
			unit: unit === '' ? undefined : unit,
		});
		if (balances === undefined) throw missingParticipant(target);
		return balances.map((balance) => balanceOutput(balance, target));
	},
);
