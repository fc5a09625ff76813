/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run outside n8n */
/** A process that is killed in the middle of an import: another one finishes it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import type { FaultAction, FaultMatch } from '../../simulator/faults';
import { seededRandom } from '../../simulator/random';
import { startSimulator } from '../../simulator/server';
import type { Simulator } from '../../simulator/server';
import { asJob, importOrFail, listOf, memberships, once, requestCount } from './helpers';
import type { ImportSettings } from './helpers';
import type { ImportTask } from './importProcess';

const ROWS = 1500;
const PARTICIPANTS = 1200;

const SETTINGS: ImportSettings = {
	action: 'file',
	output: 'summary',
	options: { batchSize: 10, concurrency: 4, resume: true },
};

/** Changes of all kinds, some participants several times. */
function randomFile(): { csv: string; ids: string[] } {
	const random = seededRandom(20_240_531);
	const pick = (count: number): number => Math.floor(random() * count);
	const cells = ['a', 'b|c', '~a', '~*', '~*|d', 'a|~b', 'c|d|~a'];
	const ids = Array.from({ length: ROWS }, () => `p${pick(PARTICIPANTS)}`);
	const lines = ids.map((id) => `${id},${cells[pick(cells.length)]}`);
	return { csv: `id,segments\n${lines.join('\n')}\n`, ids };
}

function seed(simulator: Simulator): void {
	for (let index = 0; index < PARTICIPANTS; index += 3) {
		simulator.state.addParticipant({ id: `p${index}`, segments: ['a', 'b', 'old'] });
	}
}

let folder: string;
let simulator: Simulator;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'impact-advocate-killed-'));
	simulator = await startSimulator({ latencyMs: [2, 20], record: 'summary' });
	seed(simulator);
});

afterEach(async () => {
	rmSync(folder, { recursive: true, force: true });
	await simulator.close();
});

const staticDataPath = () => join(folder, 'static.json');

function startProcess(csv: string, settings = SETTINGS): ChildProcess {
	const { url, credentials } = simulator;
	const task: ImportTask = {
		simulator: { url, credentials },
		csvPath: join(folder, 'file.csv'),
		staticDataPath: staticDataPath(),
		settings,
	};
	writeFileSync(task.csvPath, csv);
	writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
	const script = join(__dirname, 'importProcess.ts');
	return spawn(process.execPath, ['--import', 'tsx', script, join(folder, 'task.json')], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
}

async function ended(child: ChildProcess): Promise<{ signal: string | null; output: string }> {
	let output = '';
	child.stdout?.on('data', (chunk) => (output += String(chunk)));
	return await new Promise((resolve) => {
		child.once('close', (_code, signal) => resolve({ signal, output }));
	});
}

const writes = (): number =>
	[...simulator.state.writeCounts.values()].reduce((sum, count) => sum + count, 0);

it('killed after 400 writes, it is imported by another process, from the first row on', async () => {
	const limit = 400;
	const { csv } = randomFile();
	const child = startProcess(csv);
	const death = ended(child);
	while (writes() < limit && child.exitCode === null)
		await new Promise((resolve) => setTimeout(resolve, 2));
	child.kill('SIGKILL');
	expect((await death).signal).toBe('SIGKILL');
	await new Promise((resolve) => setTimeout(resolve, 100));
	// n8n saves when an execution ends, so nothing may be counted on before.
	expect(JSON.parse(readFileSync(staticDataPath(), 'utf8'))).toEqual({ 'node:Import': {} });

	const { output } = await ended(startProcess(csv));
	const summary = JSON.parse(output) as IDataObject;
	expect(summary).toMatchObject({ rows: ROWS, complete: true });
	expect(summary.notes).not.toContainEqual(expect.stringContaining('were left out'));
	expect(summary.startedAtRow).toBeUndefined();

	const calm = await startSimulator({ record: 'summary' });
	try {
		seed(calm);
		await importOrFail(calm, csv, SETTINGS);
		expect(memberships(simulator)).toEqual(memberships(calm));
	} finally {
		await calm.close();
	}
});

describe('killed between import jobs', () => {
	const CSV = listOf(500);
	const asJobs: ImportSettings = {
		...asJob({ rowsPerJob: 100, resume: true }),
		output: 'summary',
	};

	beforeEach(() => {
		simulator.reset();
		simulator.options.record = 'full';
		simulator.state.addSegment({ key: 'vip' });
		// One of the rows that the first process handed over, and one of the others.
		simulator.options.participantRejects = {
			p7: { message: 'No.', statusCode: 400 },
			p307: { message: 'No.', statusCode: 400 },
		};
	});

	/** Name, where the first process hangs and is killed, and how many jobs there are then. */
	const DEATHS: Array<[string, FaultMatch, FaultAction, number]> = [
		['before the third upload', { path: '/export/upload', nth: 3 }, { kind: 'hang' }, 2],
		[
			'before the third creation',
			{ operationName: 'CreateImportJob', nth: 3 },
			{ kind: 'hang' },
			2,
		],
		[
			'after the third creation, without having heard of it',
			{ operationName: 'CreateImportJob', nth: 3 },
			{ kind: 'hang', apply: true },
			3,
		],
	];

	it.each(DEATHS)(
		'%s, it is finished by another process that knows nothing of it',
		async (_, match, then, started) => {
			simulator.faults.add({ match, then });
			const child = startProcess(CSV, asJobs);
			const death = ended(child);
			await once(simulator, match.operationName ?? 'upload', 3);
			await new Promise((resolve) => setTimeout(resolve, 100));
			child.kill('SIGKILL');
			expect((await death).signal).toBe('SIGKILL');
			expect(simulator.state.jobs.size).toBe(started);
			// n8n would have saved nothing either.
			rmSync(staticDataPath(), { force: true });
			const uploaded = requestCount(simulator, 'upload');
			const created = requestCount(simulator, 'CreateImportJob');

			const { output } = await ended(startProcess(CSV, asJobs));
			const summary = JSON.parse(output) as IDataObject;
			expect(summary).toMatchObject({
				complete: true,
				rows: 500,
				succeeded: 498,
				rejected: 2,
				failures: [
					{ rowNumber: 8, message: 'No.' },
					{ rowNumber: 308, message: 'No.' },
				],
				notes: [
					`An interrupted run had handed ${started * 100} rows to import jobs; these were not started again`,
				],
			});
			const jobs = summary.jobs as IDataObject[];
			expect(jobs.map(({ firstRow, lastRow }) => [firstRow, lastRow])).toEqual([
				[2, 101],
				[102, 201],
				[202, 301],
				[302, 401],
				[402, 501],
			]);
			expect(jobs.map(({ id }) => id)).toEqual([...simulator.state.jobs.keys()]);
			expect(requestCount(simulator, 'upload') - uploaded).toBe(5 - started);
			expect(requestCount(simulator, 'CreateImportJob') - created).toBe(5 - started);
			expect(simulator.state.participants.size).toBe(498);
			expect([...simulator.state.writeCounts.values()].every((count) => count === 1)).toBe(true);
		},
		60_000,
	);
});
