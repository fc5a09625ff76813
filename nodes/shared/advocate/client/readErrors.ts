/**
 * From an answer of the API, or the lack of one, to a message a person can act on: what happened (the API's own text
 * first), then how to get unstuck. Sources of the codes: the vendor's "Advocate Error Codes" page and OpenAPI files.
 */
import { isRecord } from './values';
import type { PortResponse } from './port';

/**
 * What kind of failure it is; decides what callers do next.
 * - `api`: the API answered that this request can't be done (HTTP 4xx/5xx, or GraphQL errors)
 * - `noAnswer`: the connection failed or timed out; the request may or may not have been applied
 * - `badAnswer`: an answer that isn't what the API sends (HTML, truncated JSON, empty)
 * - `mismatch`: the write was answered, but the resulting segments are not the ones asked for
 * - `missing`: a participant or segment that must exist does not
 * - `gaveUp`: waiting any longer would pass the time the user allows, or the API is down
 * - `cancelled`: the execution was stopped
 */
export type AdvocateErrorKind =
	| 'api'
	| 'noAnswer'
	| 'badAnswer'
	| 'mismatch'
	| 'missing'
	| 'gaveUp'
	| 'cancelled';

/** What to do with options of the node that help against some failures; not every operation has them. */
const OPTION_ADVICE = {
	batchSize: "lower 'Batch Size'",
	concurrency: "lower 'Concurrency'",
	maxWaitTime: "raise 'Max Wait Time'",
	timeout: "raise 'Timeout'",
} as const;

export type HelpfulOption = keyof typeof OPTION_ADVICE;

export interface AdvocateErrorDetails {
	kind: AdvocateErrorKind;
	/** How to get unstuck, by whatever operation it happened. */
	hint: string;
	/** Options that would help too, where the operation has them: see `hintWithOptions`. */
	helpfulOptions?: readonly HelpfulOption[];
	/** HTTP status, or the one inside a GraphQL error. */
	statusCode?: number;
	apiErrorCode?: string;
	/** The vendor's own code, for example RS023. */
	rsCode?: string;
	/** Whether it concerns one participant of a batch only, although its status usually ends a run. */
	ofOneParticipant?: boolean;
	/** Whether the cause lies in the address, the credential or what is asked for, so that asking again is in vain. */
	permanent?: boolean;
	/** Whether the request has not left even once. */
	neverSent?: boolean;
	/** Milliseconds the API asked us to wait; from `Retry-After` or `X-RateLimit-Reset`. */
	retryAfterMs?: number;
}

/** A failure with everything a person needs to act on. Never holds a credential or a request body. */
export class AdvocateError extends Error implements AdvocateErrorDetails {
	readonly kind: AdvocateErrorKind;

	readonly hint: string;

	readonly helpfulOptions?: readonly HelpfulOption[];

	readonly statusCode?: number;

	readonly apiErrorCode?: string;

	readonly rsCode?: string;

	readonly ofOneParticipant?: boolean;

	readonly permanent?: boolean;

	readonly neverSent?: boolean;

	readonly retryAfterMs?: number;

	constructor(message: string, details: AdvocateErrorDetails) {
		super(message);
		this.name = 'AdvocateError';
		this.kind = details.kind;
		this.hint = details.hint;
		this.helpfulOptions = details.helpfulOptions;
		this.statusCode = details.statusCode;
		this.apiErrorCode = details.apiErrorCode;
		this.rsCode = details.rsCode;
		this.ofOneParticipant = details.ofOneParticipant;
		this.permanent = details.permanent;
		this.neverSent = details.neverSent;
		this.retryAfterMs = details.retryAfterMs;
	}
}

/**
 * How to get unstuck, the options that help included.
 * @param has which of them the operation has; all by default
 */
export function hintWithOptions(
	{ hint, helpfulOptions = [] }: AdvocateErrorDetails,
	has: (option: HelpfulOption) => boolean = () => true,
): string {
	const advice = helpfulOptions
		.filter(has)
		.map((option) => OPTION_ADVICE[option])
		.join(', or ');
	return advice === '' ? hint : `${hint}. ${advice.charAt(0).toUpperCase()}${advice.slice(1)}`;
}

/** The parts of the API's error body that we use: `{message, statusCode, apiErrorCode, rsCode}`. */
interface ApiErrorBody {
	message?: string;
	statusCode?: number;
	apiErrorCode?: string;
	rsCode?: string;
	validationErrors?: string[];
}

const CHECK_CREDENTIAL =
	'Open the credential and press Test. Account SID and Auth Token belong together, and each tenant (test, live) has its own keys';

