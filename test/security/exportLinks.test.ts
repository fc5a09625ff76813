/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** The file of an export job comes from another host, which gets the request and nothing else. */
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
	let written = 0;
	let isClosed = false;
	server = await startServer((response) => {
		const piece = Buffer.alloc(64 * 1024, 'id,accountId\n');
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
	});
	sendTo(`${server.url}/file`);
	let cancel = (): void => undefined;
	const ending = runExport(
		simulator(),
		{ exportColumns: [], options: { engine: 'job' } },
		{ cancelAfter: (stop) => (cancel = stop) },
	);
	while (written < 4 * 1024 * 1024) await new Promise((resolve) => setImmediate(resolve));
	cancel();
	const { status, main } = await ending;
	expect([status, main]).toEqual(['canceled', []]);
	expect(written).toBeLessThan(1e9);
	while (!isClosed) await new Promise((resolve) => setImmediate(resolve));
});
