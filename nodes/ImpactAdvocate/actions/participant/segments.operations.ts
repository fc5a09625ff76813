/** The five operations that change which segments a participant is in. */
import { changeOf, mixedChange } from '../../segments/change';
import type { SegmentAction, SegmentChange } from '../../segments/change';
import { segmentsField, showFor } from '../fields';
import type { Run } from '../operation';
import { namingParameter, readSegments } from '../parameters';
import { changeSegmentsOperation } from './changeSegments';

const SEGMENTS = 'Segment Names or IDs';
const ADD = 'Add Segment Names or IDs';
const REMOVE = 'Remove Segment Names or IDs';

const segments = (operation: string) => [
	segmentsField('segments', SEGMENTS, showFor('participant', [operation]), { required: true }),
];

const readOne =
	(action: SegmentAction) =>
	(run: Run, itemIndex: number): SegmentChange => {
		const keys = readSegments(run.n8n, 'segments', SEGMENTS, itemIndex);
		try {
			return changeOf(action, keys);
		} catch (error) {
			throw namingParameter(error, SEGMENTS);
		}
	};

/** Put participants into segments. */
export const addSegments = changeSegmentsOperation(
	'addSegments',
	'create',
	segments('addSegments'),
	readOne('add'),
);

/** Take participants out of segments. */
export const removeSegments = changeSegmentsOperation(
	'removeSegments',
	'skip',
	segments('removeSegments'),
	readOne('remove'),
);

/** Put participants into exactly the segments given. */
export const setSegments = changeSegmentsOperation(
	'setSegments',
	'create',
	segments('setSegments'),
	readOne('set'),
	true,
);

/** Take participants out of all segments. */
export const clearSegments = changeSegmentsOperation(
	'clearSegments',
	'skip',
	[],
	() => changeOf('clear', []),
	true,
);

/** Put participants into some segments and take them out of others. */
export const updateSegments = changeSegmentsOperation(
	'updateSegments',
	'create',
	[
		segmentsField('addSegments', ADD, showFor('participant', ['updateSegments'])),
		segmentsField('removeSegments', REMOVE, showFor('participant', ['updateSegments'])),
	],
	(run, itemIndex) => {
		const add = readSegments(run.n8n, 'addSegments', ADD, itemIndex);
		const remove = readSegments(run.n8n, 'removeSegments', REMOVE, itemIndex);
		return mixedChange(add, remove);
	},
);
