/* eslint-disable @n8n/community-nodes/no-restricted-imports -- tests run outside n8n */
/**
 * Stand-ins for the nodes of n8n that the examples use and the test harness does not have. They do what the example
 * needs of the real node, with its parameter names; conditions are evaluated by n8n's own code.
 */
import { compileFunction } from 'node:vm';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, INodeExecutionData, INodeProperties, INodeType } from 'n8n-workflow';
import { parameter, passThrough, standIn, TRIGGER } from '../engine/harness/standIn';
import type { Execute } from '../engine/harness/standIn';

/** n8n evaluates a parameter of this type itself: the node gets true or false. */
const CONDITIONS: INodeProperties = {
	displayName: 'Conditions',
	name: 'conditions',
	type: 'filter',
	default: {},
	typeOptions: { filter: { version: 2 } },
};

/** HTTP Request, Response Format File: a GET whose answer becomes a file. */
const httpRequest: Execute = async function () {
	const results: INodeExecutionData[] = [];
	for (let item = 0; item < this.getInputData().length; item++) {
		const url = String(this.getNodeParameter('url', item));
		const options = { method: 'GET', url, encoding: 'arraybuffer' } as const;
		const answer = (await this.helpers.httpRequest(options)) as ArrayBuffer;
		const fileName = new URL(url).pathname.split('/').pop();
		const data = await this.helpers.prepareBinaryData(Buffer.from(answer), fileName, 'text/csv');
		results.push({ json: {}, binary: { data }, pairedItem: { item } });
	}
	return [results];
};

/** Convert to File, Convert to Text File. */
const convertToFile: Execute = async function () {
	const results: INodeExecutionData[] = [];
	for (const [item, { json }] of this.getInputData().entries()) {
		const source = String(this.getNodeParameter('sourceProperty', item));
		const field = String(this.getNodeParameter('binaryPropertyName', item, 'data'));
		const { fileName } = this.getNodeParameter('options', item, {}) as { fileName?: string };
		const content = Buffer.from(String(json[source]), 'utf8');
		const file = await this.helpers.prepareBinaryData(content, fileName, 'text/plain');
		results.push({ json: {}, binary: { [field]: file }, pairedItem: { item } });
	}
	return [results];
};

/** Code, in JavaScript, once for all items; n8n's own runs it in another process. */
const code: Execute = async function () {
	const { $, $input } = this.getWorkflowDataProxy(0);
	const source = String(this.getNodeParameter('jsCode', 0));
	return [compileFunction(source, ['$', '$input'])($, $input) as INodeExecutionData[]];
};

/** Split Out: one item per entry of a list. */
const splitOut: Execute = async function () {
	const results: INodeExecutionData[] = [];
	for (const [item, { json }] of this.getInputData().entries()) {
		const list = json[String(this.getNodeParameter('fieldToSplitOut', item))] as IDataObject[];
		for (const entry of list) results.push({ json: entry, pairedItem: { item } });
	}
	return [results];
};

/** The items for which the conditions hold, and the others. */
const divide: Execute = async function () {
	const outputs: INodeExecutionData[][] = [[], []];
	for (const [item, data] of this.getInputData().entries()) {
		const holds = this.getNodeParameter('conditions', item, false, { extractValue: true });
		outputs[holds ? 0 : 1].push({ ...data, pairedItem: { item } });
	}
	return outputs;
};

const filter: Execute = async function () {
	return [(await divide.call(this))[0]];
};

/** Respond to Webhook: puts out what the caller would get. */
const respondToWebhook: Execute = async function () {
	const results = this.getInputData().map((_, item): INodeExecutionData => {
		const { responseCode } = this.getNodeParameter('options', item, {}) as IDataObject;
		const body = this.getNodeParameter('responseBody', item) as IDataObject;
		return { json: { responseCode, body }, pairedItem: { item } };
	});
	return [results];
};

const stopAndError: Execute = async function () {
	throw new NodeOperationError(this.getNode(), String(this.getNodeParameter('errorMessage', 0)));
};

/** What the node was told to do with each item, as it would tell another service. */
const tells = (...names: string[]): Execute =>
	async function () {
		return [
			this.getInputData().map((_, item) => ({
				json: Object.fromEntries(
					names.map((name) => [name, this.getNodeParameter(name, item)]),
				) as IDataObject,
				pairedItem: { item },
			})),
		];
	};

