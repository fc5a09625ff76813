/**
 * Remembers when test events came. One may carry no time, so its age counts from the first time that it was seen here;
 * otherwise a recorded call could be sent again for ever.
 */
import type { IDataObject } from 'n8n-workflow';
import { markOf } from '../shared/advocate/client/values';

/** Somebody presses a button for each, so this is a lot. */
export const REMEMBERED_TESTS = 50;

const MARK_LENGTH = 12;

/** Times by mark, oldest first. */
type Times = Array<[mark: string, at: number]>;

function readTimes(stored: unknown): Times {
	return Object.entries(Object(stored) as IDataObject).filter(
		(entry): entry is [string, number] => typeof entry[1] === 'number',
	);
}

/** What is stored with the workflow, and what this process knows: n8n 2 does not always save what a webhook changes. */
export class TestEventTimes {
	private readonly known = new Map<string, Times>();

	/**
	 * When an event was seen first: now, unless it is remembered.
	 * @param node the trigger that received it
	 * @param staticData where it is stored
	 */
	firstSeen(node: string, staticData: IDataObject, eventId: string, now: number): number {
		const mark = markOf(eventId, MARK_LENGTH);
		const times = new Map(this.known.get(node));
		for (const [name, at] of readTimes(staticData.testEvents)) {
			times.set(name, Math.min(at, times.get(name) ?? Infinity));
		}
		const seenAt = times.get(mark);
		if (seenAt !== undefined) return seenAt;
		const remembered = [...times.set(mark, now)].slice(-REMEMBERED_TESTS);
		this.known.set(node, remembered);
		Object.assign(staticData, { testEvents: Object.fromEntries(remembered) });
		return now;
	}
}
