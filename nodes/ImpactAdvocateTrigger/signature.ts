/**
 * Whether a webhook call comes from Advocate: verifies the signature over the body exactly as it was received.
 *
 * Two headers (vendor's "Webhook security" article): `X-Hook-JWS-RFC-7797`, a detached RS256 signature whose public key
 * is published by the API's host, and `X-Hook-Signature`, an HMAC-SHA1 with the tenant's API key.
 */
import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isRecord } from '../shared/advocate/client/values';
import { noAnswer } from './publicKeys';
import type { KeySource } from './publicKeys';

/** Header names as they arrive: in lower case. */
export const JWS_HEADER = 'x-hook-jws-rfc-7797';
export const HMAC_HEADER = 'x-hook-signature';

/** Real headers have about 500 characters; more than this is not looked at. */
const MAX_HEADER_LENGTH = 8192;
const MAX_KID_LENGTH = 256;

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
	return fits ? GENUINE : refused('the signature does not match the body');
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
	return fits ? GENUINE : refused('the signature does not match the body');
}
