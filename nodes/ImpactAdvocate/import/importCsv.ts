/** The import of one file: read, plan, send, report. Knows neither n8n nor where the bytes come from. */
import { isFatal } from '../advocate/errors';
import type { AdvocateError } from '../advocate/errors';
import type { Transport } from '../advocate/transport';
import { participantKey } from '../advocate/users';
import type { SegmentAction } from '../segments/change';
import { mapColumns } from './columns';
import type { ColumnMap, ColumnOptions } from './columns';
import { CsvFileError, openCsv } from './csv';
import type { CsvFile, CsvOptions, CsvRow } from './csv';
import type { OpenBytes } from './decode';
import { ParticipantIndex } from './participantIndex';
import { planRow } from './plan';
import type { PlannedRow, PlanSettings } from './plan';
import { failureOf, ImportReport } from './report';
import type { RowsToKeep, StopRule } from './report';
import { runWrites } from './rowEngine';
import type {
	IfParticipantMissing,
	ParticipantWrite,
	RowEngineStatistics,
	WritePolicy,
	WriteResult,
} from './rowEngine';

/** Which rows count when a file has several of one participant. */
export type DuplicatePolicy = 'merge' | 'last' | 'first' | 'error';

/** `byAction`: create when segments are added or set, skip when they are removed or cleared. */
export type ImportIfMissing = IfParticipantMissing | 'byAction';

export interface ImportSettings {
	csv: CsvOptions;
	columns: ColumnOptions;
	action: SegmentAction;
	segments: readonly string[];
	blankCells: 'ignore' | 'clear';
	duplicates: DuplicatePolicy;
	ifMissing: ImportIfMissing;
	verify: boolean;
	createMissingSegments: boolean;
	concurrency: number;
	batchSize: number;
	dryRun: boolean;
	/** Rows with a smaller record number are left out; to go on where an earlier run ended. */
	startAtRecord: number;
	stopRule: StopRule;
	rowsToKeep: RowsToKeep;
	protectFormulas: boolean;
}

/** What the import of one file led to. */
export interface ImportResult {
	file: CsvFile;
	columns: ColumnMap;
	report: ImportReport;
	/** Rows of participants that an earlier row had named. */
	duplicates: number;
	/** Different participants in the rows that could be read. */
	participants: number;
	/** Planned rows by action. */
	rowsByAction: Readonly<Record<SegmentAction, number>>;
	/** Planned additions and removals by segment key; bounded, see `MAX_PLANNED_SEGMENTS`. */
	segmentEffects: ReadonlyMap<string, { add: number; remove: number }>;
	/** The first row that was not sent, where an interrupted run can be continued. */
	firstRecordNotSent?: number;
	/** Of the row engine; none in a dry run. */
	engine?: RowEngineStatistics;
	/** The failure that ended the run before the file's end. */
	fatalError?: AdvocateError;
	/** Why the file could not be read to its end; all rows before were dealt with. */
	fileError?: CsvFileError;
}

/** Segments that a plan lists by name. */
const MAX_PLANNED_SEGMENTS = 1000;

/**
 * Import a file.
 * @param open gives the file's bytes from the start; called more than once
 * @throws CsvFileError when the file as a whole can't be imported; nothing has been sent then
 */
export async function importCsv(
	transport: Transport,
	open: OpenBytes,
	settings: ImportSettings,
): Promise<ImportResult> {
	const file = await openCsv(open, settings.csv);
	const columns = mapColumns(file.header, settings.columns);
	const run = new ImportRun(file, columns, settings);
	await run.findRepeats();
	return settings.dryRun ? await run.plan() : await run.send(transport);
}

/** What a write remembers of its row. */
interface RowSource {
	row: CsvRow;
}

/** For participants whose rows are refused because there is more than one. */
const REPEATED = 0xfffffffe;

/** @throws what is no fault of the file, unchanged */
function expectFileError(caught: unknown): CsvFileError {
	if (caught instanceof CsvFileError) return caught;
	throw caught;
}

class ImportRun {
	private readonly report: ImportReport;

	private readonly planSettings: PlanSettings;

	/** Filled before anything is sent, when the choice of a row depends on later ones. */
	private repeats?: ParticipantIndex;

	private readonly seen = new ParticipantIndex();

	private duplicates = 0;

	private readonly rowsByAction: Record<SegmentAction, number> = {
		add: 0,
		remove: 0,
		set: 0,
		clear: 0,
	};

	private readonly segmentEffects = new Map<string, { add: number; remove: number }>();

	private firstRecordNotSent?: number;

	private fileError?: CsvFileError;

	private readonly policies: Readonly<Record<SegmentAction, WritePolicy>>;

	constructor(
		private readonly file: CsvFile,
		private readonly columns: ColumnMap,
		private readonly settings: ImportSettings,
	) {
		this.report = new ImportReport(
			file.header,
			settings.rowsToKeep,
			settings.stopRule,
			settings.protectFormulas,
		);
		this.planSettings = {
			columns,
			action: settings.action,
			segments: settings.segments,
			blankCells: settings.blankCells,
		};
		const creating = this.policy('create');
		const skipping = this.policy('skip');
		this.policies = { add: creating, set: creating, remove: skipping, clear: skipping };
	}

	private policy(byAction: IfParticipantMissing): WritePolicy {
		const { ifMissing, verify, createMissingSegments } = this.settings;
		return {
			ifMissing: ifMissing === 'byAction' ? byAction : ifMissing,
			readBefore: false,
			verify,
			createMissingSegments,
		};
	}

