/** Compares a list with the members of a segment: who is named, who is not, and who is named and not there. Pure. */
import { ParticipantIndex } from '../import/plan/participantIndex';
import type { Member, MemberList } from './memberList';

/** A row of the list that names somebody, or tries to. */
export interface ListRow {
	/** As people count: of a file, the header is row 1; of items, the first one is 0. */
	row: number;
	/** The participant ID, or the e-mail address when people are matched by that. */
	name: string;
	/** Nothing when the list does not say. */
	accountId?: string;
	/** Why the row can't be used. */
	problem?: string;
}

/** Somebody whom the list names and who is not a member. */
export interface Joiner {
	name: string;
	accountId?: string;
	/** The row that names the person first. */
	row: number;
}

/** A row that names nobody. */
export interface InvalidRow extends Joiner {
	problem: string;
}

export interface Compared {
	/** Members whom a row names, or could mean. */
	kept: number;
	leavers: Member[];
	joiners: Joiner[];
	invalid: InvalidRow[];
	/** Rows that could mean several members; all of these are kept. */
	ambiguous: number;
	/** Rows about somebody whom an earlier row names as well. */
	repeated: number;
}

export type MatchBy = 'id' | 'email';

/** Long work in steps of some milliseconds: between two of them the host may have a turn. */
export type Steps<T> = Generator<void, T, void>;

/** People that are worked on in one step. */
const PER_STEP = 500;

/** Whether it is time for the end of a step. */
export const endsStep = (index: number): boolean => index % PER_STEP === PER_STEP - 1;

/** An address as it is compared: mail programs do not tell upper from lower case. */
export const foldedEmail = (email: string): string => email.trim().toLowerCase();

/** Finds members by what a row may call them, in 16 bytes for each: there may be a million. */
class Places {
	/** Of each name, the last place. */
	private readonly last: ParticipantIndex;

	/** Of each place, the one before with the same name, counted from 1; 0 when there is none. */
	private readonly before: Uint32Array;

	private constructor(
		private readonly members: MemberList,
		private readonly matchBy: MatchBy,
	) {
		this.last = new ParticipantIndex(true, members.length);
		this.before = new Uint32Array(members.length);
	}

	static *of(members: MemberList, matchBy: MatchBy): Steps<Places> {
		const places = new Places(members, matchBy);
		for (let place = 0; place < members.length; place++) {
			if (endsStep(place)) yield;
			const name = places.nameAt(place);
			if (name === '') continue;
			const earlier = places.last.set(name, place);
			if (earlier !== undefined) places.before[place] = earlier + 1;
		}
		return places;
	}

	/** Places of the members who are called so. */
	find(called: string): number[] {
		const found: number[] = [];
		let place = this.last.get(called);
		while (place !== undefined) {
			// The table knows hashes only.
			if (this.nameAt(place) === called) found.push(place);
			const before = this.before[place];
			place = before === 0 ? undefined : before - 1;
		}
		return found;
	}

	private nameAt(place: number): string {
		const { id, email } = this.members.at(place);
		return this.matchBy === 'id' ? id : foldedEmail(email ?? '');
	}
}

/**
 * Compares a list with the members, row by row. A row with an account ID means the one participant of both; a row
 * without means everybody with that ID. Whoever a row could mean is kept.
 */
export class Comparison {
	private readonly isNamed: Uint8Array;

	private readonly joiners = new Map<string, Joiner>();

	private readonly invalid: InvalidRow[] = [];

	private kept = 0;

	private ambiguous = 0;

	private repeated = 0;

	private constructor(
		private readonly members: MemberList,
		private readonly matchBy: MatchBy,
		private readonly places: Places,
	) {
		this.isNamed = new Uint8Array(members.length);
	}

	static *with(members: MemberList, matchBy: MatchBy): Steps<Comparison> {
		return new Comparison(members, matchBy, yield* Places.of(members, matchBy));
	}

	add({ row, name, accountId, problem }: ListRow): void {
		if (problem !== undefined) {
			this.invalid.push({ row, name, accountId, problem });
			return;
		}
		const called = this.matchBy === 'id' ? name : foldedEmail(name);
		const meant = this.meantBy(called, accountId);
		if (meant.length === 0) {
			const key = `${accountId ?? ''}\u0000${called}`;
			if (this.joiners.has(key)) this.repeated++;
			else this.joiners.set(key, { row, name, accountId });
			return;
		}
		if (meant.length > 1) this.ambiguous++;
		const news = meant.filter((place) => this.isNamed[place] === 0);
		if (news.length === 0) this.repeated++;
		for (const place of news) this.isNamed[place] = 1;
		this.kept += news.length;
	}

	result(): Compared {
		const { kept, invalid, ambiguous, repeated } = this;
		return {
			kept,
			leavers: this.leavers(),
			joiners: [...this.joiners.values()],
			invalid,
			ambiguous,
			repeated,
		};
	}

	private leavers(): Member[] {
		const leavers: Member[] = [];
		this.isNamed.forEach((isNamed, place) => {
			if (isNamed === 0) leavers.push(this.members.at(place));
		});
		return leavers;
	}

	/** The members whom a row names or could mean. */
	*named(): Iterable<Member> {
		for (const [place, isNamed] of this.isNamed.entries()) {
			if (isNamed === 1) yield this.members.at(place);
		}
	}

	/** Places of the members whom a row could mean. */
	private meantBy(called: string, accountId: string | undefined): readonly number[] {
		const all = this.places.find(called);
		return accountId === undefined
			? all
			: all.filter((place) => this.members.at(place).accountId === accountId);
	}
}
