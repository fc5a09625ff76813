/**
 * Somebody may use the credential in a workflow, but not read it, and tries to have n8n send it elsewhere: through a node
 * that takes any request, as HTTP Request does, with each of n8n's helpers.
 */
import type { ICredentialDataDecryptedObject, IDataObject, INodeType } from 'n8n-workflow';
import { CREDENTIAL_NAME, loadNodeType, runNode } from '../engine/harness';
import type { NodeRun } from '../engine/harness';
import { selfSignedCertificate } from '../support/tls';
import { Guest } from './servers';

const HELPERS = [
	'httpRequestWithAuthentication',
	'requestWithAuthentication',
	'requestWithAuthenticationPaginated',
] as const;
type Helper = (typeof HELPERS)[number];

const REFUSAL = 'only be used with its own Base URL';

let own: Guest;
let evil: Guest;

beforeAll(async () => {
	[own, evil] = await Promise.all([Guest.start(), Guest.start()]);
});
beforeEach(() => {
	own.forget();
	evil.forget();
});
afterAll(async () => {
	await Promise.all([own.close(), evil.close()]);
});

const data = (change: IDataObject = {}): ICredentialDataDecryptedObject =>
	({
		authentication: 'tenantApiKey',
		apiKey: 'key-that-nobody-may-read',
		tenantAlias: 'test_alias',
		baseUrl: own.url,
		...change,
	}) as ICredentialDataDecryptedObject;

const AUTHORIZATION = `Basic ${Buffer.from(':key-that-nobody-may-read').toString('base64')}`;

/** Send a request as a node with another purpose does. */
async function send(
	helper: Helper,
	options: Record<string, unknown>,
	credentials = data(),
): Promise<NodeRun> {
	const nodeType: INodeType = {
		description: { ...loadNodeType().description, properties: [] },
		async execute() {
			if (helper === 'requestWithAuthenticationPaginated') {
				// What HTTP Request makes of "Response Contains Next URL": the second page is where the first one says.
				const { url, uri, ...first } = options;
				const { answer } = own;
				const firstPage = `${String(credentials.baseUrl)}/first`;
				own.answer = (asked, response) => {
					if (asked.url !== '/first') answer(asked, response);
					else response.end(JSON.stringify({ next: url ?? uri }));
				};
				const request = { ...first, uri: firstPage, json: true } as never;
				await this.helpers.requestWithAuthenticationPaginated.call(
					this,
					request,
					0,
					{
						continue: '={{ $pageCount < 2 }}',
						request: {
							url: `={{ $pageCount === 0 ? ${JSON.stringify(firstPage)} : $response.body.next }}`,
						},
						requestInterval: 0,
					} as never,
					CREDENTIAL_NAME,
				);
			} else {
				await this.helpers[helper].call(this, CREDENTIAL_NAME, {
					method: 'GET',
					...options,
				} as never);
			}
			return [this.getInputData()];
		},
	};
	return await runNode({ parameters: {}, nodeType, credentials, timeoutMs: 10_000 });
}

/** Ways to write an address of the other server; `P` is its port and `O` that of the credential's own. */
const ELSEWHERE = [
	'http://127.0.0.1:P/steal',
	' http://127.0.0.1:P/steal',
	'\nhttp://127.0.0.1:P/steal',
	'\thttp://127.0.0.1:P/steal',
	'\u0000http://127.0.0.1:P/steal',
	'\u001f http://127.0.0.1:P/steal',
	'http://127.0.0.1:P/steal\u0000',
	'ht\ttp://127.0.0.1:P/steal',
	'http:\n//127.0.0.1:P/steal',
	'http:/\t/127.0.0.1:P/steal',
	'HTTP://127.0.0.1:P/steal',
	'http:127.0.0.1:P/steal',
	'http:/127.0.0.1:P/steal',
	'http:///127.0.0.1:P/steal',
	'http:\\\\127.0.0.1:P\\steal',
	'http:/\\127.0.0.1:P/steal',
	'//127.0.0.1:P/steal',
	' //127.0.0.1:P/steal',
	'/\t/127.0.0.1:P/steal',
	'\\\\127.0.0.1:P\\steal',
	'/\\127.0.0.1:P/steal',
	'http://user:secret@127.0.0.1:P/steal',
	'http://127.0.0.1:O@127.0.0.1:P/steal',
	'http://127.0.0.1%3AO@127.0.0.1:P/steal',
	'http://127.0.0.1:P\\@127.0.0.1:O/steal',
	'http://127.0.0.1:P/@127.0.0.1:O/steal',
	'http://127.0.0.1:P#@127.0.0.1:O/steal',
	'http://127.0.0.1:P?@127.0.0.1:O/steal',
	'http://localhost:P/steal',
	'http://127.1:P/steal',
	'http://2130706433:P/steal',
	'http://0x7f.0.0.1:P/steal',
	'http://127.0.0.1.:P/steal',
	'http://①②⑦.0.0.1:P/steal',
	'http://[::ffff:127.0.0.1]:P/steal',
	'https://127.0.0.1:O/other-scheme',
	'http://localhost:O/other-name',
	'blob:http://127.0.0.1:O/steal',
	'data:,steal',
	'file:///etc/hosts',
	'ftp://127.0.0.1:O/steal',
	'http://127.0.0.1:O:P/steal',
	'http://',
];

