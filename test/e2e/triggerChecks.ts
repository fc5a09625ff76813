/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The examples that start when something happens in Advocate. */
import assert from 'node:assert/strict';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import type { EditorApi, StoredWorkflow, WorkflowJson } from './editorApi';
import { exampleWorkflows, withCredential, withNodes } from './fixtures';
import type { Instance } from './instance';
import { waitFor } from './processes';
import { startOver, writesOf } from './simulatorState';

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
		await this.segmentEntered();
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

			await api.deactivate(stored.id);
			await waitFor('the subscription to end', () => webhooks.subscriptions.size === 0);
		});
	}

	private async forgedEvent(): Promise<void> {
		const { checks, simulator, api } = this;
		const { state, webhooks } = simulator;
		await checks.check('a forged event does not start a workflow', async () => {
			startOver(simulator);
			const stored = await this.store(example('trigger-participant-created.json'));
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
	}

	private async segmentEntered(): Promise<void> {
		const { checks, simulator, api } = this;
		const { state } = simulator;
		await checks.check('example trigger-segment-entered.json notices a new member', async () => {
			startOver(simulator);
			const workflow = example('trigger-segment-entered.json');
			const [trigger] = workflow.nodes.filter(({ type }) => /SegmentTrigger$/.test(type));
			const stored = await this.store(
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
