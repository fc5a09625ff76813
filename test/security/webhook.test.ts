/** Strangers who call the webhook of the event trigger: they start nothing, learn nothing and cost next to nothing. */
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import { QuietLog } from '../../nodes/ImpactAdvocateTrigger/quietLog';
import { REMEMBERED_TESTS } from '../../nodes/ImpactAdvocateTrigger/testEvents';
import { loadTrigger, WebhookHost } from '../engine/triggers/contexts';
import type { WebhookEvent } from '../simulator/webhooks';
import { SOME_SEGMENTS, credentials, keyCredentials, useSimulator } from '../support/advocate';

const simulator = useSimulator(SOME_SEGMENTS);
const nodeType = loadTrigger('ImpactAdvocateTrigger');

const HOUR = 3_600_000;

let hosts: WebhookHost[] = [];
/** The clock, as far as it is turned on by a test. */
let passed: number;

beforeEach(() => {
	passed = 0;
	const { now } = Date;
	jest.spyOn(Date, 'now').mockImplementation(() => now() + passed);
});
afterEach(() => {
	jest.restoreAllMocks();
	for (const host of hosts) host.close();
	hosts = [];
});

async function start(
	parameters: INodeParameters = {},
	credential: ICredentialDataDecryptedObject = credentials(simulator()),
	more: Partial<WebhookHost['options']> = {},
): Promise<WebhookHost> {
	const host = new WebhookHost(nodeType, {
		parameters: { events: ['user.created'], options: {}, ...parameters },
		credentials: credential,
		...more,
	});
	hosts.push(host);
	await host.listen();
	return host;
}

async function call(
	host: WebhookHost,
	{ body, headers }: { body: string; headers: Record<string, string> },
): Promise<number> {
	const response = await fetch(host.url, { method: 'POST', body, headers });
	expect(await response.text()).toMatch(
		/^\{"message":"(Not accepted|Try again later|Received|Workflow was started)"\}$/,
	);
	return response.status;
}

const event = (change: Partial<WebhookEvent> = {}): WebhookEvent => ({
	...simulator().webhooks.emit('none', {}),
	type: 'user.created',
	...change,
});
const signed = (change: Partial<WebhookEvent> = {}) => simulator().webhooks.sign(event(change));
const json = { 'content-type': 'application/json' };
const withHeaders = (headers: Record<string, string>) => ({
	body: JSON.stringify(event()),
	headers: { ...json, ...headers },
});

describe('a call that shows by itself that Advocate did not sign it', () => {
	const jws = (header: unknown) =>
		`${Buffer.from(JSON.stringify(header)).toString('base64url')}..${'A'.repeat(342)}`;
	const CALLS: Array<[string, () => { body: string; headers: Record<string, string> }]> = [
		['unsigned', () => withHeaders({})],
		['unsigned and empty', () => ({ body: '', headers: json })],
		[
			'signed with nonsense',
			() => withHeaders({ 'x-hook-jws-rfc-7797': 'nonsense', 'x-hook-signature': 'nonsense' }),
		],
		[
			'signed without an algorithm',
			() => withHeaders({ 'x-hook-jws-rfc-7797': jws({ alg: 'none', kid: 'k' }) }),
		],
		[
			'signed with another algorithm',
			() => withHeaders({ 'x-hook-jws-rfc-7797': jws({ alg: 'HS256', kid: 'k' }) }),
		],
		['signed without a key', () => withHeaders({ 'x-hook-jws-rfc-7797': jws({ alg: 'RS256' }) })],
		[
			'signed with a header of 8 kB',
			() => withHeaders({ 'x-hook-jws-rfc-7797': jws({ alg: 'RS256', kid: 'k'.repeat(7000) }) }),
		],
		[
			'signed, but damaged on the way',
			() => {
				const { body, headers } = signed();
				const cut = Object.entries(headers).map(([name, value]) => [name, value.slice(1, -1)]);
				return { body, headers: { ...Object.fromEntries(cut), ...json } };
			},
		],
	];

	describe.each<[string, INodeParameters, () => ICredentialDataDecryptedObject]>([
		['public key', {}, () => credentials(simulator())],
		['tenant API key', { options: { signature: 'hmac' } }, () => keyCredentials(simulator())],
	])('%s', (_, parameters, credential) => {
		it.each(CALLS)('is refused before the credential is decrypted: %s', async (_name, made) => {
			const host = await start(parameters, credential());
			expect(await call(host, made())).toBe(401);
			expect([host.credentialsHelper.decryptions, host.runs]).toEqual([0, []]);
			expect(simulator().requests).toEqual([]);

			expect(await call(host, signed())).toBe(200);
			expect([host.credentialsHelper.decryptions, host.runs.length]).toEqual([1, 1]);
		});
	});
});

