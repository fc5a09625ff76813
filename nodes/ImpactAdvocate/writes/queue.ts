/**
 * Holds the writes that wait to be sent, in order per participant: of each participant, one write at most is on its
 * way at any time.
 */
import { participantKey } from '../../shared/advocate/participants';
import { canMerge, completed, countOf, mergeWrites } from './write';
import type { ParticipantWrite } from './write';

/** What waits of one participant. Exists while something waits or is on its way. */
interface Line<Source> {
	readonly key: string;
	readonly waiting: Fifo<ParticipantWrite<Source>>;
	isBusy: boolean;
}

/** Writes of different participants, taken to be sent together. Until they are released, their participants' next ones wait. */
export interface TakenWrites<Source> {
	readonly writes: ReadonlyArray<ParticipantWrite<Source>>;
	readonly lines: ReadonlyArray<Line<Source>>;
}

/** Places that were used before a list is cut. */
const MIN_PLACES_TO_CUT = 1024;

/** Lines that went, after which a new map takes over. */
const LINES_PER_MAP = 256;

/** First in, first out. Taking from the start of a long array would move all the rest, each time. */
class Fifo<T> {
	/** A place that was used is empty: what was taken must not stay in memory until the list is cut. */
	private items: Array<T | undefined> = [];

	/** How far `items` has been used. */
	private start = 0;

	get length(): number {
		return this.items.length - this.start;
	}

	get last(): T | undefined {
		return this.length === 0 ? undefined : this.items.at(-1);
	}

	push(item: T): void {
		this.items.push(item);
	}

	replaceLast(item: T): void {
		this.items[this.items.length - 1] = item;
	}

	/** Put an item before all others. */
	putBack(item: T): void {
		if (this.start > 0) this.items[--this.start] = item;
		else this.items.unshift(item);
	}

	take(): T | undefined {
		if (this.length === 0) return undefined;
		const item = this.items[this.start];
		this.items[this.start++] = undefined;
		if (this.start > MIN_PLACES_TO_CUT && this.start * 2 > this.items.length) {
			// In place: a copy would leave a list behind that still leads to all that waits.
			this.items.splice(0, this.start);
			this.start = 0;
		}
		return item;
	}

	takeAll(): T[] {
		const rest = this.items.slice(this.start) as T[];
		this.items = [];
		this.start = 0;
		return rest;
	}
}

export class WriteQueue<Source> {
	/** Writes that wait. Merged ones count one by one: each keeps its source in memory. */
	waitingCount = 0;

	/**
	 * Never the same map for long. V8 links the table that a map has outgrown to the next one: were it old once, all that
	 * goes through the map would stay in memory until a full collection, row after row of a large file.
	 */
	private lines = new Map<string, Line<Source>>();

	/** Lines that went since the map is in use. */
	private linesGone = 0;

	/** Writes that were on their way before: what they left there may be theirs alone. */
	private readonly wereSent = new WeakSet<ParticipantWrite<Source>>();

	/** Lines with something that waits and nothing on its way, in order of arrival. */
	private readonly ready = new Fifo<Line<Source>>();

	/** @param mergeRepeats whether waiting writes of one participant become one where that has the same effect */
	constructor(private readonly mergeRepeats: boolean) {}

	/** Participants of whom a write can be taken now. */
	get readyCount(): number {
		return this.ready.length;
	}

	add(write: ParticipantWrite<Source>): void {
		this.waitingCount++;
		const { waiting } = this.lineOf(write);
		const { last } = waiting;
		const isOpen = last !== undefined && this.mergeRepeats && !this.wereSent.has(last);
		if (isOpen && canMerge(last, write)) {
			waiting.replaceLast(mergeWrites(last, write));
		} else {
			waiting.push(write);
		}
	}

	/** @param most maximum number of writes to take */
	take(most: number): TakenWrites<Source> {
		const writes: Array<ParticipantWrite<Source>> = [];
		const lines: Array<Line<Source>> = [];
		while (writes.length < most) {
			const line = this.ready.take();
			if (line === undefined) break;
			const write = line.waiting.take();
			if (write === undefined) continue;
			line.isBusy = true;
			this.waitingCount -= countOf(write);
			writes.push(completed(write));
			lines.push(line);
		}
		return { writes, lines };
	}

	/** Writes ended: the next ones of their participants are ready. */
	release({ lines }: TakenWrites<Source>): void {
		for (const line of lines) {
			line.isBusy = false;
			if (line.waiting.length > 0) this.ready.push(line);
			else if (this.lines.delete(line.key)) this.linesGone++;
		}
		if (this.linesGone < LINES_PER_MAP) return;
		this.lines = new Map(this.lines);
		this.linesGone = 0;
	}

	/** Writes that were taken and not released yet wait again, before all others of their participants. */
	putBack(writes: ReadonlyArray<ParticipantWrite<Source>>): void {
		for (const write of writes) {
			this.wereSent.add(write);
			this.lineOf(write).waiting.putBack(write);
			this.waitingCount += countOf(write);
		}
	}

	/** Take out everything that waits. */
	drain(): Array<ParticipantWrite<Source>> {
		const drained: Array<ParticipantWrite<Source>> = [];
		for (const line of this.lines.values()) {
			for (const write of line.waiting.takeAll()) drained.push(write);
			if (!line.isBusy) this.lines.delete(line.key);
		}
		this.ready.takeAll();
		this.waitingCount = 0;
		return drained;
	}

	private lineOf(write: ParticipantWrite<Source>): Line<Source> {
		const key = participantKey(write);
		let line = this.lines.get(key);
		if (line === undefined) {
			line = { key, waiting: new Fifo(), isBusy: false };
			this.lines.set(key, line);
			this.ready.push(line);
		}
		return line;
	}
}
