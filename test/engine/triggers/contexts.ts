/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- tests run outside n8n */
/**
 * The triggers in n8n-core's own contexts. What surrounds those is in the package `n8n`, which is no dependency of these
 * tests: this follows its webhook and poll services, which agree from n8n 1.123 to 2.41 in what matters here.
 */
import '../harness/environment';
import 'reflect-metadata';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { HookContext, PollContext, WebhookContext } from 'n8n-core';
import { NodeHelpers, Workflow } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	INodeTypes,
	IWebhookData,
	IWebhookDescription,
	IWorkflowExecuteAdditionalData,
	Logger,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import {
	CREDENTIAL_NAME,
	CREDENTIAL_REFERENCE,
	TestCredentialsHelper,
} from '../harness/credentials';
import { createAdditionalData, WORKFLOW_ID } from '../harness/engine';

const root = join(__dirname, '..', '..', '..');
const fromBuild = process.env.IMPACT_ADVOCATE_DIST === '1';

/** A trigger from source, or from the build with IMPACT_ADVOCATE_DIST=1. */
export function loadTrigger(name: 'ImpactAdvocateTrigger' | 'ImpactAdvocateSegmentTrigger') {
	const folder = join(root, ...(fromBuild ? ['dist'] : []), 'nodes', name);
	// eslint-disable-next-line @typescript-eslint/no-require-imports
	const classes = require(join(folder, `${name}.node`)) as Record<string, new () => INodeType>;
	return new classes[name]();
}

/** A log line of the node. */
interface LogLine {
	level: string;
	message: string;
}

/** What n8n's database keeps of a workflow between two restarts. */
interface Database {
	staticData: string;
}

interface TriggerOptions {
	parameters: INodeParameters;
	credentials: ICredentialDataDecryptedObject;
	/** Where n8n is reached from outside. */
	webhookBaseUrl?: string;
	database?: Database;
	nodeId?: string;
}

/** A workflow with one trigger, as one n8n process holds it. */
class TriggerHost {
	readonly workflow: Workflow;

	readonly node: INode;

	readonly log: LogLine[] = [];

	readonly credentialsHelper: TestCredentialsHelper;

	readonly database: Database;

	/** Items of every run that was started. */
	readonly runs: INodeExecutionData[][] = [];

	constructor(
		readonly nodeType: INodeType,
		readonly options: TriggerOptions,
	) {
		const nodeTypes: INodeTypes = {
			getByName: () => nodeType,
			getByNameAndVersion: () => NodeHelpers.getVersionedNodeType(nodeType, 1),
			getKnownTypes: () => ({}),
		};
		this.database = options.database ?? { staticData: '{}' };
		this.node = {
			id: options.nodeId ?? 'trigger-id',
			name: 'Trigger',
			type: `n8n-nodes-impact-advocate.${nodeType.description.name}`,
			typeVersion: 1,
			position: [0, 0],
			parameters: options.parameters,
			webhookId: 'hook-id',
			credentials: { [CREDENTIAL_NAME]: CREDENTIAL_REFERENCE },
		};
		this.workflow = new Workflow({
			id: WORKFLOW_ID,
			name: 'Test',
			nodes: [this.node],
			connections: {},
			active: true,
			nodeTypes,
			staticData: JSON.parse(this.database.staticData) as IDataObject,
		});
		this.credentialsHelper = new TestCredentialsHelper(options.credentials);
	}

	get staticData(): IDataObject {
		return this.workflow.getStaticData('node', this.node);
	}

	/** What this process holds, saved or not. */
	get state(): string {
		return JSON.stringify(this.workflow.staticData);
	}

	/** What n8n does when the node is done: write the static data, if it changed. */
	save(): void {
		this.database.staticData = this.state;
	}

	/** The node's log lines, without the level. */
	get messages(): string[] {
		return this.log.map(({ message }) => message);
	}

	additionalData(mode: WorkflowExecuteMode): IWorkflowExecuteAdditionalData {
		const data = createAdditionalData(
			this.credentialsHelper,
			{ id: WORKFLOW_ID, name: 'Test' },
			mode,
		);
		const { webhookBaseUrl } = this.options;
		if (webhookBaseUrl !== undefined) data.webhookBaseUrl = webhookBaseUrl;
		return data;
	}

