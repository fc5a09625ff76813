/** No answer shows a secret of the credential, however it is written; and nothing else is hidden. */
import * as fc from 'fast-check';
import { secretsOf } from '../../nodes/shared/advocate/credential';
import { Redaction } from '../../nodes/shared/advocate/client/redaction';
import { runNode } from '../engine/harness';
import { asJob, importOrFail, listOf } from '../engine/jobs/helpers';
import { SOME_SEGMENTS, useSimulator } from '../support/advocate';
import { credentialFor, startServer } from './server';
import type { HostileServer } from './server';

const hex = (value: number, digits = 0): string => value.toString(16).padStart(digits, '0');

const everyChar = (text: string, write: (char: string) => string): string =>
	[...text].map(write).join('');

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const asUnicode = (text: string): string =>
	text
		.split('')
		.map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
		.join('');

const asPercent = (text: string): string =>
	[...Buffer.from(text)].map((byte) => `%${hex(byte, 2)}`).join('');

/** Ways in which a server, or what stands before it, may write a text. */
const WRITINGS: Record<string, (text: string) => string> = {
	'as it is': (text) => text,
	'as JSON': (text) => JSON.stringify(text).slice(1, -1),
	'as JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
	'with slashes escaped': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
	'in \\u escapes': asUnicode,
	'in \\u escapes in JSON': (text) => JSON.stringify(asUnicode(text)).slice(1, -1),
	'with one \\u escape': (text) => asUnicode([...text][0]) + [...text].slice(1).join(''),
	'in \\u{} escapes': (text) => everyChar(text, (char) => `\\u{${hex(char.codePointAt(0) ?? 0)}}`),
	'URL-encoded': encodeURIComponent,
	'URL-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
	'URL-encoded in small letters': (text) =>
		encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
	'URL-encoded in full': asPercent,
	'as a form': (text) => new URLSearchParams({ a: text }).toString().slice(2),
	'in HTML': (text) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`),
	'in HTML by names': (text) =>
		text
			.replaceAll('&', '&amp;')
			.replaceAll('"', '&quot;')
			.replaceAll('<', '&lt;')
			.replaceAll('>', '&gt;')
			.replaceAll("'", '&apos;'),
	'in hexadecimal HTML': (text) =>
		everyChar(text, (char) => `&#x${hex(char.codePointAt(0) ?? 0)};`),
	'in a CSV cell': (text) => text.replaceAll('"', '""'),
	'with characters of no width': (text) => everyChar(text, (char) => `${char}\u200B`),
	'with soft hyphens and joiners': (text) => [...text].join('\u00AD\u200D'),
	'in Base64': base64,
	'in Base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
	'in Base64, URL-encoded': (text) => encodeURIComponent(base64(text)),
	'in hexadecimal': (text) => Buffer.from(text).toString('hex'),
};

/** What can be in a header: anything but line ends and other control characters. */
const secretText = fc
	.array(
		fc.oneof(
			{ weight: 6, arbitrary: fc.constantFrom(...'abcdefXYZ0123456789') },
			{ weight: 3, arbitrary: fc.constantFrom(...'~!@#$%^&*()-_=+[]{}\\|;\'",.<>/?` ') },
			{ weight: 1, arbitrary: fc.constantFrom('é', 'ß', '中', '😀') },
		),
		{ minLength: 8, maxLength: 40 },
	)
	.map((chars) => chars.join('').trim())
	// Of one character only, it would stand in what is around it.
	.filter((text) => [...new Set(text)].length >= 5 && text.length >= 8);

const BEFORE = 'Dear reader, ';
const AFTER = ' \u2013 was refused';

