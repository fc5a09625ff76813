/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** Between n8n and the API: certificates, proxies, and what n8n then shows. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { IDataObject } from 'n8n-workflow';
import { Authority } from '../support/authority';
import type { Checks } from './checks';
import { EditorApi } from './editorApi';
import type { WorkflowJson } from './editorApi';
import { CREDENTIAL_TYPE } from './fixtures';
import { Instance, NODE_TYPE, temporaryFolder } from './instance';
import { freePort } from './processes';

/** A participant, whatever is asked. */
const answer: RequestListener = (request, response) => {
	response.setHeader('content-type', 'application/json');
	const isList = request.url?.includes('/users?') ?? false;
	const participant = { id: 'a', accountId: 'a', segments: ['vip'] };
	response.end(JSON.stringify(isList ? { users: [], count: 0, totalCount: 0 } : participant));
};

const servers: Server[] = [];

async function listen<S extends Server>(server: S, port = 0): Promise<number> {
	servers.push(server);
	await new Promise<void>((resolve) => {
		server.listen(port, '127.0.0.1', resolve);
	});
	return (server.address() as AddressInfo).port;
}

const secure = async (options: ServerOptions): Promise<string> =>
	`https://localhost:${await listen(createTlsServer(options, answer))}`;

/** What a proxy does with a request for a tunnel. */
type ProxyAnswer = 'passes' | { status: string; body: string };

const WANTS_LOGIN: ProxyAnswer = {
	status: '407 Proxy Authentication Required',
	body: '<html>Log in</html>',
};

class Proxy {
	answer: ProxyAnswer = 'passes';

	tunnels = 0;

	/** Name and password without which it passes nothing on, as the header has them. */
	login?: string;

	readonly server: Server;