const RS_HINTS: Readonly<Record<string, string>> = {
	RS013:
		'The account has reached its 1,000 participants. Give the participant an Account ID of its own',
	RS015:
		'Check the tenant alias in the credential: impact.com shows it under Settings > Advocate Settings > General > Tenant Details',
	RS023: "Check the participant's e-mail address",
	RS033: 'The API limits the request rate. Try again later',
	RS038:
		'Check the tenant alias in the credential: impact.com shows it under Settings > Advocate Settings > General > Tenant Details',
	RS039: 'Write the locale as language_COUNTRY, for example en_US',
	RS041: 'No account has this ID. Check the Account ID; it often equals the participant ID',
	RS042: 'No participant has this ID. Check the participant ID and the Account ID',
	RS043: 'Give a participant ID that is not blank',
	RS044: 'Give an Account ID that is not blank',
	RS045:
		'Check the tenant alias in the credential: impact.com shows it under Settings > Advocate Settings > General > Tenant Details',
	RS046: 'The API refused the content type. Report this with the request you made',
	RS049:
		'A live program refused the change. See the program in impact.com, or ask impact.com support with this text',
	RS050:
		"The participant asked not to be tracked and can't be changed or created again. Take it out of your data",
};

const STATUS_HINTS: Readonly<Record<number, string>> = {
	400: "The API did not accept the values sent. Compare them with the API's text above",
	401: `The API did not accept the key. ${CHECK_CREDENTIAL}`,
	402: 'The API refused the request for this plan. Ask impact.com support',
	403: "The key is valid but may not do this. Ask for a token with Advocate access, or check that the tenant's plan includes the API",
	404: 'The API found nothing under this address. Check the IDs and the tenant alias in the credential',
	408: 'The API took too long. Try again',
	409: 'The API is already working on the same change. Try again in a moment',
	413: 'The request was too large for the API, or for a proxy before it. Send shorter values',
	429: 'The API limits the request rate. Try again later',
};

const HELPFUL_OPTIONS = new Map<string | number | undefined, readonly HelpfulOption[]>([
	['RS033', ['concurrency']],
	[408, ['batchSize']],
	[413, ['batchSize']],
	[429, ['concurrency']],
]);

/** Words of the tenant-wide codes: no other request of this run can succeed either. */
const TENANT_CODES = new Set(['RS015', 'RS038', 'RS045', 'TENANT_NOT_FOUND']);

/** How to get unstuck from an error of the API. */
function wayOut(
	statusCode: number | undefined,
	rsCode = '',
	apiErrorCode?: string,
): Pick<AdvocateErrorDetails, 'hint' | 'helpfulOptions'> {
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
			return 'The API is having trouble. Try again later; what was not confirmed is safe to send again';
		}
		if (statusCode >= 300 && statusCode < 400) {
			return 'The address redirects, and the credential is not sent to another address. Enter the final address as Base URL in the credential';
		}
	}
	return "Compare the values sent with the API's text above";
}

/** Longest piece of the API's own text that is shown. */
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

/**
 * The failure of the API client, for callers that can handle one.
 * @throws anything else unchanged: a defect of ours is no failure of the API
 */
export function expectAdvocateError(caught: unknown): AdvocateError {
	if (caught instanceof AdvocateError) return caught;
	throw caught;
}

/** Whether no later request of the same run can succeed: the key, its rights or the tenant is wrong. */
export function isFatal(error: AdvocateError): boolean {
	if (error.kind === 'gaveUp' || error.kind === 'cancelled') return true;
	if (error.kind === 'noAnswer') return error.permanent === true;
	if (error.kind !== 'api') return false;
	if (error.statusCode === 403) return error.ofOneParticipant !== true;
	return error.statusCode === 401 || isTenantError(error);
}

function isTenantError(error: AdvocateError): boolean {
	return TENANT_CODES.has(error.rsCode ?? '') || TENANT_CODES.has(error.apiErrorCode ?? '');
}

/** Whether the same request may succeed a little later. */
export function isRetryable(error: AdvocateError): boolean {
	if (error.permanent === true) return false;
	if (error.kind === 'noAnswer') return true;
	if (error.kind === 'badAnswer')
		return (error.statusCode ?? 0) < 300 || isRetryableStatus(error.statusCode);
	return isThrottle(error) || (error.kind === 'api' && isRetryableStatus(error.statusCode));
}

