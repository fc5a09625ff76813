/** Files that give the host a turn while they are read, whoever reads them and for whatever reason. */
import type { Breather } from '../../../shared/advocate/client/breather';
import type { CsvFile, CsvRow } from './csvFile';
import { slices } from './decode';
import type { OpenBytes } from './decode';

/** Rows given out between two looks at the clock. */
const PORTION_ROWS = 1000;

/** A file's bytes, with rests in between. A text or a file inside an item would be there all at once. */
export function restedBytes(open: OpenBytes, breather: Breather): OpenBytes {
	return async () =>
		(async function* () {
			for await (const slice of slices(open)) {
				if (breather.isDue) await breather.rest();
				yield slice;
			}
		})();
}

/** A file's rows, with rests in between: what is done with a row may take longer than to read it. */
export function restedFile(file: CsvFile, breather: Breather): CsvFile {
	return { ...file, rows: () => restedRows(file, breather) };
}

async function* restedRows(file: CsvFile, breather: Breather): AsyncGenerator<CsvRow[]> {
	for await (const rows of file.rows()) {
		for (let start = 0; start < rows.length; start += PORTION_ROWS) {
			if (breather.isDue) await breather.rest();
			yield rows.length <= PORTION_ROWS ? rows : rows.slice(start, start + PORTION_ROWS);
		}
	}
}
