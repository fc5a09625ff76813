/**
 * Sends one batch of writes, or a part of one, and says what came of it: which writes ended, and what has to be sent
 * again. It sends nothing again by itself.
 */
import {
	expectAdvocateError,
	isFatal,
	isRetryable,
	isThrottle,
	isTrouble,
	isWorthSplitting,
	mayHaveBeenApplied,
} from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import type { Transport } from '../../shared/advocate/client/transport';
import {
	getParticipant,
	lookUpParticipants,
	participantKey,
} from '../../shared/advocate/participants';
import type { Participant } from '../../shared/advocate/participants';
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import {
	lacksBatchAddress,
	lacksBatchUpsert,
	upsertParticipants,
	writeParticipant,
} from '../../shared/advocate/upserts';
import { applyChange, isNoChange } from '../../shared/segments/change';
import type { BatchSize, Split } from './batchSize';
import {
	answered,
	countOf,
	inputOf,
	withExisting,
	withoutDetails,
	withoutParticipant,
} from './write';
import type { EndedWrite, ParticipantWrite, WriteResult } from './write';

/** A set of participants, by key; it may be one that needs little memory. */
export interface ParticipantSet {
	add(key: string): unknown;
	has(key: string): boolean;
}

/** What goes into one request: a whole batch, or a part of one. */
export interface Part<Source> {
	writes: ReadonlyArray<ParticipantWrite<Source>>;
	/** What it is a part of, when that was sent as a whole before. */
	split?: Split;
	/** Why that failed, when the reason may have been trouble of the API. */
	trouble?: AdvocateError;
}

/** What sending a part led to. Every write of the part, or all that were merged into it, is in exactly one list. */
export interface PartOutcome<Source> {
	ended: Array<EndedWrite<Source>>;
	/** What is left, in the order in which it has to be sent. */
	again: Array<Part<Source>>;
	/** What belongs back into the queue, since the API turned out not to take batches. */
	putBack: ReadonlyArray<ParticipantWrite<Source>>;
	/** A failure that no later request can survive. */
	fatal?: AdvocateError;
	/** Whether the request went through, whatever became of the participants in it. */
	passed: boolean;
	/** Milliseconds that it took, if it did. */
	roundTripMs?: number;
}

const nothingYet = <Source>(): PartOutcome<Source> => ({
	ended: [],
	again: [],
	putBack: [],
	passed: false,
});

/** A failure that ends the run, as the reason why other writes were not sent. */
export const reasonToStop = ({ kind, message }: AdvocateError): string =>
	kind === 'cancelled' ? message : `The run was stopped: ${message}`;

export class BatchSender<Source> {
	/** Batches that failed as a whole and were sent again in parts. */
	batchesSplit = 0;

	/** Whether the tenant's API has a batched upsert. */
	takesBatches = true;

	/** Writes whose details were not sent, since their participant exists. */
	detailsKept = 0;

	private createdCount = 0;

	/** Whether a write that may create its participant was sent without looking first. */
	private isCreationUnknown = false;

	/** Writes whose participant was missing before the first attempt; the parts of a merged one share the entry. */
	private readonly missing = new WeakMap<ParticipantWrite<Source>, { isCounted: boolean }>();

	/** Segments from before the first attempt at a write, so that a second one does not take the first for the past. */
	private readonly firstRead = new WeakMap<ParticipantWrite<Source>, string[]>();

	/** Writes of which an attempt failed without telling whether it was applied. */
	private readonly inDoubt = new WeakSet<ParticipantWrite<Source>>();

	constructor(
		private readonly transport: Transport,
		private readonly segments: SegmentDirectory,
		private readonly sizer: BatchSize,
		/** Participants that this run creates, as far as their details depend on it. */
		private readonly created: ParticipantSet,
		/** See `WriteOptions.fields`. */
		private readonly fields?: string,
	) {}

	/** Participants that were created; nothing when that is not known of all. */
	get participantsCreated(): number | undefined {
		return this.isCreationUnknown ? undefined : this.createdCount;
	}

	/** @throws what is not a failure of the API: a defect */
	async send(part: Part<Source>): Promise<PartOutcome<Source>> {
		const { writes, split, trouble } = part;
		// Retrying is left to the splitting; only a batch of one is retried as it is.
		const attempts = trouble !== undefined && writes.length > 1 ? 1 : undefined;
		let outcome: PartOutcome<Source>;
		try {
			if (trouble !== undefined) await this.transport.waitToSendPart(trouble);
			const startedAt = this.transport.now();
			await this.createSegments(writes);
			const settled = await this.readFirst(writes, attempts);
			// They end first: it may be them who end the run.
			if (settled.size > 0) return this.withoutSettled(part, settled);
			outcome = await this.write(writes, attempts);
			if (outcome.passed) outcome.roundTripMs = this.transport.now() - startedAt;
		} catch (caught) {
			outcome = this.failed(writes, expectAdvocateError(caught));
		}
		if (split !== undefined) this.sizer.partEnded(split, outcome.passed);
		return outcome;
	}

