/** What Export CSV costs, and whether its file imports: memory must not grow with the list. */
import { count, seconds } from '../demo/screen';
import { LeanServer } from './processes';
import type { Measured, Task } from './worker';

const LATENCY_MS = 5;

const MB = 1024 * 1024;

export interface ExportCosts {
	rows: string[][];
	/** Of the largest list. */
	peak: number;
}

/** @param sizes numbers of participants */
export async function exportCosts(
	sizes: readonly number[],
	warmUpFile: string,
	measure: (title: string, task: Task) => Promise<Measured>,
): Promise<ExportCosts> {
	const rows: string[][] = [];
	let peak = 0;
	for (const size of sizes) {
		const server = await LeanServer.ofSegment(size, LATENCY_MS, 1000);
		try {
			const task: Task = {
				credential: server.credential,
				file: warmUpFile,
				exports: true,
				concurrency: 2,
				batchSize: 100,
			};
			const measured = await measure(`export of ${count(size)}`, task);
			const planned = Number(measured.details?.planned);
			if (measured.succeeded !== size || planned !== size) {
				throw new Error(`Of ${size}, ${measured.succeeded} were exported and ${planned} read back`);
			}
			rows.push([
				count(size),
				seconds(measured.milliseconds),
				count(planned),
				`${(measured.peakAboveIdle / MB).toFixed(0)} MB`,
			]);
			peak = measured.peakAboveIdle;
		} finally {
			server.stop();
		}
	}
	return { rows, peak };
}
