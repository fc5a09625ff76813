/**
 * What is remembered of a write over its attempts, in whatever batches it is sent: what its participant was like before
 * the first one, and whether one of them may have been applied (`WriteMemory`). Writes of which nobody knows that when
 * they are over wait for a last look at their participants (`DoubtBook`): the API applies a write as a whole or not at
 * all, so the segments that somebody has in the end tell of every write.
 */
import {
	expectAdvocateError,
	isFatal,
	mayHaveBeenApplied,
} from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import {
	lookUpParticipants,
	MAX_LOOKUPS,
	participantKey,
} from '../../shared/advocate/participants';
import { countOf, succeeded } from './write';
import type { EndedWrite, ParticipantWrite, WriteResult } from './write';
import type { Transport } from '../../shared/advocate/client/transport';
import type { Participant, ParticipantId } from '../../shared/advocate/participants';
import { withoutPeriod } from '../../shared/inputValue';
import {
	applyChange,
	composeChanges,
	findMismatch,
	isNoChange,
	NO_CHANGE,
} from '../../shared/segments/change';
import type { SegmentChange } from '../../shared/segments/change';

/** A set of participants, by key; it may be one that needs little memory. */
export interface ParticipantSet {
	add(key: string): unknown;
	has(key: string): boolean;
}

export class WriteMemory<Source> {
	/** Writes whose details were not sent, since their participant exists. */
	detailsKept = 0;

	private createdCount = 0;

	/** Whether a write that may create its participant was sent without looking first. */
	private isCreationUnknown = false;

	/** Writes whose participant was missing before the first attempt; the parts of a merged one share the entry. */
	private readonly missing = new WeakMap<ParticipantWrite<Source>, { isCounted: boolean }>();

	/**
	 * Segments from before the first attempt at a write, so that a second one does not take the first for the past;
	 * nothing where the API does not tell them.
	 */
	private readonly firstRead = new WeakMap<ParticipantWrite<Source>, string[] | undefined>();

	/** Writes of which an attempt failed without telling whether it was applied, and how. */
	private readonly inDoubt = new WeakMap<ParticipantWrite<Source>, AdvocateError>();

	/** @param created participants that this run creates, as far as their details depend on it */
	constructor(private readonly created: ParticipantSet) {}

	/** Participants that were created; nothing when that is not known of all. */
	get participantsCreated(): number | undefined {
		return this.isCreationUnknown ? undefined : this.createdCount;
	}

	// --- before the first attempt --------------------------------------------------------------------------------

	/** Its participant was read. */
	read(write: ParticipantWrite<Source>, segments: string[] | undefined, isMissing: boolean): void {
		this.firstRead.set(write, segments);
		if (!isMissing) return;
		this.missing.set(write, { isCounted: false });
		if (write.policy.detailsFor === 'new') this.created.add(participantKey(write));
	}

	wasRead(write: ParticipantWrite<Source>): boolean {
		return this.firstRead.has(write);
	}

	/** Whether its participant was read, and was not there. */
	wasMissing(write: ParticipantWrite<Source>): boolean {
		return this.missing.has(write);
	}

	/** The segments before, as far as they are known. */
	before(write: ParticipantWrite<Source>): string[] | undefined {
		return this.firstRead.get(write);
	}

	/** Whether the details of a write are sent. Of a participant that this run creates, those of all its writes are. */
	sendsDetails(write: ParticipantWrite<Source>): boolean {
		if (write.policy.detailsFor !== 'new' || write.details === undefined) return true;
		return this.missing.has(write) || this.created.has(participantKey(write));
	}

	/** A write ends without its details. */
	detailsLeft(write: ParticipantWrite<Source>): void {
		this.detailsKept += countOf(write);
	}

	// --- after an attempt ----------------------------------------------------------------------------------------

	/** The API has taken a write. */
	done(write: ParticipantWrite<Source>): void {
		if (!this.sendsDetails(write)) this.detailsLeft(write);
		const missing = this.missing.get(write);
		if (missing !== undefined && !missing.isCounted) {
			missing.isCounted = true;
			this.createdCount++;
		}
		if (!this.firstRead.has(write)) this.isCreationUnknown = true;
	}

	/** An attempt has failed. What fails after a failure in doubt says nothing about the first one. */
	failed(write: ParticipantWrite<Source>, error: AdvocateError): void {
		if (mayHaveBeenApplied(error)) this.doubt(write, error);
	}

