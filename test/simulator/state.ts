/** Everything the simulated tenant remembers. In memory only. */
import type { ImportJob } from './jobs';

/** A participant ("user" in the API). */
export interface Participant {
	id: string;
	accountId: string;
	firstName: string | null;
	lastName: string | null;
	email: string | null;
	imageUrl: string | null;
	locale: string | null;
	countryCode: string | null;
	referable: boolean;
	paymentProviderId: string | null;
	referralCodes: Record<string, string>;
	referredByCodes: string[];
	shareLinks: Record<string, string>;
	customFields: Record<string, unknown>;
	/** Keys of the segments; change it through `setSegments`, which keeps the counts right. */
	segments: readonly string[];
	dateCreated: number;
	dateBlocked: number | null;
	dateUsTaxFormSubmitted: number | null;
}

/** A segment. Its number of participants is computed. */
export interface SegmentRecord {
	key: string;
	name: string | null;
	status: 'ACTIVE' | 'ARCHIVED';
	dateCreated: number;
	/** When its name or status changed. */
	dateModified: number;
	/** When somebody entered or left. */
	membersModified: number;
}

/** An uploaded import file. */
export interface Upload {
	fileRef: string;
	fileName: string;
	content: Buffer;
}

/** What a list saw of a participant before a write; `null` when the participant did not exist. */
interface EarlierVersion {
	until: number;
	version: Participant | null;
}

/** The key of a participant in `participants`. */
export function participantKey(accountId: string, id: string): string {
	return `${accountId}\u0000${id}`;
}

/** A participant with nothing but its ids. */
export function newParticipant(accountId: string, id: string, now: number): Participant {
	return {
		id,
		accountId,
		firstName: null,
		lastName: null,
		email: null,
		imageUrl: null,
		locale: null,
		countryCode: null,
		referable: true,
		paymentProviderId: null,
		referralCodes: {},
		referredByCodes: [],
		shareLinks: {},
		customFields: {},
		segments: [],
		dateCreated: now,
		dateBlocked: null,
		dateUsTaxFormSubmitted: null,
	};
}

/** The tenant's data, with helpers for tests. */
export class SimulatorState {
	readonly participants = new Map<string, Participant>();

	readonly segments = new Map<string, SegmentRecord>();

	readonly jobs = new Map<string, ImportJob>();

	readonly uploads = new Map<string, Upload>();

	/** Participants (by `participantKey`) who may never be created again. */
	readonly doNotTrack = new Set<string>();

	/** How many writes each participant has seen (by `participantKey`): nothing is applied twice unseen. */
	readonly writeCounts = new Map<string, number>();

	/** Custom fields that the tenant has defined: names by their keys. */
	readonly customFields = new Map<string, string | null>();

	/** Programs in which everybody who is new gets a referral code. */
	readonly programIds = new Set<string>();

	/** Told of everybody who is new. */
	onUserCreated: ((participant: Participant) => void) | undefined;

	/** When somebody's details were last written, and when the segments changed (by `participantKey`). */
	private readonly updates = new Map<string, { details: number; segments: number }>();

	private readonly accounts = new Map<string, Map<string, Participant>>();

	private readonly members = new Map<string, Set<Participant>>();

	private readonly earlier = new Map<string, EarlierVersion[]>();

	/** The participant, or nothing. */
	participant(accountId: string, id: string): Participant | undefined {
		return this.participants.get(participantKey(accountId, id));
	}

	/** The participant with these ids in any case, the exact one first. */
	participantInAnyCase(accountId: string, id: string): Participant | undefined {
		const wanted = participantKey(accountId, id).toLowerCase();
		return (
			this.participant(accountId, id) ??
			[...this.participants].find(([key]) => key.toLowerCase() === wanted)?.[1]
		);
	}

	/** Sorted segment keys of a participant; nothing when there is no such participant. */
	segmentsOf(id: string, accountId: string = id): string[] | undefined {
		const found = this.participant(accountId, id);
		return found === undefined ? undefined : [...found.segments].sort();
	}

	/** Put a participant in, with segments that are created when they are new. Replaces one with the same ids. */
	addParticipant(fields: Partial<Participant> & { id: string }): Participant {
		const accountId = fields.accountId ?? fields.id;
		this.removeParticipant(accountId, fields.id);
		const { segments, ...details } = fields;
		const participant = { ...newParticipant(accountId, fields.id, Date.now()), ...details };
		this.insert(participant);
		for (const key of segments ?? []) {
			if (!this.segments.has(key)) this.addSegment({ key });
		}
		this.setSegments(participant, segments ?? []);
		return participant;
	}

