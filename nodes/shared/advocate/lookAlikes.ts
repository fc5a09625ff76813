/** Finds participants who could be meant by an ID or e-mail address, whatever its upper and lower case. */
import type { Transport } from './client/transport';
import { runGraphql } from './graphql';
import { readList } from './paging';
import { MAX_LOOKUPS, readRecord } from './participants';
import type { ParticipantRecord } from './participants';

/** Enough to see that somebody else is there. */
const MOST = 20;

const FIELDS = 'id accountId email dateBlocked dateCreated';

const folded = (text: unknown): string => (typeof text === 'string' ? text.toLowerCase() : '');

/** Whether a participant has this text as ID or e-mail address, in any case. */
const isAlike = ({ id, email }: ParticipantRecord, text: string): boolean =>
	folded(id) === folded(text) || folded(email) === folded(text);

/**
 * Find participants with these IDs or e-mail addresses, as typed and in lower case. Whether the API tells upper and
 * lower case apart is not documented, so an answer has to be compared.
 * @returns per text, in the same order
 * @throws AdvocateError
 */
export async function findByAddress(
	transport: Transport,
	texts: readonly string[],
): Promise<ParticipantRecord[][]> {
	const found: ParticipantRecord[][] = [];
	for (let start = 0; start < texts.length; start += MAX_LOOKUPS) {
		found.push(...(await findPage(transport, texts.slice(start, start + MAX_LOOKUPS))));
	}
	return found;
}

async function findPage(
	transport: Transport,
	texts: readonly string[],
): Promise<ParticipantRecord[][]> {
	const definitions = texts.map((_, index) => `$f${index}: UserFilterInput`);
	const fields = texts.map(
		(_, index) => `q${index}: users(filter: $f${index}, limit: ${MOST}) { data { ${FIELDS} } }`,
	);
	const data = await runGraphql(transport, {
		operationName: 'FindParticipantsByAddress',
		document: `query FindParticipantsByAddress(${definitions.join(', ')}) { ${fields.join(' ')} }`,
		variables: Object.fromEntries(texts.map((text, index) => [`f${index}`, filterOf(text)])),
	});
	return texts.map((text, index) => distinct(readFound(data[`q${index}`], text)));
}

/**
 * Find everybody who could be meant by these texts, as an ID or e-mail address, in whatever case it is written.
 * @throws AdvocateError
 */
export async function findLookAlikes(
	transport: Transport,
	texts: readonly string[],
): Promise<ParticipantRecord[]> {
	const definitions = texts.map((_, index) => `$f${index}: UserFilterInput, $t${index}: String`);
	// The search sees a tenant's Bob@x where the filters, if they tell cases apart, do not.
	const fields = texts.map(
		(_, index) =>
			`q${index}: users(filter: $f${index}, limit: ${MOST}) { data { ${FIELDS} } } s${index}: users(query: $t${index}, limit: ${MOST}) { data { ${FIELDS} } }`,
	);
	const variables: Record<string, unknown> = {};
	texts.forEach((text, index) => {
		variables[`f${index}`] = filterOf(text);
		variables[`t${index}`] = text;
	});
	const data = await runGraphql(transport, {
		operationName: 'FindLookAlikes',
		document: `query FindLookAlikes(${definitions.join(', ')}) { ${fields.join(' ')} }`,
		variables,
	});
	return distinct(
		texts.flatMap((text, index) => [
			...readFound(data[`q${index}`], text),
			...readFound(data[`s${index}`], text),
		]),
	);
}

function filterOf(text: string): object {
	const ways = [...new Set([text, text.toLowerCase()])];
	return { OR: ways.flatMap((way) => [{ email_eq: way }, { id_eq: way }]) };
}

const readFound = (list: unknown, text: string): ParticipantRecord[] =>
	readList(list, 'data', readRecord).results.filter((record) => isAlike(record, text));

function distinct(records: readonly ParticipantRecord[]): ParticipantRecord[] {
	return records.filter(
		({ id, accountId }, index) =>
			records.findIndex((other) => other.id === id && other.accountId === accountId) === index,
	);
}
