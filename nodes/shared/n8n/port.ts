/** n8n as the host of the API client: its HTTP helper, its cancellation, its time-out. */
import { sleep } from 'n8n-workflow';
import type { IHttpRequestOptions, IExecuteFunctions } from 'n8n-workflow';
import { isRecord } from '../advocate/client/values';
import { NoAnswerError } from '../advocate/client/port';
import type { AdvocatePort, PortRequest, PortResponse } from '../advocate/client/port';
import type { Redaction } from '../advocate/client/redaction';
import { Transport } from '../advocate/client/transport';
import type { TransportOptions } from '../advocate/client/transport';
import { readBody, RequestWatch } from './requestWatch';
import type { GiveUpReason, WatchedRequest } from './requestWatch';
import { CREDENTIAL_NAME, loadCredential } from './credential';
import type { AdvocateContext, AdvocateCredential } from './credential';

/** How long a wait may go on after the execution was cancelled, in milliseconds. */
const SLEEP_SLICE_MS = 250;

/** The way to the tenant's API, and whose it is. */
export interface Connection {
	credential: AdvocateCredential;
	/** For what is not a request to the API itself. */
	port: AdvocatePort;
	transport: Transport;
}

/**
 * Open the way to the API of the node's credential. Sends nothing yet.
 * @throws CredentialInputError when a field of the credential is missing or can't be used
 */
export async function openTransport(
	context: AdvocateContext,
	limits: Pick<TransportOptions, 'timeoutMs' | 'maxWaitMs'>,
): Promise<Connection> {
	const credential = await loadCredential(context);
	const port = createN8nPort(context, credential);
	const { apiUrl, origin } = credential;
	return { credential, port, transport: new Transport(port, { apiUrl, origin, ...limits }) };
}

/** The port through which the API client reaches the API from inside n8n. */
export function createN8nPort(
	context: AdvocateContext,
	credential: AdvocateCredential,
): AdvocatePort {
	const cancelSignal = executionCancelSignal(context);
	const watch = new RequestWatch(cancelSignal);
	const cancelled = (): boolean => cancelSignal?.aborted ?? false;
	return {
		cancelled,
		now: () => Date.now(),
		clock: () => performance.now(),
		random: () => Math.random(),
		async sleep(milliseconds) {
			const end = Date.now() + milliseconds;
			let left = milliseconds;
			while (!cancelled()) {
				await sleep(Math.min(left, SLEEP_SLICE_MS));
				left = end - Date.now();
				if (left <= 0) break;
			}
		},
		async send(request) {
			// The helper's own `timeout` watches for silence only: a body that trickles in would never end.
			const watched = watch.begin(request.timeoutMs);
			try {
				// Both branches go through n8n's own helpers, which apply its proxy and its rules for outgoing requests.
				const answer: unknown = await (request.authenticate === false
					? context.helpers.httpRequest({
							...requestOptions(request, credential),
							abortSignal: watched.signal,
						})
					: context.helpers.httpRequestWithAuthentication.call(
							withCancelSignal(context, watched.signal),
							CREDENTIAL_NAME,
							requestOptions(request, credential),
							{ credentialsDecrypted: credential.decrypted },
						));
				return await portResponse(answer, request, credential.redaction, watched);
			} catch (error) {
				throw noAnswer(error, request, watched.reason, credential.redaction);
			} finally {
				watch.end(watched);
			}
		},
	};
}

function executionCancelSignal(context: AdvocateContext): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

/**
 * The helper replaces the abort signal of a request by the context's, so a signal of our own has to come from there.
 * n8n derives contexts in the same way (`Object.create`) for its pagination.
 */
function withCancelSignal<Context extends AdvocateContext>(
	context: Context,
	signal: AbortSignal,
): Context {
	const derived: Context = Object.create(context, {
		getExecutionCancelSignal: { value: () => signal },
	});
	return derived;
}

/** How much longer than we n8n's helper waits for an answer, in milliseconds. */
const HELPER_GRACE_MS = 1000;

function requestOptions(request: PortRequest, credential: AdvocateCredential): IHttpRequestOptions {
	const options: IHttpRequestOptions = {
		method: request.method,
		url: request.url,
		headers: { accept: request.responseType === 'text' ? '*/*' : 'application/json' },
		// Only should the watch fail: a request that it gives up is off the wire at once.
		timeout: request.timeoutMs + HELPER_GRACE_MS,
		// The body is read and parsed here: the helper knows no limit, and would turn a JSON body cut in the middle into
		// text that looks like any other.
		encoding: 'stream',
		json: false,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
		// What the owner trusts is the API's own server, not the one that a link leads to.
		skipSslCertificateValidation:
			credential.skipSslCertificateValidation && new URL(request.url).origin === credential.origin,
	};
	if (request.query !== undefined) options.qs = { ...request.query };
	if (request.body instanceof FormData) {
		// The type names the `form-data` package; the helper passes a web FormData on to axios, which streams it.
		options.body = request.body as unknown as IHttpRequestOptions['body'];
	} else if (request.body !== undefined) {
		options.headers = { ...options.headers, 'content-type': 'application/json' };
		// A Buffer is passed on as it is. A text would be parsed again by the HTTP client, only to check it, and of other
		// bytes it would send the memory around them as well.
		options.body = request.body;
	}
	return options;
}

