/**
 * Finds out how many participants the API takes in one request. Pure.
 *
 * A batch may be refused as a whole because of one participant in it, because the API is in trouble, or because it is
 * too large. It is sent again in parts in each case; that it was too large shows by all parts going through.
 */

/** Batches that have to go through before a larger size, which did so once, is tried again. */
const PASSES_TO_GROW = 20;

/** A pair says nothing: what two participants can't do together has other reasons than their number. */
const SMALLEST_TELLING_SIZE = 4;

export class BatchSize {
	/** Most participants to send together from now on. */
	current: number;

	/** Most participants that went through together. */
	private largestPassed = 0;

	/** Times that a batch seemed too large since one of that size went through. */
	private signs = 0;

	/** Times in all. Batches that were under way together are one sign: they met the same trouble. */
	private signsEver = 0;

	private passedInARow = 0;

	/** @param largest most participants that may ever be sent together */
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
	 * A batch was refused as a whole.
	 * @param byItself whether the reason is in the batch for certain; otherwise it may have passed by itself meanwhile
	 */
	split(size: number, byItself: boolean): Split {
		const partSize = Math.min(Math.ceil(size / 2), this.current);
		const { signsEver } = this;
		return new Split(partSize, Math.ceil(size / partSize), () => {
			const isNews = byItself || signsEver === this.signsEver;
			if (size >= SMALLEST_TELLING_SIZE && isNews) this.seemedTooLarge(size, partSize, byItself);
		});
	}

	private seemedTooLarge(size: number, partSize: number, byItself: boolean): void {
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
export class Split {
	private allPassed = true;

	constructor(
		/** Most participants of a part. */
		readonly partSize: number,
		private open: number,
		private readonly onAllPassed: () => void,
	) {}

	/** @param passed whether the part went through as a whole */
	partEnded(passed: boolean): void {
		this.open--;
		this.allPassed &&= passed;
		if (this.open === 0 && this.allPassed) this.onAllPassed();
	}
}
