/** Keeps many texts in little memory: each takes its letters and 4 bytes, while a text of its own takes up to 31 bytes beside them. Pure. */

/** Texts that are joined. The more, the less a block itself counts, and the more wait to be joined. */
const PER_BLOCK = 1024;

interface Block {
	/** All texts, one behind the other. */
	text: string;
	/** Of each text, where it ends. */
	ends: Uint32Array;
}

export class TextList {
	private readonly blocks: Block[] = [];

	/** The last ones, not joined yet. */
	private open: string[] = [];

	push(text: string): void {
		this.open.push(text);
		if (this.open.length < PER_BLOCK) return;
		this.blocks.push(joined(this.open));
		this.open = [];
	}

	/** @param place of a text in the list, from 0 */
	at(place: number): string {
		const index = place % PER_BLOCK;
		const number = (place - index) / PER_BLOCK;
		if (number === this.blocks.length) return this.open[index];
		const { text, ends } = this.blocks[number];
		return text.slice(index === 0 ? 0 : ends[index - 1], ends[index]);
	}
}

function joined(texts: readonly string[]): Block {
	let end = 0;
	return { text: texts.join(''), ends: Uint32Array.from(texts, ({ length }) => (end += length)) };
}
