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

/**
 * Read `Retry-After` (seconds or HTTP date), else `X-RateLimit-Reset` (seconds from now, or seconds since the epoch).
 * The API documents neither for this host, so both are honoured when present and never relied on.
 * @param now milliseconds since the epoch
 * @returns milliseconds from now; nothing when the headers are missing, unreadable or in the past
 */
export function retryAfterMs(headers: PortResponse['headers'], now: number): number | undefined {
	return (
		readWait(single(headers['retry-after']), now) ??
		readWait(single(headers['x-ratelimit-reset']), now)
	);
}

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

/** Milliseconds between two requests after the first 429, and at most. */
const FIRST_GAP_MS = 100;
const LONGEST_GAP_MS = 10_000;

/** What a success makes of the gap: it shrinks slowly, since the limit is most likely still there. */
const SHRINK = 0.97;

/** A gap this small no longer matters. */
const SMALLEST_GAP_MS = 10;

/** Answers of 429 this close together are one sign, not many. */
export const SAME_MOMENT_MS = 250;

/**
 * Spreads requests over time once the API has asked for a slower pace. After a pause all waiting requests would
 * otherwise leave at the same moment, and most of them be rejected again.
 */
export class Pace {
	private gapMs = 0;

	private nextAt = 0;

	/** Whether anything went through at the present pace. Only then does a 429 say that it is too fast. */
	private hasPassed = true;

	private lastThrottleAt = -Infinity;

	/** A request was one too many. */
	slowDown(now: number): void {
		// While nothing goes through, no pace would do: those that follow each other are one sign as well.
		if (!this.hasPassed || now - this.lastThrottleAt < SAME_MOMENT_MS) return;
		this.hasPassed = false;
		this.lastThrottleAt = now;
		this.gapMs = Math.min(LONGEST_GAP_MS, Math.max(FIRST_GAP_MS, this.gapMs * 2));
	}

	/** A request went through. */
	speedUp(): void {
		this.hasPassed = true;
		this.gapMs *= SHRINK;
		if (this.gapMs < SMALLEST_GAP_MS) this.gapMs = 0;
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
