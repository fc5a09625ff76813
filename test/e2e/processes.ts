/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
/** Child processes, free ports and waiting: what every script in this folder needs. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** The checkout. */
export const PROJECT = path.resolve(__dirname, '..', '..');

export type Environment = Record<string, string | undefined>;

/** Print a line of progress. */
export function print(text = ''): void {
	process.stdout.write(`${text}\n`);
}

export const pause = async (milliseconds: number): Promise<void> =>
	await new Promise((resolve) => {
		setTimeout(resolve, milliseconds);
	});

/** `1 min 5 s`, `12 s`, `0.4 s` */
export function duration(milliseconds: number): string {
	const seconds = milliseconds / 1000;
	if (seconds < 10) return `${seconds.toFixed(1)} s`;
	if (seconds < 60) return `${Math.round(seconds)} s`;
	return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/**
 * This process's environment without what `npm run` puts into it: settings such as `ignore-scripts` are the checkout's,
 * not those of the folders that are installed here.
 */
export function cleanEnvironment(extra: Environment = {}): Environment {
	const inherited = Object.entries(process.env).filter(
		([name]) =>
			!/^npm_(config_(ignore_scripts|local_prefix|prefix|global)|lifecycle|package|node|command|exec)/i.test(
				name,
			),
	);
	return { ...Object.fromEntries(inherited), ...extra };
}

export interface RunOptions {
	cwd?: string;
	env?: Environment;
	/** Give up after this many milliseconds. */
	timeoutMs?: number;
	/** Text for the standard input. */
	input?: string;
}

export interface RunResult {
	code: number;
	stdout: string;
	stderr: string;
}

/** Run a command to its end and keep what it prints. Never throws for a non-zero exit code. */
export async function run(
	command: string,
	args: string[],
	options: RunOptions = {},
): Promise<RunResult> {
	return await new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			cwd: options.cwd ?? PROJECT,
			env: options.env ?? cleanEnvironment(),
			stdio: ['pipe', 'pipe', 'pipe'],
			detached: true,
		});
		running.add(child);
		const timer = setTimeout(() => killGroup(child), options.timeoutMs ?? 600_000);
		let stdout = '';
		let stderr = '';
		child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
		child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
		child.on('error', reject);
		child.on('exit', () => running.delete(child));
		child.on('close', (code, signal) => {
			clearTimeout(timer);
			if (signal !== null) stderr += `\nended by ${signal}`;
			resolve({ code: code ?? 1, stdout, stderr });
		});
		child.stdin.on('error', () => undefined);
		child.stdin.end(options.input ?? '');
	});
}

/**
 * Run a command and keep what it prints.
 * @throws Error with the end of its output when it fails
 */
export async function runOrThrow(
	command: string,
	args: string[],
	options: RunOptions = {},
): Promise<string> {
	const { code, stdout, stderr } = await run(command, args, options);
	if (code === 0) return stdout;
	throw new Error(
		`${path.basename(command)} ${args.join(' ')} ended with code ${code}\n${lastLines(stdout + stderr)}`,
	);
}

const lastLines = (text: string, count = 25): string =>
	text.trimEnd().split('\n').slice(-count).join('\n');

/**
 * Run a long command: output goes to a log file, a line of progress is printed now and then.
 * @throws Error with the end of the log when it fails
 */
export async function runLong(
	title: string,
	command: string,
	args: string[],
	options: RunOptions & { logFile: string },
): Promise<void> {
	const startedAt = Date.now();
	print(`  ${title} ...`);
	const ticker = setInterval(
		() => print(`  ${title}: ${duration(Date.now() - startedAt)} so far`),
		20_000,
	);
	try {
		const child = startProcess(command, args, options);
		await child.ended;
		if (child.exitCode !== 0) {
			throw new Error(`${title} failed (code ${child.exitCode})\n${child.logTail()}`);
		}
	} finally {
		clearInterval(ticker);
	}
	print(`  ${title}: done in ${duration(Date.now() - startedAt)}`);
}

const running = new Set<ChildProcess>();

process.once('exit', () => {
	for (const child of running) killGroup(child);
});

/**
 * End a process with all that it has started: n8n's task runner would go on without n8n. Every process here leads a
 * group of its own for that.
 */
function killGroup({ pid }: ChildProcess): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// Nobody of the group is left.
	}
}

/**
 * Do something once when this process is to end: on Ctrl-C, when it is told to, when the terminal is closed, and when
 * `npm run`, which passes no signal on, has ended.
 */
export function whenToldToEnd(end: () => void): void {
	let isTold = false;
	const once = (): void => {
		if (isTold) return;
		isTold = true;
		end();
	};
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, once);
	const parent = process.ppid;
	setInterval(() => {
		if (process.ppid !== parent) once();
	}, 500).unref();
}

/** End in order when told to, so that what was started and made is taken away. */
export function exitWhenTold(): void {
	whenToldToEnd(() => process.exit(130));
}

/** A process in the background. It never outlives this one. */
export class Background {
	/** Settles when the process has ended. */
	readonly ended: Promise<void>;

	exitCode: number | undefined;

	constructor(
		readonly child: ChildProcess,
		private readonly logFile: string,
	) {
		running.add(child);
		this.ended = new Promise((resolve) => {
			const end = (code: number) => {
				running.delete(child);
				this.exitCode ??= code;
				resolve();
			};
			child.on('error', () => end(127));
			child.on('exit', (code) => end(code ?? 1));
		});
	}

	get pid(): number {
		return this.child.pid ?? -1;
	}

	get isRunning(): boolean {
		return this.exitCode === undefined;
	}

	/** What the process printed. */
	log(): string {
		return readFileSync(this.logFile, 'utf8');
	}

	logTail(lines = 30): string {
		return lastLines(this.log(), lines);
	}

	/** Ask the process to end, and insist after a while. */
	async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 15_000): Promise<void> {
		if (!this.isRunning) return;
		this.child.kill(signal);
		const timer = setTimeout(() => killGroup(this.child), patienceMs);
		await this.ended;
		clearTimeout(timer);
		killGroup(this.child);
	}
}

/** Start a process that goes on in the background; what it prints goes to a file. */
export function startProcess(
	command: string,
	args: string[],
	options: RunOptions & { logFile: string },
): Background {
	mkdirSync(path.dirname(options.logFile), { recursive: true });
	const log = openSync(options.logFile, 'a');
	const child = spawn(command, args, {
		cwd: options.cwd ?? PROJECT,
		env: options.env ?? cleanEnvironment(),
		stdio: ['ignore', log, log],
		detached: true,
	});
	closeSync(log);
	return new Background(child, options.logFile);
}

/** A port on loopback that nobody uses now. */
export async function freePort(): Promise<number> {
	return await new Promise((resolve, reject) => {
		const server = createServer();
		server.on('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => resolve(port));
		});
	});
}

/**
 * Ask again and again until the answer is neither undefined nor false.
 * @throws Error when it takes too long
 */
export async function waitFor<T>(
	what: string,
	ask: () => Promise<T | undefined | false> | T | undefined | false,
	{ timeoutMs = 60_000, everyMs = 200 } = {},
): Promise<T> {
	const end = Date.now() + timeoutMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined && answer !== false) return answer;
		if (Date.now() > end) throw new Error(`Waited ${duration(timeoutMs)} for ${what}`);
		await pause(everyMs);
	}
}
