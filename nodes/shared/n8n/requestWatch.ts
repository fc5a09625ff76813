/**
 * For a host of the API client: gives up requests whose time is over, whose answer is too long, and all of them when the
 * execution is cancelled.
 *
 * One watch for all of them: a time-out signal for each would stay in memory, and in the way of every garbage
 * collection, for as long as the time-out is, thousands of them in a large import.
 */
import { NoAnswerError } from '../advocate/client/port';

/** Longest time between two looks at the deadlines, in milliseconds; a shorter time-out may take this much longer. */
const LOOK_EVERY_MS = 250;

/** Why a request was given up. */
export type GiveUpReason = 'cancelled' | 'timeout' | 'tooLarge';

/** A request on its way. */
export class WatchedRequest {
	/** Nothing unless the request was given up. */
	reason?: GiveUpReason;

	private readonly controller = new AbortController();

	/** @param deadline by the clock of `performance.now()`, which nobody sets while a request is on its way */
	constructor(readonly deadline: number) {}

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

/** The parts of Node's readable stream that are used: its module can't be imported here. */
interface ByteStream {
	on(event: 'data', listener: (piece: Uint8Array) => void): unknown;
	on(event: 'end' | 'close', listener: () => void): unknown;
	on(event: 'error', listener: (error: Error) => void): unknown;
	destroy(): unknown;
}

const isByteStream = (value: unknown): value is ByteStream =>
	typeof value === 'object' && value !== null && 'on' in value && 'destroy' in value;

/** Pieces that are joined as they come: a million pieces of one byte would take a hundred times their size. */
const PIECES_PER_BLOCK = 1024;

/** Bytes that come in pieces of any size. */
class Bytes {
	length = 0;

	private blocks: Uint8Array[] = [];

	private pieces: Uint8Array[] = [];

	add(piece: Uint8Array): void {
		this.length += piece.length;
		this.pieces.push(piece);
		if (this.pieces.length === PIECES_PER_BLOCK) this.join();
	}

	/** All of them as text, once: they are not kept. */
	takeText(): string {
		if (this.pieces.length > 0) this.join();
		const whole = this.blocks.length === 1 ? this.blocks[0] : Buffer.concat(this.blocks);
		this.blocks = [];
		const text = Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('utf8');
		// A byte order mark is no part of the text.
		return text.startsWith('\uFEFF') ? text.slice(1) : text;
	}

	private join(): void {
		this.blocks.push(this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces));
		this.pieces = [];
	}
}

/**
 * Read the body of an answer that comes as a stream. HTTP clients set no limit of their own, and a few kilobytes on the
 * wire can be gigabytes after they are decompressed.
 * @param request is given up when the answer is longer than `maxBytes`: that ends its connection at once, which an end
 * of the stream alone may not, since the client may have put one of its own around the answer
 * @returns the text; what is no stream as it is
 * @throws when the request was given up, or the answer ends too early
 */
export async function readBody(
	body: unknown,
	maxBytes: number,
	request: WatchedRequest,
): Promise<unknown> {
	if (!isByteStream(body)) return body;
	// The client may have let go of the signal once the headers were there.
	const end = (): void => {
		body.destroy();
	};
	request.signal.addEventListener('abort', end);
	if (request.signal.aborted) end();
	try {
		return await textOf(body, maxBytes, () => request.giveUp('tooLarge'));
	} finally {
		request.signal.removeEventListener('abort', end);
	}
}

/**
 * By its events: a loop over the stream would make several objects for every piece. The text is no part of what the
 * stream's listeners lead to: a connection stays in memory until a full collection, with all that it leads to.
 */
async function textOf(stream: ByteStream, maxBytes: number, giveUp: () => void): Promise<string> {
	const bytes = new Bytes();
	await new Promise<void>((resolve, reject) => {
		stream.on('data', (piece: Uint8Array) => {
			bytes.add(piece);
			if (bytes.length > maxBytes) giveUp();
		});
		stream.on('end', resolve);
		stream.on('error', reject);
		// Comes last, whatever came before.
		stream.on('close', () => reject(new NoAnswerError('Connection lost', 'ECONNRESET')));
	});
	return bytes.takeText();
}
