/** Chooses between reading participants page by page and the API's own export job. */
import type { Transport } from '../../shared/advocate/client/transport';
import type { MembershipFilter } from '../../shared/advocate/participants';
import { countParticipants } from './jobExport';

export const EXPORT_ENGINES = ['auto', 'job', 'pages'] as const;

export type ExportEngine = (typeof EXPORT_ENGINES)[number];

/**
 * Above this many participants, Automatic tries an export job. In pages of 1,000 they are 100 requests, a minute or two;
 * where the API gives pages of 100, ten times as many.
 */
const JOB_THRESHOLD = 100_000;

/** Of the time that the execution has left, what a job may take: paging has to be possible after it. */
const SHARE_OF_EXECUTION = 0.5;

const MINUTE_MS = 60_000;

/**
 * The engine that an export begins with.
 * @throws AdvocateError
 */
export async function firstEngine(
	transport: Transport,
	engine: ExportEngine,
	filter: MembershipFilter,
): Promise<Exclude<ExportEngine, 'auto'>> {
	if (engine !== 'auto') return engine;
	return (await countParticipants(transport, filter)) > JOB_THRESHOLD ? 'job' : 'pages';
}

/**
 * How long a job may take, in milliseconds.
 * @param hostEndsAt when the host ends the execution, as far as it says so
 */
export function jobWaitMs(now: number, maxMinutes: number, hostEndsAt: number | undefined): number {
	const wanted = maxMinutes * MINUTE_MS;
	if (hostEndsAt === undefined) return wanted;
	return Math.max(0, Math.min(wanted, (hostEndsAt - now) * SHARE_OF_EXECUTION));
}
