/** The parameters of Sync Members as the sync takes them. One list, so they are read for the first item. */
import type { IDataObject } from 'n8n-workflow';
import { ACCEPT_UNUSUAL_IDS } from '../../../../shared/advocate/participantId';
import { ParameterError } from '../../../../shared/n8n/nodeErrors';
import {
	choiceOption,
	choicesOption,
	readChoice,
	readCollection,
	readNumberOption,
	readOptions,
	readSegmentChoice,
	readSendLimits,
	readSwitch,
	readText,
	switchOption,
	textOption,
	textsOption,
} from '../../../../shared/n8n/parameters';
import {
	asNumber,
	asSegments,
	asTexts,
	isExpression,
} from '../../../../shared/n8n/parameterValues';
import type { ListSettings } from '../../../sync/list';
import type { Sameness } from '../../../sync/nearMiss';
import type { SyncSettings } from '../../../sync/sync';
import type { Run } from '../../operation';
import { CREATE_AT_MOST, MISSING_RUNS, REMOVE_AT_MOST, UNMATCHED_AT_MOST } from './fields';

export interface SyncRequest {
	settings: SyncSettings;
	list: ListSettings;
	/** Which files of a plan are put out. */
	files: 'all' | 'leavers' | 'none';
	undoFile: boolean;
	/** Whether anything has to be remembered for the next run. */
	remembers: boolean;
}

/** @throws ParameterError */
export function readSyncRequest(run: Run): SyncRequest {
	const options = readOptions(run.n8n, 0);
	const safety = readCollection(run.n8n, 'safetyOptions', 'Safety Options', 0);
	const matchBy = readChoice(run.n8n, 'matchBy', 'Match By', ['id', 'email'] as const, 0, 'id');
	const ifMissing = readChoice(
		run.n8n,
		'ifParticipantMissing',
		'If Participant Does Not Exist',
		['skip', 'create', 'error'] as const,
		0,
		'skip',
	);
	if (matchBy === 'email' && ifMissing === 'create') {
		throw new ParameterError(
			"'If Participant Does Not Exist' is Create, but 'Match By' is Email, and an address alone does not say which ID to give",
			"Match by ID, also where the IDs are e-mail addresses, or choose 'Skip'",
		);
	}
	const missingRuns = readNumberOption(safety, 'missingRuns', 'Runs Before Removal', MISSING_RUNS);
	const guardsDeviation = switchOption(safety, 'deviationGuard', 'Deviation Guard', false);
	const onlyOwn = switchOption(safety, 'onlyOwn', 'Remove Own Additions Only', false);
	const remove: unknown = run.n8n.getNodeParameter('removeAtMost', 0, REMOVE_AT_MOST.default);
	const dryRun = readSwitch(run.n8n, 'dryRun', 'Dry Run', 0, false);
	const settings: SyncSettings = {
		// By its key, or by what people call it.
		segment: readSegmentChoice(run.n8n, 0),
		matchBy,
		ifMissing,
		...readProtection(run),
		removePercent: asNumber(remove, 'Remove at Most', REMOVE_AT_MOST),
		...readPlanCode(run, dryRun),
		dryRun,
		addDespiteHeldRemovals: switchOption(
			safety,
			'addDespiteHeldRemovals',
			'Add Despite Held Removals',
			false,
		),
		createPercent: readNumberOption(safety, 'createAtMost', 'Create at Most', CREATE_AT_MOST),
		unmatchedPercent: readNumberOption(
			safety,
			'unmatchedAtMost',
			'Unmatched Rows at Most',
			UNMATCHED_AT_MOST,
		),
		listIsComplete: switchOption(safety, 'listIsComplete', 'List Is Complete', false),
		treatAsSame: new Set<Sameness>(
			Object.hasOwn(safety, 'treatAsSame')
				? choicesOption(safety, 'treatAsSame', 'Treat as the Same', ['blanks', 'case'] as const)
				: [],
		),
		isDifferent: readDifferentPeople(safety),
		missingRuns,
		guardsDeviation,
		onlyOwn,
		// A person tries it out: with pinned data, one sample item, or the list of a test.
		isManual: ['manual', 'evaluation'].includes(run.n8n.getMode()),
		tenantMark: run.tenantMark,
		verify: switchOption(options, 'verifyResult', 'Verify Result', true),
		...readSendLimits(options),
	};
	return {
		settings,
		list: {
			matchBy,
			idColumn: readText(run.n8n, 'idColumn', 'ID Column', 0),
			accountIdColumn: textOption(options, 'accountIdColumn', 'Account ID Column'),
			emailColumn: readText(run.n8n, 'emailColumn', 'Email Column', 0),
			ignoredColumns: textsOption(options, 'ignoredColumns', 'Ignored Columns'),
			acceptUnusualIds: switchOption(options, 'acceptUnusualIds', ACCEPT_UNUSUAL_IDS, false),
		},
		files: choiceOption(options, 'files', 'Files', ['all', 'leavers', 'none'] as const, 'all'),
		undoFile: switchOption(options, 'undoFile', 'Create Undo File', true),
		remembers: missingRuns > 1 || guardsDeviation || onlyOwn,
	};
}

function readPlanCode(run: Run, dryRun: boolean): Pick<SyncSettings, 'planCode' | 'planCodeStays'> {
	const planCode = readText(run.n8n, 'planCode', 'Plan Code', 0).trim();
	const planCodeStays = !isExpression(run.n8n.getNode().parameters.planCode);
	// Who fetches the code of a plan that was agreed to must not get a run without any.
	if (planCode === '' && !planCodeStays && !dryRun) {
		throw new ParameterError(
			"'Plan Code' is an expression that gives nothing, so the run would not be bound to any plan",
			"Check the expression: the dry run has the code in 'plan.planCode' of its output. To run without a code, empty the field. Nothing was sent",
		);
	}
	return { planCode, planCodeStays };
}

function readProtection(run: Run): Pick<SyncSettings, 'protectedIds' | 'protectedSegments'> {
	const never = readCollection(run.n8n, 'neverRemove', 'Never Remove', 0);
	return {
		// An expression that finds nothing would protect nobody.
		protectedIds: Object.hasOwn(never, 'ids') ? filled(asTexts(never.ids, 'IDs'), 'IDs') : [],
		protectedSegments: Object.hasOwn(never, 'segments')
			? filled(asSegments(never.segments, 'Segment Names or IDs'), 'Segment Names or IDs')
			: [],
	};
}

function filled(entries: string[], displayName: string): string[] {
	if (entries.length > 0) return entries;
	throw new ParameterError(
		`'Never Remove': '${displayName}' is empty, so it would protect nobody`,
		'Fill it in, or remove the entry. If it is an expression, check that the input item has this value',
	);
}

/** Lines such as `007 = 7`: the ID of the list, and that of the member. */
function readDifferentPeople(safety: IDataObject): SyncSettings['isDifferent'] {
	const text = textOption(safety, 'differentPeople', 'Different People');
	const pairs = new Set<string>();
	for (const line of text.split(/\r?\n/)) {
		if (line.trim() === '') continue;
		const [list, member, ...more] = line.split('=').map((id) => id.trim());
		if (more.length > 0 || list === '' || (member ?? '') === '') {
			throw new ParameterError(
				"'Different People' has a line that is not a pair",
				'Write one pair per line: the ID of the list, =, the ID of the member. For example: 007 = 7',
			);
		}
		pairs.add(`${list}\u0000${member}`);
	}
	return (member, list) => pairs.has(`${list}\u0000${member}`);
}
