/**
 * Remembers which events were seen. Stored with the workflow, in as little room as possible since n8n copies that into
 * every execution; and in memory, since n8n 2 does not always save what a webhook changes.
 */
import { markOf } from '../shared/advocate/client/values';

/** How many events are remembered. */
export const REMEMBERED_EVENTS = 500;

/** 72 bits: among 500 events, two share a mark once in 10^16 times. */
const MARK_LENGTH = 12;

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
	const mark = markOf(eventId, MARK_LENGTH);
	if (marks.includes(mark)) return undefined;
	return [...marks, mark].slice(-REMEMBERED_EVENTS).join('');
}

/**
 * What this process knows of a node's events: those it has answered with 200, and those it is answering now. Claiming
 * one is a single step, so of two deliveries at the same instant only one is the first.
 */
export class EventLedger {
	private readonly answered = new Map<string, string>();

	private readonly claimed = new Set<string>();

	/**
	 * Claim an event, to answer it.
	 * @returns whether it is `free` and now claimed, `busy` in another call, or `known` as answered with 200
	 */
	claim(node: string, eventId: string): 'free' | 'busy' | 'known' {
		if (rememberEvent(this.answered.get(node), eventId) === undefined) return 'known';
		const claim = `${node}\n${eventId}`;
		if (this.claimed.has(claim)) return 'busy';
		this.claimed.add(claim);
		return 'free';
	}

	/** End a claim. An event that was not answered with 200 may be claimed again. */
	settle(node: string, eventId: string, isAnswered: boolean): void {
		this.claimed.delete(`${node}\n${eventId}`);
		const remembered = rememberEvent(this.answered.get(node), eventId);
		if (isAnswered && remembered !== undefined) this.answered.set(node, remembered);
	}
}
