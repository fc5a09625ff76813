/** A run of writes against an API that answers when the test says so. */
import { expectInProportion } from '../../support/cost';
import { changeOf } from '../../../nodes/shared/segments/change';
import { addition, bodyOf, RunningWrites, FakeApi, people, POLICY, settle } from './fakeApi';
import type { Write } from './fakeApi';

let api: FakeApi;
beforeEach(() => {
	api = new FakeApi();
});

const throttled = { statusCode: 429, body: { message: 'Slow down', statusCode: 429 } };
const refusal = (message: string, statusCode = 400) => ({
	statusCode,
	body: { message, statusCode },
});
const GRAPHQL_UNKNOWN = {
	body: { errors: [{ message: "Cannot query field 'upsertUsers' on type 'Mutation'." }] },
};

describe('pace', () => {
	test('starts small and doubles with each round of successes, up to the limit', async () => {
		const run = new RunningWrites(api, people(200, 10), { concurrency: 16 });
		const widths: number[] = [];
		for (let round = 0; round < 6; round++) {
			await settle();
			widths.push(api.open.length);
			for (const request of [...api.open]) request.accept();
		}
		expect(widths).toEqual([2, 4, 8, 16, 16, 16]);
		await api.acceptAll(run);
		const statistics = await run.finished;
		expect(statistics.peakInFlight).toBe(16);
		expect(api.maxOpen).toBe(16);
	});

	test.each([1, 2, 3, 32])('never more in flight than %i', async (concurrency) => {
		const run = new RunningWrites(api, people(300, 7), { concurrency, batchSize: 3 });
		await api.acceptAll(run);
		expect(api.maxOpen).toBeLessThanOrEqual(concurrency);
		expect(run.results).toHaveLength(300);
	});

	test('a storm of refusals halves it once, another one later again; then it grows one by one', async () => {
		const run = new RunningWrites(api, people(2000, 100), { concurrency: 16 });
		for (let round = 0; round < 4; round++) {
			await settle();
			for (const request of [...api.open]) request.accept();
		}
		await settle();
		expect(api.open).toHaveLength(16);
		// All sixteen are refused; each will be sent again.
		for (const request of [...api.open]) request.answer(throttled);
		await settle();
		expect(api.open).toHaveLength(16);
		for (const request of [...api.open]) request.accept();
		await settle();
		const afterFirst = api.open.length;
		expect(afterFirst).toBeGreaterThanOrEqual(8);
		expect(afterFirst).toBeLessThanOrEqual(10);
		for (const request of [...api.open]) request.accept();
		await settle();
		expect(api.open.length).toBeLessThanOrEqual(afterFirst + 2);

		api.time += 10_000;
		const before = api.open.length;
		for (const request of [...api.open]) request.answer(throttled);
		await settle();
		for (const request of [...api.open]) request.accept();
		await settle();
		expect(api.open.length).toBeLessThanOrEqual(Math.floor(before / 2) + 2);
		await api.acceptAll(run);
		expect(new Set(Object.values(run.outcomes))).toEqual(new Set(['succeeded']));
	});

	test('never below one', async () => {
		const run = new RunningWrites(api, people(20), { concurrency: 4 });
		for (let round = 0; round < 6; round++) {
			await settle();
			api.time += 10_000;
			for (const request of [...api.open]) request.answer(throttled);
		}
		await api.acceptAll(run);
		expect(Object.values(run.outcomes)).toHaveLength(20);
	});
});

