/** The subscription of the webhook trigger in n8n's contexts: made, kept and removed. */
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { loadOptions } from '../harness';
import { credentials, sent } from '../../support/advocate';
import { WebhookHost } from './contexts';
import { useWebhookTrigger } from './webhookTrigger';

const { simulator, nodeType, start, activated, subscriptions } = useWebhookTrigger();

describe('the subscription', () => {
	it('is created at activation, and is not created twice', async () => {
		const host = await start({ events: ['user.created', 'reward.created'] });
		expect(await host.activate()).toEqual({ created: true });
		expect(subscriptions()).toEqual([
			{
				endpointUrl: host.url,
				name: 'n8n: Test',
				source: 'MANUAL',
				webhookTypes: ['user.created', 'reward.created'],
			},
		]);
		expect(await host.activate()).toEqual({ created: false });
		expect(sent(simulator())).toEqual([
			'GET /subscription',
			'POST /subscription',
			'GET /subscription',
			'GET /subscription',
		]);
	});

	it('is removed at deactivation, by its URL', async () => {
		const host = await activated();
		simulator().webhooks.subscribe({ endpointUrl: 'https://other.example/hook' });
		await host.deactivate();
		expect(subscriptions().map(({ endpointUrl }) => endpointUrl)).toEqual([
			'https://other.example/hook',
		]);
		const encoded = encodeURIComponent(host.url);
		expect(sent(simulator())).toEqual([`DELETE /subscription/${encoded}`]);
	});

	it("is removed also when the settings can't be used any more", async () => {
		const host = await activated();
		host.node.parameters = { events: [], options: { signature: 'hmac', maxEventAge: -1 } };
		await host.deactivate();
		expect(subscriptions()).toEqual([]);
	});

	it.each([
		[{ signature: 'keys' }, 'Use one of: jws (Public Key), hmac (Tenant API Key)'],
		[{ signature: "={{ $('Gone').item.json.key }}" }, "'Signature': Referenced node doesn't exist"],
	])('is not made with %j, in the words of the editor', async (options, words) => {
		const host = await start({ options });
		await expect(host.activate()).rejects.toMatchObject({
			message: expect.stringContaining(words),
		});
		expect(subscriptions()).toEqual([]);
	});

	describe('when a publication has failed', () => {
		it.each<[string, (credential: ICredentialDataDecryptedObject) => void]>([
			['the key was wrong', (credential) => (credential.authToken = 'wrong')],
			['a field of the credential was empty', (credential) => (credential.accountSid = '')],
			['there was no such tenant', (credential) => (credential.tenantAlias = 'test_other')],
		])('and %s, it is made once that is put right', async (_, spoil) => {
			const good = credentials(simulator());
			const credential = { ...good };
			spoil(credential);
			const host = await start({}, credential);
			await expect(host.publish()).rejects.toThrow();
			await expect(host.publish()).rejects.toThrow();
			expect(subscriptions()).toEqual([]);
			Object.assign(credential, good);
			expect(await host.publish()).toBe(true);
			expect(subscriptions()).toMatchObject([{ endpointUrl: host.url }]);
		});

		it.each([1, 2, 3])('as the API was down from request %i on', async (nth) => {
			const host = await start();
			simulator().faults.add({
				match: { path: '/subscription', nth },
				times: 'always',
				then: { kind: 'status', status: 403, body: { message: 'Down.' } },
			});
			await expect(host.publish()).rejects.toThrow();
			expect(host.messages.join()).toContain('was not removed: Down');
			simulator().faults.clear();
			expect(await host.publish()).toBe(true);
			expect(subscriptions()).toMatchObject([{ endpointUrl: host.url }]);
		});

		it('of a workflow that is published already, its other settings are taken over later', async () => {
			const good = credentials(simulator());
			const credential = { ...good };
			const host = await start({}, credential);
			await host.publish();
			await host.deactivate();
			credential.authToken = 'wrong';
			const again = await start({ events: ['reward.created'] }, credential);
			await expect(again.publish()).rejects.toThrow();
			Object.assign(credential, good);
			expect(await again.publish()).toBe(true);
			expect(subscriptions()).toMatchObject([{ webhookTypes: ['reward.created'] }]);
		});

		it('says so when it is not removed at an end that nothing has failed before', async () => {
			const good = credentials(simulator());
			const credential = { ...good };
			const host = await activated({}, credential);
			credential.authToken = 'wrong';
			await expect(host.deactivate()).rejects.toThrow('The credentials of this request');
			expect(subscriptions()).toHaveLength(1);
		});
	});

	it('is made again when it vanished', async () => {
		const host = await activated();
		simulator().webhooks.subscriptions.clear();
		expect(await host.activate()).toEqual({ created: true });
		expect(subscriptions()).toHaveLength(1);
	});

	it('may have vanished before it is removed', async () => {
		const host = await activated();
		simulator().webhooks.subscriptions.clear();
		await host.deactivate();
		expect(sent(simulator())).toEqual([expect.stringMatching(/^DELETE/), 'GET /subscription']);
	});

	it('stays reported when it could not be removed', async () => {
		const host = await activated();
		simulator().faults.add({
			match: { method: 'DELETE' },
			then: { kind: 'status', status: 403, body: { message: 'Not yours.', statusCode: 403 } },
		});
		await expect(host.deactivate()).rejects.toMatchObject({
			message: expect.stringMatching(/^Not yours\. /),
		});
		expect(subscriptions()).toHaveLength(1);
	});

	it.each<[string, string[], string[]]>([
		['all', ['*'], ['*']],
		['all and more', ['user.created', '*'], ['*']],
		['one', ['coupon.created'], ['coupon.created']],
		['the test event alone', ['test'], ['test']],
	])('asks for %s', async (_, events, webhookTypes) => {
		await activated({ events });
		expect(subscriptions()).toMatchObject([{ webhookTypes }]);
	});

	it('is taken as it is when it brings more than needed', async () => {
		const host = await start();
		simulator().webhooks.subscribe({ endpointUrl: host.url, webhookTypes: ['*'] });
		expect(await host.activate()).toEqual({ created: false });
	});

	it.each(['replaced', 'keptOnRepeat', 'ignored'] as const)(
		'gets the events that were chosen later, when the API has types of a known URL %s',
		async (subscriptionTypes) => {
			simulator().options.subscriptionTypes = subscriptionTypes;
			const host = await activated({ events: ['user.created'] });
			const changed = new WebhookHost(nodeType, {
				...host.options,
				parameters: { events: ['reward.created'], options: {} },
			});
			Object.assign(changed, { baseUrl: host.url.replace(/\/webhook\/.*/, '') });
			expect(changed.url).toBe(host.url);
			await changed.activate();
			const [{ webhookTypes }] = subscriptions();
			expect(webhookTypes).toEqual(subscriptionTypes === 'ignored' ? ['*'] : ['reward.created']);
		},
	);

	it('is given up legibly when the API does not list it', async () => {
		simulator().faults.add({
			match: { method: 'GET', path: '/subscription$' },
			times: 'always',
			then: { kind: 'status', status: 200, body: [] },
		});
		const host = await start();
		await expect(host.activate()).rejects.toMatchObject({
			message: expect.stringMatching(
				/^The API accepted the webhook subscription but does not list it\. Look for http/,
			),
			description: expect.stringContaining(host.url),
		});
	});

	it('is created once although the answer is lost', async () => {
		simulator().faults.add({ match: { method: 'POST' }, then: { kind: 'applyThenReset' } });
		await activated();
		expect(subscriptions()).toHaveLength(1);
	});

	it('says what is wrong with the credential', async () => {
		const host = await start({}, { ...credentials(simulator()), authToken: 'wrong' });
		await expect(host.activate()).rejects.toMatchObject({
			httpCode: '401',
			description: expect.stringContaining('Account SID and Auth Token'),
		});
	});

	it('says which parameter is empty', async () => {
		const host = await start({ events: [] });
		await expect(host.activate()).rejects.toMatchObject({
			message: expect.stringMatching(/^'Events' is empty\. /),
		});
	});

	it.each([
		['http://127.0.0.1:5678', true],
		['http://localhost:5678', true],
		['http://n8n.localhost', true],
		['http://[::1]:5678', true],
		['http://0.0.0.0:5678', true],
		['http://192.168.1.20:5678', true],
		['https://10.0.0.5', true],
		['https://n8n.example.com', false],
		['https://localhost.example.com', false],
	])('refuses an address that Advocate can not reach: %s', async (base, isRefused) => {
		const parameters = { events: ['user.created'], options: {} };
		const webhookBaseUrl = `${base}/webhook`;
		const publicApi = { ...credentials(simulator()), baseUrl: 'https://advocate.invalid' };
		const host = new WebhookHost(nodeType, { parameters, credentials: publicApi, webhookBaseUrl });
		const error = await host.activate().then(
			() => undefined,
			(caught: unknown) => caught,
		);
		const says = expect.stringMatching(/^Advocate can't reach this n8n: .*Set WEBHOOK_URL/);
		expect(error).toEqual(
			isRefused
				? expect.objectContaining({ message: says })
				: expect.not.objectContaining({ message: says }),
		);
		expect(subscriptions()).toEqual([]);

		// An API in the same network may come to it.
		const near = { parameters, credentials: credentials(simulator()), webhookBaseUrl };
		await new WebhookHost(nodeType, near).activate();
		expect(subscriptions()).toHaveLength(1);
	});

	it('has another URL while the editor listens for a test event', async () => {
		const host = await start();
		host.isTest = true;
		await host.activate();
		expect(subscriptions()).toMatchObject([
			{ endpointUrl: expect.stringContaining('/webhook-test/') },
		]);
	});
});

describe('the tenant API key as signature', () => {
	it('needs a credential that has it', async () => {
		const host = await start({ options: { signature: 'hmac' } });
		await expect(host.activate()).rejects.toMatchObject({
			message: expect.stringContaining("tenant's API key"),
			description: expect.stringContaining("'Tenant API Key'"),
		});
		expect(subscriptions()).toEqual([]);
	});
});

describe('the description', () => {
	it('offers the tenant’s segments', async () => {
		simulator().state.segments.clear();
		simulator().state.addSegment({ key: 'vip', name: 'VIP' });
		const options = await loadOptions('getSegments', {
			credentials: credentials(simulator()),
			nodeType,
		});
		expect(options).toEqual([{ name: 'VIP (vip)', value: 'vip' }]);
	});
});
