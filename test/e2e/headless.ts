/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** n8n without a browser: its commands, its server, and the state the simulator is left in. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { ICredentialType, IDataObject, INode, INodeTypeDescription, IRun } from 'n8n-workflow';
import { startSimulator } from '../simulator/server';
import type { Simulator } from '../simulator/server';
import { participantKey } from '../simulator/state';
import type { Checks } from './checks';
import { EditorApi, itemsOf, taskOf } from './editorApi';
import type { WorkflowJson } from './editorApi';
import { FakeModel } from './fakeModel';
import {
	CREDENTIAL_TYPE,
	credentialFile,
	exampleWorkflows,
	fixtureWorkflow,
	isOurs,
	REFUSED,
	seed,
	withNodes,
	writeLargeCsv,
} from './fixtures';
import type { Example } from './fixtures';
import { Instance, NODE_TYPE } from './instance';
import { duration, pause, waitFor } from './processes';

const LARGE_FILE_MB = 50;

/** Most memory that n8n may take for the large file on top of what it needs idle. */
const MEMORY_LIMIT_MB = 400;

/** All headless checks. */
export async function runHeadless(checks: Checks): Promise<void> {
	const simulator = await startSimulator();
	const csvServer = await serveCsv();
	const instance = await Instance.prepare();
	try {
		checks.section(`n8n ${instance.version}: commands`);
		await new CommandChecks(checks, simulator, instance).run();
		checks.section(`n8n ${instance.version}: server`);
		await instance.start();
		const api = new EditorApi(instance);
		await api.setUpOwner();
		const server = new ServerChecks(checks, simulator, instance, api);
		await server.descriptions();
		await server.webhooks();
		await server.triggers();
		await server.errorHandling();
		await server.agent();
		await server.largeFile();
	} finally {
		await instance.remove();
		await simulator.close();
		csvServer.close();
	}
}

/** Back to the seed data, with nothing recorded. */
function startOver(simulator: Simulator): void {
	simulator.reset();
	seed(simulator);
}

/** Requests that changed something. */
function writeRequests(simulator: Simulator) {
	return simulator.requests.filter(({ writes }) => writes.length > 0);
}

function writesOf(simulator: Simulator, id: string): number {
	return simulator.state.writeCounts.get(participantKey(id, id)) ?? 0;
}

/** `n8n import:...` and `n8n execute`, each a process of its own. */
class CommandChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly instance: Instance,
	) {}

	async run(): Promise<void> {
		const { checks, simulator } = this;
		startOver(simulator);
		await checks.check('import:credentials takes the credential', async () => {
			const file = this.write('credential.json', credentialFile(simulator));
			const { code, stdout, stderr } = await this.instance.cli([
				'import:credentials',
				`--input=${file}`,
			]);
			assert.equal(code, 0, stdout + stderr);
			assert.match(stdout, /Successfully imported 1 credential/);
		});
		const examples = exampleWorkflows()
			.filter(startsByHand)
			.map(({ file, workflow }) => ({ file, workflow: startedByHand(workflow) }));
		const imports = MODES.map((mode) => importWorkflow(mode));
		await checks.check('import:workflow takes the examples and the test workflows', async () => {
			const workflows = [...examples.map(({ workflow }) => workflow), ...imports];
			const file = this.write('workflows.json', JSON.stringify(workflows));
			const { code, stdout, stderr } = await this.instance.cli([
				'import:workflow',
				`--input=${file}`,
			]);
			assert.equal(code, 0, stdout + stderr);
			assert.match(stdout, new RegExp(`Successfully imported ${workflows.length} workflows`));
		});
		await this.examples(examples);
		await this.binaryModes();
	}

	private async examples(examples: Example[]): Promise<void> {
		const { checks, simulator } = this;
		for (const { file, workflow } of examples) {
			await checks.check(`example ${file} runs`, async () => {
				startOver(simulator);
				assertOursRan(workflow, await this.execute(workflow.id));
				EXAMPLE_STATE[file]?.(simulator);
			});
		}
	}

	/** The same import in every way in which n8n hands files on. */
	private async binaryModes(): Promise<void> {
		for (const storage of ['filesystem', 'database'] as const) {
			for (const mode of MODES) {
				await this.checks.check(`Import CSV: binary mode ${mode}, ${storage} storage`, async () => {
					startOver(this.simulator);
					const data = await this.execute(importWorkflow(mode).id, {
						N8N_DEFAULT_BINARY_DATA_MODE: storage,
					});
					assertImported(data, this.simulator);
					const [{ json, binary }] = itemsOf(data, 'Import');
					const rejects =
						mode === 'separate' ? binary?.rejects : (json._files as IDataObject).rejects;
					const { id, fileName } = rejects as { id: string; fileName: string };
					assert.match(id, storage === 'filesystem' ? /^filesystem-v2:/ : /^database:/);
					assert.equal(fileName, 'people-rejects.csv');
				});
			}
		}
	}

	/** Execute a workflow that was imported. */
	private async execute(
		id: string,
		environment: Record<string, string> = {},
	): Promise<IRun['data']> {
		const { code, stdout, stderr } = await this.instance.cli(
			['execute', `--id=${id}`, '--rawOutput'],
			environment,
		);
		assert.equal(code, 0, lastPart(stdout + stderr));
		return executionIn(stdout);
	}

	private write(name: string, content: string): string {
		const file = path.join(this.instance.folder, name);
		writeFileSync(file, content);
		return file;
	}
}

