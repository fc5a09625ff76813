/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** A server that means harm, on this machine only. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request that it got. */
interface Visit {
	method: string;
	url: string;
	headers: IncomingHttpHeaders;
}

export interface HostileServer {
	readonly url: string;
	readonly visits: Visit[];
	close(): Promise<void>;
}

/**
 * Start a server for one test.
 * @param tls key and certificate, to speak https
 */
export async function startServer(
	answer: (response: ServerResponse, request: IncomingMessage) => void,
	tls?: { key: Buffer; cert: Buffer },
): Promise<HostileServer> {
	const visits: Visit[] = [];
	const listener = (request: IncomingMessage, response: ServerResponse): void => {
		const { method = '', url = '', headers } = request;
		visits.push({ method, url, headers });
		request.resume();
		request.on('end', () => answer(response, request));
	};
	const server: Server =
		tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const { port } = server.address() as AddressInfo;
	return {
		url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
		visits,
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** A credential for such a server. */
export const credentialFor = (server: Pick<HostileServer, 'url'>) => ({
	authentication: 'accountSidToken',
	accountSid: 'IRhostileSid7Qx',
	authToken: 'hostile~Token/9+Zk',
	tenantAlias: 'test_alias',
	baseUrl: server.url,
});
