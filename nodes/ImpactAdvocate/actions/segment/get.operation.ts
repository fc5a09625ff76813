import { getSegment } from '../../../shared/advocate/segments';
import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, segmentLocator, showFor, TRANSPORT_OPTIONS } from '../fields';
import { perItem } from '../operation';
import { readSegmentKey } from '../../../shared/n8n/parameters';
import { missingSegment, segmentOutput } from './output';

const show = showFor('segment', ['get']);

/** Get one segment. */
export const get = perItem(
	OPEN_TO_AGENTS,
	[segmentLocator(show), optionsField(show, TRANSPORT_OPTIONS)],
	(run, itemIndex) => readSegmentKey(run.n8n, itemIndex),
	async (run, key) => {
		const segment = await getSegment(run.transport, key);
		if (segment === undefined) throw missingSegment(key);
		return [segmentOutput(segment)];
	},
);
