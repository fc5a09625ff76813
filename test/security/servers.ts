/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** Servers on this machine that note who came, and with what. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** One request. */
export interface Visit {
	method: string;
	url: string;
	headers: IncomingHttpHeaders;
	/** Whose certificate the caller showed, if any. */
	certificateOf?: string;
}

function commonName(socket: Partial<TLSSocket>): string | undefined {
	const name = socket.getPeerCertificate?.().subject?.CN;
	return name === undefined ? undefined : String(name);
}

export class Guest {
	/** Everybody who came since the start or the last `forget`. */
	readonly visits: Visit[] = [];

	/** What it answers; an empty object unless told. */
	answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};

	private readonly server: Server;

	private constructor(private readonly tls?: { key: Buffer; cert: Buffer }) {
		const listener = (request: IncomingMessage, response: ServerResponse) => {
			const { method = '', url = '', headers } = request;
			const certificateOf = commonName(request.socket as Partial<TLSSocket>);
			this.visits.push({ method, url, headers, certificateOf });
			response.setHeader('content-type', 'application/json');
			this.answer(request, response);
			if (!response.writableEnded) response.end('{}');
		};
		this.server =
			tls === undefined
				? createServer(listener)
				: createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener);
		// What a client asks of a proxy.
		this.server.on('connect', ({ method, url, headers }: IncomingMessage, socket) => {
			this.visits.push({ method: method ?? '', url: url ?? '', headers });
			socket.destroy();
		});
	}

	/** Start one on a free port; encrypted when it gets a certificate. */
	static async start(tls?: { key: Buffer; cert: Buffer }): Promise<Guest> {
		const guest = new Guest(tls);
		await new Promise<void>((resolve) => {
			guest.server.listen(0, '127.0.0.1', resolve);
		});
		return guest;
	}

	get port(): number {
		return (this.server.address() as AddressInfo).port;
	}

	get url(): string {
		return `${this.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`;
	}

	/** Values of the Authorization header that came. */
	get authorizations(): string[] {
		return this.visits.flatMap(({ headers }) => headers.authorization ?? []);
	}

	forget(): void {
		this.visits.length = 0;
		this.answer = () => {};
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}
}
