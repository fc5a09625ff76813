/** The public keys that Advocate signs webhooks with: fetched from the API's host, judged, and remembered. */
import { createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { isRecord } from '../shared/advocate/client/values';
import { NoAnswerError } from '../shared/advocate/client/port';
import type { AdvocatePort } from '../shared/advocate/client/port';

/** RS256 asks for at least this (RFC 7518, section 3.3). */
const MIN_MODULUS_BITS = 2048;

/** The exponent that everybody uses. Smaller ones have a history of forged signatures. */
const MIN_EXPONENT = 65_537n;

/** Keys per host; a host that publishes more is not Advocate's. */
const MAX_KEYS = 100;

const FETCH_TIMEOUT_MS = 10_000;

/** A hundred keys of 4096 bits take less than this. */
const MAX_KEY_SET_BYTES = 256 * 1024;

/** How long an unknown key ID is not asked for again: a stranger must not make us call the API at will. */
const REFRESH_PAUSE_MS = 60_000;

/**
 * The same after a failure. Short, since genuine calls can't be judged meanwhile: those are postponed, and Advocate
 * repeats them every hour for three days.
 */
const FAILURE_PAUSE_MS = 10_000;

/** After this long the keys are fetched again, so that one that was withdrawn is not trusted for ever. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** Where a host publishes its keys. Always on the host of the API itself. */
export function keySetUrl(apiUrl: string): string {
	return `${apiUrl.replace(/\/api\/v1\/[^/]*$/, '')}/.well-known/jwks.json`;
}

/** Where public keys come from. */
export interface KeySource {
	/**
	 * The key with this ID.
	 * @returns nothing when there is no such key
	 * @throws NoAnswerError when the keys could not be fetched
	 */
	find(kid: string): Promise<KeyObject | undefined>;
}

/** Read the published keys that can verify RS256. Anything else in the set is left out. */
export function readKeySet(body: unknown): Map<string, KeyObject> | undefined {
	if (!isRecord(body) || !Array.isArray(body.keys)) return undefined;
	const keys = new Map<string, KeyObject>();
	for (const entry of body.keys.slice(0, MAX_KEYS) as unknown[]) {
		if (!isRecord(entry) || entry.kty !== 'RSA' || typeof entry.kid !== 'string') continue;
		if (entry.use !== undefined && entry.use !== 'sig') continue;
		if (entry.alg !== undefined && entry.alg !== 'RS256') continue;
		const key = toPublicKey(entry);
		if (key !== undefined) keys.set(entry.kid, key);
	}
	return keys;
}

function toPublicKey({ kty, n, e }: Record<string, unknown>): KeyObject | undefined {
	try {
		// Only the public parts, whatever else the entry holds.
		const key = createPublicKey({ key: { kty, n, e } as JsonWebKey, format: 'jwk' });
		const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
		return modulusLength >= MIN_MODULUS_BITS && publicExponent >= MIN_EXPONENT ? key : undefined;
	} catch {
		return undefined;
	}
}

/** The keys of a host, as far as they are known. */
interface CachedKeys {
	keys: Map<string, KeyObject>;
	fetchedAt: number;
	/** Why the last fetch failed, if it did. */
	failure?: { error: NoAnswerError; at: number };
	/** A fetch under way, which concurrent calls share. */
	pending?: Promise<void>;
}

/**
 * Remembers keys by their ID, per host. An ID it does not know is looked for once more, since Advocate changes its keys
 * from time to time.
 */
export class KeyCache {
	private readonly hosts = new Map<string, CachedKeys>();

	/** The keys of the host behind this API URL, fetched through the port when they are needed. */
	source(port: AdvocatePort, apiUrl: string): KeySource {
		const url = keySetUrl(apiUrl);
		return {
			find: async (kid) => {
				const host = this.host(url);
				const known = host.keys.get(kid);
				const age = since(host.fetchedAt, port.now());
				if (known !== undefined && age < MAX_AGE_MS) return known;
				if (known === undefined && age < REFRESH_PAUSE_MS) return undefined;
				try {
					await this.refresh(port, url, host);
				} catch (error) {
					// An old key is better than none while the host is away.
					if (known !== undefined) return known;
					throw noAnswer(error);
				}
				return host.keys.get(kid);
			},
		};
	}

	private host(url: string): CachedKeys {
		let host = this.hosts.get(url);
		if (host === undefined) {
			host = { keys: new Map(), fetchedAt: -Infinity };
			this.hosts.set(url, host);
		}
		return host;
	}

	/**
	 * Fetch the keys of a host, unless a fetch is under way or has just failed.
	 * @throws NoAnswerError
	 */
	private async refresh(port: AdvocatePort, url: string, host: CachedKeys): Promise<void> {
		const { failure } = host;
		if (host.pending === undefined && failure !== undefined) {
			if (since(failure.at, port.now()) < FAILURE_PAUSE_MS) throw failure.error;
		}
		host.pending ??= fetchKeys(port, url)
			.then((keys) => {
				// A key that is no longer published is no longer trusted.
				host.keys = keys;
				host.fetchedAt = port.now();
				host.failure = undefined;
			})
			.catch((caught: unknown) => {
				const error = noAnswer(caught);
				host.failure = { error, at: port.now() };
				throw error;
			})
			.finally(() => {
				host.pending = undefined;
			});
		await host.pending;
	}
}

/** Time that has passed. A clock that was set back must not make a moment last. */
const since = (moment: number, now: number): number => (now < moment ? Infinity : now - moment);

/** Why keys could not be fetched. */
export const noAnswer = (error: unknown): NoAnswerError =>
	error instanceof NoAnswerError ? error : new NoAnswerError(String(error), 'ERR_UNKNOWN');

/**
 * @returns the keys that the URL publishes
 * @throws NoAnswerError
 */
async function fetchKeys(port: AdvocatePort, url: string): Promise<Map<string, KeyObject>> {
	// The keys are public: the credential stays here.
	const { statusCode, body } = await port.send({
		method: 'GET',
		url,
		timeoutMs: FETCH_TIMEOUT_MS,
		maxBytes: MAX_KEY_SET_BYTES,
		authenticate: false,
	});
	const keys = statusCode === 200 ? readKeySet(body) : undefined;
	if (keys === undefined) {
		throw new NoAnswerError(
			`${url} did not return a key set (status ${statusCode})`,
			'ERR_BAD_RESPONSE',
		);
	}
	return keys;
}