function isRetryableStatus(statusCode: number | undefined): boolean {
	return (
		statusCode === 408 || statusCode === 429 || (statusCode !== undefined && statusCode >= 500)
	);
}

/** Whether the request may have been applied although it failed. */
export function mayHaveBeenApplied(error: AdvocateError): boolean {
	if (error.kind === 'noAnswer') return error.permanent !== true;
	if (error.neverSent) return false;
	// Who gave up may have met with anything before.
	if (error.kind !== 'api') return ['badAnswer', 'cancelled', 'gaveUp'].includes(error.kind);
	// GraphQL can fail after the work was done; without a status there is no telling when.
	const { statusCode } = error;
	return statusCode === undefined || statusCode >= 500 || statusCode === 408;
}

/** Whether the API asks for a slower pace. */
export function isThrottle(error: AdvocateError): boolean {
	return error.kind === 'api' && (error.statusCode === 429 || error.rsCode === 'RS033');
}

/** Whether the answer means that the participant, account or segment asked for does not exist. */
export function isNotFound(error: AdvocateError): boolean {
	if (error.kind !== 'api' || isTenantError(error)) return false;
	if (error.rsCode === 'RS041' || error.rsCode === 'RS042') return true;
	// A 404 without the API's codes comes from something before it, and one for the address says nothing about IDs.
	return (
		error.statusCode === 404 &&
		error.apiErrorCode !== undefined &&
		error.apiErrorCode !== 'API_REQUEST_NOT_SUPPORTED'
	);
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
 */
export function errorFromResponse(response: PortResponse, retryAfterMs?: number): AdvocateError {
	const { statusCode } = response;
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
	return new AdvocateError(withDetails(body, 'The API refused this participant'), {
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

/** Network codes whose cause is the address, not the moment. */
const ADDRESS_HINTS: Readonly<Record<string, string>> = {
	ENOTFOUND: 'Check the Base URL in the credential: its host is not known',
	EAI_AGAIN: 'The host name could not be looked up. Check the Base URL and the network of this n8n',
	ECONNREFUSED: 'Nothing listens at this address. Check the Base URL in the credential',
	DEPTH_ZERO_SELF_SIGNED_CERT:
		"The server's certificate is self-signed. Turn on 'Ignore SSL Issues (Insecure)' in the credential if you trust it",
	SELF_SIGNED_CERT_IN_CHAIN:
		"The server's certificate chain is self-signed. Turn on 'Ignore SSL Issues (Insecure)' in the credential if you trust it",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		"The server's certificate can't be verified. Turn on 'Ignore SSL Issues (Insecure)' in the credential if you trust it",
	CERT_HAS_EXPIRED:
		"The server's certificate has expired. Turn on 'Ignore SSL Issues (Insecure)' in the credential if you trust it",
};

/** No such host, a certificate that is not trusted, or a request that n8n or the credential refused to send. */
const PERMANENT_CODES =
	/^(ENOTFOUND|ERR_UNKNOWN|.*CERT.*|.*SIGNATURE.*|ERR_TLS.*|EPROTO|ERR_INVALID_URL)$/;

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

/** Whether an answer was cut off, so that asking for less may help. */
export function isTooLarge({ kind, permanent, neverSent }: AdvocateError): boolean {
	return kind === 'badAnswer' && permanent === true && neverSent !== true;
}

/**
 * Build the error for a request without an answer.
 * @param code the network code, for example ECONNRESET
 * @param limits how long we waited, and how much would have been read
 */
export function errorFromNoAnswer(
	code: string,
	text: string,
	{ timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
): AdvocateError {
	if (TOO_LARGE_CODES.has(code)) return errorFromTooLarge(maxBytes);
	if (TIMEOUT_CODES.has(code)) {
		return new AdvocateError(`The API did not answer within ${timeoutMs / 1000} s`, {
			kind: 'noAnswer',
			hint: 'Try again. A change may have been applied without an answer; sending it again does no harm',
			helpfulOptions: ['timeout', 'batchSize'],
		});
	}
	return new AdvocateError(
		`The API could not be reached (${code || 'no code'}): ${tidyText(text)}`,
		{
			kind: 'noAnswer',
			permanent: PERMANENT_CODES.test(code),
			hint:
				ADDRESS_HINTS[code] ??
				'Check the network of this n8n, and try again. Sending a change twice does no harm',
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

/** The error of a run that the user stopped. */
export function cancelledError(): AdvocateError {
	return new AdvocateError('The execution was stopped', {
		kind: 'cancelled',
		hint: 'Run it again to send the rest; repeating what was already done changes nothing',
	});
}