const written = (text: string): string =>
	text.replace(/\bP\b/g, String(evil.port)).replace(/\bO\b/g, String(own.port));

describe.each(HELPERS)('%s', (helper) => {
	// The paginated helper looks at the URL itself before it sends anything.
	const refusal = (error: unknown) =>
		helper === 'requestWithAuthenticationPaginated'
			? expect(error).toMatch(new RegExp(`${REFUSAL}|is not a valid URL`))
			: expect(error).toContain(REFUSAL);

	it.each(ELSEWHERE.map((text) => [JSON.stringify(text), text]))('refuses %s', async (_, text) => {
		const { error } = await send(helper, { url: written(text) });
		refusal(error?.message);
		expect(evil.visits).toEqual([]);
		expect(own.visits.filter(({ url }) => url !== '/first')).toEqual([]);
	});

	it.each<[string, () => Record<string, unknown>]>([
		['uri', () => ({ uri: `${evil.url}/steal` })],
		['uri with a blank', () => ({ uri: ` ${evil.url}/steal` })],
		['uri beside an empty url', () => ({ url: null, uri: `${evil.url}/steal` })],
		['url and uri', () => ({ url: `${evil.url}/steal`, uri: `${own.url}/x` })],
		['a base URL of its own server', () => ({ baseURL: own.url, url: ` ${evil.url}/steal` })],
		['a list', () => ({ url: [`${evil.url}/steal`] })],
		['a URL object', () => ({ url: new URL(`${evil.url}/steal`) })],
	])('reads the target as n8n does: %s', async (_, options) => {
		const { error } = await send(helper, options());
		refusal(error?.message);
		expect(evil.visits).toEqual([]);
	});

	it('joins the URL to no other base URL', async () => {
		if (helper === 'requestWithAuthenticationPaginated') return;
		const { error } = await send(helper, { baseURL: evil.url, url: '/steal' });
		expect(error).toBeUndefined();
		expect(evil.visits).toEqual([]);
		expect(own.visits.map(({ url }) => url)).toEqual(['/api/v1/test_alias/steal']);
	});

	it.each([
		['the tenant', (url: string) => `${url}/api/v1/test_alias/users`],
		['blanks around', (url: string) => ` ${url}/api/v1/test_alias/users\n`],
		['a control character at the end', (url: string) => `${url}/api/v1/test_alias/users\u0000`],
		['capital letters', (url: string) => `${url}/api/v1/test_alias/users`.replace('http', 'HTTP')],
		['another path', (url: string) => `${url}/other/../api/v1/test_alias/users`],
		[
			'a number as address',
			(url: string) => `${url.replace('127.0.0.1', '2130706433')}/api/v1/test_alias/users`,
		],
	])('serves its own server: %s', async (_, urlOf) => {
		const { error } = await send(helper, { url: urlOf(own.url) });
		expect(error).toBeUndefined();
		expect(own.visits.at(-1)).toMatchObject({
			url: '/api/v1/test_alias/users',
			headers: { authorization: AUTHORIZATION },
		});
	});

	it.each(['Host', 'host', 'HOST '])('refuses another name in the header %p', async (name) => {
		const { error } = await send(helper, {
			url: `${own.url}/users`,
			headers: { [name]: 'evil.example' },
		});
		expect(error?.message).toContain(REFUSAL);
		expect(own.visits).toEqual([]);
	});

	it.each<[string, () => Record<string, unknown>]>([
		['host', () => ({ host: '127.0.0.1', port: evil.port })],
		['hostname', () => ({ hostname: '127.0.0.1', port: evil.port })],
		['port', () => ({ port: evil.port })],
		['path', () => ({ path: '/steal' })],
		['socket', () => ({ socketPath: '/nonexistent/socket' })],
		['local address', () => ({ localAddress: '192.0.2.1' })],
		[
			'a lookup',
			() => ({
				lookup: (_name: string, _options: unknown, done: (error: Error) => void) =>
					done(new Error('asked')),
			}),
		],
	])('takes from TLS options no %s', async (_, agentOptions) => {
		const baseUrl = own.url.replace('127.0.0.1', 'localhost');
		const { error } = await send(
			helper,
			{ url: `${baseUrl}/users`, agentOptions: agentOptions() },
			data({ baseUrl }),
		);
		expect(error).toBeUndefined();
		expect(own.visits.at(-1)).toMatchObject({ headers: { authorization: AUTHORIZATION } });
		expect(evil.visits).toEqual([]);
	});

	it.each<[string, () => unknown]>([
		['a URL', () => evil.url],
		['a URL with https', () => evil.url.replace('http', 'https')],
		['an object', () => ({ protocol: 'http', host: '127.0.0.1', port: evil.port })],
	])('refuses a proxy that a node names: %s', async (_, proxy) => {
		const { error } = await send(helper, { url: `${own.url}/users`, proxy: proxy() });
		expect(error?.message).toContain("can't be used with a proxy that is set in the node");
		expect([evil.visits, own.visits]).toEqual([[], []]);
	});

	it.each([301, 302, 303, 307, 308])('follows no redirect with %i', async (status) => {
		for (const location of [`${evil.url}/steal`, `${own.url}/again`]) {
			own.forget();
			own.answer = (_request, response) => response.writeHead(status, { location }).end();
			await send(helper, {
				url: `${own.url}/users`,
				disableFollowRedirect: false,
				sendCredentialsOnCrossOriginRedirect: true,
				followRedirect: true,
				followAllRedirects: true,
				maxRedirects: 5,
			});
			expect(evil.visits).toEqual([]);
			expect(own.visits.map(({ url }) => url)).not.toContain('/again');
			expect(own.visits.map(({ url }) => url)).toContain('/users');
		}
	});
});