	/** Nobody knows whether an attempt was applied. */
	doubt(write: ParticipantWrite<Source>, error: AdvocateError): void {
		this.inDoubt.set(write, error);
	}

	/**
	 * What nobody knows about a write that is over.
	 * @param otherwise what it is if none of its attempts was applied
	 * @returns nothing when none of them can have been
	 */
	doubtOf(write: ParticipantWrite<Source>, otherwise: NotApplied): Doubt<Source> | undefined {
		const error = this.inDoubt.get(write);
		if (error === undefined) return undefined;
		return {
			write,
			error,
			before: this.before(write),
			wasMissing: this.missing.has(write),
			hasDetails: write.details !== undefined && this.sendsDetails(write),
			otherwise,
		};
	}

	/** A part of a merged write: what it found before, and whether it left something, is that of the whole. */
	inherit(part: ParticipantWrite<Source>, whole: ParticipantWrite<Source>): void {
		if (this.wasRead(whole)) this.firstRead.set(part, this.before(whole));
		const missing = this.missing.get(whole);
		if (missing !== undefined) this.missing.set(part, missing);
		const doubt = this.inDoubt.get(whole);
		if (doubt !== undefined) this.inDoubt.set(part, doubt);
	}
}

// --- the last look ------------------------------------------------------------------------------------------------

/** What a write is of which nothing was applied. */
export type NotApplied = Extract<WriteResult, { status: 'rejected' | 'notSent' }>;

/** A write of which nobody knows whether it was applied. */
export interface Doubt<Source> {
	write: ParticipantWrite<Source>;
	/** Why that is not known. */
	error: AdvocateError;
	/** Segments before the first attempt, when they were read. */
	before?: string[];
	/** Whether its participant did not exist then. */
	wasMissing: boolean;
	/** Whether it has details, of which no look at the segments tells. */
	hasDetails: boolean;
	/** What it is if nothing of it was applied. */
	otherwise: NotApplied;
}

/** Requests of the last look-up, and how many may fail in a row: an API that is down is not waited for. */
const MAX_REQUESTS = 10;
const MAX_FAILURES = 3;

/** What happened to a participant since the first doubt about it, in order: doubts, and changes that were applied. */
interface History<Source> extends ParticipantId {
	steps: Array<Doubt<Source> | SegmentChange>;
	/** What the last look-up found: perhaps that there is no such participant. Nothing when it did not come to it. */
	found?: { participant?: Participant };
}

export class DoubtBook<Source> {
	/** Requests that the last look-up took. */
	requests = 0;

	/** Of the caller's writes, those of which the last look-up did not tell, or that it did not come to. */
	left = 0;

	private readonly histories = new Map<string, History<Source>>();

	/**
	 * Keep a write for the last look-up.
	 * @returns whether there is room for it
	 */
	add(doubt: Doubt<Source>): boolean {
		const { accountId, id } = doubt.write;
		const key = participantKey(doubt.write);
		const history = this.histories.get(key);
		if (history !== undefined) {
			history.steps.push(doubt);
			return true;
		}
		if (this.histories.size >= MAX_REQUESTS * MAX_LOOKUPS) {
			this.left += countOf(doubt.write);
			return false;
		}
		this.histories.set(key, { accountId, id, steps: [doubt] });
		return true;
	}

	/** A write was applied: it counts when its participant has an earlier one in doubt. */
	follow(write: ParticipantWrite<Source>): void {
		if (this.histories.size === 0) return;
		this.histories.get(participantKey(write))?.steps.push(write.change);
	}

	/**
	 * Look at the participants, and end every write that was kept.
	 * @param canAsk whether the API may still answer
	 */
	async settle(transport: Transport, canAsk: boolean): Promise<Array<EndedWrite<Source>>> {
		const histories = [...this.histories.values()];
		if (canAsk) await this.lookUp(transport, histories);
		const ended = histories.flatMap(judged);
		for (const { write, result } of ended) {
			if (result.status === 'unconfirmed') this.left += countOf(write);
		}
		this.histories.clear();
		return ended;
	}

