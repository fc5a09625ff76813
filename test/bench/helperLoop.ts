/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/**
 * What n8n allows: a node that does nothing but send batches with n8n's own HTTP helper and this package's credential,
 * in n8n's engine. It reads no file, checks nothing and keeps no account.
 *
 * Run as a process of its own with credential and task as JSON; prints the milliseconds it took.
 */
import '../demo/useBuild';
import { inspect } from 'node:util';
import type { ICredentialDataDecryptedObject, IExecuteFunctions, INodeType } from 'n8n-workflow';
import { runNode } from '../engine/harness';
import { sendAll } from './batches';
import type { BareTask } from './batches';

const CREDENTIAL = 'impactAdvocateApi';

const [credentialJson, taskJson] = process.argv.slice(2);
const task = JSON.parse(taskJson) as BareTask;

const loop: INodeType = {
	description: {
		displayName: 'Loop',
		name: 'loop',
		group: ['transform'],
		version: 1,
		description: "Sends batches with n8n's HTTP helper",
		defaults: { name: 'Loop' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: CREDENTIAL, required: true }],
		properties: [],
	},
	async execute(this: IExecuteFunctions) {
		const { baseUrl, tenantAlias } = await this.getCredentials(CREDENTIAL);
		const url = `${String(baseUrl)}/api/v1/${String(tenantAlias)}/graphql`;
		const milliseconds = await sendAll(task, async (body) => {
			const { statusCode } = (await this.helpers.httpRequestWithAuthentication.call(
				this,
				CREDENTIAL,
				{
					method: 'POST',
					url,
					body,
					headers: { 'content-type': 'application/json' },
					returnFullResponse: true,
				},
			)) as { statusCode: number };
			if (statusCode !== 200) throw new Error(`Status ${statusCode}`);
		});
		return [[{ json: { milliseconds } }]];
	},
};

async function measure(): Promise<number> {
	const credentials = JSON.parse(credentialJson) as ICredentialDataDecryptedObject;
	const run = await runNode({ credentials, parameters: {}, nodeType: loop });
	if (run.error !== undefined) throw run.error;
	return Number(run.main[0].json.milliseconds);
}

measure().then(
	(milliseconds) => process.stdout.write(`${milliseconds}\n`),
	(error: unknown) => {
		process.stderr.write(`${inspect(error)}\n`);
		process.exitCode = 1;
	},
);
