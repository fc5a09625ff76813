/** Import CSV: one file per input item; first a summary, then rows by choice. */
import type { IBinaryKeyData, IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import { importCsv as runImport } from '../../import/importCsv';
import type { ImportResult, ImportSettings } from '../../import/importCsv';
import { isToImportAgain } from '../../import/report/report';
import type { RowOutcome } from '../../import/report/report';
import { warn } from '../../../shared/n8n/html';
import type { ItemOutcome, Operation, Run } from '../operation';
import { readOptions } from '../../../shared/n8n/parameters';
import { allowAgentField, closedToAgents, isAgentTool } from '../agentGuard';
import { importCsvFields } from './fields';
import { hasErrorOutput, readImportSettings, readRejectsField, UNDO_FIELD } from './settings';
import { checkpointStore } from './checkpointStore';
import { readSource } from './source';
import { summaryOutput } from './summary';

const RISK = 'take many participants out of segments';

/** Import the CSV of each input item, one after the other. */
export const importCsv: Operation = {
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('bulkImport', 'importCsv', `use this operation, which can ${RISK}`),
		...importCsvFields,
	],
	async *execute(run) {
		for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++) {
			try {
				yield* importFile(run, itemIndex);
			} catch (failure) {
				yield { itemIndex, failure };
			}
		}
	},
};

async function* importFile(run: Run, itemIndex: number): AsyncGenerator<ItemOutcome> {
	const source = readSource(run, itemIndex);
	const settings = readImportSettings(run, itemIndex, source.fileName);
	const rejectsField = readRejectsField(run, itemIndex);
	if (source.isText) settings.csv.encoding = 'utf-8';

	const before = { ...run.transport.statistics };
	const startedAt = run.transport.now();
	const result = await runImport(
		run.transport,
		source.open,
		run.segments,
		settings,
		readOptions(run.n8n, itemIndex).resume === true ? checkpointStore(run) : undefined,
	);
	throwIfNothingWorked(run, result);

	const after = run.transport.statistics;
	const json = summaryOutput(result, settings, {
		fileName: source.fileName,
		requests: after.requests - before.requests,
		retries: after.retries - before.retries,
		throttled: after.throttled - before.throttled,
		waitedMs: after.waitedMs - before.waitedMs,
		durationMs: run.transport.now() - startedAt,
	});
	const binary = await resultFiles(run, result, source.fileName, rejectsField);
	addHint(run, result, binary !== undefined, itemIndex);
	yield { itemIndex, json, binary };

	const toErrorOutput = hasErrorOutput(run);
	for (const row of result.report.rows) {
		const isFailure = isToImportAgain(row);
		yield toErrorOutput && isFailure
			? { itemIndex, failure: rowFailure(row) }
			: { itemIndex, json: rowOutput(row, settings) };
	}
}

/**
 * A credential or tenant that is refused at once is the failure of the node, as in any other node: there is nothing
 * to report on, unless there may be something to take back. Where the workflow goes on anyway, it gets the report.
 */
function throwIfNothingWorked(run: Run, { fatalError, report, undo }: ImportResult): void {
	if (fatalError === undefined || !run.stopsOnFailure) return;
	if (undo !== undefined && undo.count > 0) return;
	const { succeeded, skipped, unconfirmed } = report.counts;
	if (succeeded > 0 || skipped > 0 || unconfirmed > 0) return;
	throw fatalError.with({ hint: `${fatalError.hint}. No row is confirmed as imported` });
}

/** Two files, each when there is something in it: the rows to import again, and the changes to take back. */
async function resultFiles(
	run: Run,
	{ report, undo }: ImportResult,
	fileName: string | undefined,
	rejectsField: string,
): Promise<IBinaryKeyData | undefined> {
	// An agent can't take files; the summary lists the first failures.
	if (isAgentTool(run.n8n)) return undefined;
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
	return Object.keys(files).length === 0 ? undefined : files;
}

function addHint(run: Run, result: ImportResult, hasRejects: boolean, itemIndex: number): void {
	const { report } = result;
	const { notSent } = report.counts;
	const inDoubt = rowsInDoubt(result);
	if (report.failed === 0 && notSent === 0 && inDoubt === 0) return;
	const parts = [
		...(report.failed > 0 ? [`${report.failed} of ${report.rowsRead} rows failed`] : []),
		...(notSent > 0
			? [
					`${notSent} ${notSent === 1 ? 'row was' : 'rows were'} not sent: ${result.stopReason ?? ''}`,
				]
			: []),
		...(inDoubt > 0
			? [
					`it is not known what became of ${inDoubt} ${inDoubt === 1 ? 'row' : 'rows'} in import jobs`,
				]
			: []),
	];
	const where = hasRejects ? '. The rejects file has them with the reasons' : '';
	const which = run.itemCount > 1 ? ` [item ${itemIndex}]` : '';
	warn(run.n8n, `${parts.join('; ')}${where}${which}`);
}

/** Rows in jobs whose result should be known by now. */
function rowsInDoubt({ jobs }: ImportResult): number {
	return (jobs?.pieces ?? [])
		.filter(({ outcome, error }) => outcome === 'unconfirmed' && error !== undefined)
		.reduce((sum, { records, failures }) => sum + records.length - failures.size, 0);
}

function rowOutput(row: RowOutcome, settings: ImportSettings): IDataObject {
	const json: IDataObject = { rowNumber: row.rowNumber, status: row.status };
	if (row.accountId !== undefined) json.accountId = row.accountId;
	if (row.id !== undefined) json.id = row.id;
	if (row.segments !== undefined) json.segments = row.segments;
	if (row.message !== undefined) json.message = row.message;
	if (row.hint !== undefined) json.hint = row.hint;
	if (row.apiErrorCode !== undefined) json.apiErrorCode = row.apiErrorCode;
	if (row.statusCode !== undefined) json.statusCode = row.statusCode;
	if (settings.dryRun) json.dryRun = true;
	return json;
}

/** The failure of a row for the error output. n8n keeps its message only, so the row number stands in it. */
function rowFailure(row: RowOutcome): AdvocateError {
	return new AdvocateError(`Row ${row.rowNumber}: ${row.message ?? row.status}`, {
		kind: 'api',
		hint: row.hint ?? 'Correct the row in the file and import it again',
		apiErrorCode: row.apiErrorCode,
		statusCode: row.statusCode,
	});
}
