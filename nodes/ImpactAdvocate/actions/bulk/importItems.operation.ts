/** Import Items: all input items are one list. */
import { allowAgentField, closedToAgents } from '../agentGuard';
import { assertOneForAll } from '../list/oneForAll';
import { allItems } from '../list/source';
import type { Operation } from '../operation';
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
			await assertOneForAll(run, displayNameOf);
			yield* importList(run, 0, request, new Set());
		} catch (failure) {
			yield { itemIndex: 0, of: 'list', failure };
		}
	},
};

/** What a parameter or an option is called in the editor. */
function displayNameOf(name: string): string | undefined {
	const options = importItemsFields.flatMap((field) =>
		field.name === 'options' ? ((field.options ?? []) as typeof importItemsFields) : [],
	);
	return [...importItemsFields, ...options].find((field) => field.name === name)?.displayName;
}
