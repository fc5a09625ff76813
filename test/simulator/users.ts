/** The rules of writing and finding participants, the same for REST, GraphQL and import jobs. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { failures, ApiFailure } from './failures';
import type { SimulatorOptions } from './options';
import { applyOperations } from './segmentOperations';
import { newParticipant, participantKey } from './state';
import type { Participant, SimulatorState } from './state';

/** A user as sent: any JSON object. */
export type UserInput = Readonly<Record<string, unknown>>;

type FieldType =
	| 'string'
	| 'boolean'
	| 'integer'
	| 'strings'
	| 'stringMap'
	| 'object'
	| 'operations';

const BASE_FIELDS: Record<string, FieldType> = {
	id: 'string',
	accountId: 'string',
	firstName: 'string',
	lastName: 'string',
	email: 'string',
	imageUrl: 'string',
	locale: 'string',
	countryCode: 'string',
	referable: 'boolean',
	referralCode: 'string',
	referralCodes: 'stringMap',
	shareLinks: 'stringMap',
	referredBy: 'object',
	referredByCodes: 'strings',
	paymentProviderId: 'string',
	cookies: 'string',
	customFields: 'object',
	dateUsTaxFormSubmitted: 'integer',
	segments: 'operations',
};

const FIELD_TYPES = {
	rest: new Map(Object.entries(BASE_FIELDS)),
	graphql: new Map(
		Object.entries({
			...BASE_FIELDS,
			lastInitial: 'string',
			cookieId: 'string',
			dateCreated: 'integer',
		} satisfies Record<string, FieldType>),
	),
	job: new Map(
		Object.entries({ ...BASE_FIELDS, dateCreated: 'integer' } satisfies Record<string, FieldType>),
	),
};

/** Where a write came from. */
type WriteSource = keyof typeof FIELD_TYPES;

const LOCALE = /^[a-z]{2}_[A-Z]{2}$/;
const COUNTRY = /^[A-Z]{2}$/;
const MAX_CUSTOM_FIELDS = 100;
const MAX_CUSTOM_TEXT = 1024;

function hasType(value: unknown, type: FieldType): boolean {
	switch (type) {
		case 'string':
			return typeof value === 'string';
		case 'boolean':
			return typeof value === 'boolean';
		case 'integer':
			return Number.isInteger(value);
		case 'strings':
		case 'operations':
			return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
		case 'stringMap':
			return isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string');
		default:
			return isRecord(value);
	}
}

function checkCustomFields(fields: Record<string, unknown>): void {
	const entries = Object.entries(fields);
	if (entries.length > MAX_CUSTOM_FIELDS) {
		throw failures.badRequest(`A request holds at most ${MAX_CUSTOM_FIELDS} custom fields.`);
	}
	for (const [name, value] of entries) {
		if (typeof value === 'object' && value !== null) {
			throw failures.badRequest(`The custom field '${name}' must be a single value.`);
		}
		if (typeof value === 'string' && value.length > MAX_CUSTOM_TEXT) {
			throw failures.badRequest(`The custom field '${name}' is too long.`);
		}
	}
}

/** The input as far as it counts: null may be nothing to the API, or wrong. */
function withoutNulls(input: UserInput, how: SimulatorOptions['nullDetails']): UserInput {
	const isNull = ([name, value]: [string, unknown]) => value === null && name !== 'customFields';
	const nulls = Object.entries(input).filter(isNull);
	if (nulls.length === 0 || how === 'clear') return input;
	if (how === 'reject') {
		throw failures.invalidJson(`The field '${nulls[0][0]}' must not be null.`);
	}
	return Object.fromEntries(Object.entries(input).filter((entry) => !isNull(entry)));
}

/** Check types and values. Returns the ids. */
function checkInput(input: UserInput, source: WriteSource, strict: boolean) {
	const types: ReadonlyMap<string, string> = FIELD_TYPES[source];
	for (const [name, value] of Object.entries(input)) {
		const type = types.get(name);
		if (type === undefined) {
			if (strict && source === 'rest') throw failures.invalidJson(`Unrecognized field '${name}'.`);
			continue;
		}
		if (value === undefined || value === null) continue;
		if (!hasType(value, type as FieldType)) {
			throw failures.invalidJson(`The field '${name}' has the wrong type.`);
		}
	}
	const { id, accountId, email, locale, countryCode, customFields } = input;
	if (typeof id !== 'string' || id.trim() === '') throw failures.emptyUserId();
	if (typeof accountId !== 'string' || accountId.trim() === '') throw failures.emptyAccountId();
	if (typeof email === 'string' && !/^[^@]+@[^@]+$/.test(email)) throw failures.badEmail();
	if (typeof locale === 'string' && !LOCALE.test(locale)) throw failures.badLocale();
	if (typeof countryCode === 'string' && !COUNTRY.test(countryCode)) throw failures.badCountry();
	if (isRecord(customFields)) checkCustomFields(customFields);
	return { id, accountId };
}

