import { listAllSegments } from '../../../shared/advocate/segments';
import { OPEN_TO_AGENTS } from '../agentGuard';
import { optionsField, pagingFields, showFor, TRANSPORT_OPTIONS } from '../fields';
import { perItem } from '../operation';
import { readChoice, readLimit } from '../../../shared/n8n/parameters';
import { segmentOutput } from './output';

const show = showFor('segment', ['getAll']);

/** List the tenant's segments. The API has no filter for the status, so it is applied here. */
export const getMany = perItem(
	OPEN_TO_AGENTS,
	[
		...pagingFields('segment', 'getAll'),
		{
			displayName: 'Status',
			name: 'segmentStatus',
			type: 'options',
			default: 'ACTIVE',
			description: 'Which segments to return',
			displayOptions: show,
			options: [
				{ name: 'Active', value: 'ACTIVE' },
				{ name: 'Any', value: 'any' },
				{ name: 'Archived', value: 'ARCHIVED' },
			],
		},
		optionsField(show, TRANSPORT_OPTIONS),
	],
	(run, itemIndex) => ({
		status: readChoice(
			run.n8n,
			'segmentStatus',
			'Status',
			['ACTIVE', 'any', 'ARCHIVED'] as const,
			itemIndex,
		),
		wanted: readLimit(run.n8n, itemIndex),
	}),
	async (run, { status, wanted }) => {
		const segments = await listAllSegments(
			run.transport,
			// A segment without a status is one in use.
			(segment) => status === 'any' || (segment.status ?? 'ACTIVE') === status,
			wanted,
		);
		return segments.map(segmentOutput);
	},
);
