/**
 * Spreads requests over time once the API has asked for a slower pace. After a pause all waiting requests would
 * otherwise leave at the same moment, and most of them be refused again. Pure.
 */

/** Milliseconds between two requests after the first refusal, and at most. */
const FIRST_GAP_MS = 100;
const LONGEST_GAP_MS = 10_000;

/** What a success makes of the gap: it shrinks slowly, since the limit is most likely still there. */
const SHRINK = 0.97;

/** A gap this small no longer matters. */
const SMALLEST_GAP_MS = 10;

/** Refusals this close together are one sign, not many. */
export const SAME_MOMENT_MS = 250;

export class Pace {
	private gapMs = 0;

	private nextAt = 0;

	/** Whether anything went through at the present pace. Only then does a refusal say that it is too fast. */
	private hasPassed = true;

	private lastRefusalAt = -Infinity;

	/** The API refused a request for its rate. Times are milliseconds since the epoch. */
	slowDown(now: number): void {
		// While nothing goes through, no pace would do: refusals that follow each other are one sign as well.
		if (!this.hasPassed || now - this.lastRefusalAt < SAME_MOMENT_MS) return;
		this.hasPassed = false;
		this.lastRefusalAt = now;
		this.gapMs = Math.min(LONGEST_GAP_MS, Math.max(FIRST_GAP_MS, this.gapMs * 2));
	}

	/** A request went through. */
	speedUp(): void {
		this.hasPassed = true;
		this.gapMs *= SHRINK;
		if (this.gapMs < SMALLEST_GAP_MS) this.gapMs = 0;
	}

	/**
	 * Take the next place in the row of requests.
	 * @returns milliseconds until it
	 */
	reserve(now: number): number {
		if (this.gapMs === 0) return 0;
		const at = Math.max(now, this.nextAt);
		this.nextAt = at + this.gapMs;
		return at - now;
	}
}
