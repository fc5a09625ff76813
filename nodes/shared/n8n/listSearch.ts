/** The lists behind the resource locators. */
import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { listAllSegments } from '../advocate/segments';
import { searchParticipants as searchInApi } from '../advocate/participants';
import type { ParticipantRecord } from '../advocate/participants';
import { toListValue } from './parameters';
import { segmentLabel, sortedForChoice } from './segmentChoices';
import { withTransport } from './withTransport';

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
