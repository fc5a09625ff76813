/**
 * One poll: look whether anything changed, compare if so, and put out who entered or left. The state changes in one step
 * at the very end, so a poll that fails or is killed before has not happened, and the next one finds the same changes.
 */
import type { IDataObject, INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { ParameterError, toNodeError } from '../ImpactAdvocate/actions/nodeErrors';
import { listAllSegments } from '../ImpactAdvocate/advocate/segments';
import type { Segment } from '../ImpactAdvocate/advocate/segments';
import { Transport } from '../ImpactAdvocate/advocate/transport';
import { listParticipants, lookUpRecords, MAX_LOOKUPS } from '../ImpactAdvocate/advocate/users';
import type {
	Participant,
	ParticipantId,
	ParticipantRecord,
} from '../ImpactAdvocate/advocate/users';
import { createN8nPort, loadCredential } from '../ImpactAdvocate/n8nPort';
import { agreesWithCounts, comparableKeys, compareMembership, fingerprintOf } from './comparison';
import type { MemberChange } from './comparison';
import {
	markOf,
	memberKey,
	packMembers,
	participantOf,
	readState,
	unpackMembers,
} from './memberState';
import type { Membership, StoredState } from './memberState';
import { assertWatchable, readMembers, tooSlow } from './readMembers';
import { readSettings } from './settings';
import type { SegmentTriggerSettings } from './settings';

const TIMEOUT_MS = 30_000;
const WAIT_BUDGET_MS = 60_000;

/** Readings of a list that keeps moving, until one is complete. */
const MAX_READINGS = 3;

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
	const { context, settings, transport, segments, tenant } = current;
	const staticData = context.getWorkflowStaticData('node');
	const state = readState(staticData.state, { tenant, form: settings.form });
	// Taken before the members are read: what changes meanwhile makes the next poll look again.
	const fingerprint = fingerprintOf(segments);
	if (state !== undefined && isUnchanged(current, state, fingerprint)) return null;

	for (const { participantsCount } of segments) assertWatchable(participantsCount);
	const keys = segments.map(({ key }) => key);
	const { members, isComplete } = await readWatched(current, keys);
	const watched = new Set(keys);
	const after: Membership = new Map();
	const participants = new Map<string, ParticipantId>();
	for (const participant of members) {
		const member = memberKey(participant, settings.form);
		after.set(
			member,
			participant.segments.filter((key) => watched.has(key)),
		);
		participants.set(member, participant);
	}

	const before: Membership = state === undefined ? new Map() : unpackMembers(state);
	const records = await settleMissing(current, { before, after, watched, isComplete });
	const watch = { keys, all: settings.segments === undefined };
	const changes =
		state === undefined ? [] : compareMembership(before, after, comparableKeys(watch, state));
	const generation = (state?.generation ?? 0) + (changes.length > 0 ? 1 : 0);
	const items = await toItems(current, changes, { participants, records, generation });

	const agrees = isComplete && agreesWithCounts(after, segments);
	const next: StoredState = {
		version: 1,
		tenant,
		form: settings.form,
		...watch,
		members: packMembers(after, keys, settings.form),
		fingerprint,
		// Counts that never agree must not cost a full reading for ever: the same picture twice is taken for the truth.
		settled: agrees || (isComplete && state?.fingerprint === fingerprint && changes.length === 0),
		comparedAt: transport.now(),
		generation,
	};
	if (state === undefined) {
		context.logger.info(
			`Watching ${after.size} participants in ${keys.length} segments from now on`,
		);
	}
	staticData.state = next as unknown as IDataObject;
	return items.length > 0 ? [items] : null;
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
		transport.now() - state.comparedAt < settings.fullComparisonMs
	);
}

async function readWatched(
	{ transport, settings, deadline }: Poll,
	segments: readonly string[],
): Promise<{ members: Participant[]; isComplete: boolean }> {
	if (segments.length === 0) return { members: [], isComplete: true };
	const options = { segments, pageSize: settings.pageSize, deadline };
	let read = await readMembers(transport, options);
	for (let reading = 1; !read.isComplete && reading < MAX_READINGS; reading++) {
		read = await readMembers(transport, options);
	}
	return read;
}

/**
 * Those who were members and were not found: have they left, or has the list moved while it was read? IDs are asked for
 * one by one, and `after` is completed with the answer. Hashes can't be asked for; they stay unless the reading is complete.
 * @returns what the API says of those who were asked for; nothing for one who does not exist any more
 */
