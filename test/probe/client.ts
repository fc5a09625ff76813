/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- a tool for developers, run in plain Node.js */
/** The probe's own way to the API. Not the node's client: what is measured must not depend on what it should prove. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import { isRecord } from '../../nodes/shared/advocate/client/values';

/** An HTTP answer, whatever its status. */
export interface Answer {
	status: number;
	headers: Record<string, unknown>;
	text: string;
	/** Parsed, when it is JSON. */
	json: unknown;
}

/** A GraphQL answer. `refusal` is there when it did not do what was asked, whichever way it says so. */
export interface GraphqlAnswer {
	status: number;
	data: Record<string, unknown>;
	refusal?: string;
}

export interface RequestSettings {
	body?: unknown;
	/** Another Authorization header; null for none. */
	authorization?: string | null;
	/** Give a 429 back instead of waiting. */
	keepThrottled?: boolean;
}

/** The tenant could not be asked. The text holds no credential. */
export class ProbeError extends Error {}

/** The run was stopped from outside. */
export class StoppedError extends ProbeError {
	constructor() {
		super('stopped');
	}
}

const TIMEOUT_MS = 60_000;
const MAX_ATTEMPTS = 8;
const LONGEST_WAIT_MS = 60_000;

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** How long a 429 asks to wait; a second when it does not say. */
function waitOf({ headers }: Answer): number {
	const value = String(headers['retry-after'] ?? '');
	const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
	return Math.min(LONGEST_WAIT_MS, Math.max(250, Number.isNaN(milliseconds) ? 1000 : milliseconds));
}

/** What an answer says about its failure, on one line. */
export function reasonOf({ status, json, text }: Pick<Answer, 'status' | 'json' | 'text'>): string {
	const body = isRecord(json) ? json : {};
	const message = typeof body.message === 'string' ? body.message : '';
	const codes = [body.apiErrorCode, body.rsCode].filter((code) => typeof code === 'string');
	const shown = message || text.replace(/\s+/g, ' ').slice(0, 120);
	return `${status}${shown === '' ? '' : ` '${shown}'`}${codes.length > 0 ? ` (${codes.join(', ')})` : ''}`;
}

export class ProbeClient {
	/** Requests that were sent. */
	requests = 0;

	/** Answers with 429. */
	throttled = 0;

	constructor(
		readonly apiUrl: string,
		private readonly authorization: string,
		private readonly signal: AbortSignal,
	) {
		// Every request in flight listens to it.
		setMaxListeners(0, signal);
	}

	/** The same client for what must be done after a stop. */
	unstoppable(): ProbeClient {
		return new ProbeClient(this.apiUrl, this.authorization, new AbortController().signal);
	}

	/** @throws StoppedError */
	async sleep(milliseconds: number): Promise<void> {
		await delay(milliseconds, undefined, { signal: this.signal }).catch(() => undefined);
		if (this.signal.aborted) throw new StoppedError();
	}

	/**
	 * Send a request to a path below the tenant, or to a full URL.
	 * @throws ProbeError when there is no answer
	 */
	async request(method: string, path: string, settings: RequestSettings = {}): Promise<Answer> {
		for (let attempt = 1; ; attempt++) {
			const answer = await this.send(method, path, settings);
			if (answer.status !== 429) return answer;
			this.throttled++;
			if (settings.keepThrottled || attempt >= MAX_ATTEMPTS) return answer;
			await this.sleep(waitOf(answer));
		}
	}

	private async send(method: string, path: string, settings: RequestSettings): Promise<Answer> {
		if (this.signal.aborted) throw new StoppedError();
		this.requests++;
		const { authorization = this.authorization, body } = settings;
		try {
			const { status, headers, data } = await axios.request<string>({
				method,
				url: path.startsWith('/') ? this.apiUrl + path : path,
				data: body,
				headers: {
					accept: 'application/json',
					...(body === undefined || body instanceof FormData
						? {}
						: { 'content-type': 'application/json' }),
					...(authorization === null ? {} : { authorization }),
				},
				signal: this.signal,
				timeout: TIMEOUT_MS,
				// A redirect would take the credential to another address.
				maxRedirects: 0,
				validateStatus: () => true,
				responseType: 'text',
				transformResponse: (text: unknown) => text,
			});
			const text = String(data ?? '');
			return { status, headers: { ...headers }, text, json: parsed(text) };
		} catch (caught) {
			if (this.signal.aborted) throw new StoppedError();
			// The error of the HTTP client holds the request with its credential: only its text goes on.
			const { message, code } = caught as { message?: string; code?: string };
			throw new ProbeError(`no answer (${code ?? 'no code'}): ${message ?? ''}`);
		}
	}

	/** Send a GraphQL document. */
	async graphql(
		document: string,
		variables: Record<string, unknown> = {},
		settings: Omit<RequestSettings, 'body'> = {},
	): Promise<GraphqlAnswer> {
		const operationName = /^(?:query|mutation)\s+(\w+)/.exec(document)?.[1];
		const body = { query: document, variables, operationName };
		const answer = await this.request('POST', '/graphql', { ...settings, body });
		const json = isRecord(answer.json) ? answer.json : {};
		const errors = Array.isArray(json.errors) ? json.errors.filter(isRecord) : [];
		const data = isRecord(json.data) ? json.data : {};
		let refusal: string | undefined;
		if (answer.status >= 300) refusal = reasonOf(answer);
		else if (errors.length > 0) refusal = `'${String(errors[0].message)}'`;
		else if (!isRecord(json.data)) refusal = `no data in ${reasonOf(answer)}`;
		return { status: answer.status, data, ...(refusal === undefined ? {} : { refusal }) };
	}

	/**
	 * Send a document that must work.
	 * @throws ProbeError when it did not
	 */
	async must(
		document: string,
		variables: Record<string, unknown> = {},
	): Promise<Record<string, unknown>> {
		const { data, refusal } = await this.graphql(document, variables);
		if (refusal !== undefined) throw new ProbeError(`GraphQL was refused: ${refusal}`);
		return data;
	}

	/** Upload a file for an import job. */
	async upload(name: string, content: string, authorization?: string): Promise<Answer> {
		const form = new FormData();
		form.append('file', new Blob([content]), name);
		return await this.request('POST', '/export/upload', { body: form, authorization });
	}
}
