/**
 * One change of one participant: what it is on the wire, how two of them become one, and what an answer means for it.
 * Pure.
 */
import { AdvocateError } from '../../shared/advocate/client/error';
import { isRecord } from '../../shared/advocate/client/values';
import type {
	Participant,
	ParticipantId,
	ParticipantRecord,
} from '../../shared/advocate/participants';
import type { ParticipantInput } from '../../shared/advocate/upserts';
import {
	ChangeSequence,
	finder,
	findMismatch,
	keyCount,
	listed,
	MAX_KEYS,
	membershipDifference,
	toOperations,
} from '../../shared/segments/change';
import type { Mismatch, SegmentChange } from '../../shared/segments/change';
import { detailsNotStored } from './detailCheck';

export type IfParticipantMissing = 'create' | 'skip' | 'error';

export type IfParticipantExists = 'update' | 'skip' | 'error';

/** How one write is carried out. Writes of one run may differ, since n8n parameters may differ by item. */
export interface WritePolicy {
	ifMissing: IfParticipantMissing;
	/** Read the participant before writing, to know what changed. */
	readBefore: boolean;
	/** Send nothing where the segments are as asked already; the participant is read for it. */
	skipUnchanged?: boolean;
	/** Compare the answer with what was asked: its segments, and the details that it has. */
	verify: boolean;
	createMissingSegments: boolean;
	/** What to do with somebody who exists before the write: change them, unless told. */
	ifExists?: IfParticipantExists;
	/**
	 * Whose details are sent, everybody's unless told. `new`: only those of participants that do not exist before the
	 * run, whose first write creates them; all their later writes have details too.
	 */
	detailsFor?: 'new' | 'all';
}

/** One change of one participant. */
export interface ParticipantWrite<Source> extends ParticipantId {
	/** Where it comes from: one item or file row, or several when writes of one participant were merged. */
	sources: Source[];
	change: SegmentChange;
	/** Fields of the API's user input besides segments. */
	details?: Record<string, unknown>;
	policy: WritePolicy;
	/** The writes that were merged into this one, in order, and their changes. */
	parts?: Array<ParticipantWrite<Source>>;
	partChanges?: ChangeSequence;
}

/** What becomes of a write that would change nothing, when such writes are left out. */
export const unchanged = (segments: string[]): WriteResult => ({
	status: 'succeeded',
	segments,
	before: segments,
	difference: { added: [], removed: [] },
	// Those it has are kept: with details to send, it would not be left out.
	isWithoutDetails: true,
});

/** A write that was applied. */
export type Succeeded = Extract<WriteResult, { status: 'succeeded' }>;

export type WriteResult =
	| {
			status: 'succeeded';
			/** The participant's segments as the API tells them; nothing when it does not, and need not. */
			segments?: string[];
			/** What changed; only known when the participant was read before. */
			difference?: { added: string[]; removed: string[] };
			/** The segments before; only known when the participant was read before. */
			before?: string[];
			/** All that was answered, where that was asked for. */
			record?: ParticipantRecord;
			/** Whether its details were not sent, since the participant existed. */
			isWithoutDetails?: true;
			/** Whether the participant did not exist before; only known when it was read then. */
			wasMissing?: true;
	  }
	| { status: 'skipped'; reason: string }
	| {
			status: 'rejected';
			error: AdvocateError;
			/**
			 * Of a change that was applied in part, or of which that is not known: the segments before, when read, and
			 * those that it led to, or may have led to.
			 */
			applied?: { before: string[]; segments: string[] };
	  }
	| { status: 'notSent'; reason: string; hint?: string }
	| {
			/** Sent, and nobody knows whether it was applied. */
			status: 'unconfirmed';
			error: AdvocateError;
			/** As of a rejected one. */
			applied?: { before: string[]; segments: string[] };
			/** Whether the run ended before it was through with it. */
			isLeft: boolean;
	  };

/** A write that needs nothing more. */
export interface EndedWrite<Source> {
	write: ParticipantWrite<Source>;
	result: WriteResult;
}

/** Whether a write is only for somebody who does not exist. */
export const isForNewOnly = <Source>({ policy }: ParticipantWrite<Source>): boolean =>
	policy.ifExists === 'skip' || policy.ifExists === 'error';

/** Whether the participant has to be read before the write. */
export const isReadFirst = <Source>(write: ParticipantWrite<Source>): boolean => {
	const { readBefore, skipUnchanged, ifMissing, detailsFor } = write.policy;
	return (
		readBefore ||
		skipUnchanged === true ||
		ifMissing !== 'create' ||
		detailsFor === 'new' ||
		isForNewOnly(write)
	);
};

