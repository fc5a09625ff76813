/** Deletes and blocks participants. */
import {
	AdvocateError,
	expectAdvocateError,
	isMissing,
	isRetryable,
	mayHaveBeenApplied,
	unlessMissing,
} from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import type { Transport } from './client/transport';
import { isRecord } from './client/values';
import { runGraphql } from './graphql';
import { lookUpRecords, MAX_LOOKUPS } from './participants';
import type { ParticipantId, ParticipantRecord } from './participants';

export interface DeleteSettings {
	/** Keep this ID from ever coming back. */
	doNotTrack: boolean;
	/** What becomes of an account without participants; the API's default differs by way, so it is always sent. */
	preserveEmptyAccount: boolean;
}

/** How often a deletion is sent in all; it does no harm twice. */
const MAX_ATTEMPTS = 3;

/**
 * Delete a participant for good.
 * @returns `missing` when there was nobody to delete; that somebody is gone after an attempt of ours without a clear
 * answer is our doing
 * @throws AdvocateError; when `mayHaveBeenApplied` says so, the participant may be deleted
 */
export async function deleteParticipant(
	transport: Transport,
	{ accountId, id }: ParticipantId,
	settings: DeleteSettings,
): Promise<'deleted' | 'missing'> {
	let unclear: AdvocateError | undefined;
	for (let attempt = 1; ; attempt++) {
		try {
			const data = await runGraphql(transport, {
				operationName: 'DeleteParticipant',
				document:
					'mutation DeleteParticipant($accountId: String!, $id: String!, $doNotTrack: Boolean!, $preserveEmptyAccount: Boolean!) { deleteUser(accountId: $accountId, id: $id, doNotTrack: $doNotTrack, preserveEmptyAccount: $preserveEmptyAccount) }',
				variables: { accountId, id, ...settings },
				// Here, not further down: a repetition that finds nobody must know that it is one.
				repeatable: false,
			});
			if (data.deleteUser === true) return 'deleted';
			throw errorFromBadAnswer(200, data);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (isMissing(error)) return unclear === undefined ? 'missing' : 'deleted';
			if (mayHaveBeenApplied(error)) unclear = error;
			if (!isRetryable(error) || attempt >= MAX_ATTEMPTS) throw unclear ?? error;
			try {
				await transport.waitToSendPart(error);
			} catch (ended) {
				// An end of the wait must not make an attempt of ours look as if it had not been.
				throw unclear ?? ended;
			}
		}
	}
}

/** Who a participant is, and how it stands. */
const STANDING_FIELDS = 'id accountId email dateBlocked';

/**
 * Look participants up (any number).
 * @returns per participant, in the same order: what the API knows of it, nothing when it does not exist
 * @throws AdvocateError
 */
export async function lookUpStanding(
	transport: Transport,
	participants: readonly ParticipantId[],
): Promise<Array<ParticipantRecord | undefined>> {
	const found: Array<ParticipantRecord | undefined> = [];
	for (let start = 0; start < participants.length; start += MAX_LOOKUPS) {
		const page = participants.slice(start, start + MAX_LOOKUPS);
		found.push(...(await lookUpRecords(transport, page, STANDING_FIELDS)));
	}
	return found;
}

/** Whether a participant is blocked, and since when (milliseconds since the epoch). */
export interface Blocking {
	dateBlocked: unknown;
	/** Whether it had been so before. */
	wasSo: boolean;
}

const isAsWanted = (dateBlocked: unknown, blocked: boolean): boolean =>
	(dateBlocked !== null && dateBlocked !== undefined) === blocked;

/**
 * Block a participant, or unblock one. The API answers 403 both to a key without the right and when a participant is so
 * already: what the participant is then decides.
 * @returns nothing when there is no such participant
 * @throws AdvocateError
 */
export async function setBlocked(
	transport: Transport,
	participant: ParticipantId,
	blocked: boolean,
): Promise<Blocking | undefined> {
	const mutation = blocked ? 'blockUser' : 'unblockUser';
	const name = blocked ? 'BlockParticipant' : 'UnblockParticipant';
	try {
		const data = await unlessMissing(
			runGraphql(transport, {
				operationName: name,
				document: `mutation ${name}($accountId: String!, $id: String!) { ${mutation}(accountId: $accountId, id: $id) { user { id accountId dateBlocked } } }`,
				variables: { accountId: participant.accountId, id: participant.id },
			}),
		);
		if (data === undefined) return undefined;
		const result = data[mutation];
		const user = isRecord(result) ? result.user : undefined;
		// The published answer may be without a participant.
		const standing = isRecord(user) ? user : await readBack(transport, participant);
		if (isAsWanted(standing?.dateBlocked, blocked)) {
			return { dateBlocked: standing?.dateBlocked, wasSo: false };
		}
		throw notApplied(participant, blocked);
	} catch (caught) {
		const error = expectAdvocateError(caught);
		if (error.statusCode !== 403) throw error;
		const found = await readBack(transport, participant);
		if (found !== undefined && isAsWanted(found.dateBlocked, blocked)) {
			return { dateBlocked: found.dateBlocked, wasSo: true };
		}
		throw error.with({
			hint: `The participant is not ${blocked ? 'blocked' : 'unblocked'}. The key may not do this: use one with more rights`,
		});
	}
}

async function readBack(
	transport: Transport,
	participant: ParticipantId,
): Promise<ParticipantRecord | undefined> {
	const [found] = await lookUpStanding(transport, [participant]);
	return found;
}

function notApplied({ id }: ParticipantId, blocked: boolean): AdvocateError {
	return new AdvocateError(
		`The API accepted to ${blocked ? 'block' : 'unblock'} participant '${id}' without doing it`,
		{ kind: 'mismatch', hint: 'Look at the participant in Advocate, and try again' },
	);
}
