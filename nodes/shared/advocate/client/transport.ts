/**
 * The one way to the API: a request with time-out and cancellation, repeated while that makes sense. When a request may
 * leave is for `pacing.ts` to say.
 */
import { urlOf } from '../credential';
import {
	cancelledError,
	expectAdvocateError,
	isRetryable,
	isThrottle,
	isTimeout,
	mayHaveBeenApplied,
} from './error';
import type { AdvocateError } from './error';
import { Pacing } from './pacing';
import type { Turn } from './pacing';
import { NoAnswerError } from './port';
import type { AdvocatePort, PortRequest, PortResponse } from './port';
import { quotaOf, retryAfterMs } from './rate';
import {
	errorFromBadAnswer,
	errorFromLink,
	errorFromNoAnswer,
	errorFromResponse,
} from './readErrors';
import { reasonNotToOpen } from './reach';
import { TimeLimit } from './patience';

export interface TransportOptions {
	/** `https://host/api/v1/{tenantAlias}`, without a slash at the end. */
	apiUrl: string;
	/** Where the credential may go. */
	origin: string;
	/** Milliseconds until one request is given up. */
	timeoutMs: number;
	/** Milliseconds in which nothing may be confirmed before the run gives up. */
	maxWaitMs: number;
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
	/** Whether the caller sends it in parts once it fails: all tries at it count, and slow ones are not repeated. */
	hasParts?: boolean;
	/** Whether a 2xx answer without a body is fine; it is then read as an empty text. */
	mayBeEmpty?: boolean;
}

type RepeatLimits = Pick<RequestOptions, 'repeatable' | 'attempts' | 'hasParts'>;

/** How often a request of many participants is tried before the caller takes it apart. */
export type PartLimits = Pick<RequestOptions, 'attempts' | 'hasParts'>;

/** What the run cost, for the summary. */
export interface TransportStatistics {
	/** Requests that left, retries included. */
	requests: number;
	retries: number;
	/** Answers that asked for a slower pace (429 or 503). */
	throttled: number;
	/** Milliseconds in which the run stood still because the API limits the rate or has trouble. */
	waitedMs: number;
	/** Longest time in which requests failed and nothing was confirmed, in milliseconds, until something was. */
	longestWaitMs: number;
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

/** Answers that are not the API's, before its first one, after which something else stands at the address. */
const MAX_STRANGE_ANSWERS = 3;

/** The API's two ways to a participant. */
export type Way = 'REST' | 'GraphQL';

export class Transport {
	/** Ways that the API refused in this run while the other one is open. */
	readonly closedWays = new Set<Way>();

	readonly pacing: Pacing;

	private readonly counts = { requests: 0, retries: 0 };

	/** Hosts that have answered anything. */
	private readonly answered = new Set<string>();

	private hasGoodAnswer = false;

	private strangeAnswers = 0;

	/** When everything has to be over, in flight or not. */
	readonly timeLimit: TimeLimit;

	/** Called after each wait, by whoever wants to say how it goes. */
	onWait?: () => void;

	constructor(
		private readonly port: AdvocatePort,
		private readonly options: TransportOptions,
	) {
		this.timeLimit = new TimeLimit(port);
		const host = this.timeLimit.pacedHost(port);
		const sleep = async (milliseconds: number): Promise<void> => {
			await host.sleep(milliseconds);
			this.onWait?.();
		};
		this.pacing = new Pacing({ ...host, sleep }, options.timeoutMs, options.maxWaitMs);
	}

	/** Whether something else than the API stands at the address, as far as its answers tell. */
	get isElsewhere(): boolean {
		return !this.hasGoodAnswer && this.strangeAnswers >= MAX_STRANGE_ANSWERS;
	}

