/**
 * Sends many participant changes: in batches, several at a time, in order per participant. Knows neither files nor
 * n8n items: each write carries its caller's sources, and every write gets exactly one result.
 */
import type { AdvocateError } from '../../shared/advocate/client/error';
import { hintWithOptions } from '../../shared/advocate/client/errorTexts';
import type { Transport } from '../../shared/advocate/client/transport';
import { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import { wayNotes } from '../../shared/advocate/graphql';
import { BatchSender } from './batch';
import { BatchSize } from './batchSize';
import { DoubtBook, unconfirmed, WriteMemory } from './memory';
import type { Doubt, ParticipantSet } from './memory';
import { reasonToStop } from './part';
import type { Part } from './part';
import { WriteQueue } from './queue';
import type { ParticipantWrite, WriteResult } from './write';

/** The caller of a run: where its writes come from, and where their results go. */
export interface WriteSink<Source> {
	/**
	 * The next writes; nothing after the last ones. Asked for only as fast as the network takes them, and again only
	 * after it has answered.
	 */
	next(): Promise<Array<ParticipantWrite<Source>> | undefined>;
	/** Gets each write with its result, in the order in which they end. */
	done(write: ParticipantWrite<Source>, result: WriteResult): void;
	/**
	 * Gets each write that is over without anybody knowing whether it was applied. Its result comes when the run has
	 * ended, after a last look at its participant. A sink that stops a run for failures has to count it as one.
	 */
	doubted?(write: ParticipantWrite<Source>): void;
	/**
	 * Asked again and again: why the run has to end, if so. What has not been sent yet is then reported as not sent,
	 * for this reason.
	 */
	shouldStop(): string | undefined;
}

export interface WriteOptions {
	/** Maximum number of requests in flight at once. */
	concurrency: number;
	/** Maximum number of participants per request. */
	batchSize: number;
	/** Send several waiting changes of one participant, with one policy, as one. The end state is the same. */
	mergeRepeats: boolean;
	/** Creates missing segments; one of its own unless given. */
	segments?: SegmentDirectory;
	/** Keeps the participants that the run creates; a plain set unless given. */
	createdParticipants?: ParticipantSet;
	/** Fields of each participant that are answered, see `writeParticipant`; segments only unless given. */
	fields?: string;
}

/** How a run went, besides the results of its writes. */
export interface WriteStatistics {
	/** Maximum number of requests in flight at once. */
	peakInFlight: number;
	/** Average number of requests in flight over the whole run. */
	averageInFlight: number;
	/** Batches that failed as a whole and were sent again in parts. */
	batchesSplit: number;
	/** Maximum number of participants per request in the end; fewer than allowed when the API did not take as many. */
	batchSize: number;
	/** Whether the tenant's API has a batched upsert. Otherwise participants were written one by one. */
	takesBatches: boolean;
	/** Why the run ended before everything was sent. */
	stopReason?: string;
	/** The failure that ended the run, when it was one that no later request could have survived. */
	fatalError?: AdvocateError;
	/** Participants that were created; nothing when not all were looked up first. */
	participantsCreated?: number;
	/** Writes whose details were not sent, since their participants exist. */
	detailsKept: number;
	/** The last look at participants whose writes were in doubt: its requests, and the writes that stay in doubt. */
	doubts: { requests: number; left: number };
	/** What the user should know about how the API took them. */
	notes: string[];
}

/** Send all writes of the sink. */
export async function runWrites<Source>(
	transport: Transport,
	sink: WriteSink<Source>,
	options: WriteOptions,
): Promise<WriteStatistics> {
	return await new WriteRun(transport, sink, options).run();
}

/** Writes held in memory, as a multiple of what can be in flight. */
const LOOKAHEAD_FACTOR = 2;

/** Rows that join one by one while those on their way fail and the API may be down. */
const MOST_OTHER_ROWS = 10;

class WriteRun<Source> {
	private readonly queue: WriteQueue<Source>;

	/** Batches on their way, or waiting for it. */
	private openBatches = 0;

	private readonly sizer: BatchSize;

	private readonly sender: BatchSender<Source>;

	private readonly memory: WriteMemory<Source>;

	private readonly doubts = new DoubtBook<Source>();

	/** Ends the loop's wait. */
	private wake: () => void = () => {};

	/** What goes on beside the loop: batches, reading, a timer. Each wakes it when it ends. */
	private besideLoop = 0;

	private isReading = false;

	private isAllRead = false;

	private isTimerSet = false;

	/** A defect of ours, or a failure of the sink. */
	private crash: unknown;

	private stopReason?: string;

	private fatalError?: AdvocateError;

	constructor(
		private readonly transport: Transport,
		private readonly sink: WriteSink<Source>,
		private readonly options: WriteOptions,
	) {
		this.queue = new WriteQueue(options.mergeRepeats);
		transport.pacing.limit(options.concurrency);
		this.sizer = new BatchSize(options.batchSize);
		this.memory = new WriteMemory(options.createdParticipants ?? new Set<string>());
		const segments = options.segments ?? new SegmentDirectory(transport);
		this.sender = new BatchSender(transport, segments, this.sizer, this.memory, options.fields);
	}

	async run(): Promise<WriteStatistics> {
		const { pacing } = this.transport;
		pacing.onSlowAlone = () => this.sizer.tooSlow();
		pacing.onDoubt = () => this.wake();
		try {
			await this.loop();
		} finally {
			// After a crash: what is in flight still gets its result.
			while (this.besideLoop > 0) await this.nextWake();
			pacing.onSlowAlone = undefined;
			pacing.onDoubt = undefined;
		}
		await this.settleDoubts();
		const { peak, average } = pacing.inFlight;
		return {
			peakInFlight: peak,
			averageInFlight: average,
			batchesSplit: this.sender.batchesSplit,
			batchSize: this.sizer.current,
			takesBatches: this.sender.takesBatches,
			stopReason: this.stopReason,
			fatalError: this.fatalError,
			participantsCreated: this.memory.participantsCreated,
			detailsKept: this.memory.detailsKept,
			doubts: { requests: this.doubts.requests, left: this.doubts.left },
			notes: this.notes(),
		};
	}

	private notes(): string[] {
		const { takesBatches, otherCase } = this.sender;
		const notes = wayNotes(this.transport);
		const { batchSize } = this.options;
		if (takesBatches && this.sizer.current < batchSize) {
			notes.push(
				this.sizer.current === 1
					? "The API took no batches, only single participants, so the rest was sent one by one. Set 'Batch Size' to 1 to begin with that"
					: `The API did not take ${batchSize} participants per request, so ${this.sizer.current} were sent at a time in the end. Set 'Batch Size' to ${this.sizer.current} to begin with that`,
			);
		}
		if (otherCase > 0) {
			notes.push(
				`The API answered ${otherCase} of the changes with the ID in other capitals than sent. They count as done; write the IDs as Advocate has them`,
			);
		}
		return notes;
	}

	private async loop(): Promise<void> {
		for (;;) {
			if (this.crash !== undefined) throw this.crash;
			if (this.transport.cancelled()) {
				this.stop('The execution was stopped');
				// Nobody gets the results of what is left.
				this.isAllRead = true;
			}
			this.stopIfAsked();
			if (this.stopReason !== undefined) this.leaveOut(this.queue.drain(), this.stopReason);

			while (this.canSend() && this.isTimeToSend()) this.sendNextBatch();

			// Beside the network: answers are worked on while the file is read.
			if (this.wantsMore()) this.readMore();
			if (this.besideLoop > 0) await this.nextWake();
			else if (this.isAllRead && this.queue.waitingCount === 0) return;
		}
	}

	// --- beside the loop ---------------------------------------------------------------------------------------

	private async nextWake(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.wake = resolve;
		});
	}

	private startBeside(work: Promise<void>, onEnd: () => void): void {
		this.besideLoop++;
		work
			.catch((error: unknown) => {
				this.crash ??= error;
			})
			.finally(() => {
				onEnd();
				this.besideLoop--;
				this.wake();
			});
	}

	private readMore(): void {
		this.isReading = true;
		this.startBeside(this.readNext(), () => {
			this.isReading = false;
		});
	}

	private async readNext(): Promise<void> {
		const writes = await this.sink.next();
		if (writes === undefined) this.isAllRead = true;
		else if (this.stopReason !== undefined) this.leaveOut(writes, this.stopReason);
		else for (const write of writes) this.queue.add(write);
	}

	private sendNextBatch(): void {
		const taken = this.queue.take(this.batchSize);
		this.openBatches++;
		this.startBeside(this.sendBatch(taken.writes), () => {
			this.openBatches--;
			this.queue.release(taken);
		});
	}

	/**
	 * Send a batch until all of it has ended. What has to be sent again goes in rounds: in trouble, the other half of a
	 * batch then tells soon whether it is the whole API's or that of a few participants.
	 */
	private async sendBatch(writes: ReadonlyArray<ParticipantWrite<Source>>): Promise<void> {
		let round: Array<Part<Source>> = [{ writes }];
		while (round.length > 0) {
			const nextRound: Array<Part<Source>> = [];
			for (const part of round) {
				for (const again of await this.sendPart(part)) nextRound.push(again);
			}
			round = nextRound;
		}
	}

	/** @returns what is left of it */
	private async sendPart(part: Part<Source>): Promise<Array<Part<Source>>> {
		if (this.stopReason !== undefined) {
			this.leaveOut(part.writes, this.stopReason);
			return [];
		}
		const { ended, doubtful, again, putBack, fatal } = await this.sender.send(part);
		if (fatal !== undefined) this.stop(reasonToStop(fatal), fatal);
		for (const { write, result } of ended) this.end(write, result);
		for (const doubt of doubtful) this.hold(doubt);
		this.queue.putBack(putBack);
		return again;
	}

	// --- how much, and when ------------------------------------------------------------------------------------

	private get batchSize(): number {
		return this.sender.takesBatches ? this.sizer.current : 1;
	}

	/**
	 * When the API may be down, more batches than may leave at once: those on their way can't find that out alone. Single
	 * rows are no parts of anything that could tell, so another one joins with every try that fails, up to a few.
	 */
	private get mostBatches(): number {
		const { allowed, isInDoubt, probes } = this.transport.pacing;
		if (!isInDoubt) return allowed;
		const others = this.batchSize === 1 ? Math.min(probes, MOST_OTHER_ROWS) : 0;
		return Math.max(2, allowed) + others;
	}

	private wantsMore(): boolean {
		if (this.isAllRead || this.isReading) return false;
		if (this.stopReason !== undefined) return true;
		const inFlight = this.options.concurrency * this.options.batchSize;
		// Enough for all requests of one round trip, and no more than memory allows when few participants have many rows.
		const enough = Math.ceil(this.transport.pacing.allowed / 2) * this.batchSize;
		return this.queue.readyCount < enough && this.queue.waitingCount < LOOKAHEAD_FACTOR * inFlight;
	}

	private canSend(): boolean {
		const { readyCount } = this.queue;
		if (this.openBatches >= this.mostBatches || readyCount === 0) return false;
		if (readyCount >= this.batchSize || this.isAllRead) return true;
		// A batch that can still fill up waits for the file, which is faster than any network.
		return !this.isReading && !this.wantsMore();
	}

	/** Whether the next request may leave. When it is too early, a timer is set for the moment. */
	private isTimeToSend(): boolean {
		const wait = this.transport.pacing.spacingMs;
		if (wait > 0 && !this.isTimerSet) {
			this.isTimerSet = true;
			this.startBeside(this.transport.sleep(wait), () => {
				this.isTimerSet = false;
			});
		}
		return wait === 0;
	}

	// --- results, and the end of the run -----------------------------------------------------------------------

	private end(write: ParticipantWrite<Source>, result: WriteResult): void {
		if (result.status === 'succeeded') this.doubts.follow(write);
		this.sink.done(write, result);
		this.stopIfAsked();
	}

	/** A write waits for the last look-up, where there is room. */
	private hold(doubt: Doubt<Source>): void {
		if (this.doubts.add(doubt)) this.sink.doubted?.(doubt.write);
		else this.sink.done(doubt.write, unconfirmed(doubt));
		this.stopIfAsked();
	}

	private async settleDoubts(): Promise<void> {
		const { fatalError } = this;
		// A refused key refuses this too. Whoever gave up may have waited for something else, so one look is worth it.
		if (fatalError?.kind === 'gaveUp') this.transport.pacing.allowOneMore();
		const canAsk = fatalError === undefined || fatalError.kind === 'gaveUp';
		const isInVain = this.transport.cancelled() || this.transport.isElsewhere;
		const ended = await this.doubts.settle(this.transport, canAsk && !isInVain);
		for (const { write, result } of ended) {
			if (result.status === 'succeeded') this.memory.done(write);
			this.sink.done(write, result);
		}
	}

	/** What is not sent (again). Of what was sent before, an attempt may have been applied. */
	private leaveOut(writes: ReadonlyArray<ParticipantWrite<Source>>, reason: string): void {
		const hint = this.fatalError && hintWithOptions(this.fatalError);
		for (const write of writes) {
			const result = {
				status: 'notSent',
				reason,
				...(hint === undefined ? {} : { hint }),
			} as const;
			const doubt = this.memory.doubtOf(write, result);
			if (doubt === undefined) this.end(write, result);
			else this.hold(doubt);
		}
	}

	private stop(reason: string, error?: AdvocateError): void {
		this.stopReason ??= reason;
		if (error !== undefined && error.kind !== 'cancelled') this.fatalError ??= error;
	}

	private stopIfAsked(): void {
		if (this.stopReason !== undefined) return;
		const reason = this.sink.shouldStop();
		if (reason !== undefined) this.stop(reason);
	}
}
