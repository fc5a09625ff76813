/** Reads which participant an item is about. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { ACCEPT_UNUSUAL_IDS, checkId, cleanId, CORRECT, isEmail } from '../advocate/participantId';
import { hintWithOptions } from '../advocate/client/errorTexts';
import type { ParticipantId } from '../advocate/participants';
import { ParameterError } from './nodeErrors';
import { readLocator, readOptions, switchOption } from './parameters';
import { asAnyText } from './parameterValues';
import { CHECK_EXPRESSION } from '../inputError';

/** How a participant is named in the node. */
export type ParticipantChoice =
	| ({ by: 'id' } & ParticipantId)
	| { by: 'email'; email: string; accountId: string };

/**
 * The participant chosen in the node.
 * @throws ParameterError
 */
export function readParticipant(context: IExecuteFunctions, itemIndex: number): ParticipantChoice {
	const read = idReader(context, itemIndex);
	const { mode, value } = readLocator(
		context.getNodeParameter('participant', itemIndex) as unknown,
	);
	const given = asAnyText(value, 'Participant');
	const chosen = mode === 'list' ? fromListValue(given) : { id: given, accountId: '' };
	const id = read(chosen.id, 'Participant', mode === 'email');
	if (id === '') {
		throw new ParameterError(
			"'Participant' is empty",
			'Choose a participant, or enter an ID or e-mail address. If it is an expression, check that the input item has this value',
		);
	}
	const accountId =
		read(context.getNodeParameter('accountId', itemIndex, '') as unknown, 'Account ID') ||
		read(chosen.accountId, 'Participant');
	if (mode !== 'email') return { by: 'id', id, accountId: accountId || id };
	if (!isEmail(id)) {
		throw new ParameterError(
			"'Participant' is not an e-mail address",
			"Enter an e-mail address, or choose 'By ID'",
		);
	}
	return { by: 'email', email: id, accountId };
}

/**
 * Reads IDs of one item, each a value, what it is called, and whether it has to be an e-mail address; an empty one
 * stays empty.
 * @throws ParameterError, the reader too, when an ID is damaged
 */
export function idReader(
	context: IExecuteFunctions,
	itemIndex: number,
): (value: unknown, displayName: string, isAddress?: boolean) => string {
	const options = readOptions(context, itemIndex);
	const acceptUnusual = switchOption(options, 'acceptUnusualIds', ACCEPT_UNUSUAL_IDS, false);
	return (value, displayName, isAddress = false) => {
		const id = cleanId(asAnyText(value, displayName), acceptUnusual);
		return id === '' ? '' : usable(id, displayName, acceptUnusual, isAddress);
	};
}

/**
 * Refuse an expression for the account that gives nothing: an empty account means that it equals the participant's ID,
 * which is somebody else.
 * @throws ParameterError
 */
export function assertAccountGiven(context: IExecuteFunctions, itemIndex: number): void {
	const written = context.getNode().parameters.accountId;
	if (typeof written !== 'string' || written.trim() === '') return;
	const given = context.getNodeParameter('accountId', itemIndex, '') as unknown;
	if (asAnyText(given, 'Account ID') !== '') return;
	throw new ParameterError(
		"'Account ID' is an expression that gives nothing",
		`Nothing was sent: with an empty account, the participant could be another one. ${CHECK_EXPRESSION}`,
	);
}

/** @throws ParameterError when an ID is damaged */
function usable(
	id: string,
	displayName: string,
	acceptUnusual: boolean,
	isAddress: boolean,
): string {
	const damage = checkId(id, acceptUnusual);
	if (damage === undefined) return id;
	// What is no address can't be taken as one either.
	const hint = isAddress && !isEmail(id) ? CORRECT : hintWithOptions(damage);
	throw new ParameterError(`'${displayName}' ${damage.problem}`, hint);
}

/**
 * The value of a participant in the list. It must carry both IDs; where they are the same, as impact.com advises, it
 * is the plain ID, so that switching from the list to 'By ID' keeps a usable value.
 */
export function toListValue(participant: ParticipantId): string {
	const { accountId, id } = participant;
	if (accountId === id && !id.includes('/')) return id;
	return `${encodeURIComponent(accountId)}/${encodeURIComponent(id)}`;
}

function fromListValue(value: string): ParticipantId {
	const slash = value.indexOf('/');
	if (slash === -1) return { accountId: value, id: value };
	const accountId = decoded(value.slice(0, slash));
	const id = decoded(value.slice(slash + 1));
	if (accountId !== undefined && id !== undefined) return { accountId, id };
	throw new ParameterError(
		`'Participant' is not a value from the list: ${value}`,
		"Choose the participant from the list again, or choose 'By ID' to enter an ID",
	);
}

function decoded(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}
