/** The summary item of an import. */
import type { IDataObject } from 'n8n-workflow';
import { hintWithOptions } from '../../../shared/advocate/client/errorTexts';
import type { ImportResult, ImportSettings } from '../../import/importCsv';
import type { JobPiece } from '../../import/jobs/jobPiece';

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
 * `rejected`, `skipped`, `notSent` and `unconfirmed`; it never has a top-level `error`, which would make n8n repeat the import.
 */
export function summaryOutput(
	result: ImportResult,
	settings: ImportSettings,
	cost: ImportCost,
): IDataObject {
	const { report, writes, jobs, stopReason } = result;
	const { counts } = report;
	return {
		dryRun: settings.dryRun,
		complete: stopReason === undefined && counts.unconfirmed === 0,
		...(stopReason === undefined ? {} : { stopReason }),
		...(result.startedAtRow === undefined ? {} : { startedAtRow: result.startedAtRow }),
		...(result.firstRowNotSent === undefined ? {} : { firstRowNotSent: result.firstRowNotSent }),
		rowsRead: report.rowsRead,
		...(settings.dryRun ? { planned: counts.planned } : {}),
		rowsSent: counts.succeeded + counts.rejected + counts.unconfirmed,
		succeeded: counts.succeeded,
		invalid: counts.invalid,
		rejected: counts.rejected,
		skipped: counts.skipped,
		notSent: counts.notSent,
		unconfirmed: counts.unconfirmed,
		duplicates: result.intake.duplicates,
		participants: result.intake.participants,
		segmentsCreated: [...result.createdSegments],
		engine: result.engine,
		engineReason: result.engineReason,
		...(settings.dryRun ? { plan: planOutput(result) } : {}),
		...(jobs === undefined ? {} : { jobs: jobs.pieces.map(jobOutput) }),
		firstFailures: [...report.firstFailures],
		file: fileOutput(result, cost.fileName),
		notes: notesOf(result, settings),
		requests: cost.requests,
		...(writes === undefined ? {} : { batchesSplit: writes.batchesSplit }),
		waitedSeconds: seconds(cost.waitedMs),
		durationSeconds: seconds(cost.durationMs),
		diagnostics: {
			retries: cost.retries,
			throttled: cost.throttled,
			rowsPerSecond: Math.round((report.rowsRead * 1000) / Math.max(1, cost.durationMs)),
			...(writes === undefined
				? {}
				: {
						batchUpsertAvailable: writes.takesBatches,
						peakInFlight: writes.peakInFlight,
						averageInFlight: oneDecimal(writes.averageInFlight),
					}),
		},
	};
}

function notesOf(
	{ columns, jobs, segmentNote, undo, writes }: ImportResult,
	{ batchSize }: ImportSettings,
): string[] {
	const unwritable = undo?.unwritable ?? 0;
	return [
		...columns.notes,
		...(segmentNote === undefined ? [] : [segmentNote]),
		...(writes !== undefined && writes.batchSize < batchSize
			? [
					`The API did not take ${batchSize} participants per request, so ${writes.batchSize} were sent at a time in the end. Set 'Batch Size' to ${writes.batchSize} to begin with that`,
				]
			: []),
		...(jobs?.notes ?? []),
		...(unwritable > 0
			? [
					`The undo file leaves out ${unwritable} changes of segments whose key can't stand in a cell (it contains | or ;, for example)`,
				]
			: []),
	];
}

function jobOutput(piece: JobPiece): IDataObject {
	const { records } = piece;
	return {
		id: piece.jobId ?? null,
		name: piece.name,
		status: piece.job?.status ?? null,
		rows: records.length,
		firstRecord: records[0],
		lastRow: records[records.length - 1],
		outcome: piece.outcome,
		...(piece.error === undefined
			? {}
			: { message: piece.error.message, hint: hintWithOptions(piece.error) }),
		...(piece.job?.stats ? { stats: { ...piece.job.stats } } : {}),
	};
}

function planOutput({ intake, effects, newSegments }: ImportResult): IDataObject {
	const { rowsByAction, segmentEffects } = intake;
	return {
		rowsByAction: { ...rowsByAction },
		// A list, not a map: segment keys are data, and `__proto__` is a possible one.
		segments: [...segmentEffects].map(([key, counts]) => ({ key, ...counts })),
		segmentsToCreate: [...newSegments],
		...(effects === undefined ? {} : { effects: effects as unknown as IDataObject[] }),
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
	};
}
