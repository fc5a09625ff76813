/**
 * Where an interrupted import is continued: kept outside of it, found again by the file and the settings.
 *
 * The place of keeping may be written back whole by a run that read it long ago, and an entry that was used up comes
 * back with it. So it is touched only where there is something to say, and an entry counts only as long as nobody but
 * the run that wrote it has written there since. In doubt an import begins with its first row: that repeats, and
 * repeating changes nothing; what is left out by mistake is lost.
 */
import { createHash } from 'node:crypto';

/** An import that ended before its last row. */
export interface Interruption {
	/** The first row that was not settled. */
	nextRow: number;
	/** When it ended, in milliseconds since the epoch. */
	at: number;
	/** Which run of the host it was. */
	execution: string;
}

/** Interrupted imports by name, as the host keeps them. */
export type Interruptions = Readonly<Record<string, Interruption>>;

/** Keeps interruptions by name for longer than a run. The host provides it. */
export interface CheckpointStore {
	load(key: string): Interruption | undefined;
	save(key: string, nextRow: number): void;
	/** An import of this name got to its end: no earlier interruption may be gone on with. */
	settle(key: string): void;
}

/** After that an import begins with its first row again: what it did may have been changed since. Jobs are kept as long. */
export const MAX_AGE_MS = 3 * 24 * 60 * 60 * 1000;

/** Imports of one run that are remembered; the oldest go first. */
const MAX_ENTRIES = 20;

/**
 * The interruption of a name, if it can be gone on with.
 * @param kept what the host gives back, of which nothing is certain
 */
export function findInterruption(
	kept: unknown,
	name: string,
	now: number,
): Interruption | undefined {
	const entry: unknown = Object.hasOwn(Object(kept), name) ? Object(kept)[name] : undefined;
	if (typeof entry !== 'object' || entry === null) return undefined;
	const { nextRow, at, execution } = entry as Partial<Interruption>;
	if (!Number.isInteger(nextRow) || typeof at !== 'number' || typeof execution !== 'string') {
		return undefined;
	}
	// Also one of the future: a clock that was wrong says nothing about the age.
	const age = now - at;
	return age >= 0 && age <= MAX_AGE_MS ? { nextRow: Number(nextRow), at, execution } : undefined;
}

/**
 * What to keep after an interruption: it, and those of the same run. What other runs have left may have been used up
 * since this one read it.
 */
export function withInterruption(
	kept: unknown,
	name: string,
	interruption: Interruption,
): Interruptions {
	const own = Object.entries(Object(kept) as Interruptions).filter(
		([other, entry]) => other !== name && entry?.execution === interruption.execution,
	);
	return Object.fromEntries([...own.slice(1 - MAX_ENTRIES), [name, interruption]]);
}

/** What to keep once an import got to its end; nothing to change when it has no entry. */
export function withoutInterruption(kept: unknown, name: string): Interruptions | undefined {
	const all = Object(kept) as Interruptions;
	if (!Object.hasOwn(all, name)) return undefined;
	return Object.fromEntries(Object.entries(all).filter(([other]) => other !== name));
}

/**
 * One text for an import: the same for the same file and settings.
 * @param fingerprint of the file's bytes
 * @param settings all that decides what the rows mean; another meaning is another import
 */
export function importKeyOf(fingerprint: string, settings: unknown): string {
	const meaning = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
	return `${fingerprint.slice(0, 32)}-${meaning.slice(0, 16)}`;
}

/** The checkpoint of one import. */
export class Checkpoint {
	/** The interruption to go on after; nothing when there is none of this kind that can be trusted. */
	readonly interruption?: Interruption;

	/** @param importKey see `importKeyOf` */
	constructor(
		private readonly store: CheckpointStore,
		private readonly importKey: string,
	) {
		this.interruption = store.load(importKey);
	}

	/**
	 * The import has ended in order.
	 * @param nextRow where to go on; nothing when every row is settled, and the next one begins with the first row
	 */
	close(nextRow: number | undefined): void {
		if (nextRow === undefined) this.store.settle(this.importKey);
		else this.store.save(this.importKey, nextRow);
	}
}
