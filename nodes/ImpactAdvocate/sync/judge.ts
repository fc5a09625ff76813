/**
 * Whether a plan is carried out, and how much of it. All of this is decided before the first write: a run that is
 * stopped afterwards would leave a segment that is neither the old one nor the list. Pure.
 */
import { counted, countText } from '../../shared/inputValue';
import type { TableWords } from '../import/table';
import { allowedRemovals, fewOrPercent, limitText, looksCutOff } from './limits';
import type { CodeVerdict, Difference } from './planCode';
import type { Plan } from './plan';

/** Why no removal is sent, or (`run`) nothing at all. */
interface Objection {
	/** Short and stable, for workflows that decide by it. */
	why:
		| 'createLimit'
		| 'deviation'
		| 'emptyList'
		| 'manualRun'
		| 'missingParticipants'
		| 'nearMisses'
		| 'planCode'
		| 'removeLimit'
		| 'roundNumberOfRows'
		| 'unmatchedRows';
	/** The code of this plan is not the way out. */
	hidesCode?: true;
	/** `run`: nothing is sent, whatever the options say. `removals`: they are held as a whole. */
	scope: 'run' | 'removals';
	/** What is wrong, as a sentence without its full stop. */
	message: string;
	/** The way out, the same way. Reasons that one step settles have the same. */
	hint: string;
}

export interface JudgeSettings {
	/** Rows of the list, blank ones included. */
	rows: number;
	/** Rows that name somebody, or try to. */
	filledRows: number;
	/** Members before the run. */
	members: number;
	listIsComplete: boolean;
	/** Whether a person runs this to try it out. */
	isManual: boolean;
	/** Whether the plan is only shown, with its people in files. */
	dryRun: boolean;
	words: TableWords;
	ifMissing: 'skip' | 'create' | 'error';
	removePercent: number;
	createPercent: number;
	unmatchedPercent: number;
	code: CodeVerdict;
	/** See `SyncSettings.planCodeStays`. */
	codeStays: boolean;
	/** How the list differs from earlier ones, when that is watched and too much. */
	deviation?: string;
}

export interface Judgement {
	/** How many may be removed without a plan code. */
	allowed: number;
	objections: Objection[];
}

/** How the removals are allowed that are too many, or are tried out. */
function enterCode({ filledRows, dryRun }: JudgeSettings): string {
	const enter = "enter the plan code in 'Plan Code'. It allows this plan only, for 24 hours";
	if (filledRows === 0) {
		return `Check the node that reads the list. Only to take everybody out on purpose, ${enter}`;
	}
	return `If these people are to go${dryRun ? '' : " ('Dry Run' shows who)"}, ${enter}`;
}

/** Where to see the rows, for those who do not see them already. */
const seeRows = ({ dryRun }: JudgeSettings, row: TableWords['row'] = 'row'): string =>
	dryRun ? '' : `. 'Dry Run' lists these ${row}s`;

/** The ways out of a judgement, as sentences without the last full stop; empty when nothing is held. */
export function waysOut({ objections }: Judgement): string {
	const ways = [...new Set(objections.map(({ hint }) => hint))];
	if (ways.length < 2) return ways.join('');
	// Read as alternatives, the first step would only lead to the next refusal.
	return `Each of these has to be settled: ${ways.map((way, at) => `(${at + 1}) ${way}`).join('. ')}`;
}

const allowedText = (most: number): string =>
	most === 0 ? 'none is allowed' : `only ${countText(most)} are allowed`;

/** Look at a plan from all sides. */
export function judge(plan: Plan, settings: JudgeSettings): Judgement {
	const allowed = allowedRemovals(plan.removable, settings.removePercent);
	const objections: Array<Objection | undefined> = [
		emptyList(plan, settings),
		missingOnes(plan, settings),
		tooManyCreated(plan, settings),
		deviation(settings),
		tooManyPairs(plan, settings),
		wrongCode(plan, settings, allowed),
		...(plan.remove.length === 0
			? []
			: [unmatched(plan, settings), cutOff(settings), aboveLimit(plan, settings, allowed)]),
	];
	const held = objections.filter((objection) => objection !== undefined);
	const ofManual = manual(plan, settings, allowed, held.length > 0);
	return { allowed, objections: ofManual === undefined ? held : [...held, ofManual] };
}

