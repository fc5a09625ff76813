/** A tenant as plain data, and what a run of Sync Members would find and do in it. */
import { participantKey } from '../../../nodes/shared/advocate/participants';
import type { Participant, ParticipantId } from '../../../nodes/shared/advocate/participants';
import { Comparison } from '../../../nodes/ImpactAdvocate/sync/compare';
import type { ListRow, Steps } from '../../../nodes/ImpactAdvocate/sync/compare';
import { MemberCollector } from '../../../nodes/ImpactAdvocate/sync/memberList';
import type { Member } from '../../../nodes/ImpactAdvocate/sync/memberList';
import { ITEM_WORDS } from '../../../nodes/ImpactAdvocate/import/table';
import { judge } from '../../../nodes/ImpactAdvocate/sync/judge';
import type { JudgeSettings, Judgement } from '../../../nodes/ImpactAdvocate/sync/judge';
import { bareId } from '../../../nodes/ImpactAdvocate/sync/nearMiss';
import { makePlan } from '../../../nodes/ImpactAdvocate/sync/plan';
import type { Plan, PlanSettings } from '../../../nodes/ImpactAdvocate/sync/plan';

export const SEGMENT = 'vip';
export const STAFF = 'staff';
export const NOW = Date.UTC(2026, 10, 26);
export const LONG_AGO = NOW - 365 * 24 * 60 * 60 * 1000;

export interface Person extends ParticipantId {
	segments: string[];
	email?: string;
	dateCreated: number;
}

export type World = Map<string, Person>;

export const person = (id: string, fields: Partial<Person> = {}): Person => ({
	id,
	accountId: id,
	segments: [],
	dateCreated: LONG_AGO,
	...fields,
});

export const worldOf = (people: readonly Person[]): World =>
	new Map(people.map((one) => [participantKey(one), { ...one, segments: [...one.segments] }]));

export const membersOf = (world: World): Person[] =>
	[...world.values()].filter(({ segments }) => segments.includes(SEGMENT));

/** Keys of the members, sorted. */
export const memberKeys = (world: World): string[] => membersOf(world).map(participantKey).sort();

export const listOf = (names: ReadonlyArray<string | ListRow>): ListRow[] =>
	names.map((name, row) => (typeof name === 'string' ? { row, name } : name));

export interface Settings extends Partial<Omit<PlanSettings, 'isDifferent'>> {
	matchBy?: 'id' | 'email';
	protectedIds?: string[];
	protectedSegments?: string[];
	isDifferent?: PlanSettings['isDifferent'];
	missedRuns?: (member: ParticipantId) => number;
	isOwn?: (member: ParticipantId) => boolean;
	removePercent?: number;
	judge?: Partial<JudgeSettings>;
	/** Members whom the reading shows, where it is not complete. */
	seen?: (member: Person) => boolean;
}

/** Work in steps, without a rest. */
export function atOnce<T>(steps: Steps<T>): T {
	for (;;) {
		const step = steps.next();
		if (step.done) return step.value;
	}
}

/** Plan a run, with everything looked up in the world as it is. */
export function planFor(
	world: World,
	rows: readonly ListRow[],
	settings: Settings = {},
): { plan: Plan; judgement: Judgement } {
	const { matchBy = 'id', protectedIds = [], protectedSegments = [] } = settings;
	const isOwn = settings.isOwn ?? (() => true);
	const segments = new Set(protectedSegments);
	const bareIds = new Set(protectedIds.map(bareId));
	const members: Member[] = membersOf(world)
		.filter(settings.seen ?? (() => true))
		.map(({ id, accountId, email, segments: own }) => ({
			id,
			accountId,
			email,
			standing:
				own.some((key) => segments.has(key)) || bareIds.has(bareId(id))
					? 'protected'
					: isOwn({ id, accountId })
						? 'removable'
						: 'foreign',
		}));
	const collector = new MemberCollector(members.length);
	for (const member of members) collector.set(participantKey(member), member);
	const comparison = atOnce(Comparison.with(collector.values(), matchBy));
	for (const row of rows) comparison.add(row);
	const compared = comparison.result();
	const found = compared.joiners.map(({ name, accountId }): Participant[] =>
		[...world.values()].filter((one) =>
			matchBy === 'email'
				? one.email?.toLowerCase() === name.toLowerCase()
				: one.id === name && (accountId === undefined || one.accountId === accountId),
		),
	);
	const ifMissing = settings.ifMissing ?? 'skip';
	const plan = atOnce(
		makePlan({
			segment: SEGMENT,
			matchBy,
			removable: members.filter(({ standing }) => standing === 'removable').length,
			compared,
			found,
			states: compared.leavers.map((member) => world.get(participantKey(member))),
			protection: { segments, bareIds },
			missedRuns: settings.missedRuns ?? (() => 0),
			settings: {
				ifMissing,
				treatAsSame: settings.treatAsSame ?? new Set(),
				isDifferent: settings.isDifferent ?? (() => false),
				missingRuns: settings.missingRuns ?? 1,
			},
			now: NOW,
		}),
	);
	const judgement = judge(plan, {
		rows: rows.length,
		filledRows: rows.length,
		members: members.length,
		listIsComplete: true,
		isManual: false,
		dryRun: false,
		words: ITEM_WORDS,
		ifMissing,
		removePercent: settings.removePercent ?? 20,
		createPercent: 5,
		unmatchedPercent: 5,
		code: { verdict: 'none' },
		codeStays: true,
		...settings.judge,
	});
	return { plan, judgement };
}

export interface Write extends ParticipantId {
	kind: 'add' | 'create' | 'remove';
}

/** What is sent for a plan, in order; nothing when the judgement stands in the way. */
export function writesOf({ plan, judgement }: ReturnType<typeof planFor>): Write[] {
	if (judgement.objections.length > 0) return [];
	const as =
		(kind: Write['kind']) =>
		({ id, accountId }: ParticipantId): Write => ({ kind, id, accountId });
	return [
		...plan.add.map(as('add')),
		...plan.create.map(as('create')),
		...plan.remove.map(as('remove')),
	];
}

/** Carry writes out, as the API does. */
export function carryOut(world: World, writes: readonly Write[]): void {
	for (const { kind, id, accountId } of writes) {
		const key = participantKey({ id, accountId });
		if (kind === 'create' && !world.has(key)) world.set(key, person(id, { accountId }));
		const one = world.get(key);
		if (one === undefined) continue;
		one.segments = one.segments.filter((segment) => segment !== SEGMENT);
		if (kind !== 'remove') one.segments.push(SEGMENT);
	}
}
