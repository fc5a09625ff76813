/**
 * Whether a plan is carried out, and how much of it. All of this is decided before the first write: a run that is
 * stopped afterwards would leave a segment that is neither the old one nor the list. Pure.
 */
import { counted, countText } from '../../shared/inputValue';
import { allowedRemovals, fewOrPercent, looksCutOff } from './limits';
import type { CodeVerdict } from './planCode';
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
	/** `run`: nothing is sent, whatever the options say. `removals`: they are held as a whole. */
	scope: 'run' | 'removals';
	/** What is wrong, as a sentence without its full stop. */
	message: string;
	/** The way out, the same way. */
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
	ifMissing: 'skip' | 'create' | 'error';
	removePercent: number;
	createPercent: number;
	unmatchedPercent: number;
	code: CodeVerdict;
	/** How the list differs from earlier ones, when that is watched and too much. */
	deviation?: string;
}

export interface Judgement {
	/** How many may be removed without a plan code. */
	allowed: number;
	objections: Objection[];
}

const ENTER_CODE =
	"If these people are to go, enter the plan code in 'Plan Code'. It allows these removals only, for 24 hours";

const allowedText = (most: number): string =>
	most === 0 ? 'none is allowed' : `only ${countText(most)} are allowed`;

/** Look at a plan from all sides. */
export function judge(plan: Plan, settings: JudgeSettings): Judgement {
	const allowed = allowedRemovals(plan.removable, settings.removePercent);
	const aboveLimits = aboveLimit(plan, settings, allowed);
	const objections = [
		emptyList(plan, settings),
		missingOnes(plan, settings),
		tooManyCreated(plan, settings),
		deviation(settings),
		tooManyPairs(plan, settings),
		...(plan.remove.length === 0
			? []
			: [
					unmatched(plan, settings),
					cutOff(settings),
					wrongCode(settings),
					manual(settings, aboveLimits === undefined),
					aboveLimits,
				]),
	];
	return { allowed, objections: objections.filter((objection) => objection !== undefined) };
}

/** Nobody empties a segment by a list that could not be read. */
function emptyList(
	{ remove }: Plan,
	{ filledRows, members, listIsComplete, code }: JudgeSettings,
): Objection | undefined {
	if (filledRows > 0 || members === 0 || code.verdict === 'valid') return undefined;
	if (remove.length === 0 && listIsComplete) return undefined;
	return {
		why: 'emptyList',
		scope: 'removals',
		message: `The list is empty, and the segment has ${counted(members, 'member', 'members')}`,
		hint:
			remove.length === 0
				? "Check the node that reads the list. If the list is to be empty, add 'List Is Complete' in 'Safety Options'. A plan code is not given, as nobody would be removed"
				: "Check the node that reads the list. Only to take everybody out on purpose, use 'Plan Code'",
	};
}

function missingOnes({ notFound }: Plan, { ifMissing }: JudgeSettings): Objection | undefined {
	if (ifMissing !== 'error' || notFound.length === 0) return undefined;
	return {
		why: 'missingParticipants',
		scope: 'run',
		message: `${counted(notFound.length, 'row is about a participant who does', 'rows are about participants who do')} not exist, the first in row ${notFound[0].row}`,
		hint: "Correct the list, or set 'If Participant Does Not Exist' to Skip or Create. 'Dry Run' lists these rows",
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
	{ filledRows, unmatchedPercent }: JudgeSettings,
): Objection | undefined {
	const count = notFound.length + unclear.length + invalid.length;
	const most = fewOrPercent(filledRows, unmatchedPercent);
	if (count <= most) return undefined;
	return {
		why: 'unmatchedRows',
		scope: 'removals',
		message: `${countText(count)} of ${counted(filledRows, 'row names', 'rows name')} no participant for certain, and ${allowedText(most)} to. Members that they mean would be taken for leavers`,
		hint: "Check the column of IDs. If the list is right to have people who do not take part, raise 'Unmatched Rows at Most' in 'Safety Options'. 'Dry Run' lists these rows",
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

function wrongCode({ code }: JudgeSettings): Objection | undefined {
	if (code.verdict === 'none' || code.verdict === 'valid') return undefined;
	const messages = {
		unreadable: "'Plan Code' is not a code that a dry run of this operation shows",
		expired: "The code in 'Plan Code' is more than 24 hours old",
		other: `The code in 'Plan Code' is for another plan${code.verdict === 'other' ? `, with ${counted(code.removals, 'removal', 'removals')}` : ''}: the list or the segment has changed since`,
	};
	return {
		why: 'planCode',
		scope: 'removals',
		message: messages[code.verdict],
		hint: "Look at the plan again and enter its code, or empty 'Plan Code' so that 'Remove at Most' decides",
	};
}

/** @param isWithinLimits whether a run that nobody watches would remove them */
function manual({ isManual, code }: JudgeSettings, isWithinLimits: boolean): Objection | undefined {
	if (!isManual || code.verdict !== 'none') return undefined;
	return {
		why: 'manualRun',
		scope: 'removals',
		message: 'In a test run from the editor, nobody is removed without a plan code',
		hint: isWithinLimits
			? "If the list is the real one, enter the plan code in 'Plan Code'. The published workflow needs none"
			: ENTER_CODE,
	};
}

function aboveLimit(
	{ remove, removable }: Plan,
	{ code, removePercent }: JudgeSettings,
	allowed: number,
): Objection | undefined {
	if (code.verdict !== 'none' || remove.length <= allowed) return undefined;
	return {
		why: 'removeLimit',
		scope: 'removals',
		message: `${countText(remove.length)} of ${countText(removable)} members would be removed, and ${allowedText(allowed)} ('Remove at Most' is ${removePercent} %)`,
		hint: ENTER_CODE,
	};
}
