/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** An answer is read up to a cap, whatever the server sends, and is not asked for again. What is counted are bytes. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { readBody } from '../../nodes/shared/n8n/answerBody';
import { WatchedRequest } from '../../nodes/shared/n8n/requestWatch';
import { NoAnswerError } from '../../nodes/shared/advocate/client/port';
import { readPages } from '../../nodes/shared/advocate/paging';
import { retryAfterMs } from '../../nodes/shared/advocate/client/rate';
import { listParticipants } from '../../nodes/shared/advocate/participants';
import { runNode } from '../engine/harness';
import { PortNode } from '../engine/harness/portNode';
import type { PortNodeRequest } from '../engine/harness/portNode';
import { asJob, counts, importOrFail, listOf, requestCount } from '../engine/jobs/helpers';
import { SOME_SEGMENTS, useSimulator } from '../support/advocate';
import { FakePort } from '../unit/advocate/fakePort';
import { credentialFor, startServer } from './server';
import type { HostileServer } from './server';

const MB = 1024 * 1024;

/** So many megabytes of blanks, in a few kilobytes: gzip allows for parts one after the other. */
function bomb(megabytes: number): Buffer {
	const part = gzipSync(Buffer.alloc(MB, ' '));
	return Buffer.concat(Array.from({ length: megabytes }, () => part));
}

const sendBomb = (response: ServerResponse, megabytes: number): void => {
	response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
	response.end(bomb(megabytes));
};

let server: HostileServer | undefined;

afterEach(async () => {
	await server?.close();
	server = undefined;
});

const sendThrough = async (hostile: HostileServer, request: PortNodeRequest) =>
	await runNode({
		parameters: {},
		credentials: credentialFor(hostile),
		nodeType: new PortNode(),
		input: [request as never],
	});

