/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** How an import in a real n8n ends before its last row, and what each kind of end leaves for the next one. */
import assert from 'node:assert/strict';
import type { IDataObject, INode, IWorkflowSettings } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import { itemsOf, manualTrigger } from './editorApi';
import type { EditorApi, FinishedExecution, StoredWorkflow } from './editorApi';
import { DownloadServer, examplesByHand } from './exampleRuns';
import { fixtureWorkflow, withCredential, withNodes } from './fixtures';
import { pause, waitFor } from './processes';
import { startOver, writeRequests } from './simulatorState';

const ROWS = 300;

/** People per request, and milliseconds until it is answered: a file takes at least nine seconds. */
const BATCH = 10;
const SLOW_MS = 300;

/** The process that carries out the import. */
export interface Executor {
	/** What it is, for the names of the checks. */
	name: string;
	/** Whether nodes find again what they have noted in the static data of their workflow. */
	keepsStaticData: boolean;
	/** Ask it to end, and let it end in its own time. */
	terminate(): Promise<void>;
	/** End it at once. */
	kill(): Promise<void>;
	/** Have one again. */
	restart(): Promise<void>;
}

export class EndingChecks {
	private count = 0;

	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly url: () => string,
		private readonly api: EditorApi,
		private readonly credential: { id: string; name: string },
		private readonly executor: Executor,
	) {}

	async run(): Promise<void> {
		await this.stop();
		await this.stopSlices();
		await this.inTime();
		await this.timeOut();
		await this.killed('SIGTERM');
		await this.killed('SIGKILL');
	}

	/** A published workflow that imports what is posted to it, and answers at once. */
	private async publish(settings: IWorkflowSettings = {}, after?: INode): Promise<StoredWorkflow> {
		const name = `endings-${this.executor.name.replace(/\W+/g, '-')}-${++this.count}`;
		const workflow = withNodes(fixtureWorkflow('webhook-import'), {
			Posted: { webhookId: undefined, parameters: { path: name, responseMode: 'onReceived' } },
			Import: {
				parameters: {
					simplify: false,
					options: { requests: { settings: { batchSize: BATCH, concurrency: 1 } }, resume: true },
				},
			},
		});
		const nodes = after === undefined ? workflow.nodes : [...workflow.nodes, after];
		const connections =
			after === undefined
				? workflow.connections
				: {
						...workflow.connections,
						Import: { main: [[{ node: after.name, type: 'main' as const, index: 0 }]] },
					};
		const stored = await this.api.createWorkflow(
			withCredential(
				{
					...workflow,
					id: '',
					name,
					nodes,
					connections,
					settings: { ...workflow.settings, ...settings },
				},
				this.credential,
			),
		);
		await this.api.activate(stored);
		await waitFor('the webhook', async () => (await this.post(name, 'id\n')).status !== 404);
		return stored;
	}

	private async post(path: string, csv: string): Promise<Response> {
		const form = new FormData();
		form.append('file', new Blob([csv], { type: 'text/csv' }), 'people.csv');
		return await fetch(`${this.url()}/webhook/${path}`, { method: 'POST', body: form });
	}

	/** Post the file, and wait until its import has sent something. */
	private async begin({ id, name }: StoredWorkflow): Promise<string> {
		const known = new Set((await this.api.executions(id)).map((execution) => execution.id));
		this.simulator.clearRequests();
		const answer = await this.post(name, FILE);
		assert.equal(answer.status, 200, await answer.text());
		await waitFor('the import to send rows', () => writeRequests(this.simulator).length >= 3);
		const execution = await waitFor('the execution', async () =>
			(await this.api.executions(id)).find((one) => !known.has(one.id)),
		);
		return execution.id;
	}

	/** Post the file once more to an API that is quick now, and wait for the end. */
	private async again(workflow: StoredWorkflow): Promise<IDataObject> {
		this.simulator.setOptions({ latencyMs: 0 });
		const end = await this.api.finished(await this.begin(workflow));
		assert.equal(end.status, 'success', JSON.stringify(end.data.resultData.error));
		return summaryOf(end);
	}

	private imported(): number {
		const { state } = this.simulator;
		return IDS.filter((id) => state.segmentsOf(id)?.includes('vip')).length;
	}

	private async prepare(settings?: IWorkflowSettings, after?: INode): Promise<StoredWorkflow> {
		startOver(this.simulator);
		const workflow = await this.publish(settings, after);
		this.simulator.setOptions({ latencyMs: SLOW_MS });
		return workflow;
	}

	/** Nothing is known of the interrupted import, so the next one begins with the first row and does it all. */
	private async expectFromTheTop(workflow: StoredWorkflow): Promise<void> {
		const kept = (await this.api.staticData(workflow.id))['node:Import'] as IDataObject | undefined;
		assert.equal(kept?.imports, undefined, 'a place in the static data');
		const summary = await this.again(workflow);
		const details = summary.details as IDataObject;
		assert.equal(details.startedAtRow, undefined);
		assert.equal(details.complete, true);
		assert.equal(summary.rows, ROWS);
		for (const id of IDS) assert.deepEqual(this.simulator.state.segmentsOf(id), ['vip'], id);
	}

	private async stop(): Promise<void> {
		const { checks, api, executor } = this;
		await checks.check(`${executor.name}: after Stop, the next import begins again`, async () => {
			const workflow = await this.prepare();
			const id = await this.begin(workflow);
			await api.stopExecution(id);
			const { status } = await api.finished(id);
			assert.equal(status, 'canceled');
			// What was under way may still arrive.
			await pause(2 * SLOW_MS);
			const before = this.imported();
			await pause(4 * SLOW_MS);
			assert.equal(this.imported(), before, 'rows sent after Stop');
			assert.ok(before < ROWS, 'the import was not interrupted');
			await this.expectFromTheTop(workflow);
		});
	}

	/** n8n forgets what a stopped execution has shown, unless its workflow saves the progress. */
	private async stopSlices(): Promise<void> {
		const { checks, api, executor, simulator } = this;
		await checks.check(
			`${executor.name}: after Stop, the example of slices still has the summaries of those that are done`,
			async () => {
				startOver(simulator);
				const downloads = new DownloadServer();
				await downloads.listen();
				try {
					const { id, nodes, ...rest } = await this.slices(downloads);
					simulator.clearRequests();
					simulator.setOptions({ latencyMs: 5 * SLOW_MS });
					const execution = await api.startRun(id, manualTrigger({ id, nodes, ...rest }));
					await waitFor('the second slice', () => writeRequests(simulator).length >= 2);
					await api.stopExecution(execution);
					const { status, data } = await api.finished(execution);
					assert.equal(status, 'canceled');
					const done = data.resultData.runData['Import CSV'] ?? [];
					const items = done.flatMap((task) => task.data?.main[0] ?? []);
					assert.deepEqual(
						items.map(({ json }) => [json.rows, json.nextRow]),
						[[1, 3]],
					);
				} finally {
					downloads.close();
				}
			},
		);
	}

	private async slices(downloads: DownloadServer): Promise<StoredWorkflow> {
		const file = 'import-large-file-in-slices.json';
		const example = examplesByHand(downloads).find((one) => one.file === file);
		if (example === undefined) throw new Error(`${file} is missing`);
		return await this.api.createWorkflow(withCredential(example.workflow, this.credential));
	}

	private async inTime(): Promise<void> {
		const { checks, api, executor } = this;
		const title = `${executor.name}: an import ends before the time-out of its workflow, and the next one ${executor.keepsStaticData ? 'goes on there' : 'begins again'}`;
		await checks.check(title, async () => {
			const workflow = await this.prepare({ executionTimeout: 12 });
			const end = await api.finished(await this.begin(workflow));
			assert.equal(end.status, 'success', JSON.stringify(end.data.resultData.error));
			const summary = summaryOf(end);
			const next = Number(summary.nextRow);
			assert.ok(next > 2 && next <= ROWS + 1, JSON.stringify(summary));
			assert.match(String(summary.message), /because the execution's time-out is near/);
			assert.ok(itemsOf(end.data, 'Import')[0].binary?.rejects, 'a rejects file');
			assert.equal(this.imported(), next - 2, 'rows before the place are done');

			const rest = await this.again(workflow);
			const { startedAtRow } = rest.details as IDataObject;
			if (executor.keepsStaticData) {
				assert.equal(startedAtRow, next);
				assert.match(JSON.stringify(rest.notes), new RegExp(`Rows 2 to ${next - 1} were left out`));
			} else {
				assert.equal(startedAtRow, undefined);
				assert.equal(rest.rows, ROWS);
			}
			assert.equal(rest.nextRow, undefined);
			for (const id of IDS) assert.deepEqual(this.simulator.state.segmentsOf(id), ['vip'], id);
		});
	}

	/** The import has ended in time, but the nodes after it have not. */
	private async timeOut(): Promise<void> {
		const { checks, api, executor } = this;
		await checks.check(
			`${executor.name}: after n8n's time-out, the next import begins again`,
			async () => {
				const workflow = await this.prepare({ executionTimeout: 12 }, LONG_WAIT);
				const id = await this.begin(workflow);
				const { status } = await api.finished(id);
				assert.equal(status, 'canceled');
				await waitFor('the import to be over', () => this.imported() < ROWS);
				const kept = (await api.staticData(workflow.id))['node:Import'] as IDataObject | undefined;
				assert.equal(kept?.imports, undefined, 'a place in the static data');
			},
		);
	}

	private async killed(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
		const { checks, api, executor } = this;
		await checks.check(
			`${executor.name}: after ${signal}, the next import begins again`,
			async () => {
				const workflow = await this.prepare();
				const id = await this.begin(workflow);
				if (signal === 'SIGTERM') await executor.terminate();
				else await executor.kill();
				const before = this.imported();
				assert.ok(before < ROWS, 'the import was not interrupted');
				await executor.restart();
				const { status } = await api.finished(id, 180_000);
				checks.note(`The execution is shown as: ${status}; rows imported: ${this.imported()}`);
				if (this.imported() < ROWS) await this.expectFromTheTop(workflow);
				for (const person of IDS) {
					assert.deepEqual(this.simulator.state.segmentsOf(person), ['vip'], person);
				}
			},
		);
	}
}

const IDS = Array.from({ length: ROWS }, (_, index) => `end${index}@example.com`);

const FILE = `id\n${IDS.join('\n')}\n`;

const summaryOf = ({ data }: FinishedExecution): IDataObject => itemsOf(data, 'Import')[0].json;

const LONG_WAIT: INode = {
	id: 'w1',
	name: 'Long',
	type: 'n8n-nodes-base.wait',
	typeVersion: 1.1,
	position: [440, 0],
	webhookId: 'e2f2b3e1-6f0b-4b62-9a58-5f0c0d8b6f11',
	parameters: { resume: 'timeInterval', amount: 30, unit: 'seconds' },
};
