/**
 * Decides about each row before anything is sent: plans it, settles what becomes of several rows of one participant,
 * and counts. What can't or need not be sent goes to the report here.
 */
import { participantKey } from '../../../shared/advocate/participants';
import type { SegmentAction } from '../../../shared/segments/change';
import { ownCopy } from '../file/csvFile';
import type { CsvFile, CsvRow } from '../file/csvFile';
import { ParticipantIndex } from './participantIndex';
import type { PlannedRow, RowPlanner } from './planRow';
import type { ImportReport } from '../report/report';
import { REPEATED } from './survey';

/** Which rows count when a file has several of one participant. */
export type DuplicatePolicy = 'merge' | 'last' | 'first' | 'error';

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
		private readonly file: CsvFile,
		private readonly planner: RowPlanner,
		private readonly report: ImportReport,
		private readonly duplicatePolicy: DuplicatePolicy,
		/** From the survey, when the policy needs to know later rows. */
		private readonly repeats: ParticipantIndex | undefined,
		/** Rows before this one are left out. */
		private readonly startAtRow: number,
	) {}

	/** Different participants in the rows that could be read. */
	get participants(): number {
		return this.seen.size - this.passedOver;
	}

	/** Every row to send with its plan, in the order of the file. */
	async *rows(): AsyncGenerator<Array<{ row: CsvRow; planned: PlannedRow }>> {
		for await (const rows of this.file.rows()) {
			const taken: Array<{ row: CsvRow; planned: PlannedRow }> = [];
			for (const row of rows) {
				const planned = this.take(row);
				if (planned !== undefined) taken.push({ row, planned });
			}
			yield taken;
		}
	}

	private take(row: CsvRow): PlannedRow | undefined {
		if (row.rowNumber < this.startAtRow) {
			this.passOver(row);
			return undefined;
		}
		this.report.rowsTaken++;
		const planned = this.planner.plan(row);
		if ('problem' in planned) {
			this.report.add(row, { status: 'invalid', message: planned.problem });
			return undefined;
		}
		const key = participantKey(planned);
		const isRepeat = !this.seen.add(key);
		if (isRepeat) this.duplicates++;
		const refusal = this.repeatRefusal(key, row, isRepeat);
		if (refusal !== undefined) {
			const { accountId, id } = planned;
			this.report.add(row, { accountId, id, ...refusal });
			return undefined;
		}
		this.count(planned);
		return planned;
	}

	/** A row that an earlier run dealt with: which row of a participant is the first does not depend on the start. */
	private passOver(row: CsvRow): void {
		if (this.duplicatePolicy !== 'first') return;
		const planned = this.planner.plan(row);
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
		switch (this.duplicatePolicy) {
			case 'merge':
				return undefined;
			case 'first':
				return isRepeat
					? { status: 'skipped', message: 'An earlier row of the same participant is used' }
					: undefined;
			case 'last':
				return this.repeats?.get(key) === row.rowNumber
					? undefined
					: { status: 'skipped', message: 'A later row of the same participant is used' };
			case 'error':
				return this.repeats?.get(key) === REPEATED
					? { status: 'invalid', message: 'The file has several rows of this participant' }
					: undefined;
		}
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