	/** Replace the context's logger, which is n8n's own. */
	logged<Context extends object>(context: Context): Context {
		const at = (level: string) => (message: string) => void this.log.push({ level, message });
		const logger = {
			debug: at('debug'),
			info: at('info'),
			warn: at('warn'),
			error: at('error'),
		} as unknown as Logger;
		Object.defineProperty(context, 'logger', { value: logger });
		return context;
	}
}

const { parse, stringify } = JSON;

/** A workflow with the webhook trigger, with a server in front of it that does what n8n's does. */
export class WebhookHost extends TriggerHost {
	private static count = 0;

	private server: Server | undefined;

	private baseUrl = '';

	isTest = false;

	/** What goes wrong with the runs that are to be started. */
	trouble: 'none' | 'runFails' | 'staticDataIsLost' = 'none';

	/** What n8n does between the node's word and its answer to the caller: it starts the run. */
	startRun: () => Promise<void> = async () => await Promise.resolve();

	/** A trigger of its own, unless told: what this process remembers of a node must not reach into the next test. */
	constructor(nodeType: INodeType, options: TriggerOptions) {
		super(nodeType, { nodeId: `trigger-${WebhookHost.count++}`, ...options });
	}

	get webhookData(): IWebhookData {
		const webhookDescription = this.nodeType.description.webhooks?.[0] as IWebhookDescription;
		return {
			httpMethod: 'POST',
			node: this.node.name,
			path: `${this.node.webhookId}/${String(webhookDescription.path)}`,
			webhookDescription,
			workflowId: WORKFLOW_ID,
			workflowExecuteAdditionalData: this.additionalData('trigger'),
			isTest: this.isTest,
		} as IWebhookData;
	}

	get url(): string {
		return this.hook().getNodeWebhookUrl('default') as string;
	}

	override additionalData(mode: WorkflowExecuteMode): IWorkflowExecuteAdditionalData {
		const data = super.additionalData(mode);
		if (this.baseUrl !== '') data.webhookBaseUrl = `${this.baseUrl}/webhook`;
		if (this.baseUrl !== '') data.webhookTestBaseUrl = `${this.baseUrl}/webhook-test`;
		return data;
	}

	private hook(): HookContext {
		const { webhookData } = this;
		const context = new HookContext(
			this.workflow,
			this.node,
			webhookData.workflowExecuteAdditionalData,
			'trigger',
			'activate',
			webhookData,
		);
		return this.logged(context);
	}

	private async lifecycle(method: 'checkExists' | 'create' | 'delete'): Promise<boolean> {
		const call = this.nodeType.webhookMethods?.default?.[method];
		if (call === undefined) throw new Error(`The node has no ${method}`);
		return await call.call(this.hook());
	}

	/** As n8n does: create only what does not exist. */
	async activate(): Promise<{ created: boolean }> {
		const exists = await this.lifecycle('checkExists');
		if (!exists) await this.lifecycle('create');
		this.save();
		return { created: !exists };
	}

	/** Whether n8n has stored the webhook of a publication. */
	private isStored = false;

	/**
	 * As n8n 2.41 does it: a stored webhook is not made again. When the node fails, it is called to remove what there may
	 * be, and the webhook stays stored as long as that fails, too.
	 * @returns whether the node was asked
	 */
	async publish(): Promise<boolean> {
		if (this.isStored) return false;
		this.isStored = true;
		try {
			await this.activate();
			return true;
		} catch (failure) {
			try {
				await this.deactivate();
				this.isStored = false;
			} catch {
				// n8n logs it.
			}
			throw failure;
		}
	}

	async deactivate(): Promise<void> {
		await this.lifecycle('delete');
		this.save();
	}

	/** Listen for calls. */
	async listen(): Promise<void> {
		this.server = createServer((request, response) => void this.serve(request, response));
		await new Promise<void>((resolve) => {
			this.server?.listen(0, '127.0.0.1', resolve);
		});
		const { port } = this.server.address() as AddressInfo;
		this.baseUrl = `http://127.0.0.1:${port}`;
	}

	close(): void {
		this.server?.closeAllConnections();
		this.server?.close();
	}

