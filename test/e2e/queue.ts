/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** `npm run e2e:queue`: n8n's distributed engine, a main process and two workers over Redis and PostgreSQL. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { IDataObject } from 'n8n-workflow';
import { startSimulator } from '../simulator/server';
import type { Simulator } from '../simulator/server';
import { Checks } from './checks';
import { EditorApi, itemsOf, manualTrigger } from './editorApi';
import { EndingChecks } from './endingChecks';
import {
	ADDS_SEGMENTS,
	BY_HAND,
	DownloadServer,
	exampleByCall,
	examplesByHand,
	rowsOf,
} from './exampleRuns';
import {
	CREDENTIAL_TYPE,
	credentialData,
	fixtureWorkflow,
	withCredential,
	withNodes,
} from './fixtures';
import type { Example } from './fixtures';
import { Instance } from './instance';
import { duration, exitWhenTold, print, waitFor } from './processes';
import type { Environment } from './processes';
import { ensureServices, startPostgres, startRedis } from './services';
import type { Service } from './services';
import { startOver } from './simulatorState';
import { TriggerChecks } from './triggerChecks';
import { Workers } from './workers';

const WORKERS = 2;

/** At once, on each worker. */
const CONCURRENCY = 5;

/** Calls of the example with a webhook, and runs of the others by hand: 20 executions in all. */
const CALLS = 10;
const RUNS_BY_HAND = 10;

const IMPORTS = 2;
const ROWS_PER_IMPORT = 4000;

/** The last row of each file has no ID, so that there is a rejects file. */
const BAD_ROWS = 1;

/** What the tenant allows in the second part; both imports together would like more. */
const REQUESTS_PER_SECOND = 10;

/** A file posted to a webhook goes through the database: workers share nothing else. */
function queueEnvironment(redis: Service, postgres: Service): Environment {
	return {
		EXECUTIONS_MODE: 'queue',
		// Less than an import takes whose worker is told to end.
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '2',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redis.port),
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(postgres.port),
		DB_POSTGRESDB_DATABASE: 'n8n',
		DB_POSTGRESDB_USER: 'n8n',
		DB_POSTGRESDB_PASSWORD: 'trusted',
	};
}

async function main(): Promise<void> {
	const { only: chosen } = parseArgs({ options: { only: { type: 'string' } } }).values;
	exitWhenTold();
	const checks = new Checks();
	await ensureServices();
	const simulator = await startSimulator();
	const downloads = new DownloadServer();
	await downloads.listen();
	const startedAt = Date.now();
	const services = await Promise.all([startRedis(), startPostgres('n8n')]);
	const options = {
		binaryStorage: 'database',
		environment: queueEnvironment(...services),
	} as const;
	const server = await Instance.prepare(options);
	const workers = await Workers.prepare(WORKERS, options);
	try {
		checks.section(`n8n ${server.version}: main process and ${WORKERS} workers`);
		await server.start();
		await workers.start(CONCURRENCY);
		checks.note(`Redis, PostgreSQL, n8n and its workers up in ${duration(Date.now() - startedAt)}`);
		const api = new EditorApi(server);
		await api.setUpOwner();
		const data = credentialData(simulator);
		const credential = {
			name: 'Advocate',
			id: await api.createCredential('Advocate', CREDENTIAL_TYPE, data),
		};
		const queue = new QueueChecks(checks, simulator, server, api, credential, workers);
		if (chosen !== 'endings') {
			await queue.executions(downloads);
			await new TriggerChecks(checks, simulator, server, api, credential).run();
			await queue.imports();
			await queue.files();
		}
		await workers.restart(1);
		await new EndingChecks(checks, simulator, () => server.url, api, credential, {
			name: 'a worker',
			// n8n 2.41 hands an execution to a worker without it.
			keepsStaticData: false,
			terminate: async () => await workers.stop(),
			kill: async () => await workers.kill(),
			restart: async () => await workers.start(1),
		}).run();
		await queue.unsharedDisks();
	} finally {
		await workers.remove();
		await server.remove();
		for (const { process } of services) await process.stop('SIGINT');
		await simulator.close();
		downloads.close();
	}
	checks.finish();
}

