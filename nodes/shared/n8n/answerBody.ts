/** For a host of the API client whose HTTP client gives a stream: reads an answer, and no more of it than is wanted. */
import { NoAnswerError } from '../advocate/client/port';
import type { BodyPieces } from '../advocate/client/port';
import type { WatchedRequest } from './requestWatch';

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
		let hasEnded = false;
		stream.on('data', (piece: Uint8Array) => {
			bytes.add(piece);
			if (bytes.length > maxBytes) giveUp();
		});
		stream.on('end', () => {
			hasEnded = true;
			resolve();
		});
		stream.on('error', reject);
		// Comes last, whatever came before.
		stream.on('close', () => {
			if (!hasEnded) reject(new NoAnswerError('Connection lost', 'ECONNRESET'));
		});
	});
	return bytes.takeText();
}

interface PieceLimits {
	maxBytes: number;
	/** Milliseconds in which nothing may come. What the reader takes for a piece does not count. */
	timeoutMs: number;
}

/**
 * Give the body of an answer out as it arrives; the next piece is taken from the connection when it is asked for.
 * @param request leaving early ends its connection
 * @throws when the request was given up, or the answer ends too early
 */
export async function* bodyPieces(
	body: unknown,
	{ maxBytes, timeoutMs }: PieceLimits,
	request: WatchedRequest,
): AsyncGenerator<Uint8Array> {
	if (!isByteStream(body)) throw new NoAnswerError('Connection lost', 'ERR_UNKNOWN');
	const end = (): void => {
		body.destroy();
	};
	request.signal.addEventListener('abort', end);
	if (request.signal.aborted) end();
	let bytes = 0;
	let hasEnded = false;
	try {
		request.expectWithin(timeoutMs);
		for await (const piece of body as unknown as BodyPieces) {
			request.deadline = Infinity;
			bytes += piece.length;
			if (bytes > maxBytes) request.giveUp('tooLarge');
			if (request.signal.aborted) throw new NoAnswerError('Connection lost', 'ERR_CANCELED');
			yield piece;
			request.expectWithin(timeoutMs);
		}
		hasEnded = true;
	} finally {
		request.signal.removeEventListener('abort', end);
		if (!hasEnded) {
			request.giveUp('leftEarly');
			end();
		}
	}
}
