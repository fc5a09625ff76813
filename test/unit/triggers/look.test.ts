/** One look of the segment trigger: what it says when the members can't be read. */
import {
	look as lookAtSegments,
	MAX_MEMBERS,
} from '../../../nodes/ImpactAdvocateSegmentTrigger/look';
import type { Poll } from '../../../nodes/ImpactAdvocateSegmentTrigger/start';
import { FakePort } from '../advocate/fakePort';
import { page, RestlessPort } from '../advocate/movingLists';

const look = async (port: FakePort, deadline = Infinity) =>
	await lookAtSegments(
		{
			transport: port.transport(),
			settings: { pageSize: 2 },
			segments: [{ key: 'vip', participantsCount: 2 }],
			isWatched: () => true,
			deadline,
		} as unknown as Poll,
		undefined,
	);

test('members that change at every step are given up legibly', async () => {
	await expect(look(new RestlessPort(10))).rejects.toMatchObject({
		message: 'The members of the watched segments change faster than they can be read',
		hint: expect.stringMatching(/'Page Size'.*Nothing is lost/),
	});
});

test('a poll that has no time left says what to do', async () => {
	const port = new FakePort([page(['a', 'b'], 4)]);
	await expect(look(port, port.time - 1)).rejects.toMatchObject({
		hint: expect.stringMatching(/'Page Size', turn off 'Include Details'/),
	});
});

test('segments that share too many members are refused after the first page', async () => {
	const port = new FakePort([page(['a', 'b'], MAX_MEMBERS + 1)]);
	await expect(look(port)).rejects.toMatchObject({
		message: expect.stringMatching(/^The watched segments have 100,001 participants/),
	});
	expect(port.sent).toHaveLength(1);
});
