/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/** An HTTP server of one of the models in `serverModels.ts`. Run as a process of its own: prints its URL. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ModelServer, SERVER_MODELS } from '../support/serverModels';
import { answerTo, rowsOfUpsert } from './leanAnswer';

const clock = {
	now: () => performance.now(),
	sleep: async (milliseconds: number) =>
		await new Promise<void>((resolve) => {
			setTimeout(resolve, Math.max(0, milliseconds));
		}),
	random: () => Math.random(),
};

const model = new ModelServer(SERVER_MODELS[process.argv[2]], clock);

async function serve(body: string, response: ServerResponse): Promise<void> {
	const reply = await model.serve(rowsOfUpsert(body));
	// Never answered: the client gives up and closes the connection.
	if (reply === 'none') return;
	response.setHeader('content-type', 'application/json');
	if (reply === 'refused') {
		response.statusCode = 429;
		response.end(JSON.stringify({ message: 'Slow down', statusCode: 429 }));
	} else {
		response.end(JSON.stringify(answerTo(body)));
	}
}

createServer((request: IncomingMessage, response: ServerResponse) => {
	const chunks: Buffer[] = [];
	request.on('data', (chunk: Buffer) => chunks.push(chunk));
	request.on('end', () => {
		void serve(Buffer.concat(chunks).toString('utf8'), response);
	});
}).listen(0, '127.0.0.1', function listening(this: { address(): unknown }) {
	const { port } = this.address() as AddressInfo;
	process.stdout.write(`http://127.0.0.1:${port}\n`);
});
