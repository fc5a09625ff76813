/**
 * What a request may do with the credential. Whoever may use a credential in a workflow need not be allowed to read it,
 * so nothing that a node sets may send it to another server, or over a connection that somebody else can read.
 */
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { CredentialInputError, urlOf } from '../nodes/shared/advocate/credential';

/** What the credential decides. */
interface Rules {
	/** `https://host/api/v1/alias`, without a slash at the end. */
	apiUrl: string;
	ignoreSslIssues: boolean;
}

/** Of a node's TLS options only the client certificate: a host, an authority or a lookup of its own would lead elsewhere. */
const CLIENT_CERTIFICATE = ['cert', 'key', 'passphrase'];

/** Not passed on: the URL is whole, and a proxy is n8n's own to choose. */
const SAID_BY_URL_OR_N8N = ['uri', 'baseURL', 'proxy'];

/** Neither of n8n's two request helpers follows a redirect with these. */
const NO_REDIRECTS = {
	disableFollowRedirect: true,
	followRedirect: false,
	followAllRedirects: false,
	maxRedirects: 0,
};

/**
 * The request as it may be sent, for both of n8n's request helpers. Its URL is absolute then, so that no other parser
 * has to make anything of it.
 * @throws CredentialInputError when it would leave the credential's own server, or names a proxy
 */
export function guardRequest(
	request: IHttpRequestOptions,
	{ apiUrl, ignoreSslIssues }: Rules,
): IHttpRequestOptions {
	const asked = request as unknown as Record<string, unknown>;
	const { proxy, agentOptions, headers } = asked;
	const target = targetOf(String(asked.url ?? asked.uri ?? ''), apiUrl);
	if (target === undefined || !isAddressedTo(target, headers)) {
		throw new CredentialInputError(
			`This credential may only be used with its own Base URL, ${new URL(apiUrl).origin}`,
			'Change the URL of the request, or the Base URL of the credential',
		);
	}
	if (proxy !== undefined && proxy !== null && proxy !== '' && proxy !== false) {
		throw new CredentialInputError(
			"This credential can't be used with a proxy that is set in the node",
			"Remove 'Proxy' from the node's options. A proxy from n8n's environment (HTTPS_PROXY) still applies",
		);
	}
	// Name by name: spreading leaves 2 kB behind for every request, which only a full garbage collection takes away.
	const options: Record<string, unknown> = {};
	for (const name of Object.keys(asked)) {
		if (!SAID_BY_URL_OR_N8N.includes(name)) options[name] = asked[name];
	}
	Object.assign(options, NO_REDIRECTS);
	options.url = target.href;
	options.agentOptions = clientCertificate(agentOptions);
	options.skipSslCertificateValidation = ignoreSslIssues;
	options.rejectUnauthorized = !ignoreSslIssues;
	return options as unknown as IHttpRequestOptions;
}

/**
 * Where a request goes: read by the parser that the HTTP client uses.
 * @returns nothing when that is not the credential's own server
 */
function targetOf(text: string, apiUrl: string): URL | undefined {
	const absolute = urlOf(text);
	const target = absolute ?? urlOf(text, apiUrl);
	if (target === undefined) return undefined;
	const own = new URL(apiUrl);
	// Not the origin: a `blob:` URL has that of the URL inside it.
	if (target.protocol !== own.protocol || target.host !== own.host) return undefined;
	// A relative URL is one below the tenant's, joined as n8n joins it to a base URL.
	return absolute ?? new URL(`${apiUrl}/${text.replace(/^\/+/, '')}`);
}

/** A server that hosts several names would hand the request to the one in this header. */
function isAddressedTo(target: URL, headers: unknown): boolean {
	return Object.entries(Object(headers) as Record<string, unknown>).every(
		([name, value]) => name.trim().toLowerCase() !== 'host' || String(value) === target.host,
	);
}

function clientCertificate(agentOptions: unknown): IDataObject {
	const given = Object(agentOptions) as IDataObject;
	return Object.fromEntries(
		CLIENT_CERTIFICATE.filter((name) => given[name] !== undefined).map((name) => [
			name,
			given[name],
		]),
	);
}
