/** The members of a segment, as they were read. There may be a million, so an object is made of one only when asked for. */
import type { MemberStore } from '../../shared/advocate/members';
import type { ParticipantId } from '../../shared/advocate/participants';
import { ParticipantIndex } from '../import/plan/participantIndex';
import { TextList } from './textList';

/**
 * Whether a member may be removed, as far as the reading tells: `protected` by a segment or an ID, `foreign` when somebody
 * else added the member and only our own may be removed.
 */
export type Standing = 'removable' | 'protected' | 'foreign';

/** A member of the segment, as it was read. */
export interface Member extends ParticipantId {
	/** Only read when people are matched by it. */
	email?: string;
	standing: Standing;
}

const STANDINGS: readonly Standing[] = ['removable', 'protected', 'foreign'];

/** Of a member's mark: the lowest bits are the place of the standing, then come these. */
const STANDING = 3;
const HAS_ACCOUNT = 4;
const HAS_EMAIL = 8;

/** Members to have room for ahead at most: the API's count of them may be wrong. */
const MOST_FORESEEN = 1_000_000;

/** Members in their order. */
export class MemberList implements Iterable<Member> {
	length = 0;

	private readonly ids = new TextList();

	/** Account IDs that are not the same as the ID; otherwise empty. */
	private readonly accountIds = new TextList();

	private readonly emails = new TextList();

	private marks: Uint8Array;

	/** By place: members who were not the same any more when they were read again. */
	private readonly changed = new Map<number, Member>();

	/** @param expected members */
	constructor(expected = 0) {
		this.marks = new Uint8Array(Math.max(1, expected));
	}

	push({ id, accountId, email, standing }: Member): void {
		const hasAccount = accountId !== id;
		this.ids.push(id);
		this.accountIds.push(hasAccount ? accountId : '');
		this.emails.push(email ?? '');
		if (this.length === this.marks.length) this.marks = doubled(this.marks);
		this.marks[this.length++] =
			STANDINGS.indexOf(standing) |
			(hasAccount ? HAS_ACCOUNT : 0) |
			(email === undefined ? 0 : HAS_EMAIL);
	}

	/** @param place in the list, from 0 */
	at(place: number): Member {
		return this.changed.get(place) ?? this.readAt(place);
	}

	/** A member was read again. */
	replace(place: number, member: Member): void {
		const { id, accountId, email, standing } = this.at(place);
		const isSame =
			id === member.id &&
			accountId === member.accountId &&
			email === member.email &&
			standing === member.standing;
		if (!isSame) this.changed.set(place, member);
	}

	*[Symbol.iterator](): Iterator<Member> {
		for (let place = 0; place < this.length; place++) yield this.at(place);
	}

	private readAt(place: number): Member {
		const mark = this.marks[place];
		const id = this.ids.at(place);
		const member: Member = {
			id,
			accountId: (mark & HAS_ACCOUNT) === 0 ? id : this.accountIds.at(place),
			standing: STANDINGS[mark & STANDING],
		};
		if ((mark & HAS_EMAIL) !== 0) member.email = this.emails.at(place);
		return member;
	}
}

function doubled(marks: Uint8Array): Uint8Array {
	const larger = new Uint8Array(2 * marks.length);
	larger.set(marks);
	return larger;
}

/** Collects members while they are read. Their keys are hashes: as texts they would take more memory than the members. */
export class MemberCollector implements MemberStore<Member, MemberList> {
	private readonly list: MemberList;

	/** Places in the list, by key. */
	private readonly places: ParticipantIndex;

	/** @param expected members */
	constructor(expected: number) {
		const foreseen = Math.min(expected, MOST_FORESEEN);
		this.list = new MemberList(foreseen);
		this.places = new ParticipantIndex(true, foreseen);
	}

	get size(): number {
		return this.list.length;
	}

	has(key: string): boolean {
		return this.places.has(key);
	}

	set(key: string, member: Member): void {
		const place = this.places.get(key);
		if (place !== undefined) {
			this.list.replace(place, member);
			return;
		}
		this.places.set(key, this.list.length);
		this.list.push(member);
	}

	values(): MemberList {
		return this.list;
	}
}
