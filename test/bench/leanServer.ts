/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/**
 * A server that takes every upsert and answers after a fixed time, doing next to nothing else. The simulator checks
 * and keeps what it is sent, which limits it to some thousand rows a second: here the node is to be the limit.
 *
 * Run as a process of its own: prints its URL.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Input {
	id: string;
	accountId: string;
	segments?: string[];
}

const latencyMs = Number(process.argv[2] ?? 100);

/** How far an answer may be off that time, at random and to both sides; the average stays. */
const spreadMs = Number(process.argv[3] ?? 0);

const answerTime = (): number => latencyMs + (2 * Math.random() - 1) * spreadMs;

function answer(body: string): unknown {
	const { variables, ...single } = JSON.parse(body) as Input & {
		variables?: { userInputs?: Input[]; k0?: string };
	};
	if (variables?.k0 !== undefined) return { data: { s0: { key: variables.k0, name: 'Bench' } } };
	const inputs = variables?.userInputs;
	if (inputs === undefined) return single;
	const upsertUsers = inputs.map(({ id, accountId, segments }) => ({
		__typename: 'User',
		id,
		accountId,
		segments,
	}));
	return { data: { upsertUsers } };
}

function serve(request: IncomingMessage, response: ServerResponse): void {
	const due = performance.now() + answerTime();
	const chunks: Buffer[] = [];
	request.on('data', (chunk: Buffer) => chunks.push(chunk));
	request.on('end', () => {
		const text = JSON.stringify(answer(Buffer.concat(chunks).toString('utf8')));
		setTimeout(
			() => {
				response.setHeader('content-type', 'application/json');
				response.end(text);
			},
			Math.max(0, due - performance.now()),
		);
	});
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
	const { port } = server.address() as AddressInfo;
	process.stdout.write(`http://127.0.0.1:${port}\n`);
});
