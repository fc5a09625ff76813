/**
 * From a response of the API, or the lack of one, to an error: the API's own text first, then how to get unstuck. When a
 * proxy, a firewall or a gateway has answered in the API's place, that says nothing about the key, the rows or the
 * participants, and every other request will meet the same.
 */
import { AdvocateError } from './error';
import { wayOut, isPermanentCode, networkHint } from './errorTexts';
import type { PortResponse } from './port';
import { isRecord } from './values';

/** The parts of the API's error body that we use: `{message, statusCode, apiErrorCode, rsCode}`. */
interface ApiErrorBody {
	message?: string;
	statusCode?: number;
	apiErrorCode?: string;
	rsCode?: string;
	validationErrors?: string[];
}

/** Most characters of the API's own text that are shown. */
const MAX_TEXT = 500;

/** Make a server's text fit to show: one line, no control characters, bounded. */
export function tidyText(text: string): string {
	const oneLine = text
		.replace(/\p{Cc}+/gu, ' ')
		// A server that quotes the request would otherwise show the credential.
		.replace(/\b(Basic|Bearer)\s+[\w+/=.~-]{8,}/gi, '$1 [hidden]')
		.replace(/\s+/g, ' ')
		.trim();
	return oneLine.length > MAX_TEXT ? `${oneLine.slice(0, MAX_TEXT)}…` : oneLine;
}

const textOf = (value: unknown): string | undefined =>
	typeof value === 'string' && value.trim() !== '' ? tidyText(value) : undefined;

function readApiErrorBody(body: unknown): ApiErrorBody {
	if (!isRecord(body)) return {};
	const nested = isRecord(body.error) ? body.error : undefined;
	const firstError: unknown = Array.isArray(body.errors) ? body.errors[0] : undefined;
	return {
		message:
			textOf(body.message) ??
			textOf(nested?.message) ??
			textOf(body.error) ??
			(isRecord(firstError) ? textOf(firstError.message) : textOf(firstError)),
		statusCode: typeof body.statusCode === 'number' ? body.statusCode : undefined,
		apiErrorCode: textOf(body.apiErrorCode),
		rsCode: textOf(body.rsCode),
		validationErrors: Array.isArray(body.validationErrors)
			? body.validationErrors.map((entry) =>
					tidyText(typeof entry === 'string' ? entry : JSON.stringify(entry)),
				)
			: undefined,
	};
}

function withDetails(body: ApiErrorBody, fallback: string): string {
	const text = body.message ?? fallback;
	return body.validationErrors === undefined || body.validationErrors.length === 0
		? text
		: `${text}: ${body.validationErrors.join('; ')}`;
}

/**
 * Build the error for an HTTP answer with a status of 300 or more.
 * @param retryAfterMs what the answer's headers ask to wait
 * @param isFile whether it is about a file, which need not lie with the API itself
 */
export function errorFromResponse(
	response: PortResponse,
	retryAfterMs?: number,
	isFile = false,
): AdvocateError {
	const { statusCode } = response;
	if (!isFile && isNotTheApi(response)) {
		return errorNotFromApi(response, textOf(response.body) ?? '');
	}
	if (!isRecord(response.body)) {
		const text = typeof response.body === 'string' ? response.body.trim() : '';
		const isHtml = text.startsWith('<');
		return new AdvocateError(
			isHtml || text === ''
				? `The API answered with status ${statusCode} and ${isHtml ? 'a web page' : 'no text'}`
				: `The API answered with status ${statusCode}: ${tidyText(text)}`,
			{ kind: 'api', statusCode, ...wayOut(statusCode), retryAfterMs },
		);
	}
	const body = readApiErrorBody(response.body);
	return new AdvocateError(withDetails(body, `The API answered with status ${statusCode}`), {
		kind: 'api',
		statusCode,
		apiErrorCode: body.apiErrorCode,
		rsCode: body.rsCode,
		...wayOut(statusCode, body.rsCode, body.apiErrorCode),
		retryAfterMs,
	});
}

/**
 * Build the error for an entry of a batch answer: the GraphQL type `ApiError {message statusCode rsCode}`.
 */
export function errorFromApiErrorObject(entry: Record<string, unknown>): AdvocateError {
	const body = readApiErrorBody(entry);
	return new AdvocateError(withDetails(body, 'The API rejected this participant'), {
		kind: 'api',
		// The request itself was let through.
		ofOneParticipant: true,
		statusCode: body.statusCode,
		apiErrorCode: body.apiErrorCode,
		rsCode: body.rsCode,
		...wayOut(body.statusCode, body.rsCode, body.apiErrorCode),
	});
}

/** One entry of a GraphQL answer's `errors`. */
export interface GraphqlErrorEntry {
	message: string;
	path?: ReadonlyArray<string | number>;
	extensions?: Record<string, unknown>;
}

/** The `errors` of a GraphQL answer; empty when it has none. */
export function graphqlErrorsOf(body: Record<string, unknown>): GraphqlErrorEntry[] {
	if (!Array.isArray(body.errors)) return [];
	return body.errors.map((entry: unknown) => {
		if (!isRecord(entry)) return { message: textOf(entry) ?? 'The API gave no reason' };
		return {
			message: textOf(entry.message) ?? 'The API gave no reason',
			path: Array.isArray(entry.path) ? (entry.path as Array<string | number>) : undefined,
			extensions: isRecord(entry.extensions) ? entry.extensions : undefined,
		};
	});
}