	constructor() {
		this.server = createServer((_request, response) => response.writeHead(500).end());
		this.server.on('connect', (request: IncomingMessage, socket: Socket) => {
			this.tunnels++;
			socket.on('error', () => socket.destroy());
			const isKnown =
				this.login === undefined || request.headers['proxy-authorization'] === this.login;
			const answer = isKnown ? this.answer : WANTS_LOGIN;
			if (answer !== 'passes') {
				const { status, body } = answer;
				socket.end(
					`HTTP/1.1 ${status}\r\ncontent-type: text/html\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
				);
				return;
			}
			const [, port] = String(request.url).split(':');
			const target = connect(Number(port), '127.0.0.1', () => {
				socket.write('HTTP/1.1 200 OK\r\n\r\n');
				target.pipe(socket);
				socket.pipe(target);
			});
			target.on('error', () => socket.destroy());
		});
	}
}

class NetworkChecks {
	private api!: EditorApi;

	private count = 0;

	constructor(
		private readonly checks: Checks,
		private readonly authority: Authority,
	) {}

	/** n8n with some environment, for as long as something is done with it. */
	async within(
		environment: Record<string, string>,
		work: (this: NetworkChecks) => Promise<void>,
	): Promise<void> {
		const instance = await Instance.prepare({ environment });
		try {
			await instance.start();
			this.api = new EditorApi(instance);
			await this.api.setUpOwner();
			await work.call(this);
		} finally {
			await instance.remove();
		}
	}

	private data(baseUrl: string, more: IDataObject = {}): IDataObject {
		return {
			authentication: 'tenantApiKey',
			apiKey: 'only-for-tests',
			tenantAlias: 'test_alias',
			baseUrl,
			ignoreSslIssues: false,
			...more,
		};
	}

	/** Read a participant with the node. */
	private async get(baseUrl: string, more?: IDataObject) {
		const name = `Network ${++this.count}`;
		const id = await this.api.createCredential(name, CREDENTIAL_TYPE, this.data(baseUrl, more));
		const workflow: WorkflowJson = {
			id: '',
			name,
			nodes: [
				{
					id: 'start',
					name: 'Start',
					type: 'n8n-nodes-base.manualTrigger',
					typeVersion: 1,
					position: [0, 0],
					parameters: {},
				},
				{
					id: 'get',
					name: 'Get',
					type: NODE_TYPE,
					typeVersion: 1,
					position: [200, 0],
					parameters: {
						resource: 'participant',
						operation: 'get',
						participant: { __rl: true, mode: 'id', value: 'a' },
						options: { maxWaitTime: 0 },
					},
					credentials: { [CREDENTIAL_TYPE]: { id, name } },
				},
			],
			connections: { Start: { main: [[{ node: 'Get', type: 'main', index: 0 }]] } },
		};
		return await this.api.runWorkflow(workflow);
	}

	private async succeeds(name: string, baseUrl: string, more?: IDataObject): Promise<void> {
		await this.checks.check(name, async () => {
			const { status, data } = await this.get(baseUrl, more);
			assert.equal(status, 'success', JSON.stringify(data.resultData.error));
			const result = await this.api.testCredential(CREDENTIAL_TYPE, this.data(baseUrl, more));
			assert.equal(result.status, 'OK', result.message);
		});
	}

	/** @param tested what the credential's test says */
	private async fails(name: string, baseUrl: string, says: RegExp, tested: RegExp): Promise<void> {
		await this.checks.check(name, async () => {
			const { status, data } = await this.get(baseUrl);
			assert.equal(status, 'error');
			const error = data.resultData.error as unknown as IDataObject;
			const shown = `${String(error.message)} | ${String(error.description)}`;
			this.checks.note(shown);
			assert.match(shown, says);
			assert.doesNotMatch(shown, /the key|save it: n8n tests/i);
			const result = await this.api.testCredential(CREDENTIAL_TYPE, this.data(baseUrl));
			this.checks.note(`Test: ${result.message}`);
			assert.equal(result.status, 'Error');
			assert.match(result.message, tested);
			assert.doesNotMatch(result.message, /\bkey\b/i);
		});
	}

	async certificates(): Promise<void> {
		const { authority } = this;
		const own = await secure(authority.certificate('localhost'));
		const plain = `https://localhost:${await listen(createServer(answer))}`;
		const wantsCertificate = await secure({
			...authority.certificate('localhost'),
			requestCert: true,
		});
		await this.within({}, async function () {
			await this.fails('an authority that n8n does not know', own, /NODE_EXTRA_CA_CERTS/, /./);
			await this.succeeds('the same, with Ignore SSL Issues', own, { ignoreSslIssues: true });
			await this.fails('a port that speaks no https', plain, /does not speak https/, /./);
		});
		const other = await secure(authority.certificate('other.example'));
		await this.within({ NODE_EXTRA_CA_CERTS: authority.file }, async function () {
			await this.succeeds('the authority is known by NODE_EXTRA_CA_CERTS', own);
			await this.fails('a certificate for another host', other, /for another host name/, /./);
			await this.fails(
				'a server that wants a client certificate',
				wantsCertificate,
				/wants a client certificate/,
				/./,
			);
		});
	}

	async proxies(): Promise<void> {
		const { authority } = this;
		const own = await secure(authority.certificate('localhost'));
		const proxy = new Proxy();
		const port = await freePort();
		const address = `http://127.0.0.1:${port}`;
		const environment = {
			NODE_EXTRA_CA_CERTS: authority.file,
			HTTP_PROXY: address,
			HTTPS_PROXY: address,
		};
		await this.within(environment, async function () {
			const dead = /address of the proxy.*HTTP_PROXY and HTTPS_PROXY/;
			await this.fails('nothing listens at the address of the proxy', own, dead, /./);
			await listen(proxy.server, port);
			proxy.answer = WANTS_LOGIN;
			const login = /proxy between n8n and the API wants a login/;
			await this.fails('a proxy that wants a login', own, login, login);
			for (const status of ['403 Forbidden', '401 Unauthorized', '400 Bad Request']) {
				proxy.answer = { status, body: '<html>Denied</html>' };
				const refused = /Something (between n8n and|in front of) the API answered/;
				await this.fails(`a proxy that answers ${status}`, own, refused, refused);
			}
			proxy.answer = 'passes';
			const before = proxy.tunnels;
			await this.succeeds('a proxy that passes requests on', own);
			assert.ok(proxy.tunnels > before, 'not by way of the proxy');
		});
		await this.withLogin(own);
	}

	private async withLogin(byProxy: string): Promise<void> {
		const proxy = new Proxy();
		proxy.login = `Basic ${Buffer.from('name:password').toString('base64')}`;
		const address = `http://name:password@127.0.0.1:${await listen(proxy.server)}`;
		const direct = await secure(this.authority.certificate('localhost'));
		const environment = {
			NODE_EXTRA_CA_CERTS: this.authority.file,
			HTTPS_PROXY: address,
			NO_PROXY: new URL(direct).host,
		};
		await this.within(environment, async function () {
			await this.succeeds('a proxy with a login in its address', byProxy);
			const { tunnels } = proxy;
			assert.ok(tunnels > 0, 'not by way of the proxy');
			await this.succeeds('a host in NO_PROXY', direct);
			assert.equal(proxy.tunnels, tunnels, 'by way of the proxy');
		});
	}
}

export async function runNetwork(checks: Checks): Promise<void> {
	const network = new NetworkChecks(checks, new Authority(temporaryFolder('authority')));
	try {
		checks.section('Certificates');
		await network.certificates();
		checks.section('Proxies');
		await network.proxies();
	} finally {
		for (const server of servers) {
			server.closeAllConnections();
			server.close();
		}
	}
}
