/** How long an answer asks us to wait. Pure. */
import type { PortResponse } from './port';

/** A wait longer than a day is no wait we could honour; the header is then taken as garbage. */
const LONGEST_SENSIBLE_MS = 24 * 60 * 60 * 1000;

/** No number of seconds and no date is longer. What is would cost time to read, and says nothing. */
const LONGEST_HEADER = 64;

const single = (value: string | string[] | undefined): string | undefined =>
	Array.isArray(value) ? value[0] : value;

/**
 * Read `Retry-After` (seconds or HTTP date), else `X-RateLimit-Reset` (seconds from now, or seconds since the epoch).
 * The API documents neither for this host, so both are honoured when present and never relied on.
 * @param now milliseconds since the epoch
 * @returns milliseconds from now; nothing when the headers are absent, unreadable or in the past
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
