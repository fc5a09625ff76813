/**
 * Who is in the segments already, read once before the import: rows that ask for nothing else need no write, which may
 * start programs in Advocate again.
 */
import type { Transport } from '../../../shared/advocate/client/transport';
import { readMembers } from '../../../shared/advocate/members';
import { PAGE_SIZE, participantKey } from '../../../shared/advocate/participants';
import { listed, SegmentInputError } from '../../../shared/segments/change';
import { ownCopy } from '../file/csvFile';
import { ParticipantIndex } from './participantIndex';
import type { PlannedRow } from './planRow';

/** Segments whose members are read; a list that names more is no list of members. */
const MAX_SEGMENTS = 50;

/** The different segments that rows add people to, or remove them from. */
export class ChangedSegments {
	private readonly keys = new Set<string>();

	/** The list seen last: neighbouring rows often share one. */
	private last?: readonly string[];

	/** @throws SegmentInputError when they are too many */
	add({ change }: PlannedRow): void {
		const keys = change.add.length > 0 ? change.add : change.remove;
		if (keys === this.last) return;
		this.last = keys;
		// As a text of its own: a key may be a view of the whole piece of the file that it was read from.
		for (const key of keys) if (!this.keys.has(key)) this.keys.add(ownCopy(key));
		if (this.keys.size <= MAX_SEGMENTS) return;
		const examples = listed([...this.keys].slice(0, 3));
		throw new SegmentInputError(
			`More than ${MAX_SEGMENTS} different segments are named, for example ${examples}, which is too many for 'Skip Members Already In'`,
			"Turn off 'Skip Members Already In', or go on in several parts",
		);
	}

	/**
	 * Read the members of all of them.
	 * @throws AdvocateError
	 */
	async read(transport: Transport): Promise<KnownMembers> {
		const segments = [...this.keys];
		const reading = await readMembers(transport, { segments, pageSize: PAGE_SIZE });
		const known = new KnownMembers(segments, reading?.hasEverybody ?? false);
		for (const member of reading?.members ?? []) known.add(participantKey(member), member.segments);
		return known;
	}
}

/** The members of some segments, in little memory. */
export class KnownMembers {
	private readonly members: ReadonlyMap<string, ParticipantIndex>;

	/** @param hasEverybody whether somebody who was not added is no member */
	constructor(
		segments: readonly string[],
		readonly hasEverybody: boolean,
	) {
		this.members = new Map(segments.map((key) => [key, new ParticipantIndex(false)]));
	}

	add(participant: string, segments: readonly string[]): void {
		for (const key of segments) this.members.get(key)?.add(participant);
	}

	/** Whether everybody whom a row is about is where the row asks for, as far as segments go. */
	isAsAsked(row: PlannedRow): boolean {
		const { clear, add, remove } = row.change;
		if (clear) return false;
		const participant = participantKey(row);
		const isIn = (key: string): boolean => this.members.get(key)?.has(participant) === true;
		if (!add.every(isIn)) return false;
		return remove.length === 0 || (this.hasEverybody && !remove.some(isIn));
	}

	/** What people should know, as sentences. */
	get notes(): string[] {
		if (this.hasEverybody) return [];
		return [
			"The segments changed while their members were read for 'Skip Members Already In', so some writes may have changed nothing",
		];
	}
}
