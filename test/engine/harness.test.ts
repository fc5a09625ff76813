/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** The harness shows what n8n really does, and the port keeps its contract in there. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INodeExecutionData } from 'n8n-workflow';
import { passWaits, stopClock } from '../support/clock';
import {
	HAS_COMBINED_BINARY_MODE,
	inGroups,
	inlineBinary,
	loadNodeType,
	loadOptions,
	NODE_TYPE,
	pickFromList,
	readBinary,
	runNode,
	runWorkflow,
	storedBinary,
} from './harness';
import type { NodeOptions } from './harness';
import { PortNode } from './harness/portNode';
import type { PortNodeRequest } from './harness/portNode';

interface Seen {
	method?: string;
	url?: string;
	headers: IncomingMessage['headers'];
	body: string;
}

let server: Server;
let origin: string;
let seen: Seen[];

const answers: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
	'/ok': (response) => {
		response.setHeader('Content-Type', 'application/json').setHeader('X-Two', 'a');
		response.end('\uFEFF{"users":[1]}');
	},
	'/500': (response) => response.writeHead(500).end('{"message":"broken"}'),
	'/429': (response) => response.writeHead(429, { 'Retry-After': '7' }).end('{}'),
	'/401': (response) => response.writeHead(401).end('{"message":"no"}'),
	'/redirect': (response) => response.writeHead(302, { Location: '/api/v1/test_alias/ok' }).end(),
	'/html': (response) =>
		response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html></html>'),
	'/cut': (response) =>
		response.setHeader('Content-Type', 'application/json').end('{"users":[{"id"'),
	'/empty': (response) => response.writeHead(204).end(),
	'/reset': (_response, request) => request.socket.resetAndDestroy(),
	'/half': (response, request) => {
		response.writeHead(200, { 'Content-Length': '100' }).write('{"users":');
		setTimeout(() => request.socket.destroy(), 20);
	},
	'/silent': () => {},
	'/trickle': (response) => {
		response.writeHead(200);
		const timer = setInterval(() => response.write(' '), 20);
		response.on('close', () => clearInterval(timer));
	},
};

beforeAll(async () => {
	server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const { method, url, headers } = request;
			seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
			const path = new URL(url ?? '', origin).pathname.replace('/api/v1/test_alias', '');
			(answers[path] ?? answers['/ok'])(response, request);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
	seen = [];
});

afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

const credentials = () => ({
	authentication: 'accountSidToken',
	accountSid: 'IRsid',
	authToken: 'token',
	tenantAlias: 'test_alias',
	baseUrl: origin,
});

const send = async (
	requests: PortNodeRequest | Array<PortNodeRequest | INodeExecutionData>,
	options: Partial<NodeOptions> = {},
) =>
	await runNode({
		parameters: {},
		credentials: credentials(),
		nodeType: new PortNode(),
		input: [requests].flat() as NodeOptions['input'],
		...options,
	});

