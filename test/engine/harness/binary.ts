/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/** Files in items: inline (as pinned data and small tests have them) and stored (as n8n has them in production). */
import { Readable } from 'node:stream';
import type { IBinaryData, IDataObject, INodeExecutionData } from 'n8n-workflow';
import { binaryDataService, loadBinary, storeBinary } from './engine';

const toBuffer = (content: string | Buffer): Buffer =>
	typeof content === 'string' ? Buffer.from(content, 'utf8') : content;

const describe = (fileName: string, mimeType: string): IBinaryData => ({
	data: '',
	mimeType,
	fileName,
	fileExtension: fileName.split('.').pop(),
});

/** A file inside the item. */
export function inlineBinary(
	content: string | Buffer,
	fileName = 'data.csv',
	mimeType = 'text/csv',
): IBinaryData {
	return { ...describe(fileName, mimeType), data: toBuffer(content).toString('base64') };
}

/** A file in n8n's store on disk, which the item refers to. */
export async function storedBinary(
	content: string | Buffer,
	fileName = 'data.csv',
	mimeType = 'text/csv',
): Promise<IBinaryData> {
	return await storeBinary(toBuffer(content), describe(fileName, mimeType));
}

/** The content of a file of an item, wherever it is and in either binary mode. */
export async function readBinary(item: INodeExecutionData, name = 'data'): Promise<Buffer> {
	const files = item.json._files as IDataObject | undefined;
	const binary = item.binary?.[name] ?? (files?.[name] as unknown as IBinaryData | undefined);
	if (binary === undefined) throw new Error(`The item has no file '${name}'`);
	return await loadBinary(binary);
}

/** The store of files while a test watches it. */
export interface WatchedStore {
	/** Readings of files that began so far. */
	openings: number;
	restore(): void;
}

/**
 * Let a reading of a stored file end with an error, as when an object store closes the connection or the object is gone.
 * @param opening which reading, from 1, and every later one; none unless told
 * @param bytes what it gives out before; below 0, it ends without an error after so many
 */
export async function watchStore(opening = Infinity, bytes = 0): Promise<WatchedStore> {
	const service = await binaryDataService();
	const original = service.getAsStream.bind(service);
	const watched: WatchedStore = {
		openings: 0,
		restore() {
			service.getAsStream = original;
		},
	};
	service.getAsStream = async (...parameters) => {
		watched.openings++;
		const stream = await original(...parameters);
		if (watched.openings < opening) return stream;
		return Readable.from(
			(async function* () {
				let left = Math.abs(bytes);
				for await (const chunk of stream) {
					const part = (chunk as Buffer).subarray(0, left);
					if (part.length > 0) yield part;
					left -= part.length;
					if (left > 0) continue;
					if (bytes < 0) return;
					throw new Error('aborted');
				}
			})(),
		);
	};
	return watched;
}
