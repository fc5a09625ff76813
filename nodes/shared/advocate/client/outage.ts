/** An API that is down. Pure. */

/** Requests that fail with no answer of a working API between them, after which it counts as down. */
const FAILURES = 8;

/** Milliseconds before the first attempt to find out, and at most; they double. The lower half of each is certain. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Recognises an API that is down, and then lets one request at a time find out whether it is back: many that retry side
 * by side would add to its load, and give up on it within seconds.
 */
/** The turn to find out whether the API is back. */
export interface ProbeTurn {
	/** Whether that is still to be found out. */
	isOpen(): boolean;
	/** In any case: the next one may find out. */
	end(): void;
}

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
