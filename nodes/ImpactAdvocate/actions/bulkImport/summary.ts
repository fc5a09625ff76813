/** The summary item of an import. */
import type { IDataObject } from 'n8n-workflow';
import type { ImportResult, ImportSettings } from '../../import/importCsv';

/** What the import cost. */
export interface ImportCost {
	fileName?: string;
	requests: number;
	retries: number;
	throttled: number;
	waitedMs: number;
	durationMs: number;
}

const seconds = (milliseconds: number): number => Math.round(milliseconds) / 1000;

const oneDecimal = (value: number): number => Math.round(value * 10) / 10;

/**
 * The summary of one file. `rowsRead` is always the sum of `succeeded` (in a dry run `planned`), `invalid`,
 * `rejected`, `skipped` and `notSent`; it never has a top-level `error`, which would make n8n repeat the import.
 */
export function summaryOutput(
	result: ImportResult,
	settings: ImportSettings,
	cost: ImportCost,
): IDataObject {
	const { report, engine, fileError } = result;
	const { counts } = report;
	const stopReason = engine?.stopReason ?? fileError?.message;
	return {
		dryRun: settings.dryRun,
		complete: stopReason === undefined,
		...(stopReason === undefined ? {} : { stopReason }),
		...(result.firstRecordNotSent === undefined
			? {}
			: { firstRecordNotSent: result.firstRecordNotSent }),
		rowsRead: report.rowsRead,
		...(settings.dryRun ? { planned: counts.planned } : {}),
		rowsSent: counts.succeeded + counts.rejected,
		succeeded: counts.succeeded,
		invalid: counts.invalid,
		rejected: counts.rejected,
		skipped: counts.skipped,
		notSent: counts.notSent,
		duplicates: result.duplicates,
		participants: result.participants,
		segmentsCreated: engine?.createdSegments ?? [],
		...(settings.dryRun ? { plan: planOutput(result) } : {}),
		firstFailures: report.firstFailures as unknown as IDataObject[],
		file: fileOutput(result, cost.fileName),
		requests: cost.requests,
		retries: cost.retries,
		throttled: cost.throttled,
		...(engine === undefined
			? {}
			: {
					batchesSplit: engine.splitBatches,
					batchUpsertAvailable: !engine.batchUnavailable,
					peakInFlight: engine.peakInFlight,
					averageInFlight: oneDecimal(engine.averageInFlight),
				}),
		waitedSeconds: seconds(cost.waitedMs),
		durationSeconds: seconds(cost.durationMs),
		rowsPerSecond: Math.round((report.rowsRead * 1000) / Math.max(1, cost.durationMs)),
	};
}

function planOutput({ rowsByAction, segmentEffects }: ImportResult): IDataObject {
	return {
		rowsByAction: { ...rowsByAction },
		// A list, not a map: segment keys are data, and `__proto__` is a possible one.
		segments: [...segmentEffects].map(([key, counts]) => ({ key, ...counts })),
	};
}

function fileOutput({ file, columns }: ImportResult, fileName: string | undefined): IDataObject {
	const nameOf = (column: number | undefined): string | null =>
		column === undefined ? null : columns.header[column];
	return {
		...(fileName === undefined ? {} : { name: fileName }),
		bytes: file.bytes,
		encoding: file.dialect.encoding,
		delimiter: file.dialect.delimiter === '\t' ? 'tab' : file.dialect.delimiter,
		lineBreak: file.dialect.newline,
		columns: {
			id: nameOf(columns.id),
			accountId: nameOf(columns.accountId),
			segments: nameOf(columns.segments),
			action: nameOf(columns.action),
			details: columns.details.map(({ name }) => name),
		},
		detailsNotSent: columns.unsentDetails,
		ignoredColumns: columns.ignoredColumns,
		notes: columns.notes,
	};
}
