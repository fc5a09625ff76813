/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/** One measured run of the built node in a fresh process. Gets the task as JSON, prints the result as JSON. */
import '../demo/useBuild';
import { subscribe } from 'node:diagnostics_channel';
import { createReadStream } from 'node:fs';
import { inspect } from 'node:util';
import type { ICredentialDataDecryptedObject, IDataObject, INodeParameters } from 'n8n-workflow';
import { readBinary, runNode } from '../engine/harness';
import type { NodeRun } from '../engine/harness';
import { storeBinary } from '../engine/harness/engine';

export interface Task {
	credential: ICredentialDataDecryptedObject;
	/** A CSV file to import; otherwise items. */
	file?: string;
	/** Number of items, one participant each. */
	items?: number;
	dryRun?: boolean;
	/** Make a segment equal to the file, instead of importing it. */
	sync?: boolean;
	/** Export everybody, and look afterwards whether the file imports. */
	exports?: boolean;
	concurrency: number;
	batchSize: number;
	/** Seconds. */
	timeout?: number;
}

export interface Measured {
	/** Time of the node in the engine. */
	milliseconds: number;
	/** Time from the second request to the last answer: of an import by rows, the first one looks the segments up. */
	sendingMilliseconds: number;
	/** Processor time of the process meanwhile. */
	cpuMilliseconds: number;
	/** Most memory above what the process had before, in bytes. */
	peakAboveIdle: number;
	idle: number;
	/** Rows or items that ended well. */
	succeeded: number;
	/** The details of the import's summary. */
	details?: IDataObject;
}

const SEGMENT = 'bench';

/** How often the memory is looked at, in milliseconds. A look takes some 50 us of the run itself. */
const SAMPLE_EVERY = 20;

/** Put a file into n8n's store without having all of it in memory. */
async function storeFile(file: string) {
	const description = { data: '', mimeType: 'text/csv', fileName: 'participants.csv' };
	return await storeBinary(createReadStream(file), description);
}

async function syncWithFile(task: Task, file: string): Promise<NodeRun> {
	return await runNode({
		credentials: task.credential,
		mode: 'trigger',
		input: [{ json: {}, binary: { data: await storeFile(file) } }],
		parameters: {
			resource: 'segment',
			operation: 'syncMembers',
			segment: { __rl: true, mode: 'key', value: SEGMENT },
			listSource: 'binary',
			binaryPropertyName: 'data',
			dryRun: task.dryRun ?? false,
			safetyOptions: { listIsComplete: true },
			options: { concurrency: task.concurrency, batchSize: task.batchSize, files: 'none' },
		},
	});
}

async function importFile(task: Task, file: string): Promise<NodeRun> {
	if (task.sync) return await syncWithFile(task, file);
	return await runNode({
		credentials: task.credential,
		input: [{ json: {}, binary: { data: await storeFile(file) } }],
		parameters: {
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'binary',
			binaryPropertyName: 'data',
			segmentAction: 'add',
			segments: [SEGMENT],
			ifParticipantMissing: 'byAction',
			// Without a look-up before each batch.
			participantDetails: 'all',
			dryRun: task.dryRun ?? false,
			rowOutput: 'summary',
			simplify: false,
			options: options(task),
		},
	});
}

function options({ file, concurrency, batchSize, timeout }: Task): INodeParameters {
	// Without an engine, large files would go through Advocate's import job.
	return {
		concurrency,
		batchSize,
		...(timeout === undefined ? {} : { timeout }),
		...(file === undefined ? {} : { engine: 'rows' }),
	};
}

async function changeItems(task: Task, count: number): Promise<NodeRun> {
	return await runNode({
		credentials: task.credential,
		input: Array.from({ length: count }, (_, index) => ({ id: `item${index}@example.com` })),
		parameters: {
			resource: 'participant',
			operation: 'addSegments',
			participant: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
			segments: [SEGMENT],
			ifParticipantMissing: 'create',
			options: options(task),
		},
	});
}

async function exportAll(task: Task): Promise<NodeRun> {
	return await runNode({
		credentials: task.credential,
		parameters: { resource: 'bulk', operation: 'exportCsv', exportColumns: ['segments'] },
	});
}

/** A dry run of an import of the file that was exported. */
async function readBack(task: Task, { main }: NodeRun): Promise<IDataObject> {
	const csv = (await readBinary(main[0])).toString('utf8');
	const run = await runNode({
		credentials: task.credential,
		input: [{ csv }],
		parameters: {
			resource: 'bulk',
			operation: 'importCsv',
			csvSource: 'text',
			csvText: '={{ $json.csv }}',
			segmentAction: 'file',
			segments: [],
			participantDetails: 'none',
			dryRun: true,
		},
	});
	if (run.error !== undefined) throw run.error;
	return run.main[0].json;
}

/** @returns what tells the time from the second request from now on to the last answer so far */
function watchRequests(): () => number {
	const starts: number[] = [];
	let lastAnswer = 0;
	subscribe('http.client.request.start', () => {
		if (starts.length < 2) starts.push(performance.now());
	});
	subscribe('http.client.response.finish', () => {
		lastAnswer = performance.now();
	});
	return () => lastAnswer - (starts[1] ?? lastAnswer);
}

async function measure(task: Task, warmUpFile: string): Promise<Measured> {
	// What is loaded and compiled at first use belongs to the idle process.
	if (task.file === undefined) await changeItems(task, 2);
	// Not a sync: it would read all members, and their memory would count as idle.
	else if (task.sync || task.exports)
		await importFile({ ...task, sync: false, dryRun: true }, warmUpFile);
	else await importFile(task, warmUpFile);
	globalThis.gc?.();
	const idle = process.memoryUsage.rss();
	let peak = idle;
	const sampler = setInterval(() => {
		peak = Math.max(peak, process.memoryUsage.rss());
	}, SAMPLE_EVERY);
	const cpu = process.cpuUsage();
	const sending = watchRequests();
	let run: NodeRun;
	if (task.exports) run = await exportAll(task);
	else if (task.file === undefined) run = await changeItems(task, task.items ?? 0);
	else run = await importFile(task, task.file);
	const { user, system } = process.cpuUsage(cpu);
	peak = Math.max(peak, process.memoryUsage.rss());
	clearInterval(sampler);
	if (run.error !== undefined) throw run.error;
	const costs = {
		milliseconds: run.executionTimeMs,
		sendingMilliseconds: sending(),
		cpuMilliseconds: (user + system) / 1000,
		peakAboveIdle: peak - idle,
		idle,
	};
	if (task.exports) {
		const succeeded = Number(run.main[0].json.participants);
		return { ...costs, succeeded, details: await readBack(task, run) };
	}
	const summary = task.file === undefined ? undefined : run.main[0].json;
	return {
		...costs,
		succeeded: Number(
			summary?.planned ?? summary?.succeeded ?? summary?.membersBefore ?? run.main.length,
		),
		details: (task.sync ? summary : summary?.details) as IDataObject | undefined,
	};
}

const [, , task, warmUpFile] = process.argv;
measure(JSON.parse(task) as Task, warmUpFile).then(
	(measured) => {
		process.stdout.write(`${JSON.stringify(measured)}\n`);
	},
	(error: unknown) => {
		// The engine's errors are plain objects.
		process.stderr.write(`${inspect(error)}\n`);
		process.exitCode = 1;
	},
);
