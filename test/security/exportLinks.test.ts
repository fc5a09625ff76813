/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The file of an export job comes from another host, which gets the request and nothing else. */
import type { ServerResponse } from 'node:http';
import { startServer } from './server';
import type { HostileServer } from './server';
import { useSimulator } from '../support/advocate';
import { runExport } from '../engine/export/helpers';
import { FakePort } from '../unit/advocate/fakePort';
import { createExportJob, exportFile } from '../../nodes/shared/advocate/exportJobs';

const simulator = useSimulator(['vip']);
let server: HostileServer | undefined;

beforeEach(() => {
	simulator().options.exportPendingLooks = 0;
	simulator().state.addParticipant({ id: 'a' });
});

afterEach(async () => {
	await server?.close();
	server = undefined;
});

const sendTo = (location: string): void =>
	simulator().faults.add({
		match: { method: 'GET', path: '/download$' },
		times: 'always',
		then: { kind: 'redirect', location, status: 303 },
	});

const run = async () =>
	await runExport(simulator(), { exportColumns: [], options: { engine: 'job' } });

test('the storage gets no credential', async () => {
	server = await startServer((response) => response.end('id,accountId\na,a\n'));
	sendTo(`${server.url}/file?signature=x`);
	const { summary, error } = await run();
	expect(error).toBeUndefined();
	expect(summary).toMatchObject({ participants: 1, engine: 'job' });
	expect(server.visits).toHaveLength(2);
	for (const { headers } of server.visits) expect(headers).not.toHaveProperty('authorization');
	const asked = simulator().requests.filter(({ path }) => path.endsWith('/download'));
	for (const { headers } of asked) expect(headers.authorization).toMatch(/^Basic /);
});

test('and nobody who sends back to the API', async () => {
	const path = `/api/v1/${simulator().credentials.tenantAlias}/users`;
	server = await startServer((response) => {
		response.writeHead(302, { location: `${simulator().url}${path}` }).end();
	});
	sendTo(`${server.url}/file`);
	const { error } = await run();
	expect(error?.message).toMatch(/its file can't be had/);
	const back = simulator().requests.filter((request) => request.path === path);
	expect(back.length).toBeGreaterThan(0);
	for (const { headers } of back) expect(headers.authorization).toBeUndefined();
});

test('an ID of an export can lead nowhere else', async () => {
	const port = new FakePort([{ statusCode: 201, body: { id: '../users?', status: 'COMPLETED' } }]);
	const { id } = await createExportJob(port.transport(), { name: 'x' });
	port.answer({ body: 'id\n' });
	for await (const piece of exportFile(port.transport(), id)) expect(piece).toBeDefined();
	expect(port.sent[1].url).toBe(
		'https://api.example.com/api/v1/alias/export/..%2Fusers%3F/download',
	);
	await expect(exportFile(port.transport(), '..').next()).rejects.toThrow(/web address/);
});

test('a file without an end is left when the execution is stopped, and its connection closed', async () => {
	const { answer, written, isClosed } = endless(200);
	server = await startServer(answer);
	sendTo(`${server.url}/file`);
	let cancel = (): void => undefined;
	const ending = runExport(
		simulator(),
		{ exportColumns: [], options: { engine: 'job' } },
		{ cancelAfter: (stop) => (cancel = stop) },
	);
	while (written() < 4 * 1024 * 1024) await new Promise((resolve) => setImmediate(resolve));
	cancel();
	const { status, main } = await ending;
	expect([status, main]).toEqual(['canceled', []]);
	expect(written()).toBeLessThan(1e9);
	while (!isClosed()) await new Promise((resolve) => setImmediate(resolve));
});

/** Sends for ever, as fast as it is read, until the connection is closed. */
function endless(status: number): { written: () => number; isClosed: () => boolean } & {
	answer: (response: ServerResponse) => void;
} {
	let written = 0;
	let isClosed = false;
	return {
		written: () => written,
		isClosed: () => isClosed,
		answer(response) {
			response.writeHead(status);
			const piece = Buffer.alloc(13 * 4096, 'id,accountId\n');
			const write = (): void => {
				while (!isClosed && written < 1e9) {
					written += piece.length;
					if (!response.write(piece)) {
						response.once('drain', write);
						return;
					}
				}
			};
			response.on('close', () => (isClosed = true));
			write();
		},
	};
}

test('a refusal without an end is not read to its end: only a file may be that large', async () => {
	const { answer, written } = endless(404);
	server = await startServer(answer);
	sendTo(`${server.url}/file`);
	const { error } = await run();
	expect(error?.message).toMatch(/its file can't be had/);
	expect(written()).toBeLessThan(100e6);
});

test('a file that falls silent is opened again after the time-out', async () => {
	const file = 'id,accountId\na,a\n';
	server = await startServer((response) => {
		response.writeHead(200, { 'content-length': file.length });
		if (server?.visits.length === 1) response.write(file.slice(0, 15));
		else response.end(file);
	});
	sendTo(`${server.url}/file`);
	const { summary, error } = await runExport(simulator(), {
		exportColumns: [],
		options: { engine: 'job', timeout: 1 },
	});
	expect(error).toBeUndefined();
	expect(summary).toMatchObject({ participants: 1, complete: true });
	expect(server.visits).toHaveLength(3);
});
