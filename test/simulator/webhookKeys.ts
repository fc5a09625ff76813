/** The keys with which the simulator signs webhooks, and their publication as a JSON Web Key Set. */
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A key with the ID under which it is published. */
export interface SigningKey {
	kid: string;
	privateKey: KeyObject;
	publicKey: KeyObject;
}

function createKey(bits: number): SigningKey {
	const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
	return { kid: randomBytes(8).toString('hex'), privateKey, publicKey };
}

const encode = (value: unknown): string =>
	Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');

/** A detached signature: the payload between the dots is left out. */
export function signDetached(
	body: Buffer,
	{ kid, privateKey }: SigningKey,
	header: Record<string, unknown> = {},
): string {
	const protectedHeader = encode({ alg: 'RS256', kid, ...header });
	const isEncoded = header.b64 !== false;
	const input = Buffer.concat([
		Buffer.from(`${protectedHeader}.`),
		isEncoded ? Buffer.from(body.toString('base64url')) : body,
	]);
	return `${protectedHeader}..${sign('RSA-SHA256', input, privateKey).toString('base64url')}`;
}

/** Base64 of the HMAC-SHA1 with the tenant's API key. */
export function signWithKey(body: Buffer, apiKey: string): string {
	return createHmac('sha1', apiKey).update(body).digest('base64');
}

/** The key pairs of the simulator, made when they are first used. */
export class WebhookKeys {
	private keys: SigningKey[] = [];

	private foreign: SigningKey | undefined;

	/** The key that signs now. */
	get current(): SigningKey {
		return this.keys[0] ?? this.rotate();
	}

	/** A key that is never published. */
	get stranger(): SigningKey {
		this.foreign ??= createKey(2048);
		return this.foreign;
	}

	/** Sign with a new key from now on. */
	rotate({ keepOld = true, bits = 2048 } = {}): SigningKey {
		this.keys = [createKey(bits), ...(keepOld ? this.keys : [])];
		return this.keys[0];
	}

	/** What `/.well-known/jwks.json` answers. */
	toKeySet(): { keys: object[] } {
		if (this.keys.length === 0) this.rotate();
		return {
			keys: this.keys.map(({ kid, publicKey }) => ({
				...publicKey.export({ format: 'jwk' }),
				kid,
				use: 'sig',
				alg: 'RS256',
			})),
		};
	}
}
