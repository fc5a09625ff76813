/**
 * One poll: look whether anything changed, compare if so, and put out who entered or left. The state changes in one step
 * at the very end, so a poll that fails or is killed before has not happened, and the next one finds the same changes.
 */
import type { IDataObject, INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { ParameterError, toNodeError } from '../shared/n8n/nodeErrors';
import { markOf } from '../shared/advocate/mark';
import { listAllSegments } from '../shared/advocate/segments';
import type { Segment } from '../shared/advocate/segments';
import { Transport } from '../shared/advocate/client/transport';
import { listParticipants } from '../shared/advocate/participants';
import type { ParticipantId } from '../shared/advocate/participants';
import { createN8nPort, loadCredential } from '../shared/n8n/port';
import {
	agreesWithCounts,
	compareMembership,
	fingerprintOf,
	segmentsWithoutBaseline,
	withoutBaselineAfter,
} from './comparison';
import type { MemberChange } from './comparison';
import { describeChange, isWanted, shownParticipant } from './items';
import type { PollFacts } from './items';
import { lookUp, segmentsOf, settleMissing } from './lookUps';
import type { Records } from './lookUps';
import {
	generationOf,
	memberKey,
	newHashKey,
	packMembers,
	participantOf,
	readState,
	unpackMembers,
} from './memberState';
import type { Membership, StoredState } from './memberState';
import { assertWatchable, lookAtMembers, tooSlow } from '../shared/advocate/members';
import type { Look } from '../shared/advocate/members';
import { readSettings } from './settings';
import type { SegmentTriggerSettings } from './settings';

const TIMEOUT_MS = 30_000;
const WAIT_BUDGET_MS = 60_000;

/** Items that 'Fetch Test Event' shows. */
const SAMPLES = 3;

/** Polls under way, by workflow and node: n8n may start another one before the last has ended. */
const running = new Set<string>();

interface Poll {
	context: IPollFunctions;
	settings: SegmentTriggerSettings;
	transport: Transport;
	tenant: string;
	/** Segments that are watched. */
	segments: Segment[];
	deadline: number;
}

/** Carry out one poll; in the editor, show samples instead. */
export async function poll(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	const id = `${context.getWorkflow().id}:${context.getNode().id}`;
	const isTestRun = context.getMode() === 'manual';
	if (!isTestRun && running.has(id)) {
		context.logger.info('The last poll of the segments is still under way, so this one is skipped');
		return null;
	}
	if (!isTestRun) running.add(id);
	try {
		const current = await start(context);
		return isTestRun ? await samples(current) : await compare(current);
	} catch (failure) {
		throw toNodeError(context.getNode(), failure);
	} finally {
		if (!isTestRun) running.delete(id);
	}
}

async function start(context: IPollFunctions): Promise<Poll> {
	const settings = readSettings(context);
	const credential = await loadCredential(context);
	const transport = new Transport(createN8nPort(context, credential), {
		apiUrl: credential.apiUrl,
		timeoutMs: TIMEOUT_MS,
		waitBudgetMs: WAIT_BUDGET_MS,
	});
	// Older versions of n8n set no limit.
	const budget =
		typeof context.getPollBudgetMs === 'function' ? context.getPollBudgetMs() : Infinity;
	const deadline = transport.now() + budget;
	const chosen = settings.segments;
	const segments = await listAllSegments(
		transport,
		({ key }) => chosen === undefined || chosen.includes(key),
	);
	const missing = chosen?.filter((key) => !segments.some((segment) => segment.key === key)) ?? [];
	if (missing.length > 0) {
		throw new ParameterError(
			`There is no segment '${missing[0]}'`,
			"Choose it from the list of 'Segment Names or IDs', or create it first. Segment keys are case-sensitive",
		);
	}
	return {
		context,
		settings,
		transport,
		tenant: markOf(credential.apiUrl, 12),
		segments,
		deadline,
	};
}

async function compare(current: Poll): Promise<INodeExecutionData[][] | null> {
	const { context, settings, transport, segments, tenant, deadline } = current;
	const { form, pageSize } = settings;
	const staticData = context.getWorkflowStaticData('node');
	const state = readState(staticData.state, { tenant, form });
	// Taken before the members are read: what changes meanwhile makes the next poll look again.
	const fingerprint = fingerprintOf(segments);
	if (state !== undefined && isUnchanged(current, state, fingerprint)) return null;

	for (const { participantsCount } of segments) assertWatchable(participantsCount);
	const keys = segments.map(({ key }) => key);
	const watched = new Set(keys);
	const isWatched = (key: string) => watched.has(key);
	const look = await lookAtMembers(transport, { segments: keys, pageSize, deadline });
	const { hasEverybody, isSteady } = look;
	const hashKey = form === 'hashes' ? (state?.hashKey ?? newHashKey()) : undefined;
	const { after, participants } = membershipOf(look, hashKey, isWatched);
	const before: Membership = state === undefined ? new Map() : unpackMembers(state);
	const missing = { before, after, isWatched };
	const settling = await settleMissing(transport, missing, { form, hasEverybody, deadline });

	const watch = { keys, all: settings.segments === undefined };
	const baselineLooks = segmentsWithoutBaseline(watch, state);
	const counts = (key: string) => watched.has(key) && !baselineLooks.has(key);
	const changes = compareMembership(before, after, counts);
	const generation = generationOf(staticData.state) + (changes.length > 0 ? 1 : 0);
	const sources = { participants, records: settling.records, generation };
	const { items, postponed } = await toItems(current, changes, sources);
	for (const member of postponed) takeBack(member, { before, after, counts });
	const forLater = settling.postponed + postponed.length;
	if (forLater > 0) {
		if (items.length === 0) throw tooSlow();
		context.logger.info(
			`There was no time for ${forLater} participants, so the next poll goes on with them`,
		);
	}

	const withoutBaseline = withoutBaselineAfter(baselineLooks, hasEverybody);
	const agrees = hasEverybody && agreesWithCounts(after, segments);
	// Counts that never agree must not cost a full reading for ever: the same picture twice is taken for the truth.
	const isSame = isSteady && state?.fingerprint === fingerprint && changes.length === 0;
	const next: StoredState = {
		version: 1,
		tenant,
		form,
		...(hashKey !== undefined && { hashKey }),
		...watch,
		withoutBaseline,
		members: packMembers(after, keys, form),
		fingerprint,
		settled: forLater === 0 && (agrees || isSame),
		comparedAt: transport.now(),
		generation,
	};
	if (baselineLooks.size > 0) logBaseline(context, { after, baselineLooks, withoutBaseline });
	staticData.state = next as unknown as IDataObject;
	return items.length > 0 ? [items] : null;
}

/** Who was found in which of the watched segments, and the participants by their keys in the state. */
function membershipOf(
	{ members }: Look,
	hashKey: string | undefined,
	isWatched: (key: string) => boolean,
): { after: Membership; participants: Map<string, ParticipantId> } {
	const after: Membership = new Map();
	const participants = new Map<string, ParticipantId>();
	for (const participant of members) {
		const member = memberKey(participant, hashKey);
		after.set(member, participant.segments.filter(isWatched));
		participants.set(member, participant);
	}
	return { after, participants };
}

/** Tell what is watched from now on, and what is not watched yet. */
function logBaseline(
	{ logger }: IPollFunctions,
	baseline: {
		after: Membership;
		baselineLooks: ReadonlyMap<string, number>;
		withoutBaseline: Record<string, number>;
	},
): void {
	const { after, baselineLooks, withoutBaseline } = baseline;
	const waiting = Object.keys(withoutBaseline);
	const done = [...baselineLooks.keys()].filter((key) => !waiting.includes(key));
	if (done.length > 0) {
		const isMember = (keys: readonly string[]) => keys.some((key) => done.includes(key));
		const count = [...after.values()].filter(isMember).length;
		logger.info(`Watching ${count} participants in ${done.length} segments from now on`);
	}
	if (waiting.length > 0) {
		logger.info(
			`The members of ${waiting.join(', ')} changed while they were noted, so the next poll notes them again`,
		);
	}
}

/** Whether nothing speaks for a change, and it is not yet time to compare all the same. */
function isUnchanged(current: Poll, state: StoredState, fingerprint: string): boolean {
	const { settings, transport, segments } = current;
	const all = settings.segments === undefined;
	const watchesTheSame =
		state.all === all &&
		state.keys.length === segments.length &&
		segments.every(({ key }) => state.keys.includes(key));
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

/** Forget what happened to a member, so that the next poll finds it again; except for what is noted as a baseline. */
function takeBack(
	member: string,
	looks: { before: Membership; after: Membership; counts: (key: string) => boolean },
): void {
	const { before, after, counts } = looks;
	const had = (before.get(member) ?? []).filter(counts);
	const noted = (after.get(member) ?? []).filter((key) => !counts(key));
	after.set(member, [...had, ...noted]);
}

interface ItemSources {
	participants: ReadonlyMap<string, ParticipantId>;
	/** What was looked up already. */
	records: Records;
	generation: number;
}

/** Items for the changes that the workflow waits for, and the members for whose details there was no time. */
async function toItems(
	current: Poll,
	changes: readonly MemberChange[],
	sources: ItemSources,
): Promise<{ items: INodeExecutionData[]; postponed: string[] }> {
	const { settings, transport, deadline } = current;
	const { participants, records, generation } = sources;
	const wanted = changes.filter((change) => isWanted(change, settings.event));
	const identify = (member: string): ParticipantId =>
		participants.get(member) ?? participantOf(member);
	if (settings.includeDetails) {
		const unknown = wanted.filter(({ member }) => !records.has(member));
		const found = await lookUp(
			transport,
			unknown.map(({ member }) => [member, identify(member)]),
			deadline,
		);
		for (const [member, record] of found) records.set(member, record);
	}
	const isReady = ({ member }: MemberChange) => !settings.includeDetails || records.has(member);
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

const factsOf = (
	{ settings, tenant, segments, transport }: Poll,
	generation: number,
): PollFacts => ({
	event: settings.event,
	tenant,
	segments,
	generation,
	now: transport.now(),
});

/** What items will look like, made from present members. The state is neither read nor changed. */
async function samples(current: Poll): Promise<INodeExecutionData[][]> {
	const { settings, transport, segments } = current;
	const keys = segments.map(({ key }) => key);
	const page =
		keys.length === 0
			? undefined
			: await listParticipants(transport, {
					filter: { match: 'any', segments: keys },
					limit: SAMPLES,
					offset: 0,
				});
	const watched = new Set(keys);
	const facts = factsOf(current, 0);
	const items = (page?.results ?? []).slice(0, SAMPLES).flatMap((record) => {
		// Lists may be behind the participants they show: somebody who has left is no sample.
		const present = segmentsOf(record)
			.filter((segment) => watched.has(segment))
			.slice(0, 1);
		if (present.length === 0) return [];
		const isLeaving = settings.event === 'left';
		const change = {
			member: memberKey(record, undefined),
			entered: isLeaving ? [] : present,
			left: isLeaving ? present : [],
		};
		return describeChange(facts, change, shownParticipant(record, record, true));
	});
	if (items.length === 0) {
		throw new ParameterError(
			'The watched segments have no participants to show',
			'Put a participant into one of them and fetch again, or activate the workflow: it starts with the next change',
		);
	}
	return [items];
}
