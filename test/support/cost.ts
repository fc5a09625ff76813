/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** What work costs, in time of the processor: unlike the clock, it does not count what other processes do meanwhile. */
const cpuOf = async (work: () => Promise<void>): Promise<number> => {
	const before = process.cpuUsage();
	await work();
	const { user, system } = process.cpuUsage(before);
	return user + system;
};

/** Each size is tried so often; the cheapest counts. */
const TRIES = 4;

const cheapest = async (work: () => Promise<void>): Promise<number> => {
	const costs: number[] = [];
	for (let tries = 0; tries < TRIES; tries++) costs.push(await cpuOf(work));
	return Math.min(...costs);
};

/**
 * Compare work on some of something with the same work on eight times as much: in proportion it costs about eight times
 * as much, and more than sixty times as much when each one looks at all the others.
 */
export async function expectInProportion(
	size: number,
	work: (size: number) => Promise<void>,
): Promise<void> {
	// What is compiled and filled at first use is no part of it.
	await work(size);
	const small = await cheapest(async () => await work(size));
	const large = await cheapest(async () => await work(8 * size));
	// Far from both: a large heap is cleared more often, and that costs as well.
	expect(large).toBeLessThan(40 * small);
}
