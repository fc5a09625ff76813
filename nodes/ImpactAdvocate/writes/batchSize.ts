/**
 * Finds out how many participants the API takes in one request. Pure.
 *
 * A batch may fail as a whole because of one participant in it, because the API is in trouble, because it is too large,
 * or because the API takes no batches. It is sent again in parts in each case; when all parts go through, it was too
 * large. And it is too large when the API takes too long for it.
 */

/** Batches that have to go through before a larger size, which did so once, is tried again; doubles each time. */
const PASSES_TO_GROW = 20;

/** Batches that fail in a row, after which a pair finds out whether any batch goes through. */
const FAILURES_TO_DOUBT = 4;

/** Smaller batches say nothing about the size: a pair is hardly too large. */
const SMALLEST_TELLING_SIZE = 4;

/** Participants of a batch that shows whether any goes through. */
const LARGEST_TEST = 2;

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

	private passesToGrow = PASSES_TO_GROW;

	/** Batches that failed as a whole since one went through. */
	private failuresInARow = 0;

	/** Whether the size was lowered for want of time since a batch went through. */
	private wasTooSlow = false;

	/** Up to here the size grows again with every batch that goes through. */
	private regrowTo = 0;

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
		if (size > 1) this.failuresInARow = 0;
		this.wasTooSlow = false;
		if (size < this.current) return;
		this.signs = 0;
		if (this.current < this.regrowTo) this.current = Math.min(2 * this.current, this.regrowTo);
		this.passedInARow++;
		if (this.passedInARow < this.passesToGrow || this.current >= this.largestPassed) return;
		this.passedInARow = 0;
		this.passesToGrow *= 2;
		this.current = Math.min(2 * this.current, this.largestPassed);
	}

	/** Even on its own a request was late, or not answered in time. */
	tooSlow(): void {
		// While nothing goes through, it may be others who keep the API busy.
		if (!this.wasTooSlow) this.regrowTo = Math.ceil(this.current / 2);
		this.wasTooSlow = true;
		this.lowerTo(Math.ceil(this.current / 2));
	}

	private lowerTo(size: number): void {
		this.signs = 0;
		this.passedInARow = 0;
		this.current = Math.min(this.current, size);
	}

	/**
	 * A batch failed as a whole, and is to be sent in parts.
	 * @param byItself whether the reason is in the batch for certain; otherwise it may have passed by itself meanwhile
	 * @param isDown whether the API may be down, so that no batch tells anything
	 */
	split(size: number, byItself: boolean, isDown = false): Split {
		this.failuresInARow++;
		const isDoubtful = this.failuresInARow >= FAILURES_TO_DOUBT;
		const half = Math.min(Math.ceil(size / 2), this.current);
		// One finds out whether the API is back; then two whether it takes batches.
		const first = isDoubtful ? Math.min(half, isDown ? 1 : 2) : half;
		const partSize = isDoubtful ? Math.min(size, this.current) : half;
		return {
			size,
			first,
			partSize,
			byItself,
			isTest: isDoubtful && !isDown && size <= LARGEST_TEST,
			signsBefore: this.signsEver,
			openParts: 1 + Math.ceil((size - first) / partSize),
			allPassed: true,
			allAccepted: true,
		};
	}

	/**
	 * @param passed whether the part went through as a whole
	 * @param accepted whether nothing in it was rejected
	 */
	partEnded(split: Split, passed: boolean, accepted = passed): void {
		split.openParts--;
		split.allPassed &&= passed;
		split.allAccepted &&= passed && accepted;
		if (split.openParts === 0 && split.allAccepted && split.isTest) this.lowerTo(1);
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
		this.lowerTo(partSize);
	}
}

/** A batch that is sent in parts. */
export interface Split {
	readonly size: number;
	/** Participants of the first part, and maximum number of those of the others. */
	readonly first: number;
	readonly partSize: number;
	/** Whether the reason is in the batch for certain. */
	readonly byItself: boolean;
	/** Whether it shows that no batch goes through when all its parts, single participants, do. */
	readonly isTest: boolean;
	/** `signsEver` when it failed. */
	readonly signsBefore: number;
	openParts: number;
	/** Whether all parts so far went through. */
	allPassed: boolean;
	/** Whether nothing in them was rejected. */
	allAccepted: boolean;
}
