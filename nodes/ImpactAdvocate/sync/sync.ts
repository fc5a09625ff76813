/**
 * Makes a segment contain exactly the people of a list: reads the members, compares, decides, and sends the differences.
 * Knows neither n8n nor where the list comes from.
 */
import { countText } from '../../shared/inputValue';
import { Breather } from '../../shared/advocate/client/breather';
import { cancelledError, expectAdvocateError } from '../../shared/advocate/client/error';
import type { Transport } from '../../shared/advocate/client/transport';
import { lookUpParticipants, mustTellSegments } from '../../shared/advocate/participants';
import { getSegment } from '../../shared/advocate/segments';
import type { Segment } from '../../shared/advocate/segments';
import { Comparison } from './compare';
import type { Compared, MatchBy, Steps } from './compare';
import type { MemberList } from './memberList';
import { judge } from './judge';
import type { Judgement } from './judge';
import type { SyncList } from './list';
import { MAX_REMEMBERED } from './memory';
import type { SyncMemory } from './memory';
import { bareId } from './nearMiss';
import { notesBefore } from './notes';
import { findJoiners, lookAtLeavers, readAllMembers } from './people';
import { makePlan } from './plan';
import type { Plan, PlanSettings, Protection } from './plan';
import { checkPlanCode, issuePlanCode, markOfPeople } from './planCode';
import type { CodedPlan, CodeVerdict } from './planCode';
import { sendPlan } from './send';
import type { Sent } from './send';
import { findTargets, SegmentError } from './target';
import type { CalledSegment } from './target';

export interface SyncSettings extends PlanSettings {
	segment: CalledSegment;
	matchBy: MatchBy;
	protectedSegments: readonly string[];
	protectedIds: readonly string[];
	listIsComplete: boolean;
	isManual: boolean;
	removePercent: number;
	createPercent: number;
	unmatchedPercent: number;
	planCode: string;
	/** Whether the field *Plan Code* holds the code itself, so that it stays there. An expression fetches it anew. */
	planCodeStays: boolean;
	addDespiteHeldRemovals: boolean;
	guardsDeviation: boolean;
	onlyOwn: boolean;
	dryRun: boolean;
	concurrency: number;
	batchSize: number;
	verify: boolean;
	tenantMark: string;
}

/** What is remembered between runs, by the key of the segment. */
export type OpenMemory = (segmentKey: string) => SyncMemory;

export interface SyncResult {
	segment: Segment;
	compared: Compared;
	plan: Plan;
	judgement: Judgement;
	code: CodeVerdict;
	/** The code for this plan, unless it was carried out without anybody asking for one. */
	planCode?: string;
	/** `held`: nothing was sent, as the judgement stands in the way. */
	outcome: 'planned' | 'held' | 'sent';
	/** Whether the removals are sent, or would be. */
	removes: boolean;
	/** Only when something was sent. */
	sent?: Sent;
	membersBefore: number;
	/** As far as it is known: counted by the API after what was sent. */
	membersAfter?: number;
	/** Whether everything that was planned has been done. */
	isComplete: boolean;
	notes: string[];
	/** Requests before the first write, and from then on. */
	reads: number;
	writes: number;
}

/**
 * @param list read to its end once, so that it is known to be whole
 * @throws SegmentError, or AdvocateError; nothing has been sent then
 */
export async function syncMembers(
	transport: Transport,
	list: SyncList,
	settings: SyncSettings,
	openMemory: OpenMemory,
): Promise<SyncResult> {
	const requestsBefore = transport.statistics.requests;
	const { segment, protectedSegments, onlyOwn } = settings;
	const { target, protecting } = await findTargets(transport, segment, protectedSegments);
	if (onlyOwn) assertRememberable(target.participantsCount);
	const memory = openMemory(target.key);
	const protection = protectionOf(protecting, settings.protectedIds);
	const { members, hasEverybody, unknownProtected } = await readAllMembers(
		transport,
		target,
		settings.matchBy,
		protection,
		settings.protectedIds,
		onlyOwn ? (member) => memory.isOwn(member) : () => true,
	);
	if (onlyOwn) assertRememberable(members.length);

	const breather = new Breather(transport);
	const comparison = await inTurns(Comparison.with(members, settings.matchBy), breather);
	for await (const rows of list.rows()) for (const row of rows) comparison.add(row);
	const compared = comparison.result();
	const found = await findJoiners(transport, compared.joiners, settings.matchBy);
	const states = await lookAtLeavers(transport, compared.leavers);
	const now = transport.now();
	const planning = makePlan({
		segment: target.key,
		matchBy: settings.matchBy,
		removable: countRemovable(members),
		compared,
		found,
		states,
		protection,
		missedRuns: (member) => memory.missedRuns(member),
		settings,
		now,
	});
	const plan = await inTurns(planning, breather);
	const coded = async (): Promise<CodedPlan> => {
		const joiners = [...plan.add, ...plan.create];
		return {
			tenantMark: settings.tenantMark,
			segment: target.key,
			leavers: plan.remove,
			joiners,
			listed: await inTurns(markOfPeople(comparison.named(), joiners), breather),
		};
	};
	const asked = settings.planCode === '' ? undefined : await coded();
	const code: CodeVerdict =
		asked === undefined ? { verdict: 'none' } : checkPlanCode(settings.planCode, asked, now);
	const judgement = judge(plan, {
		...settings,
		words: list.words,
		rows: list.total,
		filledRows: list.filled,
		members: members.length,
		code,
		codeStays: settings.planCodeStays,
		deviation: settings.guardsDeviation ? memory.deviationOf(list.filled, now) : undefined,
	});

	const { objections } = judgement;
	const stopsRun = objections.some(({ scope }) => scope === 'run');
	// An ordinary night has no use for a code, and a large segment takes a while.
	const toCode = asked ?? (settings.dryRun || objections.length > 0 ? await coded() : undefined);
	const result: SyncResult = {
		segment: target,
		compared,
		plan,
		judgement,
		code,
		...(toCode === undefined ? {} : { planCode: issuePlanCode(toCode, now) }),
		outcome: settings.dryRun ? 'planned' : 'held',
		removes: objections.length === 0,
		membersBefore: members.length,
		isComplete: false,
		notes: notesBefore({
			plan,
			judgement,
			list,
			settings,
			memory,
			hasEverybody,
			unknownProtected,
		}),
		reads: transport.statistics.requests - requestsBefore,
		writes: 0,
	};
	if (settings.dryRun || stopsRun) return result;
	if (objections.length > 0 && !settings.addDespiteHeldRemovals) return result;

	if (onlyOwn && hasEverybody) memory.keepOwn(members);
	const sent = await sendPlan(
		transport,
		target.key,
		plan,
		{ ...settings, protection, removes: result.removes, delimiter: list.delimiter },
		(participant, isMember) => {
			if (onlyOwn && isMember) memory.addOwn(participant);
			else if (onlyOwn) memory.forgetOwn(participant);
		},
	);
	if (transport.cancelled()) throw cancelledError();
	throwIfNothingSent(sent);
	remember(memory, settings, list, result, now);
	await lookBack(transport, result, sent);
	const { counts, stopReason } = sent;
	return {
		...result,
		outcome: 'sent',
		sent,
		isComplete:
			stopReason === undefined && counts.failed + counts.unconfirmed + counts.notSent === 0,
		writes: transport.statistics.requests - requestsBefore - result.reads,
	};
}

