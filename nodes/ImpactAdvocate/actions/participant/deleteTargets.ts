/** Who is to be deleted: the one that was asked for, letter by letter, and others who could be meant. */
import type { IDataObject } from 'n8n-workflow';
import { AdvocateError } from '../../../shared/advocate/client/error';
import type { Transport } from '../../../shared/advocate/client/transport';
import { findByAddress, findLookAlikes } from '../../../shared/advocate/lookAlikes';
import type { ParticipantId, ParticipantRecord } from '../../../shared/advocate/participants';
import { lookUpStanding } from '../../../shared/advocate/standing';
import type { ParticipantChoice } from '../../../shared/n8n/participantParameter';

export interface DeleteTarget {
	/** Who is to be deleted; nobody when no such participant exists. */
	target?: ParticipantId;
	/** Others with the same ID or e-mail address, in whatever case. */
	alsoFound: IDataObject[];
}

/** A participant that was found, if one was. */
export interface Found {
	target?: ParticipantRecord;
}

/**
 * Find the participants that were chosen.
 * @returns per choice, in the same order: the participant, nobody, or why there is none
 * @throws AdvocateError when the look-up itself failed
 */
export async function findTargets(
	transport: Transport,
	choices: readonly ParticipantChoice[],
): Promise<Array<Found | AdvocateError>> {
	const byId = choices.filter((choice) => choice.by === 'id');
	const records = new Map(
		(await lookUpStanding(transport, byId)).map((record, index) => [byId[index], record] as const),
	);
	const byEmail = choices.filter((choice) => choice.by === 'email');
	const owners = byEmail.length === 0 ? [] : await findByAddress(transport, byEmail.map(addressOf));
	return choices.map((choice) => {
		if (choice.by === 'id') {
			const record = records.get(choice);
			// An API that does not tell upper and lower case apart may answer somebody else.
			const isExact = record?.id === choice.id && record.accountId === choice.accountId;
			return isExact ? { target: record } : {};
		}
		return oneOf(choice, owners[byEmail.indexOf(choice)]);
	});
}

const addressOf = ({ email }: { email: string }): string => email;

function oneOf(
	{ email, accountId }: { email: string; accountId: string },
	owners: readonly ParticipantRecord[],
): Found | AdvocateError {
	const exact = owners.filter(
		(owner) => owner.email === email && (accountId === '' || owner.accountId === accountId),
	);
	if (exact.length < 2) return { target: exact[0] };
	return new AdvocateError(`${exact.length} participants have this e-mail address`, {
		kind: 'missing',
		hint: `Nobody was deleted. Choose the participant 'By ID'; give the Account ID as well if they share it`,
	});
}

/**
 * Find others who could be meant.
 * @throws AdvocateError
 */
export async function findLookAlikesOf(
	transport: Transport,
	choice: ParticipantChoice,
	{ target }: Found,
): Promise<IDataObject[]> {
	const texts = [choice.by === 'email' ? choice.email : choice.id, target?.id, target?.email];
	const wanted = new Set(texts.filter((text) => typeof text === 'string' && text !== ''));
	const found = await findLookAlikes(transport, [...wanted] as string[]);
	return found
		.filter(({ id, accountId }) => id !== target?.id || accountId !== target?.accountId)
		.map(({ id, accountId, email }) => ({
			id,
			accountId,
			email: typeof email === 'string' ? email : null,
		}));
}

/**
 * Whether a participant exists.
 * @throws AdvocateError
 */
export async function stillThere(transport: Transport, target: ParticipantId): Promise<boolean> {
	const [record] = await lookUpStanding(transport, [target]);
	return record !== undefined;
}
