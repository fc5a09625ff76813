/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/**
 * What the machine allows: Node's own HTTP client sends batches of the same size, a connection for each as n8n's
 * helper has it, and does nothing else. All workers start at once, evenly spread over the time of an answer.
 *
 * Run as a process of its own with URL, concurrency, batch size, number of requests and time of an answer in
 * milliseconds; prints the milliseconds it took.
 */
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const [url, ...numbers] = process.argv.slice(2);
const [concurrency, batchSize, requests, latencyMs] = numbers.map(Number);

function bodyOf(batch: number): Buffer {
	const userInputs = Array.from({ length: batchSize }, (_, index) => {
		const number = batch * batchSize + index;
		return {
			id: `participant${number}@example.com`,
			accountId: `account${number}`,
			segments: ['bench'],
		};
	});
	return Buffer.from(JSON.stringify({ query: 'mutation', variables: { userInputs } }));
}

async function send(batch: number): Promise<void> {
	const body = bodyOf(batch);
	await new Promise<void>((resolve, reject) => {
		const headers = { 'content-type': 'application/json', 'content-length': body.length };
		const sent = request(url, { method: 'POST', agent: false, headers }, (response) => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () => {
				JSON.parse(Buffer.concat(chunks).toString());
				if (response.statusCode === 200) resolve();
				else reject(new Error(`Status ${response.statusCode}`));
			});
		});
		sent.on('error', reject);
		sent.end(body);
	});
}

let next = 0;

async function work(worker: number): Promise<void> {
	await wait((worker * latencyMs) / concurrency);
	while (next < requests) await send(next++);
}

async function measure(): Promise<number> {
	await send(0);
	const startedAt = performance.now();
	await Promise.all(Array.from({ length: concurrency }, async (_, worker) => await work(worker)));
	return performance.now() - startedAt;
}

measure().then(
	(milliseconds) => process.stdout.write(`${milliseconds}\n`),
	(error: unknown) => {
		process.stderr.write(`${String(error)}\n`);
		process.exitCode = 1;
	},
);
