/**
 * Who is meant where the e-mail address is the ID. People and programs write one address in several ways, and the API
 * would make a participant of each: upper and lower case are not told apart here.
 */
import type { Transport } from '../../../shared/advocate/client/transport';
import { findByAddress } from '../../../shared/advocate/lookAlikes';
import { participantKey } from '../../../shared/advocate/participants';
import type { ParticipantId, ParticipantRecord } from '../../../shared/advocate/participants';
import { InputError } from '../../../shared/inputError';

/** What one item says of a participant whose ID is the e-mail address. */
export interface Addressed {
	/** As typed. */
	address: string;
	/** As given; empty for the same as the ID. */
	accountId: string;
}

/** Per item, in the same order, who is meant or why nobody is; and everybody who was found. */
export interface FoundOwners {
	meant: Array<ParticipantId | InputError>;
	/** When they came into being, by key. */
	known: ReadonlyMap<string, unknown>;
}

const folded = (text: string): string => text.toLowerCase();

/**
 * Look up whom addresses mean, each as typed and in lower case. What one spelling finds holds for the others of a run.
 * @throws AdvocateError
 */
export async function findOwners(
	transport: Transport,
	items: readonly Addressed[],
): Promise<FoundOwners> {
	const addresses = [...new Set(items.map(({ address }) => address))];
	const found = await findByAddress(transport, addresses);
	const owners = new Map<string, Map<string, ParticipantRecord>>();
	addresses.forEach((address, index) => {
		const ofAddress = owners.get(folded(address)) ?? new Map<string, ParticipantRecord>();
		for (const owner of found[index]) ofAddress.set(participantKey(owner), owner);
		owners.set(folded(address), ofAddress);
	});
	return {
		meant: items.map((item) =>
			whoIsMeant(item, [...(owners.get(folded(item.address))?.values() ?? [])]),
		),
		known: new Map(found.flat().map((owner) => [participantKey(owner), owner.dateCreated])),
	};
}

/** Whoever has the address as ID, however it is written there; else somebody new, in lower case. */
function whoIsMeant(
	{ address, accountId }: Addressed,
	owners: readonly ParticipantRecord[],
): ParticipantId | InputError {
	const id = folded(address);
	// An account that is the address as well is written as the ID is.
	const account = folded(accountId) === id ? '' : accountId;
	if (owners.length === 0) return { id, accountId: account || id };
	const named = owners.filter((owner) => folded(owner.id) === id);
	const matches = named.filter((owner) => owner.accountId === (account || owner.id));
	if (matches.length === 0) return ownedByOther(address, owners);
	if (new Set(named.map((owner) => owner.id)).size > 1) return severalSpellings(address, named);
	return { id: matches[0].id, accountId: matches[0].accountId };
}

const calledOwner = ({ id, accountId }: ParticipantId): string =>
	accountId === id ? `'${id}'` : `'${id}' of account '${accountId}'`;

const listed = (owners: readonly ParticipantRecord[]): string =>
	owners.map(calledOwner).join(' and ');

const ownedByOther = (address: string, owners: readonly ParticipantRecord[]): InputError =>
	new InputError(
		`The e-mail address '${address}' belongs to participant ${listed(owners)}`,
		"Nothing was sent: it would become a second participant. If it is the same person, use another Create or Update with 'Use Email as ID' off, and this ID and account, behind the error output, for example. If not, correct the e-mail address of one of them",
	);

const severalSpellings = (address: string, owners: readonly ParticipantRecord[]): InputError =>
	new InputError(
		`The e-mail address '${address}' belongs to ${owners.length} participants: ${listed(owners)}`,
		"Nothing was sent: each could be meant. Delete the one that is not in use with Participant > Delete, or use another Create or Update with 'Use Email as ID' off, and the ID and account",
	);
