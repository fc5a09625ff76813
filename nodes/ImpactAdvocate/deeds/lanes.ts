/** Does several things at once, but those of one lane (a participant, an account) one after the other, in order. */

/**
 * @param laneOf which entries must not overlap
 * @param width how many lanes are worked on at once
 * @param work returns whether to go on; once one says no, nothing new begins
 * @throws what `work` throws, after what is under way has ended
 */
export async function inLanes<T>(
	entries: readonly T[],
	laneOf: (entry: T) => string,
	width: number,
	work: (entry: T) => Promise<boolean>,
): Promise<void> {
	const lanes = new Map<string, T[]>();
	for (const entry of entries) {
		const name = laneOf(entry);
		const lane = lanes.get(name);
		if (lane === undefined) lanes.set(name, [entry]);
		else lane.push(entry);
	}
	const waiting = lanes.values();
	let goesOn = true;
	const worker = async (): Promise<void> => {
		for (let lane = waiting.next(); !lane.done && goesOn; lane = waiting.next()) {
			for (const entry of lane.value) {
				if (!goesOn) return;
				let mayGoOn = false;
				try {
					mayGoOn = await work(entry);
				} finally {
					goesOn &&= mayGoOn;
				}
			}
		}
	};
	const ends = await Promise.allSettled(
		Array.from({ length: Math.min(width, lanes.size) }, async () => await worker()),
	);
	const failed = ends.find((end) => end.status === 'rejected');
	if (failed !== undefined) throw failed.reason;
}
