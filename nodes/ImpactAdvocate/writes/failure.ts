/** What a failed request means for the writes in it. Pure. */
import { AdvocateError, isTrouble } from '../../shared/advocate/client/error';
import { hintWithOptions } from '../../shared/advocate/client/errorTexts';
import type { NotApplied } from './doubt';

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
		hint: "Set 'Batch Size' to 1 if this happens again",
	});

/** Words with which a GraphQL error without a status says that a batch is too large. */
const TOO_LARGE_TEXT =
	/\b(too (many|large|big|long)|at most|max(imum)?|limit(ed)?|exceed(s|ed|ing)?)\b/i;

/** Whether a batch failed for what is in it: not for anything that may have passed since. */
export const isOwnFault = (error: AdvocateError): boolean =>
	!isTrouble(error) && (error.statusCode !== undefined || TOO_LARGE_TEXT.test(error.message));
