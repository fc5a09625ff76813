/**
 * Refusals that are not the API's: a proxy, a firewall or a gateway between it and n8n has answered in its place. They
 * say nothing about the key, the rows or the participants, and every other request will meet the same.
 */
import { AdvocateError } from './error';
import type { PortResponse } from './port';
import { isRecord } from './values';

/** Fields of which the API's refusals have at least one. */
const API_FIELDS = ['message', 'error', 'errors', 'statusCode', 'apiErrorCode', 'rsCode'];

/**
 * Statuses that mean the same whoever sends them: the request took too long, was too large, or came too soon. Parts of
 * it, or the same a little later, may go through.
 */
const ABOUT_THE_REQUEST: ReadonlySet<number> = new Set([408, 413, 429]);

const IN_BETWEEN =
	'Something between n8n and the API answered: a proxy (HTTP_PROXY, HTTPS_PROXY), a firewall or a gateway';

const HINTS: Readonly<Record<number, string>> = {
	407: "The proxy between n8n and the API wants a login. Put it into the proxy's address in HTTP_PROXY and HTTPS_PROXY (http://name:password@host:port) and restart n8n",
};

/** nginx says so with status 400, IIS with 403. */
const WANTS_CERTIFICATE = /\b(ssl|client) certificate\b.*\b(sent|required|error)\b/i;

const CERTIFICATE_HINT =
	"The server wants a client certificate, which this credential can't hold. Let a gateway of yours add it, and enter its address as Base URL in the credential";

/** Whether an answer is a refusal of something before the API. */
export function isNotTheApi({ statusCode, body }: PortResponse): boolean {
	if (statusCode < 400 || statusCode >= 500 || ABOUT_THE_REQUEST.has(statusCode)) return false;
	return !isRecord(body) || !API_FIELDS.some((field) => Object.hasOwn(body, field));
}

/**
 * Build the error for it.
 * @param text what it says, fit to show; empty when it says nothing
 */
export function errorNotFromApi({ statusCode, body }: PortResponse, text: string): AdvocateError {
	return new AdvocateError(
		`Something in front of the API answered with status ${statusCode}${saying(body, text)}`,
		{
			kind: 'badAnswer',
			statusCode,
			hint: hintFor(statusCode, typeof body === 'string' ? body : ''),
		},
	);
}

function saying(body: unknown, text: string): string {
	if (typeof body === 'string' && body.trimStart().startsWith('<')) return ' and a web page';
	if (text !== '') return `: ${text}`;
	return typeof body === 'object' && body !== null ? " and no word of the API's" : ' and no text';
}

function hintFor(statusCode: number, body: string): string {
	if (WANTS_CERTIFICATE.test(body)) return CERTIFICATE_HINT;
	if (Object.hasOwn(HINTS, statusCode)) return HINTS[statusCode];
	return `${IN_BETWEEN}. Ask whoever runs it to let n8n through to the Base URL of the credential, or check that Base URL`;
}
