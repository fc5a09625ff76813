/** What goes wrong with the API, and the one table of what each failure means for what was asked. */
import type { HelpfulOption, WayOut } from './errorTexts';

/**
 * What kind of failure it is.
 * - `api`: the API answered that this request can't be done (HTTP 3xx to 5xx, or GraphQL errors)
 * - `noAnswer`: the connection failed or timed out; the request may or may not have been applied
 * - `badAnswer`: an answer that isn't what the API sends (HTML, truncated JSON, empty)
 * - `mismatch`: it was answered, but the segments are not the ones asked for, or are not told
 * - `missing`: a participant or segment that must exist does not
 * - `gaveUp`: nothing was confirmed for as long as the user allows, or what answers is not the API
 * - `cancelled`: the execution was stopped
 */
export type AdvocateErrorKind =
	| 'api'
	| 'noAnswer'
	| 'badAnswer'
	| 'mismatch'
	| 'missing'
	| 'gaveUp'
	| 'cancelled';

export interface AdvocateErrorDetails extends WayOut {
	kind: AdvocateErrorKind;
	/** HTTP status, or the one inside a GraphQL error. */
	statusCode?: number;
	apiErrorCode?: string;
	/** The vendor's own code, for example RS023. */
	rsCode?: string;
	/** Whether it concerns one participant of a batch only, although its status usually ends a run. */
	ofOneParticipant?: boolean;
	/** Whether the cause lies in the address, the credential or what is asked for, so that asking again is in vain. */
	permanent?: boolean;
	/** Whether the time that an answer may take was over. */
	timedOut?: boolean;
	/** Whether the request has not left even once. */
	neverSent?: boolean;
	/** Whether an earlier attempt at the same request may have been applied, whatever became of the last one. */
	mayBeApplied?: boolean;
	/** Milliseconds the API asked us to wait; from `Retry-After` or `X-RateLimit-Reset`. */
	retryAfterMs?: number;
}

/** A failure with everything a person needs to act on. Never holds a credential or a request body. */
export class AdvocateError extends Error implements AdvocateErrorDetails {
	readonly kind: AdvocateErrorKind;

	readonly hint: string;

	readonly bySetting?: string;

	readonly helpfulOptions?: readonly HelpfulOption[];

	readonly enoughWait?: number;

	readonly statusCode?: number;

	readonly apiErrorCode?: string;

	readonly rsCode?: string;

	readonly ofOneParticipant?: boolean;

	readonly permanent?: boolean;

	readonly timedOut?: boolean;

	readonly neverSent?: boolean;

	readonly mayBeApplied?: boolean;

	readonly retryAfterMs?: number;

	constructor(message: string, details: AdvocateErrorDetails) {
		super(message);
		this.name = 'AdvocateError';
		this.kind = details.kind;
		this.hint = details.hint;
		this.bySetting = details.bySetting;
		this.helpfulOptions = details.helpfulOptions;
		this.enoughWait = details.enoughWait;
		this.statusCode = details.statusCode;
		this.apiErrorCode = details.apiErrorCode;
		this.rsCode = details.rsCode;
		this.ofOneParticipant = details.ofOneParticipant;
		this.permanent = details.permanent;
		this.timedOut = details.timedOut;
		this.neverSent = details.neverSent;
		this.mayBeApplied = details.mayBeApplied;
		this.retryAfterMs = details.retryAfterMs;
	}

	/** The same failure with something changed. */
	with(changes: Partial<AdvocateErrorDetails> & { message?: string }): AdvocateError {
		const { message = this.message, ...details } = changes;
		return new AdvocateError(message, { ...this, ...details });
	}
}

/**
 * The failure of the API client, for callers that can handle one.
 * @throws anything else unchanged: a defect of ours is not a failure of the API
 */
export function expectAdvocateError(caught: unknown): AdvocateError {
	if (caught instanceof AdvocateError) return caught;
	throw caught;
}

/** The error of a run that the user stopped. */
export function cancelledError(): AdvocateError {
	return new AdvocateError('The execution was stopped', {
		kind: 'cancelled',
		hint: 'Run it again to send the rest; repeating what was already done changes nothing',
	});
}

