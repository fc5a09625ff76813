import { Breather } from '../../../nodes/shared/advocate/client/breather';
import { openCsv } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import type { CsvOptions } from '../../../nodes/ImpactAdvocate/import/file/csvFile';
import type { CsvRow } from '../../../nodes/ImpactAdvocate/import/table';
import type { OpenBytes } from '../../../nodes/ImpactAdvocate/import/file/encoding';

/** The bytes in pieces that end at the given offsets. */
export function openPieces(bytes: Uint8Array, cuts: readonly number[] = []): OpenBytes {
	return async () =>
		(async function* () {
			let start = 0;
			for (const cut of [...cuts].sort((a, b) => a - b)) {
				if (cut <= start || cut >= bytes.length) continue;
				yield bytes.subarray(start, cut);
				start = cut;
			}
			yield bytes.subarray(start);
		})();
}

/** Cuts after every `size` bytes. */
export const everyBytes = (bytes: Uint8Array, size: number): number[] =>
	Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size);

/** Never needs a rest: its clock stands still. */
export const atEase = (): Breather =>
	new Breather({ now: () => 0, sleep: async () => {}, cancelled: () => false });

export const AUTO: CsvOptions = { encoding: 'auto', delimiter: 'auto' };

/** Header and all rows of a file given as text or bytes. */
export async function readAll(
	source: string | Uint8Array,
	options: Partial<CsvOptions> = {},
	cuts: readonly number[] = [],
): Promise<{ header: string[]; rows: CsvRow[]; cells: string[][] }> {
	const bytes = typeof source === 'string' ? Buffer.from(source, 'utf8') : source;
	const file = await openCsv(openPieces(bytes, cuts), { ...AUTO, ...options });
	const rows: CsvRow[] = [];
	for await (const part of file.rows()) rows.push(...part);
	return { header: file.header, rows, cells: rows.map(({ cells }) => cells) };
}

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
	try {
		await promise;
	} catch (error) {
		if (error instanceof Error) return error;
	}
	throw new Error('Nothing was thrown');
}
