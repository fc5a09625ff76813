/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** The credential's Test button, and where the credential may go. */
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import {
	apiBaseUrl,
	authorizationHeader,
	normalizeBaseUrl,
} from '../../nodes/shared/advocate/credential';
import { credentials, keyCredentials, SOME_SEGMENTS, useSimulator } from '../support/simulator';
import { selfSignedCertificate } from '../support/tls';
import { KEEPS_ERROR_CAUSE, loadCredentialType, testCredential } from './harness';

const OK = { status: 'OK', message: 'Connection successful!' };

/** The failure whose message contains this. */
const failure = (text: string) => ({ status: 'Error', message: expect.stringContaining(text) });

const KEY = 'The key was refused';
const PERMISSION = 'lacks permission';
/** What older releases say of an answer that is not the API's. */
const ELSEWHERE = 'Something between n8n and the API';
const TENANT = 'There is no such tenant. Check the Tenant Alias';

describe('test against the simulated API', () => {
	const simulator = useSimulator(SOME_SEGMENTS);
	const withSid = () => credentials(simulator());
	const withKey = () => keyCredentials(simulator());

	test('Account SID + Auth Token', async () => {
		expect(await testCredential(withSid())).toEqual(OK);
	});

	test('Tenant API Key', async () => {
		expect(await testCredential(withKey())).toEqual(OK);
	});

	test('reads one participant and changes nothing', async () => {
		simulator().clearRequests();
		await testCredential(withKey());
		expect(simulator().requests).toHaveLength(1);
		expect(simulator().requests[0]).toMatchObject({
			method: 'GET',
			path: `/api/v1/${simulator().credentials.tenantAlias}/users`,
			query: { limit: '1' },
		});
	});

	describe.each(['401', '200WithErrors'] as const)('bad credentials as %s', (way) => {
		test.each<[string, () => ICredentialDataDecryptedObject]>([
			['wrong Auth Token', () => ({ ...withSid(), authToken: 'wrong' })],
			['wrong Account SID', () => ({ ...withSid(), accountSid: 'wrong' })],
			['wrong API Key', () => ({ ...withKey(), apiKey: 'wrong' })],
			['API Key in the fields of the other mode', () => ({ ...withSid(), authToken: 'LIVE_x' })],
		])('%s', async (_name, data) => {
			simulator().options.restBadCredentials = way;
			expect(await testCredential(data())).toEqual(failure(KEY));
		});
	});

	test('wrong tenant alias', async () => {
		expect(await testCredential({ ...withSid(), tenantAlias: 'other' })).toEqual(failure(TENANT));
		expect(await testCredential({ ...withKey(), tenantAlias: 'other' })).toEqual(failure(TENANT));
	});

	test('a key without permission', async () => {
		simulator().options.scopedToken403 = 'all';
		expect(await testCredential(withSid())).toEqual(failure(PERMISSION));
	});

	test.each<[string, (url: string, alias: string) => string]>([
		['a slash at the end', (url) => `${url}/`],
		['/api/v1', (url) => `${url}/api/v1`],
		['/api/v1/', (url) => `${url}/api/v1/`],
		['the whole URL of the tenant', (url, alias) => `${url}/api/v1/${alias}`],
		['the URL of a request', (url, alias) => `${url}/api/v1/${alias}/users?limit=1#x`],
		['the URL of another tenant', (url) => `${url}/api/v1/other/graphql`],
		['blanks', (url) => `  ${url}\n`],
	])('base URL with %s', async (_name, change) => {
		const baseUrl = change(simulator().url, simulator().credentials.tenantAlias);
		expect(await testCredential({ ...withSid(), baseUrl })).toEqual(OK);
	});

	test('blanks around every field', async () => {
		const pasted = (data: ICredentialDataDecryptedObject) =>
			Object.fromEntries(
				Object.entries(data).map(([name, value]) =>
					name === 'authentication' ? [name, value] : [name, ` \t${String(value)}\u200B\r\n`],
				),
			);
		expect(await testCredential(pasted(withSid()))).toEqual(OK);
		expect(await testCredential(pasted(withKey()))).toEqual(OK);
	});

	test.each([
		['Account SID is empty', { accountSid: ' ' }],
		['Auth Token is empty', { authToken: '' }],
		['Tenant Alias is empty', { tenantAlias: '' }],
		["Tenant Alias 'a/b' is not an alias", { tenantAlias: 'a/b' }],
		['Base URL is not a URL', { baseUrl: 'https://' }],
		["Base URL 'http://10.0.0.1' does not start with https://", { baseUrl: 'http://10.0.0.1' }],
		["Base URL 'ftp://x' does not start with https://", { baseUrl: 'ftp://x' }],
		['Base URL contains a user name or password', { baseUrl: 'https://a:b@example.com' }],
	])('%s', async (message, change) => {
		simulator().clearRequests();
		const result = await testCredential({ ...withSid(), ...change });
		expect(result).toEqual({ status: 'Error', message });
		expect(simulator().requests).toHaveLength(0);
	});
});

