/** What the user set in the trigger. */
import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { ParameterError } from '../shared/n8n/nodeErrors';
import { readNumberOption, switchOption } from '../shared/n8n/parameters';
import { asSegments, oneOf } from '../shared/n8n/parameterValues';
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

const EVENTS: readonly SegmentEvent[] = ['entered', 'left', 'changed'];

/**
 * Read the settings.
 * @throws ParameterError when one can't be used
 */
export function readSettings(context: IPollFunctions): SegmentTriggerSettings {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	const event = oneOf(context.getNodeParameter('event') as unknown, EVENTS, 'Event');
	return {
		event,
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
		includeDetails: switchOption(options, 'includeDetails', 'Include Details', true),
	};
}

function readChosen(context: IPollFunctions): string[] | undefined {
	const watch = context.getNodeParameter('watch') as unknown;
	if (oneOf(watch, ['all', 'chosen'] as const, 'Watch') === 'all') return undefined;
	const segments = asSegments(
		context.getNodeParameter('segments', []) as unknown,
		'Segment Names or IDs',
	);
	if (segments.length > 0) return segments;
	throw new ParameterError("'Segment Names or IDs' is empty", 'Choose the segments to watch');
}
