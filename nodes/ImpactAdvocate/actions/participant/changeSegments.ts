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
import type { SegmentChange } from '../../../shared/segments/change';
import { resolvedChange } from '../../../shared/segments/names';
import type { SegmentUse } from '../../../shared/segments/names';
import {
	ADDED_SWITCH,
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
import { namingParameterOf, nothingSent, readItems, withSegmentKeys } from '../operation';
import type { ItemOutcome, ItemRequest, Operation, Run, SegmentTexts } from '../operation';
import {
	readChoice,
	readOptions,
	readWriteOptions,
	switchOption,
} from '../../../shared/n8n/parameters';
import { readParticipant } from '../../../shared/n8n/participantParameter';
import type { ParticipantChoice } from '../../../shared/n8n/participantParameter';
import { resolveParticipants } from './resolve';
import { failureOf, readRunLimits, sendWrites } from './sendWrites';
import type { RunLimits } from './sendWrites';

const REPORT_CHANGES: INodeProperties = {
	displayName: 'Report Changes',
	name: 'reportChanges',
	...ADDED_SWITCH,
	description:
		'Whether to read each participant first, so that the output says which segments were added and removed, and whether the participant was created',
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
			let limits: RunLimits;
			let items: Array<ItemRequest<ChangeRequest>>;
			try {
				// They hold for the run as a whole, so the first item's are used.
				limits = readRunLimits(run);
				items = await readItems(run, requestReader(readChange));
				if (removeField !== undefined) {
					const removals = items.reduce(
						(sum, item) => sum + ('request' in item ? item.request.change.remove.length : 0),
						0,
					);
					assertAgentMayRemove(run.n8n, removals, removeField);
				}
			} catch (failure) {
				for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++)
					yield { itemIndex, failure, of: 'run' };
				return;
			}
			let end: ItemOutcome | undefined = nothingSent(run, items);
			if (end === undefined) {
				items = await withSegmentKeys(run, items, segmentTexts(operation));
				end = nothingSent(run, items);
			}
			const outcomes = items.map((item) => ('failure' in item ? item : undefined));
			// The failure that ended the run goes first: n8n shows it, and not the items that were not sent because of it.
			end ??= await send(run, items, limits, outcomes);
			if (end !== undefined) yield end;
			for (const outcome of outcomes) if (outcome !== undefined) yield outcome;
		},
	};
}

/** What one item asks for. */
interface ChangeRequest {
	choice: ParticipantChoice;
	change: SegmentChange;
	policy: WritePolicy;
}

const requestReader =
	(readChange: ChangeOperation['readChange']) =>
	(run: Run, itemIndex: number): ChangeRequest => ({
		choice: readParticipant(run.n8n, itemIndex),
		change: readChange(run, itemIndex),
		policy: readPolicy(run, itemIndex),
	});

/** Turns the names or keys of an item into keys. */
function segmentTexts({
	ifMissing,
	addField = '',
	removeField = '',
}: ChangeOperation): SegmentTexts<ChangeRequest> {
	// What can add to segments can create them.
	const otherwise = ifMissing === 'create' ? 'option' : 'never';
	const fieldOf = (use: SegmentUse) => (use === 'remove' ? removeField : addField);
	return {
		textsOf: ({ change }) => [...change.add, ...change.remove],
		withKeys(request, segments) {
			const keyOf = segments.keyOf(request.policy.createMissingSegments || otherwise);
			return {
				...request,
				change: resolvedChange(request.change, namingParameterOf(keyOf, fieldOf)),
			};
		},
	};
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
		readBefore: switchOption(options, 'reportChanges', 'Report Changes', false),
		...readWriteOptions(options),
	};
}

/**
 * Send what the items ask for and fill in their outcomes.
 * @returns the failure that ends the run, if one does
 */
async function send(
	run: Run,
	items: ReadonlyArray<ItemRequest<ChangeRequest>>,
	limits: RunLimits,
	outcomes: Array<ItemOutcome | undefined>,
): Promise<ItemOutcome | undefined> {
	const writes: Array<ParticipantWrite<number>> = [];
	const wanted = items.filter((item) => 'request' in item);
	let targets;
	try {
		targets = await resolveParticipants(
			run.transport,
			wanted.map(({ request }) => request.choice),
			{ mayCreate: true },
		);
	} catch (failure) {
		for (const { itemIndex } of wanted) outcomes[itemIndex] = { itemIndex, failure, of: 'run' };
		return undefined;
	}
	for (const [index, { itemIndex, request }] of wanted.entries()) {
		const { change, policy, choice } = request;
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
	return await sendWrites(run, writes, outcomes, { ...limits, outcomeOf });
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
				json: {
					id,
					accountId,
					...(result.segments === undefined ? {} : { segments: result.segments }),
					// Known also where the participant was read for another reason.
					...(write.policy.readBefore
						? { ...result.difference, created: result.wasMissing ?? false }
						: {}),
				},
			};
		case 'skipped':
			return {
				itemIndex,
				json: { id, accountId, segments: [], skipped: true, reason: result.reason },
			};
		case 'rejected':
		case 'unconfirmed':
		case 'notSent':
			return failureOf(itemIndex, result);
	}
}

function skippedOutput(choice: ParticipantChoice, reason: string): IDataObject {
	return choice.by === 'email'
		? { email: choice.email, segments: [], skipped: true, reason }
		: { id: choice.id, accountId: choice.accountId, segments: [], skipped: true, reason };
}
