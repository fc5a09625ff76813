/** How an import went, in sentences: for the summary (counts, no IDs) and for the hint above the output. Pure. */
import { counted, countText, withoutPeriod } from '../../../shared/inputValue';
import { hintWithOptions, inSentences } from '../../../shared/advocate/client/errorTexts';
import type { Interruption } from '../../import/checkpoint';
import type { ImportResult } from '../../import/outcome';
import { mayCreate } from '../../import/prepared';
import type { ImportSettings } from '../../import/prepared';
import type { ImportReport, RowFailure } from '../../import/report/report';
import type { WriteStatistics } from '../../writes/run';
import { hasUndoColumns } from '../../import/report/undo';
import { shownColumn } from '../../import/plan/headers';
import { countRows } from '../../import/table';
import type { TableWords } from '../../import/table';

/** Different reasons of failures that a hint gives. */
const REASONS = 3;

/** Characters of a reason in a hint; the whole one is in the failures. */
const MAX_REASON = 200;

/** Rows that are as the file asks. */
const doneRows = ({ ledger }: ImportResult): number =>
	ledger.report.counts.succeeded + ledger.report.counts.unchanged;

/** One sentence or more, ready to be sent to somebody: what became of the rows, why it ended, and where to go on. */
export function summaryMessage(result: ImportResult, settings: ImportSettings): string {
	const first = `${outcomeOf(result, settings)}${countsNotDone(result)}`;
	return withoutPeriod(inSentences(first, ...endOf(result, settings)));
}

/** What to show above the output; the reasons of the first failures instead of counts. */
export function hintMessage(
	result: ImportResult,
	settings: ImportSettings,
	files: readonly string[],
): string {
	const { firstFailures, failed, counts } = result.ledger.report;
	const { words } = result.columns;
	const { reasons, named } = reasonsOf(firstFailures, words);
	if (failed > named) reasons.push(`${countText(failed - named)} more`);
	const outcome = outcomeOf(result, settings);
	const attached = files.length === 0 ? [] : [`${files.join(' and ')} attached`];
	const tellsAll = failed > 0 && counts.notSent === 0;
	const start = tellsAll ? outcome : `${outcome}${countsNotDone(result)}`;
	const first =
		failed > 0
			? `${start}: ${[...reasons, ...attached].join('; ')}`
			: [start, ...attached].join('; ');
	return withoutPeriod(inSentences(first, ...endOf(result, settings)));
}

/** Such as *994 of 1,000 rows imported, 6 not*. */
function outcomeOf(result: ImportResult, { dryRun }: ImportSettings): string {
	const { report } = result.ledger;
	const { words } = result.columns;
	const { planned, unconfirmed, skipped } = report.counts;
	const done = dryRun ? planned : doneRows(result);
	const asAsked = dryRun ? report.counts.unchanged : 0;
	const others = report.rows - done - asAsked - unconfirmed - skipped;
	// Fewer people than rows would look like a mistake in the number of those who are created.
	const people =
		dryRun && result.intake.duplicates > 0
			? ` (for ${counted(result.intake.participants, 'participant', 'participants')})`
			: '';
	const parts = [
		`${countText(done)} of ${countRows(report.rows, words)} ${dryRun ? `can be sent${people}` : `imported${partUnchanged(report.counts)}`}`,
	];
	const { inDoubt } = report;
	if (inDoubt > 0) {
		const where = result.jobs === undefined ? '' : ' in import jobs';
		parts.push(`it is not known what became of ${countRows(inDoubt, words)}${where}`);
	}
	const open = unconfirmed - inDoubt;
	if (open > 0) parts.push(`${countText(open)} handed over to import jobs that have not ended yet`);
	const { participantsCreated = 0 } = result;
	if (dryRun && participantsCreated > 0) {
		parts.push(`${counted(participantsCreated, 'participant', 'participants')} would be created`);
	}
	if (asAsked > 0) parts.push(`${countText(asAsked)} already as asked`);
	if (skipped > 0) parts.push(`${countText(skipped)} skipped`);
	if (others > 0) parts.push(`${countText(others)} not`);
	return `${dryRun ? 'Dry run. Nothing was sent. ' : ''}${parts.join(', ')}`;
}

