/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- a command-line program */
/** The processes of the benchmark: servers, and one fresh worker per measured run. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { Measured, Task } from './worker';

/** Start a TypeScript file as a process whose standard output is read. */
export function startScript(file: string, args: readonly string[] = [], nodeArgs: string[] = []) {
	return spawn(process.execPath, ['--import', 'tsx', ...nodeArgs, file, ...args], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
}

export class LeanServer {
	private constructor(
		private readonly url: string,
		readonly stop: () => void,
	) {}

	static async start(latencyMs: number, spreadMs = 0): Promise<LeanServer> {
		const child = startScript(path.join(__dirname, 'leanServer.ts'), [
			String(latencyMs),
			String(spreadMs),
		]);
		for await (const line of createInterface({ input: child.stdout })) {
			return new LeanServer(line, () => child.kill());
		}
		throw new Error('The server did not start');
	}

	get credential(): ICredentialDataDecryptedObject {
		return {
			authentication: 'accountSidToken',
			accountSid: 'any',
			authToken: 'any',
			tenantAlias: 'bench',
			baseUrl: this.url,
		};
	}

	/** Participants and requests it was sent. */
	async received(): Promise<{ participants: number; requests: number }> {
		return (await (await fetch(`${this.url}/count`)).json()) as {
			participants: number;
			requests: number;
		};
	}
}

/** Run one task in a fresh process. */
export async function runWorker(task: Task, warmUpFile: string): Promise<Measured> {
	const worker = path.join(__dirname, 'worker.ts');
	const child = startScript(worker, [JSON.stringify(task), warmUpFile], ['--expose-gc']);
	let printed = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
	const code = await new Promise<number | null>((resolve, reject) => {
		child.on('error', reject);
		child.on('close', resolve);
	});
	if (code !== 0) throw new Error(`A run ended with code ${code}`);
	return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '') as Measured;
}
