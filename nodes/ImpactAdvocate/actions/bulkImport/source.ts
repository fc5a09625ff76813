/** Where the CSV comes from: a file of the input item, or text. */
import type { IBinaryData } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import { openBuffer } from '../../import/file/encoding';
import type { OpenBytes } from '../../import/file/encoding';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import type { Run } from '../operation';
import { readRequiredText } from '../../../shared/n8n/parameters';

export interface CsvSource {
	/** Name of the file; nothing for text. */
	fileName?: string;
	open: OpenBytes;
	/** Text has been decoded already: it is given out as UTF-8, whatever encoding is chosen. */
	isText: boolean;
}

/** Bytes given out at once; n8n's own streams use the same. */
const CHUNK_BYTES = 64 * 1024;

/**
 * The CSV of one item. Nothing is read yet.
 * @throws ParameterError or n8n's own error when the item has no such file
 */
export function readSource(run: Run, itemIndex: number): CsvSource {
	if (run.n8n.getNodeParameter('csvSource', itemIndex) === 'text') {
		const text: unknown = run.n8n.getNodeParameter('csvText', itemIndex, '');
		if (typeof text !== 'string' || text.trim() === '') {
			throw new ParameterError(
				"'CSV Text' is empty",
				'Enter the CSV with its header. If it is an expression, check that the input item has this value',
			);
		}
		return { open: openBuffer(Buffer.from(text, 'utf8')), isText: true };
	}
	const binary = run.n8n.helpers.assertBinaryData(itemIndex, readFileReference(run, itemIndex));
	const { id } = binary;
	return {
		fileName: binary.fileName,
		isText: false,
		open:
			id === undefined || id === ''
				? openBuffer(Buffer.from(binary.data, 'base64'))
				: async () => await run.n8n.helpers.getBinaryStream(id, CHUNK_BYTES),
	};
}

/**
 * The name of the field, or the file itself: given by an expression, or found where workflows in the combined binary
 * mode keep files. There n8n expects a path such as `_files.data`, but people enter the name as everywhere else.
 * @throws ParameterError
 */
function readFileReference(run: Run, itemIndex: number): string | IBinaryData {
	const value: unknown = run.n8n.getNodeParameter('binaryPropertyName', itemIndex);
	if (isRecord(value)) return value as unknown as IBinaryData;
	const field = readRequiredText(run.n8n, 'binaryPropertyName', 'Input Binary Field', itemIndex);
	const { json, binary } = run.n8n.getInputData()[itemIndex];
	const files: unknown = json._files;
	if (binary === undefined && isRecord(files) && isRecord(files[field])) {
		return files[field] as unknown as IBinaryData;
	}
	return field;
}
