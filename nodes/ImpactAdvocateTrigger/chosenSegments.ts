/**
 * The keys of the segments in 'Only in Segment Names or IDs', and whether an event is about somebody in them. They are
 * looked up when the workflow is published and kept in its static data, so that an event costs no request for them, and
 * a segment that is given another name stays chosen.
 */
import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import type { Transport } from '../shared/advocate/client/transport';
import { isRecord } from '../shared/advocate/client/values';
import { SegmentDirectory } from '../shared/advocate/segmentDirectory';
import { namingParameter } from '../shared/n8n/parameterValues';
import { resolvedList } from '../shared/segments/names';
import { lookUpParticipants, mustTellSegments } from '../shared/advocate/participants';
import { participantsOf, segmentsIn } from './events';
import type { AdvocateEvent } from './events';

/**
 * Look the chosen segments up and keep their keys.
 * @param tenant marks the tenant: the same name is another segment elsewhere
 * @throws ParameterError when a text names no segment, AdvocateError when that can't be found out
 */
export async function lookUpChosen(
	context: IHookFunctions | IWebhookFunctions,
	{ transport, tenant, texts }: { transport: Transport; tenant: string; texts: readonly string[] },
): Promise<readonly string[]> {
	const staticData = context.getWorkflowStaticData('node');
	if (texts.length === 0) {
		delete staticData.chosenSegments;
		return texts;
	}
	const directory = new SegmentDirectory(transport);
	await directory.read(texts);
	if (directory.note !== undefined) context.logger.warn(directory.note);
	let keys: readonly string[];
	try {
		keys = resolvedList(texts, 'find', directory.keyOf('never'));
	} catch (error) {
		throw namingParameter(error, 'Only in Segment Names or IDs');
	}
	staticData.chosenSegments = { tenant, texts: [...texts], keys: [...keys] };
	return keys;
}

/**
 * The keys that were kept, or looked up now when the texts are others: those of an expression can change.
 * @throws as `lookUpChosen`
 */
export async function chosenKeys(
	context: IWebhookFunctions,
	chosen: { transport: Transport; tenant: string; texts: readonly string[] },
): Promise<readonly string[]> {
	const { tenant, texts } = chosen;
	const kept: unknown = context.getWorkflowStaticData('node').chosenSegments;
	if (isRecord(kept) && kept.tenant === tenant && sameTexts(kept.texts, texts)) {
		return kept.keys as string[];
	}
	return await lookUpChosen(context, chosen);
}

const sameTexts = (kept: unknown, texts: readonly string[]): boolean =>
	Array.isArray(kept) &&
	kept.length === texts.length &&
	texts.every((text, index) => text === kept[index]);

/** `inside`: one of its participants is in a chosen segment. `nameless`: it names nobody who could be looked up. */
type Whereabouts = 'inside' | 'outside' | 'nameless';

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
