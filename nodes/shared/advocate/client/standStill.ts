/**
 * Measures how long a run stands still because of the API: nothing is under way, and at least one request is held back.
 * Requests that are held back together count once, and so does one that waits while others are answered: not at all.
 * Pure; times are milliseconds since the epoch.
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