/** How many of the caller's writes a write stands for. */
export const countOf = <Source>(write: ParticipantWrite<Source>): number =>
	write.parts?.length ?? 1;

/** Whether one write can do what two would. The API keeps every referrer it is told, so these are sent one by one. */
export function canMerge<Source>(
	first: ParticipantWrite<Source>,
	second: ParticipantWrite<Source>,
): boolean {
	if (first.policy !== second.policy) return false;
	const keys = first.partChanges?.keyCount ?? keyCount(first.change);
	if (keys + keyCount(second.change) > MAX_KEYS) return false;
	return !namesReferrer(first) || !namesReferrer(second);
}

const namesReferrer = <Source>({ details }: ParticipantWrite<Source>): boolean =>
	details?.referredBy !== undefined || details?.referredByCodes !== undefined;

/**
 * One write with the effect of both; its `change` is that of all parts once it is completed.
 * @param first changed in place when it is a merged one already: with many rows of one participant, copies would take
 * quadratic time
 */
export function mergeWrites<Source>(
	first: ParticipantWrite<Source>,
	second: ParticipantWrite<Source>,
): ParticipantWrite<Source> {
	const merged = first.parts === undefined ? { ...first, sources: [...first.sources] } : first;
	merged.parts ??= [first];
	merged.parts.push(second);
	merged.partChanges ??= new ChangeSequence().append(first.change);
	merged.partChanges.append(second.change);
	merged.sources.push(...second.sources);
	if (second.details !== undefined) {
		merged.details = mergeDetails(merged.details ?? {}, second.details);
	}
	return merged;
}

/** The write as it is sent: nothing is merged into it any more. */
export function completed<Source>(write: ParticipantWrite<Source>): ParticipantWrite<Source> {
	// In place: a write is known by its identity.
	if (write.partChanges !== undefined) Object.assign(write, { change: write.partChanges.whole });
	return write;
}

/** Later values win; maps such as customFields are merged field by field, as the API itself does. */
function mergeDetails(
	first: Record<string, unknown>,
	second: Record<string, unknown>,
): Record<string, unknown> {
	const merged: Record<string, unknown> = { ...first };
	for (const [field, value] of Object.entries(second)) {
		const earlier = merged[field];
		const bothMaps = isRecord(earlier) && isRecord(value);
		merged[field] = bothMaps ? { ...earlier, ...value } : value;
	}
	return merged;
}

/** What a write is on the wire. */
export function inputOf<Source>(
	write: ParticipantWrite<Source>,
	hasDetails: boolean,
): ParticipantInput {
	const { id, accountId, details } = write;
	// No spread: V8 puts some 650 bytes for each into the part of its memory that it seldom clears.
	const input: ParticipantInput = Object.assign({}, hasDetails ? details : undefined, {
		id,
		accountId,
	});
	const operations = toOperations(write.change);
	if (operations.length > 0) input.segments = operations;
	return input;
}

/**
 * What an answered write led to. Of a merged one, only the parts that the answer contradicts fail.
 * @param participant as it is now
 * @param before the segments it had before, when it was read
 * @param areSegmentsKnown whether the segments have been looked up, so that none is missing
 */
export function answered<Source>(
	write: ParticipantWrite<Source>,
	participant: Participant,
	before: string[] | undefined,
	areSegmentsKnown: boolean,
): Array<EndedWrite<Source>> {
	const { segments, record } = participant;
	const { verify } = write.policy;
	const isChecked = verify && segments !== undefined;
	const mismatch = isChecked ? findMismatch(write.change, segments) : undefined;
	if (segments !== undefined && mismatch !== undefined) {
		return (write.parts ?? [write]).map((part) => {
			const own = shareOf(part.change, mismatch);
			return {
				write: part,
				result:
					own === undefined
						? succeeded(participant, before)
						: unmet(mismatchError(part, segments, own, areSegmentsKnown), segments, before),
			};
		});
	}
	const lost = isChecked && record !== undefined ? detailsNotStored(write.details, record) : [];
	const result =
		segments === undefined || lost.length === 0
			? succeeded(participant, before)
			: unmet(detailsError(write, lost), segments, before);
	return [{ write, result }];
}

/**
 * A write whose participant is like this now.
 * @param participant without segments when the API does not tell them
 */
