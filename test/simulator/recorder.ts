/** What the simulator saw: requests, how many were open at once, and writes of one participant that overlapped. */
import type { SimulatorOptions } from './options';

/** One request as it came in. */
export interface RecordedRequest {
	method: string;
	/** Without the query, not decoded. */
	path: string;
	query: Record<string, unknown>;
	/** `authorization` is replaced by its scheme and 'valid' or 'invalid'. */
	headers: Record<string, string | string[] | undefined>;
	/** Parsed JSON; for multipart the fields and the names and sizes of the files. */
	body: unknown;
	/** GraphQL only: the operation's name, if it has one. */
	operationName?: string;
	/** GraphQL only: the root fields, such as `upsertUsers`. */
	rootFields: readonly string[];
	/** Keys (`accountId \u0000 id`) of the participants it writes. */
	writes: readonly string[];
	/** Milliseconds since the epoch, with fractions. */
	startedAt: number;
	/** When the answer began to leave, or the connection ended. */
	finishedAt?: number;
	/** Status of the answer; 0 when there was none. */
	status: number;
}

/** Two writes of one participant that were open at the same time. */
export interface OrderViolation {
	participant: string;
	at: number;
}

/** A clock with fractions of a millisecond. */
export function preciseNow(): number {
	return performance.timeOrigin + performance.now();
}

/** Keeps the books. */
export class Recorder {
	readonly requests: RecordedRequest[] = [];

	readonly orderViolations: OrderViolation[] = [];

	/** Requests being served now. */
	inFlight = 0;

	/** Most requests served at once since the last `clear`. */
	maxInFlight = 0;

	/** All requests since the last `clear`, recorded or not. */
	total = 0;

	private readonly openWrites = new Map<string, number>();

	constructor(private readonly options: SimulatorOptions) {}

	/** A request arrived. */
	start(request: RecordedRequest): void {
		this.total++;
		this.inFlight++;
		this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
		if (this.options.record !== 'off') this.requests.push(request);
	}

	/** Its body was read, so the participants it writes are known. */
	startWrites(request: RecordedRequest, keys: readonly string[]): void {
		request.writes = keys;
		for (const participant of new Set(keys)) {
			const open = this.openWrites.get(participant) ?? 0;
			if (open > 0) this.orderViolations.push({ participant, at: preciseNow() });
			this.openWrites.set(participant, open + 1);
		}
	}

	/** It is answered or broken off. */
	finish(request: RecordedRequest, status: number): void {
		if (request.finishedAt !== undefined) return;
		request.finishedAt = preciseNow();
		request.status = status;
		this.inFlight--;
		for (const participant of new Set(request.writes)) {
			const open = (this.openWrites.get(participant) ?? 1) - 1;
			if (open === 0) this.openWrites.delete(participant);
			else this.openWrites.set(participant, open);
		}
		if (this.options.record === 'summary') {
			request.body = undefined;
			request.headers = {};
			request.writes = [];
		}
	}

	/** Forget the past; requests being served stay counted. */
	clear(): void {
		this.requests.length = 0;
		this.orderViolations.length = 0;
		this.maxInFlight = this.inFlight;
		this.total = 0;
	}
}