	/** n8n's body reader, its call of the node, and its answer. */
	private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const sent = Buffer.concat(chunks);
		const rawBody = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
		const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
		let body: unknown = {};
		try {
			if (isJson && rawBody.length > 0) body = parse(rawBody.toString('utf8'));
		} catch {
			response.writeHead(422).end();
			return;
		}
		const answer = (status: number, json: unknown) => {
			if (response.headersSent) return;
			response.writeHead(status, { 'content-type': 'application/json' }).end(stringify(json));
		};
		const additionalData = this.additionalData('webhook');
		// n8n reads form data itself, and then there is nothing left to read.
		const isForm = (request.headers['content-type'] ?? '').startsWith('multipart/form-data');
		additionalData.httpRequest = Object.assign(request, {
			body,
			rawBody: rawBody.length > 0 && !isForm ? rawBody : undefined,
			readRawBody: async () => {
				if (isForm) throw new Error('Request body stream was aborted or is not readable');
				await Promise.resolve();
			},
			params: {},
			query: {},
		}) as never;
		additionalData.httpResponse = express(response) as never;
		// n8n loads the workflow anew for each call.
		const workflow = new TriggerHost(this.nodeType, { ...this.options, database: this.database });
		const context = this.logged(
			new WebhookContext(
				workflow.workflow,
				workflow.node,
				additionalData,
				this.isTest ? 'manual' : 'webhook',
				this.webhookData,
				[],
				null,
			),
		);
		try {
			const result = await this.nodeType.webhook?.call(context);
			const starts = result?.workflowData !== undefined;
			if (starts) await this.startRun();
			if (starts && this.trouble === 'runFails') throw new Error('The run could not be started');
			if (result?.workflowData !== undefined) this.runs.push(result.workflowData[0]);
			// n8n 2 forgets that the static data changed when it runs the workflow in the same process.
			if (!starts || this.trouble !== 'staticDataIsLost') workflow.save();
			if (result?.noWebhookResponse) return;
			if (this.webhookData.webhookDescription.responseData === 'noData') response.end();
			else answer(200, result?.webhookResponse ?? { message: 'Workflow was started' });
		} catch (error) {
			this.log.push({ level: 'error', message: (error as Error).message });
			answer(500, { message: 'Workflow Webhook Error: Workflow could not be started!' });
		}
	}
}

/** The part of an Express response that nodes use. */
function express(response: ServerResponse) {
	return Object.assign(response, {
		status(code: number) {
			response.statusCode = code;
			return response;
		},
		json(body: unknown) {
			response.setHeader('content-type', 'application/json');
			response.end(stringify(body));
			return response;
		},
	});
}

/** A workflow with the polling trigger. */
export class PollHost extends TriggerHost {
	/** n8n polls once when it activates a workflow, also when it starts. */
	private isActive = false;

	/**
	 * One poll.
	 * @returns items of the run it starts, or nothing
	 */
	async poll(mode: 'trigger' | 'manual' = 'trigger'): Promise<INodeExecutionData[] | null> {
		const result = await this.pollOnly(mode);
		// n8n saves at the activation and together with the start of a run. Otherwise it keeps changes in memory only.
		const isActivation = mode === 'trigger' && !this.isActive;
		if (result !== null || isActivation) this.save();
		if (isActivation) this.isActive = true;
		if (result !== null) this.runs.push(result);
		return result;
	}

	/** One poll of a process that is killed before n8n has saved anything. */
	async pollOnly(
		mode: 'trigger' | 'manual' = 'trigger',
		change: (context: PollContext) => void = () => {},
	): Promise<INodeExecutionData[] | null> {
		const context = this.contextOf(mode);
		change(context);
		const result = await this.nodeType.poll?.call(context);
		return result?.[0] ?? null;
	}

	/** From the publication on, n8n polls in one and the same context. */
	private published?: PollContext;

	private contextOf(mode: 'trigger' | 'manual'): PollContext {
		const create = () =>
			this.logged(
				new PollContext(this.workflow, this.node, this.additionalData(mode), mode, 'activate'),
			);
		return mode === 'manual' ? create() : (this.published ??= create());
	}

	/** The same workflow in a new process, with what was saved. */
	restarted(parameters: INodeParameters = this.options.parameters): PollHost {
		return new PollHost(this.nodeType, { ...this.options, parameters, database: this.database });
	}
}