describe('queue', () => {
	test('the file is read no further than the look-ahead, plus the chunk at hand', async () => {
		const [concurrency, batchSize, chunk] = [2, 5, 10];
		const run = new RunningWrites(api, people(1000, chunk), { concurrency, batchSize });
		const limit = 2 * concurrency * batchSize + chunk;
		for (let round = 0; round < 60; round++) {
			await settle();
			const done = run.results.length;
			const inFlight = api.open.reduce((sum, { ids }) => sum + ids.length, 0);
			expect(run.pulled - done - inFlight).toBeLessThanOrEqual(limit);
			api.open[0]?.accept();
		}
		await api.acceptAll(run);
		expect(run.results).toHaveLength(1000);
		expect(run.sourceClosed).toBe(true);
	});

	test('rows of one participant that wait behind each other count as well', async () => {
		const rows = Array.from({ length: 2000 }, (_, index) => [addition('same', index)]);
		const run = new RunningWrites(api, rows, { concurrency: 2, batchSize: 10 });
		await settle();
		expect(api.open).toHaveLength(1);
		// As many as may wait went into the first request, and as many wait behind it.
		const lookahead = 2 * 2 * 10;
		expect(run.pulled).toBeLessThanOrEqual(2 * lookahead + 2);
		await api.acceptAll(run);
		expect(Object.values(run.outcomes)).toHaveLength(2000);
	});

	test('merging many rows takes time in proportion', async () => {
		await expectInProportion(10_000, async (count) => {
			const rows = [Array.from({ length: count }, (_, index) => addition('same', index))];
			const fake = new FakeApi();
			const run = new RunningWrites(fake, rows);
			await fake.acceptAll(run);
			expect(fake.sent.length).toBeLessThan(5);
			expect(Object.values(run.outcomes)).toHaveLength(count);
		});
	});

	test('batches are filled, and hold no participant twice', async () => {
		const rows = [Array.from({ length: 30 }, (_, index) => addition(`p${index % 10}`, index))];
		const run = new RunningWrites(api, rows, { batchSize: 10, mergeRepeats: false });
		const sizes: number[] = [];
		for (let round = 0; round < 3; round++) {
			await settle();
			expect(api.open).toHaveLength(1);
			sizes.push(api.open[0].ids.length);
			expect(new Set(api.open[0].ids).size).toBe(10);
			api.open[0].accept();
		}
		await api.acceptAll(run);
		expect(sizes).toEqual([10, 10, 10]);
		expect(run.results.map(({ sources }) => sources[0])).toEqual(
			Array.from({ length: 30 }, (_, index) => index),
		);
	});

	test('a participant in flight waits; others pass', async () => {
		const rows = [[addition('a', 0), addition('a', 1), addition('b', 2), addition('c', 3)]];
		const run = new RunningWrites(api, rows, { concurrency: 4, mergeRepeats: false });
		await settle();
		expect(api.open.map(({ ids }) => ids)).toEqual([['a'], ['b']]);
		api.open[1].accept();
		await settle();
		expect(api.open.map(({ ids }) => ids)).toEqual([['a'], ['c']]);
		await api.acceptAll(run);
		expect(Object.values(run.outcomes)).toEqual(Array(4).fill('succeeded'));
	});

	test('an empty source, and chunks without a row', async () => {
		const run = new RunningWrites(api, [[], []]);
		expect(await run.finished).toMatchObject({ peakInFlight: 0 });
		expect(api.sent).toHaveLength(0);
	});

	test('a source that fails: what is in flight still gets its result', async () => {
		function* broken(): Generator<Write[]> {
			yield [addition('a', 0), addition('b', 1)];
			yield* people(50, 50);
			throw new RangeError('The file is gone');
		}
		const run = new RunningWrites(api, broken(), { concurrency: 2 });
		await settle();
		for (let round = 0; round < 60 && !run.ended; round++) {
			for (const request of [...api.open]) request.accept();
			await settle();
		}
		await expect(run.finished).rejects.toThrow('The file is gone');
		expect(run.results).toHaveLength(api.sent.length);
		expect(api.open).toHaveLength(0);
	});
});

