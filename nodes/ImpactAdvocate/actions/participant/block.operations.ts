/** Block and Unblock: whether a participant can refer others and be referred. */
import { AdvocateError } from '../../../shared/advocate/client/error';
import { isoDate } from '../../../shared/advocate/client/values';
import { setBlocked } from '../../../shared/advocate/standing';
import { assertAccountGiven, readParticipant } from '../../../shared/n8n/participantParameter';
import { allowAgentField, closedToAgents } from '../agentGuard';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	optionsField,
	participantFields,
	showFor,
	TRANSPORT_OPTIONS,
} from '../fields';
import { perItem } from '../operation';
import type { Operation } from '../operation';
import { missingParticipant } from './output';
import { resolveParticipants } from './resolve';

function blockOperation(name: string, blocked: boolean, risk: string): Operation {
	const show = showFor('participant', [name]);
	return perItem(
		closedToAgents(risk),
		[
			allowAgentField('participant', name, `use this operation, which can ${risk}`),
			...participantFields(show),
			optionsField(show, [...TRANSPORT_OPTIONS, ACCEPT_UNUSUAL_IDS_OPTION]),
		],
		({ n8n }, itemIndex) => {
			assertAccountGiven(n8n, itemIndex);
			return { choice: readParticipant(n8n, itemIndex) };
		},
		async ({ transport }, { choice }) => {
			const [target] = await resolveParticipants(transport, [choice]);
			if (target instanceof AdvocateError) throw target;
			const result = await setBlocked(transport, target, blocked);
			if (result === undefined) throw missingParticipant(target);
			return [
				{
					id: target.id,
					accountId: target.accountId,
					blocked,
					dateBlocked: isoDate(result.dateBlocked),
					changed: !result.wasSo,
				},
			];
		},
	);
}

/** Keep participants from referring others and from being referred. */
export const block = blockOperation('block', true, 'keep people out of your programs');

/** Let participants who were blocked take part again. */
export const unblock = blockOperation('unblock', false, 'let blocked people into your programs');
