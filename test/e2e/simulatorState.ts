/** What the checks want of the simulator. */
import type { Simulator } from '../simulator/server';
import { participantKey } from '../simulator/state';
import { seed } from './fixtures';

/** Back to the seed data, with nothing recorded. */
export function startOver(simulator: Simulator): void {
	simulator.reset();
	seed(simulator);
}

/** Requests that changed something. */
export function writeRequests(simulator: Simulator) {
	return simulator.requests.filter(({ writes }) => writes.length > 0);
}

/** How often a participant was written. */
export function writesOf(simulator: Simulator, id: string): number {
	return simulator.state.writeCounts.get(participantKey(id, id)) ?? 0;
}
