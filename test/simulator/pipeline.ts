/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/**
 * What happens to every request around its handler: it is recorded, delayed, counted against the rate limit, and
 * hit by faults.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { isAuthorized, redacted } from './auth';
import { ApiFailure, failures } from './failures';
import { retryAfterText } from './faults';
import type { FaultAction, FaultScript } from './faults';
import { readGraphqlRequest } from './graphqlApi';
import type { GraphqlApi, GraphqlRequest } from './graphqlApi';
import type { SimulatorCredentials } from './auth';
import type { SimulatorOptions } from './options';
import { preciseNow } from './recorder';
import type { RecordedRequest, Recorder } from './recorder';
import { participantKey } from './state';

/** What the simulator knows about a request while it serves it. */
export interface Passage {
	record: RecordedRequest;
	graphql?: GraphqlRequest;
	fault?: FaultAction;
	/** Milliseconds still to wait before the answer leaves. */
	delayAfter: number;
}

declare module 'fastify' {
	interface FastifyRequest {
		/** Absent on the inspection routes. */
		passage?: Passage;
	}
}

/** What the pipeline works with. */
export interface PipelineParts {
	options: SimulatorOptions;
	recorder: Recorder;
	faults: FaultScript;
	graphqlApi: GraphqlApi;
	credentials: SimulatorCredentials;
	random: () => number;
	window: RateWindow;
}

const wait = async (milliseconds: number): Promise<void> => {
	if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
};

/** For requests that are never answered: they end with their connection. */
const forever = async (): Promise<never> => await new Promise<never>(() => {});

function startRecord(request: FastifyRequest, credentials: SimulatorCredentials): RecordedRequest {
	const { authorization, ...headers } = request.headers;
	const shown =
		authorization === undefined
			? {}
			: { authorization: redacted(authorization, isAuthorized(authorization, credentials)) };
	return {
		method: request.method,
		path: request.url.split('?', 1)[0],
		query: { ...(request.query as Record<string, unknown>) },
		headers: { ...headers, ...shown },
		body: undefined,
		rootFields: [],
		writes: [],
		startedAt: preciseNow(),
		status: 0,
	};
}

/** A form is shown by its fields and the sizes of its files. */
function shownBody(body: unknown): unknown {
	return Buffer.isBuffer(body) ? { bytes: body.length } : body;
}

function hasValue(container: unknown, wanted: string): boolean {
	if (container === wanted) return true;
	if (typeof container !== 'object' || container === null) return false;
	return Object.values(container).some((value) => hasValue(value, wanted));
}

/** Split one time into a part before the work and a part after it. */
function latencyParts({ latencyMs }: SimulatorOptions, random: () => number): [number, number] {
	if (typeof latencyMs === 'number') return [latencyMs, 0];
	const [least, most] = latencyMs;
	const total = least + random() * (most - least);
	const before = total * random();
	return [before, total - before];
}

/** A sliding window of one second. */
export class RateWindow {
	private times: number[] = [];

	/** Count a request; false when it is over the limit. */
	accepts(limit: number): boolean {
		const now = preciseNow();
		this.times = this.times.filter((time) => time > now - 1000);
		if (this.times.length >= limit) return false;
		this.times.push(now);
		return true;
	}

	/** As if nothing had come. */
	clear(): void {
		this.times = [];
	}
}

/** Installs itself as hooks of a fastify instance. */
export class Pipeline {
	/** Lets those go on that wait for others to come. */
	private held: Array<() => void> = [];

	constructor(private readonly parts: PipelineParts) {}

	/** Install the hooks. Only routes of this instance, and of instances below it, go through them. */
	install(server: FastifyInstance): void {
		server.addHook('onRequest', async (request, reply) => this.begin(request, reply));
		server.addHook('preHandler', async (request, reply) => await this.before(request, reply));
		server.addHook('onSend', async (request, reply, payload) => {
			return await this.after(request, reply, payload);
		});
	}

