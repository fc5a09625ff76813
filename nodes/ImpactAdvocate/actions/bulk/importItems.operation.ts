/** Import Items: all input items are one list. */
import { allowAgentField, closedToAgents } from '../agentGuard';
import { assertOneForAll } from '../list/oneForAll';
import { allItems } from '../list/source';
import type { Operation } from '../operation';
import { displayNameIn } from '../optionGroups';
import { importItemsFields } from './importItems.fields';
import { importList, readImport, RISK } from './importList';
import type { ImportRequest } from './importList';

export const importItems: Operation = {
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('bulk', 'importItems', `use this operation, which can ${RISK}`),
		...importItemsFields,
	],
	async *execute(run) {
		let request: ImportRequest;
		try {
			// The settings of the first item are everybody's.
			request = readImport(run, 0, allItems(run));
		} catch (failure) {
			yield { itemIndex: 0, failure };
			return;
		}
		try {
			await assertOneForAll(run, (name) => displayNameIn(importItemsFields, name));
			yield* importList(run, 0, request);
		} catch (failure) {
			yield { itemIndex: 0, of: 'list', failure };
		}
	},
};
