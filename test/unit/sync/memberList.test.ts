/** Members are packed while they are read. What comes out again has to be what went in, letter by letter. */
import { MemberCollector, MemberList } from '../../../nodes/ImpactAdvocate/sync/memberList';
import type { Member, Standing } from '../../../nodes/ImpactAdvocate/sync/memberList';
import { TextList } from '../../../nodes/ImpactAdvocate/sync/textList';
import { participantKey } from '../../../nodes/shared/advocate/participants';

/** More than are joined at a time, and some that are not joined yet. */
const MANY = 2_500;

/** Texts that a careless way of keeping them would change: halves of a pair, forms of one letter, control characters. */
const ODD = [
	'',
	'\uD83D',
	'\uDE00x',
	'😀',
	'é',
	'e\u0301',
	'É',
	'ß',
	'ＳＳ',
	'a\u0000b',
	'\uFEFFa',
	' a ',
	'李',
];

function odd(place: number): string {
	return place % 3 === 0 ? `${ODD[place % ODD.length]}${place}` : `id${place}@example.com`;
}

const STANDINGS: Standing[] = ['removable', 'protected', 'foreign'];

function memberAt(place: number): Member {
	const id = odd(place);
	const accountId = [id, `account${id}`, ''][place % 3 === 0 ? 0 : place % 7 === 0 ? 2 : 1];
	const member: Member = { id, accountId, standing: STANDINGS[place % 3] };
	if (place % 2 === 0) member.email = place % 10 === 0 ? '' : `${id}@example.com`;
	return member;
}

test('texts come out as they went in, whether they are joined already or not', () => {
	const texts = new TextList();
	const all = Array.from({ length: MANY }, (_, place) => (place < 5 ? '' : odd(place)));
	for (const [place, text] of all.entries()) {
		texts.push(text);
		expect(texts.at(place)).toBe(text);
	}
	expect(all.map((_, place) => texts.at(place))).toEqual(all);
});

test.each([0, 10, 5_000])('members come out as they went in, %i of them foreseen', (expected) => {
	const list = new MemberList(expected);
	const all = Array.from({ length: MANY }, (_, place) => memberAt(place));
	for (const member of all) list.push(member);
	expect(list).toHaveLength(MANY);
	expect([...list]).toStrictEqual(all);
	expect(list.at(MANY - 1)).toStrictEqual(all[MANY - 1]);
});

test('of a member who is read again, the last reading counts, and the place is the first', () => {
	const collector = new MemberCollector(0);
	const ann: Member = { id: 'ann', accountId: 'ann', standing: 'removable' };
	const bob: Member = { id: 'bob', accountId: 'shop', standing: 'removable', email: 'b@x' };
	for (const member of [ann, bob, { ...ann }]) collector.set(participantKey(member), member);
	expect(collector.size).toBe(2);
	expect([...collector.values()]).toStrictEqual([ann, bob]);
	const protectedAnn: Member = { ...ann, standing: 'protected' };
	const bobElsewhere: Member = { ...bob, email: 'c@x' };
	for (const member of [protectedAnn, bobElsewhere]) {
		collector.set(participantKey(member), member);
	}
	expect(collector.size).toBe(2);
	expect([...collector.values()]).toStrictEqual([protectedAnn, bobElsewhere]);
	expect(collector.has(participantKey(bob))).toBe(true);
	expect(collector.has('bob')).toBe(false);
});
