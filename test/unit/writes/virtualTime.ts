/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Runs of writes against servers on a virtual clock: hours pass in milliseconds, in the same way each time. */
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import type {
	AdvocatePort,
	PortRequest,
	PortResponse,
} from '../../../nodes/shared/advocate/client/port';
import { Transport } from '../../../nodes/shared/advocate/client/transport';
import type { WriteStatistics } from '../../../nodes/ImpactAdvocate/writes/run';
import { seededRandom } from '../../simulator/random';
import type { ModelClock, ModelServer } from '../../support/serverModels';
import { acceptance, bodyOf, people, RunningWrites } from './fakeApi';

/** Time that passes only while everybody waits. */
export class VirtualClock implements ModelClock {
	time = Date.UTC(2026, 0, 1);

	readonly start = this.time;

	readonly random = seededRandom(7);

	private readonly sleepers: Array<{ until: number; order: number; wake: () => void }> = [];

	private order = 0;

	private isMoving = false;

	now(): number {
		return this.time;
	}

	get passed(): number {
		return this.time - this.start;
	}

	async sleep(milliseconds: number): Promise<void> {
		await new Promise<void>((wake) => {
			this.sleepers.push({
				until: this.time + Math.max(0, milliseconds),
				order: this.order++,
				wake,
			});
			if (!this.isMoving) void this.move();
		});
	}

	private async move(): Promise<void> {
		this.isMoving = true;
		for (;;) {
			// Everything that needs no time comes first.
			await new Promise((resolve) => setImmediate(resolve));
			if (this.sleepers.length === 0) break;
			let next = 0;
			for (let index = 1; index < this.sleepers.length; index++) {
				const [one, other] = [this.sleepers[index], this.sleepers[next]];
				if (one.until < other.until || (one.until === other.until && one.order < other.order)) {
					next = index;
				}
			}
			const [sleeper] = this.sleepers.splice(next, 1);
			this.time = Math.max(this.time, sleeper.until);
			sleeper.wake();
		}
		this.isMoving = false;
	}
}

/** What a server answers to a request, or that it never does. */
export type Serve = (request: PortRequest, rows: number) => Promise<Partial<PortResponse> | 'none'>;

/** Participants in a request. */
function rowsOf(request: PortRequest): number {
	if (request.method === 'PUT') return 1;
	const { variables } = (bodyOf(request) ?? {}) as { variables?: { userInputs?: unknown[] } };
	return variables?.userInputs?.length ?? 1;
}

/** A host whose requests go to a server on a virtual clock. */
export class VirtualPort implements AdvocatePort {
	requests = 0;

	/** Attempts that were given up. */
	timeouts = 0;

	constructor(
		readonly virtual: VirtualClock,
		private readonly serve: Serve,
	) {}

	async send(request: PortRequest): Promise<PortResponse> {
		this.requests++;
		const late = this.virtual.sleep(request.timeoutMs).then(() => 'none' as const);
		const answer = await Promise.race([this.serve(request, rowsOf(request)), late]);
		const given = answer === 'none' ? await late : answer;
		if (given === 'none') {
			this.timeouts++;
			throw new NoAnswerError('No answer in time', 'ETIMEDOUT');
		}
		return { statusCode: 200, headers: {}, body: acceptance(request), ...given };
	}

	async sleep(milliseconds: number): Promise<void> {
		await this.virtual.sleep(milliseconds);
	}

	cancelled(): boolean {
		return false;
	}

	now(): number {
		return this.virtual.now();
	}

	random(): number {
		return this.virtual.random();
	}
}

export interface VirtualRunOptions {
	rows: number;
	concurrency?: number;
	batchSize?: number;
	timeoutMs?: number;
	maxWaitMs?: number;
}

export interface VirtualRun {
	/** How many rows ended in each way. */
	counts: Record<string, number>;
	/** Milliseconds that the run took. */
	took: number;
	statistics: WriteStatistics;
	transport: Transport;
	port: VirtualPort;
	run: RunningWrites;
}

/** Run writes to their end. */
export async function runVirtually(
	clock: VirtualClock,
	serve: Serve,
	options: VirtualRunOptions,
): Promise<VirtualRun> {
	const {
		rows,
		concurrency = 2,
		batchSize = 100,
		timeoutMs = 30_000,
		maxWaitMs = 300_000,
	} = options;
	const port = new VirtualPort(clock, serve);
	const transport = new Transport(port, {
		apiUrl: 'https://api.example.com/api/v1/alias',
		origin: 'https://api.example.com',
		timeoutMs,
		maxWaitMs,
	});
	const run = new RunningWrites({ transport: () => transport }, people(rows, 1000), {
		concurrency,
		batchSize,
	});
	const startedAt = clock.now();
	const statistics = await run.finished;
	const took = clock.now() - startedAt;
	const counts: Record<string, number> = {};
	for (const status of Object.values(run.outcomes)) counts[status] = (counts[status] ?? 0) + 1;
	return { counts, took, statistics, transport, port, run };
}

/** A server of a model as one that answers requests. */
export const modelServe =
	(server: ModelServer, retryAfter?: number): Serve =>
	async (_request, rows) => {
		const reply = await server.serve(rows);
		if (reply === 'none') return 'none';
		if (reply === 'done') return {};
		const headers: Record<string, string> =
			retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
		return { statusCode: 429, headers, body: { message: 'Slow down', statusCode: 429 } };
	};
