/**
 * Holds the writes that wait to be sent, in order per participant: of each participant, one write at most is on its
 * way at any time.
 */
import { participantKey } from '../advocate/users';
import { canMerge, countOf, mergeWrites } from './participantWrite';
import type { ParticipantWrite } from './participantWrite';

/** What waits of one participant. Exists while something waits or is on its way. */
interface Line<Source> {
	readonly key: string;
	waiting: Array<ParticipantWrite<Source>>;
	isBusy: boolean;
}

/** Writes of different participants, taken to be sent together. Until they are released, their participants' next ones wait. */
export interface TakenWrites<Source> {
	readonly writes: ReadonlyArray<ParticipantWrite<Source>>;
	readonly lines: ReadonlyArray<Line<Source>>;
}

/** Places that were used before the list of ready lines is cut. */
const MIN_PLACES_TO_CUT = 1024;

export class WriteQueue<Source> {
	/** Writes that wait. Merged ones count one by one: each keeps its source in memory. */
	waitingCount = 0;

	private readonly lines = new Map<string, Line<Source>>();

	/** Lines with something that waits and nothing on its way, in order of arrival. */
	private ready: Array<Line<Source>> = [];

	/** How far `ready` has been used; an index is cheaper than shifting a long array. */
	private readyStart = 0;

	/** @param mergeRepeats whether waiting writes of one participant become one where that has the same effect */
	constructor(private readonly mergeRepeats: boolean) {}

	/** Participants of whom a write can be taken now. */
	get readyCount(): number {
		return this.ready.length - this.readyStart;
	}

	add(write: ParticipantWrite<Source>): void {
		this.waitingCount++;
		const { waiting } = this.lineOf(write);
		const last = waiting.at(-1);
		if (last !== undefined && this.mergeRepeats && canMerge(last, write)) {
			waiting[waiting.length - 1] = mergeWrites(last, write);
		} else {
			waiting.push(write);
		}
	}

	/** @param most most writes to take */
	take(most: number): TakenWrites<Source> {
		const writes: Array<ParticipantWrite<Source>> = [];
		const lines: Array<Line<Source>> = [];
		while (writes.length < most && this.readyCount > 0) {
			const line = this.ready[this.readyStart++];
			const write = line.waiting.shift();
			if (write === undefined) continue;
			line.isBusy = true;
			this.waitingCount -= countOf(write);
			writes.push(write);
			lines.push(line);
		}
		if (this.readyStart > MIN_PLACES_TO_CUT && this.readyStart * 2 > this.ready.length) {
			this.ready = this.ready.slice(this.readyStart);
			this.readyStart = 0;
		}
		return { writes, lines };
	}

	/** Writes ended: the next ones of their participants are ready. */
	release({ lines }: TakenWrites<Source>): void {
		for (const line of lines) {
			line.isBusy = false;
			if (line.waiting.length > 0) this.ready.push(line);
			else this.lines.delete(line.key);
		}
	}

	/** Writes that were taken and not released yet wait again, before all others of their participants. */
	putBack(writes: ReadonlyArray<ParticipantWrite<Source>>): void {
		for (const write of writes) {
			this.lineOf(write).waiting.unshift(write);
			this.waitingCount += countOf(write);
		}
	}

	/** Take out everything that waits. */
	drain(): Array<ParticipantWrite<Source>> {
		const drained: Array<ParticipantWrite<Source>> = [];
		for (const line of this.lines.values()) {
			for (const write of line.waiting) drained.push(write);
			line.waiting = [];
			if (!line.isBusy) this.lines.delete(line.key);
		}
		this.ready = [];
		this.readyStart = 0;
		this.waitingCount = 0;
		return drained;
	}

	private lineOf(write: ParticipantWrite<Source>): Line<Source> {
		const key = participantKey(write);
		let line = this.lines.get(key);
		if (line === undefined) {
			line = { key, waiting: [], isBusy: false };
			this.lines.set(key, line);
			this.ready.push(line);
		}
		return line;
	}
}
