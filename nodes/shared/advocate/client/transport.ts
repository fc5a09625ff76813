/**
 * The one way to the API: a request with time-out, repeats that can't hammer an API in trouble, a shared pause when it
 * asks for one, and cancellation.
 */
import { urlOf } from '../credential';
import {
	cancelledError,
	expectAdvocateError,
	isRetryable,
	isThrottle,
	mayHaveBeenApplied,
} from './error';
import type { AdvocateError } from './error';
import { Pacing } from './pacing';
import { NoAnswerError } from './port';
import type { AdvocatePort, PortRequest, PortResponse } from './port';
import { retryAfterMs } from './rate';
import {
	errorFromBadAnswer,
	errorFromLink,
	errorFromNoAnswer,
	errorFromResponse,
} from './readErrors';
import { reasonNotToOpen } from './resultLink';

export interface TransportOptions {
	/** `https://host/api/v1/{tenantAlias}`, without a slash at the end. */
	apiUrl: string;
	/** Where the credential may go. */
	origin: string;
	/** Milliseconds until one request is given up. */
	timeoutMs: number;
	/** Milliseconds the whole run may stand still because the API limits the rate or has trouble. */
	waitBudgetMs: number;
}

export interface RequestOptions {
	method: PortRequest['method'];
	/** Starts with a slash and is relative to the API URL; segments are already URL-encoded. */
	path: string;
	query?: PortRequest['query'];
	/** See `jsonBytes`. */
	body?: PortRequest['body'];
	/**
	 * Whether sending it twice does no harm. Everything here is idempotent but the creation of an import job, which is
	 * then repeated only when the API surely did not act (429).
	 */
	repeatable?: boolean;
	/** Maximum number of attempts when it fails for another reason than the rate limit. */
	attempts?: number;
	/** Whether a 2xx answer without a body is fine; it is then read as an empty text. */
	mayBeEmpty?: boolean;
}

type RepeatLimits = Pick<RequestOptions, 'repeatable' | 'attempts'> & Pick<PortRequest, 'maxBytes'>;

/** What the run cost, for the summary. */
export interface TransportStatistics {
	/** Requests that left, retries included. */
	requests: number;
	retries: number;
	/** Answers that asked for a slower pace (429 or 503). */
	throttled: number;
	/** Milliseconds in which the run stood still because the API limits the rate or has trouble. */
	waitedMs: number;
}

const MB = 1024 * 1024;

/**
 * Most bytes of a JSON answer. The largest that are asked for, pages of a hundred participants with all their fields,
 * have far less than one megabyte; parsed, an answer can take forty times its size in memory.
 */
const MAX_ANSWER_BYTES = 16 * MB;

/**
 * Most bytes of a file. The vendor recommends at most 100 MB for an import; its results have the same rows, and as much
 * again for the reasons is plenty. A text of Node.js ends at 512 MB.
 */
const MAX_FILE_BYTES = 200 * MB;

/** Hops from a download link to the file. */
const MAX_REDIRECTS = 3;

/** Attempts at one request that fails for another reason than the rate limit. */
const MAX_ATTEMPTS = 5;

export class Transport {
	private readonly counts = { requests: 0, retries: 0 };

	private readonly pacing: Pacing;

	constructor(
		private readonly port: AdvocatePort,
		private readonly options: TransportOptions,
	) {
		this.pacing = new Pacing(port, options.waitBudgetMs);
	}

	/** What the run has cost so far. */
	get statistics(): TransportStatistics {
		const { throttled, waitedMs } = this.pacing;
		return { ...this.counts, throttled, waitedMs: Math.round(waitedMs) };
	}

	/** Called when the API asks for a slower pace or seems to be down, before any wait. */
	set onSlowDown(listener: (() => void) | undefined) {
		this.pacing.onSlowDown = listener;
	}

	/** The API asks for a slower pace inside an answer that went through. */
	slowDown(): void {
		this.pacing.onSlowDown?.();
	}

	/**
	 * Wait before a part of what failed is sent, as before another try.
	 * @throws AdvocateError when there must be no other try, or the execution was stopped
	 */
	async waitToSendPart(error: AdvocateError): Promise<void> {
		await this.pacing.waitToSendPart(error);
	}

	/** Milliseconds since the epoch, by the host's clock. */
	now(): number {
		return this.port.now();
	}

	/** Whether the user stopped the execution. */
	cancelled(): boolean {
		return this.port.cancelled();
	}

	/** Wait; returns early once the execution is stopped. */
	async sleep(milliseconds: number): Promise<void> {
		await this.port.sleep(milliseconds);
	}

