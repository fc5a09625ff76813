/**
 * What a workflow remembers of its syncs of one segment: who is missing, whom it has added, how long the lists were.
 * People stand in it as salted hashes. The salt is part of it, so that a copy of the node elsewhere starts anew.
 */
import { createHash, randomBytes } from 'node:crypto';
import { countText } from '../../shared/inputValue';
import { participantKey } from '../../shared/advocate/participants';
import type { ParticipantId } from '../../shared/advocate/participants';

/** Most people whose hashes are kept: n8n writes all of it into its database after every execution. */
export const MAX_REMEMBERED = 100_000;

/** How long the length of a list counts, in milliseconds. */
const LENGTHS_FOR_MS = 7 * 24 * 60 * 60 * 1000;

/** Most lengths that are kept. */
const MAX_LENGTHS = 100;

/** At which share a list deviates too much from earlier ones. */
const DEVIATION = 0.5;

/** As it is stored. */
export interface StoredMemory {
	salt?: string;
	/** By hash: how often in a row somebody was missing. */
	missed?: Record<string, number>;
	/** Hashes of those whom this workflow has added, one after the other. */
	own?: string;
	/** When a list was used, and how many rows it had. */
	lengths?: Array<[at: number, rows: number]>;
}

/** Characters of a hash: 48 bits. */
const HASH_LENGTH = 8;

/** Read and changed during a run; `stored` is what is kept. */
export class SyncMemory {
	private readonly salt: string;

	private readonly missed: Map<string, number>;

	private readonly own: Set<string>;

	private lengths: Array<[number, number]>;

	constructor(stored: unknown) {
		const { salt, missed, own, lengths } = readStored(stored);
		this.salt = salt ?? randomBytes(12).toString('base64url');
		this.missed = new Map(Object.entries(missed ?? {}));
		this.own = new Set((own ?? '').match(new RegExp(`.{${HASH_LENGTH}}`, 'g')) ?? []);
		this.lengths = lengths ?? [];
	}

	/** What is kept. Without anything to remember, not even a salt is. */
	get stored(): StoredMemory {
		const missed = Object.fromEntries(this.missed);
		const own = [...this.own].join('');
		const isEmpty = this.missed.size + this.own.size + this.lengths.length === 0;
		return isEmpty
			? {}
			: {
					salt: this.salt,
					...(this.missed.size > 0 ? { missed } : {}),
					...(own === '' ? {} : { own }),
					...(this.lengths.length > 0 ? { lengths: this.lengths } : {}),
				};
	}

	/** How many were added by this workflow and are remembered. */
	get ownCount(): number {
		return this.own.size;
	}

	missedRuns(member: ParticipantId): number {
		return this.missed.get(this.hashOf(member)) ?? 0;
	}

	/** Note who is missing after a run; all others have been seen, and are forgotten. */
	noteMissing(members: Iterable<ParticipantId>): void {
		const counts = [...members].map((member): [string, number] => [
			this.hashOf(member),
			this.missedRuns(member) + 1,
		]);
		this.missed.clear();
		for (const [hash, count] of counts) this.missed.set(hash, count);
	}

	isOwn(member: ParticipantId): boolean {
		return this.own.has(this.hashOf(member));
	}

	/** Forget those who are no members any more: should somebody else add them again, they are not ours. */
	keepOwn(members: Iterable<ParticipantId>): void {
		if (this.own.size === 0) return;
		const there = new Set<string>();
		for (const member of members) {
			const hash = this.hashOf(member);
			if (this.own.has(hash)) there.add(hash);
		}
		this.own.clear();
		for (const hash of there) this.own.add(hash);
	}

	addOwn(member: ParticipantId): void {
		this.own.add(this.hashOf(member));
	}

	/** After a removal by ourselves. */
	forgetOwn(member: ParticipantId): void {
		this.own.delete(this.hashOf(member));
	}

	/** Nothing is known of earlier lists any more. */
	forgetLengths(): void {
		this.lengths = [];
	}

	noteLength(rows: number, now: number): void {
		this.lengths = [...this.recentLengths(now), [now, rows]];
		this.lengths = this.lengths.slice(-MAX_LENGTHS);
	}

	/**
	 * How a list differs from those of the last days, when it does by half or more.
	 * @returns a sentence without its full stop; nothing when it is like them, or there are none
	 */
	deviationOf(rows: number, now: number): string | undefined {
		const earlier = this.recentLengths(now).map(([, length]) => length);
		if (earlier.length === 0) return undefined;
		const longest = Math.max(...earlier);
		const shortest = Math.min(...earlier);
		if (rows <= longest * (1 - DEVIATION) && rows < longest) {
			return `The list has ${countText(rows)} rows, and up to ${countText(longest)} in the last 7 days`;
		}
		if (rows >= shortest * (1 + DEVIATION) && rows > shortest) {
			return `The list has ${countText(rows)} rows, and only ${countText(shortest)} in the last 7 days`;
		}
		return undefined;
	}

	private recentLengths(now: number): Array<[number, number]> {
		return this.lengths.filter(([at]) => now - at < LENGTHS_FOR_MS);
	}

	private hashOf(member: ParticipantId): string {
		return createHash('sha256')
			.update(`${this.salt}\u0000${participantKey(member)}`)
			.digest('base64url')
			.slice(0, HASH_LENGTH);
	}
}

/** Static data can be anything: people import and edit workflows. What is not understood counts as not there. */
function readStored(value: unknown): StoredMemory {
	if (typeof value !== 'object' || value === null) return {};
	const { salt, missed, own, lengths } = value as Record<string, unknown>;
	if (typeof salt !== 'string' || salt === '') return {};
	const isObject = typeof missed === 'object' && missed !== null;
	return {
		salt,
		missed: Object.fromEntries(
			Object.entries(isObject ? missed : {}).filter(([, count]) => Number.isSafeInteger(count)),
		) as Record<string, number>,
		own: typeof own === 'string' ? own : '',
		lengths: (Array.isArray(lengths) ? lengths : []).filter(
			(entry): entry is [number, number] =>
				Array.isArray(entry) && entry.length === 2 && entry.every(Number.isFinite),
		),
	};
}
