/** Hands a file to n8n piece by piece, where n8n writes files to disk. */
import type { IBinaryData } from 'n8n-workflow';
import type { Run } from '../operation';

const MIME_TYPE = 'text/csv';

/** A file up to this size is handed over as a whole. */
const SMALL_BYTES = 1024 * 1024;

type Stream = Exclude<Parameters<Run['n8n']['helpers']['prepareBinaryData']>[0], Buffer>;

/**
 * Put a file into n8n's store. On disk, which is n8n's default, it is written while it is made, so that memory holds a
 * piece of it. Where n8n keeps files in its database, in memory or with an object store, it takes them as a whole.
 * @throws what the pieces throw; nothing is stored then
 */
export async function streamedFile(
	{ n8n: { helpers } }: Run,
	pieces: AsyncGenerator<Buffer>,
	fileName: string,
): Promise<IBinaryData> {
	const first: Buffer[] = [];
	let bytes = 0;
	let next = await pieces.next();
	while (!next.done && bytes < SMALL_BYTES) {
		first.push(next.value);
		bytes += next.value.length;
		next = await pieces.next();
	}
	if (!next.done) {
		const rest = pieceThen(next.value, pieces);
		// Only a file shows where files are kept. This one is deleted with the execution.
		const { id = '' } = await helpers.prepareBinaryData(Buffer.from('.'), fileName, MIME_TYPE);
		if (id.startsWith('filesystem')) {
			const file = new Pieces(first, rest);
			return await helpers.prepareBinaryData(file as unknown as Stream, fileName, MIME_TYPE);
		}
		for await (const piece of rest) first.push(piece);
	}
	return await helpers.prepareBinaryData(Buffer.concat(first), fileName, MIME_TYPE);
}

async function* pieceThen(piece: Buffer, pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
	yield piece;
	yield* pieces;
}

/**
 * What n8n hands on to Node.js's own writing of files, which takes whatever can be iterated. A stream of Node.js would
 * need a module that nodes of the community must not import.
 */
class Pieces {
	constructor(
		private readonly first: readonly Buffer[],
		private readonly rest: AsyncIterable<Buffer>,
	) {}

	async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
		yield* this.first;
		yield* this.rest;
	}
}
