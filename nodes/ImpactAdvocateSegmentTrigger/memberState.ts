/**
 * Who was in which segment at the last look, as compact text: n8n saves it with the workflow, and copies it into every
 * execution. Pure.
 *
 * Members are grouped by the set of segments they are in, since few different sets occur. A member is either a hash (8
 * characters, enough to see who is new) or the ID (to name those who left).
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { ParticipantId } from '../shared/advocate/participants';

/** `hashes` can't name anybody; `ids` can. */
export type StateForm = 'hashes' | 'ids';

/** What is stored. Changing its meaning needs a new `version`: the trigger then starts from a new baseline. */
export interface StoredState {
	version: 1;
	/** Marks the tenant: a state of another one is of no use. */
	tenant: string;
	form: StateForm;
	/** See `memberKey`; with `hashes` only. */
	hashKey?: string;
	/** Whether all segments were watched. */
	all: boolean;
	/** Keys of the segments watched, also those without members. */
	keys: string[];
	/** Those of them that have no baseline yet, with the number of looks taken for it. */
	withoutBaseline: Record<string, number>;
	/** Member keys, see `packMembers`, by the set of segments they are in as positions in `keys`: `"0"`, `"0,2"`. */
	members: Record<string, string>;
	/** Marks the counts and dates of the segments at that time. */
	fingerprint: string;
	/** Whether the members read agreed with the counts. If not, the next look reads them again. */
	settled: boolean;
	/** When members were last read, in milliseconds since the epoch. */
	comparedAt: number;
	/** Counts the changes seen; part of the IDs of events. */
	generation: number;
}

/** Members by their key, with the keys of their segments. */
export type Membership = ReadonlyMap<string, readonly string[]>;

/** 48 bits: that somebody new among 100,000 members looks like one of them happens once in 2.8 billion times. */
const HASH_LENGTH = 8;

/** A key for the hashes of one state, so that no table and no other state tells who they stand for. */
export const newHashKey = (): string => randomBytes(16).toString('base64url');

/** As in a URL, so that no escape is needed in JSON and the separators can't occur. An `@` is in most IDs, and can stay. */
const encode = (text: string): string =>
	// Half of a surrogate pair, which is in no ID but could be in a damaged answer, has no form in a URL.
	encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replaceAll('%40', '@');

const ACCOUNT_SEPARATOR = '/';

/**
 * The text that stands for a participant in the state: `id`, or `id/account` when the two differ.
 * @param hashKey nothing to keep the ID itself
 */
export function memberKey({ id, accountId }: ParticipantId, hashKey: string | undefined): string {
	const account = id === accountId ? '' : `${ACCOUNT_SEPARATOR}${encode(accountId)}`;
	const text = `${encode(id)}${account}`;
	if (hashKey === undefined) return text;
	return createHmac('sha256', hashKey).update(text).digest('base64url').slice(0, HASH_LENGTH);
}

/** The participant behind a member key of the form `ids`. */
export function participantOf(key: string): ParticipantId {
	const [id, accountId = id] = key.split(ACCOUNT_SEPARATOR).map((part) => decodeURIComponent(part));
	return { id, accountId };
}

/** The member keys of one group as one text. Hashes are all as long, so nothing stands between them. */
const SEPARATOR: Record<StateForm, string> = { hashes: '', ids: ' ' };

const splitMembers = (packed: string, form: StateForm): string[] =>
	form === 'hashes'
		? (packed.match(new RegExp(`.{${HASH_LENGTH}}`, 'g')) ?? [])
		: packed.split(SEPARATOR.ids);

/** Pack a membership. Segments that are not in `keys` are left out. */
export function packMembers(
	membership: Membership,
	keys: readonly string[],
	form: StateForm,
): Record<string, string> {
	const positions = new Map(keys.map((key, index) => [key, index]));
	const groups = new Map<string, string[]>();
	for (const [member, segments] of membership) {
		const set = segments
			.map((key) => positions.get(key))
			.filter((position): position is number => position !== undefined)
			.sort((a, b) => a - b);
		if (set.length === 0) continue;
		const name = set.join(',');
		const group = groups.get(name);
		if (group === undefined) groups.set(name, [member]);
		else group.push(member);
	}
	return Object.fromEntries(
		[...groups].map(([name, members]) => [name, members.join(SEPARATOR[form])]),
	);
}

/** The membership in a state. */
export function unpackMembers({ members, keys, form }: StoredState): Membership {
	const membership = new Map<string, readonly string[]>();
	for (const [name, packed] of Object.entries(members)) {
		// One array for the whole group.
		const segments = name.split(',').map((position) => keys[Number(position)]);
		for (const member of splitMembers(packed, form)) membership.set(member, segments);
	}
	return membership;
}

/** The stored state, when it is one and can be compared with what is watched now. */
export function readState(
	stored: unknown,
	expected: Pick<StoredState, 'tenant' | 'form'>,
): StoredState | undefined {
	if (typeof stored !== 'object' || stored === null) return undefined;
	const state = stored as StoredState;
	const { tenant, form } = expected;
	if (state.version !== 1 || state.tenant !== tenant || state.form !== form) return undefined;
	return (state.hashKey !== undefined) === (form === 'hashes') ? state : undefined;
}

/** The number of changes seen so far, also in a state that can't be compared any more: IDs of events don't repeat. */
export function generationOf(stored: unknown): number {
	const { version, generation } = (stored ?? {}) as Partial<StoredState>;
	return version === 1 && typeof generation === 'number' ? generation : 0;
}
