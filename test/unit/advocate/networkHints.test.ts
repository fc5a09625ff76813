/** The network's codes and words are those that Node.js 20 and 24 gave for real servers of each kind. */
import { isPermanentCode, networkHint } from '../../../nodes/shared/advocate/client/errorTexts';

const API = 'https://app.referralsaasquatch.com/api/v1/test_alias';

const openSsl = (words: string) =>
	`write EPROTO 40BDCA69C27F0000:error:0A00010B:SSL routines:x:${words}:../deps/openssl/openssl/ssl/x.c:918:`;

it.each<[string, string, string, RegExp]>([
	[
		'a private authority',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'unable to verify',
		/^n8n does not know the authority .*NODE_EXTRA_CA_CERTS.*Only if .*'Ignore SSL/,
	],
	[
		'its chain',
		'SELF_SIGNED_CERT_IN_CHAIN',
		'self-signed certificate in',
		/NODE_EXTRA_CA_CERTS.*Ignore SSL/,
	],
	[
		'a self-signed certificate',
		'DEPTH_ZERO_SELF_SIGNED_CERT',
		'self-signed',
		/NODE_EXTRA_CA_CERTS.*Ignore SSL/,
	],
	[
		'an unknown issuer',
		'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
		'unable to get',
		/NODE_EXTRA_CA_CERTS.*Ignore SSL/,
	],
	[
		'another name',
		'ERR_TLS_CERT_ALTNAME_INVALID',
		"Host: a. is not in the cert's altnames",
		/for another host name/,
	],
	[
		'an old certificate',
		'CERT_HAS_EXPIRED',
		'certificate has expired',
		/has expired, or the clock/,
	],
	['http on this port', 'EPROTO', openSsl('wrong version number'), /does not speak https/],
	['the same, by its code', 'ERR_SSL_WRONG_VERSION_NUMBER', '', /does not speak https/],
	[
		'a client certificate, TLS 1.3',
		'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
		'x',
		/wants a client certificate/,
	],
	[
		'a client certificate, TLS 1.2',
		'EPROTO',
		openSsl('ssl/tls alert handshake failure'),
		/wants a client certificate/,
	],
	['old TLS', 'EPROTO', openSsl('tlsv1 alert protocol version'), /TLS 1\.2 or later/],
	[
		'nobody there',
		'ECONNREFUSED',
		'connect ECONNREFUSED 10.0.0.1:443',
		/^Nothing listens at this address/,
	],
	[
		'no proxy there',
		'ECONNREFUSED',
		'connect ECONNREFUSED 10.0.0.1:3128',
		/address of the proxy.*HTTP_PROXY and HTTPS_PROXY.*NO_PROXY/,
	],
	[
		'no proxy there, by IPv6',
		'ECONNREFUSED',
		'connect ECONNREFUSED ::1:3128',
		/address of the proxy/,
	],
	[
		'an unknown host',
		'ENOTFOUND',
		'getaddrinfo ENOTFOUND app.referralsaasquatch.com',
		/^Check the Base URL/,
	],
	[
		'an unknown proxy',
		'ENOTFOUND',
		'getaddrinfo ENOTFOUND proxy.local',
		/proxy's host is not known.*HTTPS_PROXY/,
	],
	[
		'an unknown proxy for now',
		'EAI_AGAIN',
		'getaddrinfo EAI_AGAIN proxy.local',
		/proxy's host could not/,
	],
	['several addresses', 'ECONNREFUSED', '', /^Nothing listens at this address/],
	['anything else', 'EPIPE', 'write EPIPE', /^Check the network of this n8n/],
])('%s', (_, code, text, hint) => {
	expect(networkHint(code, text, API)).toMatch(hint);
});

it('a port of its own is the API, and no proxy', () => {
	const own = 'http://127.0.0.1:8080/api/v1/alias';
	expect(networkHint('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:8080', own)).toMatch(
		/^Nothing listens at this address/,
	);
	expect(networkHint('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:8081', own)).toMatch(/proxy/);
	expect(networkHint('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:8081', undefined)).toMatch(
		/^Nothing listens/,
	);
});

it.each([
	['EPROTO', true],
	['ERR_SSL_WRONG_VERSION_NUMBER', true],
	['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true],
	['ERR_TLS_CERT_ALTNAME_INVALID', true],
	['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true],
	['ECONNRESET', false],
	['ECONNREFUSED', false],
])('%s stays: %s', (code, stays) => expect(isPermanentCode(code)).toBe(stays));
