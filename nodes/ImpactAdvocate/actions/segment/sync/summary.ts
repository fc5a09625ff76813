/** What Sync Members says about a run: the summary item, and the failure of one that was held back. */
import type { IDataObject } from 'n8n-workflow';
import { inSentences } from '../../../../shared/advocate/client/errorTexts';
import { countText, inWords, withoutPeriod } from '../../../../shared/inputValue';
import { InputError } from '../../../../shared/inputError';
import type { UnmatchedRow } from '../../../import/report/peopleFile';
import type { MatchBy } from '../../../sync/compare';
import { waysOut } from '../../../sync/judge';
import { DIFFERENCES } from '../../../sync/nearMiss';
import type { HeldPair } from '../../../sync/plan';
import type { SyncList } from '../../../sync/list';
import type { SyncResult } from '../../../sync/sync';

/** Most people of each kind who are named in the summary. */
const MAX_NAMED = 100;

/** The removals of a run were held back as a whole, or all of it was. */
export class HeldError extends InputError {}

/** How it went, without IDs: ready to be sent to somebody. */
export function messageOf(result: SyncResult): string {
	const { outcome, plan, sent, judgement } = result;
	const { reasons, last } = reasonsOf(judgement);
	if (outcome !== 'sent' || sent === undefined) {
		const start = outcome === 'planned' ? 'Dry run. Nothing was sent.' : 'Nothing was sent.';
		const why = reasons.length === 0 ? '' : ` ${reasons.join('. ')}.`;
		return [`${start}${why} ${planned(result)}${asides(result)}`, ...last].join('. ');
	}
	const parts = [
		`${countText(sent.added + sent.created)} added${ofThem(sent.created, 'created')}`,
		`${countText(sent.removed)} removed`,
		`${countText(plan.keep)} kept`,
	];
	const held = result.removes
		? []
		: [`Removals are held (${countText(plan.remove.length)}): ${[...reasons, ...last].join('. ')}`];
	const stop = sent.stopReason === undefined ? [] : [sent.stopReason];
	return withoutPeriod(inSentences(`${parts.join(', ')}${asides(result)}`, ...held, ...stop));
}

/**
 * Why a plan is held. Beside a reason that holds in a published workflow as well, the rule of test runs comes last, where
 * nobody reads it as a part of that.
 */
function reasonsOf({ objections }: SyncResult['judgement']): { reasons: string[]; last: string[] } {
	const messages = (ofManual: boolean) =>
		objections
			.filter(({ why }) => (why === 'manualRun') === ofManual)
			.map(({ message }) => message);
	const [reasons, last] = [messages(false), messages(true)];
	return reasons.length === 0 ? { reasons: last, last: [] } : { reasons, last };
}

function planned({ plan }: SyncResult): string {
	const { add, create, remove, keep } = plan;
	return [
		`${countText(add.length + create.length)} to be added${ofThem(create.length, 'to be created')}`,
		`${countText(remove.length)} to be removed`,
		`${countText(keep)} kept`,
	].join(', ');
}

/** Those who become participants by it. */
const ofThem = (created: number, what: string): string =>
	created === 0 ? '' : ` (${countText(created)} of them ${what})`;

/** What is neither added, removed nor kept for being on the list. */
function asides({ plan, sent }: SyncResult): string {
	const became = plan.recent.length === 1 ? 'became a participant' : 'became participants';
	const counts: Array<[number, string]> = [
		[plan.protected.length, 'protected'],
		[plan.recent.length, `too new to be removed (${became} less than 24 hours ago)`],
		[plan.foreign.length, 'added by others and kept'],
		[plan.waiting.length, 'missing for the first time and kept'],
		[plan.notFound.length, 'not found'],
		[plan.unclear.length, 'unclear'],
		[plan.invalid.length, 'invalid'],
		[sent?.counts.changedMeanwhile ?? 0, 'changed meanwhile and left'],
		[sent?.counts.refused ?? 0, 'refused, as they asked not to be tracked'],
		[sent?.counts.failed ?? 0, 'failed'],
		[sent?.counts.unconfirmed ?? 0, 'unconfirmed'],
		[sent?.counts.notSent ?? 0, 'not sent'],
	];
	const texts = counts
		.filter(([count]) => count > 0)
		.map(([count, text]) => `${countText(count)} ${text}`);
	if (plan.held.length > 0)
		texts.unshift(`${countText(plan.held.length)} held: ${whyHeld(plan.held)}`);
	return texts.length === 0 ? '' : `; ${texts.join(', ')}`;
}

/** Such as "IDs differ in case only". */
function whyHeld(held: readonly HeldPair[]): string {
	const kinds = new Set(held.flatMap(({ differences }) => differences));
	const names = [...kinds].map((kind) => DIFFERENCES[kind]);
	return `IDs differ in ${inWords(names) || 'spelling'} only`;
}

/** The failure of a run that was held back before its first write, with the ways out. */
export function heldError(result: SyncResult): HeldError {
	return new HeldError(withoutPeriod(messageOf(result)), waysWithCode(result));
}

/** What to do about a run that is held, with the code where that is a way out. */
export function waysWithCode({ judgement, planCode, plan }: SyncResult): string {
	const asksForCode = judgement.objections.some(
		({ why }) =>
			why === 'planCode' ||
			(plan.remove.length > 0 && ['emptyList', 'manualRun', 'removeLimit'].includes(why)),
	);
	const isHidden = judgement.objections.some(({ hidesCode }) => hidesCode);
	const code =
		asksForCode && !isHidden && planCode !== undefined ? `. The plan code is ${planCode}` : '';
	return `${waysOut(judgement)}${code}`;
}

