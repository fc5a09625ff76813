/** One import and its output items: first a summary, then rows by choice. */
import type { IBinaryKeyData, IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import { inSentences } from '../../../shared/advocate/client/errorTexts';
import { importCsv as runImport } from '../../import/importCsv';
import type { ImportResult } from '../../import/outcome';
import type { ImportSettings } from '../../import/prepared';
import { isToImportAgain } from '../../import/report/report';
import type { RowOutcome } from '../../import/report/report';
import { inform, warn } from '../../../shared/n8n/html';
import type { SourceKind } from '../list/fields';
import { resultFileName } from '../list/source';
import type { ListSource } from '../list/source';
import type { ItemOutcome, Run } from '../operation';
import { readOptions, readSwitch, switchOption } from '../../../shared/n8n/parameters';
import { isAgentTool } from '../agentGuard';
import { hasErrorOutput, readImportSettings, readRejectsField, UNDO_FIELD } from './settings';
import { checkpointStore } from './checkpointStore';
import { hintMessage, notesOf } from './sentences';
import { summaryOutput } from './summary';

/** What an import can do when an agent asks for it. */
export const RISK = 'take many participants out of segments';

/** What an import of one list asks for. */
export interface ImportRequest extends ListSource {
	settings: ImportSettings;
	rejectsField: string;
	/** Whether to go on where an earlier import of the list was interrupted. */
	resumes: boolean;
	/** Whether the summary is only what most people want. */
	simplify: boolean;
}

/**
 * Read what an item asks for, its list aside.
 * @throws ParameterError
 */
export function readImport(run: Run, itemIndex: number, list: ListSource): ImportRequest {
	const options = readOptions(run.n8n, itemIndex);
	return {
		...list,
		settings: readImportSettings(run, itemIndex, list),
		rejectsField: readRejectsField(run, itemIndex),
		resumes: switchOption(options, 'resume', 'Resume Interrupted Import', false),
		simplify: readSwitch(run.n8n, 'simplify', 'Simplify', itemIndex, true),
	};
}

/**
 * Import one list: its summary, then rows by choice.
 * @param itemIndex the item that it belongs to; the first one, when all items are the list
 */
export async function* importList(
	run: Run,
	itemIndex: number,
	{ kind, source, fileName, settings, rejectsField, resumes, simplify }: ImportRequest,
): AsyncGenerator<ItemOutcome> {
	const before = { ...run.transport.statistics };
	const startedAt = run.transport.now();
	const result = await runImport(run.transport, source, run.segments, settings, {
		checkpoints: resumes ? checkpointStore(run) : undefined,
		say: logger(run),
	});
	const failure = failureOfAll(result);
	if (failure !== undefined && run.stopsOnFailure) throw failure;

	const after = run.transport.statistics;
	const notes = notesOf(result, settings);
	const cost = {
		fileName,
		requests: after.requests - before.requests,
		retries: after.retries - before.retries,
		throttled: after.throttled - before.throttled,
		waitedMs: after.waitedMs - before.waitedMs,
		longestWaitMs: after.longestWaitMs,
		durationMs: run.transport.now() - startedAt,
	};
	const json = summaryOutput(result, settings, notes, cost, simplify);
	const files = await resultFiles(run, result, fileName, rejectsField);
	const ofAll = kind === 'items';
	const which = run.itemCount > 1 && !ofAll ? ` [item ${itemIndex}]` : '';
	showHints(run, result, settings, notes, files, which);
	const binary = Object.keys(files).length === 0 ? undefined : files;
	const toErrorOutput = hasErrorOutput(run);
	yield toErrorOutput && failure !== undefined
		? { itemIndex, ...(ofAll ? { of: 'list' as const } : {}), failure, details: json, binary }
		: { itemIndex, ofAll, json, binary };

	for (const row of result.ledger.report.rowsInOrder()) {
		const isFailure = isToImportAgain(row);
		// The row of an item goes on as what became of that item.
		const from = ofAll ? row.rowNumber : itemIndex;
		yield toErrorOutput && isFailure
			? rowFailure(row, from, kind)
			: { itemIndex: from, json: rowOutput(row, settings) };
	}
}

/** n8n's own log: all that can be seen of a run as long as it goes on. */
function logger({ n8n }: Run): (line: string) => void {
	const executionId = n8n.getExecutionId();
	const which = executionId === undefined ? '' : ` (execution ${executionId})`;
	return (line) => n8n.logger.info(`${line}${which}`, { executionId });
}

/**
 * A credential or tenant that is refused at once is the failure of the node, as in any other node: there is nothing
 * to report on, unless there may be something to take back. Where the workflow goes on anyway, it gets the report: on
 * the error output with the failure, else in its place.
 */
function failureOfAll({ fatalError, ledger }: ImportResult): AdvocateError | undefined {
	if (fatalError === undefined) return undefined;
	const { report, undo } = ledger;
	if (undo !== undefined && undo.count > 0) return undefined;
	const { succeeded, unchanged, skipped, unconfirmed } = report.counts;
	if (succeeded > 0 || unchanged > 0 || skipped > 0 || unconfirmed > 0) return undefined;
	return fatalError.with({ hint: `${fatalError.hint}. No row is confirmed as imported` });
}

/**
 * Which file a file of ours was made of, and for which time its rejects are written. In a folder of downloads, those of
 * the second time must not be taken for those of the first. Browsers put a number in brackets behind.
 */
function originOf(fileName: string): { source: string; round: number } {
	const ours = /-(?:rejects(?:-(\d{1,3}))?|undo)(?: \(\d+\))?(?=(?:\.[^.]*)?$)/.exec(fileName);
	if (ours === null) return { source: fileName, round: 1 };
	const end = ours.index + ours[0].length;
	const source = fileName.slice(0, ours.index) + fileName.slice(end);
	return { source, round: ours[0].startsWith('-undo') ? 1 : Number(ours[1] ?? 1) + 1 };
}

/** Two files, each when there is something in it: the rows to import again, and the changes to take back. */
async function resultFiles(
	run: Run,
	{ ledger: { report, undo }, table }: ImportResult,
	fileName: string | undefined,
	rejectsField: string,
): Promise<IBinaryKeyData> {
	// An agent can't take files; the summary lists the first failures.
	if (isAgentTool(run.n8n)) return {};
	const { source, round } = originOf(fileName ?? 'import.csv');
	const files: IBinaryKeyData = {};
	const addFile = async (field: string, content: Buffer, kind: string) => {
		const name = resultFileName(source, kind, table.delimiter);
		files[field] = await run.n8n.helpers.prepareBinaryData(content, name, 'text/csv');
	};
	if (report.rejects.count > 0) {
		const kind = round === 1 ? 'rejects' : `rejects-${round}`;
		await addFile(rejectsField, await report.rejects.toBuffer(run.breather), kind);
	}
	if (undo !== undefined && undo.count > 0) await addFile(UNDO_FIELD, undo.toBuffer(), 'undo');
	return files;
}

/**
 * What is seen first in the editor, which shows the files of an item before its fields: how it went, unless everything
 * went as asked and there is no file, and every note.
 */
function showHints(
	run: Run,
	result: ImportResult,
	settings: ImportSettings,
	notes: readonly string[],
	files: IBinaryKeyData,
	which: string,
): void {
	const { report, undo } = result.ledger;
	const { counts } = report;
	const fileNames = Object.keys(files).map((field) =>
		undo !== undefined && field === UNDO_FIELD ? 'undo file' : 'rejects file',
	);
	const isTrouble =
		report.failed > 0 ||
		counts.notSent > 0 ||
		report.inDoubt > 0 ||
		(result.stopReason !== undefined && !result.isSlice);
	const isAllDone = counts.succeeded + counts.unchanged === report.rows;
	if (isTrouble || result.isSlice || !isAllDone || fileNames.length > 0) {
		const show = isTrouble ? warn : inform;
		show(run.n8n, `${hintMessage(result, settings, fileNames)}${which}`);
	}
	for (const note of notes) warn(run.n8n, `${note}${which}`);
}

function rowOutput(row: RowOutcome, settings: ImportSettings): IDataObject {
	const json: IDataObject = { rowNumber: row.rowNumber, status: row.status };
	if (row.id !== undefined) json.id = row.id;
	if (row.accountId !== undefined) json.accountId = row.accountId;
	if (row.segments !== undefined) json.segments = row.segments;
	if (row.message !== undefined) json.message = row.message;
	const hint = inSentences(row.hint, row.bySetting);
	if (hint !== '') json.hint = hint;
	if (row.apiErrorCode !== undefined) json.apiErrorCode = row.apiErrorCode;
	if (row.statusCode !== undefined) json.statusCode = row.statusCode;
	if (settings.dryRun) json.dryRun = true;
	if (row.cells !== undefined) json.cells = row.cells;
	return json;
}

function wayOut(status: RowOutcome['status'], isItem: boolean): string {
	return status === 'notSent'
		? `Nothing is wrong with this ${isItem ? 'item' : 'row'}. Remove the cause and import it again`
		: `Correct the ${isItem ? 'item' : 'row in the file'} and import it again`;
}

/**
 * A row on the error output. The number stands in the message too, which is all that some see of it. An item has its
 * number there from n8n, and its fields.
 */
function rowFailure(row: RowOutcome, itemIndex: number, kind: SourceKind): ItemOutcome {
	const { rowNumber, status, accountId, id, message = status, cells } = row;
	const isItem = kind === 'items';
	return {
		itemIndex,
		of: isItem ? 'item' : 'part',
		failure: new AdvocateError(isItem ? message : `Row ${rowNumber}: ${message}`, {
			kind: 'api',
			hint: row.hint ?? wayOut(status, isItem),
			bySetting: row.bySetting,
			apiErrorCode: row.apiErrorCode,
			statusCode: row.statusCode,
		}),
		details: {
			rowNumber,
			status,
			reason: message,
			...(id === undefined ? {} : { id }),
			...(accountId === undefined ? {} : { accountId }),
			...(cells === undefined ? {} : { cells }),
		},
	};
}
