import type { IDataObject } from 'n8n-workflow';
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
