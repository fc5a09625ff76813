/** Small looks at a text, for readers that go through it once. Pure. */

/** Looks ahead in a text without looking at the same stretch of it again and again. */
export class Finder {
	private from = 0;

	private found = -1;

	constructor(private readonly find: (from: number) => number) {}

	/** The first place at or after `from`, or infinity. */
	next(from: number): number {
		if (from < this.from || from > this.found) {
			const found = this.find(from);
			this.from = from;
			this.found = found === -1 ? Infinity : found;
		}
		return this.found;
	}
}

/** Blanks that programs put between a delimiter and a quote: no line breaks, but also those without a width. */
export function isBlankCode(code: number): boolean {
	return (
		code === 32 ||
		code === 9 ||
		code === 160 ||
		(code >= 0x2000 && code <= 0x200b) ||
		code === 0x202f ||
		code === 0x3000 ||
		code === 0xfeff
	);
}

export function backslashesBefore(text: string, at: number, from: number): number {
	let count = 0;
	while (at - count > from && text[at - count - 1] === '\\') count++;
	return count;
}

export function countIn(text: string, character: string, from: number, until: number): number {
	let count = 0;
	let at = text.indexOf(character, from);
	while (at !== -1 && at < until) {
		count++;
		at = text.indexOf(character, at + 1);
	}
	return count;
}
