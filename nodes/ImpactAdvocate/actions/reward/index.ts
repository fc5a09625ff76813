import type { INodeProperties } from 'n8n-workflow';
import { cancel } from './cancel.operation';
import { create } from './create.operation';
import { getBalances } from './getBalances.operation';
import { getMany } from './getMany.operation';
import { redeem } from './redeem.operation';

const operations = { cancel, create, getBalances, getAll: getMany, redeem };

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: 'create',
	displayOptions: { show: { resource: ['reward'] } },
	options: [
		{
			name: 'Cancel',
			value: 'cancel',
			action: 'Cancel reward',
			description: 'Take a reward back for good, while it is not redeemed',
		},
		{
			name: 'Create',
			value: 'create',
			action: 'Create reward',
			description: 'Give a participant a reward',
		},
		{
			name: 'Get Balances',
			value: 'getBalances',
			action: 'Get reward balances of participant',
			description: 'Get what a participant can redeem, by unit',
		},
		{
			name: 'Get Many',
			value: 'getAll',
			action: 'Get many rewards',
			description: 'List many rewards, the newest first',
		},
		{
			name: 'Redeem',
			value: 'redeem',
			action: 'Redeem reward credit',
			description: 'Redeem credit for good, such as what was paid out elsewhere',
		},
	],
};

/** The resource 'Reward'. */
export const reward = {
	fields: [operationField, ...Object.values(operations).flatMap(({ fields }) => fields)],
	operations,
};
