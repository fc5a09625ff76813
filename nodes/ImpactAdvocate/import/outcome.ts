/** What an import led to. */
import type { AdvocateError } from '../../shared/advocate/client/error';
import type { WriteStatistics } from '../writes/run';
import type { Interruption } from './checkpoint';
import type { JobRun } from './jobs/runJobs';
import type { Ledger } from './ledger';
import type { ParticipantEffect } from './plan/effectPreview';
import type { Intake } from './plan/intake';
import type { PreparedImport } from './prepared';

/** What came of the rows, whichever way they went. */
export interface RunOutcome {
	ledger: Ledger;
	intake: Pick<Intake, 'duplicates' | 'participants' | 'rowsByAction' | 'segmentEffects'>;
	/** Participants that were, or in a dry run would be, created; nothing when they were not looked up first. */
	participantsCreated?: number;
	/** In a dry run: why it is not known who would be created. */
	lookUpFailure?: AdvocateError;
	/** Why the import ended before everything was sent. */
	stopReason?: string;
	/** The failure behind it, when no later request could have succeeded. */
	fatalError?: AdvocateError;
	/** Only row by row, and not in a dry run. */
	writes?: WriteStatistics;
	jobs?: JobRun;
	/** Only in a dry run. */
	effects?: ParticipantEffect[];
}

/** What the import of one file led to. */
export interface ImportResult extends RunOutcome, Pick<PreparedImport, 'table' | 'columns'> {
	/** How the rows were sent, or would be. */
	engine: 'rows' | 'job';
	engineReason: string;
	/** The first row, when it is not the file's first one. */
	startedAtRow?: number;
	/** Rows behind those of this run, which are left to the next one: see `ImportSettings.maxRows`. */
	rowsLeft: number;
	/** Where the next run goes on, when this one has ended in order without having taken all rows. */
	nextRow?: number;
	/** Whether the run has done its rows, and others are left only because it was to take no more. */
	isSlice: boolean;
	createdSegments: readonly string[];
	/** The import that was gone on with, when rows were left out for it. */
	continued?: Interruption;
	/** Missing segments that were, or in a dry run would be, created. */
	newSegments: readonly string[];
	/** What the user should know about how the file was read and its segments were understood. */
	notes: readonly string[];
}
