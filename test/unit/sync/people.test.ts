/** What is read of people: all members or a failure, and whom a row could mean. */
import { findJoiners, readAllMembers } from '../../../nodes/ImpactAdvocate/sync/people';
import type { Protection } from '../../../nodes/ImpactAdvocate/sync/plan';
import type { Segment } from '../../../nodes/shared/advocate/segments';
import { FakePort } from '../advocate/fakePort';
import { page, RestlessPort } from '../advocate/movingLists';

const VIP: Segment = {
	key: 'vip',
	name: 'VIP',
	status: 'ACTIVE',
	dateCreated: null,
	dateModified: null,
	participantsCount: 6,
};

const NOBODY: Protection = { segments: new Set(), bareIds: new Set() };

test('a segment that changes too fast to be read is a failure, not a part of it', async () => {
	const port = new RestlessPort(100);
	await expect(
		readAllMembers(port.transport(), VIP, 'id', NOBODY, [], () => true),
	).rejects.toMatchObject({
		message: 'The members of the segment changed too fast to be read completely',
		hint: expect.stringContaining('Nothing was sent'),
	});
});

test('a page size of 1,000 is asked for once, and what the API gives is remembered', async () => {
	const port = new FakePort([
		page(['a', 'b', 'c'], 6),
		page(['c', 'd', 'e'], 6),
		page(['e', 'f'], 6),
	]);
	const { members } = await readAllMembers(port.transport(), VIP, 'id', NOBODY, [], () => true);
	expect([...members].map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
	const limits = port.sent.map(
		({ body }) => (JSON.parse(String(body)) as { variables: { limit: number } }).variables.limit,
	);
	expect(limits).toEqual([1000, 3, 3]);
});

test('an ID that the API finds in its own way counts only when it is the very one', async () => {
	const hit = (id: string) => ({ id, accountId: id, segments: [] });
	const port = new FakePort([
		{ body: { data: { q0: { data: [hit('Bob')] }, q1: { data: [hit('ann')] } } } },
		{ body: { data: { u0: null } } },
	]);
	const found = await findJoiners(
		port.transport(),
		[
			{ row: 0, name: 'bob' },
			{ row: 1, name: 'ann' },
		],
		'id',
	);
	expect(found).toEqual([[], [hit('ann')]]);
});
