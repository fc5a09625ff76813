/** Files that give the host a turn while they are read, whoever reads them and for whatever reason. */
import type { Breather } from '../../../shared/advocate/client/breather';
import { InputError } from '../../../shared/inputError';
import type { Table, CsvRow } from '../table';
import { slices } from './encoding';
import type { OpenBytes } from './encoding';

/** Rows given out between two looks at the clock. */
const PORTION_ROWS = 1000;

/** The bytes of a file can't be had (any more), or are others than before. */
export class FileReadError extends InputError {
	constructor(message: string, hint = 'Check that the file still exists where n8n keeps it') {
		super(message, `Nothing was sent. ${hint}, and run the node again`);
	}
}

/** Words of n8n's stores and of Node.js for a file that is not there. */
const NOT_THERE = /\bfile not found\b|\bENOENT\b|\bno such file\b/i;

const WHERE_FILES_ARE =
	'The process that runs this does not have the file. If n8n has workers or several servers, keep files where all of them look: in the database, in S3, or on a shared disk (N8N_DEFAULT_BINARY_DATA_MODE, N8N_BINARY_DATA_STORAGE_PATH). Otherwise check that the file still exists';

/**
 * A file's bytes, with rests in between. A text or a file inside an item would be there all at once.
 * @throws FileReadError also when a reading ends at another length than the one before: rows would be lost
 */
export function restedBytes(open: OpenBytes, breather: Breather): OpenBytes {
	let size: number | undefined;
	return async () =>
		(async function* () {
			let bytes = 0;
			for await (const slice of slices(async () => readable(open))) {
				if (breather.isDue) await breather.rest();
				bytes += slice.length;
				yield slice;
			}
			if (size !== undefined && size !== bytes) {
				throw new FileReadError(
					`The file could not be read to its end: it had ${size} bytes before, and ${bytes} bytes now`,
				);
			}
			size = bytes;
		})();
}

async function* readable(open: OpenBytes): AsyncGenerator<Uint8Array> {
	try {
		for await (const chunk of await open()) yield chunk;
	} catch (caught) {
		throw brokenOff(caught);
	}
}

function brokenOff(caught: unknown): FileReadError {
	const reason = caught instanceof Error ? caught.message : String(caught);
	const hint = NOT_THERE.test(reason) ? WHERE_FILES_ARE : undefined;
	const message = `The file could not be read to its end: ${reason.replace(/\.+$/, '')}`;
	return new FileReadError(message, hint);
}

/**
 * The failure to read a file to its end, for callers that go on without the rest.
 * @throws anything else unchanged
 */
export function expectFileReadError(caught: unknown): FileReadError {
	if (caught instanceof FileReadError) return caught;
	throw caught;
}

/** A list with rests between its rows: what is done with a row may take longer than to read it. */
export function restedTable<T extends Pick<Table, 'rows'>>(table: T, breather: Breather): T {
	return { ...table, rows: () => restedRows(table, breather) };
}

async function* restedRows(
	table: Pick<Table, 'rows'>,
	breather: Breather,
): AsyncGenerator<CsvRow[]> {
	for await (const rows of table.rows()) {
		for (let start = 0; start < rows.length; start += PORTION_ROWS) {
			if (breather.isDue) await breather.rest();
			yield rows.length <= PORTION_ROWS ? rows : rows.slice(start, start + PORTION_ROWS);
		}
	}
}