describe('test against other servers', () => {
	let server: Server;
	let baseUrl: string;
	let answer: RequestListener;

	beforeAll(async () => {
		server = createServer((request, response) => answer(request, response));
		baseUrl = await listen(server, 'http');
	});

	afterAll(async () => {
		await close(server);
	});

	const data = () => ({
		authentication: 'tenantApiKey',
		apiKey: 'key',
		tenantAlias: 'test_alias',
		baseUrl,
	});

	const body = (value: unknown): RequestListener => {
		return (_request, response) => {
			response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
		};
	};

	test.each<[string, unknown, string]>([
		['errors of unknown kind', { data: null, errors: [{ message: 'no' }] }, 'refused the request'],
		['errors beside a list', { users: [], errors: [{ message: 'no' }] }, 'refused the request'],
		[
			'several errors',
			{ errors: [{ message: 'a' }, { message: 'b' }] },
			'not the Advocate API: the response has no list of participants',
		],
		[
			'errors that name the key',
			{ errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] },
			KEY,
		],
		[
			'errors that name the tenant',
			{ errors: [{ message: 'no', extensions: { rsCode: 'RS045' } }] },
			TENANT,
		],
		['an error body', { message: 'x', statusCode: 404, rsCode: 'RS045' }, TENANT],
		['an error body with 403', { message: 'x', statusCode: 403 }, PERMISSION],
		[
			'something else',
			{ hello: 1 },
			'not the Advocate API: the response has no list of participants',
		],
	])('a 200 with %s', async (_name, value, message) => {
		answer = body(value);
		expect(await testCredential(data())).toEqual(failure(message));
	});

	test('a 200 with HTML', async () => {
		answer = (_request, response) => {
			response.setHeader('Content-Type', 'text/html').end('<html>Sign in</html>');
		};
		expect(await testCredential(data())).toEqual(failure('check the Base URL'));
	});

	test.each([400, 401, 403, 404])("a page with %s is not the API's word", async (status) => {
		answer = (_request, response) => {
			response.writeHead(status, { 'Content-Type': 'text/html' }).end('\n<html>Denied</html>');
		};
		const { message } = await testCredential(data());
		expect(message).toMatch(/^Something between n8n and the API answered: .*HTTP_PROXY/);
		expect(message).not.toMatch(/key|tenant/i);
	});

	test.each([
		['a text', 'Forbidden'],
		['nothing', ''],
	])('neither is %s with 403', async (_, text) => {
		answer = (_request, response) => response.writeHead(403).end(text);
		expect(await testCredential(data())).toEqual(failure(ELSEWHERE));
	});

	test('a proxy that wants a login', async () => {
		answer = (_request, response) => response.writeHead(407).end('<html>Log in</html>');
		expect(await testCredential(data())).toEqual(
			failure(KEEPS_ERROR_CAUSE ? 'proxy between n8n and the API wants a login' : ELSEWHERE),
		);
	});

	test('a redirect is not followed', async () => {
		answer = (_request, response) => {
			response.writeHead(302, { Location: 'https://example.com/' }).end();
		};
		expect(await testCredential(data())).toEqual(
			failure(KEEPS_ERROR_CAUSE ? 'redirects' : ELSEWHERE),
		);
	});

	test('a server in trouble', async () => {
		answer = (_request, response) => response.writeHead(503).end();
		expect(await testCredential(data())).toEqual(
			failure(KEEPS_ERROR_CAUSE ? 'Service Unavailable' : ELSEWHERE),
		);
	});

	test('nobody there', async () => {
		expect(await testCredential({ ...data(), baseUrl: 'http://127.0.0.1:1' })).toEqual(
			failure(KEEPS_ERROR_CAUSE ? 'ECONNREFUSED' : 'refused the connection'),
		);
	});
});

// There may be no openssl to make one with.
const certificate = selfSignedCertificate();

