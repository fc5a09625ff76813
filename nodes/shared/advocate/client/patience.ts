/** How long to wait for the API, and how long it took so far. Pure; times are milliseconds since the epoch. */
import type { AdvocateError } from './error';

const inSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000);

/**
 * Measures for how long nothing has been confirmed: what ends a run is not that it waits long in all, but that it waits
 * long without getting anywhere.
 */
export class Patience {
	/** Longest time so far after which something was confirmed although requests had failed meanwhile. */
	longestMs = 0;

	/** Requests that are asked for and not done. While there are none, and none failed, there is nothing to confirm. */
	wanted = 0;

	private since = 0;

	private hasFailed = false;

	/** @param maxMs how long nothing may be confirmed */
	constructor(readonly maxMs: number) {}

	/** A request is asked for (1), or done with (-1). */
	wants(step: 1 | -1, now: number): void {
		if (this.wanted === 0 && !this.hasFailed) this.since = now;
		this.wanted += step;
	}

	/** The API did its work, if only to reject something. */
	confirmed(now: number): void {
		if (this.hasFailed) this.longestMs = Math.max(this.longestMs, this.waitedAt(now));
		this.hasFailed = false;
		this.since = now;
	}

	/** A request failed in a way that may pass. */
	failed(): void {
		this.hasFailed = true;
	}

	/** Milliseconds since something was confirmed. */
	waitedAt(now: number): number {
		return Math.max(0, now - this.since);
	}

	/** Milliseconds that may still pass. Endless while nothing has failed: then the API is slow, and does its work. */
	leftAt(now: number): number {
		return this.hasFailed ? this.maxMs - this.waitedAt(now) : Infinity;
	}

	/**
	 * The failure that a run ends with which has waited long enough.
	 * @param error what made it wait last
	 * @param neverSent whether this request has not been sent at all
	 * @param askedMs how long the API asks to wait, when that is longer than the patience
	 */
	gaveUp(error: AdvocateError, now: number, neverSent: boolean, askedMs?: number): AdvocateError {
		const max = this.maxMs / 1000;
		const waitedMs = this.waitedAt(now);
		const waited = inSeconds(waitedMs);
		const sofar = max === 0 || waited === 0 ? '' : `Nothing was confirmed for ${waited} s. `;
		const asked = askedMs === undefined ? '' : `The API asks to wait ${inSeconds(askedMs)} s. `;
		return error.with({
			kind: 'gaveUp',
			neverSent,
			hint: `${error.hint}. ${sofar}${asked}The longest wait without progress is set to ${max} s`,
			helpfulOptions: [...(error.helpfulOptions ?? []), 'maxWaitTime'],
			enoughWait:
				askedMs === undefined ? undefined : inSeconds(waitedMs + askedMs + FIRST_BACKOFF_MS),
		});
	}
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

/** Waits double from this many milliseconds; each is drawn at random below its bound ("full jitter"). */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * Milliseconds before a request is sent again.
 * @param attempt how often the request was sent
 * @param random at least 0 and below 1
 */
export function delayBeforeRepeat(
	retryAfterMs: number | undefined,
	attempt: number,
	random: number,
): number {
	// The API's own wait is a minimum; the jitter on top keeps waiting requests from returning all at once.
	if (retryAfterMs !== undefined) return retryAfterMs + random * FIRST_BACKOFF_MS;
	return random * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
}
