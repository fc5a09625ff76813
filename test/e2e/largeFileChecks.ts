/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** A file larger than n8n would want to hold in memory, with n8n's memory watched. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import { itemsOf } from './editorApi';
import type { EditorApi, WorkflowJson } from './editorApi';
import { fixtureWorkflow, withNodes, writeLargeCsv } from './fixtures';
import type { Instance } from './instance';
import { duration, pause } from './processes';
import { startOver, writeRequests } from './simulatorState';

const LARGE_FILE_MB = 50;

/** Most memory that n8n may take for the large file on top of what it needs idle. */
const MEMORY_LIMIT_MB = 400;

export class LargeFileChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly instance: Instance,
		private readonly api: EditorApi,
	) {}

	async run(): Promise<void> {
		const { checks, simulator } = this;
		const file = path.join(this.instance.files, 'large.csv');
		const rows = await writeLargeCsv(file, LARGE_FILE_MB);
		checks.note(`The large file has ${LARGE_FILE_MB} MB and ${rows} rows.`);

		await checks.check(`Import CSV of ${LARGE_FILE_MB} MB: dry run`, async () => {
			startOver(simulator);
			const summary = await this.watched(largeWorkflow(file, { dryRun: true, engine: 'rows' }));
			assert.equal(summary.rows, rows);
			assert.equal(summary.planned, rows);
			assert.equal(writeRequests(simulator).length, 0, 'write requests');
		});
		for (const [engine, name] of ENGINES) {
			await checks.check(`Import CSV of ${LARGE_FILE_MB} MB: ${name}`, async () => {
				startOver(simulator);
				simulator.setOptions({ record: 'summary' });
				const summary = await this.watched(largeWorkflow(file, { dryRun: false, engine }));
				assert.equal(summary.rows, rows);
				assert.equal(summary.succeeded, rows);
				assert.equal(simulator.state.membersOf('vip').size, rows + 2);
				assert.deepEqual(simulator.state.segmentsOf(`person${rows}@example.com`), [
					'newsletter',
					'vip',
				]);
				assert.deepEqual(simulator.orderViolations, []);
			});
		}
	}

	/** Run the import and watch the memory of n8n meanwhile. */
	private async watched(workflow: WorkflowJson): Promise<IDataObject> {
		const idle = residentMegabytes(this.instance.pid);
		const memory = new PeakMemory(this.instance.pid);
		const startedAt = Date.now();
		const { status, data } = await this.api.runWorkflow(workflow, 240_000);
		const peak = memory.stop();
		const took = Date.now() - startedAt;
		assert.equal(status, 'success', JSON.stringify(data.resultData.error));
		const { json } = itemsOf(data, 'Import')[0];
		const details = json.details as IDataObject;
		this.checks.note(
			`${duration(took)} in all, ${String((details.diagnostics as IDataObject).rowsPerSecond)} rows/s in the node, ${String(details.requests)} requests; ` +
				`n8n's memory: ${idle} MB before, ${peak} MB at its peak, ${peak - idle} MB more`,
		);
		assert.ok(peak - idle < MEMORY_LIMIT_MB, `n8n took ${peak - idle} MB more`);
		return json;
	}
}

/** The two ways to send rows. */
const ENGINES = [
	['rows', 'row by row'],
	['job', 'as an import job'],
] as const;

/** Read a file from disk, import it. */
function largeWorkflow(
	file: string,
	{ dryRun, engine }: { dryRun: boolean; engine: 'rows' | 'job' },
): WorkflowJson {
	const workflow = fixtureWorkflow('import-csv');
	const keep = ['Start', 'Import'];
	const read: INode = {
		id: 'r1',
		name: 'Read',
		type: 'n8n-nodes-base.readWriteFile',
		typeVersion: 1,
		position: [200, 0],
		parameters: { operation: 'read', fileSelector: file, options: {} },
	};
	const { nodes } = withNodes(workflow, {
		Import: {
			parameters: {
				dryRun,
				segments: [],
				// A job can't look first who is new.
				participantDetails: engine === 'job' ? 'none' : 'new',
				simplify: false,
				options: {
					requests: { settings: { concurrency: 4 } },
					importJob: { settings: { engine } },
				},
			},
		},
	});
	return {
		...workflow,
		nodes: [...nodes.filter(({ name }) => keep.includes(name)), read],
		connections: {
			Start: { main: [[{ node: 'Read', type: 'main', index: 0 }]] },
			Read: { main: [[{ node: 'Import', type: 'main', index: 0 }]] },
		},
	};
}

/** Memory that a process holds, in MB. */
function residentMegabytes(pid: number): number {
	const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
	return Math.round(Number(match?.[1] ?? 0) / 1024);
}

/** Looks at a process's memory ten times a second. */
class PeakMemory {
	private peak = 0;

	private stopped = false;

	constructor(private readonly pid: number) {
		void this.watch();
	}

	private async watch(): Promise<void> {
		while (!this.stopped) {
			this.peak = Math.max(this.peak, residentMegabytes(this.pid));
			await pause(100);
		}
	}

	stop(): number {
		this.stopped = true;
		return this.peak;
	}
}
