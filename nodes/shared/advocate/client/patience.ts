/**
 * How long to wait for an API in trouble, who finds out whether it is back, and when the time of the run is over. Times
 * are milliseconds since the epoch.
 */
import { AdvocateError } from './error';
import type { AdvocatePort, PacedHost } from './port';

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

/** Requests that fail with no answer of a working API between them, after which it counts as down. */
const FAILURES = 8;

/** Milliseconds before the first attempt to find out, and at most; they double. The lower half of each is certain. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** The turn to find out whether the API is back. */
export interface ProbeTurn {
	/** Whether that is still to be found out. */
	isOpen(): boolean;
	/** In any case: the next one may find out. */
	end(): void;
}

/**
 * Recognises an API that is down, and then lets one request at a time find out whether it is back: many that retry side
 * by side would add to its load, and give up on it within seconds.
 */
export class Outage {
	/** Attempts that failed with no answer of a working API between them. */
	failedInARow = 0;

	/** How often somebody began to find out since then. */
	probes = 0;

	/** How often the API did its work: an answer that was on its way may end an outage as well. */
	private answers = 0;

	/** Whether somebody finds out at the moment. */
	private isProbing = false;

	/** Those who wait to be the next one; told whether it is their turn, or the outage is over. */
	private readonly queue: Array<(isTurn: boolean) => void> = [];

	/** Whether the API seems to be down. */
	get isOn(): boolean {
		return this.failedInARow >= FAILURES;
	}

	/** An attempt failed through trouble of the API, or of the way to it. */
	failed(): void {
		this.failedInARow++;
	}

	/** The API did its work, if only to reject something. */
	answered(): void {
		this.answers++;
		this.failedInARow = 0;
		this.probes = 0;
		this.isProbing = false;
		for (const next of this.queue.splice(0)) next(false);
	}

	/**
	 * Wait for the turn to find out. In order of arrival, so that nobody uses up all tries while others wait.
	 * @returns nothing when the outage is over instead
	 */
	async takeTurn(): Promise<ProbeTurn | undefined> {
		const isTurn =
			!this.isProbing ||
			(await new Promise<boolean>((resolve) => {
				this.queue.push(resolve);
			}));
		if (!isTurn) return undefined;
		this.isProbing = true;
		const { answers } = this;
		const isOpen = (): boolean => this.answers === answers;
		return {
			isOpen,
			end: () => {
				if (isOpen()) this.passOn();
			},
		};
	}

	private passOn(): void {
		const next = this.queue.shift();
		if (next === undefined) this.isProbing = false;
		else next(true);
	}

	/**
	 * Milliseconds to wait before finding out.
	 * @param random at least 0 and below 1
	 */
	nextWait(random: number): number {
		const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.probes++);
		return (wait * (1 + random)) / 2;
	}
}

/**
 * The end of the time that a run has: from then on nothing is sent, waited for or repeated any more, so that the run
 * ends by itself, with an account of what it did, before its host ends it without one.
 */
export class TimeLimit {
	private at = Infinity;

	private error?: AdvocateError;

	constructor(private readonly clock: Pick<AdvocatePort, 'now'>) {}

	/**
	 * Set the end.
	 * @param at milliseconds since the epoch
	 * @param reason a sentence without a full stop
	 * @param hint how to go on
	 */
	set(at: number, reason: string, hint: string): void {
		this.at = at;
		this.error = new AdvocateError(reason, { kind: 'gaveUp', hint });
	}

	/** Milliseconds that are left. */
	get left(): number {
		return this.at - this.clock.now();
	}

	/**
	 * @param neverSent whether what is held back by it has not left even once
	 * @throws AdvocateError when the time is over
	 */
	check(neverSent: boolean): void {
		if (this.error !== undefined && this.left <= 0) throw this.error.with({ neverSent });
	}

	/** The host, whose waits end with the time. */
	pacedHost(port: AdvocatePort): PacedHost {
		return {
			now: () => port.now(),
			clock: () => port.clock?.() ?? port.now(),
			random: () => port.random(),
			cancelled: () => port.cancelled(),
			sleep: async (milliseconds) => {
				this.check(false);
				await port.sleep(Math.min(milliseconds, this.left));
				this.check(false);
			},
		};
	}
}
