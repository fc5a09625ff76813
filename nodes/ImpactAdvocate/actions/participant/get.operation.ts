import { AdvocateError } from '../../../shared/advocate/client/error';
import { getParticipant } from '../../../shared/advocate/participants';
import { OPEN_TO_AGENTS } from '../agentGuard';
import {
	optionsField,
	participantFields,
	showFor,
	simplifyField,
	TRANSPORT_OPTIONS,
} from '../fields';
import { perItem } from '../operation';
import { readParticipant } from '../../../shared/n8n/parameters';
import { participantOutput } from './output';
import { resolveParticipants } from './resolve';

const show = showFor('participant', ['get']);

/** Get one participant with its segments. */
export const get = perItem(
	OPEN_TO_AGENTS,
	[...participantFields(show), simplifyField(show), optionsField(show, TRANSPORT_OPTIONS)],
	async (run, itemIndex) => {
		const choice = readParticipant(run.n8n, itemIndex);
		const [target] = await resolveParticipants(run.transport, [choice]);
		if (target instanceof AdvocateError) throw target;
		const record = await getParticipant(run.transport, target);
		if (record === undefined) {
			throw new AdvocateError(`Participant '${target.id}' does not exist`, {
				kind: 'missing',
				statusCode: 404,
				hint: 'Check the participant ID and the Account ID (they are the same unless you gave both)',
			});
		}
		const simplify = run.n8n.getNodeParameter('simplify', itemIndex, true) === true;
		return [participantOutput(record, simplify)];
	},
);
