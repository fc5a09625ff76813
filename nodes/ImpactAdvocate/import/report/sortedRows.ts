/**
 * Holds the lines of a CSV file until all of them are known, and gives them in the order of their row numbers. Rows
 * end in another order than they begin, and there may be as many as the imported file has: beside the bytes of the
 * lines, each takes 8 bytes here, and 8 more while the file is put together.
 */
import type { Breather } from '../../../shared/advocate/client/breather';
import { CRLF } from '../file/csvWriter';

/** Characters kept as text before they are encoded. */
const BLOCK_LENGTH = 64 * 1024;

interface Block {
	bytes: Buffer;
	/** Where each line ends, before its line break. */
	ends: Uint32Array;
	rowNumbers: Uint32Array;
	/** How many lines the blocks before this one have. */
	firstLine: number;
}

export class SortedRows {
	/** Lines added so far. */
	count = 0;

	private readonly blocks: Block[] = [];

	private lines: string[] = [];

	private linesLength = 0;

	private rowNumbers: number[] = [];

	private isSorted = true;

	private lastRowNumber = 0;

	/**
	 * Add a line.
	 * @param line without its line break
	 */
	add(rowNumber: number, line: string): void {
		this.isSorted &&= rowNumber >= this.lastRowNumber;
		this.lastRowNumber = rowNumber;
		this.lines.push(line);
		this.rowNumbers.push(rowNumber);
		this.linesLength += line.length;
		this.count++;
		if (this.linesLength >= BLOCK_LENGTH) this.encode();
	}

	/**
	 * All lines in the order of their row numbers, behind a head. Lines can be added afterwards.
	 * @param tail goes to the end of the first `tailed` lines that were added; one byte
	 */
	async toBuffer(head: string, tail: string, tailed: number, breather: Breather): Promise<Buffer> {
		this.encode();
		const start = Buffer.from(head, 'utf8');
		const lines = this.blocks.reduce((sum, { bytes }) => sum + bytes.length + CRLF.length, 0);
		const whole = Buffer.allocUnsafe(start.length + lines + tailed);
		let to = start.copy(whole);
		let block: Block | undefined;
		for (const line of await this.order(breather)) {
			if (breather.isDue) await breather.rest();
			block = this.blockOf(line, block);
			const place = line - block.firstLine;
			const from = place === 0 ? 0 : block.ends[place - 1] + CRLF.length;
			to += block.bytes.copy(whole, to, from, block.ends[place]);
			if (line < tailed) to += whole.write(tail, to, 'latin1');
			to += whole.write(CRLF, to, 'latin1');
		}
		return whole;
	}

	/** The numbers of the lines, from 0 as they were added, in the order of the rows. */
	private async order(breather: Breather): Promise<Uint32Array> {
		const order = new Uint32Array(this.count).map((_, line) => line);
		if (this.isSorted) return order;
		const numbers = new Uint32Array(this.count);
		for (const { rowNumbers, firstLine } of this.blocks) numbers.set(rowNumbers, firstLine);
		return await sortBy(numbers, order, breather);
	}

	/** The block with a line. Neighbours in the file mostly ended together, so the last one is looked at first. */
	private blockOf(line: number, last: Block | undefined): Block {
		const holds = ({ firstLine, ends }: Block) =>
			line >= firstLine && line < firstLine + ends.length;
		if (last !== undefined && holds(last)) return last;
		let low = 0;
		let high = this.blocks.length - 1;
		while (low < high) {
			const middle = Math.ceil((low + high) / 2);
			if (this.blocks[middle].firstLine <= line) low = middle;
			else high = middle - 1;
		}
		return this.blocks[low];
	}

	private encode(): void {
		if (this.lines.length === 0) return;
		const ends = new Uint32Array(this.lines.length);
		let end = -CRLF.length;
		this.lines.forEach((line, index) => {
			end += CRLF.length + Buffer.byteLength(line, 'utf8');
			ends[index] = end;
		});
		this.blocks.push({
			bytes: Buffer.from(this.lines.join(CRLF), 'utf8'),
			ends,
			rowNumbers: Uint32Array.from(this.rowNumbers),
			firstLine: this.count - this.lines.length,
		});
		this.lines = [];
		this.rowNumbers = [];
		this.linesLength = 0;
	}
}

/**
 * Sort lines by their row numbers, by the lower half of a number and then by the upper one, which takes the same short
 * time for each line. (A comparing sort takes longer, and can't be interrupted.)
 */
async function sortBy(
	numbers: Uint32Array,
	lines: Uint32Array,
	breather: Breather,
): Promise<Uint32Array> {
	let sorted = lines;
	for (const shift of [0, 16]) {
		if (breather.isDue) await breather.rest();
		const halfOf = (line: number): number => (numbers[line] >>> shift) & 0xffff;
		// Where the next line with such a half belongs: behind all lines with a smaller one.
		const next = new Uint32Array(0x10001);
		for (const line of sorted) next[halfOf(line) + 1]++;
		for (let half = 0; half < 0xffff; half++) next[half + 1] += next[half];
		const better = new Uint32Array(sorted.length);
		for (const line of sorted) better[next[halfOf(line)]++] = line;
		sorted = better;
	}
	return sorted;
}
