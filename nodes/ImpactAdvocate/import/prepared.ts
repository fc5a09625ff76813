/** What an import is asked for, and what is known before its first row is sent. */
import type { SegmentDirectory } from '../../shared/advocate/segmentDirectory';
import type { IfParticipantMissing } from '../writes/write';
import type { Checkpoint } from './checkpoint';
import type { EngineChoice } from './jobs/chooseEngine';
import type { JobSettings } from './jobs/runJobs';
import type { ColumnMap, ColumnOptions } from './plan/columns';
import type { KnownMembers } from './plan/knownMembers';
import type { RowPlanner } from './plan/planRow';
import type { Survey } from './plan/survey';
import type { ActionChoice } from './plan/voices';
import type { ProgressLog } from './progressLog';
import type { RunTime } from './runTime';
import type { RowsToKeep, StopRule } from './report/report';
import type { Table } from './table';

/** `byAction`: create when segments are added or set, skip when they are removed or cleared. */
export type ImportIfMissing = IfParticipantMissing | 'byAction';

/** Which rows count when a file has several of one participant. */
export type DuplicatePolicy = 'merge' | 'last' | 'first' | 'error';

export interface ImportSettings {
	columns: ColumnOptions;
	action: ActionChoice;
	/** Names or keys. */
	segments: readonly string[];
	/** Whether IDs that look damaged are taken as they stand. */
	acceptUnusualIds: boolean;
	blankCells: 'ignore' | 'clear';
	duplicates: DuplicatePolicy;
	ifMissing: ImportIfMissing;
	verify: boolean;
	createMissingSegments: boolean;
	/** Whether rows that ask for nothing new are left out: with the actions add and remove only. */
	skipMembers: boolean;
	/** Most segments that a run may create, over all its files. */
	maxNewSegments: number;
	concurrency: number;
	batchSize: number;
	dryRun: boolean;
	/** In a dry run: participants whose segments before and after are worked out. */
	previewSize: number;
	/** Rows with a smaller number are left out; to go on where an earlier run ended. */
	startAtRow: number;
	/** Rows that a run takes, from there on; Infinity for all of them. A dry run takes all in any case. */
	maxRows: number;
	stopRule: StopRule;
	/** When the import has to end, if so. */
	runTime?: RunTime;
	rowsToKeep: RowsToKeep;
	/** Whether rows that are kept keep their cells, when they have to be imported again. */
	keepCells: boolean;
	protectFormulas: boolean;
	engine: EngineChoice;
	job: JobSettings;
	/** Name of the file or workflow, for the names of jobs. */
	name: string;
	/** Whether to keep what is needed to take the import back. */
	undo: boolean;
}

/** What is known before the first row is sent. */
export interface PreparedImport {
	settings: ImportSettings;
	table: Table;
	columns: ColumnMap;
	planner: RowPlanner;
	survey: Survey;
	startAtRow: number;
	/** See `importKeyOf`. */
	importKey: string;
	/** Only when an interrupted import is to be continued. */
	checkpoint?: Checkpoint;
	/** Only when somebody wants to follow the import. */
	log?: ProgressLog;
	directory: SegmentDirectory;
	/** Only when rows that ask for nothing new are left out. */
	members?: KnownMembers;
}

/** Whether rows may create their participants. */
export const mayCreate = ({
	ifMissing,
	action,
}: Pick<ImportSettings, 'ifMissing' | 'action'>): boolean =>
	ifMissing === 'create' || (ifMissing === 'byAction' && action !== 'remove' && action !== 'clear');
