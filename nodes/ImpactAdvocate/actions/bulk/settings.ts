/** The parameters of Import CSV and Import Items as the import takes them. */
import type { IDataObject } from 'n8n-workflow';
import { MAX_JOB_BYTES } from '../../../shared/advocate/importJobs';
import { ACCEPT_UNUSUAL_IDS } from '../../../shared/advocate/participantId';
import type { EngineChoice } from '../../import/jobs/chooseEngine';
import type { DuplicatePolicy, ImportIfMissing, ImportSettings } from '../../import/prepared';
import type { JobSettings } from '../../import/jobs/runJobs';
import type { DetailsFor } from '../../import/plan/columns';
import type { RowsToKeep, StopRule } from '../../import/report/report';
import { runTimeOf } from '../../import/runTime';
import { changeOf, SEGMENT_ACTIONS } from '../../../shared/segments/change';
import { ACTION_NAMES } from '../../import/plan/voices';
import type { ActionChoice } from '../../import/plan/voices';
import { executionEndsAt } from '../../../shared/n8n/port';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import type { ListSource } from '../list/source';
import type { Run } from '../operation';
import {
	choiceOption,
	choicesOption,
	readChoice,
	readMaxNewSegments,
	readNumberOption,
	readOptions,
	readSegments,
	readSendLimits,
	readSwitch,
	readText,
	switchOption,
	textOption,
} from '../../../shared/n8n/parameters';
import { namingParameter } from '../../../shared/n8n/parameterValues';
import {
	MAX_FAILED_PERCENT,
	MAX_FAILURES,
	MAX_JOB_MINUTES,
	MAX_ROWS_PER_RUN,
	MAX_RUN_MINUTES,
	PREVIEW_SIZE,
	ROWS_PER_JOB,
	START_AT_ITEM,
	START_AT_ROW,
} from './limits';

const SKIP_MEMBERS = 'Skip Members Already In';

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
	{ kind, fileName }: Pick<ListSource, 'kind' | 'fileName'>,
): ImportSettings {
	const options = readOptions(run.n8n, itemIndex);
	const action = readChoice<ActionChoice>(
		run.n8n,
		'segmentAction',
		'Action',
		[...SEGMENT_ACTIONS, 'file'],
		itemIndex,
	);
	return {
		columns: {
			idColumn: readText(run.n8n, 'idColumn', 'ID Column', itemIndex),
			accountIdColumn: textOption(options, 'accountIdColumn', 'Account ID Column'),
			segmentsColumn: readColumnChoice(options, 'segmentsColumn', 'Segments Column'),
			actionColumn: readColumnChoice(options, 'actionColumn', 'Action Column'),
			detailsFor: readChoice<DetailsFor>(
				run.n8n,
				'participantDetails',
				'Participant Details',
				['new', 'all', 'none'],
				itemIndex,
				'new',
			),
		},
		action,
		segments: readDefaultSegments(run, action, itemIndex),
		acceptUnusualIds: switchOption(options, 'acceptUnusualIds', ACCEPT_UNUSUAL_IDS, false),
		blankCells: choiceOption(
			options,
			'blankCells',
			'Blank Cells',
			['ignore', 'clear'] as const,
			'ignore',
		),
		duplicates: choiceOption<DuplicatePolicy>(
			options,
			'duplicates',
			'Duplicate Participants',
			['merge', 'last', 'first', 'error'],
			'merge',
		),
		ifMissing: readChoice<ImportIfMissing>(
			run.n8n,
			'ifParticipantMissing',
			'If Participant Does Not Exist',
			['byAction', 'create', 'skip', 'error'],
			itemIndex,
		),
		createMissingSegments: readSwitch(
			run.n8n,
			'createMissingSegments',
			'Create Missing Segments',
			itemIndex,
			false,
		),
		verify: switchOption(options, 'verifyResult', 'Verify Result', true),
		skipMembers: readSkipMembers(options, action),
		maxNewSegments: readMaxNewSegments(options),
		...readSendLimits(options),
		dryRun: readSwitch(run.n8n, 'dryRun', 'Dry Run', itemIndex, false),
		startAtRow:
			kind === 'items'
				? readNumberOption(options, 'startAtItem', 'Start at Item', START_AT_ITEM)
				: readNumberOption(options, 'startAtRow', 'Start at Row', START_AT_ROW),
		maxRows:
			readNumberOption(options, 'maxRowsPerRun', 'Max Rows per Run', MAX_ROWS_PER_RUN) || Infinity,
		stopRule: readStopRule(options),
		runTime: runTimeOf(
			run.transport.now(),
			readNumberOption(options, 'maxRunTime', 'Max Run Time', MAX_RUN_MINUTES),
			executionEndsAt(run.n8n),
		),
		rowsToKeep: readRowsToKeep(run, itemIndex),
		// An item goes on with its fields.
		keepCells: kind !== 'items',
		protectFormulas: switchOption(options, 'protectFormulas', 'Protect Formulas', true),
		previewSize: readNumberOption(options, 'previewSize', 'Preview Effects', PREVIEW_SIZE),
		engine: choiceOption<EngineChoice>(
			options,
			'engine',
			'Engine',
			['auto', 'rows', 'job'],
			'auto',
		),
		job: readJobSettings(options),
		name: `n8n import of ${fileName ?? kind}`,
		undo: wantsUndo(options),
	};
}

