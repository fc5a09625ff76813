/* eslint-disable @n8n/community-nodes/no-hardcoded-secrets, @n8n/community-nodes/no-restricted-imports */
/** The part of n8n's own REST interface that the editor uses, as far as the tests need it. */
import { Agent } from 'node:http';
import axios from 'axios';
import type { AxiosInstance } from 'axios';
import type { IDataObject, IRun, ITaskData, IWorkflowBase } from 'n8n-workflow';
import type { Instance } from './instance';
import { waitFor } from './processes';

/** The person who owns the throw-away n8n. */
export const OWNER = {
	email: 'owner@example.com',
	firstName: 'Olive',
	lastName: 'Owner',
	password: 'Only-for-tests-1',
};

/** A workflow as it stands in a JSON file. */
export type WorkflowJson = Pick<IWorkflowBase, 'id' | 'name' | 'nodes' | 'connections'> &
	Partial<Pick<IWorkflowBase, 'settings' | 'pinData'>>;

/** A workflow as n8n stores it. */
export type StoredWorkflow = WorkflowJson & { versionId: string };

/** An execution that has ended. */
export interface FinishedExecution {
	id: string;
	status: string;
	data: IRun['data'];
}

export class EditorApi {
	private cookies = '';

	private readonly http: AxiosInstance;

	constructor(instance: Instance) {
		this.http = axios.create({
			baseURL: instance.url,
			// Answers other than 2xx become errors with n8n's own text, below.
			validateStatus: () => true,
			maxRedirects: 0,
			// A busy n8n closes a connection that was idle while the next request is on its way.
			httpAgent: new Agent({ keepAlive: false }),
		});
	}

	private async request<T>(method: string, path: string, data?: unknown): Promise<T> {
		const answer = await this.http.request<{ data: T; message?: string }>({
			method,
			url: path,
			data,
			headers: { cookie: this.cookies },
		});
		const cookies = answer.headers['set-cookie'];
		if (cookies !== undefined) this.cookies = cookies.map((line) => line.split(';')[0]).join('; ');
		if (answer.status >= 200 && answer.status < 300) return answer.data.data;
		throw new Error(
			`${method} ${path} answered ${answer.status}: ${answer.data?.message ?? JSON.stringify(answer.data)}`,
		);
	}

	/** Make the owner of a new n8n, and sign in. */
	async setUpOwner(): Promise<void> {
		await this.request('post', '/rest/owner/setup', OWNER);
	}

	async signIn(): Promise<void> {
		await this.request('post', '/rest/login', {
			emailOrLdapLoginId: OWNER.email,
			password: OWNER.password,
		});
	}

	/** A file that the editor loads with all descriptions. */
	async types<T>(kind: 'nodes' | 'credentials'): Promise<T[]> {
		const answer = await this.http.get<T[]>(`/types/${kind}.json`, {
			headers: { cookie: this.cookies },
		});
		return answer.data;
	}

	async createCredential(name: string, type: string, data: IDataObject): Promise<string> {
		const { id } = await this.request<{ id: string }>('post', '/rest/credentials', {
			name,
			type,
			data,
		});
		return id;
	}

	async updateCredential(id: string, name: string, type: string, data: IDataObject): Promise<void> {
		await this.request('patch', `/rest/credentials/${id}`, { name, type, data });
	}

	/** Press Test in the dialog of a credential that is not saved yet. */
	async testCredential(
		type: string,
		data: IDataObject,
	): Promise<{ status: string; message: string }> {
		return await this.request('post', '/rest/credentials/test', {
			credentials: { id: '', name: 'Tested', type, data },
		});
	}

	async credentials(): Promise<Array<{ id: string; name: string; type: string }>> {
		return await this.request('get', '/rest/credentials');
	}

	async createWorkflow(workflow: WorkflowJson): Promise<StoredWorkflow> {
		return await this.request<StoredWorkflow>('post', '/rest/workflows', {
			...workflow,
			id: undefined,
		});
	}

	/** Publish a workflow, so that its triggers listen. */
	async activate(workflow: StoredWorkflow): Promise<void> {
		await this.request('post', `/rest/workflows/${workflow.id}/activate`, {
			versionId: workflow.versionId,
			name: 'Tested',
			description: '',
		});
	}

	/** Stop the triggers of a workflow. */
	async deactivate(workflowId: string): Promise<void> {
		await this.request('post', `/rest/workflows/${workflowId}/deactivate`, {});
	}

	/** Why a trigger of a workflow could not be published, as the editor shows it; nothing while that is open. */
	async publicationError(workflowId: string): Promise<string | undefined> {
		const { triggers } = await this.request<{ triggers: Array<{ errorMessage: string | null }> }>(
			'get',
			`/rest/workflows/${workflowId}/publication-status`,
		);
		return triggers.find(({ errorMessage }) => errorMessage !== null)?.errorMessage ?? undefined;
	}

