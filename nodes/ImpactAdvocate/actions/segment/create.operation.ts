import type { IDataObject } from 'n8n-workflow';
import { getSegment, upsertSegment } from '../../../shared/advocate/segments';
import { assertSegmentKey, LONG_KEY_LENGTH, keyFromName } from '../../../shared/segments/key';
import { allowAgentField, assertAgentAllowed, PARTLY_OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, showFor, TRANSPORT_OPTIONS } from '../fields';
import { warn } from '../../../shared/n8n/html';
import { ParameterError } from '../../../shared/n8n/nodeErrors';
import { perItem } from '../operation';
import type { Run } from '../operation';
import { readChoice, readRequiredText, readText } from '../../../shared/n8n/parameters';
import { namingParameter } from '../../../shared/n8n/parameterValues';
import {
	alreadyExists,
	assertKeyIsFree,
	assertNameIsFree,
	existingOutput,
	ExistingSegments,
} from './existing';
import { assertMeant } from './freeNames';
import { segmentOutput } from './output';

const show = showFor('segment', ['create']);

/** Create a segment. The API has an upsert only, so a look-up comes first to tell new from existing. */
export const create = perItem(
	PARTLY_OPEN_TO_AGENTS,
	[
		allowAgentField('segment', 'create', 'give a segment that exists a new name'),
		{
			displayName: 'Name',
			name: 'segmentName',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. VIP Customers',
			description: 'The name of the segment as impact.com shows it',
			displayOptions: show,
		},
		{
			displayName: 'Key',
			name: 'segmentKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. vipCustomers',
			description:
				"What the API calls the segment. Leave empty to make it from the name: VIP Customers becomes vipCustomers. It can't be changed later.",
			hint: 'Leave empty to make it from the name',
			displayOptions: show,
		},
		{
			displayName: 'If Segment Exists',
			name: 'ifSegmentExists',
			type: 'options',
			default: 'returnExisting',
			description:
				'What to do when a segment already has this key, whatever it is called. A name that belongs to another segment is refused in any case.',
			displayOptions: show,
			options: [
				{ name: 'Fail', value: 'error', description: 'Treat the item as failed' },
				{
					name: 'Return Existing',
					value: 'returnExisting',
					description: 'Leave the segment as it is and return it. One that is archived is refused.',
				},
				{
					name: 'Update',
					value: 'update',
					description: 'Give the segment the new name. Its status stays.',
				},
			],
		},
		optionsField(show, TRANSPORT_OPTIONS),
	],
	(run, itemIndex) => {
		const name = readRequiredText(run.n8n, 'segmentName', 'Name', itemIndex);
		assertMeant(name);
		return {
			name,
			key: readKey(run, name, itemIndex),
			ifExists: readChoice(
				run.n8n,
				'ifSegmentExists',
				'If Segment Exists',
				['error', 'returnExisting', 'update'] as const,
				itemIndex,
			),
		};
	},
	async (run, { name, key, ifExists }): Promise<IDataObject[]> => {
		const existing = await getSegment(run.transport, key);
		if (existing !== undefined && ifExists === 'error') throw alreadyExists(existing);
		if (existing !== undefined && ifExists === 'returnExisting') {
			return [existingOutput(existing, name)];
		}
		if (existing !== undefined) {
			const reason = "'If Segment Exists' is Update, and a segment has this key";
			assertAgentAllowed(run.n8n, `rename segment '${key}'`, reason);
		}
		await assertNameIsFree(run, name, existing ?? { key, name: null });
		if (existing === undefined) await assertKeyIsFree(run, key);
		const written = await upsertSegment(run.transport, { key, name });
		run.segments.learn(written);
		return [{ ...segmentOutput(written), created: existing === undefined }];
	},
	undefined,
	(run) => new ExistingSegments(run),
);

function readKey(run: Run, name: string, itemIndex: number): string {
	const given = readText(run.n8n, 'segmentKey', 'Key', itemIndex);
	const key = given === '' ? keyFromName(name) : given;
	if (key === '') {
		throw new ParameterError(
			`'Key' can't be made from the name '${name}': a key has letters from A to Z and digits only`,
			"Enter a 'Key', for example vipCustomers",
		);
	}
	try {
		assertSegmentKey(key);
	} catch (error) {
		throw namingParameter(error, 'Key');
	}
	assertMeant(given, 'Key');
	if (key.length > LONG_KEY_LENGTH) {
		warn(
			run.n8n,
			`The segment key of item ${itemIndex} has ${key.length} characters. More than ${LONG_KEY_LENGTH} is unusual and may be refused`,
		);
	}
	return key;
}
