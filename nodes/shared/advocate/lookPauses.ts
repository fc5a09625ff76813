/** How long to wait between two looks at a job of the API, which may take seconds or half an hour. Pure. */

/** First and longest wait, and how fast it grows. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const GROWTH = 1.5;

export class LookPauses {
	private pause = FIRST_MS;

	/** Milliseconds to wait before the next look. */
	next(): number {
		const { pause } = this;
		this.pause = Math.min(LONGEST_MS, pause * GROWTH);
		return pause;
	}
}
