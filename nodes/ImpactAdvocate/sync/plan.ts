/**
 * The plan of a run: who is added, created, removed, and who stays although the list does not name them. Pure: what is
 * known of the people comes in, and nothing is sent from here.
 */
import { mustTellSegments, participantKey } from '../../shared/advocate/participants';
import type { Participant, ParticipantId } from '../../shared/advocate/participants';
import { endsStep } from './compare';
import type { Compared, InvalidRow, Joiner, MatchBy, Steps } from './compare';
import type { Member } from './memberList';
import { bareId, differencesOf, nearPairs } from './nearMiss';
import type { Difference, Sameness } from './nearMiss';

/** Members who are younger than this stay: the list may have been drawn before they came. */
const NEW_FOR_MS = 24 * 60 * 60 * 1000;

/** A leaver as the last look-up shows it. */
export interface LeaverState {
	segments: readonly string[];
	/** Milliseconds since the epoch. */
	dateCreated?: number;
}

/** Who is never removed. */
export interface Protection {
	/** Keys of segments whose members stay. */
	segments: ReadonlySet<string>;
	/** IDs in the form that all their spellings share (`bareId`): whoever one could mean stays. */
	bareIds: ReadonlySet<string>;
}

export interface PlanSettings {
	ifMissing: 'skip' | 'create' | 'error';
	treatAsSame: ReadonlySet<Sameness>;
	/** Whether people have said that two IDs are two persons. */
	isDifferent(leaver: string, joiner: string): boolean;
	/** How often in a row somebody must be missing from the list, this time included. */
	missingRuns: number;
}

export interface PlanInput {
	segment: string;
	matchBy: MatchBy;
	/** Members who could be removed at all, as the reading tells. */
	removable: number;
	compared: Compared;
	/** Whom each joiner could mean, in the whole tenant. */
	found: ReadonlyArray<readonly Participant[]>;
	/** Each leaver as it is now; nothing for one who does not exist any more. */
	states: ReadonlyArray<LeaverState | undefined>;
	protection: Protection;
	/** How often in a row somebody was missing before this run. */
	missedRuns(member: ParticipantId): number;
	settings: PlanSettings;
	now: number;
}

/** Two spellings of what may be one person. Neither side is touched. */
export interface HeldPair {
	member: Member;
	joiner: Joiner;
	differences: Difference[];
}

export interface Plan {
	/** Exist, and are not members. */
	add: Array<ParticipantId & { row: number }>;
	/** Do not exist. */
	create: Array<ParticipantId & { row: number }>;
	/** Whom the list does not name. */
	remove: Member[];
	/** Members whom the list names or could mean. */
	keep: number;
	/** Stay for a segment or an ID that protects them. */
	protected: Member[];
	/** Stay as they were created a short time ago. */
	recent: Member[];
	/** Stay as somebody else added them. */
	foreign: Member[];
	/** Stay until they have been missing often enough. */
	waiting: Member[];
	held: HeldPair[];
	/** Rows that could mean several participants, none of whom is a member. */
	unclear: Joiner[];
	/** Rows about participants who do not exist and are not to be created. */
	notFound: Joiner[];
	invalid: InvalidRow[];
	/** Leavers who have left or been deleted since they were read. */
	gone: number;
	/** Joiners who have become members since the members were read, or were members under another name. */
	arrived: number;
	/** Members who could be removed at all. */
	removable: number;
}

/** What becomes of the people whom the list names and who are not members. */
function sortJoiners(input: PlanInput, isHeld: (joiner: number) => boolean) {
	const { compared, found, segment, settings } = input;
	const add = new Map<string, ParticipantId & { row: number }>();
	const create = new Map<string, ParticipantId & { row: number }>();
	const unclear: Joiner[] = [];
	const notFound: Joiner[] = [];
	let arrived = 0;
	/** A row without an account means those with one, also when they are still to be created. */
	const inAccounts = new Set(
		compared.joiners.filter(({ accountId }) => accountId !== undefined).map(({ name }) => name),
	);
	/**
	 * Whom a row means that is set aside. Once they were members, the row would name them, and the leaver that it is set
	 * aside for would go with the next run.
	 */
	const aside = new Set<string>();
	compared.joiners.forEach(({ name, accountId }, index) => {
		if (!isHeld(index)) return;
		for (const hit of found[index]) aside.add(participantKey(hit));
		if (accountId === undefined) aside.add(name);
	});
	const isAside = (joiner: Joiner, hits: readonly Participant[]): boolean =>
		hits.length === 0 ? aside.has(joiner.name) : hits.some((hit) => aside.has(participantKey(hit)));
	compared.joiners.forEach((joiner, index) => {
		if (isHeld(index)) return;
		const { row, name, accountId = name } = joiner;
		const hits = found[index];
		if (hits.some((hit) => mustTellSegments(hit).includes(segment))) arrived++;
		else if (hits.length > 1 || isAside(joiner, hits)) unclear.push(joiner);
		else if (hits.length === 1) {
			const { id, accountId: account } = hits[0];
			const key = participantKey(hits[0]);
			if (!add.has(key)) add.set(key, { id, accountId: account, row });
		} else if (settings.ifMissing === 'create') {
			if (joiner.accountId === undefined && inAccounts.has(name)) return;
			const person = { id: name, accountId, row };
			const key = participantKey(person);
			if (!create.has(key)) create.set(key, person);
		} else notFound.push(joiner);
	});
	return { add: [...add.values()], create: [...create.values()], unclear, notFound, arrived };
}

