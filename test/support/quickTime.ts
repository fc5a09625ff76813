/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/**
 * Time that passes faster while the tests of a file run: each wait of the node (it sleeps in slices) ends so many times
 * sooner, and `Date.now` agrees. How long a request may take is not shortened: that goes by `performance.now` and by
 * longer timers.
 *
 * For tests that wait long and look at what happens, not when; no good where the simulator counts requests per second.
 */

/** A slice of a wait is at most this long, in milliseconds. */
export const LONGEST_SLICE_MS = 250;

export function useQuickTime(factor = 20): void {
	const { now } = Date;
	const { setTimeout } = globalThis;
	beforeAll(() => {
		const start = now();
		Date.now = () => start + (now() - start) * factor;
		globalThis.setTimeout = Object.assign(
			(work: () => void, milliseconds = 0, ...rest: unknown[]) =>
				setTimeout(
					work,
					milliseconds <= LONGEST_SLICE_MS ? milliseconds / factor : milliseconds,
					...(rest as []),
				),
			{ __promisify__: setTimeout.__promisify__ },
		) as typeof setTimeout;
	});
	afterAll(() => {
		Date.now = now;
		globalThis.setTimeout = setTimeout;
	});
}
