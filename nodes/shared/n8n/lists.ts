/** The lists of the editor: drop-downs and searches. Quick to give up, and legible when they fail. */
import type {
	ILoadOptionsFunctions,
	INodeListSearchResult,
	INodePropertyOptions,
} from 'n8n-workflow';
import type { Transport } from '../advocate/client/transport';
import { searchParticipants as searchInApi } from '../advocate/participants';
import type { ParticipantRecord } from '../advocate/participants';
import { listAllSegments } from '../advocate/segments';
import type { Segment } from '../advocate/segments';
import { toChoicesError, toNodeError } from './nodeErrors';
import { toListValue } from './participantParameter';
import { openTransport } from './port';

/** Somebody waits in front of an open list. */
const LIMITS = { timeoutMs: 15_000, maxWaitMs: 5_000 };

/**
 * Run a list's requests with the node's credential.
 * @param toError makes the error that the editor shows: in the list, or beside the field
 * @throws NodeApiError or NodeOperationError
 */
export async function withTransport<T>(
	context: ILoadOptionsFunctions,
	load: (transport: Transport) => Promise<T>,
	toError: typeof toChoicesError | typeof toNodeError = toNodeError,
): Promise<T> {
	try {
		const { transport } = await openTransport(context, LIMITS);
		return await load(transport);
	} catch (failure) {
		throw toError(context.getNode(), failure);
	}
}

/** `VIP Customers (vip)`; archived ones say so. */
function segmentLabel(segment: Segment): string {
	const name = segment.name?.trim() ?? '';
	const label = name === '' || name === segment.key ? segment.key : `${name} (${segment.key})`;
	return segment.status === 'ARCHIVED' ? `${label} [Archived]` : label;
}

/** Segments in use first, then by name. */
function sortedForChoice(segments: readonly Segment[]): Segment[] {
	const rank = (segment: Segment) => (segment.status === 'ARCHIVED' ? 1 : 0);
	return [...segments].sort(
		(a, b) => rank(a) - rank(b) || segmentLabel(a).localeCompare(segmentLabel(b)),
	);
}

/** All segments of the tenant; those in use come first. */
export async function getSegments(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await withTransport(
		this,
		async (transport) =>
			sortedForChoice(await listAllSegments(transport)).map((segment) => ({
				name: segmentLabel(segment),
				value: segment.key,
			})),
		toChoicesError,
	);
}

/** Participants per page of the list. */
const PAGE = 50;

/**
 * Search participants by name, e-mail address or ID.
 * @param paginationToken the offset of the next page
 */
export async function searchParticipants(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await withTransport(this, async (transport) => {
		const offset = Number(paginationToken ?? 0) || 0;
		const page = await searchInApi(transport, { text: filter?.trim() ?? '', limit: PAGE, offset });
		const next = offset + page.entries;
		return {
			results: page.results.map((participant) => ({
				name: participantLabel(participant),
				value: toListValue(participant),
			})),
			paginationToken: page.entries > 0 && next < page.totalCount ? String(next) : undefined,
		};
	});
}

/** `Ada Lovelace (ada@example.com)`, as far as known; the ID when it says more than the e-mail address. */
function participantLabel(participant: ParticipantRecord): string {
	const text = (field: string): string =>
		typeof participant[field] === 'string' ? (participant[field] as string).trim() : '';
	const name = `${text('firstName')} ${text('lastName')}`.trim();
	const email = text('email');
	const marks = [...new Set([email, participant.id])].filter((mark) => mark !== '');
	if (participant.accountId !== participant.id) marks.push(`account ${participant.accountId}`);
	return name === '' ? marks.join(', ') : `${name} (${marks.join(', ')})`;
}

/** All segments whose name or key contains the text; those in use come first. */
export async function searchSegments(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return await withTransport(this, async (transport) => {
		const wanted = filter?.trim().toLowerCase() ?? '';
		const segments = await listAllSegments(transport, (segment) =>
			`${segment.name ?? ''}\n${segment.key}`.toLowerCase().includes(wanted),
		);
		return {
			results: sortedForChoice(segments).map((segment) => ({
				name: segmentLabel(segment),
				value: segment.key,
			})),
		};
	});
}