const lastPart = (text: string): string => text.slice(-3000);

/** `n8n execute` prints the execution after its log. */
function executionIn(output: string): IRun['data'] {
	const match = /^\{\n[^]*?^\}$/m.exec(output);
	if (match === null) throw new Error(`n8n printed no execution\n${lastPart(output)}`);
	return (JSON.parse(match[0]) as IRun).data;
}

const MANUAL = 'n8n-nodes-base.manualTrigger';
const SCHEDULE = 'n8n-nodes-base.scheduleTrigger';
const WEBHOOK = 'n8n-nodes-base.webhook';

const nodesOfType = ({ nodes }: WorkflowJson, type: string): INode[] =>
	nodes.filter((node) => node.type === type);

const startsByHand = ({ workflow }: Example): boolean =>
	[MANUAL, SCHEDULE].some((type) => nodesOfType(workflow, type).length > 0);

const startsByCall = ({ workflow }: Example): boolean => nodesOfType(workflow, WEBHOOK).length > 0;

/**
 * An example as a command can start it: a schedule becomes a manual trigger, and a file to download is one of ours.
 */
function startedByHand(workflow: WorkflowJson): WorkflowJson {
	const hasManual = nodesOfType(workflow, MANUAL).length > 0;
	const nodes = workflow.nodes.map((node): INode => {
		if (node.type === SCHEDULE && !hasManual) {
			return { ...node, type: MANUAL, typeVersion: 1, parameters: {} };
		}
		if (node.type === 'n8n-nodes-base.httpRequest') {
			return { ...node, parameters: { ...node.parameters, url: csvAddress } };
		}
		return node;
	});
	return { ...workflow, nodes };
}

/** All nodes of this package that were reached did their work. */
function assertOursRan(workflow: WorkflowJson, data: IRun['data']): void {
	const ran = workflow.nodes
		.filter((node) => isOurs(node) && data.resultData.runData[node.name] !== undefined)
		.map(({ name }) => name);
	assert.ok(ran.length > 0, 'no node of this package ran');
	for (const name of ran) {
		assert.equal(taskOf(data, name).executionStatus, 'success', `node '${name}'`);
	}
}

