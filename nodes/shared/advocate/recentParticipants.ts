/** Lists the participants who were created since a date: the newest first, so that the reading can stop. */
import { AdvocateError } from './client/error';
import type { Transport } from './client/transport';
import { readPages } from './paging';
import { listParticipants, PAGE_SIZE, participantKey } from './participants';
import type { ParticipantFilter, ParticipantRecord } from './participants';

/**
 * List them, the newest first. That the API sorts by the date is published nowhere, so it is watched: where a
 * participant comes out of turn, everybody is read.
 * @param since milliseconds since the epoch
 * @param wanted how many at most
 * @param isWanted which of them count
 * @throws AdvocateError
 */
export async function listCreatedSince(
	transport: Transport,
	filter: ParticipantFilter,
	since: number,
	wanted: number,
	isWanted: (participant: ParticipantRecord) => boolean = () => true,
): Promise<ParticipantRecord[]> {
	const watch = new OrderWatch();
	const seen = new Set<string>();
	const found = await readPages(
		async (page) => {
			const listed = await listParticipants(transport, { filter, ...page, order: 'DESC' });
			for (const record of listed.results) watch.see(dateOf(record));
			return listed;
		},
		{
			pageSize: PAGE_SIZE,
			// Out of order, the newest may come last.
			wanted: undefined,
			enough: (kept) => watch.isOrdered && (kept >= wanted || watch.last < since),
			keep(record) {
				// Somebody new moves the others on, so that one may come on two pages.
				const key = participantKey(record);
				if (dateOf(record) < since || seen.has(key) || !isWanted(record)) return false;
				seen.add(key);
				return true;
			},
		},
	);
	if (!watch.isOrdered) found.sort((a, b) => dateOf(b) - dateOf(a));
	return found.slice(0, wanted);
}

/** Whether dates come in descending order. */
class OrderWatch {
	last = Infinity;

	isOrdered = true;

	see(date: number): void {
		if (date > this.last) this.isOrdered = false;
		this.last = date;
	}
}

/** @throws AdvocateError when the API does not tell it: a filter that can't be checked must not pass for one that holds */
function dateOf({ dateCreated }: ParticipantRecord): number {
	if (typeof dateCreated === 'number') return dateCreated;
	throw new AdvocateError('The API does not say when participants were created', {
		kind: 'badAnswer',
		statusCode: 200,
		hint: "Remove the filter 'Created Since'",
	});
}