function countsNotDone({ ledger }: ImportResult): string {
	const { invalid, rejected, notSent } = ledger.report.counts;
	const parts = Object.entries({ invalid, rejected, 'not sent': notSent })
		.filter(([, count]) => count > 0)
		.map(([name, count]) => `${countText(count)} ${name}`);
	return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** Of rows that count as imported, those that nothing had to be done for. */
const partUnchanged = ({ unchanged }: ImportReport['counts']): string =>
	unchanged > 0 ? ` (${countText(unchanged)} unchanged)` : '';

/** What has come into being; the preview of a dry run has sentences of its own. */
function creationsOf({ participantsCreated = 0, createdSegments }: ImportResult): string[] {
	const created = [
		...(participantsCreated > 0
			? [counted(participantsCreated, 'participant', 'participants')]
			: []),
		...(createdSegments.length > 0 ? [counted(createdSegments.length, 'segment', 'segments')] : []),
	];
	if (created.length === 0) return [];
	const isOne = participantsCreated + createdSegments.length === 1;
	return [`${created.join(' and ')} ${isOne ? 'was' : 'were'} created`];
}

/** What came into being, why the run ended, and where to go on. */
function endOf(result: ImportResult, { dryRun }: ImportSettings): string[] {
	const { stopReason, fatalError, ledger, columns, rowsLeft, nextRow } = result;
	const { row } = columns.words;
	const { firstRowNotSent } = ledger;
	return [
		...(dryRun ? [] : creationsOf(result)),
		...(stopReason === undefined ? [] : [stopReason]),
		// How long it waited, and what would have been enough.
		...(fatalError?.kind === 'gaveUp' ? [hintWithOptions(fatalError)] : []),
		...(rowsLeft === 0
			? []
			: [
					`${countText(rowsLeft)} more ${row}${rowsLeft === 1 ? ' is' : 's are'} left to the next run${nextRow === undefined ? '' : `, which starts at ${row} ${nextRow}`}`,
				]),
		// Rows that are left on purpose are not missing.
		...(firstRowNotSent === undefined || (rowsLeft > 0 && firstRowNotSent === nextRow)
			? []
			: [`The first ${row} not sent is ${row} ${firstRowNotSent}`]),
	];
}

/**
 * The reasons of the first failures, each once with its rows: `rows 2, 5: the participant ID is blank`.
 * @returns also the number of rows that they name
 */
function reasonsOf(
	failures: readonly RowFailure[],
	{ row }: TableWords,
): { reasons: string[]; named: number } {
	const rowsOf = new Map<string, number[]>();
	for (const failure of failures) {
		const reason = reasonOf(failure);
		const rows = rowsOf.get(reason);
		if (rows !== undefined) rows.push(failure.rowNumber);
		else if (rowsOf.size < REASONS) rowsOf.set(reason, [failure.rowNumber]);
	}
	const reasons = [...rowsOf].map(
		([reason, rows]) => `${row}${rows.length === 1 ? '' : 's'} ${rows.join(', ')}: ${reason}`,
	);
	return { reasons, named: [...rowsOf.values()].flat().length };
}

/** A hint is for people who look at the run, not at one participant: the row's ID stays in the item and in the file. */
function reasonOf({ id, accountId, status, message = '', bySetting }: RowFailure): string {
	const whole = inSentences(message, bySetting);
	// Half of a way out is none; the failures in the output have it.
	let reason = withoutPeriod((whole.length > MAX_REASON ? message : whole).replace(/\s+/g, ' '));
	for (const own of [id, accountId]) {
		if (own !== undefined && own !== '') reason = reason.replace(asWord(own), '…');
	}
	reason = reason.replace(/[^\s'"<>()]+@[^\s'"<>()]+/g, '…');
	// Inside of a sentence; the API's own words stay as they are.
	if (status === 'invalid' && /^[A-Z][a-z]/.test(reason)) {
		reason = reason[0].toLowerCase() + reason.slice(1);
	}
	return reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason;
}

/** Finds a text where it is no part of a longer word: an ID can be one letter. */
const asWord = (text: string): RegExp => {
	const literal = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu');
};

/** Rows are left out: which, on whose word, and how to send all of them. */
function continuedNote(
	{ nextRow, at, execution }: Interruption,
	firstRow: number,
	{ row, table }: TableWords,
): string {
	const when = new Date(at).toISOString().replace('T', ' ').slice(0, 16);
	const which = execution === '' ? 'An earlier execution' : `Execution ${execution}`;
	const name = `${row.charAt(0).toUpperCase()}${row.slice(1)}`;
	const left =
		nextRow - 1 > firstRow
			? `${name}s ${firstRow} to ${nextRow - 1} were left out`
			: `${name} ${firstRow} was left out`;
	return `${left}. ${which} got there with this ${table} and ended early (${when} UTC); the summaries until then say what became of them. To send all ${row}s again, turn off 'Resume Interrupted Import'`;
}

/** What the user should know besides: from the reader, the planner, the jobs and the undo file. */
export function notesOf(result: ImportResult, settings: ImportSettings): string[] {
	const { table, columns, jobs, ledger, writes, continued, rowsLeft } = result;
	const { row } = columns.words;
	const { startAtRow } = settings;
	const notes = [
		...table.notes(),
		...result.notes,
		...columns.notes,
		...notLookedUp(result, settings),
		...joinsNothing(result, settings),
		...withoutEmail(result, settings),
	];
	if (continued !== undefined) {
		notes.push(continuedNote(continued, Math.max(startAtRow, table.firstRow), columns.words));
	}
	if (writes !== undefined && writes.detailsKept > 0) {
		notes.push(
			`${countText(writes.detailsKept)} ${writes.detailsKept === 1 ? `${row} is about a participant who already exists, whose` : `${row}s are about participants who already exist, whose`} details were left as they are: ${columns.details.map(({ name }) => `'${name}'`).join(', ')}. To overwrite them, set 'Participant Details' to 'Always'.`,
		);
	}
	const { skipped } = ledger.report.counts;
	if (skipped > 0 && hasUndoColumns(columns.header)) {
		notes.push(
			`${countRows(skipped, table.words)} of the undo file ${skipped === 1 ? 'was' : 'were'} skipped, so what ${skipped === 1 ? 'it takes' : 'they take'} back was not taken back`,
		);
	}
	for (const [reason, { count, first }] of ledger.report.skips) {
		const which =
			count === 1
				? `${row} ${first}`
				: `${countRows(count, table.words)}, the first is ${row} ${first}`;
		notes.push(`Skipped: ${which}. ${reason}`);
	}
	notes.push(
		...doubtNotes(writes?.doubts, table.words),
		...(writes?.notes ?? []),
		...(jobs?.notes ?? []),
	);
	if (rowsLeft > 0 && ledger.mayOvertake) {
		notes.push(
			`The ${row}s that are left may be about participants in the rejects file: import that file before the next run, or it undoes what they ask for`,
		);
	}
	const { failedWithoutItem } = ledger.report;
	if (failedWithoutItem > 0) {
		notes.push(
			`Not all failed rows come out as items: ${countRows(failedWithoutItem, table.words)} more ${failedWithoutItem === 1 ? 'is' : 'are'} in the rejects file only`,
		);
	}
	const { rowsAgain } = ledger.report;
	if (rowsAgain > 0) {
		notes.push(
			`The rejects file also has ${countRows(rowsAgain, table.words)} that did not fail. They came after failed rows of the same participants, and must come after them again: import the file as a whole`,
		);
	}
	notes.push(...undoNotes(result));
	const unwritable = ledger.undo?.unwritable ?? 0;
	if (unwritable > 0) {
		notes.push(
			`The undo file leaves out ${unwritable} changes of segments whose key can't be written in a cell (it contains | or ;, for example)`,
		);
	}
	return notes;
}

/** An ID that is an address is no e-mail address yet: it is sent as one only under a header that says so. */
function withoutEmail({ ledger, columns }: ImportResult, settings: ImportSettings): string[] {
	const { succeeded, planned } = ledger.report.counts;
	const name = columns.header[columns.id] ?? '';
	const hasEmail = columns.details.some(({ field }) => field === 'email');
	if (hasEmail || settings.columns.detailsFor === 'none') return [];
	if (!/e-?mail|^mail$/i.test(name) || succeeded + planned === 0 || !mayCreate(settings)) return [];
	return [
		`${shownColumn(name)} is sent as the participant ID only: whoever is created gets no e-mail address. To send it too, call the ${columns.words.row === 'item' ? 'field' : 'column'} 'email', here and in 'ID Column'.`,
	];
}

/** What a dry run leaves open: a misspelled ID would make a participant, and looks like any other. */
function notLookedUp(
	{ ledger, participantsCreated, lookUpFailure, effects }: ImportResult,
	settings: ImportSettings,
): string[] {
	const { dryRun } = settings;
	const isOpen = dryRun && ledger.report.counts.planned > 0 && participantsCreated === undefined;
	if (!isOpen || !mayCreate(settings) || effects !== undefined) return [];
	if (lookUpFailure !== undefined) {
		return [
			inSentences(
				`Participants who do not exist yet would be created. How many could not be looked up: ${lookUpFailure.message}`,
				hintWithOptions(lookUpFailure),
			),
		];
	}
	return [
		"Participants who do not exist yet would be created. How many is looked up for up to 1,000 rows; the option 'Preview Effects' looks at some of them",
	];
}

/** Details are imported without segments too, which is not what somebody wants who forgot to choose one. */
function joinsNothing(
	{ ledger, columns }: ImportResult,
	{ action, segments, dryRun }: ImportSettings,
): string[] {
	const { succeeded, planned, unconfirmed } = ledger.report.counts;
	const isForSegments = action === 'add' || action === 'set';
	if (!isForSegments || segments.length > 0 || columns.segments !== undefined) return [];
	if (succeeded + planned + unconfirmed === 0) return [];
	const what = dryRun ? 'would be created or updated' : 'were created or updated';
	return [
		`No segment was chosen in 'Segment Names or IDs', and the ${columns.words.table} names none: participants ${what}, but ${dryRun ? 'would join' : 'joined'} no segment`,
	];
}

/** What an undo file does not take back. */
function undoNotes({ columns, ledger, participantsCreated = 0 }: ImportResult): string[] {
	if (hasUndoColumns(columns.header)) {
		return [
			'An undo file takes back segments only: participants whom its import created stay in Advocate, and details that it changed stay as they are',
		];
	}
	const { undo, report } = ledger;
	const { unchanged, succeeded, unconfirmed } = report.counts;
	if (undo?.count === 0 && unchanged > 0 && succeeded + unconfirmed === 0) {
		return ["Nobody's segments were changed, so an undo file was not made"];
	}
	if (participantsCreated === 0 || (undo?.count ?? 0) === 0) return [];
	const who =
		participantsCreated === 1
			? 'the participant whom this import created stays'
			: `the ${countText(participantsCreated)} participants whom this import created stay`;
	return [
		`The undo file takes back segments only: ${who} in Advocate after it. 'Participant > Delete' removes who is not to stay`,
	];
}

/** What a last look at participants could not settle. */
function doubtNotes(doubts: WriteStatistics['doubts'] | undefined, words: TableWords): string[] {
	const { requests, left } = doubts ?? { requests: 0, left: 0 };
	if (left === 0) return [];
	const what = `it is ${requests === 0 ? '' : 'still '}not known whether ${countRows(left, words)} ${left === 1 ? 'was' : 'were'} applied`;
	const how = `${requests} ${requests === 1 ? 'request' : 'requests'} to look at their participants`;
	const after = requests === 0 ? '' : `After ${how}, `;
	const text = `${after}${what}. They are in the rejects file; importing it does no harm`;
	return [text.charAt(0).toUpperCase() + text.slice(1)];
}
