/**
 * When requests may leave. One object for all requests of a run, since a limit and an outage are the tenant's, not one
 * request's. Two words: requests *wait* one by one, and *pause* all together. Times are milliseconds since the epoch.
 */
import { cancelledError, isRetryable, isThrottle } from './error';
import type { AdvocateError } from './error';
import { Outage } from './outage';
import type { AdvocatePort } from './port';
import { Pace } from './rate';

/** Waits double from this many milliseconds; each is drawn at random below its bound ("full jitter"). */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * The quota for repeats, as in the AWS SDKs: a repeat takes tokens, a success gives some back. When trouble has used
 * them up, requests are no longer repeated. A time-out costs more since it also held a connection for long.
 */
const QUOTA_TOKENS = 500;
const REPEAT_COST = 5;
const TIMEOUT_COST = 10;
const SUCCESS_REFUND = 1;

export class Pacing {
	/** Called when the API asks for a slower pace or seems to be down, before any wait. */
	onSlowDown?: () => void;

	/** Answers that asked for a slower pace (429 or 503). */
	throttled = 0;

	private tokens = QUOTA_TOKENS;

	/** Until this moment nobody sends: the API asked for a pause. */
	private pausedUntil = 0;

	private readonly pace = new Pace();

	private readonly outage = new Outage();

	private readonly standStill = new StandStill();

	/** The latest failure for the rate: why requests wait for their place. */
	private lastThrottle?: AdvocateError;

	/** The latest failure that may pass: why requests wait in an outage. */
	private lastTrouble?: AdvocateError;

	/** @param maxWaitMs how long the run may stand still because the API limits the rate or has trouble */
	constructor(
		private readonly host: Pick<AdvocatePort, 'now' | 'sleep' | 'random' | 'cancelled'>,
		private readonly maxWaitMs: number,
	) {}

	/** Milliseconds in which the run stood still so far. */
	get waitedMs(): number {
		return this.standStill.totalAt(this.host.now());
	}

	/** A request leaves. */
	left(): void {
		this.standStill.moves(1, this.host.now());
	}

	/** It was answered, or given up. */
	returned(): void {
		this.standStill.moves(-1, this.host.now());
	}

	/** What was asked for was done. */
	succeeded(): void {
		this.pace.speedUp();
		this.outage.answered();
		this.tokens = Math.min(QUOTA_TOKENS, this.tokens + SUCCESS_REFUND);
	}

	/** What a failure says about the API. */
	failed(error: AdvocateError): void {
		const isLimit = isThrottle(error);
		if (isLimit || error.statusCode === 503) {
			this.throttled++;
			this.onSlowDown?.();
		}
		// Without a word about the time, a 503 may be that of one request, which has a back-off of its own.
		if (isLimit || (error.statusCode === 503 && error.retryAfterMs !== undefined)) {
			this.lastThrottle = error;
			this.pace.slowDown(this.host.now());
		}
		if (isLimit) return;
		if (!isRetryable(error)) {
			// Only an API that works rejects something.
			if (error.kind === 'api') this.outage.answered();
			return;
		}
		this.lastTrouble = error;
		const wasOn = this.outage.isOn;
		this.outage.failed();
		if (!wasOn && this.outage.isOn) this.onSlowDown?.();
	}

	/**
	 * Wait until a request may leave.
	 * @returns to be called when it has ended
	 * @throws AdvocateError when that would take too long, or the execution was stopped
	 */
	async waitToSend(isFirstTry: boolean): Promise<() => void> {
		for (;;) {
			const pause = this.pausedUntil - this.host.now();
			if (pause > 0) {
				// It may be extended meanwhile.
				await this.wait(pause);
			} else if (this.outage.isOn) {
				if (await this.waitToFindOut(isFirstTry)) return () => this.outage.endTurn();
			} else if (await this.waitForPlace(isFirstTry)) {
				return () => {};
			}
		}
	}

	/**
	 * Wait before a request is sent again.
	 * @param attempt how often it was sent
	 * @throws AdvocateError when it must not be, or the execution was stopped
	 */
	async waitToRepeat(error: AdvocateError, attempt: number): Promise<void> {
		const isLimit = isThrottle(error);
		// What bounds the repeats of a limit that is obeyed, and of an outage, is the time they may take.
		if (!isLimit && !this.outage.isOn) this.spendTokens(error);
		const delay = delayBeforeRepeat(error.retryAfterMs, attempt, this.host.random());
		if (isLimit || error.retryAfterMs !== undefined) {
			this.pauseFor(delay, error);
		} else if (!this.outage.isOn) {
			this.checkMaxWait(delay, error);
			await this.wait(delay);
		}
	}

