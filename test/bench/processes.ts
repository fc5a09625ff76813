/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- a command-line program */
/** The processes of the benchmark: servers, and one fresh worker per measured run. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { BareTask } from './batches';
import type { Measured, Task } from './worker';

/** Start a TypeScript file as a process whose standard output is read. */
export function startScript(file: string, args: readonly string[] = [], nodeArgs: string[] = []) {
	return spawn(process.execPath, ['--import', 'tsx', ...nodeArgs, file, ...args], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
}

export class LeanServer {
	private constructor(
		readonly url: string,
		readonly stop: () => void,
	) {}

	static async start(latencyMs: number, spreadMs = 0): Promise<LeanServer> {
		return await LeanServer.run('leanServer.ts', [latencyMs, spreadMs]);
	}

	/** One of the models in `serverModels.ts`. */
	static async startModel(name: string): Promise<LeanServer> {
		return await LeanServer.run('modelServer.ts', [name]);
	}

	/** A tenant with a large segment, see `segmentServer.ts`. */
	static async ofSegment(
		rows: number,
		latencyMs: number,
		largestPage: number,
	): Promise<LeanServer> {
		return await LeanServer.run('segmentServer.ts', [rows, latencyMs, largestPage]);
	}

	private static async run(
		file: string,
		args: ReadonlyArray<number | string>,
	): Promise<LeanServer> {
		const child = startScript(path.join(__dirname, file), args.map(String));
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
}

/** Run one task in a fresh process. */
export async function runWorker(task: Task, warmUpFile: string): Promise<Measured> {
	const args = [JSON.stringify(task), warmUpFile];
	return JSON.parse(await lastLineOf('worker.ts', args, ['--expose-gc'])) as Measured;
}

/** @returns milliseconds that the batches took Node's own HTTP client */
export async function runBareClient(server: LeanServer, task: BareTask): Promise<number> {
	return Number(await lastLineOf('bareClient.ts', [server.url, JSON.stringify(task)]));
}

/** @returns milliseconds that the batches took a node with nothing but n8n's HTTP helper */
export async function runHelperLoop(
	credential: ICredentialDataDecryptedObject,
	task: BareTask,
): Promise<number> {
	const args = [JSON.stringify(credential), JSON.stringify(task)];
	return Number(await lastLineOf('helperLoop.ts', args));
}

/** Run a file of this folder to its end. */
async function lastLineOf(file: string, args: string[], nodeArgs?: string[]): Promise<string> {
	const child = startScript(path.join(__dirname, file), args, nodeArgs);
	let printed = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
	const code = await new Promise<number | null>((resolve, reject) => {
		child.on('error', reject);
		child.on('close', resolve);
	});
	if (code !== 0) throw new Error(`A run ended with code ${code}`);
	const last = printed.trimEnd().split('\n').at(-1) ?? '';
	if (last === '') throw new Error(`${file} printed nothing`);
	return last;
}
