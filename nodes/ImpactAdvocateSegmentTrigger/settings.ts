/** What the user set in the trigger. */
import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { ParameterError } from '../shared/n8n/nodeErrors';
import { readNumberOption } from '../shared/n8n/parameters';
import { readSegmentTexts } from '../shared/segments/key';
import type { StateForm } from './memberState';

export type SegmentEvent = 'entered' | 'left' | 'changed';

export interface SegmentTriggerSettings {
	event: SegmentEvent;
	/** Names or keys of the chosen segments; nothing for all. */
	segments?: string[];
	form: StateForm;
	pageSize: number;
	fullComparisonMs: number;
	includeDetails: boolean;
}

const EVENTS: readonly string[] = ['entered', 'left', 'changed'];

/**
 * Read the settings.
 * @throws ParameterError or SegmentInputError when one can't be used
 */
export function readSettings(context: IPollFunctions): SegmentTriggerSettings {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	const event = String(context.getNodeParameter('event'));
	if (!EVENTS.includes(event)) {
		throw new ParameterError(`'Event' is ${event}`, `Use one of ${EVENTS.join(', ')}`);
	}
	return {
		event: event as SegmentEvent,
		segments: readChosen(context),
		// Somebody who is gone can only be named by an ID that was kept.
		form: event === 'entered' ? 'hashes' : 'ids',
		pageSize: readNumberOption(options, 'pageSize', 'Page Size', {
			min: 1,
			max: 1000,
			default: 100,
		}),
		fullComparisonMs:
			60_000 *
			readNumberOption(options, 'fullComparisonEvery', 'Full Comparison Every', {
				min: 0,
				max: 43_200,
				default: 60,
			}),
		includeDetails: options.includeDetails !== false,
	};
}

function readChosen(context: IPollFunctions): string[] | undefined {
	if (context.getNodeParameter('watch') === 'all') return undefined;
	const segments = readSegmentTexts(context.getNodeParameter('segments', []) as unknown);
	if (segments.length > 0) return segments;
	throw new ParameterError("'Segment Names or IDs' is empty", 'Choose the segments to watch');
}