// --- what failures mean ---------------------------------------------------------------------------------------

interface Policy {
	/** The same request may succeed a little later. */
	retry: boolean;
	/** A batch with this failure is sent again in parts: what is left of it may succeed. */
	split: boolean;
	/** No later request of the same run can succeed. */
	fatal: boolean;
	/** The request may have been applied although it failed. What came before it is told by `mayBeApplied`. */
	inDoubt: boolean;
}

const POLICIES = {
	// The user stopped the execution, perhaps while the request was under way.
	stopped: { retry: false, split: false, fatal: true, inDoubt: true },
	// The wait is over, and any other request would have to wait as well.
	gaveUp: { retry: false, split: false, fatal: true, inDoubt: false },

	// The host is unknown, or its certificate is not trusted: nothing gets through to it.
	unreachable: { retry: false, split: false, fatal: true, inDoubt: false },
	// The answer was lost, which says nothing about the request. A batch may be too large to be answered in time.
	unanswered: { retry: true, split: true, fatal: false, inDoubt: true },
	// Something was answered that is not the API's, perhaps after the API did its work.
	unreadable: { retry: true, split: true, fatal: false, inDoubt: true },
	// More was answered than is read. The same request would be answered in the same way, and parts of a batch as well:
	// an honest answer is far below the limit.
	tooLarge: { retry: false, split: false, fatal: false, inDoubt: true },
	// The API gave a link that is not opened.
	closedLink: { retry: false, split: false, fatal: false, inDoubt: false },
	// Something before the API refuses, whatever the request is.
	intercepted: { retry: false, split: false, fatal: true, inDoubt: false },
	// The API sends on to an address that is none. It will do so again.
	misdirected: { retry: false, split: false, fatal: false, inDoubt: true },

	// The API asks for a slower pace and has not done anything. Smaller batches would be more requests.
	throttled: { retry: true, split: false, fatal: false, inDoubt: false },
	// The key, its rights or the tenant alias is wrong.
	locked: { retry: false, split: false, fatal: true, inDoubt: false },
	// The API has trouble, which may pass, or which the size of a batch makes. The work may be done nevertheless.
	trouble: { retry: true, split: true, fatal: false, inDoubt: true },
	// GraphQL errors without a status come at any stage, also after the work was done, and for any reason.
	unexplained: { retry: false, split: true, fatal: false, inDoubt: true },
	// The API rejects what is in the request: one participant of a batch, or the number of them.
	rejected: { retry: false, split: true, fatal: false, inDoubt: false },
	// A redirect, which is not followed.
	redirected: { retry: false, split: false, fatal: false, inDoubt: false },

	// The API did its part, and the result is not what was asked for.
	unmet: { retry: false, split: false, fatal: false, inDoubt: false },
} as const satisfies Record<string, Policy>;

type Case = keyof typeof POLICIES;

/** Codes that concern the tenant as a whole. */
const TENANT_CODES: ReadonlySet<string | undefined> = new Set([
	'RS015',
	'RS038',
	'RS045',
	'TENANT_NOT_FOUND',
]);

const isOfTenant = ({ rsCode, apiErrorCode }: AdvocateError): boolean =>
	TENANT_CODES.has(rsCode) || TENANT_CODES.has(apiErrorCode);

function caseOf(error: AdvocateError): Case {
	switch (error.kind) {
		case 'cancelled':
			return 'stopped';
		case 'gaveUp':
			return 'gaveUp';
		case 'noAnswer':
			return error.permanent ? 'unreachable' : 'unanswered';
		case 'badAnswer':
			if (error.permanent) return error.neverSent ? 'closedLink' : 'tooLarge';
			return caseOfBadAnswer(error.statusCode ?? 200);
		case 'mismatch':
		case 'missing':
			return 'unmet';
		case 'api':
			return caseOfApiError(error);
	}
}

function caseOfBadAnswer(statusCode: number): Case {
	if (statusCode < 300) return 'unreadable';
	return statusCode < 400 ? 'misdirected' : 'intercepted';
}

