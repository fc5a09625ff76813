/**
 * The plan code: what a dry run shows and a person puts into the field *Plan Code* to allow exactly these removals. A
 * number would allow any others as well, and would go on allowing them.
 */
import { createHash } from 'node:crypto';
import { participantKey } from '../../shared/advocate/participants';
import type { ParticipantId } from '../../shared/advocate/participants';

/** How long a code is valid, in milliseconds. */
export const CODE_VALID_MS = 24 * 60 * 60 * 1000;

/** Clocks of two machines may differ by this. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

/** What a code allows: these people out of this segment of this tenant. */
export interface CodedPlan {
	tenantMark: string;
	segment: string;
	leavers: readonly ParticipantId[];
}

/** A code for a plan: number of removals, time of issue, and a mark of both and of whom they are. */
export function issuePlanCode(plan: CodedPlan, now: number): string {
	const issuedAt = Math.floor(now / 1000).toString(36);
	return `${plan.leavers.length}-${issuedAt}-${markOfPlan(plan, issuedAt)}`;
}

/** What a code is worth for a plan. */
export type CodeVerdict =
	| { verdict: 'valid' }
	| { verdict: 'none' }
	| { verdict: 'unreadable' }
	| { verdict: 'expired' }
	/** It is for another plan. */
	| { verdict: 'other'; removals: number };

/** Whether a code allows what a plan is going to do. */
export function checkPlanCode(code: string, plan: CodedPlan, now: number): CodeVerdict {
	const text = code.trim().toLowerCase();
	if (text === '') return { verdict: 'none' };
	const match = /^(\d{1,9})-([0-9a-z]{1,9})-([0-9a-f]{16})$/.exec(text);
	if (match === null) return { verdict: 'unreadable' };
	const [, count, issuedAt, mark] = match;
	const age = now - parseInt(issuedAt, 36) * 1000;
	if (age > CODE_VALID_MS || age < -CLOCK_TOLERANCE_MS) return { verdict: 'expired' };
	const isThis = Number(count) === plan.leavers.length && mark === markOfPlan(plan, issuedAt);
	return isThis ? { verdict: 'valid' } : { verdict: 'other', removals: Number(count) };
}

function markOfPlan({ tenantMark, segment, leavers }: CodedPlan, issuedAt: string): string {
	// Lengths go before the texts: no two plans make the same text.
	const hash = createHash('sha256');
	const add = (text: string) => hash.update(`${text.length}:${text}`);
	for (const text of [tenantMark, segment, issuedAt, ...leavers.map(participantKey).sort()]) {
		add(text);
	}
	return hash.digest('hex').slice(0, 16);
}