/** What the API holds after an example has run on the seed data. */
const EXAMPLE_STATE: Record<string, (simulator: Simulator) => void> = {
	'create-segment-and-import.json': ({ state }) => {
		assert.equal(state.segments.get('springLaunch')?.name, 'Spring Launch');
		assert.deepEqual(state.segmentsOf('linus@partner.example'), ['partners']);
		assert.deepEqual(state.segmentsOf('alan@former.example'), []);
		assert.ok(state.segmentsOf('grace@example.com')?.includes('springLaunch'));
	},
	'crm-webhook-add-segment.json': ({ state }) => {
		assert.deepEqual(state.segmentsOf('katherine@example.com'), ['newsletter', 'vip']);
	},
	'move-lapsed-customers.json': ({ state }) => {
		assert.deepEqual(state.segmentsOf('dorothy@example.com'), ['lapsedCustomers']);
	},
	'scheduled-csv-import.json': ({ state }) => {
		assert.deepEqual(state.segmentsOf('katherine@example.com'), ['newsletter', 'vip']);
		assert.deepEqual(state.segmentsOf('new@example.com'), ['newsletter']);
	},
	'segment-housekeeping.json': ({ state }) => {
		assert.equal(state.segments.get('oldCampaign')?.status, 'ARCHIVED');
		assert.equal(state.segments.get('vip')?.status, 'ACTIVE');
	},
};

/** What a caller of an example's webhook sends. */
const WEBHOOK_BODY = { email: 'katherine@example.com', segments: ['vip', 'newsletter'] };

/** What an example downloads. */
const DOWNLOAD = 'id,segments\nkatherine@example.com,vip|newsletter\nnew@example.com,\n';

let csvAddress = '';

/** A server for the file that examples download. */
async function serveCsv(): Promise<Server> {
	const server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': 'text/csv' }).end(DOWNLOAD);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	csvAddress = `http://127.0.0.1:${(server.address() as AddressInfo).port}/participants.csv`;
	return server;
}

/** n8n looks once a minute at most, so the test says at which second. */
function onceAMinute(inSeconds: number): { mode: string; cronExpression: string } {
	const second = new Date(Date.now() + inSeconds * 1000).getSeconds();
	return { mode: 'custom', cronExpression: `${second} * * * * *` };
}

type BinaryMode = 'separate' | 'combined';

const MODES: BinaryMode[] = ['separate', 'combined'];

