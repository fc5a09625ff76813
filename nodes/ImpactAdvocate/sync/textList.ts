/**
 * Keeps many texts in little memory: each takes its letters and 4 bytes, while a text of its own takes up to 31 bytes
 * beside them. As bytes, since a million texts on their way into a block would be moved and left behind by the garbage
 * collection. Pure.
 */

/** Texts of a block. The more, the less a block itself counts. */
const PER_BLOCK = 1024;

/** Room for the texts of the first block, in bytes. */
const FIRST_ROOM = 32 * 1024;

/** A text without such a letter takes one byte for each, any other two: so all come back as they were. */
const WIDE_LETTER = /[\u0100-\uffff]/;

interface Block {
	/** All texts, one behind the other. */
	bytes: Buffer;
	/** Of each text, where it ends, times two, and one more when it takes two bytes a letter. */
	ends: Uint32Array;
}

export class TextList {
	/** Full ones; nothing for one whose texts are all empty. */
	private readonly blocks: Array<Block | undefined> = [];

	/** The block that is not full yet. Its room is used again. */
	private readonly open: Block = {
		bytes: Buffer.allocUnsafeSlow(FIRST_ROOM),
		ends: new Uint32Array(PER_BLOCK),
	};

	/** Texts of the open block. */
	private count = 0;

	/** Bytes of the open block. */
	private length = 0;

	push(text: string): void {
		const isWide = WIDE_LETTER.test(text);
		const end = this.length + (isWide ? 2 : 1) * text.length;
		if (end > this.open.bytes.length) this.open.bytes = copyOf(this.open.bytes, 2 * end);
		this.open.bytes.write(text, this.length, isWide ? 'utf16le' : 'latin1');
		this.length = end;
		this.open.ends[this.count++] = 2 * end + (isWide ? 1 : 0);
		if (this.count === PER_BLOCK) this.close();
	}

	/** @param place of a text in the list, from 0 */
	at(place: number): string {
		const index = place % PER_BLOCK;
		const number = (place - index) / PER_BLOCK;
		const block = number === this.blocks.length ? this.open : this.blocks[number];
		if (block === undefined) return '';
		const { bytes, ends } = block;
		const start = index === 0 ? 0 : ends[index - 1] >>> 1;
		return bytes.toString(ends[index] % 2 === 1 ? 'utf16le' : 'latin1', start, ends[index] >>> 1);
	}

	private close(): void {
		const { bytes, ends } = this.open;
		this.blocks.push(
			this.length === 0
				? undefined
				: { bytes: copyOf(bytes.subarray(0, this.length), this.length), ends: ends.slice() },
		);
		this.count = 0;
		this.length = 0;
	}
}

function copyOf(bytes: Buffer, room: number): Buffer {
	const copy = Buffer.allocUnsafeSlow(room);
	bytes.copy(copy);
	return copy;
}
