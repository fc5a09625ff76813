/** A batch of writes or a part of one, and what sending it led to. */
import type { AdvocateError } from '../../shared/advocate/client/error';
import type { Split } from './batchSize';
import type { Doubt } from './doubt';
import type { EndedWrite, ParticipantWrite } from './write';

/** What goes into one request: a whole batch, or a part of one. */
export interface Part<Source> {
	writes: ReadonlyArray<ParticipantWrite<Source>>;
	/** What it is a part of, when that was sent as a whole before. */
	split?: Split;
	/** Why that failed, when the reason may have been trouble of the API. */
	trouble?: AdvocateError;
}

/** What sending a part led to. Every write of the part, or all that were merged into it, is in exactly one list. */
export interface PartOutcome<Source> {
	ended: Array<EndedWrite<Source>>;
	/** Those that are over, without anybody knowing whether they were applied. */
	doubtful: Array<Doubt<Source>>;
	/** What is left, in the order in which it has to be sent. */
	again: Array<Part<Source>>;
	/** What belongs back into the queue, since the API turned out not to take batches. */
	putBack: ReadonlyArray<ParticipantWrite<Source>>;
	/** A failure that no later request can survive. */
	fatal?: AdvocateError;
	/** Whether the request went through, whatever became of the participants in it. */
	passed: boolean;
}

export const nothingYet = <Source>(): PartOutcome<Source> => ({
	ended: [],
	doubtful: [],
	again: [],
	putBack: [],
	passed: false,
});

/** A write in a request of its own. */
export const alone = <Source>(write: ParticipantWrite<Source>): Part<Source> => ({
	writes: [write],
});
