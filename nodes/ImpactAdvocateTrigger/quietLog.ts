/** Keeps the log readable when strangers call: one line a minute says how many calls there were, and why they failed. */

const PAUSE_MS = 60_000;

/** More would be a list that nobody reads. */
const MAX_REASONS = 10;

const OTHER_REASONS = 'other reasons';

/** The calls of one kind since the last line about them. */
interface Backlog {
	saidAt: number;
	reasons: Map<string, number>;
}

/** What a line is about: how many calls, and why. */
export interface Summary {
	calls: number;
	reasons: string;
}

export class QuietLog {
	private readonly backlogs = new Map<string, Backlog>();

	constructor(private readonly now: () => number) {}

	/**
	 * Count a call.
	 * @param kind what is told apart in the log: the node, and what became of the call
	 * @returns what to say now: this call, and those since the last line; nothing when that is less than a minute ago
	 */
	count(kind: string, reason: string): Summary | undefined {
		const now = this.now();
		let backlog = this.backlogs.get(kind);
		if (backlog === undefined) {
			backlog = { saidAt: -Infinity, reasons: new Map() };
			this.backlogs.set(kind, backlog);
		}
		const { reasons, saidAt } = backlog;
		const counted = reasons.has(reason) || reasons.size < MAX_REASONS ? reason : OTHER_REASONS;
		reasons.set(counted, (reasons.get(counted) ?? 0) + 1);
		// A clock that was set back must not make it silent.
		if (now >= saidAt && now - saidAt < PAUSE_MS) return undefined;
		backlog.saidAt = now;
		backlog.reasons = new Map();
		return summary([...reasons]);
	}
}

function summary(counts: Array<[reason: string, calls: number]>): Summary {
	const calls = counts.reduce((sum, [, count]) => sum + count, 0);
	const reasons = counts.map(([reason, count]) => (calls > 1 ? `${reason} (${count})` : reason));
	return { calls, reasons: reasons.join(', ') };
}
