/**
 * Finds out how many participants the API takes in one request. Pure.
 *
 * A batch may fail as a whole because of one participant in it, because the API is in trouble, or because it is too
 * large. It is sent again in parts in each case; when all parts go through, it was too large.
 */

/** Batches that have to go through before a larger size, which did so once, is tried again. */
const PASSES_TO_GROW = 20;

/** Smaller batches say nothing about the size: a pair is hardly too large. */
const SMALLEST_TELLING_SIZE = 4;

export class BatchSize {
	/** Maximum number of participants to send together from now on. */
	current: number;

	/** Maximum number of participants that went through together. */
	private largestPassed = 0;

	/** Times that a batch seemed too large since one of that size went through. */
	private signs = 0;

	/** Times in all. */
	private signsEver = 0;

	private passedInARow = 0;

	/** @param largest maximum number of participants that may ever be sent together */
	constructor(largest: number) {
		this.current = largest;
	}

	/** Whether any batch went through so far. */
	get hasPassed(): boolean {
		return this.largestPassed > 1;
	}

	/** A batch went through as a whole, whatever became of the participants in it. */
	passed(size: number): void {
		this.largestPassed = Math.max(this.largestPassed, size);
		if (size < this.current) return;
		this.signs = 0;
		this.passedInARow++;
		if (this.passedInARow < PASSES_TO_GROW || this.current >= this.largestPassed) return;
		this.passedInARow = 0;
		this.current = Math.min(2 * this.current, this.largestPassed);
	}

	/**
	 * A batch failed as a whole, and is to be sent in parts.
	 * @param byItself whether the reason is in the batch for certain; otherwise it may have passed by itself meanwhile
	 */
	split(size: number, byItself: boolean): Split {
		const partSize = Math.min(Math.ceil(size / 2), this.current);
		const openParts = Math.ceil(size / partSize);
		return { size, partSize, byItself, signsBefore: this.signsEver, openParts, allPassed: true };
	}

	/** @param passed whether the part went through as a whole */
	partEnded(split: Split, passed: boolean): void {
		split.openParts--;
		split.allPassed &&= passed;
		if (split.openParts > 0 || !split.allPassed || split.size < SMALLEST_TELLING_SIZE) return;
		// A batch that was under way together with one that gave a sign met the same trouble, and is no second sign.
		if (split.byItself || split.signsBefore === this.signsEver) this.seemedTooLarge(split);
	}

	private seemedTooLarge({ size, partSize, byItself }: Split): void {
		if (partSize >= this.current) return;
		this.signs++;
		this.signsEver++;
		// Once is enough when nothing speaks against it: no batch of this size ever went through.
		const enough = byItself && size > this.largestPassed ? 1 : 2;
		if (this.signs < enough) return;
		this.signs = 0;
		this.passedInARow = 0;
		this.current = partSize;
	}
}

/** A batch that is sent in parts. */
export interface Split {
	readonly size: number;
	/** Maximum number of participants of a part. */
	readonly partSize: number;
	/** Whether the reason is in the batch for certain. */
	readonly byItself: boolean;
	/** `signsEver` when it failed. */
	readonly signsBefore: number;
	openParts: number;
	/** Whether all parts so far went through. */
	allPassed: boolean;
}
