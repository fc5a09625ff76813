import { mayHaveBeenApplied } from '../../../shared/advocate/client/error';
import { SHARE_LINK_FIELDS } from '../../../shared/advocate/participantDetails';
import { LISTED_FIELDS, participantKey } from '../../../shared/advocate/participants';
import type { ParticipantRecord } from '../../../shared/advocate/participants';
import { InputError } from '../../../shared/inputError';
import {
	locatorOption,
	readChoice,
	readOptions,
	readSwitch,
	readWriteOptions,
	switchOption,
} from '../../../shared/n8n/parameters';
import { isNoChange } from '../../../shared/segments/change';
import { resolvedChange } from '../../../shared/segments/names';
import type { Deeds } from '../../deeds/deeds';
import type {
	IfParticipantExists,
	ParticipantWrite,
	WritePolicy,
	WriteResult,
} from '../../writes/write';
import { allowAgentField, assertAgentAllowed, PARTLY_OPEN_TO_AGENTS } from '../agentGuard';
import {
	NEW_SEGMENTS_OPTIONS,
	optionsField,
	simplifyField,
	TRANSPORT_OPTIONS,
	WRITE_OPTIONS,
} from '../fields';
import { openDeeds } from '../openDeeds';
import { namingParameterOf, nothingSent, readItems, withSegmentKeys } from '../operation';
import type { ItemOutcome, ItemRequest, Operation, Run, SegmentTexts } from '../operation';
import { EmptyCodes } from './emptyCodes';
import { writtenOutput } from './output';
import type { OutputChoice } from './output';
import { failureOf, readRunLimits, sendWrites } from './sendWrites';
import type { RunLimits } from './sendWrites';
import { findOwners } from './upsert.addresses';
import type { FoundOwners } from './upsert.addresses';
import { DETAILS, show, UPSERT_OPTIONS, WHO_FIELDS } from './upsert.fields';
import { readContent, SEGMENTS } from './upsert.read';
import type { UpsertContent } from './upsert.read';

interface Request extends UpsertContent, OutputChoice {
	policy: WritePolicy & { ifExists: IfParticipantExists };
}

/** Create participants, or change what is known of them. */
export const upsert: Operation = {
	agents: PARTLY_OPEN_TO_AGENTS,
	fields: [
		allowAgentField(
			'participant',
			'upsert',
			'change participants who exist, and put participants into segments',
		),
		...WHO_FIELDS,
		...DETAILS,
		simplifyField(show),
		optionsField(show, [
			...TRANSPORT_OPTIONS,
			...WRITE_OPTIONS,
			...NEW_SEGMENTS_OPTIONS,
			...UPSERT_OPTIONS,
		]),
	],
	async *execute(run) {
		let limits: RunLimits;
		try {
			limits = readRunLimits(run);
		} catch (failure) {
			for (let itemIndex = 0; itemIndex < run.itemCount; itemIndex++)
				yield { itemIndex, failure, of: 'run' };
			return;
		}
		let items = await readItems(run, readRequest);
		let end: ItemOutcome | undefined = nothingSent(run, items);
		if (end === undefined) {
			items = await withSegmentKeys(run, items, SEGMENT_TEXTS);
			end = nothingSent(run, items);
		}
		const outcomes = items.map((item) => ('failure' in item ? item : undefined));
		// The failure that ended the run goes first: n8n shows it, and not the items that were not sent because of it.
		end ??= await send(run, items, limits, outcomes);
		tellOfEmptyCodes(run, items, outcomes);
		if (end !== undefined) yield end;
		for (const outcome of outcomes) if (outcome !== undefined) yield outcome;
	},
};

/** Why somebody who was skipped has no share link in the output. */
const LEFT_OUT = 'The participant exists already and was skipped: nothing of it is returned';

function tellOfEmptyCodes(
	run: Run,
	items: ReadonlyArray<ItemRequest<Request>>,
	outcomes: ReadonlyArray<ItemOutcome | undefined>,
): void {
	const codes = new EmptyCodes(run);
	for (const item of items) {
		const outcome = outcomes[item.itemIndex];
		if (!('request' in item) || outcome === undefined || 'failure' in outcome) continue;
		const { includeShareLinks, program } = item.request;
		if (!includeShareLinks && program === '') continue;
		const what = includeShareLinks ? 'shareLink' : 'referralCode';
		// Of somebody who exists nothing is told.
		const reason = outcome.json.skipped ? LEFT_OUT : codes.note(outcome.json, { what, program });
		if (includeShareLinks) outcome.json.shareLinkReason = reason ?? null;
	}
	codes.tell();
}

/** Turns the names or keys of an item into keys. */
const SEGMENT_TEXTS: SegmentTexts<Request> = {
	textsOf: ({ change }) => [...change.add, ...change.remove],
	withKeys(request, segments) {
		const keyOf = segments.keyOf(request.policy.createMissingSegments || 'option');
		const change = resolvedChange(
			request.change,
			namingParameterOf(keyOf, () => SEGMENTS),
		);
		return { ...request, change };
	},
};

