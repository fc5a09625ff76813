import { readPages } from '../../../shared/advocate/paging';
import { listParticipants, PAGE_SIZE } from '../../../shared/advocate/participants';
import type { MembershipFilter } from '../../../shared/advocate/participants';
import { OPEN_TO_AGENTS } from '../agentGuard';
import {
	optionsField,
	pagingFields,
	segmentsField,
	showFor,
	simplifyField,
	TRANSPORT_OPTIONS,
} from '../fields';
import { namingParameterOf, perItem } from '../operation';
import { readChoice, readLimit, readSwitch } from '../../../shared/n8n/parameters';
import { asSegmentFilter } from '../../../shared/n8n/parameterValues';
import { resolvedList } from '../../../shared/segments/names';
import { participantOutput } from './output';

const show = showFor('participant', ['getAll']);
const SEGMENTS = 'Segment Names or IDs';

interface ListRequest {
	segments: readonly string[];
	match: MembershipFilter['match'];
	simplify: boolean;
	wanted: number;
}

/** List participants, all or by segment membership. */
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
		simplifyField(show),
		optionsField(show, TRANSPORT_OPTIONS),
	],
	(run, itemIndex): ListRequest => ({
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
		wanted: readLimit(run.n8n, itemIndex),
	}),
	async (run, { segments, match, simplify, wanted }) => {
		const filter = segments.length === 0 ? undefined : { match, segments };
		const records = await readPages(
			async (page) => await listParticipants(run.transport, { filter, ...page }),
			{ pageSize: PAGE_SIZE, wanted },
		);
		return records.map((record) => participantOutput(record, simplify));
	},
	{
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
	},
);