/** Nobody empties a segment by a list that could not be read. */
function emptyList({ remove }: Plan, settings: JudgeSettings): Objection | undefined {
	const { filledRows, members, listIsComplete, code } = settings;
	if (filledRows > 0 || members === 0) return undefined;
	// A code is for removals.
	if (remove.length === 0 ? listIsComplete : code.verdict === 'valid') return undefined;
	return {
		why: 'emptyList',
		scope: 'removals',
		message: `The list is empty, and the segment has ${counted(members, 'member', 'members')}`,
		hint:
			remove.length === 0
				? "Check the node that reads the list. If the list is to be empty, add 'List Is Complete' in 'Safety Options'. The plan code alone is not enough, as nobody would be removed"
				: enterCode(settings),
	};
}

function missingOnes({ notFound }: Plan, settings: JudgeSettings): Objection | undefined {
	const {
		ifMissing,
		words: { row },
	} = settings;
	if (ifMissing !== 'error' || notFound.length === 0) return undefined;
	return {
		why: 'missingParticipants',
		scope: 'run',
		message: `${counted(notFound.length, `${row} is about a participant who does`, `${row}s are about participants who do`)} not exist, the first in ${row} ${notFound[0].row}`,
		hint: `Correct the list, or set 'If Participant Does Not Exist' to Skip or Create${seeRows(settings, row)}`,
	};
}

function tooManyCreated(
	{ create }: Plan,
	{ filledRows, createPercent }: JudgeSettings,
): Objection | undefined {
	const most = fewOrPercent(filledRows, createPercent);
	if (create.length <= most) return undefined;
	return {
		why: 'createLimit',
		scope: 'run',
		message: `${counted(create.length, 'participant', 'participants')} would be created, and ${allowedText(most)}`,
		hint: "Check that the column of IDs has Advocate's participant IDs, not the numbers of another program. If all of them are really new, raise 'Create at Most' in 'Safety Options' for this run; it is in percent of the rows",
	};
}

function deviation({ deviation: message }: JudgeSettings): Objection | undefined {
	if (message === undefined) return undefined;
	return {
		why: 'deviation',
		scope: 'run',
		message,
		hint: "Check that the list is whole. If it really has changed so much, turn off 'Deviation Guard' for one run; it then begins anew",
	};
}

function tooManyPairs({ held }: Plan, { filledRows }: JudgeSettings): Objection | undefined {
	const most = fewOrPercent(filledRows, 1);
	if (held.length <= most) return undefined;
	return {
		why: 'nearMisses',
		scope: 'removals',
		message: `${countText(held.length)} members are missing from the list under their ID, while the list has nearly the same IDs. Up to ${countText(most)} would be set aside`,
		hint: "Write the IDs in the list as Advocate has them. If they differ in upper and lower case or blanks only, use 'Treat as the Same' in 'Safety Options'",
	};
}

function unmatched(
	{ notFound, unclear, invalid }: Plan,
	settings: JudgeSettings,
): Objection | undefined {
	const { filledRows, unmatchedPercent } = settings;
	const count = notFound.length + unclear.length + invalid.length;
	const most = fewOrPercent(filledRows, unmatchedPercent);
	if (count <= most) return undefined;
	return {
		why: 'unmatchedRows',
		scope: 'removals',
		message: `${countText(count)} of ${counted(filledRows, 'row names', 'rows name')} no participant for certain, and ${allowedText(most)} to. Members that they mean would be taken for leavers`,
		hint: `Check the column of IDs. If the list is right to have people who do not take part, raise 'Unmatched Rows at Most' in 'Safety Options'${seeRows(settings)}`,
	};
}

function cutOff({ rows, listIsComplete }: JudgeSettings): Objection | undefined {
	if (listIsComplete || !looksCutOff(rows)) return undefined;
	return {
		why: 'roundNumberOfRows',
		scope: 'removals',
		message: `The list has exactly ${countText(rows)} rows, as if a limit had cut it off`,
		hint: "Check the limit of the node that reads the list. If the list really has so many rows, add 'List Is Complete' in 'Safety Options': the plan code alone is not enough",
	};
}