/** Merge maps without letting a key such as `__proto__` do anything special. */
function merge(base: object, changes: object): [string, unknown][] {
	return [...new Map([...Object.entries(base), ...Object.entries(changes)])];
}

function codesOf(input: UserInput): string[] {
	const listed = Array.isArray(input.referredByCodes) ? (input.referredByCodes as string[]) : [];
	const single = isRecord(input.referredBy) ? input.referredBy.code : undefined;
	return typeof single === 'string' ? [...listed, single] : listed;
}

/** Copy the detail fields that the input mentions; null clears. */
function applyDetails(participant: Participant, input: UserInput): void {
	const texts = [
		'firstName',
		'lastName',
		'email',
		'imageUrl',
		'locale',
		'countryCode',
		'paymentProviderId',
	] as const;
	for (const name of texts) {
		const value = input[name];
		if (value !== undefined) participant[name] = value as string | null;
	}
	if (input.referable !== undefined) participant.referable = (input.referable as boolean) ?? true;
	if (input.dateUsTaxFormSubmitted !== undefined) {
		participant.dateUsTaxFormSubmitted = input.dateUsTaxFormSubmitted as number | null;
	}
	if (typeof input.dateCreated === 'number') participant.dateCreated = input.dateCreated;
	for (const name of ['referralCodes', 'shareLinks'] as const) {
		const changes = input[name];
		if (!isRecord(changes)) continue;
		participant[name] = Object.fromEntries(merge(participant[name], changes)) as Record<
			string,
			string
		>;
	}
	if (input.customFields === null) participant.customFields = {};
	if (isRecord(input.customFields)) {
		participant.customFields = Object.fromEntries(
			merge(participant.customFields, input.customFields).filter(([, value]) => value !== null),
		);
	}
	const codes = codesOf(input);
	if (codes.length > 0) {
		participant.referredByCodes = [...new Set([...participant.referredByCodes, ...codes])];
	}
}

/** Give the fields back the values of a new participant, except ids, creation date and segments. */
function resetDetails(participant: Participant): void {
	const { segments, dateCreated, accountId, id } = participant;
	Object.assign(participant, newParticipant(accountId, id, dateCreated), { segments });
}

/** The referral code that a program gives to somebody new. */
const newCode = (id: string, program: string): string =>
	`${id}${program}`.toUpperCase().replace(/[^A-Z0-9]/g, '');

/** How a write is done. */
export interface WriteSettings {
	source: WriteSource;
	/** Refuse when the user exists. */
	createOnly?: boolean;
	/** Operations applied before those of the input. */
	operations?: readonly string[];
	/** Do everything but tell others about it. */
	silent?: boolean;
}

/**
 * Create or update a participant; all or nothing.
 * @throws ApiFailure when the input is refused
 */
export function upsertParticipant(
	state: SimulatorState,
	options: SimulatorOptions,
	given: UserInput,
	settings: WriteSettings,
): Participant {
	const input = withoutNulls(given, options.nullDetails);
	const { id, accountId } = checkInput(input, settings.source, options.strictUnknownFields);
	const rejects = options.participantRejects;
	const refused = Object.hasOwn(rejects, id) ? rejects[id] : undefined;
	if (refused !== undefined) {
		throw new ApiFailure(
			refused.statusCode ?? 400,
			refused.apiErrorCode ?? 'BAD_REQUEST',
			refused.message,
			refused.rsCode ?? null,
		);
	}
	const key = participantKey(accountId, id);
	if (state.doNotTrack.has(key)) throw failures.doNotTrack();
	const existing = state.participants.get(key);
	if (existing !== undefined && settings.createOnly) throw failures.userExists();
	if (
		existing === undefined &&
		(state.accountUsers(accountId)?.size ?? 0) >= options.accountLimit
	) {
		throw failures.accountFull(options.accountLimit);
	}
	const own = Array.isArray(input.segments) ? (input.segments as unknown[]) : [];
	const operations = [...(settings.operations ?? []), ...own];
	const outcome = applyOperations(existing?.segments ?? [], operations, state.segments, options);

	state.keepForLists(key, options.filterDelayMs);
	const participant = existing ?? newParticipant(accountId, id, Date.now());
	if (existing === undefined) {
		for (const program of state.programIds)
			participant.referralCodes[program] = newCode(id, program);
		state.insert(participant);
	} else if (settings.source === 'rest' && !options.restPutKeepsOmitted) resetDetails(participant);
	applyDetails(participant, input);
	for (const created of outcome.created) state.addSegment({ key: created });
	const changesDetails = Object.keys(input).some(
		(name) => !['id', 'accountId', 'segments'].includes(name),
	);
	if (existing === undefined || changesDetails) state.noteUpdate(participant, 'details');
	if (operations.length > 0) {
		const before = [...participant.segments].sort().join('|');
		state.setSegments(participant, outcome.segments);
		const after = [...participant.segments].sort().join('|');
		if (before !== after) state.noteUpdate(participant, 'segments');
	}
	state.countWrite(key);
	if (existing === undefined && !settings.silent) state.onUserCreated?.(participant);
	return participant;
}

