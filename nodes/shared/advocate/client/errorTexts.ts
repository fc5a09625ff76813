/**
 * How to get unstuck, by the API's code, the HTTP status or the network's code: the texts that a person sees below the
 * API's own. Sources of the codes: the vendor's "Advocate Error Codes" page and OpenAPI files.
 */
import { withoutPeriod } from '../../inputValue';
import { urlOf } from '../credential';

/** What to do with options of the node that help against some failures; not every operation has them. */
const OPTION_ADVICE = {
	batchSize: "lower 'Batch Size'",
	concurrency: "lower 'Concurrency'",
	maxWaitTime: "raise 'Max Wait Time'",
	timeout: "raise 'Timeout'",
} as const;

export type HelpfulOption = keyof typeof OPTION_ADVICE;

export interface WayOut {
	/** How to get unstuck, by whatever operation it happened. */
	hint: string;
	/**
	 * A way out by settings of the node, as a sentence: apart from the hint, as those who get a rejects file to correct
	 * have no settings.
	 */
	bySetting?: string;
	/** Options that would help too, where the operation has them: see `hintWithOptions`. */
	helpfulOptions?: readonly HelpfulOption[];
	/** Seconds of 'Max Wait Time' that would have been enough, where that is known. */
	enoughWait?: number;
}

/**
 * How to get unstuck, settings and the options that help included.
 * @param has which of them the operation has; all by default
 */
export const hintWithOptions = (wayOut: WayOut, has?: (option: HelpfulOption) => boolean): string =>
	inSentences(wayOut.hint, waysBySetting(wayOut, has));

/** What of it is done in the node; nothing where no setting helps. */
export function waysBySetting(
	{ bySetting, helpfulOptions = [], enoughWait }: Omit<WayOut, 'hint'>,
	has: (option: HelpfulOption) => boolean = () => true,
): string | undefined {
	const advice = helpfulOptions
		.filter(has)
		.map((option) =>
			option === 'maxWaitTime' && enoughWait !== undefined
				? `${OPTION_ADVICE[option]} to ${enoughWait} or more`
				: OPTION_ADVICE[option],
		)
		.join(', or ');
	const byOption = advice === '' ? undefined : advice.charAt(0).toUpperCase() + advice.slice(1);
	return inSentences(bySetting, byOption) || undefined;
}

/** Texts as sentences, one after the other. */
export const inSentences = (...texts: Array<string | undefined>): string =>
	texts
		.filter((text) => text !== undefined)
		.map((text, index, { length }) => (index < length - 1 ? withoutPeriod(text) : text))
		.join('. ');

const CHECK_CREDENTIAL =
	'Open the credential and save it: n8n tests it then. Account SID and Auth Token belong together, and each tenant (test, live) has its own keys';

const CHECK_ALIAS =
	'Check the tenant alias in the credential: impact.com shows it under Settings > Advocate Settings > General > Tenant Details';

const RS_HINTS: Readonly<Record<string, string>> = {
	RS013:
		'The account has reached its 1,000 participants. Give the participant an Account ID of its own',
	RS015: CHECK_ALIAS,
	RS023: "Check the participant's e-mail address",
	RS033: 'The API limits the request rate. Try again later',
	RS038: CHECK_ALIAS,
	RS039: 'Write the locale as language_COUNTRY, for example en_US',
	RS041: 'No account has this ID. Check the Account ID; it often equals the participant ID',
	RS042: 'No participant has this ID. Check the participant ID and the Account ID',
	RS043: 'Give a participant ID that is not blank',
	RS044: 'Give an Account ID that is not blank',
	RS045: CHECK_ALIAS,
	RS046: 'The API rejected the content type. Report this with the request you made',
	RS049:
		'A live program rejected the change. See the program in impact.com, or ask impact.com support with this text',
	RS050:
		"The participant asked not to be tracked and can't be changed or created again. Remove them from your data",
};

const STATUS_HINTS: Readonly<Record<number, string>> = {
	400: "The API did not accept the values sent. Compare them with the API's text above",
	401: `The API did not accept the key. ${CHECK_CREDENTIAL}`,
	402: 'The API rejected the request for this plan. Ask impact.com support',
	403: "The key is valid but may not do this. Ask for a token with Advocate access, or check that the tenant's plan includes the API",
	404: 'The API found nothing of this name. Check the IDs and keys that were given; if they are right, check the Base URL and the tenant alias in the credential',
	408: 'The API took too long. Try again',
	409: 'The API is already working on the same change. Try again in a moment',
	413: 'The request was too large for the API, or for a proxy in front of it. Send shorter values',
	429: 'The API limits the request rate. Try again later',
};

const HELPFUL_OPTIONS = new Map<string | number | undefined, readonly HelpfulOption[]>([
	['RS033', ['concurrency']],
	[408, ['batchSize']],
	[413, ['batchSize']],
	[429, ['concurrency']],
]);

/** How to get unstuck from an error of the API. */
export function wayOut(statusCode: number | undefined, rsCode = '', apiErrorCode?: string): WayOut {
	return {
		hint: hintFor(statusCode, rsCode, apiErrorCode),
		helpfulOptions: HELPFUL_OPTIONS.get(rsCode) ?? HELPFUL_OPTIONS.get(statusCode),
	};
}

function hintFor(statusCode: number | undefined, rsCode: string, apiErrorCode?: string): string {
	// RS045 stands for missing credentials as well as for an unknown tenant.
	if (statusCode === 401 && rsCode === 'RS045') return STATUS_HINTS[401];
	// The code comes from the API: it might be the name of something every object has.
	if (Object.hasOwn(RS_HINTS, rsCode)) return RS_HINTS[rsCode];
	if (apiErrorCode === 'TENANT_NOT_FOUND') return RS_HINTS.RS045;
	if (statusCode !== undefined) {
		if (STATUS_HINTS[statusCode] !== undefined) return STATUS_HINTS[statusCode];
		if (statusCode >= 500) {
			return 'The API reported an internal error. Try again later; what was not confirmed is safe to send again';
		}
		if (statusCode >= 300 && statusCode < 400) {
			return 'The address redirects, and the credential is not sent to another address. Enter the final address as Base URL in the credential';
		}
	}
	return "Compare the values sent with the API's text above";
}

const UNKNOWN_AUTHORITY =
	"n8n does not know the authority that signed the server's certificate, as with a gateway of yours, or a proxy that looks into the traffic. Set NODE_EXTRA_CA_CERTS to a file with the certificate of that authority and restart n8n. Only if that is impossible, and you trust the network: 'Ignore SSL Issues (Insecure)' in the credential";

/** Network codes whose cause is the address, the certificate or the way there, not the moment. */
const ADDRESS_HINTS: Readonly<Record<string, string>> = {
	ENOTFOUND: 'Check the Base URL in the credential: its host is not known',
	EAI_AGAIN: 'The host name could not be looked up. Check the Base URL and the network of this n8n',
	ECONNREFUSED: 'Nothing listens at this address. Check the Base URL in the credential',
	DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
	SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
	UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
	CERT_HAS_EXPIRED:
		"The server's certificate has expired, or the clock of this n8n is wrong. Ask whoever runs the server, or the proxy in between, to renew it",
	ERR_TLS_CERT_ALTNAME_INVALID:
		"The server's certificate is for another host name. Enter the name that the certificate has as Base URL in the credential; if that is what you entered, something in between answers for it",
};

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
