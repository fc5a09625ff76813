import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, showFor, TRANSPORT_OPTIONS } from '../fields';
import { segmentLocator } from '../locators';
import { perItem } from '../operation';
import { readSegmentChoice } from '../../../shared/n8n/parameters';
import { chosenByName, existingSegment } from './chosen';
import { segmentOutput } from './output';

const show = showFor('segment', ['get']);

/** Get one segment. */
export const get = perItem(
	OPEN_TO_AGENTS,
	[segmentLocator(show), optionsField(show, TRANSPORT_OPTIONS)],
	(run, itemIndex) => ({ choice: readSegmentChoice(run.n8n, itemIndex) }),
	async (run, { choice }) => [segmentOutput(await existingSegment(run, choice.text))],
	chosenByName(),
);