export function succeeded({ segments, record }: Participant, before?: string[]): Succeeded {
	const answer = record === undefined ? { segments } : { segments, record };
	if (before === undefined || segments === undefined) {
		return { status: 'succeeded', ...answer, before };
	}
	const difference = membershipDifference(before, segments);
	return { status: 'succeeded', ...answer, before, difference };
}

function unmet(error: AdvocateError, segments: string[], before?: string[]): WriteResult {
	if (before === undefined) return { status: 'rejected', error };
	return { status: 'rejected', error, applied: { before, segments } };
}

function detailsError({ id }: ParticipantId, lost: readonly string[]): AdvocateError {
	return new AdvocateError(
		`The API accepted participant '${id}' without storing all of it: ${lost.join(', ')}`,
		{
			kind: 'mismatch',
			hint: 'The rest is stored. A referral code may not exist, or not count for somebody who has a referrer. Look at the participant in Advocate',
			bySetting: "If this is expected, turn off 'Verify Result'",
		},
	);
}

/** What of a mismatch one of the merged changes asked for; nothing when it is not its doing. */
export function shareOf(change: SegmentChange, mismatch: Mismatch): Mismatch | undefined {
	const missing = mismatch.missing.filter(finder(change.add));
	const unexpected = change.clear
		? mismatch.unexpected
		: mismatch.unexpected.filter(finder(change.remove));
	return missing.length === 0 && unexpected.length === 0 ? undefined : { missing, unexpected };
}

function mismatchError(
	participant: ParticipantId,
	segments: readonly string[],
	mismatch: Mismatch,
	areSegmentsKnown: boolean,
): AdvocateError {
	const parts = [
		...(mismatch.missing.length > 0 ? [`${listed(mismatch.missing)} was not added`] : []),
		...(mismatch.unexpected.length > 0 ? [`${listed(mismatch.unexpected)} was not removed`] : []),
	];
	const actual = segments.length === 0 ? 'no segment' : listed(segments);
	return new AdvocateError(
		`The API accepted the change of participant '${participant.id}' without applying all of it: ${parts.join(', ')}. The participant now has ${actual}`,
		{
			kind: 'mismatch',
			hint: mismatchHint(mismatch, areSegmentsKnown),
			bySetting: "If this is expected, turn off 'Verify Result'",
		},
	);
}

/** To create missing segments is no way out: where they could be looked up, none is missing; else none is created. */
function mismatchHint({ missing, unexpected }: Mismatch, areSegmentsKnown: boolean): string {
	const archived = 'A segment may have been archived meanwhile. ';
	const unknown =
		'A segment may not exist, or be archived: the segments could not be looked up. Check the keys (upper and lower case count). ';
	const notAdded = areSegmentsKnown ? archived : unknown;
	const notRemoved =
		'Something else may have added the participant again, such as another workflow. ';
	return `${missing.length > 0 ? notAdded : ''}${unexpected.length > 0 ? notRemoved : ''}Look at the participant and the segments in Advocate`;
}

/** What becomes of a write with nothing but details, which are not for participants that exist. */
export const withoutDetails = (): WriteResult => ({
	status: 'skipped',
	reason: 'No segment is named, and the details of a participant who exists are left as they are',
});

/** What becomes of a write whose participant exists and may not be changed. */
export function withExisting<Source>({ id, policy }: ParticipantWrite<Source>): WriteResult {
	if (policy.ifExists === 'skip') {
		return { status: 'skipped', reason: 'The participant already exists' };
	}
	const error = new AdvocateError(`Participant '${id}' already exists`, {
		kind: 'missing',
		statusCode: 400,
		hint: "Nothing was changed. Set 'If Participant Exists' to update or skip it",
	});
	return { status: 'rejected', error };
}

/** What becomes of a write whose participant does not exist and may not be created. */
export function withoutParticipant<Source>(write: ParticipantWrite<Source>): WriteResult {
	if (write.policy.ifMissing === 'skip') {
		return { status: 'skipped', reason: 'The participant does not exist' };
	}
	const { message, hint, bySetting } = doesNotExist(write);
	const error = new AdvocateError(message, { kind: 'missing', statusCode: 404, hint, bySetting });
	return { status: 'rejected', error };
}

/** What it says of a participant who does not exist, where 'If Participant Does Not Exist' can be set. */
export const doesNotExist = ({ id, accountId }: ParticipantId) => ({
	message: `Participant '${id}' does not exist`,
	hint: `Check the participant ID (upper and lower case count)${accountId === id ? '' : ' and the account ID'}`,
	bySetting: "If the participant is new, set 'If Participant Does Not Exist' to create or skip it",
});