describe('the port', () => {
	const blanks = Buffer.alloc(8 * MB, ' ');

	test.each([
		['gzip', gzipSync(blanks)],
		['deflate', deflateSync(blanks)],
		['br', brotliCompressSync(blanks)],
	])('cuts a bomb off at the cap: %s', async (encoding, packed) => {
		server = await startServer((response) => {
			response.writeHead(200, { 'content-encoding': encoding }).end(packed);
		});
		const { main } = await sendThrough(server, { path: '/users', maxBytes: MB });
		expect(main[0].json).toMatchObject({ code: 'ERR_ANSWER_TOO_LARGE' });
	});

	test('closes the connection at the cap, so that the rest is never sent', async () => {
		const total = 400 * MB;
		let written = 0;
		let closed: Promise<unknown> | undefined;
		server = await startServer((response) => {
			closed = once(response, 'close');
			const chunk = Buffer.alloc(64 * 1024, ' ');
			const pump = (): void => {
				while (written < total && !response.destroyed) {
					written += chunk.length;
					if (!response.write(chunk)) return void response.once('drain', pump);
				}
				response.end();
			};
			response.writeHead(200);
			pump();
		});
		const { main } = await sendThrough(server, { path: '/users', maxBytes: MB });
		expect(main[0].json).toMatchObject({ code: 'ERR_ANSWER_TOO_LARGE' });
		await closed;
		// What the two sockets hold is the system's: some megabytes.
		expect(written).toBeLessThan(total / 8);
	});

	test('lets an answer of exactly that size through', async () => {
		server = await startServer((response) => {
			response.writeHead(200).end(Buffer.alloc(MB, ' '));
		});
		const { main } = await sendThrough(server, { path: '/x', maxBytes: MB, responseType: 'text' });
		expect(String(main[0].json.body)).toHaveLength(MB);
	});

	test.each(['plain', 'gzip'])(
		'ends a body that trickles in at its own time-out: %s',
		async (how) => {
			let closed: Promise<unknown> | undefined;
			server = await startServer((response) => {
				closed = once(response, 'close');
				response.writeHead(200, how === 'gzip' ? { 'content-encoding': 'gzip' } : {});
				const timer = setInterval(() => response.write(how === 'gzip' ? bomb(1) : ' '), 20);
				response.on('close', () => clearInterval(timer));
			});
			const { main } = await sendThrough(server, {
				path: '/users',
				timeoutMs: 200,
				maxBytes: 4000 * MB,
			});
			expect(main[0].json).toMatchObject({ code: 'ETIMEDOUT' });
			await closed;
		},
	);

	test('stops in the middle of a body when the execution is stopped', async () => {
		let closed: Promise<unknown> | undefined;
		let stop = (): void => {};
		server = await startServer((response) => {
			closed = once(response, 'close');
			response.writeHead(200);
			response.write(' ');
			setTimeout(() => stop(), 50);
		});
		const { status } = await runNode({
			parameters: {},
			credentials: credentialFor(server),
			nodeType: new PortNode(),
			input: [{ path: '/users', timeoutMs: 60_000 }],
			cancelAfter: (cancel) => {
				stop = cancel;
			},
		});
		expect(status).toBe('canceled');
		await closed;
	});

	test.each(['plain', 'gzip'])('at a server that then falls silent, too: %s', async (how) => {
		let closed: Promise<unknown> | undefined;
		server = await startServer((response) => {
			closed = once(response, 'close');
			response.writeHead(200, how === 'gzip' ? { 'content-encoding': 'gzip' } : {});
			response.write(how === 'gzip' ? bomb(2) : Buffer.alloc(2 * MB, ' '));
		});
		const request = { path: '/users', maxBytes: MB, timeoutMs: 600_000 };
		const { main } = await sendThrough(server, request);
		expect(main[0].json).toMatchObject({ code: 'ERR_ANSWER_TOO_LARGE' });
		await closed;
	});

	test('keeps few pieces, however small they come in', async () => {
		const concat = jest.spyOn(Buffer, 'concat');
		const pieces = Array.from({ length: 5000 }, (_, index) =>
			Buffer.from('é').subarray(index % 2, (index % 2) + 1),
		);
		const text = await readBody(Readable.from(pieces), MB, new WatchedRequest(Infinity));
		expect(text).toBe('é'.repeat(2500));
		const lists = concat.mock.calls.map(([list]) => list.length);
		concat.mockRestore();
		expect(Math.max(...lists)).toBe(1024);
	});

	test('takes no more from the stream than it needs to know', async () => {
		let taken = 0;
		const stream = new Readable({
			highWaterMark: 1,
			read() {
				taken += 1000;
				this.push(Buffer.alloc(1000));
			},
		});
		const request = new WatchedRequest(Infinity);
		await expect(readBody(stream, 10_000, request)).rejects.toThrow();
		expect(request.reason).toBe('tooLarge');
		expect(stream.destroyed).toBe(true);
		// One piece is on its way when the last one arrives.
		expect(taken).toBeLessThanOrEqual(13_000);
	});
});

describe('an operation', () => {
	test.each([200, 500])('asks once for an answer that is too large: status %i', async (status) => {
		server = await startServer((response) => {
			response.statusCode = status;
			response.setHeader('content-encoding', 'gzip');
			response.end(bomb(17));
		});
		const { main } = await runNode({
			parameters: {
				resource: 'participant',
				operation: 'get',
				participant: { __rl: true, mode: 'id', value: 'ann' },
			},
			credentials: credentialFor(server),
			onError: 'continueRegularOutput',
		});
		expect(server.visits).toHaveLength(1);
		expect(main[0].error).toMatchObject({
			message: "The API's answer is larger than 16 MB, and was not read to its end [item 0]",
			description: expect.stringMatching(/^Ask for less at once/) as unknown,
		});
	});

	test('names the option that helps where there is one, and sends no parts of the batch', async () => {
		server = await startServer((response) => sendBomb(response, 17));
		const { main } = await runNode({
			parameters: {
				resource: 'participant',
				operation: 'addSegments',
				participant: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
				segments: ['vip'],
				ifParticipantMissing: 'create',
				options: {},
			},
			input: [{ id: 'a' }, { id: 'b' }],
			credentials: credentialFor(server),
			onError: 'continueRegularOutput',
		});
		expect(main).toHaveLength(2);
		for (const { error } of main) {
			expect(error?.description).toMatch(/Lower 'Batch Size'$/);
		}
		expect(server.visits.filter(({ url }) => url.endsWith('/graphql')).length).toBeLessThanOrEqual(
			2,
		);
	});
});

