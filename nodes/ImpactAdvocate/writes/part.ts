/** A batch of writes or a part of one, what sending it led to, and what its failure means for the writes in it. Pure. */
import type { Split } from './batchSize';
import type { Doubt, NotApplied } from './memory';
import type { EndedWrite, ParticipantWrite } from './write';
import { AdvocateError, isTrouble } from '../../shared/advocate/client/error';
import { hintWithOptions } from '../../shared/advocate/client/errorTexts';

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

/** A failure that ends the run, as the reason why other writes were not sent. */
export const reasonToStop = ({ kind, message }: AdvocateError): string =>
	kind === 'cancelled' ? message : `The run was stopped: ${message}`;

/** What a write is that failed like this, if nothing of it was applied. */
export function notApplied(error: AdvocateError): NotApplied {
	if (error.kind === 'cancelled') {
		const reason = 'The execution was stopped before the API confirmed this change';
		return { status: 'notSent', reason };
	}
	if (error.neverSent) {
		return { status: 'notSent', reason: reasonToStop(error), hint: hintWithOptions(error) };
	}
	return { status: 'rejected', error };
}

/** An answer to a batch that does not say which participant it is about. */
export const unclearAnswer = (): AdvocateError =>
	new AdvocateError("The API's answer to a batch does not tell its participants apart", {
		kind: 'badAnswer',
		hint: 'Try again',
		bySetting: "If this happens again, set 'Batch Size' to 1",
	});

/** Words with which a GraphQL error without a status says that a batch is too large. */
const TOO_LARGE_TEXT =
	/\b(too (many|large|big|long)|at most|max(imum)?|limit(ed)?|exceed(s|ed|ing)?)\b/i;

/** Whether a batch failed for what is in it: not for anything that may have passed since. */
export const isOwnFault = (error: AdvocateError): boolean =>
	!isTrouble(error) && (error.statusCode !== undefined || TOO_LARGE_TEXT.test(error.message));
