/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- tests run outside n8n */
/** An authority of our own, and certificates that it has signed. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificate {
	key: Buffer;
	cert: Buffer;
}

export class Authority {
	/** File with the certificate of the authority, as `NODE_EXTRA_CA_CERTS` takes it. */
	readonly file: string;

	/** @param folder for its files; the caller removes it */
	constructor(private readonly folder: string) {
		this.file = path.join(folder, 'authority.pem');
		const make = 'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=Authority';
		this.openssl(...make.split(' '), '-keyout', this.at('authority.key'), '-out', this.file);
	}

	/** Sign a certificate for a host name. */
	certificate(host: string): Certificate {
		const [key, request, cert, extra] = ['key', 'csr', 'pem', 'ext'].map((ending) =>
			this.at(`${host}.${ending}`),
		);
		writeFileSync(extra, `subjectAltName=DNS:${host}`);
		const ask = `req -newkey rsa:2048 -nodes -subj /CN=${host}`;
		this.openssl(...ask.split(' '), '-keyout', key, '-out', request);
		const sign = ['-CA', this.file, '-CAkey', this.at('authority.key'), '-CAcreateserial'];
		this.openssl(
			'x509',
			'-req',
			'-in',
			request,
			...sign,
			'-days',
			'1',
			'-extfile',
			extra,
			'-out',
			cert,
		);
		return { key: readFileSync(key), cert: readFileSync(cert) };
	}

	private at(name: string): string {
		return path.join(this.folder, name);
	}

	private openssl(...args: string[]): void {
		execFileSync('openssl', args, { stdio: 'ignore' });
	}
}
