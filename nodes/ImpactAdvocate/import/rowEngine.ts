/**
 * Sends many participant changes: in batches, several at a time, in order per participant. Knows neither files nor
 * n8n items: each write carries its caller's sources, and every write gets exactly one result.
 */
import {
	AdvocateError,
	expectAdvocateError,
	isFatal,
	isRetryable,
	isThrottle,
	mayHaveBeenApplied,
} from '../advocate/errors';
import { isRecord } from '../advocate/json';
import { SegmentCreator } from '../advocate/segments';
import type { Transport } from '../advocate/transport';
import {
	getParticipant,
	lacksBatchAddress,
	lacksBatchUpsert,
	lookUpParticipants,
	participantKey,
	putParticipant,
	upsertParticipant,
	upsertParticipants,
} from '../advocate/users';
import type { Participant, ParticipantId, ParticipantInput } from '../advocate/users';
import {
	applyChange,
	composeChanges,
	findMismatch,
	membershipDifference,
	toOperations,
} from '../segments/change';
import type { SegmentChange } from '../segments/change';
import { BatchSize } from './batchSize';
import type { Split } from './batchSize';
import { GRAPHQL_ONLY_FIELDS } from './columns';

export type IfParticipantMissing = 'create' | 'skip' | 'error';

/** How one write is carried out. Writes of one run may differ, since n8n parameters may differ by item. */
export interface WritePolicy {
	ifMissing: IfParticipantMissing;
	/** Read the participant before writing, to know what changed. */
	readBefore: boolean;
	/** Compare the answer's segments with what was asked. */
	verify: boolean;
	createMissingSegments: boolean;
}

/** One change of one participant. */
export interface ParticipantWrite<Source> extends ParticipantId {
	/** Where it comes from: one item or file row, or several when writes of one participant were merged. */
	sources: Source[];
	change: SegmentChange;
	/** Fields of the API's user input besides segments. */
	details?: Record<string, unknown>;
	policy: WritePolicy;
	/** The writes that were merged into this one, in order. */
	parts?: Array<ParticipantWrite<Source>>;
}

