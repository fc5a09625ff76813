/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/**
 * Sync Members as somebody uses it who keeps a segment equal to a sheet: the example, published, with a call in place
 * of the schedule and the rows of the call in place of the sheet.
 */
import assert from 'node:assert/strict';
import type { IConnections, INode, IRun } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import { itemsOf } from './editorApi';
import type { EditorApi, FinishedExecution, WorkflowJson } from './editorApi';
import { exampleWorkflows } from './fixtures';
import type { Instance } from './instance';
import { waitFor } from './processes';
import { startOver, writeRequests } from './simulatorState';

const DAY_MS = 24 * 60 * 60 * 1000;
const PEOPLE = 50;

const person = (index: number): string => `customer${index}@shop.example`;
const people = (from: number, to: number): string[] =>
	Array.from({ length: to - from }, (_, index) => person(from + index));

/** 50 rows: three of the 50 members have left, two have joined, one is written in another case, and nobody else changed. */
const SHEET = [
	...people(0, 46),
	person(46).toUpperCase(),
	'newcomer1@shop.example',
	'newcomer2@shop.example',
];

const CODE = 'n8n-nodes-base.code';

/** The rows of the call as items; no row gives no item. */
const readRows = (call: string) =>
	`return $('${call}').first().json.body.rows.map((id) => ({ json: { id } }));`;

function standIn(node: INode, path: string, call: string): INode {
	switch (node.type) {
		case 'n8n-nodes-base.scheduleTrigger': {
			const parameters = { httpMethod: 'POST', path, options: {} };
			return {
				...node,
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				parameters,
				webhookId: path,
			};
		}
		case 'n8n-nodes-base.googleSheets': {
			if (node.parameters.operation === 'append') {
				return { ...node, type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} };
			}
			return { ...node, type: CODE, typeVersion: 2, parameters: { jsCode: readRows(call) } };
		}
		case 'n8n-nodes-base.slack': {
			const jsCode = 'return [{ json: { data: { approved: true } } }];';
			return { ...node, type: CODE, typeVersion: 2, parameters: { jsCode } };
		}
		default:
			return node;
	}
}

/** An example that a call starts, with the rows of the call as its sheet. */
function calledExample(file: string, path: string): WorkflowJson {
	const found = exampleWorkflows().find((example) => example.file === file);
	assert.ok(found, file);
	const { workflow } = found;
	const schedule = workflow.nodes.find(({ type }) => type.endsWith('.scheduleTrigger'));
	assert.ok(schedule, `${file} has no schedule`);
	const nodes = workflow.nodes.map((node) => standIn(node, path, schedule.name));
	return { ...workflow, name: `Called: ${workflow.name}`, nodes };
}

/** The same, with a loop around the sync, as people build who are used to loops. */
function inLoop(workflow: WorkflowJson): WorkflowJson {
	const loop: INode = {
		id: 'loop',
		name: 'Loop Over Items',
		type: 'n8n-nodes-base.splitInBatches',
		typeVersion: 3,
		position: [0, 0],
		parameters: { batchSize: 10, options: {} },
	};
	const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];
	const connections: IConnections = {
		...workflow.connections,
		'Read the Sheet': { main: [to(loop.name)] },
		[loop.name]: { main: [[], to('Sync Members')] },
		'Sync Members': { main: [to(loop.name), to('Held')] },
	};
	return { ...workflow, nodes: [...workflow.nodes, loop], connections };
}