describe('a file of an import job', () => {
	const simulator = useSimulator(SOME_SEGMENTS);

	test('is read up to a cap of its own, once, and its rows are in doubt', async () => {
		simulator().state.addSegment({ key: 'vip' });
		simulator().options.jobPendingPolls = 0;
		simulator().options.participantRejects = { p1: { message: 'No.', statusCode: 400 } };
		server = await startServer((response) => sendBomb(response, 201));
		simulator().faults.add({
			match: { path: '/downloads/' },
			times: 'always',
			then: { kind: 'redirect', location: `${server.url}/errors.csv` },
		});
		// A busy machine takes long for 200 MB.
		const run = await importOrFail(simulator(), listOf(2), asJob({ timeout: 300 }));
		expect(counts(run.summary)).toEqual({ unconfirmed: 2 });
		expect(run.jobs[0].message).toContain("The API's answer is larger than 200 MB");
		expect(run.jobs[0].hint).toContain("'Get Import Job'");
		expect(server.visits).toHaveLength(1);
		expect(requestCount(simulator(), 'download')).toBe(1);
	});
});

describe('the client', () => {
	test.each(['ERR_ANSWER_TOO_LARGE', 'ERR_STRING_TOO_LONG'])('never repeats %s', async (code) => {
		const port = new FakePort([new NoAnswerError('too long', code)]);
		const asked = port.transport().request({ method: 'GET', path: '/users' }, (body) => body);
		await expect(asked).rejects.toMatchObject({ kind: 'badAnswer', permanent: true });
		expect(port.sent).toHaveLength(1);
		expect(port.sleeps).toEqual([]);
	});

	test('has a cap for every request: a small one for JSON, a large one for files', async () => {
		const port = new FakePort([{ body: {} }, { body: 'a,b\n' }]);
		const transport = port.transport();
		await transport.request({ method: 'GET', path: '/users' }, (body) => body);
		await transport.download('https://store.example.com/file.csv');
		expect(port.sent.map(({ maxBytes }) => maxBytes)).toEqual([16 * MB, 200 * MB]);
	});

	test('asks for smaller pages when a page is too large', async () => {
		const page = {
			body: { data: { users: { totalCount: 1, data: [{ id: 'a', accountId: 'a' }] } } },
		};
		const port = new FakePort([new NoAnswerError('too long', 'ERR_ANSWER_TOO_LARGE'), page]);
		const transport = port.transport();
		const found = await readPages(async (part) => await listParticipants(transport, part), {
			pageSize: 100,
		});
		expect(found).toHaveLength(1);
		expect(port.sent).toHaveLength(2);
		expect(String(port.sent[1].body)).toContain('"limit":20');
	});

	test.each([
		['a date of 16 kB', `Mon, ${'2026 00:00 '.repeat(1500)}`],
		['a number of 16 kB', '1'.repeat(16_384)],
		['blanks', `${' '.repeat(16_384)}x`],
	])('looks at no more of a header than a moment takes: %s', (_, header) => {
		const tested = jest.spyOn(RegExp.prototype, 'test');
		const parsed = jest.spyOn(Date, 'parse');
		const wait = retryAfterMs({ 'retry-after': header, 'x-ratelimit-reset': header }, Date.now());
		const looked = [...tested.mock.calls, ...parsed.mock.calls].map(([text]) => text.length);
		jest.restoreAllMocks();
		expect(wait).toBeUndefined();
		expect(Math.max(0, ...looked)).toBeLessThanOrEqual(64);
	});
});
