import type { IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import type { Segment } from '../../../shared/advocate/segments';
import { isoDate } from '../../../shared/advocate/client/values';

/** A segment as an output item. Dates become ISO texts, which n8n's date functions read. */
export function segmentOutput(segment: Segment): IDataObject {
	return {
		key: segment.key,
		name: segment.name,
		status: segment.status,
		participantsCount: segment.participantsCount,
		dateCreated: isoDate(segment.dateCreated),
		dateModified: isoDate(segment.dateModified),
	};
}

/** The failure of an operation on a segment that must exist. */
export function missingSegment(key: string): AdvocateError {
	return new AdvocateError(`Segment '${key}' does not exist`, {
		kind: 'missing',
		statusCode: 404,
		hint: "Check the key (upper and lower case count), or create the segment with the operation 'Create'",
	});
}
