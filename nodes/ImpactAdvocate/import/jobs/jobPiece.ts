/** A piece of the imported file that goes through one import job, and what became of it. */
import type { AdvocateError } from '../../../shared/advocate/client/error';
import type { ImportJob } from '../../../shared/advocate/importJobs';
import type { ParticipantIndex } from '../plan/participantIndex';
import type { JobFailure } from './files';

/** How a piece of the file ended. */
export type PieceOutcome =
	/** The job has ended; `failures` names the rows it refused. */
	| 'completed'
	/** Handed over; the result is not known (yet), but for the rows in `failures`. */
	| 'unconfirmed'
	/** The API refused the piece, or ended the job before its end. */
	| 'rejected'
	/** Never handed over: the run ended before it, or with it. */
	| 'notSent';

/** A piece of the file and its job. */
export interface JobPiece {
	/** Name of the job, unique to this piece. */
	name: string;
	/** Row numbers in the imported file, in order. */
	rowNumbers: readonly number[];
	outcome: PieceOutcome;
	/** Why it ended like this, unless it completed. */
	error?: AdvocateError;
	jobId?: string;
	job?: ImportJob;
	/** Whether an interrupted run has started the job. */
	isEarlier?: boolean;
	/** By row number in the imported file. */
	failures: Map<number, JobFailure>;
	/** Rows of which some were refused, without anybody knowing which: why. */
	suspects: Map<number, string>;
	/** Of a job whose figures do not cover all rows: the participants that it names as imported. */
	results?: ParticipantIndex;
}
