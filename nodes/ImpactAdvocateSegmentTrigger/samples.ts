/** What 'Fetch Test Event' shows: items as they will look, made from present members. */
import type { INodeExecutionData } from 'n8n-workflow';
import { listParticipants } from '../shared/advocate/participants';
import type { ParticipantRecord } from '../shared/advocate/participants';
import { ParameterError } from '../shared/n8n/nodeErrors';
import { factsOf } from './details';
import { describeChange, shownParticipant } from './items';
import { assertWatchable } from './look';
import { memberKey } from './memberState';
import { segmentsOf } from './settle';
import type { Poll } from './start';

const SAMPLES = 3;

/**
 * Make sample items. The state is neither read nor changed.
 * @throws ParameterError when there is nobody to show, or AdvocateError, also when there are too many to watch
 */
export async function samples(current: Poll): Promise<INodeExecutionData[]> {
	// What could not be published must not look as if it worked.
	for (const { participantsCount } of current.segments) assertWatchable(participantsCount);
	const facts = factsOf(current, 0);
	const items = (await someMembers(current)).flatMap((record) => {
		// Lists may be behind the participants they show: somebody who has left is not a sample.
		const present = segmentsOf(record).filter(current.isWatched).slice(0, 1);
		if (present.length === 0) return [];
		const isLeaving = current.settings.event === 'left';
		const change = {
			member: memberKey(record, undefined),
			entered: isLeaving ? [] : present,
			left: isLeaving ? present : [],
		};
		return describeChange(facts, change, shownParticipant(record, record, true));
	});
	if (items.length > 0) return items;
	throw new ParameterError(
		'Nobody is in the watched segments yet',
		'Nothing is wrong. Put a participant into one of them and fetch again, or publish the workflow: it starts with the next change',
	);
}

async function someMembers({ transport, segments }: Poll): Promise<ParticipantRecord[]> {
	// Without segments in its filter the list would show everybody.
	if (segments.length === 0) return [];
	const { results, totalCount } = await listParticipants(transport, {
		filter: { match: 'any', segments: segments.map(({ key }) => key) },
		limit: SAMPLES,
		offset: 0,
	});
	assertWatchable(totalCount);
	return results.slice(0, SAMPLES);
}
