/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** Webhooks: subscriptions, events and their signed deliveries, which are repeated until one is answered with 200. */
import { randomBytes } from 'node:crypto';
import { isRecord } from '../../nodes/shared/advocate/client/values';
import type { SimulatorCredentials } from './auth';
import { failures } from './failures';
import type { SimulatorOptions } from './options';
import type { Participant } from './state';
import { createdParticipant, eventData } from './webhookData';
import type { EventData } from './webhookData';
import { signDetached, signWithKey, WebhookKeys } from './webhookKeys';

/** A subscription as the API lists it. The URL names it. */
export interface SubscriptionRecord {
	endpointUrl: string;
	name: string | null;
	source: 'MANUAL';
	webhookTypes: string[];
}

/** An event in the API's envelope. */
export interface WebhookEvent {
	id: string;
	type: string;
	tenantAlias: string;
	live: boolean;
	created: number;
	data: EventData;
}

/** One attempt to deliver an event. */
export interface DeliveryAttempt {
	endpointUrl: string;
	event: WebhookEvent;
	/** Counted from 1. */
	attempt: number;
	/** Null when there was no answer. */
	status: number | null;
}

/**
 * What is wrong with a delivery.
 * - `badSignature`: the signature is damaged
 * - `alteredBody`: the body was changed after it was signed
 * - `wrongKey`: signed with a key that is not published, under its own ID
 * - `wrongKeyKnownId`: signed with a key that is not published, under the ID of one that is
 * - `unsigned`: no signature at all
 * - `stale`: the event was created long ago
 * - `duplicate`: delivered once more although it was answered with 200
 * - `otherTenant`: about another tenant, with a good signature
 */
export type WebhookFault =
	| 'badSignature'
	| 'alteredBody'
	| 'wrongKey'
	| 'wrongKeyKnownId'
	| 'unsigned'
	| 'stale'
	| 'duplicate'
	| 'otherTenant';

/** A delivery, ready to be sent. */
export interface SignedDelivery {
	body: string;
	headers: Record<string, string>;
}

const KNOWN_TYPES = new Set([
	'*',
	'coupon.created',
	'email.referral.paid',
	'email.referral.rewardLimitReached',
	'email.referral.started',
	'email.referred.reward.earned',
	'export.completed',
	'export.created',
	'referral.automoderation.complete',
	'referral.converted',
	'referral.ended',
	'referral.started',
	'reward.created',
	'test',
	'theme.publish.finished',
	'user.created',
	'user.reward.balance.changed',
]);

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const DELIVERY_TIMEOUT_MS = 30_000;

/** Subscriptions, events and deliveries of the tenant. */
export class Webhooks {
	readonly keys = new WebhookKeys();

	readonly subscriptions = new Map<string, SubscriptionRecord>();

	/** Every event since the start or the last `reset`. */
	readonly events: WebhookEvent[] = [];

	/** Every attempt to deliver one. */
	readonly attempts: DeliveryAttempt[] = [];

	/** Faults of the next deliveries, one each. */
	readonly faults: WebhookFault[] = [];

	private held: Array<() => void> | undefined;

	private readonly underWay = new Set<Promise<void>>();

	/** Deliveries of an earlier tenant state end when this changes. */
	private epoch = 0;

	constructor(
		private readonly options: SimulatorOptions,
		private readonly credentials: SimulatorCredentials,
	) {}

	/** `POST /subscription` */
	subscribe(body: unknown): SubscriptionRecord {
		if (!isRecord(body)) throw failures.invalidJson('The body must be a JSON object.');
		const { endpointUrl, name, webhookTypes = ['*'] } = body;
		if (typeof endpointUrl !== 'string' || !/^https?:\/\//.test(endpointUrl)) {
			throw failures.badRequest('endpointUrl must be a URL.');
		}
		if (!Array.isArray(webhookTypes) || !webhookTypes.every((type) => KNOWN_TYPES.has(type))) {
			throw failures.badRequest('webhookTypes must be a list of known types.');
		}
		const known = this.subscriptions.get(endpointUrl);
		const { subscriptionTypes } = this.options;
		let types = webhookTypes as string[];
		if (subscriptionTypes === 'ignored') types = ['*'];
		else if (subscriptionTypes === 'keptOnRepeat' && known !== undefined)
			types = known.webhookTypes;
		const subscription: SubscriptionRecord = {
			endpointUrl,
			name: typeof name === 'string' ? name : null,
			source: 'MANUAL',
			webhookTypes: types,
		};
		this.subscriptions.set(endpointUrl, subscription);
		return subscription;
	}

	/** `DELETE /subscription/{url}` */
	unsubscribe(endpointUrl: string): void {
		if (!this.subscriptions.delete(endpointUrl)) throw failures.subscriptionNotFound();
	}