	private begin(request: FastifyRequest, reply: FastifyReply): void {
		const { recorder, credentials } = this.parts;
		const record = startRecord(request, credentials);
		request.passage = { record, delayAfter: 0 };
		recorder.start(record);
		reply.raw.on('close', () => recorder.finish(record, 0));
	}

	/** Fill in what the body tells. */
	private readBody(request: FastifyRequest, { record }: Passage): void {
		const { recorder, graphqlApi, options } = this.parts;
		record.body = shownBody(request.body);
		const params = request.params as Partial<Record<string, string>>;
		if (request.passage && request.routeOptions.url?.endsWith('/graphql')) {
			const graphql = readGraphqlRequest(request.body);
			if (graphql === undefined) return;
			request.passage.graphql = graphql;
			const info = graphqlApi.describe(graphql, options.upsertUsersAvailable);
			record.operationName = graphql.operationName ?? info?.name;
			record.rootFields = info?.rootFields ?? [];
			const writes = (info?.userInputs ?? []).map((input) =>
				participantKey(String(input.accountId), String(input.id)),
			);
			recorder.startWrites(record, writes);
		} else if (request.method !== 'GET' && params.userId !== undefined) {
			const key = participantKey(params.accountId ?? '', params.userId);
			recorder.startWrites(record, [key]);
		}
	}

	private takeFault(
		request: FastifyRequest,
		{ record, graphql }: Passage,
	): FaultAction | undefined {
		const { faults, graphqlApi, options } = this.parts;
		if (faults.pending === 0) return undefined;
		const params = request.params as Partial<Record<string, string>>;
		return faults.take({
			method: record.method,
			path: record.path,
			operationName: record.operationName,
			rootFields: record.rootFields,
			inputCount: record.rootFields.includes('upsertUsers') ? record.writes.length : 0,
			names: (id) => {
				if (params.userId === id) return true;
				if (graphql === undefined) return false;
				const info = graphqlApi.describe(graphql, options.upsertUsersAvailable);
				const literals = [info?.literalIds, info?.userInputs.map((input) => input.id)];
				return hasValue(graphql.variables, id) || hasValue(literals, id);
			},
		});
	}

	private async before(request: FastifyRequest, reply: FastifyReply): Promise<void> {
		const { passage } = request;
		if (passage === undefined) return;
		this.readBody(request, passage);
		const fault = this.takeFault(request, passage);
		passage.fault = fault;
		if (fault?.kind === 'resetBeforeReply') {
			request.raw.socket.resetAndDestroy();
			await forever();
		}
		if (fault?.kind === 'hang' && !fault.apply) await forever();

		if (fault?.kind === 'gather') await this.gather(fault.count);
		const [delayBefore, delayAfter] = latencyParts(this.parts.options, this.parts.random);
		passage.delayAfter = delayAfter;
		await wait(delayBefore + (fault?.kind === 'slow' ? fault.ms : 0));
		if (fault?.kind === 'meanwhile') fault.work();
		const goesOn = fault === undefined || fault.kind === 'meanwhile' || fault.kind === 'gather';
		if (goesOn) this.checkRate(reply);
		else await this.answerInstead(reply, fault);
	}

	private async gather(count: number): Promise<void> {
		const all = new Promise<void>((resolve) => this.held.push(resolve));
		if (this.held.length >= count) {
			for (const release of this.held) release();
			this.held = [];
		}
		await all;
	}

	private checkRate(reply: FastifyReply): void {
		const { rateLimit } = this.parts.options;
		if (rateLimit === null || this.parts.window.accepts(rateLimit.requestsPerSecond)) return;
		if (rateLimit.retryAfter === 'seconds') reply.header('retry-after', '1');
		if (rateLimit.retryAfter === 'date') {
			// An HTTP date has whole seconds: two of them are at least one from now.
			reply.header('retry-after', retryAfterText({ dateInSeconds: 2 }));
		}
		throw failures.rateLimited();
	}

