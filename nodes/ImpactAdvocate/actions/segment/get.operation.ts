import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, segmentLocator, showFor, TRANSPORT_OPTIONS } from '../fields';
import { perItem } from '../operation';
import { chosenSegment } from './chosen';
import { segmentOutput } from './output';

const show = showFor('segment', ['get']);

/** Get one segment. */
export const get = perItem(
	OPEN_TO_AGENTS,
	[segmentLocator(show), optionsField(show, TRANSPORT_OPTIONS)],
	async (run, itemIndex) => [segmentOutput(await chosenSegment(run, itemIndex))],
);
