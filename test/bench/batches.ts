/* eslint-disable @n8n/community-nodes/no-restricted-globals -- of a command-line program */
/** The requests of clients that send batches and do nothing else, to compare the node with. */

/** How such a client sends. */
export interface BareTask {
	concurrency: number;
	batchSize: number;
	requests: number;
	/** Time of an answer: workers start evenly spread over it. */
	latencyMs: number;
}

const QUERY =
	'mutation ($userInputs: [UserInput!]!) { upsertUsers(userInputs: $userInputs) { id accountId segments } }';

/** The body of one batch, as bytes. */
function bodyOf(batch: number, batchSize: number): Buffer {
	const userInputs = Array.from({ length: batchSize }, (_, index) => {
		const number = batch * batchSize + index;
		return {
			id: `participant${number}@example.com`,
			accountId: `account${number}`,
			segments: ['bench'],
		};
	});
	return Buffer.from(JSON.stringify({ query: QUERY, variables: { userInputs } }));
}

/**
 * Send all batches, so many at a time.
 * @returns milliseconds that it took; the first request is sent before, to have everything loaded
 */
export async function sendAll(
	{ concurrency, batchSize, requests, latencyMs }: BareTask,
	send: (body: Buffer) => Promise<void>,
): Promise<number> {
	let next = 0;
	const work = async (worker: number): Promise<void> => {
		await new Promise((resolve) => {
			setTimeout(resolve, (worker * latencyMs) / concurrency);
		});
		while (next < requests) await send(bodyOf(next++, batchSize));
	};
	await send(bodyOf(0, batchSize));
	const startedAt = performance.now();
	await Promise.all(Array.from({ length: concurrency }, async (_, worker) => await work(worker)));
	return performance.now() - startedAt;
}
