/** How to get unstuck when no answer came: by the network's code, its text, and whether it is about the API's address. */
import { urlOf } from '../credential';
import { ADDRESS_HINTS } from './errorTexts';

/** Words of OpenSSL, in the text of EPROTO or in a code of their own (`ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`). */
const TLS_HINTS: Array<[words: RegExp, hint: string]> = [
	[
		/wrong.version.number|packet.length.too.long|http.request/i,
		'This port does not speak https. Check the port in the Base URL of the credential; the proxy of HTTPS_PROXY takes http:// in its own address unless it speaks https itself',
	],
	[
		/alert.(certificate.required|bad.certificate|handshake.failure)/i,
		"The server ended the handshake, most likely as it wants a client certificate, which this credential can't hold. Let a gateway of yours add it, and enter its address as Base URL in the credential",
	],
	[
		/alert.protocol.version|unsupported.protocol/i,
		'The server speaks only a version of TLS that Node.js does not take any more. Ask whoever runs it to turn on TLS 1.2 or later',
	],
];

const PROXY_HINTS: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'Nothing listens at the address of the proxy',
	ENOTFOUND: "The proxy's host is not known",
	EAI_AGAIN: "The proxy's host could not be looked up",
};

const CHECK_PROXY =
	"Check HTTP_PROXY and HTTPS_PROXY in the environment of this n8n. To go to the API without a proxy, add the API's host to NO_PROXY";

const ELSE = 'Check the network of this n8n, and try again. Sending a change twice does no harm';

/** Failures whose cause stays, besides those that have `ADDRESS_HINTS`. */
const PERMANENT_CODES =
	/^(ENOTFOUND|ERR_UNKNOWN|.*CERT.*|.*SIGNATURE.*|ERR_TLS.*|ERR_SSL.*|EPROTO|ERR_INVALID_URL)$/;

/**
 * Whether no other request can succeed: no such host, a certificate that is not trusted, or a request that n8n or the
 * credential did not let out.
 */
export const isPermanentCode = (code: string): boolean => PERMANENT_CODES.test(code);

/**
 * How to get unstuck.
 * @param text of the network: `connect ECONNREFUSED 10.0.0.1:3128`, `getaddrinfo ENOTFOUND proxy.local`
 * @param apiUrl where the request was to go
 */
export function networkHint(code: string, text: string, apiUrl: string | undefined): string {
	if (Object.hasOwn(PROXY_HINTS, code) && isElsewhere(text, apiUrl)) {
		return `${PROXY_HINTS[code]}. ${CHECK_PROXY}`;
	}
	const [, hint] = TLS_HINTS.find(([words]) => words.test(code) || words.test(text)) ?? [];
	return hint ?? ADDRESS_HINTS[code] ?? ELSE;
}

/** Whether the address in a text is another than the API's. Its IP addresses are not known here, so ports are compared. */
function isElsewhere(text: string, apiUrl: string | undefined): boolean {
	const api = apiUrl === undefined ? undefined : urlOf(apiUrl);
	if (api === undefined) return false;
	const [, port] = /\b(?:ECONNREFUSED) \S*:(\d+)\b/.exec(text) ?? [];
	if (port !== undefined) {
		return Number(port) !== Number(api.port || (api.protocol === 'https:' ? 443 : 80));
	}
	const [, host] = /\b(?:ENOTFOUND|EAI_AGAIN) (\S+)/.exec(text) ?? [];
	return host !== undefined && host.toLowerCase() !== api.hostname.toLowerCase();
}
