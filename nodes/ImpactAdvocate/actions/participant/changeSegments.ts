/**
 * What the operations that change a participant's segments share: all input items go through the row engine in one
 * run, so that they are batched, and changes of one participant keep the order of the items.
 */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import type {
	IfParticipantMissing,
	ParticipantWrite,
	WritePolicy,
	WriteResult,
} from '../../writes/write';
import { runWrites } from '../../writes/run';
import type { SegmentChange } from '../../../shared/segments/change';
import { resolvedChange } from '../../../shared/segments/names';
import type { KeyOf } from '../../../shared/segments/names';
import { warn } from '../../../shared/n8n/html';
import {
	ifMissingFields,
	NEW_SEGMENTS_OPTIONS,
	optionsField,
	participantFields,
	showFor,
	TRANSPORT_OPTIONS,
	WRITE_OPTIONS,
} from '../fields';
import { allowAgentField, assertAgentMayRemove, MAX_AGENT_REMOVALS } from '../agentGuard';
import type { AgentAccess } from '../agentGuard';
import type { ItemOutcome, Operation, Run } from '../operation';
import {
	readChoice,
	namingParameter,
	readMaxNewSegments,
	readOptions,
	readParticipant,
	readSendLimits,
} from '../../../shared/n8n/parameters';
import type { ParticipantChoice, SendLimits } from '../../../shared/n8n/parameters';
import { resolveParticipants } from './resolve';

const REPORT_CHANGES: INodeProperties = {
	displayName: 'Report Changes',
	name: 'reportChanges',
	type: 'boolean',
	default: false,
	description:
		'Whether to read each participant first, so that the output says which segments were added and removed',
};

/** What tells one operation that changes segments from the others. */
export interface ChangeOperation {
	name: string;
	ifMissing: 'create' | 'skip';
	agents: AgentAccess;
	/** The fields that say which segments. */
	ownFields: INodeProperties[];
	/** Display names of the fields with the segments to add to, and to take participants out of, when they are chosen. */
	addField?: string;
	removeField?: string;
	/** The change that one item asks for, in names or keys; throws what is wrong with its parameters. */
	readChange(run: Run, itemIndex: number): SegmentChange;
}

/** The switch for agents, where there is something to allow. */
function agentFields({ name, agents }: ChangeOperation): INodeProperties[] {
	if (agents.access === 'open') return [];
	const what =
		agents.access === 'closed'
			? `use this operation, which can ${agents.risk}`
			: `take participants out of more than ${MAX_AGENT_REMOVALS} segments at once`;
	return [allowAgentField('participant', name, what)];
}

/** Build an operation that changes segments. */
export function changeSegmentsOperation(operation: ChangeOperation): Operation {
	const { name, ifMissing, agents, ownFields, removeField, readChange } = operation;
	const show = showFor('participant', [name]);
	// What can add to segments creates participants too, unless told otherwise.
	const canAdd = ifMissing === 'create';
	return {
		agents,
		fields: [
			...agentFields(operation),
			...participantFields(show),
			...ownFields,
			...ifMissingFields(show, ifMissing),
			optionsField(show, [
				...TRANSPORT_OPTIONS,
				...WRITE_OPTIONS,
				...(canAdd ? NEW_SEGMENTS_OPTIONS : []),
				REPORT_CHANGES,
			]),
		],
		async *execute(run) {
			const outcomes = new Array<ItemOutcome | undefined>(run.itemCount);
			let limits: RunLimits;
			let requests: ItemRequest[];
			try {
				// They hold for the run as a whole, so the first item's are used.
				const options = readOptions(run.n8n, 0);
				limits = { ...readSendLimits(options), maxNewSegments: readMaxNewSegments(options) };
				requests = await readRequests(run, readChange, outcomes);
				if (removeField !== undefined) {
					const removals = requests.reduce((sum, { change }) => sum + change.remove.length, 0);
					assertAgentMayRemove(run.n8n, removals, removeField);
				}
			} catch (failure) {
				for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++)
					yield { itemIndex, failure };
				return;
			}
			requests = await understood(run, operation, requests, outcomes);
			// Nothing is sent when an item can't be read and a failure ends the run: better none than some.
			if (!run.stopsOnFailure || outcomes.every((outcome) => outcome === undefined)) {
				const cause = await send(run, requests, limits, outcomes);
				// The failure that ended the run goes first: n8n shows it, and not the items that were not sent because of it.
				if (run.stopsOnFailure && cause !== undefined) yield cause;
			}
			for (const outcome of outcomes) if (outcome !== undefined) yield outcome;
		},
	};
}

