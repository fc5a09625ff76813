/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** Webhooks of the simulator: the documented endpoints, real signatures, repeated deliveries and every fault. */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useSimulator } from '../support/simulator';
import { TestClient } from './testClient';
import type { WebhookFault } from './webhooks';

interface Received {
	headers: IncomingHttpHeaders;
	body: string;
}

const simulator = useSimulator();
let client: TestClient;
let receiver: Server;
let endpointUrl: string;
let received: Received[];
/** Statuses to answer with; 200 when there is none left. */
let answers: number[];

beforeAll(async () => {
	receiver = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
			response.writeHead(answers.shift() ?? 200).end();
		});
	});
	await new Promise<void>((resolve) => {
		receiver.listen(0, '127.0.0.1', resolve);
	});
	endpointUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?a=b`;
});

afterAll(async () => {
	receiver.closeAllConnections();
	receiver.close();
});

beforeEach(() => {
	simulator().options.webhookRetryMs = 1;
	client = new TestClient(simulator());
	received = [];
	answers = [];
});

const encoded = () => encodeURIComponent(endpointUrl);
const subscribe = async (fields: object = {}) =>
	await client.send('POST', '/subscription', { endpointUrl, name: 'Test', ...fields });
const emit = async (type = 'reward.created', data: Record<string, unknown> = {}) => {
	simulator().webhooks.emit(type, data);
	await simulator().webhooks.settled();
};

/** Whether a call is signed as the vendor's guide describes, with a key that is published now. */
async function isGenuine({ headers, body }: Received): Promise<boolean> {
	const [header, , signature] = String(headers['x-hook-jws-rfc-7797'] ?? '..').split('.');
	if (header === '') return false;
	const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid: string };
	const { json } = await client.download(`${simulator().url}/.well-known/jwks.json`);
	const { keys } = json as { keys: Array<JsonWebKey & { kid: string }> };
	const jwk = keys.find((key) => key.kid === kid);
	if (jwk === undefined) return false;
	const input = Buffer.from(`${header}.${Buffer.from(body).toString('base64url')}`);
	const key = createPublicKey({ key: jwk, format: 'jwk' });
	const isSigned = verify('RSA-SHA256', input, key, Buffer.from(signature, 'base64url'));
	const hmac = createHmac('sha1', simulator().credentials.apiKey).update(body).digest('base64');
	return isSigned && headers['x-hook-signature'] === hmac;
}

describe('subscriptions', () => {
	it('are created, listed and deleted by their URL', async () => {
		const created = await subscribe({ webhookTypes: ['user.created'] });
		expect([created.status, created.text]).toEqual([201, '']);
		await subscribe();
		expect((await client.send('GET', '/subscription')).json).toEqual([
			{ endpointUrl, name: 'Test', source: 'MANUAL', webhookTypes: ['*'] },
		]);
		expect((await client.send('DELETE', `/subscription/${encoded()}`)).status).toBe(204);
		expect((await client.send('GET', '/subscription')).json).toEqual([]);
		expect((await client.send('DELETE', `/subscription/${encoded()}`)).status).toBe(404);
	});

	it('need a credential and good values', async () => {
		for (const fields of [{ endpointUrl: 'nowhere' }, { webhookTypes: ['nothing'] }]) {
			expect((await subscribe(fields)).status).toBe(400);
		}
		client.useApiKey('wrong');
		expect((await subscribe()).status).toBe(401);
	});

	it('can be tested', async () => {
		await subscribe({ webhookTypes: ['user.created'] });
		expect((await client.send('POST', `/subscription/${encoded()}/test`)).status).toBe(204);
		await simulator().webhooks.settled();
		expect(received.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
			{ type: 'test' },
		]);
	});
});

describe('deliveries', () => {
	it('bring new participants, and nothing when they change', async () => {
		await subscribe();
		await client.put('ada', { firstName: 'Ada', segments: ['vip'] });
		await client.put('ada', { firstName: 'Augusta' });
		await simulator().webhooks.settled();
		expect(received.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
			{
				type: 'user.created',
				tenantAlias: simulator().credentials.tenantAlias,
				data: { id: 'ada', firstName: 'Ada', segments: ['vip'] },
			},
		]);
		expect(await isGenuine(received[0])).toBe(true);
	});

	it('bring only what was subscribed to', async () => {
		await subscribe({ webhookTypes: ['coupon.created'] });
		await emit('reward.created');
		await emit('coupon.created');
		expect(received).toHaveLength(1);
	});

	it('are repeated until they are answered with exactly 200', async () => {
		await subscribe();
		answers = [500, 204, 301];
		await emit();
		expect(simulator().webhooks.attempts.map(({ attempt, status }) => [attempt, status])).toEqual([
			[1, 500],
			[2, 204],
			[3, 301],
			[4, 200],
		]);
		expect(new Set(received.map(({ body }) => body)).size).toBe(1);
	});

	it('end after the last try, or with the subscription', async () => {
		await subscribe();
		simulator().options.webhookMaxTries = 3;
		answers = [500, 500, 500, 500];
		await emit();
		expect(received).toHaveLength(3);
		answers = [500, 500];
		simulator().webhooks.emit('reward.created', {});
		while (received.length === 3) await new Promise((resolve) => setTimeout(resolve, 1));
		simulator().webhooks.subscriptions.clear();
		await simulator().webhooks.settled();
		expect(received.length).toBeLessThanOrEqual(5);
	});

	it.each<[WebhookFault, boolean]>([
		['badSignature', false],
		['alteredBody', false],
		['wrongKey', false],
		['wrongKeyKnownId', false],
		['unsigned', false],
		['stale', true],
		['otherTenant', true],
	])('can have the fault %s', async (fault, signed) => {
		await subscribe();
		simulator().webhooks.faults.push(fault);
		await emit();
		await emit();
		expect([await isGenuine(received[0]), await isGenuine(received[1])]).toEqual([signed, true]);
	});

	it('can come twice, and in another order', async () => {
		await subscribe();
		simulator().webhooks.faults.push('duplicate');
		await emit();
		expect(received).toHaveLength(2);
		simulator().webhooks.hold();
		for (const name of ['first', 'second']) simulator().webhooks.emit('reward.created', { name });
		await simulator().webhooks.release({ reversed: true });
		const names = received.slice(2).map(({ body }) => /first|second/.exec(body)?.[0]);
		expect(names).toEqual(['second', 'first']);
	});

	it('are signed with a new key after a rotation', async () => {
		await subscribe();
		await emit();
		simulator().webhooks.keys.rotate();
		await emit();
		expect([await isGenuine(received[0]), await isGenuine(received[1])]).toEqual([true, true]);
		simulator().webhooks.keys.rotate({ keepOld: false });
		expect(await isGenuine(received[1])).toBe(false);
	});
});

describe('segment change times', () => {
	const timeOf = async () => {
		const { json } = await client.graphql('{ segment(key: "vip") { dateModified } }');
		return (json as { data: { segment: { dateModified: number } } }).data.segment.dateModified;
	};

	it.each([
		['edits', false],
		['members', true],
	] as const)('follow %s', async (segmentDateModified, moves) => {
		simulator().options.segmentDateModified = segmentDateModified;
		simulator().state.addSegment({ key: 'vip', dateModified: 1000, membersModified: 1000 });
		await client.put('a', { segments: ['vip'] });
		const entered = await timeOf();
		expect(entered > 1000).toBe(moves);
		await new Promise((resolve) => setTimeout(resolve, 3));
		// No change.
		await client.put('a', { segments: ['vip'] });
		expect(await timeOf()).toBe(entered);
		await client.put('a', { segments: ['~vip'] });
		expect((await timeOf()) > entered).toBe(moves);
	});
});

describe('inspection', () => {
	it('shows, emits and rotates from another process', async () => {
		await subscribe();
		const post = async (path: string, body: object = {}) =>
			await fetch(`${simulator().url}/__simulator/webhooks${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			});
		expect((await post('/emit', { type: 'reward.created', data: { id: 'r' } })).status).toBe(200);
		expect((await post('/emit', {})).status).toBe(400);
		await simulator().webhooks.settled();
		const { kid } = (await (await post('/rotateKey')).json()) as { kid: string };
		expect(kid).toBe(simulator().webhooks.keys.current.kid);
		const { json } = await client.download(`${simulator().url}/__simulator/webhooks`);
		expect(json).toMatchObject({
			subscriptions: [{ endpointUrl }],
			events: [{ type: 'reward.created', data: { id: 'r' } }],
			attempts: [{ status: 200, attempt: 1 }],
		});
	});
});
