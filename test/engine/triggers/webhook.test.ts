/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, no-console -- tests run outside n8n, and show what was measured */
/** The webhook trigger in n8n's contexts: its subscription, and signed deliveries over real HTTP. */
import { gzipSync } from 'node:zlib';
import type { ICredentialDataDecryptedObject, IDataObject, INodeParameters } from 'n8n-workflow';
import { loadOptions } from '../harness';
import {
	segmentReads,
	SOME_SEGMENTS,
	credentials,
	keyCredentials,
	sent,
	useSimulator,
} from '../../support/advocate';
import type { WebhookEvent, WebhookFault } from '../../simulator/webhooks';
import { REMEMBERED_EVENTS } from '../../../nodes/ImpactAdvocateTrigger/recentEvents';
import { loadTrigger, WebhookHost } from './contexts';

const simulator = useSimulator(SOME_SEGMENTS);
const nodeType = loadTrigger('ImpactAdvocateTrigger');

let hosts: WebhookHost[] = [];
beforeEach(() => {
	simulator().options.webhookRetryMs = 5;
	simulator().options.webhookMaxTries = 3;
});
afterEach(() => {
	for (const host of hosts) host.close();
	hosts = [];
});

async function start(
	parameters: INodeParameters = {},
	credential: ICredentialDataDecryptedObject = credentials(simulator()),
): Promise<WebhookHost> {
	const host = new WebhookHost(nodeType, {
		parameters: { events: ['user.created'], options: {}, ...parameters },
		credentials: credential,
	});
	hosts.push(host);
	await host.listen();
	return host;
}

async function activated(
	parameters: INodeParameters = {},
	credential?: ICredentialDataDecryptedObject,
): Promise<WebhookHost> {
	const host = await start(parameters, credential);
	await host.activate();
	simulator().clearRequests();
	return host;
}

const subscriptions = () => [...simulator().webhooks.subscriptions.values()];
const statuses = () => simulator().webhooks.attempts.map(({ status }) => status);
const jsonOf = (host: WebhookHost) => host.runs.map(([{ json }]) => json);
const typesOf = (host: WebhookHost) => jsonOf(host).map(({ type }) => type);

/** Emit an event and wait for the end of its deliveries. */
async function emit(type: string, data: IDataObject = {}): Promise<WebhookEvent> {
	const event = simulator().webhooks.emit(type, data);
	await simulator().webhooks.settled();
	return event;
}

