/**
 * Whether a webhook call comes from Advocate: verifies the signature over the body exactly as it was received.
 *
 * Two headers (vendor's "Webhook security" article): `X-Hook-JWS-RFC-7797`, a detached RS256 signature whose public key
 * is published by the API's host, and `X-Hook-Signature`, an HMAC-SHA1 with the tenant's API key.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { isRecord } from '../shared/advocate/client/values';
import { NoAnswerError } from '../shared/advocate/client/port';
import type { AdvocatePort } from '../shared/advocate/client/port';

/** Header names as they arrive: in lower case. */
export const JWS_HEADER = 'x-hook-jws-rfc-7797';
export const HMAC_HEADER = 'x-hook-signature';

/** Real headers have about 500 characters; more than this is not looked at. */
const MAX_HEADER_LENGTH = 8192;
const MAX_KID_LENGTH = 256;

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

/**
 * The outcome. `refused`: it is not from Advocate, or was changed on its way. `unknown`: the keys could not be fetched,
 * so nothing can be said; the sender should try again.
 */
export type Verdict =
	| { outcome: 'genuine' }
	| { outcome: 'refused'; reason: string }
	| { outcome: 'unknown'; reason: string };

const NOT_SIGNED = 'it is not signed';
const WRONG_FORM = 'the signature has the wrong form';

const GENUINE: Verdict = { outcome: 'genuine' };
const refused = (reason: string): Verdict => ({ outcome: 'refused', reason });

/** Where a host publishes its keys. Always on the host of the API itself. */
export function keySetUrl(apiUrl: string): string {
	return `${apiUrl.replace(/\/api\/v1\/[^/]*$/, '')}/.well-known/jwks.json`;
}

/** How Advocate may sign: with a published key, or with the tenant's API key. */
export type SignatureKind = 'jws' | 'hmac';

/** A detached signature, taken apart. */
interface DetachedSignature {
	kid: string;
	/** False: the body is signed as it is (RFC 7797). True: its Base64URL form is. */
	isEncoded: boolean;
	encodedHeader: string;
	signature: Buffer;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** @returns the reason when the header can't be accepted */
function readProtectedHeader(
	encoded: string,
): Pick<DetachedSignature, 'kid' | 'isEncoded'> | string {
	let header: unknown;
	try {
		header = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
	} catch {
		return 'the signature has no readable header';
	}
	if (!isRecord(header)) return 'the signature has no readable header';
	// The algorithm is ours to choose. The header may only agree.
	if (header.alg !== 'RS256') return 'the signature is not made with RS256';
	const { kid, crit, b64 } = header;
	if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) {
		return 'the signature names no key';
	}
	// What is marked as critical must be understood, and be there; only b64 is. The list is never empty (RFC 7515, 4.1.11).
	const isCritical = Array.isArray(crit) && crit.length === 1 && crit[0] === 'b64';
	if (crit !== undefined && !isCritical) return 'the signature has unknown extensions';
	const isUnderstood =
		b64 === undefined ? !isCritical : b64 === true || (b64 === false && isCritical);
	if (!isUnderstood) return 'the signature has unknown extensions';
	return { kid, isEncoded: b64 !== false };
}

/**
 * Take a detached signature apart.
 * @param header value of `X-Hook-JWS-RFC-7797`
 * @returns the reason when it can't be accepted, whatever the keys are
 */
function readJws(header: unknown): DetachedSignature | string {
	if (header === undefined || header === '') return NOT_SIGNED;
	if (typeof header !== 'string' || header.length > MAX_HEADER_LENGTH) return WRONG_FORM;
	const parts = header.trim().split('.');
	const [encodedHeader, payload, encodedSignature] = parts;
	// Detached: the payload between the dots is left out.
	if (
		parts.length !== 3 ||
		payload !== '' ||
		!BASE64URL.test(encodedHeader) ||
		!BASE64URL.test(encodedSignature)
	) {
		return WRONG_FORM;
	}
	const protectedHeader = readProtectedHeader(encodedHeader);
	if (typeof protectedHeader === 'string') return protectedHeader;
	const signature = Buffer.from(encodedSignature, 'base64url');
	return { ...protectedHeader, encodedHeader, signature };
}

/**
 * Take an HMAC-SHA1 signature apart.
 * @param header value of `X-Hook-Signature`, Base64
 * @returns the reason when it can't be accepted, whatever the key is
 */
function readHmac(header: unknown): Buffer | string {
	if (header === undefined || header === '') return NOT_SIGNED;
	if (typeof header !== 'string' || !/^[A-Za-z0-9+/]{27}=$/.test(header.trim())) return WRONG_FORM;
	return Buffer.from(header.trim(), 'base64');
}

/**
 * Why a call can't come from Advocate, as far as that shows without any key: a stranger's call costs no more than this.
 * @returns nothing when the signature has to be verified
 */
export function signatureProblem(
	kind: SignatureKind,
	headers: Readonly<Record<string, unknown>>,
): string | undefined {
	const read = kind === 'hmac' ? readHmac(headers[HMAC_HEADER]) : readJws(headers[JWS_HEADER]);
	return typeof read === 'string' ? read : undefined;
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

/**
 * Verify the detached RS256 signature.
 * @param header value of `X-Hook-JWS-RFC-7797`
 * @param body the body as received, byte by byte
 */
export async function verifyJws(header: unknown, body: Buffer, keys: KeySource): Promise<Verdict> {
	const read = readJws(header);
	if (typeof read === 'string') return refused(read);
	let key: KeyObject | undefined;
	try {
		key = await keys.find(read.kid);
	} catch (error) {
		return { outcome: 'unknown', reason: noAnswer(error).message };
	}
	if (key === undefined) return refused('it is signed with a key that Advocate does not publish');

	const signed = Buffer.concat([
		Buffer.from(`${read.encodedHeader}.`, 'ascii'),
		read.isEncoded ? Buffer.from(body.toString('base64url'), 'ascii') : body,
	]);
	const { signature } = read;
	const modulusBytes = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
	const fits = signature.length === modulusBytes && verify('RSA-SHA256', signed, key, signature);
	return fits ? GENUINE : refused('the signature does not fit the body');
}

/**
 * Verify the HMAC-SHA1 signature.
 * @param header value of `X-Hook-Signature`, Base64
 * @param body the body as received, byte by byte
 */
export function verifyHmac(header: unknown, body: Buffer, apiKey: string): Verdict {
	const given = readHmac(header);
	if (typeof given === 'string') return refused(given);
	const expected = createHmac('sha1', apiKey).update(body).digest();
	const fits = given.length === expected.length && timingSafeEqual(given, expected);
	return fits ? GENUINE : refused('the signature does not fit the body');
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

const noAnswer = (error: unknown): NoAnswerError =>
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
		throw new NoAnswerError(`${url} gave no key set (status ${statusCode})`, 'ERR_BAD_RESPONSE');
	}
	return keys;
}