/** In combined mode n8n keeps files in the item's `_files`, and nodes name them by their path. */
function importWorkflow(mode: BinaryMode): WorkflowJson {
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
function assertImported(data: IRun['data'], { state }: Simulator): void {
	const [{ json }] = itemsOf(data, 'Import');
	const counts = { rowsRead: 4, succeeded: 2, invalid: 1, rejected: 1, skipped: 0, notSent: 0 };
	for (const [name, count] of Object.entries(counts)) assert.equal(json[name], count, name);
	assert.equal(json.complete, true);
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

/** Workflows on the running server. */
class ServerChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly instance: Instance,
		private readonly api: EditorApi,
	) {}

	/** What the editor and AI agents get to know about the node. */
	async descriptions(): Promise<void> {
		await this.checks.check('the node and its tool for AI agents are loaded', async () => {
			const types = await this.api.types<INodeTypeDescription>('nodes');
			const find = (name: string): INodeTypeDescription => {
				const found = types.find((type) => type.name === name);
				if (found === undefined) throw new Error(`n8n did not load ${name}`);
				return found;
			};
			const node = find(NODE_TYPE);
			const tool = find(`${NODE_TYPE}Tool`);
			assert.deepEqual(tool.outputs, ['ai_tool']);
			assert.match(tool.description, /segment/i);
			const fields = (type: INodeTypeDescription) => type.properties.map(({ name }) => name);
			for (const name of fields(node)) assert.ok(fields(tool).includes(name), `tool has '${name}'`);
			assert.ok(fields(tool).includes('toolDescription'));
		});
		await this.checks.check('the credential type is loaded', async () => {
			const types = await this.api.types<ICredentialType>('credentials');
			const type = types.find(({ name }) => name === CREDENTIAL_TYPE);
			assert.equal(type?.displayName, 'impact.com Advocate API');
			assert.ok(type?.supportedNodes?.includes(NODE_TYPE), 'supported nodes');
		});
	}

	/** Examples that wait for a call. */
	async webhooks(): Promise<void> {
		const { checks, simulator, api } = this;
		const key = { name: 'X-Key', value: 'only-for-tests' };
		const id = await api.createCredential('Caller', 'httpHeaderAuth', key);
		for (const { file, workflow } of exampleWorkflows().filter(startsByCall)) {
			await checks.check(`example ${file} answers a call`, async () => {
				startOver(simulator);
				const nodes = workflow.nodes.map((node) =>
					node.parameters.authentication === 'headerAuth'
						? { ...node, credentials: { httpHeaderAuth: { id, name: 'Caller' } } }
						: node,
				);
				await api.activate(await api.createWorkflow({ ...workflow, nodes }));
				const [{ parameters }] = nodesOfType(workflow, WEBHOOK);
				const call = async (body: unknown) =>
					await fetch(`${this.instance.url}/webhook/${String(parameters.path)}`, {
						method: String(parameters.httpMethod ?? 'GET'),
						headers: { 'content-type': 'application/json', [key.name]: key.value },
						body: JSON.stringify(body),
					});
				// n8n publishes in the background.
				const answer = await waitFor('the webhook', async () => {
					const response = await call(WEBHOOK_BODY);
					return response.status !== 404 && response;
				});
				assert.equal(answer.status, 200, await answer.text());
				EXAMPLE_STATE[file]?.(simulator);
				const refused = await call({ ...WEBHOOK_BODY, email: REFUSED });
				assert.equal(refused.status, 422);
				assert.match(await refused.text(), /asked not to be tracked/);
			});
		}
	}

	/** Examples that start when something happens in Advocate. */
	async triggers(): Promise<void> {
		const { checks, simulator, api } = this;
		const example = (file: string): WorkflowJson => {
			const found = exampleWorkflows().find((entry) => entry.file === file);
			if (found === undefined) throw new Error(`There is no example ${file}`);
			return found.workflow;
		};
		const { state, webhooks } = simulator;

		await checks.check('example trigger-participant-created.json starts on an event', async () => {
			startOver(simulator);
			const stored = await api.createWorkflow(example('trigger-participant-created.json'));
			await api.activate(stored);
			await waitFor('the subscription', () => webhooks.subscriptions.size === 1);
			const [{ endpointUrl, webhookTypes }] = webhooks.subscriptions.values();
			assert.ok(endpointUrl.startsWith(`${this.instance.url}/webhook/`), endpointUrl);
			assert.deepEqual(webhookTypes, ['user.created']);

			simulator.setOptions({ webhookRetryMs: 50 });
			webhooks.faults.push('duplicate');
			webhooks.userCreated(
				state.addParticipant({ id: 'friend@example.com', referredByCodes: ['ADA1'] }),
			);
			webhooks.userCreated(state.addParticipant({ id: 'organic@example.com' }));
			await waitFor('the event to be worked on', () =>
				['friend@example.com', 'organic@example.com'].every((id) => state.segmentsOf(id)?.length),
			);
			await webhooks.settled();
			assert.deepEqual(state.segmentsOf('friend@example.com'), ['referredFriends']);
			assert.deepEqual(state.segmentsOf('organic@example.com'), ['organicSignups']);
			assert.equal(webhooks.attempts.length, 3, 'deliveries');
			assert.equal(writesOf(simulator, 'friend@example.com'), 1, 'writes after a repeated event');

			await api.deactivate(stored.id);
			await waitFor('the subscription to end', () => webhooks.subscriptions.size === 0);
		});

		await checks.check('a forged event does not start a workflow', async () => {
			startOver(simulator);
			const stored = await api.createWorkflow(example('trigger-participant-created.json'));
			await api.activate(stored);
			await waitFor('the subscription', () => webhooks.subscriptions.size === 1);
			simulator.setOptions({ webhookRetryMs: 1, webhookMaxTries: 1 });
			webhooks.faults.push('wrongKey');
			webhooks.userCreated(state.addParticipant({ id: 'friend@example.com' }));
			await webhooks.settled();
			assert.notEqual(webhooks.attempts[0].status, 200);
			await api.deactivate(stored.id);
			assert.deepEqual(state.segmentsOf('friend@example.com'), []);
		});

		await checks.check('example trigger-segment-entered.json notices a new member', async () => {
			startOver(simulator);
			const workflow = example('trigger-segment-entered.json');
			const [trigger] = workflow.nodes.filter(({ type }) => /SegmentTrigger$/.test(type));
			const stored = await api.createWorkflow(
				withNodes(workflow, {
					[trigger.name]: { parameters: { pollTimes: { item: [onceAMinute(8)] } } },
				}),
			);
			await api.activate(stored);
			await waitFor('a first look at the members', () =>
				simulator.requests.some(
					({ rootFields, finishedAt }) => rootFields.includes('users') && finishedAt !== undefined,
				),
			);
			state.addParticipant({ id: 'new@example.com', segments: ['vip', 'lapsed', 'newsletter'] });
			await waitFor(
				'the workflow',
				() => state.segmentsOf('new@example.com')?.join() === 'newsletter,vip',
				{ timeoutMs: 20_000 },
			);
			assert.deepEqual(state.segmentsOf('hedy@example.com'), ['vip']);
			await api.deactivate(stored.id);
		});
	}

	async errorHandling(): Promise<void> {
		const { checks, simulator, api } = this;
		const workflow = fixtureWorkflow('participants');
		const check = async (name: string, body: () => Promise<void>) =>
			await checks.check(name, async () => {
				startOver(simulator);
				await body();
			});

		await check('error output: failed items take their own branch, still paired', async () => {
			const { status, data } = await api.runWorkflow(workflow);
			assert.equal(status, 'success');
			assert.deepEqual(
				itemsOf(data, 'Done').map(({ json }) => [json.id, json.asked, json.segments]),
				[
					['ada@example.com', 'ada@example.com', ['newsletter', 'vip']],
					['grace@example.com', 'grace@example.com', ['vip', 'newsletter']],
				],
			);
			const failed = itemsOf(data, 'Failed').map(({ json }) => json);
			assert.equal(failed.length, 1);
			assert.equal(failed[0].asked, REFUSED);
			assert.match(String(failed[0].error), /asked not to be tracked/);
			this.assertWrittenOnce();
		});

		await check('Continue: failed items stay in the one output', async () => {
			const { status, data } = await api.runWorkflow(
				withNodes(workflow, { Add: { onError: 'continueRegularOutput' } }),
			);
			assert.equal(status, 'success');
			const items = itemsOf(data, 'Done').map(({ json }) => json);
			assert.deepEqual(
				items.map(({ asked }) => asked),
				['ada@example.com', REFUSED, 'grace@example.com'],
			);
			assert.match(String(items[1].error), /asked not to be tracked/);
			this.assertWrittenOnce();
		});

		await check('Stop Workflow: the failure names the item and says what to do', async () => {
			const { status, data } = await api.runWorkflow(
				withNodes(workflow, { Add: { onError: 'stopWorkflow' } }),
			);
			assert.equal(status, 'error');
			const error = data.resultData.error as unknown as IDataObject;
			assert.match(String(error.message), /asked not to be tracked\.? \[item 1\]/);
			assert.ok(String(error.description).length > 20, String(error.description));
		});

		for (const onError of ['continueErrorOutput', 'continueRegularOutput'] as const) {
			await check(`Retry On Fail with ${onError}: nothing is sent twice`, async () => {
				const { status } = await api.runWorkflow(
					withNodes(workflow, {
						Add: { onError, retryOnFail: true, maxTries: 3, waitBetweenTries: 10 },
					}),
				);
				assert.equal(status, 'success');
				this.assertWrittenOnce();
				assert.equal(writeRequests(simulator).length, 1, 'write requests');
			});
		}

		await check('Retry On Fail with the first item failing: nothing is sent twice', async () => {
			const people = [{ id: REFUSED }, { id: 'ada@example.com' }, { id: 'grace@example.com' }];
			await api.runWorkflow(
				withNodes(workflow, {
					List: { parameters: { jsonOutput: JSON.stringify({ people }) } },
					Add: { retryOnFail: true, maxTries: 3, waitBetweenTries: 10 },
				}),
			);
			this.assertWrittenOnce();
			assert.equal(writeRequests(simulator).length, 1, 'write requests');
		});

		await check('Retry On Fail of an import with failed rows: nothing is sent twice', async () => {
			const { status, data } = await api.runWorkflow(
				withNodes(importWorkflow('separate'), {
					Import: { retryOnFail: true, maxTries: 3, waitBetweenTries: 10 },
				}),
			);
			assert.equal(status, 'success');
			assertImported(data, simulator);
			this.assertWrittenOnce();
		});

		await check('Retry On Fail with Stop Workflow: the second try succeeds', async () => {
			simulator.faults.add({
				match: { operationName: 'upsertUsers' },
				then: { kind: 'status', status: 401 },
			});
			const { status, data } = await api.runWorkflow(
				withNodes(withoutRefused(workflow), {
					Add: { onError: 'stopWorkflow', retryOnFail: true, maxTries: 2, waitBetweenTries: 10 },
				}),
			);
			assert.equal(status, 'success', JSON.stringify(data.resultData.error));
			this.assertWrittenOnce();
		});
	}

	private assertWrittenOnce(): void {
		assert.equal(writesOf(this.simulator, 'ada@example.com'), 1, 'writes of ada@example.com');
		assert.equal(writesOf(this.simulator, 'grace@example.com'), 1, 'writes of grace@example.com');
		assert.deepEqual(this.simulator.state.segmentsOf('ada@example.com'), ['newsletter', 'vip']);
		assert.deepEqual(this.simulator.orderViolations, []);
	}

	/** An AI agent with the node as its tool; the model behind it is ours. */
	async agent(): Promise<void> {
		const { api, checks, simulator } = this;
		const model = new FakeModel();
		await model.listen();
		const id = await api.createCredential('Model', 'openAiApi', { apiKey: 'none', url: model.url });
		const workflow = withNodes(fixtureWorkflow('ai-agent'), {
			Model: { credentials: { openAiApi: { id, name: 'Model' } } },
		});
		await checks.check('an AI agent uses the node as its tool', async () => {
			startOver(simulator);
			model.callWith = { Participant: 'katherine@example.com', Segments: 'vip' };
			const { status, data } = await api.runWorkflow(workflow);
			assert.equal(status, 'success', JSON.stringify(data.resultData.error));
			const [tool] = model.tools;
			assert.match(tool.description, /segments.*participant.*Advocate/i);
			assert.deepEqual(Object.keys(tool.parameters.properties), ['Participant', 'Segments']);
			assert.deepEqual(simulator.state.segmentsOf('katherine@example.com'), ['vip']);
			assert.match(model.toolAnswer, /"segments":\["vip"\]/);
		});
		await checks.check('an AI agent is told what failed', async () => {
			startOver(simulator);
			model.callWith = { Participant: 'nobody@example.com', Segments: 'vip' };
			const { status } = await api.runWorkflow(workflow);
			assert.equal(status, 'success');
			assert.match(model.toolAnswer, /'nobody@example.com' does not exist/);
			assert.equal(simulator.state.segmentsOf('nobody@example.com'), undefined);
		});
		model.close();
	}

	/** A file larger than n8n would want to hold in memory. */
	async largeFile(): Promise<void> {
		const { checks, simulator } = this;
		const file = path.join(this.instance.files, 'large.csv');
		const rows = await writeLargeCsv(file, LARGE_FILE_MB);
		checks.note(`The large file has ${LARGE_FILE_MB} MB and ${rows} rows.`);

		await checks.check(`Import CSV of ${LARGE_FILE_MB} MB: dry run`, async () => {
			startOver(simulator);
			const summary = await this.watched(largeWorkflow(file, { dryRun: true, engine: 'rows' }));
			assert.equal(summary.rowsRead, rows);
			assert.equal(summary.planned, rows);
			assert.equal(writeRequests(simulator).length, 0, 'write requests');
		});
		for (const [engine, name] of ENGINES) {
			await checks.check(`Import CSV of ${LARGE_FILE_MB} MB: ${name}`, async () => {
				startOver(simulator);
				simulator.setOptions({ record: 'summary' });
				const summary = await this.watched(largeWorkflow(file, { dryRun: false, engine }));
				assert.equal(summary.rowsRead, rows);
				assert.equal(summary.succeeded, rows);
				assert.equal(simulator.state.membersOf('vip').size, rows + 2);
				assert.deepEqual(simulator.state.segmentsOf(`person${rows}@example.com`), [
					'newsletter',
					'vip',
				]);
				assert.deepEqual(simulator.orderViolations, []);
			});
		}
	}

	/** Run the import and watch the memory of n8n meanwhile. */
	private async watched(workflow: WorkflowJson): Promise<IDataObject> {
		const idle = residentMegabytes(this.instance.pid);
		const memory = new PeakMemory(this.instance.pid);
		const startedAt = Date.now();
		const { status, data } = await this.api.runWorkflow(workflow, 240_000);
		const peak = memory.stop();
		const took = Date.now() - startedAt;
		assert.equal(status, 'success', JSON.stringify(data.resultData.error));
		const { json } = itemsOf(data, 'Import')[0];
		this.checks.note(
			`${duration(took)} in all, ${String(json.rowsPerSecond)} rows/s in the node, ${String(json.requests)} requests; ` +
				`n8n's memory: ${idle} MB before, ${peak} MB at its peak, ${peak - idle} MB more`,
		);
		assert.ok(peak - idle < MEMORY_LIMIT_MB, `n8n took ${peak - idle} MB more`);
		return json;
	}
}

