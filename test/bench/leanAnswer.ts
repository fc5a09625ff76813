/** What a server that takes every upsert answers. */

interface Input {
	id: string;
	accountId: string;
	segments?: string[];
}

type Upsert = Input & { variables?: { userInputs?: Input[] } };

/** Participants in a request. */
export const rowsOfUpsert = (body: string): number =>
	(JSON.parse(body) as Upsert).variables?.userInputs?.length ?? 1;

/** The answer to a request that did all that was asked. */
export function answerUpsert(body: string): unknown {
	const { variables, ...single } = JSON.parse(body) as Upsert;
	const inputs = variables?.userInputs;
	if (inputs === undefined) return single;
	const upsertUsers = inputs.map(({ id, accountId, segments }) => ({
		__typename: 'User',
		id,
		accountId,
		segments,
	}));
	return { data: { upsertUsers } };
}
