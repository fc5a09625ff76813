/** Keeps checkpoints of imports in the static data of the node, which n8n saves with active workflows. */
import type { IDataObject } from 'n8n-workflow';
import type { CheckpointStore } from '../../import/checkpoint';
import type { Run } from '../operation';

/** Unfinished imports that are remembered; the oldest go first. */
const MAX_CHECKPOINTS = 20;

/** A store for the node that runs. */
export function checkpointStore(run: Run): CheckpointStore {
	const data = run.n8n.getWorkflowStaticData('node');
	// Another tenant's import of the same file is another import.
	const nameOf = (key: string) => `${run.tenantMark}:${key}`;
	const entries = (): IDataObject => {
		if (typeof data.imports !== 'object' || data.imports === null) data.imports = {};
		return data.imports as IDataObject;
	};
	return {
		load(key) {
			const value = entries()[nameOf(key)];
			return typeof value === 'number' ? value : undefined;
		},
		save(key, nextRow) {
			const imports = entries();
			const name = nameOf(key);
			// The order is that of the latest changes, so the one that changes has to stand last.
			if (Object.keys(imports).at(-1) !== name) delete imports[name];
			imports[name] = nextRow;
			const names = Object.keys(imports);
			for (const old of names.slice(0, Math.max(0, names.length - MAX_CHECKPOINTS))) {
				delete imports[old];
			}
		},
		remove(key) {
			delete entries()[nameOf(key)];
		},
	};
}
