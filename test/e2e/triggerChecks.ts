/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The triggers: the examples that start when something happens in Advocate, and what must not start them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import { itemsOf } from './editorApi';
import type { EditorApi, StoredWorkflow, WorkflowJson } from './editorApi';
import {
	CREDENTIAL_TYPE,
	credentialData,
	exampleWorkflows,
	isOurs,
	withCredential,
	withNodes,
} from './fixtures';
import type { Instance } from './instance';
import { PROJECT, waitFor } from './processes';
import { startOver, writeRequests, writesOf } from './simulatorState';

export class TriggerChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly instance: Instance,
		private readonly api: EditorApi,
		private readonly credential: { id: string; name: string },
	) {}

	async run(): Promise<void> {
		await this.event();
		await this.forgedEvent();
		await this.testEvent();
		await this.moved();
		await this.refusedKey();
		await this.watched();
		await this.segmentEntered();
		await this.fetchTestEvent();
		await this.killedPoll();
	}

	private async store(workflow: WorkflowJson): Promise<StoredWorkflow> {
		return await this.api.createWorkflow(withCredential(workflow, this.credential));
	}

	private async event(): Promise<void> {
		const { checks, simulator, api } = this;
		const { state, webhooks } = simulator;
		await checks.check('example trigger-participant-created.json starts on an event', async () => {
			startOver(simulator);
			const stored = await this.store(example('trigger-participant-created.json'));
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

			// The same event several times at the same instant.
			const { body, headers } = webhooks.sign({ ...webhooks.events[0], id: 'at once' });
			const deliver = async () => await fetch(endpointUrl, { method: 'POST', headers, body });
			const statuses = (await Promise.all(Array.from({ length: 5 }, deliver))).map(
				({ status }) => status,
			);
			assert.ok(statuses.includes(200), statuses.join());
			assert.ok(
				statuses.every((status) => status === 200 || status === 503),
				statuses.join(),
			);
			await waitFor('the second run', () => writesOf(simulator, 'friend@example.com') > 1);
			const repeated = await deliver();
			assert.equal(repeated.status, 200);
			assert.equal(await repeated.text(), '', 'a body that means nothing');
			assert.equal((await api.executions(stored.id)).length, 3, 'executions');

			await api.deactivate(stored.id);
			await waitFor('the subscription to end', () => webhooks.subscriptions.size === 0);
		});
	}

	private async forgedEvent(): Promise<void> {
		const { checks, simulator, api } = this;
		const { state, webhooks } = simulator;
		await checks.check('what Advocate did not send starts no workflow', async () => {
			startOver(simulator);
			const stored = await this.store(example('trigger-participant-created.json'));
			await api.activate(stored);
			await waitFor('the subscription', () => webhooks.subscriptions.size === 1);
			simulator.setOptions({ webhookRetryMs: 1, webhookMaxTries: 1 });
			for (const fault of ['wrongKey', 'unsigned', 'alteredBody', 'stale'] as const) {
				webhooks.faults.push(fault);
				webhooks.userCreated(state.addParticipant({ id: `${fault}@example.com` }));
			}
			await webhooks.settled();
			const statuses = webhooks.attempts.map(({ status }) => status);
			assert.deepEqual(statuses, [401, 401, 401, 401]);

			const [{ endpointUrl }] = webhooks.subscriptions.values();
			const form = new FormData();
			form.set('id', 'x');
			const statusOf = async (init: RequestInit) => (await fetch(endpointUrl, init)).status;
			assert.equal(await statusOf({ method: 'POST', body: form }), 401);
			assert.equal(await statusOf({ method: 'POST' }), 401);
			for (const method of ['GET', 'HEAD', 'PUT']) assert.equal(await statusOf({ method }), 404);

			// Not even an execution that failed.
			assert.deepEqual(await api.executions(stored.id), []);
			await api.deactivate(stored.id);
			await waitFor('the subscription to end', () => webhooks.subscriptions.size === 0);
		});
	}

	/** The button in the trigger's panel: n8n subscribes a URL of its own until an event has come. */
	private async testEvent(): Promise<void> {
		const { checks, simulator, api } = this;
		const { webhooks } = simulator;
		await checks.check(
			'a test event of the event trigger comes, and its subscription ends',
			async () => {
				startOver(simulator);
				const workflow = example('trigger-participant-created.json');
				const trigger = triggerOf(workflow);
				const stored = await this.store(workflow);
				assert.equal(
					await api.testTrigger(stored.id, trigger),
					undefined,
					'n8n waits for an event',
				);
				const [{ endpointUrl }] = webhooks.subscriptions.values();
				assert.ok(endpointUrl.startsWith(`${this.instance.url}/webhook-test/`), endpointUrl);
				// What impact.com sends when somebody presses the button there.
				webhooks.sendTest(endpointUrl);
				await webhooks.settled();
				assert.deepEqual(
					webhooks.attempts.map(({ status }) => status),
					[200],
				);
				const [{ id }] = await waitFor('the execution', async () => {
					const executions = await api.executions(stored.id);
					return executions.length > 0 && executions;
				});
				const { status, data } = await api.finished(id);
				assert.equal(status, 'success');
				assert.deepEqual(
					itemsOf(data, trigger).map(({ json }) => json.type),
					['test'],
				);
				await waitFor('the subscription to end', () => webhooks.subscriptions.size === 0);
			},
		);
	}

	/** n8n under another address: nothing is subscribed by itself, and unpublishing takes away what was. */
	private async moved(): Promise<void> {
		const { checks, simulator, api, instance } = this;
		const { webhooks } = simulator;
		const urls = () => [...webhooks.subscriptions.values()].map(({ endpointUrl }) => endpointUrl);
		await checks.check('after WEBHOOK_URL changed, the old subscription can be ended', async () => {
			startOver(simulator);
			const stored = await this.store(example('trigger-participant-created.json'));
			await api.activate(stored);
			await waitFor('the subscription', () => webhooks.subscriptions.size === 1);
			const before = urls();
			const moved = { WEBHOOK_URL: 'https://moved.example/' };
			await instance.stop();
			await instance.start(moved);
			assert.deepEqual(urls(), before, 'a start subscribes nothing');
			await api.deactivate(stored.id);
			await waitFor('the old subscription to end', () => webhooks.subscriptions.size === 0);

			// Published again, it has the new address.
			await api.activate(stored);
			await waitFor('the new subscription', () => webhooks.subscriptions.size === 1);
			assert.match(urls()[0], /^https:\/\/moved\.example\/webhook\//);

			// Removed in impact.com, it is missing until the workflow is published again. Publishing goes on behind its answer.
			await this.quiet();
			webhooks.subscriptions.clear();
			await instance.stop();
			await instance.start();
			assert.deepEqual(urls(), [], 'a start subscribes nothing');
			await api.deactivate(stored.id);
			await api.activate(stored);
			await waitFor('the subscription again', () => webhooks.subscriptions.size === 1);
			assert.ok(urls()[0].startsWith(`${instance.url}/webhook/`), urls()[0]);
			await api.deactivate(stored.id);
			await waitFor('the subscription to end', () => webhooks.subscriptions.size === 0);
		});
	}

	/** n8n sends nothing to the API for a while. */
	private async quiet(): Promise<void> {
		const { requests } = this.simulator;
		let count = -1;
		await waitFor(
			'an end of requests',
			() => {
				const isQuiet = requests.length === count;
				count = requests.length;
				return isQuiet;
			},
			{ everyMs: 3000 },
		);
	}

	/** What n8n shows of a workflow that it could not publish. */
	private async refusedKey(): Promise<void> {
		const { checks, simulator, api } = this;
		await checks.check(
			'publishing with a wrong key: the message says what to do, and then it can be published',
			async () => {
				startOver(simulator);
				const data = { ...credentialData(simulator), authToken: 'wrong' };
				const id = await api.createCredential('Wrong key', CREDENTIAL_TYPE, data);
				const stored = await api.createWorkflow(
					withCredential(example('trigger-participant-created.json'), { id, name: 'Wrong key' }),
				);
				await api.activate(stored);
				const shown = await waitFor(
					'the reason',
					async () => await api.publicationError(stored.id),
					{
						timeoutMs: 60_000,
					},
				);
				checks.note(shown);
				assert.match(shown, /Open the credential and save it/);
				assert.equal(simulator.webhooks.subscriptions.size, 0);

				await api.updateCredential(id, 'Wrong key', CREDENTIAL_TYPE, credentialData(simulator));
				await api.activate(stored);
				// The same version once more: n8n has to ask the node, which it does if the failure left nothing behind.
				await waitFor('the subscription', () => simulator.webhooks.subscriptions.size > 0);
				await api.deactivate(stored.id);
				await waitFor('its end', () => simulator.webhooks.subscriptions.size === 0);
			},
		);
	}

	/** The workflow that looks whether Advocate still calls another one. */
	private async watched(): Promise<void> {
		const { checks, simulator, api } = this;
		await checks.check('Watch the subscription fails when nothing is subscribed', async () => {
			startOver(simulator);
			const page = path.join(PROJECT, 'docs', 'how-to', 'watch-the-subscription.md');
			const [, text] = /^```json watch\n(.*?)^```$/ms.exec(readFileSync(page, 'utf8')) ?? [];
			const watch = JSON.parse(text) as WorkflowJson;
			const url = `${this.instance.url}/webhook/own/webhook`;
			const filledIn = JSON.parse(
				text
					.replace(/https:.*?YOUR_TENANT_ALIAS/, simulator.apiUrl)
					.replace(/https:.*?YOUR_WEBHOOK\/webhook/, url)
					.replace('n8n-nodes-base.scheduleTrigger', 'n8n-nodes-base.manualTrigger'),
			) as WorkflowJson;
			const nodes = filledIn.nodes.map((node) => ({
				...node,
				id: node.name,
				...(node.name === 'Subscriptions'
					? { credentials: { [CREDENTIAL_TYPE]: this.credential } }
					: {}),
			}));
			assert.equal(nodes.length, watch.nodes.length);
			const run = async () =>
				await api.runWorkflow({ ...filledIn, id: '', name: 'Watch the subscription', nodes });
			const missing = await run();
			assert.equal(missing.status, 'error');
			assert.match(
				String((missing.data.resultData.error as unknown as IDataObject).message),
				/Advocate does not call this workflow/,
			);
			simulator.webhooks.subscribe({ endpointUrl: 'https://other.example/hook' });
			assert.equal((await run()).status, 'error');
			simulator.webhooks.subscribe({ endpointUrl: url });
			const { status, data } = await run();
			assert.equal(status, 'success', JSON.stringify(data.resultData.error));
		});
	}

	private async segmentEntered(): Promise<void> {
		const { checks, simulator, api } = this;
		const { state } = simulator;
		await checks.check('example trigger-segment-entered.json notices a new member', async () => {
			startOver(simulator);
			const stored = await this.watch(8);
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

	private async fetchTestEvent(): Promise<void> {
		const { checks, simulator, api } = this;
		await checks.check('Fetch Test Event of the segment trigger shows members', async () => {
			startOver(simulator);
			const workflow = example('trigger-segment-entered.json');
			const trigger = triggerOf(workflow);
			const stored = await this.store(workflow);
			const id = await api.testTrigger(stored.id, trigger);
			assert.ok(id !== undefined, 'n8n started no execution');
			const { status, data } = await api.finished(id);
			assert.equal(status, 'success');
			const shown = itemsOf(data, trigger).map(({ json }) => json);
			const people = shown.map(({ participant }) => participant as IDataObject);
			assert.deepEqual(people.map((person) => person.id).sort(), [
				'grace@example.com',
				'hedy@example.com',
			]);
			assert.deepEqual(shown[0].segment, { key: 'vip', name: 'VIP Customers' });
			assert.match(String(people[0].dateCreated), /^\d{4}-\d\d-\d\dT/);
			assert.equal(writeRequests(simulator).length, 0, 'writes');
		});
	}

	/** A poll that has seen the change, but has not given it to n8n yet. */
	private async killedPoll(): Promise<void> {
		const { checks, simulator, api, instance } = this;
		const { state } = simulator;
		const id = 'new@example.com';
		await checks.check('a poll that is killed loses nothing and repeats nothing', async () => {
			startOver(simulator);
			const stored = await this.watch(10);
			simulator.faults.add({
				match: { operationName: 'LookUpParticipants' },
				then: { kind: 'slow', ms: 60_000 },
			});
			state.addParticipant({ id, segments: ['vip', 'lapsed'] });
			await waitFor('the poll to see the change', () => simulator.faults.fired === 1, {
				timeoutMs: 25_000,
			});
			await instance.kill();
			assert.deepEqual(state.segmentsOf(id), ['lapsed', 'vip']);
			await instance.start();
			await waitFor('the workflow', () => state.segmentsOf(id)?.join() === 'vip');

			// Every activation polls.
			const { length } = simulator.requests;
			await api.deactivate(stored.id);
			await api.activate(stored);
			await waitFor('another poll', () =>
				simulator.requests
					.slice(length)
					.some(
						({ rootFields, finishedAt }) =>
							rootFields.includes('users') && finishedAt !== undefined,
					),
			);
			await api.deactivate(stored.id);
			assert.equal(writesOf(simulator, id), 1, 'writes');
			assert.deepEqual(
				(await api.executions(stored.id)).map(({ status }) => status),
				['success'],
			);
		});
	}

	/** Activate the example that watches a segment, with a poll in so many seconds, and wait for its first look. */
	private async watch(inSeconds: number): Promise<StoredWorkflow> {
		const { simulator, api } = this;
		const workflow = example('trigger-segment-entered.json');
		const stored = await this.store(
			withNodes(workflow, {
				[triggerOf(workflow)]: { parameters: { pollTimes: { item: [onceAMinute(inSeconds)] } } },
			}),
		);
		await api.activate(stored);
		await waitFor('a first look at the members', () =>
			simulator.requests.some(
				({ rootFields, finishedAt }) => rootFields.includes('users') && finishedAt !== undefined,
			),
		);
		return stored;
	}
}

/** Name of the trigger of this package in a workflow. */
function triggerOf({ nodes }: WorkflowJson): string {
	const trigger = nodes.find((node) => isOurs(node) && /Trigger$/.test(node.type));
	if (trigger === undefined) throw new Error('The workflow has no trigger');
	return trigger.name;
}

function example(file: string): WorkflowJson {
	const found = exampleWorkflows().find((entry) => entry.file === file);
	if (found === undefined) throw new Error(`There is no example ${file}`);
	return found.workflow;
}

/** n8n looks once a minute at most, so the test says at which second. */
function onceAMinute(inSeconds: number): { mode: string; cronExpression: string } {
	const second = new Date(Date.now() + inSeconds * 1000).getSeconds();
	return { mode: 'custom', cronExpression: `${second} * * * * *` };
}
