/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** The workflow files of `examples/`, and a way to run them against a simulator. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runWorkflow } from '../engine/harness';
import type { WorkflowInput, WorkflowOptions, WorkflowRun } from '../engine/harness';
import type { Simulator } from '../simulator/server';
import { credentials } from '../support/simulator';
import { EXAMPLE_NODE_TYPES } from './standIns';

const EXAMPLES = path.resolve(__dirname, '..', '..', 'examples');

/** Names of all example files, for instance `segment-housekeeping.json`. */
export function exampleNames(): string[] {
	return readdirSync(EXAMPLES)
		.filter((name) => name.endsWith('.json'))
		.sort();
}

/** An example as n8n would import it. */
export function readExample(name: string): Required<Pick<WorkflowInput, 'name'>> & WorkflowInput {
	return JSON.parse(readFileSync(path.join(EXAMPLES, name), 'utf8'));
}

/**
 * Run an example from start to end.
 * @param changes parameters to replace, by node name, such as the address of a file
 */
export async function runExample(
	name: string,
	simulator: Simulator,
	options: WorkflowOptions = {},
	changes: Record<string, Record<string, unknown>> = {},
): Promise<WorkflowRun> {
	const workflow = readExample(name);
	for (const node of workflow.nodes) Object.assign(node.parameters, changes[node.name]);
	return await runWorkflow(workflow, {
		credentials: credentials(simulator),
		nodeTypes: { ...EXAMPLE_NODE_TYPES },
		...options,
	});
}
