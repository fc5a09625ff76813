import type { INodeProperties } from 'n8n-workflow';
import { readPages } from '../../../shared/advocate/paging';
import { listParticipants, PAGE_SIZE } from '../../../shared/advocate/participants';
import type { MembershipFilter } from '../../../shared/advocate/participants';
import { listCreatedSince } from '../../../shared/advocate/recentParticipants';
import { OPEN_TO_AGENTS } from '../agentGuard';
import {
	ADDED_SWITCH,
	optionsField,
	pagingFields,
	segmentsField,
	showFor,
	simplifyField,
	TRANSPORT_OPTIONS,
} from '../fields';
import { dateFilter, filtersField, readFilters, textFilter } from '../filters';
import { namingParameterOf, perItem, withKeysOf } from '../operation';
import type { Run } from '../operation';
import {
	readChoice,
	readLimit,
	readOptions,
	readSwitch,
	switchOption,
} from '../../../shared/n8n/parameters';
import { asSegmentFilter, asSwitch } from '../../../shared/n8n/parameterValues';
import { resolvedList } from '../../../shared/segments/names';
import { customFieldFilter, readCustomFieldTest } from './customFieldFilter';
import type { CustomFieldTest } from './customFieldFilter';
import { customFieldsOutput, participantOutput } from './output';

const show = showFor('participant', ['getAll']);
const SEGMENTS = 'Segment Names or IDs';

const INCLUDE_CUSTOM_FIELDS: INodeProperties = {
	displayName: 'Include Custom Fields',
	name: 'includeCustomFields',
	...ADDED_SWITCH,
	description:
		"Whether to return all custom fields with 'Simplify' on too. Without it, they are always among the fields.",
};

interface ListRequest {
	email?: string;
	blocked?: boolean;
	createdSince?: number;
	hasCustomFields?: CustomFieldTest;
	segments: readonly string[];
	match: MembershipFilter['match'];
	simplify: boolean;
	includeCustomFields: boolean;
	wanted: number;
}

/** List participants, all or by what they have. */
export const getMany = perItem(
	OPEN_TO_AGENTS,
	[
		...pagingFields('participant', 'getAll'),
		{
			displayName: 'Membership',
			name: 'membership',
			type: 'options',
			default: 'any',
			description: 'Which participants to return, by the segments chosen below',
			displayOptions: show,
			options: [
				{ name: 'In All of the Segments', value: 'all' },
				{ name: 'In Any of the Segments', value: 'any' },
				{ name: 'In None of the Segments', value: 'none' },
			],
		},
		segmentsField('segments', SEGMENTS, show, {
			hint: 'Leave empty to return participants regardless of their segments',
		}),
		filtersField(show, [
			{
				displayName: 'Blocked',
				name: 'blocked',
				type: 'boolean',
				default: true,
				description: 'Whether to return those who are blocked, or those who are not',
			},
			{
				displayName: 'Created Since',
				name: 'createdSince',
				type: 'dateTime',
				default: '',
				description: 'Return those who were created at this time or later, the newest first',
			},
			{
				displayName: 'Email',
				name: 'email',
				type: 'string',
				default: '',
				placeholder: 'e.g. nathan@example.com',
				description: 'The exact e-mail address',
			},
		]),
		customFieldFilter(show),
		simplifyField(show),
		optionsField(show, [...TRANSPORT_OPTIONS, INCLUDE_CUSTOM_FIELDS]),
	],
	(run, itemIndex): ListRequest => ({
		...readOwnFilters(run, itemIndex),
		segments: asSegmentFilter(
			run.n8n.getNodeParameter('segments', itemIndex, []) as unknown,
			SEGMENTS,
		),
		match: readChoice<MembershipFilter['match']>(
			run.n8n,
			'membership',
			'Membership',
			['all', 'any', 'none'],
			itemIndex,
		),
		simplify: readSwitch(run.n8n, 'simplify', 'Simplify', itemIndex, true),
		includeCustomFields: switchOption(
			readOptions(run.n8n, itemIndex),
			'includeCustomFields',
			'Include Custom Fields',
			false,
		),
		wanted: readLimit(run.n8n, itemIndex),
	}),
	async (run, request) => {
		const { segments, match, simplify, includeCustomFields, wanted, ...filters } = request;
		const { createdSince, hasCustomFields, ...own } = filters;
		const filter = { ...own, membership: { match, segments } };
		const records =
			createdSince === undefined
				? await readPages(
						async (page) => await listParticipants(run.transport, { filter, ...page }),
						{ pageSize: PAGE_SIZE, wanted, keep: hasCustomFields },
					)
				: await listCreatedSince(run.transport, filter, createdSince, wanted, hasCustomFields);
		return records.map((record) => ({
			...participantOutput(record, simplify),
			...(includeCustomFields ? customFieldsOutput(record) : {}),
		}));
	},
	withKeysOf({
		textsOf: ({ segments }) => segments,
		// One that does not exist is refused: nobody is in it, and In None would return everybody.
		withKeys: (request, segments) => ({
			...request,
			segments: resolvedList(
				request.segments,
				'find',
				namingParameterOf(segments.keyOf('never'), () => SEGMENTS),
			),
		}),
	}),
);

function readOwnFilters({ n8n }: Run, itemIndex: number) {
	const filters = readFilters(n8n, itemIndex);
	return {
		email: textFilter(filters, 'email', 'Email'),
		blocked: Object.hasOwn(filters, 'blocked') ? asSwitch(filters.blocked, 'Blocked') : undefined,
		hasCustomFields: readCustomFieldTest(n8n, itemIndex),
		createdSince: dateFilter(filters, 'createdSince', 'Created Since', n8n.getTimezone()),
	};
}
