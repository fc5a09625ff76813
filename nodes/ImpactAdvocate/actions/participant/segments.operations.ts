/** The five operations that change which segments a participant is in. */
import { changeOf, mixedChange } from '../../../shared/segments/change';
import type { SegmentAction, SegmentChange } from '../../../shared/segments/change';
import { closedToAgents, OPEN_TO_AGENTS, PARTLY_OPEN_TO_AGENTS } from '../agentGuard';
import { segmentsField, showFor } from '../fields';
import type { Run } from '../operation';
import { readSegments } from '../../../shared/n8n/parameters';
import { CHECK_EXPRESSION } from '../../../shared/inputError';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { namingParameter, noSegments } from '../../../shared/n8n/parameterValues';
import { changeSegmentsOperation } from './changeSegments';

const SEGMENTS = 'Segment Names or IDs';
const ADD = 'Add Segment Names or IDs';
const REMOVE = 'Remove Segment Names or IDs';

/** For AI agents: what an operation can do. */
const RISK = 'take participants out of many segments';

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
export const addSegments = changeSegmentsOperation({
	name: 'addSegments',
	ifMissing: 'create',
	agents: OPEN_TO_AGENTS,
	ownFields: segments('addSegments'),
	addField: SEGMENTS,
	readChange: readOne('add'),
});

/** Take participants out of segments. */
export const removeSegments = changeSegmentsOperation({
	name: 'removeSegments',
	ifMissing: 'skip',
	agents: PARTLY_OPEN_TO_AGENTS,
	ownFields: segments('removeSegments'),
	removeField: SEGMENTS,
	readChange: readOne('remove'),
});

/** Put participants into exactly the segments given. */
export const setSegments = changeSegmentsOperation({
	name: 'setSegments',
	ifMissing: 'create',
	agents: closedToAgents(RISK),
	ownFields: segments('setSegments'),
	addField: SEGMENTS,
	readChange: readOne('set'),
});

/** Take participants out of all segments. */
export const clearSegments = changeSegmentsOperation({
	name: 'clearSegments',
	ifMissing: 'skip',
	agents: closedToAgents(RISK),
	ownFields: [],
	readChange: () => changeOf('clear', []),
});

/** Put participants into some segments and take them out of others. */
export const updateSegments = changeSegmentsOperation({
	name: 'updateSegments',
	ifMissing: 'create',
	agents: PARTLY_OPEN_TO_AGENTS,
	ownFields: [
		segmentsField('addSegments', ADD, showFor('participant', ['updateSegments'])),
		segmentsField('removeSegments', REMOVE, showFor('participant', ['updateSegments'])),
	],
	addField: ADD,
	removeField: REMOVE,
	readChange(run, itemIndex) {
		const lists = { [ADD]: 'addSegments', [REMOVE]: 'removeSegments' };
		const [add, remove] = Object.entries(lists).map(([field, name]) =>
			readSegments(run.n8n, name, field, itemIndex),
		);
		if (add.length === 0 && remove.length === 0) {
			throw new ParameterError(
				`No segment was given: '${ADD}' and '${REMOVE}' are both empty`,
				`Choose at least one segment to add or to remove. ${CHECK_EXPRESSION}`,
			);
		}
		// Half of a change must not pass for all of it.
		for (const [field, name] of Object.entries(lists)) {
			const value = run.n8n.getNodeParameter(name, itemIndex, []) as unknown;
			if (value === undefined || value === null) throw noSegments(field);
		}
		return mixedChange(add, remove);
	},
});
