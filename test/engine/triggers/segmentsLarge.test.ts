/** The segment trigger at its limit: 100,000 members, read over HTTP. */
import { MAX_MEMBERS } from '../../../nodes/ImpactAdvocateSegmentTrigger/look';
import { credentials, useSimulator } from '../../support/advocate';
import { loadTrigger, PollHost } from './contexts';

const simulator = useSimulator();

test(`watches ${MAX_MEMBERS.toLocaleString('en-US')} members`, async () => {
	const { state, options } = simulator();
	options.record = 'summary';
	state.addSegment({ key: 'vip' });
	for (let index = 0; index < MAX_MEMBERS - 10; index++) {
		const id = `member${index}@example.com`;
		state.addParticipant({ id, email: id, segments: ['vip'], dateCreated: index });
	}
	const requests: number[] = [];
	const poll = async (host: PollHost) => {
		simulator().clearRequests();
		const items = await host.poll();
		requests.push(simulator().recorder.total);
		return (items ?? []).map(({ json }) => (json.participant as { id: string }).id);
	};
	const host = new PollHost(loadTrigger('ImpactAdvocateSegmentTrigger'), {
		parameters: {
			event: 'changed',
			watch: 'chosen',
			segments: ['vip'],
			options: { pageSize: 1000 },
		},
		credentials: credentials(simulator()),
	});
	expect(await poll(host)).toEqual([]);
	expect(await poll(host)).toEqual([]);

	const first = state.participant('member0@example.com', 'member0@example.com');
	if (first !== undefined) state.setSegments(first, []);
	for (const id of ['new1', 'new2']) state.addParticipant({ id, segments: ['vip'] });
	const restarted = host.restarted();
	expect(await poll(restarted)).toEqual(['new1', 'new2', 'member0@example.com']);
	expect(await poll(restarted)).toEqual([]);
	// The list of segments, and pages of 1,000 members where something may have changed.
	expect(requests).toEqual([102, 1, 104, 1]);

	for (let index = 0; index < 20; index++) {
		state.addParticipant({ id: `more${index}`, segments: ['vip'] });
	}
	await expect(restarted.poll()).rejects.toMatchObject({
		message: expect.stringMatching(/^The watched segments have 100,0\d\d participants, more than/),
	});
}, 600_000);
