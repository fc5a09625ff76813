/** How long an import may run: it ends by itself, with an account of what it did, before somebody else ends it. */
import { AdvocateError } from '../../shared/advocate/client/error';

/** When an import has to end. Times are milliseconds since the epoch. */
export interface RunTime {
	/** Nothing new is sent from then on. */
	stopAt: number;
	/** What is under way then is given up. */
	endAt: number;
	/** Why, as a sentence without a full stop. */
	reason: string;
}

const MINUTE_MS = 60_000;

/** How long what is under way may take to be answered. */
const LAST_ANSWERS_MS = 30_000;

/**
 * Of the time that the host leaves, what is kept for the last answers, the report and the nodes that come after: a
 * tenth, within these bounds, and never more than half of it.
 */
const SHARE_KEPT = 0.1;
const LEAST_KEPT_MS = 5_000;
const MOST_KEPT_MS = 60_000;

/** How to go on after the end. */
export const HOW_TO_GO_ON =
	"Import the file again with 'nextRow' of the summary as 'Start at Row' in the option 'Rows', or with 'Resume Interrupted Import'";

/**
 * When an import that begins now has to end.
 * @param maxMinutes what the user allows; 0 for no limit
 * @param hostEndsAt when the host ends the run, as far as it says so
 * @returns nothing when there is no limit
 */
export function runTimeOf(
	now: number,
	maxMinutes: number,
	hostEndsAt: number | undefined,
): RunTime | undefined {
	const times: RunTime[] = [];
	if (maxMinutes > 0) {
		const stopAt = now + maxMinutes * MINUTE_MS;
		const minutes = `${maxMinutes} ${maxMinutes === 1 ? 'minute' : 'minutes'}`;
		const reason = `The import ended after ${minutes}, as set in 'Max Run Time'`;
		times.push({ stopAt, endAt: stopAt + LAST_ANSWERS_MS, reason });
	}
	if (hostEndsAt !== undefined) {
		const left = Math.max(0, hostEndsAt - now);
		const wanted = Math.min(MOST_KEPT_MS, Math.max(LEAST_KEPT_MS, left * SHARE_KEPT));
		const kept = Math.min(wanted, left / 2);
		times.push({
			stopAt: hostEndsAt - kept,
			endAt: hostEndsAt - kept / 2,
			reason: "The import ended because the execution's time-out is near",
		});
	}
	const [first, second] = times.sort((a, b) => a.stopAt - b.stopAt);
	if (second === undefined) return first;
	return { ...first, endAt: Math.min(first.endAt, second.endAt) };
}

/** Why nothing new may be sent any more; nothing while there is time. */
export const reasonInTime = (runTime: RunTime | undefined, now: number): string | undefined =>
	runTime !== undefined && now >= runTime.stopAt ? runTime.reason : undefined;

/** The same as an error, for what is not sent because of it. */
export function errorInTime(runTime: RunTime | undefined, now: number): AdvocateError | undefined {
	const reason = reasonInTime(runTime, now);
	if (reason === undefined) return undefined;
	return new AdvocateError(reason, { kind: 'gaveUp', neverSent: true, hint: HOW_TO_GO_ON });
}

/** How a run ended. */
interface End {
	stopReason?: string;
	fatalError?: AdvocateError;
}

/** The end of a run, in which the time that was over is not a failure, also not for what it cut off. */
export function endInTime(runTime: RunTime | undefined, { stopReason, fatalError }: End): End {
	return runTime !== undefined && fatalError?.message === runTime.reason
		? { stopReason: runTime.reason, fatalError: undefined }
		: { stopReason, fatalError };
}