describe('in every way of writing', () => {
	test.each(Object.entries(WRITINGS))(
		'a text loses the secret and nothing else: %s',
		(_, write) => {
			fc.assert(
				fc.property(secretText, (secret) => {
					const shown = new Redaction([secret]).text(`${BEFORE}${write(secret)}${AFTER}`);
					// What pads Base64 tells nothing.
					expect(shown.replace(/(=|%3D)+(?= )/, '')).toBe(`${BEFORE}[hidden]${AFTER}`);
				}),
				{ numRuns: 40 },
			);
		},
	);

	test.each(Object.entries(WRITINGS))('values and keys of JSON lose it: %s', (_, write) => {
		fc.assert(
			fc.property(secretText, (secret) => {
				const text = `${BEFORE}${write(secret)}`;
				const value = { message: text, list: [[{ [text]: 1, id: 'ann' }]] };
				const body = JSON.stringify(value);
				const shown = new Redaction([secret]).json(JSON.parse(body), body);
				const expected = `${BEFORE}[hidden]`;
				expect(JSON.stringify(shown)).toBe(
					JSON.stringify({ message: expected, list: [[{ id: 'ann', [expected]: 1 }]] }),
				);
			}),
			{ numRuns: 25 },
		);
	});

	test('a whole JSON text in \\u escapes hides nothing', () => {
		fc.assert(
			fc.property(secretText, (secret) => {
				const body = `{"message":"${asUnicode(secret)}"}`;
				expect(new Redaction([secret]).json(JSON.parse(body), body)).toEqual({
					message: '[hidden]',
				});
			}),
		);
	});

	test('other answers stay as they are', () => {
		const redaction = new Redaction(['IRhostileSid7Qx', 'hostile~Token/9+Zk']);
		fc.assert(
			fc.property(fc.json(), (body) => {
				expect(redaction.json(JSON.parse(body), body)).toEqual(JSON.parse(body));
			}),
		);
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), (text) => redaction.text(text) === text),
		);
	});

	test('a key that every object has is a key like others', () => {
		const body = '{"__proto__":"hostile~Token","constructor":{"hostile~Token":1}}';
		const shown = new Redaction(['hostile~Token']).json(JSON.parse(body), body);
		expect(JSON.stringify(shown)).toBe('{"__proto__":"[hidden]","constructor":{"[hidden]":1}}');
		expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
	});

	test('however deep', () => {
		const depth = 200_000;
		const body = `${'['.repeat(depth)}"hostile~Token"${']'.repeat(depth)}`;
		let shown = new Redaction(['hostile~Token']).json(JSON.parse(body), body);
		while (Array.isArray(shown)) [shown] = shown as unknown[];
		expect(shown).toBe('[hidden]');
	});

	test('what is written in more ways than are told apart is hidden as a whole', () => {
		const secret = 'hostile~Token';
		// HTML in URLs in JSON.
		const text = `x ${asUnicode(asPercent(WRITINGS['in hexadecimal HTML'](secret)))} y`;
		const shown = new Redaction([secret]).text(text);
		expect(shown).toBe('[hidden]');
	});
});

describe('short secrets', () => {
	const shownBy = (secret: string, text: string) => new Redaction([secret]).text(text);

	test.each([
		['k3y!', 'The key k3y! is wrong', 'The key [hidden] is wrong'],
		['hunter2', 'hunter2', '[hidden]'],
		['hunter2', '"hunter2"', '"[hidden]"'],
		['hunter2', 'token=hunter2&x=1', 'token=[hidden]&x=1'],
		['hunter2', 'Not hunter2.', 'Not [hidden].'],
		['hunter2', 'Not \\u0068unter2', 'Not [hidden]'],
		['hu"ter2', '{"a":"hu\\"ter2"}', '{"a":"[hidden]"}'],
	])('%s in %s', (secret, text, expected) => {
		expect(shownBy(secret, text)).toBe(expected);
	});

	test.each([
		['info', 'information for info@example.com and my-info'],
		['gold', 'golden, marigold, gold_2, gold.member'],
		['any', 'any'],
		['CA', 'CA'],
	])('%s is left in %s', (secret, text) => {
		expect(shownBy(secret, text)).toBe(text);
	});

	test('are hidden as a pair, however short', () => {
		const secrets = secretsOf({
			authentication: 'accountSidToken',
			accountSid: 'IR1',
			authToken: 'abc',
		});
		const redaction = new Redaction(secrets);
		expect(redaction.text(`You sent Basic ${base64('IR1:abc')}`)).toBe('You sent Basic [hidden]');
		expect(redaction.text('You sent IR1:abc.')).toBe('You sent [hidden].');
	});
});

test('a secret is what travels: without what was pasted along', () => {
	const secrets = secretsOf({
		authentication: 'accountSidToken',
		accountSid: ' IRhostile\u200BSid7Qx ',
		authToken: 'hostile\uFEFFToken9Zk\n',
	});
	const shown = new Redaction(secrets).text('IRhostileSid7Qx, hostileToken9Zk');
	expect(shown).toBe('[hidden], [hidden]');
});

