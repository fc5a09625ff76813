/** Waits for what lists see late. */
import { ProbeError } from './client';
import type { ProbeClient } from './client';

export const LONGEST_DELAY_MS = 60_000;

/** @throws ProbeError when it is never seen */
export async function untilSeen(
	client: ProbeClient,
	isSeen: () => Promise<boolean>,
): Promise<void> {
	const since = Date.now();
	for (let looks = 1; !(await isSeen()); looks++) {
		if (Date.now() - since > LONGEST_DELAY_MS) {
			throw new ProbeError(`still not found after ${LONGEST_DELAY_MS / 1000} s`);
		}
		await client.sleep(Math.min(1000, 20 * looks));
	}
}
