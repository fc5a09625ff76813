/**
 * When requests may leave, and how many at once. One controller for all requests of a run, since limits and outages are
 * the tenant's, not one request's, and one reaction to each sign:
 * - a limit on the rate (429, or 503 with a time) makes requests leave further apart, after a pause if it asks for one;
 * - overload (no answer, a late one, 408, 502 to 504) leaves fewer in flight, and at one in flight makes them smaller;
 * - failures with nothing else between them are an outage: one request at a time finds out whether it is over.
 *
 * Nothing bounds these but patience: the time in which nothing is confirmed. Two words: requests *wait* one by one, and
 * *pause* all together. Times are milliseconds since the epoch.
 */
import { cancelledError, isOverload, isRetryable, isThrottle, isTimeout } from './error';
import type { AdvocateError } from './error';
import { Outage, delayBeforeRepeat, Patience, StandStill } from './patience';
import type { ProbeTurn } from './patience';
import type { PacedHost } from './port';
import { Pace } from './rate';
import type { Quota } from './rate';
import { Window } from './window';
import type { Departure } from './window';

/** Failures in a row from which on the API may be down. */
const DOUBTFUL_FAILURES = 3;

/** Time-outs in a row from which on a request that has parts is not sent again as a whole. */
const TELLING_TIMEOUTS = 2;

/** Leave to send one request. */
export interface Turn {
	/** The request did what was asked. */
	succeeded(): void;
	/** What its failure says about the API. */
	failed(error: AdvocateError): void;
	/** In any case, after that. */
	ended(): void;
}

export class Pacing {
	/** Called when even a request on its own is late or does not come: it should be smaller. */
	onSlowAlone?: () => void;

	/** Called at each failure while the API may be down. */
	onDoubt?: () => void;

	/** Answers that asked for a slower pace (429 or 503). */
	throttled = 0;

	/** How often the API did its work. */
	confirmations = 0;

	private window: Window;

	/** Until this moment nobody sends: the API asked for a pause. */
	private pausedUntil = 0;

	private readonly pace = new Pace();

	private readonly outage = new Outage();

	private readonly standStill = new StandStill();

	private readonly patience: Patience;

	/** Those who wait for one in flight to end. */
	private waiting: Array<() => void> = [];

	/** The latest failure that may pass: why requests wait. */
	private lastFailure?: AdvocateError;

	private timeoutsInARow = 0;

	/** Whether the next request need not ask how long nothing was confirmed. */
	private isOneMoreAllowed = false;

	/** Whether the quota in the headers is one that goes down with requests. */
	private hasQuota = false;

	/** @param maxWaitMs how long nothing may be confirmed */
	constructor(
		private readonly host: PacedHost,
		private readonly timeoutMs: number,
		maxWaitMs: number,
	) {
		this.patience = new Patience(maxWaitMs);
		this.window = new Window(Infinity, this.clock());
	}

	/** Allow so many requests in flight at most, and find out from the start how many the API takes. */
	limit(most: number): void {
		this.window = new Window(most, this.clock());
	}

	/** How many requests may be in flight now. */
	get allowed(): number {
		return this.window.allowed;
	}

	/** Milliseconds until the next request should leave, so that they are spread over a round trip. */
	get spacingMs(): number {
		return this.window.waitAt(this.clock());
	}

	/** Requests in flight since `limit`. */
	get inFlight(): { peak: number; average: number } {
		return { peak: this.window.peak, average: this.window.averageAt(this.clock()) };
	}

	/** Milliseconds in which the run stood still so far. */
	get waitedMs(): number {
		return this.standStill.totalAt(this.host.now());
	}

	/** Longest time in which requests failed and nothing was confirmed, in milliseconds, until something was. */
	get longestWaitMs(): number {
		return this.patience.longestMs;
	}

	/** Whether the API seems to be down. */
	get isDown(): boolean {
		return this.outage.isOn;
	}

	/** How often somebody began to find out whether the API is back, since it did its work last. */
	get probes(): number {
		return this.outage.probes;
	}

	/** Whether the API may be down: somebody else should find out too. */
	get isInDoubt(): boolean {
		return this.outage.failedInARow >= DOUBTFUL_FAILURES;
	}

	/**
	 * Whether the API may be down, so that another try at it says nothing about what is asked for.
	 * @param before `confirmations` at the first try
	 * @param tries so far
	 */
	mayBeDown(before: number, tries: number): boolean {
		if (this.outage.isOn) return true;
		// Before that is clear: as long as others can find out, and none has been told anything since.
		const isUnclear = this.isInDoubt && this.confirmations === before;
		return isUnclear && tries > DOUBTFUL_FAILURES && this.patience.wanted > 1;
	}