function wrongCode(
	{ remove, removable, add, create }: Plan,
	settings: JudgeSettings,
	allowed: number,
): Objection | undefined {
	const { code, codeStays, filledRows, isManual, dryRun } = settings;
	if (code.verdict === 'none' || code.verdict === 'valid') return undefined;
	const messages = {
		unreadable:
			"'Plan Code' is not a whole plan code, as a dry run or a run that was held shows it",
		expired: "The code in 'Plan Code' is more than 24 hours old",
		other: '',
	};
	// Another code in place of the expression would be one that nobody has agreed to.
	const isAskedFor = !codeStays && !dryRun;
	// A code that allows nothing would only stop the next run again.
	const isEmptyBest = codeStays && remove.length + add.length + create.length === 0;
	const look = dryRun
		? "If this is the plan that you want, enter the plan code of this run in 'Plan Code'"
		: "Look at the plan again (turn on 'Dry Run': it shows who would join and go) and enter its code";
	// Without a code, a test run would be held as well, and so would removals above the limit. Who has an expression there
	// wants no run without a code.
	const isEmptyEnough =
		codeStays && (remove.length === 0 || (!isManual && remove.length <= allowed));
	const why =
		remove.length === 0
			? 'nobody is to be removed'
			: `'Remove at Most' allows ${countText(allowed)} of ${countText(removable)}`;
	return {
		why: 'planCode',
		scope: 'run',
		...(isAskedFor || isEmptyBest ? { hidesCode: true as const } : {}),
		message:
			code.verdict === 'other'
				? `'Plan Code' does not fit. ${differenceText(code, remove.length, add.length + create.length)}`
				: messages[code.verdict],
		// An empty list has one way out.
		hint: isAskedFor
			? "Make the plan again: run the workflow from its dry run on, and leave the expression in 'Plan Code' as it is"
			: filledRows === 0 && remove.length > 0
				? enterCode(settings)
				: isEmptyBest
					? "Empty 'Plan Code': there is nobody to add or remove"
					: `${look}${isEmptyEnough ? `. Or empty 'Plan Code': ${why}` : ''}`,
	};
}

/** In what a plan is not the one that a code is for, as a sentence without its full stop. */
function differenceText(
	{ differs, removals, additions }: Extract<CodeVerdict, { verdict: 'other' }>,
	leaving: number,
	joining: number,
): string {
	if (differs.includes('segment')) return 'The code is for another segment';
	const isOther = (kind: Difference) => differs.includes(kind);
	const parts = [
		...(isOther('joiners') || isOther('list')
			? [{ verb: 'adds', who: 'participant', coded: additions, now: joining }]
			: []),
		...(isOther('leavers')
			? [{ verb: 'removes', who: 'member', coded: removals, now: leaving }]
			: []),
	];
	const was = parts.map(({ verb, who, coded }) => `${verb} ${counted(coded, who, `${who}s`)}`);
	const is = parts.map(({ verb, coded, now }) => {
		const others = now === 1 ? ' other' : ' others';
		return `${verb} ${countText(now)}${coded === now ? others : ''}`;
	});
	const since = isOther('list') ? ', and the people on the list are not the same any more' : '';
	return `The plan that the code is for ${was.join(' and ')}; this one ${is.join(' and ')}${since}`;
}

/** @param isHeld whether a run that nobody watches would not remove them either */
function manual(
	{ remove, removable }: Plan,
	settings: JudgeSettings,
	allowed: number,
	isHeld: boolean,
): Objection | undefined {
	const { isManual, code, dryRun } = settings;
	if (!isManual || code.verdict !== 'none' || remove.length === 0) return undefined;
	const these = remove.length === 1 ? 'this member' : `these ${countText(remove.length)} members`;
	const workflow = dryRun ? "A published workflow with 'Dry Run' off" : 'The published workflow';
	return {
		why: 'manualRun',
		scope: 'removals',
		message: 'In a test run from the editor, nobody is removed without a plan code',
		hint: isHeld
			? enterCode(settings)
			: `If the list is the real one${dryRun ? '' : " ('Dry Run' shows who would go)"}, enter the plan code in 'Plan Code'. ${workflow} would remove ${these} without asking, as 'Remove at Most' allows ${countText(allowed)} of ${countText(removable)}`,
	};
}

function aboveLimit(
	{ remove, removable }: Plan,
	settings: JudgeSettings,
	allowed: number,
): Objection | undefined {
	const { code, removePercent } = settings;
	if (code.verdict !== 'none' || remove.length <= allowed) return undefined;
	return {
		why: 'removeLimit',
		scope: 'removals',
		message: `${countText(remove.length)} of ${counted(removable, 'member', 'members')} would be removed. The limit is ${countText(allowed)}: ${limitText(removable, removePercent)}`,
		hint: enterCode(settings),
	};
}
