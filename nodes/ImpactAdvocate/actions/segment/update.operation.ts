import type { IDataObject } from 'n8n-workflow';
import { SEGMENT_STATUSES, upsertSegment } from '../../../shared/advocate/segments';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { optionsField, showFor, TRANSPORT_OPTIONS } from '../fields';
import { segmentLocator } from '../locators';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { perItem } from '../operation';
import { readSegmentChoice } from '../../../shared/n8n/parameters';
import { asText, oneOf } from '../../../shared/n8n/parameterValues';
import { chosenByName, existingSegment } from './chosen';
import { assertMeant } from './freeNames';
import { segmentOutput } from './output';
import { assertStillFree, withFreeNames } from './renames';
import type { UpdateRequest } from './renames';

const show = showFor('segment', ['update']);

const RISK = 'rename, archive and restore any segment';

const chosenKeys = chosenByName<UpdateRequest>();

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
					description: "Archived segments are kept; the API can't delete segments",
					options: [
						{
							name: 'Active',
							value: 'ACTIVE',
							description: 'In use; restores an archived segment',
						},
						{
							name: 'Archived',
							value: 'ARCHIVED',
							description: 'Takes nobody any more, and stands last in lists',
						},
					],
				},
			],
		},
		optionsField(show, TRANSPORT_OPTIONS),
	],
	(run, itemIndex): UpdateRequest => ({
		choice: readSegmentChoice(run.n8n, itemIndex),
		fields: readUpdateFields(
			run.n8n.getNodeParameter('updateFields', itemIndex, {}) as IDataObject,
		),
	}),
	async (run, request) => {
		const { text: key } = request.choice;
		// The API would create what does not exist. What is listed does: there is no deletion.
		const current = run.segments.withKey(key) ?? (await existingSegment(run, key));
		assertStillFree(run, current, request);
		const written = await upsertSegment(run.transport, { key, ...request.fields });
		run.segments.learn(written);
		return [segmentOutput(written)];
	},
	async (run, items) => await withFreeNames(run, await chosenKeys(run, items)),
);

function readUpdateFields(fields: IDataObject): UpdateRequest['fields'] {
	const hasName = Object.hasOwn(fields, 'name');
	const hasStatus = Object.hasOwn(fields, 'status');
	if (!hasName && !hasStatus) {
		throw new ParameterError("'Update Fields' is empty", 'Add a new name, a status, or both');
	}
	const name = asText(fields.name, 'Name');
	if (hasName && name === '') {
		throw new ParameterError("'Name' is empty", 'Enter the new name, or remove the field');
	}
	assertMeant(name);
	return {
		...(hasName ? { name } : {}),
		...(hasStatus ? { status: oneOf(fields.status, SEGMENT_STATUSES, 'Status') } : {}),
	};
}
