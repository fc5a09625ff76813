import { AdvocateError } from '../../../shared/advocate/client/error';
import { getParticipant } from '../../../shared/advocate/participants';
import { wayNotes } from '../../../shared/advocate/ways';
import { warn } from '../../../shared/n8n/html';
import { OPEN_TO_AGENTS } from '../agentGuard';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	optionsField,
	participantFields,
	showFor,
	simplifyField,
	TRANSPORT_OPTIONS,
} from '../fields';
import { perItem } from '../operation';
import { readSwitch } from '../../../shared/n8n/parameters';
import { readParticipant } from '../../../shared/n8n/participantParameter';
import { missingParticipant, participantOutput } from './output';
import { resolveParticipants } from './resolve';

const show = showFor('participant', ['get']);

/** Get one participant with its segments. */
export const get = perItem(
	OPEN_TO_AGENTS,
	[
		...participantFields(show),
		simplifyField(show),
		optionsField(show, [...TRANSPORT_OPTIONS, ACCEPT_UNUSUAL_IDS_OPTION]),
	],
	(run, itemIndex) => ({
		choice: readParticipant(run.n8n, itemIndex),
		simplify: readSwitch(run.n8n, 'simplify', 'Simplify', itemIndex, true),
	}),
	async (run, { choice, simplify }) => {
		const [target] = await resolveParticipants(run.transport, [choice]);
		if (target instanceof AdvocateError) throw target;
		const known = run.transport.closedWays.size;
		const record = await getParticipant(run.transport, target);
		if (run.transport.closedWays.size > known) {
			for (const note of wayNotes(run.transport)) warn(run.n8n, note);
		}
		if (record === undefined) throw missingParticipant(target);
		return [participantOutput(record, simplify)];
	},
);
