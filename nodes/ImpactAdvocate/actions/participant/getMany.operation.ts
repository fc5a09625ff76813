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
import { perItem } from '../operation';
import type { Run } from '../operation';
import {
	namingParameter,
	readChoice,
	readLimit,
	readSegments,
} from '../../../shared/n8n/parameters';
import { resolvedList } from '../../../shared/segments/names';
import { warn } from '../../../shared/n8n/html';
import { participantOutput } from './output';

const show = showFor('participant', ['getAll']);
const SEGMENTS = 'Segment Names or IDs';

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
		const texts = readSegments(run.n8n, 'segments', SEGMENTS, itemIndex);
		const match = readChoice<MembershipFilter['match']>(
			run.n8n,
			'membership',
			'Membership',
			['all', 'any', 'none'],
			itemIndex,
		);
		const simplify = run.n8n.getNodeParameter('simplify', itemIndex, true) === true;
		const segments = await segmentKeys(run, texts);
		const filter = segments.length === 0 ? undefined : { match, segments };
		const records = await readPages(
			async (page) => await listParticipants(run.transport, { filter, ...page }),
			{ pageSize: PAGE_SIZE, wanted: readLimit(run.n8n, itemIndex) },
		);
		return records.map((record) => participantOutput(record, simplify));
	},
);

/** @throws ParameterError when a text names no segment: nobody is in it, and In None would return everybody */
async function segmentKeys(
	{ n8n, segments }: Run,
	texts: readonly string[],
): Promise<readonly string[]> {
	if (texts.length === 0) return texts;
	await segments.read(texts);
	if (segments.note !== undefined) warn(n8n, segments.note);
	try {
		return resolvedList(texts, 'find', segments.keyOf('never'));
	} catch (error) {
		throw namingParameter(error, SEGMENTS);
	}
}
