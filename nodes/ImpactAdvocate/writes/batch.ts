/**
 * Sends many participant changes: in batches, several at a time, in order per participant. Knows neither files nor
 * n8n items: each write carries its caller's sources, and every write gets exactly one result.
 */
import {
	expectAdvocateError,
	isFatal,
	isRetryable,
	isThrottle,
	mayHaveBeenApplied,
} from '../../shared/advocate/client/readErrors';
import type { AdvocateError } from '../../shared/advocate/client/readErrors';
import { SegmentCreator } from '../../shared/advocate/segments';
import type { Transport } from '../../shared/advocate/client/transport';
import {
	getParticipant,
	lacksBatchAddress,
	lacksBatchUpsert,
	lookUpParticipants,
	upsertParticipants,
	writeParticipant,
} from '../../shared/advocate/participants';
import type { Participant } from '../../shared/advocate/participants';
import { applyChange, findMismatch, membershipDifference } from '../../shared/segments/change';
import { BatchSize } from './batchSize';
import type { Split } from './batchSize';
import { InFlightWindow } from './inFlightWindow';
import { mismatchError, shareOf } from './mismatch';
import { inputOf } from './write';
import type { ParticipantWrite, WriteResult } from './write';
import { isOwnFault, isRefusalOfBatch, isTrouble, missingParticipant } from './refusal';
import { WriteQueue } from './queue';

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
	/** Creates missing segments; one of its own unless given. */
	segmentCreator?: SegmentCreator;
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

/** A batch, or a part of one that was refused as a whole. */
interface Piece<Source> {
	writes: ReadonlyArray<ParticipantWrite<Source>>;
	/** What the part belongs to. */
	split?: Split;
	/** Why the whole failed, when that need not have been its own fault. */
	trouble?: AdvocateError;
}

class RowEngine<Source> {
	private readonly queue: WriteQueue<Source>;

	private readonly window: InFlightWindow;

	private wake: () => void = () => {};

	/** Whether the next chunk of the source is on its way, and whether there is none left. */
	private isReading = false;

	private isSourceRead = false;

	private crash: unknown;

	private isSendTimerSet = false;

	/** Segments from before the first attempt at a write, so that a second one does not take the first for the past. */
	private readonly firstRead = new WeakMap<ParticipantWrite<Source>, string[]>();

	/** Writes of which an attempt failed without telling whether it was applied. */
	private readonly inDoubt = new WeakSet<ParticipantWrite<Source>>();

	private readonly statistics: Pick<
		RowEngineStatistics,
		'splitBatches' | 'stopReason' | 'fatalError' | 'batchUnavailable'
	> = { splitBatches: 0, batchUnavailable: false };

	private readonly segmentCreator: SegmentCreator;

	private readonly sizer: BatchSize;

	constructor(
		private readonly transport: Transport,
		private readonly options: RowEngineOptions,
		private readonly onResult: (write: ParticipantWrite<Source>, result: WriteResult) => void,
	) {
		this.queue = new WriteQueue(options.mergeRepeats);
		this.window = new InFlightWindow(options.concurrency, transport.now());
		this.segmentCreator = options.segmentCreator ?? new SegmentCreator(transport);
		this.sizer = new BatchSize(options.batchSize);
	}

	async run(source: AsyncIterable<Array<ParticipantWrite<Source>>>): Promise<RowEngineStatistics> {
		this.transport.onThrottle = () => this.window.slowDown(this.transport.now());
		const chunks = source[Symbol.asyncIterator]();
		try {
			for (;;) {
				if (this.crash !== undefined) throw this.crash;
				if (this.transport.cancelled()) {
					this.stop('The execution was stopped');
					// Nobody gets the results of what is left.
					this.isSourceRead = true;
				}
				this.stopIfAsked();
				if (this.statistics.stopReason !== undefined) this.abandonWaiting();

				while (this.canSend() && this.isTimeToSend()) this.sendNextBatch();

				// Beside the network: answers are worked on while the file is read.
				if (this.wantsMore()) this.readChunk(chunks);
				if (this.isReading || this.window.count > 0 || this.isSendTimerSet) await this.nextWake();
				else if (this.isSourceRead && this.queue.waitingCount === 0) break;
			}
		} finally {
			// On a failure of the source: what is in flight still gets its result before the error leaves.
			while (this.isReading || this.window.count > 0) await this.nextWake();
			this.transport.onThrottle = undefined;
			// Lets a file be closed that was not read to its end.
			await chunks.return?.();
		}
		return {
			...this.statistics,
			peakInFlight: this.window.peak,
			averageInFlight: this.window.averageAt(this.transport.now()),
			batchSize: this.sizer.current,
			createdSegments: this.segmentCreator.created,
		};
	}

