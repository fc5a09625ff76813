import { listParticipants, PAGE_SIZE } from '../../advocate/users';
import type { MembershipFilter, ParticipantRecord } from '../../advocate/users';
import type { Transport } from '../../advocate/transport';
import {
	optionsField,
	pagingFields,
	segmentsField,
	showFor,
	simplifyField,
	TRANSPORT_OPTIONS,
} from '../fields';
import { perItem } from '../operation';
import { readChoice, readLimit, readSegments } from '../parameters';
import { participantOutput } from './output';

const show = showFor('participant', ['getAll']);
const SEGMENTS = 'Segment Names or IDs';

/** List participants, all or by segment membership. */
export const getMany = perItem(
	[
		...pagingFields('participant', 'getAll'),
		{
			displayName: 'Membership',
			name: 'membership',
			type: 'options',
			default: 'any',
			description: 'Which participants to return, by the segments below',
			displayOptions: show,
			options: [
				{ name: 'In All of the Segments', value: 'all' },
				{ name: 'In Any of the Segments', value: 'any' },
				{ name: 'In None of the Segments', value: 'none' },
			],
		},
		segmentsField('segments', SEGMENTS, show, {
			hint: 'Leave empty to return participants whatever their segments',
		}),
		simplifyField(show),
		optionsField(show, TRANSPORT_OPTIONS),
	],
	async (run, itemIndex) => {
		const segments = readSegments(run.n8n, 'segments', SEGMENTS, itemIndex);
		const match = readChoice<MembershipFilter['match']>(
			run.n8n,
			'membership',
			'Membership',
			['all', 'any', 'none'],
			itemIndex,
		);
		const simplify = run.n8n.getNodeParameter('simplify', itemIndex, true) === true;
		const records = await listUpTo(
			run.transport,
			segments.length === 0 ? undefined : { match, segments },
			readLimit(run.n8n, itemIndex),
		);
		return records.map((record) => participantOutput(record, simplify));
	},
);

async function listUpTo(
	transport: Transport,
	filter: MembershipFilter | undefined,
	wanted: number,
): Promise<ParticipantRecord[]> {
	const records: ParticipantRecord[] = [];
	for (let offset = 0; records.length < wanted; ) {
		const page = await listParticipants(transport, {
			filter,
			limit: Math.min(PAGE_SIZE, wanted - records.length),
			offset,
		});
		records.push(...page.participants);
		offset += page.entries;
		if (page.entries === 0 || offset >= page.totalCount) break;
	}
	return records;
}
