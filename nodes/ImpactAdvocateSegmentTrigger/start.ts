/** What a poll starts with: the settings, the way to the API, and what the API says of the watched segments. */
import type { IPollFunctions } from 'n8n-workflow';
import { listAllSegments } from '../shared/advocate/segments';
import type { Segment } from '../shared/advocate/segments';
import type { Transport } from '../shared/advocate/client/transport';
import { namingParameter } from '../shared/n8n/parameterValues';
import { expectSegment, SegmentNames } from '../shared/segments/names';
import { openTransport } from '../shared/n8n/port';
import { readSettings } from './settings';
import type { SegmentTriggerSettings } from './settings';

const LIMITS = { timeoutMs: 30_000, maxWaitMs: 60_000 };

/** A poll under way. */
export interface Poll {
	context: IPollFunctions;
	settings: SegmentTriggerSettings;
	transport: Transport;
	/** Marks the tenant. */
	tenant: string;
	/** Segments that are watched. */
	segments: Segment[];
	/** Whether a segment is watched. */
	isWatched: (key: string) => boolean;
	/** When n8n gives the poll up, in milliseconds since the epoch. */
	deadline: number;
}

/**
 * Get ready for a poll.
 * @throws ParameterError or AdvocateError
 */
export async function startPoll(context: IPollFunctions): Promise<Poll> {
	const settings = readSettings(context);
	const { transport, credential } = await openTransport(context, LIMITS);
	// Older versions of n8n set no limit.
	const budget =
		typeof context.getPollBudgetMs === 'function' ? context.getPollBudgetMs() : Infinity;
	const deadline = transport.now() + budget;
	const segments = await watchedSegments(transport, settings.segments);
	const keys = new Set(segments.map(({ key }) => key));
	return {
		context,
		settings,
		transport,
		tenant: credential.tenantMark,
		segments,
		isWatched: (key) => keys.has(key),
		deadline,
	};
}

/** The chosen segments, or all. */
async function watchedSegments(
	transport: Transport,
	chosen: readonly string[] | undefined,
): Promise<Segment[]> {
	const all = await listAllSegments(transport);
	if (chosen === undefined) return all;
	const names = new SegmentNames();
	for (const segment of all) names.add(segment);
	const keys = new Set<string>();
	for (const text of chosen) {
		try {
			keys.add(expectSegment(text, names.find(text), 'find').key);
		} catch (error) {
			throw namingParameter(error, 'Segment Names or IDs');
		}
	}
	return all.filter(({ key }) => keys.has(key));
}
