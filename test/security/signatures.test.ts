/** Signatures and keys that somebody made up. What belongs to the form alone is in `test/unit/triggers`. */
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readKeySet } from '../../nodes/ImpactAdvocateTrigger/publicKeys';
import { verifyJws } from '../../nodes/ImpactAdvocateTrigger/signature';
import { signDetached, WebhookKeys } from '../simulator/webhookKeys';

const keys = new WebhookKeys();
const body = Buffer.from('{"id":"1","type":"user.created"}');
const { kid } = keys.current;

/** IDs that were asked for. */
let asked: string[] = [];
beforeEach(() => {
	asked = [];
});
const published = {
	async find(id: string): Promise<KeyObject | undefined> {
		asked.push(id);
		return readKeySet(keys.toKeySet())?.get(id);
	},
};

const base64url = (text: string | Buffer) => Buffer.from(text).toString('base64url');

/** A signature by the published key that fits, under a header of any text. */
function signedText(
	header: string,
	{ by = keys.current.privateKey, hash = 'RSA-SHA256' } = {},
): string {
	const encoded = base64url(header);
	const input = Buffer.from(`${encoded}.${body.toString('base64url')}`);
	return `${encoded}..${sign(hash, input, by).toString('base64url')}`;
}
const signedHeader = (fields: Record<string, unknown>) =>
	signedText(JSON.stringify({ alg: 'RS256', kid, ...fields }));

const good = signDetached(body, keys.current);
const [goodHeader, , goodSignature] = good.split('.');
const bytes = Buffer.from(goodSignature, 'base64url');
const withSignature = (signature: Buffer | string) =>
	`${goodHeader}..${typeof signature === 'string' ? signature : base64url(signature)}`;

it('the good one is genuine', async () => {
	expect(await verifyJws(good, body, published)).toEqual({ outcome: 'genuine' });
	expect(await verifyJws(signedHeader({ typ: 'JWT' }), body, published)).toEqual({
		outcome: 'genuine',
	});
});

const HEADERS: Array<[name: string, value: unknown]> = [
	...[
		'none',
		'None',
		'nOnE',
		'NONE',
		'',
		'HS256',
		'HS1',
		'RS1',
		'RS384',
		'RS512',
		'PS256',
		'ES256',
		'EdDSA',
		'RS256 ',
		' RS256',
		'RS256\u0000',
		'rsa256',
	].map((alg): [string, unknown] => [`alg ${JSON.stringify(alg)}`, signedHeader({ alg })]),
	['alg in a list', signedHeader({ alg: ['RS256'] })],
	['alg null', signedHeader({ alg: null })],
	['alg of the prototype', signedText(`{"__proto__":{"alg":"RS256"},"kid":"${kid}"}`)],
	['alg twice, the other one last', signedText(`{"alg":"RS256","kid":"${kid}","alg":"none"}`)],
	['SHA-1 under RS256', signedText(JSON.stringify({ alg: 'RS256', kid }), { hash: 'RSA-SHA1' })],
	[
		'SHA-512 under RS256',
		signedText(JSON.stringify({ alg: 'RS256', kid }), { hash: 'RSA-SHA512' }),
	],
	['no critical extension', signedHeader({ crit: [] })],
	['crit null', signedHeader({ crit: null })],
	['b64 critical, but absent', signedHeader({ crit: ['b64'] })],
	['b64 critical twice', signedHeader({ crit: ['b64', 'b64'], b64: true })],
	['b64 critical with another', signedHeader({ crit: ['b64', 'exp'], b64: true, exp: 1 })],
	['b64 null', signedHeader({ crit: ['b64'], b64: null })],
	['b64 as a number', signedHeader({ crit: ['b64'], b64: 0 })],
	['b64 false over the encoded body', signedHeader({ crit: ['b64'], b64: false })],
	...[
		'constructor',
		'toString',
		'../../evil',
		'https://evil.example/key',
		"' OR 1=1 --",
		'*',
		`${kid} `,
		kid.toUpperCase(),
	].map((id): [string, unknown] => [`kid ${id}`, signedHeader({ kid: id })]),
	['kid in a list', signedHeader({ kid: [kid] })],
	['kid null', signedHeader({ kid: null })],
	[
		'a stranger’s key and where to find it',
		signedText(
			JSON.stringify({
				alg: 'RS256',
				kid: 'x',
				jku: 'http://127.0.0.1:1/jwks.json',
				x5u: 'http://127.0.0.1:1/x',
			}),
			{ by: keys.stranger.privateKey },
		),
	],
	[
		'a stranger’s key in the header, under a known ID',
		signedText(
			JSON.stringify({ alg: 'RS256', kid, jwk: keys.stranger.publicKey.export({ format: 'jwk' }) }),
			{ by: keys.stranger.privateKey },
		),
	],
	['a header that is null', signedText('null')],
	['a header that is a list', signedText('[{"alg":"RS256"}]')],
	['a header with a byte order mark', signedText(`\ufeff${JSON.stringify({ alg: 'RS256', kid })}`)],
	['a header cut off', signedText('{"alg":"RS256","kid":"')],
	['five parts', `${goodHeader}....${goodSignature}`],
	['four parts', `${good}.`],
	['a dot before', `.${good}`],
	['JSON serialization', JSON.stringify({ protected: goodHeader, signature: goodSignature })],
	['a scheme before', `Bearer ${good}`],
	['a line break inside', `${goodHeader}\n..${goodSignature}`],
	['Base64 of the other alphabet', withSignature(bytes.toString('base64'))],
	['a signature of zeros', withSignature(Buffer.alloc(bytes.length))],
	['a signature of ones', withSignature(Buffer.alloc(bytes.length, 0xff))],
	[
		'the signature 1',
		withSignature(Buffer.concat([Buffer.alloc(bytes.length - 1), Buffer.from([1])])),
	],
	[
		'the modulus as signature',
		withSignature(String(keys.current.publicKey.export({ format: 'jwk' }).n)),
	],
	['zeros before the signature', withSignature(Buffer.concat([Buffer.alloc(1), bytes]))],
	['bytes after the signature', withSignature(Buffer.concat([bytes, Buffer.alloc(1)]))],
	[
		'PSS padding',
		withSignature(
			sign('RSA-SHA256', Buffer.from(`${goodHeader}.${base64url(body)}`), {
				key: keys.current.privateKey,
				padding: constants.RSA_PKCS1_PSS_PADDING,
			}),
		),
	],
	[
		'the signature over the body alone',
		withSignature(sign('RSA-SHA256', body, keys.current.privateKey)),
	],
	[
		'the signature over the attached form',
		withSignature(sign('RSA-SHA256', Buffer.from(`${goodHeader}.`), keys.current.privateKey)),
	],
];

