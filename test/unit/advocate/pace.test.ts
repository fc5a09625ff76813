import { Pace } from '../../../nodes/shared/advocate/client/rate';

/** Milliseconds between two requests at the moment. */
function gapOf(pace: Pace): number {
	const far = 1e12;
	const first = pace.reserve(far);
	return pace.reserve(far) - first;
}

/** A pace that was one too fast, after so many successes in so many milliseconds. */
function slowed(successes: number, milliseconds: number): Pace {
	const pace = new Pace();
	for (let count = 0; count < successes; count++) pace.speedUp(0);
	pace.slowDown(milliseconds, milliseconds);
	return pace;
}

describe('pace of requests', () => {
	test('nobody waits before the first refusal', () => {
		const pace = new Pace();
		expect([pace.reserve(0), pace.reserve(0), pace.reserve(0)]).toEqual([0, 0, 0]);
	});

	test('after a refusal requests leave one by one', () => {
		const pace = slowed(0, 1000);
		expect([pace.reserve(1000), pace.reserve(1000), pace.reserve(1050)]).toEqual([0, 100, 150]);
	});

	test('as fast as they went through until then', () => {
		expect(gapOf(slowed(20, 1000))).toBe(50);
		expect(gapOf(slowed(1000, 1000))).toBe(10);
	});

	test('refusals of one moment count once, and with nothing that goes through between them', () => {
		const pace = slowed(20, 1000);
		expect(pace.slowDown(990, 1010)).toBe(false);
		expect(pace.signsInARow).toBe(1);
		for (let now = 2000; now < 60_000; now += 1000) expect(pace.slowDown(now, now)).toBe(true);
		expect(pace.signsInARow).toBe(59);
		expect(gapOf(pace)).toBe(50);
	});

	test('a later one widens the gap to between what was too fast and what went through', () => {
		const pace = slowed(20, 1000);
		pace.speedUp(1001);
		for (let count = 1; count < 10; count++) pace.speedUp(1002);
		const before = gapOf(pace);
		pace.slowDown(2000, 2000);
		expect(gapOf(pace)).toBeCloseTo((before + 100) / 2, 3);
	});

	test('successes close it, slowly at first', () => {
		const pace = slowed(20, 1000);
		let successes = 0;
		const until = (gap: number) => {
			while (gapOf(pace) > gap) {
				pace.speedUp(2000);
				successes++;
			}
			return successes;
		};
		expect(until(45)).toBeGreaterThan(40);
		expect(until(0)).toBeLessThan(300);
		expect([pace.reserve(2e12), pace.reserve(2e12)]).toEqual([0, 0]);
	});
});