/** Make the plan. Every leaver and every joiner ends in one place of it. */
export function* makePlan(input: PlanInput): Steps<Plan> {
	const { compared, found, segment, states, protection, settings } = input;
	const meant = new Set(found.flatMap((hits) => hits.map(participantKey)));
	const plan: Plan = {
		add: [],
		create: [],
		remove: [],
		keep: compared.kept,
		protected: [],
		recent: [],
		foreign: [],
		waiting: [],
		held: [],
		unclear: [],
		notFound: [],
		invalid: compared.invalid,
		gone: 0,
		arrived: 0,
		removable: input.removable,
	};

	/** Leavers whose place is not known yet. */
	let open: number[] = [];
	compared.leavers.forEach((member, index) => {
		const isThere = states[index]?.segments.includes(segment) ?? false;
		if (!isThere) {
			plan.gone++;
			if (member.standing === 'removable') plan.removable--;
		} else if (meant.has(participantKey(member))) plan.keep++;
		else open.push(index);
	});

	yield;
	const { pairs, same } = yield* pairUp(input, open);
	plan.held = pairs.map(({ leaver, joiner, differences }) => ({
		member: compared.leavers[leaver],
		joiner,
		differences,
	}));
	plan.keep += same.leavers.size;
	const heldLeavers = new Set([...pairs.map(({ leaver }) => leaver), ...same.leavers]);
	const heldJoiners = new Set([...pairs.map(({ joiner }) => joiner), ...same.joiners]);
	open = open.filter((index) => !heldLeavers.has(index));
	plan.invalid = compared.invalid.filter((row) => !heldJoiners.has(row));

	for (const [at, index] of open.entries()) {
		if (endsStep(at)) yield;
		const member = compared.leavers[index];
		const { segments, dateCreated } = states[index] as LeaverState;
		const isProtected =
			segments.some((key) => protection.segments.has(key)) ||
			protection.bareIds.has(bareId(member.id));
		if (isProtected || member.standing === 'protected') {
			plan.protected.push(member);
			if (member.standing === 'removable') plan.removable--;
		} else if (member.standing === 'foreign') plan.foreign.push(member);
		else if (dateCreated !== undefined && input.now - dateCreated < NEW_FOR_MS) {
			plan.recent.push(member);
		} else if (input.missedRuns(member) + 1 < settings.missingRuns) plan.waiting.push(member);
		else plan.remove.push(member);
	}
	const joiners = sortJoiners(input, (index) => heldJoiners.has(compared.joiners[index]));
	return { ...plan, ...joiners };
}

interface OpenPair {
	/** Place among the leavers. */
	leaver: number;
	joiner: Joiner;
	differences: Difference[];
}

interface Pairing {
	pairs: OpenPair[];
	/** Who is one person by what people have said about differences. */
	same: { leavers: Set<number>; joiners: Set<Joiner> };
}

/** Look for people who may be on both sides, under two spellings. */
function* pairUp(input: PlanInput, open: readonly number[]): Steps<Pairing> {
	const { compared, found, segment, matchBy, settings } = input;
	const joiners: Joiner[] = compared.joiners.filter(
		(_, index) => !found[index].some((hit) => mustTellSegments(hit).includes(segment)),
	);
	// A row that can't be used may be a spelling of somebody's ID as well.
	joiners.push(...compared.invalid);
	/** By e-mail address, a member is called by that and by the ID, which often is one. */
	const called = open.flatMap((leaver) => {
		const { id, accountId, email } = compared.leavers[leaver];
		const account = accountId === id ? {} : { accountId };
		return matchBy === 'id' || email === undefined
			? [{ leaver, id, ...account }]
			: [
					{ leaver, id, ...account },
					{ leaver, id: email, ...account },
				];
	});
	const named = joiners.map(({ name, accountId }) => ({ id: name, accountId }));
	const pairs: OpenPair[] = [];
	const same = { leavers: new Set<number>(), joiners: new Set<Joiner>() };
	const seen = new Set<string>();
	const near = yield* nearPairs(called, named, (one, other) => settings.isDifferent(one, other));
	for (const [index, pair] of near.entries()) {
		if (endsStep(index)) yield;
		const { leaver, id } = called[pair.leaver];
		const mark = `${leaver} ${pair.joiner}`;
		if (seen.has(mark)) continue;
		seen.add(mark);
		const joiner = joiners[pair.joiner];
		const differences = differencesBetween({ ...compared.leavers[leaver], id }, joiner);
		// Without any: the address of the row is the member's ID, letter by letter.
		if (differences.every((kind) => settings.treatAsSame.has(kind as Sameness))) {
			same.leavers.add(leaver);
			same.joiners.add(joiner);
		} else pairs.push({ leaver, joiner, differences });
	}
	// Somebody who is kept as the same is not held besides.
	return { pairs: pairs.filter(({ leaver }) => !same.leavers.has(leaver)), same };
}

function differencesBetween(member: ParticipantId, { name, accountId }: Joiner): Difference[] {
	const differences = differencesOf(member.id, name);
	if (accountId !== undefined) differences.push(...differencesOf(member.accountId, accountId));
	return [...new Set(differences)];
}
