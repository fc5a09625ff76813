import type { IDataObject } from 'n8n-workflow';
import { SEGMENT_STATUSES, upsertSegment } from '../../../shared/advocate/segments';
import type { SegmentStatus } from '../../../shared/advocate/segments';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { optionsField, segmentLocator, showFor, TRANSPORT_OPTIONS } from '../fields';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { perItem } from '../operation';
import { chosenSegment } from './chosen';
import { segmentOutput } from './output';

const show = showFor('segment', ['update']);

const RISK = 'rename, archive and restore any segment';

/** Rename, archive or restore a segment. */
export const update = perItem(
	closedToAgents(RISK),
	[
		allowAgentField('segment', 'update', `use this operation, which can ${RISK}`),
		segmentLocator(show),
		{
			displayName: 'Update Fields',
			name: 'updateFields',
			type: 'collection',
			placeholder: 'Add field',
			default: {},
			displayOptions: show,
			options: [
				{
					displayName: 'Name',
					name: 'name',
					type: 'string',
					default: '',
					placeholder: 'e.g. VIP Customers',
					description: 'The new name. The key stays the same.',
				},
				{
					displayName: 'Status',
					name: 'status',
					type: 'options',
					default: 'ACTIVE',
					description: 'Archived segments are kept. The API offers no deletion.',
					options: [
						{
							name: 'Active',
							value: 'ACTIVE',
							description: 'In use; restores an archived segment',
						},
						{ name: 'Archived', value: 'ARCHIVED', description: 'No longer offered in lists' },
					],
				},
			],
		},
		optionsField(show, TRANSPORT_OPTIONS),
	],
	async (run, itemIndex) => {
		const fields = readUpdateFields(
			run.n8n.getNodeParameter('updateFields', itemIndex, {}) as IDataObject,
		);
		// The API would create what does not exist.
		const { key } = await chosenSegment(run, itemIndex);
		return [segmentOutput(await upsertSegment(run.transport, { key, ...fields }))];
	},
);

function readUpdateFields(fields: IDataObject): { name?: string; status?: SegmentStatus } {
	const { name, status } = fields;
	if (name === undefined && status === undefined) {
		throw new ParameterError("'Update Fields' is empty", 'Add a new name, a status, or both');
	}
	if (name !== undefined && String(name ?? '').trim() === '') {
		throw new ParameterError("'Name' is empty", 'Enter the new name, or remove the field');
	}
	const knownStatus = SEGMENT_STATUSES.find((known) => known === status);
	if (status !== undefined && knownStatus === undefined) {
		throw new ParameterError(`'Status' is ${String(status)}`, 'Use ACTIVE or ARCHIVED');
	}
	return {
		...(name === undefined ? {} : { name: String(name).trim() }),
		...(knownStatus === undefined ? {} : { status: knownStatus }),
	};
}