/** Send any body with any headers. */
async function call(
	host: WebhookHost,
	body: string | Buffer,
	headers: Record<string, string> = {},
): Promise<number> {
	const response = await fetch(host.url, {
		method: 'POST',
		body: body as string,
		headers: { 'content-type': 'application/json', ...headers },
	});
	return response.status;
}

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
		await expect(host.deactivate()).rejects.toMatchObject({ message: 'Not yours.' });
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
			message: 'The API accepted the webhook subscription but does not list it',
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
		await expect(host.activate()).rejects.toMatchObject({ message: "'Events' is empty" });
	});

	it.each([
		['http://127.0.0.1:5678', true],
		['http://localhost:5678', true],
		['http://n8n.localhost', true],
		['http://[::1]:5678', true],
		['http://0.0.0.0:5678', true],
		['https://n8n.example.com', false],
		['https://localhost.example.com', false],
	])('warns when n8n can not be reached from outside: %s', async (base, warns) => {
		const host = new WebhookHost(nodeType, {
			parameters: { events: ['user.created'], options: {} },
			credentials: credentials(simulator()),
			webhookBaseUrl: `${base}/webhook`,
		});
		await host.activate();
		expect(host.messages.some((message) => message.includes('WEBHOOK_URL'))).toBe(warns);
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

describe('a delivery', () => {
	it('starts the workflow with the event as it was sent, and is answered with 200', async () => {
		const host = await activated();
		simulator().state.addSegment({ key: 'vip' });
		const url = `${simulator().apiUrl}/open/account/a%40x.org/user/a%40x.org`;
		const { apiKey } = simulator().credentials;
		await fetch(url, {
			method: 'PUT',
			headers: {
				'content-type': 'application/json',
				authorization: `Basic ${Buffer.from(`:${apiKey}`).toString('base64')}`,
			},
			body: JSON.stringify({ id: 'a@x.org', accountId: 'a@x.org', segments: ['vip'] }),
		});
		await simulator().webhooks.settled();
		expect(jsonOf(host)).toEqual([...simulator().webhooks.events]);
		expect(jsonOf(host)).toMatchObject([
			{ type: 'user.created', live: false, data: { id: 'a@x.org', segments: ['vip'] } },
		]);
		expect(statuses()).toEqual([200]);
	});

	it.each<[string, INodeParameters, () => ICredentialDataDecryptedObject]>([
		['the public key', {}, () => credentials(simulator())],
		['the public key, with a tenant API key', {}, () => keyCredentials(simulator())],
		['the tenant API key', { options: { signature: 'hmac' } }, () => keyCredentials(simulator())],
	])('is accepted, and refused when it is not genuine: %s', async (_, parameters, credential) => {
		const host = await activated(parameters, credential());
		simulator().options.webhookMaxTries = 1;
		const faults: WebhookFault[] = [
			'badSignature',
			'alteredBody',
			'wrongKey',
			'wrongKeyKnownId',
			'unsigned',
			'stale',
			'otherTenant',
		];
		// The log has one line a minute.
		let now = Date.now();
		jest.spyOn(Date, 'now').mockImplementation(() => now);
		try {
			for (const fault of faults) {
				simulator().webhooks.faults.push(fault);
				await emit('user.created', { id: fault, accountId: fault });
				now += 61_000;
			}
		} finally {
			jest.restoreAllMocks();
		}
		expect(statuses()).toEqual(faults.map(() => 401));
		expect(host.runs).toEqual([]);
		const refusals = host.log.filter(({ level }) => level === 'warn').slice(1);
		expect(refusals.map(({ message }) => message.replace(/^.*: it is \d.*/, 'age'))).toEqual([
			expect.stringContaining('the signature does not fit the body'),
			expect.stringContaining('the signature does not fit the body'),
			expect.stringMatching(/key that Advocate does not publish|does not fit the body/),
			expect.stringContaining('the signature does not fit the body'),
			expect.stringContaining('it is not signed'),
			'age',
			expect.stringContaining('it is about another tenant'),
		]);

		await emit('user.created', { id: 'good', accountId: 'good' });
		expect(statuses().at(-1)).toBe(200);
		expect(jsonOf(host)).toMatchObject([{ data: { id: 'good' } }]);
	});

	it('signed the way of RFC 7797 is accepted too', async () => {
		simulator().options.webhookBase64 = false;
		const host = await activated();
		await emit('user.created');
		expect([statuses(), host.runs.length]).toEqual([[200], 1]);
	});

	it('is repeated until it is accepted', async () => {
		const host = await activated();
		simulator().options.webhookMaxTries = 10;
		simulator().options.webhookRetryMs = 30;
		host.close();
		const delivery = emit('user.created');
		await new Promise((resolve) => setTimeout(resolve, 60));
		await host.listen();
		// The new server has another port: the subscription follows.
		simulator().webhooks.subscriptions.clear();
		await delivery;
		expect(statuses().every((status) => status === null)).toBe(true);
		await host.activate();
		await emit('user.created');
		expect(statuses().at(-1)).toBe(200);
	});

	it('is read from the bytes that came, also compressed and with other text', async () => {
		const host = await activated();
		const { webhooks } = simulator();
		const event = { ...webhooks.emit('none', {}), type: 'user.created', data: { name: 'Zoë 😀' } };
		const { body, headers } = webhooks.sign(event);
		const compressed = gzipSync(body);
		expect(await call(host, compressed, { ...headers, 'content-encoding': 'gzip' })).toBe(200);
		expect(jsonOf(host)).toMatchObject([{ data: { name: 'Zoë 😀' } }]);
	});

	it('does not need to be announced as JSON', async () => {
		const host = await activated();
		const { webhooks } = simulator();
		const { body, headers } = webhooks.sign({ ...webhooks.emit('x', {}), type: 'user.created' });
		expect(await call(host, body, { ...headers, 'content-type': 'text/plain' })).toBe(200);
		expect(host.runs).toHaveLength(1);
	});

	it.each([['[]'], ['{}'], ['"text"'], ['{"id":1,"type":"user.created"}'], [' ']])(
		'with a good signature but %p for a body is refused',
		async (body) => {
			const host = await activated();
			const { headers } = simulator().webhooks.sign({} as WebhookEvent);
			const { signDetached } = await import('../../simulator/webhookKeys');
			const signature = signDetached(Buffer.from(body), simulator().webhooks.keys.current);
			const status = await call(host, body, {
				...headers,
				'content-type': 'text/plain',
				'x-hook-jws-rfc-7797': signature,
			});
			expect([status, host.runs]).toEqual([401, []]);
		},
	);

	it('as form data is refused, and is no failed execution', async () => {
		const host = await activated();
		const { webhooks } = simulator();
		const { body, headers } = webhooks.sign({ ...webhooks.emit('x', {}), type: 'user.created' });
		const type = { 'content-type': 'multipart/form-data; boundary=b' };
		expect(await call(host, body, { ...headers, ...type })).toBe(401);
		expect(host.log.filter(({ level }) => level === 'error')).toEqual([]);
	});

	it('without a body is refused', async () => {
		const host = await activated();
		expect(await call(host, '')).toBe(401);
		expect(host.messages.at(-1)).toMatch(/it has no body/);
	});

	it("is answered with 503 while the public keys can't be fetched, which takes no credential", async () => {
		const host = await activated();
		simulator().options.webhookMaxTries = 2;
		simulator().faults.add({ match: { path: 'jwks' }, then: { kind: 'status', status: 500 } });
		// Another name of the same machine, so that no key is known yet.
		host.options.credentials.baseUrl = simulator().url.replace('127.0.0.1', 'localhost');
		const event = await emit('user.created');
		// Not asked again at once: a stranger's calls would not be either.
		expect(statuses()).toEqual([503, 503]);
		const { now } = Date;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 10_000);
		try {
			const { body, headers } = simulator().webhooks.sign(event);
			expect(await call(host, body, headers)).toBe(200);
		} finally {
			jest.restoreAllMocks();
		}
		expect(host.runs).toHaveLength(1);
		const fetched = simulator().requests.filter(({ path }) => path.includes('jwks'));
		expect(fetched.map(({ method, path }) => [method, path])).toEqual([
			['GET', '/.well-known/jwks.json'],
			['GET', '/.well-known/jwks.json'],
		]);
		for (const { headers } of fetched) expect(headers).not.toHaveProperty('authorization');
	});

	it('leaves no secret and no content in the log', async () => {
		const host = await activated();
		simulator().webhooks.faults.push('badSignature');
		await emit('user.created', { id: 'private@example.com' });
		const text = JSON.stringify(host.log);
		expect(text).not.toContain('private@example.com');
		for (const secret of Object.values(simulator().credentials).slice(0, 3)) {
			expect(text).not.toContain(secret);
		}
	});
});

describe('the age of an event', () => {
	const HOUR = 3_600_000;
	const at = async (hours: number, maxEventAge?: number) => {
		const host = await activated({ options: maxEventAge === undefined ? {} : { maxEventAge } });
		const { webhooks } = simulator();
		const event = { ...webhooks.emit('x', {}), type: 'user.created' };
		event.created = Date.now() - hours * HOUR;
		const { body, headers } = webhooks.sign(event);
		return await call(host, body, headers);
	};

	it.each([
		[0, undefined, 200],
		[72.5, undefined, 200],
		[97, undefined, 401],
		[2, 1, 401],
		[0.5, 1, 200],
		[10_000, 0, 200],
		[-1, undefined, 200],
	])('of %p hours with a limit of %p gives %p', async (hours, limit, status) => {
		expect(await at(hours, limit)).toBe(status);
	});

	it('can be given in seconds or as text, and must be there', async () => {
		const host = await activated({ options: { maxEventAge: 1 } });
		const { webhooks } = simulator();
		const send = async (created: unknown) => {
			const event = { ...webhooks.emit('x', {}), type: 'user.created', created } as WebhookEvent;
			const { body, headers } = webhooks.sign(event);
			return await call(host, body, headers);
		};
		const now = Date.now();
		expect(await send(Math.floor(now / 1000))).toBe(200);
		expect(await send(new Date(now).toISOString())).toBe(200);
		expect(await send(new Date(now - 2 * HOUR).toISOString())).toBe(401);
		expect(await send(undefined)).toBe(401);
		expect(await send('soon')).toBe(401);
	});
});

describe('keys that came without a look at the certificate', () => {
	it('stand apart from those of credentials that want it checked', async () => {
		const fetches = () => simulator().requests.filter(({ path }) => path.includes('jwks')).length;
		const { webhooks } = simulator();
		const fetchesFor = async (ignoreSslIssues: boolean) => {
			const host = await start({}, { ...credentials(simulator()), ignoreSslIssues });
			const { body, headers } = webhooks.sign({ ...webhooks.emit('x', {}), type: 'user.created' });
			const before = fetches();
			expect(await call(host, body, headers)).toBe(200);
			return fetches() - before;
		};
		await fetchesFor(false);
		expect([await fetchesFor(false), await fetchesFor(true)]).toEqual([0, 1]);
		expect([await fetchesFor(false), await fetchesFor(true)]).toEqual([0, 0]);
	});
});

describe('key rotation', () => {
	it('is followed without a lost event', async () => {
		const host = await activated();
		await emit('user.created');
		simulator().webhooks.keys.rotate();
		// The cache asks at most once a minute.
		const { now } = Date;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 61_000);
		try {
			await emit('user.created');
		} finally {
			jest.restoreAllMocks();
		}
		expect(statuses()).toEqual([200, 200]);
		expect(host.runs).toHaveLength(2);
	});
});