class QueueChecks {
	/** Executions of the imports that ran last. */
	private importExecutions: string[] = [];

	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly server: Instance,
		private readonly api: EditorApi,
		private readonly credential: { id: string; name: string },
		private readonly workers: Workers,
	) {}

	private async store(workflow: Example['workflow']) {
		return await this.api.createWorkflow(withCredential(workflow, this.credential));
	}

	/** The examples at once: those that take no notice of each other, then the one that does. */
	async executions(downloads: DownloadServer): Promise<void> {
		const { checks, simulator, api } = this;
		startOver(simulator);
		const key = { name: 'X-Key', value: 'only-for-tests' };
		const id = await api.createCredential('Caller', 'httpHeaderAuth', key);
		const { workflow, path: address } = exampleByCall(ADDS_SEGMENTS, { id, name: 'Caller' });
		await api.activate(await this.store(workflow));
		const post = async (email: string) =>
			await this.call(address, {
				headers: { 'content-type': 'application/json', [key.name]: key.value },
				body: JSON.stringify({ email, segments: ['vip', 'newsletter'] }),
			});
		await waitFor('the webhook', async () => (await post('first@example.com')).status === 200);
		await this.workers.forget();

		const examples = examplesByHand(downloads);
		// A sync looks at everybody, and so at what the others do.
		const apart = examples.filter(
			({ file }) => file !== SETS_WHAT_OTHERS_ADD && !/sync|compare/.test(file),
		);
		const last = examples.filter(({ file }) => file === SETS_WHAT_OTHERS_ADD);
		const runsApart = RUNS_BY_HAND - 2;
		await checks.check(`${CALLS} calls and ${runsApart} runs by hand at once`, async () => {
			const people = Array.from({ length: CALLS }, (_, index) => `caller${index}@example.com`);
			const [answers] = await Promise.all([
				Promise.all(people.map(post)),
				this.runByHand(apart, runsApart),
			]);
			assert.deepEqual(
				answers.map(({ status }) => status),
				people.map(() => 200),
			);
			for (const person of people) {
				assert.deepEqual(simulator.state.segmentsOf(person), ['newsletter', 'vip'], person);
			}
			for (const { file } of apart) BY_HAND[file].state(simulator);
		});
		await checks.check(
			`${RUNS_BY_HAND - runsApart} runs of ${SETS_WHAT_OTHERS_ADD} at once`,
			async () => {
				const runs = await this.runByHand(last, RUNS_BY_HAND - runsApart);
				for (const data of runs) BY_HAND[SETS_WHAT_OTHERS_ADD].output(rowsOf(data));
				BY_HAND[SETS_WHAT_OTHERS_ADD].state(simulator);
			},
		);
		await checks.check(
			'each was executed once, by a worker, and both workers did some',
			async () => {
				const byWorker = await this.workers.executions(CALLS + RUNS_BY_HAND);
				checks.note(`Executions per worker: ${byWorker.map(({ length }) => length).join(', ')}`);
				const ids = byWorker.flat();
				assert.equal(new Set(ids).size, ids.length, 'an execution on two workers');
				for (const executed of byWorker) assert.ok(executed.length > 0, 'an idle worker');
				const statuses = await Promise.all(
					ids.map(async (one) => (await api.finished(one)).status),
				);
				assert.deepEqual(
					statuses,
					ids.map(() => 'success'),
				);
				assert.deepEqual(simulator.orderViolations, []);
			},
		);
	}

	/** Run examples at once, the same one several times, until there are so many. */
	private async runByHand(examples: Example[], count: number) {
		const { api } = this;
		const stored = await Promise.all(
			examples.map(async ({ workflow }) => ({
				id: (await this.store(workflow)).id,
				trigger: manualTrigger(workflow),
			})),
		);
		const started = await Promise.all(
			Array.from({ length: count }, async (_, index) => {
				const { id, trigger } = stored[index % stored.length];
				return await api.startRun(id, trigger);
			}),
		);
		const ended = await Promise.all(started.map(async (id) => await api.finished(id, 120_000)));
		for (const { status, data } of ended) {
			assert.equal(status, 'success', JSON.stringify(data.resultData.error));
		}
		return ended.map(({ data }) => data);
	}

	/** Two imports at once that share what the tenant allows. With one at a time, each worker takes one. */
	async imports(): Promise<void> {
		const { checks, simulator, api, workers } = this;
		await workers.restart(1);
		const workflow = withNodes(fixtureWorkflow('webhook-import'), {
			Import: { parameters: { simplify: false } },
		});
		await api.activate(await this.store(workflow));
		await waitFor('the webhook', async () => (await this.postCsv('id\n')).status !== 404);
		await checks.check(`${IMPORTS} imports at once, one on each worker`, async () => {
			await this.importAtOnce('plain');
		});
		await checks.check(
			`${IMPORTS} imports at once that share ${REQUESTS_PER_SECOND} requests a second`,
			async () => {
				simulator.setOptions({
					rateLimit: { requestsPerSecond: REQUESTS_PER_SECOND, retryAfter: 'seconds' },
				});
				const summaries = await this.importAtOnce('limited');
				const throttled = summaries.map(({ diagnostics }) =>
					Number((diagnostics as IDataObject).throttled),
				);
				checks.note(
					`Refused by the limit: ${throttled.join(' and ')} of ${summaries
						.map(({ requests }) => String(requests))
						.join(' and ')} requests; seconds waited: ${summaries
						.map(({ waitedSeconds }) => String(waitedSeconds))
						.join(' and ')}`,
				);
				assert.ok(
					throttled.some((count) => count > 0),
					'the limit was felt',
				);
				simulator.setOptions({ rateLimit: null });
			},
		);
	}

	private async importAtOnce(name: string): Promise<IDataObject[]> {
		const { simulator, workers } = this;
		await workers.forget();
		simulator.clearRequests();
		simulator.setOptions({ latencyMs: 30 });
		const idsOf = (file: number) =>
			Array.from({ length: ROWS_PER_IMPORT }, (_, row) => `${name}${file}-${row}@example.com`);
		const files = Array.from({ length: IMPORTS }, (_, file) => idsOf(file));
		const summaries = await Promise.all(
			files.map(async (ids) => {
				const answer = await this.postCsv(`id,note\n${ids.join(',\n')},\n,no ID\n`);
				const text = await answer.text();
				assert.equal(answer.status, 200, text);
				const { details, ...summary } = JSON.parse(text) as IDataObject;
				return { ...summary, ...(details as IDataObject) };
			}),
		);
		for (const summary of summaries) {
			assert.equal(summary.rows, ROWS_PER_IMPORT + BAD_ROWS);
			assert.equal(summary.succeeded, ROWS_PER_IMPORT, JSON.stringify(summary));
			assert.equal(summary.invalid, BAD_ROWS);
			assert.equal(summary.notSent, 0);
		}
		for (const id of files.flat()) assert.deepEqual(simulator.state.segmentsOf(id), ['vip'], id);
		assert.deepEqual(simulator.orderViolations, []);
		const byWorker = await workers.executions(IMPORTS);
		assert.deepEqual(
			byWorker.map(({ length }) => length),
			byWorker.map(() => 1),
			'imports per worker',
		);
		this.importExecutions = byWorker.flat();
		const spans = files.map(([id]) => this.spanOf(id.split('-')[0]));
		assert.ok(
			Math.max(...spans.map(({ first }) => first)) < Math.min(...spans.map(({ last }) => last)),
			'the imports ran at the same time',
		);
		this.checks.note(
			`${summaries.map(({ durationSeconds }) => String(durationSeconds)).join(' s, ')} s; most requests at once: ${simulator.maxInFlight}`,
		);
		return summaries;
	}

	/** The posted file goes from the main process to a worker, the rejects file back: both through the database. */
	async files(): Promise<void> {
		const { api, checks, server, workers } = this;
		await checks.check(
			'files went through the database, and nothing was left on a disk',
			async () => {
				assert.equal(this.importExecutions.length, IMPORTS);
				for (const id of this.importExecutions) {
					const { data } = await api.finished(id);
					const posted = itemsOf(data, 'Posted')[0].binary?.file.id;
					const rejects = itemsOf(data, 'Import')[0].binary?.rejects.id;
					assert.match(String(posted), /^database:/);
					assert.match(String(rejects), /^database:/);
					assert.match(await api.file(String(rejects)), /participant ID is blank[^]*no ID/);
				}
				for (const folder of [server.folder, ...workers.folders]) {
					const stored = path.join(folder, '.n8n', 'storage');
					const files = [stored, path.join(folder, '.n8n', 'binaryData')]
						.filter(existsSync)
						.flatMap((place) => readdirSync(place, { recursive: true, withFileTypes: true }))
						.filter((entry) => entry.isFile());
					assert.deepEqual(
						files.map(({ name }) => name),
						[],
					);
				}
			},
		);
	}

	/** Files on the disk of the process that got them: the worker's disk has none. */
	async unsharedDisks(): Promise<void> {
		const { api, checks, server, workers } = this;
		const onDisk = { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' };
		await checks.check('a file on a disk that the worker does not share is told', async () => {
			await workers.stop();
			await server.stop();
			await server.start(onDisk);
			await workers.start(1, onDisk);
			const workflow = fixtureWorkflow('webhook-import');
			const path = 'import-from-disk';
			const stored = await this.store(
				withNodes(workflow, { Posted: { webhookId: undefined, parameters: { path } } }),
			);
			await api.activate(stored);
			const form = () => {
				const data = new FormData();
				data.append('file', new Blob(['id\na@example.com\n'], { type: 'text/csv' }), 'people.csv');
				return data;
			};
			await waitFor('the webhook', async () => {
				const { status } = await this.call(path, { body: form() });
				return status !== 404;
			});
			const [{ id }] = await api.executions(stored.id);
			const { status, data } = await api.finished(id);
			assert.equal(status, 'error');
			const { message, description } = data.resultData.error as unknown as IDataObject;
			checks.note(`${String(message)} | ${String(description)}`);
			assert.match(String(message), /could not be read to its end: .*not found|ENOENT/i);
			assert.match(String(description), /in the database, in S3, or on a shared disk/);
		});
	}

	/** When the first and the last request for some participants came. */
	private spanOf(prefix: string): { first: number; last: number } {
		const times = this.simulator.requests
			.filter(({ writes }) => writes.some((key) => key.startsWith(prefix)))
			.map(({ startedAt }) => startedAt);
		return { first: Math.min(...times), last: Math.max(...times) };
	}

	private async postCsv(csv: string): Promise<Response> {
		const form = new FormData();
		form.append('file', new Blob([csv], { type: 'text/csv' }), 'people.csv');
		return await this.call('import-csv', { body: form });
	}

	private async call(webhook: string, options: RequestInit): Promise<Response> {
		return await fetch(`${this.server.url}/webhook/${webhook}`, { method: 'POST', ...options });
	}
}

/** It takes segments from participants to whom another example gives some, so it runs alone. */
const SETS_WHAT_OTHERS_ADD = 'review-failed-items.json';

main().catch((error: unknown) => {
	print(error instanceof Error ? (error.stack ?? error.message) : String(error));
	print('0 passed, 1 failed');
	process.exitCode = 1;
});
