/** The vendor's example events: the trigger finds their participants, and the simulator sends events like them. */
import { participantsOf, readEvent } from '../../nodes/ImpactAdvocateTrigger/events';
import { loadTrigger, WebhookHost } from '../engine/triggers/contexts';
import { createdParticipant, eventData } from '../simulator/webhookData';
import type { WebhookShapes } from '../simulator/webhookData';
import type { WebhookEvent } from '../simulator/webhooks';
import { credentials, SOME_SEGMENTS, useSimulator } from '../support/advocate';
import { describeWithReference, vendorWebhook, vendorWebhookNames } from './reference';

/** Participants of each example, as `accountId/id`. */
const PARTICIPANTS: Record<string, string[]> = {
	CouponCreated: [],
	ExportCompleted: [],
	ExportCreated: [],
	ReferralConvertedClassic: ['124/124', '123/123'],
	ReferralConvertedClassicDisabled: ['124/124', '123/123'],
	ReferralStartedClassic: ['124/124', '123/123'],
	ReferralStartedClassicDisabled: ['124/124', '123/123'],
	RewardCreated: ['ZMJNR3AORIU3VC9Q/5d964598e4b04d5a641cd658'],
	UserCreatedClassic: ['ICMVMRLASZRULVSB/5d963756e4b08121fc35b384'],
	UserCreatedClassicDisabled: ['ZMJNR3AORIU3VC9Q/5d964598e4b04d5a641cd658'],
	UserRewardBalanceChanged: ['account123/user123'],
};

const NAMES = Object.keys(PARTICIPANTS);
const WITH_PARTICIPANTS = NAMES.filter((name) => PARTICIPANTS[name].length > 0);
const WITHOUT_PARTICIPANTS = NAMES.filter((name) => PARTICIPANTS[name].length === 0);

const example = (name: string): WebhookEvent => JSON.parse(vendorWebhook(name)) as WebhookEvent;

/** How a value looks, as far as it says anything: null stands for any kind. */
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
const isSameKind = (one: unknown, other: unknown): boolean =>
	one === null || other === null || kindOf(one) === kindOf(other);

describeWithReference("the vendor's example events", () => {
	const simulator = useSimulator(SOME_SEGMENTS);
	const host = (): WebhookHost =>
		new WebhookHost(loadTrigger('ImpactAdvocateTrigger'), {
			parameters: { events: ['*'], options: { segments: ['vip'], maxEventAge: 0 } },
			credentials: credentials(simulator()),
		});

	/** Deliver an example, signed, as an event of the simulator's tenant. */
	const deliver = async (name: string, trigger: WebhookHost): Promise<number> => {
		const { webhooks, credentials: keys } = simulator();
		const event = { ...example(name), tenantAlias: keys.tenantAlias };
		if (event.type === 'user.created') delete event.data.segments;
		const { body, headers } = webhooks.sign(event);
		return (await fetch(trigger.url, { method: 'POST', body, headers })).status;
	};

	it('are all here', () => {
		expect(vendorWebhookNames().sort()).toEqual(NAMES);
	});

	it.each(NAMES)('are read, with their participants: %s', (name) => {
		const event = readEvent(Buffer.from(vendorWebhook(name)));
		expect(event).toMatchObject(example(name));
		const participants = event === undefined ? [] : participantsOf(event);
		expect(participants.map(({ accountId, id }) => `${accountId}/${id}`)).toEqual(
			PARTICIPANTS[name],
		);
	});

	it.each(NAMES)('have the fields that the simulator sends: %s', (name) => {
		const shapes: WebhookShapes = name.endsWith('Classic') ? 'classic' : 'current';
		const { type, data } = example(name);
		const ours =
			type === 'user.created'
				? createdParticipant(simulator().state.addParticipant({ id: 'a' }), shapes)
				: eventData(type, shapes);
		const names = Object.keys(data);
		if (type === 'referral.started' || type === 'referral.converted') {
			expect(Object.keys(ours.referred as object).sort()).toEqual(['accountId', 'id']);
			expect(Object.keys(ours.referrer as object).sort()).toEqual(['accountId', 'id']);
		}
		expect(names.filter((field) => !isSameKind(ours[field], data[field]))).toEqual([]);
		// The two classic examples of a participant leave out what has no value.
		expect(
			Object.keys(ours).filter((field) => !names.includes(field) && ours[field] !== null),
		).toEqual([]);
	});

	it.each(WITH_PARTICIPANTS)(
		'start the workflow when one of their participants is in the segment: %s',
		async (name) => {
			const [accountId, id] = PARTICIPANTS[name][0].split('/');
			simulator().state.addParticipant({ id, accountId, segments: ['vip'] });
			const trigger = host();
			await trigger.listen();
			try {
				expect(await deliver(name, trigger)).toBe(200);
				expect(trigger.runs).toHaveLength(1);
			} finally {
				trigger.close();
			}
		},
	);

	it.each(WITHOUT_PARTICIPANTS)('start nothing when they name no participant: %s', async (name) => {
		const trigger = host();
		await trigger.listen();
		try {
			expect(await deliver(name, trigger)).toBe(200);
			expect(trigger.runs).toEqual([]);
		} finally {
			trigger.close();
		}
	});
});