function countRemovable(members: MemberList): number {
	let count = 0;
	for (const { standing } of members) if (standing === 'removable') count++;
	return count;
}

/** @throws AdvocateError when the execution was stopped */
async function inTurns<T>(steps: Steps<T>, breather: Breather): Promise<T> {
	for (;;) {
		const step = steps.next();
		if (step.done) return step.value;
		if (breather.isDue) await breather.rest();
	}
}

function protectionOf(segments: Set<string>, ids: readonly string[]): Protection {
	return { segments, bareIds: new Set(ids.map(bareId)) };
}

function assertRememberable(members: number): void {
	if (members <= MAX_REMEMBERED) return;
	throw new SegmentError(
		`The segment has ${countText(members)} members, and 'Remove Own Additions Only' can remember ${countText(MAX_REMEMBERED)}`,
		"Turn the option off, and use 'Never Remove' for those who are to stay. Nothing was sent",
	);
}

/** When the first request was refused, and nothing is in doubt, that is the failure of the run. */
function throwIfNothingSent({ fatalError, added, created, removed, undo, counts }: Sent): void {
	if (fatalError === undefined) return;
	const changed = added + created + removed + undo.count;
	if (changed + counts.changedMeanwhile + counts.unconfirmed === 0) {
		throw fatalError.with({ hint: `${fatalError.hint}. Nobody was added or removed` });
	}
}

/** Note what the next run has to know. */
function remember(
	memory: SyncMemory,
	settings: SyncSettings,
	list: SyncList,
	{ removes, plan }: SyncResult,
	now: number,
): void {
	// What an option remembered is not true any more once it was off for a run.
	if (settings.missingRuns === 1) memory.noteMissing([]);
	// A list that is not trusted says nothing about who is missing.
	else if (removes) memory.noteMissing([...plan.waiting, ...plan.remove]);
	if (!settings.onlyOwn) memory.keepOwn([]);
	if (settings.guardsDeviation) memory.noteLength(list.filled, now);
	else memory.forgetLengths();
}

/** Compare the segment with what it should be now: somebody else may be changing it at the same time. */
async function lookBack(transport: Transport, result: SyncResult, sent: Sent): Promise<void> {
	const { plan, segment, membersBefore } = result;
	const came = sent.added + sent.created;
	if (came + sent.removed === 0) {
		// What went wrong may have been applied all the same.
		if (sent.counts.failed + sent.counts.unconfirmed === 0)
			result.membersAfter = membersBefore - plan.gone;
		return;
	}
	const expected = membersBefore - plan.gone - sent.removed + came;
	try {
		const after = await getSegment(transport, segment.key);
		if (after === undefined) return;
		result.membersAfter = after.participantsCount;
		const wrong = await unlikePlanned(transport, segment.key, sent);
		// A count that was not that of the members before is not to be trusted afterwards.
		const isCounted = segment.participantsCount === membersBefore;
		if (wrong > 0) {
			result.notes.push(
				`Something else is changing this segment: ${countText(wrong)} of those who were just added or removed are not as they were left. Look for a second workflow or a program rule that has to do with it`,
			);
		} else if (isCounted && after.participantsCount !== expected) {
			result.notes.push(
				`The segment has ${countText(after.participantsCount)} members now, and ${countText(expected)} were expected. Something else is changing this segment, or Advocate has not counted yet`,
			);
		}
	} catch (caught) {
		// What was sent is sent; only the look at it failed.
		const { message } = expectAdvocateError(caught);
		result.notes.push(`The result was not looked at again: ${message}`);
	}
}

async function unlikePlanned(transport: Transport, key: string, sent: Sent): Promise<number> {
	let wrong = 0;
	for (const [people, isMember] of [
		[sent.joined, true],
		[sent.departed, false],
	] as const) {
		if (people.length === 0) continue;
		const found = await lookUpParticipants(transport, people);
		wrong += found.filter(
			(one) => (one !== undefined && mustTellSegments(one).includes(key)) !== isMember,
		).length;
	}
	return wrong;
}
