/**
 * Sends what a plan says: first who joins, then who leaves, each looked at once more right before. Who has changed in
 * between is left alone, and named.
 */
import { expectAdvocateError } from '../../shared/advocate/client/error';
import type { AdvocateError } from '../../shared/advocate/client/error';
import { hintWithOptions } from '../../shared/advocate/client/errorTexts';
import type { Transport } from '../../shared/advocate/client/transport';
import { lookUpParticipants, mustTellSegments } from '../../shared/advocate/participants';
import type { Participant, ParticipantId } from '../../shared/advocate/participants';
import type { CsvDelimiter } from '../import/file/csvFormat';
import { UndoFile } from '../import/report/undo';
import { runWrites } from '../writes/run';
import type { ParticipantWrite, Succeeded, WritePolicy, WriteResult } from '../writes/write';
import { chunksOf } from './people';
import type { Plan, Protection } from './plan';

/** The vendor's code for somebody who asked not to be tracked, and whom it therefore never takes again. */
const DO_NOT_TRACK = 'RS050';

const GONE = 'The participant does not exist any more';

/** Most people of whom it is told why they were not changed. */
const MAX_NAMED = 100;

export interface SendSettings {
	concurrency: number;
	batchSize: number;
	verify: boolean;
	protection: Protection;
	/** Whether the removals are sent. */
	removes: boolean;
	/** That of the list; the undo file is written likewise. */
	delimiter?: CsvDelimiter;
}

/** Somebody who was not changed as planned. */
interface Left extends ParticipantId {
	/** Of the list; nothing for a leaver. */
	row?: number;
	status: 'changedMeanwhile' | 'refused' | 'failed' | 'unconfirmed' | 'notSent';
	message: string;
	hint?: string;
}

/** What sending led to. */
export interface Sent {
	added: number;
	created: number;
	removed: number;
	counts: Record<Left['status'], number>;
	/** The first of them. */
	left: Left[];
	/** Who was changed, for a look at them afterwards; the first of each kind. */
	joined: ParticipantId[];
	departed: ParticipantId[];
	undo: UndoFile;
	/** Why it ended before everything was sent. */
	stopReason?: string;
	/** The failure that ended it, when no later request could have gone through. */
	fatalError?: AdvocateError;
}

/** @param isMember whether the participant is one now */
type Noted = (participant: ParticipantId, isMember: boolean) => void;

/** Where a write comes from. */
interface Source extends ParticipantId {
	kind: 'add' | 'create' | 'remove';
	row?: number;
}

/**
 * Whatever happens after the first write, the rest is reported as not sent: nothing is thrown.
 * @param noted called for everybody who was changed
 */
export async function sendPlan(
	transport: Transport,
	segment: string,
	plan: Plan,
	settings: SendSettings,
	noted: Noted,
): Promise<Sent> {
	return await new Sender(transport, segment, settings, noted).send(plan);
}

const emptyAccount = (delimiter: CsvDelimiter | undefined): Sent => ({
	added: 0,
	created: 0,
	removed: 0,
	counts: { changedMeanwhile: 0, refused: 0, failed: 0, unconfirmed: 0, notSent: 0 },
	left: [],
	joined: [],
	departed: [],
	undo: new UndoFile(true, delimiter),
});

class Sender {
	private readonly sent: Sent;

	constructor(
		private readonly transport: Transport,
		private readonly segment: string,
		private readonly settings: SendSettings,
		private readonly noted: Noted,
	) {
		this.sent = emptyAccount(settings.delimiter);
	}

	async send({ add, create, remove }: Plan): Promise<Sent> {
		const { sent } = this;
		await this.run([
			...add.map((one): Source => ({ ...one, kind: 'add' })),
			...create.map((one): Source => ({ ...one, kind: 'create' })),
		]);
		const leavers = this.settings.removes
			? remove.map(({ id, accountId }): Source => ({ id, accountId, kind: 'remove' }))
			: [];
		// While somebody is still to be added, nobody is removed: the segment would be short of both.
		const { notSent, unconfirmed } = sent.counts;
		if (sent.stopReason === undefined && notSent + unconfirmed === 0) await this.run(leavers);
		else {
			for (const one of leavers) {
				this.leave(one, 'notSent', 'Not sent, as not everybody could be added before');
			}
		}
		return sent;
	}

