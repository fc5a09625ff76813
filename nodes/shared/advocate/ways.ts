/**
 * The API has two ways to a participant, REST and GraphQL, and a tenant or token may be kept from one of them (403). The
 * other one then serves for the rest of the run.
 */
import { expectAdvocateError, isClosedWay, isFatal, isRetryable } from './client/error';
import type { Transport, Way } from './client/transport';

/**
 * Ask on one way, or on the other when that is closed.
 * @param preferred the way to try first
 * @throws AdvocateError when neither works
 */
export async function onOpenWay<T>(
	transport: Transport,
	preferred: Way,
	ask: Readonly<Record<Way, () => Promise<T>>>,
): Promise<T> {
	const other: Way = preferred === 'REST' ? 'GraphQL' : 'REST';
	if (transport.closedWays.has(preferred)) return await ask[other]();
	try {
		return await ask[preferred]();
	} catch (caught) {
		const refusal = expectAdvocateError(caught);
		if (!isClosedWay(refusal) || transport.closedWays.has(other)) throw refusal;
		try {
			const answer = await ask[other]();
			transport.closedWays.add(preferred);
			return answer;
		} catch (second) {
			const error = expectAdvocateError(second);
			if (isFatal(error)) throw refusal;
			// Only a way that is open leads to a rejection.
			if (error.kind === 'api' && !isRetryable(error)) transport.closedWays.add(preferred);
			throw error;
		}
	}
}

/** What the user should know about closed ways. */
export function wayNotes({ closedWays }: Transport): string[] {
	return [...closedWays].map((way) =>
		way === 'REST'
			? 'The API refused the REST endpoint for participants (403), so GraphQL was used for the rest of the run. Ask impact.com whether Open Endpoints are enabled for the tenant'
			: 'The API refused GraphQL (403), so participants were sent one by one over REST for the rest of the run. Ask impact.com for a token that may use GraphQL',
	);
}
