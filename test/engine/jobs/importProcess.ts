/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @typescript-eslint/no-require-imports -- tests run outside n8n */
/** Runs one import in a process of its own, which can be killed. The static data is on disk after every change. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject, INodeType } from 'n8n-workflow';
import { runImport } from './helpers';
import type { ImportSettings, SimulatorAddress } from './helpers';

/** What the parent process hands over, as a JSON file. */
export interface ImportTask {
	simulator: SimulatorAddress;
	csvPath: string;
	staticDataPath: string;
	settings: ImportSettings;
}

/** An object whose changes, at any depth, call `save`. */
function observed(target: IDataObject, save: () => void): IDataObject {
	return new Proxy(target, {
		get(object, name, receiver) {
			const value: unknown = Reflect.get(object, name, receiver);
			return typeof value === 'object' && value !== null
				? observed(value as IDataObject, save)
				: value;
		},
		set(object, name, value) {
			const done = Reflect.set(object, name, value);
			save();
			return done;
		},
		deleteProperty(object, name) {
			const done = Reflect.deleteProperty(object, name);
			save();
			return done;
		},
	});
}

function savedStaticData(path: string): IDataObject {
	const data = (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}) as IDataObject;
	return observed(data, () => {
		// Whole or not at all, whenever the process dies.
		writeFileSync(`${path}.new`, JSON.stringify(data));
		renameSync(`${path}.new`, path);
	});
}

/** By its full name: outside jest, `ImpactAdvocate.node` would be the JSON file beside it. */
function nodeFromSource(): INodeType | undefined {
	if (process.env.IMPACT_ADVOCATE_DIST === '1') return undefined;
	const file = join(__dirname, '../../../nodes/ImpactAdvocate/ImpactAdvocate.node.ts');
	const { ImpactAdvocate } = require(file) as { ImpactAdvocate: new () => INodeType };
	return new ImpactAdvocate();
}

async function main(taskPath: string): Promise<void> {
	const task = JSON.parse(readFileSync(taskPath, 'utf8')) as ImportTask;
	const run = await runImport(task.simulator, readFileSync(task.csvPath, 'utf8'), {
		...task.settings,
		staticData: savedStaticData(task.staticDataPath),
		nodeType: nodeFromSource(),
	});
	if (run.error !== undefined) throw run.error;
	process.stdout.write(JSON.stringify(run.summary));
}

void main(process.argv[2]);
