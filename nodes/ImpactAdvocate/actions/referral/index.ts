import type { INodeProperties } from 'n8n-workflow';
import { get } from './get.operation';
import { getMany } from './getMany.operation';

const operations = { get, getAll: getMany };

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: 'getAll',
	displayOptions: { show: { resource: ['referral'] } },
	options: [
		{
			name: 'Get',
			value: 'get',
			action: 'Get referral',
			description: 'Get one referral, with both of its participants',
		},
		{
			name: 'Get Many',
			value: 'getAll',
			action: 'Get many referrals',
			description: 'List many referrals, the newest first',
		},
	],
};

/** The resource 'Referral'. */
export const referral = {
	fields: [operationField, ...Object.values(operations).flatMap(({ fields }) => fields)],
	operations,
};
