/** Values on their way from and to the API. */
import { createHash } from 'node:crypto';

/** Whether a parsed JSON value is an object, neither an array nor null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A value as the bytes of a JSON text. What waits for an answer keeps these, not the value: a thousand small objects
 * would be moved again and again by the garbage collection.
 */
export function jsonBytes(value: unknown): Buffer {
	return Buffer.from(JSON.stringify(value));
}

/**
 * A date of the API as an ISO text, which n8n's date functions read.
 * @param milliseconds since the epoch
 * @returns null when there is no date
 */
export function isoDate(milliseconds: unknown): string | null {
	if (milliseconds === null || milliseconds === undefined) return null;
	const date = new Date(Number(milliseconds));
	return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/**
 * A short text that stands for a longer one.
 * @param length characters, each worth 6 bits
 */
export function markOf(text: string, length: number): string {
	return createHash('sha256').update(text).digest('base64url').slice(0, length);
}