describe('merged rows', () => {
	const change = (action: 'add' | 'remove' | 'set', ...keys: string[]) => ({
		change: changeOf(action, keys),
	});

	test('become one request with the effect of all', async () => {
		const rows = [
			[
				addition('a', 0, change('add', 'x', 'y')),
				addition('a', 1, change('remove', 'x')),
				addition('a', 2, change('add', 'z')),
			],
		];
		const run = new RunningWrites(api, rows);
		await settle();
		expect(api.open).toHaveLength(1);
		expect(bodyOf(api.open[0].request)).toMatchObject({ segments: ['~x', 'y', 'z'] });
		await api.acceptAll(run);
		expect(run.results).toEqual([
			{ sources: [0, 1, 2], result: { status: 'succeeded', segments: ['y', 'z'] } },
		]);
	});

	test('of different policies are sent one after the other', async () => {
		const other = { ...POLICY, verify: false };
		const rows = [[addition('a', 0), addition('a', 1, { policy: other }), addition('a', 2)]];
		const run = new RunningWrites(api, rows);
		await api.acceptAll(run);
		expect(api.sent).toHaveLength(3);
		expect(run.results.map(({ sources }) => sources)).toEqual([[0], [1], [2]]);
	});

	test('details: later values win, maps field by field; referrers are never merged', async () => {
		const rows = [
			[
				addition('a', 0, { details: { firstName: 'A', customFields: { x: '1', y: '1' } } }),
				addition('a', 1, { details: { firstName: 'B', customFields: { y: '2' } } }),
				addition('a', 2, { details: { referredByCodes: ['ANNA'] } }),
				addition('a', 3, { details: { referredByCodes: ['BOB'] } }),
				addition('a', 4, { details: { referredBy: { code: 'CLEO', isConverted: true } } }),
			],
		];
		const run = new RunningWrites(api, rows);
		await api.acceptAll(run);
		expect(api.sent.map(bodyOf)).toEqual([
			expect.objectContaining({
				firstName: 'B',
				customFields: { x: '1', y: '2' },
				referredByCodes: ['ANNA'],
			}),
			expect.objectContaining({ referredByCodes: ['BOB'] }),
			expect.objectContaining({ referredBy: { code: 'CLEO', isConverted: true } }),
		]);
		expect(rows[0][0].details).toEqual({ firstName: 'A', customFields: { x: '1', y: '1' } });
		expect(rows[0][0].sources).toEqual([0]);
	});

	test('are taken apart when the API refuses them, in order', async () => {
		const rows = [[0, 1, 2].map((source) => addition('a', source, change('add', `s${source}`)))];
		const run = new RunningWrites(api, rows);
		await settle();
		api.open[0].answer(refusal('No s1'));
		await settle();
		for (const [index, segment] of ['s0', 's1', 's2'].entries()) {
			expect(api.open).toHaveLength(1);
			expect(bodyOf(api.open[0].request)).toMatchObject({ segments: [segment] });
			if (index === 1) api.open[0].answer(refusal('No s1'));
			else api.open[0].answer({ body: { id: 'a', accountId: 'a', segments: ['s0', segment] } });
			await settle();
		}
		await run.finished;
		expect(run.outcomes).toEqual({ 0: 'succeeded', 1: 'rejected', 2: 'succeeded' });
	});

	test('a mismatch fails the rows that asked for it', async () => {
		const rows = [
			[
				addition('a', 0, change('add', 'x')),
				addition('a', 1, change('add', 'gone')),
				addition('a', 2, change('remove', 'stays')),
				addition('a', 3, change('add', 'y')),
			],
		];
		const run = new RunningWrites(api, rows);
		await settle();
		api.open[0].answer({ body: { id: 'a', accountId: 'a', segments: ['x', 'y', 'stays'] } });
		await run.finished;
		expect(run.outcomes).toEqual({
			0: 'succeeded',
			1: 'rejected',
			2: 'rejected',
			3: 'succeeded',
		});
		const messages = run.results.flatMap(({ result }) =>
			result.status === 'rejected' ? [result.error.message] : [],
		);
		expect(messages).toEqual([
			expect.stringContaining("'gone' was not added."),
			expect.stringContaining("'stays' was not removed."),
		]);
	});
});

describe('without upsertUsers', () => {
	test('rows go back to the front of the queue and are sent one by one, each once', async () => {
		const rows = [
			[...people(6, 6)].flat().concat(addition('p0', 6, { change: changeOf('remove', ['vip']) })),
		];
		const run = new RunningWrites(api, rows, { batchSize: 3, concurrency: 2, mergeRepeats: false });
		await settle();
		expect(api.open.map(({ ids }) => ids)).toEqual([
			['p0', 'p1', 'p2'],
			['p3', 'p4', 'p5'],
		]);
		for (const request of [...api.open]) request.answer(GRAPHQL_UNKNOWN);
		await settle();
		await api.acceptAll(run);
		const puts = api.sent.filter(({ method }) => method === 'PUT');
		expect(puts).toHaveLength(7);
		expect(api.sent).toHaveLength(9);
		expect(await run.finished).toMatchObject({ takesBatches: false, batchesSplit: 0 });
		expect(Object.values(run.outcomes)).toEqual(Array(7).fill('succeeded'));
		const inputs = puts.map((request) => bodyOf(request) as { id: string; segments: string[] });
		const ofFirst = inputs.filter(({ id }) => id === 'p0');
		expect(ofFirst.map(({ segments }) => segments)).toEqual([['vip'], ['~vip']]);
	});

	test('rows that were put back are not sent when the run ends', async () => {
		let reason: string | undefined = undefined;
		const run = new RunningWrites(api, people(6, 6), {
			batchSize: 6,
			shouldStop: () => reason,
		});
		await settle();
		reason = 'Enough';
		api.open[0].answer(GRAPHQL_UNKNOWN);
		const statistics = await run.finished;
		expect(statistics.stopReason).toBe('Enough');
		expect(Object.values(run.outcomes)).toEqual(Array(6).fill('notSent'));
		expect(api.sent).toHaveLength(1);
	});
});