describe('events', () => {
	it('that the workflow does not wait for are answered with 200 and start nothing', async () => {
		simulator().options.subscriptionTypes = 'ignored';
		const host = await activated({ events: ['reward.created', 'referral.started'] });
		for (const type of [
			'user.created',
			'reward.created',
			'referral.started',
			'email.referral.paid',
		]) {
			await emit(type);
		}
		expect(statuses()).toEqual([200, 200, 200, 200]);
		expect(typesOf(host)).toEqual(['reward.created', 'referral.started']);
	});

	it('of types that nobody knows yet come with All', async () => {
		const host = await activated({ events: ['*'] });
		await emit('participant.levelled.up');
		expect(typesOf(host)).toEqual(['participant.levelled.up']);
	});

	it('for testing start the workflow only when asked for, or in the editor', async () => {
		const host = await activated({ events: ['*'] });
		const test = async () => {
			simulator().webhooks.sendTest(subscriptions()[0].endpointUrl);
			await simulator().webhooks.settled();
		};
		await test();
		expect([statuses(), host.runs]).toEqual([[200], []]);

		const asked = await activated({ events: ['user.created', 'test'] });
		simulator().webhooks.sendTest(asked.url);
		await simulator().webhooks.settled();
		expect(typesOf(asked)).toEqual(['test']);

		const editor = await start();
		editor.isTest = true;
		await editor.activate();
		simulator().webhooks.sendTest(editor.url);
		await simulator().webhooks.settled();
		expect(typesOf(editor)).toEqual(['test']);
	});

	it('come through in whatever order they arrive', async () => {
		const host = await activated({ events: ['*'] });
		simulator().webhooks.hold();
		for (const name of ['first', 'second', 'third']) {
			simulator().webhooks.emit('reward.created', { name });
		}
		await simulator().webhooks.release({ reversed: true });
		expect(jsonOf(host).map(({ data }) => (data as IDataObject).name)).toEqual([
			'third',
			'second',
			'first',
		]);
	});

	it('that come twice start the workflow once, also after a restart', async () => {
		const host = await activated();
		simulator().webhooks.faults.push('duplicate');
		const event = await emit('user.created');
		expect([statuses(), host.runs.length]).toEqual([[200, 200], 1]);

		const restarted = new WebhookHost(nodeType, { ...host.options, database: host.database });
		hosts.push(restarted);
		await restarted.listen();
		const { body, headers } = simulator().webhooks.sign(event);
		expect(await call(restarted, body, headers)).toBe(200);
		expect(restarted.runs).toEqual([]);
		expect(restarted.messages.at(-1)).toMatch(/delivered before/);
	});

	it('that come twice start the workflow once, also when n8n does not save the static data', async () => {
		const host = await activated();
		host.trouble = 'staticDataIsLost';
		simulator().webhooks.faults.push('duplicate');
		await emit('user.created');
		expect([statuses(), host.runs.length]).toEqual([[200, 200], 1]);
	});

	it.each(['none', 'runFails'] as const)(
		'that come twice at the same instant start the workflow once, and none is lost: trouble %s',
		async (trouble) => {
			const host = await activated();
			const { webhooks } = simulator();
			const event = { ...webhooks.emit('x', {}), type: 'user.created' };
			const { body, headers } = webhooks.sign(event);
			const deliver = async () => await call(host, body, headers);
			let started = 0;
			let goOn = () => {};
			const held = new Promise<void>((resolve) => (goOn = resolve));
			host.startRun = async () => {
				started++;
				await held;
			};
			host.trouble = trouble;
			const first = deliver();
			while (started === 0) await new Promise((resolve) => setTimeout(resolve, 1));
			let second: number | undefined;
			const both = Promise.all([first, deliver().then((status) => (second = status))]);
			while (second === undefined && started === 1) {
				await new Promise((resolve) => setTimeout(resolve, 1));
			}
			goOn();
			// The second one comes again, when it is known how the first one ended.
			expect(await both).toEqual([trouble === 'none' ? 200 : 500, 503]);
			expect([started, host.runs.length]).toEqual([1, trouble === 'none' ? 1 : 0]);
			host.trouble = 'none';
			expect(await deliver()).toBe(200);
			expect(host.runs).toHaveLength(1);
		},
	);

	it('start the workflow again when that is wanted', async () => {
		const host = await activated({ options: { deduplicate: false } });
		simulator().webhooks.faults.push('duplicate');
		await emit('user.created');
		expect(host.runs).toHaveLength(2);
		expect(host.database.staticData).not.toContain('recentEvents');
	});

	it('are remembered in bounded room', async () => {
		const host = await activated({ events: ['*'] });
		const { webhooks } = simulator();
		for (let index = 0; index < REMEMBERED_EVENTS + 50; index++)
			webhooks.emit('reward.created', {});
		await webhooks.settled();
		expect(new Set(statuses())).toEqual(new Set([200]));
		expect(host.runs).toHaveLength(REMEMBERED_EVENTS + 50);
		expect(host.database.staticData.length).toBeLessThan(12 * REMEMBERED_EVENTS + 200);
		console.log(`State of ${REMEMBERED_EVENTS} events: ${host.database.staticData.length} bytes`);
	});
});