	/** Look up as many as the number of requests allows. One of them may make a request fail that has others in it. */
	private async lookUp(
		transport: Transport,
		histories: ReadonlyArray<History<Source>>,
	): Promise<void> {
		const pages: Array<ReadonlyArray<History<Source>>> = [];
		for (let start = 0; start < histories.length; start += MAX_LOOKUPS) {
			pages.push(histories.slice(start, start + MAX_LOOKUPS));
		}
		let failedInARow = 0;
		while (this.requests < MAX_REQUESTS && failedInARow < MAX_FAILURES) {
			const page = pages.shift();
			if (page === undefined) return;
			this.requests++;
			try {
				// Once: what it says is a favour, and the run has had its trouble.
				const found = await lookUpParticipants(transport, page, { attempts: 1 });
				page.forEach((history, index) => (history.found = { participant: found[index] }));
				failedInARow = 0;
			} catch (caught) {
				const error = expectAdvocateError(caught);
				if (error.neverSent) this.requests--;
				if (isFatal(error)) return;
				failedInARow++;
				const half = Math.ceil(page.length / 2);
				if (page.length > 1) pages.push(page.slice(0, half), page.slice(half));
			}
		}
	}
}

/** What becomes of the doubts of one participant; the last one is judged first, since it had the last word. */
function judged<Source>({ steps, found }: History<Source>): Array<EndedWrite<Source>> {
	const ended: Array<EndedWrite<Source>> = [];
	let later: SegmentChange | undefined;
	let isClear = found !== undefined;
	for (const step of [...steps].reverse()) {
		if (!('write' in step)) {
			later = composeChanges(step, later ?? NO_CHANGE);
			continue;
		}
		const result = isClear ? judge(step, found?.participant, later) : unconfirmed(step);
		ended.unshift({ write: step.write, result });
		if (result.status === 'succeeded') {
			later = composeChanges(step.write.change, later ?? NO_CHANGE);
		}
		// Whether it had the last word is not known, so what came before can't be told either.
		if (result.status === 'unconfirmed') isClear = false;
	}
	return ended;
}

/**
 * Judge one write by what became of its participant.
 * @param later what was applied after it, if something was
 */
function judge<Source>(
	doubt: Doubt<Source>,
	participant: Participant | undefined,
	later?: SegmentChange,
): WriteResult {
	const { write, before, wasMissing, hasDetails, otherwise } = doubt;
	if (participant === undefined) return lookedUp(otherwise);
	const { segments } = participant;
	if (segments === undefined) return unconfirmed(doubt);
	const whole = composeChanges(write.change, later ?? NO_CHANGE);
	if (findMismatch(whole, segments) !== undefined) {
		// An API that is known to leave out something on the way may have done so here.
		return write.policy.verify ? lookedUp(otherwise) : unconfirmed(doubt);
	}
	if (hasDetails || isNoChange(write.change)) {
		const isCreated = wasMissing && later === undefined;
		const wasOther =
			before !== undefined &&
			findMismatch(whole, applyChange(before, later ?? NO_CHANGE)) !== undefined;
		// Everything is as it would be without the write, too.
		if (!isCreated && !wasOther) return unconfirmed(doubt);
	}
	const isLatest = later === undefined || before === undefined;
	const then = isLatest ? segments : applyChange(before, write.change);
	const result = succeeded({ ...participant, segments: then }, before);
	if (wasMissing) result.wasMissing = true;
	return result;
}

/** A write that was not applied, with how that is known. */
function lookedUp(otherwise: NotApplied): NotApplied {
	if (otherwise.status === 'notSent') {
		const reason = `${withoutPeriod(otherwise.reason)}. An earlier attempt was not applied, as a look at the participant showed`;
		return { ...otherwise, reason };
	}
	const { error } = otherwise;
	const message = `${withoutPeriod(error.message)}. Nothing of it was applied, as a look at the participant showed`;
	return { status: 'rejected', error: error.with({ message }) };
}

/** A write that stays in doubt. */
export function unconfirmed<Source>({
	write,
	error,
	before,
	otherwise,
}: Doubt<Source>): WriteResult {
	return {
		status: 'unconfirmed',
		error: untold(error),
		// What it may have left behind.
		...(before === undefined
			? {}
			: { applied: { before, segments: applyChange(before, write.change) } }),
		isLeft: otherwise.status === 'notSent' || isFatal(otherwise.error),
	};
}

const UNKNOWN = 'It is not known whether this change was applied: ';

/** Why a result is not known, for people. */
function untold(error: AdvocateError): AdvocateError {
	if (error.message.startsWith(UNKNOWN)) return error;
	return error.with({
		message: `${UNKNOWN}${withoutPeriod(error.message)}`,
		hint: `Look at the participant, or send it again: repeating what was already done changes nothing. ${error.hint}`,
	});
}
