/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** A clock that stands still until a test moves it, for what asks the time and does not sleep. */
import { LONGEST_SLICE_MS } from './quickTime';

export interface StoppedClock {
	/** Let so many milliseconds pass. */
	advance(milliseconds: number): void;
	/** Let it run again. */
	release(): void;
}

/** Stop `Date.now` and `performance.now`, for the simulator and the node alike. */
export function stopClock(): StoppedClock {
	let passed = 0;
	const date = Date.now();
	const moment = performance.now();
	const spies = [
		jest.spyOn(Date, 'now').mockImplementation(() => date + passed),
		jest.spyOn(globalThis.performance, 'now').mockImplementation(() => moment + passed),
	];
	return {
		advance: (milliseconds) => {
			passed += milliseconds;
		},
		release: () => {
			for (const spy of spies) spy.mockRestore();
		},
	};
}

/** The waits that were begun with `setTimeout` since then, in milliseconds. */
export function watchWaits(): () => number[] {
	const spy = jest.spyOn(globalThis, 'setTimeout');
	return () => spy.mock.calls.map(([, milliseconds]) => Number(milliseconds ?? 0));
}

/**
 * The slices in which the node waits end at once, and the stopped clock is moved by as much. Longer timers, which watch
 * over requests and runs, stay.
 * @returns the slices so far, in milliseconds
 */
export function passWaits(clock: StoppedClock): () => number[] {
	const { setTimeout } = globalThis;
	const passed: number[] = [];
	const pass = (work: () => void, milliseconds = 0, ...rest: unknown[]) => {
		if (milliseconds > LONGEST_SLICE_MS) return setTimeout(work, milliseconds, ...(rest as []));
		if (milliseconds > 0) passed.push(milliseconds);
		clock.advance(milliseconds);
		return setTimeout(work, 0, ...(rest as []));
	};
	jest.spyOn(globalThis, 'setTimeout').mockImplementation(pass as typeof setTimeout);
	return () => passed;
}