	/**
	 * Wait before a part of what failed is sent.
	 * @throws AdvocateError when it must not be, or the execution was stopped
	 */
	async waitToSendPart(error: AdvocateError): Promise<void> {
		// In an outage the part has to wait for its turn anyway.
		if (this.outage.isOn) return;
		// Other requests succeed, so sending the parts adds no harmful load.
		if (this.outage.failedInARow > 1) this.spendTokens(error);
		const delay = delayBeforeRepeat(undefined, 1, this.host.random());
		this.checkMaxWait(delay, error);
		await this.wait(delay);
	}

	/**
	 * Everybody pauses as long as an answer asked for, if it did.
	 * @throws AdvocateError when that would take too long
	 */
	pauseAsAsked(error: AdvocateError): void {
		if (error.retryAfterMs !== undefined) this.pauseFor(error.retryAfterMs, error);
	}

	private pauseFor(milliseconds: number, error: AdvocateError): void {
		this.checkMaxWait(milliseconds, error);
		this.pausedUntil = Math.max(this.pausedUntil, this.host.now() + milliseconds);
	}

	/** @returns false when there is a pause or an outage meanwhile */
	private async waitForPlace(isFirstTry: boolean): Promise<boolean> {
		const delay = this.pace.reserve(this.host.now());
		if (delay === 0) return true;
		if (this.lastThrottle !== undefined) this.checkMaxWait(delay, this.lastThrottle, isFirstTry);
		await this.wait(delay);
		return this.pausedUntil <= this.host.now() && !this.outage.isOn;
	}

	/** @returns whether the request has the turn to find out; false when the API is back meanwhile */
	private async waitToFindOut(isFirstTry: boolean): Promise<boolean> {
		this.standStill.holds(1, this.host.now());
		const hasTurn = await this.outage.takeTurn();
		this.standStill.holds(-1, this.host.now());
		if (!hasTurn) return false;
		let mayAsk = false;
		try {
			const delay = this.outage.nextWait(this.host.random());
			if (this.lastTrouble !== undefined) this.checkMaxWait(delay, this.lastTrouble, isFirstTry);
			await this.wait(delay);
			mayAsk = true;
		} finally {
			if (!mayAsk) this.outage.endTurn();
		}
		return true;
	}

	/** @throws AdvocateError when the execution was stopped */
	private async wait(milliseconds: number): Promise<void> {
		this.standStill.holds(1, this.host.now());
		await this.host.sleep(milliseconds);
		this.standStill.holds(-1, this.host.now());
		if (this.host.cancelled()) throw cancelledError();
	}

	private spendTokens(error: AdvocateError): void {
		const cost = error.kind === 'noAnswer' ? TIMEOUT_COST : REPEAT_COST;
		if (this.tokens < cost) {
			throw error.with({
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
	private checkMaxWait(milliseconds: number, error: AdvocateError, neverSent = false): void {
		const waited = this.waitedMs;
		if (waited + milliseconds <= this.maxWaitMs) return;
		const asked =
			neverSent || error.retryAfterMs === undefined
				? `${neverSent ? 'The next request' : 'Another try'} would have to wait`
				: `The API asks to wait ${Math.ceil(error.retryAfterMs / 1000)} s`;
		const left =
			milliseconds > this.maxWaitMs
				? `longer than the run may wait in all (${this.maxWaitMs / 1000} s)`
				: `but the run has waited ${Math.round(waited / 1000)} s already, and may wait ${this.maxWaitMs / 1000} s in all`;
		throw error.with({
			kind: 'gaveUp',
			neverSent,
			hint: `${error.hint}. ${asked}, ${left}`,
			helpfulOptions: [...(error.helpfulOptions ?? []), 'maxWaitTime'],
		});
	}
}

/**
 * @param attempt how often the request was sent
 * @param random at least 0 and below 1
 */
function delayBeforeRepeat(
	retryAfterMs: number | undefined,
	attempt: number,
	random: number,
): number {
	// The API's own wait is a minimum; the jitter on top keeps waiting requests from returning all at once.
	if (retryAfterMs !== undefined) return retryAfterMs + random * FIRST_BACKOFF_MS;
	return random * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
}

/**
 * Measures how long a run stands still because of the API: nothing is under way, and at least one request is held back.
 * Requests that are held back together count once, and so does one that waits while others are answered: not at all.
 */
export class StandStill {
	private underWay = 0;

	private heldBack = 0;

	/** Up to the latest event. */
	private total = 0;

	private lastEventAt = 0;

	/** A request leaves (1) or has ended (-1). */
	moves(step: 1 | -1, now: number): void {
		this.note(now);
		this.underWay += step;
	}

	/** A request begins to wait for the API (1) or need not wait any longer (-1). */
	holds(step: 1 | -1, now: number): void {
		this.note(now);
		this.heldBack += step;
	}

	/** Milliseconds so far. */
	totalAt(now: number): number {
		const isStill = this.underWay === 0 && this.heldBack > 0;
		return this.total + (isStill ? Math.max(0, now - this.lastEventAt) : 0);
	}

	private note(now: number): void {
		this.total = this.totalAt(now);
		this.lastEventAt = now;
	}
}
