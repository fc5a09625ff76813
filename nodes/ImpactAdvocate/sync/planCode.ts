/**
 * The plan code: what a dry run shows and a person puts into the field *Plan Code* to allow exactly this plan. A number
 * would allow any other people as well, and would go on allowing them.
 */
import { createHash } from 'node:crypto';
import { participantKey } from '../../shared/advocate/participants';
import type { ParticipantId } from '../../shared/advocate/participants';
import { keyedHash } from '../import/plan/participantIndex';
import { endsStep } from './compare';
import type { Steps } from './compare';

/** How long a code is valid, in milliseconds. */
export const CODE_VALID_MS = 24 * 60 * 60 * 1000;

/** Clocks of two machines may differ by this. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

/** What a code stands for: these people out of this segment of this tenant, and those into it. */
export interface CodedPlan {
	tenantMark: string;
	segment: string;
	leavers: readonly ParticipantId[];
	joiners: readonly ParticipantId[];
	/** `markOfPeople` of all whom the list names, members and joiners. It stays while joiners become members. */
	listed: string;
}

/** A code for a plan: numbers of removals and additions, time of issue, and marks of who they are. */
export function issuePlanCode(plan: CodedPlan, now: number): string {
	const issuedAt = Math.floor(now / 1000).toString(36);
	const { leavers, joiners } = plan;
	const start = `${leavers.length}-${joiners.length}-${issuedAt}`;
	const { segment, leaving, joining, listed } = marksOf(plan, start);
	return `${start}-${segment}${leaving}${joining}${listed}`;
}

/** Where a plan is not the one that a code is for. `list`: fewer join, and not because the others have joined already. */
export type Difference = 'segment' | 'leavers' | 'joiners' | 'list';

/** What a code is worth for a plan. */
export type CodeVerdict =
	| { verdict: 'valid' }
	| { verdict: 'none' }
	| { verdict: 'unreadable' }
	| { verdict: 'expired' }
	/** It is for another plan, with so many removals and additions. */
	| { verdict: 'other'; differs: Difference[]; removals: number; additions: number };

const CODE = /^(\d{1,9})-(\d{1,9})-[0-9a-z]{1,9}-([0-9a-f]{36})$/;

/**
 * Whether a plan is what a code is for. The people who leave have to be the same, to the last one. Fewer may join when
 * the list names the same people as then: a run with this code has added the others.
 */
export function checkPlanCode(code: string, plan: CodedPlan, now: number): CodeVerdict {
	const text = code.trim().toLowerCase();
	if (text === '') return { verdict: 'none' };
	const match = CODE.exec(text);
	if (match === null) return { verdict: 'unreadable' };
	const [, removals, additions, marks] = match;
	const start = text.slice(0, text.lastIndexOf('-'));
	const age = now - parseInt(start.slice(start.lastIndexOf('-') + 1), 36) * 1000;
	if (age > CODE_VALID_MS || age < -CLOCK_TOLERANCE_MS) return { verdict: 'expired' };
	const differs = differencesOf(marks, marksOf(plan, start), plan, Number(additions));
	return differs.length === 0
		? { verdict: 'valid' }
		: { verdict: 'other', differs, removals: Number(removals), additions: Number(additions) };
}

function differencesOf(
	marks: string,
	{ segment, leaving, joining, listed }: Marks,
	{ joiners }: CodedPlan,
	additions: number,
): Difference[] {
	if (!marks.startsWith(segment)) return ['segment'];
	const differs: Difference[] = [];
	if (marks.slice(4, 20) !== leaving) differs.push('leavers');
	if (marks.slice(20, 28) === joining) return differs;
	if (joiners.length >= additions) differs.push('joiners');
	else if (marks.slice(28) !== listed) differs.push('list');
	return differs;
}

interface Marks {
	segment: string;
	leaving: string;
	joining: string;
	listed: string;
}

/** @param start of the code: the same plan has other marks in each */
function marksOf(plan: CodedPlan, start: string): Marks {
	const { tenantMark, segment, leavers, joiners, listed } = plan;
	const mark = (length: number, what: string, texts: readonly string[]): string => {
		// Lengths go before the texts: no two plans make the same text.
		const hash = createHash('sha256');
		for (const text of [tenantMark, segment, start, what, ...texts]) {
			hash.update(`${text.length}:${text}`);
		}
		return hash.digest('hex').slice(0, length);
	};
	return {
		segment: mark(4, 'segment', []),
		leaving: mark(16, 'leavers', leavers.map(participantKey).sort()),
		joining: mark(8, 'joiners', joiners.map(participantKey).sort()),
		listed: mark(8, 'listed', [listed]),
	};
}

/** The same for the same people in any order. They may be a million, so they are neither kept nor sorted. */
export function* markOfPeople(...groups: Array<Iterable<ParticipantId>>): Steps<string> {
	const hashOf = keyedHash(new Uint8Array(8));
	let count = 0;
	let sums: [number, number] = [0, 0];
	for (const people of groups) {
		for (const one of people) {
			if (endsStep(count)) yield;
			const [first, second] = hashOf(participantKey(one));
			sums = [(sums[0] + first) >>> 0, (sums[1] + second) >>> 0];
			count++;
		}
	}
	return [count, ...sums].join(' ');
}
