/**
 * The account of one import. Every row begins and ends here, once, whichever way it goes; all that follows from that
 * (counts, rejects file, undo file, where to go on after an interruption) is kept behind these two calls.
 */
import type { ParticipantId } from '../../shared/advocate/participants';
import type { CsvRow } from './table';
import type { FileReadError } from './file/csvTable';
import type { ColumnMap } from './plan/columns';
import type { PreparedImport } from './prepared';
import { ImportReport } from './report/report';
import type { RowOutcome } from './report/report';
import { UndoFile } from './report/undo';
import type { ProgressLog } from './progressLog';

/** How a row ended. */
export interface RowEnding extends Omit<RowOutcome, 'rowNumber'> {
	/** The row stays open for the next run: it was not sent, or failed because the whole run failed. */
	isLeft?: boolean;
}

export class Ledger {
	readonly report: ImportReport;

	/** Only when the import is to be taken back some day. */
	readonly undo?: UndoFile;

	private readonly checkpoint: PreparedImport['checkpoint'];

	private readonly progress: Progress;

	private readonly log?: ProgressLog;

	/** Why the rest of the file was not read. */
	readError?: FileReadError;

	/** Whether every row of the run has begun. */
	isAllRead = false;

	/** Rows of the file that are left to later runs, once all rows of this one have begun. */
	private rowsLeft = 0;

	constructor({ table, columns, settings, startAtRow, checkpoint, log }: PreparedImport) {
		this.report = new ImportReport(table.header, settings, saysMore(columns), table.delimiter);
		if (settings.undo) this.undo = new UndoFile(settings.protectFormulas, table.delimiter);
		this.checkpoint = checkpoint;
		this.progress = new Progress(startAtRow);
		this.log = log;
		log?.follow(this.report);
	}

	/** A row was read. Rows begin in the order of the file. */
	begin({ rowNumber }: CsvRow): void {
		this.report.rowsTaken++;
		this.progress.begin(rowNumber);
		this.log?.look();
	}

	/** It is settled what became of a row. Rows end in any order. */
	end(row: CsvRow, { isLeft, ...outcome }: RowEnding): void {
		this.report.add(row, outcome);
		this.log?.rowEnded();
		if (isLeft) return;
		this.progress.end(row.rowNumber);
	}

	/** Rows of a participant are through, without anybody knowing whether they were applied; they end later. */
	doubt(participant: ParticipantId, rows: readonly CsvRow[]): void {
		this.report.doubt(participant, rows);
	}

	/** The segments of a participant were changed, or may have been, by these rows. */
	noteChange(
		participant: ParticipantId,
		before: readonly string[],
		after: readonly string[],
		rows: readonly CsvRow[],
	): void {
		this.undo?.add(
			participant,
			before,
			after,
			rows.map(({ rowNumber }) => rowNumber),
		);
	}

	/**
	 * Every row of the run has begun.
	 * @param rowsLeft rows of the file behind them
	 */
	allRead(rowsLeft: number): void {
		this.isAllRead = true;
		this.rowsLeft = rowsLeft;
	}

	/** The row that later runs begin with; nothing when none is left to them, or not all of this run's have begun. */
	get firstRowLeft(): number | undefined {
		return this.rowsLeft > 0 ? this.progress.firstNotBegun : undefined;
	}

	/**
	 * The file can't be read any further. The rows that have not begun are not sent; nobody knows their cells any more.
	 * @param rows that there are in all
	 */
	stopReading(error: FileReadError, rows: number): void {
		this.readError = error;
		this.report.counts.notSent += rows - this.report.rowsTaken;
	}

	/** Whether rows behind those of this run may change participants again that its rejects file is about. */
	get mayOvertake(): boolean {
		return this.report.hasOpenParticipants;
	}

	/** Where an interrupted import can be continued; nothing when every row of the file has ended. */
	get firstRowNotSent(): number | undefined {
		const { hasOpenRows, firstOpenRow } = this.progress;
		return hasOpenRows || !this.isAllRead || this.rowsLeft > 0 ? firstOpenRow : undefined;
	}

	/** The run has ended in order: tell the next one where to go on, whichever engine it uses. */
	close(): void {
		this.report.close();
		this.checkpoint?.close(this.firstRowNotSent);
	}
}

/** Whether rows may ask for different things. */
const saysMore = ({ segments, action, details }: ColumnMap): boolean =>
	segments !== undefined || action !== undefined || details.length > 0;

/** Knows how far an import has come although rows end in another order than they begin. */
export class Progress {
	/** Rows that have begun, in order; those before `start` have ended. */
	private begun: number[] = [];

	private start = 0;

	/** Rows behind `start` that have ended. A new set each time it is empty: one with a past keeps memory, see `WriteQueue`. */
	private ended = new Set<number>();

	/** @param next the first row of the import */
	constructor(private next: number) {}

	/** The row after the latest that has begun. */
	get firstNotBegun(): number {
		return this.next;
	}

	get hasOpenRows(): boolean {
		return this.start < this.begun.length;
	}

	/** Every row before this one has ended. */
	get firstOpenRow(): number {
		return this.hasOpenRows ? this.begun[this.start] : this.next;
	}

	/** Rows begin in the order of the file. */
	begin(rowNumber: number): void {
		this.begun.push(rowNumber);
		this.next = rowNumber + 1;
	}

	/** Rows end in any order, each once. */
	end(rowNumber: number): void {
		if (rowNumber !== this.begun[this.start]) {
			this.ended.add(rowNumber);
			return;
		}
		this.start++;
		if (this.ended.size > 0) this.followEnded();
		// Forgets now and then what has ended, not each time: that would copy all the rest.
		if (this.start > 4096 && this.start * 2 > this.begun.length) {
			this.begun = this.begun.slice(this.start);
			this.start = 0;
		}
	}

	private followEnded(): void {
		while (this.ended.delete(this.begun[this.start])) this.start++;
		if (this.ended.size === 0) this.ended = new Set();
	}
}
