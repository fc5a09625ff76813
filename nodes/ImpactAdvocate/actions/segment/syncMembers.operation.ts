/** Sync Members: makes a segment contain exactly the people of a list. */
import type { IBinaryKeyData, IDataObject } from 'n8n-workflow';
import { isRecord } from '../../../shared/advocate/client/values';
import { inWords } from '../../../shared/inputValue';
import { alarm, inform, warn } from '../../../shared/n8n/html';
import { readChoice } from '../../../shared/n8n/parameters';
import {
	JOINERS_COLUMN,
	LEAVERS_COLUMN,
	peopleFile,
	unmatchedFile,
} from '../../import/report/peopleFile';
import { readList } from '../../sync/list';
import type { SyncList } from '../../sync/list';
import { SyncMemory } from '../../sync/memory';
import { syncMembers as runSync } from '../../sync/sync';
import type { OpenMemory, SyncResult, SyncSettings } from '../../sync/sync';
import { allowAgentField, closedToAgents, isAgentTool } from '../agentGuard';
import type { SourceKind } from '../list/fields';
import { assertOneForAll } from '../list/oneForAll';
import { readListSource, resultFileName } from '../list/source';
import type { ItemOutcome, Operation, Run } from '../operation';
import { displayNameIn } from '../optionGroups';
import { LIST_SOURCE, syncMembersFields } from './sync/fields';
import { readSyncRequest } from './sync/settings';
import type { SyncRequest } from './sync/settings';
import {
	heldError,
	messageOf,
	summaryOf,
	unmatchedRows,
	waysOfPlan,
	waysWithCode,
	whereUnmatched,
} from './sync/summary';
import { assertNotCutOff, assertOneList, markSegment } from './sync/wholeList';

const RISK = 'take everybody out of a segment who is not on a list';

export const syncMembers: Operation = {
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('segment', 'syncMembers', `use this operation, which can ${RISK}`),
		...syncMembersFields,
	],
	async *execute(run) {
		let request: SyncRequest;
		try {
			request = readSyncRequest(run);
		} catch (failure) {
			// The settings of the first item are everybody's.
			yield { itemIndex: 0, ...(run.itemCount > 1 ? { of: 'list' as const } : {}), failure };
			return;
		}
		try {
			yield await sync(run, request);
		} catch (failure) {
			yield { itemIndex: 0, of: 'list', failure };
		}
	},
};

async function sync(run: Run, request: SyncRequest): Promise<ItemOutcome> {
	const kind = readChoice<SourceKind>(
		run.n8n,
		LIST_SOURCE.name,
		LIST_SOURCE.displayName,
		LIST_SOURCE.kinds,
		0,
		'items',
	);
	assertOneList(run, kind);
	const { source, fileName } = readListSource(run, 0, LIST_SOURCE);
	await assertOneForAll(run, (name) => displayNameIn(syncMembersFields, name));
	const list = await readList(run.transport, source, request.list);
	assertNotCutOff(run, [list.total, list.filled]);

	const store = memoryStore(run);
	const result = await runSync(run.transport, list, request.settings, (segmentKey) => {
		markSegment(run, segmentKey);
		return store.open(segmentKey);
	});
	if (result.outcome === 'sent') store.save(result.segment.key);

	const notes = notesOf(request, list, result);
	const files = await filesOf(run, request, result, fileName, list, notes);
	const json = summaryOf(result, list, request.settings.matchBy, notes);
	const binary = Object.keys(files).length === 0 ? undefined : files;
	if (result.outcome === 'held') {
		// Where the workflow goes on, the node looks green and has nothing on its first output.
		if (!run.stopsOnFailure) showHeld(run, result, notes);
		return { itemIndex: 0, of: 'list', failure: heldError(result), details: json, binary };
	}
	showHints(run, request, result, notes, files);
	return { itemIndex: 0, ofAll: run.itemCount > 1, json, binary };
}

/** What is remembered between runs: in the static data of the node, which n8n saves with published workflows. */
function memoryStore(run: Run): { open: OpenMemory; save(segmentKey: string): void } {
	const data = run.n8n.getWorkflowStaticData('node');
	const entries = (): IDataObject => (isRecord(data.sync) ? (data.sync as IDataObject) : {});
	const nameOf = (segmentKey: string) => `${run.tenantMark}:${segmentKey}`;
	let memory: SyncMemory | undefined;
	return {
		open(segmentKey) {
			const all = entries();
			const name = nameOf(segmentKey);
			memory = new SyncMemory(Object.hasOwn(all, name) ? all[name] : undefined);
			return memory;
		},
		save(segmentKey) {
			const stored = memory?.stored ?? {};
			const all = { ...entries() };
			if (Object.keys(stored).length > 0) all[nameOf(segmentKey)] = stored as IDataObject;
			else delete all[nameOf(segmentKey)];
			if (Object.keys(all).length > 0) data.sync = all;
			else if (data.sync !== undefined) delete data.sync;
		},
	};
}