/** Writes handed over between two looks at the clock. */
const PORTION = 1000;

interface RunLimits extends SendLimits {
	/** Most segments that the run may create. */
	maxNewSegments: number;
}

/** What one item asks for. */
interface ItemRequest {
	itemIndex: number;
	choice: ParticipantChoice;
	change: SegmentChange;
	policy: WritePolicy;
}

/** @throws AdvocateError when the execution was stopped */
async function readRequests(
	run: Run,
	readChange: (run: Run, itemIndex: number) => SegmentChange,
	outcomes: Array<ItemOutcome | undefined>,
): Promise<ItemRequest[]> {
	const requests: ItemRequest[] = [];
	for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++) {
		if (run.breather.isDue) await run.breather.rest();
		try {
			requests.push({
				itemIndex,
				choice: readParticipant(run.n8n, itemIndex),
				change: readChange(run, itemIndex),
				policy: readPolicy(run, itemIndex),
			});
		} catch (failure) {
			outcomes[itemIndex] = { itemIndex, failure };
		}
	}
	return requests;
}

/**
 * Find out which segments the items mean, in one go for all of them.
 * @returns the requests with keys; the others have their outcomes
 */
async function understood(
	run: Run,
	{ ifMissing, addField = '', removeField = '' }: ChangeOperation,
	requests: readonly ItemRequest[],
	outcomes: Array<ItemOutcome | undefined>,
): Promise<ItemRequest[]> {
	// The failure of another item ends the run.
	if (run.stopsOnFailure && outcomes.some(isFailure)) return [];
	const { segments } = run;
	const texts = new Set(requests.flatMap(({ change }) => [...change.add, ...change.remove]));
	try {
		await segments.read(texts);
	} catch (failure) {
		for (const { itemIndex } of requests) outcomes[itemIndex] = { itemIndex, failure };
		return [];
	}
	if (segments.note !== undefined && texts.size > 0) warn(run.n8n, segments.note);
	const mayCreate = ifMissing === 'create';
	const creating = segments.keyOf(true);
	const finding = segments.keyOf(mayCreate ? false : 'never');
	const naming =
		(keyOf: KeyOf): KeyOf =>
		(text, use) => {
			try {
				return keyOf(text, use);
			} catch (error) {
				throw namingParameter(error, use === 'remove' ? removeField : addField);
			}
		};
	return requests.flatMap((request) => {
		const { itemIndex, change, policy } = request;
		try {
			const keyOf = naming(policy.createMissingSegments ? creating : finding);
			return [{ ...request, change: resolvedChange(change, keyOf) }];
		} catch (failure) {
			outcomes[itemIndex] = { itemIndex, failure };
			return [];
		}
	});
}

function readPolicy(run: Run, itemIndex: number): WritePolicy {
	const options = readOptions(run.n8n, itemIndex);
	return {
		ifMissing: readChoice<IfParticipantMissing>(
			run.n8n,
			'ifParticipantMissing',
			'If Participant Does Not Exist',
			['create', 'error', 'skip'],
			itemIndex,
		),
		readBefore: options.reportChanges === true,
		verify: options.verifyResult !== false,
		createMissingSegments: options.createMissingSegments === true,
	};
}

/**
 * Send what the items ask for and fill in their outcomes.
 * @returns the first failure among those sent
 */
