/**
 * Sends one batch of writes, or a part of one, and says what came of it: which writes ended, and what has to be sent
 * again. It sends nothing again by itself.
 */
import type { AdvocateError } from '../../shared/advocate/client/error';
import {
	expectAdvocateError,
	isClosedWay,
	isFatal,
	isRetryable,
	isThrottle,
	isTrouble,
	isWorthSplitting,
} from '../../shared/advocate/client/error';
import type { PartLimits, Transport } from '../../shared/advocate/client/transport';
import {
	getParticipant,
	lookUpParticipants,
	readParticipant,
	untoldSegments,
} from '../../shared/advocate/participants';
import type { Participant } from '../../shared/advocate/participants';
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import {
	lacksBatchAddress,
	lacksBatchUpsert,
	needsGraphql,
	upsertParticipants,
	writeParticipant,
} from '../../shared/advocate/upserts';
import { applyChange, isNoChange, membershipDifference } from '../../shared/segments/change';
import type { BatchSize } from './batchSize';
import type { NotApplied, WriteMemory } from './memory';
import { isOwnFault, notApplied, unclearAnswer, alone, nothingYet } from './part';
import type { Part, PartOutcome } from './part';
import {
	answered,
	inputOf,
	isForNewOnly,
	isReadFirst,
	unchanged,
	withExisting,
	withoutDetails,
	withoutParticipant,
} from './write';
import type { EndedWrite, ParticipantWrite, WriteResult } from './write';

/** Tries at a batch before it is taken apart. */
const BATCH_ATTEMPTS = 3;

/** Whether the API took a write, if only to do something else than was asked. */
const isAccepted = <Source>({ result }: EndedWrite<Source>): boolean =>
	result.status !== 'rejected' || result.error.kind !== 'api';

export class BatchSender<Source> {
	/** Batches that failed as a whole and were sent again in parts. */
	batchesSplit = 0;

	/** Whether the tenant's API has a batched upsert. */
	takesBatches = true;

	/** Answers that named their participant in other capitals. */
	otherCase = 0;

	constructor(
		private readonly transport: Transport,
		private readonly segments: SegmentDirectory,
		private readonly sizer: BatchSize,
		private readonly memory: WriteMemory<Source>,
		/** See `WriteOptions.fields`. */
		private readonly fields?: string,
	) {}

