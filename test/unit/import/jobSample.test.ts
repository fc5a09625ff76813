/** Which rows of a job are looked at. */
import * as fc from 'fast-check';
import { drawn } from '../../../nodes/ImpactAdvocate/import/jobs/sample';
import { seededRandom } from '../../simulator/random';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 2);

it('all when there are few', () => {
	expect(drawn(upTo(100), 100, () => 0)).toEqual(upTo(100));
	expect(drawn([], 100, () => 0)).toEqual([]);
});

it('as many as allowed of more, each once', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 400 }),
			fc.integer({ min: 1, max: 50 }),
			fc.integer(),
			(count, most, seed) => {
				const sample = drawn(upTo(count), most, seededRandom(seed));
				expect(sample).toHaveLength(Math.min(count, most));
				expect(new Set(sample).size).toBe(sample.length);
				for (const number of sample) expect(upTo(count)).toContain(number);
			},
		),
	);
});

it('each as often as any other', () => {
	const random = seededRandom(14);
	const times = new Array<number>(20).fill(0);
	for (let round = 0; round < 4_000; round++) {
		for (const number of drawn(upTo(20), 5, random)) times[number - 2]++;
	}
	// A quarter of 4,000 each, within six standard deviations.
	for (const count of times) expect(Math.abs(count - 1_000)).toBeLessThan(165);
});