function withoutRefused(workflow: WorkflowJson): WorkflowJson {
	const people = [{ id: 'ada@example.com' }, { id: 'grace@example.com' }];
	return withNodes(workflow, { List: { parameters: { jsonOutput: JSON.stringify({ people }) } } });
}

/** The two ways to send rows. */
const ENGINES = [
	['rows', 'row by row'],
	['job', 'as an import job'],
] as const;

/** Read a file from disk, import it. */
function largeWorkflow(
	file: string,
	{ dryRun, engine }: { dryRun: boolean; engine: 'rows' | 'job' },
): WorkflowJson {
	const workflow = fixtureWorkflow('import-csv');
	const keep = ['Start', 'Import'];
	const read: INode = {
		id: 'r1',
		name: 'Read',
		type: 'n8n-nodes-base.readWriteFile',
		typeVersion: 1,
		position: [200, 0],
		parameters: { operation: 'read', fileSelector: file, options: {} },
	};
	const { nodes } = withNodes(workflow, {
		Import: { parameters: { dryRun, segments: ['vip'], options: { concurrency: 4, engine } } },
	});
	return {
		...workflow,
		nodes: [...nodes.filter(({ name }) => keep.includes(name)), read],
		connections: {
			Start: { main: [[{ node: 'Read', type: 'main', index: 0 }]] },
			Read: { main: [[{ node: 'Import', type: 'main', index: 0 }]] },
		},
	};
}

/** Memory that a process holds, in MB. */
function residentMegabytes(pid: number): number {
	const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
	return Math.round(Number(match?.[1] ?? 0) / 1024);
}

/** Looks at a process's memory ten times a second. */
class PeakMemory {
	private peak = 0;

	private stopped = false;

	constructor(private readonly pid: number) {
		void this.watch();
	}

	private async watch(): Promise<void> {
		while (!this.stopped) {
			this.peak = Math.max(this.peak, residentMegabytes(this.pid));
			await pause(100);
		}
	}

	stop(): number {
		this.stopped = true;
		return this.peak;
	}
}
