/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** Workflows, credential and data that the end-to-end tests give to n8n. */
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import type { IDataObject, INode } from 'n8n-workflow';
import type { Simulator } from '../simulator/server';
import type { WorkflowJson } from './editorApi';
import { PACKAGE } from './instance';
import { PROJECT } from './processes';

export const CREDENTIAL_TYPE = 'impactAdvocateApi';

/** Id and name of the credential that all imported workflows use. */
export const CREDENTIAL = { id: 'e2eAdvocate', name: 'Advocate (simulator)' };

/** A participant that the simulator never accepts. */
export const REFUSED = 'refused@example.com';

/** What the credential's fields hold to reach the simulator. */
export function credentialData({ credentials, url }: Simulator): IDataObject {
	return {
		authentication: 'accountSidToken',
		accountSid: credentials.accountSid,
		authToken: credentials.authToken,
		apiKey: '',
		tenantAlias: credentials.tenantAlias,
		baseUrl: url,
		ignoreSslIssues: false,
	};
}

/** The file that `n8n import:credentials` takes. */
export function credentialFile(simulator: Simulator): string {
	return JSON.stringify([
		{ ...CREDENTIAL, type: CREDENTIAL_TYPE, data: credentialData(simulator) },
	]);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Some participants and segments, so that lists have something to show. */
export function seed({ state, options }: Simulator): void {
	state.addSegment({ key: 'vip', name: 'VIP Customers' });
	state.addSegment({ key: 'newsletter', name: 'Newsletter' });
	state.addSegment({ key: 'activeCustomers', name: 'Active Customers' });
	state.addSegment({ key: 'betaTesters', name: 'Beta Testers' });
	state.addSegment({ key: 'trial', name: 'Trial' });
	state.addSegment({ key: 'lapsed', name: 'Lapsed' });
	state.addSegment({ key: 'summer2024', name: 'Summer 2024', status: 'ARCHIVED' });
	const people: Array<[id: string, firstName: string, lastName: string, segments: string[]]> = [
		['ada@example.com', 'Ada', 'Lovelace', ['newsletter']],
		['grace@example.com', 'Grace', 'Hopper', ['vip', 'newsletter']],
		['katherine@example.com', 'Katherine', 'Johnson', []],
		['alan@example.com', 'Alan', 'Turing', ['betaTesters']],
		['hedy@example.com', 'Hedy', 'Lamarr', ['vip']],
		['margaret@example.com', 'Margaret', 'Hamilton', []],
	];
	for (const [id, firstName, lastName, segments] of people) {
		state.addParticipant({ id, email: id, firstName, lastName, segments });
	}
	const longAgo = Date.now() - 400 * DAY_MS;
	state.addSegment({ key: 'oldCampaign', name: 'Old Campaign', dateCreated: longAgo });
	state.addParticipant({
		id: 'dorothy@example.com',
		email: 'dorothy@example.com',
		firstName: 'Dorothy',
		lastName: 'Vaughan',
		segments: ['activeCustomers'],
		customFields: { lastOrder: new Date(longAgo).toISOString() },
	});
	options.participantRejects[REFUSED] = {
		message: 'This user asked not to be tracked.',
		statusCode: 400,
		rsCode: 'RS050',
	};
}

/** Whether a node is one of this package. */
export const isOurs = ({ type }: INode): boolean => type.startsWith(`${PACKAGE}.`);

/** Give the workflow's nodes of this package the credential. */
export function withCredential(workflow: WorkflowJson, credential = CREDENTIAL): WorkflowJson {
	const nodes = workflow.nodes.map((node) =>
		isOurs(node) ? { ...node, credentials: { [CREDENTIAL_TYPE]: credential } } : node,
	);
	return { ...workflow, nodes };
}

/** Change nodes of a workflow by name. */
export function withNodes(
	workflow: WorkflowJson,
	changes: Record<string, Partial<INode>>,
): WorkflowJson {
	for (const name of Object.keys(changes)) {
		if (!workflow.nodes.some((node) => node.name === name)) {
			throw new Error(`'${workflow.name}' has no node '${name}'`);
		}
	}
	const nodes = workflow.nodes.map((node) => {
		const { parameters, ...change } = changes[node.name] ?? {};
		return { ...node, ...change, parameters: { ...node.parameters, ...parameters } };
	});
	return { ...workflow, nodes };
}

function readWorkflow(file: string): WorkflowJson {
	return withCredential(JSON.parse(readFileSync(file, 'utf8')) as WorkflowJson);
}

/** A workflow of the tests, from `workflows/`. */
export function fixtureWorkflow(name: string): WorkflowJson {
	return readWorkflow(path.join(__dirname, 'workflows', `${name}.json`));
}

/** A workflow of `examples/`. */
export interface Example {
	file: string;
	workflow: WorkflowJson;
}

/** The workflows in `examples/`. Those without an id get one. */
export function exampleWorkflows(): Example[] {
	const folder = path.join(PROJECT, 'examples');
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((file) => file.endsWith('.json'))
		.sort()
		.map((file, index) => {
			const workflow = readWorkflow(path.join(folder, file));
			return { file, workflow: { ...workflow, id: workflow.id ?? `example${index + 1}` } };
		});
}

/**
 * Write a CSV with wide rows, as a CRM exports them.
 * @returns the number of rows
 */
export async function writeLargeCsv(file: string, megabytes: number): Promise<number> {
	const stream = createWriteStream(file);
	const filler = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(6).trim();
	const wanted = megabytes * 1024 * 1024;
	let bytes = 0;
	let rows = 0;
	let text = 'userId,email,First Name,Last Name,City,Company,Notes,segments\n';
	while (bytes + text.length < wanted) {
		rows++;
		const id = `person${rows}@example.com`;
		text += `${id},${id},Pérson,"Number ${rows}, Jr.",Zürich,Example Ltd,"${filler}\nSecond line",vip|newsletter\n`;
		if (text.length > 256 * 1024) {
			bytes += Buffer.byteLength(text);
			if (!stream.write(text)) await once(stream, 'drain');
			text = '';
		}
	}
	stream.end(text);
	await finished(stream);
	if (statSync(file).size < wanted * 0.99) throw new Error('The CSV is smaller than asked');
	return rows;
}