	private async createSegments(writes: ReadonlyArray<ParticipantWrite<Source>>): Promise<void> {
		const wanted = writes
			.filter((write) => write.policy.createMissingSegments)
			.flatMap((write) => write.change.add);
		// One after the other: together they would be more requests at once than the user allows.
		for (const key of new Set(wanted)) await this.segments.ensure(key);
	}

	/**
	 * Read the participants whose state before has to be known.
	 * @returns the writes that end here: their participants don't exist and may not be created, or exist and are not to
	 * be changed
	 */
	private async readFirst(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		attempts?: number,
	): Promise<Map<ParticipantWrite<Source>, WriteResult>> {
		const settled = new Map<ParticipantWrite<Source>, WriteResult>();
		const unread = writes.filter((write) => isReadFirst(write) && !this.firstRead.has(write));
		if (unread.length === 0) return settled;
		const found = await this.lookUp(unread, attempts);
		unread.forEach((write, index) => {
			const participant = found[index];
			if (participant === undefined && write.policy.ifMissing !== 'create') {
				settled.set(write, withoutParticipant(write));
				return;
			}
			if (participant !== undefined && isForNewOnly(write)) {
				settled.set(write, withExisting(write));
				return;
			}
			this.firstRead.set(write, participant?.segments ?? []);
			if (participant === undefined) this.noteMissing(write);
			else if (isNoChange(write.change) && !this.sendsDetails(write)) {
				this.detailsKept += countOf(write);
				settled.set(write, withoutDetails());
			}
		});
		return settled;
	}

	private noteMissing(write: ParticipantWrite<Source>): void {
		this.missing.set(write, { isCounted: false });
		if (write.policy.detailsFor === 'new') this.created.add(participantKey(write));
	}

	/** Whether the details of a write are sent. Of a participant that this run creates, those of all its writes are. */
	private sendsDetails(write: ParticipantWrite<Source>): boolean {
		if (write.policy.detailsFor !== 'new' || write.details === undefined) return true;
		return this.missing.has(write) || this.created.has(participantKey(write));
	}

	private readonly inputOf = (write: ParticipantWrite<Source>) =>
		inputOf(write, this.sendsDetails(write));

	/** The API has taken a write. */
	private noteDone(write: ParticipantWrite<Source>): void {
		if (!this.sendsDetails(write)) this.detailsKept += countOf(write);
		const missing = this.missing.get(write);
		if (missing !== undefined && !missing.isCounted) {
			missing.isCounted = true;
			this.createdCount++;
		}
		if (!this.firstRead.has(write)) this.isCreationUnknown = true;
	}

	/** Writes that need nothing more end; the others go on as the part that they were in. */
	private withoutSettled(
		part: Part<Source>,
		settled: ReadonlyMap<ParticipantWrite<Source>, WriteResult>,
	): PartOutcome<Source> {
		const ended = [...settled].map(([write, result]) => ({ write, result }));
		const writes = part.writes.filter((write) => !settled.has(write));
		if (writes.length > 0) return { ...nothingYet(), ended, again: [{ ...part, writes }] };
		if (part.split !== undefined) this.sizer.partEnded(part.split, true);
		return { ...nothingYet(), ended };
	}

	private async lookUp(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		attempts?: number,
	): Promise<Array<Participant | undefined>> {
		// Whoever asks for fields needs GraphQL anyway.
		if (writes.length > 1 || this.fields !== undefined) {
			return await lookUpParticipants(this.transport, writes, attempts);
		}
		const record = await getParticipant(this.transport, writes[0]);
		if (record === undefined) return [undefined];
		const segments = Array.isArray(record.segments) ? (record.segments as string[]) : [];
		return [{ accountId: record.accountId, id: record.id, segments }];
	}

	private async write(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		attempts?: number,
	): Promise<PartOutcome<Source>> {
		if (writes.length === 1) return await this.writeOne(writes[0]);
		// Another request may have found this out meanwhile.
		if (!this.takesBatches) return { ...nothingYet(), again: writes.map(alone) };
		return await this.writeTogether(writes, attempts);
	}

	private async writeOne(write: ParticipantWrite<Source>): Promise<PartOutcome<Source>> {
		const outcome: PartOutcome<Source> = nothingYet();
		try {
			const input = this.inputOf(write);
			const participant = await writeParticipant(this.transport, input, this.fields);
			this.noteDone(write);
			outcome.ended = answered(write, participant, this.firstRead.get(write));
			outcome.passed = true;
		} catch (caught) {
			const error = expectAdvocateError(caught);
			this.reject(write, error, outcome);
			outcome.passed = error.kind === 'api' && !isRetryable(error);
		}
		return outcome;
	}