	/** Put a segment in. Replaces one with the same key. */
	addSegment(fields: Partial<SegmentRecord> & { key: string }): SegmentRecord {
		const now = Date.now();
		const segment: SegmentRecord = {
			name: fields.key,
			status: 'ACTIVE',
			dateCreated: now,
			dateModified: now,
			membersModified: now,
			...fields,
		};
		this.segments.set(segment.key, segment);
		return segment;
	}

	/** Index a new participant. */
	insert(participant: Participant): void {
		const { accountId, id } = participant;
		this.participants.set(participantKey(accountId, id), participant);
		let account = this.accounts.get(accountId);
		if (account === undefined) {
			account = new Map();
			this.accounts.set(accountId, account);
		}
		account.set(id, participant);
	}

	/** Take a participant out. The account stays known when asked. */
	removeParticipant(accountId: string, id: string, keepAccount = false): boolean {
		const participant = this.participant(accountId, id);
		if (participant === undefined) return false;
		this.setSegments(participant, []);
		this.participants.delete(participantKey(accountId, id));
		const account = this.accounts.get(accountId);
		account?.delete(id);
		if (account?.size === 0 && !keepAccount) this.accounts.delete(accountId);
		return true;
	}

	/** Replace a participant's membership. */
	setSegments(participant: Participant, keys: readonly string[]): void {
		for (const key of new Set([...participant.segments, ...keys])) {
			const segment = this.segments.get(key);
			const stays = participant.segments.includes(key) && keys.includes(key);
			if (segment !== undefined && !stays) segment.membersModified = Date.now();
		}
		for (const key of participant.segments) this.members.get(key)?.delete(participant);
		for (const key of keys) {
			const members = this.members.get(key);
			if (members === undefined) this.members.set(key, new Set([participant]));
			else members.add(participant);
		}
		participant.segments = [...keys];
	}

	/** The users of an account; nothing when there is no such account. */
	accountUsers(accountId: string): ReadonlyMap<string, Participant> | undefined {
		return this.accounts.get(accountId);
	}

	/** The members of a segment. */
	membersOf(key: string): ReadonlySet<Participant> {
		return this.members.get(key) ?? new Set<Participant>();
	}

	/** Remember how a participant looks before a write, for lists that see writes late. */
	keepForLists(key: string, delayMs: number): void {
		if (delayMs <= 0) return;
		const now = Date.now();
		const current = this.participants.get(key);
		const kept = (this.earlier.get(key) ?? []).filter((entry) => entry.until > now);
		kept.push({ until: now + delayMs, version: current === undefined ? null : { ...current } });
		this.earlier.set(key, kept);
	}

	/** Whether lists must look at earlier versions at all. */
	hasEarlierVersions(): boolean {
		return this.earlier.size > 0;
	}

	/** A participant as lists see it now; nothing while the first write is not visible yet. */
	asListed(participant: Participant): Participant | undefined {
		const key = participantKey(participant.accountId, participant.id);
		const now = Date.now();
		const hiding = this.earlier.get(key)?.find((entry) => entry.until > now);
		if (hiding === undefined) {
			this.earlier.delete(key);
			return participant;
		}
		return hiding.version ?? undefined;
	}

	/** A state of its own with only this account and these segments, to try a write without effect. */
	rehearsalFor(accountId: string): SimulatorState {
		const copy = new SimulatorState();
		for (const [key, segment] of this.segments) copy.segments.set(key, segment);
		for (const key of this.doNotTrack) copy.doNotTrack.add(key);
		for (const user of this.accounts.get(accountId)?.values() ?? []) copy.insert({ ...user });
		return copy;
	}

	/** Note that somebody was written now. */
	noteUpdate({ accountId, id }: Participant, what: 'details' | 'segments'): void {
		const key = participantKey(accountId, id);
		const known = this.updates.get(key) ?? { details: -Infinity, segments: -Infinity };
		this.updates.set(key, { ...known, [what]: Date.now() });
	}

	/** When somebody was last written; nobody's own creation counts. */
	updatedAt({ accountId, id }: Participant, countsSegments: boolean): number {
		const known = this.updates.get(participantKey(accountId, id));
		if (known === undefined) return -Infinity;
		return countsSegments ? Math.max(known.details, known.segments) : known.details;
	}

	/** Count a write. */
	countWrite(key: string): void {
		this.writeCounts.set(key, (this.writeCounts.get(key) ?? 0) + 1);
	}

	/** Forget everything. */
	reset(): void {
		for (const store of [
			this.participants,
			this.segments,
			this.jobs,
			this.uploads,
			this.doNotTrack,
			this.customFields,
			this.programIds,
			this.writeCounts,
			this.updates,
			this.accounts,
			this.members,
			this.earlier,
		]) {
			store.clear();
		}
	}
}
