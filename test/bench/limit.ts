/**
 * How much of what is possible the node reaches: its batches beside those of a loop over n8n's own HTTP helper, which
 * does nothing else, and beside Node's bare client. All of them against a server that only waits and answers.
 */
import type { IDataObject } from 'n8n-workflow';
import { count } from '../demo/screen';
import type { BareTask } from './batches';
import { LeanServer, runBareClient, runHelperLoop } from './processes';
import { SimulatorProcess } from './simulatorProcess';
import { percent } from './target';
import type { Measured, Task } from './worker';

/** Time of every answer, in milliseconds. */
export const LATENCY_MS = 100;

const BATCH_SIZE = 100;

const RUNS = 3;

/** The share of the loop over n8n's helper that is aimed at. */
const aimAt = (concurrency: number): number => (concurrency > 8 ? 0.95 : 0.97);

/** What one row of the table says. */
export interface LimitRow {
	concurrency: number;
	rows: number;
	perSecond: number;
	/** Of concurrency x batch size / latency, from start to end: the file is read and checked first. */
	share: number;
	/** The same from the first batch to the last answer, the slow start included. */
	sendingShare: number;
	helperShare: number;
	bareShare: number;
	/** The node beside the loop over n8n's helper, while both send. */
	ofHelper: number;
	aim: number;
	inFlight: string;
	/** Processor time beside time. */
	cpu: number;
}

export const LIMIT_HEADINGS = [
	'Concurrency',
	'Rows',
	'Rows/s',
	'Share of limit',
	'While sending',
	"n8n's helper alone",
	'Bare client',
	'Sending / helper',
	'In flight',
	'CPU',
];

export const limitCells = (row: LimitRow): string[] => [
	String(row.concurrency),
	count(row.rows),
	count(Math.round(row.perSecond)),
	percent(row.share),
	percent(row.sendingShare),
	percent(row.helperShare),
	percent(row.bareShare),
	percent(row.ofHelper),
	row.inFlight,
	percent(row.cpu),
];

const median = (values: number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * @param secondsPerRun how long a run would take at the limit
 * @param fileOf a file with so many rows
 */
export async function limitRow(
	concurrency: number,
	secondsPerRun: number,
	fileOf: (rows: number) => Promise<string>,
	measure: (title: string, task: Task) => Promise<Measured>,
): Promise<LimitRow> {
	const limit = (concurrency * BATCH_SIZE * 1000) / LATENCY_MS;
	const rows = limit * secondsPerRun;
	const server = await LeanServer.start(LATENCY_MS);
	try {
		const bareTask: BareTask = {
			concurrency,
			batchSize: BATCH_SIZE,
			requests: rows / BATCH_SIZE,
			latencyMs: LATENCY_MS,
		};
		const shareOf = (milliseconds: number): number => (rows * 1000) / milliseconds / limit;
		const nodes: Measured[] = [];
		const helpers: number[] = [];
		// Turn and turn about: a busy moment of the machine meets all of them.
		for (let run = 1; run <= RUNS; run++) {
			const title = `concurrency ${concurrency}, ${count(rows)} rows (${run} of ${RUNS})`;
			const file = await fileOf(rows);
			const task: Task = {
				credential: server.credential,
				file,
				concurrency,
				batchSize: BATCH_SIZE,
			};
			nodes.push(await measure(title, task));
			helpers.push(shareOf(await runHelperLoop(server.credential, bareTask)));
		}
		const share = median(nodes.map(({ milliseconds }) => shareOf(milliseconds)));
		const sendingShare = median(nodes.map((node) => shareOf(node.sendingMilliseconds)));
		const helperShare = median(helpers);
		const [{ details, cpuMilliseconds, milliseconds }] = nodes;
		return {
			concurrency,
			rows,
			perSecond: share * limit,
			share,
			sendingShare,
			helperShare,
			bareShare: shareOf(await runBareClient(server, bareTask)),
			ofHelper: sendingShare / helperShare,
			aim: aimAt(concurrency),
			inFlight: String((details?.diagnostics as IDataObject | undefined)?.averageInFlight),
			cpu: cpuMilliseconds / milliseconds,
		};
	} finally {
		server.stop();
	}
}

/** What one item of Add Segments costs, beside one request of n8n's helper. */
export interface ItemCost {
	requests: number;
	milliseconds: number;
	helperMilliseconds: number;
}

export async function itemCost(
	measure: (title: string, task: Task) => Promise<Measured>,
): Promise<ItemCost> {
	const simulator = await SimulatorProcess.start();
	try {
		const { credential } = simulator;
		const task: Task = { credential, items: 1, concurrency: 2, batchSize: BATCH_SIZE };
		const times: number[] = [];
		const helperTimes: number[] = [];
		let requests = 0;
		for (let run = 1; run <= RUNS; run++) {
			await simulator.reset(LATENCY_MS);
			const before = (await simulator.traffic()).total;
			times.push((await measure(`one item (${run} of ${RUNS})`, task)).milliseconds);
			// The warm-up is a run of the same kind.
			requests = ((await simulator.traffic()).total - before) / 2;
			const one: BareTask = { concurrency: 1, batchSize: 1, requests: 1, latencyMs: LATENCY_MS };
			helperTimes.push(await runHelperLoop(credential, one));
		}
		return { requests, milliseconds: median(times), helperMilliseconds: median(helperTimes) };
	} finally {
		simulator.stop();
	}
}
