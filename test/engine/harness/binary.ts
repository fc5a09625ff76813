/** Files in items: inline (as pinned data and small tests have them) and stored (as n8n has them in production). */
import type { IBinaryData, IDataObject, INodeExecutionData } from 'n8n-workflow';
import { loadBinary, storeBinary } from './engine';

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
