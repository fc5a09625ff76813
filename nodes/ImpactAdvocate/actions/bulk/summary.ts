/** The summary item of an import. */
import type { IDataObject } from 'n8n-workflow';
import { hintWithOptions, inSentences } from '../../../shared/advocate/client/errorTexts';
import type { ImportResult } from '../../import/outcome';
import type { ImportSettings } from '../../import/prepared';
import type { JobPiece } from '../../import/jobs/jobPiece';
import type { RowFailure } from '../../import/report/report';
import { summaryMessage } from './sentences';

/** What the import cost. */
export interface ImportCost {
	fileName?: string;
	requests: number;
	retries: number;
	throttled: number;
	waitedMs: number;
	longestWaitMs: number;
	durationMs: number;
}

const seconds = (milliseconds: number): number => Math.round(milliseconds) / 1000;

const oneDecimal = (value: number): number => Math.round(value * 10) / 10;

/**
 * The summary of one file. `rows` is always the sum of the counts after it (in a dry run, of `planned` and those). It
 * never has a top-level `error`, which would make n8n repeat the import.
 */
export function summaryOutput(
	result: ImportResult,
	settings: ImportSettings,
	notes: readonly string[],
	cost: ImportCost,
	simplify: boolean,
): IDataObject {
	const { ledger } = result;
	const { counts, rows, firstFailures } = ledger.report;
	const { firstRowNotSent } = ledger;
	return {
		message: summaryMessage(result, settings),
		rows,
		...(settings.dryRun ? { planned: counts.planned } : {}),
		succeeded: counts.succeeded,
		unchanged: counts.unchanged,
		skipped: counts.skipped,
		invalid: counts.invalid,
		rejected: counts.rejected,
		unconfirmed: counts.unconfirmed,
		notSent: counts.notSent,
		failures: firstFailures.map(failureOutput),
		...(firstRowNotSent === undefined ? {} : { firstRowNotSent }),
		...(result.nextRow === undefined ? {} : { nextRow: result.nextRow }),
		...(result.rowsLeft > 0 ? { rowsLeft: result.rowsLeft } : {}),
		notes: [...notes],
		...(settings.dryRun ? { plan: planOutput(result) } : {}),
		...(simplify ? {} : { details: detailsOutput(result, settings, cost) }),
	};
}

function failureOutput(failure: RowFailure): IDataObject {
	const { rowNumber, id, accountId, status, message } = failure;
	const hint = inSentences(failure.hint, failure.bySetting);
	return {
		rowNumber,
		...(id === undefined ? {} : { id }),
		...(accountId === undefined ? {} : { accountId }),
		status,
		message: message ?? '',
		...(hint === '' ? {} : { hint }),
	};
}

function detailsOutput(
	result: ImportResult,
	settings: ImportSettings,
	cost: ImportCost,
): IDataObject {
	const { ledger, writes, jobs, stopReason } = result;
	const { counts, rows } = ledger.report;
	return {
		dryRun: settings.dryRun,
		complete: stopReason === undefined && counts.unconfirmed === 0,
		...(stopReason === undefined ? {} : { stopReason }),
		...(result.startedAtRow === undefined ? {} : { startedAtRow: result.startedAtRow }),
		duplicates: result.intake.duplicates,
		participants: result.intake.participants,
		...(result.participantsCreated === undefined
			? {}
			: { participantsCreated: result.participantsCreated }),
		segmentsCreated: [...result.createdSegments],
		engine: result.engine,
		engineReason: result.engineReason,
		...(jobs === undefined ? {} : { jobs: jobs.pieces.map(jobOutput) }),
		[result.table.words.table]: listOutput(result, cost.fileName),
		requests: cost.requests,
		...(writes === undefined ? {} : { batchesSplit: writes.batchesSplit }),
		waitedSeconds: seconds(cost.waitedMs),
		longestWaitSeconds: seconds(cost.longestWaitMs),
		durationSeconds: seconds(cost.durationMs),
		diagnostics: {
			retries: cost.retries,
			throttled: cost.throttled,
			rowsPerSecond: Math.round((rows * 1000) / Math.max(1, cost.durationMs)),
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

function jobOutput(piece: JobPiece): IDataObject {
	const { rowNumbers } = piece;
	return {
		id: piece.jobId ?? null,
		name: piece.name,
		status: piece.job?.status ?? null,
		rows: rowNumbers.length,
		firstRow: rowNumbers[0],
		lastRow: rowNumbers[rowNumbers.length - 1],
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

function listOutput({ table, columns }: ImportResult, fileName: string | undefined): IDataObject {
	const nameOf = (column: number | undefined): string | null =>
		columns.header[column ?? -1] ?? null;
	return {
		...(fileName === undefined ? {} : { name: fileName }),
		...table.facts,
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
