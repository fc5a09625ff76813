/** What a server answers that takes every upsert and has every segment. */

interface Input {
	id: string;
	accountId: string;
	segments?: string[];
}

type Upsert = Input & { variables?: { userInputs?: Input[] } };

interface LookUp {
	operationName?: string;
	variables: Record<string, string>;
}

/** Participants in a request. */
export const rowsOfUpsert = (body: string): number =>
	(JSON.parse(body) as Upsert).variables?.userInputs?.length ?? 1;

/** The answer to a request that did all that was asked. */
export function answerTo(body: string): unknown {
	const { operationName, variables: keys } = JSON.parse(body) as LookUp;
	if (operationName === 'LookUpSegments') return { data: segmentsWith(keys) };
	return answerUpsert(body);
}

/** Each key is asked for as `k` with a number, and answered as `s` with the same one. */
function segmentsWith(keys: Record<string, string>): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(keys).map(([variable, key]) => [
			variable.replace(/^k/, 's'),
			{ key, name: key, status: 'ACTIVE', participantsCount: 0 },
		]),
	);
}

function answerUpsert(body: string): unknown {
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