// There may be no openssl to make one with.
const certificate = selfSignedCertificate();

(certificate === undefined ? describe.skip : describe)(
	'a server with a self-made certificate',
	() => {
		let masked: Guest;

		beforeAll(async () => {
			masked = await Guest.start(certificate);
		});
		beforeEach(() => masked.forget());
		afterAll(async () => await masked.close());

		const users = () => ({ url: `${masked.url}/users` });
		/** Options of nodes that would accept any certificate. */
		const LENIENT: Array<[string, () => Record<string, unknown>]> = [
			['skipSslCertificateValidation', () => ({ skipSslCertificateValidation: true })],
			['rejectUnauthorized', () => ({ rejectUnauthorized: false })],
			['agentOptions.rejectUnauthorized', () => ({ agentOptions: { rejectUnauthorized: false } })],
			[
				'agentOptions.ca',
				() => ({ agentOptions: { ca: certificate?.cert, checkServerIdentity: () => undefined } }),
			],
			[
				'all of them',
				() => Object.assign({}, ...LENIENT.slice(0, 4).map(([, options]) => options())),
			],
		];

		// The first page of the paginated helper goes to the server without TLS.
		describe.each(HELPERS.slice(0, 2))('%s', (helper) => {
			it.each(LENIENT)('is refused whatever a node says about it: %s', async (_, options) => {
				const { error } = await send(
					helper,
					{ ...users(), ...options() },
					data({ baseUrl: masked.url }),
				);
				expect(error?.message).not.toContain(REFUSAL);
				expect(error).toBeDefined();
				expect(masked.visits).toEqual([]);
			});

			it.each<[string, Record<string, unknown>]>([
				['nothing', {}],
				['the opposite', { skipSslCertificateValidation: false, rejectUnauthorized: true }],
				['it in other words', { agentOptions: { rejectUnauthorized: true } }],
			])('is accepted when the credential says so, and the node says %s', async (_, options) => {
				const credentials = data({ baseUrl: masked.url, ignoreSslIssues: true });
				const { error } = await send(helper, { ...users(), ...options }, credentials);
				expect(error).toBeUndefined();
				expect(masked.authorizations).toEqual([AUTHORIZATION]);
			});

			it('accepts a client certificate of the node', async () => {
				const credentials = data({ baseUrl: masked.url, ignoreSslIssues: true });
				const options = { ...users(), agentOptions: { ...certificate } };
				const { error } = await send(helper, options, credentials);
				expect(error).toBeUndefined();
				expect(masked.authorizations).toEqual([AUTHORIZATION]);
				// The other helper has TLS options in newer releases of n8n only.
				if (helper === 'requestWithAuthentication') {
					expect(masked.visits).toMatchObject([{ certificateOf: 'localhost' }]);
				}
			});
		});
	},
);
