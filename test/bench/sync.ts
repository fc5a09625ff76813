/** What a night of Sync Members costs, beside an import of the same file. */
import { count, seconds } from '../demo/screen';
import { LeanServer } from './processes';
import type { Measured, Task } from './worker';

const LATENCY_MS = 5;

const DEFAULTS = { concurrency: 2, batchSize: 100 };

const MB = 1024 * 1024;

export interface SyncCosts {
	rows: string[][];
	/** Of the largest segment, by members in a page. */
	peaks: Array<[page: number, peak: number]>;
}

/** Most members that the API gives at a time. */
const PAGES = [100, 1000];

/**
 * @param sizes of segments
 * @param fileOf a file with so many rows
 */
export async function syncCosts(
	sizes: readonly number[],
	fileOf: (rows: number) => Promise<string>,
	measure: (title: string, task: Task) => Promise<Measured>,
): Promise<SyncCosts> {
	const rows: string[][] = [];
	let peaks: SyncCosts['peaks'] = [];
	const add = (way: string, size: number, measured: Measured, reads: string, writes: string) => {
		rows.push([
			way,
			count(size),
			seconds(measured.milliseconds),
			reads,
			writes,
			`${(measured.peakAboveIdle / MB).toFixed(0)} MB`,
		]);
	};
	for (const size of sizes) {
		const file = await fileOf(size);
		peaks = [];
		for (const page of PAGES) {
			const server = await LeanServer.ofSegment(size, LATENCY_MS, page);
			try {
				const task: Task = { credential: server.credential, file, sync: true, ...DEFAULTS };
				const measured = await measure(`sync of ${count(size)}, pages of ${page}`, task);
				const { details } = measured;
				if (details?.added !== details?.removed || details?.complete !== true) {
					throw new Error(`The sync did not end well: ${String(details?.message)}`);
				}
				const what = `Sync Members, 1 % changed, pages of ${count(page)}`;
				add(what, size, measured, String(details?.reads), String(details?.writes));
				peaks.push([page, measured.peakAboveIdle]);
			} finally {
				server.stop();
			}
		}
		const server = await LeanServer.ofSegment(size, LATENCY_MS, 100);
		try {
			const task: Task = { credential: server.credential, file, ...DEFAULTS };
			const measured = await measure(`import of ${count(size)}`, task);
			add('Import CSV of the same file', size, measured, '0', String(size / DEFAULTS.batchSize));
		} finally {
			server.stop();
		}
	}
	return { rows, peaks };
}
