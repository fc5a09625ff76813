/** The participants of an event as fields of its item, whatever the type calls them. */
import { useWebhookTrigger } from './webhookTrigger';

const { activated, emit, jsonOf } = useWebhookTrigger();

const ADA = { id: 'ada', accountId: 'acme' };
const BOB = { id: 'bob', accountId: 'bob' };

test.each([
	['user.created', ADA, [{ ...ADA, role: 'participant' }]],
	['reward.created', { userId: 'ada', accountId: 'acme' }, [{ ...ADA, role: 'participant' }]],
	[
		'user.reward.balance.changed',
		{ userId: 'ada', accountId: 'acme' },
		[{ ...ADA, role: 'participant' }],
	],
	[
		'referral.started',
		{ referred: ADA, referrer: BOB },
		[
			{ ...ADA, role: 'referred' },
			{ ...BOB, role: 'referrer' },
		],
	],
	[
		'referral.converted',
		{ referred: ADA, referrer: BOB },
		[
			{ ...ADA, role: 'referred' },
			{ ...BOB, role: 'referrer' },
		],
	],
	['coupon.created', { code: 'X' }, []],
])('%s', async (type, data, participants) => {
	const host = await activated({ events: ['*'] });
	const event = await emit(type, data);
	expect(jsonOf(host)).toEqual([{ ...JSON.parse(JSON.stringify(event)), participants }]);
});