	/** @throws what is not a failure of the API: a defect */
	async send(part: Part<Source>): Promise<PartOutcome<Source>> {
		const { writes, split, trouble } = part;
		// Retrying is mostly left to the splitting; only a batch of one is retried as it is.
		const limits =
			writes.length > 1
				? { hasParts: true, attempts: trouble === undefined ? BATCH_ATTEMPTS : 1 }
				: {};
		let outcome: PartOutcome<Source>;
		// What fails before leaves participants as they are.
		let wasSent = false;
		try {
			if (trouble !== undefined) await this.transport.waitToSendPart(trouble);
			await this.createSegments(writes);
			const settled = await this.readFirst(writes, limits);
			// They end first: it may be them who end the run.
			if (settled.size > 0) return this.withoutSettled(part, settled);
			wasSent = true;
			outcome = await this.write(writes, limits);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (wasSent) for (const write of writes) this.memory.failed(write, error);
			outcome = this.failed(writes, error);
		}
		if (split !== undefined) {
			this.sizer.partEnded(split, outcome.passed, outcome.ended.every(isAccepted));
		}
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
		limits: PartLimits,
	): Promise<Map<ParticipantWrite<Source>, WriteResult>> {
		const settled = new Map<ParticipantWrite<Source>, WriteResult>();
		const unread = writes.filter((write) => isReadFirst(write) && !this.memory.wasRead(write));
		if (unread.length === 0) return settled;
		const found = await this.lookUp(unread, limits);
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
			const before = participant === undefined ? [] : participant.segments;
			if (before === undefined && write.policy.readBefore) {
				settled.set(write, { status: 'rejected', error: untoldSegments(write) });
				return;
			}
			this.memory.read(write, before, participant === undefined);
			if (participant === undefined) return;
			if (isNoChange(write.change) && !this.memory.sendsDetails(write)) {
				this.memory.detailsLeft(write);
				settled.set(write, withoutDetails());
			} else if (before !== undefined && this.changesNothing(write, before)) {
				settled.set(write, unchanged(before));
			}
		});
		return settled;
	}

	/** Whether a write can be left out, as its policy asks for. */
	private changesNothing(write: ParticipantWrite<Source>, segments: readonly string[]): boolean {
		if (write.policy.skipUnchanged !== true) return false;
		if (write.details !== undefined && this.memory.sendsDetails(write)) return false;
		const { added, removed } = membershipDifference(segments, applyChange(segments, write.change));
		return added.length + removed.length === 0;
	}

	private readonly inputOf = (write: ParticipantWrite<Source>) =>
		inputOf(write, this.memory.sendsDetails(write));

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
		limits: PartLimits,
	): Promise<Array<Participant | undefined>> {
		// Whoever asks for fields needs GraphQL anyway.
		if (writes.length > 1 || this.fields !== undefined) {
			return await lookUpParticipants(this.transport, writes, limits);
		}
		const record = await getParticipant(this.transport, writes[0]);
		return [record === undefined ? undefined : readParticipant(record)];
	}

	private async write(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		limits: PartLimits,
	): Promise<PartOutcome<Source>> {
		if (writes.length === 1) return await this.writeOne(writes[0]);
		// Another request may have found this out meanwhile.
		if (!this.takesBatches || this.sizer.current === 1) {
			return { ...nothingYet(), again: writes.map(alone) };
		}
		return await this.writeTogether(writes, limits);
	}

	private async writeOne(write: ParticipantWrite<Source>): Promise<PartOutcome<Source>> {
		const outcome: PartOutcome<Source> = nothingYet();
		try {
			const input = this.inputOf(write);
			const participant = await writeParticipant(this.transport, input, this.fields);
			outcome.passed = true;
			await this.conclude([{ write, participant }], outcome);
			this.sizer.passed(1);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			this.memory.failed(write, error);
			this.reject(write, error, outcome);
			outcome.passed = error.kind === 'api' && !isRetryable(error);
		}
		return outcome;
	}

	private async writeTogether(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		limits: PartLimits,
	): Promise<PartOutcome<Source>> {
		let answers;
		try {
			const { fields } = this;
			answers = await upsertParticipants(this.transport, writes, this.inputOf, {
				...limits,
				fields,
			});
		} catch (caught) {
			const error = expectAdvocateError(caught);
			const single = isClosedWay(error) ? await this.writeOverRest(writes) : undefined;
			if (single !== undefined) return single;
			if (!lacksBatchUpsert(error) && (this.sizer.hasPassed || !lacksBatchAddress(error))) {
				throw error;
			}
			this.takesBatches = false;
			// An attempt before that may have come to somebody who knows it.
			if (error.mayBeApplied) for (const write of writes) this.memory.failed(write, error);
			return { ...nothingYet(), putBack: writes };
		}
		this.sizer.passed(writes.length);
		const outcome: PartOutcome<Source> = { ...nothingYet(), passed: true };
		const done: Array<Answered<Source>> = [];
		for (const [index, write] of writes.entries()) {
			const answer = answers[index];
			if (answer.outcome === 'done') {
				done.push({ write, participant: answer.participant });
				if (answer.otherCase) this.otherCase++;
			} else if (answer.outcome === 'rejected' && !isRetryable(answer.error)) {
				this.reject(write, answer.error, outcome);
			} else {
				// Which participant the answer belongs to can't be told, or its rejection may pass.
				if (answer.outcome === 'rejected') this.memory.failed(write, answer.error);
				else if (answer.mayBeApplied) this.memory.doubt(write, unclearAnswer());
				if (answer.outcome === 'rejected' && isThrottle(answer.error)) {
					this.transport.pacing.throttledInside();
				}
				outcome.again.push(alone(write));
			}
		}
		await this.conclude(done, outcome);
		return outcome;
	}

	/** The API has taken writes. Where it does not tell the segments that they led to, they are looked up. */
	private async conclude(
		done: ReadonlyArray<Answered<Source>>,
		outcome: PartOutcome<Source>,
	): Promise<void> {
		const open: Array<Answered<Source>> = [];
		for (const { write, participant } of done) {
			const isOpen = participant.segments === undefined && write.policy.verify;
			if (isOpen) open.push({ write, participant });
			else this.confirm(write, participant, outcome);
		}
		if (open.length === 0) return;
		let found: Array<Participant | undefined> = [];
		let failure: AdvocateError | undefined;
		try {
			const writes = open.map(({ write }) => write);
			found = await this.lookUp(writes, {});
		} catch (caught) {
			failure = expectAdvocateError(caught);
			if (isFatal(failure)) outcome.fatal ??= failure;
		}
		for (const [index, { write, participant }] of open.entries()) {
			const segments = found[index]?.segments;
			if (segments !== undefined) {
				this.confirm(write, { ...participant, segments }, outcome);
				continue;
			}
			const error = failure ?? untoldSegments(write);
			this.memory.doubt(write, error);
			this.close(write, { status: 'rejected', error }, outcome);
		}
	}

	/** @param participant without segments when they are not told, and need not be */
	private confirm(
		write: ParticipantWrite<Source>,
		participant: Participant,
		outcome: PartOutcome<Source>,
	): void {
		const isWithoutDetails = !this.memory.sendsDetails(write);
		const wasMissing = this.memory.wasMissing(write);
		this.memory.done(write);
		const before = this.memory.before(write);
		const areSegmentsKnown = this.segments.unreadable === undefined;
		for (const ended of answered(write, participant, before, areSegmentsKnown)) {
			if (ended.result.status === 'succeeded') {
				if (isWithoutDetails) ended.result.isWithoutDetails = true;
				if (wasMissing) ended.result.wasMissing = true;
			}
			outcome.ended.push(ended);
		}
	}

	/**
	 * GraphQL is closed: one participant finds out whether REST is open, which takes no batches.
	 * @returns nothing when it is closed as well
	 */
	private async writeOverRest(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
	): Promise<PartOutcome<Source> | undefined> {
		// Only GraphQL answers the fields that are asked for.
		if (this.fields !== undefined) return undefined;
		const { closedWays } = this.transport;
		const first = writes.find((write) => !needsGraphql(this.inputOf(write)));
		if (first === undefined || closedWays.has('REST')) return undefined;
		closedWays.add('GraphQL');
		const outcome = await this.writeOne(first);
		if (outcome.fatal !== undefined) {
			closedWays.delete('GraphQL');
			return undefined;
		}
		this.takesBatches = false;
		const others = writes.filter((write) => write !== first).map(alone);
		return { ...outcome, again: [...outcome.again, ...others] };
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
		const { isDown } = this.transport.pacing;
		const split = this.sizer.split(writes.length, isOwnFault(error), isDown);
		const trouble = isTrouble(error) ? error : undefined;
		let start = 0;
		for (let size = split.first; start < writes.length; size = split.partSize) {
			outcome.again.push({ writes: writes.slice(start, start + size), split, trouble });
			start += size;
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
				this.memory.inherit(part, write);
				outcome.again.push(alone(part));
			}
			return;
		}
		this.close(write, notApplied(error), outcome);
	}

	/** A write is over that was not confirmed. */
	private close(
		write: ParticipantWrite<Source>,
		otherwise: NotApplied,
		outcome: PartOutcome<Source>,
	): void {
		const doubt = this.memory.doubtOf(write, otherwise);
		if (doubt === undefined) outcome.ended.push({ write, result: otherwise });
		else outcome.doubtful.push(doubt);
	}
}

/** A write that the API has taken, and what it answered. */
interface Answered<Source> {
	write: ParticipantWrite<Source>;
	participant: Participant;
}