it.each(HEADERS)('is refused: %s', async (_, value) => {
	expect(await verifyJws(value, body, published)).toEqual({
		outcome: 'refused',
		reason: expect.any(String),
	});
	// Whatever the header says, keys are only asked for by their ID, and come from the API's host.
	expect(asked.length).toBeLessThanOrEqual(1);
});

describe('a published key', () => {
	const jwk = (publicExponent: number, modulusLength = 2048) =>
		generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({
			format: 'jwk',
		});
	const full = jwk(65_537);
	const accepted = (entry: object) => [...(readKeySet({ keys: [entry] })?.keys() ?? [])];

	it('with the usual exponent, or a greater one, can verify', () => {
		expect(accepted({ ...full, kid: 'usual' })).toEqual(['usual']);
		expect(accepted({ ...jwk(65_539), kid: 'greater' })).toEqual(['greater']);
	});

	it.each<[string, object]>([
		['exponent 3', jwk(3)],
		['exponent 17', jwk(17)],
		['exponent 257', jwk(257)],
		['exponent 1', { ...full, e: 'AQ' }],
		['exponent 0', { ...full, e: 'AA' }],
		['exponent 3 behind zeros', { ...full, e: 'AAAAAw' }],
		['no exponent', { ...full, e: undefined }],
		['an empty exponent', { ...full, e: '' }],
		['1024 bits', jwk(65_537, 1024)],
		['no modulus', { ...full, n: undefined }],
		['an empty modulus', { ...full, n: '' }],
		[
			'a modulus of small value behind zeros',
			{ ...full, n: base64url(Buffer.concat([Buffer.alloc(250), Buffer.from('abcdef')])) },
		],
		['a modulus that is a list', { ...full, n: [full.n] }],
		['another type', { ...full, kty: 'oct', k: full.n }],
		['the type in lower case', { ...full, kty: 'rsa' }],
		['use for encryption', { ...full, use: 'enc' }],
		['another algorithm', { ...full, alg: 'RS1' }],
		['an ID that is no text', { ...full, kid: 7 }],
	])('is left out with %s', (_, entry) => {
		expect(accepted({ kid: 'x', ...entry })).toEqual([]);
	});

	it('is used without its private parts', () => {
		const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
		const found = readKeySet({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'x' }] });
		expect(found?.get('x')?.type).toBe('public');
	});

	it('counts among the first hundred only', () => {
		const entries = Array.from({ length: 150 }, (_, index) => ({ ...full, kid: `k${index}` }));
		expect(readKeySet({ keys: entries })?.size).toBe(100);
	});

	it('with an ID of the prototype is a key like any other', () => {
		const found = readKeySet(
			JSON.parse(`{"keys":[${JSON.stringify({ ...full, kid: '__proto__' })}]}`),
		);
		expect([...(found?.keys() ?? [])]).toEqual(['__proto__']);
	});
});