export type WriteResult =
	| {
			status: 'succeeded';
			/** The participant's segments as the API answered them. */
			segments: string[];
			/** What changed; only known when the participant was read before. */
			difference?: { added: string[]; removed: string[] };
			/** The segments before; only known when the participant was read before. */
			before?: string[];
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
	| { status: 'notSent'; reason: string };

export interface RowEngineOptions {
	/** Most requests in flight at once. */
	concurrency: number;
	/** Most participants per request. */
	batchSize: number;
	/** Send several waiting changes of one participant, with one policy, as one. The end state is the same as one after the other. */
	mergeRepeats: boolean;
	/**
	 * Asked again and again during the run; a text ends it. What has not been sent yet is then reported as not sent,
	 * with this text as the reason.
	 */
	stopReason?: () => string | undefined;
}

export interface RowEngineStatistics {
	/** Most requests in flight at once. */
	peakInFlight: number;
	/** Average number of requests in flight over the whole run. */
	averageInFlight: number;
	/** Batches that were refused as a whole, or kept failing, and were sent again in parts. */
	splitBatches: number;
	/** Most participants per request in the end; fewer than allowed when the API did not take as many. */
	batchSize: number;
	/** Why the run ended before everything was sent. */
	stopReason?: string;
	/** The failure that ended the run, when it was one that no later request could have survived. */
	fatalError?: AdvocateError;
	/** Keys of the segments created on the way. */
	createdSegments: string[];
	/** Whether the tenant's API has no batched upsert, so that single requests were sent instead. */
	batchUnavailable: boolean;
}

/**
 * Send all writes of a source.
 * @param source chunks of writes; read only as fast as the network takes them
 * @param onResult gets each write with its result, in the order in which they end
 */
export async function runWrites<Source>(
	transport: Transport,
	source: AsyncIterable<Array<ParticipantWrite<Source>>>,
	options: RowEngineOptions,
	onResult: (write: ParticipantWrite<Source>, result: WriteResult) => void,
): Promise<RowEngineStatistics> {
	return await new RowEngine(transport, options, onResult).run(source);
}

/** Writes held in memory, as a multiple of what can be in flight. */
const LOOKAHEAD_FACTOR = 2;

/** Requests in flight at the start; each success allows one more until the first sign of trouble. */
const INITIAL_IN_FLIGHT = 2;

/**
 * Requests leave at least this share of an even spacing apart, and never have to be further apart than so many
 * milliseconds. It takes about that long to work on an answer and to send the next request: requests that left together
 * would be answered together and wait for each other at every turn. A whole even spacing would cost more than it
 * brings, since answers don't come after exactly the same time.
 */
const SPACING_SHARE = 0.6;
const LARGEST_SPACING_MS = 5;

/** As many requests may make up for a late timer. */
const SPACING_CREDIT = 1;

/** Weight of the latest round trip in the average. */
const ROUND_TRIP_WEIGHT = 0.125;

/** Refusals this close together count as one when the pace is lowered. */
const SAME_MOMENT_MS = 250;

/** A batch, or a part of one that was refused as a whole. */
interface Piece<Source> {
	writes: ReadonlyArray<ParticipantWrite<Source>>;
	/** What the part belongs to. */
	split?: Split;
	/** Why the whole failed, when that need not have been its own fault. */
	trouble?: AdvocateError;
}

class RowEngine<Source> {
	/** Writes not sent yet, per participant, in order. */
	private readonly waiting = new Map<string, Array<ParticipantWrite<Source>>>();

	/** Participants with waiting writes and none in flight, in order of arrival. */
	private ready: string[] = [];

	/** How far `ready` has been consumed; an index is cheaper than shifting a long array. */
	private readyStart = 0;

	private readonly busy = new Set<string>();

	/** Merged writes count one by one: each keeps its source in memory. */
	private waitingCount = 0;

	private inFlight = 0;

	private wake: () => void = () => {};

	/** Whether the next chunk of the source is on its way, and whether there is none left. */
	private isReading = false;

	private isSourceRead = false;

	private crash: unknown;

	private allowedInFlight: number;

	/** Below this, the allowance doubles per round trip; above, it grows by one. Set by the first throttling. */
	private slowStartEnd = Infinity;

	private successesSinceGrowth = 0;

	/** Average time that a batch takes, in milliseconds. */
	private roundTripMs = 0;

	/** No request leaves before this moment, see `SPACING_SHARE`. */
	private nextSendAt = 0;

	private isSendTimerSet = false;

	/** Segments from before the first attempt at a write, so that a second one does not take the first for the past. */
	private readonly firstRead = new WeakMap<ParticipantWrite<Source>, string[]>();

	/** Writes of which an attempt failed without telling whether it was applied. */
	private readonly inDoubt = new WeakSet<ParticipantWrite<Source>>();

	private readonly statistics: RowEngineStatistics = {
		peakInFlight: 0,
		averageInFlight: 0,
		splitBatches: 0,
		batchSize: 0,
		createdSegments: [],
		batchUnavailable: false,
	};

	private readonly segmentCreator: SegmentCreator;

	private readonly sizer: BatchSize;

	private lastSlowDownAt = -Infinity;

	private inFlightIntegral = 0;

	private readonly startedAt: number;

	private lastChangeAt: number;

	constructor(
		private readonly transport: Transport,
		private readonly options: RowEngineOptions,
		private readonly onResult: (write: ParticipantWrite<Source>, result: WriteResult) => void,
	) {
		this.allowedInFlight = Math.min(INITIAL_IN_FLIGHT, options.concurrency);
		this.segmentCreator = new SegmentCreator(transport);
		this.sizer = new BatchSize(options.batchSize);
		this.startedAt = transport.now();
		this.lastChangeAt = this.startedAt;
	}

	async run(source: AsyncIterable<Array<ParticipantWrite<Source>>>): Promise<RowEngineStatistics> {
		this.transport.onThrottle = () => this.slowDown();
		const chunks = source[Symbol.asyncIterator]();
		try {
			for (;;) {
				if (this.crash !== undefined) throw this.crash;
				if (this.transport.cancelled()) this.stop('The execution was stopped');
				this.stopIfAsked();
				if (this.statistics.stopReason !== undefined) this.abandonWaiting();

				while (this.canSend() && this.isTimeToSend()) this.sendNextBatch();

				// Beside the network: answers are worked on while the file is read.
				if (this.wantsMore()) this.readChunk(chunks);
				if (this.isReading || this.inFlight > 0 || this.isSendTimerSet) await this.nextWake();
				else if (this.isSourceRead && this.waitingCount === 0) break;
			}
		} finally {
			// On a failure of the source: what is in flight still gets its result before the error leaves.
			while (this.isReading || this.inFlight > 0) await this.nextWake();
			this.transport.onThrottle = undefined;
			// Lets a file be closed that was not read to its end.
			await chunks.return?.();
		}
		return this.finishedStatistics();
	}

	private finishedStatistics(): RowEngineStatistics {
		this.trackInFlight(0);
		const elapsed = this.transport.now() - this.startedAt;
		return {
			...this.statistics,
			batchSize: this.sizer.current,
			createdSegments: this.segmentCreator.created,
			averageInFlight: elapsed === 0 ? 0 : this.inFlightIntegral / elapsed,
		};
	}

	// --- queue -------------------------------------------------------------------------------------------------

	private enqueue(writes: ReadonlyArray<ParticipantWrite<Source>>): void {
		for (const write of writes) {
			if (this.statistics.stopReason !== undefined) {
				this.settle(write, { status: 'notSent', reason: this.statistics.stopReason });
				continue;
			}
			const key = participantKey(write);
			const queue = this.waiting.get(key);
			if (queue === undefined) {
				this.waiting.set(key, [write]);
				if (!this.busy.has(key)) this.ready.push(key);
			} else if (this.options.mergeRepeats && canMerge(queue[queue.length - 1], write)) {
				queue[queue.length - 1] = mergeWrites(queue[queue.length - 1], write);
			} else {
				queue.push(write);
			}
			this.waitingCount++;
		}
	}

	private readChunk(chunks: AsyncIterator<Array<ParticipantWrite<Source>>>): void {
		this.isReading = true;
		chunks
			.next()
			.then((next) => {
				if (next.done === true) this.isSourceRead = true;
				else this.enqueue(next.value);
			})
			.catch((error: unknown) => {
				this.crash ??= error;
			})
			.finally(() => {
				this.isReading = false;
				this.wake();
			});
	}

	private get readyCount(): number {
		return this.ready.length - this.readyStart;
	}

	private get batchSize(): number {
		return this.statistics.batchUnavailable ? 1 : this.sizer.current;
	}

	private wantsMore(): boolean {
		if (this.isSourceRead || this.isReading) return false;
		if (this.statistics.stopReason !== undefined) return true;
		const inFlight = this.options.concurrency * this.options.batchSize;
		// Enough for all requests of one round trip, and no more than memory allows when few participants have many rows.
		const enough = Math.ceil(this.allowedInFlight / 2) * this.batchSize;
		return this.readyCount < enough && this.waitingCount < LOOKAHEAD_FACTOR * inFlight;
	}

	private canSend(): boolean {
		if (this.inFlight >= this.allowedInFlight || this.readyCount === 0) return false;
		if (this.readyCount >= this.batchSize || this.isSourceRead) return true;
		// A batch that can still fill up waits for the file, which is faster than any network.
		return !this.isReading && !this.wantsMore();
	}

	private sendNextBatch(): void {
		const batch: Array<ParticipantWrite<Source>> = [];
		while (batch.length < this.batchSize && this.readyCount > 0) {
			const key = this.ready[this.readyStart++];
			const queue = this.waiting.get(key);
			const write = queue?.shift();
			if (queue === undefined || write === undefined) continue;
			if (queue.length === 0) this.waiting.delete(key);
			this.busy.add(key);
			this.waitingCount -= countOf(write);
			batch.push(write);
		}
		if (this.readyStart > 1024 && this.readyStart * 2 > this.ready.length) {
			this.ready = this.ready.slice(this.readyStart);
			this.readyStart = 0;
		}
		if (batch.length === 0) return;
		this.nextSendAt =
			Math.max(this.nextSendAt, this.transport.now() - SPACING_CREDIT * this.spacingMs) +
			this.spacingMs;
		this.trackInFlight(1);
		this.send(batch)
			.catch((error: unknown) => {
				this.crash ??= error;
			})
			.finally(() => {
				this.trackInFlight(-1);
				for (const write of batch) {
					const key = participantKey(write);
					this.busy.delete(key);
					if (this.waiting.has(key)) this.ready.push(key);
				}
				this.wake();
			});
	}

	/** A batch ended, a chunk was read, or the time has come to send the next batch. */
	private async nextWake(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.wake = resolve;
		});
	}

	/** Put writes back to the front of their participants' queues. */
	private requeue(batch: ReadonlyArray<ParticipantWrite<Source>>): void {
		for (const write of batch) {
			const key = participantKey(write);
			this.waiting.set(key, [write, ...(this.waiting.get(key) ?? [])]);
			this.waitingCount += countOf(write);
		}
	}

	private abandonWaiting(): void {
		const reason = this.statistics.stopReason ?? '';
		const abandoned = [...this.waiting.values()].flat();
		this.waiting.clear();
		this.ready = [];
		this.readyStart = 0;
		this.waitingCount = 0;
		for (const write of abandoned) this.settle(write, { status: 'notSent', reason });
	}

	private stop(reason: string): void {
		this.statistics.stopReason ??= reason;
	}

	private stopIfAsked(): void {
		if (this.statistics.stopReason !== undefined) return;
		const reason = this.options.stopReason?.();
		if (reason !== undefined) this.stop(reason);
	}

	private settle(write: ParticipantWrite<Source>, result: WriteResult): void {
		this.onResult(write, result);
		this.stopIfAsked();
	}

	// --- pace --------------------------------------------------------------------------------------------------

	private trackInFlight(step: 1 | 0 | -1): void {
		const now = this.transport.now();
		this.inFlightIntegral += this.inFlight * (now - this.lastChangeAt);
		this.lastChangeAt = now;
		this.inFlight += step;
		this.statistics.peakInFlight = Math.max(this.statistics.peakInFlight, this.inFlight);
	}

	private slowDown(): void {
		// All requests of one moment are refused together; that is one sign of trouble, not many.
		const now = this.transport.now();
		if (now - this.lastSlowDownAt < SAME_MOMENT_MS) return;
		this.lastSlowDownAt = now;
		this.allowedInFlight = Math.max(1, Math.floor(this.allowedInFlight / 2));
		this.slowStartEnd = this.allowedInFlight;
		this.successesSinceGrowth = 0;
	}

	/** @param roundTripMs how long the batch that went well took */
	private speedUp(roundTripMs: number): void {
		this.roundTripMs +=
			(roundTripMs - this.roundTripMs) * (this.roundTripMs === 0 ? 1 : ROUND_TRIP_WEIGHT);
		if (this.allowedInFlight >= this.options.concurrency) return;
		this.successesSinceGrowth++;
		if (
			this.allowedInFlight < this.slowStartEnd ||
			this.successesSinceGrowth >= this.allowedInFlight
		) {
			this.successesSinceGrowth = 0;
			this.allowedInFlight++;
		}
	}

	/** Whether the next request may leave. When it is too early, a timer is set for the moment. */
	private isTimeToSend(): boolean {
		const left = this.nextSendAt - this.transport.now();
		if (left > 0 && !this.isSendTimerSet) {
			this.isSendTimerSet = true;
			void this.transport.sleep(left).then(() => {
				this.isSendTimerSet = false;
				this.wake();
			});
		}
		return left <= 0;
	}

	/** Milliseconds between two requests, so that they don't keep step. */
	private get spacingMs(): number {
		return Math.min(LARGEST_SPACING_MS, (SPACING_SHARE * this.roundTripMs) / this.allowedInFlight);
	}

	// --- one batch ---------------------------------------------------------------------------------------------

	private async send(batch: ReadonlyArray<ParticipantWrite<Source>>): Promise<void> {
		const pieces: Array<Piece<Source>> = [{ writes: batch }];
		// Grows meanwhile: parts are sent after all pieces of the size before. In trouble, the other half then tells soon
		// whether it is the whole API's or that of a few participants.
		for (const piece of pieces) {
			const passed = await this.sendPiece(piece, pieces);
			piece.split?.partEnded(passed);
		}
	}

	/**
	 * @param pieces where the parts go when it has to be sent in parts
	 * @returns whether it went through as a whole
	 */
	private async sendPiece(piece: Piece<Source>, pieces: Array<Piece<Source>>): Promise<boolean> {
		const { writes: batch, trouble } = piece;
		// The rest of a split batch, or of a merged write, after the run was stopped.
		if (this.leaveOutIfStopped(batch)) return false;
		// What fails again is sent in smaller parts; only for the last one there is nothing but another try.
		const attempts = trouble !== undefined && batch.length > 1 ? 1 : undefined;
		try {
			if (trouble !== undefined) await this.transport.backOff(trouble);
			const startedAt = this.transport.now();
			await this.createSegments(batch);
			const writes = await this.readBefore(batch, attempts);
			if (writes.length === 0) return true;
			if (writes.length === 1 || this.statistics.batchUnavailable) {
				for (const write of writes) await this.sendOne(write);
			} else if (!(await this.upsertAll(writes, attempts, pieces))) {
				return false;
			}
			this.speedUp(this.transport.now() - startedAt);
			return true;
		} catch (caught) {
			await this.handleRefusal(batch, expectAdvocateError(caught), pieces);
			return false;
		}
	}

	/** @returns whether the run was stopped; the writes are then reported as not sent */
	private leaveOutIfStopped(writes: ReadonlyArray<ParticipantWrite<Source>>): boolean {
		const reason = this.statistics.stopReason;
		if (reason === undefined) return false;
		for (const write of writes) this.settle(write, { status: 'notSent', reason });
		return true;
	}

	private async createSegments(batch: ReadonlyArray<ParticipantWrite<Source>>): Promise<void> {
		const wanted = batch
			.filter((write) => write.policy.createMissingSegments)
			.flatMap((write) => write.change.add);
		// One after the other: together they would be more requests at once than the user allows.
		for (const key of new Set(wanted)) await this.segmentCreator.ensure([key]);
	}

	/**
	 * Read the participants of a batch into `firstRead` when needed; those that may not be created are settled here.
	 * @returns the writes that are left
	 */
	private async readBefore(
		batch: ReadonlyArray<ParticipantWrite<Source>>,
		attempts?: number,
	): Promise<ReadonlyArray<ParticipantWrite<Source>>> {
		const unread = batch.filter(
			(write) =>
				(write.policy.readBefore || write.policy.ifMissing !== 'create') &&
				!this.firstRead.has(write),
		);
		if (unread.length === 0) return batch;

		const found = await this.lookUp(unread, attempts);
		const absent: Array<ParticipantWrite<Source>> = [];
		unread.forEach((write, index) => {
			const participant = found[index];
			if (participant === undefined && write.policy.ifMissing !== 'create') absent.push(write);
			else this.firstRead.set(write, participant?.segments ?? []);
		});
		for (const write of absent) {
			this.settle(
				write,
				write.policy.ifMissing === 'skip'
					? { status: 'skipped', reason: 'The participant does not exist' }
					: { status: 'rejected', error: missingParticipant(write) },
			);
		}
		return batch.filter((write) => !absent.includes(write));
	}

	private async lookUp(
		batch: ReadonlyArray<ParticipantWrite<Source>>,
		attempts?: number,
	): Promise<Array<Participant | undefined>> {
		if (batch.length > 1) return await lookUpParticipants(this.transport, batch, attempts);
		const record = await getParticipant(this.transport, batch[0]);
		if (record === undefined) return [undefined];
		const segments = Array.isArray(record.segments) ? (record.segments as string[]) : [];
		return [{ accountId: record.accountId, id: record.id, segments }];
	}

	private async sendOne(write: ParticipantWrite<Source>): Promise<void> {
		if (this.leaveOutIfStopped([write])) return;
		try {
			const input = inputOf(write);
			const upsertOne = needsGraphql(input) ? upsertParticipant : putParticipant;
			const participant = await upsertOne(this.transport, input);
			this.conclude(write, participant);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			await this.refuse(write, error);
		}
	}

	/** @returns whether it went through as a whole */
	private async upsertAll(
		writes: ReadonlyArray<ParticipantWrite<Source>>,
		attempts: number | undefined,
		pieces: Array<Piece<Source>>,
	): Promise<boolean> {
		let answers;
		try {
			answers = await upsertParticipants(this.transport, writes.map(inputOf), attempts);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (lacksBatchUpsert(error) || (!this.sizer.hasPassed && lacksBatchAddress(error))) {
				this.statistics.batchUnavailable = true;
				this.requeue(writes);
			} else {
				await this.handleRefusal(writes, error, pieces);
			}
			return false;
		}
		this.sizer.passed(writes.length);
		for (const [index, write] of writes.entries()) {
			const answer = answers[index];
			if (answer.outcome === 'done') {
				this.conclude(write, answer.participant);
			} else if (answer.outcome === 'refused' && !isRetryable(answer.error)) {
				await this.refuse(write, answer.error);
			} else {
				// Which participant the answer belongs to can't be told, or its refusal may pass: send this one alone.
				this.inDoubt.add(write);
				if (answer.outcome === 'refused' && isThrottle(answer.error)) this.slowDown();
				await this.sendOne(write);
			}
		}
		return true;
	}

	/** A request failed as a whole: send it in parts to find the cause, or settle what was in it. */
	private async handleRefusal(
		batch: ReadonlyArray<ParticipantWrite<Source>>,
		error: AdvocateError,
		pieces: Array<Piece<Source>>,
	): Promise<void> {
		const trouble = isTrouble(error) ? error : undefined;
		if (batch.length === 1 || (trouble === undefined && !isRefusalOfBatch(error))) {
			for (const write of batch) await this.refuse(write, error);
			return;
		}
		this.statistics.splitBatches++;
		if (mayHaveBeenApplied(error)) for (const write of batch) this.inDoubt.add(write);
		const split = this.sizer.split(batch.length, isOwnFault(error));
		for (let start = 0; start < batch.length; start += split.partSize) {
			pieces.push({ writes: batch.slice(start, start + split.partSize), split, trouble });
		}
	}

	/** Settle a write that failed. A merged one is taken apart, so that one bad row does not take others with it. */
	private async refuse(write: ParticipantWrite<Source>, error: AdvocateError): Promise<void> {
		if (this.statistics.stopReason !== undefined && error.kind === 'cancelled') {
			this.settle(write, { status: 'notSent', reason: this.statistics.stopReason });
			return;
		}
		if (error.kind === 'cancelled') {
			this.stop(error.message);
			this.settle(write, {
				status: 'notSent',
				reason: 'The execution was stopped before the API confirmed this change',
			});
			return;
		}
		if (isFatal(error)) {
			this.statistics.fatalError ??= error;
			this.stop(`The run was stopped: ${error.message}`);
			if (error.neverSent && !this.inDoubt.has(write)) {
				this.settle(write, { status: 'notSent', reason: this.statistics.stopReason ?? '' });
				return;
			}
		} else if (write.parts !== undefined && error.kind === 'api') {
			for (const part of write.parts) {
				this.inherit(part, write, error);
				await this.send([part]);
			}
			return;
		}
		this.settle(write, { status: 'rejected', error, ...this.traceOf(write, error) });
	}

	/** A part of a merged write: what it found before, and whether it left something, is that of the whole. */
	private inherit(
		part: ParticipantWrite<Source>,
		whole: ParticipantWrite<Source>,
		error: AdvocateError,
	): void {
		const before = this.firstRead.get(whole);
		if (before !== undefined) this.firstRead.set(part, before);
		if (this.inDoubt.has(whole) || mayHaveBeenApplied(error)) this.inDoubt.add(part);
	}

	/** What a failed write may have left behind; nothing when it surely was not applied, or the past is not known. */
	private traceOf(
		write: ParticipantWrite<Source>,
		error: AdvocateError,
	): { applied?: { before: string[]; segments: string[] } } {
		const before = this.firstRead.get(write);
		if (before === undefined || !(this.inDoubt.has(write) || mayHaveBeenApplied(error))) return {};
		return { applied: { before, segments: applyChange(before, write.change) } };
	}

	/** Settle a write that was answered. Of a merged one, only the rows that the answer contradicts fail. */
	private conclude(write: ParticipantWrite<Source>, participant: Participant): void {
		const { segments } = participant;
		const before = this.firstRead.get(write);
		const mismatch = write.policy.verify ? findMismatch(write.change, segments) : undefined;
		for (const part of mismatch === undefined ? [write] : (write.parts ?? [write])) {
			const own = mismatch === undefined ? undefined : shareOf(part.change, mismatch);
			this.settle(
				part,
				own === undefined
					? {
							status: 'succeeded',
							segments,
							...(before === undefined
								? {}
								: { before, difference: membershipDifference(before, segments) }),
						}
					: {
							status: 'rejected',
							error: mismatchError(part, participant, own),
							...(before === undefined ? {} : { applied: { before, segments } }),
						},
			);
		}
	}
}

