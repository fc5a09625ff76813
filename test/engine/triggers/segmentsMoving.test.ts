/* eslint-disable @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** The segment trigger while the list of members moves under it: at the first poll, later, and after new settings. */
import { MAX_BASELINE_LOOKS } from '../../../nodes/ImpactAdvocateSegmentTrigger/comparison';
import { useSimulator } from '../../support/advocate';
import type { PollHost } from './contexts';
import { ALWAYS, CHOSEN, seen, segmentTrigger } from './segmentHost';

const simulator = useSimulator();
const { create, put, watching, crowd, requests } = segmentTrigger(simulator);

/** The next reading finds only these members (two at least), and counts others besides. */
function readingFinds(ids: string[], { uncounted = 1, segments = ['vip'] } = {}): void {
	const { faults } = simulator();
	const page = (found: string[]) =>
		faults.add({
			match: { operationName: 'ListParticipants' },
			then: {
				kind: 'status',
				status: 200,
				body: {
					data: {
						users: {
							totalCount: ids.length + uncounted,
							data: found.map((id) => ({ id, accountId: id, segments })),
						},
					},
				},
			},
		});
	page(ids);
	if (uncounted <= 0) return;
	// It looks for the rest behind the last one, and finds nothing.
	page(ids.slice(-1));
	page([]);
}

beforeEach(() => {
	for (const id of ['a', 'b', 'c', 'd']) put(id, 'vip');
	put('outside', 'other');
});

describe('at the first poll', () => {
	it.each(['entered', 'left', 'changed'])(
		'somebody missed in every reading is no news later: %s',
		async (event) => {
			readingFinds(['a', 'b', 'c']);
			readingFinds(['a', 'b']);
			readingFinds(['b', 'c']);
			const host = await watching({ event });
			expect(host.messages).toEqual([
				expect.stringMatching(/^Members of vip changed while the baseline/),
			]);
			// n8n has saved that state, and no other since.
			for (const next of [host, host.restarted()]) {
				expect(await next.poll()).toBeNull();
				expect(next.messages.at(-1)).toMatch(/^Watching 4 participants in 1 segment /);
			}
			put('d');
			put('e', 'vip');
			const wanted = { entered: ['+vip e'], left: ['-vip d'], changed: ['+vip e', '-vip d'] };
			expect(seen(await host.poll())).toEqual(wanted[event as keyof typeof wanted]);
			expect(await host.poll()).toBeNull();
		},
	);

	it('two readings without the same member are not trusted while the list counts one more', async () => {
		readingFinds(['a', 'b', 'c']);
		readingFinds(['a', 'b', 'c']);
		const host = await watching();
		expect(await host.poll()).toBeNull();
		put('e', 'vip');
		expect(seen(await host.poll())).toEqual(['+vip e']);
	});

	it('members who leave while they are read cost one more reading, and no event', async () => {
		put('d');
		readingFinds(['a', 'b', 'c', 'd'], { uncounted: -1 });
		readingFinds(['a', 'b', 'c', 'd'], { uncounted: -1 });
		const host = await watching();
		expect(host.messages.at(-1)).toMatch(/^Watching 4 participants/);
		put('e', 'vip');
		put('d', 'vip');
		// For the trigger, 'd' has never been away.
		expect(seen(await host.poll())).toEqual(['+vip e']);
	});

	it('a list that never comes to rest is taken as it is in the end', async () => {
		const host = create();
		for (let look = 1; look <= MAX_BASELINE_LOOKS; look++) {
			for (const id of ['a', 'b', 'c']) readingFinds([id, `x${look}`]);
			expect(await host.poll()).toBeNull();
		}
		expect(host.messages.at(-1)).toMatch(/^Watching/);
		put('e', 'vip');
		for (const id of ['a', 'b', 'e']) readingFinds([id, 'c']);
		expect(seen(await host.poll())).toEqual(['+vip e']);
	});
});

describe('a segment that is chosen later', () => {
	it.each(['entered', 'changed'])('gets its own baseline: %s', async (event) => {
		const host = await watching({ event });
		put('outside2', 'other');
		put('e', 'vip');
		const next = host.restarted({ ...CHOSEN, event, segments: ['vip', 'other'] });
		readingFinds(['a', 'b', 'c', 'd']);
		readingFinds(['a', 'b', 'c', 'd', 'e']);
		readingFinds(['a', 'b', 'c']);
		// What is known is watched on meanwhile.
		expect(seen(await next.poll())).toEqual(['+vip e']);
		expect(await next.poll()).toBeNull();
		put('f', 'other');
		put('g', 'vip');
		expect(seen(await next.poll())).toEqual(['+other f', '+vip g']);
	});

	it('counts as watched from the start when all segments are watched and it is new', async () => {
		const host = await watching({ watch: 'all' });
		put('a', 'vip', 'brand-new');
		expect(seen(await host.poll())).toEqual(['+brand-new a']);
	});
});

