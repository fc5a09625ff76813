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