	/** Whether the latest failure is that of a request that should be sent in parts rather than once more. */
	isTooSlow = false;

	/** A request is asked for (1), or done with (-1). */
	wants(step: 1 | -1): void {
		this.patience.wants(step, this.host.now());
	}

	/**
	 * Wait until a request may leave.
	 * @param hasParts whether it could be smaller
	 * @throws AdvocateError when that would take too long, or the execution was stopped
	 */
	async waitToSend(isFirstTry: boolean, hasParts: boolean): Promise<Turn> {
		let hasPlace = false;
		for (;;) {
			if (this.host.cancelled()) throw cancelledError();
			const pause = this.pausedUntil - this.host.now();
			if (pause > 0) {
				hasPlace = false;
				// It may be extended meanwhile.
				await this.wait(pause);
				continue;
			}
			if (this.outage.isOn) {
				hasPlace = false;
				const turn = await this.waitToFindOut(isFirstTry);
				if (turn !== undefined) return this.takeTurn(hasParts, () => turn.end());
				continue;
			}
			this.checkPatience(isFirstTry);
			if (!hasPlace) {
				hasPlace = true;
				const delay = this.pace.reserve(this.host.now());
				if (delay > 0) {
					await this.wait(delay);
					continue;
				}
			}
			if (!this.window.isFull) return this.takeTurn(hasParts);
			await new Promise<void>((resolve) => {
				this.waiting.push(resolve);
			});
		}
	}

	private takeTurn(hasParts: boolean, endTurn = () => {}): Turn {
		const { host, window } = this;
		const leftAt = host.now();
		const departure = window.started(this.clock());
		this.standStill.moves(1, leftAt);
		return {
			succeeded: () => {
				this.confirmed();
				this.pace.speedUp(leftAt);
				const pace = window.answered(departure, this.clock(), this.timeoutMs);
				if (pace === 'late' && hasParts) this.sayIfAlone();
			},
			failed: (error) => {
				if (this.failed(error, window, departure, leftAt) && hasParts) this.sayIfAlone();
			},
			ended: () => {
				window.ended(departure, this.clock());
				this.standStill.moves(-1, host.now());
				endTurn();
				// Those who find no room wait again, in the same order.
				for (const next of this.waiting.splice(0)) next();
			},
		};
	}

	/** For how long requests are under way. */
	private clock(): number {
		return this.host.clock();
	}

	/** The API did its work, if only to reject something. */
	private confirmed(): void {
		this.confirmations++;
		this.patience.confirmed(this.host.now());
		this.outage.answered();
		this.lastFailure = undefined;
		this.timeoutsInARow = 0;
	}

	/** @returns whether the request took too long, with few others around it */
	private failed(
		error: AdvocateError,
		window: Window,
		departure: Departure,
		leftAt: number,
	): boolean {
		const now = this.clock();
		const isLimit = isLimitOfRate(error);
		if (isLimit || error.statusCode === 503) this.throttled++;
		if (!isRetryable(error)) {
			// Only an API that works rejects something.
			if (error.kind === 'api') this.confirmed();
			return false;
		}
		this.patience.failed();
		this.lastFailure = error;
		if (isLimit && this.pace.slowDown(leftAt, this.host.now())) this.pauseIfStuck(error);
		if (isThrottle(error)) return false;
		this.timeoutsInARow = isTimeout(error) ? this.timeoutsInARow + 1 : 0;
		// With many others around it, it may be they who are too many.
		this.isTooSlow =
			this.timeoutsInARow >= TELLING_TIMEOUTS &&
			window.inFlightDuring(departure, now) <= TELLING_TIMEOUTS &&
			!window.isQuick(this.timeoutMs);
		// What an outage does to requests says nothing about how many the API takes.
		const isSign =
			!isLimit && !this.outage.isOn && isOverload(error) && window.overloaded(departure, now);
		this.outage.failed();
		if (this.isInDoubt) this.onDoubt?.();
		return isSign && this.isTooSlow;
	}

	/** While every request is refused, and the API does not say for how long, all wait longer each time. */
	private pauseIfStuck({ retryAfterMs }: AdvocateError): void {
		const { signsInARow } = this.pace;
		if (retryAfterMs !== undefined || signsInARow < 2) return;
		const now = this.host.now();
		const delay = delayBeforeRepeat(undefined, signsInARow - 1, this.host.random());
		const left = Math.max(0, this.patience.leftAt(now));
		this.pausedUntil = Math.max(this.pausedUntil, now + Math.min(delay, left));
	}

	private sayIfAlone(): void {
		if (this.window.allowed === 1) this.onSlowAlone?.();
	}

	/** The API asks for a slower pace inside an answer that went through. */
	throttledInside(): void {
		this.throttled++;
		const now = this.host.now();
		this.pace.slowDown(now, now);
	}

