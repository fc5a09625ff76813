/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- tests run outside n8n */
/** Requests are given up at their deadline or when the execution is cancelled, and leave nothing behind. */
import { getEventListeners } from 'node:events';
import { RequestWatch } from '../../../nodes/shared/n8n/requestWatch';
import type { WatchedRequest } from '../../../nodes/shared/n8n/requestWatch';

const givenUp = async ({ signal }: WatchedRequest): Promise<void> => {
	await new Promise((resolve) => signal.addEventListener('abort', resolve));
};

afterEach(() => jest.restoreAllMocks());

test('a request is given up when its time is over, and others go on', async () => {
	const watch = new RequestWatch(undefined);
	const slow = watch.begin(60_000);
	const first = watch.begin(300);
	const second = watch.begin(350);
	await Promise.all([givenUp(first), givenUp(second)]);
	expect([first.reason, second.reason]).toEqual(['timeout', 'timeout']);
	expect(slow.signal.aborted).toBe(false);
	expect(slow.reason).toBeUndefined();
	watch.end(slow);
});

test('one that ended is left alone', async () => {
	const watch = new RequestWatch(undefined);
	const ended = watch.begin(100);
	watch.end(ended);
	const late = watch.begin(400);
	await givenUp(late);
	expect(ended.signal.aborted).toBe(false);
	expect(late.reason).toBe('timeout');
});

test('the watch starts again after a time without requests', async () => {
	const watch = new RequestWatch(undefined);
	watch.end(watch.begin(50));
	await new Promise((resolve) => setTimeout(resolve, 300));
	const later = watch.begin(50);
	await givenUp(later);
	expect(later.reason).toBe('timeout');
});

test.each([-3_600_000, 3_600_000])('a clock that is set by %i ms changes nothing', async (step) => {
	const watch = new RequestWatch(undefined);
	const [short, long] = [watch.begin(300), watch.begin(60_000)];
	const { now } = Date;
	jest.spyOn(Date, 'now').mockImplementation(() => now() + step);
	// Not an hour later: that is longer than a test may take.
	await givenUp(short);
	expect(short.reason).toBe('timeout');
	expect(long.signal.aborted).toBe(false);
	watch.end(long);
});

test('a cancelled execution gives up all, with no word of time-outs', () => {
	const execution = new AbortController();
	const watch = new RequestWatch(execution.signal);
	const ended = watch.begin(60_000);
	const requests = [watch.begin(60_000), watch.begin(60_000)];
	watch.end(ended);
	execution.abort();
	expect(requests.map(({ reason }) => reason)).toEqual(['cancelled', 'cancelled']);
	expect(ended.signal.aborted).toBe(false);
	expect(watch.begin(60_000).signal.aborted).toBe(true);
});

test('no listener stays on the execution, however many requests there were', () => {
	const { signal } = new AbortController();
	const watch = new RequestWatch(signal);
	const requests = Array.from({ length: 50 }, () => watch.begin(60_000));
	expect(getEventListeners(signal, 'abort')).toHaveLength(1);
	for (const request of requests) watch.end(request);
	expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
