/** Events of participants: what programs react to, counted once for each idempotency key. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { failures } from './failures';
import type { SimulatorState } from './state';

/** One event that was taken. */
export interface LoggedEvent {
	id: string;
	userId: string;
	accountId: string;
	key: string;
	fields: Record<string, unknown>;
	dateTriggered: number;
	dateReceived: number;
	dateProcessed: number;
	/** The key of the request that brought it. */
	idempotencyKey: string | null;
}

const KEY = /^[A-Za-z0-9._-]{8,64}$/;
const MAX_TEXT_BYTES = 1500;

function checkFields(value: unknown): Record<string, unknown> {
	if (value === undefined || value === null) return {};
	if (!isRecord(value)) throw failures.badRequest('fields must be an object.');
	const visit = (entry: unknown, isInArray: boolean): void => {
		if (typeof entry === 'string' && Buffer.byteLength(entry) > MAX_TEXT_BYTES) {
			throw failures.badRequest(`Texts of fields have at most ${MAX_TEXT_BYTES} bytes.`);
		}
		if (Array.isArray(entry)) {
			if (isInArray) throw failures.badRequest('Arrays of arrays are not supported.');
			entry.forEach((part) => visit(part, true));
		} else if (isRecord(entry)) {
			Object.values(entry).forEach((part) => visit(part, false));
		}
	};
	visit(value, false);
	return value;
}

/** The events of the tenant. */
export class EventLog {
	readonly events: LoggedEvent[] = [];

	/** Idempotency keys, as long as they are kept. */
	readonly keys = new Set<string>();

	constructor(private readonly state: SimulatorState) {}

	reset(): void {
		this.events.length = 0;
		this.keys.clear();
	}

	/** Keys of events in use. */
	eventKeys(): string[] {
		return [...new Set(this.events.map(({ key }) => key))];
	}

	/**
	 * Take the events of one request.
	 * @param source GraphQL's published input has no idempotency key
	 */
	log(input: unknown, source: 'rest' | 'graphql') {
		if (!isRecord(input)) throw failures.invalidJson('The body must be a JSON object.');
		const { userId, accountId, idempotencyKey, events } = input;
		if (typeof userId !== 'string' || typeof accountId !== 'string' || !Array.isArray(events)) {
			throw failures.badRequest('userId, accountId and events are required.');
		}
		if (this.state.accountUsers(accountId) === undefined) throw failures.accountNotFound();
		if (this.state.participant(accountId, userId) === undefined) throw failures.userNotFound();
		const checked = events.map((event: unknown) => {
			if (!isRecord(event) || typeof event.key !== 'string' || event.key === '') {
				throw failures.badRequest('An event needs a key.');
			}
			return { key: event.key, fields: checkFields(event.fields), event };
		});
		if (source === 'rest' && idempotencyKey !== undefined) {
			if (typeof idempotencyKey !== 'string' || !KEY.test(idempotencyKey)) {
				throw failures.badRequest('The idempotency key is not valid.');
			}
			if (this.keys.has(idempotencyKey)) throw failures.duplicateEvent();
			this.keys.add(idempotencyKey);
		}
		const now = Date.now();
		const logged = checked.map(({ key, fields, event }): LoggedEvent => {
			const dateTriggered = typeof event.dateTriggered === 'number' ? event.dateTriggered : now;
			return {
				id: `event-${this.events.length + 1}`,
				userId,
				accountId,
				key,
				fields,
				dateTriggered,
				dateReceived: now,
				dateProcessed: now,
				idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : null,
			};
		});
		logged.forEach((event) => this.events.push(event));
		return { userId, accountId, events: logged };
	}
}