	// --- reading and sending -----------------------------------------------------------------------------------

	private enqueue(writes: ReadonlyArray<ParticipantWrite<Source>>): void {
		const { stopReason } = this.statistics;
		if (stopReason === undefined) for (const write of writes) this.queue.add(write);
		else for (const write of writes) this.settle(write, { status: 'notSent', reason: stopReason });
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

	private get batchSize(): number {
		return this.statistics.batchUnavailable ? 1 : this.sizer.current;
	}

	private wantsMore(): boolean {
		if (this.isSourceRead || this.isReading) return false;
		if (this.statistics.stopReason !== undefined) return true;
		const inFlight = this.options.concurrency * this.options.batchSize;
		// Enough for all requests of one round trip, and no more than memory allows when few participants have many rows.
		const enough = Math.ceil(this.window.allowed / 2) * this.batchSize;
		return this.queue.readyCount < enough && this.queue.waitingCount < LOOKAHEAD_FACTOR * inFlight;
	}

	private canSend(): boolean {
		const { readyCount } = this.queue;
		if (this.window.isFull || readyCount === 0) return false;
		if (readyCount >= this.batchSize || this.isSourceRead) return true;
		// A batch that can still fill up waits for the file, which is faster than any network.
		return !this.isReading && !this.wantsMore();
	}

	/** Whether the next request may leave. When it is too early, a timer is set for the moment. */
	private isTimeToSend(): boolean {
		const wait = this.window.waitAt(this.transport.now());
		if (wait > 0 && !this.isSendTimerSet) {
			this.isSendTimerSet = true;
			void this.transport.sleep(wait).then(() => {
				this.isSendTimerSet = false;
				this.wake();
			});
		}
		return wait === 0;
	}

	private sendNextBatch(): void {
		const taken = this.queue.take(this.batchSize);
		this.window.started(this.transport.now());
		this.send(taken.writes)
			.catch((error: unknown) => {
				this.crash ??= error;
			})
			.finally(() => {
				this.window.ended(this.transport.now());
				this.queue.release(taken);
				this.wake();
			});
	}

	/** A batch ended, a chunk was read, or the time has come to send the next batch. */
	private async nextWake(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.wake = resolve;
		});
	}

	private abandonWaiting(): void {
		const reason = this.statistics.stopReason ?? '';
		for (const write of this.queue.drain()) this.settle(write, { status: 'notSent', reason });
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
			this.window.succeeded(this.transport.now() - startedAt);
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
		const absent = new Set<ParticipantWrite<Source>>();
		unread.forEach((write, index) => {
			const participant = found[index];
			if (participant === undefined && write.policy.ifMissing !== 'create') absent.add(write);
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
		return batch.filter((write) => !absent.has(write));
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
			this.conclude(write, await writeParticipant(this.transport, inputOf(write)));
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
			answers = await upsertParticipants(this.transport, writes, inputOf, attempts);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (lacksBatchUpsert(error) || (!this.sizer.hasPassed && lacksBatchAddress(error))) {
				this.statistics.batchUnavailable = true;
				this.queue.putBack(writes);
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
				if (answer.outcome === 'refused' && isThrottle(answer.error)) {
					this.window.slowDown(this.transport.now());
				}
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
							error: mismatchError(part, segments, own),
							...(before === undefined ? {} : { applied: { before, segments } }),
						},
			);
		}
	}
}