	/** Start a workflow from one of its triggers, as the button in the editor does. */
	async startRun(workflowId: string, trigger: string): Promise<string> {
		const { executionId } = await this.request<{ executionId?: string }>(
			'post',
			`/rest/workflows/${workflowId}/run`,
			{ triggerToStartFrom: { name: trigger } },
		);
		if (executionId === undefined) throw new Error(`Workflow ${workflowId} did not start`);
		return executionId;
	}

	/**
	 * Run one trigger alone, as the button in its panel does.
	 * @returns the execution; nothing when n8n waits for a call of the webhook first
	 */
	async testTrigger(workflowId: string, trigger: string): Promise<string | undefined> {
		const { executionId } = await this.request<{ executionId?: string }>(
			'post',
			`/rest/workflows/${workflowId}/run`,
			{ destinationNode: { nodeName: trigger, mode: 'inclusive' } },
		);
		return executionId;
	}

	/** The executions of a workflow that n8n has stored, the latest first. */
	async executions(workflowId: string): Promise<Array<{ id: string; status: string }>> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId }));
		const { results } = await this.request<{ results: Array<{ id: string; status: string }> }>(
			'get',
			`/rest/executions?filter=${filter}`,
		);
		return results;
	}

	/** The text of a file that an execution stored. */
	async file(id: string): Promise<string> {
		const answer = await this.http.get<string>('/rest/binary-data', {
			params: { id, action: 'download' },
			headers: { cookie: this.cookies },
			responseType: 'text',
		});
		if (answer.status === 200) return answer.data;
		throw new Error(`n8n answered ${answer.status} for the file ${id}`);
	}

	/** Press Stop. */
	async stopExecution(executionId: string): Promise<void> {
		await this.request('post', `/rest/executions/${executionId}/stop`);
	}

	/** Press Retry, with the workflow as it was. */
	async retryExecution(executionId: string): Promise<string> {
		const { id } = await this.request<{ id: string }>(
			'post',
			`/rest/executions/${executionId}/retry`,
			{ loadWorkflow: false },
		);
		return id;
	}

	/** What n8n keeps with a workflow for its nodes. */
	async staticData(workflowId: string): Promise<IDataObject> {
		const workflow = await this.request<{ staticData?: IDataObject | null }>(
			'get',
			`/rest/workflows/${workflowId}`,
		);
		return workflow.staticData ?? {};
	}

	/** Wait for an execution to end. */
	async finished(executionId: string, timeoutMs = 60_000): Promise<FinishedExecution> {
		return await waitFor(
			`execution ${executionId} to end`,
			async () => {
				const execution = await this.request<{ id: string; status: string; data: string }>(
					'get',
					`/rest/executions/${executionId}`,
				);
				if (['new', 'running', 'waiting'].includes(execution.status)) return undefined;
				return { ...execution, data: unflatten(execution.data) as IRun['data'] };
			},
			{ timeoutMs, everyMs: 150 },
		);
	}

	/** Import a workflow as a new one, run it from its manual trigger, and wait for the end. */
	async runWorkflow(workflow: WorkflowJson, timeoutMs?: number): Promise<FinishedExecution> {
		const { id } = await this.createWorkflow(workflow);
		return await this.finished(await this.startRun(id, manualTrigger(workflow)), timeoutMs);
	}
}

/** Name of the trigger that a run by hand starts from. */
export function manualTrigger(workflow: WorkflowJson): string {
	const trigger = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.manualTrigger');
	if (trigger === undefined) throw new Error(`'${workflow.name}' has no manual trigger`);
	return trigger.name;
}

/**
 * Undo the way n8n writes execution data: a list in which every text inside an object or array is the index of the real
 * value.
 */
function unflatten(text: string): unknown {
	const values = JSON.parse(text) as unknown[];
	const done = new Map<string, unknown>();
	const resolve = (index: unknown): unknown => {
		if (typeof index !== 'string') return index;
		if (done.has(index)) return done.get(index);
		const value = values[Number(index)];
		if (typeof value !== 'object' || value === null) return value;
		if (Array.isArray(value)) {
			const list: unknown[] = [];
			done.set(index, list);
			for (const entry of value) list.push(resolve(entry));
			return list;
		}
		const object: Record<string, unknown> = {};
		done.set(index, object);
		for (const [key, entry] of Object.entries(value)) object[key] = resolve(entry);
		return object;
	};
	return resolve('0');
}

/** What a node did in its last run. */
export function taskOf(data: IRun['data'], node: string): ITaskData {
	const tasks = data.resultData.runData[node];
	if (tasks === undefined) {
		const ran = Object.keys(data.resultData.runData).join(', ');
		throw new Error(`Node '${node}' did not run. These did: ${ran}`);
	}
	return tasks[tasks.length - 1];
}

/** Items that a node gave out. */
export function itemsOf(data: IRun['data'], node: string, output = 0) {
	return taskOf(data, node).data?.main?.[output] ?? [];
}
