/** Import CSV: one file per input item, one after the other. */
import { allowAgentField, closedToAgents } from '../agentGuard';
import { CSV_SOURCE } from '../list/fields';
import { readListSource } from '../list/source';
import { nothingSent, readItems } from '../operation';
import type { Operation, Run } from '../operation';
import { importCsvFields } from './fields';
import { importList, readImport, RISK } from './importList';
import type { ImportRequest } from './importList';

export const importCsv: Operation = {
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('bulk', 'importCsv', `use this operation, which can ${RISK}`),
		...importCsvFields,
	],
	async *execute(run) {
		const items = await readItems(run, readRequest);
		const end = nothingSent(run, items);
		if (end !== undefined) yield end;
		const created = new Set<string>();
		for (const item of items) {
			if ('failure' in item) {
				yield item;
				continue;
			}
			const { itemIndex, request } = item;
			try {
				yield* importList(run, itemIndex, request, created);
			} catch (failure) {
				yield { itemIndex, failure };
			}
		}
	},
};

const readRequest = (run: Run, itemIndex: number): ImportRequest =>
	readImport(run, itemIndex, readListSource(run, itemIndex, CSV_SOURCE));
