/**
 * The end of the time that a run has: from then on nothing is sent, waited for or repeated any more, so that the run
 * ends by itself, with an account of what it did, before its host ends it without one.
 */
import { AdvocateError } from './error';
import type { AdvocatePort, PacedHost } from './port';

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