	/** Answer in place of the handler, for faults that keep the request from being applied. */
	private async answerInstead(reply: FastifyReply, fault: FaultAction): Promise<void> {
		if (fault.kind === 'status' && !fault.apply) {
			await reply.send(statusPayload(reply, fault));
		} else if (fault.kind === 'redirect') {
			await reply.redirect(fault.location, fault.status ?? 302);
		} else if (fault.kind === 'graphqlErrors' && !isApplied(fault)) {
			await reply.send(JSON.parse(withErrors('{}', fault)));
		}
	}

	private async after(
		request: FastifyRequest,
		reply: FastifyReply,
		payload: unknown,
	): Promise<unknown> {
		const { passage } = request;
		if (passage === undefined) return payload;
		const { fault, record, delayAfter } = passage;
		await wait(delayAfter);
		const text = typeof payload === 'string' ? payload : '';
		let answer = payload;
		if (fault?.kind === 'hang') await forever();
		if (fault?.kind === 'applyThenReset') {
			request.raw.socket.resetAndDestroy();
			await forever();
		}
		if (fault?.kind === 'truncatedJson') {
			const half = text.slice(0, Math.max(1, Math.floor(text.length / 2)));
			if (fault.dropConnection) await this.sendHalf(reply, text, half);
			answer = half;
		}
		if (fault?.kind === 'emptyBody') {
			reply.code(fault.status ?? reply.statusCode);
			answer = '';
		}
		if (fault?.kind === 'graphqlErrors' && isApplied(fault)) {
			answer = withErrors(text, fault);
			reply.code(200);
		}
		if (fault?.kind === 'status' && fault.apply) answer = statusPayload(reply, fault);
		if (answer !== payload) reply.removeHeader('content-length');
		this.parts.recorder.finish(record, reply.statusCode);
		return answer;
	}

	/** Promise the whole text, send half of it, and break off. */
	private async sendHalf(reply: FastifyReply, text: string, half: string): Promise<never> {
		const headers = {
			'content-type': 'application/json; charset=utf-8',
			'content-length': String(Buffer.byteLength(text)),
		};
		reply.raw.writeHead(reply.statusCode, headers);
		reply.raw.write(half, () => reply.raw.destroy());
		return await forever();
	}
}

const isApplied = (fault: FaultAction & { kind: 'graphqlErrors' }): boolean =>
	fault.apply ?? (fault.data === 'keep' || fault.applyFirst !== undefined);

/** Give the answer its status and headers; the body is returned. */
function statusPayload(reply: FastifyReply, fault: FaultAction & { kind: 'status' }): unknown {
	const { status, body, headers = {}, retryAfter } = fault;
	reply.code(status).headers(headers);
	if (retryAfter !== undefined) reply.header('retry-after', retryAfterText(retryAfter));
	if (typeof body === 'string') {
		const type = body.trimStart().startsWith('<') ? 'text/html' : 'text/plain';
		if (headers['content-type'] === undefined) reply.type(type);
	}
	const fallback = new ApiFailure(status, 'FAULT', `Scripted status ${status}.`).toBody();
	return asPayload(body === undefined ? fallback : body, reply);
}

function asPayload(body: unknown, reply: FastifyReply): unknown {
	if (typeof body === 'string') return body;
	reply.type('application/json; charset=utf-8');
	return JSON.stringify(body);
}

function withErrors(text: string, fault: FaultAction & { kind: 'graphqlErrors' }): string {
	const original: unknown = text === '' ? {} : JSON.parse(text);
	const errors = fault.errors ?? [{ message: 'Internal Server Error' }];
	const answer: Record<string, unknown> = { errors };
	if (fault.data === 'keep' && isRecord(original)) answer.data = original.data;
	else if (fault.data !== 'omit') answer.data = null;
	if (fault.apiError !== undefined) answer.extensions = { apiError: fault.apiError };
	return JSON.stringify(answer);
}
