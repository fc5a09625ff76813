/** Where in a file something stands, as a spreadsheet counts: line breaks inside of quotes begin no row. */

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
