/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** `n8n import:...` and `n8n execute`, each a process of its own. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, IRun } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { Checks } from './checks';
import { itemsOf } from './editorApi';
import { BY_EVENT, examplesByEvent } from './exampleJobs';
import { assertOursRan, BY_HAND, examplesByHand, rowsOf } from './exampleRuns';
import type { DownloadServer } from './exampleRuns';
import { credentialFile, exampleWorkflows } from './fixtures';
import type { Example } from './fixtures';
import { assertImported, importWorkflow, MODES } from './importRuns';
import type { Instance } from './instance';
import { startOver } from './simulatorState';

export class CommandChecks {
	constructor(
		private readonly checks: Checks,
		private readonly simulator: Simulator,
		private readonly instance: Instance,
		private readonly downloads: DownloadServer,
	) {}

	async run(): Promise<void> {
		const { checks, simulator } = this;
		startOver(simulator);
		await checks.check('import:credentials takes the credential', async () => {
			const file = this.write('credential.json', credentialFile(simulator));
			const { code, stdout, stderr } = await this.instance.cli([
				'import:credentials',
				`--input=${file}`,
			]);
			assert.equal(code, 0, stdout + stderr);
			assert.match(stdout, /Successfully imported 1 credential/);
		});
		const examples = [...examplesByHand(this.downloads), ...examplesByEvent()];
		// All of them as they are, then those that are run, as they are run.
		const originals = exampleWorkflows().map(({ workflow }) => ({
			...workflow,
			id: `${workflow.id}Original`,
		}));
		const imports = MODES.map((mode) => importWorkflow(mode));
		await checks.check('import:workflow takes the examples and the test workflows', async () => {
			const workflows = [...originals, ...examples.map(({ workflow }) => workflow), ...imports];
			const file = this.write('workflows.json', JSON.stringify(workflows));
			const { code, stdout, stderr } = await this.instance.cli([
				'import:workflow',
				`--input=${file}`,
			]);
			assert.equal(code, 0, stdout + stderr);
			assert.match(stdout, new RegExp(`Successfully imported ${workflows.length} workflows`));
		});
		await this.examples(examples);
		await this.binaryModes();
	}

	private async examples(examples: Example[]): Promise<void> {
		const { checks, simulator } = this;
		for (const { file, workflow } of examples) {
			await checks.check(`example ${file} runs`, async () => {
				startOver(simulator);
				BY_EVENT[file]?.prepare?.(simulator);
				const data = await this.execute(workflow.id);
				assertOursRan(workflow, data);
				const outcome = BY_HAND[file] ?? BY_EVENT[file];
				outcome.output(rowsOf(data));
				outcome.state(simulator);
			});
		}
	}

	/** The same import in every way in which n8n hands files on. */
	private async binaryModes(): Promise<void> {
		for (const storage of ['filesystem', 'database'] as const) {
			for (const mode of MODES) {
				await this.checks.check(`Import CSV: binary mode ${mode}, ${storage} storage`, async () => {
					startOver(this.simulator);
					const data = await this.execute(importWorkflow(mode).id, {
						N8N_DEFAULT_BINARY_DATA_MODE: storage,
					});
					assertImported(data, this.simulator);
					const [{ json, binary }] = itemsOf(data, 'Import');
					const rejects =
						mode === 'separate' ? binary?.rejects : (json._files as IDataObject).rejects;
					const { id, fileName } = rejects as { id: string; fileName: string };
					assert.match(id, storage === 'filesystem' ? /^filesystem-v2:/ : /^database:/);
					assert.equal(fileName, 'people-rejects.csv');
				});
			}
		}
	}

	/** Execute a workflow that was imported. */
	private async execute(
		id: string,
		environment: Record<string, string> = {},
	): Promise<IRun['data']> {
		const { code, stdout, stderr } = await this.instance.cli(
			['execute', `--id=${id}`, '--rawOutput'],
			environment,
		);
		assert.equal(code, 0, lastPart(stdout + stderr));
		return executionIn(stdout);
	}

	private write(name: string, content: string): string {
		const file = path.join(this.instance.folder, name);
		writeFileSync(file, content);
		return file;
	}
}

const lastPart = (text: string): string => text.slice(-3000);

/** `n8n execute` prints the execution after its log. */
function executionIn(output: string): IRun['data'] {
	const match = /^\{\n[^]*?^\}$/m.exec(output);
	if (match === null) throw new Error(`n8n printed no execution\n${lastPart(output)}`);
	return (JSON.parse(match[0]) as IRun).data;
}