/** The same for a run that did not fail: a dry run, or one that has only added. */
export function waysOfPlan(result: SyncResult, addsDespiteHeld: boolean): string[] {
	const { judgement, outcome } = result;
	if (judgement.objections.length === 0) return [];
	if (outcome === 'sent') return [`For the removals that are held: ${waysWithCode(result)}`];
	const isHeldAsWhole =
		!addsDespiteHeld || judgement.objections.some(({ scope }) => scope === 'run');
	const what = isHeldAsWhole ? 'nothing would be sent' : 'nobody would be removed';
	return [`Without 'Dry Run', ${what} either. ${waysOut(judgement)}`];
}

type Unmatched = UnmatchedRow & { status: 'notFound' | 'unclear' | 'invalid' };

/**
 * The rows that name no participant for certain, by kind.
 * @param most how many of each: a list of another program may have a million of them
 */
export function unmatchedRows(
	{ notFound, unclear, invalid }: SyncResult['plan'],
	matchBy: MatchBy,
	most = Infinity,
): Unmatched[] {
	const called = matchBy === 'id' ? 'ID' : 'e-mail address';
	return [
		...notFound.slice(0, most).map(
			(joiner): Unmatched => ({
				...joiner,
				status: 'notFound',
				message: `No participant has this ${called}`,
			}),
		),
		...unclear.slice(0, most).map(
			(joiner): Unmatched => ({
				...joiner,
				status: 'unclear',
				message: 'The row could mean several participants',
			}),
		),
		...invalid
			.slice(0, most)
			.map(({ problem, ...row }): Unmatched => ({ ...row, status: 'invalid', message: problem })),
	];
}

/** Where to read who the rows are that are only counted, as a sentence. */
export function whereUnmatched({ notFound, unclear, invalid }: SyncResult['plan']): string[] {
	// In the words of the message, which counts them.
	const kinds = [
		...(notFound.length > 0 ? ['not found'] : []),
		...(unclear.length > 0 ? ['unclear'] : []),
		...(invalid.length > 0 ? ['invalid'] : []),
	];
	if (kinds.length === 0) return [];
	const count = notFound.length + unclear.length + invalid.length;
	const first = count > MAX_NAMED ? `the first ${MAX_NAMED} rows` : 'the rows';
	const rest = count > MAX_NAMED ? '. A dry run has a file of all' : '';
	return [`'problems' in the output has ${first} that are ${inWords(kinds)}${rest}`];
}

function problems(
	{ plan, sent }: SyncResult,
	matchBy: MatchBy,
	{ words }: SyncList,
): IDataObject[] {
	return [
		...(sent?.left ?? []).map(({ row, id, accountId, status, message, hint }) => ({
			...(row === undefined ? {} : { [words.row]: row }),
			id,
			accountId,
			status,
			message,
			...(hint === undefined ? {} : { hint }),
		})),
		...unmatchedRows(plan, matchBy, MAX_NAMED).map(({ row, name, accountId, status, message }) => ({
			[words.row]: row,
			id: name,
			...(accountId === undefined ? {} : { accountId }),
			status,
			message,
		})),
	].slice(0, MAX_NAMED);
}

/** The summary. `error` never stands at its top, which would make n8n repeat the run. */
export function summaryOf(
	result: SyncResult,
	list: SyncList,
	matchBy: MatchBy,
	notes: readonly string[],
): IDataObject {
	const { plan, sent, judgement, segment, outcome } = result;
	const { counts } = sent ?? { counts: undefined };
	const held = result.removes && outcome !== 'held' ? 0 : plan.remove.length;
	return {
		message: messageOf(result),
		complete: result.isComplete,
		dryRun: outcome === 'planned',
		segment: { key: segment.key, name: segment.name },
		rows: list.filled,
		blankRows: list.blank,
		added: sent?.added ?? 0,
		created: sent?.created ?? 0,
		removed: sent?.removed ?? 0,
		kept: plan.keep,
		held: plan.held.length,
		protected: plan.protected.length,
		tooNew: plan.recent.length,
		addedByOthers: plan.foreign.length,
		waiting: plan.waiting.length,
		notFound: plan.notFound.length,
		unclear: plan.unclear.length,
		invalid: plan.invalid.length,
		changedMeanwhile: counts?.changedMeanwhile ?? 0,
		refused: counts?.refused ?? 0,
		failed: counts?.failed ?? 0,
		unconfirmed: counts?.unconfirmed ?? 0,
		notSent: counts?.notSent ?? 0,
		membersBefore: result.membersBefore,
		membersAfter: result.membersAfter ?? null,
		plan: {
			add: plan.add.length,
			create: plan.create.length,
			remove: plan.remove.length,
			removeAtMost: judgement.allowed,
			removable: plan.removable,
			...(result.planCode === undefined ? {} : { planCode: result.planCode }),
		},
		removalsHeld: held,
		why: judgement.objections.map(({ why }) => why),
		heldPairs: plan.held.slice(0, MAX_NAMED).map(({ member, joiner, differences }) => ({
			[list.words.row]: joiner.row,
			listId: joiner.name,
			memberId: member.id,
			differences: differences.map((kind) => DIFFERENCES[kind]),
		})),
		problems: problems(result, matchBy, list),
		notes: [...notes],
		reads: result.reads,
		writes: result.writes,
	};
}
