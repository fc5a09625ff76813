/**
 * From what people paste into the credential to the URL of their tenant's API and the header that opens it. The
 * credential (for its test) and the node both come here, so that what the test accepted is what the node calls.
 */

import { InputError } from '../inputError';
import { describeValue, switchOf } from '../inputValue';
import { markOf } from './client/values';

export const DEFAULT_BASE_URL = 'https://app.referralsaasquatch.com';

/** The fields of the credential, as they were typed or pasted. */
export interface CredentialInput {
	authentication?: unknown;
	accountSid?: unknown;
	authToken?: unknown;
	apiKey?: unknown;
	baseUrl?: unknown;
	tenantAlias?: unknown;
	ignoreSslIssues?: unknown;
}

/** A field of the credential that can't be used. */
export class CredentialInputError extends InputError {}

/** Remove what a copy and paste leaves around a value: blanks, line ends and characters of no width. */
function trimPasted(value: unknown): string {
	return String(value ?? '')
		.replace(/[\u200B-\u200D\u2060\uFEFF]/g, '')
		.trim();
}

/** Names and addresses of this machine: the only ones reachable without TLS, and reachable for nobody else. */
export function isLoopbackHost(hostname: string): boolean {
	return (
		hostname === 'localhost' ||
		hostname.endsWith('.localhost') ||
		hostname === '[::1]' ||
		/^127\.\d+\.\d+\.\d+$/.test(hostname)
	);
}

/**
 * Parse a URL as the HTTP client does.
 * @param base what a relative one is relative to
 * @returns nothing when it isn't one. Not by `URL.canParse`: once Node 20 has optimized the calling code, that denies
 * valid URLs with letters such as é
 */
export function urlOf(text: string, base?: string): URL | undefined {
	try {
		return new URL(text, base);
	} catch {
		return undefined;
	}
}

function readBaseUrl(text: string): URL {
	// As the parser reads it: line ends inside count for nothing, and a backslash is a slash.
	const given = text.replace(/[\t\n\r]/g, '');
	const withScheme = /^[a-z][a-z\d+.-]*:[\\/]/i.test(given) ? given : `https://${given}`;
	const url = urlOf(withScheme);
	if (url !== undefined) return url;
	throw new CredentialInputError(
		'Base URL is not a URL',
		`Use the default ${DEFAULT_BASE_URL} unless impact.com gave you another one`,
	);
}

/**
 * The host (and the path before `/api`, if a gateway adds one) of the API, without a slash at the end. A missing
 * scheme means https, a blank value the production host; `/api/v1` and all after it is dropped.
 * @throws CredentialInputError when it isn't a URL, or would send the credential in clear text
 */
export function normalizeBaseUrl(baseUrl: unknown): string {
	const url = readBaseUrl(trimPasted(baseUrl) || DEFAULT_BASE_URL);
	if (url.username !== '' || url.password !== '') {
		throw new CredentialInputError(
			'Base URL contains a user name or password',
			'Remove them from the URL and put the secrets into their own fields',
		);
	}
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
		throw new CredentialInputError(
			`Base URL '${url.protocol}//${url.host}' does not start with https://`,
			'The credential would travel unencrypted, so only https is allowed (http only for localhost)',
		);
	}
	const path = url.pathname.replace(/\/api(\/v1(\/.*)?)?\/*$/i, '').replace(/\/+$/, '');
	return `${url.origin}${path}`;
}

/** A tenant, and where its API is. */
export interface Tenant {
	/** `https://host/api/v1/{tenantAlias}`, without a slash at the end. */
	apiUrl: string;
	/** Scheme, host and port of the API: the only place where the credential goes. */
	origin: string;
	tenantAlias: string;
	/** Short, the same for the same tenant, and tells nothing about it. */
	tenantMark: string;
}

const TENANT_MARK_LENGTH = 12;

/**
 * The tenant that a credential is for.
 * @throws CredentialInputError when a field can't be used
 */
export function tenantOf(credential: Pick<CredentialInput, 'baseUrl' | 'tenantAlias'>): Tenant {
	const host = normalizeBaseUrl(credential.baseUrl);
	const alias = trimPasted(credential.tenantAlias);
	const hint = 'Copy it from Settings > Advocate Settings > General > Tenant Details in impact.com';
	if (alias === '') throw new CredentialInputError('Tenant Alias is empty', hint);
	if (/[\s/\\?#:@]/.test(alias) || /^\.+$/.test(alias)) {
		throw new CredentialInputError(`Tenant Alias '${alias}' is not an alias`, hint);
	}
	const apiUrl = `${host}/api/v1/${encodeURIComponent(alias)}`;
	return {
		apiUrl,
		origin: new URL(apiUrl).origin,
		tenantAlias: alias,
		tenantMark: markOf(apiUrl, TENANT_MARK_LENGTH),
	};
}

/**
 * The URL of a tenant's API, see `Tenant.apiUrl`.
 * @throws CredentialInputError when a field can't be used
 */
export const apiBaseUrl = (credential: Pick<CredentialInput, 'baseUrl' | 'tenantAlias'>): string =>
	tenantOf(credential).apiUrl;

/**
 * Whether the certificate of the server counts for nothing. A credential from before the switch has none.
 * @throws CredentialInputError when it says neither yes nor no
 */
export function ignoresSslIssues({ ignoreSslIssues }: CredentialInput): boolean {
	const isGiven = describeValue(ignoreSslIssues) !== 'empty';
	const position = isGiven ? switchOf(ignoreSslIssues) : false;
	if (position !== undefined) return position;
	throw new CredentialInputError(
		`Ignore SSL Issues (Insecure) is ${describeValue(ignoreSslIssues)}`,
		'Use true or false',
	);
}

/** A secret of the chosen authentication. */
function secret(value: unknown, label: string): string {
	const text = trimPasted(value);
	if (text === '') {
		throw new CredentialInputError(
			`${label} is empty`,
			'Fill it in, or choose the other option of Authentication',
		);
	}
	return text;
}

/**
 * The value of the Authorization header. A tenant's API key is a password without a user.
 * @throws CredentialInputError when a secret is missing
 */
export function authorizationHeader(credential: CredentialInput): string {
	const userAndPassword =
		credential.authentication === 'tenantApiKey'
			? `:${secret(credential.apiKey, 'API Key')}`
			: `${secret(credential.accountSid, 'Account SID')}:${secret(credential.authToken, 'Auth Token')}`;
	return `Basic ${Buffer.from(userAndPassword, 'utf8').toString('base64')}`;
}

/** What of a credential must never be shown, as it travels: each secret, and user and password together. */
export function secretsOf(credential: CredentialInput): string[] {
	const { accountSid, authToken, apiKey } = credential;
	const pair = authorizationHeader(credential).replace(/^Basic /, '');
	return [
		...[accountSid, authToken, apiKey].map(trimPasted).filter((text) => text !== ''),
		Buffer.from(pair, 'base64').toString('utf8'),
	];
}

/**
 * The tenant's API key, with which Advocate also signs webhooks. Other credentials don't hold it.
 * @throws CredentialInputError when it is missing
 */
export function tenantApiKey(credential: CredentialInput): string | undefined {
	return credential.authentication === 'tenantApiKey'
		? secret(credential.apiKey, 'API Key')
		: undefined;
}
