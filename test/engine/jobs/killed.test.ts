/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- tests run outside n8n */
/** A process that is killed in the middle of an import: another one finishes it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { seededRandom } from '../../simulator/random';
import { startSimulator } from '../../simulator/server';
import type { Simulator } from '../../simulator/server';
import { importOrFail, memberships } from './helpers';
import type { ImportSettings } from './helpers';
import type { ImportTask } from './importProcess';

const ROWS = 1500;
const PARTICIPANTS = 1200;

const SETTINGS: ImportSettings = {
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

function startProcess(csv: string): ChildProcess {
	const { url, credentials } = simulator;
	const task: ImportTask = {
		simulator: { url, credentials },
		csvPath: join(folder, 'file.csv'),
		staticDataPath: staticDataPath(),
		settings: SETTINGS,
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

const checkpoint = (): number => {
	const data = JSON.parse(readFileSync(staticDataPath(), 'utf8')) as IDataObject;
	const [next] = Object.values((data['node:Import'] as IDataObject).imports as IDataObject);
	return Number(next);
};

it('killed after 400 writes, it is finished by another process', async () => {
	const limit = 400;
	const { csv, ids } = randomFile();
	const child = startProcess(csv);
	const death = ended(child);
	while (writes() < limit && child.exitCode === null)
		await new Promise((resolve) => setTimeout(resolve, 2));
	child.kill('SIGKILL');
	expect((await death).signal).toBe('SIGKILL');
	await new Promise((resolve) => setTimeout(resolve, 100));

	const next = checkpoint();
	expect(next).toBeGreaterThan(limit / 2);
	expect(next).toBeLessThan(ROWS);
	const writesBefore = new Map(simulator.state.writeCounts);

	const { output } = await ended(startProcess(csv));
	const summary = JSON.parse(output) as IDataObject;
	expect(summary).toMatchObject({
		startedAtRecord: next,
		rowsRead: ROWS + 2 - next,
		complete: true,
	});
	expect(checkpoint()).toBeNaN();

	// Nobody whose rows are all before the checkpoint was touched again.
	const later = new Set(ids.slice(next - 2));
	for (const id of ids.filter((candidate) => !later.has(candidate))) {
		const key = `${id}\u0000${id}`;
		expect([id, simulator.state.writeCounts.get(key)]).toEqual([id, writesBefore.get(key)]);
	}

	const calm = await startSimulator({ record: 'summary' });
	try {
		seed(calm);
		await importOrFail(calm, csv, SETTINGS);
		expect(memberships(simulator)).toEqual(memberships(calm));
	} finally {
		await calm.close();
	}
}, 40_000);
