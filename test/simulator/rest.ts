/** The REST endpoints of users. */
import { isRecord } from '../../nodes/shared/advocate/client/values';
import { failures } from './failures';
import type { SimulatorOptions } from './options';
import { participantKey } from './state';
import type { Participant, SimulatorState } from './state';
import { findParticipants, pageOf, upsertParticipant } from './users';

/** The ids in the address. */
export interface UserAddress {
	accountId: string;
	userId: string;
}

type Query = Readonly<Record<string, unknown>>;

/** A user as the open endpoints give it: with segments and custom fields. */
function openUser(user: Participant): Record<string, unknown> {
	return {
		id: user.id,
		accountId: user.accountId,
		firstName: user.firstName,
		lastName: user.lastName,
		email: user.email,
		imageUrl: user.imageUrl ?? '',
		cookieId: null,
		locale: user.locale,
		countryCode: user.countryCode,
		referable: user.referable,
		firstSeenIP: null,
		lastSeenIP: null,
		dateCreated: user.dateCreated,
		referralCodes: user.referralCodes,
		programShareLinks: {},
		customFields: user.customFields,
		segments: user.segments,
		referredByCodes: user.referredByCodes,
	};
}

/** A user as lists and the classic look-up give it: without segments. */
function classicUser(user: Participant): Record<string, unknown> {
	return {
		id: user.id,
		accountId: user.accountId,
		firstName: user.firstName,
		lastName: user.lastName,
		lastInitial: user.lastName?.charAt(0) ?? null,
		email: user.email,
		imageUrl: user.imageUrl ?? '',
		referralCode: Object.values(user.referralCodes)[0] ?? null,
		cookieId: null,
		paymentProviderId: user.paymentProviderId,
		locale: user.locale,
		countryCode: user.countryCode,
		referralSource: null,
		firstSeenIP: null,
		lastSeenIP: null,
		dateCreated: user.dateCreated,
		dateBlocked: user.dateBlocked,
		shareLinks: {},
	};
}

/** Keep only the fields asked for with `?fields=a,b`. */
function selected(user: Record<string, unknown>, query: Query): Record<string, unknown> {
	const { fields, extraFields } = query;
	if (fields === undefined) return user;
	if (extraFields !== undefined) {
		throw failures.badRequest("'fields' and 'extraFields' exclude each other.");
	}
	const names = new Set(String(fields).split(','));
	return Object.fromEntries(Object.entries(user).filter(([name]) => names.has(name)));
}

function numberOf(value: unknown, fallback: number): number {
	return value === undefined ? fallback : Number(value);
}

/** The users of a tenant over REST. Every method gives the JSON of the answer or throws an ApiFailure. */
export class RestApi {
	constructor(
		private readonly state: SimulatorState,
		private readonly options: SimulatorOptions,
	) {}

	/** `GET /users` */
	list(query: Query) {
		const text = typeof query.query === 'string' ? query.query : '';
		const found = findParticipants(this.state, {}, text);
		const [limit, offset] = [numberOf(query.limit, 10), numberOf(query.offset, 0)];
		const { rows, totalCount } = pageOf(found, limit, offset, this.options);
		return { count: rows.length, totalCount, users: rows.map(classicUser) };
	}

	/** `GET /open/account/{a}/user/{u}` */
	getOpen(address: UserAddress, query: Query) {
		return selected(this.told(openUser(this.find(address)), 'onLookUp'), query);
	}

	/** `GET /account/{a}/user/{u}` */
	getClassic(address: UserAddress) {
		return classicUser(this.find(address));
	}

	/** `PUT` or `POST /open/account/{a}/user/{u}` */
	write(address: UserAddress, body: unknown, query: Query, createOnly: boolean) {
		if (!isRecord(body)) throw failures.invalidJson('The body must be a JSON object.');
		const isOther = (value: unknown, expected: string) =>
			typeof value === 'string' && value !== '' && value !== expected;
		if (isOther(body.id, address.userId)) throw failures.idMismatch('id');
		if (isOther(body.accountId, address.accountId)) throw failures.idMismatch('accountId');
		const settings = { source: 'rest', createOnly } as const;
		const user = upsertParticipant(this.state, this.options, body, settings);
		return selected(this.told(openUser(user), 'always'), query);
	}

	/** A user as the switches have it told. */
	private told(
		user: Record<string, unknown>,
		from: 'always' | 'onLookUp',
	): Record<string, unknown> {
		const { segmentsTold } = this.options;
		if (segmentsTold === 'always' || segmentsTold === from) return user;
		return Object.fromEntries(Object.entries(user).filter(([name]) => name !== 'segments'));
	}

	/** `DELETE /open/account/{a}/user/{u}` */
	delete({ accountId, userId }: UserAddress, query: Query): void {
		this.find({ accountId, userId });
		if (query.doNotTrack === 'true') {
			this.state.doNotTrack.add(participantKey(accountId, userId));
		}
		this.state.removeParticipant(accountId, userId, query.preserveEmptyAccount === 'true');
	}

	private find({ accountId, userId }: UserAddress): Participant {
		const account = this.state.accountUsers(accountId);
		if (account === undefined) throw failures.accountNotFound();
		const user = account.get(userId);
		if (user === undefined) throw failures.userNotFound();
		return user;
	}
}
