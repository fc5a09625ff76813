import type { IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import { isoDate } from '../../../shared/advocate/client/values';
import type { ParticipantId, ParticipantRecord } from '../../../shared/advocate/participants';

/** The fields most flows use, in the order a person looks for them. */
const SIMPLE_FIELDS = [
	'id',
	'accountId',
	'firstName',
	'lastName',
	'email',
	'segments',
	'locale',
	'countryCode',
	'referable',
	'dateCreated',
] as const;

/** A participant as an output item, whole or with the most used fields only. */
export function participantOutput(record: ParticipantRecord, simplify: boolean): IDataObject {
	if (!simplify) return record as IDataObject;
	const simple: IDataObject = {};
	for (const field of SIMPLE_FIELDS) {
		if (record[field] !== undefined) simple[field] = record[field] as IDataObject[string];
	}
	if (simple.dateCreated !== undefined) simple.dateCreated = isoDate(simple.dateCreated);
	return simple;
}

/** The failure of an operation on a participant who must exist. */
export function missingParticipant({ id }: ParticipantId): AdvocateError {
	return new AdvocateError(`Participant '${id}' does not exist`, {
		kind: 'missing',
		statusCode: 404,
		hint: 'Check the participant ID and the Account ID (they are the same unless you gave both)',
	});
}
