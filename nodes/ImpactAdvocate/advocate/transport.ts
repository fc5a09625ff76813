/**
 * The one way to the API: a request with time-out, retries that can't hammer an API in trouble, a shared pause when
 * it asks for one, and cancellation.
 */
import {
	AdvocateError,
	cancelledError,
	errorFromBadAnswer,
	expectAdvocateError,
	errorFromNoAnswer,
	errorFromResponse,
	isRetryable,
	isThrottle,
} from './errors';
import { Pace } from './pace';
import { NoAnswerError } from './port';
import type { AdvocatePort, PortRequest, PortResponse } from './port';
import { retryAfterMs } from './retryAfter';
import { StandStill } from './standStill';

export interface TransportOptions {
	/** `https://host/api/v1/{tenantAlias}`, without a slash at the end. */
	apiUrl: string;
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
	body?: unknown;
	/**
	 * Whether sending it twice does no harm. Everything here is idempotent but the creation of an import job, which is
	 * then repeated only when the API surely did not act (429).
	 */
	repeatable?: boolean;
	/** Whether a 2xx answer without a body is fine; it is then read as an empty text. */
	mayBeEmpty?: boolean;
}

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

/** Waits double from this many milliseconds; each is drawn at random below its bound ("full jitter"). */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** Hops from a download link to the file. */
const MAX_REDIRECTS = 3;

/** Attempts at one request that fails for another reason than the rate limit. */
const MAX_ATTEMPTS = 5;

/**
 * The retry quota, as in the AWS SDKs: a retry takes tokens, a success gives some back. When an outage has used them
 * up, requests are no longer repeated. A time-out costs more since it also held a connection for long.
 */
const QUOTA_TOKENS = 500;
const RETRY_COST = 5;
const TIMEOUT_COST = 10;
const SUCCESS_REFUND = 1;

export class Transport {
	private readonly counts = { requests: 0, retries: 0, throttled: 0 };

	/** Called when the API asks for a slower pace, before the wait. */
	onThrottle?: () => void;

	private tokens = QUOTA_TOKENS;

	/** Until this moment nobody sends: the API asked for a pause. */
	private pausedUntil = 0;

	private readonly pace = new Pace();

	private readonly standStill = new StandStill();

	/** The latest refusal for the rate: what the run waits for while it is held back by its own pace. */
	private lastThrottle?: AdvocateError;

	constructor(
		private readonly port: AdvocatePort,
		private readonly options: TransportOptions,
	) {}

