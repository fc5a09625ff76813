/**
 * The API's limit on the rate: what its headers say, and a pace that keeps to it. Pure; times are milliseconds since the
 * epoch.
 */
import type { PortResponse } from './port';

/** A header that asks for more than a day is not a wait that we could honour, but garbage. */
const LONGEST_SENSIBLE_MS = 24 * 60 * 60 * 1000;

/** No number of seconds and no date is longer. What is would cost time to read, and says nothing. */
const LONGEST_HEADER = 64;

const single = (value: string | string[] | undefined): string | undefined =>
	Array.isArray(value) ? value[0] : value;

type Headers = PortResponse['headers'];

/**
 * Read `Retry-After` (seconds or HTTP date), else when the quota is full again (seconds from now, or since the epoch).
 * The API documents neither for this host, so both are honoured when present and never relied on.
 * @param now milliseconds since the epoch
 * @returns milliseconds from now; nothing when the headers are missing, unreadable or in the past
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
	return readWait(single(headers['retry-after']), now) ?? quotaOf(headers, now).resetMs;
}

/** What is left of a quota of requests, as far as an answer says so. */
export interface Quota {
	remaining?: number;
	/** Milliseconds until it is full again. */
	resetMs?: number;
}

/**
 * Read `X-RateLimit-Remaining` and `-Reset`, or those of the IETF draft: `RateLimit-Remaining` and `-Reset`, or both in
 * `RateLimit` (`limit=100, remaining=50, reset=5` or `"default";r=50;t=5`).
 * @param now milliseconds since the epoch
 */
export function quotaOf(headers: Headers, now: number): Quota {
	const fields = quotaFields(single(headers.ratelimit));
	const remaining =
		single(headers['x-ratelimit-remaining']) ??
		single(headers['ratelimit-remaining']) ??
		fields.get('remaining') ??
		fields.get('r');
	return {
		remaining: readCount(remaining),
		resetMs:
			readWait(single(headers['x-ratelimit-reset']), now) ??
			readWait(single(headers['ratelimit-reset']), now) ??
			readWait(fields.get('reset') ?? fields.get('t'), now),
	};
}

/** Of the first policy in the header. */
function quotaFields(header: string | undefined): ReadonlyMap<string, string> {
	const fields = new Map<string, string>();
	if (header === undefined || header.length > 4 * LONGEST_HEADER) return fields;
	for (const part of header.split(/[;,]/)) {
		const [name, value] = part.split('=').map((text) => text.trim());
		if (value !== undefined && !fields.has(name)) fields.set(name, value);
	}
	return fields;
}

const readCount = (text: string | undefined): number | undefined =>
	text !== undefined && /^\s{0,9}\d{1,15}\s{0,9}$/.test(text) ? Number(text) : undefined;

function readWait(header: string | undefined, now: number): number | undefined {
	// Cut before anything looks at it: even blanks take their time.
	const text = header?.slice(0, LONGEST_HEADER + 1).trim();
	if (text === undefined || text === '' || text.length > LONGEST_HEADER) return undefined;
	let wait: number;
	if (/^\d+(\.\d+)?$/.test(text)) {
		const seconds = Number(text);
		// A number this large is a moment, not a duration.
		wait = seconds > 1_000_000_000 ? seconds * 1000 - now : seconds * 1000;
	} else {
		// Only real dates: Date.parse also accepts texts such as "soon 1".
		if (!/^[A-Za-z]{3},? .*\d{4}.*\d{2}:\d{2}/.test(text)) return undefined;
		wait = Date.parse(text) - now;
	}
	return Number.isFinite(wait) && wait > 0 && wait <= LONGEST_SENSIBLE_MS ? wait : undefined;
}

/** Milliseconds between two requests after a 429 when nothing is known yet, at least and at most. */
const FIRST_GAP_MS = 100;
const SMALLEST_GAP_MS = 10;
const LONGEST_GAP_MS = 60_000;

/** What another 429 makes of the gap, at least and at most. */
const WIDEN_LEAST = 1.05;
const WIDEN_MOST = 3;

/** A success shrinks the gap by this share for every success since the last 429, and at most by the other one. */
const SHRINK = 0.000_1;
const SHRINK_MOST = 0.04;

/**
 * Spreads requests over time once the API has asked for a slower pace. After a pause all waiting requests would
 * otherwise leave at the same moment, and most of them be rejected again.
 */
export class Pace {
	/** Signs since anything went through. */
	signsInARow = 0;

	private gapMs = 0;

	private nextAt = 0;

	/** The last sign; before the first one, the first request. */
	private since = Infinity;

	/** Of the last sign. */
	private lastSignAt = -Infinity;

	private successes = 0;

	/**
	 * A request was one too many.
	 * @param leftAt when it left: those that left before the last sign belong to it
	 * @returns whether it is a sign of its own
	 */
	slowDown(leftAt: number, now: number): boolean {
		if (leftAt <= this.lastSignAt) return false;
		this.signsInARow++;
		// While nothing goes through, no pace would do.
		if (this.signsInARow === 1) this.widen(now);
		this.lastSignAt = now;
		return true;
	}

	/** The gap that was too small, and what went through with it, pauses included, lie on both sides of the right one. */
	private widen(now: number): void {
		const { gapMs, successes } = this;
		const achieved = successes === 0 ? FIRST_GAP_MS : (now - this.since) / successes;
		this.gapMs =
			gapMs === 0
				? Math.max(SMALLEST_GAP_MS, achieved)
				: Math.min(WIDEN_MOST * gapMs, Math.max(WIDEN_LEAST * gapMs, (gapMs + achieved) / 2));
		this.gapMs = Math.min(LONGEST_GAP_MS, this.gapMs);
		this.since = now;
		this.successes = 0;
	}

	/** A request went through. */
	speedUp(leftAt: number): void {
		this.since = Math.min(this.since, leftAt);
		this.successes++;
		if (leftAt > this.lastSignAt) this.signsInARow = 0;
		this.gapMs *= 1 - Math.min(SHRINK_MOST, SHRINK * this.successes);
		if (this.gapMs < SMALLEST_GAP_MS / 2) this.gapMs = 0;
	}

	/**
	 * Take the next place in the row of requests.
	 * @returns milliseconds until it
	 */
	reserve(now: number): number {
		if (this.gapMs === 0) return 0;
		const at = Math.max(now, this.nextAt);
		this.nextAt = at + this.gapMs;
		return at - now;
	}
}