	/** `POST /subscription/{url}/test` */
	sendTest(endpointUrl: string): void {
		const subscription = this.subscriptions.get(endpointUrl);
		if (subscription === undefined) throw failures.subscriptionNotFound();
		this.deliver(subscription, this.newEvent('test', { endpointUrl, name: subscription.name }));
	}

	/** A new participant, as `user.created` shows it. */
	userCreated(user: Participant): void {
		this.emit('user.created', createdParticipant(user, this.options.webhookShapes));
	}

	/**
	 * Something happened: deliver it to everybody who subscribed to it.
	 * @param data what differs from an event of this type as the API sends it
	 */
	emit(type: string, data: EventData): WebhookEvent {
		const event = this.newEvent(type, { ...eventData(type, this.options.webhookShapes), ...data });
		for (const subscription of this.subscriptions.values()) {
			const { webhookTypes } = subscription;
			if (webhookTypes.includes('*') || webhookTypes.includes(type)) {
				this.deliver(subscription, event);
			}
		}
		return event;
	}

	/** Keep deliveries back until `release`. */
	hold(): void {
		this.held ??= [];
	}

	/** Send what was kept back, the last one first when asked. */
	async release({ reversed = false } = {}): Promise<void> {
		const held = this.held ?? [];
		this.held = undefined;
		for (const send of reversed ? held.reverse() : held) {
			send();
			await this.settled();
		}
	}

	/** Wait until every delivery is answered with 200 or given up. */
	async settled(): Promise<void> {
		while (this.underWay.size > 0) await Promise.all(this.underWay);
	}

	/** Sign an event, or damage it on the way. */
	sign(event: WebhookEvent, fault?: WebhookFault): SignedDelivery {
		const sent = { ...event };
		if (fault === 'stale') sent.created -= YEAR_MS;
		if (fault === 'otherTenant') sent.tenantAlias = 'somebody_else';
		const body = JSON.stringify(sent);
		const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
		if (fault === 'unsigned') return { body, headers };

		const { current, stranger } = this.keys;
		let key = current;
		if (fault === 'wrongKey') key = stranger;
		if (fault === 'wrongKeyKnownId') key = { ...stranger, kid: current.kid };
		const { webhookBase64 } = this.options;
		const header = webhookBase64 ? {} : { b64: false, crit: ['b64'] };
		let jws = signDetached(Buffer.from(body), key, header);
		const isStranger = key !== current;
		let hmac = signWithKey(Buffer.from(body), isStranger ? 'another key' : this.credentials.apiKey);
		if (fault === 'badSignature') {
			jws = jws.slice(0, -8) + (jws.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA');
			hmac = signWithKey(Buffer.from('something else'), this.credentials.apiKey);
		}
		headers['x-hook-jws-rfc-7797'] = jws;
		headers['x-hook-signature'] = hmac;
		// One more blank: the same JSON, but not the same bytes.
		return { body: fault === 'alteredBody' ? `${body} ` : body, headers };
	}

	/** Forget everything but the keys. */
	reset(): void {
		this.epoch++;
		this.held = undefined;
		this.subscriptions.clear();
		this.events.length = 0;
		this.attempts.length = 0;
		this.faults.length = 0;
	}

	private newEvent(type: string, data: EventData): WebhookEvent {
		const event: WebhookEvent = {
			id: randomBytes(12).toString('hex'),
			type,
			tenantAlias: this.credentials.tenantAlias,
			live: false,
			created: Date.now(),
			data,
		};
		this.events.push(event);
		return event;
	}

	private deliver(subscription: SubscriptionRecord, event: WebhookEvent): void {
		const fault = this.faults.shift();
		const send = () => {
			const work = this.deliverUntilTaken(subscription.endpointUrl, event, fault);
			this.underWay.add(work);
			void work.finally(() => this.underWay.delete(work));
		};
		if (this.held === undefined) send();
		else this.held.push(send);
	}

	private async deliverUntilTaken(
		endpointUrl: string,
		event: WebhookEvent,
		fault: WebhookFault | undefined,
	): Promise<void> {
		const { epoch } = this;
		let again = fault === 'duplicate' ? 1 : 0;
		for (let attempt = 1; attempt <= this.options.webhookMaxTries; attempt++) {
			const status = await this.post(endpointUrl, this.sign(event, fault));
			if (epoch !== this.epoch) return;
			this.attempts.push({ endpointUrl, event, attempt, status });
			if (status === 200 && again-- <= 0) return;
			await new Promise((resolve) => setTimeout(resolve, this.options.webhookRetryMs));
			if (epoch !== this.epoch || !this.subscriptions.has(endpointUrl)) return;
		}
	}

	private async post(
		endpointUrl: string,
		{ body, headers }: SignedDelivery,
	): Promise<number | null> {
		try {
			const response = await fetch(endpointUrl, {
				method: 'POST',
				headers,
				body,
				redirect: 'manual',
				signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
			});
			await response.arrayBuffer();
			return response.status;
		} catch {
			return null;
		}
	}
}