	/**
	 * Send a request, repeating it while that makes sense.
	 * @param read turns the parsed body of a 2xx answer into the result; it may throw an AdvocateError when the body
	 * says that the request failed (GraphQL), which is then repeated or not like any other failure
	 * @throws AdvocateError
	 */
	async request<T>(options: RequestOptions, read: (body: unknown) => T): Promise<T> {
		const maxBytes = MAX_ANSWER_BYTES;
		return await this.repeat({ ...options, maxBytes }, async () => {
			const response = await this.send({
				method: options.method,
				url: `${this.options.apiUrl}${options.path}`,
				query: options.query,
				body: options.body,
				timeoutMs: this.options.timeoutMs,
				maxBytes,
			});
			const isEmpty = response.body === '' || response.body === undefined;
			if (options.mayBeEmpty && isEmpty) return read('');
			if (typeof response.body !== 'object' || response.body === null) {
				throw errorFromBadAnswer(response.statusCode, response.body);
			}
			return read(response.body);
		});
	}

	/**
	 * Fetch a file from a link of the API. The credential goes to the API's own host only, and not where that sends it on.
	 * @returns the text of the file
	 * @throws AdvocateError
	 */
	async download(url: string): Promise<string> {
		const maxBytes = MAX_FILE_BYTES;
		return await this.repeat({ maxBytes }, async () => await this.fetchFile(url, maxBytes));
	}

	private async fetchFile(url: string, maxBytes: number, redirects = 0): Promise<string> {
		const link = urlOf(url);
		if (link === undefined) throw errorFromBadAnswer(200, url);
		const reason = reasonNotToOpen(link, this.options.apiUrl);
		if (reason !== undefined) throw errorFromLink(reason);
		const request: PortRequest = {
			method: 'GET',
			url: link.href,
			timeoutMs: this.options.timeoutMs,
			maxBytes,
			responseType: 'text',
			authenticate: redirects === 0 && link.origin === this.options.origin,
		};
		const response = await this.exchange(request);
		const location = response.headers.location;
		if (isRedirect(response) && typeof location === 'string' && redirects < MAX_REDIRECTS) {
			// The API sends downloads on to a signed link of its file storage.
			const next = urlOf(location, url);
			if (next === undefined) throw errorFromBadAnswer(response.statusCode, {});
			return await this.fetchFile(next.href, maxBytes, redirects + 1);
		}
		this.throwOnFailure(response);
		if (typeof response.body !== 'string') {
			throw errorFromBadAnswer(response.statusCode, response.body);
		}
		return response.body;
	}

	private async repeat<T>(limits: RepeatLimits, call: () => Promise<T>): Promise<T> {
		let isUnclear = false;
		for (let attempt = 1; ; attempt++) {
			const ended = await this.pacing.waitToSend(attempt === 1);
			let error: AdvocateError;
			try {
				const result = await call();
				this.pacing.succeeded();
				return result;
			} catch (caught) {
				if (this.port.cancelled()) throw cancelledError();
				error = this.describe(caught, limits.maxBytes);
				if (isUnclear) error = error.with({ afterUnclear: true });
				isUnclear ||= mayHaveBeenApplied(error);
				this.pacing.failed(error);
			} finally {
				ended();
			}
			await this.prepareRepeat(error, attempt, limits);
		}
	}

	/** Wait before the next attempt, or throw when there must be none. */
	private async prepareRepeat(
		error: AdvocateError,
		attempt: number,
		{ repeatable = true, attempts = MAX_ATTEMPTS }: RepeatLimits,
	): Promise<void> {
		const isLimit = isThrottle(error);
		if (!isRetryable(error) || (!repeatable && !isLimit)) throw error;
		if (!isLimit && attempt >= attempts) {
			this.pacing.pauseAsAsked(error);
			throw error;
		}
		await this.pacing.waitToRepeat(error, attempt);
		this.counts.retries++;
	}

	private async send(request: PortRequest): Promise<PortResponse> {
		const response = await this.exchange(request);
		this.throwOnFailure(response);
		return response;
	}

	private async exchange(request: PortRequest): Promise<PortResponse> {
		if (this.port.cancelled()) throw cancelledError();
		this.counts.requests++;
		this.pacing.left();
		try {
			return await this.port.send(request);
		} finally {
			this.pacing.returned();
		}
	}

	/** @throws AdvocateError when the status says that the request failed */
	private throwOnFailure(response: PortResponse): void {
		if (response.statusCode < 300) return;
		// A file comes as text, and so does the reason why it does not come.
		const body = parsedIfJson(response.body);
		const waitMs = retryAfterMs(response.headers, this.port.now());
		throw errorFromResponse({ ...response, body }, waitMs);
	}

	private describe(caught: unknown, maxBytes: number): AdvocateError {
		// Anything else is a defect, and must not pass for a network that fails.
		if (!(caught instanceof NoAnswerError)) return expectAdvocateError(caught);
		const { timeoutMs } = this.options;
		return errorFromNoAnswer(caught.code, caught.message, { timeoutMs, maxBytes });
	}
}

function parsedIfJson(body: unknown): unknown {
	if (typeof body !== 'string' || !body.startsWith('{')) return body;
	try {
		return JSON.parse(body);
	} catch {
		return body;
	}
}

function isRedirect({ statusCode }: PortResponse): boolean {
	return statusCode >= 300 && statusCode < 400;
}
