/** What a poll starts with: the settings, the way to the API, and what the API says of the watched segments. */
import type { IPollFunctions } from 'n8n-workflow';
import { listAllSegments } from '../shared/advocate/segments';
import type { Segment } from '../shared/advocate/segments';
import type { Transport } from '../shared/advocate/client/transport';
import { ParameterError } from '../shared/n8n/nodeErrors';
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
	if (chosen === undefined) return await listAllSegments(transport, () => true);
	const segments = await listAllSegments(transport, ({ key }) => chosen.includes(key));
	const missing = chosen.find((key) => !segments.some((segment) => segment.key === key));
	if (missing === undefined) return segments;
	throw new ParameterError(
		`There is no segment '${missing}'`,
		"Choose it from the list of 'Segment Names or IDs', or create it first. Segment keys are case-sensitive",
	);
}
