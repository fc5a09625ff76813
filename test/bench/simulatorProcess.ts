/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- a command-line program */
/** The simulator in a process of its own, so that it does not share the event loop of what is measured. */
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { SimulatorOptions } from '../simulator/options';
import { startScript } from './processes';

/** The segment that participants are put into. */
const SEGMENT = 'bench';

const MAIN = path.resolve(__dirname, '..', 'simulator', 'main.ts');

export class SimulatorProcess {
	private constructor(
		private readonly child: ChildProcess,
		private readonly printed: ReadonlyMap<string, string>,
	) {}

	static async start(): Promise<SimulatorProcess> {
		const child = startScript(MAIN);
		const printed = new Map<string, string>();
		const lines = createInterface({ input: child.stdout });
		for await (const line of lines) {
			const [, name, value] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
			if (name !== undefined) printed.set(name, value);
			if (line.startsWith('Press')) return new SimulatorProcess(child, printed);
		}
		throw new Error('The simulator did not start');
	}

	private text(name: string): string {
		const value = this.printed.get(name);
		if (value === undefined) throw new Error(`The simulator did not print '${name}'`);
		return value;
	}

	private get authorization(): Record<string, string> {
		const pair = `${this.text('Account SID')}:${this.text('Auth Token')}`;
		return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
	}

	get credential(): ICredentialDataDecryptedObject {
		return {
			authentication: 'accountSidToken',
			accountSid: this.text('Account SID'),
			authToken: this.text('Auth Token'),
			tenantAlias: this.text('Tenant alias'),
			baseUrl: this.text('Base URL'),
		};
	}

	/** A tenant with nothing but the segment of the benchmark, whose answers take this long. */
	async reset(latencyMs: number): Promise<void> {
		await this.call('/__simulator/reset', {});
		const query = `mutation { upsertSegment(segmentInput: {key: "${SEGMENT}"}) { key } }`;
		await this.call(`/api/v1/${this.text('Tenant alias')}/graphql`, { query }, this.authorization);
		const options: Partial<SimulatorOptions> = { latencyMs, record: 'off' };
		await this.call('/__simulator/options', options);
	}

	/** Requests since the last reset, and the most that were open at once. */
	async traffic(): Promise<{ total: number; maxInFlight: number }> {
		return (await this.call('/__simulator/requests')) as { total: number; maxInFlight: number };
	}

	/** Participants the tenant has. */
	async participants(): Promise<number> {
		const url = `/api/v1/${this.text('Tenant alias')}/users?limit=1`;
		const answer = await this.call(url, undefined, this.authorization);
		return (answer as { totalCount: number }).totalCount;
	}

	stop(): void {
		this.child.kill();
	}

	private async call(
		url: string,
		body?: unknown,
		headers: Record<string, string> = {},
	): Promise<unknown> {
		const response = await fetch(`${this.text('Base URL')}${url}`, {
			method: body === undefined ? 'GET' : 'POST',
			headers: {
				...headers,
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		if (!response.ok) throw new Error(`The simulator answered ${response.status} to ${url}`);
		return await response.json();
	}
}