function readRequest({ n8n }: Run, itemIndex: number): Request {
	const options = readOptions(n8n, itemIndex);
	const ifExists = readChoice<IfParticipantExists>(
		n8n,
		'ifParticipantExists',
		'If Participant Exists',
		['update', 'skip', 'error'],
		itemIndex,
		'update',
	);
	if (ifExists === 'update') {
		const reason =
			"'If Participant Exists' is 'Update': what is known of them would be overwritten";
		assertAgentAllowed(n8n, 'change participants who exist', reason);
	}
	const content = readContent(n8n, itemIndex);
	if (!isNoChange(content.change)) {
		const reason = 'Segments start programs, and so give rewards';
		assertAgentAllowed(n8n, 'put participants into segments', reason);
	}
	return {
		...content,
		simplify: readSwitch(n8n, 'simplify', 'Simplify', itemIndex, true),
		includeShareLinks: switchOption(options, 'includeShareLinks', 'Include Share Links', false),
		program: locatorOption(options, 'program', 'Program'),
		policy: {
			ifMissing: 'create',
			ifExists,
			readBefore: false,
			...readWriteOptions(options),
		},
	};
}

/**
 * Send what the items ask for and fill in their outcomes.
 * @returns the failure that ends the run, if one does
 */
async function send(
	run: Run,
	items: ReadonlyArray<ItemRequest<Request>>,
	limits: RunLimits,
	outcomes: Array<ItemOutcome | undefined>,
): Promise<ItemOutcome | undefined> {
	// With Skip and Fail, a repetition must not take those whom it has created itself for others.
	const deeds = openDeeds(run.n8n);
	const requests = new Map<number, Request>();
	for (const item of items) {
		if (!('request' in item)) continue;
		const { itemIndex, request } = item;
		const deed = isForNewOnly(request) ? deeds.find(itemIndex) : undefined;
		if (deed?.state === 'done') {
			outcomes[itemIndex] = { itemIndex, json: deed.result as never };
		} else if (deed === undefined) {
			requests.set(itemIndex, request);
		} else {
			// They were not there when an earlier attempt, which may have created them, was sent.
			const policy = { ...request.policy, ifExists: 'update' as const };
			requests.set(itemIndex, { ...request, policy });
		}
	}
	let known: KnownParticipants;
	try {
		known = await nameByAddress(run, requests, outcomes);
	} catch (failure) {
		for (const itemIndex of requests.keys())
			outcomes[itemIndex] = { itemIndex, failure, of: 'run' };
		return undefined;
	}
	const writes: Array<ParticipantWrite<number>> = [];
	for (const [itemIndex, { id, accountId, details, change, policy }] of requests) {
		if (outcomes[itemIndex] === undefined) {
			writes.push({ id, accountId, sources: [itemIndex], details, change, policy });
		}
	}
	const withLinks = [...requests.values()].some((request) => request.includeShareLinks);
	return await sendWrites(run, writes, outcomes, {
		...limits,
		fields: withLinks ? `${LISTED_FIELDS} ${SHARE_LINK_FIELDS}` : LISTED_FIELDS,
		outcomeOf: (itemIndex, write, result) =>
			outcomeOf(itemIndex, write, result, items[itemIndex], { deeds, known }),
	});
}

const isForNewOnly = ({ policy }: Request): boolean => policy.ifExists !== 'update';

/** Who was there before the first request that writes, and since when, by key. */
type KnownParticipants = FoundOwners['known'];

/**
 * Where the e-mail address is the ID: put in who is meant, and refuse what would become a second participant.
 * @returns whom it has found
 * @throws AdvocateError when that can't be found out
 */
async function nameByAddress(
	run: Run,
	requests: Map<number, Request>,
	outcomes: Array<ItemOutcome | undefined>,
): Promise<KnownParticipants> {
	const addressed = [...requests].flatMap(([itemIndex, request]) =>
		request.addressed === undefined ? [] : [{ itemIndex, request, ...request.addressed }],
	);
	const { meant, known } = await findOwners(run.transport, addressed);
	addressed.forEach(({ itemIndex, request }, index) => {
		const who = meant[index];
		if (who instanceof InputError) outcomes[itemIndex] = { itemIndex, failure: who };
		else requests.set(itemIndex, { ...request, ...who });
	});
	return known;
}

/**
 * Whether a write has created its participant. One that the look-up has found is surely the same when it came into being
 * at the same time. That it was not found says nothing: nobody knows how soon the API's lists have who is new.
 */
function wasCreated(
	{ policy }: Request,
	record: ParticipantRecord,
	known: KnownParticipants,
): boolean | null {
	if (policy.ifExists !== 'update') return true;
	const since = known.get(participantKey(record));
	return typeof since === 'number' && since === record.dateCreated ? false : null;
}

function outcomeOf(
	itemIndex: number,
	{ id, accountId }: ParticipantWrite<number>,
	result: WriteResult,
	item: ItemRequest<Request>,
	{ deeds, known }: { deeds: Deeds; known: KnownParticipants },
): ItemOutcome {
	if (!('request' in item)) return item;
	const { request } = item;
	const isNew = isForNewOnly(request);
	switch (result.status) {
		case 'succeeded': {
			const record = result.record ?? { id, accountId, segments: result.segments };
			const created = wasCreated(request, record, known);
			const json = writtenOutput(record, request, { created });
			if (isNew) deeds.done(itemIndex, json);
			return { itemIndex, json };
		}
		case 'skipped':
			return {
				itemIndex,
				json: writtenOutput({ id, accountId }, request, {
					created: false,
					skippedFor: result.reason,
				}),
			};
		case 'rejected':
			if (isNew && mayHaveBeenApplied(result.error)) deeds.begin(itemIndex);
			return failureOf(itemIndex, result);
		case 'unconfirmed':
			if (isNew) deeds.begin(itemIndex);
			return failureOf(itemIndex, result);
		case 'notSent':
			return failureOf(itemIndex, result);
	}
}
