/** From how participants are named in the node to their IDs. */
import { AdvocateError } from '../../../shared/advocate/client/error';
import type { Transport } from '../../../shared/advocate/client/transport';
import { findByEmail, MAX_LOOKUPS } from '../../../shared/advocate/participants';
import type {
	EmailSearch,
	Participant,
	ParticipantId,
} from '../../../shared/advocate/participants';
import type { ParticipantChoice } from '../../../shared/n8n/participantParameter';
import type { ItemRequest } from '../operation';

export interface ResolveOptions {
	/** Whether the operation can create participants who do not exist. */
	mayCreate?: boolean;
}

/**
 * Find the participants that were chosen by e-mail address, many per request. Each address is looked up once.
 * @returns per choice, in the same order: its IDs, or why there are none
 * @throws AdvocateError when the look-up itself failed
 */
export async function resolveParticipants(
	transport: Transport,
	choices: readonly ParticipantChoice[],
	{ mayCreate = false }: ResolveOptions = {},
): Promise<Array<ParticipantId | AdvocateError>> {
	const searches = new Map<string, EmailSearch>();
	for (const choice of choices) {
		if (choice.by === 'email') searches.set(searchKey(choice), searchOf(choice));
	}
	const wanted = [...searches];
	const matches = new Map<string, Participant[]>();
	for (let start = 0; start < wanted.length; start += MAX_LOOKUPS) {
		const page = wanted.slice(start, start + MAX_LOOKUPS);
		const found = await findByEmail(
			transport,
			page.map(([, search]) => search),
		);
		page.forEach(([key], index) => matches.set(key, found[index]));
	}
	return choices.map((choice) => {
		if (choice.by === 'id') return { accountId: choice.accountId, id: choice.id };
		return pickMatch(choice.accountId, matches.get(searchKey(choice)) ?? [], mayCreate);
	});
}

type EmailChoice = Extract<ParticipantChoice, { by: 'email' }>;

// An address has no blank, so the pair is unambiguous.
const searchKey = ({ email, accountId }: EmailChoice): string => `${email} ${accountId}`;

const searchOf = ({ email, accountId }: EmailChoice): EmailSearch =>
	accountId === '' ? { email } : { email, accountId };

const CHECK_ADDRESS = 'Check the address, upper and lower case included';

/** The participant with the e-mail address, if there is exactly one (in the account, when one is given). */
function pickMatch(
	accountId: string,
	matches: readonly Participant[],
	mayCreate: boolean,
): ParticipantId | AdvocateError {
	const candidates =
		accountId === '' ? matches : matches.filter((match) => match.accountId === accountId);
	if (candidates.length === 1) return { accountId: candidates[0].accountId, id: candidates[0].id };
	if (candidates.length > 1) {
		return new AdvocateError('Several participants have this e-mail address', {
			kind: 'missing',
			hint: `${accountId === '' ? 'Give the Account ID as well, or choose' : 'Choose'} the participant 'By ID'`,
		});
	}
	return new AdvocateError(
		accountId === ''
			? 'No participant has this e-mail address'
			: 'No participant of this account has this e-mail address',
		{
			kind: 'missing',
			statusCode: 404,
			hint: mayCreate
				? `${CHECK_ADDRESS}. To create a participant, choose 'By ID' and give the new participant's ID`
				: CHECK_ADDRESS,
		},
	);
}

/**
 * Name the participant of each item, all at once.
 * @param ready what to send of an item
 * @throws AdvocateError when the look-up itself failed
 */
export async function resolveItems<Request extends { choice: ParticipantChoice }, Ready>(
	transport: Transport,
	items: ReadonlyArray<{ itemIndex: number; request: Request }>,
	ready: (request: Request, target: ParticipantId) => Ready,
	options: ResolveOptions = {},
): Promise<Array<ItemRequest<Ready>>> {
	const targets = await resolveParticipants(
		transport,
		items.map(({ request }) => request.choice),
		options,
	);
	return items.map(({ itemIndex, request }, index) => {
		const target = targets[index];
		return target instanceof AdvocateError
			? { itemIndex, failure: target }
			: { itemIndex, request: ready(request, target) };
	});
}
