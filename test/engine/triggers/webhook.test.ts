/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** Signed deliveries to the webhook trigger, over real HTTP: which ones are genuine, and how each is answered. */
import { gzipSync } from 'node:zlib';
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import { credentials, keyCredentials } from '../../support/advocate';
import type { WebhookEvent, WebhookFault } from '../../simulator/webhooks';
import { useWebhookTrigger } from './webhookTrigger';

const { simulator, start, activated, statuses, jsonOf, emit, call } = useWebhookTrigger();

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
		const participants = [{ id: 'a@x.org', accountId: 'a@x.org', role: 'participant' }];
		expect(jsonOf(host)).toEqual(
			simulator().webhooks.events.map((event) => ({ ...event, participants })),
		);
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
		const refusals = host.log.filter(({ level }) => level === 'warn');
		expect(refusals.map(({ message }) => message.replace(/^.*: it is \d.*/, 'age'))).toEqual([
			expect.stringContaining('the signature does not match the body'),
			expect.stringContaining('the signature does not match the body'),
			expect.stringMatching(/key that Advocate does not publish|does not match the body/),
			expect.stringContaining('the signature does not match the body'),
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