describe('a trigger that can judge nothing', () => {
	const BROKEN: Array<[string, INodeParameters, () => ICredentialDataDecryptedObject, RegExp]> = [
		[
			'the credential lost its token',
			{},
			() => ({ ...credentials(simulator()), authToken: '' }),
			/Auth Token is empty/,
		],
		[
			'the credential lost its tenant',
			{},
			() => ({ ...credentials(simulator()), tenantAlias: '' }),
			/Tenant Alias is empty/,
		],
		[
			'the Base URL is not encrypted',
			{},
			() => ({ ...credentials(simulator()), baseUrl: 'http://192.0.2.1' }),
			/does not start with https/,
		],
		[
			'there is no API key',
			{ options: { signature: 'hmac' } },
			() => credentials(simulator()),
			/tenant's API key/,
		],
		['no event is chosen', { events: [] }, () => credentials(simulator()), /'Events' is empty/],
		[
			'the age is negative',
			{ options: { maxEventAge: -1 } },
			() => credentials(simulator()),
			/Max Event Age/,
		],
		[
			'an expression fails',
			{ events: '={{ $json.no.such.thing() }}' },
			() => credentials(simulator()),
			/./,
		],
	];

	it.each(BROKEN)(
		'asks for another delivery, without a failed execution: %s',
		async (_, parameters, credential, says) => {
			const host = await start(parameters, credential());
			const statuses = [];
			for (let index = 0; index < 20; index++) statuses.push(await call(host, signed()));
			expect(statuses).toEqual(statuses.map(() => 503));
			// One line for the owner, and it says what is wrong.
			expect(host.log).toEqual([{ level: 'error', message: expect.stringMatching(says) }]);
			expect(host.runs).toEqual([]);
			expect(JSON.stringify(host.log)).not.toContain(simulator().credentials.authToken);

			expect(await call(host, withHeaders({}))).toBe(401);
		},
	);

	it('takes the events when it is mended', async () => {
		const host = await start({}, { ...credentials(simulator()), authToken: '' });
		const delivery = signed();
		expect(await call(host, delivery)).toBe(503);
		host.options.credentials.authToken = simulator().credentials.authToken;
		expect(await call(host, delivery)).toBe(200);
		expect(host.runs).toHaveLength(1);
	});

	it('also when n8n has lost the credential', async () => {
		const host = await start();
		jest.spyOn(host.credentialsHelper, 'getDecrypted').mockRejectedValue(new Error('It is gone'));
		expect(await call(host, signed())).toBe(503);
		expect(host.log).toEqual([{ level: 'error', message: expect.stringContaining('It is gone') }]);
	});
});

