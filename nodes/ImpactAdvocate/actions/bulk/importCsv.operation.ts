/** Import CSV: one file per input item; first a summary, then rows by choice. */
import type { IBinaryKeyData, IDataObject } from 'n8n-workflow';
import { AdvocateError, expectAdvocateError } from '../../../shared/advocate/client/error';
import { importCsv as runImport } from '../../import/importCsv';
import type { Ledger } from '../../import/ledger';
import type { ImportResult } from '../../import/outcome';
import { checkChosen } from '../../import/plan/planFile';
import type { ImportSettings } from '../../import/prepared';
import { isToImportAgain } from '../../import/report/report';
import type { RowOutcome } from '../../import/report/report';
import { inform, warn } from '../../../shared/n8n/html';
import { nothingSent, readItems } from '../operation';
import type { ItemOutcome, ItemRequest, Operation, Run } from '../operation';
import { readOptions, readSwitch, switchOption } from '../../../shared/n8n/parameters';
import { allowAgentField, closedToAgents, isAgentTool } from '../agentGuard';
import { importCsvFields } from './fields';
import { hasErrorOutput, readImportSettings, readRejectsField, UNDO_FIELD } from './settings';
import { checkpointStore } from './checkpointStore';
import { hintMessage, notesOf, rowsInDoubt } from './sentences';
import { readSource } from './source';
import type { CsvSource } from './source';
import { summaryOutput } from './summary';

const RISK = 'take many participants out of segments';

/** Import the CSV of each input item, one after the other. */
export const importCsv: Operation = {
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('bulk', 'importCsv', `use this operation, which can ${RISK}`),
		...importCsvFields,
	],
	async *execute(run) {
		const items = await withChosenChecked(run, await readItems(run, readRequest));
		const end = nothingSent(run, items);
		if (end !== undefined) yield end;
		for (const item of items) {
			if ('failure' in item) {
				yield item;
				continue;
			}
			const { itemIndex, request } = item;
			try {
				yield* importFile(run, itemIndex, request);
			} catch (failure) {
				yield { itemIndex, failure };
			}
		}
	},
};

/** What one item asks for. */
interface ImportRequest {
	source: CsvSource;
	settings: ImportSettings;
	rejectsField: string;
	/** Whether to go on where an earlier import of the file was interrupted. */
	resumes: boolean;
	/** Whether the summary is only what most people want. */
	simplify: boolean;
}

function readRequest(run: Run, itemIndex: number): ImportRequest {
	const source = readSource(run, itemIndex);
	const settings = readImportSettings(run, itemIndex, source.fileName);
	if (source.isText) settings.csv.encoding = 'utf-8';
	const options = readOptions(run.n8n, itemIndex);
	return {
		source,
		settings,
		rejectsField: readRejectsField(run, itemIndex),
		resumes: switchOption(options, 'resume', 'Resume Interrupted Import', false),
		simplify: readSwitch(run.n8n, 'simplify', 'Simplify', itemIndex, true),
	};
}

/**
 * Of several files, none is sent when a segment that is chosen in the node for one of them can't be used. What their
 * cells name, each file's own plan finds out.
 */
async function withChosenChecked(
	run: Run,
	items: ReadonlyArray<ItemRequest<ImportRequest>>,
): Promise<ReadonlyArray<ItemRequest<ImportRequest>>> {
	const chosen = items.flatMap((item) => ('request' in item ? item.request.settings.segments : []));
	if (items.length < 2 || chosen.length === 0 || nothingSent(run, items) !== undefined)
		return items;
	try {
		await run.segments.read(chosen);
	} catch (caught) {
		// Each file tells about it, with an account of its rows.
		expectAdvocateError(caught);
		return items;
	}
	return items.map((item) => {
		if ('failure' in item) return item;
		const { settings } = item.request;
		try {
			checkChosen(settings, run.segments.keyOf(settings.createMissingSegments));
			return item;
		} catch (failure) {
			return { itemIndex: item.itemIndex, failure };
		}
	});
}

