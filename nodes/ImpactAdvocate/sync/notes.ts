/** What a run of Sync Members says besides its counts: what people would wonder about, or should do. Pure. */
import { countText } from '../../shared/inputValue';
import { areOrIs } from '../import/plan/headers';
import type { Judgement } from './judge';
import type { SyncList } from './list';
import type { SyncMemory } from './memory';
import type { Plan, PlanSettings } from './plan';

/** The settings of a run that notes depend on. */
interface NotedSettings extends Pick<PlanSettings, 'ifMissing'> {
	onlyOwn: boolean;
	isManual: boolean;
	dryRun: boolean;
}

/** What is known of a run before its first write. */
export interface Known {
	plan: Plan;
	judgement: Judgement;
	list: SyncList;
	settings: NotedSettings;
	memory: SyncMemory;
	/** See `MemberReading`. */
	hasEverybody: boolean;
	unknownProtected: readonly string[];
}

/** The notes of a run before its first write. */
export function notesBefore(known: Known): string[] {
	const { plan, judgement, list, settings, memory, hasEverybody, unknownProtected } = known;
	return [
		...heldNote(plan, judgement),
		...notFoundNote(plan, list, settings),
		...bareCreationNote(plan, list),
		...tooNewNote(plan, settings),
		...readingNotes(hasEverybody, unknownProtected, settings, memory),
	];
}

/** Two IDs for what may be one person: the run goes on without them every night, until somebody says what they are. */
function heldNote({ held }: Plan, { objections }: Judgement): string[] {
	// Too many of them hold the run, and have their way out there.
	if (held.length === 0 || objections.some(({ why }) => why === 'nearMisses')) return [];
	const isDeclarable = held.some(({ differences }) =>
		differences.every((kind) => kind === 'case' || kind === 'blanks'),
	);
	const option = isDeclarable ? ", or use 'Treat as the Same' in 'Safety Options'" : '';
	return [
		`'heldPairs' in the output has the IDs that are nearly the same. If two of them mean one person, write the ID in the list as Advocate has it${option}. If they mean two people, name the pair in 'Different People' in 'Safety Options'`,
	];
}

/** Most of a list of strangers: that is more often a wrong column than a list of new people. */
function notFoundNote(
	{ notFound }: Plan,
	{ filled, words }: SyncList,
	{ ifMissing }: NotedSettings,
): string[] {
	if (ifMissing !== 'skip' || notFound.length * 2 < filled || notFound.length === 0) return [];
	return [
		`${countText(notFound.length)} of ${countText(filled)} ${words.row}s name nobody in Advocate and were left out. If these people are new, set 'If Participant Does Not Exist' to Create. If not, check 'Match By' and the column that it takes`,
	];
}

/** Whoever has names and addresses in the list expects them in Advocate, too. */
function bareCreationNote({ create }: Plan, { details, words }: SyncList): string[] {
	if (create.length === 0 || details.length === 0) return [];
	const operation = words.row === 'item' ? 'Import Items' : 'Import CSV';
	return [
		`Participants are created here with their ID only: ${areOrIs(details, 'is', 'are')} not sent. To create them with their details, import the list first, with '${operation}' of the resource 'Bulk'`,
	];
}

/** Who tries it out with participants of today sees no removal, and would look for the option that allows it. */
function tooNewNote({ recent, remove }: Plan, { isManual, dryRun }: NotedSettings): string[] {
	if (recent.length === 0 || remove.length > 0 || !(isManual || dryRun)) return [];
	return [
		"Participants of the last 24 hours are never removed, as the list may have been made before they joined; no option changes that. To try a removal today, use members who became participants before, or import test participants with an earlier date in a column 'dateCreated'",
	];
}

function readingNotes(
	hasEverybody: boolean,
	unknownProtected: readonly string[],
	{ onlyOwn }: NotedSettings,
	memory: SyncMemory,
): string[] {
	const notes: string[] = [];
	if (!hasEverybody) {
		notes.push(
			'The members changed while they were read, so some may be missing. That removes nobody who should stay; run it again to be sure that all leavers are found',
		);
	}
	if (unknownProtected.length > 0) {
		const names = unknownProtected.slice(0, 10).map((id) => `'${id}'`);
		const more = unknownProtected.length - names.length;
		notes.push(
			`'Never Remove' names IDs that no member has: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
		);
	}
	if (onlyOwn && memory.ownCount === 0) {
		notes.push("'Remove Own Additions Only' is on, and it knows nobody yet, so it removes nobody");
	}
	return notes;
}
