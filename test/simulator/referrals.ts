/** Programs, and the referrals they count. */
import type { SimulatorState } from './state';

export interface Program {
	id: string;
	name: string;
	status: 'LIVE' | 'PAUSED' | 'ARCHIVED';
}

/** Somebody (referrer) brought somebody (referred). */
export interface Referral {
	id: string;
	programId: string | null;
	referrer: { id: string; accountId: string };
	referred: { id: string; accountId: string };
	moderationStatus: 'PENDING' | 'ACTIONED';
	dateReferralStarted: number;
	dateConverted: number | null;
	dateReferralEnded: number | null;
	dateModified: number;
	referralCodeUsed: string | null;
	shareLinkUsed: string | null;
}

export interface ReferralFilter {
	AND?: ReferralFilter[] | null;
	id_eq?: string | null;
	programId_eq?: string | null;
	dateReferralStarted_gte?: number | null;
	dateConverted_exists?: boolean | null;
	dateConverted_gte?: number | null;
}

function matches(referral: Referral, filter: ReferralFilter): boolean {
	const given = <T>(wanted: T | null | undefined, test: (value: T) => boolean): boolean =>
		wanted === null || wanted === undefined || test(wanted);
	return (
		given(filter.id_eq, (id) => referral.id === id) &&
		given(filter.programId_eq, (id) => referral.programId === id) &&
		given(filter.dateReferralStarted_gte, (from) => referral.dateReferralStarted >= from) &&
		given(filter.dateConverted_exists, (exists) => (referral.dateConverted !== null) === exists) &&
		given(filter.dateConverted_gte, (from) => (referral.dateConverted ?? -Infinity) >= from) &&
		given(filter.AND, (all) => all.every((entry) => matches(referral, entry)))
	);
}

/** The programs and referrals of the tenant. */
export class ReferralBook {
	readonly programs = new Map<string, Program>();

	readonly referrals = new Map<string, Referral>();

	constructor(private readonly state: SimulatorState) {}

	reset(): void {
		this.programs.clear();
		this.referrals.clear();
	}

	/** Put a program in. */
	addProgram(fields: Partial<Program> & { id: string }): Program {
		const program: Program = { name: fields.id, status: 'LIVE', ...fields };
		this.programs.set(program.id, program);
		this.state.programIds.add(program.id);
		return program;
	}

	/** Put a referral in; both sides by ID. */
	add(
		fields: Partial<Omit<Referral, 'referrer' | 'referred'>> & {
			referrer: string;
			referred: string;
		},
	) {
		const now = Date.now();
		const { referrer, referred, ...rest } = fields;
		const referral: Referral = {
			id: `referral-${this.referrals.size + 1}`,
			programId: null,
			moderationStatus: 'ACTIONED',
			dateReferralStarted: now,
			dateConverted: null,
			dateReferralEnded: null,
			dateModified: now,
			referralCodeUsed: null,
			shareLinkUsed: null,
			referrer: { id: referrer, accountId: referrer },
			referred: { id: referred, accountId: referred },
			...rest,
		};
		this.referrals.set(referral.id, referral);
		return referral;
	}

	/** Referrals that meet a filter, those of one referrer only when one is given. */
	find(filter: ReferralFilter, referrer?: { id: string; accountId: string }): Referral[] {
		return [...this.referrals.values()].filter(
			(referral) =>
				matches(referral, filter) &&
				(referrer === undefined ||
					(referral.referrer.id === referrer.id &&
						referral.referrer.accountId === referrer.accountId)),
		);
	}

	/** A side of a referral as GraphQL gives it; nothing when the participant was deleted. */
	side({ id, accountId }: { id: string; accountId: string }) {
		return this.state.participant(accountId, id) ?? null;
	}
}
