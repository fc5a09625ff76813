/** What Advocate sends: its envelope, who it is about, and whether it is one the workflow waits for. Pure. */
import { isRecord } from '../shared/advocate/client/values';
import { ALL_EVENTS } from './subscriptions';
import type { ParticipantId } from '../shared/advocate/participants';

/** The event that only shows that a subscription works. */
export const TEST_EVENT = 'test';

/** An event as Advocate sends it. */
export interface AdvocateEvent {
	id: string;
	type: string;
	tenantAlias: string;
	live?: boolean;
	/** Milliseconds since the epoch; test events may lack it. */
	created?: number;
	data: Record<string, unknown>;
	[field: string]: unknown;
}

/** Times below this, read as milliseconds, lie in 1973: they are seconds. */
const SECONDS_BELOW = 1e11;

function readTime(value: unknown): number | undefined {
	if (typeof value === 'number' && Number.isFinite(value)) {
		return value < SECONDS_BELOW ? value * 1000 : value;
	}
	const time = typeof value === 'string' ? Date.parse(value) : NaN;
	return Number.isNaN(time) ? undefined : time;
}

/**
 * Read an event from the body of a call.
 * @returns nothing when it is not an Advocate event
 */
export function readEvent(body: Buffer): AdvocateEvent | undefined {
	let value: unknown;
	try {
		value = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''));
	} catch {
		return undefined;
	}
	if (!isRecord(value)) return undefined;
	const { id, type, tenantAlias, data } = value;
	if (typeof id !== 'string' || typeof type !== 'string' || typeof tenantAlias !== 'string') {
		return undefined;
	}
	return { ...value, id, type, tenantAlias, data: isRecord(data) ? data : {} } as AdvocateEvent;
}

/** What a genuine event has to be like. */
export interface Expectations {
	tenantAlias: string;
	/** Milliseconds after which an event counts as a replay; 0 for no limit. */
	maxAgeMs: number;
	/** When this node saw a test event first, which need not say when it was created. */
	firstSeen: (eventId: string) => number;
}

/** Why an event must be refused although its signature is good; nothing when it may come in. */
export function reasonToRefuse(
	event: AdvocateEvent,
	expected: Expectations,
	now: number,
): string | undefined {
	// Advocate signs for all tenants with the same keys: a stranger's tenant could send here too.
	if (event.tenantAlias !== expected.tenantAlias) return 'it is about another tenant';
	if (expected.maxAgeMs === 0) return undefined;
	const created =
		readTime(event.created) ??
		(event.type === TEST_EVENT ? expected.firstSeen(event.id) : undefined);
	if (created === undefined) return 'it does not say when it was created';
	const age = now - created;
	if (age <= expected.maxAgeMs) return undefined;
	const hours = (milliseconds: number) => Math.round(milliseconds / 36_000) / 100;
	return `it is ${hours(age)} hours old, and 'Max Event Age' is ${hours(expected.maxAgeMs)} hours`;
}

/** Whether the workflow waits for this type of event. */
export function isChosenType(
	event: AdvocateEvent,
	types: readonly string[],
	isTestRun: boolean,
): boolean {
	// A test event has no data to work on, so it does not count among 'Any Event'.
	if (event.type === TEST_EVENT) return isTestRun || types.includes(TEST_EVENT);
	return types.includes(ALL_EVENTS) || types.includes(event.type);
}

/** The event types to subscribe to. */
export function typesToSubscribe(types: readonly string[]): string[] {
	return types.includes(ALL_EVENTS) ? [ALL_EVENTS] : [...new Set(types)];
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A participant in an event, and what the event is to it. */
export interface EventParticipant extends ParticipantId {
	role: 'participant' | 'referred' | 'referrer';
}

const participantOf = (
	id: unknown,
	accountId: unknown,
	role: EventParticipant['role'] = 'participant',
): EventParticipant[] => (isText(id) && isText(accountId) ? [{ id, accountId, role }] : []);

const sideOf = (side: unknown, role: EventParticipant['role']): EventParticipant[] =>
	isRecord(side) ? participantOf(side.id, side.accountId, role) : [];

/**
 * The participants an event is about; for a referral both sides. Empty when it names none by ID and account: coupons and
 * exports never do, and `referredUser` and `referrerUser` of classic referrals hold IDs that no request takes.
 */
export function rolesIn({ type, data }: AdvocateEvent): EventParticipant[] {
	return [
		...(type.startsWith('user.') ? participantOf(data.id, data.accountId) : []),
		// Rewards and balances.
		...participantOf(data.userId, data.accountId),
		// E-mails of classic programs.
		...participantOf(data.recipientUserId, data.recipientAccountId),
		...sideOf(data.referred, 'referred'),
		...sideOf(data.referrer, 'referrer'),
	];
}

/** The participants an event is about, each once. */
export function participantsOf(event: AdvocateEvent): ParticipantId[] {
	const found = rolesIn(event).map(({ id, accountId }) => ({ id, accountId }));
	return found.filter(
		({ id, accountId }, index) =>
			found.findIndex((other) => other.id === id && other.accountId === accountId) === index,
	);
}

/** The segments an event itself says its participant is in; only new participants come with them. */
export function segmentsIn({ type, data }: AdvocateEvent): string[] | undefined {
	if (type !== 'user.created' || !Array.isArray(data.segments)) return undefined;
	return data.segments.filter((key): key is string => typeof key === 'string');
}