(certificate === undefined ? describe.skip : describe)('self-signed certificate', () => {
	let server: Server;
	let baseUrl: string;

	beforeAll(async () => {
		server = createTlsServer({ ...certificate }, (_request, response) => {
			response.end('{"users":[]}');
		});
		baseUrl = await listen(server, 'https');
	});

	afterAll(async () => {
		await close(server);
	});

	test.each([
		[false, failure(KEEPS_ERROR_CAUSE ? 'SELF_SIGNED' : 'self-signed')],
		[true, OK],
	])('Ignore SSL Issues: %s', async (ignoreSslIssues, expected) => {
		const result = await testCredential({
			authentication: 'tenantApiKey',
			apiKey: 'key',
			tenantAlias: 'test_alias',
			baseUrl,
			ignoreSslIssues,
		});
		expect(result).toEqual(expected);
	});
});

describe('base URL', () => {
	test.each([
		[undefined, 'https://app.referralsaasquatch.com'],
		['', 'https://app.referralsaasquatch.com'],
		['app.referralsaasquatch.com', 'https://app.referralsaasquatch.com'],
		['HTTPS://App.ReferralSaasquatch.com/', 'https://app.referralsaasquatch.com'],
		['https://staging.example.com:8443/api/v1/a/b', 'https://staging.example.com:8443'],
		['https://gateway.example.com/advocate/', 'https://gateway.example.com/advocate'],
		['https://gateway.example.com/advocate/api/v1/x', 'https://gateway.example.com/advocate'],
		['https://example.com/apiary', 'https://example.com/apiary'],
		['http://localhost:3000//', 'http://localhost:3000'],
		['http://[::1]:3000', 'http://[::1]:3000'],
		['http://advocate.localhost', 'http://advocate.localhost'],
	])('%s', (input, expected) => {
		expect(normalizeBaseUrl(input)).toBe(expected);
		expect(apiBaseUrl({ baseUrl: input, tenantAlias: ' a_1 ' })).toBe(`${expected}/api/v1/a_1`);
	});

	test.each([
		'http://localhost.example.com',
		'http://127.0.0.1.example.com',
		'http://128.0.0.1',
		'file:///x',
	])('%s is refused', (input) => {
		expect(() => normalizeBaseUrl(input)).toThrow('does not start with https://');
	});

	test('a refusal says how to go on', () => {
		expect(() => normalizeBaseUrl('http://example.com')).toThrow(
			expect.objectContaining({ hint: expect.stringContaining('only https') }),
		);
	});
});

describe('authentication', () => {
	const data = {
		authentication: 'accountSidToken',
		accountSid: 'IRsid',
		authToken: 'tökén',
		apiKey: 'key',
		tenantAlias: 'test_alias',
		baseUrl: 'https://api.example.com',
	};

	async function authenticate(options: IHttpRequestOptions): Promise<IHttpRequestOptions> {
		const { authenticate: apply } = loadCredentialType();
		if (typeof apply !== 'function') throw new Error('not a function');
		return await apply(data, options);
	}

	test('header of both modes', () => {
		const decode = (header: string) => Buffer.from(header.slice(6), 'base64').toString();
		expect(decode(authorizationHeader(data))).toBe('IRsid:tökén');
		expect(decode(authorizationHeader({ ...data, authentication: 'tenantApiKey' }))).toBe(':key');
	});

	test('leaves the given options as they are', async () => {
		const options = { url: 'https://api.example.com/x', headers: { a: 'b' } };
		const result = await authenticate(options);
		expect(options).toEqual({ url: 'https://api.example.com/x', headers: { a: 'b' } });
		expect(result.headers).toEqual({ a: 'b', Authorization: authorizationHeader(data) });
	});

	test.each(['/users', 'users', 'https://api.example.com/other', 'HTTPS://API.EXAMPLE.COM:443/x'])(
		'goes to %s',
		async (url) => {
			expect((await authenticate({ url })).headers).toHaveProperty('Authorization');
		},
	);

	test.each([
		'https://example.com/x',
		'https://api.example.com.evil.com/',
		'http://api.example.com/x',
		'https://api.example.com:444/x',
		'//evil.com/x',
		'\\\\evil.com/x',
		'https://api.example.com@evil.com/',
	])('does not go to %s', async (url) => {
		await expect(authenticate({ url })).rejects.toThrow('only be used with its own Base URL');
	});

	test('n8n finds the secrets masked and the fields of the other mode hidden', () => {
		const { properties } = loadCredentialType();
		const masked = properties.filter((field) => field.typeOptions?.password === true);
		expect(masked.map((field) => field.name)).toEqual(['authToken', 'apiKey']);
		const conditional = properties.filter((field) => field.displayOptions !== undefined);
		expect(conditional.map((field) => field.name)).toEqual(['accountSid', 'authToken', 'apiKey']);
		expect(properties.every((field) => field.description !== undefined)).toBe(true);
	});
});

async function listen(server: Server, scheme: string): Promise<string> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
}
