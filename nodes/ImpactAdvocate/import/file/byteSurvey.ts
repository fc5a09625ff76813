/**
 * What the bytes of a file say about its encoding when it is not plain UTF-8, or said not to be, and in which rows they
 * stand. Rows count as in a spreadsheet: line breaks inside of quotes begin none.
 */

/** Bytes, and the row that they stand in. */
export interface BytesInRow {
	rowNumber: number;
	bytes: readonly number[];
	/** In the file. */
	offset: number;
}

/** Bytes that Windows-1252 has no character for. */
const UNDEFINED_IN_1252: readonly number[] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/** As hexadecimal numbers: `C3 BC`. */
export const hex = (bytes: readonly number[]): string =>
	bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

/** Goes through the bytes of a file and sorts out what is UTF-8 in it, beside ASCII, and what is not. */
export class ByteSurvey {
	/** Characters of UTF-8 that take more than one byte. */
	characters = 0;

	firstCharacter?: BytesInRow;

	/** Bytes, or the starts of characters, that are not UTF-8. */
	bad = 0;

	firstBad?: BytesInRow;

	/** The first byte that is neither UTF-8 nor Windows-1252. */
	firstUndefined?: BytesInRow;

	/**
	 * Whether there are characters that hardly any other encoding has by chance: `Ã` or `Â` followed by a sign (from `ü`,
	 * `é`, `°`), or three bytes that fit. Two other bytes happen to fit now and then: `É’`, `ß“`.
	 */
	private isTelling = false;

	private readonly rows = new RowCounter();

	/** Bytes of earlier calls. */
	private passed = 0;

	/** The character that has begun, and where. */
	private begun: number[] = [];

	private begunAt = 0;

	/** Bytes that it still lacks, and what the next one may be. */
	private missing = 0;

	private low = 0x80;

	private high = 0xbf;

	pass(bytes: Uint8Array): void {
		for (let index = 0; index < bytes.length; index++) {
			const byte = bytes[index];
			if (this.missing > 0 && (byte < this.low || byte > this.high)) this.spoil();
			if (this.missing > 0) this.goOn(byte);
			else if (byte > 0x7f) this.begin(byte, this.passed + index);
			this.rows.pass(byte);
		}
		this.passed += bytes.length;
	}

	end(): void {
		if (this.missing > 0) this.spoil();
	}

	/** Whether most of it is UTF-8, but not all. */
	get isMostlyUtf8(): boolean {
		return this.bad > 0 && this.characters >= this.bad;
	}

	/** Whether parts of it are UTF-8, and others are not. */
	get isMixture(): boolean {
		if (this.bad === 0 || this.characters === 0) return false;
		return this.isTelling || 4 * this.characters >= this.bad;
	}

	/** Whether all of it is UTF-8, and more than ASCII. */
	get isUtf8(): boolean {
		return this.bad === 0 && this.characters > 0;
	}

	private begin(byte: number, offset: number): void {
		this.begun = [byte];
		this.begunAt = offset;
		// Longer forms of the same character, surrogates and what is above U+10FFFF are not UTF-8.
		this.low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
		this.high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
		if (byte < 0xc2 || byte > 0xf4) this.spoil();
		else this.missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	}

	private goOn(byte: number): void {
		this.begun.push(byte);
		this.low = 0x80;
		this.high = 0xbf;
		this.missing--;
		if (this.missing > 0) return;
		this.characters++;
		this.firstCharacter ??= this.here();
		this.isTelling ||= this.begun.length > 2 || this.begun[0] <= 0xc3;
	}

	private spoil(): void {
		this.missing = 0;
		this.bad++;
		this.firstBad ??= this.here();
		const undefinedAt = this.begun.findIndex((byte) => UNDEFINED_IN_1252.includes(byte));
		if (undefinedAt === -1) return;
		this.firstUndefined ??= {
			...this.here(),
			bytes: [this.begun[undefinedAt]],
			offset: this.begunAt + undefinedAt,
		};
	}

	private here(): BytesInRow {
		return { rowNumber: this.rows.row, bytes: this.begun, offset: this.begunAt };
	}
}

const LF = 10;
const CR = 13;
const QUOTE = 34;

/** What a quote that opens a cell may stand behind. */
const BEFORE_CELL = new Set([LF, CR, QUOTE, ...[',', ';', '\t', '|'].map((c) => c.charCodeAt(0))]);

/** Takes characters, or the bytes of an encoding in which these characters are bytes. */
export class RowCounter {
	private lineFeeds = 0;

	private returns = 0;

	private isQuoted = false;

	private previous = LF;

	/** The row that the next character belongs to. */
	get row(): number {
		// Files of old Macintosh programs end their rows with a carriage return alone.
		return 1 + (this.lineFeeds > 0 ? this.lineFeeds : this.returns);
	}

	pass(code: number): void {
		if (code > QUOTE) {
			// Nearly all of a file; worth the shortcut.
		} else if (code === QUOTE) {
			// The second quote of a doubled one opens again what the first one closed.
			this.isQuoted = !this.isQuoted && BEFORE_CELL.has(this.previous);
		} else if (!this.isQuoted) {
			if (code === LF) this.lineFeeds++;
			else if (code === CR) this.returns++;
		}
		this.previous = code;
	}

	passText(text: string): void {
		for (let index = 0; index < text.length; index++) this.pass(text.charCodeAt(index));
	}
}
