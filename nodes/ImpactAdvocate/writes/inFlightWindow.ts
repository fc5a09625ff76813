/**
 * How many requests may be in flight, and how soon after each other they leave. Starts small, grows with every
 * success, halves at a sign of trouble. Times are milliseconds since the epoch.
 */
import { SAME_MOMENT_MS } from '../../shared/advocate/client/rate';

/** Requests in flight at the start; each success allows one more until the first sign of trouble. */
const INITIAL_IN_FLIGHT = 2;

/**
 * Requests leave at least this share of an even spacing apart, and never have to be further apart than so many
 * milliseconds. It takes about that long to work on an answer and to send the next request: requests that left together
 * would be answered together and wait for each other at every turn. A whole even spacing would cost more than it
 * brings, since answers don't come after exactly the same time.
 */
const SPACING_SHARE = 0.75;
const LARGEST_SPACING_MS = 5;

/** So much of the spacing may be made up for after a late timer. */
const SPACING_CREDIT = 0.5;

/** Weight of the latest round trip in the average. */
const ROUND_TRIP_WEIGHT = 0.125;

export class InFlightWindow {
	/** Requests in flight now. */
	count = 0;

	/** Maximum number of requests that were in flight at once so far. */
	peak = 0;

	/** Maximum number of requests that may be in flight now. */
	allowed: number;

	/** Below this, the allowance doubles per round trip; above, it grows by one. Set by the first sign of trouble. */
	private slowStartEnd = Infinity;

	private successesSinceGrowth = 0;

	private lastSlowDownAt = -Infinity;

	/** Average time that a batch takes, in milliseconds. */
	private roundTripMs = 0;

	private nextStartAt = -Infinity;

	/** Requests in flight, summed up over the milliseconds from the start to the last change. */
	private integral = 0;

	private lastChangeAt: number;

	/** @param most maximum number of requests in flight */
	constructor(
		private readonly most: number,
		private readonly startedAt: number,
	) {
		this.allowed = Math.min(INITIAL_IN_FLIGHT, most);
		this.lastChangeAt = startedAt;
	}

	get isFull(): boolean {
		return this.count >= this.allowed;
	}

	/** Milliseconds until the next request may leave, see `SPACING_SHARE`. */
	waitAt(now: number): number {
		return Math.max(0, this.nextStartAt - now);
	}

	/** A request leaves. */
	started(now: number): void {
		const spacing = this.spacingMs;
		this.nextStartAt = Math.max(this.nextStartAt, now - SPACING_CREDIT * spacing) + spacing;
		this.track(1, now);
		this.peak = Math.max(this.peak, this.count);
	}

	/** A request ended, whatever its result. */
	ended(now: number): void {
		this.track(-1, now);
	}

	/** What was sent went well. */
	succeeded(roundTripMs: number): void {
		this.roundTripMs +=
			(roundTripMs - this.roundTripMs) * (this.roundTripMs === 0 ? 1 : ROUND_TRIP_WEIGHT);
		if (this.allowed >= this.most) return;
		this.successesSinceGrowth++;
		if (this.allowed < this.slowStartEnd || this.successesSinceGrowth >= this.allowed) {
			this.successesSinceGrowth = 0;
			this.allowed++;
		}
	}

	/** The API asks for a slower pace. */
	slowDown(now: number): void {
		// All requests of one moment fail together; that is one sign of trouble, not many.
		if (now - this.lastSlowDownAt < SAME_MOMENT_MS) return;
		this.lastSlowDownAt = now;
		this.allowed = Math.max(1, Math.floor(this.allowed / 2));
		this.slowStartEnd = this.allowed;
		this.successesSinceGrowth = 0;
	}

	/** Requests in flight on average since the start. */
	averageAt(now: number): number {
		const elapsed = now - this.startedAt;
		return elapsed === 0 ? 0 : this.integralAt(now) / elapsed;
	}

	private get spacingMs(): number {
		return Math.min(LARGEST_SPACING_MS, (SPACING_SHARE * this.roundTripMs) / this.allowed);
	}

	private integralAt(now: number): number {
		return this.integral + this.count * (now - this.lastChangeAt);
	}

	private track(step: 1 | -1, now: number): void {
		this.integral = this.integralAt(now);
		this.lastChangeAt = now;
		this.count += step;
	}
}