describe('at a later poll', () => {
	/** Poll, and do something before this page is read. */
	const pollWith = async (host: PollHost, page: number, change: () => void) => {
		const { faults } = simulator();
		const { fired } = faults;
		faults.add({
			match: { operationName: 'ListParticipants', nth: page },
			then: { kind: 'slow', ms: 100 },
		});
		const polling = host.poll();
		while (faults.fired === fired) await new Promise((resolve) => setTimeout(resolve, 2));
		change();
		return await polling;
	};

	it.each(['entered', 'changed'])('makes nobody leave or enter who did not: %s', async (event) => {
		crowd(350);
		const host = await watching({ event, options: { ...ALWAYS, pageSize: 50 } });
		const first = await pollWith(host, 4, () => {
			for (let index = 0; index < 30; index++) put(`m${index}`);
		});
		const second = await host.poll();
		const left = Array.from({ length: 30 }, (_, index) => `-vip m${index}`).sort();
		expect([...seen(first), ...seen(second)].sort()).toEqual(event === 'entered' ? [] : left);
		expect(await host.poll()).toBeNull();
	});

	it('shows those who enter meanwhile with the next poll', async () => {
		crowd(350);
		const host = await watching({ event: 'changed', options: { pageSize: 50 } });
		put('x', 'vip');
		const change = () => {
			put('m3');
			put('m300');
			put('y', 'vip');
		};
		const found = seen(await pollWith(host, 4, change));
		found.push(...seen(await host.poll()));
		expect(found.sort()).toEqual(['+vip x', '+vip y', '-vip m3', '-vip m300']);
	});

	it.each(['entered', 'left', 'changed'])(
		'puts out everything once when all its readings differ: %s',
		async (event) => {
			const host = await watching({ event, options: ALWAYS });
			put('e', 'vip');
			put('f', 'vip');
			put('d');
			readingFinds(['a', 'b', 'e']);
			readingFinds(['b', 'c', 'f']);
			readingFinds(['a', 'e']);
			const found = seen(await host.poll());
			expect(simulator().faults.pending).toBe(0);
			found.push(...seen(await host.poll()));
			const entered = ['+vip e', '+vip f'];
			const wanted = { entered, left: ['-vip d'], changed: [...entered, '-vip d'] };
			expect(found.sort()).toEqual(wanted[event as keyof typeof wanted]);
			expect(await host.poll()).toBeNull();
		},
	);

	it('lets those go who have left, also while others leave at every reading', async () => {
		const host = await watching({ options: ALWAYS });
		put('d');
		readingFinds(['a', 'b', 'c'], { uncounted: -1 });
		readingFinds(['a', 'b', 'c'], { uncounted: -1 });
		expect(await host.poll()).toBeNull();
		put('d', 'vip');
		expect(seen(await host.poll())).toEqual(['+vip d']);
	});

	it('keeps nobody for ever who has left', async () => {
		const host = await watching({ options: ALWAYS });
		put('d');
		for (const id of ['a', 'b', 'c']) readingFinds([id, 'b']);
		expect(await host.poll()).toBeNull();
		expect(await host.poll()).toBeNull();
		put('d', 'vip');
		expect(seen(await host.poll())).toEqual(['+vip d']);
	});

	it('reads everything twice at most while the list counts somebody it never shows', async () => {
		crowd(250);
		const host = await watching();
		put('e', 'vip');
		const { state } = simulator();
		const { size } = state.membersOf('vip');
		const ids = [...state.membersOf('vip')].map(({ id }) => id);
		expect(ids).toHaveLength(size);
		for (let poll = 0; poll < 2; poll++) {
			for (let reading = 0; reading < 2; reading++) readingFinds(ids);
			await host.poll();
		}
		expect(simulator().faults.pending).toBe(0);
		simulator().clearRequests();
		expect(await host.poll()).toBeNull();
		expect(requests()).toEqual(['ListSegments']);
	});
});
