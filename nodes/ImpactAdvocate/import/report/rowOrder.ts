/**
 * Keeps the order of a participant's rows over two imports. A row that failed is imported again after later rows of the
 * same participant were applied, and would then have the last word. So these come again too, in the same file: applied
 * a second time behind it, they leave the participant as one import without the failure would have.
 */
import { ParticipantIndex } from '../plan/participantIndex';

/** A row that was not applied, and the rejects that should say which row came after them. */
export interface Overtaken {
	firstRow: number;
	lines: number[];
}

export class RowOrder {
	/** By participant: the latest line of the rejects file that one of its failed rows has, plus one. */
	private readonly latest = new ParticipantIndex(true);

	/** By line with a failed row: the earlier one of its participant, its own row, and the first row of both. */
	private readonly lines = new Map<number, { earlier: number; row: number; firstRow: number }>();

	/** Lines that say already which row came after them. */
	private readonly told = new Set<number>();

	/** By participant with a row in doubt: that row, and what came after it. */
	private readonly inDoubt = new Map<
		string,
		{ firstRow: number; after: Array<{ line: number; row: number }> }
	>();

	/** A row is in doubt: until that ends, it may be one that failed. */
	doubt(key: string, row: number): void {
		if (!this.inDoubt.has(key)) this.inDoubt.set(key, { firstRow: row, after: [] });
	}

	/**
	 * A row failed, and is in a line of the rejects file.
	 * @returns the row that has changed its participant since, if one has
	 */
	failed(key: string, line: number, row: number): number | undefined {
		const earlier = (this.latest.set(key, line + 1) ?? 0) - 1;
		const firstRow = Math.min(row, this.lines.get(earlier)?.firstRow ?? row);
		this.lines.set(line, { earlier, row, firstRow });
		const next = this.inDoubt.get(key)?.after.find((later) => later.row > row)?.row;
		if (next !== undefined) this.told.add(line);
		return next;
	}

	/**
	 * A row was applied.
	 * @returns what it has overtaken; nothing when it need not come again
	 */
	applied(key: string, row: number): Overtaken | undefined {
		if (this.latest.size === 0 && this.inDoubt.size === 0) return undefined;
		const latest = (this.latest.get(key) ?? 0) - 1;
		const { firstRow = Infinity } = this.lines.get(latest) ?? {};
		const first = Math.min(firstRow, this.inDoubt.get(key)?.firstRow ?? Infinity);
		if (first >= row) return undefined;
		const overtaken: number[] = [];
		for (let line = latest; !this.told.has(line); ) {
			const entry = this.lines.get(line);
			if (entry === undefined) break;
			if (entry.row < row) {
				overtaken.push(line);
				this.told.add(line);
			}
			line = entry.earlier;
		}
		return { firstRow: first, lines: overtaken };
	}

	/** A row that was applied comes again, in this line. */
	comesAgain(key: string, line: number, row: number): void {
		this.inDoubt.get(key)?.after.push({ line, row });
	}

	/** Lines that need not come again after all: nothing of their participants has failed. */
	superfluous(): number[] {
		return [...this.inDoubt]
			.filter(([key]) => !this.latest.has(key))
			.flatMap(([, { after }]) => after.map(({ line }) => line));
	}
}