	/**
	 * What a good answer says is left of the quota. When nothing is, all pause until there is: that is sooner than a
	 * request that is refused, and fewer of these.
	 */
	noteQuota({ remaining, resetMs }: Quota): void {
		if (remaining === undefined) return;
		// A server that always says so does not count.
		if (remaining > 0) this.hasQuota = true;
		const isUsedUp = this.hasQuota && remaining < this.window.count;
		if (!isUsedUp || resetMs === undefined || resetMs > this.patience.maxMs) return;
		this.pausedUntil = Math.max(this.pausedUntil, this.host.now() + resetMs);
	}

	/**
	 * Wait before a request is sent again.
	 * @param attempt how often it was sent
	 * @throws AdvocateError when it must not be, or the execution was stopped
	 */
	async waitToRepeat(error: AdvocateError, attempt: number): Promise<void> {
		const delay = delayBeforeRepeat(error.retryAfterMs, attempt, this.host.random());
		if (error.retryAfterMs !== undefined) {
			this.pauseFor(delay, error);
		} else if (isThrottle(error)) {
			// It waits for its place, as all others do.
			this.withinPatience(0, error);
		} else if (!this.outage.isOn) {
			await this.wait(this.withinPatience(delay, error));
		}
	}

	/**
	 * Wait before a part of what failed is sent.
	 * @throws AdvocateError when it must not be, or the execution was stopped
	 */
	async waitToSendPart(error: AdvocateError): Promise<void> {
		if (this.outage.isOn) return;
		const delay = delayBeforeRepeat(undefined, 1, this.host.random());
		await this.wait(this.withinPatience(delay, error));
	}

	/**
	 * Everybody pauses as long as an answer asked for, if it did.
	 * @throws AdvocateError when that would take too long
	 */
	pauseAsAsked(error: AdvocateError): void {
		if (error.retryAfterMs !== undefined) this.pauseFor(error.retryAfterMs, error);
	}

	private pauseFor(milliseconds: number, error: AdvocateError): void {
		const now = this.host.now();
		const left = this.patience.leftAt(now);
		const asked = error.retryAfterMs ?? 0;
		if (asked > left) {
			throw this.patience.gaveUp(error, now, false, asked);
		}
		if (left <= 0) throw this.patience.gaveUp(error, now, false);
		this.pausedUntil = Math.max(this.pausedUntil, now + Math.min(milliseconds, left));
	}

	/** @returns the turn to find out whether the API is back; nothing when it is meanwhile */
	private async waitToFindOut(isFirstTry: boolean): Promise<ProbeTurn | undefined> {
		this.standStill.holds(1, this.host.now());
		const turn = await this.outage.takeTurn();
		this.standStill.holds(-1, this.host.now());
		if (turn === undefined) return undefined;
		let hasWaited = false;
		try {
			const delay = this.outage.nextWait(this.host.random());
			const error = this.lastFailure;
			await this.wait(error === undefined ? delay : this.withinPatience(delay, error, isFirstTry));
			hasWaited = true;
		} finally {
			if (!hasWaited) turn.end();
		}
		return turn.isOpen() ? turn : undefined;
	}

	/** @throws AdvocateError when the execution was stopped */
	private async wait(milliseconds: number): Promise<void> {
		this.standStill.holds(1, this.host.now());
		try {
			await this.host.sleep(milliseconds);
		} finally {
			this.standStill.holds(-1, this.host.now());
		}
		if (this.host.cancelled()) throw cancelledError();
	}

	/**
	 * A wait of our own, cut so that there is one last try at the end of the patience.
	 * @throws AdvocateError when that has come
	 */
	private withinPatience(milliseconds: number, error: AdvocateError, neverSent = false): number {
		const left = this.patience.leftAt(this.host.now());
		if (left <= 0) throw this.patience.gaveUp(error, this.host.now(), neverSent);
		return Math.min(milliseconds, left);
	}

	/** Let one more request leave although the patience is over, unless the API is down. */
	allowOneMore(): void {
		this.isOneMoreAllowed = true;
	}

	private checkPatience(neverSent: boolean): void {
		const isAllowed = this.isOneMoreAllowed;
		this.isOneMoreAllowed = false;
		if (isAllowed) return;
		const error = this.lastFailure;
		if (error === undefined || this.patience.leftAt(this.host.now()) >= 0) return;
		throw this.patience.gaveUp(error, this.host.now(), neverSent);
	}
}

/** A 503 that names a time limits the rate; without one it may be that of one request. */
const isLimitOfRate = (error: AdvocateError): boolean =>
	isThrottle(error) || (error.statusCode === 503 && error.retryAfterMs !== undefined);
