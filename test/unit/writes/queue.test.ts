/** The order of a participant's writes, and that none is lost. */
import fc from 'fast-check';
import type { ParticipantWrite } from '../../../nodes/ImpactAdvocate/writes/write';
import { WriteQueue } from '../../../nodes/ImpactAdvocate/writes/queue';
import { changeOf } from '../../../nodes/shared/segments/change';
import { addition, POLICY } from './fakeApi';

type Write = ParticipantWrite<number>;

const numbersOf = (writes: readonly Write[]): number[] => writes.flatMap(({ sources }) => sources);

const step = fc.oneof(
	fc.record({ kind: fc.constant('add' as const), id: fc.constantFrom('a', 'b', 'c', 'd') }),
	fc.record({ kind: fc.constant('take' as const), most: fc.integer({ min: 1, max: 3 }) }),
	fc.record({ kind: fc.constantFrom('release' as const, 'putBack' as const), which: fc.nat() }),
	fc.record({ kind: fc.constant('drain' as const) }),
);

test.each([true, false])('any use keeps the order of a participant (merging: %s)', (merges) => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
			const queue = new WriteQueue<number>(merges);
			const onTheWay: Array<ReturnType<typeof queue.take>> = [];
			const out: Write[] = [];
			const dropped: Write[] = [];
			let added = 0;
			const countWaiting = () => {
				const taken = onTheWay.flatMap(({ writes }) => writes);
				return added - numbersOf([...out, ...dropped, ...taken]).length;
			};
			for (const next of steps) {
				if (next.kind === 'add') queue.add(addition(next.id, added++));
				if (next.kind === 'take') {
					const taken = queue.take(next.most);
					expect(taken.writes.length).toBeLessThanOrEqual(next.most);
					const busy = onTheWay.flatMap(({ writes }) => writes.map(({ id }) => id));
					for (const { id } of taken.writes) expect(busy).not.toContain(id);
					if (taken.writes.length > 0) onTheWay.push(taken);
				}
				if ((next.kind === 'release' || next.kind === 'putBack') && onTheWay.length > 0) {
					const [taken] = onTheWay.splice(next.which % onTheWay.length, 1);
					if (next.kind === 'putBack') queue.putBack(taken.writes);
					else out.push(...taken.writes);
					queue.release(taken);
				}
				if (next.kind === 'drain') dropped.push(...queue.drain());
				expect(queue.waitingCount).toBe(countWaiting());
			}
			for (const taken of onTheWay.splice(0)) {
				out.push(...taken.writes);
				queue.release(taken);
			}
			for (let taken = queue.take(2); taken.writes.length > 0; taken = queue.take(2)) {
				out.push(...taken.writes);
				queue.release(taken);
			}
			expect(queue.readyCount).toBe(0);
			for (const id of ['a', 'b', 'c', 'd']) {
				const numbers = numbersOf(out.filter((write) => write.id === id));
				expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
			}
			expect(numbersOf([...out, ...dropped]).sort((a, b) => a - b)).toEqual(
				Array.from({ length: added }, (_, index) => index),
			);
		}),
		{ numRuns: 1000 },
	);
});

test('what has been put back is not merged with what came later', () => {
	const queue = new WriteQueue<number>(true);
	queue.add(addition('a', 0));
	const taken = queue.take(1);
	queue.add(addition('a', 1, { change: changeOf('remove', ['vip']) }));
	queue.putBack(taken.writes);
	queue.release(taken);
	expect(queue.take(1).writes[0].sources).toEqual([0]);
});

test('writes of different policies stay apart', () => {
	const queue = new WriteQueue<number>(true);
	queue.add(addition('a', 0));
	queue.add({ ...addition('a', 1), policy: { ...POLICY } });
	expect(queue.readyCount).toBe(1);
	expect(queue.take(5).writes.map(({ sources }) => sources)).toEqual([[0]]);
});

test('takes out what waits of one participant, however much it is', () => {
	const queue = new WriteQueue<number>(false);
	for (let index = 0; index < 300_000; index++) queue.add(addition('a', index));
	expect(queue.drain()).toHaveLength(300_000);
	expect(queue.take(1).writes).toEqual([]);
});

test('what is put back waits, also when its participant has been released', () => {
	const queue = new WriteQueue<number>(true);
	queue.add(addition('a', 0));
	const taken = queue.take(1);
	queue.release(taken);
	queue.putBack(taken.writes);
	expect([queue.waitingCount, queue.readyCount]).toEqual([1, 1]);
	expect(queue.take(1).writes).toEqual(taken.writes);
});