/** Remove Duplicates: items whose value no earlier execution had. */
const removeDuplicates: Execute = async function () {
	const memory = this.getWorkflowStaticData('node') as { seen?: string[] };
	const seen = new Set(memory.seen);
	const kept = this.getInputData().flatMap((data, item) => {
		const value = String(this.getNodeParameter('dedupeValue', item));
		if (seen.has(value)) return [];
		seen.add(value);
		return [{ ...data, pairedItem: { item } }];
	});
	memory.seen = [...seen];
	return [kept];
};

/** n8n Form, the last page: what it shows, and the file that the browser gets. */
const formPage: Execute = async function () {
	const results = this.getInputData().map(({ binary }, item): INodeExecutionData => {
		const [title, message, field] = [
			'completionTitle',
			'completionMessage',
			'inputDataFieldName',
		].map((name) => String(this.getNodeParameter(name, item)));
		const file = binary?.[field];
		return {
			json: { title, message },
			binary: file === undefined ? undefined : { [field]: file },
			pairedItem: { item },
		};
	});
	return [results];
};

/** By type name, as `nodeTypes` of the harness takes them. */
export const EXAMPLE_NODE_TYPES: Readonly<Record<string, INodeType>> = {
	'n8n-nodes-base.httpRequest': standIn('httpRequest', httpRequest, {
		properties: [parameter('url', ''), parameter('options', {})],
	}),
	'n8n-nodes-base.googleSheets': standIn('googleSheets', passThrough, {
		// Version 4.5 of the real node.
		version: [4.5],
		properties: [
			parameter('operation', 'read'),
			parameter('documentId', {}),
			parameter('sheetName', {}),
			parameter('columns', {}),
			parameter('options', {}),
		],
	}),
	'n8n-nodes-base.slack': standIn('slack', tells('message', 'text'), {
		properties: [
			parameter('operation', 'post'),
			parameter('message', ''),
			parameter('text', ''),
			parameter('channelId', {}),
		],
	}),
	'n8n-nodes-base.hubspotTrigger': standIn('hubspotTrigger', passThrough, TRIGGER),
	'n8n-nodes-base.hubspot': standIn('hubspot', tells('email', 'additionalFields'), {
		properties: [
			parameter('operation', 'get'),
			parameter('email', ''),
			parameter('additionalFields', {}),
		],
	}),
	'n8n-nodes-base.shopifyTrigger': standIn('shopifyTrigger', passThrough, TRIGGER),
	'n8n-nodes-base.emailSend': standIn('emailSend', tells('toEmail', 'text'), {
		properties: [parameter('toEmail', ''), parameter('text', '')],
	}),
	'n8n-nodes-base.removeDuplicates': standIn('removeDuplicates', removeDuplicates, {
		properties: [parameter('operation', ''), parameter('dedupeValue', '')],
	}),
	'n8n-nodes-base.formTrigger': standIn('formTrigger', passThrough, TRIGGER),
	'n8n-nodes-base.form': standIn('form', formPage, {
		version: [2.3],
		properties: [
			parameter('operation', 'page'),
			parameter('completionTitle', ''),
			parameter('completionMessage', ''),
			parameter('inputDataFieldName', ''),
		],
	}),
	'n8n-nodes-impact-advocate.impactAdvocateTrigger': standIn(
		'impactAdvocateTrigger',
		passThrough,
		TRIGGER,
	),
	'n8n-nodes-base.ftp': standIn('ftp', passThrough, {
		properties: [parameter('operation', 'download'), parameter('path', '')],
	}),
	'n8n-nodes-base.convertToFile': standIn('convertToFile', convertToFile, {
		properties: [
			parameter('operation', 'toText'),
			parameter('sourceProperty', ''),
			parameter('binaryPropertyName', 'data'),
			parameter('options', {}),
		],
	}),
	'n8n-nodes-base.code': standIn('code', code, { properties: [parameter('jsCode', '')] }),
	'n8n-nodes-base.splitOut': standIn('splitOut', splitOut, {
		properties: [parameter('fieldToSplitOut', '')],
	}),
	'n8n-nodes-base.if': standIn('if', divide, {
		properties: [CONDITIONS, parameter('options', {})],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
	}),
	'n8n-nodes-base.filter': standIn('filter', filter, {
		properties: [CONDITIONS, parameter('options', {})],
	}),
	'n8n-nodes-base.respondToWebhook': standIn('respondToWebhook', respondToWebhook, {
		properties: [
			parameter('respondWith', 'json'),
			parameter('responseBody', ''),
			parameter('options', {}),
		],
	}),
	'n8n-nodes-base.stopAndError': standIn('stopAndError', stopAndError, {
		properties: [parameter('errorMessage', '')],
	}),
};