/** How many of the caller's writes a write stands for. */
const countOf = <Source>(write: ParticipantWrite<Source>): number => write.parts?.length ?? 1;

/** Whether one write can do what two would. The API keeps every referrer it is told, so these are sent one by one. */
function canMerge<Source>(
	first: ParticipantWrite<Source>,
	second: ParticipantWrite<Source>,
): boolean {
	if (first.policy !== second.policy) return false;
	return !namesReferrer(first) || !namesReferrer(second);
}

const namesReferrer = <Source>({ details }: ParticipantWrite<Source>): boolean =>
	details?.referredBy !== undefined || details?.referredByCodes !== undefined;

function mergeWrites<Source>(
	first: ParticipantWrite<Source>,
	second: ParticipantWrite<Source>,
): ParticipantWrite<Source> {
	// In place once it is a merged one: with many rows of one participant, copies would take quadratic time.
	const merged = first.parts === undefined ? { ...first, sources: [...first.sources] } : first;
	merged.parts ??= [first];
	merged.parts.push(second);
	merged.sources.push(...second.sources);
	merged.change = composeChanges(merged.change, second.change);
	if (second.details !== undefined) {
		merged.details = mergeDetails(merged.details ?? {}, second.details);
	}
	return merged;
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

function inputOf<Source>(write: ParticipantWrite<Source>): ParticipantInput {
	const operations = toOperations(write.change);
	return {
		...write.details,
		id: write.id,
		accountId: write.accountId,
		...(operations.length === 0 ? {} : { segments: operations }),
	};
}

const needsGraphql = (input: ParticipantInput): boolean =>
	GRAPHQL_ONLY_FIELDS.some((field) => input[field] !== undefined);

/** Whether a batch may have been refused because of one participant in it, or because of its size. */
function isRefusalOfBatch(error: AdvocateError): boolean {
	if (error.kind !== 'api' || isFatal(error)) return false;
	const { statusCode } = error;
	return statusCode === undefined || (statusCode >= 400 && statusCode < 500 && statusCode !== 429);
}

/** Whether a batch kept failing although it was repeated: by the API's trouble, or by trouble that it makes the API. */
const isTrouble = (error: AdvocateError): boolean => isRetryable(error) && !isThrottle(error);

/** Words with which a GraphQL error without a status says that a batch is too large. */
const TOO_LARGE_TEXT =
	/\b(too (many|large|big|long)|at most|max(imum)?|limit(ed)?|exceed(s|ed|ing)?)\b/i;

/** Whether a batch was refused for what is in it: not for anything that may have passed since. */
function isOwnFault(error: AdvocateError): boolean {
	if (isTrouble(error)) return false;
	return error.statusCode !== undefined || TOO_LARGE_TEXT.test(error.message);
}

function missingParticipant(participant: ParticipantId): AdvocateError {
	return new AdvocateError(`Participant '${participant.id}' does not exist`, {
		kind: 'missing',
		statusCode: 404,
		hint: "Check the participant ID and the Account ID, or set 'If Participant Does Not Exist' to create or skip it",
	});
}

const listed = (keys: readonly string[]): string => keys.map((key) => `'${key}'`).join(', ');

interface Mismatch {
	absent: string[];
	unexpected: string[];
}

/** What of a mismatch one of the merged changes asked for; nothing when it is not its doing. */
function shareOf(change: SegmentChange, mismatch: Mismatch): Mismatch | undefined {
	const absent = mismatch.absent.filter((key) => change.add.includes(key));
	const unexpected = mismatch.unexpected.filter(
		(key) => change.clear || change.remove.includes(key),
	);
	return absent.length === 0 && unexpected.length === 0 ? undefined : { absent, unexpected };
}

function mismatchError<Source>(
	write: ParticipantWrite<Source>,
	participant: Participant,
	mismatch: Mismatch,
): AdvocateError {
	const parts = [
		...(mismatch.absent.length > 0 ? [`${listed(mismatch.absent)} was not added`] : []),
		...(mismatch.unexpected.length > 0 ? [`${listed(mismatch.unexpected)} was not removed`] : []),
	];
	const actual = participant.segments.length === 0 ? 'no segment' : listed(participant.segments);
	return new AdvocateError(
		`The API accepted the change of participant '${write.id}' without applying all of it: ${parts.join(', ')}. The participant now has ${actual}`,
		{
			kind: 'mismatch',
			hint: "A segment may not exist or be archived. Turn on 'Create Missing Segments', or turn off 'Verify Result' if this is expected",
		},
	);
}
