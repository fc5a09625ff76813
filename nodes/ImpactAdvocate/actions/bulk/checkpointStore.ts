/** Keeps interrupted imports in the static data of the node, which n8n saves with active workflows. */
import { findInterruption, withInterruption, withoutInterruption } from '../../import/checkpoint';
import type { CheckpointStore, Interruptions } from '../../import/checkpoint';
import type { Run } from '../operation';

/** Imports of which this process remembers when the latest one began that has ended in order. */
const MAX_REMEMBERED = 1000;

/**
 * By name, when that was. n8n saves the static data of a workflow as a whole: an execution in which any node has changed
 * something there brings back what it read at its start, interruptions among it that were gone on with since.
 */
const endedSince = new Map<string, number>();

function remember(name: string, startedAt: number): void {
	const latest = Math.max(startedAt, endedSince.get(name) ?? 0);
	endedSince.delete(name);
	endedSince.set(name, latest);
	if (endedSince.size > MAX_REMEMBERED) {
		for (const oldest of endedSince.keys()) return void endedSince.delete(oldest);
	}
}

/** What of a run the store needs. */
export type StoreRun = Pick<Run, 'tenantMark'> & {
	n8n: Pick<Run['n8n'], 'getExecutionId' | 'getWorkflowStaticData'>;
	transport: Pick<Run['transport'], 'now'>;
};

/**
 * A store for the node that runs. Where there is nothing to say, nothing is touched: n8n would save, and by that write
 * back what it read when the execution began.
 */
export function checkpointStore({ n8n, transport, tenantMark }: StoreRun): CheckpointStore {
	const data = n8n.getWorkflowStaticData('node');
	const startedAt = transport.now();
	// Another tenant's import of the same file is another import.
	const nameOf = (key: string) => `${tenantMark}:${key}`;
	const keep = (imports: Interruptions | undefined) => {
		if (imports === undefined) return;
		if (Object.keys(imports).length === 0) delete data.imports;
		else data.imports = imports;
	};
	return {
		load(key) {
			const name = nameOf(key);
			const found = findInterruption(data.imports, name, transport.now());
			const isUsedUp = found !== undefined && found.at <= (endedSince.get(name) ?? 0);
			return isUsedUp ? undefined : found;
		},
		save(key, nextRow) {
			const name = nameOf(key);
			remember(name, startedAt);
			// Later than the start, although both may fall into one millisecond.
			const at = Math.max(transport.now(), startedAt + 1);
			const execution = n8n.getExecutionId() ?? '';
			keep(withInterruption(data.imports, name, { nextRow, at, execution }));
		},
		settle(key) {
			const name = nameOf(key);
			remember(name, startedAt);
			keep(withoutInterruption(data.imports, name));
		},
	};
}
