/**
 * For a host of the API client: gives up requests whose time is over, and all of them when the execution is cancelled.
 *
 * One watcher for all of them: a timer of its own for each would stay in memory, and in the way of every garbage
 * collection, for as long as the time-out is, thousands of them in a large import.
 */
/** Why a request was given up. */
export type GiveUpReason = 'cancelled' | 'timeout';

/** A request on its way. */
export interface OpenRequest {
	/** Aborts when the request is given up. */
	readonly signal: AbortSignal;
	/** Nothing unless the request was given up. */
	readonly reason?: GiveUpReason;
}

interface WatchedRequest extends OpenRequest {
	reason?: GiveUpReason;
	readonly controller: AbortController;
	/** Milliseconds since the epoch. */
	readonly deadline: number;
}

/** Milliseconds between two looks at the deadlines; a shorter time-out may take this much longer. */
const WATCH_EVERY_MS = 250;

export class OpenRequests {
	private readonly open = new Set<WatchedRequest>();

	private isWatched = false;

	/**
	 * @param cancelSignal of the execution, where there is one
	 * @param sleep waits so many milliseconds
	 */
	constructor(
		private readonly cancelSignal: AbortSignal | undefined,
		private readonly sleep: (milliseconds: number) => Promise<void>,
	) {}

	/** Note a request, from the moment before it is sent. */
	begin(timeoutMs: number): OpenRequest {
		const controller = new AbortController();
		const deadline = Date.now() + timeoutMs;
		const request: WatchedRequest = { controller, signal: controller.signal, deadline };
		if (this.open.size === 0) this.cancelSignal?.addEventListener('abort', this.giveUpAll);
		this.open.add(request);
		if (this.cancelSignal?.aborted) this.giveUpAll();
		if (!this.isWatched) void this.watch();
		return request;
	}

	/** The request ended, with an answer or without. */
	end(request: OpenRequest): void {
		this.open.delete(request as WatchedRequest);
		if (this.open.size === 0) this.cancelSignal?.removeEventListener('abort', this.giveUpAll);
	}

	private async watch(): Promise<void> {
		this.isWatched = true;
		while (this.open.size > 0) {
			const now = Date.now();
			let nextLook = now + WATCH_EVERY_MS;
			for (const request of this.open) {
				if (request.deadline <= now) giveUp(request, 'timeout');
				else nextLook = Math.min(nextLook, request.deadline);
			}
			await this.sleep(nextLook - now);
		}
		this.isWatched = false;
	}

	private readonly giveUpAll = (): void => {
		for (const request of this.open) giveUp(request, 'cancelled');
	};
}

function giveUp(request: WatchedRequest, reason: GiveUpReason): void {
	request.reason ??= reason;
	request.controller.abort();
}