/** Texts with which a GraphQL endpoint says "who are you" in a 200; it may send no code at all. */
const UNAUTHENTICATED_TEXT =
	/\b(unauthori[sz]ed|unauthenticated|not authenticated|invalid (api key|credentials|token))\b/i;

/**
 * Build the error for GraphQL errors in an HTTP 200. The vendor's SDK reads a structured error from the answer's
 * `extensions.apiError` and falls back to the first message; an error's own `extensions` are read too.
 */
export function errorFromGraphql(
	errors: readonly GraphqlErrorEntry[],
	answerExtensions?: unknown,
): AdvocateError {
	const first = errors[0];
	const own = first?.extensions;
	const structured = [
		isRecord(answerExtensions) ? answerExtensions.apiError : undefined,
		own?.apiError,
		own,
	].find(
		(candidate) => isRecord(candidate) && ('statusCode' in candidate || 'rsCode' in candidate),
	);
	const body = readApiErrorBody(structured);
	const messages = [...new Set(errors.map((entry) => entry.message))];
	const text =
		body.message !== undefined && messages.length <= 1 ? body.message : messages.join('; ');
	const statusCode = body.statusCode ?? (UNAUTHENTICATED_TEXT.test(text) ? 401 : undefined);
	return new AdvocateError(tidyText(text || 'The API gave no reason'), {
		kind: 'api',
		statusCode,
		apiErrorCode: body.apiErrorCode,
		rsCode: body.rsCode,
		...wayOut(statusCode, body.rsCode, body.apiErrorCode),
	});
}

const TIMEOUT_CODES = new Set([
	'ETIMEDOUT',
	'ECONNABORTED',
	'ESOCKETTIMEDOUT',
	'UND_ERR_HEADERS_TIMEOUT',
]);

/** The port's name, and Node's for a text that is longer than a text can be. */
const TOO_LARGE_CODES = new Set(['ERR_ANSWER_TOO_LARGE', 'ERR_STRING_TOO_LONG']);

/** Build the error for an answer that was cut off; asked again, the API would send the same once more. */
function errorFromTooLarge(maxBytes: number): AdvocateError {
	return new AdvocateError(
		`The API's answer is larger than ${Math.round(maxBytes / (1024 * 1024))} MB, and was not read to its end`,
		{
			kind: 'badAnswer',
			permanent: true,
			hint: 'Ask for less at once, for example by a filter or a lower limit. If you asked for little, check the Base URL in the credential: something between n8n and the API (a proxy?) may change the answers',
			helpfulOptions: ['batchSize'],
		},
	);
}

/**
 * Build the error for a request without an answer.
 * @param code the network code, for example ECONNRESET
 * @param limits how long we waited, how much would have been read, and where it was to go
 */
export function errorFromNoAnswer(
	code: string,
	text: string,
	{ timeoutMs, maxBytes, apiUrl }: { timeoutMs: number; maxBytes: number; apiUrl?: string },
): AdvocateError {
	if (TOO_LARGE_CODES.has(code)) return errorFromTooLarge(maxBytes);
	if (TIMEOUT_CODES.has(code)) {
		return new AdvocateError(`The API did not answer within ${timeoutMs / 1000} s`, {
			kind: 'noAnswer',
			timedOut: true,
			hint: 'Try again. A change may have been applied without an answer; sending it again does no harm',
			helpfulOptions: ['timeout', 'batchSize'],
		});
	}
	return new AdvocateError(
		`The API could not be reached (${code || 'no code'}): ${tidyText(text)}`,
		{
			kind: 'noAnswer',
			permanent: isPermanentCode(code),
			hint: networkHint(code, text, apiUrl),
		},
	);
}

/** Build the error for a 2xx answer that isn't the JSON the API sends. */
export function errorFromBadAnswer(statusCode: number, body: unknown): AdvocateError {
	const text = typeof body === 'string' ? body.trim() : '';
	let what = 'an answer without the expected data';
	if (body === '' || body === undefined || body === null) what = 'an empty answer';
	else if (text.startsWith('<')) what = 'a web page';
	else if (text !== '') what = 'an answer that is cut off or not JSON';
	return new AdvocateError(`The API sent ${what} (status ${statusCode})`, {
		kind: 'badAnswer',
		statusCode,
		hint: 'Check the Base URL in the credential. If it is right, something between n8n and the API (a proxy?) changes the answers',
	});
}

/**
 * Build the error for a link that is not opened.
 * @param reason the rest of a sentence that begins with the link
 */
export function errorFromLink(reason: string): AdvocateError {
	return new AdvocateError(`The API gave a link that is not opened: it ${tidyText(reason)}`, {
		kind: 'badAnswer',
		permanent: true,
		neverSent: true,
		hint: 'Links have to start with https, and may lead into your own network only when the Base URL in the credential does. If you expected this one, open it yourself; otherwise ask impact.com support',
	});
}

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
function isNotTheApi({ statusCode, body }: PortResponse): boolean {
	if (statusCode < 400 || statusCode >= 500 || ABOUT_THE_REQUEST.has(statusCode)) return false;
	return !isRecord(body) || !API_FIELDS.some((field) => Object.hasOwn(body, field));
}

/**
 * Build the error for it.
 * @param text what it says, fit to show; empty when it says nothing
 */
function errorNotFromApi({ statusCode, body }: PortResponse, text: string): AdvocateError {
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
