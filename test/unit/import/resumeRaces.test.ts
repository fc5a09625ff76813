/**
 * Which rows an import may leave out, whatever executions run at the same time. n8n gives each a copy of the workflow's
 * static data when it begins, and saves the whole copy when it has ended, if anything in it changed and the execution
 * was not cancelled.
 */
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { checkpointStore } from '../../../nodes/ImpactAdvocate/actions/bulk/checkpointStore';
import type { StoreRun } from '../../../nodes/ImpactAdvocate/actions/bulk/checkpointStore';
import { Checkpoint } from '../../../nodes/ImpactAdvocate/import/checkpoint';

interface Execution {
	id: number;
	file: string;
	startedAt: number;
	data: IDataObject;
	before: string;
	checkpoint: Checkpoint;
}

/** How an execution ends. */
type End = 'complete' | 'interrupted' | 'stopped';

/** n8n, as far as static data goes. */
class Host {
	private saved = '{}';

	private clock = Date.UTC(2026, 0, 1);

	private nextId = 1;

	readonly running: Execution[] = [];

	/** Ends in order. */
	readonly log: Array<{ file: string; startedAt: number; endedAt: number; end: End }> = [];

	constructor(
		private readonly tenantMark: string,
		/** Whether another node of the workflow changes its static data in every execution. */
		private readonly othersWrite: boolean,
	) {}

	/** @returns the execution, and the row that it begins with if rows are left out */
	start(file: string): Execution {
		this.clock += 1000;
		const data = JSON.parse(this.saved) as IDataObject;
		const id = this.nextId++;
		const run: StoreRun = {
			tenantMark: this.tenantMark,
			n8n: { getWorkflowStaticData: () => data, getExecutionId: () => String(id) },
			transport: { now: () => this.clock },
		};
		const execution: Execution = {
			id,
			file,
			startedAt: this.clock,
			data,
			before: JSON.stringify(data),
			checkpoint: new Checkpoint(checkpointStore(run), file),
		};
		this.running.push(execution);
		return execution;
	}

	end(execution: Execution, end: End, nextRow: number): void {
		this.clock += 1000;
		this.running.splice(this.running.indexOf(execution), 1);
		const { file, startedAt, data, before, checkpoint } = execution;
		this.log.push({ file, startedAt, endedAt: this.clock, end });
		if (end === 'stopped') return;
		checkpoint.close(end === 'complete' ? undefined : nextRow);
		if (this.othersWrite) data.other = execution.id;
		const after = JSON.stringify(data);
		if (after !== before) this.saved = after;
	}
}

let hosts = 0;
const newHost = (othersWrite = false) => new Host(`host${++hosts}`, othersWrite);

it.each([false, true])(
	'the slow import of another file brings no used up place back (other nodes write: %s)',
	(othersWrite) => {
		const host = newHost(othersWrite);
		host.end(host.start('A'), 'interrupted', 1902);
		const slow = host.start('B');
		const again = host.start('A');
		expect(again.checkpoint.interruption).toMatchObject({ nextRow: 1902, execution: '1' });
		host.end(again, 'complete', 0);
		host.end(slow, 'complete', 0);
		const nextNight = host.start('A');
		expect(nextNight.checkpoint.interruption).toBeUndefined();
	},
);

it('neither does one that is interrupted itself', () => {
	const host = newHost();
	host.end(host.start('A'), 'interrupted', 1902);
	const slow = host.start('B');
	host.end(host.start('A'), 'complete', 0);
	host.end(slow, 'interrupted', 77);
	expect(host.start('A').checkpoint.interruption).toBeUndefined();
	expect(host.start('B').checkpoint.interruption).toMatchObject({ nextRow: 77 });
});

it('where an import left rows out, none of the same file had been finished since that place was noted', () => {
	const step = fc.record({
		starts: fc.boolean(),
		file: fc.constantFrom('A', 'B'),
		which: fc.nat(5),
		end: fc.constantFrom<End>('complete', 'interrupted', 'interrupted', 'stopped'),
		nextRow: fc.integer({ min: 3, max: 5000 }),
	});
	let continued = 0;
	fc.assert(
		fc.property(fc.boolean(), fc.array(step, { maxLength: 40 }), (othersWrite, steps) => {
			const host = newHost(othersWrite);
			for (const { starts, file, which, end, nextRow } of steps) {
				if (!starts && host.running.length > 0) {
					host.end(host.running[which % host.running.length], end, nextRow);
					continue;
				}
				const { interruption } = host.start(file).checkpoint;
				if (interruption === undefined) continue;
				continued++;
				const ofFile = host.log.filter((entry) => entry.file === file);
				// It is a place that an import of this very file has noted ...
				expect(
					ofFile.filter(
						(entry) => entry.end === 'interrupted' && entry.endedAt === interruption.at,
					),
				).toHaveLength(1);
				// ... and whoever began after that has not got to the end.
				expect(
					ofFile.filter((entry) => entry.end === 'complete' && entry.startedAt > interruption.at),
				).toEqual([]);
			}
		}),
		{ numRuns: 500 },
	);
	expect(continued).toBeGreaterThan(100);
});
