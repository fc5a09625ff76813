/** How an import went, in sentences: for the summary (counts, no IDs) and for the hint above the output. Pure. */
import type { ImportResult } from '../../import/outcome';
import type { ImportSettings } from '../../import/prepared';
import type { RowFailure } from '../../import/report/report';

/** Failures whose reasons a hint gives. */
const REASONS = 3;

/** Characters of a reason in a hint; the whole one is in the failures. */
const MAX_REASON = 200;

const number = (count: number): string => count.toLocaleString('en-US');

const rows = (count: number): string => `${number(count)} ${count === 1 ? 'row' : 'rows'}`;

/** Rows that are as the file asks. */
const doneRows = ({ ledger }: ImportResult): number =>
	ledger.report.counts.succeeded + ledger.report.counts.unchanged;

/** Rows in jobs whose result should be known by now. */
export function rowsInDoubt({ jobs }: ImportResult): number {
	return (jobs?.pieces ?? [])
		.filter(({ outcome, error }) => outcome === 'unconfirmed' && error !== undefined)
		.reduce((sum, { rowNumbers, failures }) => sum + rowNumbers.length - failures.size, 0);
}

/** One sentence or more, ready to be sent to somebody: what became of the rows, why it ended, and where to go on. */
export function summaryMessage(result: ImportResult, settings: ImportSettings): string {
	return sentences([`${outcomeOf(result, settings)}${countsNotDone(result)}`, ...endOf(result)]);
}

/** What to show above the output; the reasons of the first failures instead of counts. */
export function hintMessage(
	result: ImportResult,
	settings: ImportSettings,
	files: readonly string[],
): string {
	const { firstFailures, failed } = result.ledger.report;
	const reasons = firstFailures.slice(0, REASONS).map(reasonOf);
	if (failed > reasons.length) reasons.push(`${number(failed - reasons.length)} more`);
	const outcome = outcomeOf(result, settings);
	const attached = files.length === 0 ? [] : [`${files.join(' and ')} attached`];
	const first =
		failed > 0
			? `${outcome}: ${[...reasons, ...attached].join('; ')}`
			: [`${outcome}${countsNotDone(result)}`, ...attached].join('; ');
	return sentences([first, ...endOf(result)]);
}

/** Such as *994 of 1,000 rows imported, 6 not*. */
function outcomeOf(result: ImportResult, { dryRun }: ImportSettings): string {
	const { report } = result.ledger;
	const { planned, unconfirmed } = report.counts;
	const done = dryRun ? planned : doneRows(result);
	const others = report.rows - done - unconfirmed;
	const parts = [`${number(done)} of ${rows(report.rows)} ${dryRun ? 'can be sent' : 'imported'}`];
	if (unconfirmed > 0) parts.push(handedOver(unconfirmed, rowsInDoubt(result)));
	if (others > 0) parts.push(`${number(others)} not`);
	return `${dryRun ? 'Dry run. Nothing was sent. ' : ''}${parts.join(', ')}`;
}

function handedOver(count: number, inDoubt: number): string {
	if (inDoubt === 0) return `${number(count)} handed over to import jobs that have not ended yet`;
	return `it is not known what became of ${rows(inDoubt)} in import jobs`;
}

function countsNotDone({ ledger }: ImportResult): string {
	const { invalid, rejected, skipped, notSent } = ledger.report.counts;
	const parts = Object.entries({ invalid, rejected, skipped, 'not sent': notSent })
		.filter(([, count]) => count > 0)
		.map(([name, count]) => `${number(count)} ${name}`);
	return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function endOf({ stopReason, ledger }: ImportResult): string[] {
	const { firstRowNotSent } = ledger;
	return [
		...(stopReason === undefined ? [] : [stopReason]),
		...(firstRowNotSent === undefined ? [] : [`The first row not sent is row ${firstRowNotSent}`]),
	];
}

/** A hint is for people who look at the run, not at one participant: the row's ID stays in the item and in the file. */
function reasonOf({ rowNumber, id, accountId, status, message = '' }: RowFailure): string {
	let reason = message.replace(/\s+/g, ' ').replace(/\.+$/, '');
	for (const own of [id, accountId]) {
		if (own !== undefined && own !== '') reason = reason.replace(asWord(own), '…');
	}
	reason = reason.replace(/[^\s'"<>()]+@[^\s'"<>()]+/g, '…');
	// Inside of a sentence; the API's own words stay as they are.
	if (status === 'invalid' && /^[A-Z][a-z]/.test(reason)) {
		reason = reason[0].toLowerCase() + reason.slice(1);
	}
	return `row ${rowNumber}: ${reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason}`;
}

/** Finds a text where it is no part of a longer word: an ID can be one letter. */
const asWord = (text: string): RegExp => {
	const literal = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu');
};

/** The API's texts end with a period, ours do not. */
const sentences = (texts: readonly string[]): string =>
	texts.map((text) => text.replace(/\.+$/, '')).join('. ');

/** What the user should know besides: from the reader, the planner, the jobs and the undo file. */
export function notesOf(
	{ file, columns, jobs, ledger, writes, startedAtRow, notes: readingNotes }: ImportResult,
	{ batchSize, startAtRow }: ImportSettings,
): string[] {
	const notes = [...file.notes(), ...readingNotes, ...columns.notes];
	if (startedAtRow !== undefined && startedAtRow > startAtRow) {
		notes.push(
			`An interrupted import was continued at row ${startedAtRow}. What became of the rows before is not part of this summary`,
		);
	}
	if (writes !== undefined && writes.detailsKept > 0) {
		notes.push(
			`${writes.detailsKept} ${writes.detailsKept === 1 ? 'row is' : 'rows are'} about participants who already exist. Their details were left as they are: ${columns.details.map(({ name }) => `'${name}'`).join(', ')}. To overwrite them, set 'Participant Details' to 'Always'.`,
		);
	}
	if (writes !== undefined && writes.batchSize < batchSize) {
		notes.push(
			`The API did not take ${batchSize} participants per request, so ${writes.batchSize} were sent at a time in the end. Set 'Batch Size' to ${writes.batchSize} to begin with that`,
		);
	}
	notes.push(...(jobs?.notes ?? []));
	const unwritable = ledger.undo?.unwritable ?? 0;
	if (unwritable > 0) {
		notes.push(
			`The undo file leaves out ${unwritable} changes of segments whose key can't be written in a cell (it contains | or ;, for example)`,
		);
	}
	return notes;
}
