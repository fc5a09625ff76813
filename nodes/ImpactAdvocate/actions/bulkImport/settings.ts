/** The parameters of Import CSV as the import takes them. */
import type { IDataObject } from 'n8n-workflow';
import { MAX_JOB_BYTES } from '../../../shared/advocate/importJobs';
import { DELIMITERS } from '../../import/file/csv';
import type { CsvOptions } from '../../import/file/csv';
import { TEXT_ENCODINGS } from '../../import/file/decode';
import type { EngineChoice } from '../../import/jobs/engineChoice';
import type { ImportIfMissing, ImportSettings } from '../../import/importCsv';
import type { DuplicatePolicy } from '../../import/plan/intake';
import type { JobSettings } from '../../import/jobs/jobEngine';
import type { RowsToKeep, StopRule } from '../../import/report/report';
import { changeOf, SEGMENT_ACTIONS } from '../../../shared/segments/change';
import type { ActionChoice } from '../../import/plan/voices';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import type { Run } from '../operation';
import {
	namingParameter,
	oneOf,
	readMaxNewSegments,
	readNumberOption,
	readOptions,
	readSegments,
	readSendLimits,
	readText,
} from '../../../shared/n8n/parameters';
import {
	MAX_FAILED_PERCENT,
	MAX_FAILURES,
	MAX_JOB_MINUTES,
	PREVIEW_SIZE,
	ROWS_PER_JOB,
	START_AT_ROW,
} from './fields';

/** The field of the summary item that the undo file comes in. */
export const UNDO_FIELD = 'undo';

/** Bytes per import job; a quarter of the vendor's limit. */
const BYTES_PER_JOB = MAX_JOB_BYTES / 4;

/**
 * Read the settings of one item.
 * @throws ParameterError
 */
export function readImportSettings(
	run: Run,
	itemIndex: number,
	fileName: string | undefined,
): ImportSettings {
	const options = readOptions(run.n8n, itemIndex);
	const action = oneOf<ActionChoice>(
		readText(run.n8n, 'segmentAction', itemIndex),
		[...SEGMENT_ACTIONS, 'file'],
		'Action',
	);
	return {
		csv: readCsvOptions(options),
		columns: {
			idColumn: textOption(options, 'idColumn'),
			accountIdColumn: textOption(options, 'accountIdColumn'),
			segmentsColumn: readColumnChoice(options, 'segmentsColumn', 'Segments Column'),
			actionColumn: readColumnChoice(options, 'actionColumn', 'Action Column'),
			includeDetails: options.updateDetails === true,
		},
		action,
		segments: readDefaultSegments(run, action, itemIndex),
		blankCells: oneOf<'ignore' | 'clear'>(
			textOption(options, 'blankCells') || 'ignore',
			['ignore', 'clear'],
			'Blank Cells',
		),
		duplicates: oneOf<DuplicatePolicy>(
			textOption(options, 'duplicates') || 'merge',
			['merge', 'last', 'first', 'error'],
			'Duplicate Participants',
		),
		ifMissing: oneOf<ImportIfMissing>(
			readText(run.n8n, 'ifParticipantMissing', itemIndex),
			['byAction', 'create', 'skip', 'error'],
			'If Participant Does Not Exist',
		),
		verify: options.verifyResult !== false,
		createMissingSegments: options.createMissingSegments === true,
		maxNewSegments: readMaxNewSegments(options),
		...readSendLimits(options),
		dryRun: run.n8n.getNodeParameter('dryRun', itemIndex, false) === true,
		startAtRow: readNumberOption(options, 'startAtRow', 'Start at Row', START_AT_ROW),
		stopRule: readStopRule(options),
		rowsToKeep: readRowsToKeep(run, itemIndex),
		protectFormulas: options.protectFormulas !== false,
		previewSize: readNumberOption(options, 'previewSize', 'Preview Effects', PREVIEW_SIZE),
		engine: oneOf<EngineChoice>(
			textOption(options, 'engine') || 'auto',
			['auto', 'rows', 'job'],
			'Engine',
		),
		job: readJobSettings(options),
		name: `n8n import of ${fileName ?? 'text'}`,
		undo: options.undoFile === true,
	};
}