	/** Read the file once ahead when later rows decide about earlier ones. */
	async findRepeats(): Promise<void> {
		const { duplicates } = this.settings;
		if (duplicates !== 'last' && duplicates !== 'error') return;
		this.repeats = new ParticipantIndex();
		for await (const rows of this.file.rows()) {
			for (const row of rows) {
				if (row.recordNumber < this.settings.startAtRecord) continue;
				const planned = planRow(row, this.planSettings);
				if ('problem' in planned) continue;
				const key = participantKey(planned);
				if (duplicates === 'last') this.repeats.set(key, row.recordNumber);
				else if (this.repeats.set(key, row.recordNumber) !== undefined) {
					this.repeats.set(key, REPEATED);
				}
			}
		}
	}

	/** Dry run: plan every row, send nothing. */
	async plan(): Promise<ImportResult> {
		for await (const rows of this.file.rows()) {
			for (const row of rows) {
				const planned = this.take(row);
				if (planned === undefined) continue;
				const { accountId, id } = planned;
				this.report.add(row, { accountId, id, status: 'planned' });
			}
		}
		return this.result();
	}

	/** Send every row that can be sent. */
	async send(transport: Transport): Promise<ImportResult> {
		const { concurrency, batchSize } = this.settings;
		const engine = await runWrites(
			transport,
			this.writes(),
			{
				concurrency,
				batchSize,
				mergeRepeats: true,
				stopReason: () => this.report.stopReason(),
			},
			(write, result) => this.settle(write, result),
		);
		return { ...this.result(), engine, fatalError: engine.fatalError };
	}

	private result(): ImportResult {
		return {
			file: this.file,
			columns: this.columns,
			report: this.report,
			duplicates: this.duplicates,
			participants: this.seen.size,
			rowsByAction: this.rowsByAction,
			segmentEffects: this.segmentEffects,
			firstRecordNotSent: this.firstRecordNotSent ?? this.fileError?.recordNumber,
			fileError: this.fileError,
		};
	}

	private async *writes(): AsyncGenerator<Array<ParticipantWrite<RowSource>>> {
		for await (const rows of this.readableRows()) {
			const writes: Array<ParticipantWrite<RowSource>> = [];
			for (const row of rows) {
				const planned = this.take(row);
				if (planned === undefined) continue;
				writes.push({
					accountId: planned.accountId,
					id: planned.id,
					change: planned.change,
					...(planned.details === undefined ? {} : { details: planned.details }),
					policy: this.policies[planned.action],
					sources: [{ row }],
				});
			}
			yield writes;
		}
	}

	/** The rows up to the end, or up to one that can't be read: what was sent by then must still be reported. */
	private async *readableRows(): AsyncGenerator<CsvRow[]> {
		try {
			yield* this.file.rows();
		} catch (caught) {
			this.fileError = expectFileError(caught);
		}
	}

	/** Plan a row; what can't or need not be sent is reported here. */
	private take(row: CsvRow): PlannedRow | undefined {
		if (row.recordNumber < this.settings.startAtRecord) return undefined;
		this.report.rowsTaken++;
		const planned = planRow(row, this.planSettings);
		if ('problem' in planned) {
			this.report.add(row, { status: 'invalid', message: planned.problem });
			return undefined;
		}
		const key = participantKey(planned);
		const isRepeat = this.seen.set(key, row.recordNumber) !== undefined;
		if (isRepeat) this.duplicates++;
		const { accountId, id } = planned;
		const refusal = this.repeatRefusal(key, row, isRepeat);
		if (refusal !== undefined) {
			this.report.add(row, { accountId, id, ...refusal });
			return undefined;
		}
		this.count(planned);
		return planned;
	}

	/** Why a row gives way to, or suffers from, other rows of its participant. */
	private repeatRefusal(
		key: string,
		row: CsvRow,
		isRepeat: boolean,
	): { status: 'skipped' | 'invalid'; message: string } | undefined {
		switch (this.settings.duplicates) {
			case 'merge':
				return undefined;
			case 'first':
				return isRepeat
					? { status: 'skipped', message: 'An earlier row of the same participant is used' }
					: undefined;
			case 'last':
				return this.repeats?.get(key) === row.recordNumber
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
			this.segmentEffects.set(key, counts);
		}
		counts[effect]++;
	}

	private settle(write: ParticipantWrite<RowSource>, result: WriteResult): void {
		const { accountId, id } = write;
		for (const { row } of write.sources) {
			switch (result.status) {
				case 'succeeded':
					this.report.add(row, {
						accountId,
						id,
						status: 'succeeded',
						segments: result.segments,
					});
					break;
				case 'rejected':
					// It would have gone through with a credential that works, so a later run has to start there.
					if (isFatal(result.error)) this.noteNotSent(row);
					this.report.add(row, { accountId, id, ...failureOf(result.error) });
					break;
				case 'skipped':
					this.report.add(row, { accountId, id, status: 'skipped', message: result.reason });
					break;
				case 'notSent':
					this.noteNotSent(row);
					this.report.add(row, {
						accountId,
						id,
						status: 'notSent',
						message: `Not sent. ${result.reason}`,
					});
			}
		}
	}

	private noteNotSent({ recordNumber }: CsvRow): void {
		this.firstRecordNotSent = Math.min(this.firstRecordNotSent ?? Infinity, recordNumber);
	}
}
