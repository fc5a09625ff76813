/** What the refusal of one participant, or of a whole batch, means for what was in it. Pure. */
import {
	AdvocateError,
	isFatal,
	isRetryable,
	isThrottle,
} from '../../shared/advocate/client/readErrors';
import type { ParticipantId } from '../../shared/advocate/participants';

/** Whether a batch may have been refused because of one participant in it, or because of its size. */
export function isRefusalOfBatch(error: AdvocateError): boolean {
	if (error.kind !== 'api' || isFatal(error)) return false;
	const { statusCode } = error;
	return statusCode === undefined || (statusCode >= 400 && statusCode < 500 && statusCode !== 429);
}

/** Whether a batch kept failing although it was repeated: by the API's trouble, or by trouble that it makes the API. */
export const isTrouble = (error: AdvocateError): boolean =>
	isRetryable(error) && !isThrottle(error);

/** Words with which a GraphQL error without a status says that a batch is too large. */
const TOO_LARGE_TEXT =
	/\b(too (many|large|big|long)|at most|max(imum)?|limit(ed)?|exceed(s|ed|ing)?)\b/i;

/** Whether a batch was refused for what is in it: not for anything that may have passed since. */
export function isOwnFault(error: AdvocateError): boolean {
	if (isTrouble(error)) return false;
	return error.statusCode !== undefined || TOO_LARGE_TEXT.test(error.message);
}

/** The refusal of a change of a participant that may not be created. */
export function missingParticipant(participant: ParticipantId): AdvocateError {
	return new AdvocateError(`Participant '${participant.id}' does not exist`, {
		kind: 'missing',
		statusCode: 404,
		hint: "Check the participant ID and the Account ID, or set 'If Participant Does Not Exist' to create or skip it",
	});
}
