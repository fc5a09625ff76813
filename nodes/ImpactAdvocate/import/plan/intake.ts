/**
 * Decides about each row before anything is sent: plans it, settles what becomes of several rows of one participant,
 * and counts. What can't or need not be sent ends here.
 */
import { participantKey } from '../../../shared/advocate/participants';
import type { SegmentAction } from '../../../shared/segments/change';
import { ownCopy } from '../file/csvFile';
import type { CsvRow } from '../table';
import { expectFileReadError } from '../file/csvTable';
import { ParticipantIndex } from './participantIndex';
import type { PlannedRow } from './planRow';
import type { Ledger } from '../ledger';
import type { PreparedImport } from '../prepared';
import { REPEATED } from './survey';

/** A row to send, with its plan. */
export interface IntakeRow {
	row: CsvRow;
	planned: PlannedRow;
}

/** Segments that a plan lists by name. */
const MAX_PLANNED_SEGMENTS = 1000;

export class Intake {
	/** Rows of participants that an earlier row had named. */
	duplicates = 0;

	readonly rowsByAction: Record<SegmentAction, number> = { add: 0, remove: 0, set: 0, clear: 0 };

	/** Planned additions and removals by segment key, for the first `MAX_PLANNED_SEGMENTS` keys. */
	readonly segmentEffects = new Map<string, { add: number; remove: number }>();

	private readonly seen = new ParticipantIndex(false);

	/** Participants that rows before the start have named. */
	private passedOver = 0;

	constructor(
		private readonly prepared: PreparedImport,
		private readonly ledger: Ledger,
	) {}

	/** Different participants in the rows that could be read. */
	get participants(): number {
		return this.seen.size - this.passedOver;
	}

	/**
	 * Every row to send with its plan, in the order of the file. When the file can't be read to its end, those before; the
	 * ledger knows about the others.
	 * @throws FileReadError when there is none before
	 */
	async *rows(): AsyncGenerator<IntakeRow[], undefined> {
		const { ledger } = this;
		const { table, survey } = this.prepared;
		const isThrough = () => survey.rowsLeft > 0 && ledger.report.rowsTaken >= survey.rows;
		try {
			for await (const rows of table.rows()) {
				const taken: IntakeRow[] = [];
				for (const row of rows) {
					if (isThrough()) break;
					const planned = this.take(row);
					if (planned !== undefined) taken.push({ row, planned });
				}
				yield taken;
				if (isThrough()) return void ledger.allRead(survey.rowsLeft);
			}
		} catch (caught) {
			const error = expectFileReadError(caught);
			if (ledger.report.rowsTaken === 0) throw expectFileReadError(error);
			ledger.stopReading(error, survey.rows);
			return;
		}
		ledger.allRead(0);
	}

	private take(row: CsvRow): PlannedRow | undefined {
		if (row.rowNumber < this.prepared.startAtRow) {
			this.passOver(row);
			return undefined;
		}
		this.ledger.begin(row);
		const planned = this.prepared.planner.plan(row);
		if ('problem' in planned) {
			const { problem: message, bySetting, participant } = planned;
			const id = this.idOf(row);
			this.ledger.end(row, { id, ...participant, status: 'invalid', message, bySetting });
			return undefined;
		}
		const key = participantKey(planned);
		const isRepeat = !this.seen.add(key);
		if (isRepeat) this.duplicates++;
		const refusal = this.repeatRefusal(key, row, isRepeat);
		if (refusal !== undefined) {
			const { id, accountId } = planned;
			this.ledger.end(row, { id, accountId, ...refusal });
			return undefined;
		}
		if (this.isAsAsked(planned)) {
			const { id, accountId } = planned;
			this.ledger.end(row, { id, accountId, status: 'unchanged' });
			return undefined;
		}
		this.count(planned);
		return planned;
	}

	/** The ID of an invalid row, to find it by; nothing when its cells may stand in the wrong columns. */
	private idOf(row: CsvRow): string | undefined {
		if (row.problem !== undefined) return undefined;
		return row.cells[this.prepared.columns.id].trim() || undefined;
	}

	/** A row that an earlier run dealt with: which row of a participant is the first does not depend on the start. */
	private passOver(row: CsvRow): void {
		if (this.prepared.settings.duplicates !== 'first') return;
		const planned = this.prepared.planner.plan(row);
		if ('problem' in planned) return;
		const isNew = this.seen.add(participantKey(planned));
		if (isNew) this.passedOver++;
	}

	/** Why a row gives way to, or suffers from, other rows of its participant. */
	private repeatRefusal(
		key: string,
		row: CsvRow,
		isRepeat: boolean,
	): { status: 'skipped' | 'invalid'; message: string } | undefined {
		const { settings, survey, columns } = this.prepared;
		const { words } = columns;
		switch (settings.duplicates) {
			case 'merge':
				return undefined;
			case 'first':
				return isRepeat
					? {
							status: 'skipped',
							message: `An earlier ${words.row} of the same participant is used`,
						}
					: undefined;
			case 'last':
				return survey.repeats?.get(key) === row.rowNumber
					? undefined
					: { status: 'skipped', message: `A later ${words.row} of the same participant is used` };
			case 'error':
				return survey.repeats?.get(key) === REPEATED
					? {
							status: 'invalid',
							message: `The ${words.table} has several ${words.row}s of this participant`,
						}
					: undefined;
		}
	}

	/**
	 * Whether a row is settled without a write: its participant is in the segments already, or not in any of them. Who
	 * is in none of them may not exist at all, which only matters where such participants are not left out.
	 */
	private isAsAsked(planned: PlannedRow): boolean {
		const { members, settings, columns } = this.prepared;
		if (members === undefined) return false;
		if (planned.details !== undefined && columns.detailsFor === 'all') return false;
		const leavesOut = settings.ifMissing === 'skip' || settings.ifMissing === 'byAction';
		return (planned.action === 'add' || leavesOut) && members.isAsAsked(planned);
	}

	private count({ action, change }: PlannedRow): void {
		this.rowsByAction[action]++;
		for (const key of change.add) this.countEffect(key, 'add');
		for (const key of change.remove) this.countEffect(key, 'remove');
	}

	private countEffect(key: string, effect: 'add' | 'remove'): void {
		let counts = this.segmentEffects.get(key);
		if (counts === undefined) {
			if (this.segmentEffects.size >= MAX_PLANNED_SEGMENTS) return;
			counts = { add: 0, remove: 0 };
			this.segmentEffects.set(ownCopy(key), counts);
		}
		counts[effect]++;
	}
}
