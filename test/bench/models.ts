/* eslint-disable @n8n/community-nodes/no-restricted-globals -- of a command-line program */
/** An import against a server that is slow, limited or overloaded, beside the best fixed concurrency. */
import { count, seconds } from '../demo/screen';
import { fixedTime, SERVER_MODELS } from '../support/serverModels';
import { LeanServer, runWorker } from './processes';
import { percent } from './target';
import type { Target } from './target';
import type { Measured, Task } from './worker';

const TIMEOUT_MS = 5000;

const REAL_CLOCK = {
	now: () => performance.now(),
	sleep: async (milliseconds: number) =>
		await new Promise<void>((resolve) => {
			setTimeout(resolve, Math.max(0, milliseconds));
		}),
	random: () => Math.random(),
};

export interface ModelRun {
	concurrency: number;
	/** Executions at once. */
	runs: number;
	/** Of each execution. */
	requests: number;
	batchSize: number;
	/** With a row for each place in those requests. */
	file: string;
	warmUp: string;
}

/** @param name of one of `SERVER_MODELS` */
export async function modelRow(
	name: string,
	{ concurrency, runs, requests, batchSize, file, warmUp }: ModelRun,
): Promise<{ cells: string[]; target: Target }> {
	const measured = await runAll(name, runs, warmUp, {
		...{ file, concurrency, batchSize },
		timeout: TIMEOUT_MS / 1000,
	});
	const { best, bestConcurrency } = await bestFixed(name, concurrency * runs, requests * runs);
	const time = Math.max(...measured.map(({ milliseconds }) => milliseconds));
	const done = measured.reduce((sum, { succeeded }) => sum + succeeded, 0);
	const all = requests * batchSize * runs;
	const finding = SERVER_MODELS[name].concurrency?.reply === 'none' ? 2 * TIMEOUT_MS : 0;
	const ratio = `${(time / best).toFixed(2)}x`;
	return {
		target: {
			what: `${name}, concurrency ${concurrency}, runs ${runs}`,
			aim: `all rows, <= 1.5x${finding > 0 ? ' and two time-outs' : ''}`,
			reached: `${percent(done / all)}, ${ratio}`,
			isMet: done === all && time <= 1.5 * best + finding,
		},
		cells: [
			...[name, String(concurrency), String(runs), count(done), seconds(time)],
			...[`${seconds(best)} (${bestConcurrency})`, ratio],
		],
	};
}

async function runAll(
	name: string,
	runs: number,
	warmUp: string,
	task: Omit<Task, 'credential'>,
): Promise<Measured[]> {
	const server = await LeanServer.startModel(name);
	try {
		const { credential } = server;
		return await Promise.all(
			Array.from({ length: runs }, async () => await runWorker({ ...task, credential }, warmUp)),
		);
	} finally {
		server.stop();
	}
}

async function bestFixed(
	name: string,
	mostConcurrent: number,
	requests: number,
): Promise<{ best: number; bestConcurrency: number }> {
	let best = Infinity;
	let bestConcurrency = 0;
	for (let fixed = 1; fixed <= mostConcurrent; fixed *= 2) {
		const settings = { concurrency: fixed, requests, timeoutMs: TIMEOUT_MS };
		const time = await fixedTime(SERVER_MODELS[name], REAL_CLOCK, settings);
		if (time < best) [best, bestConcurrency] = [time, fixed];
	}
	return { best, bestConcurrency };
}