	/** What the run has cost so far. */
	get statistics(): TransportStatistics {
		return { ...this.counts, waitedMs: Math.round(this.standStill.totalAt(this.port.now())) };
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
		return await this.repeat(options.repeatable ?? true, async () => {
			const response = await this.send({
				method: options.method,
				url: `${this.options.apiUrl}${options.path}`,
				query: options.query,
				body: options.body,
				timeoutMs: this.options.timeoutMs,
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
	 * Fetch a file from a link of the API. The credential goes to the API's own host only.
	 * @returns the text of the file
	 * @throws AdvocateError
	 */
	async download(url: string): Promise<string> {
		return await this.repeat(true, async () => await this.fetchFile(url));
	}

	private async fetchFile(url: string, redirects = 0): Promise<string> {
		if (!URL.canParse(url)) throw errorFromBadAnswer(200, url);
		const request: PortRequest = {
			method: 'GET',
			url,
			timeoutMs: this.options.timeoutMs,
			responseType: 'text',
			authenticate: new URL(url).origin === new URL(this.options.apiUrl).origin,
		};
		const response = await this.exchange(request);
		const location = response.headers.location;
		if (isRedirect(response) && typeof location === 'string' && redirects < MAX_REDIRECTS) {
			// The API sends downloads on to a signed link of its file storage.
			if (!URL.canParse(location, url)) throw errorFromBadAnswer(response.statusCode, {});
			return await this.fetchFile(new URL(location, url).href, redirects + 1);
		}
		this.throwOnFailure({ ...response, body: parsedIfJson(response.body) });
		return typeof response.body === 'string' ? response.body : JSON.stringify(response.body);
	}

	private async repeat<T>(repeatable: boolean, call: () => Promise<T>): Promise<T> {
		for (let attempt = 1; ; attempt++) {
			await this.waitForTurn(attempt === 1);
			try {
				const result = await call();
				this.pace.speedUp();
				this.tokens = Math.min(QUOTA_TOKENS, this.tokens + SUCCESS_REFUND);
				return result;
			} catch (caught) {
				if (this.port.cancelled()) throw cancelledError();
				await this.prepareRetry(this.describe(caught), attempt, repeatable);
			}
		}
	}

	private async send(request: PortRequest): Promise<PortResponse> {
		const response = await this.exchange(request);
		this.throwOnFailure(response);
		return response;
	}

	private async exchange(request: PortRequest): Promise<PortResponse> {
		if (this.port.cancelled()) throw cancelledError();
		this.counts.requests++;
		this.standStill.moves(1, this.port.now());
		try {
			return await this.port.send(request);
		} finally {
			this.standStill.moves(-1, this.port.now());
		}
	}

	private throwOnFailure(response: PortResponse): void {
		if (response.statusCode < 300) return;
		throw errorFromResponse(response, retryAfterMs(response.headers, this.port.now()));
	}

	private describe(caught: unknown): AdvocateError {
		// Anything else is a defect, and must not pass for a network that fails.
		if (!(caught instanceof NoAnswerError)) return expectAdvocateError(caught);
		return errorFromNoAnswer(caught.code, caught.message, this.options.timeoutMs);
	}

	/** Wait before the next attempt, or throw when there must be none. */
	private async prepareRetry(
		error: AdvocateError,
		attempt: number,
		repeatable: boolean,
	): Promise<void> {
		if (error.kind === 'cancelled' || !isRetryable(error)) throw error;
		const throttled = isThrottle(error);
		if (throttled || error.statusCode === 503) {
			this.counts.throttled++;
			this.lastThrottle = error;
			this.pace.slowDown(this.port.now());
			this.onThrottle?.();
		}
		if (!repeatable && !throttled) throw error;
		if (!throttled && attempt >= MAX_ATTEMPTS) throw error;
		// A limit that is obeyed is no outage: what bounds these retries is the time they may take.
		if (!throttled) this.takeTokens(error);
		const bound = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
		// The API's own wait is a minimum; the jitter on top keeps waiting workers from returning all at once.
		const wait =
			error.retryAfterMs === undefined
				? this.port.random() * bound
				: error.retryAfterMs + this.port.random() * FIRST_BACKOFF_MS;
		this.checkBudget(wait, error);
		if (error.retryAfterMs !== undefined || throttled) {
			// Everybody pauses: a limit is the tenant's, not this request's.
			this.pausedUntil = Math.max(this.pausedUntil, this.port.now() + wait);
		} else {
			await this.holdBack(wait);
		}
		this.counts.retries++;
	}

	private async waitForTurn(isFirstTry: boolean): Promise<void> {
		// The pause may be extended while we wait.
		while (this.pausedUntil > this.port.now()) {
			await this.holdBack(this.pausedUntil - this.port.now());
		}
		const wait = this.pace.reserve(this.port.now());
		if (wait === 0) return;
		if (this.lastThrottle !== undefined) this.checkBudget(wait, this.lastThrottle, isFirstTry);
		await this.holdBack(wait);
		// Meanwhile another request may have learned of a pause.
		if (this.pausedUntil > this.port.now()) await this.waitForTurn(isFirstTry);
	}

	/**
	 * Wait for the API.
	 * @throws AdvocateError when the execution was stopped
	 */
	private async holdBack(milliseconds: number): Promise<void> {
		this.standStill.holds(1, this.port.now());
		await this.port.sleep(milliseconds);
		this.standStill.holds(-1, this.port.now());
		if (this.port.cancelled()) throw cancelledError();
	}

	private takeTokens(error: AdvocateError): void {
		const cost = error.kind === 'noAnswer' ? TIMEOUT_COST : RETRY_COST;
		if (this.tokens < cost) {
			throw new AdvocateError(error.message, {
				...detailsOf(error),
				kind: 'gaveUp',
				hint: `${error.hint}. Too many requests failed in this run, so nothing is repeated any more`,
			});
		}
		this.tokens -= cost;
	}

	/**
	 * @param error why there has to be a wait
	 * @param neverSent whether the request that would have to wait has not left yet
	 * @throws AdvocateError when the run may not wait that long any more
	 */
	private checkBudget(wait: number, error: AdvocateError, neverSent = false): void {
		const waited = this.standStill.totalAt(this.port.now());
		const { waitBudgetMs } = this.options;
		if (waited + wait <= waitBudgetMs) return;
		const asked =
			neverSent || error.retryAfterMs === undefined
				? `${neverSent ? 'The next request' : 'Another try'} would have to wait`
				: `The API asks to wait ${Math.ceil(error.retryAfterMs / 1000)} s`;
		const left =
			wait > waitBudgetMs
				? `longer than the run may wait in all (${waitBudgetMs / 1000} s)`
				: `but the run has waited ${Math.round(waited / 1000)} s already, and may wait ${waitBudgetMs / 1000} s in all`;
		throw new AdvocateError(error.message, {
			...detailsOf(error),
			kind: 'gaveUp',
			neverSent,
			hint: `${error.hint}. ${asked}, ${left}`,
			helpfulOptions: [...(error.helpfulOptions ?? []), 'maxWaitTime'],
		});
	}
}

/** A file comes as text, the reason why it does not come as JSON. */
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

function detailsOf(error: AdvocateError) {
	return {
		helpfulOptions: error.helpfulOptions,
		statusCode: error.statusCode,
		apiErrorCode: error.apiErrorCode,
		rsCode: error.rsCode,
		retryAfterMs: error.retryAfterMs,
	};
}
