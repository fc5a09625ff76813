/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Which genuine events start the workflow: by type, once each, and by the segments of their participant. */
import type { IDataObject } from 'n8n-workflow';
import { sent } from '../../support/advocate';
import { REMEMBERED_EVENTS } from '../../../nodes/ImpactAdvocateTrigger/recentEvents';
import { WebhookHost } from './contexts';
import { useWebhookTrigger } from './webhookTrigger';

const {
	simulator,
	nodeType,
	closeLater,
	start,
	activated,
	subscriptions,
	statuses,
	jsonOf,
	typesOf,
	emit,
	call,
} = useWebhookTrigger();

describe('events', () => {
	it('that the workflow does not wait for are answered with 200 and start nothing', async () => {
		simulator().options.subscriptionTypes = 'ignored';
		const host = await activated({ events: ['reward.created', 'referral.started'] });
		for (const type of [
			'user.created',
			'reward.created',
			'referral.started',
			'email.referral.paid',
		]) {
			await emit(type);
		}
		expect(statuses()).toEqual([200, 200, 200, 200]);
		expect(typesOf(host)).toEqual(['reward.created', 'referral.started']);
	});

	it('of types that nobody knows yet come with All', async () => {
		const host = await activated({ events: ['*'] });
		await emit('participant.levelled.up');
		expect(typesOf(host)).toEqual(['participant.levelled.up']);
	});

	it('for testing start the workflow only when asked for, or in the editor', async () => {
		const host = await activated({ events: ['*'] });
		const test = async () => {
			simulator().webhooks.sendTest(subscriptions()[0].endpointUrl);
			await simulator().webhooks.settled();
		};
		await test();
		expect([statuses(), host.runs]).toEqual([[200], []]);

		const asked = await activated({ events: ['user.created', 'test'] });
		simulator().webhooks.sendTest(asked.url);
		await simulator().webhooks.settled();
		expect(typesOf(asked)).toEqual(['test']);

		const editor = await start();
		editor.isTest = true;
		await editor.activate();
		simulator().webhooks.sendTest(editor.url);
		await simulator().webhooks.settled();
		expect(typesOf(editor)).toEqual(['test']);
	});

	it('come through in whatever order they arrive', async () => {
		const host = await activated({ events: ['*'] });
		simulator().webhooks.hold();
		for (const name of ['first', 'second', 'third']) {
			simulator().webhooks.emit('reward.created', { name });
		}
		await simulator().webhooks.release({ reversed: true });
		expect(jsonOf(host).map(({ data }) => (data as IDataObject).name)).toEqual([
			'third',
			'second',
			'first',
		]);
	});

	it('that come twice start the workflow once, also after a restart', async () => {
		const host = await activated();
		simulator().webhooks.faults.push('duplicate');
		const event = await emit('user.created');
		expect([statuses(), host.runs.length]).toEqual([[200, 200], 1]);

		const restarted = new WebhookHost(nodeType, { ...host.options, database: host.database });
		closeLater(restarted);
		await restarted.listen();
		const { body, headers } = simulator().webhooks.sign(event);
		expect(await call(restarted, body, headers)).toBe(200);
		expect(restarted.runs).toEqual([]);
		expect(restarted.messages.at(-1)).toMatch(/delivered before/);
	});

	it('that come twice start the workflow once, also when n8n does not save the static data', async () => {
		const host = await activated();
		host.trouble = 'staticDataIsLost';
		simulator().webhooks.faults.push('duplicate');
		await emit('user.created');
		expect([statuses(), host.runs.length]).toEqual([[200, 200], 1]);
	});

	it.each(['none', 'runFails'] as const)(
		'that come twice at the same instant start the workflow once, and none is lost: trouble %s',
		async (trouble) => {
			const host = await activated();
			const { webhooks } = simulator();
			const event = { ...webhooks.emit('x', {}), type: 'user.created' };
			const { body, headers } = webhooks.sign(event);
			const deliver = async () => await call(host, body, headers);
			let started = 0;
			let goOn = () => {};
			const held = new Promise<void>((resolve) => (goOn = resolve));
			host.startRun = async () => {
				started++;
				await held;
			};
			host.trouble = trouble;
			const first = deliver();
			while (started === 0) await new Promise((resolve) => setTimeout(resolve, 1));
			let second: number | undefined;
			const both = Promise.all([first, deliver().then((status) => (second = status))]);
			while (second === undefined && started === 1) {
				await new Promise((resolve) => setTimeout(resolve, 1));
			}
			goOn();
			// The second one comes again, when it is known how the first one ended.
			expect(await both).toEqual([trouble === 'none' ? 200 : 500, 503]);
			expect([started, host.runs.length]).toEqual([1, trouble === 'none' ? 1 : 0]);
			host.trouble = 'none';
			expect(await deliver()).toBe(200);
			expect(host.runs).toHaveLength(1);
		},
	);

	it('start the workflow again when that is wanted', async () => {
		const host = await activated({ options: { deduplicate: false } });
		simulator().webhooks.faults.push('duplicate');
		await emit('user.created');
		expect(host.runs).toHaveLength(2);
		expect(host.database.staticData).not.toContain('recentEvents');
	});

	it('are remembered in bounded room', async () => {
		const host = await activated({ events: ['*'] });
		const { webhooks } = simulator();
		for (let index = 0; index < REMEMBERED_EVENTS + 50; index++)
			webhooks.emit('reward.created', {});
		await webhooks.settled();
		expect(new Set(statuses())).toEqual(new Set([200]));
		expect(host.runs).toHaveLength(REMEMBERED_EVENTS + 50);
		expect(host.database.staticData.length).toBeLessThan(12 * REMEMBERED_EVENTS + 200);
	});
});

