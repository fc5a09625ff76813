/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The button Retry of an execution that failed after an import. */
import assert from 'node:assert/strict';
import type { INode } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import type { EditorApi, WorkflowJson } from './editorApi';
import { fixtureWorkflow } from './fixtures';
import { startOver, writeRequests } from './simulatorState';

const node = (
	name: string,
	type: string,
	typeVersion: number,
	parameters: INode['parameters'],
): INode => ({
	id: name,
	name,
	type: `n8n-nodes-base.${type}`,
	typeVersion,
	position: [0, 0],
	parameters,
});

const END = node('End', 'stopAndError', 1, { errorMessage: 'Some rows failed' });

const to = (name: string) => ({ main: [[{ node: name, type: 'main' as const, index: 0 }]] });

export class RetryChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly api: EditorApi,
	) {}

	async run(): Promise<void> {
		const { checks } = this;
		await checks.check('Retry of "import, then Stop and Error" imports nothing', async () => {
			const { nodes, connections, ...rest } = fixtureWorkflow('import-csv');
			const writes = await this.retried({
				...rest,
				nodes: [...nodes.filter(({ name }) => name !== 'Rejects'), END],
				connections: { ...connections, Import: to('End') },
			});
			assert.deepEqual(writes, { first: true, again: false });
		});
		await checks.check('Retry imports again when the import is in a sub-workflow', async () => {
			const { nodes, connections, ...rest } = fixtureWorkflow('import-csv');
			const called = node('Called', 'executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' });
			const importNode = nodes.filter(({ name }) => name === 'Import');
			const child = await this.api.createWorkflow({
				...rest,
				name: 'Import and check',
				nodes: [called, ...importNode, END],
				connections: { Called: to('Import'), Import: to('End') },
			});
			await this.api.activate(child);
			const call = node('Call', 'executeWorkflow', 1.2, {
				source: 'database',
				workflowId: { __rl: true, mode: 'id', value: child.id },
				options: {},
			});
			const before = nodes.filter(({ name }) => !['Import', 'Rejects'].includes(name));
			const writes = await this.retried({
				...rest,
				nodes: [...before, call],
				connections: {
					Start: connections.Start,
					List: connections.List,
					Rows: connections.Rows,
					File: to('Call'),
				},
			});
			assert.deepEqual(writes, { first: true, again: true });
		});
	}

	/** Run a workflow that fails, and press Retry: whether each of the two has written something. */
	private async retried(workflow: WorkflowJson): Promise<{ first: boolean; again: boolean }> {
		const { simulator, api } = this;
		startOver(simulator);
		const failed = await api.runWorkflow(workflow);
		assert.equal(failed.status, 'error');
		const first = writeRequests(simulator).length > 0;
		simulator.clearRequests();
		const { status } = await api.finished(await api.retryExecution(failed.id));
		assert.equal(status, 'error');
		return { first, again: writeRequests(simulator).length > 0 };
	}
}
