/** Import CSV: one file per input item, one after the other. */
import { expectAdvocateError } from '../../../shared/advocate/client/error';
import { checkChosen } from '../../import/plan/planFile';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { CSV_SOURCE } from '../list/fields';
import { readListSource } from '../list/source';
import { nothingSent, readItems } from '../operation';
import type { ItemRequest, Operation, Run } from '../operation';
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
		const items = await withChosenChecked(run, await readItems(run, readRequest));
		const end = nothingSent(run, items);
		if (end !== undefined) yield end;
		for (const item of items) {
			if ('failure' in item) {
				yield item;
				continue;
			}
			const { itemIndex, request } = item;
			try {
				yield* importList(run, itemIndex, request);
			} catch (failure) {
				yield { itemIndex, failure };
			}
		}
	},
};

const readRequest = (run: Run, itemIndex: number): ImportRequest =>
	readImport(run, itemIndex, readListSource(run, itemIndex, CSV_SOURCE));

/**
 * Of several files, none is sent when a segment that is chosen in the node for one of them can't be used. What their
 * cells name, each file's own plan finds out.
 */
async function withChosenChecked(
	run: Run,
	items: ReadonlyArray<ItemRequest<ImportRequest>>,
): Promise<ReadonlyArray<ItemRequest<ImportRequest>>> {
	const chosen = items.flatMap((item) => ('request' in item ? item.request.settings.segments : []));
	if (items.length < 2 || chosen.length === 0 || nothingSent(run, items) !== undefined)
		return items;
	try {
		await run.segments.read(chosen);
	} catch (caught) {
		// Each file tells about it, with an account of its rows.
		expectAdvocateError(caught);
		return items;
	}
	return items.map((item) => {
		if ('failure' in item) return item;
		const { settings } = item.request;
		try {
			checkChosen(settings, run.segments.keyOf(settings.createMissingSegments));
			return item;
		} catch (failure) {
			return { itemIndex: item.itemIndex, failure };
		}
	});
}