async function settleMissing(
	current: Poll,
	looks: {
		before: Membership;
		after: Membership;
		watched: ReadonlySet<string>;
		isComplete: boolean;
	},
): Promise<Map<string, ParticipantRecord | undefined>> {
	const { settings } = current;
	const { before, after, watched, isComplete } = looks;
	const isWatched = (key: string) => watched.has(key);
	const missing = [...before]
		.filter(([member, keys]) => !after.has(member) && keys.some(isWatched))
		.map(([member]) => member);
	if (settings.form === 'hashes') {
		if (!isComplete) {
			for (const member of missing) after.set(member, (before.get(member) ?? []).filter(isWatched));
		}
		return new Map();
	}
	const records = await lookUp(
		current,
		missing.map((member) => [member, participantOf(member)]),
	);
	for (const [member, record] of records) {
		const keys = segmentsOf(record).filter(isWatched);
		if (keys.length > 0) after.set(member, keys);
	}
	return records;
}

const segmentsOf = (record: ParticipantRecord | undefined): string[] =>
	Array.isArray(record?.segments) ? (record.segments as string[]) : [];

async function lookUp(
	{ transport, deadline }: Poll,
	participants: ReadonlyArray<[member: string, participant: ParticipantId]>,
): Promise<Map<string, ParticipantRecord | undefined>> {
	const records = new Map<string, ParticipantRecord | undefined>();
	for (let from = 0; from < participants.length; from += MAX_LOOKUPS) {
		if (transport.now() > deadline) throw tooSlow();
		const batch = participants.slice(from, from + MAX_LOOKUPS);
		const found = await lookUpRecords(
			transport,
			batch.map(([, participant]) => participant),
		);
		batch.forEach(([member], index) => records.set(member, found[index]));
	}
	return records;
}

interface ItemSources {
	participants: ReadonlyMap<string, ParticipantId>;
	/** What was looked up already. */
	records: Map<string, ParticipantRecord | undefined>;
	generation: number;
}

async function toItems(
	current: Poll,
	changes: readonly MemberChange[],
	sources: ItemSources,
): Promise<INodeExecutionData[]> {
	const { settings } = current;
	const { participants, records, generation } = sources;
	const wanted = changes.filter(
		({ entered, left }) =>
			settings.event === 'changed' || (settings.event === 'entered' ? entered : left).length > 0,
	);
	const identify = (member: string): ParticipantId =>
		participants.get(member) ?? participantOf(member);
	if (settings.includeDetails) {
		const unknown = wanted.filter(({ member }) => !records.has(member));
		const found = await lookUp(
			current,
			unknown.map(({ member }) => [member, identify(member)]),
		);
		for (const [member, record] of found) records.set(member, record);
	}
	return wanted.flatMap((change) => {
		const { member } = change;
		const record = records.get(member);
		const participant: IDataObject = { ...identify(member), ...(record as IDataObject) };
		const exists = !records.has(member) || record !== undefined;
		return describeChange(current, change, { ...participant, exists }, generation);
	});
}

/** The items of one participant's change: one per segment, or one for all. */
function describeChange(
	{ settings, segments, transport, tenant }: Poll,
	{ member, entered, left }: MemberChange,
	participant: IDataObject,
	generation: number,
): INodeExecutionData[] {
	const { event } = settings;
	const detectedAt = new Date(transport.now()).toISOString();
	const named = (key: string): IDataObject => ({
		key,
		name: segments.find((segment) => segment.key === key)?.name ?? null,
	});
	// The same change found again, after a crash before n8n saved, has the same ID.
	const eventId = (what: string) =>
		markOf(JSON.stringify([tenant, event, what, member, generation]), 22);
	if (event === 'changed') {
		const item = {
			eventId: eventId(''),
			event,
			entered: entered.map(named),
			left: left.map(named),
			participant,
			detectedAt,
		};
		return [{ json: item }];
	}
	return (event === 'entered' ? entered : left).map((key) => ({
		json: { eventId: eventId(key), event, segment: named(key), participant, detectedAt },
	}));
}

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
	const members = page?.results.slice(0, SAMPLES) ?? [];
	if (members.length === 0) {
		throw new ParameterError(
			'The watched segments have no participants to show',
			'Put a participant into one of them and fetch again, or activate the workflow: it starts with the next change',
		);
	}
	const watched = new Set(keys);
	const items = members.flatMap((record) => {
		const [key] = segmentsOf(record).filter((segment) => watched.has(segment));
		const { event } = settings;
		const change = {
			member: memberKey(record, settings.form),
			entered: event === 'left' ? [] : [key],
			left: event === 'left' ? [key] : [],
		};
		return describeChange(current, change, { ...(record as IDataObject), exists: true }, 0);
	});
	return [items];
}