/**
 * The field of the summary item that the rejects file comes in.
 * @throws ParameterError when it is the undo file's
 */
export function readRejectsField(run: Run, itemIndex: number): string {
	const options = readOptions(run.n8n, itemIndex);
	const field = textOption(options, 'rejectsField', 'Rejects File Field') || 'rejects';
	if (!wantsUndo(options) || field !== UNDO_FIELD) return field;
	throw new ParameterError(
		`'Rejects File Field' is '${UNDO_FIELD}', where the undo file comes`,
		"Enter another name, or turn off 'Create Undo File'",
	);
}

const wantsUndo = (options: IDataObject): boolean =>
	switchOption(options, 'undoFile', 'Create Undo File', false);

/** @throws ParameterError when the action is another one than those that have an end state to compare with */
function readSkipMembers(options: IDataObject, action: ActionChoice): boolean {
	const isOn = switchOption(options, 'skipMembers', SKIP_MEMBERS, false);
	if (!isOn || action === 'add' || action === 'remove') return isOn;
	throw new ParameterError(
		"'Skip Members Already In' does not go with this 'Action'",
		`Turn '${SKIP_MEMBERS}' off, or set 'Action' to '${ACTION_NAMES.add}' or '${ACTION_NAMES.remove}'`,
	);
}

/** Whether n8n takes failed items on a branch of their own. */
export function hasErrorOutput(run: Run): boolean {
	return run.n8n.getNode().onError === 'continueErrorOutput';
}

function readRowsToKeep(run: Run, itemIndex: number): RowsToKeep {
	const output = readChoice(
		run.n8n,
		'rowOutput',
		'Output',
		['summary', 'failed', 'all'] as const,
		itemIndex,
		'failed',
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
	const choice = choiceOption(
		options,
		name,
		displayName,
		['auto', 'name', 'none'] as const,
		'auto',
	);
	if (choice !== 'name') return choice === 'none' ? null : '';
	const column = textOption(options, `${name}Name`, `${displayName} Name`);
	if (column !== '') return column;
	throw new ParameterError(
		`'${displayName} Name' is empty`,
		`Enter the header of the column, or set '${displayName}' to 'Automatic'`,
	);
}

function readJobSettings(options: IDataObject): JobSettings {
	const evaluated = choicesOption(options, 'jobEvaluation', 'Job Side Effects', [
		'analytics',
		'programs',
		'webhooks',
	] as const);
	return {
		rowsPerJob: readNumberOption(options, 'rowsPerJob', 'Rows per Job', ROWS_PER_JOB),
		bytesPerJob: BYTES_PER_JOB,
		evaluation: {
			webhooks: evaluated.includes('webhooks'),
			programs: evaluated.includes('programs'),
			analytics: evaluated.includes('analytics'),
		},
		wait: switchOption(options, 'waitForCompletion', 'Wait for Completion', true),
		deadlineMs: 60_000 * readNumberOption(options, 'maxJobTime', 'Max Job Time', MAX_JOB_MINUTES),
	};
}

function readStopRule(options: IDataObject): StopRule {
	const when = choiceOption(
		options,
		'stopOn',
		'Stop On',
		['never', 'firstFailure', 'failures', 'percent'] as const,
		'never',
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
