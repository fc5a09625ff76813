/** For a host of the API client whose HTTP client gives a stream: reads an answer, and no more of it than is wanted. */
import { NoAnswerError } from './port';

/** The parts of Node's readable stream that are used: its module can't be imported here. */
interface ByteStream extends AsyncIterable<Uint8Array> {
	destroy(): unknown;
}

const isByteStream = (value: unknown): value is ByteStream =>
	typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** Pieces that are joined as they come: a million pieces of one byte would take a hundred times their size. */
const PIECES_PER_BLOCK = 1024;

/** Bytes that come in pieces of any size. */
class Bytes {
	length = 0;

	private readonly blocks: Uint8Array[] = [];

	private pieces: Uint8Array[] = [];

	add(piece: Uint8Array): void {
		this.length += piece.length;
		this.pieces.push(piece);
		if (this.pieces.length === PIECES_PER_BLOCK) this.join();
	}

	toText(): string {
		if (this.pieces.length > 0) this.join();
		const whole = this.blocks.length === 1 ? this.blocks[0] : Buffer.concat(this.blocks);
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
 * Read the body of an answer that comes as a stream. HTTP clients set no limit of their own, and a few
 * kilobytes on the wire can be gigabytes after they are decompressed.
 * @param signal of the request; the client may have let go of it once the headers were there
 * @returns the text; what is no stream as it is
 * @throws NoAnswerError when it is longer than `maxBytes`; the connection is closed at once then
 */
export async function readBody(
	body: unknown,
	maxBytes: number,
	signal: AbortSignal,
): Promise<unknown> {
	if (!isByteStream(body)) return body;
	const giveUp = (): void => {
		body.destroy();
	};
	signal.addEventListener('abort', giveUp);
	if (signal.aborted) giveUp();
	try {
		const bytes = new Bytes();
		// Leaving the loop closes the stream, and with it the connection.
		for await (const piece of body) {
			bytes.add(piece);
			if (bytes.length > maxBytes) {
				throw new NoAnswerError(`More than ${maxBytes} bytes`, 'ERR_ANSWER_TOO_LARGE');
			}
		}
		return bytes.toText();
	} finally {
		signal.removeEventListener('abort', giveUp);
	}
}
