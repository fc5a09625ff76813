/* eslint-disable @n8n/community-nodes/require-node-api-error, @n8n/community-nodes/node-usable-as-tool -- no node of the package */
/** A node that does nothing but send requests through the port, to test port and harness apart from the real node. */
import { NodeApiError, NodeConnectionTypes } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteFunctions,
	ILoadOptionsFunctions,
	INodeExecutionData,
	INodeType,
	JsonObject,
} from 'n8n-workflow';
import { jsonBytes } from '../../../nodes/shared/advocate/client/values';
import { NoAnswerError } from '../../../nodes/shared/advocate/client/port';
import type { PortRequest } from '../../../nodes/shared/advocate/client/port';
import { loadCredential } from '../../../nodes/shared/n8n/credential';
import { createN8nPort } from '../../../nodes/shared/n8n/port';

/** What an item of the node's input asks for. */
export interface PortNodeRequest extends Partial<Omit<PortRequest, 'url' | 'body'>> {
	/** Sent as JSON. */
	body?: unknown;
	/** Relative to the tenant's URL, or absolute. */
	path?: string;
	/** Milliseconds to sleep in place of a request. */
	sleepMs?: number;
	/** Fail with this text, by an error item if the node may continue. */
	fail?: string;
	/** Point the error item's `pairedItem` at this input item. */
	pairedItem?: number;
	/** Put out the file of this name as `copy`. */
	file?: string;
	/** Send this text as a file in a multipart body. */
	upload?: string;
}

async function perform(
	context: IExecuteFunctions,
	requests: PortNodeRequest[],
): Promise<IDataObject[]> {
	const credential = await loadCredential(context);
	const port = createN8nPort(context, credential);
	const results: IDataObject[] = [];
	for (const { path = '', sleepMs, upload, body: value, ...request } of requests) {
		let body: PortRequest['body'] = value === undefined ? undefined : jsonBytes(value);
		const started = port.now();
		if (sleepMs !== undefined) {
			await port.sleep(sleepMs);
			results.push({ slept: true, cancelled: port.cancelled() });
			continue;
		}
		if (upload !== undefined) {
			const form = new FormData();
			form.append('file', new Blob([upload], { type: 'text/csv' }), 'users.csv');
			body = form;
		}
		try {
			const url = path.startsWith('http') ? path : `${credential.apiUrl}${path}`;
			const limits = { timeoutMs: 5000, maxBytes: 1024 * 1024 };
			const answer = await port.send({ method: 'GET', ...limits, ...request, url, body });
			results.push({ ...answer } as unknown as IDataObject);
		} catch (error) {
			if (!(error instanceof NoAnswerError)) throw error;
			const { code, message } = error;
			results.push({
				code,
				message,
				hasCause: error.cause !== undefined,
				ms: port.now() - started,
			});
		}
	}
	return results;
}

export class PortNode implements INodeType {
	description: INodeType['description'] = {
		displayName: 'Port',
		name: 'impactAdvocate',
		group: ['transform'],
		version: [1],
		description: 'Sends requests',
		defaults: { name: 'Port' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'impactAdvocateApi', required: true }],
		properties: [{ displayName: 'Text', name: 'text', type: 'string', default: 'default' }],
	};

	methods: INodeType['methods'] = {
		listSearch: {
			async people(this: ILoadOptionsFunctions, filter?: string, paginationToken?: string) {
				const credential = await loadCredential(this);
				const port = createN8nPort(this, credential);
				const { statusCode } = await port.send({
					method: 'GET',
					url: `${credential.apiUrl}/ok`,
					timeoutMs: 5000,
					maxBytes: 1024,
				});
				await port.sleep(1);
				const name = [filter, paginationToken, statusCode, port.cancelled()].join(' ');
				return { results: [{ name, value: '1' }], paginationToken: 2 as unknown as string };
			},
		},
		loadOptions: {
			async parameter(this: ILoadOptionsFunctions) {
				return [{ name: String(this.getCurrentNodeParameter('text')), value: 1 }];
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const output: INodeExecutionData[] = [];
		for (let index = 0; index < items.length; index++) {
			const request = items[index].json as PortNodeRequest;
			const pairedItem = { item: request.pairedItem ?? index };
			if (request.fail !== undefined) {
				const error = new NodeApiError(
					this.getNode(),
					{ message: request.fail, httpCode: '422' } as JsonObject,
					{
						message: request.fail,
						description: 'Do it otherwise',
						httpCode: '422',
						itemIndex: index,
					},
				);
				if (!this.continueOnFail()) throw error;
				output.push({ json: { error: error.message }, error, pairedItem });
				continue;
			}
			const [json] = await perform(this, [request]);
			json.text = this.getNodeParameter('text', index) as string;
			const binary =
				request.file === undefined
					? undefined
					: { copy: this.helpers.assertBinaryData(index, request.file) };
			output.push({ json, pairedItem, binary });
		}
		this.addExecutionHints({ message: `Sent ${items.length}`, location: 'outputPane' });
		return [output];
	}
}
