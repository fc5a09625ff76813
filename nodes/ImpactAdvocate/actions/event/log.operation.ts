import type { IDataObject } from 'n8n-workflow';
import {
	AdvocateError,
	expectAdvocateError,
	isMissing,
} from '../../../shared/advocate/client/error';
import { isoDate } from '../../../shared/advocate/client/values';
import { EventChannel } from '../../../shared/advocate/events';
import type { LogResult } from '../../../shared/advocate/events';
import { participantKey } from '../../../shared/advocate/participants';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { writeParticipant } from '../../../shared/advocate/upserts';
import {
	CONCURRENCY,
	dateOption,
	filledTextOption,
	readChoice,
	readOptions,
} from '../../../shared/n8n/parameters';
import { inform } from '../../../shared/n8n/html';
import { readParticipant } from '../../../shared/n8n/participantParameter';
import { hashOf } from '../../deeds/deeds';
import { doesNotExist } from '../../writes/write';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { deedOperation } from '../deedOperation';
import type { ItemDeed } from '../deedOperation';
import {
	ACCEPT_UNUSUAL_IDS_OPTION,
	ifMissingFields,
	optionsField,
	participantFields,
	TRANSPORT_OPTIONS,
} from '../fields';
import type { Observer, Run } from '../operation';
import { resolveItems } from '../participant/resolve';
import { EVENT_FIELDS, LOG_OPTIONS, show } from './fields';
import { readEvent } from './readEvent';
import type { EventContent } from './readEvent';

const RISK = 'start programs, and so give rewards';

type IfMissing = 'create' | 'error' | 'skip';

interface Request extends EventContent {
	dateTriggered?: number;
	/** What the event is counted once for; nothing for each item once in an execution. */
	countOncePer?: string;
	ifMissing: IfMissing;
}

interface Ready extends Request {
	target: ParticipantId;
	channel: EventChannel;
}

/** Log that a participant has done something. */
export const log = deedOperation<Request & { choice: ReturnType<typeof readParticipant> }, Ready>({
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('event', 'log', `use this operation, which can ${RISK}`),
		...participantFields({ show }),
		...EVENT_FIELDS,
		...ifMissingFields({ show }, 'error'),
		optionsField({ show }, [...LOG_OPTIONS, ...TRANSPORT_OPTIONS, ACCEPT_UNUSUAL_IDS_OPTION]),
	],
	what: 'the event was counted',
	onceMore: ({ countOncePer }) =>
		countOncePer === undefined
			? "Each run logs a new event. To count an order once, add 'Count Once Per' with the order ID"
			: undefined,
	read({ n8n }, itemIndex) {
		const options = readOptions(n8n, itemIndex);
		return {
			choice: readParticipant(n8n, itemIndex),
			...readEvent(n8n, itemIndex),
			dateTriggered: dateOption(options, 'dateTriggered', 'Date Triggered', n8n.getTimezone()),
			countOncePer: filledTextOption(options, 'countOncePer', 'Count Once Per'),
			ifMissing: readChoice<IfMissing>(
				n8n,
				'ifParticipantMissing',
				'If Participant Does Not Exist',
				['create', 'error', 'skip'],
				itemIndex,
				'error',
			),
		};
	},
	async prepare(run, items) {
		const channel = new EventChannel(run.transport);
		return await resolveItems(
			run.transport,
			items,
			(request, target) => ({ ...request, target, channel }),
			{ mayCreate: true },
		);
	},
	laneOf: ({ target }) => participantKey(target),
	width: CONCURRENCY.default,
	carryOut: async (run, request, deed) => {
		const { target, key } = request;
		const idempotencyKey = keyOf(run, request, deed);
		const send = async () =>
			await deed.once(async () =>
				assertOurs(
					await request.channel.log({
						participant: target,
						key,
						fields: request.fields,
						dateTriggered: request.dateTriggered,
						idempotencyKey,
					}),
					request,
				),
			);
		const output: IDataObject = {
			participantId: target.id,
			accountId: target.accountId,
			eventKey: key,
			fields: { ...request.fields } as IDataObject,
			// What was sent, until the API says when it was.
			dateTriggered: isoDate(request.dateTriggered),
			logged: false,
			duplicate: false,
			skipped: false,
			participantCreated: false,
			eventId: null,
		};
		let result: LogResult;
		try {
			result = await send();
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (!isMissing(error)) throw error;
			if (request.ifMissing === 'skip') return { ...output, skipped: true };
			if (request.ifMissing === 'error') throw error.with(doesNotExist(target));
			await writeParticipant(run.transport, { id: target.id, accountId: target.accountId });
			output.participantCreated = true;
			result = await send();
		}
		return { ...output, ...outcomeOf(result) };
	},
	observe: repeatedEvents,
});

/** Says how many events were not counted, being no new ones. */
function repeatedEvents({ n8n }: Run): Observer {
	let repeated = 0;
	return {
		note({ duplicate, logged }) {
			if (duplicate && !logged) repeated++;
		},
		tell() {
			if (repeated === 0) return;
			const events = repeated === 1 ? '1 event was' : `${repeated} events were`;
			inform(
				n8n,
				`${events} not counted: Advocate has counted this value of 'Count Once Per' before. In the output, 'duplicate' is true`,
			);
		},
	};
}

/** The same for every arrival of the same thing, or for this item alone. */
function keyOf(run: Run, { target, key, countOncePer }: Ready, deed: ItemDeed): string {
	if (countOncePer === undefined) return deed.key;
	return hashOf([run.tenantMark, target.accountId, target.id, key, countOncePer]);
}

/**
 * A key that somebody else has used stands for another event: ours was not counted.
 * @throws AdvocateError
 */
function assertOurs(result: LogResult, { countOncePer }: Request): LogResult {
	if (result.outcome === 'logged' || result.sentByUs || countOncePer !== undefined) return result;
	throw new AdvocateError('Advocate says that it has counted this event before', {
		kind: 'api',
		statusCode: 409,
		hint: "This execution has not sent it before, so it may be an event of another one. Look at the participant's events in Advocate, then run the workflow again",
	});
}

function outcomeOf(result: LogResult): IDataObject {
	// An earlier try of ours arrived, or an earlier event of the same thing was counted and this one is not.
	if (result.outcome === 'duplicate') return { logged: result.sentByUs, duplicate: true };
	const { event } = result;
	return {
		logged: true,
		duplicate: false,
		eventId: event.id ?? null,
		dateTriggered: isoDate(event.dateTriggered),
		...(result.isKeyed ? {} : { idempotent: false }),
	};
}