/**
 * The field of the summary item that the rejects file comes in.
 * @throws ParameterError when it is the undo file's
 */
export function readRejectsField(run: Run, itemIndex: number): string {
	const options = readOptions(run.n8n, itemIndex);
	const field = textOption(options, 'rejectsField') || 'rejects';
	if (options.undoFile !== true || field !== UNDO_FIELD) return field;
	throw new ParameterError(
		`'Put Rejects File in Field' is '${UNDO_FIELD}', where the undo file comes`,
		"Enter another name, or turn off 'Create Undo File'",
	);
}

/** Whether n8n takes failed items on a branch of their own. */
export function hasErrorOutput(run: Run): boolean {
	return run.n8n.getNode().onError === 'continueErrorOutput';
}

function readRowsToKeep(run: Run, itemIndex: number): RowsToKeep {
	const output = oneOf<'summary' | 'failed' | 'all'>(
		readText(run.n8n, 'rowOutput', itemIndex) || 'summary',
		['summary', 'failed', 'all'],
		'Output',
	);
	if (output !== 'summary') return output;
	return hasErrorOutput(run) ? 'failed' : 'none';
}

function readDefaultSegments(run: Run, action: ActionChoice, itemIndex: number): string[] {
	if (action === 'clear') return [];
	const segments = readSegments(run.n8n, 'segments', 'Segment Names or IDs', itemIndex);
	if (segments.length === 0 || action === 'file') return segments;
	try {
		changeOf(action, segments);
	} catch (error) {
		throw namingParameter(error, 'Segment Names or IDs');
	}
	return segments;
}

/**
 * Which column has a use.
 * @returns its name, an empty text when it is to be found by itself, or null when there is none
 * @throws ParameterError
 */
function readColumnChoice(options: IDataObject, name: string, displayName: string): string | null {
	const choice = oneOf(
		textOption(options, name) || 'auto',
		['auto', 'name', 'none'] as const,
		displayName,
	);
	if (choice !== 'name') return choice === 'none' ? null : '';
	const column = textOption(options, `${name}Name`);
	if (column !== '') return column;
	throw new ParameterError(
		`'${displayName} Name' is empty`,
		`Enter the header of the column, or set '${displayName}' to 'Automatic'`,
	);
}

function readCsvOptions(options: IDataObject): CsvOptions {
	return {
		encoding: oneOf(
			textOption(options, 'encoding') || 'auto',
			['auto', ...TEXT_ENCODINGS] as const,
			'Encoding',
		),
		delimiter: oneOf(
			// Not trimmed: a tab is a delimiter.
			String(options.delimiter ?? '') || 'auto',
			['auto', ...DELIMITERS] as const,
			'Delimiter',
		),
	};
}

function readJobSettings(options: IDataObject): JobSettings {
	const evaluated: unknown = options.jobEvaluation ?? ['analytics', 'programs', 'webhooks'];
	const evaluates = (what: string) => Array.isArray(evaluated) && evaluated.includes(what);
	return {
		rowsPerJob: readNumberOption(options, 'rowsPerJob', 'Rows per Job', ROWS_PER_JOB),
		bytesPerJob: BYTES_PER_JOB,
		evaluation: {
			webhooks: evaluates('webhooks'),
			programs: evaluates('programs'),
			analytics: evaluates('analytics'),
		},
		wait: options.waitForCompletion !== false,
		deadlineMs: 60_000 * readNumberOption(options, 'maxJobTime', 'Max Job Time', MAX_JOB_MINUTES),
	};
}

function readStopRule(options: IDataObject): StopRule {
	const when = oneOf(
		textOption(options, 'stopOn') || 'never',
		['never', 'firstFailure', 'failures', 'percent'] as const,
		'Stop On',
	);
	if (when === 'failures') {
		const more = readNumberOption(options, 'maxFailures', 'Stop After Failures', MAX_FAILURES);
		return { when, more };
	}
	if (when === 'percent') {
		const more = readNumberOption(
			options,
			'maxFailedPercent',
			'Stop Above Percent',
			MAX_FAILED_PERCENT,
		);
		return { when, more };
	}
	return { when };
}

function textOption(options: IDataObject, name: string): string {
	const value = options[name];
	return value === undefined || value === null ? '' : String(value).trim();
}