export class SyncChecks {
	private count = 0;

	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly instance: Instance,
		private readonly api: EditorApi,
	) {}

	async run(): Promise<void> {
		await this.nightly();
		await this.loop();
		await this.approval();
	}

	private async nightly(): Promise<void> {
		const { checks } = this;
		const call = await this.publish(calledExample('nightly-sync-google-sheet.json', this.path()));
		await checks.check(
			'a sheet: three have left, two have joined, one in another case',
			async () => {
				this.fill();
				const { message } = resultOf(await call(SHEET));
				checks.note(message);
				assert.deepEqual(
					this.members(),
					[...people(0, 47), 'newcomer1@shop.example', 'newcomer2@shop.example'].sort(),
				);
				assert.match(message, /^2 added, 3 removed, 46 kept/);
				assert.match(message, /held/);
			},
		);
		await checks.check('the same sheet again changes nothing', async () => {
			this.simulator.clearRequests();
			const { message } = resultOf(await call(SHEET));
			checks.note(message);
			assert.match(message, /^0 added, 0 removed, 48 kept/);
			assert.deepEqual(writeRequests(this.simulator), []);
		});
		await checks.check('an empty sheet sends nothing and says why', async () => {
			await this.isHeld(
				call,
				[],
				/^Nothing was sent. The list is empty, and the segment has 50 members/,
			);
		});
		await checks.check(
			'a sheet that a limit of 10 cut off sends nothing and says why',
			async () => {
				await this.isHeld(
					call,
					SHEET.slice(0, 10),
					/exactly 10 rows, as if a limit had cut it off/,
				);
			},
		);
	}

	private async loop(): Promise<void> {
		await this.checks.check('a loop around the sync sends nothing and says why', async () => {
			const workflow = inLoop(calledExample('nightly-sync-google-sheet.json', this.path()));
			await this.isHeld(await this.publish(workflow), SHEET, /loop/);
		});
	}

	private async approval(): Promise<void> {
		await this.checks.check('half a sheet is removed when somebody has agreed', async () => {
			const call = await this.publish(calledExample('sync-with-approval.json', this.path()));
			this.fill();
			const execution = await call(people(0, 24));
			const [plan] = itemsOf(execution.data, 'Plan');
			this.checks.note(String(plan.json.message));
			const { message } = resultOf(execution);
			this.checks.note(message);
			assert.match(message, /26 removed/);
			assert.deepEqual(this.members(), people(0, 24).sort());
		});
	}

	/** 50 members who have been there for long, and two who could join. */
	private fill(): void {
		const { simulator } = this;
		startOver(simulator);
		simulator.state.addSegment({ key: 'vip', name: 'VIP Customers' });
		for (const one of [...simulator.state.membersOf('vip')]) simulator.state.setSegments(one, []);
		const dateCreated = Date.now() - 90 * DAY_MS;
		for (const id of people(0, PEOPLE)) {
			simulator.state.addParticipant({ id, email: id, segments: ['vip'], dateCreated });
		}
		for (const id of ['newcomer1@shop.example', 'newcomer2@shop.example']) {
			simulator.state.addParticipant({ id, email: id, dateCreated });
		}
	}

	private members(): string[] {
		return [...this.simulator.state.membersOf('vip')].map(({ id }) => id).sort();
	}

	private path(): string {
		return `sync-${++this.count}`;
	}

	/** Publish a workflow that is called. @returns a call with the rows of the sheet, and the execution it leads to */
	private async publish(
		workflow: WorkflowJson,
	): Promise<(rows: readonly string[]) => Promise<FinishedExecution>> {
		const { api } = this;
		const stored = await api.createWorkflow(workflow);
		await api.activate(stored);
		const path = String(
			workflow.nodes.find(({ type }) => type.endsWith('.webhook'))?.parameters.path,
		);
		return async (rows) => {
			const before = (await api.executions(stored.id)).length;
			// n8n publishes in the background.
			await waitFor('the webhook', async () => {
				const { status } = await fetch(`${this.instance.url}/webhook/${path}`, {
					method: 'POST',
					headers: { 'content-type': 'application/json' },
					body: JSON.stringify({ rows }),
				});
				return status === 200;
			});
			const id = await waitFor('the execution', async () => {
				const all = await api.executions(stored.id);
				return all.length > before ? all[0].id : undefined;
			});
			return await api.finished(id);
		};
	}

	private async isHeld(
		call: (rows: readonly string[]) => Promise<FinishedExecution>,
		rows: readonly string[],
		reason: RegExp,
	): Promise<void> {
		this.fill();
		const before = this.members();
		const { status, data } = await call(rows);
		const message = messageOf(data);
		this.checks.note(message);
		assert.equal(status, 'error');
		assert.match(message, reason);
		assert.deepEqual(writeRequests(this.simulator), []);
		assert.deepEqual(this.members(), before);
	}
}

const messageOf = (data: IRun['data']): string => data.resultData.error?.message ?? '';

function resultOf({ status, data }: FinishedExecution): { message: string } {
	assert.equal(status, 'success', messageOf(data));
	const [item] = itemsOf(data, 'Sync Members');
	return { message: String(item.json.message) };
}
