/** n8n's workers: processes that execute what the main process has put into the queue. */
import { Instance } from './instance';
import type { InstanceOptions } from './instance';
import { waitFor } from './processes';
import type { Background, Environment } from './processes';

export class Workers {
	private running: Background[] = [];

	/** Executions that are no longer asked for, by worker. */
	private forgotten: number[] = [];

	private constructor(private readonly instances: Instance[]) {}

	/** Make a user folder for each. Nothing is started yet. */
	static async prepare(count: number, options: InstanceOptions): Promise<Workers> {
		const instances = Array.from({ length: count }, async () => await Instance.prepare(options));
		return new Workers(await Promise.all(instances));
	}

	get folders(): string[] {
		return this.instances.map(({ folder }) => folder);
	}

	/**
	 * Start all.
	 * @param concurrency executions at once, on each
	 */
	async start(concurrency: number, environment: Environment = {}): Promise<void> {
		this.running = await Promise.all(
			this.instances.map(async (instance, index) => {
				const command = ['worker', `--concurrency=${concurrency}`];
				const name = `worker-${index + 1}-${concurrency}`;
				return await instance.startCommand(name, command, environment);
			}),
		);
		this.forgotten = this.running.map(() => 0);
		for (const worker of this.running) {
			await waitFor(
				'a worker to start',
				() => {
					if (!worker.isRunning) throw new Error(`A worker ended\n${worker.logTail()}`);
					return /worker is now ready/i.test(worker.log());
				},
				{ timeoutMs: 120_000 },
			);
		}
	}

	async stop(): Promise<void> {
		await Promise.all(this.running.map(async (worker) => await worker.stop()));
	}

	/** End all in the middle of whatever they do, as a power cut would. */
	async kill(): Promise<void> {
		await Promise.all(this.running.map(async (worker) => await worker.stop('SIGKILL')));
	}

	async restart(concurrency: number, environment?: Environment): Promise<void> {
		await this.stop();
		await this.start(concurrency, environment);
	}

	/** Leave out of `executions` what has been executed so far. */
	async forget(): Promise<void> {
		const known = await this.settled();
		this.forgotten = known.map(({ length }) => length);
	}

	/**
	 * IDs of the executions since the start or the last `forget`, by worker.
	 * @throws Error when there are not as many as expected
	 */
	async executions(expected: number): Promise<string[][]> {
		const all = await this.settled();
		const recent = all.map((ids, index) => ids.slice(this.forgotten[index]));
		if (recent.flat().length !== expected) {
			throw new Error(`The workers executed ${JSON.stringify(recent)}, not ${expected} in all`);
		}
		return recent;
	}

	/** What each has finished, once all that was begun is. */
	private async settled(): Promise<string[][]> {
		return await waitFor('the workers to finish', () => {
			const logs = this.running.map((worker) => worker.log());
			const started = logs.flatMap((log) => idsIn(log, STARTED));
			const finished = logs.map((log) => idsIn(log, FINISHED));
			return started.length === finished.flat().length && finished;
		});
	}

	/** Stop all and remove their folders. */
	async remove(): Promise<void> {
		await this.stop();
		for (const instance of this.instances) await instance.remove();
	}
}

const STARTED = /Worker started execution (\d+)/g;
const FINISHED = /Worker finished execution (\d+)/g;

const idsIn = (log: string, pattern: RegExp): string[] =>
	[...log.matchAll(pattern)].map(([, id]) => id);