describe('the filter by segment', () => {
	const filter = { segments: ['vip', 'beta'] };

	it('goes by what a new participant comes with', async () => {
		const host = await activated({ options: filter });
		await emit('user.created', { id: 'a', accountId: 'a', segments: ['vip'] });
		await emit('user.created', { id: 'b', accountId: 'b', segments: ['other'] });
		await emit('user.created', { id: 'c', accountId: 'c', segments: [] });
		expect(statuses()).toEqual([200, 200, 200]);
		expect(jsonOf(host)).toMatchObject([{ data: { id: 'a' } }]);
		expect(sent(simulator()).filter((request) => !request.includes('jwks'))).not.toContain(
			'LookUpParticipants',
		);
	});

	const ADA = { id: 'a', accountId: 'acc' };

	describe.each(['current', 'classic'] as const)('on a tenant with %s events', (shapes) => {
		it.each<[string, string, IDataObject]>([
			['a reward', 'reward.created', { userId: 'a', accountId: 'acc' }],
			['a balance', 'user.reward.balance.changed', { userId: 'a', accountId: 'acc' }],
			['the referred one', 'referral.started', { referred: ADA }],
			['the referrer', 'referral.started', { referrer: ADA }],
			['the referred one', 'referral.converted', { referred: ADA }],
			['the referrer', 'referral.converted', { referrer: ADA }],
			['the referred one', 'referral.ended', { referred: ADA }],
			['the referrer', 'referral.automoderation.complete', { referrer: ADA }],
			['an e-mail', 'email.referral.paid', { recipientUserId: 'a', recipientAccountId: 'acc' }],
		])('looks up the participant of %s: %s', async (_, type, data) => {
			simulator().options.webhookShapes = shapes;
			const host = await activated({ events: ['*'], options: filter });
			await emit(type, data);
			expect(host.runs).toHaveLength(0);
			simulator().state.addParticipant({ ...ADA, segments: ['beta'] });
			await emit(type, { ...data, again: true });
			expect(jsonOf(host)).toMatchObject([{ type, data: { ...data, again: true } }]);
			expect(statuses()).toEqual([200, 200]);
		});
	});

	it('lets nothing through that names no participant, and says so', async () => {
		const host = await activated({ events: ['*'], options: filter });
		await emit('export.completed');
		await emit('coupon.created');
		// As the oldest form of classic events: the vendor's own IDs, by which nobody can be looked up.
		simulator().options.webhookShapes = 'classic';
		await emit('referral.started', { referred: undefined, referrer: undefined });
		expect([statuses(), host.runs]).toEqual([[200, 200, 200], []]);
		expect(sent(simulator())).not.toContain('LookUpParticipants');
		// One line a minute, whatever their number.
		expect(host.log.filter(({ level }) => level === 'info').slice(1)).toEqual([
			{
				level: 'info',
				message:
					"Ignored an Advocate event without a participant to check for 'Only in Segment Names or IDs': export.completed",
			},
		]);
	});

	it('asks the API nothing about an event that was delivered before, or is being answered', async () => {
		const host = await activated({ events: ['reward.created'], options: filter });
		simulator().state.addParticipant({ ...ADA, segments: ['vip'] });
		const event = await emit('reward.created', { userId: 'a', accountId: 'acc' });
		expect(host.runs).toHaveLength(1);
		simulator().clearRequests();
		const { body, headers } = simulator().webhooks.sign(event);
		for (let index = 0; index < 3; index++) expect(await call(host, body, headers)).toBe(200);
		expect(sent(simulator())).toEqual([]);

		simulator().options.latencyMs = 50;
		const next = simulator().webhooks.sign({ ...event, id: 'next' });
		const both = await Promise.all([
			call(host, next.body, next.headers),
			call(host, next.body, next.headers),
		]);
		expect(both.sort()).toEqual([200, 503]);
		expect(sent(simulator())).toEqual(['LookUpParticipants']);
		expect(host.runs).toHaveLength(2);
	});

	it('judges an event again that did not start the workflow the first time', async () => {
		const host = await activated({ events: ['reward.created'], options: filter });
		const event = await emit('reward.created', { userId: 'a', accountId: 'acc' });
		expect([statuses(), host.runs]).toEqual([[200], []]);
		expect(host.database.staticData).not.toContain('recentEvents');
		simulator().state.addParticipant({ ...ADA, segments: ['vip'] });
		const { body, headers } = simulator().webhooks.sign(event);
		expect(await call(host, body, headers)).toBe(200);
		expect(host.runs).toHaveLength(1);
	});

	it("asks for another delivery when the API can't be asked", async () => {
		const host = await activated({ events: ['*'], options: filter });
		simulator().state.addParticipant({ id: 'a', segments: ['vip'] });
		// Neither way is open.
		for (const match of [{ operationName: 'LookUpParticipants' }, { method: 'GET' }]) {
			simulator().faults.add({ match, then: { kind: 'status', status: 403 } });
		}
		await emit('reward.created', { userId: 'a', accountId: 'a' });
		expect([statuses(), host.runs.length]).toEqual([[503, 200], 1]);
	});
});