describe('stop', () => {
	test('a reason: what is in flight ends, the rest of the source is reported as not sent', async () => {
		let reason: string | undefined = undefined;
		const run = new RunningWrites(api, people(100, 10), {
			concurrency: 2,
			shouldStop: () => reason,
		});
		await settle();
		expect(api.open).toHaveLength(2);
		reason = 'Enough';
		for (const request of [...api.open]) request.accept();
		const statistics = await run.finished;
		expect(statistics.stopReason).toBe('Enough');
		const counts = Object.values(run.outcomes).reduce<Record<string, number>>(
			(sums, status) => ({ ...sums, [status]: (sums[status] ?? 0) + 1 }),
			{},
		);
		expect(counts).toEqual({ succeeded: 2, notSent: 98 });
		expect(run.results.at(-1)?.result).toEqual({ status: 'notSent', reason: 'Enough' });
		expect(run.sourceClosed).toBe(true);
	});

	test.each([401, 403])(
		'%i ends the run; the rows of the request carry the error',
		async (code) => {
			const run = new RunningWrites(api, people(50, 50), { concurrency: 2, batchSize: 10 });
			await settle();
			api.open[0].answer(refusal('Key revoked', code));
			await settle();
			expect(api.open).toHaveLength(1);
			api.open[0].accept();
			const statistics = await run.finished;
			expect(statistics.stopReason).toBe('The run was stopped: Key revoked');
			expect(statistics.fatalError?.statusCode).toBe(code);
			expect(api.sent).toHaveLength(2);
			const all = Object.values(run.outcomes);
			expect(all.filter((status) => status === 'rejected')).toHaveLength(10);
			expect(all.filter((status) => status === 'succeeded')).toHaveLength(10);
			expect(all.filter((status) => status === 'notSent')).toHaveLength(30);
		},
	);

	test('cancelled: nothing new is sent, rows in flight are reported as not confirmed', async () => {
		const run = new RunningWrites(api, people(20, 20), { concurrency: 2 });
		await settle();
		expect(api.sent).toHaveLength(2);
		api.isCancelled = true;
		// The host breaks requests off; any answer will do.
		for (const request of [...api.open]) request.answer(refusal('broken off', 500));
		const statistics = await run.finished;
		expect(api.sent).toHaveLength(2);
		expect(statistics.stopReason).toBe('The execution was stopped');
		expect(Object.values(run.outcomes)).toEqual(Array(20).fill('notSent'));
		expect(run.results[0].result).toEqual({
			status: 'notSent',
			reason: 'The execution was stopped before the API confirmed this change',
		});
	});

	test('the halves of a split batch are not sent after the end', async () => {
		let reason: string | undefined = undefined;
		const run = new RunningWrites(api, people(8, 8), { batchSize: 8, shouldStop: () => reason });
		await settle();
		api.open[0].answer(refusal('One of them is bad'));
		await settle();
		expect(api.open[0].ids).toHaveLength(4);
		reason = 'Enough';
		api.open[0].accept();
		await run.finished;
		expect(api.sent).toHaveLength(2);
		expect(Object.values(run.outcomes)).toEqual([
			...Array(4).fill('succeeded'),
			...Array(4).fill('notSent'),
		]);
	});

	test('a missing participant that ends the run: the others of its batch are not sent', async () => {
		const policy = { ...POLICY, ifMissing: 'error' as const };
		const rows = [['a', 'b', 'c'].map((id, source) => addition(id, source, { policy }))];
		let reason: string | undefined = undefined;
		const run = new RunningWrites(api, rows, { batchSize: 3, shouldStop: () => reason });
		run.onResult = () => {
			reason = 'Enough';
		};
		await settle();
		const found = (id: string) => ({ id, accountId: id, segments: [] });
		api.open[0].answer({ body: { data: { u0: found('a'), u1: null, u2: found('c') } } });
		await run.finished;
		expect(api.sent).toHaveLength(1);
		expect(run.outcomes).toEqual({ 0: 'notSent', 1: 'rejected', 2: 'notSent' });
	});

	test('a callback that fails is the failure of the run, after what is in flight has ended', async () => {
		let isBroken = false;
		const run = new RunningWrites(api, people(4, 4), {
			concurrency: 2,
			shouldStop: () => {
				if (isBroken) throw new RangeError('A defect');
				return undefined;
			},
		});
		await settle();
		isBroken = true;
		for (const request of [...api.open]) request.accept();
		await expect(run.finished).rejects.toThrow('A defect');
		expect(api.open).toHaveLength(0);
	});
});