	private async writeTogether(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		attempts?: number,
	): Promise<PartOutcome<Source>> {
		let answers;
		try {
			const { fields } = this;
			answers = await upsertParticipants(this.transport, writes, this.inputOf, {
				attempts,
				fields,
			});
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!lacksBatchUpsert(error) && (this.sizer.hasPassed || !lacksBatchAddress(error))) {
				throw error;
			}
			this.takesBatches = false;
			return { ...nothingYet(), putBack: writes };
		}
		this.sizer.passed(writes.length);
		const outcome: PartOutcome<Source> = { ...nothingYet(), passed: true };
		for (const [index, write] of writes.entries()) {
			const answer = answers[index];
			if (answer.outcome === 'done') {
				this.noteDone(write);
				for (const ended of answered(write, answer.participant, this.firstRead.get(write))) {
					outcome.ended.push(ended);
				}
			} else if (answer.outcome === 'rejected' && !isRetryable(answer.error)) {
				this.reject(write, answer.error, outcome);
			} else {
				// Which participant the answer belongs to can't be told, or its rejection may pass.
				this.inDoubt.add(write);
				if (answer.outcome === 'rejected' && isThrottle(answer.error)) this.transport.slowDown();
				outcome.again.push(alone(write));
			}
		}
		return outcome;
	}

	/** A request failed as a whole: it is sent in parts to find the cause, or what was in it fails. */
	private failed(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		error: AdvocateError,
	): PartOutcome<Source> {
		const outcome: PartOutcome<Source> = nothingYet();
		if (writes.length === 1 || !isWorthSplitting(error)) {
			for (const write of writes) this.reject(write, error, outcome);
			return outcome;
		}
		this.batchesSplit++;
		if (mayHaveBeenApplied(error)) for (const write of writes) this.inDoubt.add(write);
		const split = this.sizer.split(writes.length, isOwnFault(error));
		const trouble = isTrouble(error) ? error : undefined;
		for (let start = 0; start < writes.length; start += split.partSize) {
			outcome.again.push({ writes: writes.slice(start, start + split.partSize), split, trouble });
		}
		return outcome;
	}

	/** A write failed. A merged one is taken apart, so that one bad row does not take others with it. */
	private reject(
		write: ParticipantWrite<Source>,
		error: AdvocateError,
		outcome: PartOutcome<Source>,
	): void {
		if (isFatal(error)) outcome.fatal ??= error;
		else if (write.parts !== undefined && error.kind === 'api') {
			for (const part of write.parts) {
				this.inherit(part, write, error);
				outcome.again.push(alone(part));
			}
			return;
		}
		outcome.ended.push({ write, result: this.failureOf(write, error) });
	}

	private failureOf(write: ParticipantWrite<Source>, error: AdvocateError): WriteResult {
		if (error.kind === 'cancelled') {
			const reason = 'The execution was stopped before the API confirmed this change';
			return { status: 'notSent', reason };
		}
		const isInDoubt = this.inDoubt.has(write) || mayHaveBeenApplied(error);
		if (error.neverSent && !isInDoubt) return { status: 'notSent', reason: reasonToStop(error) };
		const before = this.firstRead.get(write);
		if (!isInDoubt || before === undefined) return { status: 'rejected', error };
		// What it may have left behind.
		const applied = { before, segments: applyChange(before, write.change) };
		return { status: 'rejected', error, applied };
	}

	/** A part of a merged write: what it found before, and whether it left something, is that of the whole. */
	private inherit(
		part: ParticipantWrite<Source>,
		whole: ParticipantWrite<Source>,
		error: AdvocateError,
	): void {
		const before = this.firstRead.get(whole);
		if (before !== undefined) this.firstRead.set(part, before);
		const missing = this.missing.get(whole);
		if (missing !== undefined) this.missing.set(part, missing);
		if (this.inDoubt.has(whole) || mayHaveBeenApplied(error)) this.inDoubt.add(part);
	}
}

const alone = <Source>(write: ParticipantWrite<Source>): Part<Source> => ({ writes: [write] });

const isForNewOnly = <Source>({ policy }: ParticipantWrite<Source>): boolean =>
	policy.ifExists === 'skip' || policy.ifExists === 'error';

const isReadFirst = <Source>(write: ParticipantWrite<Source>): boolean => {
	const { readBefore, ifMissing, detailsFor } = write.policy;
	return readBefore || ifMissing !== 'create' || detailsFor === 'new' || isForNewOnly(write);
};

/** Words with which a GraphQL error without a status says that a batch is too large. */
const TOO_LARGE_TEXT =
	/\b(too (many|large|big|long)|at most|max(imum)?|limit(ed)?|exceed(s|ed|ing)?)\b/i;

/** Whether a batch failed for what is in it: not for anything that may have passed since. */
const isOwnFault = (error: AdvocateError): boolean =>
	!isTrouble(error) && (error.statusCode !== undefined || TOO_LARGE_TEXT.test(error.message));
