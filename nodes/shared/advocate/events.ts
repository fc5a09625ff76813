/** Events of participants, which programs react to. Counting one twice can pay twice. */
import type { AdvocateError } from './client/error';
import { expectAdvocateError, mayHaveBeenApplied } from './client/error';
import { errorFromBadAnswer } from './client/readErrors';
import type { Transport } from './client/transport';
import { isRecord, jsonBytes } from './client/values';
import { runGraphql } from './graphql';
import { readList, readPages } from './paging';
import { participantPath, restAnswer } from './participants';
import type { ParticipantId } from './participants';

/** Longest text in the fields of an event, in bytes of UTF-8 (vendor's REST description). */
export const MAX_FIELD_BYTES = 1500;

/** Event keys per page. */
const KEY_PAGE_SIZE = 100;

/** An event to log. */
export interface EventInput {
	participant: ParticipantId;
	key: string;
	fields: Readonly<Record<string, unknown>>;
	/** Milliseconds since the epoch; the time of arrival without it. */
	dateTriggered?: number;
	/** 8 to 64 of A-Z, a-z, 0-9, `.`, `-` and `_`. The API counts events with the same one once, for at least 24 hours. */
	idempotencyKey: string;
}

/** An event as the API took it. Dates are milliseconds since the epoch. */
interface LoggedEvent {
	id?: string;
	key: string;
	dateTriggered?: number;
	dateReceived?: number;
	dateProcessed?: number;
}

/** How an event came to be counted. */
export type LogResult =
	| { outcome: 'logged'; event: LoggedEvent; isKeyed: boolean }
	/** An event with this idempotency key had been counted before. */
	| { outcome: 'duplicate'; sentByUs: boolean };

/** Ways to log events. A key may not be allowed to use the first, which alone takes idempotency keys. */
export class EventChannel {
	private usesGraphql = false;

	constructor(private readonly transport: Transport) {}

	/**
	 * Log one event.
	 * @throws AdvocateError; `isMissing` when there is no such participant. When `mayHaveBeenApplied` says so, it must not
	 * be sent again in another way
	 */
	async log(input: EventInput): Promise<LogResult> {
		if (!this.usesGraphql) {
			try {
				return await this.logByRest(input);
			} catch (caught) {
				const error = expectAdvocateError(caught);
				if (!isEndpointRefused(error)) throw error;
				this.usesGraphql = true;
			}
		}
		return await this.logByGraphql(input);
	}

	/** Repeats are harmless: the idempotency key goes with each. */
	private async logByRest({
		participant,
		idempotencyKey,
		...event
	}: EventInput): Promise<LogResult> {
		const owner = { userId: participant.id, accountId: participant.accountId };
		try {
			return await this.transport.request(
				{
					method: 'POST',
					path: `${participantPath(participant)}/events`,
					body: jsonBytes({ ...owner, idempotencyKey, events: [event] }),
				},
				restAnswer((body) => ({
					outcome: 'logged',
					event: readEvent(body),
					isKeyed: true,
				})),
			);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (error.kind !== 'api' || error.statusCode !== 409) throw error;
			return { outcome: 'duplicate', sentByUs: mayHaveBeenApplied(error) };
		}
	}

	/** The published input has no idempotency key, so it is sent once. */
	private async logByGraphql({
		participant,
		key,
		fields,
		dateTriggered,
	}: EventInput): Promise<LogResult> {
		const data = await runGraphql(this.transport, {
			operationName: 'LogEvent',
			document:
				'mutation LogEvent($userEventInput: UserEventInput!) { logUserEvent(userEventInput: $userEventInput) { userId accountId events { id key dateTriggered dateReceived dateProcessed } } }',
			variables: {
				userEventInput: {
					userId: participant.id,
					accountId: participant.accountId,
					events: [{ key, fields, dateTriggered }],
				},
			},
			repeatable: false,
		});
		return { outcome: 'logged', event: readEvent(data.logUserEvent), isKeyed: false };
	}
}

/** Whether the key may not use this endpoint, which says nothing about another, and surely nothing was done. */
function isEndpointRefused(error: AdvocateError): boolean {
	return error.kind === 'api' && error.statusCode === 403 && !mayHaveBeenApplied(error);
}

function readEvent(body: unknown): LoggedEvent {
	const [event] = isRecord(body) && Array.isArray(body.events) ? (body.events as unknown[]) : [];
	if (!isRecord(event) || typeof event.key !== 'string') throw errorFromBadAnswer(200, body);
	return event as unknown as LoggedEvent;
}

/**
 * Keys of the events that the tenant has seen.
 * @throws AdvocateError
 */
export async function listEventKeys(transport: Transport): Promise<string[]> {
	const fetchPage = async (page: { limit: number; offset: number }) => {
		const data = await runGraphql(transport, {
			operationName: 'ListEventKeys',
			document:
				'query ListEventKeys($limit: Int!, $offset: Int!) { userEventKeys(limit: $limit, offset: $offset) { totalCount data } }',
			variables: page,
		});
		return readList(data.userEventKeys, 'data', String);
	};
	return await readPages(fetchPage, { pageSize: KEY_PAGE_SIZE });
}