async function send(
	run: Run,
	requests: readonly ItemRequest[],
	{ maxNewSegments, ...limits }: RunLimits,
	outcomes: Array<ItemOutcome | undefined>,
): Promise<ItemOutcome | undefined> {
	const writes: Array<ParticipantWrite<number>> = [];
	let targets;
	try {
		targets = await resolveParticipants(
			run.transport,
			requests.map(({ choice }) => choice),
		);
	} catch (failure) {
		for (const { itemIndex } of requests) outcomes[itemIndex] = { itemIndex, failure };
		return undefined;
	}
	for (const [index, { itemIndex, change, policy, choice }] of requests.entries()) {
		const target = targets[index];
		if (target instanceof AdvocateError) {
			outcomes[itemIndex] =
				policy.ifMissing === 'skip' && target.statusCode === 404
					? { itemIndex, json: skippedOutput(choice, target.message) }
					: { itemIndex, failure: target };
		} else {
			writes.push({ ...target, sources: [itemIndex], change, policy });
		}
	}
	if (run.stopsOnFailure && outcomes.some(isFailure)) return undefined;
	const created = writes.filter(({ policy }) => policy.createMissingSegments);
	try {
		run.segments.plan(new Set(created.flatMap(({ change }) => change.add)), maxNewSegments);
	} catch (failure) {
		for (const { sources } of writes) outcomes[sources[0]] = { itemIndex: sources[0], failure };
		return undefined;
	}

	let done = 0;
	let cause: ItemOutcome | undefined;
	let next = 0;
	await runWrites(
		run.transport,
		{
			async next() {
				if (next >= writes.length) return undefined;
				if (run.breather.isDue) await run.breather.rest();
				next += PORTION;
				return writes.slice(next - PORTION, next);
			},
			done(write, result) {
				const [itemIndex] = write.sources;
				outcomes[itemIndex] = outcomeOf(itemIndex, write, result);
				if (result.status === 'succeeded') done++;
				if (result.status === 'rejected') cause ??= outcomes[itemIndex];
			},
			shouldStop: () =>
				run.stopsOnFailure && cause !== undefined
					? 'Another item failed before this one was sent'
					: undefined,
		},
		{ ...limits, mergeRepeats: false, segments: run.segments },
	);
	return cause === undefined ? undefined : withProgress(cause, done, run.itemCount);
}

const isFailure = (outcome: ItemOutcome | undefined): boolean =>
	outcome !== undefined && 'failure' in outcome;

/** When a failure ends the run, it says how much had been done: there is no output, and n8n drops hints. */
function withProgress(cause: ItemOutcome, done: number, itemCount: number): ItemOutcome {
	if (done === 0 || !('failure' in cause) || !(cause.failure instanceof AdvocateError))
		return cause;
	const { itemIndex, failure } = cause;
	const progress = `${done} of ${itemCount} items were applied all the same; sending them again changes nothing`;
	return { itemIndex, failure: failure.with({ hint: `${failure.hint}. ${progress}` }) };
}

function outcomeOf(
	itemIndex: number,
	write: ParticipantWrite<number>,
	result: WriteResult,
): ItemOutcome {
	const { accountId, id } = write;
	switch (result.status) {
		case 'succeeded':
			return {
				itemIndex,
				json: { accountId, id, segments: result.segments, ...result.difference },
			};
		case 'skipped':
			return {
				itemIndex,
				json: { accountId, id, segments: [], skipped: true, reason: result.reason },
			};
		case 'rejected':
			return { itemIndex, failure: result.error };
		case 'notSent':
			return {
				itemIndex,
				failure: new AdvocateError(`This item was not sent. ${result.reason}`, {
					kind: 'gaveUp',
					hint: 'Run the node again to send it; repeating what was already done changes nothing',
				}),
			};
	}
}

function skippedOutput(choice: ParticipantChoice, reason: string): IDataObject {
	return choice.by === 'email'
		? { email: choice.email, segments: [], skipped: true, reason }
		: { accountId: choice.accountId, id: choice.id, segments: [], skipped: true, reason };
}
