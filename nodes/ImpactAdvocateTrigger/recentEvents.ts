/**
 * Remembers which events were seen. Stored with the workflow, in as little room as possible since n8n copies that into
 * every execution; and in memory, since n8n 2 does not always save what a webhook changes.
 */
import { createHash } from 'node:crypto';

/** How many events are remembered. */
export const REMEMBERED_EVENTS = 500;

/** 72 bits: among 500 events, two share a mark once in 10^16 times. */
const MARK_LENGTH = 12;

/** A short stand-in for an event ID, whatever its length. */
function markOf(eventId: string): string {
	return createHash('sha256').update(eventId).digest('base64url').slice(0, MARK_LENGTH);
}

/** The marks as they are stored: oldest first, one after the other. */
function readMarks(stored: unknown): string[] {
	return typeof stored === 'string' ? (stored.match(/.{12}/g) ?? []) : [];
}

/**
 * Remember an event, and forget the oldest when there are too many.
 * @returns what to store, or nothing when the event was seen before
 */
export function rememberEvent(stored: unknown, eventId: string): string | undefined {
	const marks = readMarks(stored);
	const mark = markOf(eventId);
	if (marks.includes(mark)) return undefined;
	return [...marks, mark].slice(-REMEMBERED_EVENTS).join('');
}

/** Marks of the events that this process has answered with 200, by node. */
export class AnsweredEvents {
	private readonly nodes = new Map<string, string>();

	has(node: string, eventId: string): boolean {
		return readMarks(this.nodes.get(node)).includes(markOf(eventId));
	}

	add(node: string, eventId: string): void {
		const remembered = rememberEvent(this.nodes.get(node), eventId);
		if (remembered !== undefined) this.nodes.set(node, remembered);
	}
}
