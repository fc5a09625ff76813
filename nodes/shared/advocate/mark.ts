import { createHash } from 'node:crypto';

/**
 * A short text that stands for a longer one.
 * @param length characters, each worth 6 bits
 */
export function markOf(text: string, length: number): string {
	return createHash('sha256').update(text).digest('base64url').slice(0, length);
}
