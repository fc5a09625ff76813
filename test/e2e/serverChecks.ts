/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** Workflows on the running server. */
import assert from 'node:assert/strict';
import type { ICredentialType, IDataObject, INodeTypeDescription } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import { itemsOf } from './editorApi';
import type { EditorApi, WorkflowJson } from './editorApi';
import { ADDS_SEGMENTS, exampleByCall, GIVES_LINK } from './exampleRuns';
import { CREDENTIAL_TYPE, fixtureWorkflow, REFUSED, withNodes } from './fixtures';
import { assertImported, importWorkflow } from './importRuns';
import { NODE_TYPE } from './instance';
import type { Instance } from './instance';
import { waitFor } from './processes';
import { startOver, writeRequests, writesOf } from './simulatorState';

export class ServerChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly instance: Instance,
		private readonly api: EditorApi,
	) {}

	async run(): Promise<void> {
		await this.descriptions();
		await this.webhook();
		await this.errorHandling();
	}

	/** What the editor gets to know about the package. */
	private async descriptions(): Promise<void> {
		await this.checks.check('the nodes and the credential type are loaded', async () => {
			const types = await this.api.types<INodeTypeDescription>('nodes');
			for (const name of [NODE_TYPE, `${NODE_TYPE}Trigger`, `${NODE_TYPE}SegmentTrigger`]) {
				assert.ok(
					types.some((type) => type.name === name),
					`n8n did not load ${name}`,
				);
			}
			const credentials = await this.api.types<ICredentialType>('credentials');
			const type = credentials.find(({ name }) => name === CREDENTIAL_TYPE);
			assert.equal(type?.displayName, 'impact.com Advocate API');
			assert.ok(type?.supportedNodes?.includes(NODE_TYPE), 'supported nodes');
		});
	}

	/** The examples that wait for a call. */
	private async webhook(): Promise<void> {
		const { checks, simulator, api } = this;
		const key = { name: 'X-Key', value: 'only-for-tests' };
		const id = await api.createCredential('Caller', 'httpHeaderAuth', key);
		const withKey = { [key.name]: key.value };
		const person = 'katherine@example.com';
		const publish = async (file: Parameters<typeof exampleByCall>[0]) => {
			const { workflow, path } = exampleByCall(file, { id, name: 'Caller' });
			startOver(simulator);
			await api.activate(await api.createWorkflow(workflow));
			return async (email: string, headers: Record<string, string>) =>
				await fetch(`${this.instance.url}/webhook/${path}`, {
					method: 'POST',
					headers: { 'content-type': 'application/json', ...headers },
					body: JSON.stringify({ email, segments: ['vip', 'newsletter'] }),
				});
		};
		// n8n publishes in the background.
		const firstAnswer = async (call: Awaited<ReturnType<typeof publish>>, email: string) =>
			await waitFor('the webhook', async () => {
				const response = await call(email, withKey);
				return response.status !== 404 && response;
			});
		await checks.check(`example ${GIVES_LINK} answers a call with the link`, async () => {
			const call = await publish(GIVES_LINK);
			simulator.referrals.addProgram({ id: 'refer-a-friend' });
			const newcomer = 'newcomer@example.com';
			const answer = await firstAnswer(call, newcomer);
			assert.equal(answer.status, 200);
			const { participant, shareLink } = (await answer.json()) as Record<string, unknown>;
			assert.equal(participant, newcomer);
			assert.match(String(shareLink), /^https:\/\//);
			assert.equal((await call('stranger@example.com', {})).status, 403);
			assert.equal(simulator.state.segmentsOf('stranger@example.com'), undefined);
		});
		await checks.check(`example ${ADDS_SEGMENTS} answers a call`, async () => {
			const call = await publish(ADDS_SEGMENTS);
			const answer = await firstAnswer(call, person);
			assert.equal(answer.status, 200);
			assert.deepEqual(await answer.json(), {
				participant: person,
				segments: ['vip', 'newsletter'],
			});
			assert.deepEqual(simulator.state.segmentsOf(person), ['newsletter', 'vip']);
			const refused = await call(REFUSED, withKey);
			assert.equal(refused.status, 422);
			assert.match(await refused.text(), /asked not to be tracked/);
			assert.equal((await call('stranger@example.com', {})).status, 403);
			assert.equal(simulator.state.segmentsOf('stranger@example.com'), undefined);
		});
	}

	/** What n8n's node settings do with failures. */
	private async errorHandling(): Promise<void> {
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
}

function withoutRefused(workflow: WorkflowJson): WorkflowJson {
	const people = [{ id: 'ada@example.com' }, { id: 'grace@example.com' }];
	return withNodes(workflow, { List: { parameters: { jsonOutput: JSON.stringify({ people }) } } });
}
