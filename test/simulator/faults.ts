/** Scripted faults: "the third upsert answers 503", "the next request is applied, then the line drops". */

/** Which requests a fault is for. Everything that is given must match; nothing given matches all. */
export interface FaultMatch {
	method?: string;
	/** Source of a regular expression for the path (without the query). */
	path?: string;
	/**
	 * Name of the GraphQL operation, or of one of its root fields such as `upsertUsers`. A fault that names none is about
	 * participants: it leaves the look-up of segments alone that a run begins with.
	 */
	operationName?: string;
	/** A participant id that the request names, in its path, variables or document. */
	participantId?: string;
	/** `upsertUsers` with at least so many inputs. */
	minInputs?: number;
	/** Skip matching requests until this one (counted from 1, since the fault was added). */
	nth?: number;
}

/** The value of a Retry-After header: seconds, any text, or an HTTP date so many seconds from now. */
export type RetryAfter = number | string | { dateInSeconds: number };

/**
 * What happens to a request that meets a fault. "Applied" means: the server did the work first. A status or GraphQL
 * errors come in its place, unless `apply` asks for both.
 */
export type FaultAction =
	| {
			kind: 'status';
			status: number;
			/** Text is sent as it is, anything else as JSON. */
			body?: unknown;
			headers?: Record<string, string>;
			retryAfter?: RetryAfter;
			apply?: boolean;
	  }
	/** Reset the connection; nothing is applied. */
	| { kind: 'resetBeforeReply' }
	/** Apply, then reset the connection instead of answering. */
	| { kind: 'applyThenReset' }
	/** Never answer; applied only when asked. */
	| { kind: 'hang'; apply?: boolean }
	/** Apply, and cut the JSON answer in half; `dropConnection` also breaks off the transfer. */
	| { kind: 'truncatedJson'; dropConnection?: boolean }
	/** Apply, and answer with no body. */
	| { kind: 'emptyBody'; status?: number }
	/** Answer 200 with `errors`. Applied only when asked, or when the data is kept. */
	| {
			kind: 'graphqlErrors';
			errors?: Array<{ message: string; [field: string]: unknown }>;
			data?: 'null' | 'keep' | 'omit';
			/** Goes to the top-level `extensions.apiError`. */
			apiError?: Record<string, unknown>;
			apply?: boolean;
			/** Of `upsertUsers`: so many inputs are applied, then come the errors, without data. */
			applyFirst?: number;
	  }
	/** Wait, then go on as usual. */
	| { kind: 'slow'; ms: number }
	/** Wait until so many requests that this hits are there at once, then go on as usual; see `gather`. */
	| { kind: 'gather'; count: number }
	/** Somebody else changes the tenant, then go on as usual. Only for tests in the same process. */
	| { kind: 'meanwhile'; work: () => void }
	/** `upsertUsers` answers these participants (by id) with an ApiError and does not apply them. */
	| {
			kind: 'partialBatchFailure';
			participants: string[];
			error?: { message?: string; statusCode?: number; rsCode?: string | null };
	  }
	| { kind: 'redirect'; location: string; status?: number };

/** A fault to add. */
export interface FaultRule {
	match?: FaultMatch;
	/** How many requests it hits; 1 unless told. */
	times?: number | 'always';
	then: FaultAction;
}

/**
 * Holds so many requests until all of them are in flight: shows that they overlap without a time that a busy machine
 * may miss. Requests that never come together are held for ever.
 */
export const gather = (count: number, match?: FaultMatch): FaultRule => ({
	match,
	times: count,
	then: { kind: 'gather', count },
});

/** What of a request the matching looks at. */
export interface FaultTarget {
	method: string;
	path: string;
	operationName?: string;
	rootFields: readonly string[];
	/** Inputs of `upsertUsers`. */
	inputCount: number;
	names(participantId: string): boolean;
}

interface ActiveFault {
	rule: FaultRule;
	seen: number;
	fired: number;
}

/** The operation by which a run learns which segments there are. */
const SEGMENT_LOOK_UP = 'LookUpSegments';

function matches(rule: FaultRule, target: FaultTarget): boolean {
	const { method, path, operationName, participantId, minInputs = 0 } = rule.match ?? {};
	if (operationName === undefined && target.operationName === SEGMENT_LOOK_UP) return false;
	if (rule.then.kind === 'partialBatchFailure' && !target.rootFields.includes('upsertUsers')) {
		return false;
	}
	if (method !== undefined && method.toUpperCase() !== target.method) return false;
	if (path !== undefined && !new RegExp(path).test(target.path)) return false;
	if (
		operationName !== undefined &&
		operationName !== target.operationName &&
		!target.rootFields.includes(operationName)
	) {
		return false;
	}
	if (target.inputCount < minInputs) return false;
	return participantId === undefined || target.names(participantId);
}

/** The script. Faults are looked at in the order they were added; the first that is due hits the request. */
export class FaultScript {
	private faults: ActiveFault[] = [];

	private firedCount = 0;

	/** How many requests were hit since the start or the last `clear`. */
	get fired(): number {
		return this.firedCount;
	}

	/** How many faults still have requests to hit. */
	get pending(): number {
		return this.faults.length;
	}

	/** Add a fault. */
	add(rule: FaultRule): void {
		this.faults.push({ rule, seen: 0, fired: 0 });
	}

	/** Drop all faults and the count. */
	clear(): void {
		this.faults = [];
		this.firedCount = 0;
	}

	/** The fault that hits this request, if any. Every fault counts the request, whichever is due. */
	take(target: FaultTarget): FaultAction | undefined {
		let hit: ActiveFault | undefined;
		for (const fault of this.faults) {
			if (!matches(fault.rule, target)) continue;
			fault.seen++;
			if (hit === undefined && fault.seen >= (fault.rule.match?.nth ?? 1)) hit = fault;
		}
		if (hit === undefined) return undefined;
		hit.fired++;
		this.firedCount++;
		const { times = 1 } = hit.rule;
		if (times !== 'always' && hit.fired >= times) {
			this.faults = this.faults.filter((fault) => fault !== hit);
		}
		return hit.rule.then;
	}
}

/** The text of a Retry-After header. */
export function retryAfterText(value: RetryAfter): string {
	if (typeof value === 'object') {
		return new Date(Date.now() + value.dateInSeconds * 1000).toUTCString();
	}
	return String(value);
}
