/** The trigger's subscription when the address of n8n changes, and what n8n shows when it can't be made. */
import type { IDataObject } from 'n8n-workflow';
import { credentials } from '../../support/advocate';
import { WebhookHost } from './contexts';
import { useWebhookTrigger } from './webhookTrigger';

const { simulator, nodeType, start, subscriptions } = useWebhookTrigger();

const urls = () => subscriptions().map(({ endpointUrl }) => endpointUrl);

/** The same workflow in the same n8n, under another WEBHOOK_URL. */
function under(host: string, like?: WebhookHost, change: { nodeId?: string } = {}): WebhookHost {
	return new WebhookHost(nodeType, {
		parameters: { events: ['user.created'], options: {} },
		credentials: credentials(simulator()),
		nodeId: like?.node.id,
		database: like?.database,
		webhookBaseUrl: `https://${host}/webhook`,
		...change,
	});
}

const OLD = 'https://old.example/webhook/hook-id/webhook';
const NEW = 'https://new.example/webhook/hook-id/webhook';

describe('after WEBHOOK_URL has changed', () => {
	it('unpublishing removes the subscription of the old address', async () => {
		const old = under('old.example');
		await old.activate();
		expect(urls()).toEqual([OLD]);
		await under('new.example', old).deactivate();
		expect(urls()).toEqual([]);
		expect(old.database.staticData).not.toContain('old.example');
	});

	it('publishing again subscribes the new address, and removes the old one', async () => {
		const old = under('old.example');
		await old.activate();
		expect(await under('new.example', old).activate()).toEqual({ created: true });
		expect(urls()).toEqual([NEW]);
		expect(await under('new.example', old).activate()).toEqual({ created: false });
		await under('new.example', old).deactivate();
		expect(urls()).toEqual([]);
	});

	it('a test in the editor touches neither', async () => {
		const old = under('old.example');
		await old.activate();
		const test = await start();
		test.isTest = true;
		Object.assign(test, { node: old.node, database: old.database });
		test.workflow.staticData = JSON.parse(old.database.staticData) as IDataObject;
		await test.activate();
		expect(urls()).toHaveLength(2);
		await test.deactivate();
		expect(urls()).toEqual([OLD]);
	});

	it('a copy of the workflow, static data included, removes nothing of the original', async () => {
		const original = under('old.example');
		await original.activate();
		const copy = under('new.example', undefined, { nodeId: 'another' });
		copy.workflow.staticData = JSON.parse(original.database.staticData) as IDataObject;
		await copy.activate();
		await copy.deactivate();
		expect(urls()).toEqual([OLD]);
	});

	it('an old address that can not be removed is reported, and tried again', async () => {
		const old = under('old.example');
		await old.activate();
		simulator().faults.add({
			match: { method: 'DELETE', path: 'old\\.example' },
			then: { kind: 'status', status: 403, body: { message: 'Not yours.', statusCode: 403 } },
		});
		const moved = under('new.example', old);
		await expect(moved.deactivate()).rejects.toMatchObject({
			message: expect.stringContaining('Not yours'),
		});
		expect(urls()).toEqual([OLD]);
		await under('new.example', old).deactivate();
		expect(urls()).toEqual([]);
	});
});

it('two n8n under one address share a subscription, which ends when one of them unpublishes', async () => {
	const first = under('shared.example');
	const second = under('shared.example', undefined, { nodeId: first.node.id });
	expect(await first.activate()).toEqual({ created: true });
	expect(await second.activate()).toEqual({ created: false });
	expect(urls()).toHaveLength(1);
	await second.deactivate();
	expect(urls()).toEqual([]);
	expect(await first.activate()).toEqual({ created: true });
});

it.each<[string, string[], boolean]>([
	['the same events', ['user.created'], true],
	['more events', ['user.created', 'reward.created'], true],
	['other events', ['reward.created'], false],
])('a subscription of the URL with %s counts: %s', async (_, webhookTypes, counts) => {
	const host = await start();
	simulator().webhooks.subscribe({ endpointUrl: host.url, webhookTypes });
	expect(await host.activate()).toEqual({ created: !counts });
	expect(subscriptions()[0].webhookTypes).toContain('user.created');
});

it('of a workflow that can not be published n8n shows the message only, so that says what to do', async () => {
	const host = await start({}, { ...credentials(simulator()), authToken: 'wrong' });
	await expect(host.activate()).rejects.toMatchObject({
		message: expect.stringMatching(/\. The API did not accept the key\. Open the credential/),
	});
	const empty = await start({ events: [] });
	await expect(empty.activate()).rejects.toMatchObject({
		message: "'Events' is empty. Choose at least one event to wait for",
	});
});

it.each<[string, string[]]>([
	['starts the workflow', ['user.created']],
	['is left alone', ['reward.created']],
])('the answer to an event that %s is 200 without a body', async (_, events) => {
	const host = await start({ events });
	await host.activate();
	const { state, webhooks } = simulator();
	webhooks.subscriptions.clear();
	webhooks.userCreated(state.addParticipant({ id: 'a' }));
	const { body, headers } = webhooks.sign(webhooks.events[0]);
	const answer = await fetch(host.url, { method: 'POST', headers, body });
	expect([answer.status, await answer.text()]).toEqual([200, '']);
});