async function* importFile(
	run: Run,
	itemIndex: number,
	{ source, settings, rejectsField, resumes, simplify }: ImportRequest,
): AsyncGenerator<ItemOutcome> {
	const before = { ...run.transport.statistics };
	const startedAt = run.transport.now();
	const result = await runImport(
		run.transport,
		source.open,
		run.segments,
		settings,
		resumes ? checkpointStore(run) : undefined,
	);
	const failure = failureOfAll(result);
	if (failure !== undefined && run.stopsOnFailure) throw failure;

	const after = run.transport.statistics;
	const notes = notesOf(result, settings);
	const cost = {
		fileName: source.fileName,
		requests: after.requests - before.requests,
		retries: after.retries - before.retries,
		throttled: after.throttled - before.throttled,
		waitedMs: after.waitedMs - before.waitedMs,
		durationMs: run.transport.now() - startedAt,
	};
	const json = summaryOutput(result, settings, notes, cost, simplify);
	const files = await resultFiles(run, result.ledger, source.fileName, rejectsField);
	showHints(run, result, settings, notes, files, itemIndex);
	const binary = Object.keys(files).length === 0 ? undefined : files;
	const toErrorOutput = hasErrorOutput(run);
	yield toErrorOutput && failure !== undefined
		? { itemIndex, failure, details: json, binary }
		: { itemIndex, json, binary };

	for (const row of result.ledger.report.rowsInOrder()) {
		const isFailure = isToImportAgain(row);
		yield toErrorOutput && isFailure
			? rowFailure(row, itemIndex)
			: { itemIndex, json: rowOutput(row, settings) };
	}
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

/** Two files, each when there is something in it: the rows to import again, and the changes to take back. */
async function resultFiles(
	run: Run,
	{ report, undo }: Ledger,
	fileName: string | undefined,
	rejectsField: string,
): Promise<IBinaryKeyData> {
	// An agent can't take files; the summary lists the first failures.
	if (isAgentTool(run.n8n)) return {};
	const stem = (fileName ?? 'import.csv').replace(/\.[^.]*$/, '').replace(/-(rejects|undo)$/, '');
	const files: IBinaryKeyData = {};
	const addFile = async (field: string, content: Buffer, kind: string) => {
		const name = `${stem}-${kind}.csv`;
		files[field] = await run.n8n.helpers.prepareBinaryData(content, name, 'text/csv');
	};
	if (report.rejects.count > 0) {
		await addFile(rejectsField, await report.rejects.toBuffer(run.breather), 'rejects');
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
	itemIndex: number,
): void {
	const { report, undo } = result.ledger;
	const { counts } = report;
	const which = run.itemCount > 1 ? ` [item ${itemIndex}]` : '';
	const fileNames = Object.keys(files).map((field) =>
		undo !== undefined && field === UNDO_FIELD ? 'undo file' : 'rejects file',
	);
	const isTrouble =
		report.failed > 0 ||
		counts.notSent > 0 ||
		rowsInDoubt(result) > 0 ||
		result.stopReason !== undefined;
	const isAllDone = counts.succeeded + counts.unchanged === report.rows;
	if (isTrouble || !isAllDone || fileNames.length > 0) {
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
	if (row.hint !== undefined) json.hint = row.hint;
	if (row.apiErrorCode !== undefined) json.apiErrorCode = row.apiErrorCode;
	if (row.statusCode !== undefined) json.statusCode = row.statusCode;
	if (settings.dryRun) json.dryRun = true;
	return json;
}

/** A row on the error output. The number stands in the message too, which is all that some see of it. */
function rowFailure(row: RowOutcome, itemIndex: number): ItemOutcome {
	const { rowNumber, status, accountId, id, message = status, cells } = row;
	return {
		itemIndex,
		of: 'part',
		failure: new AdvocateError(`Row ${rowNumber}: ${message}`, {
			kind: 'api',
			hint: row.hint ?? 'Correct the row in the file and import it again',
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
