import type { IDataObject } from 'n8n-workflow';
import { listRewards, REWARD_STATUSES, REWARD_TYPES } from '../../../shared/advocate/rewards';
import type { RewardFilter } from '../../../shared/advocate/rewards';
import { choiceOption, readLimit, readSwitch } from '../../../shared/n8n/parameters';
import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, pagingFields, showFor, simplifyField, TRANSPORT_OPTIONS } from '../fields';
import { dateFilter, filtersField, programFilter, readFilters, textFilter } from '../filters';
import { perItem } from '../operation';
import type { Run } from '../operation';
import { TYPE_OPTIONS } from './fields';
import { rewardOutput } from './output';
import { programLocator } from '../locators';

const show = showFor('reward', ['getAll']);

/** List rewards, the newest first. */
export const getMany = perItem(
	OPEN_TO_AGENTS,
	[
		...pagingFields('reward', 'getAll'),
		filtersField(show, [
			{
				displayName: 'Account ID',
				name: 'accountId',
				type: 'string',
				default: '',
				placeholder: 'e.g. acme-inc',
				description: 'Rewards of the participants of this account',
			},
			{
				displayName: 'Created Since',
				name: 'createdSince',
				type: 'dateTime',
				default: '',
				description: 'Rewards created at this time or later',
			},
			{
				displayName: 'Participant ID',
				name: 'participantId',
				type: 'string',
				default: '',
				placeholder: 'e.g. 12345',
				description:
					'Rewards of this participant. Its account ID is the same unless you give both.',
			},
			programLocator('Rewards that this program gave'),
			{
				displayName: 'Status',
				name: 'status',
				type: 'options',
				default: 'AVAILABLE',
				description: 'Rewards in this status',
				options: [
					{ name: 'Available', value: 'AVAILABLE' },
					{ name: 'Cancelled', value: 'CANCELLED' },
					{ name: 'Expired', value: 'EXPIRED' },
					{ name: 'Pending', value: 'PENDING' },
					{ name: 'Redeemed', value: 'REDEEMED' },
				],
			},
			{
				displayName: 'Type',
				name: 'type',
				type: 'options',
				default: 'CREDIT',
				description: 'Rewards of this type',
				options: TYPE_OPTIONS,
			},
			{
				displayName: 'Unit',
				name: 'unit',
				type: 'string',
				default: '',
				placeholder: 'e.g. CENTS',
				description: 'Rewards in this unit',
			},
		]),
		simplifyField(show),
		optionsField(show, TRANSPORT_OPTIONS),
	],
	(run, itemIndex) => ({
		filter: readFilter(run, itemIndex),
		simplify: readSwitch(run.n8n, 'simplify', 'Simplify', itemIndex, true),
		wanted: readLimit(run.n8n, itemIndex),
	}),
	async (run, { filter, simplify, wanted }) => {
		const found = await listRewards(run.transport, filter, wanted);
		return found.map((reward) => (simplify ? rewardOutput(reward) : (reward as IDataObject)));
	},
);

function readFilter({ n8n }: Run, itemIndex: number): RewardFilter {
	const filters = readFilters(n8n, itemIndex);
	const has = (name: string) => Object.hasOwn(filters, name);
	const id = textFilter(filters, 'participantId', 'Participant ID');
	const accountId = textFilter(filters, 'accountId', 'Account ID');
	return {
		...(id === undefined ? { accountId } : { participant: { id, accountId: accountId ?? id } }),
		createdSince: dateFilter(filters, 'createdSince', 'Created Since', n8n.getTimezone()),
		programId: programFilter(filters),
		status: has('status')
			? choiceOption(filters, 'status', 'Status', REWARD_STATUSES, 'AVAILABLE')
			: undefined,
		type: has('type') ? choiceOption(filters, 'type', 'Type', REWARD_TYPES, 'CREDIT') : undefined,
		unit: textFilter(filters, 'unit', 'Unit'),
	};
}
