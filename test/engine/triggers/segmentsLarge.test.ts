/* eslint-disable no-console -- shows what was measured */
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
	const rows: string[] = [];
	const measure = async (what: string, host: PollHost) => {
		simulator().clearRequests();
		const startedAt = performance.now();
		const items = await host.poll();
		const time = Math.round(performance.now() - startedAt);
		const requests = simulator().recorder.total;
		const bytes = host.database.staticData.length;
		rows.push(`  ${what.padEnd(18)}${time} ms, ${requests} requests, state of ${bytes} bytes`);
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
	expect(await measure('first poll', host)).toEqual([]);
	expect(await measure('nothing changed', host)).toEqual([]);

	const first = state.participant('member0@example.com', 'member0@example.com');
	if (first !== undefined) state.setSegments(first, []);
	for (const id of ['new1', 'new2']) state.addParticipant({ id, segments: ['vip'] });
	const restarted = host.restarted();
	expect(await measure('three changes', restarted)).toEqual([
		'new1',
		'new2',
		'member0@example.com',
	]);
	expect(await measure('nothing changed', restarted)).toEqual([]);
	console.log(`${MAX_MEMBERS} members in pages of 1,000\n${rows.join('\n')}`);

	for (let index = 0; index < 20; index++) {
		state.addParticipant({ id: `more${index}`, segments: ['vip'] });
	}
	await expect(restarted.poll()).rejects.toMatchObject({
		message: expect.stringMatching(/^The watched segments have 100,0\d\d participants, more than/),
	});
}, 180_000);