	/** What the run has cost so far. */
	get statistics(): TransportStatistics {
		const { throttled, waitedMs, longestWaitMs } = this.pacing;
		return { ...this.counts, throttled, waitedMs: Math.round(waitedMs), longestWaitMs };
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

	/** At least 0 and below 1, by the host's dice. */
	random(): number {
		return this.port.random();
	}

	/** Whether the user stopped the execution. */
	cancelled(): boolean {
		return this.port.cancelled();
	}

	/** Wait; returns early once the execution is stopped. */
	async sleep(milliseconds: number): Promise<void> {
		await this.port.sleep(milliseconds);
		this.onWait?.();
	}

	/**
	 * Send a request, repeating it while that makes sense.
	 * @param read turns the parsed body of a 2xx answer into the result; it may throw an AdvocateError when the body
	 * says that the request failed (GraphQL), which is then repeated or not like any other failure
	 * @throws AdvocateError
	 */
	async request<T>(options: RequestOptions, read: (body: unknown) => T): Promise<T> {
		return await this.repeat(options, async () => {
			const response = await this.send({
				method: options.method,
				url: `${this.options.apiUrl}${options.path}`,
				query: options.query,
				body: options.body,
				timeoutMs: this.options.timeoutMs,
				maxBytes: MAX_ANSWER_BYTES,
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
		return await this.repeat({}, async () => await this.fetchFile(url));
	}

	private async fetchFile(url: string, redirects = 0): Promise<string> {
		const link = urlOf(url);
		if (link === undefined) throw errorFromBadAnswer(200, url);
		const reason = reasonNotToOpen(link, this.options.apiUrl);
		if (reason !== undefined) throw errorFromLink(reason);
		const request: PortRequest = {
			method: 'GET',
			url: link.href,
			timeoutMs: this.options.timeoutMs,
			maxBytes: MAX_FILE_BYTES,
			responseType: 'text',
			authenticate: redirects === 0 && link.origin === this.options.origin,
		};
		const response = await this.exchange(request);
		const location = response.headers.location;
		if (isRedirect(response) && typeof location === 'string' && redirects < MAX_REDIRECTS) {
			// The API sends downloads on to a signed link of its file storage.
			const next = urlOf(location, url);
			if (next === undefined) throw errorFromBadAnswer(response.statusCode, {});
			return await this.fetchFile(next.href, redirects + 1);
		}
		this.throwOnFailure(response, true);
		if (typeof response.body !== 'string') {
			throw errorFromBadAnswer(response.statusCode, response.body);
		}
		return response.body;
	}

	private async repeat<T>(limits: RepeatLimits, call: () => Promise<T>): Promise<T> {
		this.pacing.wants(1);
		// What one attempt may have done is not undone by how the next one ends.
		let mayBeApplied = false;
		let latest: AdvocateError | undefined;
		try {
			const before = this.pacing.confirmations;
			let counted = 0;
			for (let attempt = 1; ; attempt++) {
				const turn = await this.waitToSend(attempt === 1, limits.hasParts ?? false);
				// In an outage, a row that finds out whether it is over must not be lost to that.
				if (limits.hasParts || !this.pacing.mayBeDown(before, counted)) counted++;
				try {
					const result = await call();
					this.hasGoodAnswer = true;
					turn.succeeded();
					return result;
				} catch (caught) {
					if (this.port.cancelled()) throw cancelledError();
					latest = expectAdvocateError(caught);
					turn.failed(latest);
				} finally {
					turn.ended();
				}
				this.checkAddress(latest);
				await this.prepareRepeat(latest, attempt, counted, limits);
				mayBeApplied ||= mayHaveBeenApplied(latest);
			}
		} catch (caught) {
			const error = expectAdvocateError(caught);
			// Whoever gives up speaks of the wait, not of the attempt before.
			if (error !== latest && latest !== undefined) mayBeApplied ||= mayHaveBeenApplied(latest);
			throw mayBeApplied ? error.with({ mayBeApplied }) : error;
		} finally {
			this.pacing.wants(-1);
		}
	}

	/**
	 * The address may be that of a web site, a login page for example, which answers everything with a page.
	 * @throws AdvocateError when that is so
	 */
	private checkAddress(error: AdvocateError): void {
		if (error.kind === 'api') this.hasGoodAnswer = true;
		if (this.hasGoodAnswer || error.kind !== 'badAnswer' || !isRetryable(error)) return;
		this.strangeAnswers++;
		if (this.isElsewhere) throw error.with({ kind: 'gaveUp' });
	}

	/** @returns the turn to send it, to be ended when it has been */
	private async waitToSend(isFirstTry: boolean, hasParts: boolean): Promise<Turn> {
		let turn: Turn | undefined;
		try {
			this.timeLimit.check(isFirstTry);
			turn = await this.pacing.waitToSend(isFirstTry, hasParts);
			// It may have waited for another one to be answered.
			this.timeLimit.check(isFirstTry);
			return turn;
		} catch (caught) {
			turn?.ended();
			// It does not know whether the request was sent before.
			if (!this.port.cancelled()) this.timeLimit.check(isFirstTry);
			throw expectAdvocateError(caught);
		}
	}

	/** Wait before the next attempt, or throw when there must be none. */
	private async prepareRepeat(
		error: AdvocateError,
		attempt: number,
		counted: number,
		{ repeatable = true, attempts = MAX_ATTEMPTS, hasParts = false }: RepeatLimits,
	): Promise<void> {
		const isLimit = isThrottle(error);
		if (!isRetryable(error) || (!repeatable && !isLimit)) throw error;
		const isTooSlow = hasParts && isTimeout(error) && this.pacing.isTooSlow;
		if (!isLimit && (counted >= attempts || isTooSlow)) {
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
		const { origin } = new URL(request.url);
		let response: PortResponse;
		try {
			const timeoutMs = Math.max(1, Math.min(request.timeoutMs, this.timeLimit.left));
			response = await this.port.send({ ...request, timeoutMs });
		} catch (caught) {
			throw this.describe(caught, request, this.answered.has(origin));
		}
		this.answered.add(origin);
		if (response.statusCode < 300) {
			this.pacing.noteQuota(quotaOf(response.headers, this.port.now()));
		}
		return response;
	}

	/** @throws AdvocateError when the status says that the request failed */
	private throwOnFailure(response: PortResponse, isFile = false): void {
		if (response.statusCode < 300) return;
		// A file comes as text, and so does the reason why it does not come.
		const body = parsedIfJson(response.body);
		const waitMs = retryAfterMs(response.headers, this.port.now());
		throw errorFromResponse({ ...response, body }, waitMs, isFile);
	}

	/** @param hasAnswered whether the host has answered before: what keeps it from doing so now may then pass */
	private describe(caught: unknown, limits: PortRequest, hasAnswered: boolean): AdvocateError {
		// Anything else is a defect, and must not pass for a network that fails.
		if (!(caught instanceof NoAnswerError)) return expectAdvocateError(caught);
		const error = errorFromNoAnswer(caught.code, caught.message, {
			...limits,
			apiUrl: this.options.apiUrl,
		});
		return hasAnswered && error.kind === 'noAnswer' ? error.with({ permanent: false }) : error;
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
