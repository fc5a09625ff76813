/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/**
 * `npm run bench`: what batches, concurrency and streaming bring, side by side in one run on this machine.
 *
 * Everything runs the built node in n8n's execution engine, over HTTP, each measured run in a fresh process. Numbers
 * depend on the machine; the ratios hardly do. A missed target is shown and never makes the command fail.
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import {
	bold,
	clearProgress,
	count,
	dim,
	green,
	print,
	printProgress,
	seconds,
	table,
	yellow,
} from '../demo/screen';
import { SERVER_MODELS } from '../support/serverModels';
import { exportCosts } from './export';
import { itemCost, LATENCY_MS, LIMIT_HEADINGS, limitCells, limitRow } from './limit';
import type { LimitRow } from './limit';
import { memberCosts } from './members';
import { modelRow } from './models';
import { syncCosts } from './sync';
import { LeanServer, runWorker } from './processes';
import { SimulatorProcess } from './simulatorProcess';
import { percent } from './target';
import type { Target } from './target';
import type { Measured, Task } from './worker';

const USAGE = `Usage: npm run bench -- [options]

  --quick         smaller numbers, for a first look (about a minute)
  --only <names>  only these parts, separated by commas:
                    batching  one by one, concurrent and batched
                    limit     what is reached beside n8n's HTTP helper alone, and one item's cost
                    rows      dry run and import of large files: speed, memory, cost per row
                    members   state of the segment trigger: bytes, time to write and to read it
                    models    servers that are slow, limited or overloaded: all rows, and how fast
                    export    Export CSV: time, memory, and whether the file imports
                    sync      Sync Members beside an import of the same file: time, requests, memory
  --help          show this text
`;

const PARTS = ['batching', 'limit', 'rows', 'members', 'models', 'export', 'sync'] as const;

type Part = (typeof PARTS)[number];

/** In the runs that measure memory and cost per row, where waiting would only take time. */
const SHORT_LATENCY_MS = 5;

/** The node's own defaults. */
const DEFAULTS = { concurrency: 2, batchSize: 100 };

/** Concurrency, and executions at once, against the server models. */
const MODEL_RUNS: ReadonlyArray<[concurrency: number, runs: number]> = [
	[DEFAULTS.concurrency, 1],
	[32, 1],
	[DEFAULTS.concurrency, 2],
	[DEFAULTS.concurrency, 4],
];

const MB = 1024 * 1024;

const right = 'right' as const;

class Bench {
	readonly targets: Target[] = [];

	private readonly folder = mkdtempSync(path.join(tmpdir(), 'impact-advocate-bench-'));

	private readonly files = new Map<number, string>();

	constructor(private readonly isQuick: boolean) {}