test('a large answer without a secret is looked through once, and not rewritten', () => {
	const line = 'p12345,"Refused, as ""before""",BAD_REQUEST,400,ann@example.com\n';
	const text = line.repeat(20_000);
	const redaction = new Redaction(['IRhostileSid7Qx', 'hostile~Token/9+Zk']);
	const replaced = jest.spyOn(String.prototype, 'replace');
	const searched = jest.spyOn(String.prototype, 'search');
	const shown = redaction.text(text);
	const value = redaction.json({ text }, text);
	const calls = [replaced, searched].map(({ mock }) => mock.calls.length);
	jest.restoreAllMocks();
	expect(calls).toEqual([0, 0]);
	expect(shown === text).toBe(true);
	expect(value).toEqual({ text });
});

test('of a large answer with one secret, only its line is searched for escapes', () => {
	const redaction = new Redaction(['hostile~Token/9+Zk']);
	const lines = Array.from({ length: 5000 }, (_, index) => `p${index},all well,${'x'.repeat(20)}`);
	lines[2500] = 'p2500,hostile~Token%2F9%2BZk was refused,';
	const shown = redaction.text(lines.join('\n')).split('\n');
	expect(shown[2500]).toBe('p2500,[hidden] was refused,');
	expect(shown.filter((line, index) => line !== lines[index])).toHaveLength(1);
});

describe('in the engine', () => {
	let server: HostileServer | undefined;

	afterEach(async () => {
		await server?.close();
		server = undefined;
	});

	const TOKENS = ['hostile~Token/9+Zk', 'quo"ted\\Token', '\u200Bpasted\u200BToken77', 'k3y-77'];

	const cases = TOKENS.flatMap((token) =>
		Object.entries(WRITINGS).map(([name, write]) => [token, name, write] as const),
	);

	/** The ways in which a short one can't be told from other text. */
	const isHiddenAlone = (token: string, name: string): boolean =>
		token.length >= 8 || !/Base64|in hexadecimal$/.test(name);

	test.each(cases.filter(([token, name]) => isHiddenAlone(token, name)))(
		'%j in a refusal, %s',
		async (token, _, write) => {
			const travels = token.replaceAll('\u200B', '');
			const message = `Token ${write(travels)} is wrong`;
			const bodies = [
				JSON.stringify({ message, statusCode: 400, apiErrorCode: 'BAD_REQUEST' }),
				`{"message":"${asUnicode(message)}","statusCode":400}`,
				message,
			];
			let body = '';
			server = await startServer((response) => response.writeHead(400).end(body));
			for (body of bodies) {
				const { main } = await runNode({
					parameters: {
						resource: 'participant',
						operation: 'get',
						participant: { __rl: true, mode: 'id', value: 'ann' },
					},
					credentials: { ...credentialFor(server), authToken: token },
					onError: 'continueRegularOutput',
				});
				const shown = String(main[0].error?.message);
				expect(shown).toContain('Token [hidden] is wrong');
				for (const text of [travels, write(travels)]) expect(shown).not.toContain(text);
			}
		},
	);

	const simulator = useSimulator(SOME_SEGMENTS);

	const NOT_COUNTED =
		'The import job refused this row or one close to it, and does not say how it counts rows: ';

	test('in an errors file, whose other lines stay', async () => {
		simulator().state.addSegment({ key: 'vip' });
		simulator().options.jobPendingPolls = 0;
		simulator().options.participantRejects = { p1: { message: 'x' }, p2: { message: 'x' } };
		const { authToken } = simulator().credentials;
		const body = [
			'recordNumber,message,apiErrorCode,statusCode',
			`1,"Wrong ""${asPercent(authToken)}""",BAD_REQUEST,400`,
			'2,50% &amp; more \\ less,BAD_REQUEST,400',
			'',
		].join('\n');
		simulator().faults.add({
			match: { path: '/downloads/' },
			times: 'always',
			then: { kind: 'status', status: 200, body },
		});
		const { rows } = await importOrFail(simulator(), listOf(3), asJob());
		expect(rows.map(({ message }) => message)).toEqual([
			`${NOT_COUNTED}Wrong "[hidden]"`,
			`${NOT_COUNTED}50% &amp; more \\ less`,
			`${NOT_COUNTED}50% &amp; more \\ less`,
		]);
	});
});
