/**
 * Gives the host a turn in long work. JavaScript has one thread: while rows or items are worked on without a break,
 * n8n answers nobody, and the user's Stop is not even seen.
 */
import { cancelledError } from './error';
import type { AdvocatePort } from './port';

/** How long the host may have to wait for its turn, in milliseconds. */
const LONGEST_WORK_MS = 50;

/** For one run. In a loop: `if (breather.isDue) await breather.rest();`, before each piece of work. */
export class Breather {
	private restedAt: number;

	constructor(private readonly host: Pick<AdvocatePort, 'now' | 'sleep' | 'cancelled'>) {
		this.restedAt = host.now();
	}

	/** Whether it is time for a rest, or for the end. A promise for every row would cost more than the row. */
	get isDue(): boolean {
		if (this.host.cancelled()) return true;
		const worked = this.host.now() - this.restedAt;
		// Less than nothing: somebody has set the clock back.
		return worked >= LONGEST_WORK_MS || worked < 0;
	}

	/**
	 * Let the host do what waits.
	 * @throws AdvocateError when the execution was stopped
	 */
	async rest(): Promise<void> {
		if (!this.host.cancelled()) await this.host.sleep(0);
		if (this.host.cancelled()) throw cancelledError();
		this.restedAt = this.host.now();
	}
}