async function portResponse(
	answer: unknown,
	request: PortRequest,
	redaction: Redaction,
	watched: WatchedRequest,
): Promise<PortResponse> {
	const { statusCode, headers, body: received } = isRecord(answer) ? answer : {};
	const body = await readBody(received, request.maxBytes, watched);
	return {
		statusCode: Number(statusCode),
		headers: lowerCaseNames(headers),
		body: readable(body, request, redaction),
	};
}

/** The body without secrets: of JSON, the parsed value is looked through, where escapes hide nothing any more. */
function readable(body: unknown, { responseType }: PortRequest, redaction: Redaction): unknown {
	if (typeof body !== 'string') return body;
	const value = responseType === 'text' ? body : parseJson(body);
	return typeof value === 'string' ? redaction.text(value) : redaction.json(value, body);
}

function lowerCaseNames(headers: unknown): PortResponse['headers'] {
	if (!isRecord(headers)) return {};
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			Array.isArray(value) ? value.map(String) : value === undefined ? undefined : String(value),
		]),
	);
}

/** @returns the text itself when it isn't (whole) JSON */
function parseJson(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return body;
	}
}

/**
 * What the helper threw, reduced to code and text. The original holds the request with its Authorization header, so it
 * must not travel on as a cause.
 */
function noAnswer(
	error: unknown,
	request: PortRequest,
	reason: GiveUpReason | undefined,
	redaction: Redaction,
): NoAnswerError {
	if (reason === 'cancelled')
		return new NoAnswerError('The execution was cancelled', 'ERR_CANCELED');
	if (reason === 'tooLarge') {
		return new NoAnswerError(`More than ${request.maxBytes} bytes`, 'ERR_ANSWER_TOO_LARGE');
	}
	const { code, message } = rootOf(error);
	if (reason === 'timeout' || isTimeout(code, message)) {
		return new NoAnswerError(`No answer within ${request.timeoutMs} ms`, 'ETIMEDOUT');
	}
	return new NoAnswerError(redaction.text(message), code ?? 'ERR_UNKNOWN');
}

const isTimeout = (code: string | undefined, message: string): boolean =>
	code === 'ETIMEDOUT' ||
	code === 'ESOCKETTIMEDOUT' ||
	(code === 'ECONNABORTED' && /timeout/i.test(message));

/**
 * The deepest error that has a code, or else the first one with a text. n8n wraps the HTTP client's error in a
 * NodeApiError, with a text of its own (and, in some versions, the code in `httpCode`).
 */
function rootOf(error: unknown): { code?: string; message: string } {
	let found: { code?: string; message: string } | undefined;
	let current: unknown = error;
	for (let depth = 0; isErrorLike(current) && depth < 5; depth++) {
		const code = [current.code, current.httpCode].find(isErrorCode);
		const message = String(current.message ?? '');
		if (code !== undefined) found = { code, message };
		else found ??= { message };
		current = current.cause;
	}
	return found ?? { message: String(error) };
}

interface ErrorLike {
	code?: unknown;
	httpCode?: unknown;
	message?: unknown;
	cause?: unknown;
}

const isErrorLike = (value: unknown): value is ErrorLike =>
	typeof value === 'object' && value !== null;

/** `ECONNRESET`, `CERT_HAS_EXPIRED`, ...: not an HTTP status. */
const isErrorCode = (value: unknown): value is string =>
	typeof value === 'string' && /^[A-Z][A-Z\d_]+$/.test(value);

/**
 * When n8n will stop this execution, in milliseconds since the epoch.
 *
 * n8n 1.123 to 2.41 keep the moment beside what they offer to nodes. It is the only place that counts the time-out of
 * the whole n8n (EXECUTIONS_TIMEOUT), its upper bound, and what the nodes before have used up; the settings of the
 * workflow have none of these.
 * @returns nothing when there is no time-out, or this n8n does not say
 */
export function executionEndsAt(context: IExecuteFunctions): number | undefined {
	const { additionalData } = context as unknown as { additionalData?: unknown };
	const end = isRecord(additionalData) ? additionalData.executionTimeoutTimestamp : undefined;
	return typeof end === 'number' && Number.isFinite(end) ? end : undefined;
}
