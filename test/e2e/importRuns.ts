/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** An import of four rows, two of which fail, whose rejects file is read by the next node. */
import assert from 'node:assert/strict';
import type { IRun } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import { itemsOf } from './editorApi';
import type { WorkflowJson } from './editorApi';
import { fixtureWorkflow, REFUSED, withNodes } from './fixtures';

export type BinaryMode = 'separate' | 'combined';

export const MODES: BinaryMode[] = ['separate', 'combined'];

/** In combined mode n8n keeps files in the item's `_files`, and nodes name them by their path. */
export function importWorkflow(mode: BinaryMode): WorkflowJson {
	const workflow = fixtureWorkflow('import-csv');
	const settings = { ...workflow.settings, binaryMode: mode };
	if (mode === 'separate') return { ...workflow, settings };
	return {
		...withNodes(workflow, {
			Import: { parameters: { binaryPropertyName: '_files.data' } },
			Rejects: { parameters: { binaryPropertyName: '_files.rejects' } },
		}),
		id: `${workflow.id}Combined`,
		settings,
	};
}

/** Two rows done, two in the rejects file, and the simulator has what the two asked for. */
export function assertImported(data: IRun['data'], { state }: Simulator): void {
	const [{ json }] = itemsOf(data, 'Import');
	const counts = {
		rows: 4,
		succeeded: 2,
		invalid: 1,
		rejected: 1,
		skipped: 0,
		unconfirmed: 0,
		notSent: 0,
	};
	for (const [name, count] of Object.entries(counts)) assert.equal(json[name], count, name);
	const rejected = itemsOf(data, 'Rejects').map((item) => item.json);
	assert.deepEqual(rejected.map(({ recordNumber }) => recordNumber).sort(), ['3', '4']);
	assert.match(
		String(rejected.find(({ recordNumber }) => recordNumber === '3')?.message),
		/asked not to be tracked/,
	);
	assert.deepEqual(state.segmentsOf('ada@example.com'), ['newsletter', 'vip']);
	assert.deepEqual(state.segmentsOf('grace@example.com'), ['newsletter', 'vip']);
	assert.equal(state.segmentsOf(REFUSED), undefined);
}
