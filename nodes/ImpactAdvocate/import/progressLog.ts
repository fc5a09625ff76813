/** Tells how far an import has come while it runs. Without the host's ways, and without IDs: a log is read by many. */
import { countText } from '../../shared/inputValue';
import { countRows } from './table';
import type { TableWords } from './table';
import type { ImportReport } from './report/report';

/** What there is to say comes after so many rows or so much time, whichever is first. */
const ROWS = 10_000;
const TIME_MS = 30_000;

/** Says a line to somebody. */
export type Say = (line: string) => void;

/** What of an import the lines are about. */
export interface LoggedImport {
	/** Rows of this run. */
	rows: number;
	words: TableWords;
	dryRun: boolean;
}

export class ProgressLog {
	/** Rows that have ended; `report.rows` is too dear to be asked after each of them. */
	private ended = 0;

	private endedSaid = 0;

	private saidAt: number;

	private report?: LoggedReport;

	/** @param now the time in milliseconds */
	constructor(
		private readonly say: Say,
		private readonly now: () => number,
		private readonly logged: LoggedImport,
	) {
		this.saidAt = now();
	}

	/** The account of the rows that the lines are about, from its beginning on. */
	follow(report: LoggedReport): void {
		this.report = report;
		this.ended = 0;
		this.endedSaid = 0;
	}

	/** A row has ended. */
	rowEnded(): void {
		this.ended++;
		this.look();
	}

	/** Say something when it is time to; to be called now and then while no row ends, too. */
	look(): void {
		if (this.ended - this.endedSaid < ROWS && this.now() - this.saidAt < TIME_MS) return;
		this.endedSaid = this.ended;
		this.saidAt = this.now();
		if (this.report === undefined) return;
		const { rows, rowsTaken, failed, counts } = this.report;
		const { words, dryRun } = this.logged;
		const parts = [
			`${countText(rows)} of ${countRows(this.logged.rows, words)} done`,
			...(failed > 0 ? [`${countText(failed)} of them failed`] : []),
			...(counts.notSent > 0 ? [`${countText(counts.notSent)} not sent`] : []),
			...(rowsTaken > rows ? [`${countText(rowsTaken - rows)} under way`] : []),
		];
		this.say(`${dryRun ? 'Dry run of an import' : 'Import'}: ${parts.join(', ')}`);
	}
}

type LoggedReport = Pick<ImportReport, 'rows' | 'rowsTaken' | 'failed' | 'counts'>;