describe('port: answers', () => {
	test.each<[string, PortNodeRequest, object]>([
		['JSON, with a byte order mark', { path: '/ok' }, { statusCode: 200, body: { users: [1] } }],
		['500', { path: '/500' }, { statusCode: 500, body: { message: 'broken' } }],
		['401', { path: '/401' }, { statusCode: 401, body: { message: 'no' } }],
		[
			'429 with its header',
			{ path: '/429' },
			{ headers: expect.objectContaining({ 'retry-after': '7' }) },
		],
		['a redirect, not followed', { path: '/redirect' }, { statusCode: 302 }],
		['HTML', { path: '/html' }, { statusCode: 200, body: '<html></html>' }],
		['JSON cut in the middle', { path: '/cut' }, { statusCode: 200, body: '{"users":[{"id"' }],
		['an empty body', { path: '/empty' }, { statusCode: 204, body: '' }],
		['JSON left as text', { path: '/500', responseType: 'text' }, { body: '{"message":"broken"}' }],
	])('%s', async (_name, request, expected) => {
		const { main, status } = await send(request);
		expect(status).toBe('success');
		expect(main[0].json).toMatchObject(expected);
	});

	test('header names come in lower case', async () => {
		const { main } = await send({ path: '/ok' });
		expect(main[0].json.headers).toMatchObject({
			'x-two': 'a',
			'content-type': 'application/json',
		});
	});

	test('sends method, query, JSON and the credential', async () => {
		await send({
			path: '/x%2Fy',
			method: 'PUT',
			query: { q: 'a b', limit: 2 },
			body: { id: 'ü', list: [] },
		});
		expect(seen).toHaveLength(1);
		expect(seen[0]).toMatchObject({
			method: 'PUT',
			url: '/api/v1/test_alias/x%2Fy?q=a%20b&limit=2',
			body: '{"id":"ü","list":[]}',
		});
		expect(seen[0].headers).toMatchObject({
			authorization: `Basic ${Buffer.from('IRsid:token').toString('base64')}`,
			'content-type': 'application/json',
			accept: 'application/json',
		});
	});

	test('sends an empty object as such', async () => {
		await send({ path: '/ok', method: 'POST', body: {} });
		expect(seen[0].body).toBe('{}');
	});

	test('sends a form as multipart', async () => {
		await send({ path: '/ok', method: 'POST', upload: 'id\n1\n' });
		expect(seen[0].headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
		expect(seen[0].body).toContain('name="file"; filename="users.csv"');
		expect(seen[0].body).toContain('id\n1\n');
	});

	test('sends no credential when told so', async () => {
		await send({ path: `${origin}/ok`, authenticate: false });
		expect(seen[0].headers.authorization).toBeUndefined();
	});

	test('never sends the credential to another server', async () => {
		const { main } = await send({ path: 'http://localhost:9/ok' });
		expect(main[0].json).toMatchObject({ code: 'ERR_UNKNOWN' });
		expect(main[0].json.message).toContain('may only be used with its own Base URL');
	});

	test('decrypts the credential once per use of the port, not per request', async () => {
		const { decryptions } = await send([{ path: '/ok' }, { path: '/ok' }, { path: '/ok' }]);
		// The node makes a port for each item.
		expect(decryptions).toBe(3);
		expect(seen).toHaveLength(3);
	});
});

describe('port: no answer', () => {
	const secret = Buffer.from('IRsid:token').toString('base64');

	test.each<[string, PortNodeRequest, string]>([
		['connection reset', { path: '/reset' }, 'ECONNRESET'],
		['connection lost in the body', { path: '/half' }, 'ECONNRESET'],
		['silence', { path: '/silent', timeoutMs: 150 }, 'ETIMEDOUT'],
		['a body without an end', { path: '/trickle', timeoutMs: 150 }, 'ETIMEDOUT'],
		[
			'connection reset, not authenticated',
			{ path: 'ORIGIN/reset', authenticate: false },
			'ECONNRESET',
		],
		[
			'silence, not authenticated',
			{ path: 'ORIGIN/silent', authenticate: false, timeoutMs: 150 },
			'ETIMEDOUT',
		],
		['nobody listens', { path: 'http://127.0.0.1:1/x', authenticate: false }, 'ECONNREFUSED'],
		['no such host', { path: 'http://nowhere.invalid/x', authenticate: false }, 'ENOTFOUND'],
	])('%s', async (_name, request, code) => {
		const { main } = await send({ ...request, path: request.path?.replace('ORIGIN', origin) });
		const { json } = main[0];
		// A resolver that can't be reached says EAI_AGAIN.
		const codes = code === 'ENOTFOUND' ? [code, 'EAI_AGAIN'] : [code];
		expect(codes).toContain(json.code);
		expect(json.hasCause).toBe(false);
		expect(JSON.stringify(json)).not.toContain(secret);
	});

	// Without the cancellation, the two would last longer than a test may.
	test('a cancelled request ends at once', async () => {
		const { status } = await send(
			{ path: '/silent', timeoutMs: 300_000 },
			{ cancelAfter: (cancel) => setTimeout(cancel, 100) },
		);
		expect(status).toBe('canceled');
	});

	test('a cancelled sleep ends', async () => {
		const { status } = await send({ sleepMs: 300_000 }, { timeoutMs: 100 });
		expect(status).toBe('canceled');
	});

	test('a sleep is not shorter than asked', async () => {
		const clock = stopClock();
		const waits = passWaits(clock);
		try {
			const { main } = await send({ sleepMs: 600 });
			expect(main[0].json).toMatchObject({ slept: true, cancelled: false });
			expect(waits()).toEqual([250, 250, 100]);
		} finally {
			jest.restoreAllMocks();
		}
	});
});

describe("credential that can't be used", () => {
	test.each([
		['Tenant Alias is empty', { tenantAlias: ' ' }],
		['Auth Token is empty', { authToken: '' }],
		[
			"Base URL 'http://example.com' does not start with https://",
			{ baseUrl: 'http://example.com' },
		],
	])('%s', async (message, change) => {
		const { error, status } = await send(
			{ path: '/ok' },
			{ credentials: { ...credentials(), ...change } },
		);
		expect(status).toBe('error');
		expect(error?.message).toBe(message);
		expect(seen).toHaveLength(0);
	});
});

describe('engine', () => {
	const two = [{ path: '/ok' }, { fail: 'Refused' }];

	test('an error stops the run and keeps its fields', async () => {
		const { status, error, executions } = await send(two);
		expect(status).toBe('error');
		expect(error).toMatchObject({
			message: 'Refused',
			description: 'Do it otherwise',
			httpCode: '422',
			context: { itemIndex: 1 },
		});
		expect(executions).toBe(1);
	});

	test('error items stay in the first output with "continue"', async () => {
		const { status, main } = await send(two, { onError: 'continueRegularOutput' });
		expect(status).toBe('success');
		expect(main[1].json).toEqual({ error: 'Refused' });
		expect(main.map((item) => item.pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	test('error items move to the error output, with the input they are paired with', async () => {
		const { outputs } = await send(two, { onError: 'continueErrorOutput' });
		expect(outputs).toHaveLength(2);
		expect(outputs[0]).toHaveLength(1);
		expect(outputs[1]).toHaveLength(1);
		// n8n replaces the json of an item with an `error`; the pairing leads back to the input.
		expect(outputs[1][0].json).toEqual({ error: 'Refused' });
		expect(outputs[1][0].pairedItem).toEqual({ item: 1 });
	});

	test('a wrong pairing shows', async () => {
		const { outputs } = await send([{ path: '/ok' }, { fail: 'Refused', pairedItem: 0 }], {
			onError: 'continueErrorOutput',
		});
		expect(outputs[1][0].pairedItem).toEqual({ item: 0 });
	});

	test('retry on fail runs the whole node again', async () => {
		const { executions, status } = await send(two, { retryOnFail: true, maxTries: 3 });
		expect(status).toBe('error');
		expect(executions).toBe(3);
		expect(seen).toHaveLength(3);
	});

	test('retry on fail also repeats a run whose first item has an error', async () => {
		const again = { retryOnFail: true, maxTries: 2, onError: 'continueRegularOutput' } as const;
		expect((await send([{ fail: 'Refused' }, { path: '/ok' }], again)).executions).toBe(2);
		expect((await send(two, again)).executions).toBe(1);
	});

	test('parameters get defaults, and expressions are resolved per item', async () => {
		const input = [
			{ path: '/ok', n: 1 } as PortNodeRequest,
			{ path: '/ok', n: 2 } as PortNodeRequest,
		];
		const fixed = await send(input);
		expect(fixed.main.map((item) => item.json.text)).toEqual(['default', 'default']);
		const { main } = await send(input, { parameters: { text: '={{ $json.n }}' } });
		expect(main.map((item) => item.json.text)).toEqual([1, 2]);
	});

	test('hints are collected', async () => {
		const { hints } = await send({ path: '/ok' });
		expect(hints).toEqual([{ message: 'Sent 1', location: 'outputPane' }]);
	});

	test('without a credential the node fails', async () => {
		const { status, error } = await send({ path: '/ok' }, { credentials: undefined });
		expect(status).toBe('error');
		expect(error?.message).toContain('no credential');
	});
});

describe('files', () => {
	const content = 'id;name\n1;Zoë\n';

	test.each(
		HAS_COMBINED_BINARY_MODE ? (['separate', 'combined'] as const) : (['separate'] as const),
	)('inline and stored, %s mode', async (binaryMode) => {
		// In combined mode n8n takes a path into the item's json.
		const field = binaryMode === 'combined' ? '_files.data' : 'data';
		for (const file of [inlineBinary(content), await storedBinary(content)]) {
			const { main } = await send(
				[{ json: { path: '/ok', file: field }, binary: { data: file } }],
				{
					binaryMode,
				},
			);
			expect((await readBinary(main[0], 'copy')).toString()).toBe(content);
		}
	});

	(HAS_COMBINED_BINARY_MODE ? test : test.skip)('combined mode moves files into json', async () => {
		const node: INodeExecutionData = {
			json: { path: '/ok' },
			binary: { data: inlineBinary(content) },
		};
		const { run } = await send([node], { binaryMode: 'combined' });
		const [item] = run.data.resultData.runData.Input[0].data?.main[0] ?? [];
		expect(item?.binary).toBeUndefined();
		expect(item?.json._files).toMatchObject({ data: { fileName: 'data.csv' } });
	});

	test('a stored file is a reference', async () => {
		const file = await storedBinary(content);
		expect(file).toMatchObject({ id: expect.stringContaining('filesystem'), fileName: 'data.csv' });
	});
});

describe('lists of the editor', () => {
	const options = { nodeType: new PortNode() };

	test('resource locator list, with filter and page', async () => {
		const list = await pickFromList('people', {
			...options,
			credentials: credentials(),
			filter: 'zoë',
			paginationToken: '5',
		});
		expect(list).toEqual({
			results: [{ name: 'zoë 5 200 false', value: '1' }],
			paginationToken: '2',
		});
	});

	test('options, with the current parameters', async () => {
		expect(await loadOptions('parameter', { ...options, parameters: { text: 'here' } })).toEqual([
			{ name: 'here', value: 1 },
		]);
	});

	test('an unknown method is noticed', async () => {
		await expect(pickFromList('nothing', options)).rejects.toThrow(
			"no listSearch method 'nothing'",
		);
	});
});

describe('workflows', () => {
	const node = (name: string, type: string, parameters = {}, more = {}) => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0] as [number, number],
		parameters,
		...more,
	});
	const to = (name: string) => ({ main: [[{ node: name, type: 'main' as const, index: 0 }]] });

	test('a trigger, Edit Fields and the node', async () => {
		const run = await runWorkflow(
			{
				nodes: [
					node('Note', 'n8n-nodes-base.stickyNote'),
					node('Webhook', 'n8n-nodes-base.webhook'),
					node('Edit', 'n8n-nodes-base.set', {
						assignments: { assignments: [{ name: 'path', value: '=/{{ $json.body.to }}' }] },
					}),
					node(
						'Advocate',
						'n8n-nodes-impact-advocate.impactAdvocate',
						{ text: "={{ $('Webhook').item.json.body.to }}" },
						{ credentials: { impactAdvocateApi: { id: 'x', name: 'y' } } },
					),
				],
				connections: { Webhook: to('Edit'), Edit: to('Advocate') },
			},
			{
				nodeType: new PortNode(),
				credentials: credentials(),
				given: { Webhook: [{ json: { body: { to: 'ok' } } }, { json: { body: { to: '500' } } }] },
			},
		);
		expect(run.status).toBe('success');
		expect(run.items('Edit')[0].json).toEqual({ path: '/ok' });
		expect(run.items('Advocate').map(({ json }) => [json.statusCode, json.text])).toEqual([
			[200, 'ok'],
			[500, '500'],
		]);
	});

	test('an unknown node type is noticed', async () => {
		const nodes = [
			node('Start', 'n8n-nodes-base.manualTrigger'),
			node('Else', 'n8n-nodes-base.else'),
		];
		await expect(
			runWorkflow({ nodes, connections: { Start: to('Else') } }, { nodeType: new PortNode() }),
		).rejects.toThrow('no node type n8n-nodes-base.else');
	});
});

describe('options', () => {
	const { description } = loadNodeType();
	const importCsv = { resource: 'bulk', operation: 'importCsv' };

	test('stand where the operation has them', () => {
		const options = {
			resume: true,
			batchSize: 5,
			timeout: 7,
			idColumn: 'Who',
			rows: { settings: { startAtRow: 3 } },
			maxRowsPerRun: 2,
		};
		expect(inGroups(description, { ...importCsv, options })).toEqual({
			...importCsv,
			idColumn: 'Who',
			options: {
				resume: true,
				requests: { settings: { batchSize: 5, timeout: 7 } },
				rows: { settings: { startAtRow: 3, maxRowsPerRun: 2 } },
			},
		});
		const addSegments = { resource: 'participant', operation: 'addSegments' };
		expect(inGroups(description, { ...addSegments, options: { batchSize: 5 } })).toEqual({
			...addSegments,
			options: { batchSize: 5 },
		});
	});

	test('that the node has nowhere fail', () => {
		expect(() => inGroups(description, { ...importCsv, options: { bachSize: 5 } })).toThrow(
			"has no option 'bachSize'",
		);
	});

	test('of a whole workflow have to be as the editor saves them', async () => {
		const node = {
			...{ id: '1', name: 'Import', type: NODE_TYPE, typeVersion: 1 },
			position: [0, 0] as [number, number],
			parameters: { ...importCsv, options: { batchSize: 5 } },
		};
		await expect(runWorkflow({ nodes: [node], connections: {} })).rejects.toThrow(
			'stand elsewhere: {"requests":{"settings":{"batchSize":5}}}',
		);
	});
});
