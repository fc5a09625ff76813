/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports */
/** `npm run e2e:queue`: n8n's distributed engine, a main process and two workers over Redis and PostgreSQL. */
import assert from 'node:assert/strict';
import type { IDataObject } from 'n8n-workflow';
import { startSimulator } from '../simulator/server';
import type { Simulator } from '../simulator/server';
import { Checks } from './checks';
import { EditorApi, manualTrigger } from './editorApi';
import {
	CREDENTIAL_TYPE,
	credentialData,
	exampleWorkflows,
	fixtureWorkflow,
	seed,
	withCredential,
} from './fixtures';
import type { Example } from './fixtures';
import { Instance } from './instance';
import { exitWhenTold, print, waitFor } from './processes';
import type { Background, Environment } from './processes';
import { ensureServices, startPostgres, startRedis } from './services';
import type { Service } from './services';

const WORKERS = 2;
const EXECUTIONS = 20;
const IMPORTS = 2;
const ROWS_PER_IMPORT = 4000;

/** What the tenant allows in the second part; both imports together would like more. */
const REQUESTS_PER_SECOND = 10;

/** A file posted to a webhook goes through the database: workers share nothing else. */
function queueEnvironment(redis: Service, postgres: Service): Environment {
	return {
		EXECUTIONS_MODE: 'queue',
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
	exitWhenTold();
	const checks = new Checks();
	await ensureServices();
	const simulator = await startSimulator();
	const services = await Promise.all([startRedis(), startPostgres('n8n')]);
	const environment = queueEnvironment(...services);
	const instances: Instance[] = [];
	const workers: Background[] = [];
	const prepare = async () => {
		const instance = await Instance.prepare({ binaryStorage: 'database', environment });
		instances.push(instance);
		return instance;
	};
	try {
		const server = await prepare();
		checks.section(`n8n ${server.version}: main process and ${WORKERS} workers`);
		await server.start();
		for (let index = 1; index <= WORKERS; index++) {
			const instance = await prepare();
			const worker = await instance.startCommand(`worker-${index}`, ['worker', '--concurrency=5']);
			workers.push(worker);
			await waitFor(
				`worker ${index}`,
				() => {
					if (!worker.isRunning) throw new Error(`A worker ended\n${worker.logTail()}`);
					return /worker is now ready/i.test(worker.log());
				},
				{ timeoutMs: 120_000 },
			);
		}
		const api = new EditorApi(server);
		await api.setUpOwner();
		const queue = new QueueChecks(checks, simulator, server, api, workers);
		await queue.executions();
		await queue.imports();
	} finally {
		for (const worker of workers) await worker.stop();
		for (const instance of instances) await instance.remove();
		for (const { process } of services) await process.stop('SIGINT');
		await simulator.close();
	}
	checks.finish();
}

class QueueChecks {
	private credential?: { id: string; name: string };

	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly server: Instance,
		private readonly api: EditorApi,
		private readonly workers: Background[],
	) {}

	private async store(workflow: Example['workflow']) {
		this.credential ??= {
			name: 'Advocate',
			id: await this.api.createCredential(
				'Advocate',
				CREDENTIAL_TYPE,
				credentialData(this.simulator),
			),
		};
		return await this.api.createWorkflow(withCredential(workflow, this.credential));
	}

	/** Examples, one half by hand and one half by calls. */
	async executions(): Promise<void> {
		const { checks, simulator, api } = this;
		simulator.reset();
		seed(simulator);
		const examples = exampleWorkflows();
		const byHand = examples.filter(({ file }) => RUN_BY_HAND.includes(file));
		const called = examples.find(({ file }) => file === 'crm-webhook-add-segment.json');
		assert.ok(called, 'the example with a webhook is there');
		assert.equal(byHand.length, RUN_BY_HAND.length, 'the examples to run by hand are there');

		const key = { name: 'X-Key', value: 'only-for-tests' };
		const caller = {
			name: 'Caller',
			id: await api.createCredential('Caller', 'httpHeaderAuth', key),
		};
		const nodes = called.workflow.nodes.map((node) =>
			node.parameters.authentication === 'headerAuth'
				? { ...node, credentials: { httpHeaderAuth: caller } }
				: node,
		);
		await api.activate(await this.store({ ...called.workflow, nodes }));
		const post = async (email: string) =>
			await this.call('advocate-deal-won', {
				headers: { 'content-type': 'application/json', [key.name]: key.value },
				body: JSON.stringify({ email, segments: ['vip', 'newsletter'] }),
			});
		await waitFor('the webhook', async () => (await post('first@example.com')).status === 200);

		const calls = EXECUTIONS / 2;
		await checks.check(`${calls} calls of a webhook at once`, async () => {
			const people = Array.from({ length: calls }, (_, index) => `caller${index}@example.com`);
			const answers = await Promise.all(people.map(post));
			assert.deepEqual(
				answers.map(({ status }) => status),
				people.map(() => 200),
			);
			for (const id of people) {
				assert.deepEqual(simulator.state.segmentsOf(id), ['newsletter', 'vip'], id);
			}
		});
		await checks.check(`${EXECUTIONS - calls} executions by hand at once`, async () => {
			const stored = await Promise.all(
				byHand.map(async ({ workflow }) => ({
					id: (await this.store(workflow)).id,
					trigger: manualTrigger(workflow),
				})),
			);
			const started = await Promise.all(
				Array.from({ length: EXECUTIONS - calls }, async (_, index) => {
					const { id, trigger } = stored[index % stored.length];
					return await api.startRun(id, trigger);
				}),
			);
			const ended = await Promise.all(started.map(async (id) => await api.finished(id, 120_000)));
			assert.deepEqual(
				ended.map(({ status }) => status),
				started.map(() => 'success'),
			);
			const { state } = simulator;
			assert.deepEqual(state.segmentsOf('linus@partner.example'), ['partners']);
			assert.equal(state.segments.get('oldCampaign')?.status, 'ARCHIVED');
			assert.ok(state.segmentsOf('grace@example.com')?.includes('springLaunch'));
		});
		await checks.check('both workers did some of it', () => {
			const shares = this.workers.map(
				(worker) => worker.log().match(/finished execution/gi)?.length ?? 0,
			);
			checks.note(`Executions per worker: ${shares.join(', ')}`);
			assert.ok(
				shares.every((share) => share > 0),
				shares.join(', '),
			);
		});
	}

	/** Two imports at once, each on a worker, that share what the tenant allows. */
	async imports(): Promise<void> {
		const { checks, simulator, api } = this;
		await api.activate(await this.store(fixtureWorkflow('webhook-import')));
		await waitFor('the webhook', async () => (await this.postCsv('id\n')).status !== 404);
		await checks.check(`${IMPORTS} imports at once`, async () => {
			await this.importAtOnce('plain');
		});
		await checks.check(
			`${IMPORTS} imports at once that share ${REQUESTS_PER_SECOND} requests a second`,
			async () => {
				simulator.setOptions({
					rateLimit: { requestsPerSecond: REQUESTS_PER_SECOND, retryAfter: 'seconds' },
				});
				const summaries = await this.importAtOnce('limited');
				const throttled = summaries.map((summary) => Number(summary.throttled));
				checks.note(
					`Refused by the limit: ${throttled.join(', ')} requests; seconds waited: ${summaries
						.map(({ waitedSeconds }) => String(waitedSeconds))
						.join(', ')}`,
				);
				assert.ok(
					throttled.some((count) => count > 0),
					'the limit was felt',
				);
			},
		);
	}

	private async importAtOnce(name: string): Promise<IDataObject[]> {
		const { simulator } = this;
		simulator.clearRequests();
		simulator.setOptions({ latencyMs: 30 });
		const idsOf = (file: number) =>
			Array.from({ length: ROWS_PER_IMPORT }, (_, row) => `${name}${file}-${row}@example.com`);
		const files = Array.from({ length: IMPORTS }, (_, file) => idsOf(file));
		const summaries = await Promise.all(
			files.map(async (ids) => {
				const answer = await this.postCsv(`id\n${ids.join('\n')}\n`);
				const text = await answer.text();
				assert.equal(answer.status, 200, text);
				return JSON.parse(text) as IDataObject;
			}),
		);
		for (const summary of summaries) {
			assert.equal(summary.rowsRead, ROWS_PER_IMPORT);
			assert.equal(summary.succeeded, ROWS_PER_IMPORT, JSON.stringify(summary));
		}
		for (const id of files.flat()) assert.deepEqual(simulator.state.segmentsOf(id), ['vip'], id);
		assert.deepEqual(simulator.orderViolations, []);
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

const RUN_BY_HAND = [
	'create-segment-and-import.json',
	'review-failed-items.json',
	'segment-housekeeping.json',
];

main().catch((error: unknown) => {
	print(error instanceof Error ? (error.stack ?? error.message) : String(error));
	print('0 passed, 1 failed');
	process.exitCode = 1;
});