	private async run(people: readonly Source[]): Promise<void> {
		if (people.length === 0) return;
		const chunks = chunksOf(people).values();
		const { concurrency, batchSize, verify } = this.settings;
		const policyOf = (ifMissing: 'skip' | 'create'): WritePolicy => ({
			ifMissing,
			readBefore: true,
			skipUnchanged: true,
			verify,
			createMissingSegments: false,
		});
		const policies = {
			add: policyOf('skip'),
			create: policyOf('create'),
			remove: policyOf('skip'),
		};
		const key = [this.segment];
		const result = await runWrites<Source>(
			this.transport,
			{
				next: async () => {
					const { value: chunk } = chunks.next();
					if (chunk === undefined) return undefined;
					const ready = await this.readyOf(chunk);
					return ready.map(
						(source): ParticipantWrite<Source> => ({
							id: source.id,
							accountId: source.accountId,
							change:
								source.kind === 'remove'
									? { clear: false, add: [], remove: key }
									: { clear: false, add: key, remove: [] },
							policy: policies[source.kind],
							sources: [source],
						}),
					);
				},
				done: ({ sources }, result) => {
					for (const source of sources) this.end(source, result);
				},
				shouldStop: () => this.sent.stopReason,
			},
			{ concurrency, batchSize, mergeRepeats: false },
		);
		this.sent.stopReason ??= result.stopReason;
		this.sent.fatalError ??= result.fatalError;
	}

	/** Those of a chunk who can be sent. Once it is known that the rest can't be, nobody is looked at any more. */
	private async readyOf(people: readonly Source[]): Promise<readonly Source[]> {
		if (this.sent.stopReason !== undefined || this.sent.counts.notSent > 0) return people;
		try {
			return await this.stillAsPlanned(people);
		} catch (caught) {
			const error = expectAdvocateError(caught);
			this.sent.stopReason = `The run was stopped: ${error.message}`;
			this.sent.fatalError = error;
			// The run leaves them out for this reason.
			return people;
		}
	}

	/**
	 * Look at leavers right before they are sent: a segment may have come to protect one. Whether joiners still exist,
	 * and are no members yet, the run looks up itself.
	 */
	private async stillAsPlanned(people: readonly Source[]): Promise<readonly Source[]> {
		if (people[0].kind !== 'remove') return people;
		const found = await lookUpParticipants(this.transport, people);
		return people.filter((one, index) => {
			const change = this.changeOf(found[index]);
			if (change === undefined) return true;
			this.leave(one, 'changedMeanwhile', change);
			return false;
		});
	}

	/** Why a leaver is not to be removed any more, as a sentence. */
	private changeOf(now: Participant | undefined): string | undefined {
		if (now === undefined) return GONE;
		const current = mustTellSegments(now);
		if (!current.includes(this.segment)) return 'Has left the segment already';
		const { segments } = this.settings.protection;
		return current.some((key) => segments.has(key))
			? "Has become a member of a segment in 'Never Remove'"
			: undefined;
	}

	private end(source: Source, result: WriteResult): void {
		const { kind, row } = source;
		const participant = { id: source.id, accountId: source.accountId };
		switch (result.status) {
			case 'succeeded':
				if (isUnchanged(result)) {
					const message = `Has ${kind === 'remove' ? 'left' : 'joined'} the segment already`;
					this.leave(source, 'changedMeanwhile', message);
					return;
				}
				this.noteChange(source);
				if (kind === 'remove') {
					this.sent.removed++;
					this.noted(participant, false);
					if (this.sent.departed.length < MAX_NAMED) this.sent.departed.push(participant);
				} else {
					this.sent[kind === 'add' ? 'added' : 'created']++;
					this.noted(participant, true);
					if (this.sent.joined.length < MAX_NAMED) this.sent.joined.push(participant);
				}
				return;
			case 'skipped':
				this.leave(source, 'changedMeanwhile', GONE);
				return;
			case 'rejected': {
				// What it may have done is in the undo file, too.
				if (result.applied !== undefined) this.noteChange(source);
				const { message, rsCode } = result.error;
				const status = rsCode === DO_NOT_TRACK ? 'refused' : 'failed';
				const hint = hintWithOptions(result.error);
				this.leave({ ...participant, kind, row }, status, message, hint);
				return;
			}
			case 'unconfirmed': {
				// What it may have done is in the undo file, too.
				if (result.applied !== undefined) this.noteChange(source);
				const { message } = result.error;
				this.leave(source, 'unconfirmed', message, hintWithOptions(result.error));
				return;
			}
			case 'notSent':
				this.leave(source, 'notSent', result.reason, result.hint);
		}
	}

	/** Only our own change can be taken back, whatever else happened to the participant. */
	private noteChange({ kind, row, id, accountId }: Source): void {
		const before = kind === 'remove' ? [this.segment] : [];
		const after = kind === 'remove' ? [] : [this.segment];
		this.sent.undo.add({ id, accountId }, before, after, row === undefined ? [] : [row]);
	}

	private leave(
		{ id, accountId, row }: Source,
		status: Left['status'],
		message: string,
		hint?: string,
	): void {
		this.sent.counts[status]++;
		if (this.sent.left.length >= MAX_NAMED) return;
		this.sent.left.push({
			...(row === undefined ? {} : { row }),
			id,
			accountId,
			status,
			message,
			...(hint === undefined || hint === '' ? {} : { hint }),
		});
	}
}

/** Whether nothing was sent, as the segments were as asked. */
const isUnchanged = ({ difference }: Succeeded): boolean =>
	difference !== undefined && difference.added.length + difference.removed.length === 0;
