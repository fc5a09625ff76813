/**
 * Servers that answer more slowly, or not at all, when they have too much to do: the models with which Vector tests its
 * adaptive concurrency, and single workers. The same models run on a virtual clock (tests) and as HTTP servers (bench).
 */

/** What a model runs on. */
export interface ModelClock {
	now(): number;
	sleep(milliseconds: number): Promise<void>;
	/** In [0, 1). */
	random(): number;
}

/** What becomes of a request: it is answered, refused for the rate (429), or never answered. */
export type Reply = 'done' | 'refused' | 'none';

export interface ServerModel {
	/** Milliseconds of an answer with nobody else there. */
	latencyMs: number;
	/** Share of the latency that is drawn at random, with an exponential tail as real links have it. */
	jitter?: number;
	/** Makes the latency that many times as long with so many requests in flight. */
	slowdown?: (inFlight: number) => number;
	/** Most requests in flight, and what becomes of more. */
	concurrency?: { limit: number; reply: 'refused' | 'none' };
	/** Most requests in any second. More are refused. */
	perSecond?: number;
	/** Milliseconds in which one request after the other comes over the line. */
	lineMs?: number;
	/** One worker does one request after the other, also those that nobody waits for any more: milliseconds per row. */
	workerMsPerRow?: number;
}

const knee =
	(start: number, beyond: (excess: number) => number) =>
	(inFlight: number): number =>
		1 + beyond(Math.max(0, inFlight - start));

/** Vector's 11 models, by what they are. */
export const SERVER_MODELS: Readonly<Record<string, ServerModel>> = {
	'constant link': { latencyMs: 100 },
	'jittery link, small': { latencyMs: 100, jitter: 0.1 },
	'jittery link, large': { latencyMs: 100, jitter: 0.5 },
	'slow link': { latencyMs: 100, slowdown: (inFlight) => inFlight },
	'slow send': { latencyMs: 100, lineMs: 50 },
	'refuses at high concurrency': {
		latencyMs: 100,
		concurrency: { limit: 5, reply: 'refused' },
	},
	'refuses at a high rate': { latencyMs: 100, perSecond: 20 },
	'drops at high concurrency': { latencyMs: 100, concurrency: { limit: 5, reply: 'none' } },
	'shallow knee': { latencyMs: 100, slowdown: knee(8, (excess) => 0.05 * excess) },
	'linear knee': { latencyMs: 100, slowdown: knee(8, (excess) => excess / 8) },
	'exponential knee': { latencyMs: 100, slowdown: knee(8, (excess) => 1.2 ** excess - 1) },
};

/** A server of a model. */
export class ModelServer {
	inFlight = 0;

	peak = 0;

	private lineFreeAt = 0;

	private workerFreeAt = 0;

	private accepted: number[] = [];

	constructor(
		private readonly model: ServerModel,
		private readonly clock: ModelClock,
	) {}

	/** Serve one request with so many rows. Resolves when its answer leaves. */
	async serve(rows: number): Promise<Reply> {
		const { lineMs = 0, concurrency } = this.model;
		const now = this.clock.now();
		this.lineFreeAt = Math.max(now, this.lineFreeAt) + lineMs;
		if (this.lineFreeAt > now) await this.clock.sleep(this.lineFreeAt - now);
		if (!this.acceptsRate()) return 'refused';
		if (concurrency !== undefined && this.inFlight >= concurrency.limit) return concurrency.reply;
		this.inFlight++;
		this.peak = Math.max(this.peak, this.inFlight);
		await this.clock.sleep(this.workMs(rows));
		this.inFlight--;
		return 'done';
	}

	private acceptsRate(): boolean {
		const { perSecond } = this.model;
		if (perSecond === undefined) return true;
		const now = this.clock.now();
		this.accepted = this.accepted.filter((at) => at > now - Math.max(1000, 1000 / perSecond));
		if (this.accepted.length >= Math.max(1, perSecond)) return false;
		this.accepted.push(now);
		return true;
	}

	private workMs(rows: number): number {
		const { latencyMs, jitter = 0, slowdown, workerMsPerRow = 0 } = this.model;
		const drawn = -Math.log(1 - this.clock.random());
		const link = latencyMs * (1 - jitter + jitter * drawn) * (slowdown?.(this.inFlight) ?? 1);
		if (workerMsPerRow === 0) return link;
		const now = this.clock.now();
		this.workerFreeAt = Math.max(now, this.workerFreeAt) + workerMsPerRow * rows;
		return link + this.workerFreeAt - now;
	}
}

/** Milliseconds in which so many requests are done by so many workers that send one after the other until it is done. */
export async function fixedTime(
	model: ServerModel,
	clock: ModelClock,
	{ concurrency, requests, timeoutMs }: Record<'concurrency' | 'requests' | 'timeoutMs', number>,
): Promise<number> {
	const server = new ModelServer(model, clock);
	const startedAt = clock.now();
	let left = requests;
	const tryOnce = async (): Promise<Reply> => {
		const late = clock.sleep(timeoutMs).then(() => 'none' as const);
		const reply = await Promise.race([server.serve(100), late]);
		return reply === 'none' ? await late : reply;
	};
	const work = async (): Promise<void> => {
		while (left-- > 0) {
			for (;;) {
				const reply = await tryOnce();
				if (reply === 'done') break;
				if (reply === 'refused') await clock.sleep(250 * clock.random());
			}
		}
	};
	await Promise.all(Array.from({ length: concurrency }, work));
	return clock.now() - startedAt;
}
