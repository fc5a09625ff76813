/**
 * The one way to the API: a request with time-out, retries that can't hammer an API in trouble, a shared pause when
 * it asks for one, and cancellation.
 */
import {
	AdvocateError,
	cancelledError,
	errorFromBadAnswer,
	errorFromLink,
	expectAdvocateError,
	errorFromNoAnswer,
	errorFromResponse,
	isRetryable,
	isThrottle,
} from './readErrors';
import { Outage } from './pacing';
import { Pace } from './pace';
import { NoAnswerError } from './port';
import type { AdvocatePort, PortRequest, PortResponse } from './port';
import { reasonNotToOpen } from './resultLink';
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
	/** See `jsonBytes`. */
	body?: PortRequest['body'];
	/**
	 * Whether sending it twice does no harm. Everything here is idempotent but the creation of an import job, which is
	 * then repeated only when the API surely did not act (429).
	 */
	repeatable?: boolean;
	/** Most attempts when it fails for another reason than the rate limit. */
	attempts?: number;
	/** Whether a 2xx answer without a body is fine; it is then read as an empty text. */
	mayBeEmpty?: boolean;
}

type RetryLimits = Pick<RequestOptions, 'repeatable' | 'attempts'> & Pick<PortRequest, 'maxBytes'>;

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

	/** Called when the API asks for a slower pace or seems to be down, before the wait. */
	onThrottle?: () => void;

	private tokens = QUOTA_TOKENS;

	/** Until this moment nobody sends: the API asked for a pause. */
	private pausedUntil = 0;

	private readonly pace = new Pace();

	private readonly outage = new Outage();

	private readonly standStill = new StandStill();

	/** The latest refusal for the rate: what the run waits for while it is held back by its own pace. */
	private lastThrottle?: AdvocateError;

	/** The latest failure that may pass: what the run waits for in an outage. */
	private lastTrouble?: AdvocateError;

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
		if (!URL.canParse(url)) throw errorFromBadAnswer(200, url);
		const link = new URL(url);
		const { apiUrl } = this.options;
		const reason = reasonNotToOpen(link, apiUrl);
		if (reason !== undefined) throw errorFromLink(reason);
		const request: PortRequest = {
			method: 'GET',
			url: link.href,
			timeoutMs: this.options.timeoutMs,
			maxBytes,
			responseType: 'text',
			authenticate: redirects === 0 && link.origin === new URL(apiUrl).origin,
		};
		const response = await this.exchange(request);
		const location = response.headers.location;
		if (isRedirect(response) && typeof location === 'string' && redirects < MAX_REDIRECTS) {
			// The API sends downloads on to a signed link of its file storage.
			if (!URL.canParse(location, url)) throw errorFromBadAnswer(response.statusCode, {});
			return await this.fetchFile(new URL(location, url).href, maxBytes, redirects + 1);
		}
		this.throwOnFailure({ ...response, body: parsedIfJson(response.body) });
		return typeof response.body === 'string' ? response.body : JSON.stringify(response.body);
	}

	private async repeat<T>(limits: RetryLimits, call: () => Promise<T>): Promise<T> {
		for (let attempt = 1; ; attempt++) {
			const hasTurn = await this.waitForTurn(attempt === 1);
			let error: AdvocateError;
			try {
				const result = await call();
				this.pace.speedUp();
				this.outage.answered();
				this.tokens = Math.min(QUOTA_TOKENS, this.tokens + SUCCESS_REFUND);
				return result;
			} catch (caught) {
				if (this.port.cancelled()) throw cancelledError();
				error = this.describe(caught, limits.maxBytes);
				this.noteFailure(error);
			} finally {
				if (hasTurn) this.outage.endTurn();
			}
			await this.prepareRetry(error, attempt, limits);
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

	private describe(caught: unknown, maxBytes: number): AdvocateError {
		// Anything else is a defect, and must not pass for a network that fails.
		if (!(caught instanceof NoAnswerError)) return expectAdvocateError(caught);
		const { timeoutMs } = this.options;
		return errorFromNoAnswer(caught.code, caught.message, { timeoutMs, maxBytes });
	}

	/** What a failure says about the API. */
	private noteFailure(error: AdvocateError): void {
		const throttled = isThrottle(error);
		if (throttled || error.statusCode === 503) {
			this.counts.throttled++;
			this.onThrottle?.();
		}
		// Without a word about the time, a 503 may be that of one request, which has a back-off of its own.
		if (throttled || (error.statusCode === 503 && error.retryAfterMs !== undefined)) {
			this.lastThrottle = error;
			this.pace.slowDown(this.port.now());
		}
		if (throttled) return;
		if (!isRetryable(error)) {
			// A refusal takes an API that works.
			if (error.kind === 'api') this.outage.answered();
			return;
		}
		this.lastTrouble = error;
		const wasOn = this.outage.isOn;
		this.outage.failed();
		if (!wasOn && this.outage.isOn) this.onThrottle?.();
	}

	/** Wait before the next attempt, or throw when there must be none. */
	private async prepareRetry(
		error: AdvocateError,
		attempt: number,
		{ repeatable = true, attempts = MAX_ATTEMPTS }: RetryLimits,
	): Promise<void> {
		if (error.kind === 'cancelled' || !isRetryable(error)) throw error;
		const throttled = isThrottle(error);
		if (!repeatable && !throttled) throw error;
		if (!throttled && attempt >= attempts) {
			if (error.retryAfterMs !== undefined) this.pauseFor(error.retryAfterMs, error);
			throw error;
		}
		// What bounds the retries of a limit that is obeyed, and of an outage, is the time they may take.
		if (!throttled && !this.outage.isOn) this.takeTokens(error);
		const bound = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
		// The API's own wait is a minimum; the jitter on top keeps waiting workers from returning all at once.
		const wait =
			error.retryAfterMs === undefined
				? this.port.random() * bound
				: error.retryAfterMs + this.port.random() * FIRST_BACKOFF_MS;
		if (error.retryAfterMs !== undefined || throttled) {
			this.pauseFor(wait, error);
		} else if (!this.outage.isOn) {
			this.checkBudget(wait, error);
			await this.holdBack(wait);
		}
		this.counts.retries++;
	}

	/**
	 * Wait before a part of what failed is sent, as before another try.
	 * @throws AdvocateError when there must be no other try, or the execution was stopped
	 */
	async backOff(error: AdvocateError): Promise<void> {
		// In an outage the part has to wait for its turn anyway.
		if (this.outage.isOn) return;
		// While others go through, sending parts is no hammering.
		if (this.outage.failedInARow > 1) this.takeTokens(error);
		const wait = this.port.random() * FIRST_BACKOFF_MS;
		this.checkBudget(wait, error);
		await this.holdBack(wait);
	}

	/** Everybody pauses: a limit is the tenant's, not one request's. */
	private pauseFor(milliseconds: number, error: AdvocateError): void {
		this.checkBudget(milliseconds, error);
		this.pausedUntil = Math.max(this.pausedUntil, this.port.now() + milliseconds);
	}

	/** @returns whether the request has the turn to find out whether the API is back */
	private async waitForTurn(isFirstTry: boolean): Promise<boolean> {
		for (;;) {
			if (this.pausedUntil > this.port.now()) {
				// The pause may be extended while we wait.
				await this.holdBack(this.pausedUntil - this.port.now());
			} else if (this.outage.isOn) {
				if (await this.waitToFindOut(isFirstTry)) return true;
			} else {
				const wait = this.pace.reserve(this.port.now());
				if (wait === 0) return false;
				if (this.lastThrottle !== undefined) {
					this.checkBudget(wait, this.lastThrottle, isFirstTry);
				}
				await this.holdBack(wait);
				// Meanwhile another request may have learned of a pause.
				if (this.pausedUntil <= this.port.now() && !this.outage.isOn) return false;
			}
		}
	}

	/** @returns false when the API is back meanwhile */
	private async waitToFindOut(isFirstTry: boolean): Promise<boolean> {
		this.standStill.holds(1, this.port.now());
		const hasTurn = await this.outage.takeTurn();
		this.standStill.holds(-1, this.port.now());
		if (!hasTurn) return false;
		let mayAsk = false;
		try {
			const wait = this.outage.nextWait(this.port.random());
			if (this.lastTrouble !== undefined) this.checkBudget(wait, this.lastTrouble, isFirstTry);
			await this.holdBack(wait);
			mayAsk = true;
		} finally {
			if (!mayAsk) this.outage.endTurn();
		}
		return mayAsk;
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
