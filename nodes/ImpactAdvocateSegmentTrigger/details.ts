/** Makes items of the changes that start the workflow, with the details of their participants as far as time allows. */
import type { INodeExecutionData } from 'n8n-workflow';
import type { ParticipantId } from '../shared/advocate/participants';
import type { MemberChange } from './comparison';
import { describeChange, shownParticipant, startsWorkflow } from './items';
import type { PollFacts } from './items';
import { participantOf } from './memberState';
import { lookUp } from './settle';
import type { Records } from './settle';
import type { Poll } from './start';

/** What is known before details are looked up. */
export interface KnownParticipants {
	/** Present members by their key; of all others the key tells the ID. */
	participants: ReadonlyMap<string, ParticipantId>;
	/** What was looked up already. */
	records: Records;
}

/** What all items of a poll share. */
export const factsOf = (
	{ settings, tenant, segments, transport }: Poll,
	generation: number,
): PollFacts => ({
	event: settings.event,
	tenant,
	segments,
	generation,
	now: transport.now(),
});

/**
 * Make items.
 * @param generation see `StoredState`
 * @returns the items, and the members for whose details there was no time
 * @throws AdvocateError
 */
export async function toItems(
	current: Poll,
	changes: readonly MemberChange[],
	{ participants, records: known }: KnownParticipants,
	generation: number,
): Promise<{ items: INodeExecutionData[]; postponed: string[] }> {
	const { event, includeDetails } = current.settings;
	const identify = (member: string) => participants.get(member) ?? participantOf(member);
	const wanted = changes.filter((change) => startsWorkflow(change, event));
	const unknown = wanted.filter(({ member }) => includeDetails && !known.has(member));
	const records: Records = new Map([
		...known,
		...(await lookUp(
			current,
			unknown.map(({ member }) => [member, identify(member)]),
		)),
	]);
	const isReady = ({ member }: MemberChange) => !includeDetails || records.has(member);
	const facts = factsOf(current, generation);
	const items = wanted.filter(isReady).flatMap((change) => {
		const { member } = change;
		const record = records.get(member);
		const exists = !records.has(member) || record !== undefined;
		return describeChange(facts, change, shownParticipant(identify(member), record, exists));
	});
	const postponed = wanted.filter((change) => !isReady(change)).map(({ member }) => member);
	return { items, postponed };
}
