/** Where an interrupted import is continued: kept outside of it, found again by the file and the settings. */
import { createHash } from 'node:crypto';

/** Keeps numbers by name for longer than a run. The host provides it. */
export interface CheckpointStore {
	load(key: string): number | undefined;
	save(key: string, nextRow: number): void;
	remove(key: string): void;
}

/** Rows after which the store is told again. */
const STEP = 100;

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
	private saved: number;

	/** @param importKey see `importKeyOf` */
	constructor(
		private readonly store: CheckpointStore,
		private readonly importKey: string,
	) {
		this.saved = store.load(importKey) ?? 0;
	}

	/** The row to go on with; nothing when there is no unfinished import of this kind. */
	get nextRow(): number | undefined {
		return this.saved === 0 ? undefined : this.saved;
	}

	/** Note that every row before this one has ended. */
	advance(nextRow: number): void {
		if (nextRow < this.saved + STEP) return;
		this.set(nextRow);
	}

	/** Note where the import was interrupted. */
	set(nextRow: number): void {
		this.saved = nextRow;
		this.store.save(this.importKey, nextRow);
	}

	/** The import is done; the next one of the same file starts at its beginning. */
	remove(): void {
		this.store.remove(this.importKey);
	}
}
