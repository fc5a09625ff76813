/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The credential goes to no other server than its own, and nowhere unencrypted. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INodeType } from 'n8n-workflow';
import type { FaultRule } from '../simulator/faults';
import { credentials } from '../support/advocate';
import {
	CREDENTIAL_NAME,
	loadNodeType,
	loadOptions,
	pickFromList,
	testCredential,
} from './harness';
import { importOf, input, OPERATIONS, useSecretSearch } from './secretSearch';

const { simulator, run, expectNoSecrets } = useSecretSearch();

interface Visitor {
	method: string;
	url: string;
	headers: IncomingHttpHeaders;
}

describe('the credential goes to its own server only', () => {
	let other: Server;
	let otherUrl: string;
	let visitors: Visitor[];

	beforeAll(async () => {
		other = createServer((request, response) => {
			visitors.push({
				method: String(request.method),
				url: String(request.url),
				headers: request.headers,
			});
			response.setHeader('content-type', 'text/csv');
			response.end('recordNumber,message,apiErrorCode,statusCode\n2,Refused,BAD_REQUEST,400\n');
		});
		await new Promise<void>((resolve) => {
			other.listen(0, '127.0.0.1', resolve);
		});
		otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
	});
	beforeEach(() => {
		visitors = [];
	});
	afterAll(() => {
		other.closeAllConnections();
		other.close();
	});

	test.each([301, 302, 303, 307, 308])('a redirect with %i is not followed', async (status) => {
		for (const parameters of Object.values(OPERATIONS)) {
			simulator().faults.clear();
			simulator().faults.add({
				times: 'always',
				then: { kind: 'redirect', status, location: `${otherUrl}/api/v1/test_simulator/users` },
			});
			await run(parameters, { input: input(), onError: 'continueRegularOutput' });
			expect(simulator().faults.fired).toBeGreaterThan(0);
		}
		expect(visitors).toEqual([]);
	});

	test('nor by the lists of the editor and the Test button', async () => {
		simulator().faults.add({
			times: 'always',
			then: { kind: 'redirect', location: `${otherUrl}/elsewhere` },
		});
		const data = credentials(simulator());
		await expect(pickFromList('searchSegments', { credentials: data })).rejects.toThrow();
		await expect(pickFromList('searchParticipants', { credentials: data })).rejects.toThrow();
		await expect(loadOptions('getSegments', { credentials: data })).rejects.toThrow();
		expect(await testCredential(data)).toMatchObject({ status: 'Error' });
		expect(visitors).toEqual([]);
	});

	test.each(['httpRequestWithAuthentication', 'requestWithAuthentication'] as const)(
		'nor does it follow a redirect out of another node: %s',
		async (helper) => {
			simulator().faults.add({
				match: { path: '/users$' },
				then: { kind: 'redirect', location: `${otherUrl}/elsewhere` },
			});
			const data = credentials(simulator());
			const url = `${simulator().url}/api/v1/${simulator().credentials.tenantAlias}/users`;
			const otherNode: INodeType = {
				description: {
					...loadNodeType().description,
					properties: [],
				},
				async execute() {
					// As n8n's HTTP Request calls it.
					await this.helpers[helper].call(this, CREDENTIAL_NAME, { method: 'GET', url });
					return [this.getInputData()];
				},
			};
			await run({}, { nodeType: otherNode, credentials: data });
			expect(simulator().faults.fired).toBe(1);
			expect(visitors).toEqual([]);
		},
	);

	const rejecting = importOf({ engine: 'job', maxWaitTime: 30, timeout: 10 });

	test('a file of an import job elsewhere is fetched without it', async () => {
		simulator().setOptions({
			privateLinks: 'needCredential',
			participantRejects: { 'bob@example.com': { message: 'Refused' } },
		});
		const toOther: FaultRule = {
			match: { path: '/download/errors$' },
			then: { kind: 'redirect', status: 303, location: `${otherUrl}/signed?signature=x` },
		};
		simulator().faults.add(toOther);
		const { main, error } = await run(rejecting, { input: input().slice(0, 1) });
		expect(error).toBeUndefined();
		expect(main[0].json).toMatchObject({ rejected: 1 });
		expect(visitors).toHaveLength(1);
		expect(visitors[0]).toMatchObject({ method: 'GET', url: '/signed?signature=x' });
		expect(visitors[0].headers).not.toHaveProperty('authorization');
		await expectNoSecrets(visitors, credentials(simulator()));
	});
});

describe('the credential travels encrypted, or not at all', () => {
	test.each([
		'http://example.com',
		'http://10.0.0.1',
		'http://192.168.1.5:8080',
		'http://localhost.example.com',
		'http://127.0.0.1.example.com',
		'http://127.0.0.1@example.com',
		'http://0.0.0.0',
		'http://[::]',
		'ftp://example.com',
		'ws://127.0.0.1',
		'file:///etc/hosts',
	])('%s is refused before anything is sent', async (baseUrl) => {
		const data = { ...credentials(simulator()), baseUrl };
		const { error, status } = await run(OPERATIONS['REST read'], { credentials: data });
		expect(status).toBe('error');
		expect(error?.message).toMatch(/^Base URL/);
		expect(await testCredential(data)).toMatchObject({
			status: 'Error',
			message: expect.stringMatching(/^Base URL/),
		});
	});

	test('plain http works on this machine', async () => {
		simulator().state.addParticipant({ id: 'ann@example.com' });
		const { port } = new URL(simulator().url);
		const data = { ...credentials(simulator()), baseUrl: `http://localhost:${port}` };
		const { status } = await run(OPERATIONS['REST read'], {
			input: input().slice(0, 1),
			credentials: data,
		});
		expect(status).toBe('success');
	});
});
