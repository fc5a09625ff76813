/**
 * For a host of the API client: gives up requests whose time is over, and all of them when the execution is cancelled.
 *
 * One watch for all of them: a time-out signal for each would stay in memory, and in the way of every garbage
 * collection, for as long as the time-out is, thousands of them in a large import.
 */

/** Longest time between two looks at the deadlines, in milliseconds; a shorter time-out may take this much longer. */
const LOOK_EVERY_MS = 250;

/** Why a request was given up. */
export type GiveUpReason = 'cancelled' | 'timeout' | 'tooLarge' | 'leftEarly';

/**
 * Bytes that V8 counts with a request, since it knows too little of it. n8n's HTTP client puts a generator around an
 * answer that is read as a stream, which keeps the request until a full collection after it has ended: 25 to 30 kB in the
 * heap, and with TLS 13 to 20 kB outside of it, of which V8 is told 1 or 2. It begins a collection once 64 MB have come up
 * outside of the heap: so it does after some thousand requests, not after five thousand.
 *
 * They are never written, so hardly any of them becomes memory of the machine. Where a client lets go of its requests,
 * they go at once, and V8 collects no sooner.
 */
const WEIGHT = 64 * 1024;

/** A request on its way. */
export class WatchedRequest {
	/** Nothing unless the request was given up. */
	reason?: GiveUpReason;

	/** Not used, only held by what holds the request, which the listeners of its answer do. */
	readonly weight = Buffer.allocUnsafeSlow(WEIGHT);

	private readonly controller = new AbortController();

	/** @param deadline by the clock of `performance.now()`, which nobody sets while a request is on its way */
	constructor(public deadline: number) {}

	/** From now on, so long may nothing come. */
	expectWithin(timeoutMs: number): void {
		this.deadline = performance.now() + timeoutMs;
	}

	/** Aborts when the request is given up. */
	get signal(): AbortSignal {
		return this.controller.signal;
	}

	giveUp(reason: GiveUpReason): void {
		this.reason ??= reason;
		this.controller.abort();
	}
}

export class RequestWatch {
	/** A list: a set that is in use for long would keep all requests in memory until a full collection, see `WriteQueue`. */
	private readonly requests: WatchedRequest[] = [];

	private isOn = false;

	/** @param cancelSignal of the execution, where there is one */
	constructor(private readonly cancelSignal: AbortSignal | undefined) {}

	/** Watch a request, from the moment before it is sent to its end. */
	begin(timeoutMs: number): WatchedRequest {
		const request = new WatchedRequest(performance.now() + timeoutMs);
		if (this.requests.length === 0) this.cancelSignal?.addEventListener('abort', this.cancelAll);
		this.requests.push(request);
		if (this.cancelSignal?.aborted) this.cancelAll();
		if (!this.isOn) void this.watch();
		return request;
	}

	/** The request ended, with an answer or without. */
	end(request: WatchedRequest): void {
		const place = this.requests.indexOf(request);
		if (place >= 0) this.requests.splice(place, 1);
		if (this.requests.length === 0) this.cancelSignal?.removeEventListener('abort', this.cancelAll);
	}

	private async watch(): Promise<void> {
		this.isOn = true;
		while (this.requests.length > 0) {
			const now = performance.now();
			let nextLook = now + LOOK_EVERY_MS;
			for (const request of this.requests) {
				if (request.deadline <= now) request.giveUp('timeout');
				else nextLook = Math.min(nextLook, request.deadline);
			}
			await idle(Math.ceil(nextLook - now));
		}
		this.isOn = false;
	}

	private readonly cancelAll = (): void => {
		for (const request of this.requests) request.giveUp('cancelled');
	};
}

/** Wait without keeping a process alive that has nothing else to do. */
async function idle(milliseconds: number): Promise<void> {
	await new Promise<void>((resolve) => {
		AbortSignal.timeout(milliseconds).addEventListener('abort', () => resolve());
	});
}