describe('the filter by segment', () => {
	const filter = { segments: ['vip', 'beta'] };

	it('goes by what a new participant comes with', async () => {
		const host = await activated({ options: filter });
		await emit('user.created', { id: 'a', accountId: 'a', segments: ['vip'] });
		await emit('user.created', { id: 'b', accountId: 'b', segments: ['other'] });
		await emit('user.created', { id: 'c', accountId: 'c', segments: [] });
		expect(statuses()).toEqual([200, 200, 200]);
		expect(jsonOf(host)).toMatchObject([{ data: { id: 'a' } }]);
		expect(sent(simulator()).filter((request) => !request.includes('jwks'))).not.toContain(
			'LookUpParticipants',
		);
	});

	it('takes names, which are looked up once, at activation; a new name changes nothing', async () => {
		simulator().state.addSegment({ key: 'vip', name: 'VIP Customers' });
		const host = await start({ options: { segments: '={{ ["vip customers", "beta"] }}' } });
		await host.activate();
		expect(segmentReads(simulator())).toEqual(['ListSegments']);
		simulator().state.addSegment({ key: 'vip', name: 'Best Customers' });
		simulator().clearRequests();
		await emit('user.created', { id: 'a', accountId: 'a', segments: ['vip'] });
		await emit('user.created', { id: 'b', accountId: 'b', segments: ['other'] });
		expect(jsonOf(host)).toMatchObject([{ data: { id: 'a' } }]);
		expect(segmentReads(simulator())).toEqual([]);
	});

	it('refuses what names no segment at activation, when somebody looks', async () => {
		simulator().state.addSegment({ key: 'vip', name: 'VIP Customers' });
		const host = await start({ options: { segments: '={{ ["VIP Custmers"] }}' } });
		await expect(host.activate()).rejects.toMatchObject({
			message:
				"'Only in Segment Names or IDs': There is no segment with the name or key 'VIP Custmers'. The nearest is 'VIP Customers' (key 'vip')",
		});
		expect(subscriptions()).toEqual([]);
	});

	const ADA = { id: 'a', accountId: 'acc' };

	describe.each(['current', 'classic'] as const)('on a tenant with %s events', (shapes) => {
		it.each<[string, string, IDataObject]>([
			['a reward', 'reward.created', { userId: 'a', accountId: 'acc' }],
			['a balance', 'user.reward.balance.changed', { userId: 'a', accountId: 'acc' }],
			['the referred one', 'referral.started', { referred: ADA }],
			['the referrer', 'referral.started', { referrer: ADA }],
			['the referred one', 'referral.converted', { referred: ADA }],
			['the referrer', 'referral.converted', { referrer: ADA }],
			['the referred one', 'referral.ended', { referred: ADA }],
			['the referrer', 'referral.automoderation.complete', { referrer: ADA }],
			['an e-mail', 'email.referral.paid', { recipientUserId: 'a', recipientAccountId: 'acc' }],
		])('looks up the participant of %s: %s', async (_, type, data) => {
			simulator().options.webhookShapes = shapes;
			const host = await activated({ events: ['*'], options: filter });
			await emit(type, data);
			expect(host.runs).toHaveLength(0);
			simulator().state.addParticipant({ ...ADA, segments: ['beta'] });
			await emit(type, { ...data, again: true });
			expect(jsonOf(host)).toMatchObject([{ type, data: { ...data, again: true } }]);
			expect(statuses()).toEqual([200, 200]);
		});
	});

	it('lets nothing through that names no participant, and says so', async () => {
		const host = await activated({ events: ['*'], options: filter });
		await emit('export.completed');
		await emit('coupon.created');
		// As the oldest form of classic events: the vendor's own IDs, by which nobody can be looked up.
		simulator().options.webhookShapes = 'classic';
		await emit('referral.started', { referred: undefined, referrer: undefined });
		expect([statuses(), host.runs]).toEqual([[200, 200, 200], []]);
		expect(sent(simulator())).not.toContain('LookUpParticipants');
		// One line a minute, whatever their number.
		expect(host.log.filter(({ level }) => level === 'info').slice(1)).toEqual([
			{
				level: 'info',
				message:
					"Ignored an Advocate event without a participant to check for 'Only in Segment Names or IDs': export.completed",
			},
		]);
	});

	it('asks the API nothing about an event that was delivered before, or is being answered', async () => {
		const host = await activated({ events: ['reward.created'], options: filter });
		simulator().state.addParticipant({ ...ADA, segments: ['vip'] });
		const event = await emit('reward.created', { userId: 'a', accountId: 'acc' });
		expect(host.runs).toHaveLength(1);
		simulator().clearRequests();
		const { body, headers } = simulator().webhooks.sign(event);
		for (let index = 0; index < 3; index++) expect(await call(host, body, headers)).toBe(200);
		expect(sent(simulator())).toEqual([]);

		simulator().options.latencyMs = 50;
		const next = simulator().webhooks.sign({ ...event, id: 'next' });
		const both = await Promise.all([
			call(host, next.body, next.headers),
			call(host, next.body, next.headers),
		]);
		expect(both.sort()).toEqual([200, 503]);
		expect(sent(simulator())).toEqual(['LookUpParticipants']);
		expect(host.runs).toHaveLength(2);
	});

	it('judges an event again that did not start the workflow the first time', async () => {
		const host = await activated({ events: ['reward.created'], options: filter });
		const event = await emit('reward.created', { userId: 'a', accountId: 'acc' });
		expect([statuses(), host.runs]).toEqual([[200], []]);
		expect(host.database.staticData).not.toContain('recentEvents');
		simulator().state.addParticipant({ ...ADA, segments: ['vip'] });
		const { body, headers } = simulator().webhooks.sign(event);
		expect(await call(host, body, headers)).toBe(200);
		expect(host.runs).toHaveLength(1);
	});

	it("asks for another delivery when the API can't be asked", async () => {
		const host = await activated({ events: ['*'], options: filter });
		simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
		simulator().faults.add({
			match: { operationName: 'LookUpParticipants' },
			then: { kind: 'status', status: 403 },
		});
		await emit('reward.created', { userId: 'a', accountId: 'a' });
		expect([statuses(), host.runs.length]).toEqual([[503, 200], 1]);
	});
});

describe("a workflow that can't be started", () => {
	it('does not make the event count as delivered', async () => {
		const host = await activated();
		host.trouble = 'runFails';
		simulator().webhooks.emit('user.created', {});
		while (statuses().length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
		host.trouble = 'none';
		await simulator().webhooks.settled();
		expect(statuses().slice(-2)).toEqual([500, 200]);
		expect(host.runs).toHaveLength(1);
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
