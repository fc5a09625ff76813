/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- tests run outside n8n */
/** A certificate that nobody has signed but itself. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @returns nothing on a machine without openssl */
export function selfSignedCertificate(): { key: Buffer; cert: Buffer } | undefined {
	const folder = mkdtempSync(join(tmpdir(), 'impact-advocate-tls-'));
	const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
	try {
		const make = 'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost';
		execFileSync('openssl', [...make.split(' '), '-keyout', key, '-out', cert], {
			stdio: 'ignore',
		});
		return { key: readFileSync(key), cert: readFileSync(cert) };
	} catch {
		return undefined;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