describe('the log', () => {
	it('has one line a minute, with the number of calls and their reasons', async () => {
		const host = await start();
		for (let index = 0; index < 30; index++) expect(await call(host, withHeaders({}))).toBe(401);
		for (let index = 0; index < 5; index++) {
			expect(await call(host, simulator().webhooks.sign(event(), 'alteredBody'))).toBe(401);
		}
		expect(host.messages).toEqual(['Refused a call to the Advocate webhook: it is not signed']);
		passed += 60_001;
		expect(await call(host, withHeaders({}))).toBe(401);
		expect(host.messages.slice(1)).toEqual([
			'Refused 35 calls to the Advocate webhook: it is not signed (30), the signature does not match the body (5)',
		]);
	});

	it('has one line a minute also while no call can be judged', async () => {
		simulator().faults.add({
			match: { path: 'jwks' },
			times: 'always',
			then: { kind: 'status', status: 500 },
		});
		const baseUrl = simulator().url.replace('127.0.0.1', 'localhost');
		const host = await start({}, { ...credentials(simulator()), baseUrl });
		for (let index = 0; index < 10; index++) expect(await call(host, signed())).toBe(503);
		expect(host.messages).toEqual([
			expect.stringMatching(
				/^Asked for another delivery of an Advocate event: .*did not return a key set/,
			),
		]);
		passed += 60_001;
		expect(await call(host, signed())).toBe(503);
		expect(host.messages.slice(1)).toEqual([
			expect.stringMatching(/^Asked for another delivery of 10 Advocate events: .*\(10\)$/),
		]);
	});

	it('counts each trigger, and each kind of answer, for itself', () => {
		const log = new QuietLog(() => 0);
		expect(log.count('refused a', 'x')).toEqual({ calls: 1, reasons: 'x' });
		expect(log.count('refused b', 'x')).toEqual({ calls: 1, reasons: 'x' });
		expect(log.count('refused a', 'x')).toBeUndefined();
	});

	it('names no more than a few reasons, and loses no call', () => {
		let now = 0;
		const log = new QuietLog(() => now);
		log.count('k', 'first');
		for (let index = 0; index < 1000; index++) log.count('k', `reason ${index}`);
		now = 60_000;
		const line = log.count('k', 'last');
		expect(line?.calls).toBe(1001);
		expect(line?.reasons).toMatch(/^reason 0 \(1\), .*, reason 9 \(1\), other reasons \(991\)$/);
	});

	it('does not fall silent when the clock is set back', () => {
		let now = 1_000_000;
		const log = new QuietLog(() => now);
		log.count('k', 'x');
		now = 0;
		expect(log.count('k', 'x')).toEqual({ calls: 1, reasons: 'x' });
	});
});

describe('a test event without a time', () => {
	const testEvent = (id: string) => signed({ id, type: 'test', created: undefined });
	const asked = { events: ['test'], options: { maxEventAge: 1, deduplicate: false } };

	it('counts from when it was seen first, and is refused after Max Event Age', async () => {
		const host = await start(asked);
		const recorded = testEvent('recorded');
		expect(await call(host, recorded)).toBe(200);
		passed += 0.9 * HOUR;
		expect(await call(host, recorded)).toBe(200);
		passed += 0.2 * HOUR;
		expect(await call(host, recorded)).toBe(401);
		expect(host.messages.at(-1)).toMatch(/it is 1\.1 hours old, and 'Max Event Age' is 1 hours/);
		// One that comes now is new.
		expect(await call(host, testEvent('new'))).toBe(200);
		expect(host.runs).toHaveLength(3);
	});

	it.each(['none', 'staticDataIsLost'] as const)('is remembered: trouble %s', async (trouble) => {
		const host = await start(asked);
		host.trouble = trouble;
		const recorded = testEvent('recorded');
		expect(await call(host, recorded)).toBe(200);
		passed += 2 * HOUR;
		expect(await call(host, recorded)).toBe(401);
		if (trouble !== 'none') return;
		// Another process knows what was stored.
		const restarted = await start(asked, undefined, { database: host.database });
		expect(await call(restarted, recorded)).toBe(401);
	});

	it('is remembered in bounded room', async () => {
		const host = await start(asked);
		for (let index = 0; index < REMEMBERED_TESTS + 20; index++) {
			expect(await call(host, testEvent(`test ${index}`))).toBe(200);
		}
		const { testEvents } = JSON.parse(host.database.staticData)['node:Trigger'];
		expect(Object.keys(testEvents)).toHaveLength(REMEMBERED_TESTS);
	});

	it('of another tenant leaves no trace', async () => {
		const host = await start(asked);
		expect(
			await call(host, signed({ type: 'test', created: undefined, tenantAlias: 'other' })),
		).toBe(401);
		expect(host.database.staticData).toBe('{}');
	});
});