/** A code says more than the status beside it, so codes go first. */
function caseOfApiError(error: AdvocateError): Case {
	const { statusCode, rsCode } = error;
	if (statusCode === 429 || rsCode === 'RS033') return 'throttled';
	if (statusCode === 401 || isOfTenant(error)) return 'locked';
	if (statusCode === undefined) return 'unexplained';
	if (statusCode === 403 && !error.ofOneParticipant) return 'locked';
	if (statusCode === 408 || statusCode >= 500) return 'trouble';
	return statusCode >= 400 ? 'rejected' : 'redirected';
}

const policyOf = (error: AdvocateError): Policy => POLICIES[caseOf(error)];

/** Whether the same request may succeed a little later. */
export const isRetryable = (error: AdvocateError): boolean => policyOf(error).retry;

/**
 * Whether the same may succeed at another time, with nothing changed: the API, or the way to it, had trouble or too much
 * to do, also for longer than the run waits.
 */
export function mayPass(error: AdvocateError): boolean {
	if (isRetryable(error)) return true;
	const { kind, statusCode = 503 } = error;
	return kind === 'gaveUp' && (statusCode === 408 || statusCode === 429 || statusCode >= 500);
}

/** Whether a batch that failed with it should be sent again in parts. */
export const isWorthSplitting = (error: AdvocateError): boolean => policyOf(error).split;

/** Whether no later request of the same run can succeed. */
export const isFatal = (error: AdvocateError): boolean => policyOf(error).fatal;

/** Whether the request may have been applied although it failed, by any of its attempts. */
export const mayHaveBeenApplied = (error: AdvocateError): boolean =>
	error.mayBeApplied === true || policyOf(error).inDoubt;

/** Whether an answer was cut off, so that asking for less may help. */
export const isTooLarge = (error: AdvocateError): boolean => caseOf(error) === 'tooLarge';

/** Whether something before the API refused, so that the API never got the request. */
export const isIntercepted = (error: AdvocateError): boolean => caseOf(error) === 'intercepted';

/** Whether the API asks for a slower pace. */
export const isThrottle = (error: AdvocateError): boolean => caseOf(error) === 'throttled';

/** Whether no answer came in time. */
export const isTimeout = (error: AdvocateError): boolean =>
	caseOf(error) === 'unanswered' && error.timedOut === true;

/** Statuses with which a server, or a gateway before it, says that it has too much to do. */
const OVERLOAD_STATUSES: ReadonlySet<number | undefined> = new Set([408, 502, 503, 504]);

/** Whether the API, or the way to it, may have too much to do. */
export const isOverload = (error: AdvocateError): boolean =>
	caseOf(error) === 'unanswered' ||
	(caseOf(error) === 'trouble' && OVERLOAD_STATUSES.has(error.statusCode));

/** Whether the API refuses the way that a request took, which may be closed while another one is open. */
export const isClosedWay = (error: AdvocateError): boolean =>
	error.kind === 'api' &&
	error.statusCode === 403 &&
	caseOf(error) === 'locked' &&
	!isOfTenant(error);

/** Whether the API, or the way to it, has trouble: more than a limit that it enforces. */
export const isTrouble = (error: AdvocateError): boolean =>
	isRetryable(error) && !isThrottle(error);

/** Whether the answer means that the participant, account or segment asked for does not exist. */
export function isMissing(error: AdvocateError): boolean {
	if (error.kind !== 'api' || isOfTenant(error)) return false;
	if (error.rsCode === 'RS041' || error.rsCode === 'RS042') return true;
	// A 404 without the API's codes comes from something before it, and one for the address says nothing about IDs.
	return (
		error.statusCode === 404 &&
		error.apiErrorCode !== undefined &&
		error.apiErrorCode !== 'API_REQUEST_NOT_SUPPORTED'
	);
}

/**
 * What a look-up finds.
 * @returns nothing when the API says that there is no such thing
 * @throws AdvocateError for any other failure
 */
export async function unlessMissing<T>(lookUp: Promise<T>): Promise<T | undefined> {
	try {
		return await lookUp;
	} catch (caught) {
		const error = expectAdvocateError(caught);
		if (isMissing(error)) return undefined;
		throw error;
	}
}