/** The part of a list that a page asks for. */
export interface Page<T> {
	rows: T[];
	totalCount: number;
}

/**
 * Cut a page out of a list under the tenant's page maximum.
 * @throws ApiFailure when the numbers are refused
 */
export function pageOf<T>(
	all: readonly T[],
	limit: number,
	offset: number,
	options: SimulatorOptions,
): Page<T> {
	if (!Number.isInteger(limit) || !Number.isInteger(offset) || limit < 0 || offset < 0) {
		throw failures.badRequest('limit and offset must be whole numbers from 0 up.');
	}
	const maximum = options.maxPageLimit ?? Infinity;
	if (limit > maximum && options.overMaxPageLimit === 'reject') {
		throw failures.badRequest(`limit must be at most ${maximum}.`);
	}
	return {
		rows: all.slice(offset, offset + Math.min(limit, maximum)),
		totalCount: all.length,
	};
}

/** Conditions of GraphQL `users(filter:)`; all given ones must hold. */
export interface UserFilter {
	AND?: UserFilter[] | null;
	OR?: UserFilter[] | null;
	id_eq?: string | null;
	accountId_eq?: string | null;
	firstName_eq?: string | null;
	lastName_eq?: string | null;
	email_eq?: string | null;
	email_exists?: boolean | null;
	locale_eq?: string | null;
	locale_in?: string[] | null;
	dateBlocked_exists?: boolean | null;
	segments_eq?: string | null;
	segments_ne?: string | null;
	segments_in?: string[] | null;
	segments_all?: string[] | null;
	segments_nin?: string[] | null;
}

/** Null and absent conditions hold for everybody. */
function given<T>(condition: T | null | undefined, test: (value: T) => boolean): boolean {
	return condition === null || condition === undefined || test(condition);
}

/** Whether a participant meets a filter. */
function matchesFilter(user: Participant, filter: UserFilter, anyCase: boolean): boolean {
	const isMember = (key: string) => user.segments.includes(key);
	const same = (own: string | null, wanted: string): boolean =>
		own === wanted || (anyCase && own?.toLowerCase() === wanted.toLowerCase());
	return (
		given(filter.id_eq, (id) => same(user.id, id)) &&
		given(filter.accountId_eq, (id) => same(user.accountId, id)) &&
		given(filter.firstName_eq, (name) => user.firstName === name) &&
		given(filter.lastName_eq, (name) => user.lastName === name) &&
		given(filter.email_eq, (email) => same(user.email, email)) &&
		given(filter.email_exists, (exists) => (user.email !== null) === exists) &&
		given(filter.locale_eq, (locale) => user.locale === locale) &&
		given(filter.locale_in, (locales) => user.locale !== null && locales.includes(user.locale)) &&
		given(filter.dateBlocked_exists, (exists) => (user.dateBlocked !== null) === exists) &&
		given(filter.segments_eq, isMember) &&
		given(filter.segments_ne, (key) => !isMember(key)) &&
		given(filter.segments_in, (keys) => keys.some(isMember)) &&
		given(filter.segments_all, (keys) => keys.every(isMember)) &&
		given(filter.segments_nin, (keys) => !keys.some(isMember)) &&
		given(filter.AND, (all) => all.every((entry) => matchesFilter(user, entry, anyCase))) &&
		given(filter.OR, (any) => any.some((entry) => matchesFilter(user, entry, anyCase)))
	);
}

/** The few participants a filter can be about, where an index knows them. */
function candidates(state: SimulatorState, filter: UserFilter): Iterable<Participant> {
	if (state.hasEarlierVersions()) return state.participants.values();
	if (typeof filter.accountId_eq === 'string') {
		return state.accountUsers(filter.accountId_eq)?.values() ?? [];
	}
	if (typeof filter.segments_eq === 'string') return state.membersOf(filter.segments_eq);
	if (filter.segments_in?.length === 1) return state.membersOf(filter.segments_in[0]);
	return state.participants.values();
}

/** Find participants by filter and free text (e-mail, name, id), as lists see them. */
export function findParticipants(
	state: SimulatorState,
	filter: UserFilter,
	query: string,
	lookUpCase: SimulatorOptions['lookUpCase'] = 'exact',
): Participant[] {
	const anyCase = lookUpCase === 'ignored';
	const wanted = query.trim().toLowerCase();
	const found: Participant[] = [];
	for (const current of anyCase ? state.participants.values() : candidates(state, filter)) {
		const user = state.asListed(current);
		if (user === undefined || !matchesFilter(user, filter, anyCase)) continue;
		if (wanted !== '') {
			const name = `${user.firstName ?? ''} ${user.lastName ?? ''}`;
			const text = [user.email ?? '', name, user.id].join('\n').toLowerCase();
			if (!text.includes(wanted)) continue;
		}
		found.push(user);
	}
	return found;
}
