/** Every way a webhook's signature can be wrong. The keys are the simulator's; what is verified is not. */
import { generateKeyPairSync, createHmac, randomBytes } from 'node:crypto';
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import { KeyCache, keySetUrl, readKeySet } from '../../../nodes/ImpactAdvocateTrigger/publicKeys';
import type { KeySource } from '../../../nodes/ImpactAdvocateTrigger/publicKeys';
import { verifyHmac, verifyJws } from '../../../nodes/ImpactAdvocateTrigger/signature';
import { FakePort } from '../advocate/fakePort';
import type { Scripted } from '../advocate/fakePort';
import { signDetached, signWithKey, WebhookKeys } from '../../simulator/webhookKeys';

const API_URL = 'https://advocate.example/api/v1/tenant';
const HOUR = 3_600_000;

const keys = new WebhookKeys();
const body = Buffer.from('{"id":"1","type":"user.created","text":"ÄÖ 😀"}', 'utf8');
const published: KeySource = {
	find: async (kid) => readKeySet(keys.toKeySet())?.get(kid),
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const { kid } = keys.current;
const good = signDetached(body, keys.current);
const [goodHeader, , goodSignature] = good.split('.');

describe('the detached RS256 signature', () => {
	it('is accepted over the Base64URL form of the body', async () => {
		expect(await verifyJws(good, body, published)).toEqual({ outcome: 'genuine' });
	});

	it('is accepted over the body as it is, when its header says so (RFC 7797)', async () => {
		const unencoded = signDetached(body, keys.current, { b64: false, crit: ['b64'] });
		expect(await verifyJws(unencoded, body, published)).toEqual({ outcome: 'genuine' });
	});

	it('is accepted over an empty or a binary body', async () => {
		for (const content of [Buffer.alloc(0), randomBytes(1000)]) {
			const signature = signDetached(content, keys.current);
			expect((await verifyJws(signature, content, published)).outcome).toBe('genuine');
		}
	});

	const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
	const header = (fields: object) => `${encode(fields)}..${goodSignature}`;
	// A signature that fits, under a header that must not be accepted.
	const signedHeader = (fields: Record<string, unknown>) =>
		signDetached(body, keys.current, fields);
	const hs256 = () => {
		const protectedHeader = encode({ alg: 'HS256', kid });
		const pem = keys.current.publicKey.export({ type: 'spki', format: 'pem' });
		const input = `${protectedHeader}.${body.toString('base64url')}`;
		return `${protectedHeader}..${createHmac('sha256', pem).update(input).digest('base64url')}`;
	};

	it.each<[string, unknown]>([
		['no header', undefined],
		['an empty header', ''],
		['a repeated header', [good, good]],
		['two headers joined by a comma', `${good}, ${good}`],
		['a number', 1],
		['one part', goodSignature],
		['two parts', `${goodHeader}.${goodSignature}`],
		['a payload between the dots', `${goodHeader}.${body.toString('base64url')}.${goodSignature}`],
		['no signature after the dots', `${goodHeader}..`],
		['no header before the dots', `..${goodSignature}`],
		['characters outside Base64URL', `${goodHeader}..${goodSignature}=`],
		['a header that is too long', `${'A'.repeat(9000)}..${goodSignature}`],
		[
			'a header that is no JSON',
			`${Buffer.from('nonsense').toString('base64url')}..${goodSignature}`,
		],
		['a header that is no object', `${encode(['RS256'])}..${goodSignature}`],
		['alg none', `${encode({ alg: 'none', kid })}..`],
		['alg none with a signature', header({ alg: 'none', kid })],
		['HS256 with the public key as its secret', hs256()],
		['PS256', signedHeader({ alg: 'PS256' })],
		['rs256 in lower case', signedHeader({ alg: 'rs256' })],
		['no alg', signedHeader({ alg: undefined })],
		['no kid', signedHeader({ kid: undefined })],
		['an empty kid', signedHeader({ kid: '' })],
		['a kid that is no text', signedHeader({ kid: 7 })],
		['a very long kid', signedHeader({ kid: 'k'.repeat(300) })],
		['an unknown kid', signedHeader({ kid: 'unknown' })],
		['a kid of the prototype', signedHeader({ kid: '__proto__' })],
		['an unknown critical extension', signedHeader({ crit: ['exp'], exp: 1 })],
		['crit that is no list', signedHeader({ crit: 'b64' })],
		['b64 false that is not critical', signedHeader({ b64: false })],
		['b64 that is no boolean', signedHeader({ b64: 'no', crit: ['b64'] })],
		[
			'a key of its own in the header',
			signDetached(body, keys.stranger, {
				jwk: keys.stranger.publicKey.export({ format: 'jwk' }),
				kid: 'mine',
			}),
		],
		['a stranger’s key under its own ID', signDetached(body, keys.stranger)],
		['a stranger’s key under a known ID', signDetached(body, { ...keys.stranger, kid })],
		['a damaged signature', `${goodHeader}..${flip(goodSignature)}`],
		['a signature that is too short', `${goodHeader}..${goodSignature.slice(0, -4)}`],
		['a signature that is too long', `${goodHeader}..AAAA${goodSignature}`],
		['the signature of another header', `${encode({ alg: 'RS256', kid, x: 1 })}..${goodSignature}`],
	])('is refused with %s', async (_, value) => {
		const verdict = await verifyJws(value, body, published);
		expect(verdict).toEqual({ outcome: 'refused', reason: expect.any(String) });
	});

	it.each<[string, Buffer]>([
		['another body', Buffer.from('{}')],
		['one blank more', Buffer.concat([body, Buffer.from(' ')])],
		['the same JSON in another order', Buffer.from('{"type":"user.created","id":"1"}')],
		['no body', Buffer.alloc(0)],
	])('is refused for %s', async (_, other) => {
		expect((await verifyJws(good, other, published)).outcome).toBe('refused');
	});

	it('is refused when every single byte of the body is changed in turn', async () => {
		for (let at = 0; at < body.length; at++) {
			const changed = Buffer.from(body);
			changed[at] ^= 1;
			expect((await verifyJws(good, changed, published)).outcome).toBe('refused');
		}
	});
});

describe('the HMAC-SHA1 signature', () => {
	const key = 'TEST_key';

	it('is accepted', () => {
		expect(verifyHmac(signWithKey(body, key), body, key)).toEqual({ outcome: 'genuine' });
	});

	it.each<[string, unknown]>([
		['no header', undefined],
		['an empty header', ''],
		['a repeated header', [signWithKey(body, key), signWithKey(body, key)]],
		['another key', signWithKey(body, 'other')],
		['another body', signWithKey(Buffer.from('{}'), key)],
		['hexadecimal digits', createHmac('sha1', key).update(body).digest('hex')],
		['HMAC-SHA256', createHmac('sha256', key).update(body).digest('base64')],
		['a truncated signature', signWithKey(body, key).slice(0, 8)],
		['something long', 'A'.repeat(100_000)],
	])('is refused with %s', (_, value) => {
		expect(verifyHmac(value, body, key).outcome).toBe('refused');
	});
});

describe('a key set', () => {
	const jwk = (bits = 2048) =>
		generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
	const idsOf = (...entries: object[]) => [...(readKeySet({ keys: entries })?.keys() ?? [])];

	it('gives RSA keys for signatures and leaves everything else out', () => {
		const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
		expect(
			idsOf(
				{ ...jwk(), kid: 'plain' },
				{ ...jwk(), kid: 'full', use: 'sig', alg: 'RS256' },
				{ ...jwk(), kid: 'encryption', use: 'enc' },
				{ ...jwk(), kid: 'other algorithm', alg: 'RS512' },
				{ ...jwk(1024), kid: 'short' },
				{ ...jwk() },
				{ ...ec.export({ format: 'jwk' }), kid: 'curve' },
				{ kty: 'oct', k: 'AAAA', kid: 'secret' },
				{ kty: 'RSA', n: '!', e: 'AQAB', kid: 'damaged' },
				{ kty: 'RSA', kid: 'empty' },
			),
		).toEqual(['plain', 'full']);
	});

	it.each([[undefined], [null], ['text'], [[]], [{}], [{ keys: {} }]])('is not %p', (value) => {
		expect(readKeySet(value)).toBeUndefined();
	});

	it('stands on the host of the API', () => {
		expect(keySetUrl(API_URL)).toBe('https://advocate.example/.well-known/jwks.json');
		expect(keySetUrl('https://gateway.example/advocate/api/v1/t%20x')).toBe(
			'https://gateway.example/advocate/.well-known/jwks.json',
		);
	});
});

describe('the cache of keys', () => {
	/** The keys as they are when somebody asks. */
	const works = () => ({ body: keys.toKeySet() });
	const away = { statusCode: 503, body: '' };
	let port: FakePort;
	let cache: KeyCache;
	const verify = async (signature: string, apiUrl = API_URL) =>
		(await verifyJws(signature, body, cache.source(port, apiUrl))).outcome;

	beforeEach(() => {
		port = new FakePort([works]);
		cache = new KeyCache();
	});

	it('asks once, without the credential and at the base host only', async () => {
		expect([await verify(good), await verify(good)]).toEqual(['genuine', 'genuine']);
		expect(port.sent).toEqual([
			{
				method: 'GET',
				url: 'https://advocate.example/.well-known/jwks.json',
				maxBytes: 256 * 1024,
				timeoutMs: expect.any(Number),
				authenticate: false,
			},
		]);
	});

	it('asks once for calls that come at the same time', async () => {
		await Promise.all([verify(good), verify(good), verify(good)]);
		expect(port.sent).toHaveLength(1);
	});

	it('asks again once for an unknown key, and not at will', async () => {
		await verify(good);
		port.time += HOUR;
		keys.rotate();
		const signature = signDetached(body, keys.current);
		expect(await verify(signature)).toBe('genuine');
		expect(await verify(good)).toBe('genuine');
		expect(port.sent).toHaveLength(2);

		const foreign = signDetached(body, keys.stranger);
		for (let call = 0; call < 20; call++) expect(await verify(foreign)).toBe('refused');
		expect(port.sent).toHaveLength(2);
		port.time += 61_000;
		expect(await verify(foreign)).toBe('refused');
		expect(port.sent).toHaveLength(3);
	});

	it('no longer trusts a key that is not published any more, a day later at the latest', async () => {
		const old = signDetached(body, keys.current);
		await verify(old);
		keys.rotate({ keepOld: false });
		port.time += 23 * HOUR;
		expect(await verify(old)).toBe('genuine');
		port.time += 2 * HOUR;
		expect(await verify(old)).toBe('refused');
	});

	it('keeps the keys of hosts apart', async () => {
		await verify(good);
		port.answer({ body: { keys: [] } });
		expect(await verify(signDetached(body, keys.current), 'https://other.example/api/v1/t')).toBe(
			'refused',
		);
	});

	it.each<[string, Scripted]>([
		['status 500', { statusCode: 500 }],
		['a web page', { body: '<html>' }],
		['a redirect', { statusCode: 302, headers: { location: 'https://evil.example' }, body: '' }],
		['no answer', new NoAnswerError('No answer', 'ETIMEDOUT')],
	])('can say nothing after %s, and asks again a little later', async (_, failing) => {
		const current = signDetached(body, keys.current);
		port.answer(failing);
		expect(await verify(current)).toBe('unknown');
		port.answer(works);
		port.time += 10_000;
		expect(await verify(current)).toBe('genuine');
	});

	it('does not turn a flood of forged calls into a flood of requests while the host is away', async () => {
		port.answer(away);
		const genuine = signDetached(body, keys.current);
		const forged = signDetached(body, keys.stranger);
		for (let call = 0; call < 50; call++) {
			expect(await verify(forged)).toBe('unknown');
			port.time += 100;
		}
		expect(port.sent).toHaveLength(1);
		port.time += 10_000;
		await Promise.all(Array.from({ length: 50 }, async () => await verify(forged)));
		expect(port.sent).toHaveLength(2);

		// A genuine call has to wait for the pause only, however many forged ones come meanwhile.
		port.answer(works);
		port.time += 9_000;
		expect(await verify(genuine)).toBe('unknown');
		port.time += 1_000;
		expect(await verify(forged)).toBe('refused');
		expect(await verify(genuine)).toBe('genuine');
		expect(port.sent).toHaveLength(3);
	});

	it('asks seldom for keys that have become old while the host is away', async () => {
		const current = signDetached(body, keys.current);
		await verify(current);
		port.time += 48 * HOUR;
		port.answer(away);
		for (let call = 0; call < 50; call++) expect(await verify(current)).toBe('genuine');
		expect(port.sent).toHaveLength(2);
	});

	it('is not misled by a clock that is set back', async () => {
		await verify(good);
		port.time -= 48 * HOUR;
		keys.rotate();
		expect(await verify(signDetached(body, keys.current))).toBe('genuine');
	});

	it('goes on with the keys it has while the host is away', async () => {
		const current = signDetached(body, keys.current);
		await verify(current);
		port.time += 48 * HOUR;
		port.answer(away);
		expect(await verify(current)).toBe('genuine');
	});
});
