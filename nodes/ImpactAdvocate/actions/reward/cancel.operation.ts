import type { IDataObject } from 'n8n-workflow';
import {
	AdvocateError,
	expectAdvocateError,
	isMissing,
} from '../../../shared/advocate/client/error';
import { isoDate } from '../../../shared/advocate/client/values';
import { cancelReward, getReward } from '../../../shared/advocate/rewards';
import type { RestReward } from '../../../shared/advocate/rewards';
import { readRequiredText } from '../../../shared/n8n/parameters';
import { allowAgentField, closedToAgents } from '../agentGuard';
import { deedOperation } from '../deedOperation';
import { optionsField, showFor, TRANSPORT_OPTIONS } from '../fields';
import type { Run } from '../operation';
import { rewardIdField } from './fields';

const RISK = 'cancel rewards, for good';

const show = showFor('reward', ['cancel']);

interface Request {
	id: string;
}

/** Cancel a reward, so that it can't be redeemed any more. */
export const cancel = deedOperation<Request, Request>({
	agents: closedToAgents(RISK),
	fields: [
		allowAgentField('reward', 'cancel', `use this operation, which can ${RISK}`),
		rewardIdField(show),
		optionsField(show, TRANSPORT_OPTIONS),
	],
	what: 'the reward was cancelled',
	read: ({ n8n }, itemIndex) => ({
		id: readRequiredText(n8n, 'rewardId', 'Reward ID', itemIndex),
	}),
	prepare: async (_run, items) => await Promise.resolve([...items]),
	laneOf: ({ id }) => id,
	width: 2,
	async carryOut(run, { id }, deed) {
		try {
			const reward = await deed.once(async () => await cancelReward(run.transport, id));
			return cancelledOutput(reward);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			if (isMissing(error)) throw missing(id);
			// The same status stands for a reward that is cancelled already and for one that can't be.
			if (error.kind !== 'api' || error.statusCode !== 400) throw error;
			return await alreadyCancelled(run, id, error);
		}
	},
	async lookAfter(run, { id }) {
		const reward = await getReward(run.transport, id);
		return isCancelled(reward) ? { json: cancelledOutput(reward) } : { candidates: [] };
	},
});

const isCancelled = (reward: RestReward | undefined): reward is RestReward =>
	reward !== undefined && typeof reward.dateCancelled === 'number';

function cancelledOutput(reward: RestReward): IDataObject {
	return {
		rewardId: reward.id,
		cancelled: true,
		dateCancelled: isoDate(reward.dateCancelled),
		alreadyCancelled: false,
	};
}

/** @throws AdvocateError unless the reward is as wanted */
async function alreadyCancelled(
	{ transport }: Run,
	id: string,
	error: AdvocateError,
): Promise<IDataObject> {
	const reward = await getReward(transport, id);
	if (isCancelled(reward)) return { ...cancelledOutput(reward), alreadyCancelled: true };
	throw error.with({
		hint: "A reward can't be cancelled once it was redeemed, or where its settings forbid it. It stays as it is",
	});
}

const missing = (id: string): AdvocateError =>
	new AdvocateError(`Reward '${id}' does not exist`, {
		kind: 'missing',
		statusCode: 404,
		hint: 'Check the ID: Reward > Get Many lists rewards with their IDs',
	});