function notesOf(
	{ settings, remembers }: SyncRequest,
	list: SyncList,
	result: SyncResult,
): string[] {
	const notes = [...list.notes, ...result.notes];
	if (remembers && settings.isManual) {
		notes.push(
			'What this node has to remember for its next run is kept by n8n in published workflows only, not in test runs',
		);
	}
	return [...notes, ...codeNotes(settings, result)];
}

/** What to do with a code that was used: in the field, it would stop the next run. */
function codeNotes({ planCodeStays }: SyncSettings, result: SyncResult): string[] {
	const { outcome, code, removes, isComplete, sent } = result;
	if (!planCodeStays || outcome !== 'sent' || code.verdict !== 'valid' || !removes) return [];
	if (isComplete) return ["Empty 'Plan Code' now: it fits this plan only"];
	return sent === undefined || sent.removed === 0
		? []
		: [
				"Empty 'Plan Code' before you run it again: members have been removed, so the plan is another one now",
			];
}

async function filesOf(
	run: Run,
	{ files: wanted, undoFile, settings: { matchBy } }: SyncRequest,
	{ plan, segment, sent }: SyncResult,
	fileName: string | undefined,
	{ delimiter, words }: SyncList,
	/** Grows, when a file can't be had. */
	notes: string[],
): Promise<IBinaryKeyData> {
	// An agent can't take files.
	if (isAgentTool(run.n8n)) return {};
	const files: IBinaryKeyData = {};
	const addFile = async (field: string, content: Buffer) => {
		const name = resultFileName(fileName ?? `${segment.key}.csv`, field, delimiter);
		try {
			files[field] = await run.n8n.helpers.prepareBinaryData(content, name, 'text/csv');
		} catch (caught) {
			// The account of what was sent is worth more than the file.
			const reason = caught instanceof Error ? caught.message : String(caught);
			notes.push(`n8n could not keep the ${field} file: ${reason}`);
		}
	};
	if (sent !== undefined) {
		if (undoFile && sent.undo.count > 0) await addFile('undo', sent.undo.toBuffer());
		return files;
	}
	const joiners = [...plan.add, ...plan.create];
	if (wanted === 'all' && joiners.length > 0) {
		await addFile('joiners', peopleFile(joiners, segment.key, JOINERS_COLUMN, delimiter));
	}
	if (wanted !== 'none' && plan.remove.length > 0) {
		await addFile('leavers', peopleFile(plan.remove, segment.key, LEAVERS_COLUMN, delimiter));
	}
	const unmatched = wanted === 'all' ? unmatchedRows(plan, matchBy) : [];
	if (unmatched.length > 0) {
		await addFile('unmatched', unmatchedFile(unmatched, segment.key, matchBy, words, delimiter));
	}
	return files;
}

/** The same as in a dry run: why nothing was sent, and the way out with the code. */
function showHeld(run: Run, result: SyncResult, notes: readonly string[]): void {
	for (const text of [messageOf(result), waysWithCode(result), ...notes]) warn(run.n8n, text);
}

/** What is seen first in the editor, which shows the files of an item before its fields. */
function showHints(
	run: Run,
	{ settings }: SyncRequest,
	result: SyncResult,
	notes: readonly string[],
	files: IBinaryKeyData,
): void {
	const { plan, outcome, planCode, judgement } = result;
	const fields = Object.keys(files);
	const names = `${inWords(fields)} ${fields.length === 1 ? 'file' : 'files'}`;
	const unmatched = fields.includes('unmatched') ? [] : whereUnmatched(plan);
	const attached = fields.length === 0 ? [] : [`Attached: ${names}`];
	const ways = waysOfPlan(result, settings.addDespiteHeldRemovals);
	// With nothing to do there is nothing to allow.
	const isShown =
		outcome === 'planned' &&
		planCode !== undefined &&
		plan.add.length + plan.create.length + plan.remove.length > 0;
	const code = isShown ? [`The plan code is ${planCode}`] : [];
	const text = [messageOf(result), ...unmatched, ...code, ...attached].join('. ');
	const isTrouble = outcome === 'sent' && !result.isComplete;
	const isRemarkable =
		judgement.objections.length > 0 ||
		plan.held.length + plan.unclear.length + plan.invalid.length + plan.notFound.length > 0;
	const show = isTrouble ? alarm : isRemarkable ? warn : inform;
	show(
		run.n8n,
		isTrouble ? `The segment is not as the list says yet. ${text}. Run it again` : text,
	);
	for (const note of [...ways, ...notes]) warn(run.n8n, note);
}
