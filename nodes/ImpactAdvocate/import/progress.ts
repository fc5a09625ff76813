/** Knows how far an import has come although rows end in another order than they begin. */
export class Progress {
	/** Rows that have begun, in order, from `start` on. */
	private begun: number[] = [];

	private start = 0;

	/** Rows that have ended before an earlier one. */
	private readonly endedEarly = new Set<number>();

	private next: number;

	/** @param firstRecord the first row of the import */
	constructor(firstRecord: number) {
		this.next = firstRecord;
	}

	/** Every row before this one has ended. */
	get firstOpenRecord(): number {
		return this.start < this.begun.length ? this.begun[this.start] : this.next;
	}

	/** Rows begin in the order of the file. */
	begin(recordNumber: number): void {
		this.begun.push(recordNumber);
		this.next = recordNumber + 1;
	}

	/** Rows end in any order. */
	end(recordNumber: number): void {
		this.endedEarly.add(recordNumber);
		while (this.start < this.begun.length && this.endedEarly.delete(this.begun[this.start])) {
			this.start++;
		}
		if (this.start > 4096 && this.start * 2 > this.begun.length) {
			this.begun = this.begun.slice(this.start);
			this.start = 0;
		}
	}
}
