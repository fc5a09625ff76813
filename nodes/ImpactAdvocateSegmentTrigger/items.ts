/** The items that changes are put out as. */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { isoDate, markOf } from '../shared/advocate/client/values';
import type { Segment } from '../shared/advocate/segments';
import type { ParticipantId, ParticipantRecord } from '../shared/advocate/participants';
import type { MemberChange } from './comparison';
import type { SegmentEvent } from './settings';

/** What all items of one poll share. */
export interface PollFacts {
	event: SegmentEvent;
	tenant: string;
	segments: readonly Segment[];
	/** Counts the changes seen so far. */
	generation: number;
	/** Milliseconds since the epoch. */
	now: number;
}

/** Whether a change is one that the workflow waits for. */
export function startsWorkflow({ entered, left }: MemberChange, event: SegmentEvent): boolean {
	return event === 'changed' || (event === 'entered' ? entered : left).length > 0;
}

/**
 * A participant as items show one: as the API has it, dates as text that n8n's date functions read.
 * @param record nothing when the participant was not looked up, or does not exist any more
 */
export function shownParticipant(
	participant: ParticipantId,
	record: ParticipantRecord | undefined,
	exists: boolean,
): IDataObject {
	const shown: IDataObject = { ...participant, ...(record as IDataObject | undefined) };
	if (shown.dateCreated !== undefined) shown.dateCreated = isoDate(shown.dateCreated);
	return { ...shown, exists };
}

/** The items of one participant's change: one per segment, or one for all. */
export function describeChange(
	{ event, tenant, segments, generation, now }: PollFacts,
	{ member, entered, left }: MemberChange,
	participant: IDataObject,
): INodeExecutionData[] {
	const detectedAt = new Date(now).toISOString();
	const named = (key: string): IDataObject => ({
		key,
		name: segments.find((segment) => segment.key === key)?.name ?? null,
	});
	// The same change found again, after a crash before n8n saved, has the same ID.
	const eventId = (what: string) =>
		markOf(JSON.stringify([tenant, event, what, member, generation]), 22);
	if (event === 'changed') {
		const item = {
			eventId: eventId(''),
			event,
			entered: entered.map(named),
			left: left.map(named),
			participant,
			detectedAt,
		};
		return [{ json: item }];
	}
	return (event === 'entered' ? entered : left).map((key) => ({
		json: { eventId: eventId(key), event, segment: named(key), participant, detectedAt },
	}));
}
