/**
 * One poll: look whether anything changed, compare if so, and put out who entered or left. The state changes in one step
 * at the very end, so a poll that fails or is killed before has not happened, and the next one finds the same changes.
 */
import type { IDataObject, INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { inSentences } from '../shared/advocate/client/errorTexts';
import { toTriggerError } from '../shared/n8n/editorWords';
import { hintOf } from '../shared/n8n/nodeErrors';
import {
	agreesWithCounts,
	diff,
	fingerprintOf,
	segmentsWithoutBaseline,
	withoutBaselineAfter,
	withoutChangesOf,
} from './comparison';
import { toItems } from './details';
import { segmentTriggerFields } from './fields';
import { look, tooSlow } from './look';
import { generationOf, newHashKey, packMembers, readState, unpackMembers } from './memberState';
import type { Membership, StoredState } from './memberState';
import { samples } from './samples';
import { settle } from './settle';
import { startPoll } from './start';
import type { Poll } from './start';

/** Polls under way, by workflow and node: n8n may start another one before the last has ended. */
const running = new Set<string>();

/** Contexts that have had a poll: n8n keeps one from the publication of a workflow until it is unpublished. */
const polledBefore = new WeakSet<object>();

/** Carry out one poll; in the editor, show samples instead. */
export async function poll(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	const id = `${context.getWorkflow().id}:${context.getNode().id}`;
	const isTestRun = context.getMode() === 'manual';
	if (!isTestRun && running.has(id)) {
		context.logger.info('The previous poll is still under way, so this one is skipped');
		return null;
	}
	if (!isTestRun) running.add(id);
	const isFirst = !isTestRun && !polledBefore.has(context);
	polledBefore.add(context);
	try {
		const current = await startPoll(context);
		const items = isTestRun ? await samples(current) : await compare(current);
		return items.length > 0 ? [items] : null;
	} catch (failure) {
		const error = toTriggerError(context.getNode(), failure, segmentTriggerFields);
		// Of a workflow that can't be published, n8n shows nothing but this.
		const hint = isFirst ? hintOf(error) : '';
		if (hint !== '') error.message = inSentences(error.message, hint);
		throw error;
	} finally {
		if (!isTestRun) running.delete(id);
	}
}

/** Compare the members with the state, and make the present ones the next state. */
async function compare(current: Poll): Promise<INodeExecutionData[]> {
	const { context, settings, segments, tenant, isWatched } = current;
	const { form } = settings;
	const staticData = context.getWorkflowStaticData('node');
	const state = readState(staticData.state, { tenant, form });
	// Taken before the members are read: what changes meanwhile makes the next poll look again.
	const fingerprint = fingerprintOf(segments);
	if (state !== undefined && isUnchanged(current, state, fingerprint)) return [];

	const hashKey = form === 'hashes' ? (state?.hashKey ?? newHashKey()) : undefined;
	const before: Membership = state === undefined ? new Map() : unpackMembers(state);
	const seen = await look(current, hashKey);
	const settled = await settle(current, before, seen);

	const baselineLooks = segmentsWithoutBaseline(watchOf(current), state);
	const counts = (key: string) => isWatched(key) && !baselineLooks.has(key);
	const changes = diff(before, settled.membership, counts);

	const generation = generationOf(staticData.state) + (changes.length > 0 ? 1 : 0);
	const known = { participants: seen.participants, records: settled.records };
	const { items, postponed } = await toItems(current, changes, known, generation);
	const leftForLater = settled.postponed + postponed.length;
	if (leftForLater > 0 && items.length === 0) throw tooSlow();

	const after = withoutChangesOf(postponed, before, settled.membership, counts);
	const agrees = seen.hasEverybody && agreesWithCounts(after, segments);
	// Counts that never agree must not cost a full reading for ever: the same picture twice is taken for the truth.
	const isSame = seen.isSteady && state?.fingerprint === fingerprint && changes.length === 0;
	const next: StoredState = {
		version: 1,
		tenant,
		form,
		...(hashKey !== undefined && { hashKey }),
		...watchOf(current),
		withoutBaseline: withoutBaselineAfter(baselineLooks, seen.hasEverybody),
		members: packMembers(after, watchOf(current).keys, form),
		fingerprint,
		settled: leftForLater === 0 && (agrees || isSame),
		comparedAt: current.transport.now(),
		generation,
	};
	tell(context, { leftForLater, after, baselineLooks, stillWithout: next.withoutBaseline });
	staticData.state = next as unknown as IDataObject;
	return items;
}

/** What is watched, as the state has it. */
const watchOf = ({ segments, settings }: Poll): Pick<StoredState, 'keys' | 'all'> => ({
	keys: segments.map(({ key }) => key),
	all: settings.segments === undefined,
});

/** Whether nothing speaks for a change, and the next full comparison is not due yet. */
function isUnchanged(current: Poll, state: StoredState, fingerprint: string): boolean {
	const { settings, transport, segments } = current;
	const { keys, all } = watchOf(current);
	const watchesTheSame =
		state.all === all &&
		state.keys.length === keys.length &&
		keys.every((key) => state.keys.includes(key));
	const members = segments.reduce((sum, { participantsCount }) => sum + participantsCount, 0);
	return (
		watchesTheSame &&
		state.settled &&
		state.fingerprint === fingerprint &&
		// One page costs no more than it is worth.
		members > settings.pageSize &&
		// However far off, in either direction, the clock was then.
		Math.abs(transport.now() - state.comparedAt) < settings.fullComparisonMs
	);
}

/** Log what is left for the next poll, what is watched from now on, and what is not watched yet. */
function tell(
	{ logger }: IPollFunctions,
	outcome: {
		leftForLater: number;
		after: Membership;
		baselineLooks: ReadonlyMap<string, number>;
		stillWithout: Record<string, number>;
	},
): void {
	const { leftForLater, after, baselineLooks } = outcome;
	if (leftForLater > 0) {
		logger.info(`Ran out of time: ${leftForLater} participants are left for the next poll`);
	}
	const waiting = Object.keys(outcome.stillWithout);
	const done = [...baselineLooks.keys()].filter((key) => !waiting.includes(key));
	if (done.length > 0) {
		const members = [...after.values()].filter((keys) => keys.some((key) => done.includes(key)));
		const where = done.length === 1 ? '1 segment' : `${done.length} segments`;
		logger.info(`Watching ${members.length} participants in ${where} from now on`);
	}
	if (waiting.length > 0) {
		logger.info(
			`Members of ${waiting.join(', ')} changed while the baseline was being taken; the next poll takes it again`,
		);
	}
}
