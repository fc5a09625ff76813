/** Whether an event is about somebody in the chosen segments ('Only in Segment Names or IDs'). */
import type { Transport } from '../shared/advocate/client/transport';
import { lookUpParticipants, mustTellSegments } from '../shared/advocate/participants';
import { participantsOf, segmentsIn } from './events';
import type { AdvocateEvent } from './events';

/** `inside`: one of its participants is in a chosen segment. `nameless`: it names nobody who could be looked up. */
export type Whereabouts = 'inside' | 'outside' | 'nameless';

/**
 * Find out where an event's participants are. Costs one request, unless the event itself tells.
 * @param chosen keys of the chosen segments
 * @throws AdvocateError when the participants can't be looked up
 */
export async function findWhereabouts(
	event: AdvocateEvent,
	chosen: readonly string[],
	transport: Transport,
): Promise<Whereabouts> {
	const segments = segmentsIn(event) ?? (await lookUpSegments(event, transport));
	if (segments === undefined) return 'nameless';
	return segments.some((key) => chosen.includes(key)) ? 'inside' : 'outside';
}

/** All segments that any participant of the event is in; nothing when it names none. */
async function lookUpSegments(
	event: AdvocateEvent,
	transport: Transport,
): Promise<string[] | undefined> {
	const participants = participantsOf(event);
	if (participants.length === 0) return undefined;
	const found = await lookUpParticipants(transport, participants);
	return found.flatMap((participant) =>
		participant === undefined ? [] : mustTellSegments(participant),
	);
}
