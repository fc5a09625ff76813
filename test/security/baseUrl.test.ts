/** Forms of a Base URL that look like one server and lead to another, or carry the credential in clear text. */
import { apiBaseUrl, urlOf } from '../../nodes/shared/advocate/credential';

const apiUrlOf = (baseUrl: string) => apiBaseUrl({ baseUrl, tenantAlias: 't' });

/** These are shown to the person who fills the credential in, before anything is sent. */
it.each([
	'http://example.com',
	'HTTP://example.com',
	'http:example.com',
	'http:\\\\example.com',
	'ht\ttp://example.com',
	'http://10.0.0.1',
	'http://0.0.0.0',
	'http://[::]',
	'http://[::ffff:10.0.0.1]',
	'http://128.0.0.1',
	'http://2130706434.example.com',
	'http://127.0.0.1.example.com',
	'http://localhost.example.com',
	'http://localhost%2eexample.com',
	'http://examplelocalhost',
	'http://127.0.0.1@example.com',
	'http://localhost:80@example.com',
	'http://example.com#localhost',
	'http://example.com?localhost',
	'http://example.com/localhost',
	'http://169.254.169.254/latest/meta-data',
	'ftp://example.com',
	'ws://127.0.0.1',
	'wss://example.com',
	'file:///etc/passwd',
	'gopher://127.0.0.1',
	'javascript://127.0.0.1/%0aalert(1)',
	'blob://127.0.0.1',
	'https://user:password@example.com',
	'https://user@example.com',
	'https://:password@example.com',
	'user:password@example.com',
	'https://',
	'https:// ',
	'https://exa mple.com',
	'https://example.com:99999',
	'https://[::1',
	'https://example.com%00.evil.example',
	'https://<script>',
])('%j is refused', (baseUrl) => {
	expect(() => apiUrlOf(baseUrl)).toThrow(/^Base URL /);
});

/** These lead where the browser's address bar would lead, too. */
it.each([
	['https://example.com\\@evil.example', 'https://example.com'],
	['https://example.com/@evil.example', 'https://example.com'],
	['https://example.com#@evil.example', 'https://example.com'],
	['https://example.com?@evil.example', 'https://example.com'],
	['https://example.com/../../..', 'https://example.com'],
	['https://example.com/api/v1/other/../../../x', 'https://example.com'],
	['https:\\\\example.com', 'https://example.com'],
	['https:///example.com', 'https://example.com'],
	['//example.com', 'https://example.com'],
	['example.com', 'https://example.com'],
	['https://EXAMPLE.com.', 'https://example.com.'],
	['https://ex\u00adample.com', 'https://example.com'],
	['https://\uff45xample.com', 'https://example.com'],
	['\u200bhttps://example.com\ufeff', 'https://example.com'],
	['ht\ttps://example.com', 'https://example.com'],
	['https:/example.com', 'https://example.com'],
	['http://localhost\\@example.com@example.com', 'http://localhost'],
	['http://127.1', 'http://127.0.0.1'],
	['http://0x7f000001', 'http://127.0.0.1'],
	['http://[0:0:0:0:0:0:0:1]', 'http://[::1]'],
])('%j is %s', (baseUrl, origin) => {
	const apiUrl = apiUrlOf(baseUrl);
	expect(new URL(apiUrl).origin).toBe(origin);
	expect(apiUrl).toMatch(/\/api\/v1\/t$/);
	// And nothing comes after it, so that what is appended is a path.
	expect(new URL(`${apiUrl}/users`).pathname).toMatch(/\/api\/v1\/t\/users$/);
});

it.each([
	'',
	' ',
	'.',
	'..',
	'../other',
	'a/b',
	'a\\b',
	'a?b',
	'a#b',
	'a@evil.example',
	'a:b',
	'a b',
	'a\nb',
	'\u200b',
])('the tenant alias %j is refused', (tenantAlias) => {
	expect(() => apiBaseUrl({ baseUrl: 'https://example.com', tenantAlias })).toThrow(
		/^Tenant Alias /,
	);
});

it.each(['%2e%2e', '%2F', '<a>', 'ü', '__proto__', ';a=b', '{alias}'])(
	'the tenant alias %j stays one part of the path',
	(tenantAlias) => {
		const { pathname } = new URL(apiBaseUrl({ baseUrl: 'https://example.com', tenantAlias }));
		expect(pathname).toBe(`/api/v1/${encodeURIComponent(tenantAlias)}`);
	},
);

test('a URL with letters such as é is one, however often it is looked at', () => {
	// Once it is optimized, Node 20's own `URL.canParse` says otherwise.
	const isRefused = Array.from({ length: 20_000 }, () => urlOf('https://ex\u00adample.com/é'));
	expect(isRefused.filter((url) => url === undefined)).toEqual([]);
});
