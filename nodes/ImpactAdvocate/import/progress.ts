/** Knows how far an import has come although rows end in another order than they begin. */
export class Progress {
	/** Rows that have begun, in order, from `start` on; those that have ended before an earlier one as negative numbers. */
	private begun: number[] = [];

	private start = 0;

	private next: number;

	/** @param firstRecord the first row of the import */
	constructor(firstRecord: number) {
		this.next = firstRecord;
	}

	/** Every row before this one has ended. */
	get firstOpenRow(): number {
		return this.start < this.begun.length ? this.begun[this.start] : this.next;
	}

	/** Rows begin in the order of the file. */
	begin(rowNumber: number): void {
		this.begun.push(rowNumber);
		this.next = rowNumber + 1;
	}

	/** Rows end in any order. One that has not begun, or has ended before, changes nothing. */
	end(rowNumber: number): void {
		const place = this.placeOf(rowNumber);
		if (this.begun[place] !== rowNumber) return;
		this.begun[place] = -rowNumber;
		while (this.begun[this.start] < 0) this.start++;
		if (this.start > 4096 && this.start * 2 > this.begun.length) {
			this.begun = this.begun.slice(this.start);
			this.start = 0;
		}
	}

	/** Found by halving: a set of the rows would take more time and memory than everything else here. */
	private placeOf(rowNumber: number): number {
		let low = this.start;
		let high = this.begun.length - 1;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (Math.abs(this.begun[middle]) < rowNumber) low = middle + 1;
			else high = middle;
		}
		return low;
	}
}
