/** Lines of a file whose order is settled at its end; memory holds little more than their bytes. */

/** Characters kept as text before they are encoded: texts would keep the pieces of the file that they were cut from. */
const BLOCK_LENGTH = 64 * 1024;

export class LineStore {
	/** By line, in the order in which they were added: its row, and where it begins, in which block. */
	private readonly rows: number[] = [];

	private readonly blockOf: number[] = [];

	private readonly starts: number[] = [];

	/** Lines without their line breaks, as bytes. */
	private readonly blocks: Buffer[] = [];

	/** The lines of the next block. */
	private text = '';

	private textBytes = 0;

	/** Lines added so far. */
	get count(): number {
		return this.rows.length;
	}

	/** Bytes of all lines. */
	get bytes(): number {
		return this.blocks.reduce((sum, { length }) => sum + length, this.textBytes);
	}

	/**
	 * Add a line.
	 * @param row the row of the imported file that it is about
	 * @returns its number, from 0
	 */
	add(row: number, line: string): number {
		this.rows.push(row);
		this.blockOf.push(this.blocks.length);
		this.starts.push(this.textBytes);
		this.text += line;
		this.textBytes += Buffer.byteLength(line);
		if (this.text.length >= BLOCK_LENGTH) this.encode();
		return this.count - 1;
	}

	/** The bytes of a line. */
	line(index: number): Buffer {
		this.encode();
		const block = this.blocks[this.blockOf[index]];
		const isLastOfBlock = this.blockOf[index + 1] !== this.blockOf[index];
		return block.subarray(
			this.starts[index],
			isLastOfBlock ? block.length : this.starts[index + 1],
		);
	}

	/** The numbers of all lines, in the order of their rows; lines of one row in the order in which they were added. */
	inOrder(): number[] {
		const order = this.rows.map((_, index) => index);
		return order.sort((a, b) => this.rows[a] - this.rows[b]);
	}

	private encode(): void {
		if (this.text === '') return;
		this.blocks.push(Buffer.from(this.text));
		this.text = '';
		this.textBytes = 0;
	}
}
