/**
 * What is remembered of a write over its attempts, in whatever batches it is sent: what its participant was like before
 * the first one, and whether one of them may have been applied.
 */
import { mayHaveBeenApplied } from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import { participantKey } from '../../shared/advocate/participants';
import type { Doubt, NotApplied } from './doubt';
import { countOf } from './write';
import type { ParticipantWrite } from './write';

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
