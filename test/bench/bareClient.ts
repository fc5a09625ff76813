/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/**
 * What the machine allows: Node's own HTTP client sends batches of the same size, a connection for each as n8n's
 * helper has it, and does nothing else. All workers start at once, evenly spread over the time of an answer.
 *
 * Run as a process of its own with URL and task as JSON; prints the milliseconds it took.
 */
import { request } from 'node:http';
import { sendAll } from './batches';
import type { BareTask } from './batches';

const [url, task] = process.argv.slice(2);

async function send(body: Buffer): Promise<void> {
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

sendAll(JSON.parse(task) as BareTask, send).then(
	(milliseconds) => process.stdout.write(`${milliseconds}\n`),
	(error: unknown) => {
		process.stderr.write(`${String(error)}\n`);
		process.exitCode = 1;
	},
);
