/** Where an interrupted import is continued: kept outside of it, found again by the file and the settings. */
import { createHash } from 'node:crypto';

/** Keeps numbers by name for longer than a run. The host provides it. */
export interface CheckpointStore {
	load(key: string): number | undefined;
	save(key: string, nextRecord: number): void;
	remove(key: string): void;
}

/** Rows after which the store is told again. */
const STEP = 100;

/** The checkpoint of one import. */
export class Checkpoint {
	private saved: number;

	private readonly key: string;

	/**
	 * @param fingerprint of the file's bytes
	 * @param settings all that decides what the rows mean; another meaning is another import
	 */
	constructor(
		private readonly store: CheckpointStore,
		fingerprint: string,
		settings: unknown,
	) {
		const meaning = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
		this.key = `${fingerprint.slice(0, 32)}-${meaning.slice(0, 16)}`;
		this.saved = store.load(this.key) ?? 0;
	}

	/** The row to go on with; nothing when there is no unfinished import of this kind. */
	get nextRecord(): number | undefined {
		return this.saved === 0 ? undefined : this.saved;
	}

	/** Note that every row before this one has ended. */
	advance(nextRecord: number): void {
		if (nextRecord < this.saved + STEP) return;
		this.set(nextRecord);
	}

	/** Note where the import was interrupted. */
	set(nextRecord: number): void {
		this.saved = nextRecord;
		this.store.save(this.key, nextRecord);
	}

	/** The import is done; the next one of the same file starts at its beginning. */
	remove(): void {
		this.store.remove(this.key);
	}
}
