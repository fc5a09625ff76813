import { BatchSize } from '../../../nodes/ImpactAdvocate/writes/batchSize';

/** A batch failed as a whole, and its parts ended like this. */
function failed(size: BatchSize, count: number, byItself: boolean, ...parts: boolean[]): number {
	const split = size.split(count, byItself);
	for (const passed of parts) size.partEnded(split, passed);
	return split.partSize;
}

test.each([
	[100, 50],
	[99, 50],
	[3, 2],
	[2, 1],
])('a batch of %i is split into parts of at most %i', (count, partSize) => {
	expect(new BatchSize(100).split(count, true).partSize).toBe(partSize);
});

test('a refusal whose parts all go through lowers the size, at once when the batch itself was refused', () => {
	const size = new BatchSize(100);
	failed(size, 100, true, true, true);
	expect(size.current).toBe(50);
	// What is under way is split to fit.
	expect(failed(size, 100, true, true, true)).toBe(50);
	expect(size.current).toBe(50);
	expect(failed(size, 50, true, false, true)).toBe(25);
	expect(size.current).toBe(50);
});

test('nothing is concluded before all parts have ended', () => {
	const size = new BatchSize(100);
	size.partEnded(size.split(100, true), true);
	expect(size.current).toBe(100);
});

test('nothing is concluded from two or three participants', () => {
	const size = new BatchSize(100);
	for (const count of [2, 3, 3]) failed(size, count, true, true, true);
	expect(size.current).toBe(100);
});

test('of many batches that fail, a pair shows whether any goes through', () => {
	const size = new BatchSize(100);
	for (const count of [100, 50, 50]) size.split(count, false);
	expect(size.split(25, false)).toMatchObject({ first: 2, partSize: 25 });
	// While the API may be down, one finds out about that first.
	expect(size.split(25, false, true)).toMatchObject({ first: 1, partSize: 25, isTest: false });
	failed(size, 2, false, true, false);
	expect(size.current).toBe(100);
	const pair = size.split(2, false);
	size.partEnded(pair, true, false);
	size.partEnded(pair, true, true);
	// One of them was rejected for itself.
	expect(size.current).toBe(100);
	failed(size, 2, false, true, true);
	expect(size.current).toBe(1);
});

test('batches that are too slow get smaller until one goes through, and soon half as large as at first', () => {
	const size = new BatchSize(100);
	for (let times = 0; times < 3; times++) size.tooSlow();
	expect(size.current).toBe(13);
	const sizes = [0, 1, 2, 3].map(() => {
		size.passed(size.current);
		return size.current;
	});
	expect(sizes).toEqual([26, 50, 50, 50]);
});

test('what was too large once is tried again less often each time', () => {
	const size = new BatchSize(100);
	size.passed(100);
	const passesUntilGrowth = () => {
		size.tooSlow();
		for (let passes = 1; ; passes++) {
			size.passed(size.current);
			if (size.current === 100) return passes;
		}
	};
	expect([passesUntilGrowth(), passesUntilGrowth(), passesUntilGrowth()]).toEqual([20, 40, 80]);
});

test('trouble that may have passed has to show twice with no success of that size between', () => {
	const size = new BatchSize(100);
	failed(size, 100, false, true, true);
	size.passed(100);
	failed(size, 100, false, true, true);
	// A smaller batch says nothing.
	size.passed(40);
	expect(size.current).toBe(100);
	failed(size, 100, false, true, true);
	expect(size.current).toBe(50);
});

test('the same holds for a size that has gone through before', () => {
	const size = new BatchSize(100);
	size.passed(100);
	failed(size, 100, true, true, true);
	expect(size.current).toBe(100);
	failed(size, 100, true, true, true);
	expect(size.current).toBe(50);
});

test('a size that has gone through before is tried again later; one that never did is not', () => {
	const once = new BatchSize(100);
	once.passed(80);
	failed(once, 80, true, true, true);
	failed(once, 80, true, true, true);
	expect(once.current).toBe(40);
	for (let batch = 0; batch < 19; batch++) once.passed(40);
	expect(once.current).toBe(40);
	once.passed(40);
	expect(once.current).toBe(80);

	const never = new BatchSize(100);
	failed(never, 100, true, true, true);
	for (let batch = 0; batch < 1000; batch++) never.passed(50);
	expect(never.current).toBe(50);
});

test('batches that were in trouble together are one sign', () => {
	const size = new BatchSize(100);
	const splits = [1, 2, 3].map(() => size.split(100, false));
	for (const split of splits) for (const passed of [true, true]) size.partEnded(split, passed);
	expect(size.current).toBe(100);
	size.passed(40);
	failed(size, 100, false, true, true);
	expect(size.current).toBe(50);
});
