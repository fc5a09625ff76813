/** Parameters of the operations on events, rewards and referrals, and of those that must not be done twice. */
import type { INodeParameters } from 'n8n-workflow';
import { byId, byKey } from '../../support/advocate';
import type { Simulator } from '../../simulator/server';

/** Log an event of the item's participant. */
export const logging = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'event',
	operation: 'log',
	participant: byId('={{ $json.id }}'),
	eventKey: byKey('signup'),
	...parameters,
});

/** Give the item's participant its `points`. */
export const giving = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'reward',
	operation: 'create',
	participant: byId('={{ $json.id }}'),
	rewardFrom: 'credit',
	unit: { __rl: true, mode: 'name', value: 'POINT' },
	amount: '={{ $json.points }}',
	maxPerItem: 100,
	...parameters,
});

/** Redeem from the item's participant. */
export const redeeming = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'reward',
	operation: 'redeem',
	participant: byId('={{ $json.id }}'),
	unit: { __rl: true, mode: 'name', value: 'POINT' },
	amount: '={{ $json.points }}',
	...parameters,
});

export const noWait = { maxWaitTime: 0 };

/** Rewards on the simulator, in the order in which they were given: `a: 10 POINT`. */
export const given = ({ rewards }: Simulator): string[] =>
	[...rewards.rewards.values()].map(({ userId, value, unit }) => `${userId}: ${value} ${unit}`);

/** Events on the simulator: `a: signup`. */
export const logged = ({ events }: Simulator): string[] =>
	events.events.map(({ userId, key }) => `${userId}: ${key}`);