	cleanUp(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	private get sizes() {
		return this.isQuick
			? { one: 100, imported: 1000, small: 2000, per: 10_000, middle: 20_000, large: 100_000 }
			: {
					one: 1000,
					imported: 10_000,
					small: 10_000,
					per: 50_000,
					middle: 100_000,
					large: 500_000,
				};
	}

	/** A file of so many rows, each for a participant of its own. */
	private async file(rows: number): Promise<string> {
		const known = this.files.get(rows);
		if (known !== undefined) return known;
		const file = path.join(this.folder, `${rows}.csv`);
		const out = createWriteStream(file);
		out.write('id,accountId,firstName,lastName,countryCode\n');
		for (let row = 0; row < rows; row += 1000) {
			const lines = Array.from({ length: Math.min(1000, rows - row) }, (_, index) => {
				const number = row + index;
				return `participant${number}@example.com,account${number},First${number % 97},Last${number % 89},CA\n`;
			});
			if (!out.write(lines.join(''))) await once(out, 'drain');
		}
		out.end();
		await once(out, 'finish');
		this.files.set(rows, file);
		return file;
	}

	private async measure(title: string, task: Task): Promise<Measured> {
		printProgress(dim(`  ${title} ...`));
		const measured = await runWorker(task, await this.file(200));
		clearProgress();
		return measured;
	}

	/** The run in the middle of three, in time and in memory: one run alone may meet a busy moment of the machine. */
	private async measureThrice(title: string, task: Task): Promise<Measured> {
		const runs: Measured[] = [];
		for (let run = 1; run <= 3; run++) {
			runs.push(await this.measure(`${title} (${run} of 3)`, task));
		}
		const peaks = runs.map(({ peakAboveIdle }) => peakAboveIdle).sort((a, b) => a - b);
		const [, middle] = runs.sort((a, b) => a.milliseconds - b.milliseconds);
		return { ...middle, peakAboveIdle: peaks[1] };
	}

	// --- one by one, concurrent, batched -----------------------------------------------------------------------

	async batching(): Promise<void> {
		const { one, imported } = this.sizes;
		print(bold(`Batches and concurrency: ${LATENCY_MS} ms per answer, against the simulator`));
		print();
		const simulator = await SimulatorProcess.start();
		const rows: string[][] = [];
		const measure = async (title: string, participants: number, task: Partial<Task>) => {
			await simulator.reset(LATENCY_MS);
			const { credential } = simulator;
			const measured = await this.measure(title, { credential, ...DEFAULTS, ...task });
			// Items leave no trace of the warm-up but two participants, files are all in the same list.
			const { total } = await simulator.traffic();
			const known = await simulator.participants();
			if (known < participants) throw new Error(`Only ${known} of ${participants} arrived`);
			return {
				title,
				participants,
				requests: total,
				perSecond: (participants * 1000) / measured.milliseconds,
				...measured,
			};
		};
		try {
			const runs = [
				await measure('one by one (concurrency 1, batch size 1)', one, {
					items: one,
					concurrency: 1,
					batchSize: 1,
				}),
				await measure('10 at a time (concurrency 10, batch size 1)', one, {
					items: one,
					concurrency: 10,
					batchSize: 1,
				}),
				await measure('batches (defaults: concurrency 2, batch size 100)', one, { items: one }),
				await measure(`Import CSV, ${count(imported)} rows (defaults)`, imported, {
					file: await this.file(imported),
				}),
				await measure(`Import CSV, ${count(imported)} rows (concurrency 10)`, imported, {
					file: await this.file(imported),
					concurrency: 10,
				}),
			];
			const [baseline] = runs;
			for (const run of runs) {
				const ratio = run.perSecond / baseline.perSecond;
				rows.push([
					run.title,
					count(run.participants),
					seconds(run.milliseconds),
					count(Math.round(run.perSecond)),
					run === baseline ? '1x' : `${ratio.toFixed(1)}x`,
				]);
			}
			const extrapolated = (baseline.milliseconds * imported) / one;
			rows.push([
				dim(`one by one, ${count(imported)} (extrapolated from ${count(one)})`),
				count(imported),
				seconds(extrapolated),
				count(Math.round(baseline.perSecond)),
				'1x',
			]);
			print(
				table(['Way', 'Participants', 'Time', 'Per second', 'Ratio'], rows, [
					'left',
					right,
					right,
					right,
					right,
				]),
			);
			print(
				dim(
					'  One by one is what the nearest nodes of n8n do: every row an item, one request after the other.',
				),
			);
			const ratio = extrapolated / runs[3].milliseconds;
			this.targets.push({
				what: `import of ${count(imported)} against one by one (extrapolated)`,
				aim: '>= 30x',
				reached: `${ratio.toFixed(0)}x`,
				isMet: ratio >= 30,
			});
		} finally {
			simulator.stop();
		}
		print();
	}

	// --- share of the limit ------------------------------------------------------------------------------------

	async limit(): Promise<void> {
		print(
			bold(`What is reached of what is possible, ${LATENCY_MS} ms per answer, the middle of three`),
		);
		print(
			dim(
				'  Limit: concurrency x batch size / latency. The server only waits and answers. The share is from start to end; while sending, it is from the first batch to the last answer, the slow start included.',
			),
		);
		print(
			dim(
				"  n8n's helper alone: a node that sends such batches with n8n's HTTP helper and does nothing else. Bare client: Node's own, outside of n8n. Both have no file to read and check first, and start all at once.",
			),
		);
		print();
		const measure = async (title: string, task: Task) => await this.measure(title, task);
		const rows: LimitRow[] = [];
		for (const concurrency of [1, 2, 8, 32]) {
			const fileOf = async (size: number) => await this.file(size);
			const row = await limitRow(concurrency, this.isQuick ? 3 : 15, fileOf, measure);
			rows.push(row);
			this.targets.push({
				what: `import beside a loop over n8n's helper, concurrency ${concurrency}`,
				aim: `>= ${row.aim * 100}%`,
				reached: percent(row.ofHelper),
				isMet: row.ofHelper >= row.aim,
			});
		}
		print(
			table(
				LIMIT_HEADINGS,
				rows.map(limitCells),
				LIMIT_HEADINGS.map(() => right),
			),
		);
		print();
		const { requests, milliseconds, helperMilliseconds } = await itemCost(measure);
		print(
			`One item of Add Segments: ${requests} requests, ${Math.round(milliseconds)} ms; one request of n8n's helper alone: ${Math.round(helperMilliseconds)} ms.`,
		);
		print();
	}

	// --- large files -------------------------------------------------------------------------------------------

	async rows(): Promise<void> {
		const { small, per, middle, large } = this.sizes;
		print(bold('Large files: speed, memory above the idle process, cost per row'));
		print(
			dim(
				`  Import: the default options, ${SHORT_LATENCY_MS} ms per answer, a server that only waits and answers. Dry run: the middle of three.`,
			),
		);
		print();
		const rows: string[][] = [];
		const results = new Map<string, Measured>();
		const server = await LeanServer.start(SHORT_LATENCY_MS);
		try {
			for (const dryRun of [true, false]) {
				const what = dryRun ? 'dry run' : 'import';
				for (const size of [small, per, middle, large]) {
					const task: Task = {
						credential: server.credential,
						file: await this.file(size),
						dryRun,
						...DEFAULTS,
					};
					const title = `${what}, ${count(size)} rows`;
					const measured = dryRun
						? await this.measureThrice(title, task)
						: await this.measure(title, task);
					if (measured.succeeded !== size)
						throw new Error(`${what}: ${measured.succeeded} of ${size} rows`);
					results.set(`${what} ${size}`, measured);
					rows.push([
						what,
						count(size),
						seconds(measured.milliseconds),
						count(Math.round((size * 1000) / measured.milliseconds)),
						`${(measured.peakAboveIdle / MB).toFixed(0)} MB`,
						`${((measured.milliseconds * 1000) / size).toFixed(2)} us`,
						`${((measured.cpuMilliseconds * 1000) / size).toFixed(2)} us`,
					]);
				}
			}
		} finally {
			server.stop();
		}
		print(
			table(['Run', 'Rows', 'Time', 'Rows/s', 'Peak memory', 'Time/row', 'CPU/row'], rows, [
				'left',
				right,
				right,
				right,
				right,
				right,
				right,
			]),
		);
		print();
		this.judgeRows(results);
	}

	private judgeRows(results: ReadonlyMap<string, Measured>): void {
		const { per, middle, large } = this.sizes;
		const of = (what: string, size: number): Measured => {
			const found = results.get(`${what} ${size}`);
			if (found === undefined) throw new Error(`No run '${what}' of ${size} rows`);
			return found;
		};
		const time = of('dry run', large).milliseconds;
		this.targets.push({
			what: `dry run of ${count(large)} rows`,
			aim: '< 10 s',
			reached: seconds(time),
			isMet: time < 10_000,
		});
		for (const what of ['dry run', 'import']) {
			const largePeak = of(what, large).peakAboveIdle;
			const growth = largePeak / of(what, middle).peakAboveIdle - 1;
			this.targets.push({
				what: `${what}: memory above idle, ${count(large)} rows`,
				aim: '< 100 MB',
				reached: `${(largePeak / MB).toFixed(0)} MB`,
				isMet: largePeak < 100 * MB,
			});
			this.targets.push({
				what: `${what}: memory, ${count(large)} against ${count(middle)} rows`,
				aim: 'within 25%',
				reached: signed(growth),
				isMet: growth <= 0.25,
			});
			const perRow = (size: number) => of(what, size).milliseconds / size;
			const change = perRow(large) / perRow(per) - 1;
			this.targets.push({
				what: `${what}: time per row, ${count(large)} against ${count(per)} rows`,
				aim: 'within 15%',
				reached: signed(change),
				isMet: change <= 0.15,
			});
		}
	}

	// --- the segment trigger ---------------------------------------------------------------------------------------

	async members(): Promise<void> {
		const costs = memberCosts(this.isQuick ? 10_000 : undefined);
		print(bold('The members that the segment trigger notes'));
		print();
		print(
			table(
				['IDs', 'Noted as', 'Bytes', 'Written in', 'Read in'],
				costs.map(({ kind, form, bytes, packedMs, readMs }) => [
					kind,
					form,
					count(bytes),
					`${Math.round(packedMs)} ms`,
					`${Math.round(readMs)} ms`,
				]),
				['left', 'left', right, right, right],
			),
		);
		print();
	}

	// --- servers that are slow, limited or overloaded ------------------------------------------------------------

	async models(): Promise<void> {
		print(
			bold(
				'Server models: every row goes through, about as fast as with the best fixed concurrency',
			),
		);
		print(
			dim(
				`  A fixed concurrency sends the same batches to a model of its own, tries again until each is done.`,
			),
		);
		print();
		const rows: string[][] = [];
		const warmUp = await this.file(200);
		const requests = this.isQuick ? 60 : 300;
		const file = await this.file(requests * DEFAULTS.batchSize);
		for (const name of Object.keys(SERVER_MODELS)) {
			for (const [concurrency, runs] of MODEL_RUNS) {
				printProgress(dim(`  ${name}, concurrency ${concurrency}, runs ${runs} ...`));
				const { cells, target } = await modelRow(name, {
					...{ concurrency, runs, requests, file, warmUp },
					batchSize: DEFAULTS.batchSize,
				});
				clearProgress();
				rows.push(cells);
				this.targets.push(target);
			}
		}
		const headings = ['Model', 'Concurrency', 'Runs', 'Rows', 'Time', 'Best fixed', 'Ratio'];
		print(table(headings, rows, ['left', ...Array.from({ length: 6 }, () => right)]));
		print();
	}

	// --- Export CSV ---------------------------------------------------------------------------------------------------

	async export(): Promise<void> {
		const { small, large } = this.sizes;
		print(bold('Everybody exported, and the file read back by a dry run of its import'));
		print();
		const { rows, peak } = await exportCosts(
			[small, 100_000, large],
			await this.file(200),
			async (title, task) => await this.measure(title, task),
		);
		print(table(['Participants', 'Time', 'Read back', 'Peak memory'], rows, Array(4).fill(right)));
		print();
		this.targets.push({
			what: `export: memory above idle, ${count(large)} participants`,
			aim: '< 150 MB',
			reached: `${(peak / MB).toFixed(0)} MB`,
			isMet: peak < 150 * MB,
		});
	}

	// --- Sync Members ------------------------------------------------------------------------------------------------

	async sync(): Promise<void> {
		const { middle, large } = this.sizes;
		print(bold('A segment made equal to a list, beside an import of the same file'));
		print();
		const { rows, peaks } = await syncCosts(
			[middle, large],
			async (size) => await this.file(size),
			async (title, task) => await this.measure(title, task),
		);
		print(
			table(['Run', 'Members', 'Time', 'Reads', 'Writes', 'Peak memory'], rows, [
				'left',
				right,
				right,
				right,
				right,
				right,
			]),
		);
		print();
		for (const [page, peak] of peaks) {
			this.targets.push({
				what: `sync: memory above idle, ${count(large)} members in pages of ${count(page)}`,
				aim: '< 150 MB',
				reached: `${(peak / MB).toFixed(0)} MB`,
				isMet: peak < 150 * MB,
			});
		}
	}

	printTargets(): void {
		if (this.targets.length === 0) return;
		print(bold('Targets'));
		print();
		print(
			table(
				['What', 'Target', 'Measured', ''],
				this.targets.map(({ what, aim, reached, isMet }) => [
					what,
					aim,
					reached,
					isMet ? green('reached') : yellow('MISSED'),
				]),
				['left', right, right, 'left'],
			),
		);
		if (this.isQuick) print(dim('  --quick: smaller numbers than the targets are meant for.'));
		print();
	}
}

const signed = (share: number): string => `${share > 0 ? '+' : ''}${(share * 100).toFixed(0)}%`;

function partsFrom(only: string | undefined): Part[] {
	if (only === undefined) return [...PARTS];
	return only.split(',').map((name) => {
		const part = PARTS.find((known) => known === name.trim());
		if (part === undefined) throw new Error(`There is no part '${name}'\n\n${USAGE}`);
		return part;
	});
}

function describeMachine(): string {
	const { model } = cpus()[0] ?? { model: 'unknown processor' };
	return `${cpus().length} x ${model.trim()}, Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)} at the start`;
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: { quick: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean' } },
	});
	if (values.help) {
		print(USAGE);
		return;
	}
	const parts = partsFrom(values.only);
	const startedAt = Date.now();
	const bench = new Bench(values.quick ?? false);
	print();
	print(bold('impact.com Advocate for n8n: benchmark'));
	print(dim(`  ${describeMachine()}`));
	print();
	try {
		for (const part of parts) await bench[part]();
		bench.printTargets();
		print(`Took ${seconds(Date.now() - startedAt)}.`);
		print();
	} finally {
		bench.cleanUp();
	}
}

main().catch((error: unknown) => {
	clearProgress();
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
