/** For a dry run: what the import would do to a sample of participants. Reads only. */
import type { Transport } from '../../../shared/advocate/client/transport';
import {
	lookUpParticipants,
	MAX_LOOKUPS,
	mustTellSegments,
	participantKey,
} from '../../../shared/advocate/participants';
import type { ParticipantId } from '../../../shared/advocate/participants';
import { applyChange, ChangeSequence, membershipDifference } from '../../../shared/segments/change';
import type { SegmentChange } from '../../../shared/segments/change';
import { ownCopy } from '../file/csvFile';
import { keyedHash } from './participantIndex';
import type { Hash64 } from './participantIndex';

/** Most participants of a sample. */
export const MAX_SAMPLE = 1000;

interface Sampled extends ParticipantId {
	changes: ChangeSequence;
	/** Orders participants at random, and the same way in every run. */
	rank: number;
}

/** Without the pieces of the file that the texts were cut from. */
function kept({ clear, add, remove }: SegmentChange): SegmentChange {
	return { clear, add: add.map(ownCopy), remove: remove.map(ownCopy) };
}

/** What would become of one participant. */
export interface ParticipantEffect extends ParticipantId {
	exists: boolean;
	before: string[];
	after: string[];
	added: string[];
	removed: string[];
}

/**
 * An even sample of the participants of a file, however long it is: those with the lowest hashes. A participant is in
 * it from its first row or not at all, so that the changes of all its rows are put together.
 */
export class ParticipantSample {
	private readonly sampled = new Map<string, Sampled>();

	private highestRank = -1;

	private readonly rankOf: (key: string) => Hash64;

	/** @param fileHash bytes that the file decides about, so that nobody can write one whose sample is of their choice */
	constructor(
		private readonly size: number,
		fileHash: Uint8Array,
	) {
		this.rankOf = keyedHash(fileHash);
	}

	/** Note a planned row. */
	offer(participant: ParticipantId, change: SegmentChange): void {
		const key = participantKey(participant);
		const known = this.sampled.get(key);
		if (known !== undefined) {
			known.changes.append(kept(change));
			return;
		}
		const [rank] = this.rankOf(key);
		if (this.sampled.size >= this.size) {
			if (rank >= this.highestRank) return;
			this.dropHighest();
		}
		const accountId = ownCopy(participant.accountId);
		const id = ownCopy(participant.id);
		const changes = new ChangeSequence().append(kept(change));
		this.sampled.set(ownCopy(key), { accountId, id, changes, rank });
		this.highestRank = Math.max(this.highestRank, rank);
	}

	/**
	 * Look up the sampled participants and work out what would become of them.
	 * @param createsMissing whether those that do not exist are created; otherwise nothing becomes of them
	 * @throws AdvocateError
	 */
	async preview(transport: Transport, createsMissing: boolean): Promise<ParticipantEffect[]> {
		const sampled = [...this.sampled.values()];
		const effects: ParticipantEffect[] = [];
		for (let start = 0; start < sampled.length; start += MAX_LOOKUPS) {
			const page = sampled.slice(start, start + MAX_LOOKUPS);
			const found = await lookUpParticipants(transport, page);
			page.forEach(({ accountId, id, changes }, index) => {
				const participant = found[index];
				const exists = participant !== undefined;
				const before = exists ? mustTellSegments(participant) : [];
				const after = exists || createsMissing ? applyChange(before, changes.whole) : [];
				effects.push({
					id,
					accountId,
					exists,
					before,
					after,
					...membershipDifference(before, after),
				});
			});
		}
		return effects;
	}

	private dropHighest(): void {
		let highestKey = '';
		let highest = -1;
		let second = -1;
		for (const [key, { rank }] of this.sampled) {
			if (rank > highest) {
				second = highest;
				highest = rank;
				highestKey = key;
			} else if (rank > second) second = rank;
		}
		this.sampled.delete(highestKey);
		this.highestRank = second;
	}
}
